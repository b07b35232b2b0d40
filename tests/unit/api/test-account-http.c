/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Requests of an account behind a directory service that hangs and changes its mind, over the real socket. */
#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <string.h>

#include "api/api.h"
#include "model/error.h"
#include "record.h"

#define WATCHDOG_SECONDS 60
#define FOREVER_MS (WATCHDOG_SECONDS * 1000)
#define ALICE "alice@example.com"
#define BOB "bob@example.com"
#define HEAD " HTTP/1.1\r\nHost: muster\r\nConnection: close\r\n"

typedef struct
{
  char            *dir, *path;
  MusterdClock    *clock;
  MusterdEngine   *engine;
  MusterdDispatch *dispatch;
  MusterdApi      *api;
  GSource         *watchdog;

  /* The directory; under the mutex. */
  GMutex   mutex;
  GCond    cond;
  gboolean hangs, member;
  guint    n_begun, n_ended;
  gint64   passed; /* microseconds that the clock is ahead */
} Fixture;

/* One exchange, made on a thread of its own while this one runs the engine. */
typedef struct
{
  const char *path;
  GString    *request, *answer;
  const char *after_continue; /* nullable: sent when the daemon says that it wants it */
  GMutex      mutex;          /* of the answer, while it grows */
  gint        done;           /* atomic */
  GThread    *thread;
} Exchange;

static gboolean
on_watchdog (gpointer data)
{
  g_error ("%s: nothing happens any more", (const char *) data);
  return G_SOURCE_REMOVE;
}

static gboolean
look_up (uid_t uid G_GNUC_UNUSED, const char *group G_GNUC_UNUSED, char **name, gboolean *member, gpointer data,
         GError **error G_GNUC_UNUSED)
{
  Fixture *fixture = data;
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&fixture->mutex);

  fixture->n_begun++;
  g_cond_broadcast (&fixture->cond);
  while (fixture->hangs)
    g_cond_wait (&fixture->cond, &fixture->mutex);
  fixture->n_ended++;
  g_cond_broadcast (&fixture->cond);
  *name = g_strdup ("carol");
  *member = fixture->member;
  return TRUE;
}

static gboolean
is_owner (uid_t uid G_GNUC_UNUSED, gpointer data G_GNUC_UNUSED)
{
  return FALSE;
}

static gint64
get_time (gpointer data)
{
  Fixture *fixture = data;
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&fixture->mutex);

  return G_TIME_SPAN_HOUR + fixture->passed;
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
  const char *fields[MUSTERD_N_USER_FIELDS] = { [MUSTERD_USER_UNIX_USER] = account };
  g_autoptr(GError) error = NULL;
  g_autoptr(MusterdUser) user = musterd_user_new (id, fields, NULL, &error);
  gboolean done = FALSE;

  g_assert_no_error (error);
  musterd_engine_put_users (fixture->engine, &user, 1, MUSTERD_PUT_ANY, on_put, &done);
  while (!done)
    g_main_context_iteration (NULL, TRUE);
}

/* `data`: nullable; "late": the daemon has no patience. */
static void
setup (Fixture *fixture, gconstpointer data)
{
  const MusterdNss nss = { look_up, is_owner, get_time, fixture, data != NULL ? 1 : FOREVER_MS,
                           data != NULL ? 2 : 2 * FOREVER_MS };
  g_autoptr(MusterdSettings) settings = musterd_settings_new_default ();
  g_autoptr(GError) error = NULL;
  MusterdApiServices services = { 0 };

  fixture->watchdog = g_timeout_source_new_seconds (WATCHDOG_SECONDS);
  g_source_set_callback (fixture->watchdog, on_watchdog, (gpointer) g_test_get_path (), NULL);
  g_source_attach (fixture->watchdog, NULL);
  g_mutex_init (&fixture->mutex);
  g_cond_init (&fixture->cond);
  fixture->hangs = TRUE;
  fixture->dir = g_dir_make_tmp ("muster-api-XXXXXX", &error);
  g_assert_no_error (error);
  fixture->path = g_build_filename (fixture->dir, "socket", NULL);
  fixture->clock = musterd_clock_new_real ();
  fixture->engine = musterd_engine_new (fixture->clock, NULL, settings, &error);
  g_assert_no_error (error);
  fixture->dispatch = musterd_dispatch_new (fixture->engine, fixture->clock);
  put_user (fixture, ALICE, "carol");

  services.engine = fixture->engine;
  services.dispatch = fixture->dispatch;
  services.state_dir = fixture->dir;
  services.socket_path = fixture->path;
  services.nss = &nss;
  fixture->api = musterd_api_new (&services, &error);
  g_assert_no_error (error);
}

static void
set_directory (Fixture *fixture, gboolean hangs, gboolean member)
{
  g_mutex_lock (&fixture->mutex);
  fixture->hangs = hangs;
  fixture->member = member;
  g_cond_broadcast (&fixture->cond);
  g_mutex_unlock (&fixture->mutex);
}

static void
wait_begun (Fixture *fixture, guint n)
{
  g_mutex_lock (&fixture->mutex);
  while (fixture->n_begun < n)
    g_cond_wait (&fixture->cond, &fixture->mutex);
  g_mutex_unlock (&fixture->mutex);
}

/* So long that every answer is to be renewed. */
static void
let_pass (Fixture *fixture)
{
  g_mutex_lock (&fixture->mutex);
  fixture->passed += 10 * G_TIME_SPAN_SECOND;
  g_mutex_unlock (&fixture->mutex);
}

static void
teardown (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_clear_pointer (&fixture->api, musterd_api_free);
  set_directory (fixture, FALSE, FALSE);
  g_mutex_lock (&fixture->mutex);
  while (fixture->n_ended < fixture->n_begun)
    g_cond_wait (&fixture->cond, &fixture->mutex);
  g_mutex_unlock (&fixture->mutex);
  musterd_dispatch_free (fixture->dispatch);
  musterd_engine_free (fixture->engine);
  musterd_clock_unref (fixture->clock);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_cond_clear (&fixture->cond);
  g_mutex_clear (&fixture->mutex);
  g_source_destroy (fixture->watchdog);
  g_source_unref (fixture->watchdog);
  g_assert_cmpint (g_rmdir (fixture->dir), ==, 0);
  g_free (fixture->dir);
  g_free (fixture->path);
}

static gpointer
run_exchange (gpointer data)
{
  Exchange *exchange = data;
  g_autoptr(GSocketAddress) address = g_unix_socket_address_new (exchange->path);
  g_autoptr(GSocketClient) client = g_socket_client_new ();
  g_autoptr(GSocketConnection) connection = NULL;
  g_autoptr(GError) error = NULL;
  const char *more = exchange->after_continue;
  char buffer[65536];
  GOutputStream *out;
  GInputStream *in;
  gssize size;

  g_socket_client_set_timeout (client, WATCHDOG_SECONDS);
  connection = g_socket_client_connect (client, G_SOCKET_CONNECTABLE (address), NULL, &error);
  g_assert_no_error (error);
  out = g_io_stream_get_output_stream (G_IO_STREAM (connection));
  in = g_io_stream_get_input_stream (G_IO_STREAM (connection));
  g_output_stream_write_all (out, exchange->request->str, exchange->request->len, NULL, NULL, NULL);
  while ((size = g_input_stream_read (in, buffer, sizeof buffer, NULL, NULL)) > 0)
    {
      g_mutex_lock (&exchange->mutex);
      g_string_append_len (exchange->answer, buffer, size);
      if (more != NULL && g_str_has_prefix (exchange->answer->str, "HTTP/1.1 100 ")
          && g_str_has_suffix (exchange->answer->str, "\r\n\r\n"))
        {
          g_string_truncate (exchange->answer, 0);
          g_string_append (exchange->request, more);
          g_output_stream_write_all (out, more, strlen (more), NULL, NULL, NULL);
          more = NULL;
        }
      g_mutex_unlock (&exchange->mutex);
      g_main_context_wakeup (NULL);
    }
  record_exchange (exchange->request->str, exchange->request->len, exchange->answer->str, exchange->answer->len);
  g_atomic_int_set (&exchange->done, 1);
  g_main_context_wakeup (NULL);
  return NULL;
}

static void
begin (Fixture *fixture, Exchange *exchange, const char *request)
{
  exchange->path = fixture->path;
  exchange->request = g_string_new (request);
  exchange->answer = g_string_new (NULL);
  exchange->done = 0;
  g_mutex_init (&exchange->mutex);
  exchange->thread = g_thread_new ("client", run_exchange, exchange);
}

static void
finish (Exchange *exchange, const char *like)
{
  while (!g_atomic_int_get (&exchange->done))
    g_main_context_iteration (NULL, TRUE);
  g_thread_join (exchange->thread);
  if (!g_pattern_match_simple (like, exchange->answer->str))
    g_error ("'%s' is not like '%s'", exchange->answer->str, like);
  g_string_free (exchange->answer, TRUE);
  g_string_free (exchange->request, TRUE);
  g_mutex_clear (&exchange->mutex);
}

static void
ask (Fixture *fixture, const char *request, const char *like)
{
  Exchange exchange = { 0 };

  begin (fixture, &exchange, request);
  finish (&exchange, like);
}

static void
await_piece (Exchange *exchange, const char *piece)
{
  for (gboolean seen = FALSE; !seen;)
    {
      g_assert_false (g_atomic_int_get (&exchange->done));
      g_main_context_iteration (NULL, FALSE);
      g_mutex_lock (&exchange->mutex);
      seen = strstr (exchange->answer->str, piece) != NULL;
      g_mutex_unlock (&exchange->mutex);
      g_thread_yield ();
    }
}

#define STATUS "GET /v1/status" HEAD "\r\n"
#define CHOOSE "PUT /v1/presence/" ALICE HEAD "Content-Type: application/json\r\nContent-Length: 17\r\n"
#define CHOICE "{\"status\":\"busy\"}"

typedef struct
{
  const char *name, *request;
  const char *after_continue; /* nullable */
  const char *like;
} Case;

static const Case cases[] = {
  { "without-body", STATUS, NULL, "HTTP/1.1 200 *\"you\":{\"user\":\"" ALICE "\",\"admin\":false}}" },
  { "with-body", CHOOSE "\r\n" CHOICE, NULL, "HTTP/1.1 200 *\"status\":\"busy\"*" },
  { "with-chunks",
    "PUT /v1/presence/" ALICE HEAD "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    "11\r\n" CHOICE "\r\n0\r\n\r\n",
    NULL, "HTTP/1.1 200 *\"status\":\"busy\"*" },
  { "continued", CHOOSE "Expect: 100-continue\r\n\r\n", CHOICE, "HTTP/1.1 200 *\"status\":\"busy\"*" },
  { "refused",
    "POST /v1/users" HEAD "Content-Type: application/json\r\nContent-Length: 10\r\n\r\n{\"id\":\"x\"}", NULL,
    "HTTP/1.1 403 *" },
  { "refused-instead-of-continued",
    "POST /v1/users" HEAD "Content-Type: application/json\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n", NULL,
    "HTTP/1.1 403 *" },
};

/* It waits for the answer of the directory, and only then goes on. */
static void
test_case (Fixture *fixture, gconstpointer data)
{
  const Case *c = data;
  Exchange exchange = { .after_continue = c->after_continue };

  begin (fixture, &exchange, c->request);
  wait_begun (fixture, 1);
  /* Others need not. */
  ask (fixture, "GET /healthz" HEAD "\r\n", "HTTP/1.1 200 *");
  ask (fixture, "GET /v1/status" HEAD "Authorization: Bearer muster_x\r\n\r\n", "HTTP/1.1 401 *");
  g_mutex_lock (&exchange.mutex);
  g_assert_cmpuint (exchange.answer->len, ==, 0);
  g_mutex_unlock (&exchange.mutex);
  set_directory (fixture, FALSE, FALSE);
  finish (&exchange, c->like);
}

static void
setup_case (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  setup (fixture, NULL);
}

static GLogWriterOutput
on_written (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  for (gsize i = 0; i < n_fields; i++)
    if (g_str_equal (fields[i].key, "MESSAGE") && strstr (fields[i].value, "see 'getent passwd") != NULL)
      return G_LOG_WRITER_HANDLED;
  return g_log_writer_default (level, fields, n_fields, user_data);
}

static void
test_late (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  ask (fixture, STATUS, "HTTP/1.1 503 *application/problem+json*did not end*getent passwd*");
  ask (fixture, CHOOSE "Expect: 100-continue\r\n\r\n", "HTTP/1.1 503 *did not end*");
}

static void
test_stopped (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  Exchange exchange = { 0 };

  begin (fixture, &exchange, STATUS);
  wait_begun (fixture, 1);
  g_clear_pointer (&fixture->api, musterd_api_free);
  finish (&exchange, "HTTP/1.1 503 *stopping*");
}

/* A member of the group that follows, and is one no more. */
static void
test_events_of_who_changed (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  Exchange events = { 0 };

  set_directory (fixture, FALSE, TRUE);
  begin (fixture, &events, "GET /v1/events" HEAD "\r\n");
  await_piece (&events, "event: synced");
  ask (fixture, STATUS, "HTTP/1.1 200 *\"admin\":true}}");
  set_directory (fixture, FALSE, FALSE);
  let_pass (fixture);
  ask (fixture, STATUS, "HTTP/1.1 200 *\"admin\":false}}");
  finish (&events, "HTTP/1.1 200 *event: synced*");
}

/* Two who name the same account: it is nobody's. */
static void
test_events_of_two (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  Exchange events = { 0 };

  set_directory (fixture, FALSE, FALSE);
  begin (fixture, &events, "GET /v1/events" HEAD "\r\n");
  await_piece (&events, "event: synced");
  put_user (fixture, BOB, NULL);
  await_piece (&events, BOB);
  put_user (fixture, BOB, "carol");
  finish (&events, "HTTP/1.1 200 *event: synced*");
  ask (fixture, STATUS, "HTTP/1.1 403 *");
}

#define ADD(path, func) g_test_add (path, Fixture, NULL, setup, func, teardown)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_writer_func (on_written, NULL, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/account/waits/", cases[i].name, NULL);

      g_test_add (path, Fixture, &cases[i], setup_case, test_case, teardown);
    }
  g_test_add ("/account/late", Fixture, "late", setup, test_late, teardown);
  ADD ("/account/stopped", test_stopped);
  ADD ("/account/events-of-who-changed", test_events_of_who_changed);
  ADD ("/account/events-of-two", test_events_of_two);
  return g_test_run ();
}
