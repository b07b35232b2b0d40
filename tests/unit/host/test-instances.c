/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Instances come and go, well or badly. */
#define G_LOG_DOMAIN "test-host"

#include "fixture.h"

#include <string.h>

static void
test_good (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  fixture_install (f, "good");
  fixture_add_user (f, "alice@example.com", "extension", "17", NULL);
  fixture_apply (f, "[good:hq]\ngreeting=moin\n");
  g_assert_cmpstr (fixture_state (f, "good:hq"), ==, "starting");
  WAIT_FOR (f, fixture_count (f, "good:hq", "apply alice*") == 1);
  g_assert_cmpstr (fixture_state (f, "good:hq"), ==, "online");
  g_assert_cmpint (fixture_find (f, "good:hq", "start good:hq moin"), >=, 0);

  g_autoptr(MusterdInstanceInfo) info = fixture_info (f, "good:hq");

  g_assert_cmpstr (info->plugin, ==, "good");
  g_assert_cmpstr (info->version, ==, "1.2.3");
  g_assert_true (info->is_source && info->is_sink);
  g_assert_false (info->paused || info->not_responding);
  g_assert_cmpuint (info->n_users, ==, 1);
  g_assert_cmpuint (info->n_refused, ==, 0);
  g_assert_cmpuint (info->actions->len, ==, 1);
  g_assert_cmpuint (info->sink.n_slots, ==, 1);

  /* Every line reaches the daemon's log too, under the instance's name. */
  g_assert_cmpuint (fixture_n_logged ("good:hq", "[good:hq] start good:hq moin"), ==, 1);
  g_assert_null (musterd_host_current_instance ());

  fixture_stop_host (f, MUSTERD_SECOND);
  g_assert_cmpuint (fixture_count (f, "good:hq", "stop"), ==, 1);
  g_assert_false (musterd_host_has_abandoned (f->host));
}

typedef struct
{
  const char *name, *how, *text;
  gboolean    again;
} StartCase;

static const StartCase start_cases[] = {
  { "config", "config", "it does not start: reading options: the moon is not full; it is not tried again*", FALSE },
  { "not-supported", "not-supported", "it does not start: looking for a crystal ball: there is none; *not*again*",
    FALSE },
  { "unreachable", "unreachable", "it does not start: calling the oracle: nobody answers; it is tried again", TRUE },
  { "silent", "silent", "it does not start: start failed without saying why; it is tried again", TRUE },
};

static void
test_start_fails (Fixture *f, gconstpointer data)
{
  const StartCase *c = data;
  g_autofree char *keyfile = g_strdup_printf ("[start-fails]\nhow=%s\n", c->how);

  fixture_install (f, "start-fails");
  fixture_apply (f, keyfile);
  WAIT_FOR (f, g_str_equal (fixture_state (f, "start-fails"), c->again ? "offline" : "failed"));

  g_autoptr(MusterdInstanceInfo) info = fixture_info (f, "start-fails");

  g_test_message ("%s", info->text);
  g_assert_true (g_pattern_match_simple (c->text, info->text));
  g_assert_cmpuint (fixture_count (f, "start-fails", "start *"), ==, 1);

  if (c->again)
    {
      /* After about one second, then about two. */
      fixture_move (f, 800 * G_TIME_SPAN_MILLISECOND);
      fixture_begin_wait (f, "a few turns");
      for (guint i = 0; i < 5; i++)
        fixture_turn (f);
      g_assert_cmpuint (fixture_count (f, "start-fails", "start *"), ==, 1);
      fixture_move (f, 300 * G_TIME_SPAN_MILLISECOND);
      WAIT_FOR (f, fixture_count (f, "start-fails", "start *") == 2);
      WAIT_FOR (f, (fixture_move (f, MUSTERD_SECOND), fixture_count (f, "start-fails", "start *") >= 3));
      return;
    }

  fixture_move (f, MUSTERD_DAY);
  fixture_begin_wait (f, "a few turns");
  for (guint i = 0; i < 5; i++)
    fixture_turn (f);
  g_assert_cmpuint (fixture_count (f, "start-fails", "start *"), ==, 1);
  /* A reload is an administrator's word that something was done about it. */
  fixture_apply (f, keyfile);
  WAIT_FOR (f, fixture_count (f, "start-fails", "start *") == 2);
}

static void
test_start_recovers (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  fixture_install (f, "start-fails");
  fixture_apply (f, "[start-fails]\ntimes=3\n");
  WAIT_FOR (f, g_str_equal (fixture_state (f, "start-fails"), "offline"));
  WAIT_FOR (f, (fixture_move (f, MUSTERD_SECOND), g_str_equal (fixture_state (f, "start-fails"), "online")));
  g_assert_cmpuint (fixture_count (f, "start-fails", "start *"), ==, 4);
}

static void
test_blocks (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  fixture_install (f, "blocks");
  fixture_apply (f, "[blocks]\ntime=100ms\n");
  WAIT_FOR (f, fixture_count (f, "blocks", "the plugin kept its thread busy for * ms (start): it must not block") == 1);
  g_assert_cmpstr (fixture_state (f, "blocks"), ==, "online");
  g_assert_cmpuint (fixture_n_logged ("blocks", "[blocks] the plugin kept its thread busy*"), ==, 1);
}

static void
test_not_responding (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  const MusterdHostLimits limits
      = { .busy = 20 * G_TIME_SPAN_MILLISECOND, .stop = MUSTERD_SECOND, .test = 30 * MUSTERD_SECOND };

  fixture_install (f, "blocks");
  musterd_host_set_limits (f->host, &limits);
  fixture_apply (f, "[blocks]\ntime=2s\n");
  WAIT_FOR (f, fixture_count (f, "blocks", "it does not respond: *") == 1);

  g_autoptr(MusterdInstanceInfo) info = fixture_info (f, "blocks");

  if (info->not_responding)
    g_assert_true (g_pattern_match_simple ("does not respond: its thread has been busy for * s*", info->text));
  WAIT_FOR (f, fixture_count (f, "blocks", "it responds again") == 1);
  g_clear_pointer (&info, musterd_instance_info_free);
  info = fixture_info (f, "blocks");
  g_assert_false (info->not_responding);
}

typedef struct
{
  const char *name, *where, *sign;
} HangCase;

static const HangCase hang_cases[] = {
  { "start", "start", "hanging in start" },
  { "users", "users", "hanging in users" },
  { "apply", "apply", "hanging in apply" },
  { "stop", "stop", "online" },
};

/* One that hangs is given up at its deadline; meanwhile, and after it, everything else goes on. */
static void
test_hangs (Fixture *f, gconstpointer data)
{
  const HangCase *c = data;
  g_autofree char *keyfile = g_strdup_printf ("[good]\n[hangs]\nwhere=%s\n", c->where);

  fixture_install (f, "hangs good");
  fixture_add_user (f, "alice@example.com", NULL);
  fixture_apply (f, keyfile);
  WAIT_FOR (f, fixture_count (f, "hangs", c->sign) == 1);
  WAIT_FOR (f, fixture_count (f, "good", "apply alice*") >= 1);

  fixture_apply (f, "[good]\n");
  g_assert_cmpstr (fixture_state (f, "hangs"), ==, "stopping");
  fixture_tell (f, "good", "claim alice@example.com mic zoom");
  WAIT_FOR (f, fixture_n_claims (f, "alice@example.com", "good") == 1);
  if (g_str_equal (c->where, "stop"))
    WAIT_FOR (f, fixture_count (f, "hangs", "hanging in stop") == 1);
  g_assert_cmpstr (fixture_state (f, "hangs"), ==, "stopping");

  fixture_move (f, 6 * MUSTERD_SECOND);
  WAIT_FOR (f, g_str_equal (fixture_state (f, "hangs"), ""));
  g_assert_true (musterd_host_has_abandoned (f->host));
  g_assert_cmpuint (fixture_n_logged ("hangs", "[hangs] it did not stop in time: *"), ==, 1);

  fixture_tell (f, "good", "drop alice@example.com mic");
  WAIT_FOR (f, fixture_n_claims (f, "alice@example.com", "good") == 0);
  g_assert_cmpstr (fixture_state (f, "good"), ==, "online");
}

/* The daemon ends all of them side by side, and says who did not end. */
static void
test_stop_all (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  fixture_install (f, "hangs good never-stops");
  fixture_apply (f, "[good:a]\n[hangs]\nwhere=start\n[never-stops]\n[good:b]\n");
  WAIT_FOR (f, fixture_count (f, "hangs", "hanging in start") == 1
                   && g_str_equal (fixture_state (f, "never-stops"), "online")
                   && g_str_equal (fixture_state (f, "good:a"), "online")
                   && g_str_equal (fixture_state (f, "good:b"), "online"));

  const gint64 before = g_get_monotonic_time ();

  /* By real time too: the clock of this test stands still. */
  fixture_stop_host (f, 300 * G_TIME_SPAN_MILLISECOND);
  g_assert_cmpint (g_get_monotonic_time () - before, >=, 300 * G_TIME_SPAN_MILLISECOND);
  g_assert_true (musterd_host_has_abandoned (f->host));
  g_assert_cmpuint (fixture_count (f, "good:a", "stop"), ==, 1);
  g_assert_cmpuint (fixture_count (f, "good:b", "stop"), ==, 1);
  g_assert_cmpuint (fixture_count (f, "never-stops", "it did not stop in time: *"), ==, 1);
  g_assert_cmpuint (fixture_count (f, "hangs", "it did not stop in time: *"), ==, 1);
  g_assert_cmpuint (fixture_count (f, "good:a", "it did not stop in time: *"), ==, 0);
}

static void
test_never_stops (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  fixture_install (f, "never-stops");
  fixture_apply (f, "[never-stops]\n");
  WAIT_FOR (f, g_str_equal (fixture_state (f, "never-stops"), "online"));
  fixture_apply (f, "[never-stops]\nUsers=group:Sales\n");
  WAIT_FOR (f, fixture_count (f, "never-stops", "asked to stop") == 1);
  fixture_move (f, 6 * MUSTERD_SECOND);
  WAIT_FOR (f, fixture_count (f, "never-stops", "it did not stop in time: *") == 1);
  /* The next run does not have to wait for the one that was given up. */
  WAIT_FOR (f, fixture_count (f, "never-stops", "online") == 2);
  fixture_stop_host (f, 100 * G_TIME_SPAN_MILLISECOND);
}

static void
test_talks_after_stop (Fixture *f, gconstpointer data)
{
  const gboolean early = data != NULL;

  fixture_install (f, "talks-after-stop good");
  fixture_add_user (f, "alice@example.com", NULL);
  fixture_apply (f, early ? "[talks-after-stop]\nearly=true\n" : "[talks-after-stop]\n");
  WAIT_FOR (f, g_str_equal (fixture_state (f, "talks-after-stop"), "online"));
  if (early)
    WAIT_FOR (f, fixture_count (f, "talks-after-stop", "it said that it had stopped without having been asked to")
                     == 1);
  fixture_apply (f, "[talks-after-stop]\nEnabled=no\n[good]\n");
  WAIT_FOR (f, g_str_equal (fixture_state (f, "talks-after-stop"), "disabled"));
  WAIT_FOR (f, g_str_equal (fixture_state (f, "good"), "online"));

  g_autoptr(MusterdInstanceInfo) info = fixture_info (f, "talks-after-stop");

  g_assert_cmpuint (info->notes->len, ==, 0);
  g_assert_cmpuint (fixture_n_claims (f, "alice@example.com", "talks-after-stop"), ==, 0);
  g_assert_cmpuint (fixture_count (f, "talks-after-stop", "degraded*"), ==, 0);
}

static void
test_talks_nonsense (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  fixture_install (f, "talks-nonsense");
  fixture_add_user (f, "alice@example.com", NULL);
  fixture_apply (f, "[talks-nonsense]\n");
  WAIT_FOR (f, g_str_equal (fixture_state (f, "talks-nonsense"), "online"));

  g_autoptr(MusterdInstanceInfo) info = fixture_info (f, "talks-nonsense");

  /* Two of an unknown user; what is out of range ends in the library, but for a claim before the year 1. */
  g_assert_cmpuint (info->n_refused, ==, 3);
  g_assert_cmpuint (fixture_count (f, "talks-nonsense", "claim_put refused: there is no user nobody@example.com"), ==,
                    1);
  g_assert_cmpuint (fixture_count (f, "talks-nonsense", "telephony refused: there is no user nobody@example.com"), ==,
                    1);
  g_assert_cmpuint (fixture_count (f, "talks-nonsense", "claim_put refused: claim \"before-time\": 'from' *range"), ==,
                    1);
  g_assert_cmpuint (fixture_n_claims (f, "alice@example.com", "talks-nonsense"), ==, 0);
}

/* Reloading: only what changed is touched. */
static void
test_reload (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr(GError) error = NULL;

  fixture_install (f, "good");
  fixture_apply (f, "[good:a]\n[good:b]\n");
  WAIT_FOR (f, g_str_equal (fixture_state (f, "good:a"), "online")
                   && g_str_equal (fixture_state (f, "good:b"), "online"));

  /* Order, a comment and another instance change nothing for those that are there. */
  fixture_apply (f, "# again\n[good:c]\nEnabled=no\n[good:b]\n[good:a]\ngreeting=again\n");
  WAIT_FOR (f, fixture_count (f, "good:a", "start good:a again") == 1);
  g_assert_cmpuint (fixture_count (f, "good:a", "stop"), ==, 1);
  g_assert_cmpuint (fixture_count (f, "good:b", "stop"), ==, 0);
  g_assert_cmpuint (fixture_count (f, "good:b", "start *"), ==, 1);
  g_assert_cmpstr (fixture_state (f, "good:c"), ==, "disabled");

  g_autoptr(GPtrArray) list = musterd_host_list (f->host);

  g_assert_cmpuint (list->len, ==, 3);
  g_assert_cmpstr (((MusterdInstanceInfo *) g_ptr_array_index (list, 0))->name, ==, "good:c");
  g_assert_cmpstr (((MusterdInstanceInfo *) g_ptr_array_index (list, 1))->name, ==, "good:b");
  g_assert_cmpstr (((MusterdInstanceInfo *) g_ptr_array_index (list, 2))->name, ==, "good:a");

  /* What cannot run changes nothing. */
  g_assert_false (fixture_try_apply (f, "[good:a]\n[absent]\n", &error));
  g_assert_error (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFIG);
  g_assert_true (g_pattern_match_simple ("*/muster.conf:2: [absent] there is no absent.so in *", error->message));
  g_assert_cmpstr (fixture_state (f, "good:b"), ==, "online");
  g_assert_cmpstr (fixture_state (f, "absent"), ==, "");

  /* Where it is optional, it is shown. */
  fixture_apply (f, "[good:a]\ngreeting=again\n[absent]\nEnabled=optional\n");
  g_assert_cmpstr (fixture_state (f, "absent"), ==, "failed");
  WAIT_FOR (f, g_str_equal (fixture_state (f, "good:b"), ""));
  g_assert_cmpuint (fixture_count (f, "good:a", "stop"), ==, 1);
}

/* Changes that come while the one before is still under way: the last one holds. */
static void
test_reload_quickly (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  fixture_install (f, "good");
  fixture_apply (f, "[good]\ngreeting=one\n");
  fixture_apply (f, "[good]\ngreeting=two\n");
  fixture_apply (f, "");
  fixture_apply (f, "[good]\ngreeting=three\n");
  fixture_apply (f, "[good]\nEnabled=no\n");
  fixture_apply (f, "[good]\ngreeting=four\n");
  WAIT_FOR (f, fixture_count (f, "good", "start good four") == 1);
  WAIT_FOR (f, g_str_equal (fixture_state (f, "good"), "online"));
}

/* Claims of an instance end with it, not with its restart. */
static void
test_claims_end (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  fixture_install (f, "good");
  fixture_add_user (f, "alice@example.com", NULL);
  fixture_apply (f, "[good]\n");
  WAIT_FOR (f, g_str_equal (fixture_state (f, "good"), "online"));
  g_autofree char *command = g_strdup_printf ("replace alice@example.com %" G_GINT64_FORMAT " %" G_GINT64_FORMAT
                                              " one two",
                                              NINE, NINE + MUSTERD_DAY);
  fixture_tell (f, "good", command);
  WAIT_FOR (f, fixture_n_claims (f, "alice@example.com", "good") == 2);

  fixture_apply (f, "[good]\ngreeting=moin\n");
  WAIT_FOR (f, fixture_count (f, "good", "start good moin") == 1);
  g_assert_cmpuint (fixture_n_claims (f, "alice@example.com", "good"), ==, 2);

  fixture_apply (f, "[good]\nEnabled=no\n");
  WAIT_FOR (f, g_str_equal (fixture_state (f, "good"), "disabled"));
  g_assert_cmpuint (fixture_n_claims (f, "alice@example.com", "good"), ==, 0);

  /* And one that was taken out of the keyfile while the daemon was down. */
  fixture_apply (f, "[good]\n");
  WAIT_FOR (f, g_str_equal (fixture_state (f, "good"), "online"));
  fixture_tell (f, "good", command);
  WAIT_FOR (f, fixture_n_claims (f, "alice@example.com", "good") == 2);
  musterd_engine_flush (f->engine);
  fixture_restart (f);
  g_assert_cmpuint (fixture_n_claims (f, "alice@example.com", "good"), ==, 2);
  fixture_apply (f, "");
  g_assert_cmpuint (fixture_n_claims (f, "alice@example.com", "good"), ==, 0);
}

/* One thread, two sides. */
static void
test_both (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  fixture_install (f, "both");
  fixture_add_user (f, "alice@example.com", NULL);
  fixture_apply (f, "[both]\n");
  WAIT_FOR (f, fixture_count (f, "both", "apply *") >= 1);
  g_assert_cmpint (fixture_find (f, "both", "start"), <, fixture_find (f, "both", "open"));
  g_assert_cmpint (fixture_find (f, "both", "open"), <, fixture_find (f, "both", "users 1 0 1"));
  g_assert_cmpuint (fixture_count (f, "both", "users of the sink"), ==, 0);
  /* It claims a call, but shows what would be without it. */
  g_assert_cmpuint (fixture_n_claims (f, "alice@example.com", "both"), ==, 1);
  musterd_engine_settle (f->engine);
  g_assert_cmpint (musterd_engine_get_presence (f->engine, "alice@example.com")->status, ==, MUSTERD_STATUS_BUSY);
  g_assert_cmpuint (fixture_count (f, "both", "apply alice@example.com available 1"), ==, 1);
  g_assert_cmpuint (fixture_count (f, "both", "apply alice@example.com busy*"), ==, 0);

  fixture_stop_host (f, MUSTERD_SECOND);
  g_assert_cmpint (fixture_find (f, "both", "close"), <, fixture_find (f, "both", "stop 1"));
  g_assert_false (musterd_host_has_abandoned (f->host));
}

static void
test_half_open (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  fixture_install (f, "both");
  fixture_apply (f, "[both]\nclosed=true\n");
  WAIT_FOR (f, fixture_count (f, "both", "stop 1") == 1);
  WAIT_FOR (f, g_str_equal (fixture_state (f, "both"), "offline"));

  g_autoptr(MusterdInstanceInfo) info = fixture_info (f, "both");

  g_assert_cmpstr (info->text, ==, "it does not start: opening the door: it is locked; it is tried again");
  fixture_move (f, 1200 * G_TIME_SPAN_MILLISECOND);
  WAIT_FOR (f, fixture_count (f, "both", "stop 1") == 2);
  g_assert_cmpuint (fixture_count (f, "both", "start"), ==, 2);
  g_assert_cmpuint (fixture_count (f, "both", "close"), ==, 0);
}

static guint
n_warnings (Fixture *f, MusterdConfig *config)
{
  g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func (g_free);

  g_assert_true (musterd_host_check (f->host, config, problems, warnings));
  return warnings->len;
}

/* One that is switched off while it still holds something gives it back first. */
static void
test_retire (Fixture *f, gconstpointer data)
{
  const gboolean gone = data != NULL;
  g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func (g_free);
  const char *keyfile = gone ? "" : "[good]\nEnabled=no\n";
  g_autoptr(MusterdConfig) config = NULL;

  fixture_install (f, "good");
  fixture_add_user (f, "alice@example.com", NULL);
  fixture_apply (f, "[good]\n");
  WAIT_FOR (f, g_str_equal (fixture_state (f, "good"), "online"));
  fixture_tell (f, "good", "keep alice@example.com saved off");
  WAIT_FOR (f, fixture_count (f, "good", "kept: yes") == 1);

  config = fixture_load (f, keyfile);
  g_assert_true (musterd_host_check (f->host, config, problems, warnings));
  g_assert_cmpuint (warnings->len, ==, 1);
  g_assert_true (g_pattern_match_simple ("*it is *but still holds 1 saved settings: it runs until*",
                                         g_ptr_array_index (warnings, 0)));

  fixture_apply (f, keyfile);
  if (gone)
    {
      WAIT_FOR (f, fixture_n_logged ("good", "[good] restore alice@example.com off") == 1);
      WAIT_FOR (f, g_str_equal (fixture_state (f, "good"), ""));
    }
  else
    {
      WAIT_FOR (f, g_str_equal (fixture_state (f, "good"), "draining"));
      WAIT_FOR (f, g_str_equal (fixture_state (f, "good"), "disabled"));
      g_assert_cmpuint (fixture_count (f, "good", "restore alice@example.com off"), ==, 1);
      g_assert_cmpint (fixture_find (f, "good", "record alice@example.com saved=off"), <,
                       fixture_find (f, "good", "restore*"));
      /* As a sink it was handed nothing any more. */
      g_assert_cmpuint (fixture_count (f, "good", "stop"), ==, 2);
    }
  /* Written behind. */
  WAIT_FOR (f, n_warnings (f, config) == 0);
}

/* After a restart nobody knows the options of a group that is gone: it can only be asked for. */
static void
test_gone_while_down (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(MusterdConfig) config = NULL;

  fixture_install (f, "good");
  fixture_add_user (f, "alice@example.com", NULL);
  fixture_apply (f, "[good]\n");
  WAIT_FOR (f, g_str_equal (fixture_state (f, "good"), "online"));
  fixture_tell (f, "good", "keep alice@example.com saved off");
  WAIT_FOR (f, fixture_count (f, "good", "kept: yes") == 1);
  fixture_restart (f);

  config = fixture_load (f, "");
  g_assert_true (musterd_host_check (f->host, config, problems, warnings));
  g_assert_cmpuint (warnings->len, ==, 1);
  g_assert_true (g_pattern_match_simple ("good: it is gone *put its group back with Enabled=no*",
                                         g_ptr_array_index (warnings, 0)));
  fixture_apply (f, "[good]\nEnabled=no\n");
  WAIT_FOR (f, g_str_equal (fixture_state (f, "good"), "disabled")
                   && fixture_count (f, "good", "restore alice@example.com off") == 1);
}

#define ADD(path, data, func) g_test_add (path, Fixture, data, fixture_set_up, func, fixture_tear_down)

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);
  ADD ("/host/instances/good", NULL, test_good);
  for (gsize i = 0; i < G_N_ELEMENTS (start_cases); i++)
    {
      g_autofree char *path = g_strconcat ("/host/instances/start-fails/", start_cases[i].name, NULL);

      ADD (path, &start_cases[i], test_start_fails);
    }
  ADD ("/host/instances/start-recovers", NULL, test_start_recovers);
  ADD ("/host/instances/blocks", NULL, test_blocks);
  ADD ("/host/instances/not-responding", NULL, test_not_responding);
  for (gsize i = 0; i < G_N_ELEMENTS (hang_cases); i++)
    {
      g_autofree char *path = g_strconcat ("/host/instances/hangs/", hang_cases[i].name, NULL);

      ADD (path, &hang_cases[i], test_hangs);
    }
  ADD ("/host/instances/stop-all", NULL, test_stop_all);
  ADD ("/host/instances/never-stops", NULL, test_never_stops);
  ADD ("/host/instances/talks-after-stop", NULL, test_talks_after_stop);
  ADD ("/host/instances/talks-after-stop-early", "early", test_talks_after_stop);
  ADD ("/host/instances/talks-nonsense", NULL, test_talks_nonsense);
  ADD ("/host/instances/reload", NULL, test_reload);
  ADD ("/host/instances/reload-quickly", NULL, test_reload_quickly);
  ADD ("/host/instances/claims-end", NULL, test_claims_end);
  ADD ("/host/instances/both", NULL, test_both);
  ADD ("/host/instances/half-open", NULL, test_half_open);
  ADD ("/host/instances/retire-disabled", NULL, test_retire);
  ADD ("/host/instances/retire-gone", "gone", test_retire);
  ADD ("/host/instances/gone-while-down", NULL, test_gone_while_down);
  return g_test_run ();
}
