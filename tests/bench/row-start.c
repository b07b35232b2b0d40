/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From starting musterd to its word that it is ready, with a full store. Baseline: reading the same rows of the same
 * file, column by column, and doing nothing with them. The file's pages are in the system's cache for both. */
#define G_LOG_DOMAIN "muster-bench"

#include <sqlite3.h>

#include "daemon.h"
#include "population.h"

static const BenchFigure figure = { "10 claims for each user (SELECT of the same rows)", "s", BENCH_AT_MOST, 4 };

static const char *const statements[] = {
  "SELECT user, id, name, email, extension, home, mobile, voicemail, zone, language, location, group_name, unix_user"
  " FROM users ORDER BY user",
  "SELECT user, name, value FROM user_attributes ORDER BY user, name",
  "SELECT user, template_id, status, text, made, until_time, by_user FROM choices ORDER BY user, timed",
  "SELECT user, source, key, from_time FROM ignores ORDER BY user, source, key",
  "SELECT user, source, key, set_name, kind, free_busy, response, flags, from_time, until_time, began, lease,"
  " lease_until, role, text, link, greeting_internal, greeting_external FROM claims ORDER BY user, source, key",
  "SELECT user, source, id, state, since, seen, lease, lease_until FROM clients ORDER BY user, source, id",
  "SELECT user, source, id, state, label, since, lease, lease_until FROM devices ORDER BY user, source, id",
  "SELECT user, status, template_name, since, ended_by FROM shown ORDER BY user",
};

static guint64
read_rows (sqlite3 *db, const char *sql)
{
  sqlite3_stmt *statement = NULL;
  guint64 bytes = 0;
  int rc;

  if (sqlite3_prepare_v2 (db, sql, -1, &statement, NULL) != SQLITE_OK)
    g_error ("%s: %s", sql, sqlite3_errmsg (db));
  while ((rc = sqlite3_step (statement)) == SQLITE_ROW)
    for (int i = 0; i < sqlite3_column_count (statement); i++)
      if (sqlite3_column_type (statement, i) == SQLITE_TEXT)
        bytes += (guint64) (sqlite3_column_text (statement, i) != NULL) + (guint64) sqlite3_column_bytes (statement, i);
      else
        bytes += (guint64) sqlite3_column_int64 (statement, i) & 1;
  if (rc != SQLITE_DONE)
    g_error ("%s: %s", sql, sqlite3_errmsg (db));
  sqlite3_finalize (statement);
  return bytes;
}

static double
measure_select (const char *state_dir)
{
  g_autofree char *path = g_build_filename (state_dir, "muster.db", NULL);
  gint64 began = g_get_monotonic_time ();
  guint64 bytes = 0;
  sqlite3 *db = NULL;

  if (sqlite3_open_v2 (path, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
    g_error ("opening %s: %s", path, sqlite3_errmsg (db));
  for (gsize i = 0; i < G_N_ELEMENTS (statements); i++)
    bytes += read_rows (db, statements[i]);
  sqlite3_close (db);
  if (bytes == 0)
    g_error ("%s holds nothing", path);
  return (double) (g_get_monotonic_time () - began) / G_USEC_PER_SEC;
}

void
bench_row_start (Bench *bench)
{
  guint rounds = bench_size (bench, 5, 1);
  g_autofree char *state_dir = g_build_filename (bench_get_folder (bench), "state", NULL);
  const BenchPopulation population = { .n_users = bench_size (bench, 100000, 200),
                                       .n_claims = 10,
                                       .from = g_get_real_time () + MUSTERD_DAY };

  bench_population_write (&population, state_dir);
  /* Once, not counted: it fills the table of what is shown, and the caches. */
  bench_daemon_stop (bench_daemon_start (bench, state_dir, "[bench-source:calendar]\n"));
  for (guint i = 0; i < rounds; i++)
    {
      double select = measure_select (state_dir);
      BenchDaemon *daemon = bench_daemon_start (bench, state_dir, "[bench-source:calendar]\n");

      bench_pair (bench, &figure, daemon->ready, select);
      bench_daemon_stop (daemon);
    }
}
