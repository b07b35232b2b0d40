/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-store"

#include "store/commit.h"

#include "store/apply.h"

#define BUSY_MS 2000 /* for a lock of somebody who looks at the file with another program */
#define CHUNK_SIZE (512 * 1024)

struct _MusterdCommit
{
  sqlite3      *db;
  MusterdApply *apply;
  gboolean      full_sync; /* how synchronous stands */
  gboolean      unsynced;  /* there are commits since the last one that waited for the disk */
};

void
musterd_job_free (MusterdJob *job)
{
  g_clear_pointer (&job->batch, musterd_batch_free);
  g_clear_pointer (&job->answers, musterd_answers_unref);
  g_clear_error (&job->error);
  g_free (job);
}

void
musterd_commit_make_room (MusterdCommit *commit)
{
  g_autoptr(GError) error = NULL;

  if (!musterd_sql_exec (commit->db, "PRAGMA wal_checkpoint (TRUNCATE)", &error))
    g_debug ("the log keeps its room: %s", error->message);
}

MusterdCommit *
musterd_commit_new (sqlite3 *db, GError **error)
{
  g_autoptr(sqlite3) owned = db;
  g_autoptr(MusterdApply) apply = musterd_apply_new (db, error);

  if (apply == NULL)
    return NULL;
  /* A checkpoint every 16 MB instead of 4: under load it is what costs most. */
  if (!musterd_sql_exec (db,
                         "PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 4000;"
                         "PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -8000; PRAGMA temp_store = MEMORY",
                         error))
    return NULL;
  sqlite3_busy_timeout (db, BUSY_MS);
  /* The file has some room to spare: when a large change has filled the disk with a log that came to nothing, the part
   * of the log that counts can still be brought into the file, and the log's room given back. */
  sqlite3_file_control (db, "main", SQLITE_FCNTL_CHUNK_SIZE, &(int){ CHUNK_SIZE });

  MusterdCommit *commit = g_new0 (MusterdCommit, 1);

  commit->unsynced = TRUE; /* by the process before this one, perhaps */
  commit->db = g_steal_pointer (&owned);
  commit->apply = g_steal_pointer (&apply);
  musterd_commit_make_room (commit);
  return commit;
}

sqlite3 *
musterd_commit_get_db (MusterdCommit *commit)
{
  return commit->db;
}

static int
exec (MusterdCommit *commit, const char *sql, GError **error)
{
  int rc = sqlite3_exec (commit->db, sql, NULL, NULL, NULL);

  if (rc != SQLITE_OK)
    musterd_sql_set_error (error, commit->db, rc, "writing the store");
  return rc;
}

/* FULL waits for the disk at each commit; NORMAL leaves the last commits to the next one that waits, or to the log's
 * next checkpoint. Outside a transaction. */
static int
set_sync (MusterdCommit *commit, gboolean full, GError **error)
{
  int rc = SQLITE_OK;

  if (full != commit->full_sync)
    rc = exec (commit, full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL", error);
  if (rc == SQLITE_OK)
    commit->full_sync = full;
  return rc;
}

/* A batch inside the open transaction. A batch that breaks a rule takes back its own savepoint and fails alone; the
 * others keep their one commit. (To write them again one by one would cost a sync each and, worse, a second way that
 * hardly ever runs.) Trouble of the disk is everybody's: that code is returned. */
static int
apply_job (MusterdCommit *commit, MusterdJob *job)
{
  int rc = exec (commit, "SAVEPOINT batch", &job->error);

  if (rc != SQLITE_OK)
    return rc;
  rc = musterd_apply_batch (commit->apply, job->batch, &job->error);
  if (rc == SQLITE_OK)
    return exec (commit, "RELEASE batch", &job->error);
  musterd_apply_forget (commit->apply);
  if (musterd_sql_is_disk_error (rc) || sqlite3_get_autocommit (commit->db))
    return rc;
  rc = exec (commit, "ROLLBACK TO batch", NULL);
  return rc == SQLITE_OK ? exec (commit, "RELEASE batch", NULL) : rc;
}

static int
apply_jobs (MusterdCommit *commit, GQueue *jobs, gboolean *wrote, GError **error)
{
  for (GList *l = jobs->head; l != NULL; l = l->next)
    {
      MusterdJob *job = l->data;
      int rc = apply_job (commit, job);

      if (rc != SQLITE_OK)
        {
          g_propagate_error (error, g_steal_pointer (&job->error));
          return rc;
        }
      *wrote |= job->error == NULL;
    }
  return SQLITE_OK;
}

int
musterd_commit_jobs (MusterdCommit *commit, GQueue *jobs, GError **error)
{
  gboolean durable = FALSE, wrote = FALSE;
  int rc = SQLITE_OK;

  for (GList *l = jobs->head; l != NULL; l = l->next)
    {
      durable |= ((MusterdJob *) l->data)->durable;
      g_clear_error (&((MusterdJob *) l->data)->error);
    }
  rc = set_sync (commit, durable, error);
  if (rc == SQLITE_OK)
    rc = exec (commit, "BEGIN IMMEDIATE", error);
  if (rc != SQLITE_OK)
    return rc;
  rc = apply_jobs (commit, jobs, &wrote, error);
  /* A durable change that changes nothing leaves SQLite nothing to sync, although what it relies on may have been
   * written behind: then there is a row to change. */
  if (rc == SQLITE_OK && durable && commit->unsynced)
    rc = musterd_apply_barrier (commit->apply, error);
  if (rc == SQLITE_OK)
    rc = exec (commit, "COMMIT", error);
  if (rc != SQLITE_OK)
    {
      musterd_apply_forget (commit->apply);
      if (!sqlite3_get_autocommit (commit->db))
        exec (commit, "ROLLBACK", NULL);
      return rc;
    }
  commit->unsynced = !durable && (commit->unsynced || wrote);
  return SQLITE_OK;
}

void
musterd_commit_free (MusterdCommit *commit)
{
  /* What was written behind is on the disk too when a clean stop has ended, and one file is the whole store. */
  if (set_sync (commit, TRUE, NULL) == SQLITE_OK)
    musterd_commit_make_room (commit);
  g_clear_pointer (&commit->apply, musterd_apply_free);
  g_clear_pointer (&commit->db, sqlite3_close);
  g_free (commit);
}
