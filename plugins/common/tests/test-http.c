/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "http.h"

#include "http-fixture.h"

#include "muster/muster-plugin.h"

typedef struct
{
  SoupServer *server;
  guint       port;
  char       *dir;         /* nullable: plain HTTP */
  GSource    *watchdog;
  guint       n_requests;
  char       *last_body, *last_agent, *last_header; /* nullable */
  GSource    *drip;        /* nullable */
  SoupServerMessage *dripping; /* nullable */
} Fixture;

static gboolean
on_drip (gpointer user_data)
{
  Fixture *f = user_data;

  soup_message_body_append (soup_server_message_get_response_body (f->dripping), SOUP_MEMORY_STATIC, "x", 1);
  soup_server_message_unpause (f->dripping);
  return G_SOURCE_CONTINUE;
}

static void
stop_dripping (Fixture *f)
{
  if (f->drip != NULL)
    g_source_destroy (f->drip);
  g_clear_pointer (&f->drip, g_source_unref);
  g_clear_object (&f->dripping);
}

/* /status/NNN answers that; what else it says stands in the query. */
static void
on_status (G_GNUC_UNUSED SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query,
           gpointer user_data)
{
  Fixture *f = user_data;
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);
  SoupMessageBody *body = soup_server_message_get_request_body (message);
  g_autoptr(GBytes) bytes = soup_message_body_flatten (body);
  const char *retry_after = query != NULL ? g_hash_table_lookup (query, "retry-after") : NULL;
  const char *location = query != NULL ? g_hash_table_lookup (query, "location") : NULL;

  f->n_requests++;
  g_free (f->last_body);
  f->last_body = g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  g_free (f->last_agent);
  f->last_agent = g_strdup (soup_message_headers_get_one (headers, "User-Agent"));
  g_free (f->last_header);
  f->last_header = g_strdup (soup_message_headers_get_one (headers, "X-Test"));

  if (retry_after != NULL)
    soup_message_headers_append (soup_server_message_get_response_headers (message), "Retry-After", retry_after);
  if (location != NULL)
    soup_message_headers_append (soup_server_message_get_response_headers (message), "Location", location);
  soup_server_message_set_status (message, (guint) g_ascii_strtoull (path + strlen ("/status/"), NULL, 10), "<script>");
  soup_server_message_set_response (message, "text/plain", SOUP_MEMORY_STATIC, "fine", 4);
}

static void
on_big (G_GNUC_UNUSED SoupServer *server, SoupServerMessage *message, const char *path,
        G_GNUC_UNUSED GHashTable *query, gpointer user_data)
{
  Fixture *f = user_data;
  gsize size = (gsize) g_ascii_strtoull (path + strlen ("/big/"), NULL, 10);

  f->n_requests++;
  soup_server_message_set_status (message, 200, NULL);
  soup_server_message_set_response (message, "text/plain", SOUP_MEMORY_TAKE, g_strnfill (size, 'x'), size);
}

/* Says a byte every 20 ms, for ever. */
static void
on_slow (G_GNUC_UNUSED SoupServer *server, SoupServerMessage *message, G_GNUC_UNUSED const char *path,
         G_GNUC_UNUSED GHashTable *query, gpointer user_data)
{
  Fixture *f = user_data;

  soup_server_message_set_status (message, 200, NULL);
  soup_message_headers_set_encoding (soup_server_message_get_response_headers (message), SOUP_ENCODING_CHUNKED);
  stop_dripping (f);
  f->dripping = g_object_ref (message);
  f->drip = g_timeout_source_new (20);
  g_source_set_callback (f->drip, on_drip, f, NULL);
  g_source_attach (f->drip, NULL);
}

static void
on_silent (G_GNUC_UNUSED SoupServer *server, SoupServerMessage *message, G_GNUC_UNUSED const char *path,
           G_GNUC_UNUSED GHashTable *query, gpointer user_data)
{
  Fixture *f = user_data;

  f->n_requests++;
  soup_server_message_pause (message);
}

static gboolean
fixture_set_up (Fixture *f, gboolean tls)
{
  *f = (Fixture){ 0 };
  if (tls)
    {
      f->dir = make_directory ();
      if (!make_certificate (f->dir))
        {
          g_test_skip ("no openssl (package openssl)");
          remove_directory (f->dir);
          g_clear_pointer (&f->dir, g_free);
          return FALSE;
        }
    }
  f->watchdog = watchdog_new (20);
  f->server = soup_server_new (NULL, NULL);
  soup_server_add_handler (f->server, "/status", on_status, f, NULL);
  soup_server_add_handler (f->server, "/big", on_big, f, NULL);
  soup_server_add_handler (f->server, "/slow", on_slow, f, NULL);
  soup_server_add_handler (f->server, "/silent", on_silent, f, NULL);
  f->port = server_listen (f->server, f->dir);
  return TRUE;
}

static void
fixture_tear_down (Fixture *f)
{
  stop_dripping (f);
  server_close (f->server);
  g_clear_object (&f->server);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_free (f->last_body);
  g_free (f->last_agent);
  g_free (f->last_header);
  watchdog_end (f->watchdog);
  if (f->dir != NULL)
    remove_directory (f->dir);
  g_free (f->dir);
}

static HttpClient *
client_new (const char *ca_file)
{
  g_autoptr(GError) error = NULL;
  HttpClient *client = http_client_new (&(HttpSettings){ .ca_file = ca_file }, &error);

  g_assert_no_error (error);
  return client;
}

static void
on_result (G_GNUC_UNUSED GObject *object, GAsyncResult *result, gpointer user_data)
{
  GAsyncResult **place = user_data;

  g_assert_null (*place);
  *place = g_object_ref (result);
}

static HttpReply *
ask (Fixture *f, HttpClient *client, HttpRequest request, const char *path)
{
  g_autofree char *url = g_strdup_printf ("%s://127.0.0.1:%u%s", f->dir != NULL ? "https" : "http", f->port, path);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  if (request.method == NULL)
    request.method = "GET";
  if (request.url == NULL)
    request.url = url;
  http_client_send_async (client, &request, NULL, on_result, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);

  HttpReply *reply = http_client_send_finish (result, &error);
  g_assert_no_error (error);
  return reply;
}

static void
assert_matches (const char *text, const char *pattern)
{
  if (pattern == NULL)
    g_assert_cmpstr (text, ==, NULL);
  else if (text == NULL || !g_pattern_match_simple (pattern, text))
    g_test_fail_printf ("'%s' does not match '%s'", text, pattern);
}

typedef struct
{
  const char *name, *path;
  HttpOutcome outcome;
  guint       status;
  const char *message; /* nullable: a pattern */
  gint64      retry_after;
} StatusCase;

static const StatusCase status_cases[] = {
  { "200", "/status/200", HTTP_OK, 200, NULL, 0 },
  { "204", "/status/204", HTTP_OK, 204, NULL, 0 },
  { "301", "/status/301?location=https://user:pw@new.example/x?key=1", HTTP_REFUSED, 301,
    "asking http://127.0.0.1:*: answered 301 (Moved Permanently), a redirect to https://new.example, which is not *", 0 },
  { "302-nowhere", "/status/302", HTTP_REFUSED, 302, "*answered 302 (Found), and redirects are not followed*", 0 },
  { "307", "/status/307?location=/elsewhere", HTTP_REFUSED, 307, "*a redirect to http://127.0.0.1:*", 0 },
  { "400", "/status/400", HTTP_REFUSED, 400, "asking http://127.0.0.1:*: answered 400 (Bad Request)", 0 },
  { "401", "/status/401", HTTP_REFUSED, 401, "*answered 401 (Unauthorized)", 0 },
  { "404", "/status/404?token=s3cret", HTTP_REFUSED, 404, "*answered 404 (Not Found)", 0 },
  { "408", "/status/408", HTTP_UNREACHABLE, 408, "*answered 408 (*", 0 },
  { "425", "/status/425", HTTP_UNREACHABLE, 425, "*answered 425 (*", 0 },
  { "429", "/status/429?retry-after=30", HTTP_UNREACHABLE, 429, "*answered 429 (*", 30 * G_TIME_SPAN_SECOND },
  { "500", "/status/500", HTTP_UNREACHABLE, 500, "*answered 500 (Internal Server Error)", 0 },
  { "503", "/status/503?retry-after=999999", HTTP_UNREACHABLE, 503, "*answered 503 (*", HTTP_RETRY_AFTER_MAX },
  { "599", "/status/599", HTTP_UNREACHABLE, 599, "*answered 599 (*", 0 },
  { "700", "/status/700", HTTP_REFUSED, 700, "*answered 700 (*", 0 },
};

static void
test_status (gconstpointer data)
{
  const StatusCase *c = data;
  Fixture f;

  fixture_set_up (&f, FALSE);
  g_autoptr(HttpClient) client = client_new (NULL);
  g_autoptr(HttpReply) reply = ask (&f, client, (HttpRequest){ 0 }, c->path);

  g_assert_cmpint (reply->outcome, ==, c->outcome);
  g_assert_cmpuint (reply->status, ==, c->status);
  g_assert_cmpint (reply->retry_after, ==, c->retry_after);
  assert_matches (reply->message, c->message);
  g_assert_null (reply->certificate);
  if (reply->message != NULL)
    {
      g_assert_null (strstr (reply->message, "s3cret"));
      g_assert_null (strstr (reply->message, "script"));
    }
  g_assert_cmpuint (f.n_requests, ==, 1);
  fixture_tear_down (&f);
}

static void
test_request (void)
{
  Fixture f;
  g_autoptr(GBytes) body = g_bytes_new_static ("{}", 2);
  const char *const headers[] = { "X-Test", "a", NULL };

  fixture_set_up (&f, FALSE);
  g_autoptr(HttpClient) client = client_new (NULL);
  HttpRequest request = { .method = "POST", .headers = headers, .content_type = "application/json", .body = body };
  g_autoptr(HttpReply) reply = ask (&f, client, request, "/status/200");

  g_assert_cmpint (reply->outcome, ==, HTTP_OK);
  g_assert_cmpmem (g_bytes_get_data (reply->body, NULL), g_bytes_get_size (reply->body), "fine", 4);
  g_assert_cmpstr (f.last_body, ==, "{}");
  g_assert_cmpstr (f.last_header, ==, "a");
  g_assert_true (g_str_has_prefix (f.last_agent, "muster/"));
  g_assert_null (strchr (f.last_agent, ' '));
  fixture_tear_down (&f);
}

typedef struct
{
  int n_connections, n_requests;
} KeepAlive;

/* A server as plain as can be, on a thread for each connection: a SoupServer that is handed its connections closes each
 * after one answer. Ends with the connection. */
static gboolean
on_keep_alive (G_GNUC_UNUSED GThreadedSocketService *service, GSocketConnection *connection,
               G_GNUC_UNUSED GObject *source, gpointer user_data)
{
  static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  KeepAlive *seen = user_data;
  g_autoptr(GDataInputStream) in = g_data_input_stream_new (g_io_stream_get_input_stream (G_IO_STREAM (connection)));
  GOutputStream *out = g_io_stream_get_output_stream (G_IO_STREAM (connection));
  gsize length = 0;

  g_data_input_stream_set_newline_type (in, G_DATA_STREAM_NEWLINE_TYPE_CR_LF);
  g_atomic_int_inc (&seen->n_connections);
  for (;;)
    {
      g_autofree char *line = g_data_input_stream_read_line (in, NULL, NULL, NULL);
      if (line == NULL)
        return TRUE;
      if (g_ascii_strncasecmp (line, "Content-Length:", strlen ("Content-Length:")) == 0)
        length = (gsize) g_ascii_strtoull (line + strlen ("Content-Length:"), NULL, 10);
      if (*line != '\0')
        continue;
      while (length > 0)
        {
          gssize skipped = g_input_stream_skip (G_INPUT_STREAM (in), length, NULL, NULL);
          if (skipped <= 0)
            return TRUE;
          length -= (gsize) skipped;
        }
      g_atomic_int_inc (&seen->n_requests);
      if (!g_output_stream_write_all (out, answer, sizeof answer - 1, NULL, NULL, NULL))
        return TRUE;
    }
}

/* A POST that may be repeated keeps its connection; one that may not takes a new one each time. */
static void
test_connections (gconstpointer data)
{
  gboolean idempotent = GPOINTER_TO_INT (data);
  KeepAlive seen = { 0, 0 };
  Fixture f = { 0 };
  GSource *watchdog = watchdog_new (20);
  g_autoptr(GBytes) body = g_bytes_new_static ("{}", 2);
  g_autoptr(GSocketService) service = g_threaded_socket_service_new (8);
  g_autoptr(GError) error = NULL;

  g_signal_connect (service, "run", G_CALLBACK (on_keep_alive), &seen);
  f.port = g_socket_listener_add_any_inet_port (G_SOCKET_LISTENER (service), NULL, &error);
  g_assert_no_error (error);
  g_socket_service_start (service);

  HttpClient *client = client_new (NULL);
  for (guint i = 0; i < 20; i++)
    {
      HttpRequest request = { .method = "POST", .content_type = "application/json", .body = body,
                              .idempotent = idempotent };
      g_autoptr(HttpReply) reply = ask (&f, client, request, "/");
      g_assert_cmpint (reply->outcome, ==, HTTP_OK);
    }
  g_assert_cmpint (g_atomic_int_get (&seen.n_requests), ==, 20);
  g_assert_cmpint (g_atomic_int_get (&seen.n_connections), ==, idempotent ? 1 : 20);
  http_client_free (client); /* closes what it kept, and with it ends the threads */
  g_socket_service_stop (service);
  g_socket_listener_close (G_SOCKET_LISTENER (service));
  while (g_main_context_iteration (NULL, FALSE))
    ;
  watchdog_end (watchdog);
}

static void
test_body_bound (void)
{
  Fixture f;

  fixture_set_up (&f, FALSE);
  g_autoptr(HttpClient) client = client_new (NULL);
  g_autoptr(HttpReply) full = ask (&f, client, (HttpRequest){ 0 }, "/big/65536");
  g_autoptr(HttpReply) over = ask (&f, client, (HttpRequest){ 0 }, "/big/65537");
  g_autoptr(HttpReply) huge = ask (&f, client, (HttpRequest){ .body_max = 10 }, "/big/20000000");

  g_assert_cmpint (full->outcome, ==, HTTP_OK);
  g_assert_cmpuint (g_bytes_get_size (full->body), ==, 65536);
  g_assert_cmpint (over->outcome, ==, HTTP_REFUSED);
  g_assert_cmpuint (over->status, ==, 200);
  g_assert_null (over->body);
  assert_matches (over->message, "asking http://127.0.0.1:*: answered 200 with more than 65536 bytes: *");
  assert_matches (huge->message, "*with more than 10 bytes*");
  fixture_tear_down (&f);
}

static void
test_deadline (gconstpointer data)
{
  Fixture f;

  fixture_set_up (&f, FALSE);
  g_autoptr(HttpClient) client = client_new (NULL);
  g_autoptr(HttpReply) reply = ask (&f, client, (HttpRequest){ .deadline = 300 * G_TIME_SPAN_MILLISECOND }, data);

  g_assert_cmpint (reply->outcome, ==, HTTP_UNREACHABLE);
  assert_matches (reply->message, "asking http://127.0.0.1:*: no whole answer within 0.3 s");
  g_assert_null (reply->body);
  fixture_tear_down (&f);
}

static void
test_nobody_there (void)
{
  Fixture f;

  fixture_set_up (&f, FALSE);
  server_close (f.server);
  g_autoptr(HttpClient) client = client_new (NULL);
  g_autoptr(HttpReply) reply = ask (&f, client, (HttpRequest){ 0 }, "/status/200?token=s3cret");

  g_assert_cmpint (reply->outcome, ==, HTTP_UNREACHABLE);
  g_assert_cmpuint (reply->status, ==, 0);
  assert_matches (reply->message, "asking http://127.0.0.1:*: *refused*");
  g_assert_null (strstr (reply->message, "s3cret"));
  fixture_tear_down (&f);
}

static void
test_cancel (void)
{
  Fixture f;
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  fixture_set_up (&f, FALSE);
  g_autofree char *url = g_strdup_printf ("http://127.0.0.1:%u/silent", f.port);
  HttpClient *client = client_new (NULL);
  http_client_send_async (client, &(HttpRequest){ .method = "GET", .url = url }, cancellable, on_result, &result);
  http_client_free (client);
  while (f.n_requests == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_null (result);
  g_cancellable_cancel (cancellable);
  g_assert_null (result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_null (http_client_send_finish (result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  fixture_tear_down (&f);
}

static void
test_no_url (void)
{
  g_autoptr(HttpClient) client = client_new (NULL);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  GSource *watchdog = watchdog_new (20);

  http_client_send_async (client, &(HttpRequest){ .method = "GET", .url = "over there" }, NULL, on_result, &result);
  g_assert_null (result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_null (http_client_send_finish (result, &error));
  g_assert_error (error, MUSTER_ERROR, MUSTER_ERROR_CONFIG);
  watchdog_end (watchdog);
}

static void
test_proxy (void)
{
  Fixture f;
  g_autoptr(GError) error = NULL;

  fixture_set_up (&f, FALSE);
  g_autofree char *url = g_strdup_printf ("http://127.0.0.1:%u", f.port);
  g_autoptr(GProxyResolver) proxy = g_simple_proxy_resolver_new (url, NULL);
  g_autoptr(HttpClient) client = http_client_new (&(HttpSettings){ .proxy = proxy }, &error);
  g_assert_no_error (error);
  /* A name that nobody can resolve: only through the proxy does it answer. */
  g_autoptr(HttpReply) reply = ask (&f, client, (HttpRequest){ .url = "http://nobody.invalid/status/200" }, NULL);
  g_assert_cmpint (reply->outcome, ==, HTTP_OK);
  g_assert_cmpuint (f.n_requests, ==, 1);
  fixture_tear_down (&f);
}

static void
test_tls_refused (void)
{
  Fixture f;

  if (!fixture_set_up (&f, TRUE))
    return;
  g_autoptr(HttpClient) client = client_new (NULL);
  g_autoptr(HttpReply) reply = ask (&f, client, (HttpRequest){ 0 }, "/status/200");

  g_assert_cmpint (reply->outcome, ==, HTTP_REFUSED);
  g_assert_cmpuint (reply->status, ==, 0);
  assert_matches (reply->message, "asking https://127.0.0.1:*: nobody known here has signed its certificate: *ca-file");
  g_assert_nonnull (reply->certificate);
  g_assert_null (reply->tls);
  g_assert_cmpuint (f.n_requests, ==, 0);
  fixture_tear_down (&f);
}

static void
test_tls_named_authority (void)
{
  Fixture f;

  if (!fixture_set_up (&f, TRUE))
    return;
  g_autofree char *cert = g_build_filename (f.dir, "cert.pem", NULL);
  g_autoptr(HttpClient) client = client_new (cert);
  g_autoptr(HttpReply) reply = ask (&f, client, (HttpRequest){ 0 }, "/status/200");

  g_assert_cmpstr (reply->message, ==, NULL);
  g_assert_cmpint (reply->outcome, ==, HTTP_OK);
  g_assert_nonnull (reply->certificate);
  g_assert_true (g_str_has_prefix (reply->tls, "TLS 1."));
  fixture_tear_down (&f);
}

static void
test_ca_file_wrong (void)
{
  g_autofree char *dir = make_directory ();
  g_autofree char *empty = g_build_filename (dir, "empty.pem", NULL);
  g_autoptr(GError) error = NULL;

  g_assert_null (http_client_new (&(HttpSettings){ .ca_file = empty }, &error));
  g_assert_error (error, MUSTER_ERROR, MUSTER_ERROR_CONFIG);
  g_assert_nonnull (strstr (error->message, empty));
  g_clear_error (&error);

  g_file_set_contents (empty, "", 0, &error);
  g_assert_no_error (error);
  g_assert_null (http_client_new (&(HttpSettings){ .ca_file = empty }, &error));
  g_assert_error (error, MUSTER_ERROR, MUSTER_ERROR_CONFIG);
  remove_directory (dir);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (status_cases); i++)
    {
      g_autofree char *path = g_strconcat ("/http/status/", status_cases[i].name, NULL);
      g_test_add_data_func (path, &status_cases[i], test_status);
    }
  g_test_add_func ("/http/request", test_request);
  g_test_add_data_func ("/http/connections/idempotent", GINT_TO_POINTER (TRUE), test_connections);
  g_test_add_data_func ("/http/connections/once", GINT_TO_POINTER (FALSE), test_connections);
  g_test_add_func ("/http/body-bound", test_body_bound);
  g_test_add_data_func ("/http/deadline/silent", "/silent", test_deadline);
  g_test_add_data_func ("/http/deadline/drips", "/slow", test_deadline);
  g_test_add_func ("/http/nobody-there", test_nobody_there);
  g_test_add_func ("/http/cancel", test_cancel);
  g_test_add_func ("/http/no-url", test_no_url);
  g_test_add_func ("/http/proxy", test_proxy);
  g_test_add_func ("/http/tls/refused", test_tls_refused);
  g_test_add_func ("/http/tls/named-authority", test_tls_named_authority);
  g_test_add_func ("/http/tls/ca-file-wrong", test_ca_file_wrong);
  return g_test_run ();
}
