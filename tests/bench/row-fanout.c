/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fan-out: users change at one moment, and many follow some of them. Changes that reach their followers per second, from
 * the moment on. Baseline: a bare epoll server that sends the same bytes, in one write for each change and follower. */
#include "bare-server.h"
#include "samples.h"

static const BenchFigure figure = { "changes told to 200 followers of 100 (bare server)", "1/s", BENCH_AT_LEAST, 1 };
static const BenchFigure each_figure = { "the same, against one write for each follower", "1/s", BENCH_TOLD, 0 };

static const BenchFigure cpu_figure = { "changes told in a second of processor time", "1/s", BENCH_TOLD, 0 };

void
bench_row_fanout (Bench *bench)
{
  const BenchCrowdPlan plan = { .n_users = bench_size (bench, 2000, 40),
                                .every = 1,
                                .n_watchers = bench_size (bench, 200, 4),
                                .n_watched = bench_size (bench, 100, 20),
                                .moments = bench_size (bench, 8, 2) };
  double n = bench_crowd_get_n_presences (&plan);
  BenchCrowd *crowd = bench_crowd_new (bench, &plan);
  BenchBareServer *server = bench_bare_server_new (&plan);
  BenchMoment moment;

  while (bench_crowd_wait (crowd, &moment))
    {
      g_autofree char *text = bench_watchers_dup_text (crowd->watchers);
      double bare_cpu = bench_thread_cpu ();
      double changes = (double) bench_bare_server_write_change (server, text);
      double changes_cpu = bench_thread_cpu () - bare_cpu;
      double each = (double) bench_bare_server_write_each (server, text);
      double ours = n / (double) moment.told * G_USEC_PER_SEC;

      bench_pair (bench, &figure, ours, n / changes * G_USEC_PER_SEC);
      bench_pair (bench, &cpu_figure, n / moment.cpu, n / changes_cpu);
      bench_pair (bench, &each_figure, ours, n / each * G_USEC_PER_SEC);
    }
  bench_bare_server_free (server);
  bench_crowd_free (crowd);
}
