/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calendar rules from the setting to the presence, through the door and a restart. */
#include "engine/scopes.h"

#include <glib/gstdio.h>

#define T0 (G_GINT64_CONSTANT (1772438400) * MUSTERD_SECOND) /* Monday 2026-03-02 08:00 UTC */
#define WATCHDOG_SECONDS 60

typedef struct
{
  char          *dir;
  MusterdClock  *clock;
  MusterdStore  *store;
  MusterdEngine *engine;
  guint          n_done, n_asked, watchdog;
  GError        *error; /* nullable: of the last command */
} Fixture;

static void
on_done (const GError *error, gpointer data)
{
  Fixture *fixture = data;

  g_clear_error (&fixture->error);
  fixture->error = error != NULL ? g_error_copy (error) : NULL;
  fixture->n_done++;
}

static void
await (Fixture *fixture)
{
  fixture->n_asked++;
  while (fixture->n_done < fixture->n_asked)
    g_main_context_iteration (NULL, TRUE);
}

static void
open_engine (Fixture *fixture)
{
  g_autoptr(GError) error = NULL;

  fixture->store = musterd_store_open (fixture->dir, &error);
  g_assert_no_error (error);
  fixture->engine = musterd_engine_new (fixture->clock, fixture->store, NULL, &error);
  g_assert_no_error (error);
}

static void
close_engine (Fixture *fixture)
{
  musterd_engine_free (fixture->engine);
  musterd_store_close (fixture->store);
}

static gboolean
on_watchdog (gpointer data G_GNUC_UNUSED)
{
  g_error ("%s: nothing happens any more", g_test_get_path ());
  return G_SOURCE_REMOVE;
}

static void
set_up (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  const char *fields[MUSTERD_N_USER_FIELDS] = { NULL };
  g_autoptr(GError) error = NULL;
  g_autoptr(MusterdUser) user = musterd_user_new ("alice", fields, NULL, &error);

  g_assert_no_error (error);
  fixture->dir = g_dir_make_tmp ("muster-rules-XXXXXX", NULL);
  fixture->clock = musterd_clock_new_virtual (T0);
  fixture->watchdog = g_timeout_add_seconds (WATCHDOG_SECONDS, on_watchdog, NULL);
  open_engine (fixture);
  musterd_engine_put_users (fixture->engine, &user, 1, MUSTERD_PUT_NEW, on_done, fixture);
  await (fixture);
  g_assert_no_error (fixture->error);
}

static void
remove_files (const char *dir)
{
  g_autoptr(GDir) entries = g_dir_open (dir, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (entries)) != NULL)
    {
      g_autofree char *path = g_build_filename (dir, name, NULL);

      if (g_file_test (path, G_FILE_TEST_IS_DIR))
        remove_files (path);
      else
        g_unlink (path);
    }
  g_rmdir (dir);
}

static void
tear_down (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  close_engine (fixture);
  musterd_clock_unref (fixture->clock);
  remove_files (fixture->dir);
  g_free (fixture->dir);
  g_clear_error (&fixture->error);
  g_source_remove (fixture->watchdog);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
try_rules (Fixture *fixture, const char *scope, const char *rules)
{
  GPtrArray *changes = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_setting_change_free);

  g_ptr_array_add (changes, musterd_setting_change_new ("calendar", "rules", rules, MUSTERD_POLICY_INHERIT));
  musterd_engine_change_settings (fixture->engine, scope, changes, NULL, on_done, fixture);
  await (fixture);
}

static void
set_rules (Fixture *fixture, const char *rules)
{
  try_rules (fixture, "all", rules);
  g_assert_no_error (fixture->error);
}

static void
put (Fixture *fixture, const char *key, const char *subject, const char *categories, guint n_attendees,
     gboolean is_private)
{
  g_autoptr(MusterdClaim) claim = musterd_claim_new ("ews", "calendar", key, MUSTERD_CLAIM_APPOINTMENT);
  g_autoptr(GError) error = NULL;

  claim->from = T0;
  claim->until = T0 + MUSTERD_HOUR;
  claim->free_busy = MUSTERD_FREE_BUSY_BUSY;
  claim->is_private = is_private;
  musterd_claim_set_text (claim, subject);
  musterd_claim_set_asked (claim, categories, n_attendees);
  g_assert_true (musterd_engine_claim_put (fixture->engine, "alice", claim, &error));
  g_assert_no_error (error);
  g_assert_null (claim->text); /* thrown away at the door, with all that is only asked */
  g_assert_true (claim->rules == NULL || (claim->rules->categories == NULL && claim->rules->n_attendees == 0));
}

/* The rule and the reason of the verdict on this claim, as "RULE", "RULE/REASON" or "-". */
static void
assert_verdict (Fixture *fixture, const char *key, const char *want)
{
  g_autoptr(MusterdWhy) why = musterd_engine_why (fixture->engine, "alice", NULL);

  for (guint i = 0; i < why->claims->len; i++)
    {
      const MusterdVerdict *verdict = g_ptr_array_index (why->claims, i);
      g_autofree char *got = g_strconcat (verdict->rule != NULL ? verdict->rule : "-",
                                          verdict->reason != NULL ? "/" : NULL, verdict->reason, NULL);

      if (!g_str_equal (verdict->claim->key, key))
        continue;
      g_assert_cmpstr (got, ==, want);
      return;
    }
  g_error ("no verdict on '%s'", key);
}

static void
assert_shown (Fixture *fixture, const char *template_name)
{
  g_autoptr(MusterdWhy) why = musterd_engine_why (fixture->engine, "alice", NULL); /* settles what is due */

  g_assert_cmpstr (why->presence->template_name, ==, template_name);
}

static void
test_door (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  set_rules (fixture, "Lunch|||||lunch;Road||||travel|||Break;Big||||||10|Do not disturb");
  put (fixture, "a", "Team lunch", NULL, 0, FALSE);
  put (fixture, "b", "Customer", "Red;Travel", 2, FALSE);
  put (fixture, "c", "Doctor", "Travel", 0, TRUE);
  assert_verdict (fixture, "a", "Lunch/rule");
  assert_verdict (fixture, "b", "Road");
  assert_verdict (fixture, "c", "-");
  put (fixture, "d", "Everybody", NULL, 10, TRUE);
  assert_verdict (fixture, "d", "Big");
  /* What was found stays found, though nobody knows the subject any more. */
  close_engine (fixture);
  open_engine (fixture);
  assert_verdict (fixture, "a", "Lunch/rule");
  assert_verdict (fixture, "b", "Road");
  assert_verdict (fixture, "c", "-");
  assert_verdict (fixture, "d", "Big");
  /* The same entry with another subject. */
  put (fixture, "a", "Team meeting", NULL, 0, FALSE);
  assert_verdict (fixture, "a", "-");
  close_engine (fixture);
  open_engine (fixture);
  assert_verdict (fixture, "a", "-");
}

/* What no rule asks for at the door holds at once; the rest when the source says it again. */
static void
test_change (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  guint32 before, after;

  put (fixture, "a", "Lunch", NULL, 0, FALSE);
  assert_shown (fixture, "Appointment");
  g_assert_cmphex (musterd_engine_get_settings (fixture->engine, "alice")->rules_stamp, ==, 0);
  set_rules (fixture, "Busy|busy||||||Break");
  assert_shown (fixture, "Break");
  g_assert_cmphex (musterd_engine_get_settings (fixture->engine, "alice")->rules_stamp, ==, 0);

  set_rules (fixture, "Lunch|||||lunch||Busy");
  assert_shown (fixture, "Appointment");
  put (fixture, "a", "Lunch", NULL, 0, FALSE);
  assert_shown (fixture, "Busy");
  before = musterd_engine_get_settings (fixture->engine, "alice")->rules_stamp;
  set_rules (fixture, "Lunch|||||lunch||Break"); /* the same question with another answer */
  assert_shown (fixture, "Break");
  g_assert_cmphex (musterd_engine_get_settings (fixture->engine, "alice")->rules_stamp, ==, before);
  set_rules (fixture, "Big||||||5|Busy;Lunch|||||lunch||Break");
  after = musterd_engine_get_settings (fixture->engine, "alice")->rules_stamp;
  g_assert_cmphex (before, !=, after);
  assert_shown (fixture, "Appointment");
  put (fixture, "a", "Lunch", NULL, 0, FALSE);
  assert_shown (fixture, "Break");
  set_rules (fixture, NULL);
  assert_shown (fixture, "Appointment");
}

/* A template is meant by itself and not by its name, and cannot go while a rule takes it. */
static void
test_template (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  MusterdTemplateEdit *edit;

  try_rules (fixture, "all", "r|||||||Nowhere");
  g_assert_error (fixture->error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND);
  g_assert_true (g_pattern_match_simple ("*no active template 'Nowhere'*", fixture->error->message));
  try_rules (fixture, "all", "r|bussy");
  g_assert_error (fixture->error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID);
  g_assert_true (g_pattern_match_simple ("calendar.rules: rule 'r': 'bussy' is no free-busy*", fixture->error->message));

  set_rules (fixture, "r|||||||Break");
  put (fixture, "a", "Lunch", NULL, 0, FALSE);
  assert_shown (fixture, "Break");
  musterd_engine_remove_template (fixture->engine, "break", NULL, NULL, on_done, fixture);
  await (fixture);
  g_assert_error (fixture->error, MUSTERD_ERROR, MUSTERD_ERROR_CONFLICT);
  g_assert_true (g_pattern_match_simple ("*'Break' is in use by calendar.rules of all*", fixture->error->message));

  edit = musterd_template_edit_new ();
  edit->fields = MUSTERD_TEMPLATE_NAME;
  edit->tmpl->name = g_strdup ("Pause");
  musterd_engine_edit_template (fixture->engine, "break", NULL, edit, NULL, on_done, fixture);
  await (fixture);
  g_assert_no_error (fixture->error);
  assert_shown (fixture, "Pause");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/engine/rules/door", Fixture, NULL, set_up, test_door, tear_down);
  g_test_add ("/engine/rules/change", Fixture, NULL, set_up, test_change, tear_down);
  g_test_add ("/engine/rules/template", Fixture, NULL, set_up, test_template, tear_down);
  return g_test_run ();
}
