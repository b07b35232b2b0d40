/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every verb of a plugin, and every command to an instance. */
#define G_LOG_DOMAIN "test-host"

#include "fixture.h"

#include <glib/gstdio.h>

#define ALICE "alice@example.com"

static guint
n_busy (Fixture *f, const char *instance)
{
  g_autoptr(MusterdInstanceInfo) info = fixture_info (f, instance);

  return info->sink.n_in_flight + info->sink.n_ready + info->sink.n_waiting;
}

static guint
n_users (Fixture *f, const char *instance)
{
  g_autoptr(MusterdInstanceInfo) info = fixture_info (f, instance);

  return info->n_users;
}

static void
begin (Fixture *f, const char *keyfile)
{
  fixture_install (f, "good blocks floods");
  fixture_add_user (f, ALICE, NULL);
  fixture_apply (f, keyfile);
  WAIT_FOR (f, fixture_count (f, "good", "apply alice*") >= 1);
}

static const MusterdPresence *
presence (Fixture *f)
{
  musterd_engine_settle (f->engine);
  return musterd_engine_get_presence (f->engine, ALICE);
}

/* Verbs. */

static void
test_claims (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *two = g_strdup_printf ("replace " ALICE " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT " one two", NINE,
                                          NINE + MUSTERD_DAY);
  g_autofree char *one = g_strdup_printf ("replace " ALICE " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT " two", NINE,
                                          NINE + MUSTERD_DAY);
  g_autofree char *none = g_strdup_printf ("replace " ALICE " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT, NINE,
                                           NINE + MUSTERD_DAY);

  begin (f, "[good]\n");
  fixture_tell (f, "good", "claim " ALICE " mic zoom");
  WAIT_FOR (f, presence (f)->kind == MUSTERD_CLAIM_MICROPHONE && presence (f)->status == MUSTERD_STATUS_BUSY);
  g_assert_cmpstr (presence (f)->source, ==, "good");
  g_assert_cmpstr (presence (f)->text, ==, "zoom");
  fixture_tell (f, "good", "drop " ALICE " mic");
  WAIT_FOR (f, fixture_n_claims (f, ALICE, "good") == 0);
  fixture_tell (f, "good", two);
  WAIT_FOR (f, fixture_n_claims (f, ALICE, "good") == 2);
  fixture_tell (f, "good", one);
  WAIT_FOR (f, fixture_n_claims (f, ALICE, "good") == 1);
  fixture_tell (f, "good", none);
  WAIT_FOR (f, fixture_n_claims (f, ALICE, "good") == 0);
}

/* A claim from "now" keeps its first moment while it is put again, and lapses when it is not. */
static void
test_lease (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  begin (f, "[good]\n");
  fixture_tell (f, "good", "claim " ALICE " mic zoom");
  WAIT_FOR (f, presence (f)->status == MUSTERD_STATUS_BUSY);
  fixture_move (f, 11 * MUSTERD_HOUR);
  fixture_tell (f, "good", "claim " ALICE " mic webex");
  WAIT_FOR (f, g_strcmp0 (presence (f)->text, "webex") == 0);

  g_autoptr(GError) error = NULL;
  g_autoptr(MusterdWhy) why = musterd_engine_why (f->engine, ALICE, &error);

  g_assert_cmpint (((MusterdVerdict *) g_ptr_array_index (why->claims, 0))->claim->from, ==, NINE);
  fixture_move (f, 11 * MUSTERD_HOUR);
  g_assert_cmpint (presence (f)->status, ==, MUSTERD_STATUS_BUSY);
  fixture_move (f, MUSTERD_HOUR);
  WAIT_FOR (f, presence (f)->status == MUSTERD_STATUS_AVAILABLE);
}

static void
test_telephony_and_clients (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  begin (f, "[good]\n");
  fixture_tell (f, "good", "telephony " ALICE " phone Bob");
  WAIT_FOR (f, presence (f)->telephony == MUSTERD_TELEPHONY_ON_THE_PHONE);
  g_assert_cmpstr (presence (f)->telephony_label, ==, "Bob");
  fixture_tell (f, "good", "client " ALICE " pc active");
  WAIT_FOR (f, presence (f)->origin == MUSTERD_ORIGIN_CLIENT);
  fixture_tell (f, "good", "client " ALICE " pc ended");
  WAIT_FOR (f, presence (f)->status == MUSTERD_STATUS_UNAVAILABLE);
}

static void
test_health (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr(MusterdInstanceInfo) info = NULL;

  begin (f, "[good]\n");
  fixture_tell (f, "good", "health degraded half");
  WAIT_FOR (f, g_str_equal (fixture_state (f, "good"), "degraded"));
  info = fixture_info (f, "good");
  g_assert_cmpstr (info->text, ==, "half");
  fixture_move (f, MUSTERD_MINUTE);
  fixture_tell (f, "good", "health offline gone");
  WAIT_FOR (f, g_str_equal (fixture_state (f, "good"), "offline"));
  g_clear_pointer (&info, musterd_instance_info_free);
  info = fixture_info (f, "good");
  g_assert_cmpint (info->since, ==, NINE + MUSTERD_MINUTE);
  fixture_tell (f, "good", "health online");
  WAIT_FOR (f, g_str_equal (fixture_state (f, "good"), "online"));
}

/* A calendar that cannot be reached makes its users stale; and so does one user's own trouble. */
static void
test_stale (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *one = g_strdup_printf ("replace " ALICE " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT " one", NINE,
                                          NINE + MUSTERD_DAY);

  begin (f, "[good]\n");
  fixture_tell (f, "good", one);
  WAIT_FOR (f, fixture_n_claims (f, ALICE, "good") == 1);
  fixture_tell (f, "good", "health offline");
  WAIT_FOR (f, presence (f)->stale != MUSTERD_TIME_NEVER);
  fixture_tell (f, "good", "health online");
  WAIT_FOR (f, presence (f)->stale == MUSTERD_TIME_NEVER);
  fixture_tell (f, "good", "user-state " ALICE " sign-in expired");
  WAIT_FOR (f, presence (f)->stale != MUSTERD_TIME_NEVER);

  g_autoptr(MusterdInstanceInfo) info = fixture_info (f, "good");

  g_assert_cmpuint (info->troubles->len, ==, 1);
  g_assert_cmpstr (((MusterdUserTrouble *) g_ptr_array_index (info->troubles, 0))->user, ==, ALICE);
  g_assert_cmpstr (((MusterdUserTrouble *) g_ptr_array_index (info->troubles, 0))->state, ==, "sign-in");
  g_assert_cmpstr (((MusterdUserTrouble *) g_ptr_array_index (info->troubles, 0))->text, ==, "expired");
  fixture_tell (f, "good", "user-state " ALICE " not-here");
  WAIT_FOR (f, presence (f)->stale == MUSTERD_TIME_NEVER);
  fixture_tell (f, "good", "user-state " ALICE " ok");
  g_clear_pointer (&info, musterd_instance_info_free);
  fixture_begin_wait (f, "no more troubles");
  for (guint n = 1; n > 0;)
    {
      g_clear_pointer (&info, musterd_instance_info_free);
      info = fixture_info (f, "good");
      n = info->troubles->len;
      if (n > 0)
        fixture_turn (f);
    }
}

static guint
n_notes (Fixture *f)
{
  g_autoptr(MusterdInstanceInfo) info = fixture_info (f, "good");

  return info->notes->len;
}

static void
test_notes (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr(MusterdInstanceInfo) info = NULL;
  const MusterdNote *note;

  begin (f, "[good]\n");
  fixture_tell (f, "good", "note program zoomius seen");
  WAIT_FOR (f, n_notes (f) == 1);
  fixture_move (f, MUSTERD_MINUTE);
  fixture_tell (f, "good", "note program zoomius again");
  for (guint i = 0; i < 50; i++)
    {
      g_autofree char *command = g_strdup_printf ("note program p%u seen", i);

      fixture_tell (f, "good", command);
    }
  WAIT_FOR (f, n_notes (f) == 51);
  info = fixture_info (f, "good");
  note = g_ptr_array_index (info->notes, 0);
  g_assert_cmpstr (note->topic, ==, "program");
  g_assert_cmpstr (note->subject, ==, "zoomius");
  g_assert_cmpstr (note->text, ==, "again");
  g_assert_cmpuint (note->count, ==, 2);
  g_assert_cmpint (note->since, ==, NINE);
  g_assert_cmpint (note->last, ==, NINE + MUSTERD_MINUTE);

  /* Bounded: what was not seen for longest goes. */
  for (guint n = 0; n < 6; n++)
    {
      fixture_move (f, MUSTERD_MINUTE);
      for (guint i = 0; i < 50; i++)
        {
          g_autofree char *command = g_strdup_printf ("note other q%u-%u seen", n, i);

          fixture_tell (f, "good", command);
        }
      fixture_begin_wait (f, "fifty more notes");
      for (gboolean seen = FALSE; !seen;)
        {
          g_autofree char *last = g_strdup_printf ("q%u-49", n);

          g_clear_pointer (&info, musterd_instance_info_free);
          info = fixture_info (f, "good");
          note = g_ptr_array_index (info->notes, info->notes->len - 1);
          seen = g_str_equal (note->subject, last);
          if (!seen)
            fixture_turn (f);
        }
    }
  g_assert_cmpuint (info->notes->len, ==, MUSTERD_NOTES_MAX);
}

static guint
n_actions (Fixture *f)
{
  g_autoptr(MusterdInstanceInfo) info = fixture_info (f, "good");

  return info->actions->len;
}

static void
test_actions (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr(GError) error = NULL;
  const MusterdAction *action;

  begin (f, "[good]\n");
  fixture_tell (f, "good", "ask " ALICE " sign-in");
  WAIT_FOR (f, n_actions (f) == 2);
  fixture_tell (f, "good", "ask " ALICE " sign-in");

  g_autoptr(MusterdInstanceInfo) info = fixture_info (f, "good");

  action = g_ptr_array_index (info->actions, 1);
  g_assert_cmpstr (action->user, ==, ALICE);
  g_assert_cmpstr (action->id, ==, "sign-in");
  g_assert_cmpstr (action->text, ==, "Sign in");
  g_assert_cmpstr (action->url, ==, "https://login.example.com/device");
  g_assert_cmpstr (action->code, ==, "ABC-123");
  /* The code is for the list, not for the log. */
  g_assert_cmpuint (fixture_count (f, "good", "a person must act: sign-in for " ALICE "*"), ==, 1);
  g_assert_cmpuint (fixture_count (f, "good", "*ABC-123*"), ==, 0);

  g_assert_false (musterd_host_answer (f->host, "good", NULL, "sign-in", "yes", &error));
  g_assert_error (error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_true (musterd_host_answer (f->host, "good", ALICE, "sign-in", "yes", &error));
  g_assert_no_error (error);
  WAIT_FOR (f, fixture_count (f, "good", "answer " ALICE " sign-in") == 1 && n_actions (f) == 1);

  fixture_tell (f, "good", "ask " ALICE " again");
  WAIT_FOR (f, n_actions (f) == 2);
  fixture_tell (f, "good", "asked " ALICE " again");
  WAIT_FOR (f, n_actions (f) == 1);
  fixture_tell (f, "good", "ask nobody@example.com sign-in");
  WAIT_FOR (f, fixture_count (f, "good", "action_needed refused: there is no user nobody@example.com") == 1);
}

static void
test_secrets (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *folder = g_build_filename (f->dir, "state", "secrets", NULL);
  g_autofree char *file = g_build_filename (folder, "mail-hq", NULL);
  g_autofree char *other = g_build_filename (folder, "good.other_5ftoken", NULL);
  g_autofree char *own = g_build_filename (folder, "good.refresh-token", NULL);
  g_autoptr(GError) error = NULL;

  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  g_file_set_contents_full (file, "hunter2\n", -1, G_FILE_SET_CONTENTS_NONE, 0600, &error);
  g_assert_no_error (error);
  begin (f, "[good]\npassword=secret:mail-hq\n");

  /* By the option's name, by the name it refers to, and not at all. */
  fixture_tell (f, "good", "secret-get password");
  WAIT_FOR (f, fixture_count (f, "good", "secret: 7 ") == 1);
  fixture_tell (f, "good", "secret-get mail-hq");
  WAIT_FOR (f, fixture_count (f, "good", "secret: 7 ") == 2);
  fixture_tell (f, "good", "secret-get other_token");
  WAIT_FOR (f, fixture_count (f, "good", "secret: -1 secret 'good.other_5ftoken' not found: *") == 1);

  /* Its own, under a name that no other instance can reach. */
  fixture_tell (f, "good", "secret-put refresh-token abcdefghij");
  WAIT_FOR (f, fixture_count (f, "good", "kept: yes") == 1);
  g_assert_true (g_file_test (own, G_FILE_TEST_EXISTS));
  g_assert_false (g_file_test (other, G_FILE_TEST_EXISTS));
  fixture_tell (f, "good", "secret-get refresh-token");
  WAIT_FOR (f, fixture_count (f, "good", "secret: 10 ") == 1);
  g_assert_cmpuint (fixture_count (f, "good", "*hunter2*"), ==, 0);
  g_assert_cmpuint (fixture_n_logged ("good", "*abcdefghij*"), ==, 0);
}

static void
test_timers (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  begin (f, "[good]\n");
  fixture_tell (f, "good", "timer 60000000");
  WAIT_FOR (f, fixture_count (f, "good", "timer armed") == 1);
  fixture_move (f, -MUSTERD_MINUTE);
  fixture_move (f, 90 * MUSTERD_SECOND);
  fixture_tell (f, "good", "note program seen x");
  WAIT_FOR (f, n_notes (f) == 1);
  g_assert_cmpuint (fixture_count (f, "good", "timer"), ==, 0);
  fixture_move (f, 30 * MUSTERD_SECOND);
  WAIT_FOR (f, fixture_count (f, "good", "timer") == 1);
}

/* Commands. */

static void
test_unknown (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr(GError) error = NULL;

  fixture_install (f, "good");
  g_assert_false (musterd_host_sync (f->host, "nosuch", NULL, &error));
  g_assert_error (error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND);
  g_assert_cmpstr (error->message, ==, "there is no instance \"nosuch\": none is configured");
  g_clear_error (&error);
  fixture_apply (f, "[good:a]\n[good:b]\nEnabled=no\n");
  g_assert_false (fixture_pause (f, "good", TRUE, &error));
  g_assert_error (error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND);
  g_assert_cmpstr (error->message, ==, "there is no instance \"good\": there are good:a, good:b");
  g_clear_error (&error);
  g_assert_false (musterd_host_sync (f->host, "good:b", NULL, &error));
  g_assert_error (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFLICT);
  g_assert_cmpstr (error->message, ==, "good:b is not running: disabled");
}

static void
test_sync (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr(GError) error = NULL;
  guint n;

  begin (f, "[good]\n[blocks]\n");
  WAIT_FOR (f, n_busy (f, "good") == 0);
  n = fixture_count (f, "good", "apply alice*");
  /* As a sink it is handed everything again too. */
  g_assert_true (musterd_host_sync (f->host, "good", NULL, &error));
  WAIT_FOR (f, fixture_count (f, "good", "sync all") == 1 && fixture_count (f, "good", "apply alice*") == n + 1
                   && n_busy (f, "good") == 0);
  g_assert_true (musterd_host_sync (f->host, "good", ALICE, &error));
  WAIT_FOR (f, fixture_count (f, "good", "sync " ALICE) == 1 && fixture_count (f, "good", "apply alice*") == n + 2);
  g_assert_false (musterd_host_sync (f->host, "good", "nobody@example.com", &error));
  g_assert_error (error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND);
  g_clear_error (&error);
  WAIT_FOR (f, g_str_equal (fixture_state (f, "blocks"), "online"));
  g_assert_false (musterd_host_sync (f->host, "blocks", NULL, &error));
  g_assert_error (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFLICT);
}

static void
test_pause_none (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr(GError) error = NULL;

  begin (f, "[good]\n[blocks]\n");
  WAIT_FOR (f, g_str_equal (fixture_state (f, "blocks"), "online"));
  g_assert_false (fixture_pause (f, "blocks", TRUE, &error));
  g_assert_error (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFLICT);
}

typedef struct
{
  gboolean done;
  GError  *error;
} Answer;

static void
on_answer (const GError *error, gpointer user_data)
{
  Answer *answer = user_data;

  answer->done = TRUE;
  answer->error = error != NULL ? g_error_copy (error) : NULL;
}

static void
test_drain (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  Answer answer = { FALSE, NULL }, again = { FALSE, NULL }, refused = { FALSE, NULL };
  g_autoptr(MusterdInstanceInfo) info = NULL;
  g_autoptr(GError) error = NULL;

  begin (f, "[good]\n[floods]\n");
  fixture_tell (f, "good", "keep " ALICE " saved off");
  WAIT_FOR (f, fixture_count (f, "good", "kept: yes") == 1);
  /* What it saved it knows from the next start on. */
  fixture_apply (f, "[good]\ngreeting=moin\n[floods]\n");
  WAIT_FOR (f, fixture_count (f, "good", "record *") == 1 && g_str_equal (fixture_state (f, "good"), "online"));
  WAIT_FOR (f, fixture_count (f, "good", "apply *") == 2);

  musterd_host_drain (f->host, "good", on_answer, &answer);
  musterd_host_drain (f->host, "good", on_answer, &again);
  g_assert_false (answer.done);
  WAIT_FOR (f, answer.done && again.done);
  g_assert_no_error (answer.error);
  g_assert_no_error (again.error);
  g_assert_cmpuint (fixture_count (f, "good", "restore alice@example.com off"), ==, 1);
  info = fixture_info (f, "good");
  g_assert_true (info->paused);
  g_assert_cmpint (info->state, ==, MUSTERD_INSTANCE_ONLINE);

  musterd_host_drain (f->host, "floods", on_answer, &refused);
  g_assert_false (refused.done);
  WAIT_FOR (f, refused.done);
  g_assert_error (refused.error, MUSTERD_ERROR, MUSTERD_ERROR_CONFLICT);
  g_clear_error (&refused.error);

  g_assert_true (fixture_pause (f, "good", FALSE, &error));
  g_assert_no_error (error);
}

typedef struct
{
  gboolean done;
  char    *lines; /* "ok subject text\n" each; NULL with an error */
  GError  *error;
} Report;

static void
on_report (GPtrArray *lines, const GError *error, gpointer user_data)
{
  static const char *const names[] = { "ok", "note", "problem" };
  Report *report = user_data;
  GString *text = g_string_new (NULL);

  for (guint i = 0; lines != NULL && i < lines->len; i++)
    {
      const MusterdReportLine *line = g_ptr_array_index (lines, i);

      g_string_append_printf (text, "%s %s %s\n", names[line->result], line->subject, line->text);
    }
  report->lines = g_string_free (text, FALSE);
  report->error = error != NULL ? g_error_copy (error) : NULL;
  report->done = TRUE;
}

typedef struct
{
  const char *name, *keyfile, *instance, *user, *lines;
} ReportCase;

static const ReportCase report_cases[] = {
  { "plain", "[good]\n", "good", NULL,
    "ok module /*/good.so\nok version 1.2.3\nok state online\nok users 1 taken (Users=all)\n"
    "ok sign-in as the service account\nnote version 15.2\n" },
  { "user", "[good]\n", "good", ALICE, "*ok user " ALICE " is taken\nok sign-in as " ALICE "\nnote version 15.2\n" },
  { "no-test", "[good]\n[floods]\n", "floods", NULL, "*ok users 1 taken*\nnote test the plugin offers no test*\n" },
  { "disabled", "[good]\n[floods]\nEnabled=no\n", "floods", NULL,
    "problem module not opened\nproblem state disabled\n*\nproblem test the plugin is not running*\n" },
};

static void
test_report (Fixture *f, gconstpointer data)
{
  const ReportCase *c = data;
  Report report = { FALSE, NULL, NULL };

  begin (f, c->keyfile);
  WAIT_FOR (f, (g_str_equal (fixture_state (f, c->instance), "online") && n_users (f, c->instance) == 1)
                   || g_str_equal (fixture_state (f, c->instance), "disabled"));
  musterd_host_test (f->host, c->instance, c->user, on_report, &report);
  g_assert_false (report.done);
  WAIT_FOR (f, report.done);
  g_assert_no_error (report.error);
  g_test_message ("%s", report.lines);
  g_assert_true (g_pattern_match_simple (c->lines, report.lines));
  g_free (report.lines);
}

static void
test_report_errors (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  Report none = { FALSE, NULL, NULL }, nobody = { FALSE, NULL, NULL };

  begin (f, "[good]\n");
  musterd_host_test (f->host, "nosuch", NULL, on_report, &none);
  musterd_host_test (f->host, "good", "nobody@example.com", on_report, &nobody);
  WAIT_FOR (f, none.done && nobody.done);
  g_assert_error (none.error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND);
  g_assert_error (nobody.error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND);
  g_clear_error (&none.error);
  g_clear_error (&nobody.error);
  g_free (none.lines);
  g_free (nobody.lines);
}

/* A test that the plugin never ends has an end all the same. */
static void
test_report_too_late (Fixture *f, gconstpointer data)
{
  const gboolean stop = data != NULL;
  Report report = { FALSE, NULL, NULL };

  fixture_install (f, "hangs");
  begin (f, "[good]\n[hangs]\nwhere=test\n");
  WAIT_FOR (f, g_str_equal (fixture_state (f, "hangs"), "online"));
  musterd_host_test (f->host, "hangs", NULL, on_report, &report);
  if (stop)
    fixture_apply (f, "[good]\n");
  else
    {
      fixture_move (f, 29 * MUSTERD_SECOND);
      fixture_begin_wait (f, "a few turns");
      for (guint i = 0; i < 5; i++)
        fixture_turn (f);
      g_assert_false (report.done);
      fixture_move (f, MUSTERD_SECOND);
    }
  WAIT_FOR (f, report.done);
  g_assert_no_error (report.error);
  g_assert_true (g_pattern_match_simple (stop ? "*problem test the instance was stopped meanwhile\n"
                                              : "*ok first and last\n"
                                                "problem time the plugin did not finish within 30 s\n",
                                         report.lines));
  g_free (report.lines);
}

#define ADD(path, data, func) g_test_add (path, Fixture, data, fixture_set_up, func, fixture_tear_down)

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);
  ADD ("/host/verbs/claims", NULL, test_claims);
  ADD ("/host/verbs/lease", NULL, test_lease);
  ADD ("/host/verbs/telephony-and-clients", NULL, test_telephony_and_clients);
  ADD ("/host/verbs/health", NULL, test_health);
  ADD ("/host/verbs/stale", NULL, test_stale);
  ADD ("/host/verbs/notes", NULL, test_notes);
  ADD ("/host/verbs/actions", NULL, test_actions);
  ADD ("/host/verbs/secrets", NULL, test_secrets);
  ADD ("/host/verbs/timers", NULL, test_timers);
  ADD ("/host/commands/unknown", NULL, test_unknown);
  ADD ("/host/commands/sync", NULL, test_sync);
  ADD ("/host/commands/pause-none", NULL, test_pause_none);
  ADD ("/host/commands/drain", NULL, test_drain);
  for (gsize i = 0; i < G_N_ELEMENTS (report_cases); i++)
    {
      g_autofree char *path = g_strconcat ("/host/commands/test/", report_cases[i].name, NULL);

      ADD (path, &report_cases[i], test_report);
    }
  ADD ("/host/commands/test-errors", NULL, test_report_errors);
  ADD ("/host/commands/test-too-late", NULL, test_report_too_late);
  ADD ("/host/commands/test-stopped", "stop", test_report_too_late);
  return g_test_run ();
}
