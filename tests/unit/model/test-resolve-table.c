/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rules of resolution one by one: what is known (told as in scene.h), and what is shown at which moments.
 *
 * Statements of `want`:
 *
 *   at TIME [status= text= template= role= origin= kind= source= until= free= next= phone= label= reach= forward=
 *            scope= internal= external=]     "-" = nothing, never; `forward` is an action, or the number forwarded to
 *   why TIME KEY=OUTCOME[,OTHER or REASON][,by=RULE] ...
 *
 * Members that a row does not name are not its business, but the naive twin must agree about all of them. */
#include "naive.h"
#include "resolve-rules.h"
#include "scene.h"

#include <string.h>

static void
compare_text (char **words, const char *name, const char *got)
{
  const char *want = scene_word (words, name);

  if (want != NULL)
    g_assert_cmpstr (got != NULL ? got : "-", ==, want);
}

static void
compare_time (char **words, const char *name, MusterdTime got)
{
  const char *want = scene_word (words, name);

  if (want != NULL)
    g_assert_cmpint (got, ==, strcmp (want, "-") == 0 ? MUSTERD_TIME_NEVER : scene_time (want));
}

static const char *
forward_word (const MusterdPresence *presence)
{
  if (presence->forwarding.action == MUSTERD_FORWARD_DO_NOT_CHANGE)
    return "-";
  if (presence->forwarding.action == MUSTERD_FORWARD_TO)
    return presence->forwarding.number != NULL ? presence->forwarding.number : "nowhere";
  return musterd_forward_action_to_string (presence->forwarding.action);
}

static void
check_names (char **words)
{
  static const char *const names[] = { "status", "text",    "template", "role",     "origin",   "kind",
                                       "source", "until",   "free",     "next",     "phone",    "label",
                                       "reach",  "forward", "scope",    "internal", "external", NULL };

  for (guint i = 2; words[i] != NULL; i++)
    {
      g_autofree char *name = g_strndup (words[i], strcspn (words[i], "="));

      if (!g_strv_contains (names, name))
        g_error ("'%s' is nothing to be compared", words[i]);
    }
}

static void
check_at (char **words, const Scene *scene)
{
  MusterdTime now = scene_time (words[1]), next;
  g_autoptr(MusterdPresence) got = musterd_resolve (&scene->facts, scene->settings, now, scene->without, &next);
  g_autoptr(MusterdPresence) naive = naive_resolve (&scene->facts, scene->settings, now, scene->without);

  check_names (words);
  compare_text (words, "status", musterd_status_to_string (got->status));
  compare_text (words, "text", got->text);
  compare_text (words, "template", got->template_name);
  compare_text (words, "role", got->template_role);
  compare_text (words, "origin", musterd_origin_to_string (got->origin));
  compare_text (words, "kind", musterd_presence_get_kind (got));
  compare_text (words, "source", got->source);
  compare_time (words, "until", got->until);
  compare_time (words, "free", got->next_free);
  compare_time (words, "next", next);
  compare_text (words, "phone", musterd_telephony_to_string (got->telephony));
  compare_text (words, "label", got->telephony_label);
  compare_text (words, "reach", musterd_reach_to_string (got->reach));
  compare_text (words, "forward", forward_word (got));
  compare_text (words, "scope", musterd_forward_scope_to_string (got->forwarding.scope));
  compare_text (words, "internal", got->greeting_internal);
  compare_text (words, "external", got->greeting_external);

  g_assert_true (naive_same_moment (got, naive));
  g_assert_cmpint (got->until, ==, naive->until);
  g_assert_cmpint (got->next_free, ==, naive->next_free);
  g_assert_cmpint (next, <=, naive_next_change (&scene->facts, scene->settings, now, scene->without));
  g_assert_cmpint (next, >, now);
}

static const MusterdVerdict *
find_verdict (GPtrArray *verdicts, const char *key)
{
  for (guint i = 0; i < verdicts->len; i++)
    {
      const MusterdVerdict *verdict = verdicts->pdata[i];

      if (strcmp (verdict->claim->key, key) == 0)
        return verdict;
    }
  g_error ("no verdict on '%s'", key);
}

static void
check_why (char **words, const Scene *scene)
{
  g_autoptr(GPtrArray) verdicts = musterd_explain (&scene->facts, scene->settings, scene_time (words[1]));

  for (guint i = 2; words[i] != NULL; i++)
    {
      g_auto(GStrv) parts = g_strsplit (words[i], "=", 2);
      const MusterdVerdict *verdict = find_verdict (verdicts, parts[0]);
      const char *detail = verdict->other != NULL ? verdict->other : verdict->reason;
      g_autofree char *got = g_strconcat (musterd_outcome_to_string (verdict->outcome), detail != NULL ? "," : "",
                                          detail != NULL ? detail : "", verdict->rule != NULL ? ",by=" : NULL,
                                          verdict->rule, NULL);

      g_assert_cmpstr (got, ==, parts[1]);
    }
}

static void
check_statement (char **words, gpointer data)
{
  g_assert_nonnull (words[1]);
  if (strcmp (words[0], "at") == 0)
    check_at (words, data);
  else if (strcmp (words[0], "why") == 0)
    check_why (words, data);
  else
    g_error ("'%s' is nothing to be checked", words[0]);
}

static void
test_rule (gconstpointer data)
{
  const Rule *rule = data;
  g_autoptr(Scene) scene = scene_new (rule->known);

  scene_statements (rule->want, check_statement, scene);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_set_nonfatal_assertions (); /* every rule that does not hold is to be seen, not only the first */
  for (const Rule *rule = resolve_rules; rule->name != NULL; rule++)
    {
      g_autofree char *path = g_strdup_printf ("/model/resolve/rule/%s", rule->name);

      g_test_add_data_func (path, rule, test_rule);
    }
  return g_test_run ();
}
