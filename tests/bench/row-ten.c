/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* "Ten o'clock": a fifth of all users change at one moment: until all are resolved, on disk, at a sink and at all their
 * followers. Baseline: one bare SQLite transaction that writes as many rows of the same table, and then the bare socket
 * writes of the same bytes, one for each follower. Neither side waits for the disk itself: what is shown can be had
 * again, and is written behind. */
#define G_LOG_DOMAIN "muster-bench"

#include <sqlite3.h>

#include "bare-server.h"
#include "samples.h"

#define LOOK_MS 2 /* from one look into the store to the next */

static const BenchFigure figure = { "20,000 of 100,000 change: all of it (bare)", "ms", BENCH_AT_MOST, 3 };
static const BenchFigure told_figure = { "the same, until the followers know", "ms", BENCH_TOLD, 0 };
static const BenchFigure sink_figure = { "the same, until the sink was asked", "ms", BENCH_TOLD, 0 };
static const BenchFigure disk_figure = { "the same, until it is on disk (bare batch)", "ms", BENCH_TOLD, 0 };

static const BenchFigure cpu_figure = { "the same, processor time of all threads", "ms", BENCH_TOLD, 0 };

static void
exec (sqlite3 *db, const char *sql)
{
  if (sqlite3_exec (db, sql, NULL, NULL, NULL) != SQLITE_OK)
    g_error ("%s: %s", sql, sqlite3_errmsg (db));
}

static sqlite3 *
open_db (const char *dir, const char *name, int flags)
{
  g_autofree char *path = g_build_filename (dir, name, NULL);
  sqlite3 *db = NULL;

  if (sqlite3_open_v2 (path, &db, flags, NULL) != SQLITE_OK)
    g_error ("opening %s: %s", path, sqlite3_errmsg (db));
  sqlite3_busy_timeout (db, 2000);
  return db;
}

/* Waits until the store says of all who change that they show something since `moment`. */
static gint64
wait_on_disk (sqlite3 *db, gint64 moment, guint n)
{
  g_autofree char *sql
      = g_strdup_printf ("SELECT count (*) FROM shown WHERE since >= %" G_GINT64_FORMAT, moment);
  sqlite3_stmt *statement = NULL;
  guint found = 0;

  if (sqlite3_prepare_v2 (db, sql, -1, &statement, NULL) != SQLITE_OK)
    g_error ("looking into the store: %s", sqlite3_errmsg (db));
  while (found < n)
    {
      g_usleep (LOOK_MS * 1000);
      if (sqlite3_step (statement) == SQLITE_ROW)
        found = (guint) sqlite3_column_int64 (statement, 0);
      sqlite3_reset (statement);
    }
  sqlite3_finalize (statement);
  return g_get_real_time () - moment;
}

static sqlite3 *
make_bare_table (Bench *bench, const BenchCrowdPlan *plan)
{
  sqlite3 *db = open_db (bench_get_folder (bench), "bare.db", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  g_autofree char *fill = g_strdup_printf (
      "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %u)"
      " INSERT INTO shown SELECT i, 1, 'Available', 0, NULL FROM n",
      plan->n_users);

  exec (db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
            "CREATE TABLE shown (user INTEGER PRIMARY KEY, status INTEGER NOT NULL, template_name TEXT,"
            " since INTEGER NOT NULL, ended_by TEXT) STRICT");
  exec (db, fill);
  return db;
}

static gint64
write_bare (sqlite3 *db, const BenchCrowdPlan *plan, gint64 since)
{
  gint64 began = g_get_monotonic_time ();
  sqlite3_stmt *statement = NULL;

  exec (db, "BEGIN IMMEDIATE");
  if (sqlite3_prepare_v2 (db, "INSERT OR REPLACE INTO shown VALUES (?1, ?2, ?3, ?4, ?5)", -1, &statement, NULL)
      != SQLITE_OK)
    g_error ("writing bare rows: %s", sqlite3_errmsg (db));
  for (guint user = 0; user < plan->n_users; user += plan->every)
    {
      sqlite3_bind_int64 (statement, 1, user + 1);
      sqlite3_bind_int (statement, 2, 3);
      sqlite3_bind_text (statement, 3, "Appointment", -1, SQLITE_STATIC);
      sqlite3_bind_int64 (statement, 4, since);
      sqlite3_bind_null (statement, 5);
      if (sqlite3_step (statement) != SQLITE_DONE)
        g_error ("writing a bare row: %s", sqlite3_errmsg (db));
      sqlite3_reset (statement);
    }
  sqlite3_finalize (statement);
  exec (db, "COMMIT");
  return g_get_monotonic_time () - began;
}

void
bench_row_ten (Bench *bench)
{
  const BenchCrowdPlan plan = { .n_users = bench_size (bench, 100000, 200),
                                .every = 5,
                                .n_watchers = bench_size (bench, 1000, 4),
                                .n_watched = bench_size (bench, 200, 50),
                                .moments = bench_size (bench, 6, 2),
                                .with_sink = TRUE };
  guint n = bench_crowd_get_n_changing (&plan);
  BenchCrowd *crowd = bench_crowd_new (bench, &plan);
  BenchBareServer *server = bench_bare_server_new (&plan);
  sqlite3 *store = open_db (crowd->state_dir, "muster.db", SQLITE_OPEN_READONLY);
  sqlite3 *bare = make_bare_table (bench, &plan);
  double before = bench_daemon_get_cpu (crowd->daemon);
  BenchMoment moment;

  while (bench_crowd_wait (crowd, &moment))
    {
      gint64 on_disk = wait_on_disk (store, moment.at, n);
      double cpu = bench_daemon_get_cpu (crowd->daemon) - before, bare_cpu = bench_thread_cpu ();
      g_autofree char *text = bench_watchers_dup_text (crowd->watchers);
      gint64 rows = write_bare (bare, &plan, moment.at);
      gint64 writes = bench_bare_server_write_each (server, text);
      double all = (double) MAX (on_disk, MAX (moment.told, moment.at_sink)) / 1000;
      double baseline = (double) (rows + writes) / 1000;

      bare_cpu = bench_thread_cpu () - bare_cpu;
      bench_pair (bench, &figure, all, baseline);
      bench_pair (bench, &told_figure, (double) moment.told / 1000, (double) writes / 1000);
      bench_pair (bench, &sink_figure, (double) moment.at_sink / 1000, baseline);
      bench_pair (bench, &disk_figure, (double) on_disk / 1000, (double) rows / 1000);
      bench_pair (bench, &cpu_figure, cpu * 1000, bare_cpu * 1000);
      before = bench_daemon_get_cpu (crowd->daemon);
    }
  sqlite3_close (bare);
  sqlite3_close (store);
  bench_bare_server_free (server);
  bench_crowd_free (crowd);
}
