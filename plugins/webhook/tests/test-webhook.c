/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plugin as a host sees it, against a receiver in this process. Time and secrets are the test's. */
#include "http-fixture.h"

#include "muster-testing.h"

#define SECOND G_TIME_SPAN_SECOND
#define MOMENT MUSTER_TESTING_EPOCH /* 2026-03-02T09:00:00Z */

typedef struct
{
  MusterTesting *host;
  char          *dir;       /* nullable: plain HTTP */
  guint          port;
  /* The receiver, on a thread of its own; the mutex guards what follows. */
  GThread       *thread;
  GMainContext  *context;
  GMainLoop     *loop;
  GMutex         mutex;
  SoupServer    *server;
  guint          status;    /* 0: never answers */
  const char    *retry_after, *location; /* nullable */
  gsize          answer_size;
  guint          n_requests;
  char          *method, *body, *signature, *id, *content_type; /* nullable; of the last request */
} Fixture;

static void
on_request (G_GNUC_UNUSED SoupServer *server, SoupServerMessage *message, G_GNUC_UNUSED const char *path,
            G_GNUC_UNUSED GHashTable *query, gpointer user_data)
{
  Fixture *f = user_data;
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);
  SoupMessageHeaders *answer = soup_server_message_get_response_headers (message);
  g_autoptr(GBytes) bytes = soup_message_body_flatten (soup_server_message_get_request_body (message));
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&f->mutex);

  f->n_requests++;
  g_free (f->method);
  g_free (f->body);
  g_free (f->signature);
  g_free (f->id);
  g_free (f->content_type);
  f->method = g_strdup (soup_server_message_get_method (message));
  f->body = g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  f->signature = g_strdup (soup_message_headers_get_one (headers, "Muster-Signature"));
  f->id = g_strdup (soup_message_headers_get_one (headers, "Muster-Delivery"));
  f->content_type = g_strdup (soup_message_headers_get_one (headers, "Content-Type"));

  if (f->status == 0)
    {
      soup_server_message_pause (message);
      /* Nothing comes back that would end the test's waiting; this does. */
      muster_context_log (muster_testing_get_context (f->host), MUSTER_LOG_DEBUG, "a request is there");
      return;
    }
  if (f->retry_after != NULL)
    soup_message_headers_append (answer, "Retry-After", f->retry_after);
  if (f->location != NULL)
    soup_message_headers_append (answer, "Location", f->location);
  soup_server_message_set_status (message, f->status, NULL);
  soup_server_message_set_response (message, "text/plain", SOUP_MEMORY_TAKE, g_strnfill (f->answer_size, 'x'),
                                    f->answer_size);
}

static gboolean
on_receiver_ends (gpointer user_data)
{
  Fixture *f = user_data;

  server_close (f->server);
  g_main_loop_quit (f->loop);
  return G_SOURCE_REMOVE;
}

static gpointer
receiver_run (gpointer data)
{
  Fixture *f = data;

  g_main_context_push_thread_default (f->context);
  f->server = soup_server_new (NULL, NULL);
  soup_server_add_handler (f->server, NULL, on_request, f, NULL);
  guint port = server_listen (f->server, f->dir);
  g_atomic_int_set (&f->port, port);
  g_main_loop_run (f->loop);
  while (g_main_context_iteration (f->context, FALSE))
    ;
  g_clear_object (&f->server);
  g_main_context_pop_thread_default (f->context);
  return NULL;
}

static void
receiver_end (Fixture *f)
{
  if (f->thread == NULL)
    return;
  g_main_context_invoke (f->context, on_receiver_ends, f);
  g_thread_join (g_steal_pointer (&f->thread));
}

static void
receiver_answers (Fixture *f, guint status)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&f->mutex);

  f->status = status;
}

static guint
requests (Fixture *f)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&f->mutex);

  return f->n_requests;
}

extern const MusterPluginDescriptor *muster_plugin_1_query (void);

static void
set_option (Fixture *f, const char *name, const char *value)
{
  g_autoptr(GError) error = NULL;

  muster_testing_set_option (f->host, name, value, &error);
  g_assert_no_error (error);
}

/* A receiver, and the plugin not yet open. FALSE: skipped. */
static gboolean
fixture_set_up (Fixture *f, gboolean tls)
{
  *f = (Fixture){ .status = 204 };
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
  f->host = muster_testing_new (muster_plugin_1_query (), "webhook");
  g_mutex_init (&f->mutex);
  f->context = g_main_context_new ();
  f->loop = g_main_loop_new (f->context, FALSE);
  f->thread = g_thread_new ("receiver", receiver_run, f);
  while (g_atomic_int_get (&f->port) == 0)
    g_thread_yield ();

  g_autofree char *url
      = g_strdup_printf ("%s://127.0.0.1:%u/hook?token=t0ken", f->dir != NULL ? "https" : "http", f->port);
  set_option (f, "url", url);
  return TRUE;
}

static void
fixture_open (Fixture *f)
{
  g_autoptr(GError) error = NULL;

  muster_testing_start (f->host, &error);
  g_assert_no_error (error);
}

static void
fixture_tear_down (Fixture *f)
{
  receiver_end (f);
  muster_testing_free (f->host);
  g_main_loop_unref (f->loop);
  g_main_context_unref (f->context);
  g_mutex_clear (&f->mutex);
  g_free (f->method);
  g_free (f->body);
  g_free (f->signature);
  g_free (f->id);
  g_free (f->content_type);
  if (f->dir != NULL)
    remove_directory (f->dir);
  g_free (f->dir);
}

static MusterDelivery
hand_over (Fixture *f, const char *id, guint64 revision)
{
  const MusterUserData user_data = { .id = id };
  const MusterDesiredData data = { .status = MUSTER_STATUS_BUSY, .reach = MUSTER_REACH_BUSY, .since = MOMENT,
                                   .until = MUSTER_OPEN_ENDED, .next_free = MUSTER_OPEN_ENDED, .revision = revision };
  g_autoptr(MusterUser) user = muster_testing_user_new (f->host, &user_data);

  return muster_testing_apply (f->host, user, &data);
}

static MusterMessage *
apply (Fixture *f, guint64 revision)
{
  MusterDelivery delivery = hand_over (f, "alice@example.com", revision);
  MusterMessage *done = muster_testing_wait (f->host, MUSTER_VERB_DELIVERY_COMPLETE);

  g_assert_cmpuint (done->serial, ==, delivery);
  if (done->text != NULL)
    g_assert_null (strstr (done->text, "t0ken"));
  return done;
}

static void
assert_matches (const char *text, const char *pattern)
{
  if (pattern == NULL)
    g_assert_cmpstr (text, ==, NULL);
  else if (text == NULL || !g_pattern_match_simple (pattern, text))
    g_test_fail_printf ("'%s' does not match '%s'", text, pattern);
}

static const char *
detail_get (const MusterMessage *message, const char *name)
{
  for (gsize i = 0; message->detail != NULL && message->detail[i] != NULL; i += 2)
    if (g_str_equal (message->detail[i], name))
      return message->detail[i + 1];
  return NULL;
}

static void
expect_health (Fixture *f, MusterHealth health, const char *pattern)
{
  g_autoptr(MusterMessage) message = muster_testing_wait (f->host, MUSTER_VERB_HEALTH);

  g_assert_cmpuint (message->value, ==, health);
  assert_matches (message->text, pattern);
}

static void
test_delivery (void)
{
  Fixture f;

  fixture_set_up (&f, FALSE);
  fixture_open (&f);
  expect_health (&f, MUSTER_HEALTH_ONLINE, NULL);
  g_assert_cmpuint (requests (&f), ==, 0);

  g_autoptr(MusterMessage) done = apply (&f, 7);
  g_assert_cmpuint (done->value, ==, MUSTER_DELIVERY_APPLIED);
  g_assert_cmpstr (done->text, ==, NULL);
  g_assert_cmpstr (detail_get (done, "http-status"), ==, "204");
  g_assert_cmpstr (detail_get (done, "delivery-id"), ==, f.id);
  g_assert_cmpstr (f.method, ==, "POST");
  g_assert_cmpstr (f.content_type, ==, "application/json");
  g_assert_cmpstr (f.signature, ==, NULL);
  g_assert_cmpstr (f.body, ==,
                   "{\"event\":\"presence\",\"instance\":\"webhook\",\"user\":{\"id\":\"alice@example.com\","
                   "\"name\":null},\"presence\":{\"status\":\"busy\",\"text\":null,\"template\":null,"
                   "\"since\":\"2026-03-02T09:00:00Z\",\"until\":null,\"next_free\":null,"
                   "\"telephony\":{\"state\":\"none\",\"label\":null},\"reach\":\"busy\",\"kind\":null,"
                   "\"revision\":7}}");

  /* The same again has the same name, something else another. */
  g_autofree char *id = g_strdup (f.id);
  muster_testing_advance (f.host, 100 * SECOND);
  muster_message_free (apply (&f, 7));
  g_assert_cmpstr (f.id, ==, id);
  muster_message_free (apply (&f, 8));
  g_assert_cmpstr (f.id, !=, id);
  fixture_tear_down (&f);
}

typedef struct
{
  const char          *name;
  guint                status;
  const char          *retry_after, *location;
  gsize                answer_size;
  MusterDeliveryResult result;
  const char          *text; /* a pattern, nullable */
} AnswerCase;

static const AnswerCase answer_cases[] = {
  { "200", 200, NULL, NULL, 10, MUSTER_DELIVERY_APPLIED, NULL },
  { "204", 204, NULL, NULL, 0, MUSTER_DELIVERY_APPLIED, NULL },
  { "301", 301, NULL, "https://elsewhere.example/x?a", 0, MUSTER_DELIVERY_REFUSED,
    "*redirect to https://elsewhere.example, *" },
  { "308", 308, NULL, NULL, 0, MUSTER_DELIVERY_REFUSED, "*308*redirects are not followed*" },
  { "400", 400, NULL, NULL, 0, MUSTER_DELIVERY_REFUSED, "asking http://127.0.0.1:*: answered 400 (Bad Request)" },
  { "401", 401, NULL, NULL, 0, MUSTER_DELIVERY_REFUSED, "*answered 401*" },
  { "403", 403, NULL, NULL, 0, MUSTER_DELIVERY_REFUSED, "*answered 403*" },
  { "404", 404, NULL, NULL, 0, MUSTER_DELIVERY_REFUSED, "*answered 404*" },
  { "408", 408, NULL, NULL, 0, MUSTER_DELIVERY_UNREACHABLE, "*answered 408*" },
  { "410", 410, NULL, NULL, 0, MUSTER_DELIVERY_REFUSED, "*answered 410*" },
  { "425", 425, NULL, NULL, 0, MUSTER_DELIVERY_UNREACHABLE, "*answered 425*" },
  { "429", 429, "30", NULL, 0, MUSTER_DELIVERY_UNREACHABLE, "*answered 429*" },
  { "500", 500, NULL, NULL, 0, MUSTER_DELIVERY_UNREACHABLE, "*answered 500*" },
  { "503", 503, "Sun, 22 Nov 1992 10:00:00 GMT", NULL, 0, MUSTER_DELIVERY_UNREACHABLE, "*answered 503*" },
  { "huge", 200, NULL, NULL, 1024 * 1024, MUSTER_DELIVERY_REFUSED, "*more than 65536 bytes*" },
};

static void
test_answer (gconstpointer data)
{
  const AnswerCase *c = data;
  g_autofree char *status = g_strdup_printf ("%u", c->status);
  Fixture f;

  fixture_set_up (&f, FALSE);
  f.retry_after = c->retry_after;
  f.location = c->location;
  f.answer_size = c->answer_size;
  receiver_answers (&f, c->status);
  fixture_open (&f);
  expect_health (&f, MUSTER_HEALTH_ONLINE, NULL);

  g_autoptr(MusterMessage) done = apply (&f, 1);
  g_assert_cmpuint (done->value, ==, c->result);
  assert_matches (done->text, c->text);
  g_assert_cmpstr (detail_get (done, "http-status"), ==, status);
  if (c->retry_after != NULL)
    g_assert_cmpstr (detail_get (done, "retry-after"), ==, g_str_equal (c->retry_after, "30") ? "30 s" : "1 s");
  if (c->result != MUSTER_DELIVERY_APPLIED)
    expect_health (&f, MUSTER_HEALTH_DEGRADED, "1 delivery failed in a row, the last: asking *");
  g_assert_cmpuint (requests (&f), ==, 1);
  fixture_tear_down (&f);
}

static void
test_recovery (void)
{
  Fixture f;

  fixture_set_up (&f, FALSE);
  receiver_answers (&f, 500);
  fixture_open (&f);
  expect_health (&f, MUSTER_HEALTH_ONLINE, NULL);
  muster_message_free (apply (&f, 1));
  expect_health (&f, MUSTER_HEALTH_DEGRADED, "1 delivery failed *");
  muster_message_free (apply (&f, 2));
  expect_health (&f, MUSTER_HEALTH_DEGRADED, "2 deliveries failed in a row, *answered 500*");
  receiver_answers (&f, 200);
  g_autoptr(MusterMessage) third = apply (&f, 3);
  g_assert_cmpuint (third->value, ==, MUSTER_DELIVERY_APPLIED);
  expect_health (&f, MUSTER_HEALTH_ONLINE, NULL);
  muster_message_free (apply (&f, 4));
  g_assert_cmpuint (muster_testing_count (f.host, MUSTER_VERB_HEALTH), ==, 0);
  fixture_tear_down (&f);
}

static void
test_timeout (void)
{
  Fixture f;

  fixture_set_up (&f, FALSE);
  receiver_answers (&f, 0);
  set_option (&f, "timeout", "200ms");
  fixture_open (&f);
  g_autoptr(MusterMessage) done = apply (&f, 1);
  g_assert_cmpuint (done->value, ==, MUSTER_DELIVERY_UNREACHABLE);
  assert_matches (done->text, "asking http://127.0.0.1:*: no whole answer within 0.2 s");
  g_assert_null (detail_get (done, "http-status"));
  fixture_tear_down (&f);
}

static void
test_nobody_there (void)
{
  Fixture f;

  fixture_set_up (&f, FALSE);
  receiver_end (&f);
  fixture_open (&f);
  g_autoptr(MusterMessage) done = apply (&f, 1);
  g_assert_cmpuint (done->value, ==, MUSTER_DELIVERY_UNREACHABLE);
  assert_matches (done->text, "asking http://127.0.0.1:*: *refused*");
  fixture_tear_down (&f);
}

/* A receiver that asks for a pause gets one, by the host's clock. */
static void
test_pause (void)
{
  Fixture f;

  fixture_set_up (&f, FALSE);
  f.retry_after = "30";
  receiver_answers (&f, 429);
  fixture_open (&f);
  muster_message_free (apply (&f, 1));
  g_assert_cmpuint (requests (&f), ==, 1);
  muster_testing_advance (f.host, 29 * SECOND);
  g_autoptr(MusterMessage) early = apply (&f, 2);
  g_assert_cmpuint (early->value, ==, MUSTER_DELIVERY_UNREACHABLE);
  assert_matches (early->text, "delivering: the receiver asked for a pause, * s more");
  g_assert_cmpuint (requests (&f), ==, 1);
  receiver_answers (&f, 200);
  muster_testing_advance (f.host, SECOND);
  g_autoptr(MusterMessage) late = apply (&f, 3);
  g_assert_cmpuint (late->value, ==, MUSTER_DELIVERY_APPLIED);
  g_assert_cmpuint (requests (&f), ==, 2);
  fixture_tear_down (&f);
}

static void
assert_signed (Fixture *f, const char *key)
{
  g_autofree char *seconds = g_strdup_printf ("%" G_GINT64_FORMAT, muster_testing_now (f->host) / SECOND);
  g_autofree char *text = g_strconcat (seconds, ".", f->body, NULL);
  g_autofree char *hmac
      = g_compute_hmac_for_string (G_CHECKSUM_SHA256, (const guchar *) key, strlen (key), text, -1);
  g_autofree char *expected = g_strconcat ("t=", seconds, ",v1=", hmac, NULL);

  g_assert_cmpstr (f->signature, ==, expected);
}

static void
test_secret_missing (void)
{
  Fixture f;

  fixture_set_up (&f, FALSE);
  set_option (&f, "secret", "secret:hook");
  fixture_open (&f);

  /* Not answered yet: nothing goes out unsigned. */
  g_autoptr(MusterMessage) early = apply (&f, 1);
  g_assert_cmpuint (early->value, ==, MUSTER_DELIVERY_UNREACHABLE);
  assert_matches (early->text, "*is being read");
  expect_health (&f, MUSTER_HEALTH_DEGRADED, "deliveries cannot be signed until secret 'hook' can be read: *");
  g_autoptr(MusterMessage) unsigned_one = apply (&f, 2);
  g_assert_cmpuint (unsigned_one->value, ==, MUSTER_DELIVERY_UNREACHABLE);

  muster_testing_set_secret (f.host, "hook", "");
  muster_testing_advance (f.host, 30 * SECOND);
  expect_health (&f, MUSTER_HEALTH_DEGRADED, "*secret 'hook'*it is empty");

  muster_testing_advance (f.host, 29 * SECOND);
  g_assert_cmpuint (muster_testing_count (f.host, MUSTER_VERB_SECRET_GET), ==, 2);
  muster_testing_set_secret (f.host, "hook", "s3cret");
  muster_testing_advance (f.host, SECOND);
  g_assert_cmpuint (muster_testing_count (f.host, MUSTER_VERB_SECRET_GET), ==, 3);
  expect_health (&f, MUSTER_HEALTH_ONLINE, NULL);
  g_assert_cmpuint (requests (&f), ==, 0);

  g_autoptr(MusterMessage) done = apply (&f, 3);
  g_assert_cmpuint (done->value, ==, MUSTER_DELIVERY_APPLIED);
  assert_signed (&f, "s3cret");
  muster_testing_advance (f.host, 3600 * SECOND);
  g_assert_cmpuint (muster_testing_count (f.host, MUSTER_VERB_SECRET_GET), ==, 3);
  fixture_tear_down (&f);
}

static void
test_secret_changed (void)
{
  Fixture f;

  fixture_set_up (&f, FALSE);
  muster_testing_set_secret (f.host, "hook", "old");
  set_option (&f, "secret", "secret:hook");
  fixture_open (&f);
  expect_health (&f, MUSTER_HEALTH_ONLINE, NULL);

  receiver_answers (&f, 401);
  g_autoptr(MusterMessage) same = apply (&f, 1);
  g_assert_cmpuint (same->value, ==, MUSTER_DELIVERY_REFUSED);
  assert_matches (same->text, "*answered 401*does the receiver know the same secret?*plugin sync webhook*");
  g_assert_cmpuint (muster_testing_count (f.host, MUSTER_VERB_SECRET_GET), ==, 2);
  assert_signed (&f, "old");

  muster_testing_set_secret (f.host, "hook", "new");
  receiver_answers (&f, 403);
  g_autoptr(MusterMessage) changed = apply (&f, 2);
  g_assert_cmpuint (changed->value, ==, MUSTER_DELIVERY_UNREACHABLE);
  assert_signed (&f, "old");

  receiver_answers (&f, 200);
  g_autoptr(MusterMessage) done = apply (&f, 3);
  g_assert_cmpuint (done->value, ==, MUSTER_DELIVERY_APPLIED);
  assert_signed (&f, "new");
  fixture_tear_down (&f);
}

/* The secret is taken away while the daemon runs: nothing goes out signed with it any more. */
static void
test_secret_removed (void)
{
  Fixture f;

  fixture_set_up (&f, FALSE);
  muster_testing_set_secret (f.host, "hook", "old");
  set_option (&f, "secret", "secret:hook");
  fixture_open (&f);
  expect_health (&f, MUSTER_HEALTH_ONLINE, NULL);
  muster_testing_set_secret (f.host, "hook", NULL);
  receiver_answers (&f, 401);
  g_autoptr(MusterMessage) first = apply (&f, 1);
  g_assert_cmpuint (first->value, ==, MUSTER_DELIVERY_UNREACHABLE);
  expect_health (&f, MUSTER_HEALTH_DEGRADED, "*secret 'hook'*");
  g_autoptr(MusterMessage) second = apply (&f, 2);
  g_assert_cmpuint (second->value, ==, MUSTER_DELIVERY_UNREACHABLE);
  g_assert_cmpuint (requests (&f), ==, 1);
  fixture_tear_down (&f);
}

/* The key ring is locked for a while: the value of before goes on being used. */
static void
test_secret_locked (void)
{
  Fixture f;
  g_autoptr(GError) locked = g_error_new (MUSTER_ERROR, MUSTER_ERROR_LOCKED, "the key ring is locked");

  fixture_set_up (&f, FALSE);
  muster_testing_set_secret (f.host, "hook", "old");
  set_option (&f, "secret", "secret:hook");
  fixture_open (&f);
  expect_health (&f, MUSTER_HEALTH_ONLINE, NULL);
  muster_testing_clear (f.host);
  muster_testing_hold_answers (f.host, TRUE);
  receiver_answers (&f, 401);
  hand_over (&f, "alice@example.com", 1);
  g_autoptr(MusterMessage) asked = muster_testing_wait (f.host, MUSTER_VERB_SECRET_GET);
  muster_testing_answer (f.host, asked, NULL, locked);
  g_autoptr(MusterMessage) refused = muster_testing_wait (f.host, MUSTER_VERB_DELIVERY_COMPLETE);
  g_assert_cmpuint (refused->value, ==, MUSTER_DELIVERY_REFUSED);
  expect_health (&f, MUSTER_HEALTH_DEGRADED, "secret 'hook' cannot be read again, the one of before stays in use: *locked");

  muster_testing_hold_answers (f.host, FALSE);
  receiver_answers (&f, 200);
  g_autoptr(MusterMessage) done = apply (&f, 2);
  g_assert_cmpuint (done->value, ==, MUSTER_DELIVERY_APPLIED);
  assert_signed (&f, "old");
  muster_testing_clear (f.host);
  muster_testing_advance (f.host, 30 * SECOND);
  expect_health (&f, MUSTER_HEALTH_ONLINE, NULL);
  fixture_tear_down (&f);
}

static void
test_tls_refused (void)
{
  Fixture f;

  if (!fixture_set_up (&f, TRUE))
    return;
  fixture_open (&f);
  g_autoptr(MusterMessage) done = apply (&f, 1);
  g_assert_cmpuint (done->value, ==, MUSTER_DELIVERY_REFUSED);
  assert_matches (done->text, "asking https://127.0.0.1:*: nobody known here has signed its certificate: *ca-file");
  g_assert_cmpuint (requests (&f), ==, 0);
  fixture_tear_down (&f);
}

static void
test_tls_accepted (void)
{
  Fixture f;

  if (!fixture_set_up (&f, TRUE))
    return;
  g_autofree char *cert = g_build_filename (f.dir, "cert.pem", NULL);
  set_option (&f, "ca-file", cert);
  fixture_open (&f);
  g_autoptr(MusterMessage) done = apply (&f, 1);
  g_assert_cmpuint (done->value, ==, MUSTER_DELIVERY_APPLIED);
  g_assert_cmpuint (requests (&f), ==, 1);
  fixture_tear_down (&f);
}

static void
test_ca_file_missing (void)
{
  Fixture f;
  g_autoptr(GError) error = NULL;

  fixture_set_up (&f, FALSE);
  set_option (&f, "ca-file", "/nonexistent/ca.pem");
  g_assert_false (muster_testing_start (f.host, &error));
  g_assert_error (error, MUSTER_ERROR, MUSTER_ERROR_CONFIG);
  assert_matches (error->message, "*/nonexistent/ca.pem*");
  fixture_tear_down (&f);
}

#define N_IN_FLIGHT 8

static void
test_close_in_flight (void)
{
  Fixture f;
  MusterDelivery first = 0;
  guint64 seen = 0;

  fixture_set_up (&f, FALSE);
  receiver_answers (&f, 0);
  fixture_open (&f);
  for (guint i = 0; i < N_IN_FLIGHT; i++)
    {
      g_autofree char *id = g_strdup_printf ("user-%u@example.com", i);
      MusterDelivery delivery = hand_over (&f, id, 1);
      if (i == 0)
        first = delivery;
    }
  for (guint i = 0; i < N_IN_FLIGHT; i++)
    muster_message_free (muster_testing_wait (f.host, MUSTER_VERB_LOG));
  g_assert_cmpuint (requests (&f), ==, N_IN_FLIGHT);
  g_assert_cmpuint (muster_testing_count (f.host, MUSTER_VERB_DELIVERY_COMPLETE), ==, 0);

  muster_testing_stop (f.host);
  muster_testing_settle (f.host);
  g_assert_cmpuint (muster_testing_count (f.host, MUSTER_VERB_DELIVERY_COMPLETE), ==, N_IN_FLIGHT);
  g_assert_cmpuint (muster_testing_count (f.host, MUSTER_VERB_CLOSED), ==, 1);
  for (guint i = 0; i < N_IN_FLIGHT; i++)
    {
      g_autoptr(MusterMessage) done = muster_testing_wait (f.host, MUSTER_VERB_DELIVERY_COMPLETE);
      g_assert_cmpuint (done->value, ==, MUSTER_DELIVERY_UNREACHABLE);
      g_assert_cmpuint (done->serial, >=, first);
      seen |= G_GUINT64_CONSTANT (1) << (done->serial - first);
    }
  g_assert_cmpuint (seen, ==, (1u << N_IN_FLIGHT) - 1);
  fixture_tear_down (&f);
}

static gboolean
both_wait (MusterTesting *host, G_GNUC_UNUSED gpointer user_data)
{
  return muster_testing_count (host, MUSTER_VERB_SECRET_GET) >= 2
         && muster_testing_count (host, MUSTER_VERB_REPORT) >= 2;
}

/* Closed while a delivery and a trial wait for a secret that nobody answers. */
static void
test_close_while_reading (void)
{
  Fixture f;

  fixture_set_up (&f, FALSE);
  muster_testing_set_secret (f.host, "hook", "old");
  set_option (&f, "secret", "secret:hook");
  fixture_open (&f);
  expect_health (&f, MUSTER_HEALTH_ONLINE, NULL);
  muster_testing_hold_answers (f.host, TRUE);
  receiver_answers (&f, 401);
  hand_over (&f, "alice@example.com", 1);
  muster_testing_test (f.host, NULL);
  muster_testing_run_until (f.host, both_wait, NULL, "a delivery and a trial that wait for the secret");
  g_assert_cmpuint (muster_testing_count (f.host, MUSTER_VERB_REPORT_DONE), ==, 0);

  muster_testing_stop (f.host);
  muster_testing_settle (f.host);
  g_assert_cmpuint (muster_testing_count (f.host, MUSTER_VERB_DELIVERY_COMPLETE), ==, 1);
  g_assert_cmpuint (muster_testing_count (f.host, MUSTER_VERB_REPORT_DONE), ==, 1);
  g_autoptr(MusterMessage) done = muster_testing_wait (f.host, MUSTER_VERB_DELIVERY_COMPLETE);
  g_assert_cmpuint (done->value, ==, MUSTER_DELIVERY_UNREACHABLE);
  fixture_tear_down (&f);
}

static void
expect_report (Fixture *f, MusterReportResult result, const char *subject, const char *pattern)
{
  g_autoptr(MusterMessage) message = muster_testing_wait (f->host, MUSTER_VERB_REPORT);

  g_assert_cmpstr (message->key, ==, subject);
  assert_matches (message->text, pattern);
  g_assert_cmpuint (message->value, ==, result);
}

static void
run_trial (Fixture *f)
{
  muster_testing_clear (f->host);
  muster_testing_test (f->host, NULL);
  muster_message_free (muster_testing_wait (f->host, MUSTER_VERB_REPORT_DONE));
}

static void
test_trial_plain (void)
{
  Fixture f;

  fixture_set_up (&f, FALSE);
  receiver_answers (&f, 405);
  fixture_open (&f);
  run_trial (&f);
  expect_report (&f, MUSTER_REPORT_NOTE, "certificate", "none: over plain HTTP *");
  expect_report (&f, MUSTER_REPORT_NOTE, "answer", "http://127.0.0.1:* answers 405 to HEAD; *");
  expect_report (&f, MUSTER_REPORT_NOTE, "secret", "none is set: *");
  g_assert_cmpstr (f.method, ==, "HEAD");
  g_assert_cmpuint (requests (&f), ==, 1);

  receiver_answers (&f, 503);
  run_trial (&f);
  expect_report (&f, MUSTER_REPORT_NOTE, "certificate", "*");
  expect_report (&f, MUSTER_REPORT_PROBLEM, "answer", "*answered 503*");
  fixture_tear_down (&f);
}

static void
test_trial_tls (void)
{
  Fixture f;

  if (!fixture_set_up (&f, TRUE))
    return;
  g_autofree char *cert = g_build_filename (f.dir, "cert.pem", NULL);
  set_option (&f, "ca-file", cert);
  set_option (&f, "secret", "secret:hook");
  fixture_open (&f);
  run_trial (&f);
  expect_report (&f, MUSTER_REPORT_OK, "certificate", "accepted (TLS 1.?), valid until 20*");
  expect_report (&f, MUSTER_REPORT_OK, "answer", "https://127.0.0.1:* answers 204");
  expect_report (&f, MUSTER_REPORT_PROBLEM, "secret", "*secret 'hook'*");
  muster_testing_set_secret (f.host, "hook", "s3cret");
  run_trial (&f);
  expect_report (&f, MUSTER_REPORT_OK, "certificate", "*");
  expect_report (&f, MUSTER_REPORT_OK, "answer", "*");
  expect_report (&f, MUSTER_REPORT_OK, "secret", "is there; *");
  fixture_tear_down (&f);
}

static void
test_trial_fails (void)
{
  Fixture f;

  if (!fixture_set_up (&f, TRUE))
    return;
  fixture_open (&f);
  run_trial (&f);
  expect_report (&f, MUSTER_REPORT_PROBLEM, "reach", "asking https://127.0.0.1:*: nobody known here *");
  receiver_end (&f);
  run_trial (&f);
  expect_report (&f, MUSTER_REPORT_PROBLEM, "reach", "asking https://127.0.0.1:*: *refused*");
  fixture_tear_down (&f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/webhook/delivery", test_delivery);
  for (gsize i = 0; i < G_N_ELEMENTS (answer_cases); i++)
    {
      g_autofree char *path = g_strconcat ("/webhook/answer/", answer_cases[i].name, NULL);
      g_test_add_data_func (path, &answer_cases[i], test_answer);
    }
  g_test_add_func ("/webhook/recovery", test_recovery);
  g_test_add_func ("/webhook/timeout", test_timeout);
  g_test_add_func ("/webhook/nobody-there", test_nobody_there);
  g_test_add_func ("/webhook/pause", test_pause);
  g_test_add_func ("/webhook/secret/missing", test_secret_missing);
  g_test_add_func ("/webhook/secret/changed", test_secret_changed);
  g_test_add_func ("/webhook/secret/removed", test_secret_removed);
  g_test_add_func ("/webhook/secret/locked", test_secret_locked);
  g_test_add_func ("/webhook/tls/refused", test_tls_refused);
  g_test_add_func ("/webhook/tls/accepted", test_tls_accepted);
  g_test_add_func ("/webhook/tls/ca-file-missing", test_ca_file_missing);
  g_test_add_func ("/webhook/close/in-flight", test_close_in_flight);
  g_test_add_func ("/webhook/close/while-reading", test_close_while_reading);
  g_test_add_func ("/webhook/trial/plain", test_trial_plain);
  g_test_add_func ("/webhook/trial/tls", test_trial_tls);
  g_test_add_func ("/webhook/trial/fails", test_trial_fails);
  return g_test_run ();
}
