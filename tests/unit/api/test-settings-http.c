/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Settings and templates over the real socket, with a real engine and store in this process. */
#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <string.h>

#include "api/api.h"
#include "engine/scopes.h"
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
put_user (Fixture *fixture, const char *id, const char *location)
{
  const char *fields[MUSTERD_N_USER_FIELDS] = { [MUSTERD_USER_LOCATION] = location };
  g_autoptr(GError) error = NULL;
  g_autoptr(MusterdUser) user = musterd_user_new (id, fields, NULL, &error);
  gboolean done = FALSE;

  g_assert_no_error (error);
  musterd_engine_put_users (fixture->engine, &user, 1, MUSTERD_PUT_ANY, on_put, &done);
  while (!done)
    g_main_context_iteration (NULL, TRUE);
}

/* A plugin with settings of its own, as micsync has them. */
static const MusterColumn columns[] = {
  { "process", MUSTER_OPTION_STRING, NULL, "name of the process" },
  { "alias", MUSTER_OPTION_STRING, "", "what is shown" },
  { "active", MUSTER_OPTION_BOOLEAN, "true", "whether it counts" },
};

static const MusterOption user_options[] = {
  { "programs", MUSTER_OPTION_TABLE, "zoom|Zoom;teams|Teams", "programs", MUSTER_COLUMNS (columns) },
  { "words", MUSTER_OPTION_LIST, "a;b", "words" },
  { "many", MUSTER_OPTION_INTEGER, "3", "a number", .min = 1, .max = 9 },
};

static const MusterPluginDescriptor plugin = { .id = "lamps", .summary = "lamps", MUSTER_USER_OPTIONS (user_options) };

static void
start (Fixture *fixture)
{
  g_autoptr(GError) error = NULL;
  MusterdApiServices services = { 0 };
  const MusterPluginDescriptor *plugins[] = { &plugin };
  g_autoptr(MusterdBlocks) blocks = musterd_blocks_new (plugins, G_N_ELEMENTS (plugins));

  fixture->store = musterd_store_open (fixture->dir, &error);
  g_assert_no_error (error);
  fixture->clock = musterd_clock_new_real ();
  fixture->engine = musterd_engine_new (fixture->clock, fixture->store, NULL, &error);
  g_assert_no_error (error);
  musterd_engine_set_blocks (fixture->engine, blocks);
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
  fixture->dir = g_dir_make_tmp ("muster-settings-XXXXXX", &error);
  g_assert_no_error (error);
  fixture->path = g_build_filename (fixture->dir, "socket", NULL);
  start (fixture);
  put_user (fixture, ALICE, "Haus 1/Süd");
  put_user (fixture, BOB, NULL);
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

static void
assert_like (const char *answer, const char *pattern)
{
  if (!g_pattern_match_simple (pattern, answer))
    g_error ("'%s' is not like '%s'", answer, pattern);
}

typedef struct
{
  const char *name;
  const char *as; /* body of the token to ask with; NULL: the account, which administers */
  const char *method, *path;
  const char *body; /* nullable */
  guint       status;
  const char *like;
} Case;

#define USER "{\"user\":\"" ALICE "\"}"
#define MONITOR "{\"scope\":\"monitor\"}"
#define AGENT "{\"user\":\"" ALICE "\",\"scope\":\"agent\"}"
#define S "/v1/settings"
#define T "/v1/templates"
#define HAUS S "/location:Haus%201%2FS%C3%BCd"

static const Case cases[] = {
  { "list", NULL, "GET", S, NULL, 200,
    "*{\"scopes\":[{\"scope\":\"all\",\"users\":2,\"values\":0,\"policies\":0,\"templates\":12},"
    "{\"scope\":\"location:Haus 1/Süd\",\"users\":1,\"values\":0,\"policies\":0,\"templates\":0}],\"blocks\":[{\"name\":"
    "\"presence\"*\"name\":\"lamps\",\"doc\":\"lamps\",\"central\":false,\"policy\":\"may-change\",\"options\":[{\"name\":"
    "\"programs\",\"type\":\"table\"*\"default\":[{\"process\":\"zoom\",\"alias\":\"Zoom\",\"active\":true}*\"columns\":[{*" },
  { "list-user", USER, "GET", S, NULL, 200,
    "*{\"scopes\":[{\"scope\":\"user:" ALICE "\",\"users\":1,\"values\":0,\"policies\":0,\"templates\":0}],\"blocks\":*" },
  { "list-monitor", MONITOR, "GET", S, NULL, 403, "*scope 'monitor'*" },
  { "list-agent", AGENT, "GET", S, NULL, 403, "*scope 'agent'*" },
  { "show", NULL, "GET", S "/all", NULL, 200,
    "*{\"scope\":\"all\",\"users\":2,\"blocks\":{\"presence\":{\"policy\":{\"value\":\"cannot-change\",\"from\":\"built-in\","
    "\"own\":null},\"options\":{\"use\":{\"value\":true,\"from\":\"built-in\",\"own\":null}*\"statuses\":{\"value\":"
    "[\"available\",*\"days-ahead\":{\"value\":30,*" },
  { "show-nobody", NULL, "GET", S "/location:Nowhere", NULL, 200, "*{\"scope\":\"location:Nowhere\",\"users\":0,*" },
  { "show-no-scope", NULL, "GET", S "/everybody", NULL, 400, "*is no scope: expected all*" },
  { "show-no-name", NULL, "GET", S "/location:", NULL, 400, "*is no scope*" },
  { "show-no-user", NULL, "GET", S "/user:carol", NULL, 404, "*carol*" },
  { "show-control", NULL, "GET", S "/group:a%0Ab", NULL, 400, "*is no scope*" },
  { "show-own", USER, "GET", S "/user:" ALICE, NULL, 200, "*{\"scope\":\"user:" ALICE "\",\"users\":1,*" },
  { "show-all-user", USER, "GET", S "/all", NULL, 403, "*only administrators*" },
  { "show-other-user", USER, "GET", S "/user:" BOB, NULL, 403, "*only administrators*" },
  { "show-unknown-user", USER, "GET", S "/user:carol", NULL, 403, "*only administrators*" },
  { "show-nonsense-user", USER, "GET", S "/everybody", NULL, 403, "*only administrators*" },
  { "change", NULL, "PATCH", HAUS, "{\"values\":{\"activation\":{\"idle-after\":\"15min\",\"on-lock\":false}}}", 200,
    "*{\"scope\":\"location:Haus 1/Süd\",\"users\":1,*\"idle-after\":{\"value\":\"15min\",\"from\":\"location:Haus 1/Süd\","
    "\"own\":\"15min\"}*\"on-lock\":{\"value\":false,*" },
  { "change-text", NULL, "PATCH", S "/all", "{\"values\":{\"activation\":{\"on-lock\":\"FALSE\"},\"lamps\":{\"many\":\"7\"}}}",
    200, "*\"on-lock\":{\"value\":false,\"from\":\"all\",\"own\":false}*\"many\":{\"value\":7,\"from\":\"all\",\"own\":7}*" },
  { "change-list", NULL, "PATCH", S "/all", "{\"values\":{\"lamps\":{\"words\":[\"x;y\",\"z\\\\\",\"ä ö\"]}}}", 200,
    "*\"words\":{\"value\":[\"x;y\",\"z\\\\\",\"ä ö\"],\"from\":\"all\"*" },
  { "change-table", NULL, "PATCH", S "/all",
    "{\"values\":{\"lamps\":{\"programs\":[{\"process\":\"zoom\",\"active\":false},{\"process\":\"a;b|c\\\\\",\"alias\":null}]}}}",
    200,
    "*\"programs\":{\"value\":[{\"process\":\"zoom\",\"alias\":\"\",\"active\":false},{\"process\":\"teams\",\"alias\":\"Teams\","
    "\"active\":true},{\"process\":\"a;b|c\\\\\",\"alias\":\"\",\"active\":true}],\"from\":\"all\",\"own\":[{\"process\":\"zoom\","
    "\"alias\":\"\",\"active\":false},{\"process\":\"a;b|c*" },
  { "change-nothing", NULL, "PATCH", S "/all", "{}", 200, "*{\"scope\":\"all\",*" },
  { "change-null", NULL, "PATCH", S "/all", "{\"values\":{\"activation\":{\"on-lock\":null}}}", 200,
    "*\"on-lock\":{\"value\":true,\"from\":\"built-in\",\"own\":null}*" },
  { "change-policy", NULL, "PATCH", S "/all", "{\"policies\":{\"activation\":\"cannot-change\"}}", 200,
    "*\"activation\":{\"policy\":{\"value\":\"cannot-change\",\"from\":\"all\",\"own\":\"cannot-change\"}*" },
  { "no-block", NULL, "PATCH", S "/all", "{\"values\":{\"activity\":{\"idle\":\"x\"}}}", 400, "*no block of settings 'activity'*" },
  { "no-option", NULL, "PATCH", S "/all", "{\"values\":{\"activation\":{\"idel\":\"x\"}}}", 400, "*no setting activation.idel*" },
  { "no-object", NULL, "PATCH", S "/all", "{\"values\":{\"activation\":true}}", 400, "*must be an object*" },
  { "no-values", NULL, "PATCH", S "/all", "{\"values\":[]}", 400, "*member 'values' must be an object*" },
  { "unknown-member", NULL, "PATCH", S "/all", "{\"activation\":{}}", 400, "*unknown member 'activation'*" },
  { "boolean-number", NULL, "PATCH", S "/all", "{\"values\":{\"activation\":{\"on-lock\":1}}}", 400,
    "*activation.on-lock must be true or false*" },
  { "number-fraction", NULL, "PATCH", S "/all", "{\"values\":{\"lamps\":{\"many\":1.5}}}", 400, "*lamps.many must be a whole*" },
  { "number-range", NULL, "PATCH", S "/all", "{\"values\":{\"lamps\":{\"many\":10}}}", 400, "*from 1 to 9*" },
  { "list-number", NULL, "PATCH", S "/all", "{\"values\":{\"lamps\":{\"words\":[1]}}}", 400, "*lamps.words must be an array*" },
  { "list-object", NULL, "PATCH", S "/all", "{\"values\":{\"lamps\":{\"words\":{}}}}", 400, "*lamps.words must be an array*" },
  { "table-words", NULL, "PATCH", S "/all", "{\"values\":{\"lamps\":{\"programs\":[\"zoom\"]}}}", 400,
    "*lamps.programs must be an array of objects*" },
  { "table-column", NULL, "PATCH", S "/all", "{\"values\":{\"lamps\":{\"programs\":[{\"process\":\"a\",\"colour\":\"x\"}]}}}", 400,
    "*lamps.programs: row 1: there is no column 'colour'*" },
  { "table-cell", NULL, "PATCH", S "/all", "{\"values\":{\"lamps\":{\"programs\":[{\"process\":\"a\",\"active\":3}]}}}", 400,
    "*row 1: column 'active' must be true or false*" },
  { "table-empty-row", NULL, "PATCH", S "/all", "{\"values\":{\"lamps\":{\"programs\":[{}]}}}", 400, "*process*" },
  { "duration", NULL, "PATCH", S "/all", "{\"values\":{\"activation\":{\"idle-after\":15}}}", 400,
    "*activation.idle-after must be a string*" },
  { "no-template", NULL, "PATCH", S "/all", "{\"values\":{\"activation\":{\"start\":\"Lunch\"}}}", 404, "*no active template 'Lunch'*" },
  { "no-policy", NULL, "PATCH", S "/all", "{\"policies\":{\"activation\":\"maybe\"}}", 400, "*the policy of 'activation' must be*" },
  { "policy-null", NULL, "PATCH", S "/all", "{\"policies\":{\"activation\":null}}", 400, "*the policy of 'activation' must be*" },
  { "policy-central", NULL, "PATCH", S "/all", "{\"policies\":{\"presence\":\"may-change\"}}", 400, "*has no policy*" },
  { "policy-user", USER, "PATCH", S "/user:" ALICE, "{\"policies\":{}}", 403, "*only administrators may change policies*" },
  { "change-own", USER, "PATCH", S "/user:" ALICE, "{\"values\":{\"activation\":{\"on-lock\":false}}}", 200,
    "*\"on-lock\":{\"value\":false,\"from\":\"user:" ALICE "\",\"own\":false}*" },
  { "change-own-central", USER, "PATCH", S "/user:" ALICE, "{\"values\":{\"presence\":{\"use\":false}}}", 403,
    "*users have none of their own*" },
  { "change-other", USER, "PATCH", S "/user:" BOB, "{\"values\":{}}", 403, "*only administrators*" },
  { "change-unknown", USER, "PATCH", S "/user:carol", "{\"values\":{}}", 403, "*only administrators*" },
  { "change-all", USER, "PATCH", S "/all", "{\"values\":{}}", 403, "*only administrators*" },
  { "change-no-user", NULL, "PATCH", S "/user:carol", "{\"values\":{}}", 404, "*carol*" },
  { "reset", NULL, "POST", S "/all/reset", NULL, 200, "*{\"scope\":\"all\",*" },
  { "reset-block", NULL, "POST", S "/all/reset", "{\"block\":\"activation\"}", 200, "*{\"scope\":\"all\",*" },
  { "reset-no-block", NULL, "POST", S "/all/reset", "{\"block\":\"x\"}", 400, "*no block of settings 'x'*" },
  { "reset-number", NULL, "POST", S "/all/reset", "{\"block\":1}", 400, "*member 'block' must be*" },
  { "reset-own", USER, "POST", S "/user:" ALICE "/reset", NULL, 200, "*{\"scope\":\"user:" ALICE "\",*" },
  { "reset-other", USER, "POST", S "/user:" BOB "/reset", NULL, 403, "*only administrators*" },
  { "reset-all", USER, "POST", S "/all/reset", NULL, 403, "*only administrators*" },
  { "templates", NULL, "GET", T, NULL, 200,
    "*{\"templates\":[{\"id\":\"available\",\"scope\":\"all\",\"position\":0,\"name\":\"Available\",\"role\":\"available\","
    "\"status\":\"available\",\"text\":*,\"forwarding\":{\"action\":\"do-not-change\",\"scope\":null,\"target\":null,\"number\":"
    "null},\"forwarding_word\":\"do-not-change\",\"forwarding_own\":false,\"may_change\":*,\"active\":true,\"offered\":true,"
    "\"used_by\":\"activation.start (built in)\"}*" },
  { "templates-scope", NULL, "GET", T "?scope=location:Haus%201%2FS%C3%BCd", NULL, 200, "*{\"templates\":[]}*" },
  { "templates-no-scope", NULL, "GET", T "?scope=x", NULL, 400, "*is no scope*" },
  { "templates-both", NULL, "GET", T "?scope=all&user=" ALICE, NULL, 400, "*contradict*" },
  { "templates-user", NULL, "GET", T "?user=" ALICE, NULL, 200, "*{\"templates\":[{\"id\":\"available\"*" },
  { "templates-no-user", NULL, "GET", T "?user=carol", NULL, 404, "*carol*" },
  { "templates-own", USER, "GET", T, NULL, 200, "*{\"templates\":[{\"id\":\"available\"*" },
  { "templates-own-scope", USER, "GET", T "?scope=user:" ALICE, NULL, 200, "*{\"templates\":[]}*" },
  { "templates-all-user", USER, "GET", T "?scope=all", NULL, 403, "*only administrators*" },
  { "templates-other", USER, "GET", T "?user=" BOB, NULL, 403, "*only this user*" },
  { "templates-unknown", USER, "GET", T "?user=carol", NULL, 403, "*only this user*" },
  { "add", NULL, "POST", T,
    "{\"scope\":\"group:a/b\",\"name\":\" Lunch \",\"status\":\"be-right-back\",\"text\":\"Mahlzeit\",\"forwarding\":{"
    "\"action\":\"forward\",\"scope\":\"external\",\"target\":\"number\",\"number\":\"+49 30 1\"},\"stays\":true,"
    "\"may_change\":true,\"position\":7}", 201,
    "*{\"id\":\"t-*\",\"scope\":\"group:a/b\",\"position\":0,\"name\":\"Lunch\",\"role\":null,\"status\":\"be-right-back\",\"text\":"
    "\"Mahlzeit\",\"forwarding\":{\"action\":\"forward\",\"scope\":\"external\",\"target\":\"number\",\"number\":\"+49 30 1\"},"
    "\"forwarding_word\":\"external:number:+49 30 1\",\"forwarding_own\":false,\"may_change\":true,\"stays\":true,\"active\":true,"
    "\"offered\":true,\"used_by\":null}" },
  { "add-word", NULL, "POST", T, "{\"name\":\"Lunch\",\"status\":\"busy\",\"forwarding\":\"internal:mobile\",\"active\":false}", 201,
    "*\"scope\":\"all\",\"position\":12,*\"target\":\"mobile\",\"number\":null},\"forwarding_word\":\"internal:mobile\"*\"active\":false,"
    "\"offered\":false*" },
  { "add-own", USER, "POST", T, "{\"name\":\"Lunch\",\"status\":\"busy\"}", 201, "*\"scope\":\"user:" ALICE "\",*" },
  { "add-other", USER, "POST", T, "{\"scope\":\"user:" BOB "\",\"name\":\"Lunch\",\"status\":\"busy\"}", 403, "*only administrators*" },
  { "add-all", USER, "POST", T, "{\"scope\":\"all\",\"name\":\"Lunch\",\"status\":\"busy\"}", 403, "*only administrators*" },
  { "add-no-user", NULL, "POST", T, "{\"scope\":\"user:carol\",\"name\":\"Lunch\",\"status\":\"busy\"}", 404, "*carol*" },
  { "add-twice", NULL, "POST", T, "{\"name\":\"BREAK\",\"status\":\"busy\"}", 409, "*all has a template 'Break' already*" },
  { "add-no-name", NULL, "POST", T, "{\"status\":\"busy\"}", 400, "*needs a name and a status*" },
  { "add-no-status", NULL, "POST", T, "{\"name\":\"x\"}", 400, "*needs a name and a status*" },
  { "add-empty-name", NULL, "POST", T, "{\"name\":\"\",\"status\":\"busy\"}", 400, "*name*" },
  { "add-bad-status", NULL, "POST", T, "{\"name\":\"x\",\"status\":\"none\"}", 400, "*no status 'none'*" },
  { "add-bad-word", NULL, "POST", T, "{\"name\":\"x\",\"status\":\"busy\",\"forwarding\":\"home\"}", 400, "*is no forwarding*" },
  { "add-bad-action", NULL, "POST", T, "{\"name\":\"x\",\"status\":\"busy\",\"forwarding\":{\"action\":\"x\"}}", 400, "*'action' must*" },
  { "add-no-scope", NULL, "POST", T, "{\"name\":\"x\",\"status\":\"busy\",\"forwarding\":{\"action\":\"forward\"}}", 400,
    "*'scope' must be*" },
  { "add-no-target", NULL, "POST", T,
    "{\"name\":\"x\",\"status\":\"busy\",\"forwarding\":{\"action\":\"forward\",\"scope\":\"all\"}}", 400, "*'target' must be*" },
  { "add-no-number", NULL, "POST", T,
    "{\"name\":\"x\",\"status\":\"busy\",\"forwarding\":{\"action\":\"forward\",\"scope\":\"all\",\"target\":\"number\"}}", 400,
    "*a number goes with*" },
  { "add-bad-number", NULL, "POST", T,
    "{\"name\":\"x\",\"status\":\"busy\",\"forwarding\":{\"action\":\"forward\",\"scope\":\"all\",\"target\":\"number\","
    "\"number\":\"abc\"}}", 400, "*a number has only digits*" },
  { "add-target-off", NULL, "POST", T,
    "{\"name\":\"x\",\"status\":\"busy\",\"forwarding\":{\"action\":\"off\",\"target\":\"home\"}}", 400, "*only with the action*" },
  { "add-forwarding-list", NULL, "POST", T, "{\"name\":\"x\",\"status\":\"busy\",\"forwarding\":[]}", 400, "*expected an object*" },
  { "add-forwarding-member", NULL, "POST", T, "{\"name\":\"x\",\"status\":\"busy\",\"forwarding\":{\"to\":1}}", 400,
    "*expected the strings*" },
  { "add-position", NULL, "POST", T, "{\"name\":\"x\",\"status\":\"busy\",\"position\":-1}", 400, "*begins at 0*" },
  { "add-position-word", NULL, "POST", T, "{\"name\":\"x\",\"status\":\"busy\",\"position\":\"first\"}", 400, "*whole number*" },
  { "edit", NULL, "PATCH", T "/break", "{\"name\":\"Pause\",\"position\":0,\"may_change\":true,\"text\":null}", 200,
    "*{\"id\":\"break\",\"scope\":\"all\",\"position\":0,\"name\":\"Pause\",\"role\":\"break\"*\"may_change\":true*" },
  { "edit-in-use", NULL, "PATCH", T "/available", "{\"active\":false}", 409, "*in use by activation.start*" },
  { "edit-unknown", NULL, "PATCH", T "/t-0", "{\"active\":false}", 404, "*no template 't-0'*" },
  { "edit-scope", NULL, "PATCH", T "/break", "{\"scope\":\"all\"}", 400, "*unknown member 'scope'*" },
  { "edit-central", USER, "PATCH", T "/break", "{\"name\":\"x\"}", 403, "*nothing but its forwarding*" },
  { "edit-central-forwarding", USER, "PATCH", T "/break", "{\"forwarding\":\"off\"}", 403, "*an administrator has to allow it*" },
  { "remove", NULL, "DELETE", T "/on-holiday", NULL, 204, "*" },
  { "remove-in-use", NULL, "DELETE", T "/appointment", NULL, 409, "*in use by calendar.template*" },
  { "remove-unknown", NULL, "DELETE", T "/t-0", NULL, 404, "*no template 't-0'*" },
  { "remove-central", USER, "DELETE", T "/break", NULL, 403, "*an administrator can remove it*" },
};

static void
test_case (Fixture *fixture, gconstpointer data)
{
  const Case *c = data;
  g_autofree char *token = c->as != NULL ? make_token (fixture, NULL, c->as, NULL) : NULL;
  guint status = 0;
  g_autofree char *answer = ask (fixture, token, c->method, c->path, c->body, &status);

  assert_like (answer, c->like);
  g_assert_cmpuint (status, ==, c->status);
}

static void
assert_asked (Fixture *fixture, const char *authorization, const char *method, const char *path, const char *body,
              guint expected, const char *like)
{
  guint status = 0;
  g_autofree char *answer = ask (fixture, authorization, method, path, body, &status);

  assert_like (answer, like);
  g_assert_cmpuint (status, ==, expected);
}

static void
assert_not_told (Fixture *fixture, const char *authorization, const char *path, const char *word)
{
  guint status = 0;
  g_autofree char *answer = ask (fixture, authorization, "GET", path, NULL, &status);

  g_assert_cmpuint (status, ==, 200);
  if (strstr (answer, word) != NULL)
    g_error ("'%s' tells '%s'", answer, word);
}

/* What is wrong in one place changes nothing in the others. */
static void
test_all_or_nothing (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  assert_asked (fixture, NULL, "PATCH", S "/all",
                "{\"values\":{\"activation\":{\"on-lock\":false,\"idle-after\":\"soon\"}},\"policies\":{\"calendar\":"
                "\"cannot-change\"}}",
                400, "*activation.idle-after*");
  assert_asked (fixture, NULL, "GET", S "/all", NULL, 200,
                "*\"on-lock\":{\"value\":true,\"from\":\"built-in\"*\"calendar\":{\"policy\":{\"value\":\"may-change\",\"from\":"
                "\"built-in\"*");
}

/* may → the user edits → cannot → may: the server's values hold until the user edits again. */
static void
test_flip (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *alice = make_token (fixture, NULL, USER, NULL);
  const char *edit = "{\"values\":{\"activation\":{\"idle-after\":\"42min\"}}}";

  assert_asked (fixture, alice, "PATCH", S "/user:" ALICE, edit, 200, "*\"value\":\"42min\",\"from\":\"user:*");
  assert_asked (fixture, NULL, "PATCH", HAUS, "{\"policies\":{\"activation\":\"cannot-change\"}}", 200, "*");
  assert_asked (fixture, alice, "GET", S "/user:" ALICE, NULL, 200,
                "*\"policy\":{\"value\":\"cannot-change\",\"from\":\"location:Haus 1/Süd\",\"own\":null}*\"idle-after\":{\"value\":"
                "\"10min\",\"from\":\"built-in\",\"own\":null}*");
  assert_asked (fixture, alice, "PATCH", S "/user:" ALICE, edit, 403, "*users cannot change 'activation' here*Haus 1/Süd*");
  assert_asked (fixture, NULL, "PATCH", HAUS, "{\"policies\":{\"activation\":\"inherit\"}}", 200, "*");
  assert_asked (fixture, alice, "GET", S "/user:" ALICE, NULL, 200,
                "*\"idle-after\":{\"value\":\"10min\",\"from\":\"built-in\",\"own\":null}*");
  assert_asked (fixture, alice, "PATCH", S "/user:" ALICE, edit, 200, "*\"value\":\"42min\",\"from\":\"user:*");
  assert_asked (fixture, NULL, "POST", HAUS "/reset", NULL, 200, "*");
  assert_asked (fixture, alice, "GET", S "/user:" ALICE, NULL, 200, "*\"idle-after\":{\"value\":\"10min\"*");
}

/* A user's own template is nobody else's, and a central one's forwarding is theirs where it is allowed. */
static void
test_templates (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *alice = make_token (fixture, NULL, USER, NULL);
  g_autofree char *bob = make_token (fixture, NULL, "{\"user\":\"" BOB "\"}", NULL);
  guint status = 0;
  g_autofree char *answer = ask (fixture, alice, "POST", T, "{\"name\":\"Lunch\",\"status\":\"busy\"}", &status);
  g_autofree char *id = get_member (answer, "id");
  g_autofree char *path = g_strconcat (T "/", id, NULL);

  g_assert_cmpuint (status, ==, 201);
  assert_asked (fixture, bob, "PATCH", path, "{\"name\":\"x\"}", 404, "*there is no template*");
  assert_asked (fixture, bob, "DELETE", path, NULL, 404, "*there is no template*");
  assert_asked (fixture, alice, "PATCH", path, "{\"name\":\"Mittag\"}", 200, "*\"name\":\"Mittag\"*");
  assert_asked (fixture, alice, "GET", T, NULL, 200, "*{\"templates\":[{\"id\":\"t-*\"name\":\"Mittag\"*},{\"id\":\"available\"*");

  /* In use by her own setting. */
  assert_asked (fixture, alice, "PATCH", S "/user:" ALICE, "{\"values\":{\"activation\":{\"idle\":\"mittag\"}}}", 200,
                "*\"idle\":{\"value\":\"t-*");
  assert_asked (fixture, alice, "DELETE", path, NULL, 409, "*in use by activation.idle of user:" ALICE "*");
  assert_asked (fixture, alice, "GET", T "?scope=user:" ALICE, NULL, 200, "*\"used_by\":\"activation.idle of user:*");
  assert_asked (fixture, alice, "POST", S "/user:" ALICE "/reset", "{\"block\":\"activation\"}", 200, "*");

  /* A status that is struck: not offered any more, but still there. */
  assert_asked (fixture, NULL, "PATCH", S "/all", "{\"values\":{\"templates\":{\"statuses\":[\"be-right-back\"]}}}", 200,
                "*\"statuses\":{\"value\":[\"available\",\"be-right-back\",\"logged-off\"]*");
  assert_asked (fixture, alice, "GET", T "?scope=user:" ALICE, NULL, 200, "*\"active\":true,\"offered\":false*");
  assert_asked (fixture, alice, "POST", T, "{\"name\":\"x\",\"status\":\"busy\"}", 403, "*templates.statuses*");
  assert_asked (fixture, alice, "DELETE", path, NULL, 204, "*");

  assert_asked (fixture, NULL, "PATCH", T "/break", "{\"may_change\":true,\"forwarding\":\"off\"}", 200, "*");
  assert_asked (fixture, alice, "PATCH", T "/break", "{\"forwarding\":\"all:home\"}", 200,
                "*\"scope\":\"all\"*\"forwarding_word\":\"all:home\",\"forwarding_own\":true*");
  assert_asked (fixture, bob, "GET", T, NULL, 200, "*\"id\":\"break\"*\"forwarding_word\":\"off\",\"forwarding_own\":false*");
  assert_asked (fixture, alice, "PATCH", T "/break", "{\"forwarding\":null}", 200,
                "*\"forwarding_word\":\"off\",\"forwarding_own\":false*");
  assert_asked (fixture, alice, "PATCH", T "/break", "{\"forwarding\":\"all:home\"}", 200, "*");
  assert_asked (fixture, NULL, "PATCH", T "/break", "{\"may_change\":false}", 200, "*");
  assert_asked (fixture, NULL, "PATCH", T "/break", "{\"may_change\":true}", 200, "*");
  assert_asked (fixture, alice, "GET", T, NULL, 200, "*\"id\":\"break\"*\"forwarding_word\":\"off\",\"forwarding_own\":false*");
}

/* A central template of a place where one is not is as if it were none; removed, it takes the own forwardings of it along. */
static void
test_elsewhere (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *alice = make_token (fixture, NULL, USER, NULL);
  g_autofree char *bob = make_token (fixture, NULL, "{\"user\":\"" BOB "\"}", NULL);
  guint status = 0;
  g_autofree char *answer
      = ask (fixture, NULL, "POST", T,
             "{\"scope\":\"location:Haus 1/Süd\",\"name\":\"Lunch\",\"status\":\"busy\",\"may_change\":true}", &status);
  g_autofree char *id = get_member (answer, "id");
  g_autofree char *path = g_strconcat (T "/", id, NULL);

  g_assert_cmpuint (status, ==, 201);
  assert_asked (fixture, bob, "PATCH", path, "{\"forwarding\":\"off\"}", 404, "*there is no template*");
  assert_asked (fixture, alice, "PATCH", path, "{\"forwarding\":\"off\",\"text\":\"x\"}", 403, "*nothing but its forwarding*");
  assert_asked (fixture, alice, "PATCH", path, "{\"forwarding\":\"off\"}", 200,
                "*\"scope\":\"location:Haus 1/Süd\"*\"forwarding_own\":true*");
  assert_asked (fixture, NULL, "GET", S, NULL, 200, "*\"scope\":\"user:" ALICE "\",\"users\":1,\"values\":1,*");
  assert_asked (fixture, NULL, "DELETE", path, NULL, 204, "*");
  assert_asked (fixture, alice, "GET", S, NULL, 200, "*\"scope\":\"user:" ALICE "\",\"users\":1,\"values\":0,*");
  assert_asked (fixture, alice, "PATCH", path, "{\"forwarding\":\"off\"}", 404, "*there is no template*");
}

/* Who may choose templates for somebody reads which there are; who may only choose statuses, does not. */
static void
test_assistants (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *bob = make_token (fixture, NULL, "{\"user\":\"" BOB "\"}", NULL);
  const char *grant = "/v1/relationships/" ALICE "/" BOB;

  assert_asked (fixture, NULL, "POST", T, "{\"scope\":\"user:" ALICE "\",\"name\":\"Lunch\",\"status\":\"busy\"}", 201, "*");
  assert_asked (fixture, NULL, "PUT", grant, "{\"level\":\"assistant\"}", 200, "*");
  assert_asked (fixture, bob, "GET", T "?user=" ALICE, NULL, 403, "*only this user*");
  assert_asked (fixture, NULL, "PUT", grant, "{\"level\":\"assistant-plus\"}", 200, "*");
  assert_asked (fixture, bob, "GET", T "?user=" ALICE, NULL, 200, "*{\"templates\":[{\"id\":\"t-*\"name\":\"Lunch\"*");
  /* But not what is not offered, nor what the settings say, which they do not see either. */
  assert_asked (fixture, NULL, "POST", T,
                "{\"scope\":\"user:" ALICE "\",\"name\":\"Attic\",\"status\":\"busy\",\"active\":false}", 201, "*");
  assert_asked (fixture, NULL, "PATCH", S "/user:" ALICE, "{\"values\":{\"activation\":{\"idle\":\"lunch\"}}}", 200, "*");
  assert_asked (fixture, NULL, "GET", T "?user=" ALICE, NULL, 200, "*\"name\":\"Attic\"*");
  assert_asked (fixture, NULL, "GET", T "?user=" ALICE, NULL, 200, "*activation.idle of user:" ALICE "*");
  assert_not_told (fixture, bob, T "?user=" ALICE, "Attic");
  assert_not_told (fixture, bob, T "?user=" ALICE, "activation.");
  assert_asked (fixture, bob, "GET", T "?scope=user:" ALICE, NULL, 403, "*only administrators*");
  assert_asked (fixture, bob, "GET", S "/user:" ALICE, NULL, 403, "*only administrators*");
}

/* One more than a scope can have. */
static void
test_most (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *alice = make_token (fixture, NULL, USER, NULL);

  for (guint i = 0; i <= MUSTERD_TEMPLATES_MAX; i++)
    {
      g_autofree char *body = g_strdup_printf ("{\"name\":\"%u\",\"status\":\"busy\",\"position\":0}", i);

      assert_asked (fixture, alice, "POST", T, body, i < MUSTERD_TEMPLATES_MAX ? 201 : 429,
                    i < MUSTERD_TEMPLATES_MAX ? "*\"position\":0,*" : "*templates already*");
    }
  assert_asked (fixture, alice, "GET", T, NULL, 200, "*{\"templates\":[{*\"name\":\"99\"*\"name\":\"98\"*\"id\":\"available\"*");
}

/* All of it is there again after a restart. */
static void
test_restart (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  assert_asked (fixture, NULL, "PATCH", HAUS,
                "{\"values\":{\"lamps\":{\"programs\":[{\"process\":\"a;b\"}]}},\"policies\":{\"lamps\":\"cannot-change\"}}", 200,
                "*");
  assert_asked (fixture, NULL, "POST", T, "{\"scope\":\"location:Haus 1/Süd\",\"name\":\"Lunch\",\"status\":\"busy\"}", 201, "*");
  stop (fixture);
  start (fixture);
  assert_asked (fixture, NULL, "GET", HAUS, NULL, 200,
                "*\"lamps\":{\"policy\":{\"value\":\"cannot-change\",*\"own\":[{\"process\":\"a;b\",*");
  assert_asked (fixture, NULL, "GET", S, NULL, 200,
                "*{\"scope\":\"location:Haus 1/Süd\",\"users\":1,\"values\":1,\"policies\":1,\"templates\":1}*");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/settings-http/", cases[i].name, NULL);

      g_test_add (path, Fixture, &cases[i], setup, test_case, teardown);
    }
  g_test_add ("/settings-http/all-or-nothing", Fixture, NULL, setup, test_all_or_nothing, teardown);
  g_test_add ("/settings-http/flip", Fixture, NULL, setup, test_flip, teardown);
  g_test_add ("/settings-http/own-templates", Fixture, NULL, setup, test_templates, teardown);
  g_test_add ("/settings-http/elsewhere", Fixture, NULL, setup, test_elsewhere, teardown);
  g_test_add ("/settings-http/assistants", Fixture, NULL, setup, test_assistants, teardown);
  g_test_add ("/settings-http/most", Fixture, NULL, setup, test_most, teardown);
  g_test_add ("/settings-http/restart", Fixture, NULL, setup, test_restart, teardown);
  return g_test_run ();
}
