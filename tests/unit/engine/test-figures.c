/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is counted as it happens, against what a walk over everything counts. */
#include "fixture.h"

#include <glib/gstdio.h>

#define STEPS 3000

/* What a store that was closed leaves. */
static const char *const files[] = { "muster.db", "muster.db-wal", "muster.db-shm", "lock" };

static const char *const users[] = { "alice", "bob" };
static const char *const sources[] = { "ews", "pbx", "mic" };
static const MusterdClaimKind kinds[] = { MUSTERD_CLAIM_CALL, MUSTERD_CLAIM_APPOINTMENT, MUSTERD_CLAIM_MICROPHONE };

static guint
walk (Fixture *fixture, const char *source, MusterdClaimKind kind)
{
  guint n = 0;

  for (gsize u = 0; u < G_N_ELEMENTS (users); u++)
    {
      g_autoptr(MusterdWhy) why = musterd_engine_why (fixture->engine, users[u], NULL);

      for (guint i = 0; why != NULL && i < why->claims->len; i++)
        {
          const MusterdClaim *claim = ((MusterdVerdict *) g_ptr_array_index (why->claims, i))->claim;

          n += claim->kind == kind && g_str_equal (claim->source, source);
        }
    }
  return n;
}

static void
check (Fixture *fixture)
{
  MusterdEngineFigures figures = { 0 };
  guint counted = 0, walked = 0;

  fixture_rest ();
  for (gsize s = 0; s < G_N_ELEMENTS (sources); s++)
    for (gsize k = 0; k < G_N_ELEMENTS (kinds); k++)
      walked += walk (fixture, sources[s], kinds[k]);
  musterd_engine_get_figures (fixture->engine, &figures);
  for (guint i = 0; i < figures.sources->len; i++)
    {
      const MusterdSourceFigures *one = &g_array_index (figures.sources, MusterdSourceFigures, i);

      for (gsize k = 0; k < G_N_ELEMENTS (kinds); k++)
        {
          g_assert_cmpuint (one->n_claims[kinds[k]], ==, walk (fixture, one->source, kinds[k]));
          counted += one->n_claims[kinds[k]];
        }
    }
  g_assert_cmpuint (counted, ==, walked);
  musterd_engine_figures_clear (&figures);
}

static MusterdClaim *
random_claim (const char *source)
{
  g_autofree char *key = g_strdup_printf ("%d", g_test_rand_int_range (0, 6));
  MusterdClaim *claim = musterd_claim_new (source, "set", key, kinds[g_test_rand_int_range (0, G_N_ELEMENTS (kinds))]);

  claim->from = T0;
  claim->until = T0 + g_test_rand_int_range (1, 200) * MUSTERD_HOUR;
  return claim;
}

static void
step (Fixture *fixture)
{
  const char *user = users[g_test_rand_int_range (0, G_N_ELEMENTS (users))];
  const char *source = sources[g_test_rand_int_range (0, G_N_ELEMENTS (sources))];
  g_autoptr(MusterdClaim) one = random_claim (source);
  g_autoptr(MusterdClaim) two = random_claim (source);
  MusterdClaim *both[] = { one, two };

  switch (g_test_rand_int_range (0, 12))
    {
    case 0:
      musterd_engine_claim_drop (fixture->engine, source, user, one->key, NULL);
      break;
    case 1:
      musterd_engine_claims_replace (fixture->engine, source, user, "set", MUSTERD_TIME_ALWAYS, MUSTERD_TIME_NEVER, both,
                                     2, NULL);
      break;
    case 2:
      musterd_clock_set (fixture->clock, musterd_clock_now (fixture->clock) + MUSTERD_HOUR);
      break;
    case 3:
      musterd_engine_source_begin (fixture->engine, source);
      musterd_engine_source_online (fixture->engine, source);
      break;
    case 4:
      musterd_engine_source_drop_user (fixture->engine, source, user);
      break;
    case 5:
      musterd_engine_source_drop (fixture->engine, source);
      break;
    case 6:
      musterd_engine_remove_user (fixture->engine, user, on_done, fixture);
      fixture_rest ();
      fixture_add_user (fixture, user);
      break;
    default:
      musterd_engine_claim_put (fixture->engine, user, one, NULL);
      break;
    }
}

static void
test_claims (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  guint most = 0;

  fixture_add_user (fixture, "bob");
  for (guint i = 0; i < STEPS; i++)
    {
      step (fixture);
      check (fixture);
      most = MAX (most, walk (fixture, "ews", MUSTERD_CLAIM_APPOINTMENT));
    }
  g_assert_cmpuint (most, >, 0); /* there was something to count */
}

static guint64
n_measured (const MusterdHistogram *histogram)
{
  guint64 n = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (histogram->counts); i++)
    n += histogram->counts[i];
  return n;
}

static void
test_lateness (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  g_autoptr(MusterdClaim) claim = musterd_claim_new ("ews", "", "one", MUSTERD_CLAIM_APPOINTMENT);
  MusterdEngineFigures figures = { 0 };

  claim->from = T0 + MUSTERD_HOUR;
  claim->until = T0 + 3 * MUSTERD_HOUR;
  claim->free_busy = MUSTERD_FREE_BUSY_BUSY;
  musterd_engine_claim_put (fixture->engine, "alice", claim, NULL);
  fixture_rest ();
  musterd_engine_get_figures (fixture->engine, &figures);
  g_assert_cmpuint (figures.n_users, ==, 1);
  g_assert_cmpuint (n_measured (&figures.lateness), ==, 0);
  const guint64 before = figures.n_changes;
  musterd_engine_figures_clear (&figures);

  musterd_clock_set (fixture->clock, T0 + MUSTERD_HOUR + 7000);
  fixture_rest ();
  musterd_engine_get_figures (fixture->engine, &figures);
  g_assert_cmpuint (n_measured (&figures.lateness), ==, 1);
  g_assert_cmpint (figures.lateness.sum, ==, 7000);
  g_assert_cmpuint (figures.n_changes, ==, before + 1);
  musterd_engine_figures_clear (&figures);

  /* What comes in between is no boundary. */
  musterd_engine_claim_drop (fixture->engine, "ews", "alice", "one", NULL);
  fixture_rest ();
  musterd_engine_get_figures (fixture->engine, &figures);
  g_assert_cmpuint (n_measured (&figures.lateness), ==, 1);
  g_assert_cmpuint (figures.n_changes, ==, before + 2);
  musterd_engine_figures_clear (&figures);
}

static void
begin_with_store (Fixture *fixture, MusterdStore **store, const char *dir)
{
  g_autoptr(GError) error = NULL;

  *store = musterd_store_open (dir, &error);
  g_assert_no_error (error);
  fixture->engine = musterd_engine_new (fixture->clock, *store, fixture->settings, &error);
  g_assert_no_error (error);
}

/* What a daemon finds in its store it counts like what it is told; and it can find out whether the store works. */
static void
test_store (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  g_autofree char *dir = g_dir_make_tmp ("muster-figures-XXXXXX", NULL);
  g_autoptr(MusterdClaim) claim = random_claim ("ews");
  MusterdStore *store = NULL;
  MusterdStoreFigures before, after;

  musterd_engine_free (fixture->engine);
  begin_with_store (fixture, &store, dir);
  fixture->n_done = 0;
  fixture_add_user (fixture, "alice");
  while (fixture->n_done == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_true (musterd_engine_claim_put (fixture->engine, "alice", claim, NULL));
  check (fixture);
  musterd_engine_free (fixture->engine);
  musterd_store_close (store);

  begin_with_store (fixture, &store, dir);
  g_assert_cmpuint (walk (fixture, "ews", (MusterdClaimKind) claim->kind), ==, 1);
  check (fixture);

  musterd_store_get_figures (store, &before);
  fixture->n_done = 0;
  musterd_engine_try_store (fixture->engine, on_done, fixture);
  while (fixture->n_done == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_no_error (fixture->error);
  musterd_store_get_figures (store, &after);
  g_assert_cmpuint (after.syncs, >, before.syncs);

  musterd_engine_free (fixture->engine);
  musterd_store_close (store);
  fixture->engine = musterd_engine_new (fixture->clock, NULL, fixture->settings, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *path = g_build_filename (dir, files[i], NULL);

      g_unlink (path);
    }
  g_assert_cmpint (g_rmdir (dir), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  FIXTURE_TEST ("/engine/figures/claims", test_claims);
  FIXTURE_TEST ("/engine/figures/lateness", test_lateness);
  FIXTURE_TEST ("/engine/figures/store", test_store);
  return g_test_run ();
}
