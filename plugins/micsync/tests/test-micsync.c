/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plugin whole, in a fake host with a virtual clock, over a sound server that only exists here: this file takes
 * the place of sound.c. */
#include "sound.h"

#include "muster-testing.h"

#include <string.h>

#define ALICE "alice@example.com"
#define MILLISECOND G_TIME_SPAN_MILLISECOND
#define SECOND G_TIME_SPAN_SECOND
#define MINUTE G_TIME_SPAN_MINUTE

const MusterPluginDescriptor *muster_plugin_1_query (void);

/* The sound server. */

struct _MicsyncSound
{
  const MicsyncSoundEvents *events;
  gpointer                  user_data;
};

static MicsyncSound *sound; /* nullable: no instance runs */
static guint n_refreshed;
static char *last_server;

MicsyncSound *
micsync_sound_new (MusterContext *ctx, const char *server, const MicsyncSoundEvents *events, gpointer user_data)
{
  (void) ctx;
  g_assert_null (sound);
  sound = g_new0 (MicsyncSound, 1);
  sound->events = events;
  sound->user_data = user_data;
  n_refreshed = 0;
  g_free (last_server);
  last_server = g_strdup (server);
  return sound;
}

void
micsync_sound_free (MicsyncSound *each)
{
  g_assert_true (each == sound);
  g_clear_pointer (&sound, g_free);
}

void
micsync_sound_refresh (MicsyncSound *each)
{
  g_assert_true (each == sound);
  n_refreshed++;
}

const char *
micsync_sound_get_server (MicsyncSound *each)
{
  g_assert_true (each == sound);
  return "a sound server 1.0";
}

const char *
micsync_sound_get_address (MicsyncSound *each)
{
  g_assert_true (each == sound);
  return "unix:/nowhere";
}

/* A list with one uncorked stream on the microphone for each process named. */
static void
listed (const char *const *processes)
{
  MicsyncSnapshot *snapshot = micsync_snapshot_new ();
  const pa_source_info mic = { .index = 1, .name = "mic", .monitor_of_sink = PA_INVALID_INDEX };

  micsync_snapshot_add_source (snapshot, &mic);
  for (guint i = 0; processes[i] != NULL; i++)
    {
      pa_proplist *properties = pa_proplist_new ();
      const pa_source_output_info stream
          = { .index = i, .source = 1, .client = PA_INVALID_INDEX, .proplist = properties };

      pa_proplist_sets (properties, PA_PROP_APPLICATION_PROCESS_BINARY, processes[i]);
      micsync_snapshot_add_stream (snapshot, &stream);
      pa_proplist_free (properties);
    }
  sound->events->listed (snapshot, sound->user_data);
}

#define LISTED(...) listed ((const char *const[]){ __VA_ARGS__, NULL })
#define LISTED_NOBODY() listed ((const char *const[]){ NULL })

/* The host. */

static MusterTesting *
testing_new (const char *lease)
{
  g_autoptr(MusterTesting) testing = muster_testing_new (muster_plugin_1_query (), "micsync");
  g_autoptr(GError) error = NULL;

  muster_testing_set_option (testing, "user", ALICE, &error);
  g_assert_no_error (error);
  if (lease != NULL)
    muster_testing_set_option (testing, "lease", lease, &error);
  g_assert_no_error (error);
  muster_testing_start (testing, &error);
  g_assert_no_error (error);
  return g_steal_pointer (&testing);
}

static void
know (MusterTesting *testing, const char *id, const char *programs, gboolean complete)
{
  const MusterUserData data = { .id = id, .name = id };
  g_autoptr(MusterUser) user = muster_testing_user_new (testing, &data);

  if (programs != NULL)
    muster_testing_user_set (testing, user, "programs", programs);
  muster_testing_users (testing, &user, 1, NULL, 0, complete);
}

static MusterTesting *
testing_new_with_alice (void)
{
  g_autoptr(MusterTesting) testing = testing_new (NULL);

  know (testing, ALICE, NULL, TRUE);
  return g_steal_pointer (&testing);
}

/* What was claimed last: "mic:zoom=Zoom mic:slack=Slack"; "-" where nothing was said since the last call. */
static char *
take_claims (MusterTesting *testing)
{
  g_autoptr(GString) shown = g_string_new ("-");

  while (muster_testing_count (testing, MUSTER_VERB_CLAIMS_REPLACE) > 0)
    {
      g_autoptr(MusterMessage) message = muster_testing_take (testing, MUSTER_VERB_CLAIMS_REPLACE);

      g_assert_cmpstr (message->user, ==, ALICE);
      g_assert_cmpstr (message->set, ==, "microphone");
      g_assert_cmpint (message->from, ==, G_MININT64);
      g_assert_cmpint (message->until, ==, G_MAXINT64);
      g_string_truncate (shown, 0);
      for (gsize i = 0; i < message->n_claims; i++)
        {
          const MusterClaim *claim = &message->claims[i];

          g_assert_cmpint (claim->kind, ==, MUSTER_CLAIM_MICROPHONE);
          g_assert_cmpint (claim->from, ==, MUSTER_NOW);
          g_assert_cmpint (claim->until, ==, MUSTER_OPEN_ENDED);
          g_assert_cmpint (claim->free_busy, ==, MUSTER_FREE_BUSY_BUSY);
          g_assert_cmpstr (claim->template_role, ==, "micsync");
          g_assert_cmpint (claim->lease, >, 0);
          g_string_append_printf (shown, "%s%s=%s", i > 0 ? " " : "", claim->key, claim->text);
        }
    }
  return g_string_free (g_steal_pointer (&shown), FALSE);
}

static void
assert_claims (MusterTesting *testing, const char *expected)
{
  g_autofree char *claims = NULL;

  muster_testing_settle (testing);
  claims = take_claims (testing);
  g_assert_cmpstr (claims, ==, expected);
}

/* The one health report since the last call. */
static void
assert_health (MusterTesting *testing, MusterHealth health, const char *pattern)
{
  g_autoptr(MusterMessage) message = muster_testing_take (testing, MUSTER_VERB_HEALTH);

  g_assert_nonnull (message);
  g_test_message ("%s", message->text);
  g_assert_cmpint (message->value, ==, health);
  g_assert_true (g_pattern_match_simple (pattern, message->text));
  g_assert_cmpuint (muster_testing_count (testing, MUSTER_VERB_HEALTH), ==, 0);
}

static void
assert_no_health (MusterTesting *testing)
{
  g_assert_cmpuint (muster_testing_count (testing, MUSTER_VERB_HEALTH), ==, 0);
}

/* Tests. */

static void
test_opens_and_closes (void)
{
  g_autoptr(MusterTesting) testing = testing_new_with_alice ();

  assert_no_health (testing);
  LISTED_NOBODY ();
  assert_claims (testing, "");
  assert_health (testing, MUSTER_HEALTH_ONLINE, "connected to a sound server 1.0");

  LISTED ("zoom");
  assert_claims (testing, "-");
  muster_testing_advance (testing, 499 * MILLISECOND);
  assert_claims (testing, "-");
  muster_testing_advance (testing, 1 * MILLISECOND);
  assert_claims (testing, "mic:zoom=Zoom");

  LISTED_NOBODY ();
  muster_testing_advance (testing, 999 * MILLISECOND);
  assert_claims (testing, "-");
  muster_testing_advance (testing, 1 * MILLISECOND);
  assert_claims (testing, "");
  muster_testing_advance (testing, 24 * 60 * MINUTE);
  assert_claims (testing, "-");
  assert_no_health (testing);
}

static void
test_blip_and_gap (void)
{
  g_autoptr(MusterTesting) testing = testing_new_with_alice ();

  LISTED_NOBODY ();
  assert_claims (testing, "");
  LISTED ("zoom");
  muster_testing_advance (testing, 400 * MILLISECOND);
  LISTED_NOBODY ();
  muster_testing_advance (testing, 10 * SECOND);
  assert_claims (testing, "-");

  LISTED ("zoom");
  muster_testing_advance (testing, 500 * MILLISECOND);
  assert_claims (testing, "mic:zoom=Zoom");
  LISTED_NOBODY ();
  muster_testing_advance (testing, 900 * MILLISECOND);
  LISTED ("zoom");
  muster_testing_advance (testing, 10 * SECOND);
  assert_claims (testing, "-");
}

/* After a start the core still holds the claim of before: it is renewed before ONLINE, without having to wait. */
static void
test_already_recording (void)
{
  g_autoptr(MusterTesting) testing = testing_new (NULL);

  LISTED ("zoom");
  muster_testing_settle (testing);
  g_assert_cmpuint (muster_testing_total (testing), ==, 0);
  know (testing, ALICE, NULL, FALSE);
  assert_claims (testing, "mic:zoom=Zoom");
  assert_no_health (testing);
  know (testing, "bob@example.com", NULL, TRUE);
  assert_claims (testing, "-");
  assert_health (testing, MUSTER_HEALTH_ONLINE, "connected to *");
}

static void
test_two_programs (void)
{
  g_autoptr(MusterTesting) testing = testing_new_with_alice ();

  LISTED ("zoom", "slack", "zoom");
  assert_claims (testing, "mic:slack=Slack mic:zoom=Zoom");
  LISTED ("slack", "dictate");
  muster_testing_advance (testing, 1 * SECOND);
  assert_claims (testing, "mic:slack=Slack");
}

static void
test_lease (void)
{
  g_autoptr(MusterTesting) testing = testing_new ("9min");

  know (testing, ALICE, NULL, TRUE);
  LISTED ("zoom");
  assert_claims (testing, "mic:zoom=Zoom");
  for (int i = 0; i < 20; i++)
    {
      muster_testing_advance (testing, 3 * MINUTE - 1);
      assert_claims (testing, "-");
      muster_testing_advance (testing, 1);
      assert_claims (testing, "mic:zoom=Zoom");
    }
}

static void
test_server_lost (void)
{
  g_autoptr(MusterTesting) testing = testing_new_with_alice ();

  LISTED ("zoom");
  assert_claims (testing, "mic:zoom=Zoom");
  assert_health (testing, MUSTER_HEALTH_ONLINE, "*");

  sound->events->lost ("connection to the sound server lost: killed", sound->user_data);
  assert_health (testing, MUSTER_HEALTH_OFFLINE, "connection to the sound server lost: killed; trying again*");
  assert_claims (testing, "-");
  muster_testing_advance (testing, 1 * SECOND);
  assert_claims (testing, "");
  sound->events->lost ("connection to the sound server lost: killed", sound->user_data);
  assert_no_health (testing);
  muster_testing_advance (testing, 60 * MINUTE);
  assert_claims (testing, "-");

  /* Whoever records on the new server began there: it has to prove itself like everybody. */
  LISTED ("zoom");
  assert_health (testing, MUSTER_HEALTH_ONLINE, "connected to *");
  assert_claims (testing, "-");
  muster_testing_advance (testing, 500 * MILLISECOND);
  assert_claims (testing, "mic:zoom=Zoom");
}

static void
test_server_restarted_quickly (void)
{
  g_autoptr(MusterTesting) testing = testing_new_with_alice ();

  LISTED ("zoom");
  assert_claims (testing, "mic:zoom=Zoom");
  sound->events->lost ("lost", sound->user_data);
  muster_testing_advance (testing, 900 * MILLISECOND);
  LISTED ("zoom");
  muster_testing_advance (testing, 60 * SECOND);
  assert_claims (testing, "-");
}

static void
test_no_server_at_start (void)
{
  g_autoptr(MusterTesting) testing = testing_new_with_alice ();

  sound->events->lost ("connecting to the sound server: Connection refused", sound->user_data);
  assert_health (testing, MUSTER_HEALTH_OFFLINE, "connecting to the sound server: Connection refused; trying again*");
  muster_testing_advance (testing, 999 * MILLISECOND);
  assert_claims (testing, "-");
  muster_testing_advance (testing, 1 * MILLISECOND);
  assert_claims (testing, "");
  muster_testing_advance (testing, 60 * MINUTE);
  assert_claims (testing, "-");
  LISTED ("zoom");
  muster_testing_advance (testing, 500 * MILLISECOND);
  assert_claims (testing, "mic:zoom=Zoom");
  assert_health (testing, MUSTER_HEALTH_ONLINE, "*");
}

static void
test_user_unknown (void)
{
  static const char *const gone[] = { ALICE };
  g_autoptr(MusterTesting) testing = testing_new (NULL);

  know (testing, "bob@example.com", NULL, FALSE);
  LISTED ("zoom");
  assert_no_health (testing);
  muster_testing_users (testing, NULL, 0, NULL, 0, TRUE);
  assert_health (testing, MUSTER_HEALTH_DEGRADED, "user " ALICE " is not known*musterctl user add " ALICE);
  muster_testing_advance (testing, 60 * MINUTE);
  assert_claims (testing, "-");

  know (testing, ALICE, NULL, TRUE);
  assert_claims (testing, "mic:zoom=Zoom");
  assert_health (testing, MUSTER_HEALTH_ONLINE, "*");

  muster_testing_users (testing, NULL, 0, gone, 1, TRUE);
  assert_health (testing, MUSTER_HEALTH_DEGRADED, "user " ALICE " is not known*");
  LISTED ("slack");
  muster_testing_advance (testing, 60 * MINUTE);
  assert_claims (testing, "-");

  know (testing, ALICE, NULL, TRUE);
  assert_claims (testing, "mic:slack=Slack");
  assert_health (testing, MUSTER_HEALTH_ONLINE, "*");
}

static void
test_table_changes (void)
{
  g_autoptr(MusterTesting) testing = testing_new_with_alice ();

  LISTED ("zoom", "dictate");
  assert_claims (testing, "mic:zoom=Zoom");

  know (testing, ALICE, "ZOOM.EXE|Meeting;dictate", TRUE);
  assert_claims (testing, "mic:zoom=Meeting");
  muster_testing_advance (testing, 500 * MILLISECOND);
  assert_claims (testing, "mic:dictate=dictate mic:zoom=Meeting");

  know (testing, ALICE, "zoom|Zoom|false;dictate", TRUE);
  muster_testing_advance (testing, 1 * SECOND);
  assert_claims (testing, "mic:dictate=dictate");
}

static void
test_sync (void)
{
  g_autoptr(MusterTesting) testing = testing_new_with_alice ();

  LISTED ("zoom");
  assert_claims (testing, "mic:zoom=Zoom");
  muster_testing_sync (testing, "bob@example.com");
  g_assert_cmpuint (n_refreshed, ==, 0);
  muster_testing_sync (testing, NULL);
  g_assert_cmpuint (n_refreshed, ==, 1);
  LISTED ("zoom");
  assert_claims (testing, "mic:zoom=Zoom");
  LISTED ("zoom");
  assert_claims (testing, "-");
}

static void
test_unknown_programs (void)
{
  g_autoptr(MusterTesting) testing = testing_new_with_alice ();
  guint n = 0;

  LISTED ("dictate", "zoom", "/usr/bin/Dictate.exe");
  LISTED ("dictate");

  g_autoptr(MusterMessage) note = muster_testing_take (testing, MUSTER_VERB_NOTE);

  g_assert_nonnull (note);
  g_assert_cmpstr (note->set, ==, "unknown-program");
  g_assert_cmpstr (note->key, ==, "dictate");
  g_assert_nonnull (strstr (note->text, "records from mic"));
  g_assert_cmpuint (muster_testing_count (testing, MUSTER_VERB_NOTE), ==, 0);

  for (int i = 0; i < 1000; i++)
    {
      g_autofree char *name = g_strdup_printf ("x%d", i);

      LISTED (name);
      n += muster_testing_count (testing, MUSTER_VERB_NOTE);
      muster_testing_clear (testing);
    }
  g_assert_cmpuint (n, ==, 63);
}

static void
assert_line (MusterTesting *testing, guint64 serial, MusterReportResult result, const char *subject,
             const char *pattern)
{
  g_autoptr(MusterMessage) line = muster_testing_take (testing, MUSTER_VERB_REPORT);

  g_assert_nonnull (line);
  g_test_message ("%s: %s", line->key, line->text);
  g_assert_cmpuint (line->serial, ==, serial);
  g_assert_cmpint (line->value, ==, result);
  g_assert_cmpstr (line->key, ==, subject);
  g_assert_true (g_pattern_match_simple (pattern, line->text));
}

static void
test_report (void)
{
  g_autoptr(MusterTesting) testing = testing_new_with_alice ();

  LISTED ("zoom");

  const guint64 serial = muster_testing_test (testing, NULL);

  muster_testing_settle (testing);
  g_assert_cmpuint (n_refreshed, ==, 1);
  g_assert_cmpuint (muster_testing_count (testing, MUSTER_VERB_REPORT_DONE), ==, 0);
  LISTED ("zoom", "dictate");
  assert_line (testing, serial, MUSTER_REPORT_OK, "sound server", "a sound server 1.0 at unix:/nowhere");
  assert_line (testing, serial, MUSTER_REPORT_OK, "user", "*" ALICE "*");
  assert_line (testing, serial, MUSTER_REPORT_OK, "source mic", "counts as a microphone");
  assert_line (testing, serial, MUSTER_REPORT_OK, "recorder zoom", "counts as \"Zoom\", from mic");
  assert_line (testing, serial, MUSTER_REPORT_NOTE, "recorder dictate", "does not count: not in the table*");
  g_assert_cmpuint (muster_testing_count (testing, MUSTER_VERB_REPORT), ==, 0);
  g_assert_cmpuint (muster_testing_count (testing, MUSTER_VERB_REPORT_DONE), ==, 1);
}

static void
test_report_without_server (void)
{
  g_autoptr(MusterTesting) testing = testing_new (NULL);
  const guint64 serial = muster_testing_test (testing, NULL);

  sound->events->lost ("connecting to the sound server: Connection refused", sound->user_data);
  assert_line (testing, serial, MUSTER_REPORT_PROBLEM, "sound server", "*Connection refused");
  assert_line (testing, serial, MUSTER_REPORT_PROBLEM, "user", ALICE " is not known*");
  g_assert_cmpuint (muster_testing_count (testing, MUSTER_VERB_REPORT_DONE), ==, 1);
}

static void
test_stop_while_testing (void)
{
  g_autoptr(MusterTesting) testing = testing_new_with_alice ();
  const guint64 serial = muster_testing_test (testing, NULL);

  LISTED ("zoom");
  muster_testing_clear (testing);
  muster_testing_test (testing, NULL);
  muster_testing_stop (testing);
  g_assert_null (sound);
  assert_line (testing, serial + 1, MUSTER_REPORT_PROBLEM, "sound server", "*stopped*");
  g_assert_cmpuint (muster_testing_count (testing, MUSTER_VERB_REPORT_DONE), ==, 1);
  /* The claim stays: a restart of the daemon moves no phone. */
  g_assert_cmpuint (muster_testing_count (testing, MUSTER_VERB_CLAIMS_REPLACE), ==, 0);
}

static void
test_options (void)
{
  g_autoptr(MusterTesting) testing = muster_testing_new (muster_plugin_1_query (), "micsync");
  g_autoptr(GError) error = NULL;

  g_assert_false (muster_testing_set_option (testing, "open-delay", "2min", &error));
  g_assert_error (error, MUSTER_ERROR, MUSTER_ERROR_CONFIG);
  g_clear_error (&error);
  g_assert_false (muster_testing_set_option (testing, "lease", "1s", &error));
  g_assert_error (error, MUSTER_ERROR, MUSTER_ERROR_CONFIG);
  g_clear_error (&error);
  g_assert_true (muster_testing_set_option (testing, "server", "unix:/run/x", &error));
  g_assert_true (muster_testing_set_option (testing, "user", ALICE, &error));
  g_assert_true (muster_testing_start (testing, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (last_server, ==, "unix:/run/x");
}

/* The README lists every option with its default, and none that is not; sample.conf shows each. */
static void
test_documents (void)
{
  static const char *const headings[] = { "What it does", "What it touches outside", "Options",
                                          "Set-up on the other side", "Limits and known versions",
                                          "How to see what it does" };
  const MusterPluginDescriptor *descriptor = muster_plugin_1_query ();
  g_autofree char *readme_path = g_test_build_filename (G_TEST_DIST, "..", "README.md", NULL);
  g_autofree char *sample_path = g_test_build_filename (G_TEST_DIST, "..", "sample.conf", NULL);
  g_autofree char *readme = NULL, *sample = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(GHashTable) documented = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_autoptr(GRegex) row = g_regex_new ("^\\| `([a-z-]+)` \\| ([^|]*) \\|", G_REGEX_MULTILINE, 0, NULL);
  g_autoptr(GMatchInfo) match = NULL;
  const char *place = NULL;

  g_assert_true (g_file_get_contents (readme_path, &readme, NULL, &error));
  g_assert_true (g_file_get_contents (sample_path, &sample, NULL, &error));
  place = readme;
  for (gsize i = 0; i < G_N_ELEMENTS (headings); i++)
    {
      g_autofree char *heading = g_strdup_printf ("\n## %s\n", headings[i]);

      place = strstr (place, heading);
      g_assert_nonnull (place);
    }

  /* The rows of the table of programs look the same, and follow. */
  char *table = strstr (readme, "\n### The table of programs\n");

  g_assert_nonnull (table);
  *table = '\0';
  for (g_regex_match (row, readme, 0, &match); g_match_info_matches (match); g_match_info_next (match, NULL))
    g_hash_table_insert (documented, g_match_info_fetch (match, 1), g_match_info_fetch (match, 2));
  for (gsize i = 0; i < descriptor->n_options + descriptor->n_user_options; i++)
    {
      const MusterOption *option
          = i < descriptor->n_options
                ? muster_option_nth (descriptor->options, descriptor->option_size, i)
                : muster_option_nth (descriptor->user_options, descriptor->user_option_size, i - descriptor->n_options);
      g_autofree char *expected = option->type == MUSTER_OPTION_TABLE    ? g_strdup ("see below")
                                  : option->flags & MUSTER_OPTION_REQUIRED ? g_strdup ("required")
                                  : option->default_value != NULL ? g_strdup_printf ("`%s`", option->default_value)
                                                                  : g_strdup ("none");
      g_autofree char *key = g_strconcat (option->name, "=", NULL);

      g_test_message ("%s", option->name);
      g_assert_cmpstr (g_hash_table_lookup (documented, option->name), ==, expected);
      g_assert_nonnull (strstr (sample, key));
      g_hash_table_remove (documented, option->name);
    }
  g_assert_cmpuint (g_hash_table_size (documented), ==, 0);

  /* And the table of programs row by row. */
  table++;

  g_auto(GStrv) programs = g_strsplit (micsync_default_programs, ";", -1);

  for (char **program = programs; *program != NULL; program++)
    {
      g_auto(GStrv) cells = g_strsplit (*program, "|", -1);
      g_autofree char *quoted = g_strdup_printf ("`%s`", cells[0]);

      g_test_message ("%s", *program);
      g_assert_nonnull (strstr (table, quoted));
      g_assert_nonnull (strstr (table, cells[1]));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/micsync/plugin/opens-and-closes", test_opens_and_closes);
  g_test_add_func ("/micsync/plugin/blip-and-gap", test_blip_and_gap);
  g_test_add_func ("/micsync/plugin/already-recording", test_already_recording);
  g_test_add_func ("/micsync/plugin/two-programs", test_two_programs);
  g_test_add_func ("/micsync/plugin/lease", test_lease);
  g_test_add_func ("/micsync/plugin/server-lost", test_server_lost);
  g_test_add_func ("/micsync/plugin/server-restarted-quickly", test_server_restarted_quickly);
  g_test_add_func ("/micsync/plugin/no-server-at-start", test_no_server_at_start);
  g_test_add_func ("/micsync/plugin/user-unknown", test_user_unknown);
  g_test_add_func ("/micsync/plugin/table-changes", test_table_changes);
  g_test_add_func ("/micsync/plugin/sync", test_sync);
  g_test_add_func ("/micsync/plugin/unknown-programs", test_unknown_programs);
  g_test_add_func ("/micsync/plugin/report", test_report);
  g_test_add_func ("/micsync/plugin/report-without-server", test_report_without_server);
  g_test_add_func ("/micsync/plugin/stop-while-testing", test_stop_while_testing);
  g_test_add_func ("/micsync/plugin/options", test_options);
  g_test_add_func ("/micsync/plugin/documents", test_documents);

  const int result = g_test_run ();

  g_clear_pointer (&last_server, g_free);
  return result;
}
