/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plays the stories beside this file: a folder per case, in it `story`, one thing that happens or is expected per line.
 * The language is explained in README.md. */
#define G_LOG_DOMAIN "muster-scenario"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "world.h"

typedef struct
{
  World      *world;
  const char *file;
  guint       line;
  char      **words; /* of the line, without the time */
} Line;

G_GNUC_PRINTF (2, 3) static void
fail (const Line *line, const char *format, ...)
{
  va_list args;
  g_autofree char *text = NULL;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_test_message ("%s:%u: %s", line->file, line->line, text);
  g_test_fail_printf ("%s:%u: %s", line->file, line->line, text);
}

/* The value of NAME=value among the words; NULL: not there. */
static const char *
option (const Line *line, const char *name)
{
  gsize length = strlen (name);

  for (guint i = 1; line->words[i] != NULL; i++)
    if (strncmp (line->words[i], name, length) == 0 && line->words[i][length] == '=')
      return line->words[i] + length + 1;
  return NULL;
}

static gboolean
flag (const Line *line, const char *name)
{
  return g_strv_contains ((const char *const *) line->words, name);
}

static const char *
word (const Line *line, guint index)
{
  if (g_strv_length (line->words) <= index)
    g_error ("%s:%u: '%s' wants more words", line->file, line->line, line->words[0]);
  return line->words[index];
}

static MusterdTime
moment (const Line *line, const char *text)
{
  if (g_str_equal (text, "never"))
    return MUSTERD_TIME_NEVER;
  return world_time (line->world, text);
}

static gint64
duration (const char *text)
{
  char *unit;
  gint64 n = g_ascii_strtoll (text, &unit, 10);

  return n * (*unit == 'h' ? MUSTERD_HOUR : *unit == 's' ? MUSTERD_SECOND : MUSTERD_MINUTE);
}

#define PARSE(Type, prefix)                                                             \
  static Type parse_##prefix (const Line *line, const char *text)                       \
  {                                                                                     \
    Type value;                                                                         \
    if (!musterd_##prefix##_from_string (text, &value))                                 \
      g_error ("%s:%u: '%s' is no " #prefix, line->file, line->line, text);             \
    return value;                                                                       \
  }

PARSE (MusterdStatus, status)
PARSE (MusterdClaimKind, claim_kind)
PARSE (MusterdFreeBusy, free_busy)
PARSE (MusterdResponse, response)
PARSE (MusterdTelephony, telephony)
PARSE (MusterdClientState, client_state)
PARSE (MusterdForwardScope, forward_scope)
PARSE (MusterdForwardTarget, forward_target)

static void
on_done (const GError *error, gpointer data)
{
  const Line *line = data;
  const char *refused = option (line, "refused");

  if (refused != NULL)
    {
      if (error == NULL || !g_pattern_match_simple (refused, error->message))
        fail (line, "expected a refusal like '%s', got %s", refused, error != NULL ? error->message : "none");
    }
  else if (error != NULL)
    fail (line, "%s", error->message);
}

/* ---- what stands before the day begins ---- */

static void
do_template (const Line *line)
{
  GPtrArray *templates = line->world->settings->templates;
  const char *role = word (line, 1);
  MusterdTemplate *tmpl = (MusterdTemplate *) musterd_settings_find (line->world->settings, role);
  const char *value;

  if (tmpl == NULL || flag (line, "own"))
    {
      value = option (line, "name");
      tmpl = musterd_template_new (role, value != NULL ? value : role, role, MUSTERD_STATUS_BUSY, NULL);
      tmpl->own = flag (line, "own");
      g_ptr_array_insert (templates, tmpl->own ? 0 : -1, tmpl);
    }
  if ((value = option (line, "status")) != NULL)
    tmpl->status = parse_status (line, value);
  if ((value = option (line, "text")) != NULL)
    {
      g_free (tmpl->text);
      tmpl->text = g_strdup (value);
    }
  if ((value = option (line, "stays")) != NULL)
    tmpl->stays = g_str_equal (value, "yes");
  if (flag (line, "inactive"))
    tmpl->active = FALSE;
  if ((value = option (line, "forward")) != NULL)
    {
      g_auto(GStrv) parts = g_strsplit (value, ":", 3);

      if (g_str_equal (parts[0], "off"))
        tmpl->forwarding.action = MUSTERD_FORWARD_OFF;
      else if (g_str_equal (parts[0], "do-not-disturb"))
        tmpl->forwarding.action = MUSTERD_FORWARD_DO_NOT_DISTURB;
      else
        {
          tmpl->forwarding.action = MUSTERD_FORWARD_TO;
          tmpl->forwarding.scope = parse_forward_scope (line, parts[0]);
          tmpl->forwarding.target = parse_forward_target (line, parts[1]);
          tmpl->forwarding.number = g_strdup (parts[2]);
        }
    }
}

static void
do_setting (const Line *line)
{
  MusterdSettings *settings = line->world->settings;
  const char *value;
  const struct
  {
    const char *name;
    gboolean   *place;
  } flags[] = { { "subject-as-text", &settings->subject_as_text },
                { "count-tentative", &settings->count_tentative },
                { "count-unanswered", &settings->count_unanswered },
                { "count-all-day", &settings->count_all_day },
                { "count-elsewhere", &settings->count_elsewhere },
                { "on-lock", &settings->on_lock } };

  for (guint i = 0; i < G_N_ELEMENTS (flags); i++)
    if ((value = option (line, flags[i].name)) != NULL)
      *flags[i].place = g_str_equal (value, "yes");
  if ((value = option (line, "idle-after")) != NULL)
    settings->idle_after = duration (value);
  if ((value = option (line, "start")) != NULL)
    settings->start_role = g_intern_string (value);
  if ((value = option (line, "base")) != NULL)
    settings->base_without_client = parse_status (line, value);
  if ((value = option (line, "choice-ends")) != NULL)
    {
      settings->choice_ends = g_str_equal (value, "never") ? MUSTERD_CHOICE_ENDS_NEVER
                              : g_str_equal (value, "day") ? MUSTERD_CHOICE_ENDS_DAY
                                                           : MUSTERD_CHOICE_ENDS_AFTER;
      if (settings->choice_ends == MUSTERD_CHOICE_ENDS_AFTER)
        settings->choice_ends_after = duration (value);
    }
}

static void
do_user (const Line *line)
{
  const char *fields[MUSTERD_N_USER_FIELDS] = { NULL };
  g_autoptr(GError) error = NULL;
  g_autoptr(MusterdUser) user = NULL;

  for (guint i = 0; i < MUSTERD_N_USER_FIELDS; i++)
    fields[i] = option (line, musterd_user_field_to_string ((MusterdUserField) i));
  if (fields[MUSTERD_USER_ZONE] == NULL)
    fields[MUSTERD_USER_ZONE] = line->world->zone;
  user = musterd_user_new ("alice", fields, NULL, &error);
  g_assert_no_error (error);
  musterd_engine_put_users (line->world->engine, &user, 1, MUSTERD_PUT_ANY, on_done, (gpointer) line);
}

/* ---- what happens ---- */

static MusterdClaim *
read_claim (const Line *line)
{
  g_auto(GStrv) span = g_strsplit (word (line, 4), "-", 2);
  const char *value = option (line, "set");
  MusterdClaim *claim = musterd_claim_new (word (line, 1), value != NULL ? value : "", word (line, 2),
                                           parse_claim_kind (line, word (line, 3)));

  claim->from = g_str_equal (span[0], "now") ? MUSTERD_CLAIM_NOW : moment (line, span[0]);
  claim->until = g_str_equal (span[1], "open") ? MUSTERD_TIME_NEVER : moment (line, span[1]);
  if ((value = option (line, "free-busy")) != NULL)
    claim->free_busy = parse_free_busy (line, value);
  if ((value = option (line, "response")) != NULL)
    claim->response = parse_response (line, value);
  if ((value = option (line, "lease")) != NULL)
    claim->lease = duration (value);
  musterd_claim_set_text (claim, option (line, "text"));
  musterd_claim_set_role (claim, option (line, "role"));
  musterd_claim_set_more (claim, NULL, option (line, "greeting"), NULL);
  claim->all_day = flag (line, "all-day");
  claim->cancelled = flag (line, "cancelled");
  claim->is_private = flag (line, "private");
  return claim;
}

static void
check (const Line *line, gboolean done, GError *error)
{
  if (!done)
    fail (line, "%s", error->message);
}

static void
do_claim (const Line *line)
{
  g_autoptr(MusterdClaim) claim = read_claim (line);
  g_autoptr(GError) error = NULL;

  check (line, musterd_engine_claim_put (line->world->engine, "alice", claim, &error), error);
}

/* Gathers one for the next replace. */
static void
do_with (const Line *line)
{
  g_ptr_array_add (line->world->claims, read_claim (line));
}

static void
do_replace (const Line *line)
{
  g_autoptr(GError) error = NULL;
  GPtrArray *claims = line->world->claims;
  MusterdTime from = MUSTERD_TIME_ALWAYS, until = MUSTERD_TIME_NEVER;

  if (line->words[2] != NULL && line->words[3] != NULL)
    {
      g_auto(GStrv) span = g_strsplit (line->words[3], "-", 2);

      from = moment (line, span[0]);
      until = moment (line, span[1]);
    }
  check (line,
         musterd_engine_claims_replace (line->world->engine, word (line, 1), "alice", word (line, 2), from, until,
                                        (MusterdClaim *const *) claims->pdata, claims->len, &error),
         error);
  g_ptr_array_set_size (claims, 0);
}

static void
do_drop (const Line *line)
{
  g_autoptr(GError) error = NULL;

  check (line, musterd_engine_claim_drop (line->world->engine, word (line, 1), "alice", word (line, 2), &error), error);
}

static void
do_choose (const Line *line)
{
  const char *until = option (line, "until");

  musterd_engine_choose (line->world->engine, "alice", word (line, 1), MUSTERD_STATUS_NONE, option (line, "text"),
                         until != NULL ? moment (line, until) : MUSTERD_TIME_NEVER, NULL, on_done, (gpointer) line);
}

static void
do_status (const Line *line)
{
  const char *until = option (line, "until");

  musterd_engine_choose (line->world->engine, "alice", NULL, parse_status (line, word (line, 1)),
                         option (line, "text"), until != NULL ? moment (line, until) : MUSTERD_TIME_NEVER, NULL,
                         on_done, (gpointer) line);
}

static void
do_auto (const Line *line)
{
  musterd_engine_automatic (line->world->engine, "alice", NULL, on_done, (gpointer) line);
}

static void
do_ignore (const Line *line)
{
  musterd_engine_ignore (line->world->engine, "alice", word (line, 1), NULL, on_done, (gpointer) line);
}

static void
do_client (const Line *line)
{
  g_autoptr(GError) error = NULL;
  const char *lease = option (line, "lease"), *source = option (line, "source"), *since = option (line, "since");

  check (line,
         musterd_engine_client (line->world->engine, source != NULL ? source : "activity", "alice", word (line, 1),
                                parse_client_state (line, word (line, 2)),
                                since != NULL ? moment (line, since) : 0, lease != NULL ? duration (lease) : 0,
                                &error),
         error);
}

static void
do_phone (const Line *line)
{
  g_autoptr(GError) error = NULL;
  const char *lease = option (line, "lease"), *source = option (line, "source");

  check (line,
         musterd_engine_telephony (line->world->engine, source != NULL ? source : "pbx", "alice", word (line, 1),
                                   parse_telephony (line, word (line, 2)), option (line, "label"),
                                   lease != NULL ? duration (lease) : 0, &error),
         error);
}

static void
do_source (const Line *line)
{
  MusterdEngine *engine = line->world->engine;
  const char *name = word (line, 1), *what = word (line, 2);

  if (g_str_equal (what, "starts"))
    musterd_engine_source_begin (engine, name);
  else if (g_str_equal (what, "online"))
    musterd_engine_source_online (engine, name);
  else if (g_str_equal (what, "lost"))
    musterd_engine_source_lost (engine, name);
  else if (g_str_equal (what, "removed"))
    musterd_engine_source_drop (engine, name);
  else
    g_error ("%s:%u: what does source '%s' do?", line->file, line->line, what);
}

static void
do_stop (const Line *line)
{
  world_stop (line->world);
}

static void
do_start (const Line *line)
{
  world_start (line->world);
}

static void
do_clock (const Line *line)
{
  musterd_clock_set (line->world->clock, moment (line, word (line, 1)));
}

/* ---- what is expected ---- */

static void
expect_text (const Line *line, const char *name, const char *got)
{
  const char *want = option (line, name);

  if (want == NULL)
    return;
  if (g_strcmp0 (g_str_equal (want, "-") ? NULL : want, got) != 0)
    fail (line, "expected %s=%s, got %s", name, want, got != NULL ? got : "-");
}

static void
expect_moment (const Line *line, const char *name, MusterdTime got)
{
  const char *want = option (line, name);

  if (want != NULL && moment (line, want) != got)
    {
      g_autoptr(GTimeZone) zone = g_time_zone_new_identifier (line->world->zone);
      g_autoptr(GDateTime) utc
          = got != MUSTERD_TIME_NEVER ? g_date_time_new_from_unix_utc (got / MUSTERD_SECOND) : NULL;
      g_autoptr(GDateTime) local = utc != NULL ? g_date_time_to_timezone (utc, zone) : NULL;
      g_autofree char *text = local != NULL ? g_date_time_format (local, "%F %T") : g_strdup ("never");

      fail (line, "expected %s=%s, got %s", name, want, text);
    }
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

static void
do_expect (const Line *line)
{
  const MusterdPresence *presence = musterd_engine_get_presence (line->world->engine, "alice");
  g_autofree char *forward = NULL;

  g_assert_nonnull (presence);
  if (strchr (word (line, 1), '=') == NULL
      && !g_str_equal (musterd_status_to_string (presence->status), line->words[1]))
    fail (line, "expected %s, got %s (%s, %s)", line->words[1], musterd_status_to_string (presence->status),
          presence->template_name != NULL ? presence->template_name : "no template",
          musterd_presence_get_kind (presence));
  forward = forwarding_text (presence);
  expect_text (line, "text", presence->text);
  expect_text (line, "template", presence->template_name);
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
  /* The sink follows at every moment that is looked at. */
  if (line->world->shown == NULL || line->world->shown->status != presence->status
      || g_strcmp0 (line->world->shown->text, presence->text) != 0)
    fail (line, "the sink shows something else");
}

static void
do_why (const Line *line)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(MusterdWhy) why = musterd_engine_why (line->world->engine, "alice", &error);

  g_assert_no_error (error);
  for (guint i = 0; i < why->claims->len; i++)
    {
      const MusterdVerdict *verdict = g_ptr_array_index (why->claims, i);

      if (!g_str_equal (verdict->claim->key, word (line, 1)))
        continue;
      if (!g_str_equal (musterd_outcome_to_string (verdict->outcome), word (line, 2)))
        fail (line, "expected %s %s, got %s", line->words[1], line->words[2],
              musterd_outcome_to_string (verdict->outcome));
      expect_text (line, "other", verdict->other);
      expect_text (line, "reason", verdict->reason);
      expect_moment (line, "began", verdict->claim->began);
      expect_text (line, "subject", verdict->claim->text);
      return;
    }
  if (!g_str_equal (word (line, 2), "gone"))
    fail (line, "there is no claim '%s'", line->words[1]);
}

/* How often status, text or template changed since this was asked last. */
static void
do_changes (const Line *line)
{
  guint want = (guint) atoi (word (line, 1));

  if (line->world->n_changes != want)
    fail (line, "expected %u changes, got %u", want, line->world->n_changes);
  line->world->n_changes = 0;
}

static const struct
{
  const char *name;
  void      (*func) (const Line *line);
} verbs[] = {
  { "template", do_template }, { "setting", do_setting }, { "user", do_user },       { "claim", do_claim },
  { "with", do_with },         { "replace", do_replace }, { "drop", do_drop },       { "choose", do_choose },
  { "status", do_status },     { "auto", do_auto },       { "ignore", do_ignore },   { "client", do_client },
  { "phone", do_phone },       { "source", do_source },   { "stop", do_stop },       { "start", do_start },
  { "clock", do_clock },       { "expect", do_expect },   { "why", do_why },         { "changes", do_changes },
};

static void
play (Line *line)
{
  for (guint i = 0; i < G_N_ELEMENTS (verbs); i++)
    if (g_str_equal (verbs[i].name, line->words[0]))
      {
        verbs[i].func (line);
        return;
      }
  g_error ("%s:%u: nobody knows how to '%s'", line->file, line->line, line->words[0]);
}

static void
set_day (World *world, const char *text)
{
  if (sscanf (text, "%d-%d-%d", &world->year, &world->month, &world->day) != 3)
    g_error ("'%s' is not a day", text);
}

static void
play_line (World *world, const char *file, guint number, const char *text)
{
  g_autoptr(GError) error = NULL;
  g_auto(GStrv) words = NULL;
  Line line = { .world = world, .file = file, .line = number };

  if (!g_shell_parse_argv (text, NULL, &words, &error))
    {
      if (g_error_matches (error, G_SHELL_ERROR, G_SHELL_ERROR_EMPTY_STRING))
        return;
      g_error ("%s:%u: %s", file, number, error->message);
    }
  line.words = words;
  if (g_str_equal (words[0], "zone"))
    {
      g_free (world->zone);
      world->zone = g_strdup (words[1]);
      return;
    }
  if (g_str_equal (words[0], "day"))
    {
      set_day (world, words[1]);
      return;
    }
  if (g_ascii_isdigit (words[0][0]))
    {
      MusterdTime when = world_time (world, words[0]);

      if (musterd_clock_now (world->clock) > when && !g_str_equal (words[1], "clock"))
        g_error ("%s:%u: %s is past", file, number, words[0]);
      world_go (world, when);
      line.words = words + 1;
    }
  else if (g_str_equal (words[0], "user"))
    {
      /* The settings are complete now; the day begins. */
      musterd_clock_set (world->clock, world_time (world, "00:00"));
      world_start (world);
    }
  play (&line);
  if (world->engine != NULL)
    world_rest (world);
}

static void
test_story (gconstpointer data)
{
  const char *path = data;
  g_autofree char *text = NULL;
  g_autoptr(GError) error = NULL;
  g_auto(GStrv) lines = NULL;
  World *world = world_new ();

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    play_line (world, path, i + 1, lines[i]);
  world_free (world);
}

int
main (int argc, char **argv)
{
  const char *root = g_getenv ("MUSTER_SCENARIOS");
  g_autoptr(GDir) dir = NULL;
  g_autoptr(GError) error = NULL;
  const char *name;

  g_test_init (&argc, &argv, NULL);
  g_assert_nonnull (root);
  dir = g_dir_open (root, 0, &error);
  g_assert_no_error (error);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (root, name, "story", NULL);
      g_autofree char *test = g_strconcat ("/scenario/", name, NULL);

      if (g_file_test (path, G_FILE_TEST_EXISTS))
        g_test_add_data_func_full (test, g_steal_pointer (&path), test_story, g_free);
    }
  return g_test_run ();
}
