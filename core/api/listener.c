/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/listener.h"

#include "api/complaints.h"

#define ACCEPT_AT_ONCE 64
#define ACCEPT_AGAIN_MS 100

struct _MusterdListener
{
  GMainContext       *context;
  GSocket            *socket;
  MusterdConnections *connections;
  GTlsCertificate    *certificate; /* nullable */
  GSource            *accepting;   /* nullable: no room, out of descriptors, or stopped */
  GSource            *again;       /* nullable; tries to accept again */
  gboolean            stopped;
};

static void
stop_accepting (MusterdListener *listener)
{
  if (listener->accepting != NULL)
    {
      g_source_destroy (listener->accepting);
      g_clear_pointer (&listener->accepting, g_source_unref);
    }
}

static gboolean
on_accept_again (gpointer data)
{
  MusterdListener *listener = data;

  g_clear_pointer (&listener->again, g_source_unref);
  musterd_listener_resume (listener);
  return G_SOURCE_REMOVE;
}

/* `address` nullable: whose it is has no address, or is not known. */
static void
complain (GSocketAddress *address, GLogLevelFlags level, const char *what, const GError *error)
{
  g_autofree char *peer = address != NULL ? g_inet_address_to_string (
                                                g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address)))
                                          : NULL;

  musterd_complain (MUSTERD_COMPLAINT_CONNECTION, peer, level, "%s: %s", what, error->message);
}

/* Out of file descriptors, most likely: the connection waits in the backlog, and so do we. */
static void
wait_a_little (MusterdListener *listener)
{
  stop_accepting (listener);
  if (listener->again != NULL)
    return;
  listener->again = g_timeout_source_new (ACCEPT_AGAIN_MS);
  g_source_set_callback (listener->again, on_accept_again, listener, NULL);
  g_source_attach (listener->again, listener->context);
}

static void
take (MusterdListener *listener, GSocket *socket)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GSocketAddress) address = NULL;

  if (g_socket_get_family (socket) != G_SOCKET_FAMILY_UNIX)
    {
      address = g_socket_get_remote_address (socket, &error);
      if (address == NULL)
        return; /* gone already */
    }
  if (!musterd_connections_add (listener->connections, socket, address, listener->certificate, &error))
    complain (address, G_LOG_LEVEL_MESSAGE, "taking a connection", error);
}

static gboolean
on_connection (GSocket *listening, GIOCondition condition G_GNUC_UNUSED, gpointer data)
{
  MusterdListener *listener = data;

  for (guint i = 0; i < ACCEPT_AT_ONCE; i++)
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(GSocket) socket = NULL;

      if (!musterd_connections_make_room (listener->connections))
        {
          stop_accepting (listener);
          return G_SOURCE_REMOVE;
        }
      socket = g_socket_accept (listening, NULL, &error);
      if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        break;
      if (socket == NULL)
        {
          complain (NULL, G_LOG_LEVEL_WARNING, "accepting a connection", error);
          wait_a_little (listener);
          return G_SOURCE_REMOVE;
        }
      take (listener, socket);
    }
  return G_SOURCE_CONTINUE;
}

void
musterd_listener_resume (MusterdListener *listener)
{
  if (listener->stopped || listener->accepting != NULL || listener->again != NULL)
    return;
  listener->accepting = g_socket_create_source (listener->socket, G_IO_IN, NULL);
  g_source_set_callback (listener->accepting, G_SOURCE_FUNC (on_connection), listener, NULL);
  g_source_set_static_name (listener->accepting, "muster-api-accept");
  g_source_attach (listener->accepting, listener->context);
}

MusterdListener *
musterd_listener_new (GMainContext *context, GSocket *socket, MusterdConnections *connections,
                      GTlsCertificate *certificate)
{
  MusterdListener *listener = g_new0 (MusterdListener, 1);

  listener->context = g_main_context_ref (context);
  listener->socket = g_object_ref (socket);
  listener->connections = connections;
  g_set_object (&listener->certificate, certificate);
  musterd_listener_resume (listener);
  return listener;
}

void
musterd_listener_set_certificate (MusterdListener *listener, GTlsCertificate *certificate)
{
  g_set_object (&listener->certificate, certificate);
}

void
musterd_listener_stop (MusterdListener *listener)
{
  listener->stopped = TRUE;
  stop_accepting (listener);
  if (listener->again != NULL)
    {
      g_source_destroy (listener->again);
      g_clear_pointer (&listener->again, g_source_unref);
    }
}

void
musterd_listener_free (MusterdListener *listener)
{
  musterd_listener_stop (listener);
  g_clear_object (&listener->certificate);
  g_object_unref (listener->socket);
  g_main_context_unref (listener->context);
  g_free (listener);
}
