/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The api over its real socket, with a real engine in this process, no store, and a host that only remembers. */
#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <string.h>

#include "api/api.h"
#include "api/socket.h"
#include "fake-host.h"
#include "record.h"

#define START G_GINT64_CONSTANT (1795330212000000) /* 2026-11-22T06:50:12Z, a Sunday */
#define WATCHDOG_SECONDS 40

typedef struct
{
  char            *dir, *path;
  MusterdClock    *clock;
  MusterdEngine   *engine;
  MusterdDispatch *dispatch;
  MusterdApi      *api;
  GSource         *watchdog;
  char            *enabled; /* the last order to set_enabled */
} Fixture;

/* One exchange, made on a thread of its own while this one runs the engine. */
typedef struct
{
  const char *path;
  char       *request;
  gsize       length;
  GString    *answer;
  gint        done; /* atomic */
  gboolean    hang_up; /* do not read */
} Exchange;

/* Of every exchange's answer, while it grows. */
static GMutex answers;

static gboolean
on_watchdog (gpointer data)
{
  g_error ("%s: nothing happens any more", (const char *) data);
  return G_SOURCE_REMOVE;
}

static void
on_set_enabled (const char *instance, MusterdEnabled enabled, MusterdDone done, gpointer done_data, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_free (fixture->enabled);
  fixture->enabled = g_strdup_printf ("%s %s", instance, musterd_enabled_to_string (enabled));
  done (NULL, done_data);
}

static void
on_restart (gpointer user_data G_GNUC_UNUSED)
{
  g_assert_not_reached ();
}

static void
on_put (const GError *error, gpointer data)
{
  g_assert_no_error (error);
  *(gboolean *) data = TRUE;
}

static void
put_user (Fixture *fixture, const char *id, const char *account)
{
  const char *fields[MUSTERD_N_USER_FIELDS] = { [MUSTERD_USER_NAME] = "Somebody", [MUSTERD_USER_UNIX_USER] = account };
  g_autoptr(GError) error = NULL;
  g_autoptr(MusterdUser) user = musterd_user_new (id, fields, NULL, &error);
  gboolean done = FALSE;

  g_assert_no_error (error);
  musterd_engine_put_users (fixture->engine, &user, 1, MUSTERD_PUT_ANY, on_put, &done);
  while (!done)
    g_main_context_iteration (NULL, TRUE);
}

static void
setup (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr(MusterdSettings) settings = musterd_settings_new_default ();
  g_autoptr(GError) error = NULL;
  MusterdApiServices services = { 0 };

  fixture->watchdog = g_timeout_source_new_seconds (WATCHDOG_SECONDS);
  g_source_set_callback (fixture->watchdog, on_watchdog, (gpointer) g_test_get_path (), NULL);
  g_source_attach (fixture->watchdog, NULL);
  fixture->dir = g_dir_make_tmp ("muster-api-XXXXXX", &error);
  g_assert_no_error (error);
  fixture->path = g_build_filename (fixture->dir, "socket", NULL);
  fixture->clock = musterd_clock_new_virtual (START);
  fixture->engine = musterd_engine_new (fixture->clock, NULL, settings, &error);
  g_assert_no_error (error);
  fixture->dispatch = musterd_dispatch_new (fixture->engine, fixture->clock);
  put_user (fixture, "alice@example.com", NULL);

  services.engine = fixture->engine;
  services.dispatch = fixture->dispatch;
  services.state_dir = fixture->dir;
  services.socket_path = fixture->path;
  services.socket_group = "no-such-group";
  services.set_enabled = on_set_enabled;
  services.restart = on_restart;
  services.user_data = fixture;
  fixture->api = musterd_api_new (&services, &error);
  g_assert_no_error (error);
}

static void
teardown (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_clear_pointer (&fixture->api, musterd_api_free);
  g_assert_false (g_file_test (fixture->path, G_FILE_TEST_EXISTS));
  musterd_dispatch_free (fixture->dispatch);
  musterd_engine_free (fixture->engine);
  musterd_clock_unref (fixture->clock);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_source_destroy (fixture->watchdog);
  g_source_unref (fixture->watchdog);
  g_assert_cmpint (g_rmdir (fixture->dir), ==, 0);
  g_free (fixture->dir);
  g_free (fixture->path);
  g_clear_pointer (&fixture->enabled, g_free);
  fake_host_reset ();
}

static gpointer
run_exchange (gpointer data)
{
  Exchange *exchange = data;
  g_autoptr(GSocketAddress) address = g_unix_socket_address_new (exchange->path);
  g_autoptr(GSocketClient) client = g_socket_client_new ();
  g_autoptr(GSocketConnection) connection = NULL;
  g_autoptr(GError) error = NULL;
  char buffer[65536];
  gssize size;

  g_socket_client_set_timeout (client, WATCHDOG_SECONDS);
  connection = g_socket_client_connect (client, G_SOCKET_CONNECTABLE (address), NULL, &error);
  if (connection != NULL)
    {
      GOutputStream *out = g_io_stream_get_output_stream (G_IO_STREAM (connection));
      GInputStream *in = g_io_stream_get_input_stream (G_IO_STREAM (connection));

      /* The answer may come before all is sent, and what cannot be sent any more is no failure of the test. */
      g_output_stream_write_all (out, exchange->request, exchange->length, NULL, NULL, NULL);
      while (!exchange->hang_up && (size = g_input_stream_read (in, buffer, sizeof buffer, NULL, NULL)) > 0)
        {
          g_mutex_lock (&answers);
          g_string_append_len (exchange->answer, buffer, size);
          g_mutex_unlock (&answers);
          g_main_context_wakeup (NULL);
        }
    }
  record_exchange (exchange->request, exchange->length, exchange->answer->str, exchange->answer->len);
  g_atomic_int_set (&exchange->done, 1);
  g_main_context_wakeup (NULL);
  return NULL;
}

static void
begin_raw (Fixture *fixture, Exchange *exchange, const char *request, gsize length)
{
  exchange->path = fixture->path;
  exchange->request = g_memdup2 (request, length);
  exchange->length = length;
  exchange->answer = g_string_new (NULL);
  exchange->done = 0;
  g_thread_unref (g_thread_new ("client", run_exchange, exchange));
}

static void
begin (Fixture *fixture, Exchange *exchange, const char *method, const char *path, const char *type, const char *body)
{
  g_autoptr(GString) request = g_string_new (NULL);

  g_string_printf (request, "%s %s HTTP/1.1\r\nHost: muster\r\nConnection: close\r\n", method, path);
  if (type != NULL)
    g_string_append_printf (request, "Content-Type: %s\r\n", type);
  if (body != NULL)
    g_string_append_printf (request, "Content-Length: %" G_GSIZE_FORMAT "\r\n", strlen (body));
  g_string_append_printf (request, "\r\n%s", body != NULL ? body : "");
  begin_raw (fixture, exchange, request->str, request->len);
}

/* The body, with chunks put together. */
static char *
take_body (const char *answer)
{
  const char *p = strstr (answer, "\r\n\r\n");
  g_autoptr(GString) body = g_string_new (NULL);

  g_assert_nonnull (p);
  if (g_strstr_len (answer, p - answer, "Transfer-Encoding: chunked") == NULL)
    return g_strdup (p + 4);
  for (p += 4;;)
    {
      char *end = NULL;
      guint64 size = g_ascii_strtoull (p, &end, 16);

      g_assert_true (g_str_has_prefix (end, "\r\n"));
      if (size == 0)
        break;
      g_string_append_len (body, end + 2, (gssize) size);
      p = end + 2 + size + 2;
    }
  return g_strdup (body->str);
}

static char *
finish (Exchange *exchange, guint *status)
{
  char *body = NULL;

  while (!g_atomic_int_get (&exchange->done))
    g_main_context_iteration (NULL, TRUE);
  *status = 0;
  if (g_str_has_prefix (exchange->answer->str, "HTTP/1.1 "))
    {
      *status = (guint) g_ascii_strtoull (exchange->answer->str + 9, NULL, 10);
      body = take_body (exchange->answer->str);
    }
  g_string_free (exchange->answer, TRUE);
  g_free (exchange->request);
  return body;
}

static char *
ask (Fixture *fixture, const char *method, const char *path, const char *body, guint *status)
{
  Exchange exchange = { 0 };

  begin (fixture, &exchange, method, path, body != NULL ? "application/json" : NULL, body);
  return finish (&exchange, status);
}

static void
assert_like (const char *body, const char *pattern)
{
  if (!g_pattern_match_simple (pattern, body))
    g_error ("'%s' is not like '%s'", body, pattern);
}

typedef struct
{
  const char *name, *method, *path;
  const char *body; /* nullable */
  guint       status;
  const char *like;
} Case;

#define ALICE "/v1/presence/alice@example.com"

static const Case cases[] = {
  { "list", "GET", "/v1/presence", NULL, 200,
    "{\"presences\":[{\"user\":\"alice@*}],\"removed\":[],\"complete\":true,\"revision\":*}" },
  { "list-one", "GET", "/v1/presence?user=nobody", NULL, 200, "{\"presences\":[],*" },
  { "list-unknown-parameter", "GET", "/v1/presence?x=1", NULL, 400, "*unknown parameter 'x'*" },
  { "events-after", "GET", "/v1/events?after=x", NULL, 400, "*'after' must be a number*" },
  { "events-unknown", "GET", "/v1/events?user=bob", NULL, 400, "*unknown parameter 'user'*" },
  { "show", "GET", ALICE, NULL, 200,
    "{\"user\":\"alice@example.com\",\"name\":\"Somebody\",\"status\":\"available\",*" },
  { "show-encoded", "GET", "/v1/presence/alice%40example.com", NULL, 200, "{\"user\":\"alice@example.com\"*" },
  { "show-unknown", "GET", "/v1/presence/bob", NULL, 404,
    "{\"type\":\"about:blank\",\"title\":\"Not Found\",\"status\":404,\"detail\":\"there is no user 'bob'\","
    "\"code\":\"not-found\"}" },
  { "choose-template", "PUT", ALICE, "{\"template\":\"do-not-disturb\",\"text\":\"x\"}", 200,
    "*\"text\":\"x\"*\"kind\":\"choice\"*" },
  { "choose-status", "PUT", ALICE, "{\"status\":\"busy\",\"until\":\"2026-11-22T08:00:00+01:00\"}", 200,
    "*\"status\":\"busy\",\"text\":null,\"template\":null,*\"until\":\"2026-11-22T07:00:00Z\"*" },
  { "choose-both", "PUT", ALICE, "{\"status\":\"busy\",\"template\":\"x\"}", 400, "*either*" },
  { "choose-neither", "PUT", ALICE, "{}", 400, "*either*" },
  { "choose-no-such-status", "PUT", ALICE, "{\"status\":\"none\"}", 400, "*there is no status 'none'*" },
  { "choose-no-such-template", "PUT", ALICE, "{\"template\":\"none such\"}", 404,
    "*there is no template 'none such': there are*" },
  { "choose-past", "PUT", ALICE, "{\"status\":\"busy\",\"until\":\"2026-11-22T06:50:12Z\"}", 400, "*until*" },
  { "choose-no-time", "PUT", ALICE, "{\"status\":\"busy\",\"until\":\"12:30\"}", 400,
    "*member 'until': expected a time*" },
  { "choose-number", "PUT", ALICE, "{\"status\":3}", 400, "*'status' must be a string*" },
  { "choose-unknown-user", "PUT", "/v1/presence/bob", "{\"status\":\"busy\"}", 404, "*bob*" },
  { "automatic", "DELETE", ALICE, NULL, 200, "*\"status\":\"available\"*" },
  { "why", "GET", ALICE "/why", NULL, 200,
    "{\"presence\":{*},\"choices\":{\"standing\":null,\"timed\":null,\"standing_ends\":null},\"claims\":[]*,\"sinks\":["
    "],\"calendar\":{*}}" },
  { "why-unknown", "GET", "/v1/presence/bob/why", NULL, 404, "*bob*" },
  { "appointments", "GET", "/v1/users/alice@example.com/appointments", NULL, 200,
    "{\"user\":\"alice@example.com\",\"appointments\":[]}" },
  { "appointments-all", "GET", "/v1/users/alice@example.com/appointments?all=maybe", NULL, 400, "*true or false*" },
  { "ignore-unknown", "POST", "/v1/users/alice@example.com/appointments/0123/ignore", NULL, 404, "*0123*" },
  { "users", "GET", "/v1/users", NULL, 200, "{\"users\":[{\"id\":\"alice@example.com\",*}]}" },
  { "user", "GET", "/v1/users/alice@example.com", NULL, 200, "{\"id\":\"alice@example.com\",*\"attributes\":{}}" },
  { "user-unknown", "GET", "/v1/users/bob", NULL, 404, "*bob*" },
  { "add", "POST", "/v1/users", "{\"id\":\"bob\",\"mobile\":\"+49 1\",\"attributes\":{\"micsync.host\":\"pc\"}}", 201,
    "{\"id\":\"bob\",*\"mobile\":\"+49 1\"*\"attributes\":{\"micsync.host\":\"pc\"}}" },
  { "add-again", "POST", "/v1/users", "{\"id\":\"alice@example.com\"}", 409, "*exists already*" },
  { "add-no-id", "POST", "/v1/users", "{\"name\":\"x\"}", 400, "*'id' is missing*" },
  { "add-bad-id", "POST", "/v1/users", "{\"id\":\"a b\"}", 400, "*white space*" },
  { "add-bad-zone", "POST", "/v1/users", "{\"id\":\"b\",\"zone\":\"Nowhere\"}", 400, "*zone 'Nowhere'*" },
  { "add-bad-attribute", "POST", "/v1/users", "{\"id\":\"b\",\"attributes\":{\"x\":\"y\"}}", 400, "*plugin.name*" },
  { "change", "PATCH", "/v1/users/alice@example.com", "{\"name\":null,\"extension\":\"17\"}", 200,
    "*\"name\":null*\"extension\":\"17\"*" },
  { "change-id", "PATCH", "/v1/users/alice@example.com", "{\"id\":\"x\"}", 400, "*unknown member 'id'*" },
  { "change-unknown", "PATCH", "/v1/users/bob", "{\"name\":\"B\"}", 404, "*bob*" },
  { "remove", "DELETE", "/v1/users/alice@example.com", NULL, 204, "" },
  { "remove-unknown", "DELETE", "/v1/users/bob", NULL, 404, "*bob*" },
  { "secrets", "GET", "/v1/secrets", NULL, 200, "{\"secrets\":[],\"key_ring\":\"absent\",\"sealing\":\"off\"}" },
  { "secret-set", "PUT", "/v1/secrets/lamps", "{\"value\":\"s3cret\"}", 200,
    "{\"name\":\"lamps\",\"where\":\"file\",\"sealed\":false,\"key_ring_locked\":false,\"restarted\":[\"fake\"]}" },
  { "secret-set-without", "PUT", "/v1/secrets/lamps", "{}", 400, "*member 'value' is missing*" },
  { "secret-set-null", "PUT", "/v1/secrets/lamps", "{\"value\":null}", 400, "*'value' must be a string*" },
  { "secret-set-more", "PUT", "/v1/secrets/lamps", "{\"value\":\"x\",\"where\":\"file\"}", 400, "*'where'*" },
  { "secret-set-bad-name", "PUT", "/v1/secrets/.x", "{\"value\":\"x\"}", 400, "*no name of a secret*" },
  { "secret-remove", "DELETE", "/v1/secrets/lamps", NULL, 200,
    "{\"name\":\"lamps\",\"where\":null,\"sealed\":null,\"key_ring_locked\":false,\"restarted\":[\"fake\"]}" },
  { "secret-show", "GET", "/v1/secrets/lamps", NULL, 405, "*" },
  { "plugins", "GET", "/v1/plugins", NULL, 200, "{\"plugins\":[{\"instance\":\"fake\",*}]}" },
  { "plugin", "GET", "/v1/plugins/fake", NULL, 200, "{\"instance\":\"fake\",*\"state\":\"online\"*" },
  { "plugin-unknown", "GET", "/v1/plugins/x", NULL, 404, "*there is no instance 'x': there are fake*" },
  { "plugin-log", "GET", "/v1/plugins/fake/log", NULL, 200,
    "*\"serial\":7,*\"level\":\"warning\",\"user\":null,\"text\":\"something\"*\"last\":7}" },
  { "plugin-log-lines", "GET", "/v1/plugins/fake/log?lines=0&after=3&wait=60", NULL, 200, "*\"lines\":[]*" },
  { "plugin-log-wait-too-long", "GET", "/v1/plugins/fake/log?wait=61", NULL, 400, "*from 0 to 60*" },
  { "plugin-log-unknown", "GET", "/v1/plugins/x/log", NULL, 404, "*there is no instance 'x'*" },
  { "plugin-test", "POST", "/v1/plugins/fake/test", "{}", 200,
    "*{\"result\":\"problem\",\"subject\":\"reach\",\"text\":\"no route\"}*" },
  { "plugin-test-unknown", "POST", "/v1/plugins/x/test", "{}", 404, "*no instance 'x'*" },
  { "plugin-drain", "POST", "/v1/plugins/fake/drain", NULL, 204, "" },
  { "plugin-drain-unknown", "POST", "/v1/plugins/x/drain", NULL, 404, "*no instance 'x'*" },
  { "plugin-actions", "GET", "/v1/plugins/fake/actions", NULL, 200,
    "{\"instance\":\"fake\",\"actions\":[{\"id\":\"sign-in\",*" },
  { "plugin-pause-word", "POST", "/v1/plugins/fake/pause", "{\"paused\":\"yes\"}", 400, "*true or false*" },
  { "status", "GET", "/v1/status", NULL, 200,
    "{\"version\":\"*\",\"revision\":*,\"users\":1,\"instances\":{\"online\":1},\"listening\":[],"
    "\"you\":{\"user\":null,\"admin\":true}}" },
  { "healthz", "GET", "/healthz", NULL, 200, "{\"ready\":true,\"reasons\":[]}" },
  { "backup-without-store", "GET", "/v1/backup", NULL, 503, "*without a store*" },
  { "no-such-path", "GET", "/v1/nothing", NULL, 404, "*nothing at this path*" },
  { "no-such-method", "POST", "/v1/presence", "{}", 405, "*methods named in Allow*" },
  { "options", "OPTIONS", "/v1/presence", NULL, 405, "*methods named in Allow*" },
  { "unknown-method", "DANCE", "/v1/status", NULL, 405, "*methods named in Allow*" },
  { "slash-inside", "GET", "/v1/presence/a%2Fb", NULL, 400, "*encoded '/'*" },
  { "not-json", "PUT", ALICE, "status=busy", 400, "*not JSON: line 1, column 1*" },
  { "body-for-get", "GET", ALICE, "{}", 413, "*takes no body*" },
};

static void
test_case (Fixture *fixture, gconstpointer data)
{
  const Case *c = data;
  guint status = 0;
  g_autofree char *body = ask (fixture, c->method, c->path, c->body, &status);

  if (status != c->status)
    g_error ("%u, not %u: %s", status, c->status, body);
  assert_like (body, c->like);
  if (*body != '\0')
    {
      g_autoptr(JsonNode) node = json_from_string (body, NULL);

      g_assert_nonnull (node);
    }
}

/* The engine's thread does not turn: the api answers by its own clock, and the engine's answer, when it comes after
 * all, reaches nobody. */
static void
test_hung_engine (Fixture *fixture, gconstpointer data)
{
  const gint64 patience = g_get_monotonic_time () + WATCHDOG_SECONDS * G_TIME_SPAN_SECOND;
  Exchange exchange = { 0 };
  g_autofree char *body = NULL;
  g_autofree char *later = NULL;
  guint status = 0;

  begin (fixture, &exchange, "GET", data, NULL, NULL);
  while (!g_atomic_int_get (&exchange.done))
    {
      g_assert_cmpint (g_get_monotonic_time (), <, patience);
      g_thread_yield ();
    }
  body = finish (&exchange, &status);
  g_assert_cmpuint (status, ==, 503);
  assert_like (body, "*has not answered*");
  later = ask (fixture, "GET", "/healthz", NULL, &status);
  g_assert_cmpuint (status, ==, 200);
}

static void
test_not_ready (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *body = NULL;
  g_autofree char *again = NULL;
  guint status = 0;

  fake_host.state = MUSTERD_INSTANCE_FAILED;
  body = ask (fixture, "GET", "/healthz", NULL, &status);
  g_assert_cmpuint (status, ==, 503);
  assert_like (body, "{\"type\":\"about:blank\",\"title\":\"Service Unavailable\",\"status\":503,"
                     "\"detail\":\"the required instance fake is failed\",\"code\":\"unavailable\",\"ready\":false,"
                     "\"reasons\":[\"the required instance fake is failed\"]}");
  /* Who asks again at once is told the same. */
  fake_host.state = MUSTERD_INSTANCE_ONLINE;
  again = ask (fixture, "GET", "/healthz", NULL, &status);
  g_assert_cmpstr (again, ==, body);
}

typedef struct
{
  const char *name, *accept; /* nullable: not said */
  gboolean    open;
} FormatCase;

static const FormatCase formats[] = {
  { "unsaid", NULL, TRUE },
  { "anything", "*/*", TRUE },
  { "text", "text/plain", FALSE },
  { "text-only-of-version", "text/plain;version=0.0.4;q=0.5", FALSE },
  { "prometheus", "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", TRUE },
  { "prefers-text", "application/openmetrics-text;q=0.2,text/plain;q=0.5", FALSE },
};

static void
test_metrics (Fixture *fixture, gconstpointer data)
{
  const FormatCase *c = data;
  g_autoptr(GString) request = g_string_new ("GET /metrics HTTP/1.1\r\nHost: muster\r\nConnection: close\r\n");
  Exchange exchange = { 0 };

  if (c->accept != NULL)
    g_string_append_printf (request, "Accept: %s\r\n", c->accept);
  g_string_append (request, "\r\n");
  begin_raw (fixture, &exchange, request->str, request->len);
  while (!g_atomic_int_get (&exchange.done))
    g_main_context_iteration (NULL, TRUE);
  assert_like (exchange.answer->str, c->open ? "HTTP/1.1 200 *\r\nContent-Type: application/openmetrics-text; "
                                               "version=1.0.0; charset=utf-8\r\n*# EOF\n"
                                             : "HTTP/1.1 200 *\r\nContent-Type: text/plain; version=0.0.4; "
                                               "charset=utf-8\r\n*\n");
  assert_like (exchange.answer->str, "*\nmuster_users 1\n*");
  assert_like (exchange.answer->str, "*\nmuster_instance_messages_total{instance=\"fake\"} 17\n*");
  assert_like (exchange.answer->str,
               "*\nmuster_sink_deliveries_total{instance=\"fake\",outcome=\"refused\"} 3\n*");
  assert_like (exchange.answer->str, "*\nmuster_api_connections 1\n*");
  g_assert_null (strstr (exchange.answer->str, "alice"));
  g_string_free (exchange.answer, TRUE);
  g_free (exchange.request);
}

typedef struct
{
  const char *name, *path, *body, *last;
} OrderCase;

static const OrderCase orders[] = {
  { "sync", "/v1/plugins/fake/sync", "{}", "sync all" },
  { "sync-user", "/v1/plugins/fake/sync", "{\"user\":\"alice\"}", "sync alice" },
  { "pause", "/v1/plugins/fake/pause", "{\"paused\":true}", "pause 1" },
  { "pause-by-default", "/v1/plugins/fake/pause", "{}", "pause 1" },
  { "resume", "/v1/plugins/fake/pause", "{\"paused\":false}", "pause 0" },
  { "answer", "/v1/plugins/fake/actions/sign-in", "{\"user\":\"alice\",\"answer\":\"yes\"}",
    "answer alice sign-in yes" },
};

static void
test_order (Fixture *fixture, gconstpointer data)
{
  const OrderCase *c = data;
  guint status = 0;

  g_free (ask (fixture, "POST", c->path, c->body, &status));
  g_assert_cmpuint (status, ==, 204);
  g_assert_cmpstr (fake_host.last, ==, c->last);
}

static void
test_enable (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  static const char *const words[][3] = { { "enable", "{}", "fake optional" },
                                          { "enable", "{\"required\":true}", "fake required" },
                                          { "disable", "{}", "fake no" } };

  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    {
      g_autofree char *path = g_strconcat ("/v1/plugins/fake/", words[i][0], NULL);
      guint status = 0;

      g_free (ask (fixture, "POST", path, words[i][1], &status));
      g_assert_cmpuint (status, ==, 204);
      g_assert_cmpstr (fixture->enabled, ==, words[i][2]);
    }
}

static void
test_import (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  Exchange exchange = { 0 };
  guint status = 0;
  g_autofree char *body = NULL;
  g_autofree char *wrong = NULL;

  begin (fixture, &exchange, "POST", "/v1/users/import", "text/csv",
         "id;name\nalice@example.com;Alice\nbob;Bob\n");
  body = finish (&exchange, &status);
  g_assert_cmpuint (status, ==, 200);
  assert_like (body, "*\"added\":[\"bob\"],\"changed\":[\"alice@example.com\"],\"removed\":[],\"unchanged\":0,*");
  g_assert_cmpstr (musterd_engine_get_user (fixture->engine, "bob")->fields[MUSTERD_USER_NAME], ==, "Bob");

  memset (&exchange, 0, sizeof exchange);
  begin (fixture, &exchange, "POST", "/v1/users/import", "text/csv", "id,zone\ncarl,\ndora,x\n");
  wrong = finish (&exchange, &status);
  g_assert_cmpuint (status, ==, 400);
  assert_like (wrong, "*row 3: *");
  g_assert_null (musterd_engine_get_user (fixture->engine, "carl"));
}

static guint64
revision_of (const char *body)
{
  const char *p = g_strrstr (body, "\"revision\":");

  g_assert_nonnull (p);
  return g_ascii_strtoull (p + strlen ("\"revision\":"), NULL, 10);
}

static MusterdClaim *
put_claim (Fixture *fixture, const char *source, const char *key, MusterdClaimKind kind, MusterdTime from)
{
  MusterdClaim *claim = musterd_claim_new (source, "", key, kind);
  g_autoptr(GError) error = NULL;

  claim->from = from;
  claim->until = from + MUSTERD_HOUR;
  claim->free_busy = MUSTERD_FREE_BUSY_BUSY;
  musterd_claim_set_text (claim, key);
  musterd_engine_claim_put (fixture->engine, "alice@example.com", claim, &error);
  g_assert_no_error (error);
  return claim;
}

static void
test_claims (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr(MusterdClaim) meeting
      = put_claim (fixture, "ews", "team/meeting", MUSTERD_CLAIM_APPOINTMENT, START - MUSTERD_MINUTE);
  g_autofree char *why = NULL, *agenda = NULL, *all = NULL, *path = NULL, *after = NULL;
  guint status = 0;
  char id[13];

  musterd_claim_unref (put_claim (fixture, "ews", "later", MUSTERD_CLAIM_APPOINTMENT, START + 5 * MUSTERD_HOUR));
  musterd_claim_unref (put_claim (fixture, "micsync", "zoom", MUSTERD_CLAIM_MICROPHONE, START));
  why = ask (fixture, "GET", ALICE "/why", NULL, &status);
  assert_like (why, "{\"presence\":*\"kind\":\"microphone\",\"source\":\"micsync\"*\"claims\":[*"
                    "\"key\":\"team/meeting\"*\"outcome\":\"weaker-than\",*\"other\":\"micsync/zoom\"*"
                    "\"key\":\"zoom\"*\"outcome\":\"wins\",*\"other\":null*"
                    "\"key\":\"later\"*\"outcome\":\"not-yet\"*");
  agenda = ask (fixture, "GET", "/v1/users/alice@example.com/appointments", NULL, &status);
  assert_like (agenda, "*\"team/meeting\"*\"later\"*");
  g_assert_null (strstr (agenda, "\"zoom\""));
  all = ask (fixture, "GET", "/v1/users/alice@example.com/appointments?all=true", NULL, &status);
  assert_like (all, "*\"zoom\"*");

  musterd_claim_get_id (meeting, id);
  path = g_strdup_printf ("/v1/users/alice@example.com/appointments/%s/ignore", id);
  g_free (ask (fixture, "POST", path, "{}", &status));
  g_assert_cmpuint (status, ==, 204);
  after = ask (fixture, "GET", ALICE "/why", NULL, &status);
  assert_like (after, "*\"key\":\"team/meeting\"*\"outcome\":\"ignored\"*");
}

static gboolean
has_come (Exchange *exchange, const char *pattern)
{
  gboolean match;

  g_mutex_lock (&answers);
  match = g_pattern_match_simple (pattern, exchange->answer->str);
  g_mutex_unlock (&answers);
  return match;
}

/* Runs the engine until the answer so far is like that. */
static void
await (Exchange *exchange, const char *pattern)
{
  while (!has_come (exchange, pattern))
    {
      if (g_atomic_int_get (&exchange->done))
        g_error ("ended with '%s', which is not like '%s'", exchange->answer->str, pattern);
      g_main_context_iteration (NULL, TRUE);
    }
}

static void
finish_stream (Fixture *fixture, Exchange *exchange)
{
  g_clear_pointer (&fixture->api, musterd_api_free);
  while (!g_atomic_int_get (&exchange->done))
    g_main_context_iteration (NULL, TRUE);
  g_string_free (exchange->answer, TRUE);
  g_free (exchange->request);
}

/* Who follows is told what is, then what happens to those they asked for, and nothing else. */
static void
test_events (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  Exchange exchange = { 0 };
  guint status = 0;

  begin (fixture, &exchange, "GET", "/v1/events?users=alice@example.com,bob", NULL, NULL);
  await (&exchange,
         "HTTP/1.1 200 OK\r\n*Content-Type: text/event-stream\r\n*\r\n\r\nretry: *\n\nevent: reset\n"
         "data: {\"revision\":*}\n\nevent: presence\ndata: {\"user\":\"alice@example.com\",*}\n\nid: *\nevent: "
         "synced\ndata: {\"revision\":*}\n\n");
  put_user (fixture, "carol", NULL);
  g_free (ask (fixture, "PUT", ALICE, "{\"status\":\"busy\"}", &status));
  await (&exchange, "*event: synced\ndata: {*}\n\nid: *\nevent: presence\ndata: {\"user\":\"alice@example.com\",*"
                    "\"status\":\"busy\",*}\n\n");
  put_user (fixture, "bob", NULL);
  await (&exchange, "*\nevent: presence\ndata: {\"user\":\"bob\",*}\n\n");
  g_free (ask (fixture, "DELETE", "/v1/users/alice@example.com", NULL, &status));
  await (&exchange, "*\n\nid: *\nevent: removed\ndata: {\"user\":\"alice@example.com\"}\n\n");
  g_assert_null (strstr (exchange.answer->str, "carol"));
  finish_stream (fixture, &exchange);
}

/* Who comes back with what they knew last is told what has changed since. */
static void
test_events_resumed (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  guint status = 0;
  g_autofree char *all = ask (fixture, "GET", "/v1/presence", NULL, &status);
  g_autofree char *head = g_strdup_printf ("GET /v1/events HTTP/1.1\r\nHost: m\r\nLast-Event-ID: %" G_GUINT64_FORMAT
                                           "\r\n\r\n",
                                           revision_of (all));
  Exchange exchange = { 0 };

  put_user (fixture, "bob", NULL);
  put_user (fixture, "carol", NULL);
  g_free (ask (fixture, "DELETE", "/v1/users/carol", NULL, &status));
  begin_raw (fixture, &exchange, head, strlen (head));
  await (&exchange, "HTTP/1.1 200 *retry: *\n\nevent: presence\ndata: {\"user\":\"bob\",*}\n\nevent: removed\ndata: "
                    "{\"user\":\"carol\"}\n\nid: *\nevent: synced\ndata: {*}\n\n");
  g_assert_null (strstr (exchange.answer->str, "alice"));
  finish_stream (fixture, &exchange);
}

static void
test_long_list (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr(GPtrArray) users = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_user_unref);
  const char *fields[MUSTERD_N_USER_FIELDS] = { NULL };
  gboolean done = FALSE;
  static const char *const paths[][2] = { { "/v1/presence", "presences" }, { "/v1/users", "users" } };

  for (guint i = 0; i < 2500; i++)
    {
      g_autofree char *id = g_strdup_printf ("user%u", i);

      g_ptr_array_add (users, musterd_user_new (id, fields, NULL, NULL));
    }
  musterd_engine_put_users (fixture->engine, (MusterdUser *const *) users->pdata, users->len, MUSTERD_PUT_ANY, on_put,
                            &done);
  while (!done)
    g_main_context_iteration (NULL, TRUE);
  for (gsize i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      guint n = 0;

      /* The changes are on their way to the api's thread, as the request is: the list is whole or as it was. */
      while (n != 2501)
        {
          guint status = 0;
          g_autofree char *body = ask (fixture, "GET", paths[i][0], NULL, &status);
          g_autoptr(JsonNode) node = json_from_string (body, NULL);

          g_assert_nonnull (node);
          n = json_array_get_length (json_object_get_array_member (json_node_get_object (node), paths[i][1]));
          g_assert_true (n == 1 || n == 2501);
        }
    }
}

static void
test_head (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  static const char *const paths[][2] = {
    { "/v1/presence", "200" }, { ALICE, "200" },        { "/v1/status", "200" },
    { "/v1/events", "200" },   { "/v1/users/x", "404" }, { "/v1/nothing", "404" },
    { "/v1/plugins/fake/sync", "405" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_autofree char *first = g_strdup_printf ("HTTP/1.1 %s ", paths[i][1]);
      Exchange exchange = { 0 };

      begin (fixture, &exchange, "HEAD", paths[i][0], NULL, NULL);
      while (!g_atomic_int_get (&exchange.done))
        g_main_context_iteration (NULL, TRUE);
      g_assert_true (g_str_has_prefix (exchange.answer->str, first));
      g_assert_true (g_str_has_suffix (exchange.answer->str, "\r\n\r\n"));
      g_string_free (exchange.answer, TRUE);
      g_free (exchange.request);
    }
}

typedef struct
{
  const char *name;
  const char *head;   /* up to the empty line */
  gsize       n_body; /* so many bytes after it */
  guint       status; /* 0: the connection is cut */
  const char *like;
} RawCase;

static const RawCase raws[] = {
  { "json-too-long",
    "PUT " ALICE
    " HTTP/1.1\r\nHost: m\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 10485760\r\n",
    10485760, 413, "*longer than 1 MiB*" },
  { "json-too-long-expected",
    "PUT " ALICE " HTTP/1.1\r\nHost: m\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Type: "
                 "application/json\r\nContent-Length: 10485760\r\n",
    0, 413, "*longer than 1 MiB*" },
  { "wrong-type",
    "PUT " ALICE " HTTP/1.1\r\nHost: m\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n", 2,
    415, "*must be application/json*" },
  { "no-type", "PUT " ALICE " HTTP/1.1\r\nHost: m\r\nConnection: close\r\nContent-Length: 2\r\n", 2, 415,
    "*must be application/json*" },
  { "no-host", "GET " ALICE " HTTP/1.1\r\nConnection: close\r\n", 0, 400, "*" },
  { "old-http", "GET " ALICE " HTTP/1.0\r\n", 0, 200, "*" },
  { "empty-line-before", "\r\nGET " ALICE " HTTP/1.1\r\nHost: m\r\nConnection: close\r\n", 0, 200, "*" },
  { "empty-lines-before", "\r\n\r\nGET " ALICE " HTTP/1.1\r\nHost: m\r\nConnection: close\r\n", 0, 400, "*" },
};

static void
test_raw (Fixture *fixture, gconstpointer data)
{
  const RawCase *c = data;
  g_autoptr(GString) request = g_string_new (c->head);
  Exchange exchange = { 0 };
  guint status = 0;
  g_autofree char *body = NULL;

  g_string_append (request, "\r\n");
  for (gsize i = 0; i < c->n_body; i++)
    g_string_append_c (request, ' ');
  begin_raw (fixture, &exchange, request->str, request->len);
  while (!g_atomic_int_get (&exchange.done))
    g_main_context_iteration (NULL, TRUE);
  if (g_str_has_prefix (exchange.answer->str, "HTTP/1.0"))
    memcpy (exchange.answer->str, "HTTP/1.1", 8);
  body = finish (&exchange, &status);
  if (status != c->status)
    g_error ("%u, not %u: %s", status, c->status, body);
  assert_like (body != NULL ? body : "", c->like);
}

/* Chunks say nothing of their sum beforehand. */
static void
test_chunks_too_long (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr(GString) request = g_string_new ("PUT " ALICE " HTTP/1.1\r\nHost: m\r\nConnection: close\r\n"
                                             "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
  g_autofree char *piece = g_strnfill (65536, ' ');
  Exchange exchange = { 0 };
  guint status = 0;
  g_autofree char *body = NULL;

  for (guint i = 0; i < 40; i++)
    g_string_append_printf (request, "10000\r\n%s\r\n", piece);
  g_string_append (request, "0\r\n\r\n");
  begin_raw (fixture, &exchange, request->str, request->len);
  body = finish (&exchange, &status);
  g_assert_cmpuint (status, ==, 413);
}

static void
test_headers_too_long (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr(GString) request = g_string_new ("GET /v1/status HTTP/1.1\r\nHost: m\r\n");
  Exchange exchange = { 0 };
  guint status = 0;
  g_autofree char *body = NULL, *after = NULL;

  for (guint i = 0; i < 100000; i++)
    g_string_append_printf (request, "X-%u: 0123456789012345678901234567890123456789\r\n", i);
  g_string_append (request, "\r\n");
  begin_raw (fixture, &exchange, request->str, request->len);
  body = finish (&exchange, &status);
  g_assert_cmpuint (status, !=, 200);
  after = ask (fixture, "GET", "/v1/status", NULL, &status);
  g_assert_cmpuint (status, ==, 200);
}

/* Who hangs up while the engine still works on it leaves nothing behind. */
static void
test_client_gone (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  Exchange exchange = { .hang_up = TRUE };
  guint status = 0;
  g_autofree char *body = NULL;

  fake_host.drain_hangs = TRUE;
  begin (fixture, &exchange, "POST", "/v1/plugins/fake/drain", NULL, NULL);
  while (!g_atomic_int_get (&exchange.done) || fake_host.drain_done == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_string_free (exchange.answer, TRUE);
  g_free (exchange.request);
  fake_host_end_drain ();
  body = ask (fixture, "GET", "/v1/status", NULL, &status);
  g_assert_cmpuint (status, ==, 200);
}

/* What still waits when the api ends is answered; what the engine says of it later goes nowhere. */
static void
test_end_while_waiting (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  Exchange drain = { 0 };
  guint status = 0;
  g_autofree char *drained = NULL;

  fake_host.drain_hangs = TRUE;
  begin (fixture, &drain, "POST", "/v1/plugins/fake/drain", NULL, NULL);
  while (fake_host.drain_done == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_clear_pointer (&fixture->api, musterd_api_free);
  fake_host_end_drain ();
  drained = finish (&drain, &status);
  g_assert_cmpuint (status, ==, 503);
  assert_like (drained, "*stopping*");
}

/* Two changes of different fields at the same moment both count. */
static void
test_changes_side_by_side (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  Exchange first = { 0 }, second = { 0 };
  guint status = 0;
  g_autofree char *one = NULL, *two = NULL;
  MusterdUser *user;

  begin (fixture, &first, "PATCH", "/v1/users/alice@example.com", "application/json", "{\"home\":\"1\"}");
  begin (fixture, &second, "PATCH", "/v1/users/alice@example.com", "application/json", "{\"mobile\":\"2\"}");
  one = finish (&first, &status);
  g_assert_cmpuint (status, ==, 200);
  two = finish (&second, &status);
  g_assert_cmpuint (status, ==, 200);
  user = musterd_engine_get_user (fixture->engine, "alice@example.com");
  g_assert_cmpstr (user->fields[MUSTERD_USER_HOME], ==, "1");
  g_assert_cmpstr (user->fields[MUSTERD_USER_MOBILE], ==, "2");
}

static void
test_many_at_once (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  Exchange exchanges[100] = { 0 };

  for (gsize i = 0; i < G_N_ELEMENTS (exchanges); i++)
    begin (fixture, &exchanges[i], "GET", i % 2 == 0 ? ALICE : ALICE "/why", NULL, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (exchanges); i++)
    {
      guint status = 0;

      g_free (finish (&exchanges[i], &status));
      g_assert_cmpuint (status, ==, 200);
    }
}

static void
test_socket (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *stale = g_build_filename (fixture->dir, "stale", NULL);
  g_autofree char *file = g_build_filename (fixture->dir, "file", NULL);
  g_autofree char *name = g_strnfill (120, 'x');
  g_autofree char *longer = g_build_filename (fixture->dir, name, NULL);
  g_autoptr(GError) error = NULL;
  g_autoptr(GSocket) socket = NULL;
  GStatBuf info;

  g_assert_cmpint (g_stat (fixture->path, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 0777, ==, 0666);

  g_assert_null (musterd_socket_listen (fixture->path, &error));
  assert_like (error->message, "*another daemon answers there*");
  g_clear_error (&error);

  /* Closed without being removed: what a killed daemon leaves. */
  socket = musterd_socket_listen (stale, &error);
  g_assert_no_error (error);
  g_socket_close (socket, NULL);
  g_clear_object (&socket);
  socket = musterd_socket_listen (stale, &error);
  g_assert_no_error (error);
  musterd_socket_remove (socket, stale);
  g_assert_false (g_file_test (stale, G_FILE_TEST_EXISTS));

  g_assert_true (g_file_set_contents (file, "x", 1, NULL));
  g_assert_null (musterd_socket_listen (file, &error));
  assert_like (error->message, "*a file that is no socket is in the way*");
  g_clear_error (&error);
  g_unlink (file);

  g_assert_null (musterd_socket_listen (longer, &error));
  assert_like (error->message, "*too long*");
}

#define ADD(name, func) g_test_add (name, Fixture, NULL, setup, func, teardown)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/http/case/", cases[i].name, NULL);

      g_test_add (path, Fixture, &cases[i], setup, test_case, teardown);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (orders); i++)
    {
      g_autofree char *path = g_strconcat ("/http/order/", orders[i].name, NULL);

      g_test_add (path, Fixture, &orders[i], setup, test_order, teardown);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (raws); i++)
    {
      g_autofree char *path = g_strconcat ("/http/raw/", raws[i].name, NULL);

      g_test_add (path, Fixture, &raws[i], setup, test_raw, teardown);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (formats); i++)
    {
      g_autofree char *path = g_strconcat ("/http/metrics/", formats[i].name, NULL);

      g_test_add (path, Fixture, &formats[i], setup, test_metrics, teardown);
    }
  g_test_add ("/http/hung-engine/healthz", Fixture, "/healthz", setup, test_hung_engine, teardown);
  g_test_add ("/http/hung-engine/metrics", Fixture, "/metrics", setup, test_hung_engine, teardown);
  ADD ("/http/not-ready", test_not_ready);
  ADD ("/http/enable", test_enable);
  ADD ("/http/import", test_import);
  ADD ("/http/claims", test_claims);
  ADD ("/http/events", test_events);
  ADD ("/http/events-resumed", test_events_resumed);
  ADD ("/http/long-list", test_long_list);
  ADD ("/http/head", test_head);
  ADD ("/http/chunks-too-long", test_chunks_too_long);
  ADD ("/http/headers-too-long", test_headers_too_long);
  ADD ("/http/client-gone", test_client_gone);
  ADD ("/http/end-while-waiting", test_end_while_waiting);
  ADD ("/http/changes-side-by-side", test_changes_side_by_side);
  ADD ("/http/many-at-once", test_many_at_once);
  ADD ("/http/socket", test_socket);
  return g_test_run ();
}
