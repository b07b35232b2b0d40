/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/connection.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "api/complaints.h"
#include "api/connection-private.h"
#include "api/lent-stream.h"
#include "api/problem.h"

#define READ_SIZE (16 * 1024)
#define BODY_SECONDS 30 /* for a body; a long one is given more as it comes */
#define LEFTOVER_MAX (256 * 1024) /* read and thrown away of who has been answered, so that the answer arrives */

/* How long one may stay in a state. */
static const guint state_seconds[MUSTERD_N_CONNECTION_STATES] = {
  [MUSTERD_CONNECTION_HELLO] = 10, [MUSTERD_CONNECTION_HELLO_READY] = 10, [MUSTERD_CONNECTION_HANDSHAKE] = 10,
  [MUSTERD_CONNECTION_WAITING] = 120, [MUSTERD_CONNECTION_HEAD] = 15, [MUSTERD_CONNECTION_HEAD_READY] = 30,
  [MUSTERD_CONNECTION_CLOSING] = 2,
};

static void on_ready (guint32 events, gpointer data);
static void lend (MusterdConnection *connection);

static void
set_deadline (MusterdConnection *connection, guint seconds)
{
  connection->deadline = seconds > 0 ? g_get_monotonic_time () + seconds * G_TIME_SPAN_SECOND : G_MAXINT64;
}

void
musterd_connection_set_state (MusterdConnection *connection, MusterdConnectionState state)
{
  MusterdConnections *all = connection->all;

  g_queue_unlink (&all->by_state[connection->state], &connection->link);
  connection->state = state;
  g_queue_push_tail_link (&all->by_state[state], &connection->link);
  set_deadline (connection, state_seconds[state]);
}

void
musterd_connection_stop_listening (MusterdConnection *connection)
{
  g_clear_pointer (&connection->entry, musterd_hub_remove);
}

/* FALSE: it has been closed. */
gboolean
musterd_connection_listen (MusterdConnection *connection, guint32 events)
{
  g_autoptr(GError) error = NULL;

  if (connection->entry != NULL)
    {
      musterd_hub_wait_for (connection->entry, events);
      return TRUE;
    }
  connection->entry = musterd_hub_add (connection->all->hub, g_socket_get_fd (connection->socket), events, on_ready,
                                       connection, &error);
  if (connection->entry != NULL)
    return TRUE;
  musterd_complain (MUSTERD_COMPLAINT_CONNECTION, connection->peer.address, G_LOG_LEVEL_WARNING, "%s",
                    error->message);
  musterd_connection_close (connection);
  return FALSE;
}

/* A place has become free. */
static void
lend_next (MusterdConnections *all)
{
  MusterdConnection *next = g_queue_peek_head (&all->by_state[MUSTERD_CONNECTION_HEAD_READY]);

  if (next != NULL && g_queue_get_length (&all->by_state[MUSTERD_CONNECTION_LENT]) < MUSTERD_LENT_MAX)
    lend (next);
}

static void
free_connection (MusterdConnection *connection)
{
  MusterdConnections *all = connection->all;
  gboolean lent = connection->state == MUSTERD_CONNECTION_LENT;

  g_queue_unlink (&all->by_state[connection->state], &connection->link);
  all->n--;
  musterd_peers_leave (all->peers, connection->count);
  /* With the socket closed first, the end of an encrypted stream has nothing to wait for. */
  g_socket_close (connection->socket, NULL);
  g_clear_object (&connection->lent);
  g_clear_object (&connection->io);
  g_object_unref (connection->socket);
  g_clear_object (&connection->certificate);
  g_clear_object (&connection->cancellable);
  g_byte_array_unref (connection->buffer);
  g_free (connection->peer.address);
  g_free (connection);
  if (all->full)
    {
      all->full = FALSE;
      all->funcs.room (all->data);
    }
  if (lent && !all->ending)
    lend_next (all);
}

void
musterd_connection_close (MusterdConnection *connection)
{
  musterd_connection_stop_listening (connection);
  if (connection->state == MUSTERD_CONNECTION_HANDSHAKE)
    g_cancellable_cancel (connection->cancellable); /* a thread still has it; ends in on_handshake_done() */
  else
    free_connection (connection);
}

/* Ends our half, and reads what is still on its way: closed with something unread, a socket is reset, and the answer
 * may never be seen. */
static void
begin_closing (MusterdConnection *connection)
{
  GOutputStream *output = g_io_stream_get_output_stream (connection->io);
  g_autoptr(GError) error = NULL; /* as in answer() */

  /* The farewell of TLS is some thirty bytes; where even these would have to wait, it goes without. */
  if (G_IS_TLS_CONNECTION (connection->io)
      && g_pollable_output_stream_is_writable (G_POLLABLE_OUTPUT_STREAM (output)))
    g_output_stream_close (output, NULL, &error);
  if (!g_socket_shutdown (connection->socket, FALSE, TRUE, NULL))
    {
      musterd_connection_close (connection);
      return;
    }
  connection->leftover = 0;
  musterd_connection_set_state (connection, MUSTERD_CONNECTION_CLOSING);
  musterd_connection_listen (connection, EPOLLIN);
}

static void
read_leftover (MusterdConnection *connection)
{
  char buffer[READ_SIZE];
  gssize n = recv (g_socket_get_fd (connection->socket), buffer, sizeof buffer, MSG_DONTWAIT);

  connection->leftover += n > 0 ? (gsize) n : 0;
  if (n == 0 || connection->leftover > LEFTOVER_MAX || (n < 0 && errno != EAGAIN && errno != EINTR))
    musterd_connection_close (connection);
}

/* Answers by ourselves, without the HTTP server, and ends the connection. */
static void
answer (MusterdConnection *connection, guint status, const char *detail)
{
  g_autofree char *body = musterd_problem_to_json (status, detail);
  g_autofree char *text = g_strdup_printf ("HTTP/1.1 %u %s\r\nContent-Type: " MUSTERD_PROBLEM_TYPE "\r\n"
                                           "Content-Length: %" G_GSIZE_FORMAT "\r\nCache-Control: no-store\r\n"
                                           "Connection: close\r\n\r\n%s",
                                           status, musterd_problem_get_title (status), strlen (body), body);
  GOutputStream *output = g_io_stream_get_output_stream (connection->io);
  /* Nobody looks at it, but glib-networking does not free one that nobody wants. */
  g_autoptr(GError) error = NULL;

  connection->all->funcs.answered (status, connection->all->data);
  /* A client that takes not even this has no answer. */
  g_pollable_output_stream_write_nonblocking (G_POLLABLE_OUTPUT_STREAM (output), text, strlen (text), NULL, &error);
  begin_closing (connection);
}

static void
lend (MusterdConnection *connection)
{
  const MusterdHead *head = &connection->head;
  guint64 length = head->chunked ? MUSTERD_LENT_ALL : head->length + head->body;
  GIOStream *stream = musterd_lent_stream_new (connection->io, connection->buffer, length);

  musterd_connection_stop_listening (connection);
  musterd_connection_set_state (connection, MUSTERD_CONNECTION_LENT);
  set_deadline (connection, BODY_SECONDS);
  connection->lent = MUSTERD_LENT_STREAM (g_object_ref (stream));
  connection->all->funcs.request (connection, stream, connection->all->data);
  g_object_unref (stream);
}

/* Looks at what has come of a request. FALSE: it is not to be read any further now. */
static gboolean
look_at_head (MusterdConnection *connection)
{
  GByteArray *buffer = connection->buffer;

  /* One empty line before a request is a custom of old clients (RFC 9112, 2.2); more would be read for ever. */
  if (connection->head.seen == 0 && !connection->blank && buffer->len >= 2 && memcmp (buffer->data, "\r\n", 2) == 0)
    {
      g_byte_array_remove_range (buffer, 0, 2);
      connection->blank = TRUE;
    }
  if (buffer->len == 0)
    return TRUE;
  switch (musterd_head_read (&connection->head, (const char *) buffer->data, buffer->len))
    {
    case MUSTERD_HEAD_BAD:
      answer (connection, connection->head.status, connection->head.fault);
      return FALSE;
    case MUSTERD_HEAD_WHOLE:
      if (g_queue_get_length (&connection->all->by_state[MUSTERD_CONNECTION_LENT]) < MUSTERD_LENT_MAX)
        lend (connection);
      else
        {
          musterd_connection_stop_listening (connection);
          musterd_connection_set_state (connection, MUSTERD_CONNECTION_HEAD_READY);
        }
      return FALSE;
    case MUSTERD_HEAD_MORE:
    default:
      if (connection->state != MUSTERD_CONNECTION_HEAD)
        musterd_connection_set_state (connection, MUSTERD_CONNECTION_HEAD);
      return TRUE;
    }
}

/* Until nothing more is there: what an encrypted stream has read ahead is seen by nobody who watches the socket. */
void
musterd_connection_read_head (MusterdConnection *connection)
{
  GPollableInputStream *input = G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (connection->io));
  char piece[READ_SIZE];

  if (!look_at_head (connection))
    return;
  for (;;)
    {
      g_autoptr(GError) error = NULL;
      gssize n = g_pollable_input_stream_read_nonblocking (input, piece, sizeof piece, NULL, &error);

      if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        return;
      if (n <= 0)
        {
          musterd_connection_close (connection);
          return;
        }
      g_byte_array_append (connection->buffer, (const guint8 *) piece, (guint) n);
      if (!look_at_head (connection))
        return;
    }
}

static void
on_ready (guint32 events G_GNUC_UNUSED, gpointer data)
{
  MusterdConnection *connection = data;

  if (connection->state == MUSTERD_CONNECTION_HELLO)
    musterd_connection_read_hello (connection);
  else if (connection->state == MUSTERD_CONNECTION_CLOSING)
    read_leftover (connection);
  else
    musterd_connection_read_head (connection);
}

/* The plain answer to who does not know that encryption is spoken here. */
void
musterd_connection_refuse_plain (MusterdConnection *connection)
{
  answer (connection, 400, "this port speaks TLS only: use https://");
}

/* A lent one is ours again. */
static void
end_loan (MusterdConnection *connection, MusterdConnectionState state)
{
  g_clear_object (&connection->lent);
  musterd_connection_set_state (connection, state);
}

void
musterd_connection_set_deadline (MusterdConnection *connection, guint seconds)
{
  set_deadline (connection, seconds);
}

gboolean
musterd_connection_can_wait (MusterdConnection *connection)
{
  return connection->head.keep && musterd_lent_stream_is_drained (connection->lent);
}

void
musterd_connection_back (MusterdConnection *connection, gboolean keep)
{
  MusterdConnections *all = connection->all;
  gboolean again = keep && musterd_connection_can_wait (connection);

  end_loan (connection, MUSTERD_CONNECTION_WAITING);
  connection->head = (MusterdHead){ 0 };
  connection->blank = FALSE;
  if (!again)
    begin_closing (connection);
  else if (musterd_connection_listen (connection, EPOLLIN | EPOLLRDHUP))
    musterd_connection_read_head (connection);
  lend_next (all);
}

void
musterd_connection_cut (MusterdConnection *connection)
{
  g_socket_shutdown (connection->socket, TRUE, TRUE, NULL);
}

void
musterd_connection_take (MusterdConnection *connection)
{
  MusterdConnections *all = connection->all;

  end_loan (connection, MUSTERD_CONNECTION_TAKEN);
  g_byte_array_set_size (connection->buffer, 0);
  lend_next (all);
}

const MusterdPeer *
musterd_connection_get_peer (MusterdConnection *connection)
{
  return &connection->peer;
}

GIOStream *
musterd_connection_get_io (MusterdConnection *connection)
{
  return connection->io;
}

GSocket *
musterd_connection_get_socket (MusterdConnection *connection)
{
  return connection->socket;
}

void
musterd_connection_expire (MusterdConnection *connection)
{
  if (connection->state == MUSTERD_CONNECTION_LENT)
    musterd_connection_cut (connection);
  else if (connection->state == MUSTERD_CONNECTION_HEAD)
    answer (connection, 408, "the request did not come whole in time");
  else if (connection->state == MUSTERD_CONNECTION_HEAD_READY)
    answer (connection, 503, "too many requests are being answered already: try again later");
  else
    musterd_connection_close (connection);
}
