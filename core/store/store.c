/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-store"

#include "store/inside.h"

#include <sys/stat.h>
#include <unistd.h>

#include "store/backup.h"
#include "store/delegations.h"
#include "store/files.h"
#include "store/load.h"
#include "store/records.h"
#include "store/schema.h"
#include "store/tokens.h"

struct _MusterdStore
{
  char          *dir;
  char          *path; /* DIR/muster.db */
  int            lock;
  gboolean       is_new;
  guint64        revision;
  gboolean       has_defaults;
  MusterdWriter *writer;
  GCancellable  *closing;
  GMutex         taking; /* one restore at a time: they write the same file */
  GMutex         mutex;
  GCond          ended;
  guint          n_copies; /* backups and restores under way */
};

static void
store_free (MusterdStore *store)
{
  if (store->lock >= 0)
    close (store->lock);
  g_clear_object (&store->closing);
  g_cond_clear (&store->ended);
  g_mutex_clear (&store->mutex);
  g_mutex_clear (&store->taking);
  g_free (store->path);
  g_free (store->dir);
  g_free (store);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MusterdStore, store_free)

/* Whose file it is, without a trace: with a log beside it (after a crash) SQLite has to read that too. */
static gboolean
look_first (const char *path, MusterdSchemaKind *kind, GError **error)
{
  g_autofree char *log = g_strconcat (path, "-wal", NULL);
  struct stat info;
  gboolean has_log = stat (log, &info) == 0 && info.st_size > 0;
  g_autoptr(sqlite3) db = musterd_sql_open (path, has_log ? MUSTERD_SQL_READ : MUSTERD_SQL_IMMUTABLE, error);
  g_autoptr(GError) trouble = NULL;

  if (db == NULL)
    return FALSE;
  sqlite3_busy_timeout (db, 2000);
  if (musterd_schema_check (db, kind, &trouble))
    return TRUE;

  int rc = sqlite3_errcode (db) & 0xff;

  g_propagate_prefixed_error (error, g_steal_pointer (&trouble), "%s",
                              rc == SQLITE_NOTADB || rc == SQLITE_CORRUPT
                                  ? "the store is damaged, or is none; to go on, move it away or copy a backup to "
                                    "muster.db.restore beside it: "
                                  : "");
  return FALSE;
}

/* A regular file, or none. */
static gboolean
check_file (const char *path, GError **error)
{
  g_autofree char *name = g_filename_display_name (path);
  struct stat info;

  if (lstat (path, &info) != 0)
    return TRUE;
  if (!S_ISREG (info.st_mode))
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE,
                   "opening the store: %s: it is not a regular file; make the state directory itself a link if the "
                   "store is to be elsewhere",
                   name);
      return FALSE;
    }
  return TRUE;
}

static sqlite3 *
open_for_writing (const char *path, GError **error)
{
  g_autoptr(sqlite3) db = musterd_sql_open (path, MUSTERD_SQL_WRITE, error);
  g_autoptr(sqlite3_stmt) mode = NULL;
  const MusterdSchemaStep *steps = NULL;
  gsize n_steps = 0;
  int rc = SQLITE_OK;

  if (db == NULL)
    return NULL;
  sqlite3_busy_timeout (db, 2000);
  mode = musterd_sql_prepare (db, "PRAGMA journal_mode = WAL", error);
  if (mode == NULL)
    return NULL;
  rc = sqlite3_step (mode);
  if (rc != SQLITE_ROW || g_strcmp0 ((const char *) sqlite3_column_text (mode, 0), "wal") != 0)
    {
      musterd_sql_set_error (error, db, rc, "switching the store to a write-ahead log");
      return NULL;
    }
  g_clear_pointer (&mode, sqlite3_finalize);
  steps = musterd_schema_get_steps (&n_steps);
  if (!musterd_sql_exec (db, "PRAGMA synchronous = FULL", error)
      || !musterd_schema_migrate (db, steps, n_steps, error))
    return NULL;
  return g_steal_pointer (&db);
}

MusterdStore *
musterd_store_open (const char *dir, GError **error)
{
  return musterd_store_open_with (dir, &musterd_writer_limits, error);
}

MusterdStore *
musterd_store_open_with (const char *dir, const MusterdWriterLimits *limits, GError **error)
{
  g_autoptr(MusterdStore) store = g_new0 (MusterdStore, 1);
  g_autoptr(sqlite3) db = NULL;
  MusterdSchemaKind kind = MUSTERD_SCHEMA_EMPTY;
  gboolean created = FALSE;
  gint64 revision = 0, defaults = 0;

  store->lock = -1;
  g_mutex_init (&store->mutex);
  g_mutex_init (&store->taking);
  g_cond_init (&store->ended);
  store->closing = g_cancellable_new ();
  store->dir = g_canonicalize_filename (dir, NULL);
  store->path = g_build_filename (store->dir, "muster.db", NULL);
  if (!musterd_files_prepare (store->dir, error))
    return NULL;
  store->lock = musterd_files_lock (store->dir, error);
  if (store->lock < 0)
    return NULL;
  if (!musterd_files_place_restored (store->dir, error) || !check_file (store->path, error)
      || !musterd_files_create (store->path, &created, error) || !look_first (store->path, &kind, error))
    return NULL;
  if (chmod (store->path, 0600) != 0)
    g_message ("the mode of the store cannot be set; it should be 0600");
  db = open_for_writing (store->path, error);
  if (db == NULL
      || !musterd_sql_get_int (db, "SELECT value FROM meta WHERE name = 'revision'", &revision, error)
      || !musterd_sql_get_int (db, "SELECT value FROM meta WHERE name = 'defaults'", &defaults, error))
    return NULL;
  store->is_new = kind == MUSTERD_SCHEMA_EMPTY;
  store->revision = (guint64) MAX (revision, 0);
  store->has_defaults = defaults != 0;
  store->writer = musterd_writer_new (g_steal_pointer (&db), limits, error);
  return store->writer != NULL ? g_steal_pointer (&store) : NULL;
}

void
musterd_store_close (MusterdStore *store)
{
  /* Copies read the file on threads of their own; their answers come on their contexts. */
  g_cancellable_cancel (store->closing);
  g_mutex_lock (&store->mutex);
  while (store->n_copies > 0)
    g_cond_wait (&store->ended, &store->mutex);
  g_mutex_unlock (&store->mutex);

  /* Answers that are called from here may still use the store: it refuses. */
  musterd_writer_free (store->writer);
  store_free (store);
}

gboolean
musterd_store_is_new (MusterdStore *store)
{
  return store->is_new;
}

gboolean
musterd_store_has_defaults (MusterdStore *store)
{
  return store->has_defaults;
}

guint64
musterd_store_get_revision (MusterdStore *store)
{
  return store->revision;
}

gboolean
musterd_store_load (MusterdStore *store, const MusterdStoreReader *reader, gpointer data, GError **error)
{
  g_autoptr(sqlite3) db = musterd_sql_open (store->path, MUSTERD_SQL_READ, error);

  return db != NULL && musterd_load_all (db, reader, data, error);
}

void
musterd_store_write (MusterdStore *store, MusterdBatch *batch, gboolean durable, MusterdStoreDone done,
                     gpointer user_data)
{
  musterd_writer_write (store->writer, batch, durable, done, user_data);
}

void
musterd_store_get_backlog (MusterdStore *store, guint *n_batches, gsize *bytes)
{
  musterd_writer_get_backlog (store->writer, n_batches, bytes);
}

void
musterd_store_get_figures (MusterdStore *store, MusterdStoreFigures *figures)
{
  MusterdWriterStats stats;

  musterd_writer_get_stats (store->writer, &stats);
  *figures = (MusterdStoreFigures){ .commits = stats.commits,
                                    .syncs = stats.syncs,
                                    .failures = stats.failures,
                                    .lost = stats.lost,
                                    .failing = stats.failing,
                                    .durations = stats.durations };
  musterd_writer_get_backlog (store->writer, &figures->backlog_batches, &figures->backlog_bytes);
}

void
musterd_store_get_stats (MusterdStore *store, MusterdWriterStats *stats)
{
  musterd_writer_get_stats (store->writer, stats);
}

typedef struct
{
  char *instance;
  char *after_user, *after_key; /* nullable */
  guint limit;
} RecordsQuery;

static void
records_query_free (gpointer data)
{
  RecordsQuery *query = data;

  g_free (query->instance);
  g_free (query->after_user);
  g_free (query->after_key);
  g_free (query);
}

static void
return_closing (GTask *task)
{
  g_task_return_new_error (task, MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE, "using the store: it is being closed");
}

static void
on_records_due (sqlite3 *db, gpointer user_data)
{
  g_autoptr(GTask) task = user_data;
  RecordsQuery *query = g_task_get_task_data (task);
  g_autoptr(GError) error = NULL;
  GPtrArray *records = musterd_records_read (db, query->instance, query->after_user, query->after_key, query->limit,
                                             &error);

  if (records == NULL)
    g_task_return_error (task, g_steal_pointer (&error));
  else
    g_task_return_pointer (task, records, (GDestroyNotify) g_ptr_array_unref);
}

void
musterd_store_records_async (MusterdStore *store, const char *instance, const MusterdRecord *after, guint limit,
                             GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr(GTask) task = g_task_new (NULL, NULL, callback, user_data);
  RecordsQuery *query = g_new0 (RecordsQuery, 1);

  g_task_set_source_tag (task, musterd_store_records_async);
  query->instance = g_strdup (instance);
  query->after_user = after != NULL ? g_strdup (after->user) : NULL;
  query->after_key = after != NULL ? g_strdup (after->key) : NULL;
  query->limit = limit;
  g_task_set_task_data (task, query, records_query_free);
  if (musterd_writer_call (store->writer, on_records_due, task))
    g_steal_pointer (&task);
  else
    return_closing (task);
}

/* The store may have been closed before the answer is collected: it is not looked at. */
GPtrArray *
musterd_store_records_finish (MusterdStore *store, GAsyncResult *result, GError **error)
{
  (void) store;
  g_return_val_if_fail (g_async_result_is_tagged (result, musterd_store_records_async), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

typedef struct
{
  char       *user; /* nullable */
  MusterdTime since;
  guint64     after;
  guint       limit;
} DelegationsQuery;

static void
delegations_query_free (gpointer data)
{
  DelegationsQuery *query = data;

  g_free (query->user);
  g_free (query);
}

static void
on_delegations_due (sqlite3 *db, gpointer user_data)
{
  g_autoptr(GTask) task = user_data;
  const DelegationsQuery *query = g_task_get_task_data (task);
  g_autoptr(GError) error = NULL;
  GPtrArray *delegations
      = musterd_delegations_read (db, query->user, query->since, query->after, query->limit, &error);

  if (delegations == NULL)
    g_task_return_error (task, g_steal_pointer (&error));
  else
    g_task_return_pointer (task, delegations, (GDestroyNotify) g_ptr_array_unref);
}

void
musterd_store_delegations_async (MusterdStore *store, const char *user, MusterdTime since, guint64 after, guint limit,
                                 GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr(GTask) task = g_task_new (NULL, NULL, callback, user_data);
  DelegationsQuery *query = g_new0 (DelegationsQuery, 1);

  g_task_set_source_tag (task, musterd_store_delegations_async);
  query->user = g_strdup (user);
  query->since = since;
  query->after = after;
  query->limit = limit;
  g_task_set_task_data (task, query, delegations_query_free);
  if (musterd_writer_call (store->writer, on_delegations_due, task))
    g_steal_pointer (&task);
  else
    return_closing (task);
}

GPtrArray *
musterd_store_delegations_finish (MusterdStore *store, GAsyncResult *result, GError **error)
{
  (void) store;
  g_return_val_if_fail (g_async_result_is_tagged (result, musterd_store_delegations_async), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

GHashTable *
musterd_store_count_records (MusterdStore *store, const char *prefix, GError **error)
{
  g_autoptr(sqlite3) db = musterd_sql_open (store->path, MUSTERD_SQL_READ, error);

  return db != NULL ? musterd_records_count (db, prefix, error) : NULL;
}

GPtrArray *
musterd_store_load_tokens (MusterdStore *store, GError **error)
{
  g_autoptr(sqlite3) db = musterd_sql_open (store->path, MUSTERD_SQL_READ, error);

  return db != NULL ? musterd_tokens_read (db, error) : NULL;
}

typedef struct
{
  MusterdStore *store; /* waits for the end of the thread */
  char         *path;
  gboolean      take;
} Copy;

static void
copy_free (gpointer data)
{
  Copy *copy = data;

  g_free (copy->path);
  g_free (copy);
}

static gboolean
take_copy (MusterdStore *store, const char *path, GError **error)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&store->taking);

  return musterd_backup_take (path, store->dir, store->closing, error);
}

static void
run_copy (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Copy *copy = data;
  MusterdStore *store = copy->store;
  g_autoptr(GError) error = NULL;
  gboolean ok = copy->take ? take_copy (store, copy->path, &error)
                           : musterd_backup_write (store->path, copy->path, store->closing, &error);

  (void) source;
  (void) cancellable;
  g_mutex_lock (&store->mutex);
  store->n_copies--;
  g_cond_broadcast (&store->ended);
  g_mutex_unlock (&store->mutex);
  if (ok)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

static void
start_copy (MusterdStore *store, const char *path, gboolean take, gpointer tag, GAsyncReadyCallback callback,
            gpointer user_data)
{
  g_autoptr(GTask) task = g_task_new (NULL, NULL, callback, user_data);
  Copy *copy = g_new0 (Copy, 1);

  g_task_set_source_tag (task, tag);
  copy->store = store;
  copy->path = g_canonicalize_filename (path, NULL);
  copy->take = take;
  g_task_set_task_data (task, copy, copy_free);
  if (g_cancellable_is_cancelled (store->closing))
    {
      return_closing (task);
      return;
    }
  g_mutex_lock (&store->mutex);
  store->n_copies++;
  g_mutex_unlock (&store->mutex);
  g_task_run_in_thread (task, run_copy);
}

void
musterd_store_backup_async (MusterdStore *store, const char *path, GAsyncReadyCallback callback, gpointer user_data)
{
  start_copy (store, path, FALSE, musterd_store_backup_async, callback, user_data);
}

gboolean
musterd_store_backup_finish (MusterdStore *store, GAsyncResult *result, GError **error)
{
  (void) store;
  g_return_val_if_fail (g_async_result_is_tagged (result, musterd_store_backup_async), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}

void
musterd_store_restore_async (MusterdStore *store, const char *path, GAsyncReadyCallback callback, gpointer user_data)
{
  start_copy (store, path, TRUE, musterd_store_restore_async, callback, user_data);
}

gboolean
musterd_store_restore_finish (MusterdStore *store, GAsyncResult *result, GError **error)
{
  (void) store;
  g_return_val_if_fail (g_async_result_is_tagged (result, musterd_store_restore_async), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}
