/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A request by an administrator over the real socket, with a real engine behind it: whatever is asked, an answer comes,
 * with a status that says whose fault it is, and with JSON where it says so. The input is the method, the target, the
 * body's type (the first letter of it) and the body, with zero bytes between. */
#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../unit/api/fake-host.h"
#include "api/api.h"
#include "api/json-check.h"
#include "api/query.h"
#include "api/routes.h"
#include "fuzz.h"

#define T0 (G_GINT64_CONSTANT (1772438400) * MUSTERD_SECOND) /* Monday 2026-03-02 08:00 UTC */
#define ANSWER_SECONDS 15

typedef struct
{
  char            *dir, *path;
  MusterdClock    *clock;
  MusterdEngine   *engine;
  MusterdDispatch *dispatch;
  MusterdApi      *api;
} World;

/* The daemon. */

static void
on_set_enabled (const char *instance G_GNUC_UNUSED, MusterdEnabled enabled G_GNUC_UNUSED, MusterdDone done,
                gpointer done_data, gpointer user_data G_GNUC_UNUSED)
{
  done (NULL, done_data);
}

static void
on_restart (gpointer user_data G_GNUC_UNUSED)
{
  g_assert_not_reached ();
}

static void
on_done (const GError *error G_GNUC_UNUSED, gpointer data)
{
  *(gboolean *) data = TRUE;
}

static void
wait_for (gboolean *done)
{
  while (!*done)
    g_main_context_iteration (NULL, TRUE);
}

static void
put_alice (World *world)
{
  const char *fields[MUSTERD_N_USER_FIELDS] = { [MUSTERD_USER_NAME] = "Alice" };
  g_autoptr(MusterdUser) alice = musterd_user_new ("alice", fields, NULL, NULL);
  gboolean put = FALSE, automatic = FALSE;

  musterd_engine_put_users (world->engine, &alice, 1, MUSTERD_PUT_ANY, on_done, &put);
  wait_for (&put);
  musterd_engine_automatic (world->engine, "alice", NULL, on_done, &automatic);
  wait_for (&automatic);
}

static void
collect_other (MusterdUser *user, MusterdPresence *presence G_GNUC_UNUSED, gpointer others)
{
  if (!g_str_equal (user->id, "alice"))
    g_ptr_array_add (others, g_strdup (user->id));
}

/* What one input has changed is nothing to the next. */
static void
tidy_up (World *world)
{
  g_autoptr(GPtrArray) others = g_ptr_array_new_with_free_func (g_free);

  musterd_engine_foreach_user (world->engine, collect_other, others);
  for (guint i = 0; i < others->len; i++)
    {
      gboolean removed = FALSE;

      musterd_engine_remove_user (world->engine, g_ptr_array_index (others, i), on_done, &removed);
      wait_for (&removed);
    }
  put_alice (world);
}

static World world;

static void
end (void)
{
  musterd_api_free (world.api);
  musterd_dispatch_free (world.dispatch);
  musterd_engine_free (world.engine);
  musterd_clock_unref (world.clock);
  g_rmdir (world.dir);
  g_free (world.dir);
  g_free (world.path);
  fake_host_reset ();
}

static void
begin (void)
{
  g_autoptr(MusterdSettings) settings = musterd_settings_new_default ();
  g_autoptr(GError) error = NULL;
  MusterdApiServices services = { 0 };

  world.dir = g_dir_make_tmp ("muster-fuzz-XXXXXX", &error);
  g_assert_no_error (error);
  world.path = g_build_filename (world.dir, "socket", NULL);
  world.clock = musterd_clock_new_virtual (T0);
  world.engine = musterd_engine_new (world.clock, NULL, settings, &error);
  g_assert_no_error (error);
  world.dispatch = musterd_dispatch_new (world.engine, world.clock);
  put_alice (&world);
  services.engine = world.engine;
  services.dispatch = world.dispatch;
  services.state_dir = world.dir;
  services.socket_path = world.path;
  services.socket_group = "no-such-group";
  services.set_enabled = on_set_enabled;
  services.restart = on_restart;
  world.api = musterd_api_new (&services, &error);
  g_assert_no_error (error);
  atexit (end);
}

/* The client. */

typedef struct
{
  GString *answer;
  gboolean ended;
} Exchange;

static gboolean
on_readable (int fd, GIOCondition condition G_GNUC_UNUSED, gpointer data)
{
  Exchange *exchange = data;
  char buffer[16384];
  gssize size = read (fd, buffer, sizeof buffer);

  if (size > 0)
    g_string_append_len (exchange->answer, buffer, size);
  exchange->ended = size <= 0;
  return exchange->ended ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

static gboolean
on_no_answer (gpointer data G_GNUC_UNUSED)
{
  g_error ("no answer has come");
  return G_SOURCE_REMOVE;
}

static GString *
ask (GString *request)
{
  g_autoptr(GSocketAddress) address = g_unix_socket_address_new (world.path);
  g_autoptr(GSocket) socket = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, 0, NULL);
  g_autoptr(GSource) readable = NULL;
  g_autoptr(GSource) watchdog = g_timeout_source_new_seconds (ANSWER_SECONDS);
  g_autoptr(GError) error = NULL;
  Exchange exchange = { g_string_new (NULL), FALSE };

  g_socket_connect (socket, address, NULL, &error);
  g_assert_no_error (error);
  /* Small enough for the socket's own memory: nobody waits here. */
  g_assert_cmpint (write (g_socket_get_fd (socket), request->str, request->len), ==, (gssize) request->len);
  readable = g_unix_fd_source_new (g_socket_get_fd (socket), G_IO_IN);
  g_source_set_callback (readable, G_SOURCE_FUNC (on_readable), &exchange, NULL);
  g_source_attach (readable, NULL);
  g_source_set_callback (watchdog, on_no_answer, NULL, NULL);
  g_source_attach (watchdog, NULL);
  while (!exchange.ended)
    g_main_context_iteration (NULL, TRUE);
  g_source_destroy (readable);
  g_source_destroy (watchdog);
  return exchange.answer;
}

/* Answers. */

static gboolean
is_expected (guint status)
{
  static const guint expected[] = { 200, 201, 204, 400, 401, 403, 404, 405, 409, 413, 415, 429, 503 };

  for (gsize i = 0; i < G_N_ELEMENTS (expected); i++)
    if (expected[i] == status)
      return TRUE;
  return FALSE;
}

static void
check_problem (const char *body, guint status)
{
  g_autoptr(JsonParser) parser = json_parser_new ();
  g_autoptr(GError) error = NULL;
  JsonObject *problem;

  json_parser_load_from_data (parser, body, -1, &error);
  g_assert_no_error (error);
  problem = json_node_get_object (json_parser_get_root (parser));
  g_assert_cmpstr (json_object_get_string_member (problem, "type"), ==, "about:blank");
  g_assert_cmpint (json_object_get_int_member (problem, "status"), ==, status);
  g_assert_cmpstr (json_object_get_string_member (problem, "title"), !=, NULL);
  fuzz_check_message (json_object_get_string_member (problem, "detail"));
}

static void
check_answer (const GString *answer, gboolean head)
{
  const char *end = strstr (answer->str, "\r\n\r\n");
  g_autofree char *headers = NULL;
  g_autoptr(GError) error = NULL;
  const char *body;
  guint status;

  g_assert_true (g_str_has_prefix (answer->str, "HTTP/1.1 "));
  g_assert_nonnull (end);
  headers = g_strndup (answer->str, (gsize) (end - answer->str));
  body = end + 4;
  status = (guint) g_ascii_strtoull (answer->str + strlen ("HTTP/1.1 "), NULL, 10);
  if (!is_expected (status))
    g_error ("unexpected: %s", answer->str);
  if (head || status == 204)
    {
      g_assert_cmpstr (body, ==, "");
      return;
    }
  if (strstr (headers, "Transfer-Encoding: chunked") != NULL
      || strstr (headers, "Content-Type: application/openmetrics-text") != NULL)
    return;
  /* What is no URL at all is refused before we are asked, and without words. */
  if (status == 400 && *body == '\0')
    return;
  g_assert_cmpuint (strlen (body), ==, answer->len - (gsize) (body - answer->str));
  g_assert_nonnull (strstr (headers, status < 400 ? "Content-Type: application/json"
                                                  : "Content-Type: application/problem+json"));
  musterd_json_check (body, strlen (body), &error);
  g_assert_no_error (error);
  if (status >= 400)
    check_problem (body, status);
}

/* Requests. */

static gboolean
is_token (const char *text)
{
  for (const char *p = text; *p != '\0'; p++)
    if (!g_ascii_isgraph (*p) || *p == '#')
      return FALSE;
  return *text != '\0';
}

/* One that waits for news is answered when there are some, and nobody makes any; and a stream has no end. */
static gboolean
would_wait (const char *method, const char *target)
{
  g_auto(GStrv) parts = g_strsplit (target, "?", 2);
  char *args[MUSTERD_ROUTE_ARGS_MAX] = { NULL };
  g_autofree char *allow = NULL;
  g_autoptr(MusterdQuery) query = NULL;
  gsize n_routes = 0;
  const MusterdRoute *routes = musterd_routes_get (&n_routes);
  const MusterdRoute *route = musterd_route_find (routes, n_routes, method, parts[0], args, &allow, NULL);

  for (gsize i = 0; i < MUSTERD_ROUTE_ARGS_MAX; i++)
    g_free (args[i]);
  if (route != NULL && g_str_equal (route->path, "/v1/events"))
    return TRUE;
  if (route == NULL || parts[1] == NULL)
    return FALSE;
  query = musterd_query_parse (parts[1], route->query, NULL);
  return query != NULL && musterd_query_get (query, "wait") != NULL;
}

static const char *
type_of (char letter)
{
  switch (letter)
    {
    case 'j':
      return "application/json";
    case 'c':
      return "text/csv";
    case 'f':
      return "application/octet-stream";
    default:
      return "text/plain";
    }
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  FuzzBytes bytes = { data, data + size };
  g_autofree char *method = fuzz_text (&bytes);
  g_autofree char *target = fuzz_text (&bytes);
  g_autofree char *type = fuzz_text (&bytes);
  const gsize length = (gsize) (bytes.end - bytes.p);
  g_autoptr(GString) request = g_string_new (NULL);
  g_autoptr(GString) answer = NULL;

  if (!is_token (method) || target[0] != '/' || !is_token (target) || strlen (method) > 32 || strlen (target) > 8000
      || would_wait (method, target))
    return 0;
  if (world.api == NULL)
    begin ();

  g_string_printf (request, "%s %s HTTP/1.1\r\nHost: muster\r\nConnection: close\r\n", method, target);
  if (length > 0)
    g_string_append_printf (request, "Content-Type: %s\r\nContent-Length: %" G_GSIZE_FORMAT "\r\n", type_of (type[0]),
                            length);
  g_string_append (request, "\r\n");
  g_string_append_len (request, (const char *) bytes.p, (gssize) length);

  answer = ask (request);
  check_answer (answer, g_str_equal (method, "HEAD"));
  tidy_up (&world);
  return 0;
}
