/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* TLS up to the first byte of HTTP. GIO hands a handshake to a thread, which waits there for the other side. So none is
 * begun before the client's first message has come whole, and only so many at a time, of everybody and of each peer.
 * A peer that has none under way comes before those that have some, and who stops in the middle gives way. */
#define G_LOG_DOMAIN "muster-api"

#include "api/connection-private.h"

#include <errno.h>
#include <sys/socket.h>

#include "api/complaints.h"

#define HANDSHAKES_MAX 10 /* as many as GIO has threads for at once: what waits for one of these is not in order */
#define HANDSHAKES_PER_PEER 3
#define PATIENCE (1 * G_TIME_SPAN_SECOND) /* with one that does not go on, where others wait for its place */
#define RECORD_HEADER 5
#define RECORD_MAX (16 * 1024)
#define RECORD_HANDSHAKE 22

static void begin_handshakes (MusterdConnections *all);

static void
on_handshake_done (GObject *object, GAsyncResult *result, gpointer data)
{
  MusterdConnection *connection = data;
  MusterdConnections *all = connection->all;
  g_autoptr(GError) error = NULL;
  gboolean done = g_tls_connection_handshake_finish (G_TLS_CONNECTION (object), result, &error);

  all->n_handshakes--;
  connection->count->n_handshakes--;
  musterd_connection_set_state (connection, MUSTERD_CONNECTION_WAITING);
  if (!done || all->ending)
    {
      if (error != NULL)
        g_debug ("signing on with %s: %s", connection->peer.address, error->message);
      musterd_connection_close (connection);
    }
  else if (musterd_connection_listen (connection, EPOLLIN | EPOLLRDHUP))
    musterd_connection_read (connection);
  if (!all->ending)
    begin_handshakes (all);
}

static GIOStream *
encrypt (GIOStream *io, GTlsCertificate *certificate, GError **error)
{
  GTlsBackend *backend = g_tls_backend_get_default ();
  /* Nobody shows us a certificate, so whom the system trusts is of no interest: with a database GnuTLS reads, and keeps,
   * megabytes of certificates for each connection. */
  GIOStream *tls
      = g_initable_new (g_tls_backend_get_server_connection_type (backend), NULL, error, "base-io-stream", io,
                        "certificate", certificate, "database", NULL, NULL);

  if (tls != NULL)
    {
      /* An answer says how long it is; its end need not be signed. */
      g_tls_connection_set_require_close_notify (G_TLS_CONNECTION (tls), FALSE);
      g_tls_connection_set_advertised_protocols (G_TLS_CONNECTION (tls), (const char *const[]){ "http/1.1", NULL });
    }
  return tls;
}

static void
begin_handshake (MusterdConnection *connection)
{
  g_autoptr(GError) error = NULL;
  GIOStream *tls = encrypt (connection->io, connection->certificate, &error);

  if (tls == NULL)
    {
      musterd_complain (MUSTERD_COMPLAINT_CONNECTION, connection->peer.address, G_LOG_LEVEL_WARNING,
                        "encrypting a connection: %s", error->message);
      musterd_connection_close (connection);
      return;
    }
  g_object_unref (connection->io);
  connection->io = tls;
  musterd_connection_set_state (connection, MUSTERD_CONNECTION_HANDSHAKE);
  connection->all->n_handshakes++;
  connection->count->n_handshakes++;
  connection->began = g_get_monotonic_time ();
  connection->cancellable = g_cancellable_new ();
  g_tls_connection_handshake_async (G_TLS_CONNECTION (connection->io), G_PRIORITY_DEFAULT, connection->cancellable,
                                    on_handshake_done, connection);
}

static void
begin_of (MusterdConnections *all, guint n_of_peer)
{
  GList *link = all->by_state[MUSTERD_CONNECTION_HELLO_READY].head;

  while (link != NULL && all->n_handshakes < HANDSHAKES_MAX)
    {
      MusterdConnection *connection = link->data;

      link = link->next;
      if (connection->count->n_handshakes < n_of_peer)
        begin_handshake (connection);
    }
}

static void
begin_handshakes (MusterdConnections *all)
{
  begin_of (all, 1);
  begin_of (all, HANDSHAKES_PER_PEER);
}

void
musterd_handshake_make_places (MusterdConnections *all)
{
  gint64 now = g_get_monotonic_time ();
  guint n = g_queue_get_length (&all->by_state[MUSTERD_CONNECTION_HELLO_READY]);

  for (GList *link = all->by_state[MUSTERD_CONNECTION_HANDSHAKE].head; link != NULL && n > 0; link = link->next)
    {
      MusterdConnection *connection = link->data;

      if (now - connection->began < PATIENCE)
        break; /* those after it began later */
      g_cancellable_cancel (connection->cancellable);
      n--;
    }
}

/* Looks, and takes nothing away: the handshake reads it again. */
void
musterd_connection_read_hello (MusterdConnection *connection)
{
  guint8 record[RECORD_HEADER + RECORD_MAX];
  gssize n = recv (g_socket_get_fd (connection->socket), record, sizeof record, MSG_PEEK | MSG_DONTWAIT);
  gsize length;

  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return;
  if (n <= 0)
    {
      musterd_connection_close (connection);
      return;
    }
  if (record[0] != RECORD_HANDSHAKE)
    {
      if (g_ascii_isupper (record[0]))
        musterd_connection_refuse_plain (connection);
      else
        musterd_connection_close (connection);
      return;
    }
  if (n < RECORD_HEADER)
    return;
  length = (gsize) record[3] << 8 | record[4];
  if (length > RECORD_MAX)
    musterd_connection_close (connection);
  else if ((gsize) n >= RECORD_HEADER + length)
    {
      musterd_connection_stop_listening (connection);
      musterd_connection_set_state (connection, MUSTERD_CONNECTION_HELLO_READY);
      begin_handshakes (connection->all);
    }
}
