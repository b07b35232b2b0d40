/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Desktops over the real socket, with a real engine in this process whose clock is the test's. */
#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <string.h>

#include "api/api.h"
#include "api/rfc3339.h"
#include "engine/scopes.h"
#include "fake-host.h"
#include "record.h"

#define WATCHDOG_SECONDS 60
#define ALICE "alice@example.com"
#define BOB "bob@example.com"
#define CLIENTS "/v1/clients"
#define PC CLIENTS "/pc"

typedef struct
{
  char            *dir, *path;
  MusterdClock    *clock;
  MusterdTime      t0; /* whole seconds */
  MusterdStore    *store;
  MusterdEngine   *engine;
  MusterdDispatch *dispatch;
  MusterdApi      *api;
  GSource         *watchdog;
} Fixture;

/* One exchange, made on a thread of its own while this one runs the engine. */
typedef struct
{
  const char *path;
  char       *request;
  GString    *answer;
  gint        done; /* atomic */
} Exchange;

static gboolean
on_watchdog (gpointer data)
{
  g_error ("%s: nothing happens any more", (const char *) data);
  return G_SOURCE_REMOVE;
}

static void
on_put (const GError *error, gpointer data)
{
  g_assert_no_error (error);
  *(gboolean *) data = TRUE;
}

static void
put_user (Fixture *fixture, const char *id)
{
  const char *fields[MUSTERD_N_USER_FIELDS] = { NULL };
  g_autoptr(GError) error = NULL;
  g_autoptr(MusterdUser) user = musterd_user_new (id, fields, NULL, &error);
  gboolean done = FALSE;

  g_assert_no_error (error);
  musterd_engine_put_users (fixture->engine, &user, 1, MUSTERD_PUT_ANY, on_put, &done);
  while (!done)
    g_main_context_iteration (NULL, TRUE);
}

static void
start (Fixture *fixture)
{
  g_autoptr(GError) error = NULL;
  MusterdApiServices services = { 0 };

  fixture->store = musterd_store_open (fixture->dir, &error);
  g_assert_no_error (error);
  fixture->engine = musterd_engine_new (fixture->clock, fixture->store, NULL, &error);
  g_assert_no_error (error);
  fixture->dispatch = musterd_dispatch_new (fixture->engine, fixture->clock);

  services.engine = fixture->engine;
  services.dispatch = fixture->dispatch;
  services.store = fixture->store;
  services.state_dir = fixture->dir;
  services.socket_path = fixture->path;
  services.socket_group = "no-such-group";
  fixture->api = musterd_api_new (&services, &error);
  g_assert_no_error (error);
}

static void
stop (Fixture *fixture)
{
  g_clear_pointer (&fixture->api, musterd_api_free);
  musterd_dispatch_free (fixture->dispatch);
  musterd_engine_free (fixture->engine);
  musterd_store_close (fixture->store);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
set_up (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr(GError) error = NULL;

  fixture->watchdog = g_timeout_source_new_seconds (WATCHDOG_SECONDS);
  g_source_set_callback (fixture->watchdog, on_watchdog, (gpointer) g_test_get_path (), NULL);
  g_source_attach (fixture->watchdog, NULL);
  fixture->dir = g_dir_make_tmp ("muster-api-XXXXXX", &error);
  g_assert_no_error (error);
  fixture->path = g_build_filename (fixture->dir, "socket", NULL);
  fixture->t0 = g_get_real_time () / MUSTERD_SECOND * MUSTERD_SECOND;
  fixture->clock = musterd_clock_new_virtual (fixture->t0);
  start (fixture);
  put_user (fixture, ALICE);
  put_user (fixture, BOB);
}

static void
tear_down (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr(GDir) dir = NULL;

  stop (fixture);
  musterd_clock_unref (fixture->clock);
  g_source_destroy (fixture->watchdog);
  g_source_unref (fixture->watchdog);
  dir = g_dir_open (fixture->dir, 0, NULL);
  for (const char *name = g_dir_read_name (dir); name != NULL; name = g_dir_read_name (dir))
    {
      g_autofree char *path = g_build_filename (fixture->dir, name, NULL);

      g_assert_cmpint (g_remove (path), ==, 0);
    }
  g_assert_cmpint (g_rmdir (fixture->dir), ==, 0);
  g_free (fixture->dir);
  g_free (fixture->path);
  fake_host_reset ();
}

static gpointer
run_exchange (gpointer data)
{
  Exchange *exchange = data;
  g_autoptr(GSocketAddress) address = g_unix_socket_address_new (exchange->path);
  g_autoptr(GSocketClient) client = g_socket_client_new ();
  g_autoptr(GSocketConnection) connection = NULL;
  char buffer[4096];
  gssize size;

  g_socket_client_set_timeout (client, WATCHDOG_SECONDS);
  connection = g_socket_client_connect (client, G_SOCKET_CONNECTABLE (address), NULL, NULL);
  if (connection != NULL)
    {
      GOutputStream *out = g_io_stream_get_output_stream (G_IO_STREAM (connection));
      GInputStream *in = g_io_stream_get_input_stream (G_IO_STREAM (connection));

      g_output_stream_write_all (out, exchange->request, strlen (exchange->request), NULL, NULL, NULL);
      while ((size = g_input_stream_read (in, buffer, sizeof buffer, NULL, NULL)) > 0)
        g_string_append_len (exchange->answer, buffer, size);
    }
  record_exchange (exchange->request, strlen (exchange->request), exchange->answer->str, exchange->answer->len);
  g_atomic_int_set (&exchange->done, 1);
  g_main_context_wakeup (NULL);
  return NULL;
}

/* The whole answer, with its head. `authorization` nullable: the account's rights, which are an administrator's. */
static char *
ask (Fixture *fixture, const char *authorization, const char *method, const char *path, const char *body, guint *status)
{
  g_autoptr(GString) request = g_string_new (NULL);
  Exchange exchange = { fixture->path, NULL, g_string_new (NULL), 0 };
  GThread *thread;

  g_string_printf (request, "%s %s HTTP/1.0\r\nHost: muster\r\n", method, path);
  if (authorization != NULL)
    g_string_append_printf (request, "Authorization: %s\r\n", authorization);
  if (body != NULL)
    g_string_append_printf (request, "Content-Type: application/json\r\nContent-Length: %" G_GSIZE_FORMAT "\r\n",
                            strlen (body));
  g_string_append_printf (request, "\r\n%s", body != NULL ? body : "");
  exchange.request = request->str;
  thread = g_thread_new ("client", run_exchange, &exchange);
  while (!g_atomic_int_get (&exchange.done))
    g_main_context_iteration (NULL, TRUE);
  g_thread_join (thread);
  g_assert_true (g_str_has_prefix (exchange.answer->str, "HTTP/1."));
  *status = (guint) g_ascii_strtoull (exchange.answer->str + strlen ("HTTP/1.1 "), NULL, 10);
  return g_string_free (exchange.answer, FALSE);
}

/* Asks, and holds status and answer against what is expected. */
static void
expect (Fixture *fixture, const char *authorization, const char *method, const char *path, const char *body,
        guint wanted, const char *like)
{
  guint status = 0;
  g_autofree char *answer = ask (fixture, authorization, method, path, body, &status);

  if (status != wanted || !g_pattern_match_simple (like, answer))
    g_error ("%s %s %s: wanted %u and '%s', got %u: %s", method, path, body != NULL ? body : "", wanted, like, status,
             answer);
}

static char *
make_token (Fixture *fixture, const char *body)
{
  guint status = 0;
  g_autofree char *answer = ask (fixture, NULL, "POST", "/v1/tokens", body, &status);
  g_autoptr(JsonParser) parser = json_parser_new ();

  g_assert_cmpuint (status, ==, 201);
  g_assert_true (json_parser_load_from_data (parser, strstr (answer, "\r\n\r\n") + 4, -1, NULL));
  return g_strconcat ("Bearer ",
                      json_object_get_string_member (json_node_get_object (json_parser_get_root (parser)), "token"),
                      NULL);
}

/* A body with `since` so many seconds after the test's beginning. */
static char *
since (Fixture *fixture, const char *state, int seconds)
{
  g_autofree char *time = musterd_rfc3339_format (fixture->t0 + seconds * MUSTERD_SECOND);

  return g_strdup_printf ("{\"state\":\"%s\",\"since\":\"%s\"}", state, time);
}

static void
go_to (Fixture *fixture, int seconds)
{
  musterd_clock_set (fixture->clock, fixture->t0 + seconds * MUSTERD_SECOND);
  musterd_engine_settle (fixture->engine);
}

static void
expect_presence (Fixture *fixture, const char *user, MusterdStatus status, MusterdOrigin origin)
{
  MusterdPresence *presence;

  musterd_engine_settle (fixture->engine);
  presence = musterd_engine_get_presence (fixture->engine, user);
  g_assert_cmpstr (musterd_status_to_string (presence->status), ==, musterd_status_to_string (status));
  g_assert_cmpstr (musterd_origin_to_string (presence->origin), ==, musterd_origin_to_string (origin));
}

/* Who may say and see what, after an administrator has said that a desktop of alice's and one of bob's are active. */

typedef struct
{
  const char *name;
  const char *as; /* body of the token to ask with; NULL: the account, which administers and is nobody's */
  const char *method, *path;
  const char *body; /* nullable */
  guint       status;
  const char *like;
} Case;

#define USER "{\"user\":\"" ALICE "\"}"
#define AGENT "{\"user\":\"" ALICE "\",\"scope\":\"agent\"}"
#define ADMIN_ALICE "{\"user\":\"" ALICE "\",\"scope\":\"admin\"}"
#define MONITOR "{\"scope\":\"monitor\"}"
#define ACTIVE "{\"state\":\"active\"}"
#define CLIENT(id, user, state, counts) \
  "{\"id\":\"" id "\",\"user\":\"" user "\",\"source\":\"clients\",\"state\":\"" state "\",\"counts_as\":\"" counts \
  "\",\"since\":\"*Z\",\"lease\":300,\"until\":\"*Z\",\"idle_after\":600,\"on_lock\":true}"

static const Case cases[] = {
  { "agent-starts", AGENT, "POST", CLIENTS, "{\"state\":\"active\",\"id\":\"laptop\"}", 201,
    "*" CLIENT ("laptop", ALICE, "active", "active") },
  { "user-starts", USER, "POST", CLIENTS, "{\"state\":\"locked\",\"id\":\"laptop\"}", 201,
    "*" CLIENT ("laptop", ALICE, "locked", "locked") },
  { "drawn", AGENT, "POST", CLIENTS, "{\"state\":\"idle\",\"id\":null}", 201,
    "*" CLIENT ("*-*-*-*-*", ALICE, "idle", "active") },
  { "same-id", AGENT, "POST", CLIENTS, "{\"state\":\"active\",\"id\":\"pc\"}", 201,
    "*" CLIENT ("pc", ALICE, "active", "active") },
  { "admin-for-anybody", NULL, "POST", CLIENTS, "{\"state\":\"active\",\"id\":\"x\",\"user\":\"" BOB "\"}", 201,
    "*" CLIENT ("x", BOB, "active", "active") },
  { "admin-who-is-somebody", ADMIN_ALICE, "GET", PC, NULL, 200, "*" CLIENT ("pc", ALICE, "active", "active") },
  { "admin-of-nobody", NULL, "POST", CLIENTS, ACTIVE, 400, "*'user' is missing*" },
  { "admin-unknown-user", NULL, "POST", CLIENTS, "{\"state\":\"active\",\"user\":\"carol\"}", 404, "*user 'carol'*" },
  { "other-user", AGENT, "POST", CLIENTS, "{\"state\":\"active\",\"user\":\"" BOB "\"}", 403, "*only this user*" },
  { "other-user-unknown", AGENT, "POST", CLIENTS, "{\"state\":\"active\",\"user\":\"carol\"}", 403,
    "*only this user*" },
  { "monitor-starts", MONITOR, "POST", CLIENTS, ACTIVE, 403, "*scope 'monitor'*" },
  { "no-state", AGENT, "POST", CLIENTS, "{}", 400, "*member 'state' is missing*" },
  { "state-ended", AGENT, "POST", CLIENTS, "{\"state\":\"ended\"}", 400, "*no state 'ended'*DELETE*" },
  { "state-none", AGENT, "POST", CLIENTS, "{\"state\":\"none\"}", 400, "*no state 'none'*" },
  { "state-number", AGENT, "POST", CLIENTS, "{\"state\":1}", 400, "*must be a string*" },
  { "lease-0", AGENT, "POST", CLIENTS, "{\"state\":\"active\",\"lease\":0}", 400, "*from 1 to 43200*" },
  { "lease-negative", AGENT, "POST", CLIENTS, "{\"state\":\"active\",\"lease\":-1}", 400, "*from 1 to 43200*" },
  { "lease-too-long", AGENT, "POST", CLIENTS, "{\"state\":\"active\",\"lease\":43201}", 400, "*from 1 to 43200*" },
  { "lease-beyond", AGENT, "POST", CLIENTS, "{\"state\":\"active\",\"lease\":9223372036854775808}", 400,
    "*from 1 to 43200*" },
  { "lease-half", AGENT, "POST", CLIENTS, "{\"state\":\"active\",\"lease\":1.5}", 400, "*a whole number*" },
  { "lease-text", AGENT, "POST", CLIENTS, "{\"state\":\"active\",\"lease\":\"5m\"}", 400, "*a whole number*" },
  { "since-no-time", AGENT, "POST", CLIENTS, "{\"state\":\"idle\",\"since\":\"yesterday\"}", 400, "*member 'since'*" },
  { "id-empty", AGENT, "POST", CLIENTS, "{\"state\":\"active\",\"id\":\"\"}", 400, "*client is empty*" },
  { "unknown-member", AGENT, "POST", CLIENTS, "{\"state\":\"active\",\"name\":\"pc\"}", 400,
    "*unknown member 'name'*" },
  { "change", AGENT, "PATCH", PC, "{\"state\":\"locked\"}", 200, "*" CLIENT ("pc", ALICE, "locked", "locked") },
  { "renew", AGENT, "PATCH", PC, "{}", 200, "*" CLIENT ("pc", ALICE, "active", "active") },
  { "change-admin", NULL, "PATCH", PC "?user=" ALICE, "{\"state\":\"locked\"}", 200, "*" ALICE "*locked*" },
  { "change-admin-of-nobody", NULL, "PATCH", PC, "{}", 400, "*'user' is missing*" },
  { "change-wrong", AGENT, "PATCH", PC, "{\"state\":\"away\"}", 400, "*no state 'away'*" },
  { "change-unknown", AGENT, "PATCH", CLIENTS "/none", "{}", 404, "*no client 'none'*" },
  { "change-others", AGENT, "PATCH", CLIENTS "/bobs", "{}", 404, "*no client 'bobs'*" },
  { "change-others-named", AGENT, "PATCH", CLIENTS "/bobs?user=" BOB, "{}", 404, "*no client 'bobs'*" },
  { "show", USER, "GET", PC, NULL, 200, "*" CLIENT ("pc", ALICE, "active", "active") },
  { "show-others", AGENT, "GET", CLIENTS "/bobs?user=" BOB, NULL, 404, "*no client 'bobs'*" },
  { "show-of-nobody-there", NULL, "GET", PC "?user=carol", NULL, 404, "*no client 'pc'*" },
  { "end", AGENT, "DELETE", PC, NULL, 204, "*" },
  { "end-admin", NULL, "DELETE", CLIENTS "/bobs?user=" BOB, NULL, 204, "*" },
  { "end-unknown", AGENT, "DELETE", CLIENTS "/none", NULL, 404, "*no client 'none'*" },
  { "end-others", AGENT, "DELETE", CLIENTS "/bobs", NULL, 404, "*no client 'bobs'*" },
  { "end-others-named", AGENT, "DELETE", CLIENTS "/bobs?user=" BOB, NULL, 404, "*no client 'bobs'*" },
  { "list", AGENT, "GET", CLIENTS, NULL, 200, "*{\"clients\":[" CLIENT ("pc", ALICE, "active", "active") "]}" },
  { "list-admin", NULL, "GET", CLIENTS "?user=" BOB, NULL, 200, "*\"id\":\"bobs\"*" },
  { "list-others", USER, "GET", CLIENTS "?user=" BOB, NULL, 403, "*only this user*" },
  { "list-of-nobody", NULL, "GET", CLIENTS, NULL, 400, "*'user' is missing*" },
  { "list-unknown-user", NULL, "GET", CLIENTS "?user=carol", NULL, 404, "*user 'carol'*" },
};

static void
test_case (Fixture *fixture, gconstpointer data)
{
  const Case *c = data;
  g_autofree char *token = c->as != NULL ? make_token (fixture, c->as) : NULL;

  expect (fixture, NULL, "POST", CLIENTS, "{\"state\":\"active\",\"id\":\"pc\",\"user\":\"" ALICE "\"}", 201, "*");
  expect (fixture, NULL, "POST", CLIENTS, "{\"state\":\"active\",\"id\":\"bobs\",\"user\":\"" BOB "\"}", 201, "*");
  expect (fixture, token, c->method, c->path, c->body, c->status, c->like);
  /* Whoever may not has changed nothing. */
  if (c->status >= 400)
    {
      expect (fixture, NULL, "GET", CLIENTS "?user=" ALICE, NULL, 200,
              "*{\"clients\":[" CLIENT ("pc", ALICE, "active", "active") "]}");
      expect (fixture, NULL, "GET", CLIENTS "?user=" BOB, NULL, 200,
              "*{\"clients\":[" CLIENT ("bobs", BOB, "active", "active") "]}");
    }
}

static void
test_without_name (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  expect (fixture, "Bearer muster_none", "POST", CLIENTS, ACTIVE, 401, "*");
}

/* A day at the desk. */
static void
test_day (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *agent = make_token (fixture, AGENT);
  g_autofree char *idle = since (fixture, "idle", 60);
  g_autofree char *to_come = since (fixture, "idle", 100000);

  expect_presence (fixture, ALICE, MUSTERD_STATUS_AVAILABLE, MUSTERD_ORIGIN_DEFAULT);
  expect (fixture, agent, "POST", CLIENTS, "{\"state\":\"active\",\"id\":\"pc\",\"lease\":3600}", 201,
          "*\"lease\":3600,*");
  expect_presence (fixture, ALICE, MUSTERD_STATUS_AVAILABLE, MUSTERD_ORIGIN_CLIENT);

  /* Said early; it counts when ten minutes are over. */
  go_to (fixture, 120);
  expect (fixture, agent, "PATCH", PC, idle, 200, "*\"state\":\"idle\",\"counts_as\":\"active\",*\"lease\":3600,*");
  go_to (fixture, 659);
  expect_presence (fixture, ALICE, MUSTERD_STATUS_AVAILABLE, MUSTERD_ORIGIN_CLIENT);
  go_to (fixture, 660);
  expect_presence (fixture, ALICE, MUSTERD_STATUS_BE_RIGHT_BACK, MUSTERD_ORIGIN_IDLE);
  expect (fixture, agent, "GET", PC, NULL, 200, "*\"state\":\"idle\",\"counts_as\":\"idle\",*");
  /* A renewed lease says nothing of the keyboard. */
  expect (fixture, agent, "PATCH", PC, "{}", 200, "*\"state\":\"idle\",\"counts_as\":\"idle\",*");
  expect (fixture, agent, "PATCH", PC, "{\"lease\":300}", 200, "*\"counts_as\":\"idle\",*\"lease\":300,*");

  expect (fixture, agent, "PATCH", PC, ACTIVE, 200, "*\"counts_as\":\"active\"*");
  expect_presence (fixture, ALICE, MUSTERD_STATUS_AVAILABLE, MUSTERD_ORIGIN_CLIENT);
  /* A clock that goes ahead. */
  expect (fixture, agent, "PATCH", PC, to_come, 200, "*\"counts_as\":\"active\"*");
  go_to (fixture, 660 + 299);
  expect_presence (fixture, ALICE, MUSTERD_STATUS_AVAILABLE, MUSTERD_ORIGIN_CLIENT);

  /* Killed: it counts as ended when its lease is over, and finds itself again. */
  go_to (fixture, 660 + 300);
  expect_presence (fixture, ALICE, MUSTERD_STATUS_UNAVAILABLE, MUSTERD_ORIGIN_CLIENT);
  expect (fixture, agent, "GET", PC, NULL, 200, "*\"counts_as\":\"ended\",*\"lease\":0,\"until\":null,*");
  expect (fixture, agent, "PATCH", PC, ACTIVE, 200, "*\"counts_as\":\"active\",*\"lease\":300,*");
  expect_presence (fixture, ALICE, MUSTERD_STATUS_AVAILABLE, MUSTERD_ORIGIN_CLIENT);

  expect (fixture, agent, "DELETE", PC, NULL, 204, "*");
  expect_presence (fixture, ALICE, MUSTERD_STATUS_UNAVAILABLE, MUSTERD_ORIGIN_CLIENT);
  expect (fixture, agent, "PATCH", PC, ACTIVE, 404, "*POST /v1/clients*");
}

/* What comes from here is nobody's instance, and stays over a start of the daemon and a reload. */
static void
test_restart (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  static const char *const none[] = { NULL };
  g_autofree char *agent = make_token (fixture, AGENT);

  expect (fixture, agent, "POST", CLIENTS, "{\"state\":\"active\",\"id\":\"pc\"}", 201, "*");
  go_to (fixture, 250);
  stop (fixture);
  musterd_clock_set (fixture->clock, fixture->t0 + 3600 * MUSTERD_SECOND);
  start (fixture);
  musterd_engine_source_retain (fixture->engine, none);
  expect_presence (fixture, ALICE, MUSTERD_STATUS_AVAILABLE, MUSTERD_ORIGIN_CLIENT);
  go_to (fixture, 3600 + 299);
  expect_presence (fixture, ALICE, MUSTERD_STATUS_AVAILABLE, MUSTERD_ORIGIN_CLIENT);
  expect (fixture, agent, "PATCH", PC, "{}", 200, "*\"state\":\"active\"*");
  go_to (fixture, 3600 + 299 + 300);
  expect_presence (fixture, ALICE, MUSTERD_STATUS_UNAVAILABLE, MUSTERD_ORIGIN_CLIENT);
  expect (fixture, agent, "DELETE", PC, NULL, 204, "*");
  musterd_engine_source_retain (fixture->engine, none);
  /* A goodbye is remembered, too. */
  expect_presence (fixture, ALICE, MUSTERD_STATUS_UNAVAILABLE, MUSTERD_ORIGIN_CLIENT);
}

static void
change_setting (Fixture *fixture, const char *scope, const char *option, const char *value)
{
  GPtrArray *changes = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_setting_change_free);
  gboolean done = FALSE;

  g_ptr_array_add (changes, musterd_setting_change_new ("activation", option, value, MUSTERD_POLICY_INHERIT));
  musterd_engine_change_settings (fixture->engine, scope, changes, NULL, on_put, &done);
  while (!done)
    g_main_context_iteration (NULL, TRUE);
}

/* The minutes are the user's own, and a change of them is in force at once. */
static void
test_settings (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *agent = make_token (fixture, AGENT);

  expect (fixture, agent, "POST", CLIENTS, "{\"state\":\"idle\",\"id\":\"pc\",\"lease\":43200}", 201,
          "*\"idle_after\":600,*");
  change_setting (fixture, "user:" ALICE, "idle-after", "20min");
  expect (fixture, agent, "GET", PC, NULL, 200, "*\"idle_after\":1200,*");
  go_to (fixture, 1199);
  expect_presence (fixture, ALICE, MUSTERD_STATUS_AVAILABLE, MUSTERD_ORIGIN_CLIENT);
  change_setting (fixture, "user:" ALICE, "idle-after", "5min");
  expect_presence (fixture, ALICE, MUSTERD_STATUS_BE_RIGHT_BACK, MUSTERD_ORIGIN_IDLE);
  change_setting (fixture, "all", "on-lock", "false");
  expect (fixture, agent, "PATCH", PC, "{\"state\":\"locked\"}", 200,
          "*\"counts_as\":\"active\",*\"on_lock\":false}");
  expect_presence (fixture, ALICE, MUSTERD_STATUS_AVAILABLE, MUSTERD_ORIGIN_CLIENT);
  go_to (fixture, 1199 + 300);
  expect_presence (fixture, ALICE, MUSTERD_STATUS_BE_RIGHT_BACK, MUSTERD_ORIGIN_IDLE);
}

static void
test_limit (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *agent = make_token (fixture, AGENT);
  g_autofree char *long_id = g_strnfill (MUSTERD_CLAIM_KEY_MAX + 1, 'x');
  g_autofree char *long_body = g_strdup_printf ("{\"state\":\"active\",\"id\":\"%s\"}", long_id);

  expect (fixture, agent, "POST", CLIENTS, long_body, 400, "*more than 512 bytes*");
  for (guint i = 0; i < MUSTERD_FACTS_CLIENTS_MAX; i++)
    expect (fixture, agent, "POST", CLIENTS, ACTIVE, 201, "*");
  expect (fixture, agent, "POST", CLIENTS, ACTIVE, 429, "*more than 32 clients*");
  /* Those that were lost make room. */
  go_to (fixture, 300);
  expect (fixture, agent, "POST", CLIENTS, ACTIVE, 201, "*");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/api/clients/case/", cases[i].name, NULL);

      g_test_add (path, Fixture, &cases[i], set_up, test_case, tear_down);
    }
  g_test_add ("/api/clients/without-name", Fixture, NULL, set_up, test_without_name, tear_down);
  g_test_add ("/api/clients/day", Fixture, NULL, set_up, test_day, tear_down);
  g_test_add ("/api/clients/restart", Fixture, NULL, set_up, test_restart, tear_down);
  g_test_add ("/api/clients/settings", Fixture, NULL, set_up, test_settings, tear_down);
  g_test_add ("/api/clients/limit", Fixture, NULL, set_up, test_limit, tear_down);
  return g_test_run ();
}
