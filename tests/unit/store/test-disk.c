/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A disk that is full or broken, and is mended. Two ways: SQLite's own calls answer as a full or broken disk does
 * (everywhere, and to the point), and a real file system of 2 MiB that is really full (where one can be mounted). */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "store-test.h"

#define ALICE "alice@example.com"

static int disk_error; /* atomic; an errno for every write, or 0 */

static gssize
write_or_fail (int fd, const void *bytes, gsize size, gint64 offset)
{
  int number = g_atomic_int_get (&disk_error);

  if (number == 0)
    return pwrite64 (fd, bytes, size, offset);
  errno = number;
  return -1;
}

/* SQLite has several names for one call, of which its build uses one. */
static void
take_over_writes (void)
{
  static const char *const names[] = { "pwrite", "pwrite64" };
  sqlite3_vfs *vfs = sqlite3_vfs_find (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    if (vfs->xGetSystemCall (vfs, names[i]) != NULL)
      g_assert_cmpint (vfs->xSetSystemCall (vfs, names[i], (sqlite3_syscall_ptr) write_or_fail), ==, SQLITE_OK);
}

static MusterdBatch *
choice_batch (int number)
{
  MusterdBatch *batch = musterd_batch_new ();
  g_autofree char *text = g_strdup_printf ("%d", number);

  test_choice (batch, ALICE, number, text);
  return batch;
}

static MusterdBatch *
claim_batch (const char *key)
{
  MusterdBatch *batch = musterd_batch_new ();
  g_autoptr(MusterdClaim) claim = test_claim ("ews", key, 1, 2);

  musterd_batch_put_claim (batch, ALICE, claim);
  return batch;
}

typedef struct
{
  const char *name;
  int         number;
  const char *message;
} Trouble;

static const Trouble troubles[] = {
  { "full", ENOSPC, "full" },
  { "input-output", EIO, "disk I/O error" },
};

/* People are told at once; what sources said is kept, in order, and is there when the disk is. */
static void
test_trouble (gconstpointer data)
{
  const Trouble *c = data;
  char *dir = test_dir_new ();
  MusterdStore *store = test_open (dir);
  TestAnswer behind[3] = { 0 }, refused = { 0 }, refused_again = { 0 };
  MusterdBatch *batch = NULL;

  test_put_user (store, ALICE);
  test_write (store, choice_batch (1), TRUE);

  g_atomic_int_set (&disk_error, c->number);
  musterd_store_write (store, claim_batch ("a"), FALSE, on_test_answer, &behind[0]);
  musterd_store_write (store, claim_batch ("b"), FALSE, on_test_answer, &behind[1]);
  musterd_store_write (store, choice_batch (2), TRUE, on_test_answer, &refused);
  test_wait (&refused.done);
  g_assert_error (refused.error, MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE);
  g_assert_nonnull (strstr (refused.error->message, c->message));
  g_assert_nonnull (strstr (refused.error->message, dir));
  musterd_store_write (store, choice_batch (3), TRUE, on_test_answer, &refused_again);
  batch = musterd_batch_new ();
  musterd_batch_remove_claim (batch, ALICE, "ews", "a");
  musterd_store_write (store, batch, FALSE, on_test_answer, &behind[2]);
  test_wait (&refused_again.done);
  g_assert_error (refused_again.error, MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE);
  g_assert_false (behind[0].done);

  g_atomic_int_set (&disk_error, 0);
  test_write (store, choice_batch (4), TRUE);
  for (gsize i = 0; i < G_N_ELEMENTS (behind); i++)
    {
      g_assert_true (behind[i].done);
      g_assert_no_error (behind[i].error);
    }
  g_assert_cmpuint (test_take_warnings ("is refused until this is mended"), ==, 1);
  musterd_store_close (store);

  g_autofree char *text = test_dump_dir (dir);
  g_autofree char *integrity = test_sql (dir, "PRAGMA integrity_check");

  g_assert_cmpstr (text, ==,
                   "user " ALICE "\nchoice " ALICE " - busy 4 4 never -\n"
                   "claim " ALICE " ews/calendar/b appointment busy none 000 1..2 1 0..never - - - - -\n");
  g_assert_cmpstr (integrity, ==, "ok");
  test_answer_clear (&refused);
  test_answer_clear (&refused_again);
  test_dir_remove (dir);
}

/* Without anybody asking, what was kept is tried again by itself. */
static void
test_retry (void)
{
  char *dir = test_dir_new ();
  MusterdWriterLimits limits = musterd_writer_limits;
  g_autoptr(GError) error = NULL;
  TestAnswer behind = { 0 }, refused = { 0 };
  MusterdStore *store = NULL;

  limits.first_wait_ms = limits.last_wait_ms = 20;
  limits.tries = 10000;
  store = musterd_store_open_with (dir, &limits, &error);
  g_assert_no_error (error);
  test_put_user (store, ALICE);
  g_atomic_int_set (&disk_error, ENOSPC);
  musterd_store_write (store, claim_batch ("a"), FALSE, on_test_answer, &behind);
  musterd_store_write (store, musterd_batch_new (), TRUE, on_test_answer, &refused);
  test_wait (&refused.done);
  g_assert_nonnull (refused.error);
  g_assert_false (behind.done);
  g_atomic_int_set (&disk_error, 0);
  test_wait (&behind.done);
  g_assert_no_error (behind.error);
  g_assert_cmpuint (test_take_warnings ("is refused until this is mended"), ==, 1);
  musterd_store_close (store);
  test_answer_clear (&refused);
  test_dir_remove (dir);
}

/* A bounded number of times: then it is given up, and said once. */
static void
test_give_up (void)
{
  char *dir = test_dir_new ();
  MusterdWriterLimits limits = musterd_writer_limits;
  g_autoptr(GError) error = NULL;
  TestAnswer behind[5] = { 0 };
  MusterdWriterStats stats;
  MusterdStoreFigures figures;
  guint64 n_commits, n_timed = 0;
  MusterdStore *store = NULL;

  limits.first_wait_ms = limits.last_wait_ms = 1;
  limits.tries = 3;
  store = musterd_store_open_with (dir, &limits, &error);
  g_assert_no_error (error);
  test_put_user (store, ALICE);
  g_atomic_int_set (&disk_error, ENOSPC);
  for (gsize i = 0; i < G_N_ELEMENTS (behind); i++)
    musterd_store_write (store, claim_batch ("a"), FALSE, on_test_answer, &behind[i]);
  for (gsize i = 0; i < G_N_ELEMENTS (behind); i++)
    {
      test_wait (&behind[i].done);
      g_assert_error (behind[i].error, MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE);
      test_answer_clear (&behind[i]);
    }
  musterd_store_get_stats (store, &stats);
  g_assert_cmpuint (stats.lost, ==, G_N_ELEMENTS (behind));
  musterd_store_get_figures (store, &figures);
  g_assert_true (figures.failing);
  g_assert_cmpuint (figures.failures, >=, 3);
  g_assert_cmpuint (figures.lost, ==, G_N_ELEMENTS (behind));
  n_commits = figures.commits;
  g_atomic_int_set (&disk_error, 0);
  test_write (store, claim_batch ("b"), FALSE);
  musterd_store_get_figures (store, &figures);
  g_assert_false (figures.failing);
  g_assert_cmpuint (figures.commits, ==, n_commits + 1);
  g_assert_cmpuint (figures.backlog_batches, ==, 0);
  for (gsize i = 0; i < G_N_ELEMENTS (figures.durations.counts); i++)
    n_timed += figures.durations.counts[i];
  g_assert_cmpuint (n_timed, ==, figures.commits);
  g_assert_cmpuint (test_take_warnings ("full"), ==, 2);
  musterd_store_close (store);
  test_dir_remove (dir);
}

/* Closing does not wait for a disk that will not be mended. */
static void
test_close_broken (void)
{
  char *dir = test_dir_new ();
  MusterdStore *store = test_open (dir);
  TestAnswer behind = { 0 }, durable = { 0 };

  test_put_user (store, ALICE);
  g_atomic_int_set (&disk_error, EIO);
  musterd_store_write (store, claim_batch ("a"), FALSE, on_test_answer, &behind);
  musterd_store_write (store, choice_batch (1), TRUE, on_test_answer, &durable);
  musterd_store_close (store);
  g_assert_true (behind.done);
  g_assert_error (behind.error, MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE);
  g_assert_true (durable.done);
  g_assert_error (durable.error, MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE);
  g_atomic_int_set (&disk_error, 0);
  test_answer_clear (&behind);
  test_answer_clear (&durable);
  g_assert_cmpuint (test_take_warnings ("disk I/O error"), ==, 2);

  g_autofree char *text = test_dump_dir (dir);

  g_assert_cmpstr (text, ==, "user " ALICE "\n");
  test_dir_remove (dir);
}

static gboolean
write_map (const char *path, const char *text)
{
  FILE *file = fopen (path, "w");
  gboolean ok = file != NULL && fputs (text, file) >= 0;

  return (file == NULL || fclose (file) == 0) && ok;
}

/* Root mounts; others become root of a world of their own first. */
static gboolean
mount_small (const char *dir)
{
  g_autofree char *users = g_strdup_printf ("0 %u 1", (guint) getuid ());
  g_autofree char *groups = g_strdup_printf ("0 %u 1", (guint) getgid ());

  if (getuid () != 0
      && (unshare (CLONE_NEWUSER) != 0 || !write_map ("/proc/self/setgroups", "deny")
          || !write_map ("/proc/self/uid_map", users) || !write_map ("/proc/self/gid_map", groups)))
    return FALSE;
  return unshare (CLONE_NEWNS) == 0 && mount ("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0
         && mount ("tmpfs", dir, "tmpfs", MS_NOSUID | MS_NODEV, "size=2m,mode=0700") == 0;
}

static MusterdBatch *
large_batch (void)
{
  MusterdBatch *batch = musterd_batch_new ();

  for (int i = 0; i < 4000; i++)
    {
      g_autofree char *key = g_strdup_printf ("%01000d", i);
      g_autoptr(MusterdClaim) claim = test_claim ("ews", key, 1, 2);

      musterd_batch_put_claim (batch, ALICE, claim);
    }
  return batch;
}

/* In a process of its own, on a file system of its own, that goes with it. Exit status 77: it cannot be mounted. */
static int
run_on_small_disk (const char *dir)
{
  MusterdStore *store = NULL;
  TestAnswer large = { 0 }, small = { 0 }, behind = { 0 }, more = { 0 };
  g_autofree char *filler = test_path (dir, "filler");
  g_autofree char *zeros = g_malloc0 (1024 * 1024);
  FILE *file = NULL;

  if (!mount_small (dir))
    return 77;
  store = test_open (dir);
  test_put_user (store, ALICE);

  /* In one group: the large one does not fit, the small one does. */
  musterd_store_write (store, large_batch (), TRUE, on_test_answer, &large);
  musterd_store_write (store, choice_batch (1), TRUE, on_test_answer, &small);
  test_wait (&small.done);
  g_assert_error (large.error, MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE);
  g_assert_no_error (small.error);
  g_assert_cmpuint (test_take_warnings ("full"), ==, 1);

  /* Others take what was left, and give it back. */
  file = fopen (filler, "w");
  g_assert_nonnull (file);
  setvbuf (file, NULL, _IONBF, 0);
  while (fwrite (zeros, 1, 1024, file) == 1024)
    ;
  fclose (file);
  musterd_store_write (store, claim_batch ("a"), FALSE, on_test_answer, &behind);
  musterd_store_write (store, large_batch (), TRUE, on_test_answer, &more);
  test_wait (&more.done);
  g_assert_error (more.error, MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE);
  g_assert_cmpint (g_unlink (filler), ==, 0);
  test_write (store, choice_batch (5000), TRUE);
  g_assert_true (behind.done);
  g_assert_no_error (behind.error);
  musterd_store_close (store);
  test_take_warnings ("full");

  g_autofree char *text = test_dump_dir (dir);
  g_autofree char *integrity = test_sql (dir, "PRAGMA integrity_check");

  g_assert_cmpstr (text, ==,
                   "user " ALICE "\nchoice " ALICE " - busy 5000 5000 never -\n"
                   "claim " ALICE " ews/calendar/a appointment busy none 000 1..2 1 0..never - - - - -\n");
  g_assert_cmpstr (integrity, ==, "ok");
  test_answer_clear (&large);
  test_answer_clear (&more);
  return 0;
}

static const char *self;

static void
test_small_disk (void)
{
  char *dir = test_dir_new ();
  g_autoptr(GError) error = NULL;
  g_autoptr(GSubprocess) child = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_SILENCE, &error, self, "--small-disk", dir,
                                                   NULL);

  g_assert_no_error (error);
  g_subprocess_wait (child, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_get_if_exited (child));
  if (g_subprocess_get_exit_status (child) == 77)
    g_test_skip ("a file system cannot be mounted here");
  else
    g_assert_cmpint (g_subprocess_get_exit_status (child), ==, 0);
  test_dir_remove (dir);
}

int
main (int argc, char **argv)
{
  const char *dir = argc == 3 && g_str_equal (argv[1], "--small-disk") ? argv[2] : NULL;

  self = argv[0];
  if (dir != NULL)
    argc = 1;
  test_init (&argc, &argv);
  if (dir != NULL)
    return run_on_small_disk (dir);

  take_over_writes ();
  for (gsize i = 0; i < G_N_ELEMENTS (troubles); i++)
    {
      g_autofree char *path = g_strconcat ("/store/disk/trouble/", troubles[i].name, NULL);

      g_test_add_data_func (path, &troubles[i], test_trouble);
    }
  g_test_add_func ("/store/disk/retry", test_retry);
  g_test_add_func ("/store/disk/give-up", test_give_up);
  g_test_add_func ("/store/disk/close-broken", test_close_broken);
  g_test_add_func ("/store/disk/small", test_small_disk);
  return g_test_run ();
}
