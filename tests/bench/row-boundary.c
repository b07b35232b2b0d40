/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An appointment's boundary → the presence has changed, with everybody else in the ledger: how long after the moment
 * the listeners are told. Baseline: how late a bare GLib timeout is in the same process, one at a time, in turn with
 * ours. */
#define G_LOG_DOMAIN "muster-bench"

#include "core.h"
#include "population.h"
#include "samples.h"

#define LEAD (100 * MUSTERD_SECOND / 1000) /* from putting the claims to the first boundary */
#define STEP (5 * MUSTERD_SECOND / 1000)   /* from one boundary to the next */

static const BenchFigure figure
    = { "lateness of a change, p99 (of a GLib timeout)", "µs", BENCH_AT_MOST, 10 };
static const BenchFigure median_figure = { "the same, median", "µs", BENCH_TOLD, 0 };

typedef struct
{
  GArray *lateness; /* double, µs */
} Listening;

static void
on_changed (const MusterdChange *changes, gsize n_changes, gpointer data)
{
  Listening *listening = data;
  MusterdTime now = g_get_real_time ();

  for (gsize i = 0; i < n_changes; i++)
    if (changes[i].before != NULL && changes[i].after != NULL && changes[i].after->status == MUSTERD_STATUS_BUSY
        && changes[i].before->status != MUSTERD_STATUS_BUSY)
      {
        double late = (double) (now - changes[i].after->since);

        g_array_append_val (listening->lateness, late);
      }
}

/* `first`: the first user of those whose claims are put; each user is asked once. */
static GArray *
measure_boundaries (BenchCore *core, guint first, guint n)
{
  Listening listening = { g_array_new (FALSE, FALSE, sizeof (double)) };
  MusterdTime at = musterd_clock_now (core->clock) + LEAD;

  for (guint i = 0; i < n; i++)
    {
      g_autofree char *user = bench_user_id (first + i);
      g_autoptr(MusterdClaim) claim = bench_claim_new (first + i, 0, at + i * STEP);
      g_autoptr(GError) error = NULL;

      if (!musterd_engine_claim_put (core->engine, user, claim, &error))
        g_error ("putting a claim: %s", error->message);
    }
  musterd_engine_listen (core->engine, on_changed, NULL, &listening);
  while (listening.lateness->len < n)
    g_main_context_iteration (NULL, TRUE);
  musterd_engine_unlisten (core->engine, &listening);
  return listening.lateness;
}

typedef struct
{
  GArray *lateness;
  gint64  at;   /* monotonic, of the timeout that runs */
  guint   left;
} Timeouts;

static gboolean on_timeout (gpointer data);

static void
next_timeout (Timeouts *timeouts)
{
  g_autoptr(GSource) source = NULL;

  if (timeouts->left == 0)
    return;
  timeouts->left--;
  source = g_timeout_source_new (STEP / 1000);
  timeouts->at = g_get_monotonic_time () + STEP;
  g_source_set_callback (source, on_timeout, timeouts, NULL);
  g_source_attach (source, NULL);
}

static gboolean
on_timeout (gpointer data)
{
  Timeouts *timeouts = data;
  double late = (double) (g_get_monotonic_time () - timeouts->at);

  g_array_append_val (timeouts->lateness, late);
  next_timeout (timeouts);
  return G_SOURCE_REMOVE;
}

static GArray *
measure_timeouts (guint n)
{
  Timeouts timeouts = { .lateness = g_array_new (FALSE, FALSE, sizeof (double)), .left = n };

  next_timeout (&timeouts);
  while (timeouts.lateness->len < n)
    g_main_context_iteration (NULL, TRUE);
  return timeouts.lateness;
}

void
bench_row_boundary (Bench *bench)
{
  guint rounds = bench_size (bench, 5, 1), n = bench_size (bench, 1000, 20);
  const BenchPopulation population = { .n_users = bench_size (bench, 100000, 200),
                                       .n_claims = 1,
                                       .from = g_get_real_time () + MUSTERD_DAY };
  g_autofree char *state_dir = g_build_filename (bench_get_folder (bench), "state", NULL);
  BenchCore *core;

  bench_population_write (&population, state_dir);
  core = bench_core_new (bench, state_dir, "[bench-source:calendar]\n");
  for (guint i = 0; i < rounds; i++)
    {
      g_autoptr(GArray) boundaries = measure_boundaries (core, i * n, n);
      g_autoptr(GArray) timeouts = measure_timeouts (n);

      bench_pair (bench, &figure, bench_quantile (boundaries, 0.99), bench_quantile (timeouts, 0.99));
      bench_pair (bench, &median_figure, bench_median (boundaries), bench_median (timeouts));
    }
  bench_core_free (core);
}
