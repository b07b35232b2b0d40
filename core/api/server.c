/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/server.h"

#include <gio/gunixsocketaddress.h>
#include <string.h>

#include "api/routes.h"
#include "api/socket.h"
#include "model/error.h"

#define CONNECTIONS_MAX 4096
#define ACCEPT_AT_ONCE 64
#define ACCEPT_AGAIN_MS 100
#define COMPLAIN_EVERY (60 * G_TIME_SPAN_SECOND)
#define IDLE_SECONDS 120 /* of a connection, between and within requests */
/* So much of a body that nobody wants is read all the same: a client that is still sending does not look for its
 * answer. */
#define UNWANTED_MAX (64 * 1024 * 1024)
#define PEER_KEY "musterd-peer"

/* Whose a connection is. Rides on its remote address, which the server carries from the connection to each message. */
typedef struct
{
  MusterdServer *server;
  GSocket       *socket;
  MusterdPeer    who;
} Peer;

static void start_accepting (MusterdServer *server);

static void
peer_free (gpointer data)
{
  Peer *peer = data;

  peer->server->n_connections--;
  start_accepting (peer->server);
  g_object_unref (peer->socket);
  g_free (peer->who.address);
  g_free (peer);
}

static const Peer *
get_peer (SoupServerMessage *message)
{
  GSocketAddress *address = soup_server_message_get_remote_address (message);

  return address != NULL ? g_object_get_data (G_OBJECT (address), PEER_KEY) : NULL;
}

GSocket *
musterd_server_get_socket (SoupServerMessage *message)
{
  const Peer *peer = get_peer (message);

  return peer != NULL ? peer->socket : NULL;
}

static gboolean
take_connection (MusterdServer *server, GSocket *socket, GError **error)
{
  g_autoptr(GSocketAddress) local = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  g_autoptr(GSocketAddress) remote = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  g_autoptr(GSocketConnection) connection = NULL;
  uid_t uid = 0;
  Peer *peer;

  if (!musterd_socket_get_peer (socket, &uid, error))
    return FALSE;
  g_socket_set_timeout (socket, IDLE_SECONDS);
  connection = g_socket_connection_factory_create_connection (socket);
  peer = g_new0 (Peer, 1);
  peer->server = server;
  peer->socket = g_object_ref (socket);
  peer->who.has_account = TRUE;
  peer->who.uid = uid;
  server->n_connections++;
  g_object_set_data_full (G_OBJECT (remote), PEER_KEY, peer, peer_free);
  return soup_server_accept_iostream (server->soup, G_IO_STREAM (connection), local, remote, error);
}

static void
stop_accepting (MusterdServer *server)
{
  if (server->accepting != NULL)
    {
      g_source_destroy (server->accepting);
      g_clear_pointer (&server->accepting, g_source_unref);
    }
}

static gboolean
on_accept_again (gpointer data)
{
  MusterdServer *server = data;

  g_clear_pointer (&server->again, g_source_unref);
  start_accepting (server);
  return G_SOURCE_REMOVE;
}

static gboolean
on_connection (GSocket *listening, GIOCondition condition G_GNUC_UNUSED, gpointer data)
{
  MusterdServer *server = data;

  for (guint i = 0; i < ACCEPT_AT_ONCE; i++)
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(GSocket) socket = NULL;

      if (server->n_connections >= CONNECTIONS_MAX)
        {
          stop_accepting (server);
          return G_SOURCE_REMOVE;
        }
      socket = g_socket_accept (listening, NULL, &error);
      if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        break;
      if (socket == NULL)
        {
          /* Out of file descriptors, most likely: the connection waits in the backlog, and so do we. */
          if (g_get_monotonic_time () >= server->quiet_until)
            g_warning ("accepting a connection: %s", error->message);
          server->quiet_until = g_get_monotonic_time () + COMPLAIN_EVERY;
          stop_accepting (server);
          if (server->again == NULL)
            {
              server->again = g_timeout_source_new (ACCEPT_AGAIN_MS);
              g_source_set_callback (server->again, on_accept_again, server, NULL);
              g_source_attach (server->again, server->context);
            }
          return G_SOURCE_REMOVE;
        }
      if (!take_connection (server, socket, &error))
        g_message ("taking a connection: %s", error->message);
    }
  return G_SOURCE_CONTINUE;
}

static void
start_accepting (MusterdServer *server)
{
  if (server->stopping || server->accepting != NULL || server->again != NULL)
    return;
  server->accepting = g_socket_create_source (server->socket, G_IO_IN, NULL);
  g_source_set_callback (server->accepting, G_SOURCE_FUNC (on_connection), server, NULL);
  g_source_set_static_name (server->accepting, "muster-api-accept");
  g_source_attach (server->accepting, server->context);
}

static void
refuse (MusterdRequest *request, guint status, const char *why)
{
  if (request->refused != 0)
    return;
  request->refused = status;
  request->refusal = g_strdup (why);
}

static void
refuse_error (MusterdRequest *request, const GError *error)
{
  refuse (request, musterd_error_to_status (error), error->message);
}

static gint64
body_max (const MusterdRequest *request)
{
  switch (request->route != NULL ? request->route->body : MUSTERD_BODY_NONE)
    {
    case MUSTERD_BODY_JSON:
      return MUSTERD_JSON_BODY_MAX;
    case MUSTERD_BODY_CSV:
      return MUSTERD_CSV_BODY_MAX;
    case MUSTERD_BODY_FILE:
      return MUSTERD_FILE_BODY_MAX;
    case MUSTERD_BODY_NONE:
    default:
      return 0;
    }
}

static void
refuse_too_long (MusterdRequest *request)
{
  g_autofree char *why = NULL;
  gint64 max = body_max (request);

  if (max == 0)
    why = g_strdup ("this request takes no body");
  else
    why = g_strdup_printf ("the body is longer than %" G_GINT64_FORMAT " MiB", max / (1024 * 1024));
  refuse (request, SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE, why);
}

static void
check_route (MusterdRequest *request)
{
  SoupServerMessage *message = request->message;
  GUri *uri = soup_server_message_get_uri (message);
  g_autoptr(GError) error = NULL;
  g_autofree char *allow = NULL;
  gsize n_routes = 0;
  const MusterdRoute *routes = musterd_routes_get (&n_routes);

  request->route = musterd_route_find (routes, n_routes, soup_server_message_get_method (message), g_uri_get_path (uri),
                                       request->args, &allow, &error);
  if (allow != NULL)
    {
      soup_message_headers_replace (soup_server_message_get_response_headers (message), "Allow", allow);
      refuse (request, SOUP_STATUS_METHOD_NOT_ALLOWED, "this can be asked here only with the methods named in Allow");
      return;
    }
  if (request->route == NULL)
    {
      refuse_error (request, error);
      return;
    }
  request->query = musterd_query_parse (g_uri_get_query (uri), request->route->query, &error);
  if (request->query == NULL)
    refuse_error (request, error);
}

static void
check_rights (MusterdRequest *request)
{
  MusterdMay may = request->route->may;

  if (may == MUSTERD_MAY_ADMIN && !request->caller.admin)
    refuse (request, SOUP_STATUS_FORBIDDEN, "only administrators may do this: root, and members of the group that the "
                                            "daemon's configuration names");
  else if (may == MUSTERD_MAY_OWNER && !musterd_caller_owns (&request->caller, request->args[0]))
    refuse (request, SOUP_STATUS_FORBIDDEN, "only this user and administrators may do this");
}

static void
check_body (MusterdRequest *request)
{
  static const char *const types[] = { NULL, "application/json", "text/csv", "application/octet-stream" };
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (request->message);
  SoupEncoding encoding = soup_message_headers_get_encoding (headers);
  const char *type = soup_message_headers_get_content_type (headers, NULL);
  const char *wanted = types[request->route->body];
  gboolean has_body = encoding == SOUP_ENCODING_CHUNKED || soup_message_headers_get_content_length (headers) > 0;
  g_autoptr(GError) error = NULL;

  if (encoding == SOUP_ENCODING_CONTENT_LENGTH
      && soup_message_headers_get_content_length (headers) > body_max (request))
    refuse_too_long (request);
  else if (has_body && wanted != NULL && (type == NULL || g_ascii_strcasecmp (type, wanted) != 0))
    {
      g_autofree char *why = g_strdup_printf ("the body must be %s: say so in Content-Type", wanted);

      refuse (request, SOUP_STATUS_UNSUPPORTED_MEDIA_TYPE, why);
    }
  else if (request->route->body == MUSTERD_BODY_FILE)
    {
      request->upload = musterd_upload_new (request->server->state_dir, &error);
      if (request->upload == NULL)
        refuse_error (request, error);
    }
}

static void
on_chunk (SoupServerMessage *message G_GNUC_UNUSED, GBytes *bytes, gpointer data)
{
  MusterdRequest *request = data;
  gsize size = g_bytes_get_size (bytes);
  g_autoptr(GError) error = NULL;

  request->seen += size;
  if (request->refused == 0 && request->seen > (guint64) body_max (request))
    refuse_too_long (request);
  if (request->refused != 0)
    {
      g_byte_array_set_size (request->body, 0);
      g_clear_pointer (&request->upload, musterd_upload_free);
      if (request->seen > (guint64) body_max (request) + UNWANTED_MAX)
        musterd_request_cut (request);
      return;
    }
  if (request->upload == NULL)
    g_byte_array_append (request->body, g_bytes_get_data (bytes, NULL), (guint) size);
  else if (!musterd_upload_write (request->upload, bytes, &error))
    refuse_error (request, error);
}

static void
answer_refusal (MusterdRequest *request)
{
  musterd_request_problem (request, request->refused, request->refusal);
}

/* Everything that can be said before the body comes is decided here. */
static void
on_headers (SoupServer *soup G_GNUC_UNUSED, SoupServerMessage *message, const char *path G_GNUC_UNUSED,
            GHashTable *query G_GNUC_UNUSED, gpointer data)
{
  MusterdServer *server = data;
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);
  MusterdRequest *request = musterd_request_new (server, message);
  const Peer *peer = get_peer (message);
  g_autoptr(GError) error = NULL;

  server->n_requests++;
  g_object_set_data_full (G_OBJECT (message), "musterd-request", request, (GDestroyNotify) musterd_request_free);
  soup_message_body_set_accumulate (soup_server_message_get_request_body (message), FALSE);
  g_signal_connect (message, "got-chunk", G_CALLBACK (on_chunk), request);
  /* Parts of an answer are not on offer. */
  soup_message_headers_remove (headers, "Range");

  if (server->stopping)
    refuse (request, SOUP_STATUS_SERVICE_UNAVAILABLE, "the daemon is stopping: try again when it runs");
  else if (peer == NULL)
    refuse (request, SOUP_STATUS_FORBIDDEN, "who is at the other end of this connection is not known");
  else if (!musterd_auth_identify (server->auth, server->replica, &peer->who,
                                   soup_message_headers_get_one (headers, "Authorization"), &request->caller, &error))
    refuse_error (request, error);
  if (request->refused == 0)
    check_route (request);
  if (request->refused == 0)
    check_rights (request);
  if (request->refused == 0)
    check_body (request);
  if (request->refused != 0 && (soup_message_headers_get_expectations (headers) & SOUP_EXPECTATION_CONTINUE) != 0)
    answer_refusal (request);
}

static void
on_request (SoupServer *soup G_GNUC_UNUSED, SoupServerMessage *message, const char *path G_GNUC_UNUSED,
            GHashTable *query G_GNUC_UNUSED, gpointer data G_GNUC_UNUSED)
{
  MusterdRequest *request = g_object_get_data (G_OBJECT (message), "musterd-request");

  if (request == NULL)
    soup_server_message_set_status (message, SOUP_STATUS_BAD_REQUEST, NULL);
  else if (request->answered)
    return;
  else if (request->refused != 0)
    answer_refusal (request);
  else
    request->route->handle (request);
}

/* We accept connections ourselves, since libsoup neither counts them nor lets us see whose they are before they are its
 * own. But a server that listens nowhere closes each connection after one answer (libsoup 3.2, request_finished()): it
 * is given a socket that nobody can reach. */
static void
keep_alive (MusterdServer *server)
{
  g_autoptr(GSocketAddress) address = g_socket_get_local_address (server->socket, NULL);
  g_autoptr(GSocket) nowhere = NULL;
  g_autoptr(GError) error = NULL;

  if (G_IS_UNIX_SOCKET_ADDRESS (address))
    nowhere = musterd_socket_listen_nowhere (g_unix_socket_address_get_path (G_UNIX_SOCKET_ADDRESS (address)));
  if (nowhere == NULL || !soup_server_listen_socket (server->soup, nowhere, 0, &error))
    g_message ("each connection will carry one request only");
}

MusterdServer *
musterd_server_new (GMainContext *context, GSocket *socket, MusterdAuth *auth, MusterdReplica *replica,
                    MusterdBridge *bridge, const char *state_dir)
{
  MusterdServer *server = g_new0 (MusterdServer, 1);

  server->context = g_main_context_ref (context);
  server->socket = g_object_ref (socket);
  server->auth = auth;
  server->replica = replica;
  server->bridge = musterd_bridge_ref (bridge);
  server->state_dir = g_strdup (state_dir);
  server->watch = musterd_watch_new (server);
  server->soup = soup_server_new ("raw-paths", TRUE, "server-header", "muster", NULL);
  soup_server_add_early_handler (server->soup, NULL, on_headers, server, NULL);
  soup_server_add_handler (server->soup, NULL, on_request, server, NULL);
  keep_alive (server);
  start_accepting (server);
  return server;
}

static void
check_stopped (MusterdServer *server)
{
  if (server->stopping && server->n_requests == 0 && server->stopped != NULL)
    {
      void (*stopped) (gpointer data) = server->stopped;

      server->stopped = NULL;
      stopped (server->stopped_data);
    }
}

void
musterd_server_request_ended (MusterdServer *server)
{
  server->n_requests--;
  check_stopped (server);
}

void
musterd_server_stop (MusterdServer *server, void (*stopped) (gpointer data), gpointer data)
{
  server->stopping = TRUE;
  server->stopped = stopped;
  server->stopped_data = data;
  stop_accepting (server);
  musterd_bridge_abandon (server->bridge);
  musterd_watch_stop (server->watch);
  check_stopped (server);
}

void
musterd_server_free (MusterdServer *server)
{
  server->stopping = TRUE;
  server->stopped = NULL;
  stop_accepting (server);
  if (server->again != NULL)
    {
      g_source_destroy (server->again);
      g_clear_pointer (&server->again, g_source_unref);
    }
  musterd_watch_stop (server->watch);
  soup_server_disconnect (server->soup);
  g_clear_object (&server->soup);
  musterd_watch_free (server->watch);
  musterd_bridge_unref (server->bridge);
  g_object_unref (server->socket);
  g_main_context_unref (server->context);
  g_free (server->state_dir);
  g_free (server);
}
