/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>
#include <string.h>

#include "store-test.h"
#include "store/schema.h"

/* Files that are not to be opened, and what must be said of them. None of them may be changed by the try. */
typedef struct
{
  const char *name;
  void      (*make) (const char *dir);
  const char *message; /* pattern */
} Refused;

static void
make_store (const char *dir)
{
  g_autoptr(MusterdStore) store = test_open (dir);

  test_put_user (store, "alice@example.com");
}

static void
make_newer (const char *dir)
{
  make_store (dir);
  g_free (test_sql (dir, "PRAGMA user_version = 1000; CREATE TABLE future (x)"));
}

/* As a newer version leaves it when it is killed: the version stands in the log only. */
static void
make_newer_in_log (const char *dir)
{
  static const char *const names[] = { "muster.db", "muster.db-wal" };
  g_autofree char *kept = test_path (dir, "kept");
  g_autofree char *path = test_path (dir, "muster.db");
  sqlite3 *db = NULL;

  make_store (dir);
  g_assert_cmpint (g_mkdir (kept, 0700), ==, 0);
  g_assert_cmpint (sqlite3_open (path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, "PRAGMA user_version = 1000; CREATE TABLE future (x)", NULL, NULL, NULL), ==,
                   SQLITE_OK);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *from = test_path (dir, names[i]);
      g_autofree char *to = test_path (kept, names[i]);
      gsize length = 0;
      g_autofree char *bytes = test_read (from, &length);

      g_assert_cmpuint (length, >, 0);
      g_assert_true (g_file_set_contents (to, bytes, (gssize) length, NULL));
    }
  g_assert_cmpint (sqlite3_close (db), ==, SQLITE_OK);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *from = test_path (kept, names[i]);
      g_autofree char *to = test_path (dir, names[i]);

      g_assert_cmpint (g_rename (from, to), ==, 0);
    }
  g_assert_cmpint (g_rmdir (kept), ==, 0);
}

static void
make_garbage (const char *dir)
{
  g_autofree char *path = test_path (dir, "muster.db");
  g_autofree char *bytes = g_malloc (10000);

  memset (bytes, 'x', 10000);
  g_assert_true (g_file_set_contents (path, bytes, 10000, NULL));
}

static void
make_truncated (const char *dir)
{
  g_autofree char *path = test_path (dir, "muster.db");

  make_store (dir);
  g_assert_cmpint (truncate (path, 8192 + 100), ==, 0);
}

static void
make_foreign (const char *dir)
{
  g_free (test_sql (dir, "CREATE TABLE addresses (x); INSERT INTO addresses VALUES (1)"));
}

static void
make_foreign_with_id (const char *dir)
{
  g_free (test_sql (dir, "PRAGMA application_id = 252006674; PRAGMA user_version = 1"));
}

static void
make_without_tables (const char *dir)
{
  g_autofree char *sql
      = g_strdup_printf ("PRAGMA application_id = %d; PRAGMA user_version = %d; CREATE TABLE meta (name, value)",
                         MUSTERD_SCHEMA_APPLICATION, musterd_schema_get_version ());

  g_free (test_sql (dir, sql));
}

static void
make_link (const char *dir)
{
  g_autofree char *path = test_path (dir, "muster.db");
  g_autofree char *target = test_path (dir, "elsewhere.db");

  g_assert_true (g_file_set_contents (target, "", 0, NULL));
  g_assert_cmpint (symlink (target, path), ==, 0);
}

static void
make_directory (const char *dir)
{
  g_autofree char *path = test_path (dir, "muster.db");

  g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
}

static const Refused refused[] = {
  { "newer", make_newer, "*muster.db*newer version of Muster (schema 1000*left as it is*" },
  { "newer-in-log", make_newer_in_log, "*muster.db*newer version of Muster (schema 1000*left as it is*" },
  { "garbage", make_garbage, "*damaged*muster.db.restore*muster.db*not a database*" },
  { "truncated", make_truncated, "*damaged*muster.db*malformed*" },
  { "foreign", make_foreign, "*muster.db*another program*" },
  { "foreign-with-id", make_foreign_with_id, "*muster.db*another program*" },
  { "without-tables", make_without_tables, "*muster.db*no such table*" },
  { "link", make_link, "*muster.db*not a regular file*" },
  { "directory", make_directory, "*muster.db*not a regular file*" },
};

/* Checksum of a file, or what stands in its place. */
static char *
fingerprint (const char *dir, const char *name)
{
  g_autofree char *path = test_path (dir, name);
  g_autofree char *bytes = NULL;
  gsize length = 0;

  if (!g_file_get_contents (path, &bytes, &length, NULL))
    return g_strdup ("none");
  return g_compute_checksum_for_data (G_CHECKSUM_SHA256, (const guchar *) bytes, length);
}

static void
test_refused (gconstpointer data)
{
  const Refused *c = data;
  char *dir = test_dir_new ();

  c->make (dir);

  g_autofree char *before = fingerprint (dir, "muster.db");
  g_autofree char *log_before = fingerprint (dir, "muster.db-wal");
  g_autofree char *message = test_open_fails (dir);
  g_autofree char *again = test_open_fails (dir);
  g_autofree char *after = fingerprint (dir, "muster.db");
  g_autofree char *log_after = fingerprint (dir, "muster.db-wal");

  g_assert_true (g_pattern_match_simple (c->message, message));
  g_assert_cmpstr (message, ==, again);
  /* One of ours is switched to its log before its tables are asked for. */
  if (!g_str_equal (c->name, "without-tables"))
    {
      g_assert_cmpstr (before, ==, after);
      g_assert_cmpstr (log_before, ==, log_after);
    }
  test_dir_remove (dir);
}

/* Files that a crash can leave and that are as good as none. */
typedef struct
{
  const char *name;
  const char *sql; /* nullable: an empty file */
} Unborn;

static const Unborn unborn[] = {
  { "empty-file", NULL },
  { "log-but-no-table", "PRAGMA journal_mode = WAL" },
};

static void
test_unborn (gconstpointer data)
{
  const Unborn *c = data;
  char *dir = test_dir_new ();
  g_autofree char *path = test_path (dir, "muster.db");
  g_autoptr(MusterdStore) store = NULL;

  if (c->sql != NULL)
    g_free (test_sql (dir, c->sql));
  else
    g_assert_true (g_file_set_contents (path, "", 0, NULL));
  store = test_open (dir);
  g_assert_true (musterd_store_is_new (store));
  test_put_user (store, "alice@example.com");
  g_clear_pointer (&store, musterd_store_close);
  test_dir_remove (dir);
}

/* Works councils ask: these are all the tables there are. Whoever adds one shows here that it keeps no history. */
static void
test_no_history (void)
{
  char *dir = test_dir_new ();

  make_store (dir);

  g_autofree char *tables
      = test_sql (dir, "SELECT group_concat (name, ' ') FROM (SELECT name FROM sqlite_schema"
                       " WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name)");
  g_autofree char *key = test_sql (dir, "SELECT group_concat (name) FROM pragma_table_info ('shown') WHERE pk > 0");
  g_autofree char *loose = test_sql (dir, "SELECT count (*) FROM pragma_table_list WHERE schema = 'main'"
                                          " AND name NOT LIKE 'sqlite_%' AND NOT strict");

  g_assert_cmpstr (tables, ==, "choices claims clients delegations devices ignores meta policies"
                              " records relationships settings shown templates tokens user_attributes"
                              " users");
  g_assert_cmpstr (key, ==, "user");
  g_assert_cmpstr (loose, ==, "0");
  test_dir_remove (dir);
}

/* The machinery of migrations, with steps of its own. */
static const MusterdSchemaStep fake_steps[] = {
  { 1, "CREATE TABLE a (x)" },
  { 2, "ALTER TABLE a ADD COLUMN y; UPDATE a SET y = x + 1" },
  { 3, "CREATE TABLE b (x); INSERT INTO b SELECT y FROM a" },
};
static const MusterdSchemaStep broken_steps[] = {
  { 1, "CREATE TABLE a (x)" },
  { 2, "CREATE TABLE half (x); INSERT INTO nowhere VALUES (1)" },
};

static void
test_migrate (void)
{
  g_autoptr(GError) error = NULL;
  sqlite3 *db = NULL;
  gint64 value = 0;

  g_assert_cmpint (sqlite3_open (":memory:", &db), ==, SQLITE_OK);
  g_assert_true (musterd_schema_migrate (db, fake_steps, 1, &error));
  g_assert_true (musterd_sql_exec (db, "INSERT INTO a VALUES (41)", &error));
  g_assert_true (musterd_schema_migrate (db, fake_steps, G_N_ELEMENTS (fake_steps), &error));
  g_assert_true (musterd_sql_get_int (db, "SELECT x FROM b", &value, &error));
  g_assert_cmpint (value, ==, 42);
  g_assert_true (musterd_sql_get_int (db, "PRAGMA user_version", &value, &error));
  g_assert_cmpint (value, ==, 3);
  g_assert_true (musterd_sql_get_int (db, "PRAGMA application_id", &value, &error));
  g_assert_cmpint (value, ==, MUSTERD_SCHEMA_APPLICATION);
  /* Nothing is left to do, and an older table does nothing. */
  g_assert_true (musterd_schema_migrate (db, fake_steps, G_N_ELEMENTS (fake_steps), &error));
  g_assert_true (musterd_schema_migrate (db, fake_steps, 1, &error));
  g_assert_no_error (error);
  g_assert_cmpint (sqlite3_close (db), ==, SQLITE_OK);
}

static void
test_migrate_broken (void)
{
  g_autoptr(GError) error = NULL;
  sqlite3 *db = NULL;
  gint64 value = -1;

  g_assert_cmpint (sqlite3_open (":memory:", &db), ==, SQLITE_OK);
  g_assert_false (musterd_schema_migrate (db, broken_steps, G_N_ELEMENTS (broken_steps), &error));
  g_assert_error (error, MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE);
  g_assert_nonnull (strstr (error->message, "to schema 2"));
  g_clear_error (&error);
  g_assert_true (musterd_sql_get_int (db, "PRAGMA user_version", &value, &error));
  g_assert_cmpint (value, ==, 1);
  g_assert_true (musterd_sql_get_int (db, "SELECT count (*) FROM sqlite_schema WHERE name = 'half'", &value, &error));
  g_assert_cmpint (value, ==, 0);
  g_assert_cmpint (sqlite3_close (db), ==, SQLITE_OK);
}

static void
test_steps_in_order (void)
{
  gsize n = 0;
  const MusterdSchemaStep *steps = musterd_schema_get_steps (&n);

  for (gsize i = 0; i < n; i++)
    g_assert_cmpint (steps[i].version, ==, (int) i + 1);
  g_assert_cmpint (musterd_schema_get_version (), ==, (int) n);
}

static void
test_two_daemons (void)
{
  char *dir = test_dir_new ();
  g_autoptr(MusterdStore) store = test_open (dir);
  g_autofree char *message = test_open_fails (dir);

  g_assert_nonnull (strstr (message, dir));
  g_assert_nonnull (strstr (message, "another musterd"));
  test_put_user (store, "alice@example.com");
  g_clear_pointer (&store, musterd_store_close);
  store = test_open (dir);
  g_clear_pointer (&store, musterd_store_close);
  test_dir_remove (dir);
}

static void
test_open_to_others (void)
{
  char *dir = test_dir_new ();

  g_assert_cmpint (chmod (dir, 0770), ==, 0);

  g_autofree char *message = test_open_fails (dir);

  g_assert_nonnull (strstr (message, dir));
  g_assert_nonnull (strstr (message, "others may write"));
  test_dir_remove (dir);
}

static void
test_directory_is_file (void)
{
  char *top = test_dir_new ();
  g_autofree char *dir = test_path (top, "state");

  g_assert_true (g_file_set_contents (dir, "", 0, NULL));

  g_autofree char *message = test_open_fails (dir);

  g_assert_nonnull (strstr (message, dir));
  test_dir_remove (top);
}

int
main (int argc, char **argv)
{
  test_init (&argc, &argv);
  for (gsize i = 0; i < G_N_ELEMENTS (refused); i++)
    {
      g_autofree char *path = g_strconcat ("/store/refused/", refused[i].name, NULL);

      g_test_add_data_func (path, &refused[i], test_refused);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (unborn); i++)
    {
      g_autofree char *path = g_strconcat ("/store/unborn/", unborn[i].name, NULL);

      g_test_add_data_func (path, &unborn[i], test_unborn);
    }
  g_test_add_func ("/store/no-history", test_no_history);
  g_test_add_func ("/store/migrate/forward", test_migrate);
  g_test_add_func ("/store/migrate/broken", test_migrate_broken);
  g_test_add_func ("/store/migrate/in-order", test_steps_in_order);
  g_test_add_func ("/store/two-daemons", test_two_daemons);
  g_test_add_func ("/store/open-to-others", test_open_to_others);
  g_test_add_func ("/store/directory-is-file", test_directory_is_file);
  return g_test_run ();
}
