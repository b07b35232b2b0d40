/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The memory of a real musterd that is its own alone (Private_Dirty), once it has nothing to do: the difference between
 * one with many users and one with none, and so on. The baseline is what a user or a claim may cost. */
#define G_LOG_DOMAIN "muster-bench"

#include "daemon.h"
#include "population.h"

static const BenchFigure user_figure = { "a user, no claims (allowed)", "B", BENCH_AT_MOST, 1 };
static const BenchFigure claim_figure = { "a claim, source's key of 152 bytes (allowed)", "B", BENCH_AT_MOST, 1 };
static const BenchFigure link_figure = { "a link of 219 bytes (its bytes)", "B", BENCH_TOLD, 0 };
static const BenchFigure sink_figure = { "a user at a sink, besides (a user's allowance)", "B", BENCH_TOLD, 0 };

static double
measure (Bench *bench, const char *name, const BenchPopulation *population, const char *keyfile)
{
  g_autofree char *state_dir = g_build_filename (bench_get_folder (bench), name, NULL);
  BenchDaemon *daemon;
  double bytes;

  if (!g_file_test (state_dir, G_FILE_TEST_EXISTS))
    bench_population_write (population, state_dir);
  daemon = bench_daemon_start (bench, state_dir, keyfile);
  bench_daemon_wait_idle (daemon);
  bytes = (double) bench_daemon_get_private (daemon);
  bench_daemon_stop (daemon);
  return bytes;
}

void
bench_row_memory (Bench *bench)
{
  const char *keyfile = "[bench-source:calendar]\n", *with_sink = "[bench-source:calendar]\n[bench-sink:pipe]\n";
  guint rounds = bench_size (bench, 3, 1);
  MusterdTime from = g_get_real_time () + MUSTERD_DAY;
  const BenchPopulation nobody = { .n_users = 0 };
  const BenchPopulation users = { .n_users = bench_size (bench, 100000, 200) };
  const BenchPopulation claims = { .n_users = users.n_users, .n_claims = 10, .from = from };
  const BenchPopulation links = { .n_users = users.n_users, .n_claims = 10, .from = from, .links = TRUE };

  for (guint i = 0; i < rounds; i++)
    {
      double none = measure (bench, "none", &nobody, keyfile);
      double with_users = measure (bench, "users", &users, keyfile);
      double at_sink = measure (bench, "users", &users, with_sink);
      double with_claims = measure (bench, "claims", &claims, keyfile);
      double with_links = measure (bench, "links", &links, keyfile);
      double n_claims = 10.0 * users.n_users;

      bench_pair (bench, &user_figure, (with_users - none) / users.n_users, 1024);
      bench_pair (bench, &claim_figure, (with_claims - with_users) / n_claims, 256);
      bench_pair (bench, &link_figure, (with_links - with_claims) / n_claims, 219);
      bench_pair (bench, &sink_figure, (at_sink - with_users) / users.n_users, 1024);
      if (i == 0)
        bench_note (bench,
                    "musterd without users: %.1f MiB private; what subjects cost is not measured, since musterd keeps "
                    "none as long as no setting shows them",
                    none / 1024 / 1024);
    }
}
