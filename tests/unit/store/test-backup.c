/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "store-test.h"
#include "store/files.h"
#include "store/schema.h"

#define ALICE "alice@example.com"

typedef struct
{
  gboolean     ok;
  GError      *error; /* nullable */
  volatile int done;
} Copied;

static void
on_backed_up (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Copied *copied = user_data;

  g_assert_null (object);
  copied->ok = musterd_store_backup_finish (NULL, result, &copied->error);
  copied->done = TRUE;
}

static void
on_restored (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Copied *copied = user_data;

  g_assert_null (object);
  copied->ok = musterd_store_restore_finish (NULL, result, &copied->error);
  copied->done = TRUE;
}

static void
backup (MusterdStore *store, const char *path, GError **error)
{
  Copied copied = { 0 };

  musterd_store_backup_async (store, path, on_backed_up, &copied);
  test_wait (&copied.done);
  g_assert_cmpint (copied.ok, ==, copied.error == NULL);
  if (copied.error != NULL)
    g_propagate_error (error, copied.error);
}

static void
restore (MusterdStore *store, const char *path, GError **error)
{
  Copied copied = { 0 };

  musterd_store_restore_async (store, path, on_restored, &copied);
  test_wait (&copied.done);
  g_assert_cmpint (copied.ok, ==, copied.error == NULL);
  if (copied.error != NULL)
    g_propagate_error (error, copied.error);
}

static void
choose (MusterdStore *store, int number)
{
  MusterdBatch *batch = musterd_batch_new ();
  g_autofree char *text = g_strdup_printf ("%d", number);

  test_choice (batch, ALICE, number, text);
  test_write (store, batch, TRUE);
}

static guint
n_files (const char *dir)
{
  g_autoptr(GDir) open = g_dir_open (dir, 0, NULL);
  guint n = 0;

  while (g_dir_read_name (open) != NULL)
    n++;
  return n;
}

/* A copy of one moment, while changes go on. */
static void
test_backup_during_writes (void)
{
  char *dir = test_dir_new ();
  char *other = test_dir_new ();
  MusterdStore *store = test_open (dir);
  g_autofree char *path = test_path (other, "copy.db");
  g_autofree char *restored = test_path (other, "muster.db");
  Copied copied = { 0 };
  TestAnswer answers[100] = { 0 };
  struct stat info;
  MusterdBatch *batch = NULL;

  test_put_user (store, ALICE);
  batch = musterd_batch_new ();
  for (int i = 0; i < 5000; i++)
    {
      g_autofree char *key = g_strdup_printf ("before-%d", i);
      g_autoptr(MusterdClaim) claim = test_claim ("ews", key, 1, 2);

      musterd_batch_put_claim (batch, ALICE, claim);
    }
  test_write (store, batch, TRUE);
  musterd_store_backup_async (store, path, on_backed_up, &copied);
  /* Each of these puts two claims or none, so that a copy in between would show. */
  for (gsize i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      batch = musterd_batch_new ();
      for (int half = 0; half < 2; half++)
        {
          g_autofree char *key = g_strdup_printf ("during-%" G_GSIZE_FORMAT "-%d", i, half);
          g_autoptr(MusterdClaim) claim = test_claim ("ews", key, 1, 2);

          musterd_batch_put_claim (batch, ALICE, claim);
        }
      musterd_store_write (store, batch, TRUE, on_test_answer, &answers[i]);
      if (i % 10 == 0)
        test_wait (&answers[i].done);
    }
  test_wait (&answers[G_N_ELEMENTS (answers) - 1].done);
  test_wait (&copied.done);
  g_assert_no_error (copied.error);
  g_assert_true (copied.ok);
  g_assert_cmpint (stat (path, &info), ==, 0);
  g_assert_cmpuint (info.st_mode & 07777, ==, 0600);
  g_assert_cmpuint (n_files (other), ==, 1);
  g_assert_cmpint (g_rename (path, restored), ==, 0);

  g_autofree char *integrity = test_sql (other, "PRAGMA integrity_check");
  g_autofree char *n_before = test_sql (other, "SELECT count (*) FROM claims WHERE key LIKE 'before-%'");
  g_autofree char *n_odd = test_sql (other, "SELECT count (*) % 2 FROM claims");
  g_autofree char *version = test_sql (other, "PRAGMA user_version");
  g_autofree char *mode = test_sql (other, "PRAGMA journal_mode");

  g_assert_cmpstr (integrity, ==, "ok");
  g_assert_cmpstr (n_before, ==, "5000");
  g_assert_cmpstr (n_odd, ==, "0");
  g_assert_cmpint (atoi (version), ==, musterd_schema_get_version ());
  g_assert_cmpstr (mode, ==, "delete");
  musterd_store_close (store);
  test_dir_remove (dir);
  test_dir_remove (other);
}

static void
test_backup_refused (void)
{
  char *dir = test_dir_new ();
  MusterdStore *store = test_open (dir);
  g_autofree char *taken = test_path (dir, "taken");
  g_autofree char *nowhere = g_build_filename (dir, "no", "such", "directory", NULL);
  g_autofree char *dangling = test_path (dir, "dangling");
  g_autofree char *bytes = NULL;
  g_autoptr(GError) error = NULL;

  g_assert_true (g_file_set_contents (taken, "mine", 4, NULL));
  backup (store, taken, &error);
  g_assert_error (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFLICT);
  g_assert_nonnull (strstr (error->message, taken));
  bytes = test_read (taken, NULL);
  g_assert_cmpstr (bytes, ==, "mine");
  g_clear_error (&error);

  g_assert_cmpint (symlink ("/nowhere/at/all", dangling), ==, 0);
  backup (store, dangling, &error);
  g_assert_error (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFLICT);
  g_clear_error (&error);

  backup (store, nowhere, &error);
  g_assert_error (error, MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE);
  g_assert_nonnull (strstr (error->message, nowhere));
  g_clear_error (&error);
  musterd_store_close (store);
  test_dir_remove (dir);
}

static void
test_restore (void)
{
  char *dir = test_dir_new ();
  MusterdStore *store = test_open (dir);
  g_autofree char *path = test_path (dir, "copy with % and ?.db");
  g_autofree char *waiting = test_path (dir, "muster.db.restore");
  g_autofree char *kept = test_path (dir, "muster.db.before-restore");
  g_autofree char *current = test_path (dir, "muster.db");
  g_autoptr(GError) error = NULL;

  test_put_user (store, ALICE);
  choose (store, 1);
  backup (store, path, &error);
  g_assert_no_error (error);
  choose (store, 2);
  restore (store, path, &error);
  g_assert_no_error (error);
  g_assert_true (g_file_test (waiting, G_FILE_TEST_EXISTS));
  /* Not before the next start. */
  choose (store, 3);
  musterd_store_close (store);

  g_autofree char *text = test_dump_dir (dir);

  g_assert_cmpstr (text, ==, "user " ALICE "\nchoice " ALICE " - busy 1 1 never -\n");
  g_assert_false (g_file_test (waiting, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (kept, G_FILE_TEST_EXISTS));

  /* What was there before is a whole store too. */
  g_assert_cmpint (g_rename (kept, current), ==, 0);

  g_autofree char *before = test_dump_dir (dir);

  g_assert_cmpstr (before, ==, "user " ALICE "\nchoice " ALICE " - busy 3 3 never -\n");
  test_dir_remove (dir);
}

/* The old store was left by a crash, with its last changes in the log: none of them may get into the restored one, and
 * none may get lost from the old one. */
static void
test_restore_after_crash (void)
{
  char *dir = test_dir_new ();
  char *crashed = test_dir_new ();
  MusterdStore *store = test_open (dir);
  static const char *const names[] = { "muster.db", "muster.db-wal", "muster.db-shm", "muster.db.restore" };
  g_autofree char *path = test_path (dir, "copy.db");
  g_autofree char *kept = test_path (crashed, "muster.db.before-restore");
  g_autofree char *current = test_path (crashed, "muster.db");
  g_autoptr(GError) error = NULL;

  test_put_user (store, ALICE);
  choose (store, 1);
  backup (store, path, &error);
  g_assert_no_error (error);
  restore (store, path, &error);
  g_assert_no_error (error);
  choose (store, 2);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *from = test_path (dir, names[i]);
      g_autofree char *to = test_path (crashed, names[i]);
      gsize length = 0;
      g_autofree char *bytes = test_read (from, &length);

      g_assert_cmpuint (length, >, 0);
      g_assert_true (g_file_set_contents (to, bytes, (gssize) length, NULL));
    }
  musterd_store_close (store);

  g_autofree char *text = test_dump_dir (crashed);
  g_autofree char *integrity = test_sql (crashed, "PRAGMA integrity_check");

  g_assert_cmpstr (text, ==, "user " ALICE "\nchoice " ALICE " - busy 1 1 never -\n");
  g_assert_cmpstr (integrity, ==, "ok");
  g_assert_cmpint (g_rename (kept, current), ==, 0);

  g_autofree char *before = test_dump_dir (crashed);

  g_assert_cmpstr (before, ==, "user " ALICE "\nchoice " ALICE " - busy 2 2 never -\n");
  test_dir_remove (dir);
  test_dir_remove (crashed);
}

/* The putting in place is interrupted after each of its steps, as by a crash, and done again from there. */
typedef struct
{
  const char *name;
  gboolean    has_current, has_log, has_before;
} Interrupted;

static const Interrupted interrupted[] = {
  { "nothing-yet", TRUE, FALSE, FALSE },
  { "log-not-folded", TRUE, TRUE, TRUE },
  { "current-moved", FALSE, FALSE, TRUE },
  { "log-not-moved", FALSE, TRUE, TRUE },
  { "no-store-before", FALSE, FALSE, FALSE },
};

static void
make_file (const char *dir, const char *name, const char *text)
{
  g_autofree char *path = test_path (dir, name);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

static void
test_interrupted (gconstpointer data)
{
  const Interrupted *c = data;
  char *dir = test_dir_new ();
  MusterdStore *store = test_open (dir);
  g_autofree char *path = test_path (dir, "muster.db.restore");
  g_autofree char *current = test_path (dir, "muster.db");
  g_autoptr(GError) error = NULL;

  test_put_user (store, ALICE);
  backup (store, path, &error);
  g_assert_no_error (error);
  musterd_store_close (store);
  g_assert_cmpint (g_unlink (current), ==, 0);

  /* Stand-ins that SQLite itself would not open: they are moved as they are. */
  if (c->has_before)
    make_file (dir, "muster.db.before-restore", c->has_current ? "older" : "old");
  if (c->has_current)
    make_file (dir, "muster.db", "old");
  if (c->has_log)
    make_file (dir, "muster.db-wal", "log");

  g_autofree char *text = test_dump_dir (dir);
  g_autofree char *before = test_path (dir, "muster.db.before-restore");
  g_autofree char *before_log = test_path (dir, "muster.db.before-restore-wal");

  g_assert_cmpstr (text, ==, "user " ALICE "\n");
  g_assert_cmpint (g_file_test (before, G_FILE_TEST_EXISTS), ==, c->has_current || c->has_before);
  if (c->has_current || c->has_before)
    {
      g_autofree char *bytes = test_read (before, NULL);

      g_assert_cmpstr (bytes, ==, "old");
    }
  if (c->has_log)
    {
      g_autofree char *bytes = test_read (before_log, NULL);

      g_assert_cmpstr (bytes, ==, "log");
    }
  test_dir_remove (dir);
}

/* What is not a whole store of ours is not taken, and the running one goes on. */
typedef struct
{
  const char *name;
  void      (*make) (const char *dir, const char *path); /* `path` is a good backup */
  int         code; /* MusterdError */
  const char *message;
} Bad;

static void
make_missing (const char *dir, const char *path)
{
  (void) dir;
  g_assert_cmpint (g_unlink (path), ==, 0);
}

static void
make_garbage (const char *dir, const char *path)
{
  (void) dir;
  g_assert_true (g_file_set_contents (path, "this is not a database, however long it is", -1, NULL));
}

static void
make_empty (const char *dir, const char *path)
{
  (void) dir;
  g_assert_true (g_file_set_contents (path, "", 0, NULL));
}

static void
make_truncated (const char *dir, const char *path)
{
  struct stat info;

  (void) dir;
  g_assert_cmpint (stat (path, &info), ==, 0);
  g_assert_cmpint (truncate (path, info.st_size - 4096), ==, 0);
}

static void
make_flipped (const char *dir, const char *path)
{
  gsize length = 0;
  g_autofree char *bytes = test_read (path, &length);

  (void) dir;
  /* Pages of tables and indexes, not the free end of one. */
  for (gsize page = 1; page < length / 4096; page++)
    memset (bytes + page * 4096, 0xff, 64);
  g_assert_true (g_file_set_contents (path, bytes, (gssize) length, NULL));
}

static void
run_on (const char *path, const char *sql)
{
  sqlite3 *db = NULL;

  g_assert_cmpint (sqlite3_open (path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, sql, NULL, NULL, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_close (db), ==, SQLITE_OK);
}

static void
make_foreign (const char *dir, const char *path)
{
  (void) dir;
  run_on (path, "PRAGMA application_id = 1");
}

static void
make_newer (const char *dir, const char *path)
{
  (void) dir;
  run_on (path, "PRAGMA user_version = 1000");
}

static void
make_orphans (const char *dir, const char *path)
{
  (void) dir;
  run_on (path, "PRAGMA foreign_keys = OFF; INSERT INTO ignores VALUES (77, 's', 'k', 1)");
}

static void
make_without_table (const char *dir, const char *path)
{
  (void) dir;
  run_on (path, "DROP TABLE claims");
}

static void
make_with_log (const char *dir, const char *path)
{
  g_autofree char *log = g_strconcat (path, "-wal", NULL);

  (void) dir;
  g_assert_true (g_file_set_contents (log, "log", -1, NULL));
}

static void
make_directory (const char *dir, const char *path)
{
  make_missing (dir, path);
  g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
}

static void
make_fifo (const char *dir, const char *path)
{
  make_missing (dir, path);
  g_assert_cmpint (mkfifo (path, 0600), ==, 0);
}

static const Bad bad[] = {
  { "missing", make_missing, MUSTERD_ERROR_NOT_FOUND, "No such file" },
  { "garbage", make_garbage, MUSTERD_ERROR_INVALID, "not a database" },
  { "empty", make_empty, MUSTERD_ERROR_INVALID, "empty" },
  { "truncated", make_truncated, MUSTERD_ERROR_INVALID, "malformed" },
  { "flipped", make_flipped, MUSTERD_ERROR_INVALID, "damaged" },
  { "foreign", make_foreign, MUSTERD_ERROR_INVALID, "another program" },
  { "newer", make_newer, MUSTERD_ERROR_INVALID, "newer version" },
  { "orphans", make_orphans, MUSTERD_ERROR_INVALID, "belong to no user" },
  { "without-table", make_without_table, MUSTERD_ERROR_INVALID, "no such table" },
  { "with-log", make_with_log, MUSTERD_ERROR_INVALID, "-wal" },
  { "directory", make_directory, MUSTERD_ERROR_INVALID, "not a regular file" },
  { "fifo", make_fifo, MUSTERD_ERROR_INVALID, "not a regular file" },
};

static void
test_restore_refused (gconstpointer data)
{
  const Bad *c = data;
  char *dir = test_dir_new ();
  char *other = test_dir_new ();
  MusterdStore *store = test_open (dir);
  g_autofree char *path = test_path (other, "copy.db");
  g_autofree char *waiting = test_path (dir, "muster.db.restore");
  g_autofree char *part = test_path (dir, "muster.db.restore.part");
  g_autoptr(GError) error = NULL;

  test_put_user (store, ALICE);
  choose (store, 1);
  backup (store, path, &error);
  g_assert_no_error (error);
  c->make (other, path);
  restore (store, path, &error);
  g_assert_nonnull (error);
  g_test_message ("%s", error->message);
  g_assert_error (error, MUSTERD_ERROR, c->code);
  g_assert_nonnull (strstr (error->message, c->message));
  g_assert_nonnull (strstr (error->message, path));
  g_assert_false (g_file_test (waiting, G_FILE_TEST_EXISTS));
  g_assert_false (g_file_test (part, G_FILE_TEST_EXISTS));
  choose (store, 2);
  musterd_store_close (store);

  g_autofree char *text = test_dump_dir (dir);

  g_assert_cmpstr (text, ==, "user " ALICE "\nchoice " ALICE " - busy 2 2 never -\n");
  test_dir_remove (dir);
  test_dir_remove (other);
}

/* A file that somebody laid there by hand is looked at before it takes the store's place. */
static void
test_garbage_in_place (void)
{
  char *dir = test_dir_new ();
  MusterdStore *store = test_open (dir);

  test_put_user (store, ALICE);
  musterd_store_close (store);
  make_file (dir, "muster.db.restore", "garbage, all of it garbage");

  g_autofree char *message = test_open_fails (dir);
  g_autofree char *path = test_path (dir, "muster.db.restore");

  g_assert_nonnull (strstr (message, "muster.db.restore"));
  g_assert_cmpint (g_unlink (path), ==, 0);

  g_autofree char *text = test_dump_dir (dir);

  g_assert_cmpstr (text, ==, "user " ALICE "\n");
  test_dir_remove (dir);
}

/* Closing ends a copy rather than waiting for it, and its answer still comes. */
static void
test_close_during_backup (void)
{
  char *dir = test_dir_new ();
  MusterdStore *store = test_open (dir);
  g_autofree char *path = test_path (dir, "copy.db");
  Copied copied = { 0 };
  MusterdBatch *batch = musterd_batch_new ();

  test_put_user (store, ALICE);
  for (int i = 0; i < 20000; i++)
    {
      g_autofree char *key = g_strdup_printf ("%0200d", i);
      g_autoptr(MusterdClaim) claim = test_claim ("ews", key, 1, 2);

      musterd_batch_put_claim (batch, ALICE, claim);
    }
  test_write (store, batch, TRUE);
  musterd_store_backup_async (store, path, on_backed_up, &copied);
  musterd_store_close (store);
  test_wait (&copied.done);
  g_assert_cmpint (g_file_test (path, G_FILE_TEST_EXISTS), ==, copied.ok);
  g_assert_cmpuint (n_files (dir), ==, copied.ok ? 3 : 2);
  g_clear_error (&copied.error);
  test_dir_remove (dir);
}

int
main (int argc, char **argv)
{
  test_init (&argc, &argv);
  g_test_add_func ("/store/backup/during-writes", test_backup_during_writes);
  g_test_add_func ("/store/backup/refused", test_backup_refused);
  g_test_add_func ("/store/backup/close-during", test_close_during_backup);
  g_test_add_func ("/store/restore/next-start", test_restore);
  g_test_add_func ("/store/restore/after-crash", test_restore_after_crash);
  g_test_add_func ("/store/restore/garbage-in-place", test_garbage_in_place);
  for (gsize i = 0; i < G_N_ELEMENTS (interrupted); i++)
    {
      g_autofree char *path = g_strconcat ("/store/restore/interrupted/", interrupted[i].name, NULL);

      g_test_add_data_func (path, &interrupted[i], test_interrupted);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autofree char *path = g_strconcat ("/store/restore/refused/", bad[i].name, NULL);

      g_test_add_data_func (path, &bad[i], test_restore_refused);
    }
  return g_test_run ();
}
