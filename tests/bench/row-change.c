/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What one change costs: a claim put, resolved, and in the api's replica, of users drawn by chance, in ledgers of
 * growing size. Baseline: the same in the smallest ledger. Flat but for log n: what may grow is the depth of a tree or
 * heap, so a ledger of n users may cost log n / log of the smallest. */
#define G_LOG_DOMAIN "muster-bench"

#include "api/feed.h"
#include "bench.h"
#include "population.h"

#define SMALLEST 1000
#define N_SIZES 4

static const BenchFigure figures[N_SIZES] = {
  { "", "", BENCH_TOLD, 0 },
  { "one change among 10⁴ users (among 10³)", "µs", BENCH_AT_MOST, 4.0 / 3 },
  { "one change among 10⁵ users (among 10³)", "µs", BENCH_AT_MOST, 5.0 / 3 },
  { "one change among 10⁶ users (among 10³)", "µs", BENCH_AT_MOST, 2 },
};

static const BenchFigure overlap_figure
    = { "one change of a user with 2,000 entries at once (10)", "µs", BENCH_TOLD, 0 };

typedef struct
{
  guint           n_users;
  MusterdClock   *clock;
  MusterdEngine  *engine;
  MusterdFeed    *feed;
  MusterdReplica *replica;
  guint64         n_changes;
} Ledger;

static gboolean
on_wake (gpointer data)
{
  Ledger *ledger = data;

  g_ptr_array_unref (musterd_feed_take (ledger->feed, ledger->replica));
  return G_SOURCE_REMOVE;
}

static void
on_added (const GError *error, gpointer data G_GNUC_UNUSED)
{
  if (error != NULL)
    g_error ("adding users: %s", error->message);
}

/* Without a disk: what SQLite does is measured elsewhere. Each user has an appointment tomorrow, so that the heap of
 * moments is full. */
static void
ledger_init (Ledger *ledger, guint n_users)
{
  g_autoptr(MusterdSettings) settings = musterd_settings_new_default ();
  g_autoptr(GPtrArray) users = g_ptr_array_new_full (n_users, (GDestroyNotify) musterd_user_unref);
  g_autoptr(GError) error = NULL;
  MusterdTime tomorrow;

  ledger->n_users = n_users;
  ledger->clock = musterd_clock_new_real ();
  ledger->engine = musterd_engine_new (ledger->clock, NULL, settings, &error);
  if (ledger->engine == NULL)
    g_error ("making a ledger: %s", error->message);
  for (guint i = 0; i < n_users; i++)
    g_ptr_array_add (users, bench_user_new (i));
  musterd_engine_put_users (ledger->engine, (MusterdUser *const *) users->pdata, users->len, MUSTERD_PUT_NEW, on_added,
                            NULL);
  while (musterd_engine_get_n_users (ledger->engine) < n_users)
    g_main_context_iteration (NULL, TRUE);
  tomorrow = musterd_clock_now (ledger->clock) + MUSTERD_DAY;
  for (guint i = 0; i < n_users; i++)
    {
      const char *id = ((MusterdUser *) g_ptr_array_index (users, i))->id;
      g_autoptr(MusterdClaim) claim = bench_claim_new (i, 0, tomorrow + i);

      musterd_engine_claim_put (ledger->engine, id, claim, NULL);
    }
  musterd_engine_settle (ledger->engine);
  ledger->replica = musterd_replica_new ();
  ledger->feed = musterd_feed_new (ledger->engine, g_main_context_default (), on_wake, ledger);
  g_ptr_array_unref (musterd_feed_take (ledger->feed, ledger->replica));
}

static void
ledger_clear (Ledger *ledger)
{
  musterd_feed_free (ledger->feed);
  musterd_replica_free (ledger->replica);
  musterd_engine_free (ledger->engine);
  musterd_clock_unref (ledger->clock);
}

/* Microseconds for each of `n` changes. */
static double
measure (Ledger *ledger, GRand *rand, guint n)
{
  gint64 began = 0;

  for (guint i = 0; i < 2 * n; i++)
    {
      g_autofree char *user = bench_user_id ((guint) g_rand_int_range (rand, 0, (gint32) ledger->n_users));
      g_autofree char *text = g_strdup_printf ("%" G_GUINT64_FORMAT, ledger->n_changes++);
      g_autoptr(MusterdClaim) claim = musterd_claim_new ("micsync", "", "microphone", MUSTERD_CLAIM_MICROPHONE);
      g_autoptr(GError) error = NULL;

      /* The first half brings the caches to what this ledger needs. */
      if (i == n)
        began = g_get_monotonic_time ();
      claim->from = MUSTERD_CLAIM_NOW;
      claim->until = MUSTERD_TIME_NEVER;
      claim->lease = MUSTERD_LEASE_MAX;
      musterd_claim_set_text (claim, text);
      if (!musterd_engine_claim_put (ledger->engine, user, claim, &error))
        g_error ("putting a claim: %s", error->message);
      musterd_engine_settle (ledger->engine);
      g_ptr_array_unref (musterd_feed_take (ledger->feed, ledger->replica));
    }
  while (g_main_context_iteration (NULL, FALSE))
    ;
  return (double) (g_get_monotonic_time () - began) / n;
}

/* Microseconds for each of `n` changes of a user whose entries all overlap: what one calendar that ran wild costs. */
static double
measure_overlap (guint n_entries, guint n)
{
  Ledger ledger = { 0 };
  g_autoptr(GRand) rand = g_rand_new_with_seed (3);
  g_autoptr(GPtrArray) claims = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_claim_unref);
  g_autofree char *user = bench_user_id (0);
  g_autoptr(GError) error = NULL;
  MusterdTime now;
  double micros;

  ledger_init (&ledger, 1);
  now = musterd_clock_now (ledger.clock);
  for (guint i = 0; i < n_entries; i++)
    {
      MusterdClaim *claim = bench_claim_new (0, i + 1, now - i * MUSTERD_SECOND);

      claim->until = now + MUSTERD_HOUR + i * MUSTERD_SECOND;
      g_ptr_array_add (claims, claim);
    }
  if (!musterd_engine_claims_replace (ledger.engine, BENCH_CALENDAR, user, "calendar", MUSTERD_TIME_ALWAYS,
                                      MUSTERD_TIME_NEVER, (MusterdClaim *const *) claims->pdata, claims->len, &error))
    g_error ("putting entries: %s", error->message);
  micros = measure (&ledger, rand, n);
  ledger_clear (&ledger);
  return micros;
}

void
bench_row_change (Bench *bench)
{
  guint rounds = bench_size (bench, 7, 1), n = bench_size (bench, 20000, 50);
  Ledger ledgers[N_SIZES] = { 0 };
  g_autoptr(GRand) rand = g_rand_new_with_seed (3);
  guint n_users = bench_size (bench, SMALLEST, 10);

  for (gsize i = 0; i < N_SIZES; i++, n_users *= bench_size (bench, 10, 2))
    ledger_init (&ledgers[i], n_users);
  for (guint round = 0; round < rounds; round++)
    {
      double smallest = measure (&ledgers[0], rand, n);

      for (gsize i = 1; i < N_SIZES; i++)
        bench_pair (bench, &figures[i], measure (&ledgers[i], rand, n), smallest);
    }
  for (gsize i = 0; i < N_SIZES; i++)
    ledger_clear (&ledgers[i]);
  for (guint round = 0; round < rounds; round++)
    bench_pair (bench, &overlap_figure, measure_overlap (bench_size (bench, 1990, 100), bench_size (bench, 20, 2)),
                measure_overlap (10, n));
}
