/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/stream.h"

#include <string.h>
#include <sys/socket.h>

#include "api/complaints.h"
#include "api/request.h"

#define HEARTBEAT (20 * G_TIME_SPAN_SECOND) /* of silence: a dead reader is noticed only by writing */
#define STALL (120 * G_TIME_SPAN_SECOND)    /* not a byte taken */
#define VECTORS_MAX 256                     /* pieces in one write */
#define RECORD_MAX (16 * 1024)              /* bytes in one write of an encrypted stream */
#define RETRY_MS 2000                       /* what a reader that lost us waits before it asks again */

static const char response[] = "HTTP/1.1 200 OK\r\n"
                               "Content-Type: text/event-stream\r\n"
                               "Cache-Control: no-store\r\n"
                               "X-Accel-Buffering: no\r\n" /* asks a proxy to hand on what comes when it comes */
                               "Connection: close\r\n\r\n"
                               "retry: " G_STRINGIFY (RETRY_MS) "\n\n";

struct _MusterdStreams
{
  MusterdHub *hub;
  GSource    *timer;
  GQueue      by_progress; /* who has taken nothing for longest comes first */
  guint       n_expiring;
};

struct _MusterdStream
{
  MusterdStreams    *streams;
  MusterdConnection *connection;
  MusterdHubEntry   *entry;
  MusterdStreamFuncs funcs;
  gpointer           data;
  char              *token;    /* nullable: known by account, */
  uid_t              uid;      /* this one */
  gint64             expires;  /* microseconds since 1970; G_MAXINT64: never */
  gint64             progress; /* monotonic; when the reader last took something */
  GList              link;     /* in by_progress */
  GPtrArray         *pieces;   /* GBytes; what has not left yet is from `next` on, */
  guint              next;
  gsize              offset;   /* without so much of its beginning */
};

static void
end (MusterdStream *stream)
{
  MusterdStreams *streams = stream->streams;

  musterd_hub_remove (stream->entry);
  g_queue_unlink (&streams->by_progress, &stream->link);
  if (stream->expires != G_MAXINT64)
    streams->n_expiring--;
  stream->funcs.closed (stream, stream->data);
  musterd_connection_close (stream->connection);
  g_ptr_array_unref (stream->pieces);
  g_free (stream->token);
  g_free (stream);
}

static void
note_progress (MusterdStream *stream)
{
  stream->progress = g_get_monotonic_time ();
  g_queue_unlink (&stream->streams->by_progress, &stream->link);
  g_queue_push_tail_link (&stream->streams->by_progress, &stream->link);
}

/* So much has left. */
static void
advance (MusterdStream *stream, gsize n)
{
  while (n > 0)
    {
      gsize rest = g_bytes_get_size (stream->pieces->pdata[stream->next]) - stream->offset;

      if (n < rest)
        {
          stream->offset += n;
          return;
        }
      n -= rest;
      stream->next++;
      stream->offset = 0;
    }
}

/* A record of its own for each small piece would cost more than the pieces; and after a write that would have blocked,
 * the same bytes come together again, as TLS demands. */
static gssize
write_encrypted (MusterdStream *stream, GPollableOutputStream *output, GError **error)
{
  guint8 record[RECORD_MAX];
  gsize length = 0, skip = stream->offset;

  for (guint i = stream->next; i < stream->pieces->len && length < sizeof record; i++)
    {
      gsize size = 0;
      const guint8 *data = g_bytes_get_data (stream->pieces->pdata[i], &size);
      gsize part = MIN (size - skip, sizeof record - length);

      memcpy (record + length, data + skip, part);
      length += part;
      skip = 0;
    }
  return g_pollable_output_stream_write_nonblocking (output, record, length, NULL, error);
}

static gssize
write_plain (MusterdStream *stream, GPollableOutputStream *output, GError **error)
{
  GOutputVector vectors[VECTORS_MAX];
  gsize n = 0, skip = stream->offset, written = 0;

  for (guint i = stream->next; i < stream->pieces->len && n < VECTORS_MAX; i++, n++)
    {
      gsize size = 0;
      const guint8 *data = g_bytes_get_data (stream->pieces->pdata[i], &size);

      vectors[n] = (GOutputVector){ data + skip, size - skip };
      skip = 0;
    }
  switch (g_pollable_output_stream_writev_nonblocking (output, vectors, n, &written, NULL, error))
    {
    case G_POLLABLE_RETURN_OK:
      return (gssize) written;
    case G_POLLABLE_RETURN_WOULD_BLOCK:
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK, "the reader is slow");
      return -1;
    case G_POLLABLE_RETURN_FAILED:
    default:
      return -1;
    }
}

static void
flush (MusterdStream *stream)
{
  GIOStream *io = musterd_connection_get_io (stream->connection);
  GPollableOutputStream *output = G_POLLABLE_OUTPUT_STREAM (g_io_stream_get_output_stream (io));

  while (stream->next < stream->pieces->len)
    {
      g_autoptr(GError) error = NULL;
      gssize n = G_IS_TLS_CONNECTION (io) ? write_encrypted (stream, output, &error)
                                          : write_plain (stream, output, &error);

      if (n > 0)
        {
          advance (stream, (gsize) n);
          note_progress (stream);
          continue;
        }
      if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        {
          musterd_hub_wait_for (stream->entry, EPOLLIN | EPOLLRDHUP | EPOLLOUT);
          return;
        }
      /* The hub reports it, and there it ends. */
      g_socket_shutdown (musterd_connection_get_socket (stream->connection), TRUE, TRUE, NULL);
      return;
    }
  g_ptr_array_set_size (stream->pieces, 0);
  stream->next = 0;
  stream->offset = 0;
  musterd_hub_wait_for (stream->entry, EPOLLIN | EPOLLRDHUP);
}

/* FALSE: the reader has hung up, or says something, which is not its part. */
static gboolean
is_listening (MusterdStream *stream)
{
  GInputStream *input = g_io_stream_get_input_stream (musterd_connection_get_io (stream->connection));
  g_autoptr(GError) error = NULL;
  char byte;

  g_pollable_input_stream_read_nonblocking (G_POLLABLE_INPUT_STREAM (input), &byte, 1, NULL, &error);
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
}

static void
on_ready (guint32 events, gpointer data)
{
  MusterdStream *stream = data;

  if ((events & (EPOLLERR | EPOLLHUP)) != 0 || ((events & (EPOLLIN | EPOLLRDHUP)) != 0 && !is_listening (stream)))
    {
      end (stream);
      return;
    }
  if ((events & EPOLLOUT) == 0 || musterd_stream_is_clear (stream))
    return;
  flush (stream);
  if (musterd_stream_is_clear (stream))
    stream->funcs.clear (stream, stream->data);
}

static void
end_expired (MusterdStreams *streams)
{
  gint64 now = g_get_real_time ();
  GList *link = streams->by_progress.head;

  while (streams->n_expiring > 0 && link != NULL)
    {
      MusterdStream *stream = link->data;

      link = link->next;
      if (stream->expires <= now)
        end (stream);
    }
}

static gboolean
on_second (gpointer data)
{
  static const char comment[] = ":\n\n";
  MusterdStreams *streams = data;
  g_autoptr(GBytes) heartbeat = g_bytes_new_static (comment, sizeof comment - 1);
  gint64 now = g_get_monotonic_time ();
  GList *link;

  end_expired (streams);
  link = streams->by_progress.head;
  while (link != NULL && ((MusterdStream *) link->data)->progress + HEARTBEAT <= now)
    {
      MusterdStream *stream = link->data;

      link = link->next;
      if (musterd_stream_is_clear (stream))
        musterd_stream_send (stream, &heartbeat, 1);
      else if (stream->progress + STALL <= now)
        end (stream);
    }
  return G_SOURCE_CONTINUE;
}

MusterdStreams *
musterd_streams_new (GMainContext *context, MusterdHub *hub)
{
  MusterdStreams *streams = g_new0 (MusterdStreams, 1);

  streams->hub = hub;
  g_queue_init (&streams->by_progress);
  streams->timer = g_timeout_source_new_seconds (1);
  g_source_set_callback (streams->timer, on_second, streams, NULL);
  g_source_set_static_name (streams->timer, "muster-api-streams");
  g_source_attach (streams->timer, context);
  return streams;
}

void
musterd_streams_end_all (MusterdStreams *streams)
{
  while (streams->by_progress.head != NULL)
    end (streams->by_progress.head->data);
}

void
musterd_streams_free (MusterdStreams *streams)
{
  musterd_streams_end_all (streams);
  g_source_destroy (streams->timer);
  g_source_unref (streams->timer);
  g_free (streams);
}

guint
musterd_streams_get_n (MusterdStreams *streams)
{
  return g_queue_get_length (&streams->by_progress);
}

MusterdStream *
musterd_streams_open (MusterdStreams *streams, MusterdRequest *request, const MusterdStreamFuncs *funcs, gpointer data)
{
  g_autoptr(GBytes) head = g_bytes_new_static (response, sizeof response - 1);
  g_autoptr(GError) error = NULL;
  MusterdConnection *connection;
  MusterdStream *stream;

  if (musterd_streams_get_n (streams) >= MUSTERD_STREAMS_MAX)
    {
      musterd_request_problem (request, 429, "too many follow the events already: try again later");
      return NULL;
    }
  connection = musterd_request_take_connection (request);
  if (connection == NULL)
    return NULL;
  stream = g_new0 (MusterdStream, 1);
  stream->entry = musterd_hub_add (streams->hub, g_socket_get_fd (musterd_connection_get_socket (connection)),
                                   EPOLLIN | EPOLLRDHUP, on_ready, stream, &error);
  if (stream->entry == NULL)
    {
      musterd_complain (MUSTERD_COMPLAINT_CONNECTION, musterd_connection_get_peer (connection)->address,
                        G_LOG_LEVEL_WARNING, "%s", error->message);
      musterd_connection_close (connection);
      g_free (stream);
      return NULL;
    }
  stream->streams = streams;
  stream->connection = connection;
  stream->funcs = *funcs;
  stream->data = data;
  stream->token = g_strdup (request->caller.token);
  stream->uid = request->caller.uid;
  stream->expires = request->caller.expires;
  if (stream->expires != G_MAXINT64)
    streams->n_expiring++;
  stream->pieces = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  stream->progress = g_get_monotonic_time ();
  stream->link.data = stream;
  g_queue_push_tail_link (&streams->by_progress, &stream->link);
  musterd_stream_send (stream, &head, 1);
  return stream;
}

void
musterd_streams_end_token (MusterdStreams *streams, const char *token)
{
  GList *link = streams->by_progress.head;

  while (link != NULL)
    {
      MusterdStream *stream = link->data;

      link = link->next;
      if (g_strcmp0 (stream->token, token) == 0)
        end (stream);
    }
}

void
musterd_streams_end_account (MusterdStreams *streams, uid_t uid)
{
  GList *link = streams->by_progress.head;

  while (link != NULL)
    {
      MusterdStream *stream = link->data;

      link = link->next;
      if (stream->token == NULL && stream->uid == uid)
        end (stream);
    }
}

void
musterd_stream_send (MusterdStream *stream, GBytes *const *pieces, gsize n_pieces)
{
  g_return_if_fail (musterd_stream_is_clear (stream));

  for (gsize i = 0; i < n_pieces; i++)
    g_ptr_array_add (stream->pieces, g_bytes_ref (pieces[i]));
  flush (stream);
}

gboolean
musterd_stream_is_clear (MusterdStream *stream)
{
  return stream->pieces->len == 0;
}

void
musterd_stream_end (MusterdStream *stream)
{
  end (stream);
}
