/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-store"

#include "store/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/apply.h"
#include "store/files.h"
#include "store/schema.h"

#define COPY_SIZE (256 * 1024)
#define STEPS_PER_LOOK 10000 /* of SQLite's machine, between two looks at the cancellable */

static int
on_steps_done (void *data)
{
  return g_cancellable_is_cancelled (data);
}

/* VACUUM INTO rather than the backup interface: it reads one snapshot in one go, so that writes meanwhile neither
 * wait nor make it begin again, and what it leaves is one file without a log beside it. */
static gboolean
vacuum_into (const char *from, const char *to, GCancellable *cancellable, GError **error)
{
  g_autoptr(sqlite3) db = musterd_sql_open (from, MUSTERD_SQL_READ, error);
  g_autoptr(sqlite3_stmt) statement = NULL;
  int rc = SQLITE_OK;

  if (db == NULL)
    return FALSE;
  sqlite3_busy_timeout (db, 10000);
  if (cancellable != NULL)
    sqlite3_progress_handler (db, STEPS_PER_LOOK, on_steps_done, cancellable);
  statement = musterd_sql_prepare (db, "VACUUM INTO ?1", error);
  if (statement == NULL)
    return FALSE;
  musterd_sql_bind_text (statement, 1, to);
  rc = sqlite3_step (statement);
  if (rc != SQLITE_DONE)
    musterd_sql_set_error (error, db, rc, "copying the store");
  return rc == SQLITE_DONE;
}

gboolean
musterd_backup_write (const char *from, const char *to, GCancellable *cancellable, GError **error)
{
  g_autofree char *name = g_filename_display_name (to);
  g_autofree char *part = g_strdup_printf ("%s.%08x.part", to, g_random_int ());
  struct stat info;
  gboolean created = FALSE;
  gboolean ok = FALSE;

  if (lstat (to, &info) == 0)
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFLICT,
                   "backing up to %s: there is a file of that name already; name another one", name);
      return FALSE;
    }
  if (!musterd_files_create (part, &created, error))
    {
      g_prefix_error (error, "backing up to %s: ", name);
      return FALSE;
    }
  ok = created && vacuum_into (from, part, cancellable, error) && musterd_files_sync (part, error)
       && musterd_files_move_new (part, to, error);
  if (ok)
    return TRUE;
  if (!created)
    musterd_files_set_error (error, EEXIST, "making the file", part);
  else
    unlink (part);
  g_prefix_error (error, "backing up to %s: ", name);
  return FALSE;
}

/* The file's fault, or the disk's. */
static gboolean
fail_check (sqlite3 *db, GError **error)
{
  int rc = sqlite3_errcode (db);

  if (musterd_sql_is_disk_error (rc))
    musterd_sql_set_error (error, db, rc, "checking the copy");
  else
    g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "it is damaged, or no store of Muster: %s",
                 sqlite3_errmsg (db));
  return FALSE;
}

static gboolean
check_kind (sqlite3 *db, gint64 *version, GError **error)
{
  MusterdSchemaKind kind = MUSTERD_SCHEMA_EMPTY;

  if (!musterd_schema_look (db, &kind, version, NULL))
    return fail_check (db, error);
  if (kind == MUSTERD_SCHEMA_EMPTY)
    g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "it is empty");
  if (kind == MUSTERD_SCHEMA_FOREIGN)
    g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "it is a database of another program");
  if (kind == MUSTERD_SCHEMA_NEWER)
    g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID,
                 "it was written by a newer version of Muster (schema %" G_GINT64_FORMAT ", this one reads up to %d)",
                 *version, musterd_schema_get_version ());
  return kind == MUSTERD_SCHEMA_OURS;
}

/* Runs a check that answers with rows; the first column of the first, NULL where there is none. */
static gboolean
run_check (sqlite3 *db, const char *sql, char **answer, GError **error)
{
  g_autoptr(sqlite3_stmt) statement = musterd_sql_prepare (db, sql, NULL);
  int rc = statement != NULL ? sqlite3_step (statement) : SQLITE_ERROR;

  if (rc != SQLITE_ROW && rc != SQLITE_DONE)
    return fail_check (db, error);
  *answer = rc == SQLITE_ROW ? g_strdup ((const char *) sqlite3_column_text (statement, 0)) : NULL;
  return TRUE;
}

/* Whole, ours, and of a version that can be brought to this one. */
static gboolean
check_store (const char *path, GCancellable *cancellable, GError **error)
{
  g_autoptr(sqlite3) db = musterd_sql_open (path, MUSTERD_SQL_IMMUTABLE, error);
  g_autoptr(MusterdApply) apply = NULL;
  g_autofree char *integrity = NULL;
  g_autofree char *orphans = NULL;
  gint64 version = 0;

  if (db == NULL || !check_kind (db, &version, error))
    return FALSE;
  if (cancellable != NULL)
    sqlite3_progress_handler (db, STEPS_PER_LOOK, on_steps_done, cancellable);
  if (!run_check (db, "PRAGMA integrity_check (1)", &integrity, error)
      || !run_check (db, "PRAGMA foreign_key_check", &orphans, error))
    return FALSE;
  if (g_strcmp0 (integrity, "ok") != 0)
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "it is damaged: %s", integrity);
      return FALSE;
    }
  if (orphans != NULL)
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "it is damaged: rows of '%s' belong to no user",
                   orphans);
      return FALSE;
    }
  /* One of this version must have the tables that we use; an older one gets them. */
  if (version == musterd_schema_get_version ())
    {
      apply = musterd_apply_new (db, NULL);
      if (apply == NULL)
        return fail_check (db, error);
    }
  return TRUE;
}

static gboolean
copy_bytes (int from, int to, GCancellable *cancellable, GError **error)
{
  g_autofree char *buffer = g_malloc (COPY_SIZE);
  gssize n = 0;

  while ((n = read (from, buffer, COPY_SIZE)) != 0)
    {
      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        {
          g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE, "reading it: %s", g_strerror (errno));
          return FALSE;
        }
      for (gssize done = 0; done < n;)
        {
          gssize written = write (to, buffer + done, (gsize) (n - done));

          if (written < 0 && errno == EINTR)
            continue;
          if (written <= 0)
            {
              g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE, "copying it to the state directory: %s",
                           g_strerror (errno));
              return FALSE;
            }
          done += written;
        }
      if (g_cancellable_is_cancelled (cancellable))
        {
          g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE, "the store is being closed");
          return FALSE;
        }
    }
  return TRUE;
}

static int
open_source (const char *path, GError **error)
{
  g_autofree char *log = g_strconcat (path, "-wal", NULL);
  struct stat info;
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

  if (fd < 0)
    {
      g_set_error (error, MUSTERD_ERROR, errno == ENOENT ? MUSTERD_ERROR_NOT_FOUND : MUSTERD_ERROR_UNAVAILABLE, "%s",
                   g_strerror (errno));
      return -1;
    }
  if (fstat (fd, &info) != 0 || !S_ISREG (info.st_mode))
    g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "it is not a regular file");
  else if (stat (log, &info) == 0 && info.st_size > 0)
    g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID,
                         "a file of the same name with '-wal' lies beside it, so it is a store in use or a copy of one "
                         "and not whole by itself; use a file written by 'musterctl backup'");
  else
    return fd;
  close (fd);
  return -1;
}

gboolean
musterd_backup_take (const char *from, const char *dir, GCancellable *cancellable, GError **error)
{
  g_autofree char *name = g_filename_display_name (from);
  g_autofree char *target = g_build_filename (dir, "muster.db.restore", NULL);
  g_autofree char *part = g_strconcat (target, ".part", NULL);
  gboolean created = FALSE, ok = FALSE;
  int source = open_source (from, error);
  int copy = -1;

  if (source < 0)
    {
      g_prefix_error (error, "restoring %s: ", name);
      return FALSE;
    }

  /* The copy is checked rather than the original, which somebody could still change. */
  unlink (part);
  if (musterd_files_create (part, &created, error))
    {
      copy = open (part, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
      if (copy < 0)
        musterd_files_set_error (error, errno, "writing", part);
    }
  ok = copy >= 0 && copy_bytes (source, copy, cancellable, error);
  close (source);
  if (copy >= 0 && close (copy) != 0 && ok)
    {
      musterd_files_set_error (error, errno, "writing", part);
      ok = FALSE;
    }
  ok = ok && check_store (part, cancellable, error) && musterd_files_sync (part, error);
  if (ok && rename (part, target) != 0)
    {
      musterd_files_set_error (error, errno, "writing", target);
      ok = FALSE;
    }
  if (ok && musterd_files_sync_parent (target, error))
    return TRUE;
  unlink (part);
  g_prefix_error (error, "restoring %s: ", name);
  return FALSE;
}
