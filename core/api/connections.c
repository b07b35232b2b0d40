/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All connections together: how many there may be, of whom, and who has been waited for long enough. */
#define G_LOG_DOMAIN "muster-api"

#include "api/connection-private.h"

#include <gio/gnetworking.h>

#include "api/socket.h"
#include "model/error.h"

static void
expire_due (MusterdConnections *all)
{
  gint64 now = g_get_monotonic_time ();

  for (guint state = 0; state < MUSTERD_N_CONNECTION_STATES; state++)
    {
      GList *link = all->by_state[state].head;
      /* Where every stay may be equally long, who came first is due first. */
      gboolean ordered = state != MUSTERD_CONNECTION_LENT;

      while (link != NULL && !(ordered && ((MusterdConnection *) link->data)->deadline > now))
        {
          MusterdConnection *connection = link->data;

          link = link->next;
          if (connection->deadline <= now)
            musterd_connection_expire (connection);
        }
    }
}

static gboolean
on_second (gpointer data)
{
  expire_due (data);
  musterd_lend_make_places (data);
  musterd_handshake_make_places (data);
  return G_SOURCE_CONTINUE;
}

MusterdConnections *
musterd_connections_new (GMainContext *context, MusterdHub *hub, guint per_peer, const MusterdConnectionsFuncs *funcs,
                         gpointer data)
{
  MusterdConnections *all = g_new0 (MusterdConnections, 1);

  all->hub = hub;
  all->peers = musterd_peers_new (per_peer);
  all->funcs = *funcs;
  all->data = data;
  for (guint i = 0; i < MUSTERD_N_CONNECTION_STATES; i++)
    g_queue_init (&all->by_state[i]);
  all->timer = g_timeout_source_new_seconds (1);
  g_source_set_callback (all->timer, on_second, all, NULL);
  g_source_set_static_name (all->timer, "muster-api-connections");
  g_source_attach (all->timer, context);
  all->waker = musterd_lend_make_waker (all);
  g_source_attach (all->waker, context);
  return all;
}

void
musterd_connections_free (MusterdConnections *all)
{
  all->ending = TRUE;
  all->full = FALSE;
  for (guint i = 0; i < MUSTERD_N_CONNECTION_STATES; i++)
    {
      GList *link = all->by_state[i].head;

      while (link != NULL)
        {
          MusterdConnection *connection = link->data;

          link = link->next;
          musterd_connection_close (connection);
        }
    }
  /* Threads have been told; each says when it has let go. */
  while (all->n > 0)
    g_main_context_iteration (g_source_get_context (all->timer), TRUE);
  g_source_destroy (all->timer);
  g_source_unref (all->timer);
  g_source_destroy (all->waker);
  g_source_unref (all->waker);
  musterd_peers_free (all->peers);
  g_free (all);
}

guint
musterd_connections_get_n (MusterdConnections *all)
{
  return all->n;
}

guint64
musterd_connections_get_n_taken (MusterdConnections *all)
{
  return all->n_taken;
}

gboolean
musterd_connections_make_room (MusterdConnections *all)
{
  static const MusterdConnectionState idle[] = { MUSTERD_CONNECTION_CLOSING, MUSTERD_CONNECTION_WAITING,
                                                 MUSTERD_CONNECTION_HELLO, MUSTERD_CONNECTION_HEAD,
                                                 MUSTERD_CONNECTION_BODY };

  if (all->n < MUSTERD_CONNECTIONS_MAX)
    return TRUE;
  for (gsize i = 0; i < G_N_ELEMENTS (idle); i++)
    {
      MusterdConnection *oldest = g_queue_peek_head (&all->by_state[idle[i]]);

      if (oldest != NULL)
        {
          musterd_connection_close (oldest);
          return TRUE;
        }
    }
  all->full = TRUE;
  return FALSE;
}

static gboolean
read_peer (MusterdPeer *peer, GSocket *socket, GSocketAddress *address, GError **error)
{
  GInetAddress *inet;

  if (address == NULL)
    {
      peer->has_account = TRUE;
      return musterd_socket_get_peer (socket, &peer->uid, error);
    }
  inet = g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address));
  peer->address = g_inet_address_to_string (inet);
  peer->loopback = g_inet_address_get_is_loopback (inet);
  return TRUE;
}

gboolean
musterd_connections_add (MusterdConnections *all, GSocket *socket, GSocketAddress *address,
                         GTlsCertificate *certificate, GError **error)
{
  MusterdPeer peer = { .secure = certificate != NULL };
  MusterdPeerCount *count = NULL;
  MusterdConnection *connection;

  if (read_peer (&peer, socket, address, error))
    count = musterd_peers_enter (all->peers, &peer, error);
  if (count == NULL)
    {
      g_free (peer.address);
      return FALSE;
    }
  g_socket_set_blocking (socket, FALSE);
  if (address != NULL)
    g_socket_set_option (socket, IPPROTO_TCP, TCP_NODELAY, TRUE, NULL);

  connection = g_new0 (MusterdConnection, 1);
  connection->all = all;
  connection->socket = g_object_ref (socket);
  connection->io = G_IO_STREAM (g_socket_connection_factory_create_connection (socket));
  g_set_object (&connection->certificate, certificate);
  connection->peer = peer;
  connection->count = count;
  connection->buffer = g_byte_array_new ();
  connection->tail = g_byte_array_new ();
  connection->link.data = connection;
  connection->state = certificate != NULL ? MUSTERD_CONNECTION_HELLO : MUSTERD_CONNECTION_WAITING;
  g_queue_push_tail_link (&all->by_state[connection->state], &connection->link);
  all->n++;
  all->n_taken++;
  musterd_connection_set_state (connection, connection->state); /* its time runs */
  /* Of a hello that is only looked at, the same bytes would be reported again and again: only news are wanted. */
  musterd_connection_listen (connection,
                             certificate != NULL ? EPOLLIN | EPOLLRDHUP | EPOLLET : EPOLLIN | EPOLLRDHUP);
  return TRUE;
}
