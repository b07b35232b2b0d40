/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tokens and sign-in links over the real socket, with a real engine and store in this process. */
#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <string.h>

#include "api/api.h"
#include "api/rfc3339.h"
#include "api/tokens.h"
#include "fake-host.h"
#include "record.h"

#define WATCHDOG_SECONDS 60
#define ALICE "alice@example.com"
#define BOB "bob@example.com"

typedef struct
{
  char            *dir, *path;
  MusterdClock    *clock;
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
  g_autoptr(MusterdSettings) settings = musterd_settings_new_default ();
  g_autoptr(GError) error = NULL;
  MusterdApiServices services = { 0 };

  fixture->store = musterd_store_open (fixture->dir, &error);
  g_assert_no_error (error);
  fixture->clock = musterd_clock_new_real ();
  fixture->engine = musterd_engine_new (fixture->clock, fixture->store, settings, &error);
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
  musterd_clock_unref (fixture->clock);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
setup (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr(GError) error = NULL;

  fixture->watchdog = g_timeout_source_new_seconds (WATCHDOG_SECONDS);
  g_source_set_callback (fixture->watchdog, on_watchdog, (gpointer) g_test_get_path (), NULL);
  g_source_attach (fixture->watchdog, NULL);
  fixture->dir = g_dir_make_tmp ("muster-api-XXXXXX", &error);
  g_assert_no_error (error);
  fixture->path = g_build_filename (fixture->dir, "socket", NULL);
  start (fixture);
  put_user (fixture, ALICE);
  put_user (fixture, BOB);
}

static void
teardown (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr(GDir) dir = NULL;

  stop (fixture);
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

/* `authorization` nullable: the account's rights, which are an administrator's. */
static void
begin (Fixture *fixture, Exchange *exchange, const char *authorization, const char *method, const char *path,
       const char *body)
{
  g_autoptr(GString) request = g_string_new (NULL);

  g_string_printf (request, "%s %s HTTP/1.0\r\nHost: muster\r\n", method, path);
  if (authorization != NULL)
    g_string_append_printf (request, "Authorization: %s\r\n", authorization);
  if (body != NULL)
    g_string_append_printf (request, "Content-Type: application/json\r\nContent-Length: %" G_GSIZE_FORMAT "\r\n",
                            strlen (body));
  g_string_append_printf (request, "\r\n%s", body != NULL ? body : "");
  exchange->path = fixture->path;
  exchange->request = g_strdup (request->str);
  exchange->answer = g_string_new (NULL);
  exchange->done = 0;
  g_thread_unref (g_thread_new ("client", run_exchange, exchange));
}

/* The whole answer, with its head. */
static char *
finish (Exchange *exchange, guint *status)
{
  while (!g_atomic_int_get (&exchange->done))
    g_main_context_iteration (NULL, TRUE);
  g_free (exchange->request);
  g_assert_true (g_str_has_prefix (exchange->answer->str, "HTTP/1."));
  *status = (guint) g_ascii_strtoull (exchange->answer->str + strlen ("HTTP/1.1 "), NULL, 10);
  return g_string_free (exchange->answer, FALSE);
}

static char *
ask (Fixture *fixture, const char *authorization, const char *method, const char *path, const char *body, guint *status)
{
  Exchange exchange = { 0 };

  begin (fixture, &exchange, authorization, method, path, body);
  return finish (&exchange, status);
}

static guint
ask_status (Fixture *fixture, const char *authorization, const char *method, const char *path, const char *body)
{
  guint status = 0;

  g_free (ask (fixture, authorization, method, path, body, &status));
  return status;
}

static char *
get_member (const char *answer, const char *name)
{
  g_autoptr(JsonParser) parser = json_parser_new ();
  const char *body = strstr (answer, "\r\n\r\n");

  g_assert_nonnull (body);
  g_assert_true (json_parser_load_from_data (parser, body + 4, -1, NULL));
  return g_strdup (json_object_get_string_member (json_node_get_object (json_parser_get_root (parser)), name));
}

/* What to send as Authorization, to be freed; `id` nullable. */
static char *
make_token (Fixture *fixture, const char *authorization, const char *body, char **id)
{
  guint status = 0;
  g_autofree char *answer = ask (fixture, authorization, "POST", "/v1/tokens", body, &status);
  g_autofree char *token = NULL;

  g_assert_cmpuint (status, ==, 201);
  token = get_member (answer, "token");
  if (id != NULL)
    *id = get_member (answer, "id");
  return g_strconcat ("Bearer ", token, NULL);
}

static char *
make_code (Fixture *fixture, const char *authorization, const char *body)
{
  guint status = 0;
  g_autofree char *answer = ask (fixture, authorization, "POST", "/v1/sign-in-links", body, &status);
  g_autofree char *code = NULL;

  g_assert_cmpuint (status, ==, 201);
  code = get_member (answer, "code");
  return g_strdup_printf ("{\"code\":\"%s\"}", code);
}

static void
assert_like (const char *answer, const char *pattern)
{
  if (!g_pattern_match_simple (pattern, answer))
    g_error ("'%s' is not like '%s'", answer, pattern);
}

/* Who may make, see and end what. */
typedef struct
{
  const char *name;
  const char *as; /* body of the token to ask with; NULL: the account */
  const char *method, *path;
  const char *body; /* nullable */
  guint       status;
  const char *like;
} Case;

#define USER "{\"user\":\"" ALICE "\"}"
#define AGENT "{\"user\":\"" ALICE "\",\"scope\":\"agent\"}"
#define ADMIN "{\"scope\":\"admin\"}"
#define MONITOR "{\"scope\":\"monitor\"}"
#define TOKENS "/v1/tokens"
#define LINKS "/v1/sign-in-links"

static const Case cases[] = {
  { "user", NULL, "POST", TOKENS, "{\"user\":\"" ALICE "\",\"label\":\"Küche\"}", 201,
    "*{\"id\":\"*\",\"token\":\"muster_*\",\"kind\":\"token\",\"user\":\"" ALICE "\",\"scope\":\"user\","
    "\"label\":\"Küche\",\"made_by\":\"*\",\"created\":\"*Z\",\"expires\":\"*Z\"}" },
  { "agent", NULL, "POST", TOKENS, AGENT, 201, "*\"user\":\"" ALICE "\",\"scope\":\"agent\"*" },
  { "admin", NULL, "POST", TOKENS, ADMIN, 201, "*\"user\":null,\"scope\":\"admin\"*" },
  { "admin-user", NULL, "POST", TOKENS, "{\"user\":\"" ALICE "\",\"scope\":\"admin\"}", 201,
    "*\"user\":\"" ALICE "\",\"scope\":\"admin\"*" },
  { "monitor", NULL, "POST", TOKENS, MONITOR, 201, "*\"user\":null,\"scope\":\"monitor\"*" },
  { "monitor-user", NULL, "POST", TOKENS, "{\"user\":\"" ALICE "\",\"scope\":\"monitor\"}", 400, "*no user's*" },
  { "never", NULL, "POST", TOKENS, "{\"scope\":\"admin\",\"expires\":\"never\"}", 201, "*\"expires\":null*" },
  { "past", NULL, "POST", TOKENS, "{\"user\":\"" ALICE "\",\"expires\":\"2001-01-01T00:00:00Z\"}", 400, "*future*" },
  { "no-time", NULL, "POST", TOKENS, "{\"user\":\"" ALICE "\",\"expires\":\"soon\"}", 400, "*member 'expires'*" },
  { "no-user", NULL, "POST", TOKENS, "{}", 400, "*member 'user' is missing*" },
  { "unknown-user", NULL, "POST", TOKENS, "{\"user\":\"carol\"}", 404, "*there is no user 'carol'*" },
  { "unknown-scope", NULL, "POST", TOKENS, "{\"scope\":\"none\"}", 400, "*no scope 'none'*" },
  { "label-control", NULL, "POST", TOKENS, "{\"user\":\"" ALICE "\",\"label\":\"a\\nb\"}", 400, "*control*" },
  { "label-long", NULL, "POST", TOKENS,
    "{\"user\":\"" ALICE "\",\"label\":\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"}", 400, "*longer than 128*" },
  { "user-for-self", USER, "POST", TOKENS, "{}", 201, "*\"user\":\"" ALICE "\",\"scope\":\"user\"*\"made_by\":\"" ALICE
    "\"*" },
  { "user-agent", USER, "POST", TOKENS, AGENT, 201, "*\"scope\":\"agent\"*" },
  { "user-for-other", USER, "POST", TOKENS, "{\"user\":\"" BOB "\"}", 403, "*only administrators*" },
  { "user-admin", USER, "POST", TOKENS, ADMIN, 403, "*only administrators*" },
  { "user-monitor", USER, "POST", TOKENS, MONITOR, 403, "*only administrators*" },
  { "user-never", USER, "POST", TOKENS, "{\"expires\":\"never\"}", 400, "*must not be after*" },
  { "user-far", USER, "POST", TOKENS, "{\"expires\":\"2999-01-01T00:00:00Z\"}", 400, "*must not be after*" },
  { "user-list", USER, "GET", TOKENS, NULL, 200, "*{\"tokens\":[{*\"user\":\"" ALICE "\"*}]}*" },
  { "user-list-other", USER, "GET", TOKENS "?user=" BOB, NULL, 403, "*" },
  { "user-of-admin-account", "{\"user\":\"" ALICE "\"}", "GET", "/v1/users", NULL, 403, "*only administrators*" },
  { "user-status", USER, "GET", "/v1/status", NULL, 200, "*\"you\":{\"user\":\"" ALICE "\",\"admin\":false}*" },
  { "agent-status", AGENT, "GET", "/v1/status", NULL, 200, "*\"you\":{\"user\":\"" ALICE "\",\"admin\":false}*" },
  { "agent-list", AGENT, "GET", TOKENS, NULL, 403, "*scope 'agent'*" },
  { "agent-make", AGENT, "POST", TOKENS, "{}", 403, "*scope 'agent'*" },
  { "agent-link", AGENT, "POST", LINKS, "{}", 403, "*scope 'agent'*" },
  { "agent-revoke", AGENT, "DELETE", TOKENS "/current", NULL, 403, "*scope 'agent'*" },
  { "agent-presence", AGENT, "GET", "/v1/presence", NULL, 403, "*scope 'agent'*" },
  { "monitor-presence", MONITOR, "GET", "/v1/presence", NULL, 403, "*scope 'monitor'*" },
  { "monitor-make", MONITOR, "POST", TOKENS, MONITOR, 403, "*scope 'monitor'*" },
  { "admin-token", ADMIN, "GET", "/v1/users", NULL, 200, "*" },
  { "admin-token-make", ADMIN, "POST", TOKENS, "{\"user\":\"" BOB "\"}", 201, "*\"made_by\":\"token *\"*" },
  { "admin-token-list", ADMIN, "GET", TOKENS "?user=" BOB, NULL, 200, "*{\"tokens\":[]}*" },
  { "unknown-token", NULL, "DELETE", TOKENS "/0123456789", NULL, 404, "*there is no token '0123456789'*" },
  { "current-of-account", NULL, "DELETE", TOKENS "/current", NULL, 404, "*known by your account*" },
  { "link", NULL, "POST", LINKS, USER, 201, "*\"code\":\"muster-once_*\",\"kind\":\"sign-in-link\",\"user\":\"" ALICE
    "\"*" },
  { "link-no-user", NULL, "POST", LINKS, "{}", 400, "*who is to be signed in*" },
  { "link-unknown-user", NULL, "POST", LINKS, "{\"user\":\"carol\"}", 404, "*there is no user 'carol'*" },
  { "link-never", NULL, "POST", LINKS, "{\"user\":\"" ALICE "\",\"expires\":\"never\"}", 400, "*must not be after*" },
  { "link-for-self", USER, "POST", LINKS, "{}", 201, "*\"user\":\"" ALICE "\"*" },
  { "link-for-other", USER, "POST", LINKS, "{\"user\":\"" BOB "\"}", 403, "*only administrators*" },
  { "sign-in-no-code", NULL, "POST", "/v1/sign-in", "{}", 400, "*'code' is missing*" },
  { "sign-in-wrong", NULL, "POST", "/v1/sign-in", "{\"code\":\"muster-once_x\"}", 401,
    "*WWW-Authenticate: Bearer realm=\"muster\"\r\n*not in force*" },
};

static void
test_case (Fixture *fixture, gconstpointer data)
{
  const Case *c = data;
  g_autofree char *as = c->as != NULL ? make_token (fixture, NULL, c->as, NULL) : NULL;
  guint status = 0;
  g_autofree char *answer = ask (fixture, as, c->method, c->path, c->body, &status);

  if (status != c->status)
    g_error ("%u, not %u: %s", status, c->status, answer);
  assert_like (answer, c->like);
}

/* The same to whoever shows what is no token in force, and no word about why. */
static void
test_challenge (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *code = make_code (fixture, NULL, USER);
  g_autofree char *id = NULL;
  g_autofree char *revoked = make_token (fixture, NULL, USER, &id);
  g_autofree char *path = g_strconcat (TOKENS "/", id, NULL);
  g_autofree char *as_token = g_strconcat ("Bearer ", strstr (code, "muster"), NULL);
  const char *const wrong[] = { revoked, as_token, "Bearer muster_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                                "Bearer", "Bearer ", "", "Basic YWxpY2U6c2VjcmV0" };
  g_autofree char *first = NULL;

  g_assert_cmpuint (ask_status (fixture, NULL, "DELETE", path, NULL), ==, 204);
  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      guint status = 0;
      g_autofree char *answer = ask (fixture, wrong[i], "GET", "/v1/status", NULL, &status);
      const char *body = strstr (answer, "\r\n\r\n");

      g_assert_cmpuint (status, ==, 401);
      assert_like (answer, "*WWW-Authenticate: Bearer realm=\"muster\", error=\"invalid_token\"\r\n*");
      if (first == NULL)
        first = g_strdup (body);
      g_assert_cmpstr (body, ==, first);
    }
}

static void
test_bearer_word (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *token = make_token (fixture, NULL, USER, NULL);
  g_autofree char *lower = g_strconcat ("bearer  ", token + strlen ("Bearer "), NULL);

  g_assert_cmpuint (ask_status (fixture, token, "GET", "/v1/status", NULL), ==, 200);
  g_assert_cmpuint (ask_status (fixture, lower, "GET", "/v1/status", NULL), ==, 200);
}

static void
test_revoke (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *id = NULL, *other_id = NULL, *admin_id = NULL;
  g_autofree char *alice = make_token (fixture, NULL, USER, &id);
  g_autofree char *bob = make_token (fixture, NULL, "{\"user\":\"" BOB "\"}", &other_id);
  g_autofree char *admin = make_token (fixture, NULL, "{\"user\":\"" ALICE "\",\"scope\":\"admin\"}", &admin_id);
  g_autofree char *path = g_strconcat (TOKENS "/", id, NULL);
  g_autofree char *other_path = g_strconcat (TOKENS "/", other_id, NULL);

  /* Somebody else's is as good as none. */
  g_assert_cmpuint (ask_status (fixture, alice, "DELETE", other_path, NULL), ==, 404);
  g_assert_cmpuint (ask_status (fixture, bob, "GET", "/v1/status", NULL), ==, 200);
  g_assert_cmpuint (ask_status (fixture, alice, "DELETE", TOKENS "/current", NULL), ==, 204);
  g_assert_cmpuint (ask_status (fixture, alice, "GET", "/v1/status", NULL), ==, 401);
  g_assert_cmpuint (ask_status (fixture, NULL, "DELETE", path, NULL), ==, 404);
  g_assert_cmpuint (ask_status (fixture, admin, "DELETE", other_path, NULL), ==, 204);
  g_assert_cmpuint (ask_status (fixture, bob, "GET", "/v1/status", NULL), ==, 401);
}

static void
test_user_removed (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *alice = make_token (fixture, NULL, USER, NULL);
  g_autofree char *code = make_code (fixture, NULL, USER);

  g_assert_cmpuint (ask_status (fixture, NULL, "DELETE", "/v1/users/" ALICE, NULL), ==, 204);
  g_assert_cmpuint (ask_status (fixture, alice, "GET", "/v1/status", NULL), ==, 401);
  g_assert_cmpuint (ask_status (fixture, NULL, "POST", "/v1/sign-in", code), ==, 401);
  /* One of the same name does not inherit. */
  put_user (fixture, ALICE);
  g_assert_cmpuint (ask_status (fixture, alice, "GET", "/v1/status", NULL), ==, 401);
  g_assert_cmpuint (ask_status (fixture, NULL, "POST", "/v1/sign-in", code), ==, 401);
}

static void
test_expires (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *soon = musterd_rfc3339_format (g_get_real_time () + 2 * MUSTERD_SECOND);
  g_autofree char *body = g_strdup_printf ("{\"user\":\"" ALICE "\",\"expires\":\"%s\"}", soon);
  g_autofree char *token = make_token (fixture, NULL, body, NULL);
  g_autofree char *far = musterd_rfc3339_format (g_get_real_time () + MUSTERD_HOUR);
  g_autofree char *longer = g_strdup_printf ("{\"expires\":\"%s\"}", far);
  g_autofree char *list = NULL;
  guint status = 0;

  /* Nothing that comes of it lives longer. */
  status = ask_status (fixture, token, "POST", TOKENS, longer);
  g_assert_true (status == 400 || status == 401);
  status = ask_status (fixture, token, "POST", LINKS, "{}");
  g_assert_true (status == 403 || status == 401);
  while (ask_status (fixture, token, "GET", "/v1/status", NULL) != 401)
    ;
  list = ask (fixture, NULL, "GET", TOKENS, NULL, &status);
  assert_like (list, "*{\"tokens\":[]}*");
}

static void
test_restart (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *alice = make_token (fixture, NULL, USER, NULL);
  g_autofree char *id = NULL;
  g_autofree char *revoked = make_token (fixture, NULL, USER, &id);
  g_autofree char *path = g_strconcat (TOKENS "/", id, NULL);
  g_autofree char *code = make_code (fixture, NULL, USER);
  g_autofree char *used = make_code (fixture, NULL, USER);

  g_assert_cmpuint (ask_status (fixture, NULL, "DELETE", path, NULL), ==, 204);
  g_assert_cmpuint (ask_status (fixture, NULL, "POST", "/v1/sign-in", used), ==, 201);
  stop (fixture);
  start (fixture);
  g_assert_cmpuint (ask_status (fixture, alice, "GET", "/v1/status", NULL), ==, 200);
  g_assert_cmpuint (ask_status (fixture, revoked, "GET", "/v1/status", NULL), ==, 401);
  g_assert_cmpuint (ask_status (fixture, NULL, "POST", "/v1/sign-in", used), ==, 401);
  g_assert_cmpuint (ask_status (fixture, NULL, "POST", "/v1/sign-in", code), ==, 201);
}

/* Redeemed once, also by two at the same moment; and by somebody who is nobody so far. */
static void
test_sign_in (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *code = make_code (fixture, NULL, "{\"user\":\"" ALICE "\",\"label\":\"board\"}");
  Exchange one = { 0 }, other = { 0 };
  guint first = 0, second = 0, status = 0;
  g_autofree char *first_answer = NULL, *second_answer = NULL, *token = NULL, *bearer = NULL, *list = NULL;

  begin (fixture, &one, "Bearer of bad news", "POST", "/v1/sign-in", code);
  begin (fixture, &other, NULL, "POST", "/v1/sign-in", code);
  first_answer = finish (&one, &first);
  second_answer = finish (&other, &second);
  g_assert_cmpuint (MIN (first, second), ==, 201);
  g_assert_cmpuint (MAX (first, second), ==, 401);
  token = get_member (first == 201 ? first_answer : second_answer, "token");
  bearer = g_strconcat ("Bearer ", token, NULL);
  assert_like (first == 201 ? first_answer : second_answer,
               "*\"kind\":\"token\",\"user\":\"" ALICE
               "\",\"scope\":\"user\",\"label\":\"board\",*\"expires\":\"*Z\"}");
  g_assert_cmpuint (ask_status (fixture, bearer, "GET", "/v1/presence", NULL), ==, 200);
  list = ask (fixture, bearer, "GET", TOKENS, NULL, &status);
  assert_like (list, "*{\"tokens\":[{*\"kind\":\"token\"*}]}*");
  g_assert_null (strstr (list, "sign-in-link"));
  g_assert_null (strstr (list, token));
}

static void
test_too_many (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *id = NULL, *path = NULL, *list = NULL;
  guint status = 0, n = 0;

  g_free (make_token (fixture, NULL, USER, &id));
  path = g_strconcat (TOKENS "/", id, NULL);
  for (guint i = 1; i < MUSTERD_TOKENS_OF_USER_MAX; i++)
    g_free (make_token (fixture, NULL, USER, NULL));
  g_assert_cmpuint (ask_status (fixture, NULL, "POST", TOKENS, USER), ==, 429);
  g_assert_cmpuint (ask_status (fixture, NULL, "POST", LINKS, USER), ==, 429);
  g_assert_cmpuint (ask_status (fixture, NULL, "POST", TOKENS, "{\"user\":\"" BOB "\"}"), ==, 201);
  g_assert_cmpuint (ask_status (fixture, NULL, "DELETE", path, NULL), ==, 204);
  g_assert_cmpuint (ask_status (fixture, NULL, "POST", TOKENS, USER), ==, 201);
  list = ask (fixture, NULL, "GET", TOKENS, NULL, &status);
  for (const char *p = strstr (list, "\"id\""); p != NULL; p = strstr (p + 1, "\"id\""))
    n++;
  g_assert_cmpuint (n, ==, MUSTERD_TOKENS_OF_USER_MAX + 1);
}

/* Who need not be signed in may not fill the memory either. */
static void
test_long_code (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *code = g_strnfill (1024 - strlen ("{\"code\":\"\"}"), 'x');
  g_autofree char *fits = g_strdup_printf ("{\"code\":\"%s\"}", code);
  g_autofree char *longer = g_strdup_printf ("{\"code\":\"x%s\"}", code);
  guint status = 0;
  g_autofree char *answer = ask (fixture, NULL, "POST", "/v1/sign-in", longer, &status);

  g_assert_cmpuint (status, ==, 413);
  assert_like (answer, "*longer than 1 KiB*");
  g_assert_cmpuint (ask_status (fixture, NULL, "POST", "/v1/sign-in", fits), ==, 401);
}

/* What is not made takes no place. */
static void
test_not_made (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  for (guint i = 0; i <= MUSTERD_TOKENS_OF_USER_MAX; i++)
    g_assert_cmpuint (ask_status (fixture, NULL, "POST", TOKENS, "{\"user\":\"carol\"}"), ==, 404);
  put_user (fixture, "carol");
  g_assert_cmpuint (ask_status (fixture, NULL, "POST", TOKENS, "{\"user\":\"carol\"}"), ==, 201);
}

static void
test_wrong_codes (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *code = make_code (fixture, NULL, USER);

  for (guint i = 0; i < MUSTERD_WRONG_CODES_MAX; i++)
    g_assert_cmpuint (ask_status (fixture, NULL, "POST", "/v1/sign-in", "{\"code\":\"x\"}"), ==, 401);
  g_assert_cmpuint (ask_status (fixture, NULL, "POST", "/v1/sign-in", "{\"code\":\"x\"}"), ==, 429);
  /* Whoever has a right one does not suffer for those who guess. */
  g_assert_cmpuint (ask_status (fixture, NULL, "POST", "/v1/sign-in", code), ==, 201);
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const char *path;
    void      (*test) (Fixture *fixture, gconstpointer data);
  } tests[] = {
    { "/api/token-http/challenge", test_challenge },
    { "/api/token-http/bearer-word", test_bearer_word },
    { "/api/token-http/revoke", test_revoke },
    { "/api/token-http/user-removed", test_user_removed },
    { "/api/token-http/expires", test_expires },
    { "/api/token-http/restart", test_restart },
    { "/api/token-http/sign-in", test_sign_in },
    { "/api/token-http/too-many", test_too_many },
    { "/api/token-http/long-code", test_long_code },
    { "/api/token-http/not-made", test_not_made },
    { "/api/token-http/wrong-codes", test_wrong_codes },
  };

  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/api/token-http/case/", cases[i].name, NULL);

      g_test_add (path, Fixture, &cases[i], setup, test_case, teardown);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, NULL, setup, tests[i].test, teardown);
  return g_test_run ();
}
