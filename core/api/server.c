/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/server.h"

#include "api/complaints.h"
#include "api/rights.h"
#include "api/routes.h"
#include "model/error.h"

#define CHUNK_SECONDS 30 /* for the next piece of a long body */
/* So much of a body that nobody wants is read all the same: a client that is still sending does not look for its
 * answer. */
#define UNWANTED_MAX (64 * 1024 * 1024)
#define UNWANTED_SECONDS 5
#define UNWANTED_PIECE 1024
#define MIB (1024 * 1024)
#define CONNECTION_KEY "musterd-connection"
#define REQUEST_KEY "musterd-request"

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
  if (request->route != NULL && request->route->may == MUSTERD_MAY_EVERYBODY)
    return request->route->body == MUSTERD_BODY_NONE ? 0 : MUSTERD_STRANGER_BODY_MAX;
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
    why = g_strdup_printf ("the body is longer than %" G_GINT64_FORMAT " %s", max / (max < MIB ? 1024 : MIB),
                           max < MIB ? "KiB" : "MiB");
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
  g_autoptr(GError) error = NULL;

  if (!musterd_rights_check (request->route, &request->caller, request->server->replica, request->args,
                             &request->relation, &error))
    refuse_error (request, error);
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
  musterd_connection_hear (request->connection);
  if (request->route == NULL)
    refuse (request, SOUP_STATUS_BAD_REQUEST, "the request cannot be understood");
  if (request->refused == 0 && request->seen > (guint64) body_max (request))
    refuse_too_long (request);
  if (request->refused == 0 && request->route->body != MUSTERD_BODY_JSON)
    musterd_connection_set_deadline (request->connection, CHUNK_SECONDS);
  if (request->refused != 0)
    {
      /* Whoever sends it as fast as the wire takes it gets to hear why; who drips does not. */
      if (size >= UNWANTED_PIECE)
        musterd_connection_set_deadline (request->connection, UNWANTED_SECONDS);
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

static const char *
get_authorization (const MusterdRequest *request)
{
  return soup_message_headers_get_one (soup_server_message_get_request_headers (request->message), "Authorization");
}

/* What anybody at all may ask needs no name. */
static gboolean
needs_caller (const MusterdRequest *request)
{
  return request->route == NULL || request->route->may != MUSTERD_MAY_EVERYBODY;
}

/* TRUE: `known` will be called with the request, which is held until then. */
static gboolean
await_caller (MusterdRequest *request, MusterdAccountKnown known)
{
  if (!needs_caller (request)
      || !musterd_auth_await (request->server->auth, musterd_connection_get_peer (request->connection),
                              get_authorization (request), known, request))
    return FALSE;
  musterd_request_hold (request);
  return TRUE;
}

static void
check_caller (MusterdRequest *request)
{
  const MusterdServer *server = request->server;
  g_autoptr(GError) error = NULL;

  if (!needs_caller (request)
      || musterd_auth_identify (server->auth, server->replica, musterd_connection_get_peer (request->connection),
                                get_authorization (request), &request->caller, &error))
    return;
  /* Nobody in particular learns nothing of what is here. */
  g_clear_pointer (&request->refusal, g_free);
  request->refused = 0;
  refuse_error (request, error);
}

static void
check_running (MusterdRequest *request)
{
  if (request->server->stopping)
    refuse (request, SOUP_STATUS_SERVICE_UNAVAILABLE, "the daemon is stopping: try again when it runs");
}

/* Everything that can be said before the body comes is decided here. */
static void
admit (MusterdRequest *request)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (request->message);

  if (!request->server->stopping)
    check_caller (request);
  if (request->refused == 0)
    check_rights (request);
  if (request->refused == 0)
    check_body (request);
  /* A body that nobody wants is waited for only so that the answer is seen. */
  if (request->refused != 0)
    musterd_connection_set_deadline (request->connection, UNWANTED_SECONDS);
  if (request->refused != 0 && (soup_message_headers_get_expectations (headers) & SOUP_EXPECTATION_CONTINUE) != 0)
    answer_refusal (request);
}

static void
on_known_before_body (gpointer data)
{
  MusterdRequest *request = data;

  if (!request->gone)
    {
      musterd_connection_hear (request->connection);
      check_running (request);
      admit (request);
      musterd_request_go_on (request);
    }
  musterd_request_release (request);
}

static void
on_headers (SoupServer *soup G_GNUC_UNUSED, SoupServerMessage *message, const char *path G_GNUC_UNUSED,
            GHashTable *query G_GNUC_UNUSED, gpointer data G_GNUC_UNUSED)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);
  MusterdRequest *request = g_object_get_data (G_OBJECT (message), REQUEST_KEY);

  /* Parts of an answer are not on offer. */
  soup_message_headers_remove (headers, "Range");

  check_running (request);
  if (request->refused == 0)
    {
      check_route (request);
      if (await_caller (request, on_known_before_body))
        return;
    }
  admit (request);
}

static void
serve (MusterdRequest *request)
{
  const MusterdServer *server = request->server;
  g_autoptr(GError) error = NULL;

  if (request->refused == 0 && !musterd_auth_confirm (server->auth, server->replica, &request->caller, &error))
    refuse_error (request, error);
  if (request->refused == 0)
    check_rights (request);
  if (request->refused != 0)
    answer_refusal (request);
  else
    request->route->handle (request);
}

static void
on_known_after_body (gpointer data)
{
  MusterdRequest *request = data;

  if (!request->gone)
    serve (request);
  musterd_request_release (request);
}

static void
on_request (SoupServer *soup G_GNUC_UNUSED, SoupServerMessage *message, const char *path G_GNUC_UNUSED,
            GHashTable *query G_GNUC_UNUSED, gpointer data G_GNUC_UNUSED)
{
  MusterdRequest *request = g_object_get_data (G_OBJECT (message), REQUEST_KEY);

  if (request->answered)
    return;
  musterd_connection_heard_all (request->connection);
  musterd_connection_set_deadline (request->connection, 0);
  /* A long body may have outlived what is known of its sender. */
  if (request->refused != 0 || !await_caller (request, on_known_after_body))
    serve (request);
}

static void
on_request_started (SoupServer *soup G_GNUC_UNUSED, SoupServerMessage *message, gpointer data)
{
  MusterdServer *server = data;
  GSocketAddress *address = soup_server_message_get_remote_address (message);
  MusterdConnection *connection = g_object_get_data (G_OBJECT (address), CONNECTION_KEY);

  MusterdRequest *request = musterd_request_new (server, message, connection);

  server->n_requests++;
  g_object_set_data_full (G_OBJECT (message), REQUEST_KEY, request, (GDestroyNotify) musterd_request_free);
  /* Here and not at the headers: the library may refuse a request by itself, and would then keep its body. */
  soup_message_body_set_accumulate (soup_server_message_get_request_body (message), FALSE);
  g_signal_connect (message, "got-chunk", G_CALLBACK (on_chunk), request);
}

/* The connection rides on its remote address, which the HTTP server carries along to the message; what it says as an
 * address nobody reads. */
static void
on_head (MusterdConnection *connection, GIOStream *stream, gpointer data)
{
  MusterdServer *server = data;
  g_autoptr(GSocketAddress) local = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  g_autoptr(GSocketAddress) remote = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  g_autoptr(GError) error = NULL;

  g_object_set_data (G_OBJECT (remote), CONNECTION_KEY, connection);
  if (soup_server_accept_iostream (server->soup, stream, local, remote, &error))
    return;
  musterd_complain (MUSTERD_COMPLAINT_CONNECTION, musterd_connection_get_peer (connection)->address,
                    G_LOG_LEVEL_WARNING, "taking a request: %s", error->message);
  musterd_connection_close (connection);
}

static void
on_answered (guint status, gpointer data)
{
  MusterdServer *server = data;

  musterd_figures_count_answer (&server->figures, status);
}

static void
on_room (gpointer data)
{
  MusterdServer *server = data;

  for (guint i = 0; server->listeners != NULL && i < server->listeners->len; i++)
    musterd_listener_resume (server->listeners->pdata[i]);
}

MusterdServer *
musterd_server_new (const MusterdServerConfig *config)
{
  static const MusterdConnectionsFuncs funcs = { on_head, on_answered, on_room };
  MusterdServer *server = g_new0 (MusterdServer, 1);

  server->context = g_main_context_ref (config->context);
  server->auth = config->auth;
  server->replica = config->replica;
  server->bridge = musterd_bridge_ref (config->bridge);
  server->state_dir = config->state_dir;
  server->urls = config->urls;
  server->connections
      = musterd_connections_new (config->context, config->hub, config->connections_per_peer, &funcs, server);
  server->listeners = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_listener_free);
  server->streams = musterd_streams_new (config->context, config->hub);
  server->events = musterd_events_new (server);
  server->figures.started = g_get_real_time ();
  musterd_complaints_begin (config->context);
  server->soup = soup_server_new ("raw-paths", TRUE, "server-header", "muster", NULL);
  g_signal_connect (server->soup, "request-started", G_CALLBACK (on_request_started), server);
  soup_server_add_early_handler (server->soup, NULL, on_headers, server, NULL);
  soup_server_add_handler (server->soup, NULL, on_request, server, NULL);
  return server;
}

void
musterd_server_listen (MusterdServer *server, GSocket *socket, GTlsCertificate *certificate)
{
  g_ptr_array_add (server->listeners,
                   musterd_listener_new (server->context, socket, server->connections, certificate));
}

void
musterd_server_set_certificate (MusterdServer *server, GTlsCertificate *certificate)
{
  for (guint i = 0; i < server->listeners->len; i++)
    musterd_listener_set_certificate (server->listeners->pdata[i], certificate);
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
  for (guint i = 0; i < server->listeners->len; i++)
    musterd_listener_stop (server->listeners->pdata[i]);
  musterd_accounts_abandon (musterd_auth_get_accounts (server->auth));
  musterd_bridge_abandon (server->bridge);
  musterd_events_stop (server->events);
  check_stopped (server);
}

void
musterd_server_free (MusterdServer *server)
{
  server->stopping = TRUE;
  server->stopped = NULL;
  g_clear_pointer (&server->listeners, g_ptr_array_unref);
  musterd_events_stop (server->events);
  soup_server_disconnect (server->soup);
  g_clear_object (&server->soup);
  musterd_streams_free (server->streams);
  musterd_events_free (server->events);
  musterd_connections_free (server->connections);
  musterd_complaints_end ();
  g_clear_pointer (&server->reasons, g_ptr_array_unref);
  musterd_bridge_unref (server->bridge);
  g_main_context_unref (server->context);
  g_free (server);
}
