/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One claim → the sink's `apply`: from the moment before a plugin calls claim_put on its thread to the moment at which
 * another plugin's apply is called on its own. Baseline: one hop between two main contexts on two threads, at the same
 * pace, while our daemon idles in the same process. */
#define G_LOG_DOMAIN "muster-bench"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <unistd.h>

#include "bench-sink.h"
#include "core.h"
#include "population.h"
#include "samples.h"

#define PACE_MS 2
#define USERS 1000
/* The first of each round find caches cold and threads new: not counted, on either side. */
#define WARM_UP 50
#define PATIENCE (60 * G_TIME_SPAN_SECOND)

static const BenchFigure figure = { "claim put → sink's apply, p99 (one hop)", "µs", BENCH_AT_MOST, 20 };
static const BenchFigure median_figure = { "the same, median", "µs", BENCH_TOLD, 0 };

/* A thread with a context, and a way to send it a moment. */
typedef struct
{
  GMainContext *context;
  GMainLoop    *loop;
  GThread      *thread;
  GArray       *latencies; /* double; read once the thread has ended */
} Hop;

typedef struct
{
  Hop   *hop;
  gint64 sent;
} Sent;

static gpointer
run_hop (gpointer data)
{
  Hop *hop = data;

  g_main_context_push_thread_default (hop->context);
  g_main_loop_run (hop->loop);
  g_main_context_pop_thread_default (hop->context);
  return NULL;
}

static gboolean
on_hopped (gpointer data)
{
  const Sent *sent = data;
  double latency = (double) (g_get_monotonic_time () - sent->sent);

  g_array_append_val (sent->hop->latencies, latency);
  return G_SOURCE_REMOVE;
}

static gboolean
on_time_to_hop (gpointer data)
{
  Hop *hop = data;
  g_autoptr(GSource) source = g_idle_source_new ();
  Sent *sent = g_new (Sent, 1);

  sent->hop = hop;
  sent->sent = g_get_monotonic_time ();
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, on_hopped, sent, g_free);
  g_source_attach (source, hop->context);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_end (gpointer data)
{
  g_main_loop_quit (data);
  return G_SOURCE_REMOVE;
}

/* Latencies of `n` hops from this thread to another. */
static GArray *
measure_hops (guint n)
{
  g_autoptr(GMainContext) near = g_main_context_new ();
  g_autoptr(GMainLoop) loop = g_main_loop_new (near, FALSE);
  g_autoptr(GSource) pace = g_timeout_source_new (PACE_MS);
  g_autoptr(GSource) end = g_timeout_source_new (PACE_MS * n);
  Hop hop = { .latencies = g_array_new (FALSE, FALSE, sizeof (double)) };
  g_autoptr(GSource) quit = g_idle_source_new ();

  hop.context = g_main_context_new ();
  hop.loop = g_main_loop_new (hop.context, FALSE);
  hop.thread = g_thread_new ("bench hop", run_hop, &hop);
  g_source_set_callback (pace, on_time_to_hop, &hop, NULL);
  g_source_attach (pace, near);
  g_source_set_callback (end, on_end, loop, NULL);
  g_source_attach (end, near);
  g_main_context_push_thread_default (near);
  g_main_loop_run (loop);
  g_main_context_pop_thread_default (near);
  g_source_destroy (pace);

  g_source_set_callback (quit, on_end, hop.loop, NULL);
  g_source_attach (quit, hop.context);
  g_thread_join (hop.thread);
  g_main_loop_unref (hop.loop);
  g_main_context_unref (hop.context);
  return hop.latencies;
}

/* Reads what the sink wrote; runs the main context meanwhile, for the engine lives there. */
typedef struct
{
  GArray *latencies;
} Reading;

static gboolean
on_results (int fd, GIOCondition condition G_GNUC_UNUSED, gpointer data)
{
  Reading *reading = data;
  BenchApplied applied[256];
  gssize size = read (fd, applied, sizeof applied);

  for (gsize i = 0; size > 0 && i < (gsize) size / sizeof *applied; i++)
    if (applied[i].stamp > 0) /* not what users show at the start */
      {
        double latency = (double) (applied[i].at - applied[i].stamp);

        g_array_append_val (reading->latencies, latency);
      }
  return G_SOURCE_CONTINUE;
}

static gboolean
on_tick (gpointer data G_GNUC_UNUSED)
{
  return G_SOURCE_CONTINUE;
}

static GArray *
measure_claims (Bench *bench, const char *state_dir, guint n)
{
  g_autofree char *keyfile = NULL;
  Reading reading = { g_array_new (FALSE, FALSE, sizeof (double)) };
  gint64 deadline = g_get_monotonic_time () + PATIENCE;
  BenchCore *core;
  GSource *watch;
  guint tick;
  int ends[2];

  if (pipe2 (ends, O_CLOEXEC) != 0)
    g_error ("making a pipe: %s", g_strerror (errno));
  keyfile = g_strdup_printf ("[bench-source:now]\nclaims=%u\npace=%d\n[bench-sink:pipe]\nView=owner\nresults=%d\n", n,
                             PACE_MS, ends[1]);
  watch = g_unix_fd_source_new (ends[0], G_IO_IN);
  g_source_set_callback (watch, (GSourceFunc) (gpointer) on_results, &reading, NULL);
  g_source_attach (watch, NULL);
  tick = g_timeout_add (100, on_tick, NULL);
  core = bench_core_new (bench, state_dir, keyfile);
  while (reading.latencies->len < n && g_get_monotonic_time () < deadline)
    g_main_context_iteration (NULL, TRUE);
  if (reading.latencies->len < n)
    g_error ("%u of %u claims came to the sink", reading.latencies->len, n);

  bench_core_free (core);
  g_source_remove (tick);
  g_source_destroy (watch);
  g_source_unref (watch);
  close (ends[0]);
  close (ends[1]);
  return reading.latencies;
}

void
bench_row_claim (Bench *bench)
{
  guint rounds = bench_size (bench, 5, 1), n = bench_size (bench, 2000, 100);
  const BenchPopulation population = { .n_users = bench_size (bench, USERS, 20) };
  g_autofree char *state_dir = g_build_filename (bench_get_folder (bench), "state", NULL);

  bench_population_write (&population, state_dir);
  for (guint i = 0; i < rounds; i++)
    {
      g_autoptr(GArray) claims = measure_claims (bench, state_dir, n);
      g_autoptr(GArray) hops = measure_hops (n);

      g_array_remove_range (claims, 0, MIN (WARM_UP, claims->len / 2));
      g_array_remove_range (hops, 0, MIN (WARM_UP, hops->len / 2));
      bench_pair (bench, &figure, bench_quantile (claims, 0.99), bench_quantile (hops, 0.99));
      bench_pair (bench, &median_figure, bench_median (claims), bench_median (hops));
    }
}
