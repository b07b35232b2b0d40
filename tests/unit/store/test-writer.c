/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dlfcn.h>
#include <unistd.h>

#include <string.h>

#include "store-test.h"

/* SQLite's own calls come here, since a program's symbols go before those of its libraries: how often the disk was
 * waited for is counted, not believed. */
static int n_syncs; /* atomic */

__attribute__ ((visibility ("default"))) int
fdatasync (int fd)
{
  int (*real) (int) = (int (*) (int)) dlsym (RTLD_NEXT, "fdatasync");

  g_atomic_int_inc (&n_syncs);
  return real (fd);
}

__attribute__ ((visibility ("default"))) int
fsync (int fd)
{
  int (*real) (int) = (int (*) (int)) dlsym (RTLD_NEXT, "fsync");

  g_atomic_int_inc (&n_syncs);
  return real (fd);
}

#define ALICE "alice@example.com"

typedef struct
{
  char         *dir;
  MusterdStore *store;
  sqlite3      *foreign; /* nullable: somebody else who holds the file's lock */
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  (void) data;
  f->dir = test_dir_new ();
  f->store = test_open (f->dir);
  test_put_user (f->store, ALICE);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  (void) data;
  g_clear_pointer (&f->foreign, sqlite3_close);
  g_clear_pointer (&f->store, musterd_store_close);
  g_assert_cmpuint (test_take_warnings (NULL), ==, 0);
  test_dir_remove (f->dir);
}

/* Until the lock is given back the writer's thread can only wait. */
static void
hold_lock (Fixture *f)
{
  g_autofree char *path = test_path (f->dir, "muster.db");

  g_assert_cmpint (sqlite3_open (path, &f->foreign), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (f->foreign, "BEGIN IMMEDIATE", NULL, NULL, NULL), ==, SQLITE_OK);
}

static void
release_lock (Fixture *f)
{
  g_assert_cmpint (sqlite3_exec (f->foreign, "ROLLBACK", NULL, NULL, NULL), ==, SQLITE_OK);
  g_clear_pointer (&f->foreign, sqlite3_close);
}

static MusterdBatch *
choice_batch (const char *user, int number)
{
  MusterdBatch *batch = musterd_batch_new ();
  g_autofree char *text = g_strdup_printf ("%d", number);

  test_choice (batch, user, number, text);
  return batch;
}

static void
copy_file (const char *from_dir, const char *to_dir, const char *name)
{
  g_autofree char *from = test_path (from_dir, name);
  g_autofree char *to = test_path (to_dir, name);
  g_autofree char *bytes = NULL;
  gsize length = 0;

  if (g_file_get_contents (from, &bytes, &length, NULL))
    g_assert_true (g_file_set_contents (to, bytes, (gssize) length, NULL));
}

typedef struct
{
  Fixture     *f;
  volatile int done;
} CopyInCallback;

/* What lies on the disk at the moment of the answer is what a crash right then would leave. */
static void
on_written_copy (const GError *error, gpointer user_data)
{
  CopyInCallback *c = user_data;
  char *copy = test_dir_new ();

  g_assert_no_error (error);
  copy_file (c->f->dir, copy, "muster.db");
  copy_file (c->f->dir, copy, "muster.db-wal");

  g_autofree char *text = test_dump_dir (copy);
  g_autofree char *integrity = test_sql (copy, "PRAGMA integrity_check");

  g_assert_cmpstr (text, ==, "user " ALICE "\nchoice " ALICE " - busy 7 7 never -\n");
  g_assert_cmpstr (integrity, ==, "ok");
  test_dir_remove (copy);
  c->done = TRUE;
}

static void
test_durable_is_there (Fixture *f, gconstpointer data)
{
  CopyInCallback c = { f, FALSE };

  (void) data;
  musterd_store_write (f->store, choice_batch (ALICE, 7), TRUE, on_written_copy, &c);
  test_wait (&c.done);
}

typedef struct
{
  int          before;
  int          in_callback;
  volatile int done;
} SyncCount;

static void
on_written_count (const GError *error, gpointer user_data)
{
  SyncCount *c = user_data;

  g_assert_no_error (error);
  c->in_callback = g_atomic_int_get (&n_syncs);
  c->done = TRUE;
}

static int
syncs_of (Fixture *f, MusterdBatch *batch, gboolean durable)
{
  SyncCount c = { g_atomic_int_get (&n_syncs), 0, FALSE };

  musterd_store_write (f->store, batch, durable, on_written_count, &c);
  test_wait (&c.done);
  return c.in_callback - c.before;
}

static void
test_syncs (Fixture *f, gconstpointer data)
{
  (void) data;
  g_assert_cmpint (g_atomic_int_get (&n_syncs), >, 0); /* they are ours */
  g_assert_cmpint (syncs_of (f, choice_batch (ALICE, 1), TRUE), >=, 1);
  g_assert_cmpint (syncs_of (f, choice_batch (ALICE, 2), FALSE), ==, 0);
  g_assert_cmpint (syncs_of (f, choice_batch (ALICE, 3), TRUE), >=, 1);
}

/* A durable change that finds its work done (written behind a moment ago) must wait for the disk nevertheless. */
static void
test_sync_of_nothing (Fixture *f, gconstpointer data)
{
  MusterdBatch *removal = musterd_batch_new ();

  (void) data;
  g_assert_cmpint (syncs_of (f, choice_batch (ALICE, 1), TRUE), >=, 1);
  musterd_batch_remove_choice (removal, ALICE, FALSE);
  g_assert_cmpint (syncs_of (f, removal, FALSE), ==, 0);
  removal = musterd_batch_new ();
  musterd_batch_remove_choice (removal, ALICE, FALSE);
  g_assert_cmpint (syncs_of (f, removal, TRUE), >=, 1);
  /* Also one that is empty: everything before it is on the disk then. */
  g_assert_cmpint (syncs_of (f, choice_batch (ALICE, 2), FALSE), ==, 0);
  g_assert_cmpint (syncs_of (f, musterd_batch_new (), TRUE), >=, 1);
  g_assert_cmpint (syncs_of (f, musterd_batch_new (), TRUE), ==, 0);
}

static void
test_group (Fixture *f, gconstpointer data)
{
  enum { N = 200 };
  g_autofree TestAnswer *answers = g_new0 (TestAnswer, N);
  MusterdWriterStats before, after;
  guint n_waiting = 0;
  gsize bytes = 0;

  (void) data;
  musterd_store_get_stats (f->store, &before);
  hold_lock (f);
  for (int i = 0; i < N; i++)
    musterd_store_write (f->store, choice_batch (ALICE, i), i % 3 != 0, on_test_answer, &answers[i]);
  musterd_store_get_backlog (f->store, &n_waiting, &bytes);
  g_assert_cmpuint (n_waiting, ==, N);
  g_assert_cmpuint (bytes, >, N * sizeof (MusterdChoice));
  release_lock (f);
  test_wait (&answers[N - 1].done);
  for (int i = 0; i < N; i++)
    {
      g_assert_true (answers[i].done);
      g_assert_no_error (answers[i].error);
      g_assert_cmpint (answers[i].order, ==, answers[0].order + i);
    }

  /* One for what the thread had taken when it met the lock, one for all that came meanwhile. */
  musterd_store_get_stats (f->store, &after);
  g_assert_cmpuint (after.batches - before.batches, ==, N);
  g_assert_cmpuint (after.commits - before.commits, <=, 2);
  g_assert_cmpuint (after.syncs - before.syncs, <=, 2);
  musterd_store_get_backlog (f->store, &n_waiting, &bytes);
  g_assert_cmpuint (n_waiting, ==, 0);
  g_assert_cmpuint (bytes, ==, 0);

  g_autofree char *text = test_dump (f->store);

  g_assert_cmpstr (text, ==, "user " ALICE "\nchoice " ALICE " - busy 199 199 never -\n");
}

/* A transaction does not grow without end. */
static void
test_group_bound (void)
{
  enum { N = 100 };
  char *dir = test_dir_new ();
  MusterdWriterLimits limits = musterd_writer_limits;
  g_autoptr(GError) error = NULL;
  TestAnswer answer = { 0 };
  MusterdWriterStats before, after;
  Fixture f = { dir, NULL, NULL };

  limits.group_bytes = 2000;
  f.store = musterd_store_open_with (dir, &limits, &error);
  g_assert_no_error (error);
  test_put_user (f.store, ALICE);
  musterd_store_get_stats (f.store, &before);
  hold_lock (&f);
  for (int i = 0; i < N; i++)
    musterd_store_write (f.store, choice_batch (ALICE, i), TRUE, i == N - 1 ? on_test_answer : NULL, &answer);
  release_lock (&f);
  test_wait (&answer.done);
  musterd_store_get_stats (f.store, &after);
  g_assert_cmpuint (after.batches - before.batches, ==, N);
  g_assert_cmpuint (after.commits - before.commits, >, 5);
  g_assert_cmpuint (after.commits - before.commits, <, N);
  tear_down (&f, NULL);
}

/* A bad batch among good ones. */
typedef struct
{
  const char *name;
  gboolean    durable;
  int         code; /* MusterdError */
  const char *message;
  void      (*fill) (MusterdBatch *batch);
} Bad;

static void
fill_choice_of_nobody (MusterdBatch *batch)
{
  test_choice (batch, "nobody@example.com", 1, NULL);
}

static void
fill_ignore_of_nobody (MusterdBatch *batch)
{
  MusterdIgnore ignore = { (char *) "ews", (char *) "k", 1 };

  musterd_batch_put_ignore (batch, "nobody@example.com", &ignore);
}

static void
fill_record_of_nobody (MusterdBatch *batch)
{
  g_autoptr(GBytes) value = g_bytes_new_static ("v", 1);

  musterd_batch_put_record (batch, "pbx", "nobody@example.com", "k", value);
}

static void
fill_large_record (MusterdBatch *batch)
{
  g_autofree char *bytes = g_malloc0 (4097);
  g_autoptr(GBytes) value = g_bytes_new (bytes, 4097);

  musterd_batch_put_record (batch, "pbx", ALICE, "k", value);
}

static void
fill_nameless_record (MusterdBatch *batch)
{
  g_autoptr(GBytes) value = g_bytes_new_static ("v", 1);

  musterd_batch_put_record (batch, "pbx", ALICE, "", value);
}

static const Bad bad[] = {
  { "choice-of-nobody", TRUE, MUSTERD_ERROR_NOT_FOUND, "nobody@example.com", fill_choice_of_nobody },
  { "ignore-of-nobody", TRUE, MUSTERD_ERROR_NOT_FOUND, "nobody@example.com", fill_ignore_of_nobody },
  { "record-of-nobody", TRUE, MUSTERD_ERROR_NOT_FOUND, "nobody@example.com", fill_record_of_nobody },
  { "large-record", TRUE, MUSTERD_ERROR_INVALID, "4096", fill_large_record },
  { "large-record-behind", FALSE, MUSTERD_ERROR_INVALID, "4096", fill_large_record },
  { "nameless-record", TRUE, MUSTERD_ERROR_INVALID, "key", fill_nameless_record },
};

static void
test_bad_batch (Fixture *f, gconstpointer data)
{
  const Bad *c = data;
  TestAnswer answers[5] = { 0 };
  MusterdWriterStats before, after;
  MusterdBatch *batch = musterd_batch_new ();

  musterd_store_get_stats (f->store, &before);
  hold_lock (f);
  musterd_store_write (f->store, choice_batch (ALICE, 1), TRUE, on_test_answer, &answers[0]);
  musterd_store_write (f->store, choice_batch (ALICE, 2), TRUE, on_test_answer, &answers[1]);
  /* All of a batch or none: its good first half must not stay. */
  test_choice (batch, ALICE, 666, "half");
  musterd_batch_put_revision (batch, 666);
  c->fill (batch);
  musterd_store_write (f->store, batch, c->durable, on_test_answer, &answers[2]);
  batch = musterd_batch_new ();
  musterd_batch_put_revision (batch, 5);
  musterd_store_write (f->store, batch, TRUE, on_test_answer, &answers[3]);
  musterd_store_write (f->store, musterd_batch_new (), TRUE, on_test_answer, &answers[4]);
  release_lock (f);
  test_wait (&answers[4].done);
  for (int i = 0; i < 5; i++)
    {
      g_assert_true (answers[i].done);
      if (i != 2)
        g_assert_no_error (answers[i].error);
      g_assert_cmpint (answers[i].order, ==, answers[0].order + i);
    }
  g_assert_error (answers[2].error, MUSTERD_ERROR, c->code);
  g_assert_nonnull (strstr (answers[2].error->message, c->message));
  musterd_store_get_stats (f->store, &after);
  g_assert_cmpuint (after.commits - before.commits, <=, 2);
  g_assert_cmpuint (after.lost - before.lost, ==, !c->durable);

  g_autofree char *text = test_dump (f->store);

  g_assert_cmpstr (text, ==, "user " ALICE "\nchoice " ALICE " - busy 2 2 never -\n");
  g_clear_pointer (&f->store, musterd_store_close);
  f->store = test_open (f->dir);
  g_assert_cmpuint (musterd_store_get_revision (f->store), ==, 5);
  g_assert_cmpuint (test_take_warnings ("was to be written behind is left out"), ==, !c->durable);
  test_answer_clear (&answers[2]);
}

/* Somebody keeps the file locked for longer than the writer waits. */
static void
test_foreign_lock (Fixture *f, gconstpointer data)
{
  TestAnswer behind = { 0 }, refused = { 0 };

  (void) data;
  hold_lock (f);
  musterd_store_write (f->store, choice_batch (ALICE, 1), FALSE, on_test_answer, &behind);
  musterd_store_write (f->store, choice_batch (ALICE, 2), TRUE, on_test_answer, &refused);
  test_wait (&refused.done);
  g_assert_error (refused.error, MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE);
  g_assert_nonnull (strstr (refused.error->message, "locked"));
  g_assert_nonnull (strstr (refused.error->message, f->dir));
  g_assert_false (behind.done);
  release_lock (f);
  test_write (f->store, choice_batch (ALICE, 3), TRUE);
  g_assert_true (behind.done);
  g_assert_no_error (behind.error);
  g_assert_cmpuint (test_take_warnings ("is refused until this is mended"), ==, 1);
  test_answer_clear (&refused);
}

static void
test_backlog_bound (void)
{
  char *dir = test_dir_new ();
  MusterdWriterLimits limits = musterd_writer_limits;
  g_autoptr(GError) error = NULL;
  TestAnswer answers[20] = { 0 };
  MusterdWriterStats stats;
  Fixture f = { dir, NULL, NULL };
  gsize bytes = 0;
  guint n_refused = 0;

  limits.backlog_bytes = 3000;
  f.store = musterd_store_open_with (dir, &limits, &error);
  g_assert_no_error (error);
  test_put_user (f.store, ALICE);
  hold_lock (&f);
  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    musterd_store_write (f.store, choice_batch (ALICE, (int) i), FALSE, on_test_answer, &answers[i]);
  musterd_store_get_backlog (f.store, NULL, &bytes);
  g_assert_cmpuint (bytes, <=, 3000);
  test_wait (&answers[G_N_ELEMENTS (answers) - 1].done);
  release_lock (&f);
  test_write (f.store, choice_batch (ALICE, 100), TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      g_assert_true (answers[i].done);
      n_refused += answers[i].error != NULL;
      if (answers[i].error != NULL)
        g_assert_error (answers[i].error, MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE);
      test_answer_clear (&answers[i]);
    }
  g_assert_cmpuint (n_refused, >, 0);
  g_assert_cmpuint (n_refused, <, G_N_ELEMENTS (answers));
  musterd_store_get_stats (f.store, &stats);
  g_assert_cmpuint (stats.lost, ==, n_refused);
  g_assert_cmpuint (test_take_warnings ("the disk does not keep up"), ==, 1);
  tear_down (&f, NULL);
}

/* Answers come where the question was asked. */
typedef struct
{
  MusterdStore *store;
  GMainContext *context;
  GThread      *answered_on;
  volatile int  done;
} Elsewhere;

static void
on_written_elsewhere (const GError *error, gpointer user_data)
{
  Elsewhere *e = user_data;

  g_assert_no_error (error);
  g_assert_true (g_main_context_is_owner (e->context));
  e->answered_on = g_thread_self ();
  e->done = TRUE;
}

static gpointer
run_elsewhere (gpointer data)
{
  Elsewhere *e = data;

  g_main_context_push_thread_default (e->context);
  musterd_store_write (e->store, choice_batch (ALICE, 1), TRUE, on_written_elsewhere, e);
  while (!e->done)
    g_main_context_iteration (e->context, TRUE);
  g_assert_true (e->answered_on == g_thread_self ());
  g_main_context_pop_thread_default (e->context);
  return NULL;
}

static void
test_contexts (Fixture *f, gconstpointer data)
{
  (void) data;
  /* More threads than the writer remembers without looking for those that are gone. */
  for (int i = 0; i < 40; i++)
    {
      Elsewhere e = { .store = f->store, .context = g_main_context_new () };
      GThread *thread = g_thread_new ("elsewhere", run_elsewhere, &e);

      g_thread_join (thread);
      g_assert_true (e.done);
      g_main_context_unref (e.context);
    }
}

static void
test_close_answers (Fixture *f, gconstpointer data)
{
  TestAnswer answers[50] = { 0 };

  (void) data;
  for (int i = 0; i < 50; i++)
    musterd_store_write (f->store, choice_batch (ALICE, i), i % 2 == 0, on_test_answer, &answers[i]);
  g_clear_pointer (&f->store, musterd_store_close);
  for (int i = 0; i < 50; i++)
    {
      g_assert_true (answers[i].done);
      g_assert_no_error (answers[i].error);
      g_assert_cmpint (answers[i].order, ==, answers[0].order + i);
    }
  /* Nothing is left on the context for a second call. */
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_autofree char *log = test_path (f->dir, "muster.db-wal");
  g_autofree char *text = test_dump_dir (f->dir);

  g_assert_cmpstr (text, ==, "user " ALICE "\nchoice " ALICE " - busy 49 49 never -\n");
  g_assert_false (g_file_test (log, G_FILE_TEST_EXISTS));
}

typedef struct
{
  Fixture   *f;
  TestAnswer late;
  int        n_after_close;
  volatile int done;
} CloseInside;

static void
on_written_close (const GError *error, gpointer user_data)
{
  CloseInside *c = user_data;

  g_assert_no_error (error);
  if (c->f->store != NULL)
    g_clear_pointer (&c->f->store, musterd_store_close);
  else
    c->n_after_close++;
  c->done = TRUE;
}

static void
test_close_inside (Fixture *f, gconstpointer data)
{
  CloseInside c = { .f = f };

  (void) data;
  for (int i = 0; i < 10; i++)
    musterd_store_write (f->store, choice_batch (ALICE, i), TRUE, on_written_close, &c);
  test_wait (&c.done);
  g_assert_null (f->store);
  g_assert_cmpint (c.n_after_close, ==, 9);
}

static void
on_written_again (const GError *error, gpointer user_data)
{
  CloseInside *c = user_data;

  g_assert_no_error (error);
  /* The store is being closed around us. */
  musterd_store_write (c->f->store, choice_batch (ALICE, 2), TRUE, on_test_answer, &c->late);
}

static void
test_write_while_closing (Fixture *f, gconstpointer data)
{
  CloseInside c = { .f = f };

  (void) data;
  musterd_store_write (f->store, choice_batch (ALICE, 1), TRUE, on_written_again, &c);
  musterd_store_close (f->store);
  f->store = NULL;
  g_assert_true (c.late.done);
  g_assert_error (c.late.error, MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE);
  test_answer_clear (&c.late);
}

#define ADD(path, func) g_test_add ("/store/writer/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  test_init (&argc, &argv);
  ADD ("durable-is-there", test_durable_is_there);
  ADD ("syncs", test_syncs);
  ADD ("sync-of-nothing", test_sync_of_nothing);
  ADD ("group", test_group);
  g_test_add_func ("/store/writer/group-bound", test_group_bound);
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autofree char *path = g_strconcat ("/store/writer/bad/", bad[i].name, NULL);

      g_test_add (path, Fixture, &bad[i], set_up, test_bad_batch, tear_down);
    }
  ADD ("foreign-lock", test_foreign_lock);
  g_test_add_func ("/store/writer/backlog-bound", test_backlog_bound);
  ADD ("contexts", test_contexts);
  ADD ("close-answers", test_close_answers);
  ADD ("close-inside", test_close_inside);
  ADD ("write-while-closing", test_write_while_closing);
  return g_test_run ();
}
