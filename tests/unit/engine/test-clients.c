/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What desktops say, and since when the ledger takes it to be so. */
#include "fixture.h"

#define MINUTES(n) (T0 + (n) * MUSTERD_MINUTE)

/* Says the first at T0, with a lease of ten minutes, and the second later. */
typedef struct
{
  const char        *name;
  MusterdClientState first;
  MusterdTime        first_since; /* 0: not said */
  int                later;       /* minutes after T0 */
  MusterdClientState second;
  MusterdTime        second_since;
  MusterdTime        since; /* that is kept in the end */
} SinceCase;

static const SinceCase since_cases[] = {
  { "said", MUSTERD_CLIENT_ACTIVE, 0, 5, MUSTERD_CLIENT_IDLE, MINUTES (4), MINUTES (4) },
  { "not-said", MUSTERD_CLIENT_ACTIVE, 0, 5, MUSTERD_CLIENT_IDLE, 0, MINUTES (5) },
  { "to-come", MUSTERD_CLIENT_ACTIVE, 0, 5, MUSTERD_CLIENT_IDLE, MINUTES (6), MINUTES (5) },
  { "before-all-time", MUSTERD_CLIENT_ACTIVE, 0, 5, MUSTERD_CLIENT_IDLE, -1, MINUTES (5) },
  { "goes-on", MUSTERD_CLIENT_IDLE, MINUTES (-3), 5, MUSTERD_CLIENT_IDLE, 0, MINUTES (-3) },
  { "goes-on-with-a-clock-ahead", MUSTERD_CLIENT_IDLE, MINUTES (-3), 5, MUSTERD_CLIENT_IDLE, MINUTES (6), MINUTES (-3) },
  { "goes-on-otherwise", MUSTERD_CLIENT_IDLE, MINUTES (-3), 5, MUSTERD_CLIENT_IDLE, MINUTES (2), MINUTES (2) },
  { "other-state", MUSTERD_CLIENT_IDLE, MINUTES (-3), 5, MUSTERD_CLIENT_LOCKED, 0, MINUTES (5) },
  { "was-lost", MUSTERD_CLIENT_IDLE, MINUTES (-3), 10, MUSTERD_CLIENT_IDLE, 0, MINUTES (10) },
};

static void
say (Fixture *fixture, const char *id, MusterdClientState state, MusterdTime since, gint64 lease)
{
  g_autoptr(GError) error = NULL;
  gboolean said = musterd_engine_client (fixture->engine, MUSTERD_SOURCE_CLIENTS, "alice", id, state, since, lease,
                                         &error);

  g_assert_no_error (error);
  g_assert_true (said);
  fixture_rest ();
}

static void
go_to (Fixture *fixture, MusterdTime now)
{
  musterd_clock_set (fixture->clock, now);
  fixture_rest ();
}

static const MusterdPresence *
presence (Fixture *fixture)
{
  return musterd_engine_get_presence (fixture->engine, "alice");
}

static void
test_since (Fixture *fixture, gconstpointer data)
{
  const SinceCase *c = data;
  g_autoptr(GPtrArray) clients = NULL;

  say (fixture, "pc", c->first, c->first_since, 10 * MUSTERD_MINUTE);
  go_to (fixture, MINUTES (c->later));
  say (fixture, "pc", c->second, c->second_since, 0);
  clients = musterd_engine_get_clients (fixture->engine, "alice", NULL);
  g_assert_cmpuint (clients->len, ==, 1);
  g_assert_cmpint (((MusterdClient *) clients->pdata[0])->since, ==, c->since);
  g_assert_cmpint (((MusterdClient *) clients->pdata[0])->lease, ==, MUSTERD_LEASE_MAX);
}

/* At the moment itself, by the engine's own timer, and told once. */
static void
test_ripens (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  g_autoptr(MusterdWhy) why = NULL;

  say (fixture, "pc", MUSTERD_CLIENT_ACTIVE, 0, 0);
  say (fixture, "pc", MUSTERD_CLIENT_IDLE, MINUTES (-4), 0);
  g_assert_cmpint (presence (fixture)->until, ==, MINUTES (6));
  fixture->n_changed = 0;
  go_to (fixture, MINUTES (6) - 1);
  g_assert_cmpuint (fixture->n_changed, ==, 0);
  go_to (fixture, MINUTES (6));
  g_assert_cmpuint (fixture->n_changed, ==, 1);
  g_assert_cmpint (presence (fixture)->origin, ==, MUSTERD_ORIGIN_IDLE);

  why = musterd_engine_why (fixture->engine, "alice", NULL);
  g_assert_cmpint (why->client, ==, MUSTERD_CLIENT_IDLE);
  g_assert_cmpuint (why->clients->len, ==, 1);
  g_assert_cmpint (why->now, ==, MINUTES (6));
}

/* A late timer: since when it shows is the moment at which the minutes were over. */
static void
test_slept (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  say (fixture, "pc", MUSTERD_CLIENT_IDLE, T0, 0);
  go_to (fixture, MINUTES (90));
  g_assert_cmpint (presence (fixture)->origin, ==, MUSTERD_ORIGIN_IDLE);
  g_assert_cmpint (presence (fixture)->since, ==, MINUTES (10));
}

static void
test_nobody (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  g_autoptr(GError) error = NULL;

  g_assert_null (musterd_engine_get_clients (fixture->engine, "nobody", &error));
  g_assert_error (error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND);
  g_assert_null (musterd_engine_dup_client (fixture->engine, MUSTERD_SOURCE_CLIENTS, "nobody", "pc"));
  g_assert_null (musterd_engine_dup_client (fixture->engine, MUSTERD_SOURCE_CLIENTS, "alice", "pc"));
  say (fixture, "pc", MUSTERD_CLIENT_ACTIVE, 0, 0);
  g_assert_null (musterd_engine_dup_client (fixture->engine, "activity", "alice", "pc"));
}

/* One of a plugin that is gone is dropped; what the api was told is not. */
static void
test_retain (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  static const char *const none[] = { NULL };
  g_autoptr(GPtrArray) clients = NULL;

  say (fixture, "pc", MUSTERD_CLIENT_LOCKED, 0, 0);
  g_assert_true (musterd_engine_client (fixture->engine, "activity", "alice", "laptop", MUSTERD_CLIENT_ACTIVE, 0, 0,
                                        NULL));
  fixture_rest ();
  g_assert_cmpint (presence (fixture)->origin, ==, MUSTERD_ORIGIN_CLIENT);
  musterd_engine_source_retain (fixture->engine, none);
  fixture_rest ();
  clients = musterd_engine_get_clients (fixture->engine, "alice", NULL);
  g_assert_cmpuint (clients->len, ==, 1);
  g_assert_cmpstr (((MusterdClient *) clients->pdata[0])->id, ==, "pc");
  g_assert_cmpint (presence (fixture)->origin, ==, MUSTERD_ORIGIN_IDLE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (since_cases); i++)
    {
      g_autofree char *path = g_strconcat ("/engine/clients/since/", since_cases[i].name, NULL);

      g_test_add (path, Fixture, &since_cases[i], fixture_set_up, test_since, fixture_tear_down);
    }
  FIXTURE_TEST ("/engine/clients/ripens", test_ripens);
  FIXTURE_TEST ("/engine/clients/slept", test_slept);
  FIXTURE_TEST ("/engine/clients/nobody", test_nobody);
  FIXTURE_TEST ("/engine/clients/retain", test_retain);
  return g_test_run ();
}
