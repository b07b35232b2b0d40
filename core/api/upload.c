/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/upload.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "model/error.h"

#define PREFIX "api-transfer-"

struct _MusterdUpload
{
  char *path; /* nullable: given away */
  int   fd;   /* -1: closed */
};

static void
set_error (GError **error, const char *path, int code)
{
  g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE, "writing %s: %s%s", path, g_strerror (code),
               code == ENOSPC ? " (make room there)" : "");
}

char *
musterd_upload_path (const char *dir)
{
  g_autofree char *unique = g_uuid_string_random ();
  g_autofree char *name = g_strconcat (PREFIX, unique, NULL);

  return g_build_filename (dir, name, NULL);
}

MusterdUpload *
musterd_upload_new (const char *dir, GError **error)
{
  g_autofree char *path = musterd_upload_path (dir);
  int fd = g_open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  MusterdUpload *upload;

  if (fd < 0)
    {
      set_error (error, path, errno);
      return NULL;
    }
  upload = g_new0 (MusterdUpload, 1);
  upload->path = g_steal_pointer (&path);
  upload->fd = fd;
  return upload;
}

gboolean
musterd_upload_write (MusterdUpload *upload, GBytes *bytes, GError **error)
{
  gsize size = 0;
  const char *data = g_bytes_get_data (bytes, &size);

  while (size > 0)
    {
      gssize written = write (upload->fd, data, size);

      if (written < 0 && errno == EINTR)
        continue;
      if (written <= 0)
        {
          set_error (error, upload->path, written < 0 ? errno : EIO);
          return FALSE;
        }
      data += written;
      size -= (gsize) written;
    }
  return TRUE;
}

char *
musterd_upload_steal (MusterdUpload *upload, GError **error)
{
  int fd = upload->fd;

  upload->fd = -1;
  if (!g_close (fd, NULL))
    {
      set_error (error, upload->path, errno);
      return NULL;
    }
  return g_steal_pointer (&upload->path);
}

void
musterd_upload_free (MusterdUpload *upload)
{
  if (upload->fd >= 0)
    g_close (upload->fd, NULL);
  if (upload->path != NULL)
    g_unlink (upload->path);
  g_free (upload->path);
  g_free (upload);
}

void
musterd_upload_sweep (const char *dir)
{
  g_autoptr(GDir) open = g_dir_open (dir, 0, NULL);
  const char *name;

  while (open != NULL && (name = g_dir_read_name (open)) != NULL)
    if (g_str_has_prefix (name, PREFIX))
      {
        g_autofree char *path = g_build_filename (dir, name, NULL);

        g_unlink (path);
      }
}
