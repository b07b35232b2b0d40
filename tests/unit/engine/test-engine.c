/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commands, users, listeners, turns. What presences come out is told by the stories of tests/scenarios. */
#include "fixture.h"

static MusterdStatus
status_of (Fixture *fixture, const char *user)
{
  return musterd_engine_get_presence (fixture->engine, user)->status;
}

static void
choose (Fixture *fixture, const char *what, MusterdTime until)
{
  musterd_engine_choose (fixture->engine, "alice", what, MUSTERD_STATUS_NONE, NULL, until, NULL, on_done, fixture);
}

/* Several commands at once are judged one after the other, and each is answered. */
static void
test_commands_in_order (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  fixture->n_done = 0;
  choose (fixture, "Busy", MUSTERD_TIME_NEVER);
  choose (fixture, "Break", T0 + MUSTERD_HOUR);
  choose (fixture, "Available", MUSTERD_TIME_NEVER); /* ends the timed one too */
  g_assert_cmpuint (fixture->n_done, ==, 0);         /* never before it returns */
  fixture_rest ();
  g_assert_cmpuint (fixture->n_done, ==, 3);
  g_assert_no_error (fixture->error);
  g_assert_cmpint (status_of (fixture, "alice"), ==, MUSTERD_STATUS_AVAILABLE);

  g_autoptr(MusterdWhy) why = musterd_engine_why (fixture->engine, "alice", NULL);
  g_assert_nonnull (why->standing);
  g_assert_null (why->timed);
}

typedef struct
{
  const char   *name, *user, *tmpl;
  MusterdStatus status;
  const char   *text;
  MusterdTime   until;
  MusterdError  code;
} RefusedCase;

static const RefusedCase refused[] = {
  { "unknown-user", "nobody", "Busy", MUSTERD_STATUS_NONE, NULL, MUSTERD_TIME_NEVER, MUSTERD_ERROR_NOT_FOUND },
  { "unknown-template", "alice", "Bsy", MUSTERD_STATUS_NONE, NULL, MUSTERD_TIME_NEVER, MUSTERD_ERROR_NOT_FOUND },
  { "nothing", "alice", NULL, MUSTERD_STATUS_NONE, NULL, MUSTERD_TIME_NEVER, MUSTERD_ERROR_INVALID },
  { "status-out-of-range", "alice", NULL, (MusterdStatus) 99, NULL, MUSTERD_TIME_NEVER, MUSTERD_ERROR_INVALID },
  { "until-now", "alice", "Busy", MUSTERD_STATUS_NONE, NULL, T0, MUSTERD_ERROR_INVALID },
  { "text-not-utf8", "alice", "Busy", MUSTERD_STATUS_NONE, "\xff\xfe", MUSTERD_TIME_NEVER, MUSTERD_ERROR_INVALID },
  { "text-control", "alice", "Busy", MUSTERD_STATUS_NONE, "a\033[2Jb", MUSTERD_TIME_NEVER, MUSTERD_ERROR_INVALID },
};

static void
test_refused (Fixture *fixture, gconstpointer data)
{
  const RefusedCase *c = data;

  musterd_engine_choose (fixture->engine, c->user, c->tmpl, c->status, c->text, c->until, NULL, on_done, fixture);
  fixture_rest ();
  g_assert_error (fixture->error, MUSTERD_ERROR, (int) c->code);
  g_assert_cmpint (status_of (fixture, "alice"), ==, MUSTERD_STATUS_AVAILABLE);
}

static void
test_users (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  const char *fields[MUSTERD_N_USER_FIELDS] = { [MUSTERD_USER_MOBILE] = "0170" };
  g_autoptr(MusterdUser) bob = musterd_user_new ("bob", fields, NULL, NULL);
  g_autoptr(MusterdUser) alice = musterd_user_new ("alice", fields, NULL, NULL);
  MusterdUser *both[] = { bob, alice };

  /* All or none. */
  musterd_engine_put_users (fixture->engine, both, 2, MUSTERD_PUT_NEW, on_done, fixture);
  fixture_rest ();
  g_assert_error (fixture->error, MUSTERD_ERROR, MUSTERD_ERROR_CONFLICT);
  g_assert_null (musterd_engine_get_user (fixture->engine, "bob"));
  musterd_engine_put_users (fixture->engine, both, 2, MUSTERD_PUT_EXISTING, on_done, fixture);
  fixture_rest ();
  g_assert_error (fixture->error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND);
  g_assert_null (musterd_engine_get_user (fixture->engine, "alice")->fields[MUSTERD_USER_MOBILE]);
  musterd_engine_put_users (fixture->engine, both, 2, MUSTERD_PUT_ANY, on_done, fixture);
  fixture_rest ();
  g_assert_no_error (fixture->error);
  g_assert_cmpuint (musterd_engine_get_n_users (fixture->engine), ==, 2);
  g_assert_cmpstr (musterd_engine_get_user (fixture->engine, "alice")->fields[MUSTERD_USER_MOBILE], ==, "0170");

  /* Removed while a command about them is under way and another waits: all are answered, nothing is left. */
  fixture->n_done = 0;
  musterd_engine_choose (fixture->engine, "bob", "Busy", MUSTERD_STATUS_NONE, NULL, MUSTERD_TIME_NEVER, NULL, on_done,
                         fixture);
  musterd_engine_choose (fixture->engine, "bob", "Break", MUSTERD_STATUS_NONE, NULL, MUSTERD_TIME_NEVER, NULL,
                         on_done, fixture);
  musterd_engine_remove_user (fixture->engine, "bob", on_done, fixture);
  musterd_engine_remove_user (fixture->engine, "bob", on_done, fixture);
  fixture_rest ();
  g_assert_cmpuint (fixture->n_done, ==, 4);
  g_assert_error (fixture->error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND);
  g_assert_null (musterd_engine_get_presence (fixture->engine, "bob"));

  /* The same id again is somebody new. */
  fixture_add_user (fixture, "bob");
  g_assert_cmpint (status_of (fixture, "bob"), ==, MUSTERD_STATUS_AVAILABLE);
}

/* Many things in one turn are one look and one telling. */
static void
test_one_turn (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  g_autoptr(GError) error = NULL;

  fixture->n_told = fixture->n_changed = 0;
  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *key = g_strdup_printf ("m%u", i);
      g_autoptr(MusterdClaim) claim = musterd_claim_new ("ews", "calendar", key, MUSTERD_CLAIM_APPOINTMENT);

      claim->from = T0 - MUSTERD_HOUR;
      claim->until = T0 + (gint64) (i + 1) * MUSTERD_MINUTE;
      g_assert_true (musterd_engine_claim_put (fixture->engine, "alice", claim, &error));
      g_assert_no_error (error);
    }
  fixture_rest ();
  g_assert_cmpuint (fixture->n_told, ==, 1);
  g_assert_cmpuint (fixture->n_changed, ==, 1);
  g_assert_cmpint (musterd_engine_get_presence (fixture->engine, "alice")->until, ==, T0 + 100 * MUSTERD_MINUTE);
}

/* Revisions grow, and only where something is different. */
static void
test_revision (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  guint64 before = musterd_engine_get_presence (fixture->engine, "alice")->revision;

  g_assert_cmpuint (before, >, 0);
  /* A look at somebody who goes on being free is no change. */
  musterd_clock_set (fixture->clock, T0 + MUSTERD_MINUTE);
  g_assert_true (musterd_engine_telephony (fixture->engine, "pbx", "alice", "d", MUSTERD_TELEPHONY_IDLE, NULL, 0,
                                           NULL));
  fixture_rest ();
  g_assert_cmpuint (musterd_engine_get_presence (fixture->engine, "alice")->revision, ==, ++before);
  musterd_clock_set (fixture->clock, T0 + 2 * MUSTERD_MINUTE);
  g_assert_true (musterd_engine_telephony (fixture->engine, "pbx", "alice", "d", MUSTERD_TELEPHONY_IDLE, NULL, 0,
                                           NULL));
  fixture_rest ();
  g_assert_cmpuint (musterd_engine_get_presence (fixture->engine, "alice")->revision, ==, before);
  choose (fixture, "Busy", MUSTERD_TIME_NEVER);
  fixture_rest ();
  g_assert_cmpuint (musterd_engine_get_presence (fixture->engine, "alice")->revision, ==, before + 1);
  musterd_engine_user_state (fixture->engine, "ews", "alice", FALSE);
  fixture_rest ();
  g_assert_cmpuint (musterd_engine_get_presence (fixture->engine, "alice")->revision, ==, before + 2);
  g_assert_cmpint (musterd_engine_get_presence (fixture->engine, "alice")->stale, ==, T0 + 2 * MUSTERD_MINUTE);
  /* Its next run knows nothing of that. */
  musterd_engine_source_begin (fixture->engine, "ews");
  fixture_rest ();
  g_assert_cmpint (musterd_engine_get_presence (fixture->engine, "alice")->stale, ==, MUSTERD_TIME_NEVER);
}

/* An engine that ends while commands wait answers all of them. */
static void
test_ends_with_commands (void)
{
  g_autoptr(MusterdClock) clock = musterd_clock_new_virtual (T0);
  g_autoptr(MusterdSettings) settings = musterd_settings_new_default ();
  Fixture fixture = { .engine = musterd_engine_new (clock, NULL, settings, NULL) };

  fixture_add_user (&fixture, "alice");
  fixture.n_done = 0;
  choose (&fixture, "Busy", MUSTERD_TIME_NEVER);
  choose (&fixture, "Break", MUSTERD_TIME_NEVER);
  musterd_engine_remove_user (fixture.engine, "alice", on_done, &fixture);
  musterd_engine_free (fixture.engine);
  fixture_rest ();
  g_assert_cmpuint (fixture.n_done, ==, 3);
  g_clear_error (&fixture.error);
}

/* Commands about somebody who is not there, or not any more, hang in no queue: they too outlive the engine. */
static void
test_ends_with_orphans (void)
{
  g_autoptr(MusterdClock) clock = musterd_clock_new_virtual (T0);
  g_autoptr(MusterdSettings) settings = musterd_settings_new_default ();
  Fixture fixture = { .engine = musterd_engine_new (clock, NULL, settings, NULL) };

  fixture_add_user (&fixture, "alice");
  fixture.n_done = 0;
  musterd_engine_automatic (fixture.engine, "nobody", NULL, on_done, &fixture);
  musterd_engine_remove_user (fixture.engine, "alice", on_done, &fixture);
  choose (&fixture, "Busy", MUSTERD_TIME_NEVER);
  g_main_context_iteration (NULL, FALSE); /* some of them, perhaps */
  musterd_engine_free (fixture.engine);
  fixture_rest ();
  g_assert_cmpuint (fixture.n_done, ==, 3);
  g_clear_error (&fixture.error);
}

/* Somebody who is not a source's any more keeps nothing of it. */
static void
test_drop_user (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  g_autoptr(MusterdClaim) claim = musterd_claim_new ("ews", "", "m", MUSTERD_CLAIM_APPOINTMENT);

  claim->from = T0;
  claim->until = T0 + MUSTERD_HOUR;
  g_assert_true (musterd_engine_claim_put (fixture->engine, "alice", claim, NULL));
  g_assert_true (musterd_engine_client (fixture->engine, "ews", "alice", "pc", MUSTERD_CLIENT_ACTIVE, 0, 0, NULL));
  g_assert_true (musterd_engine_telephony (fixture->engine, "ews", "alice", "d", MUSTERD_TELEPHONY_IDLE, NULL, 0,
                                           NULL));
  musterd_engine_user_state (fixture->engine, "ews", "alice", FALSE);
  musterd_engine_source_drop_user (fixture->engine, "ews", "alice");
  fixture_rest ();
  g_assert_cmpint (musterd_engine_get_presence (fixture->engine, "alice")->origin, ==, MUSTERD_ORIGIN_DEFAULT);
  g_assert_cmpint (musterd_engine_get_presence (fixture->engine, "alice")->stale, ==, MUSTERD_TIME_NEVER);
  g_assert_cmpint (musterd_engine_get_presence (fixture->engine, "alice")->telephony, ==, MUSTERD_TELEPHONY_NONE);
  musterd_engine_source_drop_user (fixture->engine, "ews", "nobody");
}

static void
test_without (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  g_autoptr(MusterdClaim) own = musterd_claim_new ("teams", "", "call", MUSTERD_CLAIM_CALL);
  g_autoptr(MusterdClaim) meeting = musterd_claim_new ("ews", "", "m", MUSTERD_CLAIM_APPOINTMENT);
  g_autoptr(MusterdPresence) presence = NULL;

  own->until = MUSTERD_TIME_NEVER;
  meeting->from = T0;
  meeting->until = T0 + MUSTERD_HOUR;
  g_assert_true (musterd_engine_claim_put (fixture->engine, "alice", own, NULL));
  g_assert_true (musterd_engine_claim_put (fixture->engine, "alice", meeting, NULL));
  g_assert_true (musterd_engine_telephony (fixture->engine, "teams", "alice", "d", MUSTERD_TELEPHONY_ON_THE_PHONE, "x",
                                           0, NULL));
  fixture_rest ();
  presence = musterd_engine_resolve_without (fixture->engine, "alice", "teams");
  g_assert_cmpint (presence->kind, ==, MUSTERD_CLAIM_APPOINTMENT);
  g_assert_cmpint (presence->telephony, ==, MUSTERD_TELEPHONY_NONE);
  g_assert_cmpint (musterd_engine_get_presence (fixture->engine, "alice")->kind, ==, MUSTERD_CLAIM_CALL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  FIXTURE_TEST ("/engine/commands-in-order", test_commands_in_order);
  for (gsize i = 0; i < G_N_ELEMENTS (refused); i++)
    {
      g_autofree char *path = g_strconcat ("/engine/refused/", refused[i].name, NULL);

      g_test_add (path, Fixture, &refused[i], fixture_set_up, test_refused, fixture_tear_down);
    }
  FIXTURE_TEST ("/engine/users", test_users);
  FIXTURE_TEST ("/engine/one-turn", test_one_turn);
  FIXTURE_TEST ("/engine/revision", test_revision);
  g_test_add_func ("/engine/ends-with-commands", test_ends_with_commands);
  g_test_add_func ("/engine/ends-with-orphans", test_ends_with_orphans);
  FIXTURE_TEST ("/engine/drop-user", test_drop_user);
  FIXTURE_TEST ("/engine/without", test_without);
  return g_test_run ();
}
