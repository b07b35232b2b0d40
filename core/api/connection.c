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
#define LEFTOVER_MAX (256 * 1024) /* read and thrown away of who has been answered, so that the answer arrives */

/* How long one may stay in a state. */
static const guint state_seconds[MUSTERD_N_CONNECTION_STATES] = {
  [MUSTERD_CONNECTION_HELLO] = 10, [MUSTERD_CONNECTION_HELLO_READY] = 30, [MUSTERD_CONNECTION_HANDSHAKE] = 10,
  [MUSTERD_CONNECTION_WAITING] = 120, [MUSTERD_CONNECTION_HEAD] = 15, [MUSTERD_CONNECTION_BODY] = 30,
  [MUSTERD_CONNECTION_READY] = 30, [MUSTERD_CONNECTION_READY_LONG] = 30, [MUSTERD_CONNECTION_FLUSHING] = 60,
  [MUSTERD_CONNECTION_RETURNED] = 120, [MUSTERD_CONNECTION_CLOSING] = 2,
};

static void on_ready (guint32 events, gpointer data);

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

static void
free_connection (MusterdConnection *connection)
{
  MusterdConnections *all = connection->all;

  musterd_connection_end_loan (connection);
  g_queue_unlink (&all->by_state[connection->state], &connection->link);
  all->n--;
  musterd_peers_leave (all->peers, connection->count);
  /* With the socket closed first, the end of an encrypted stream has nothing to wait for. */
  g_socket_close (connection->socket, NULL);
  g_clear_object (&connection->io);
  g_object_unref (connection->socket);
  g_clear_object (&connection->certificate);
  g_clear_object (&connection->cancellable);
  g_byte_array_unref (connection->buffer);
  g_byte_array_unref (connection->tail);
  g_free (connection->peer.address);
  g_free (connection);
  if (all->full)
    {
      all->full = FALSE;
      all->funcs.room (all->data);
    }
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
void
musterd_connection_begin_closing (MusterdConnection *connection)
{
  GOutputStream *output = g_io_stream_get_output_stream (connection->io);
  g_autoptr(GError) error = NULL; /* as in musterd_connection_answer() */

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
void
musterd_connection_answer (MusterdConnection *connection, guint status, const char *detail)
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
  musterd_connection_begin_closing (connection);
}

static void
on_ready (guint32 events G_GNUC_UNUSED, gpointer data)
{
  MusterdConnection *connection = data;

  switch (connection->state)
    {
    case MUSTERD_CONNECTION_HELLO:
      musterd_connection_read_hello (connection);
      break;
    case MUSTERD_CONNECTION_CLOSING:
      read_leftover (connection);
      break;
    case MUSTERD_CONNECTION_FLUSHING:
      musterd_connection_flush (connection);
      break;
    case MUSTERD_CONNECTION_WAITING:
    case MUSTERD_CONNECTION_HEAD:
    case MUSTERD_CONNECTION_BODY:
      musterd_connection_read (connection);
      break;
    default: /* nobody listens in any other state */
      break;
    }
}

/* The plain answer to who does not know that encryption is spoken here. */
void
musterd_connection_refuse_plain (MusterdConnection *connection)
{
  musterd_connection_answer (connection, 400, "this port speaks TLS only: use https://");
}

void
musterd_connection_set_deadline (MusterdConnection *connection, guint seconds)
{
  set_deadline (connection, seconds);
}

void
musterd_connection_cut (MusterdConnection *connection)
{
  g_socket_shutdown (connection->socket, TRUE, TRUE, NULL);
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
  else if (connection->state == MUSTERD_CONNECTION_HEAD || connection->state == MUSTERD_CONNECTION_BODY)
    musterd_connection_answer (connection, 408, "the request did not come whole in time");
  else if (connection->state == MUSTERD_CONNECTION_READY || connection->state == MUSTERD_CONNECTION_READY_LONG)
    musterd_connection_answer (connection, 503, "too many requests are being answered already: try again later");
  else
    musterd_connection_close (connection);
}
