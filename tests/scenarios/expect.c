/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is expected. */
#define G_LOG_DOMAIN "muster-scenario"

#include <stdlib.h>
#include <string.h>

#include "line.h"

static void
expect_text (const Line *line, const char *name, const char *got)
{
  const char *want = line_option (line, name);

  if (want == NULL)
    return;
  if (g_strcmp0 (g_str_equal (want, "-") ? NULL : want, got) != 0)
    line_fail (line, "expected %s=%s, got %s", name, want, got != NULL ? got : "-");
}

static void
expect_moment (const Line *line, const char *name, MusterdTime got)
{
  const char *want = line_option (line, name);
  g_autoptr(GTimeZone) zone = NULL;
  g_autoptr(GDateTime) utc = NULL, local = NULL;
  g_autofree char *text = NULL;

  if (want == NULL || line_time (line, want) == got)
    return;
  zone = g_time_zone_new_identifier (line->world->zone);
  utc = got != MUSTERD_TIME_NEVER ? g_date_time_new_from_unix_utc (got / MUSTERD_SECOND) : NULL;
  local = utc != NULL ? g_date_time_to_timezone (utc, zone) : NULL;
  text = local != NULL ? g_date_time_format (local, "%F %T") : g_strdup ("never");
  line_fail (line, "expected %s=%s, got %s", name, want, text);
}

static char *
forwarding_text (const MusterdPresence *presence)
{
  if (presence->forwarding.action != MUSTERD_FORWARD_TO)
    return g_strdup (presence->forwarding.action == MUSTERD_FORWARD_DO_NOT_CHANGE
                         ? NULL
                         : musterd_forward_action_to_string (presence->forwarding.action));
  return g_strdup_printf ("%s:%s", musterd_forward_scope_to_string (presence->forwarding.scope),
                          presence->forwarding.number != NULL ? presence->forwarding.number : "nowhere");
}

/* As a colleague sees it; NULL: not at all. */
static MusterdPresence *
seen_by (const Line *line, const char *viewer, MusterdPresence *presence)
{
  MusterdEngine *engine = line->world->engine;
  MusterdUser *colleague = musterd_engine_get_user (engine, viewer);
  const MusterdAccess owner = { musterd_engine_get_user (engine, line->whom),
                                musterd_engine_get_settings (engine, line->whom),
                                musterd_engine_get_grants (engine, line->whom) };
  MusterdViewer who;
  MusterdRelationPaths paths;

  if (colleague == NULL)
    line_reject (line, "there is no '%s'", viewer);
  who = musterd_viewer_of_user (colleague);
  return musterd_presence_view (presence, musterd_relation_resolve (&owner, &who, &paths));
}

/* The sink follows at every moment that is looked at, where presence is used. */
static void
expect_shown (const Line *line, const MusterdPresence *presence)
{
  const Seen *seen = world_seen (line->world, line->whom);

  if (!musterd_engine_get_settings (line->world->engine, line->whom)->in_use)
    return;
  if (seen->shown == NULL || seen->shown->status != presence->status
      || g_strcmp0 (seen->shown->text, presence->text) != 0)
    line_fail (line, "the sink shows something else");
}

static void
expect_presence (const Line *line, const MusterdPresence *presence)
{
  const char *status = line_word (line, 1);
  g_autofree char *forward = forwarding_text (presence);

  if (strchr (status, '=') == NULL && !g_str_equal (musterd_status_to_string (presence->status), status))
    line_fail (line, "expected %s, got %s (%s, %s)", status, musterd_status_to_string (presence->status),
               presence->template_name != NULL ? presence->template_name : "no template",
               musterd_presence_get_kind (presence) != NULL ? musterd_presence_get_kind (presence) : "no kind");
  expect_text (line, "text", presence->text);
  expect_text (line, "template", presence->template_name);
  expect_text (line, "role", presence->template_role);
  expect_text (line, "kind", musterd_presence_get_kind (presence));
  expect_text (line, "source", presence->source);
  expect_text (line, "forward", forward);
  expect_text (line, "from", presence->forwarding.from);
  expect_text (line, "reach", musterd_reach_to_string (presence->reach));
  expect_text (line, "telephony", musterd_telephony_to_string (presence->telephony));
  expect_text (line, "label", presence->telephony_label);
  expect_text (line, "greeting", presence->greeting_internal);
  expect_moment (line, "until", presence->until);
  expect_moment (line, "next-free", presence->next_free);
  expect_moment (line, "since", presence->since);
  expect_moment (line, "stale", presence->stale);
}

static void
do_expect (const Line *line)
{
  MusterdPresence *presence = musterd_engine_get_presence (line->world->engine, line->whom);
  const char *viewer = line_option (line, "seen-by");
  g_autoptr(MusterdPresence) view = NULL;
  gboolean nobody = g_str_equal (line_word (line, 1), "nobody");

  if (presence != NULL)
    view = viewer != NULL ? seen_by (line, viewer, presence) : musterd_presence_ref (presence);
  if (nobody || view == NULL)
    {
      if (!nobody)
        line_fail (line, "expected %s, got nobody", line->words[1]);
      else if (view != NULL)
        line_fail (line, "expected nobody, got %s", musterd_status_to_string (view->status));
      return;
    }
  expect_presence (line, view);
  if (viewer == NULL)
    expect_shown (line, presence);
}

static void
do_why (const Line *line)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(MusterdWhy) why = musterd_engine_why (line->world->engine, line->whom, &error);

  g_assert_no_error (error);
  for (guint i = 0; i < why->claims->len; i++)
    {
      const MusterdVerdict *verdict = g_ptr_array_index (why->claims, i);

      if (!g_str_equal (verdict->claim->key, line_word (line, 1)))
        continue;
      if (!g_str_equal (musterd_outcome_to_string (verdict->outcome), line_word (line, 2)))
        line_fail (line, "expected %s %s, got %s", line->words[1], line->words[2],
                   musterd_outcome_to_string (verdict->outcome));
      expect_text (line, "other", verdict->other);
      expect_text (line, "reason", verdict->reason);
      expect_moment (line, "began", verdict->claim->began);
      expect_text (line, "subject", verdict->claim->text);
      return;
    }
  if (!g_str_equal (line_word (line, 2), "gone"))
    line_fail (line, "there is no claim '%s'", line->words[1]);
}

/* How often status, text or template changed since this was asked last. */
static void
do_changes (const Line *line)
{
  guint want = (guint) atoi (line_word (line, 1));
  Seen *seen = world_seen (line->world, line->whom);

  if (seen->n_changes != want)
    line_fail (line, "expected %u changes, got %u", want, seen->n_changes);
  seen->n_changes = 0;
}

const Verb line_expect_verbs[] = {
  { "expect", do_expect },
  { "why", do_why },
  { "changes", do_changes },
  { NULL, NULL },
};
