/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What settings make of who sees whom, over the real socket: presence that is switched off, how far the owner's own word
 * goes, and a change for very many at once. */
#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <string.h>

#include "api/api.h"
#include "engine/scopes.h"
#include "fake-host.h"
#include "record.h"

#define WATCHDOG_SECONDS 60
#define ALICE "alice@example.com"
#define BOB "bob@example.com"
#define CROWD 400 /* more than are looked at one by one */

typedef struct
{
  char            *dir, *path;
  MusterdClock    *clock;
  MusterdStore    *store;
  MusterdEngine   *engine;
  MusterdDispatch *dispatch;
  MusterdApi      *api;
  GSource         *watchdog;
  char            *alice, *bob; /* their tokens */
  guint            n_done;
} Fixture;

/* One exchange, made on a thread of its own while this one runs the engine. */
typedef struct
{
  const char *path;
  char       *request;
  GString    *answer;
  gsize       seen; /* of it, by await() */
  GMutex      mutex;
  gint        done; /* atomic */
  GCancellable *hang_up;
  GThread    *thread;
} Exchange;

static gboolean
on_watchdog (gpointer data)
{
  g_error ("%s: nothing happens any more", (const char *) data);
  return G_SOURCE_REMOVE;
}

static void
on_done (const GError *error, gpointer data)
{
  g_assert_no_error (error);
  ((Fixture *) data)->n_done++;
}

static void
wait_done (Fixture *fixture)
{
  while (fixture->n_done == 0)
    g_main_context_iteration (NULL, TRUE);
  fixture->n_done = 0;
}

static MusterdUser *
make_user (const char *id, const char *location)
{
  const char *fields[MUSTERD_N_USER_FIELDS] = { [MUSTERD_USER_LOCATION] = location };
  g_autoptr(GError) error = NULL;
  MusterdUser *user = musterd_user_new (id, fields, NULL, &error);

  g_assert_no_error (error);
  return user;
}

static void
put_users (Fixture *fixture)
{
  g_autoptr(GPtrArray) users = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_user_unref);

  g_ptr_array_add (users, make_user (ALICE, "Bonn"));
  g_ptr_array_add (users, make_user (BOB, "Berlin"));
  for (guint i = 0; i < CROWD; i++)
    {
      g_autofree char *id = g_strdup_printf ("user%u", i);

      g_ptr_array_add (users, make_user (id, "Paris"));
    }
  musterd_engine_put_users (fixture->engine, (MusterdUser *const *) users->pdata, users->len, MUSTERD_PUT_ANY, on_done,
                            fixture);
  wait_done (fixture);
}

static void
set (Fixture *fixture, const char *scope, const char *block, const char *option, const char *value)
{
  GPtrArray *changes = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_setting_change_free);

  g_ptr_array_add (changes, musterd_setting_change_new (block, option, value, MUSTERD_POLICY_INHERIT));
  musterd_engine_change_settings (fixture->engine, scope, changes, NULL, on_done, fixture);
  wait_done (fixture);
}

static gpointer
run_exchange (gpointer data)
{
  Exchange *exchange = data;
  g_autoptr(GSocketAddress) address = g_unix_socket_address_new (exchange->path);
  g_autoptr(GSocketClient) client = g_socket_client_new ();
  g_autoptr(GSocketConnection) connection = NULL;
  g_autoptr(GError) error = NULL;
  GOutputStream *out;
  GInputStream *in;
  char buffer[4096];
  gssize size;

  g_socket_client_set_timeout (client, WATCHDOG_SECONDS);
  connection = g_socket_client_connect (client, G_SOCKET_CONNECTABLE (address), NULL, &error);
  g_assert_no_error (error);
  out = g_io_stream_get_output_stream (G_IO_STREAM (connection));
  in = g_io_stream_get_input_stream (G_IO_STREAM (connection));
  g_output_stream_write_all (out, exchange->request, strlen (exchange->request), NULL, NULL, NULL);
  while ((size = g_input_stream_read (in, buffer, sizeof buffer, exchange->hang_up, NULL)) > 0)
    {
      g_mutex_lock (&exchange->mutex);
      g_string_append_len (exchange->answer, buffer, size);
      g_mutex_unlock (&exchange->mutex);
      g_main_context_wakeup (NULL);
    }
  if (!g_cancellable_is_cancelled (exchange->hang_up))
    record_exchange (exchange->request, strlen (exchange->request), exchange->answer->str, exchange->answer->len);
  g_atomic_int_set (&exchange->done, 1);
  g_main_context_wakeup (NULL);
  return NULL;
}

/* `token` nullable: the account's rights, which are an administrator's. */
static void
begin (Fixture *fixture, Exchange *exchange, const char *token, const char *method, const char *path, const char *body)
{
  g_autoptr(GString) request = g_string_new (NULL);

  g_string_printf (request, "%s %s HTTP/1.1\r\nHost: muster\r\nConnection: close\r\n", method, path);
  if (token != NULL)
    g_string_append_printf (request, "Authorization: Bearer %s\r\n", token);
  if (body != NULL)
    g_string_append_printf (request, "Content-Type: application/json\r\nContent-Length: %" G_GSIZE_FORMAT "\r\n",
                            strlen (body));
  g_string_append_printf (request, "\r\n%s", body != NULL ? body : "");
  memset (exchange, 0, sizeof *exchange);
  exchange->path = fixture->path;
  exchange->request = g_string_free (g_steal_pointer (&request), FALSE);
  exchange->answer = g_string_new (NULL);
  exchange->hang_up = g_cancellable_new ();
  g_mutex_init (&exchange->mutex);
  exchange->thread = g_thread_new ("client", run_exchange, exchange);
}

/* The whole answer. */
static char *
finish (Exchange *exchange)
{
  while (!g_atomic_int_get (&exchange->done))
    g_main_context_iteration (NULL, TRUE);
  g_thread_join (exchange->thread);
  g_free (exchange->request);
  g_object_unref (exchange->hang_up);
  g_mutex_clear (&exchange->mutex);
  return g_string_free (exchange->answer, FALSE);
}

static void
hang_up (Exchange *exchange)
{
  g_cancellable_cancel (exchange->hang_up);
  g_free (finish (exchange));
}

static char *
ask (Fixture *fixture, const char *token, const char *method, const char *path, const char *body, const char *like)
{
  Exchange exchange;
  g_autofree char *answer = NULL;

  begin (fixture, &exchange, token, method, path, body);
  answer = finish (&exchange);
  if (!g_pattern_match_simple (like, answer))
    g_error ("%s %s: '%s' is not like '%s'", method, path, answer, like);
  return g_steal_pointer (&answer);
}

#define ASK(...) g_free (ask (__VA_ARGS__))

/* What has come of a stream since the last time, up to and with this. */
static char *
await (Exchange *exchange, const char *piece)
{
  for (;;)
    {
      g_autofree char *rest = NULL;
      const char *found;

      g_mutex_lock (&exchange->mutex);
      rest = g_strdup (exchange->answer->str + exchange->seen);
      g_mutex_unlock (&exchange->mutex);
      found = strstr (rest, piece);
      if (found != NULL)
        {
          exchange->seen += (gsize) (found - rest) + strlen (piece);
          return g_strndup (rest, (gsize) (found - rest) + strlen (piece));
        }
      g_assert_false (g_atomic_int_get (&exchange->done));
      g_main_context_iteration (NULL, FALSE);
      g_thread_yield ();
    }
}

static char *
make_token (Fixture *fixture, const char *user)
{
  g_autofree char *body = g_strdup_printf ("{\"user\":\"%s\"}", user);
  g_autofree char *answer = ask (fixture, NULL, "POST", "/v1/tokens", body, "HTTP/1.1 201 *");
  const char *token = strstr (answer, "\"token\":\"") + strlen ("\"token\":\"");

  return g_strndup (token, strcspn (token, "\""));
}

static void
setup (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr(GError) error = NULL;
  MusterdApiServices services = { 0 };

  fixture->watchdog = g_timeout_source_new_seconds (WATCHDOG_SECONDS);
  g_source_set_callback (fixture->watchdog, on_watchdog, (gpointer) g_test_get_path (), NULL);
  g_source_attach (fixture->watchdog, NULL);
  fixture->dir = g_dir_make_tmp ("muster-api-XXXXXX", &error);
  g_assert_no_error (error);
  fixture->path = g_build_filename (fixture->dir, "socket", NULL);
  fixture->store = musterd_store_open (fixture->dir, &error);
  g_assert_no_error (error);
  fixture->clock = musterd_clock_new_real ();
  fixture->engine = musterd_engine_new (fixture->clock, fixture->store, NULL, &error);
  g_assert_no_error (error);
  fixture->dispatch = musterd_dispatch_new (fixture->engine, fixture->clock);
  put_users (fixture);
  services.engine = fixture->engine;
  services.dispatch = fixture->dispatch;
  services.store = fixture->store;
  services.state_dir = fixture->dir;
  services.socket_path = fixture->path;
  services.socket_group = "no-such-group";
  fixture->api = musterd_api_new (&services, &error);
  g_assert_no_error (error);
  fixture->alice = make_token (fixture, ALICE);
  fixture->bob = make_token (fixture, BOB);
}

static void
teardown (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr(GDir) dir = NULL;

  musterd_api_free (fixture->api);
  musterd_dispatch_free (fixture->dispatch);
  musterd_engine_free (fixture->engine);
  musterd_store_close (fixture->store);
  musterd_clock_unref (fixture->clock);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_source_destroy (fixture->watchdog);
  g_source_unref (fixture->watchdog);
  dir = g_dir_open (fixture->dir, 0, NULL);
  for (const char *name = g_dir_read_name (dir); name != NULL; name = g_dir_read_name (dir))
    {
      g_autofree char *path = g_build_filename (fixture->dir, name, NULL);

      g_assert_cmpint (g_remove (path), ==, 0);
    }
  g_assert_cmpint (g_rmdir (fixture->dir), ==, 0);
  g_free (fixture->alice);
  g_free (fixture->bob);
  g_free (fixture->dir);
  g_free (fixture->path);
  fake_host_reset ();
}

/* Nobody sees or sets presence where it is switched off; why is told to whom it concerns. */
static void
test_switched_off (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  static const struct
  {
    const char *method, *path, *body; /* body nullable */
  } requests[] = {
    { "GET", "/v1/presence/" ALICE, NULL },
    { "PUT", "/v1/presence/" ALICE, "{\"status\":\"busy\"}" },
    { "DELETE", "/v1/presence/" ALICE, NULL },
    { "GET", "/v1/presence/" ALICE "/why", NULL },
    { "GET", "/v1/users/" ALICE "/appointments", NULL },
    { "POST", "/v1/users/" ALICE "/appointments/x/ignore", "{}" },
  };
  const char *const eyes[] = { NULL, fixture->alice, fixture->bob };
  Exchange streams[G_N_ELEMENTS (eyes)];

  for (gsize i = 0; i < G_N_ELEMENTS (eyes); i++)
    {
      begin (fixture, &streams[i], eyes[i], "GET", "/v1/events?users=" ALICE "," BOB, NULL);
      g_free (await (&streams[i], "event: synced"));
    }
  set (fixture, "location:Bonn", "presence", "use", "false");
  for (gsize i = 0; i < G_N_ELEMENTS (eyes); i++)
    {
      G_GNUC_UNUSED g_autofree char *told = await (&streams[i], "event: removed\ndata: {\"user\":\"" ALICE "\"}");
      g_autofree char *list = ask (fixture, eyes[i], "GET", "/v1/presence", NULL, "HTTP/1.1 200 *\"" BOB "\"*");

      g_assert_null (strstr (list, ALICE));
    }
  for (gsize i = 0; i < G_N_ELEMENTS (requests); i++)
    {
      ASK (fixture, NULL, requests[i].method, requests[i].path, requests[i].body, "HTTP/1.1 409 *switched off*presence.use*");
      ASK (fixture, fixture->alice, requests[i].method, requests[i].path, requests[i].body,
           "HTTP/1.1 409 *switched off*presence.use*");
    }
  ASK (fixture, fixture->bob, "GET", "/v1/presence/" ALICE, NULL, "HTTP/1.1 404 *there is no user '" ALICE "'*");
  ASK (fixture, NULL, "GET", "/v1/relationships/" ALICE "/" BOB, NULL,
       "HTTP/1.1 200 *\"level\":\"blocked\",\"decided_by\":null,*\"in_use\":false*");
  ASK (fixture, NULL, "GET", "/v1/users/" ALICE, NULL, "HTTP/1.1 200 *");

  set (fixture, "location:Bonn", "presence", "use", NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (eyes); i++)
    {
      g_free (await (&streams[i], "event: presence\ndata: {\"user\":\"" ALICE "\""));
      ASK (fixture, eyes[i], "GET", "/v1/presence/" ALICE, NULL, "HTTP/1.1 200 *");
      hang_up (&streams[i]);
    }
}

/* A refusal names the setting that forbids; what was said before comes into its own again when the setting does. */
static void
test_users_may (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  static const char pair[] = "/v1/relationships/" ALICE "/" BOB;

  ASK (fixture, fixture->alice, "PUT", pair, "{\"level\":\"blocked\"}", "HTTP/1.1 200 *\"level\":\"blocked\"*");
  set (fixture, "all", "relationships", "users-may", "extend");
  ASK (fixture, fixture->bob, "GET", "/v1/presence/" ALICE, NULL, "HTTP/1.1 200 *");
  ASK (fixture, fixture->alice, "PUT", pair, "{\"level\":\"blocked\"}", "HTTP/1.1 403 *relationships.users-may*'extend'*");
  ASK (fixture, NULL, "PUT", pair, "{\"level\":\"blocked\",\"as\":\"owner\"}", "HTTP/1.1 403 *relationships.users-may*");
  ASK (fixture, fixture->alice, "GET", pair, NULL, "HTTP/1.1 200 *\"decided_by\":\"others\",\"users_may\":\"extend\"*");
  set (fixture, "all", "relationships", "users-may", "neither");
  ASK (fixture, fixture->alice, "PUT", pair, "{\"level\":\"assistant\"}", "HTTP/1.1 403 *relationships.users-may*'neither'*");
  ASK (fixture, NULL, "PUT", pair, "{\"level\":\"assistant\"}", "HTTP/1.1 200 *\"level\":\"assistant\"*");
  set (fixture, "all", "relationships", "users-may", NULL);
  ASK (fixture, fixture->bob, "GET", "/v1/presence/" ALICE, NULL, "HTTP/1.1 404 *");
}

/* Defaults of the settings, for those of the same location and all others. */
static void
test_defaults (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  ASK (fixture, fixture->alice, "PUT", "/v1/presence/" ALICE, "{\"status\":\"busy\",\"text\":\"here\"}",
       "HTTP/1.1 200 *");
  set (fixture, "location:Bonn", "relationships", "others", "team-colleague");
  ASK (fixture, fixture->bob, "GET", "/v1/presence/" ALICE, NULL, "HTTP/1.1 200 *\"text\":\"here\"*");
  ASK (fixture, fixture->alice, "GET", "/v1/presence/" BOB, NULL, "HTTP/1.1 200 *\"kind\":null*");
  set (fixture, "location:Bonn", "relationships", "others", "blocked");
  ASK (fixture, fixture->bob, "GET", "/v1/presence/" ALICE, NULL, "HTTP/1.1 404 *");
}

static guint
count (const char *text, const char *piece)
{
  guint n = 0;

  for (const char *p = strstr (text, piece); p != NULL; p = strstr (p + 1, piece))
    n++;
  return n;
}

/* Where many owners change at once, who follows is brought up to date by everything; who comes back, too. */
static void
test_crowd (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  Exchange bob, again;
  g_autofree char *first = NULL, *blocked = NULL, *path = NULL, *late = NULL, *back = NULL, *unseen = NULL;
  const char *revision;

  begin (fixture, &bob, fixture->bob, "GET", "/v1/events", NULL);
  first = await (&bob, "event: synced\ndata: {\"revision\":");
  g_assert_cmpuint (count (first, "event: presence"), ==, CROWD + 2);
  revision = g_strrstr (first, "id: ") + strlen ("id: ");
  path = g_strdup_printf ("/v1/events?after=%.*s", (int) strcspn (revision, "\n"), revision);

  set (fixture, "location:Paris", "relationships", "others", "blocked");
  blocked = await (&bob, "event: synced");
  g_assert_cmpuint (count (blocked, "event: reset"), ==, 1);
  g_assert_cmpuint (count (blocked, "event: presence"), ==, 2);
  g_assert_cmpuint (count (blocked, "event: removed"), ==, 0);
  begin (fixture, &again, fixture->bob, "GET", path, NULL);
  late = await (&again, "event: synced");
  g_assert_cmpuint (count (late, "event: reset"), ==, 1);
  g_assert_cmpuint (count (late, "event: presence"), ==, 2);
  hang_up (&again);

  set (fixture, "location:Paris", "relationships", "others", NULL);
  back = await (&bob, "event: synced");
  g_assert_cmpuint (count (back, "event: presence"), ==, CROWD + 2);

  /* What nobody can see is told to nobody. */
  set (fixture, "location:Paris", "calendar", "days-ahead", "3");
  ASK (fixture, NULL, "PUT", "/v1/presence/" ALICE, "{\"status\":\"busy\"}", "HTTP/1.1 200 *");
  unseen = await (&bob, "\"" ALICE "\"");
  g_assert_cmpuint (count (unseen, "event: "), ==, 1);
  hang_up (&bob);
}

#define TEST(path, func) g_test_add (path, Fixture, NULL, setup, func, teardown)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  TEST ("/relation/switched-off", test_switched_off);
  TEST ("/relation/users-may", test_users_may);
  TEST ("/relation/defaults", test_defaults);
  TEST ("/relation/crowd", test_crowd);
  return g_test_run ();
}
