/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The way of a request from its connection to the HTTP server, and back. A place there is given to a request that has
 * come whole, so that nobody can hold one by being slow. Only one whose body is too long to be kept here gets a place
 * before that; there are few such places, fewer for each peer, and who lets one wait loses it to who wants it.
 *
 * The HTTP server may read, answer and give back within the call that lends. So nothing is ever lent from within its
 * calls: what comes back, and what waits for a place, has its turn in the main loop. */
#define G_LOG_DOMAIN "muster-api"

#include "api/connection-private.h"

#include <string.h>

#define READ_SIZE (16 * 1024)
#define SHORT_BODY_MAX (16 * 1024) /* kept here until it has come whole */
#define BODY_SECONDS 30            /* for a longer one; the longest are given more as they come */
#define READING_MAX 200            /* lent ones whose body is still to come */
#define READING_PER_PEER 16
#define PATIENCE (2 * G_TIME_SPAN_SECOND) /* with a body that does not come, where others wait for the place */
#define AT_ONCE 64                        /* connections in a turn, before the loop's other sources have theirs */

static void
wake (MusterdConnections *all)
{
  g_source_set_ready_time (all->waker, 0);
}

static void
lend (MusterdConnection *connection, gboolean is_long)
{
  const MusterdHead *head = &connection->head;
  guint64 length = head->chunked ? MUSTERD_LENT_ALL : head->length + head->body;
  g_autoptr(GIOStream) stream
      = musterd_lent_stream_new (connection->io, connection->buffer, length, connection->tail);

  musterd_connection_stop_listening (connection);
  musterd_connection_set_state (connection, MUSTERD_CONNECTION_LENT);
  musterd_connection_set_deadline (connection, BODY_SECONDS);
  connection->lent = MUSTERD_LENT_STREAM (g_object_ref (stream));
  connection->reading = is_long;
  connection->heard = g_get_monotonic_time ();
  if (is_long)
    {
      connection->all->n_reading++;
      connection->count->n_reading++;
    }
  connection->all->funcs.request (connection, stream, connection->all->data);
}

static void
end_reading (MusterdConnection *connection)
{
  if (!connection->reading)
    return;
  connection->reading = FALSE;
  connection->all->n_reading--;
  connection->count->n_reading--;
  wake (connection->all);
}

void
musterd_connection_end_loan (MusterdConnection *connection)
{
  end_reading (connection);
  if (connection->lent == NULL)
    return;
  g_clear_object (&connection->lent);
  wake (connection->all);
}

static gboolean
has_place (MusterdConnections *all)
{
  return g_queue_get_length (&all->by_state[MUSTERD_CONNECTION_LENT]) < MUSTERD_LENT_MAX;
}

static gboolean
has_place_for_long (MusterdConnection *connection)
{
  return has_place (connection->all) && connection->all->n_reading < READING_MAX
         && connection->count->n_reading < READING_PER_PEER;
}

/* Now or when there is a place. */
static void
place (MusterdConnection *connection, gboolean is_long)
{
  MusterdConnectionState state = is_long ? MUSTERD_CONNECTION_READY_LONG : MUSTERD_CONNECTION_READY;
  gboolean at_once = is_long ? has_place_for_long (connection)
                             : has_place (connection->all) && g_queue_is_empty (&connection->all->by_state[state]);

  if (at_once)
    {
      lend (connection, is_long);
      return;
    }
  musterd_connection_stop_listening (connection);
  musterd_connection_set_state (connection, state);
  wake (connection->all);
}

/* The HTTP server looks at a whole URL's scheme and host, which mean nothing here: only the path stays. */
static void
shorten_target (MusterdConnection *connection)
{
  MusterdHead *head = &connection->head;

  if (head->prefix_length == 0)
    return;
  g_byte_array_remove_range (connection->buffer, (guint) head->prefix_at, (guint) head->prefix_length);
  head->length -= head->prefix_length;
  head->prefix_length = 0;
}

/* FALSE: more of the head is needed, or it was answered (and `connection` may be gone: *ended). */
static gboolean
look_at_head (MusterdConnection *connection, gboolean *ended)
{
  GByteArray *buffer = connection->buffer;

  /* One empty line before a request is a custom of old clients (RFC 9112, 2.2); more would be read for ever. */
  if (connection->head.seen == 0 && !connection->blank && buffer->len >= 2 && memcmp (buffer->data, "\r\n", 2) == 0)
    {
      g_byte_array_remove_range (buffer, 0, 2);
      connection->blank = TRUE;
    }
  if (buffer->len == 0)
    return FALSE;
  switch (musterd_head_read (&connection->head, (const char *) buffer->data, buffer->len))
    {
    case MUSTERD_HEAD_WHOLE:
      connection->whole = TRUE;
      shorten_target (connection);
      return TRUE;
    case MUSTERD_HEAD_BAD:
      *ended = TRUE;
      musterd_connection_answer (connection, connection->head.status, connection->head.fault);
      return FALSE;
    case MUSTERD_HEAD_MORE:
    default:
      if (connection->state != MUSTERD_CONNECTION_HEAD)
        musterd_connection_set_state (connection, MUSTERD_CONNECTION_HEAD);
      return FALSE;
    }
}

/* FALSE: it is not to be read any further now, and may be gone. */
static gboolean
look (MusterdConnection *connection)
{
  const MusterdHead *head = &connection->head;
  gboolean ended = FALSE;

  if (!connection->whole && !look_at_head (connection, &ended))
    return !ended;
  /* Who expects to be told to go on does not send the body before. */
  if (head->chunked || head->expects || head->body > SHORT_BODY_MAX)
    place (connection, TRUE);
  else if (connection->buffer->len >= head->length + head->body)
    place (connection, FALSE);
  else
    {
      if (connection->state != MUSTERD_CONNECTION_BODY)
        musterd_connection_set_state (connection, MUSTERD_CONNECTION_BODY);
      return TRUE;
    }
  return FALSE;
}

/* Until nothing more is there: what an encrypted stream has read ahead is seen by nobody who watches the socket. */
void
musterd_connection_read (MusterdConnection *connection)
{
  GPollableInputStream *input = G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (connection->io));
  char piece[READ_SIZE];

  if (!look (connection))
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
      if (!look (connection))
        return;
    }
}

gboolean
musterd_connection_can_wait (MusterdConnection *connection)
{
  return connection->head.keep && musterd_lent_stream_is_drained (connection->lent);
}

void
musterd_connection_hear (MusterdConnection *connection)
{
  connection->heard = g_get_monotonic_time ();
}

void
musterd_connection_heard_all (MusterdConnection *connection)
{
  end_reading (connection);
}

/* Everything has left. */
static void
go_on (MusterdConnection *connection)
{
  connection->head = (MusterdHead){ 0 };
  connection->whole = connection->blank = FALSE;
  if (!connection->keep)
    musterd_connection_begin_closing (connection);
  /* What has been read already, here or by the encryption, the hub does not report. */
  else if (connection->buffer->len > 0 || G_IS_TLS_CONNECTION (connection->io))
    {
      musterd_connection_stop_listening (connection);
      musterd_connection_set_state (connection, MUSTERD_CONNECTION_RETURNED);
      wake (connection->all);
    }
  else
    {
      musterd_connection_set_state (connection, MUSTERD_CONNECTION_WAITING);
      musterd_connection_listen (connection, EPOLLIN | EPOLLRDHUP);
    }
}

void
musterd_connection_flush (MusterdConnection *connection)
{
  GOutputStream *output = g_io_stream_get_output_stream (connection->io);

  while (connection->tail->len > 0)
    {
      g_autoptr(GError) error = NULL;
      gssize n = g_pollable_output_stream_write_nonblocking (G_POLLABLE_OUTPUT_STREAM (output), connection->tail->data,
                                                             connection->tail->len, NULL, &error);

      if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        {
          if (connection->state != MUSTERD_CONNECTION_FLUSHING)
            musterd_connection_set_state (connection, MUSTERD_CONNECTION_FLUSHING);
          musterd_connection_listen (connection, EPOLLOUT);
          return;
        }
      if (n <= 0)
        {
          musterd_connection_close (connection);
          return;
        }
      g_byte_array_remove_range (connection->tail, 0, (guint) n);
    }
  go_on (connection);
}

void
musterd_connection_back (MusterdConnection *connection, gboolean keep)
{
  connection->keep = keep && musterd_connection_can_wait (connection);
  musterd_connection_end_loan (connection);
  musterd_connection_flush (connection);
}

void
musterd_connection_take (MusterdConnection *connection)
{
  musterd_connection_end_loan (connection);
  musterd_connection_set_state (connection, MUSTERD_CONNECTION_TAKEN);
  g_byte_array_set_size (connection->buffer, 0);
}

/* Places and turns. */

static void
read_returned (MusterdConnections *all)
{
  GQueue *returned = &all->by_state[MUSTERD_CONNECTION_RETURNED];

  for (guint i = 0; i < AT_ONCE && returned->head != NULL; i++)
    {
      MusterdConnection *connection = returned->head->data;

      musterd_connection_set_state (connection, MUSTERD_CONNECTION_WAITING);
      if (musterd_connection_listen (connection, EPOLLIN | EPOLLRDHUP))
        musterd_connection_read (connection);
    }
}

static void
lend_ready (MusterdConnections *all)
{
  GQueue *ready = &all->by_state[MUSTERD_CONNECTION_READY];

  for (guint i = 0; i < AT_ONCE && ready->head != NULL && has_place (all); i++)
    lend (ready->head->data, FALSE);
}

/* Past all those whose peers have as many places as they may. */
static void
lend_ready_long (MusterdConnections *all)
{
  GList *link = all->by_state[MUSTERD_CONNECTION_READY_LONG].head;

  while (link != NULL && all->n_reading < READING_MAX)
    {
      MusterdConnection *connection = link->data;

      link = link->next;
      if (has_place_for_long (connection))
        lend (connection, TRUE);
    }
}

static gboolean
on_woken (gpointer data)
{
  MusterdConnections *all = data;

  g_source_set_ready_time (all->waker, -1);
  read_returned (all);
  lend_ready (all);
  lend_ready_long (all);
  if (!g_queue_is_empty (&all->by_state[MUSTERD_CONNECTION_RETURNED])
      || (!g_queue_is_empty (&all->by_state[MUSTERD_CONNECTION_READY]) && has_place (all)))
    wake (all);
  return G_SOURCE_CONTINUE;
}

static gboolean
waker_dispatch (GSource *source G_GNUC_UNUSED, GSourceFunc callback, gpointer data)
{
  return callback (data);
}

static GSourceFuncs waker_funcs = { .dispatch = waker_dispatch };

GSource *
musterd_lend_make_waker (MusterdConnections *all)
{
  GSource *waker = g_source_new (&waker_funcs, sizeof (GSource));

  g_source_set_callback (waker, on_woken, all, NULL);
  g_source_set_static_name (waker, "muster-api-lend");
  return waker;
}

void
musterd_lend_make_places (MusterdConnections *all)
{
  gint64 before = g_get_monotonic_time () - PATIENCE;
  guint n = g_queue_get_length (&all->by_state[MUSTERD_CONNECTION_READY_LONG]);

  for (GList *link = all->by_state[MUSTERD_CONNECTION_LENT].head; link != NULL && n > 0; link = link->next)
    {
      MusterdConnection *connection = link->data;

      if (connection->reading && connection->heard < before)
        {
          musterd_connection_cut (connection); /* what the HTTP server sees of it comes later */
          n--;
        }
    }
  /* The one at the head of the queue may have been passed over for its peer's sake. */
  if (!g_queue_is_empty (&all->by_state[MUSTERD_CONNECTION_READY_LONG]))
    wake (all);
}
