/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Twenty thousand users with ten claims each: written, loaded in order, and with no more statements than for one. The
 * times are told, not judged. */
#include "store-test.h"

#define USERS 20000
#define CLAIMS 10

typedef struct
{
  guint       users, claims;
  guint       of_user; /* claims of the present one */
  const char *user;
} Loaded;

static void
on_user (gpointer data, MusterdUser *user)
{
  ((Loaded *) data)->users++;
  musterd_user_unref (user);
}

static void
on_claim (gpointer data, const char *user, MusterdClaim *claim)
{
  Loaded *loaded = data;

  /* All of one user together, under one and the same pointer, so that the reader looks the user up once. */
  if (loaded->user != user)
    {
      g_assert_cmpuint (loaded->of_user, ==, loaded->user != NULL ? CLAIMS : 0);
      loaded->of_user = 0;
      loaded->user = user;
    }
  loaded->of_user++;
  loaded->claims++;
  musterd_claim_unref (claim);
}

static const MusterdStoreReader reader = { .user = on_user, .claim = on_claim };

static void
fill (MusterdStore *store, int first, int n)
{
  MusterdBatch *batch = musterd_batch_new ();

  for (int i = first; i < first + n; i++)
    {
      g_autofree char *id = g_strdup_printf ("user%d@example.com", i);
      g_autoptr(MusterdUser) user = test_user (id, "A Name");

      musterd_batch_put_user (batch, user);
      for (int j = 0; j < CLAIMS; j++)
        {
          g_autofree char *key = g_strdup_printf ("AAMkAGI2TG93AAA=%08d-%d", i, j);
          g_autoptr(MusterdClaim) claim = test_claim ("ews-stream:hq", key, j, j + 1);

          musterd_batch_put_claim (batch, id, claim);
        }
    }
  test_write (store, batch, FALSE);
}

static guint
load (MusterdStore *store, Loaded *loaded)
{
  g_autoptr(GError) error = NULL;
  guint before = musterd_sql_get_n_prepared ();

  g_assert_true (musterd_store_load (store, &reader, loaded, &error));
  g_assert_no_error (error);
  return musterd_sql_get_n_prepared () - before;
}

/* The bare SELECT of the same rows, as the measure of the load. */
static double
select_alone (const char *dir)
{
  g_autofree char *path = test_path (dir, "muster.db");
  sqlite3 *db = NULL;
  sqlite3_stmt *statement = NULL;
  gint64 start = g_get_monotonic_time ();

  g_assert_cmpint (sqlite3_open_v2 (path, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_prepare_v2 (db, "SELECT * FROM claims ORDER BY user, source, key", -1, &statement, NULL), ==,
                   SQLITE_OK);
  while (sqlite3_step (statement) == SQLITE_ROW)
    for (int i = 0; i < sqlite3_column_count (statement); i++)
      if (sqlite3_column_type (statement, i) == SQLITE_TEXT)
        sqlite3_column_bytes (statement, i);
      else
        sqlite3_column_int64 (statement, i);
  sqlite3_finalize (statement);
  g_assert_cmpint (sqlite3_close (db), ==, SQLITE_OK);
  return (double) (g_get_monotonic_time () - start) / G_TIME_SPAN_SECOND;
}

static void
test_large (void)
{
  char *dir = test_dir_new ();
  MusterdStore *store = test_open (dir);
  Loaded one = { 0 }, all = { 0 };
  guint before = 0, for_one = 0;
  gint64 start = 0;

  fill (store, 0, 1);
  for_one = load (store, &one);
  g_assert_cmpuint (one.users, ==, 1);
  g_assert_cmpuint (one.claims, ==, CLAIMS);

  before = musterd_sql_get_n_prepared ();
  start = g_get_monotonic_time ();
  fill (store, 0, USERS);
  g_test_message ("written in %.2f s", (double) (g_get_monotonic_time () - start) / G_TIME_SPAN_SECOND);
  g_assert_cmpuint (musterd_sql_get_n_prepared (), ==, before);

  start = g_get_monotonic_time ();
  g_assert_cmpuint (load (store, &all), ==, for_one);
  g_test_message ("loaded in %.2f s, the bare SELECT takes %.2f s",
                  (double) (g_get_monotonic_time () - start) / G_TIME_SPAN_SECOND, select_alone (dir));
  g_assert_cmpuint (all.users, ==, USERS);
  g_assert_cmpuint (all.claims, ==, USERS * CLAIMS);
  musterd_store_close (store);
  test_dir_remove (dir);
}

int
main (int argc, char **argv)
{
  test_init (&argc, &argv);
  g_test_add_func ("/store/large", test_large);
  return g_test_run ();
}
