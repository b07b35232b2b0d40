/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-store"

#include "store/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "store/schema.h"

void
musterd_files_set_error (GError **error, int number, const char *doing, const char *path)
{
  g_autofree char *name = g_filename_display_name (path);

  g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE, "%s: %s: %s", doing, name, g_strerror (number));
}

gboolean
musterd_files_prepare (const char *dir, GError **error)
{
  g_autofree char *parent = g_path_get_dirname (dir);
  g_autofree char *name = g_filename_display_name (dir);
  struct stat info;

  if (mkdir (dir, 0700) == 0 || (errno == ENOENT && g_mkdir_with_parents (parent, 0755) == 0 && mkdir (dir, 0700) == 0))
    {
      /* The umask may have taken away bits that we need. */
      if (chmod (dir, 0700) != 0)
        {
          musterd_files_set_error (error, errno, "making the state directory", dir);
          return FALSE;
        }
      return musterd_files_sync_parent (dir, error);
    }
  if (errno != EEXIST)
    {
      musterd_files_set_error (error, errno, "making the state directory", dir);
      return FALSE;
    }
  if (stat (dir, &info) != 0)
    {
      musterd_files_set_error (error, errno, "looking at the state directory", dir);
      return FALSE;
    }
  if (!S_ISDIR (info.st_mode))
    {
      musterd_files_set_error (error, ENOTDIR, "opening the state directory", dir);
      return FALSE;
    }
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE,
                   "opening the state directory: %s: others may write in it (mode %04o), so nothing in it could be "
                   "trusted; take that away with 'chmod go-w', or name a directory of its own",
                   name, (guint) info.st_mode & 07777);
      return FALSE;
    }
  return TRUE;
}

int
musterd_files_lock (const char *dir, GError **error)
{
  g_autofree char *path = g_build_filename (dir, "lock", NULL);
  g_autofree char *name = g_filename_display_name (dir);
  int fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

  if (fd < 0)
    {
      musterd_files_set_error (error, errno, "locking the state directory", path);
      return -1;
    }
  if (fchmod (fd, 0600) == 0 && flock (fd, LOCK_EX | LOCK_NB) == 0)
    return fd;
  if (errno == EWOULDBLOCK)
    g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE,
                 "locking the state directory: %s: another musterd uses it; stop that one first, or name another "
                 "directory with --state-dir",
                 name);
  else
    musterd_files_set_error (error, errno, "locking the state directory", path);
  close (fd);
  return -1;
}

gboolean
musterd_files_create (const char *path, gboolean *created, GError **error)
{
  int fd = open (path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

  *created = fd >= 0;
  if (fd < 0 && errno == EEXIST)
    return TRUE;
  if (fd < 0 || fchmod (fd, 0600) != 0)
    {
      musterd_files_set_error (error, errno, "making the file", path);
      if (fd >= 0)
        close (fd);
      return FALSE;
    }
  close (fd);
  return musterd_files_sync_parent (path, error);
}

gboolean
musterd_files_sync (const char *path, GError **error)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

  if (fd < 0 || fsync (fd) != 0)
    {
      musterd_files_set_error (error, errno, "writing to the disk", path);
      if (fd >= 0)
        close (fd);
      return FALSE;
    }
  close (fd);
  return TRUE;
}

gboolean
musterd_files_sync_parent (const char *path, GError **error)
{
  g_autofree char *parent = g_path_get_dirname (path);
  int fd = open (parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  if (fd < 0 || fsync (fd) != 0)
    {
      musterd_files_set_error (error, errno, "writing to the disk", parent);
      if (fd >= 0)
        close (fd);
      return FALSE;
    }
  close (fd);
  return TRUE;
}

gboolean
musterd_files_move_new (const char *from, const char *to, GError **error)
{
  g_autofree char *name = g_filename_display_name (to);

  /* Not every file system knows renameat2(); those that do not have hard links (NFS). */
  if (renameat2 (AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0
      || ((errno == EINVAL || errno == ENOSYS) && link (from, to) == 0 && unlink (from) == 0))
    return musterd_files_sync_parent (to, error);
  if (errno == EEXIST)
    g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFLICT, "writing %s: there is a file of that name already",
                 name);
  else
    musterd_files_set_error (error, errno, "writing", to);
  return FALSE;
}

/* Renames `base``suffix` where it exists. */
static gboolean
move_if_there (const char *from_base, const char *to_base, const char *suffix, GError **error)
{
  g_autofree char *from = g_strconcat (from_base, suffix, NULL);
  g_autofree char *to = g_strconcat (to_base, suffix, NULL);

  if (rename (from, to) == 0 || errno == ENOENT)
    return TRUE;
  musterd_files_set_error (error, errno, "putting the old store aside", from);
  return FALSE;
}

static gboolean
remove_if_there (const char *base, const char *suffix, GError **error)
{
  g_autofree char *path = g_strconcat (base, suffix, NULL);

  if (unlink (path) == 0 || errno == ENOENT)
    return TRUE;
  musterd_files_set_error (error, errno, "removing", path);
  return FALSE;
}

/* Brings what still stands in the write-ahead log into the file, so that one file is the whole old store. One that
 * cannot be opened (perhaps the very reason for the restore) is put aside with its log instead. */
static void
fold_log (const char *path)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(sqlite3) look = musterd_sql_open (path, MUSTERD_SQL_READ, &error);
  g_autoptr(sqlite3) db = NULL;
  MusterdSchemaKind kind = MUSTERD_SCHEMA_EMPTY;

  if (look != NULL && musterd_schema_check (look, &kind, &error))
    db = musterd_sql_open (path, MUSTERD_SQL_WRITE, &error);
  g_clear_pointer (&look, sqlite3_close);
  if (db == NULL || !musterd_sql_exec (db, "PRAGMA wal_checkpoint (TRUNCATE)", &error))
    g_debug ("the old store is put aside as it is: %s", error->message);
}

gboolean
musterd_files_place_restored (const char *dir, GError **error)
{
  g_autofree char *current = g_build_filename (dir, "muster.db", NULL);
  g_autofree char *restored = g_build_filename (dir, "muster.db.restore", NULL);
  g_autofree char *before = g_build_filename (dir, "muster.db.before-restore", NULL);
  g_autoptr(sqlite3) db = NULL;
  MusterdSchemaKind kind = MUSTERD_SCHEMA_EMPTY;
  struct stat info;

  if (lstat (restored, &info) != 0)
    {
      if (errno == ENOENT)
        return TRUE;
      musterd_files_set_error (error, errno, "looking for a restored store", restored);
      return FALSE;
    }
  db = musterd_sql_open (restored, MUSTERD_SQL_IMMUTABLE, error);
  if (db == NULL || !musterd_schema_check (db, &kind, error))
    {
      g_prefix_error (error, "putting a restored store in place: ");
      return FALSE;
    }
  if (kind == MUSTERD_SCHEMA_EMPTY)
    {
      musterd_files_set_error (error, ENODATA, "putting a restored store in place", restored);
      return FALSE;
    }
  g_clear_pointer (&db, sqlite3_close);

  /* The log is moved after its file and before the restored one comes: at no moment does a log stand beside a file
   * that it does not belong to. */
  if (lstat (current, &info) == 0)
    {
      fold_log (current);
      if (!remove_if_there (before, "-wal", error) || !remove_if_there (before, "-shm", error)
          || !remove_if_there (before, "-journal", error) || !move_if_there (current, before, "", error))
        return FALSE;
    }
  if (!move_if_there (current, before, "-wal", error) || !move_if_there (current, before, "-journal", error)
      || !remove_if_there (current, "-shm", error) || !musterd_files_sync_parent (current, error))
    return FALSE;
  if (rename (restored, current) != 0)
    {
      musterd_files_set_error (error, errno, "putting a restored store in place", restored);
      return FALSE;
    }
  g_message ("the restored store was put in place; the one before it is muster.db.before-restore");
  return musterd_files_sync_parent (current, error);
}
