/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/json-text.h"
#include "api/routes.h"
#include "api/server.h"
#include "model/error.h"

#define PIECE (64 * 1024)

/* A file on its way between the store and the client; removed with this. */
typedef struct
{
  char *path;
} Transfer;

static void
transfer_free (gpointer data)
{
  Transfer *transfer = data;

  g_unlink (transfer->path);
  g_free (transfer->path);
  g_free (transfer);
}

/* What the store was asked, and for whom. */
typedef struct
{
  MusterdCall  *call;
  MusterdStore *store;
} Work;

static Work *
work_new (MusterdCall *call, MusterdStore *store)
{
  Work *work = g_new0 (Work, 1);

  work->call = call;
  work->store = store;
  return work;
}

static GError *
no_store (void)
{
  return g_error_new_literal (MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE, "this daemon runs without a store");
}

/* Backup. */

static void
on_copied (GObject *object G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  g_autofree Work *work = user_data;
  GError *error = NULL;

  musterd_store_backup_finish (work->store, result, &error);
  musterd_call_return (work->call, error);
}

static void
run_backup (MusterdCall *call, const MusterdApiServices *services, gpointer value)
{
  const Transfer *transfer = value;

  if (services->store == NULL)
    {
      musterd_call_return (call, no_store ());
      return;
    }
  /* What is acknowledged is in the file; claims still written behind belong in the copy, too. */
  musterd_engine_flush (services->engine);
  musterd_store_backup_async (services->store, transfer->path, on_copied, work_new (call, services->store));
}

typedef struct
{
  int fd;
} Reader;

static void
reader_free (gpointer data)
{
  Reader *reader = data;

  close (reader->fd);
  g_free (reader);
}

static GBytes *
next_piece (gpointer data, GError **error)
{
  Reader *reader = data;
  g_autofree char *buffer = g_malloc (PIECE);
  gssize size;

  do
    size = read (reader->fd, buffer, PIECE);
  while (size < 0 && errno == EINTR);
  if (size < 0)
    g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_FAILED, "reading the copy: %s", g_strerror (errno));
  return size > 0 ? g_bytes_new_take (g_steal_pointer (&buffer), (gsize) size) : NULL;
}

static void
on_backup_returned (MusterdRequest *request, gpointer value, const GError *error)
{
  const Transfer *transfer = value;
  struct stat info;
  Reader *reader;
  int fd;

  if (error != NULL)
    {
      musterd_request_fail (request, error);
      return;
    }
  fd = g_open (transfer->path, O_RDONLY | O_CLOEXEC, 0);
  if (fd < 0 || fstat (fd, &info) != 0)
    {
      g_autofree char *why = g_strdup_printf ("opening the copy: %s", g_strerror (errno));

      if (fd >= 0)
        close (fd);
      musterd_request_problem (request, SOUP_STATUS_INTERNAL_SERVER_ERROR, why);
      return;
    }
  /* The name goes with the transfer now; the open file lives until it is sent. */
  reader = g_new0 (Reader, 1);
  reader->fd = fd;
  musterd_request_stream (request, "application/octet-stream", info.st_size, next_piece, reader, reader_free);
}

void
musterd_store_send (MusterdRequest *request)
{
  Transfer *transfer = g_new0 (Transfer, 1);

  transfer->path = musterd_upload_path (request->server->state_dir);
  musterd_bridge_call (request->server->bridge, request, run_backup, on_backup_returned, transfer, transfer_free);
}

/* Restore. */

static void
on_restored (GObject *object G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  g_autofree Work *work = user_data;
  const MusterdApiServices *services = musterd_call_get_services (work->call);
  GError *error = NULL;
  gboolean ok = musterd_store_restore_finish (work->store, result, &error);

  /* The name that the upload has here says nothing to whoever sent it. */
  if (error != NULL)
    {
      const Transfer *transfer = musterd_call_get_value (work->call);
      g_autoptr(GString) message = g_string_new (error->message);

      g_string_replace (message, transfer->path, "the backup", 0);
      g_free (error->message);
      error->message = g_strdup (message->str);
    }
  musterd_call_return (work->call, error);
  /* The answer is on its way: the end of the api waits until it is written. */
  if (ok && services != NULL)
    services->restart (services->user_data);
}

static void
run_restore (MusterdCall *call, const MusterdApiServices *services, gpointer value)
{
  const Transfer *transfer = value;

  if (services->store == NULL)
    {
      musterd_call_return (call, no_store ());
      return;
    }
  musterd_store_restore_async (services->store, transfer->path, on_restored, work_new (call, services->store));
}

static void
on_restore_returned (MusterdRequest *request, gpointer value G_GNUC_UNUSED, const GError *error)
{
  GString *json;

  if (error != NULL)
    {
      musterd_request_fail (request, error);
      return;
    }
  json = g_string_new (NULL);
  musterd_json_open (json, NULL, '{');
  musterd_json_bool (json, "restarting", TRUE);
  musterd_json_close (json, '}');
  musterd_request_reply (request, SOUP_STATUS_ACCEPTED, json);
}

void
musterd_store_take (MusterdRequest *request)
{
  g_autoptr(GError) error = NULL;
  Transfer *transfer;
  char *path;

  if (request->seen == 0)
    {
      musterd_request_problem (request, SOUP_STATUS_BAD_REQUEST, "the body is empty: it must be a backup");
      return;
    }
  path = musterd_upload_steal (request->upload, &error);
  if (path == NULL)
    {
      musterd_request_fail (request, error);
      return;
    }
  transfer = g_new0 (Transfer, 1);
  transfer->path = path;
  musterd_bridge_call (request->server->bridge, request, run_restore, on_restore_returned, transfer, transfer_free);
}
