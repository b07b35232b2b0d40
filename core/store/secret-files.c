/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-store"

#include "store/secret-files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/error.h"
#include "store/secrets.h"

#define LIST_MAX 10000 /* names of one directory; of more, none is taken */

void
musterd_secret_file_fail (GError **error, const char *dir, const char *name, const char *what)
{
  g_autofree char *path = g_build_filename (dir, name, NULL);
  g_autofree char *shown = g_filename_display_name (path);

  g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE, "%s: %s", shown, what);
}

static gboolean
is_trusted_owner (uid_t owner)
{
  return owner == 0 || owner == geteuid ();
}

/* -1 without an error: there is none. */
static int
open_dir (const char *dir, MusterdSecretFileKind kind, GError **error)
{
  struct stat info;
  int fd = open (dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (kind == MUSTERD_SECRET_FILE_OWN ? O_NOFOLLOW : 0));

  if (fd < 0)
    {
      if (errno != ENOENT)
        musterd_secret_file_fail (error, dir, "", g_strerror (errno));
      return -1;
    }
  if (fstat (fd, &info) != 0)
    musterd_secret_file_fail (error, dir, "", g_strerror (errno));
  else if (!is_trusted_owner (info.st_uid))
    musterd_secret_file_fail (error, dir, "", "it belongs to neither root nor the user that musterd runs as");
  else if (kind == MUSTERD_SECRET_FILE_OWN && (info.st_mode & 022) != 0)
    musterd_secret_file_fail (error, dir, "", "others may write in it; take that away with 'chmod 0700'");
  else
    return fd;
  close (fd);
  return -1;
}

/* Why not to take it; NULL: nothing against it. */
static const char *
find_fault (const struct stat *info, MusterdSecretFileKind kind)
{
  if (!S_ISREG (info->st_mode))
    return "it is not a regular file";
  if (!is_trusted_owner (info->st_uid))
    return "it belongs to neither root nor the user that musterd runs as";
  if (kind == MUSTERD_SECRET_FILE_OWN && (info->st_mode & 077) != 0)
    return "its group or others have rights to it; give it mode 0600, and change the secret if somebody may have read "
           "it";
  if (kind == MUSTERD_SECRET_FILE_CREDENTIAL && (info->st_mode & 007) != 0)
    return "everybody has rights to it";
  return NULL;
}

char *
musterd_secret_from_text (const guchar *bytes, gsize length, const char **fault)
{
  if (length > 0 && bytes[length - 1] == '\n')
    {
      length--;
      if (length > 0 && bytes[length - 1] == '\r')
        length--;
    }
  *fault = NULL;
  if (length == 0)
    *fault = "it is empty";
  else if (length > MUSTERD_SECRET_MAX)
    *fault = "it has more than " G_STRINGIFY (MUSTERD_SECRET_MAX) " bytes";
  else if (memchr (bytes, '\0', length) != NULL)
    *fault = "it holds a zero byte, so it is not a text";
  return *fault == NULL ? g_strndup ((const char *) bytes, length) : NULL;
}

guchar *
musterd_secret_to_text (const char *secret, gsize *length)
{
  const gsize size = strlen (secret);
  guchar *bytes = g_malloc (size + 1);

  memcpy (bytes, secret, size);
  bytes[size] = '\n';
  *length = secret[size - 1] == '\n' ? size + 1 : size;
  return bytes;
}

void
musterd_secret_bytes_free (guchar *bytes, gsize length)
{
  if (bytes == NULL)
    return;
  explicit_bzero (bytes, length);
  g_free (bytes);
}

static guchar *
read_bytes (int fd, gsize max, gsize *length, const char **fault)
{
  const gsize size = max + 1; /* one byte tells that there is more */
  guchar *buffer = g_malloc (size);
  gssize n = 0;

  *length = 0;
  do
    {
      n = read (fd, buffer + *length, size - *length);
      *length += n > 0 ? (gsize) n : 0;
    }
  while ((n > 0 && *length < size) || (n < 0 && errno == EINTR));

  if (n < 0)
    *fault = g_strerror (errno);
  else if (*length == size)
    *fault = "it has more than " G_STRINGIFY (MUSTERD_SECRET_MAX) " bytes";
  if (*fault == NULL)
    return buffer;
  musterd_secret_bytes_free (buffer, size);
  return NULL;
}

guchar *
musterd_secret_file_read (const char *dir, const char *name, MusterdSecretFileKind kind, gsize max, gsize *length,
                          GError **error)
{
  int dir_fd = open_dir (dir, kind, error);
  struct stat info;
  const char *fault = NULL;
  guchar *bytes = NULL;
  int fd = -1;

  if (dir_fd < 0)
    return NULL;
  /* O_NONBLOCK: nobody waits at a FIFO that somebody put there. */
  fd = openat (dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (fd < 0 && errno != ENOENT)
    fault = errno == ELOOP ? "it is a symbolic link, which is not followed" : g_strerror (errno);
  else if (fd >= 0 && fstat (fd, &info) != 0)
    fault = g_strerror (errno);
  else if (fd >= 0)
    fault = find_fault (&info, kind);
  if (fd >= 0 && fault == NULL)
    bytes = read_bytes (fd, max, length, &fault);
  if (fault != NULL)
    musterd_secret_file_fail (error, dir, name, fault);
  if (fd >= 0)
    close (fd);
  close (dir_fd);
  return bytes;
}

static gboolean
write_all (int fd, const guchar *bytes, gsize length)
{
  while (length > 0)
    {
      gssize n = write (fd, bytes, length);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return FALSE;
      bytes += n;
      length -= (gsize) n;
    }
  return TRUE;
}

/* A new file with the secret in it, on the disk. */
static gboolean
write_part (int dir_fd, const char *part, const guchar *bytes, gsize length)
{
  int fd = openat (dir_fd, part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  gboolean ok = FALSE;

  if (fd < 0)
    return FALSE;
  ok = fchmod (fd, 0600) == 0 && write_all (fd, bytes, length) && fsync (fd) == 0;

  int number = errno;

  if (close (fd) != 0 && ok)
    return FALSE;
  errno = number;
  return ok;
}

static int
open_or_make_dir (const char *dir, GError **error)
{
  g_autoptr(GError) trouble = NULL;
  int fd = open_dir (dir, MUSTERD_SECRET_FILE_OWN, &trouble);

  if (fd < 0 && trouble == NULL)
    {
      g_autofree char *parent = g_path_get_dirname (dir);
      int parent_fd = -1;

      if ((mkdir (dir, 0700) != 0 && errno != EEXIST) || chmod (dir, 0700) != 0)
        {
          musterd_secret_file_fail (error, dir, "", g_strerror (errno));
          return -1;
        }
      parent_fd = open (parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      if (parent_fd < 0 || fsync (parent_fd) != 0)
        musterd_secret_file_fail (&trouble, parent, "", g_strerror (errno));
      if (parent_fd >= 0)
        close (parent_fd);
      if (trouble == NULL)
        fd = open_dir (dir, MUSTERD_SECRET_FILE_OWN, &trouble);
    }
  if (trouble != NULL)
    g_propagate_error (error, g_steal_pointer (&trouble));
  return fd;
}

gboolean
musterd_secret_file_write (const char *dir, const char *name, const guchar *bytes, gsize length, GError **error)
{
  /* No secret's name begins with a dot; what a crash left of an earlier try is taken away. */
  g_autofree char *part = g_strconcat (".", name, ".part", NULL);
  int dir_fd = open_or_make_dir (dir, error);
  gboolean ok = FALSE;

  if (dir_fd < 0)
    return FALSE;
  unlinkat (dir_fd, part, 0);
  ok = write_part (dir_fd, part, bytes, length) && renameat (dir_fd, part, dir_fd, name) == 0 && fsync (dir_fd) == 0;
  if (!ok)
    {
      musterd_secret_file_fail (error, dir, name, g_strerror (errno));
      unlinkat (dir_fd, part, 0);
    }
  close (dir_fd);
  return ok;
}

gboolean
musterd_secret_file_remove (const char *dir, const char *name, GError **error)
{
  int dir_fd = open_dir (dir, MUSTERD_SECRET_FILE_OWN, error);
  gboolean removed = FALSE;

  if (dir_fd < 0)
    return FALSE;
  removed = unlinkat (dir_fd, name, 0) == 0;
  if ((!removed && errno != ENOENT) || (removed && fsync (dir_fd) != 0))
    {
      musterd_secret_file_fail (error, dir, name, g_strerror (errno));
      removed = FALSE;
    }
  close (dir_fd);
  return removed;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static void
read_names (DIR *folder, GPtrArray *names, const char **fault)
{
  const struct dirent *entry = NULL;

  if (folder == NULL)
    return;
  while (errno = 0, (entry = readdir (folder)) != NULL && names->len <= LIST_MAX)
    if (musterd_secret_name_is_valid (entry->d_name))
      g_ptr_array_add (names, g_strdup (entry->d_name));
  if (errno != 0)
    *fault = g_strerror (errno);
  else if (names->len > LIST_MAX)
    *fault = "it holds more than " G_STRINGIFY (LIST_MAX) " files; remove those that are no secrets";
}

GPtrArray *
musterd_secret_file_list (const char *dir, MusterdSecretFileKind kind, GError **error)
{
  g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(GError) trouble = NULL;
  int dir_fd = open_dir (dir, kind, &trouble);
  DIR *folder = dir_fd >= 0 ? fdopendir (dir_fd) : NULL;
  const char *fault = NULL;

  if (trouble != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&trouble));
      return NULL;
    }
  if (folder == NULL && dir_fd >= 0)
    {
      musterd_secret_file_fail (error, dir, "", g_strerror (errno));
      close (dir_fd);
      return NULL;
    }
  read_names (folder, names, &fault);
  if (fault != NULL)
    musterd_secret_file_fail (&trouble, dir, "", fault);
  if (folder != NULL)
    closedir (folder);
  if (trouble != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&trouble));
      return NULL;
    }
  g_ptr_array_sort (names, compare_names);
  return g_steal_pointer (&names);
}
