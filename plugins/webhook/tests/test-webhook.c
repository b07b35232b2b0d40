/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plugin as a host sees it, against a receiver in this process. Time and secrets are the test's. */
#include "http-fixture.h"

#include "muster/muster-host.h"

#define SECOND G_TIME_SPAN_SECOND
#define TEN (G_GINT64_CONSTANT (1795341600) * SECOND) /* 2026-11-22T10:00:00Z */

typedef struct
{
  GSource        *watchdog;
  /* the host's side */
  MusterContext  *ctx;
  const MusterSinkOps *ops;
  gpointer        self;     /* nullable: closed */
  gint64          now;
  GQueue          messages; /* MusterMessage, oldest first */
  const char     *secret;   /* nullable: not stored */
  gboolean        mute;     /* secrets are not answered */
  guint           n_secrets_asked;
  /* the receiver's */
  SoupServer     *server;
  guint           port;
  char           *dir;      /* nullable: plain HTTP */
  guint           status;   /* 0: never answers */
  const char     *retry_after, *location; /* nullable */
  gsize           answer_size;
  guint           n_requests;
  char           *method, *body, *signature, *id, *content_type; /* nullable; of the last request */
  GPtrArray      *bodies;
} Fixture;

typedef struct
{
  Fixture *fixture;
  guint64  serial;
} SecretAsked;

static gboolean
on_secret_asked (gpointer user_data)
{
  SecretAsked *asked = user_data;
  Fixture *f = asked->fixture;
  g_autoptr(GError) error = NULL;

  if (f->secret == NULL)
    g_set_error (&error, MUSTER_ERROR, MUSTER_ERROR_NOT_FOUND, "looking for secret hook: not there");
  muster_context_answer (f->ctx, asked->serial, f->secret, error);
  return G_SOURCE_REMOVE;
}

static void
host_send (gpointer data, MusterMessage *message)
{
  Fixture *f = data;

  if (message->verb == MUSTER_VERB_SECRET_GET)
    {
      f->n_secrets_asked++;
      g_assert_cmpstr (message->key, ==, "hook");
      if (!f->mute)
        {
          SecretAsked *asked = g_new (SecretAsked, 1);
          *asked = (SecretAsked){ f, message->serial };
          g_idle_add_full (G_PRIORITY_DEFAULT, on_secret_asked, asked, g_free);
        }
      muster_message_free (message);
      return;
    }
  g_queue_push_tail (&f->messages, message);
}

static gint64
host_now (gpointer data)
{
  Fixture *f = data;

  return f->now;
}

typedef struct
{
  GSource  source;
  Fixture *fixture;
  gint64   at;
} Timer;

static gboolean
timer_is_due (GSource *source)
{
  Timer *timer = (Timer *) source;

  return timer->fixture->now >= timer->at;
}

static gboolean
timer_prepare (GSource *source, int *timeout)
{
  *timeout = -1; /* whoever moves the time turns the loop himself */
  return timer_is_due (source);
}

static gboolean
timer_dispatch (G_GNUC_UNUSED GSource *source, GSourceFunc callback, gpointer user_data)
{
  return callback (user_data);
}

static GSource *
host_timer (gpointer data, gint64 at)
{
  static GSourceFuncs funcs = { .prepare = timer_prepare, .check = timer_is_due, .dispatch = timer_dispatch };
  GSource *source = g_source_new (&funcs, sizeof (Timer));

  ((Timer *) source)->fixture = data;
  ((Timer *) source)->at = at;
  return source;
}

static void
on_request (G_GNUC_UNUSED SoupServer *server, SoupServerMessage *message, G_GNUC_UNUSED const char *path,
            G_GNUC_UNUSED GHashTable *query, gpointer user_data)
{
  Fixture *f = user_data;
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);
  g_autoptr(GBytes) bytes = soup_message_body_flatten (soup_server_message_get_request_body (message));

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
  g_ptr_array_add (f->bodies, g_strdup (f->body));

  if (f->status == 0)
    {
      soup_server_message_pause (message);
      return;
    }
  if (f->retry_after != NULL)
    soup_message_headers_append (soup_server_message_get_response_headers (message), "Retry-After", f->retry_after);
  if (f->location != NULL)
    soup_message_headers_append (soup_server_message_get_response_headers (message), "Location", f->location);
  soup_server_message_set_status (message, f->status, NULL);
  soup_server_message_set_response (message, "text/plain", SOUP_MEMORY_TAKE, g_strnfill (f->answer_size, 'x'),
                                    f->answer_size);
}

/* Sets `*f` up with a receiver; the caller sets options and opens. FALSE: skipped. */
static gboolean
fixture_set_up (Fixture *f, gboolean tls)
{
  static const MusterBackend backend = { .send = host_send, .now = host_now, .timer = host_timer };

  *f = (Fixture){ .now = TEN, .status = 204 };
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
  g_queue_init (&f->messages);
  f->bodies = g_ptr_array_new_with_free_func (g_free);
  f->server = soup_server_new (NULL, NULL);
  soup_server_add_handler (f->server, NULL, on_request, f, NULL);
  f->port = server_listen (f->server, f->dir);

  g_autofree char *url
      = g_strdup_printf ("%s://127.0.0.1:%u/hook?token=t0ken", f->dir != NULL ? "https" : "http", f->port);
  f->ctx = muster_context_new ("webhook", g_main_context_default (), &backend, f);
  muster_context_set_option (f->ctx, "url", MUSTER_OPTION_URL, url);
  muster_context_set_option (f->ctx, "timeout", MUSTER_OPTION_DURATION, "5000000");
  return TRUE;
}

extern const MusterPluginDescriptor *muster_plugin_1_query (void);

static void
fixture_open (Fixture *f)
{
  const MusterPluginDescriptor *descriptor = muster_plugin_1_query ();
  g_autofree char *problem = muster_descriptor_check (descriptor);
  g_autoptr(GError) error = NULL;

  g_assert_cmpstr (problem, ==, NULL);
  f->ops = descriptor->sink;
  f->self = f->ops->open (f->ctx, &error);
  g_assert_no_error (error);
  g_assert_nonnull (f->self);
}

static MusterMessage *
wait_for (Fixture *f, MusterVerb verb)
{
  for (;;)
    {
      for (GList *l = f->messages.head; l != NULL; l = l->next)
        if (((MusterMessage *) l->data)->verb == verb)
          {
            MusterMessage *message = l->data;
            g_queue_delete_link (&f->messages, l);
            return message;
          }
      g_main_context_iteration (NULL, TRUE);
    }
}

static guint
count (Fixture *f, MusterVerb verb)
{
  guint n = 0;

  for (GList *l = f->messages.head; l != NULL; l = l->next)
    n += ((MusterMessage *) l->data)->verb == verb;
  return n;
}

static void
turn (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
fixture_close (Fixture *f)
{
  f->ops->close (g_steal_pointer (&f->self), f->now + SECOND);
  g_autoptr(MusterMessage) closed = wait_for (f, MUSTER_VERB_CLOSED);
  muster_context_close (f->ctx);
}

static void
fixture_tear_down (Fixture *f)
{
  if (f->self != NULL)
    fixture_close (f);
  soup_server_disconnect (f->server);
  g_clear_object (&f->server);
  turn ();
  muster_context_unref (f->ctx);
  g_queue_clear_full (&f->messages, (GDestroyNotify) muster_message_free);
  g_ptr_array_unref (f->bodies);
  g_free (f->method);
  g_free (f->body);
  g_free (f->signature);
  g_free (f->id);
  g_free (f->content_type);
  watchdog_end (f->watchdog);
  if (f->dir != NULL)
    remove_directory (f->dir);
  g_free (f->dir);
}

static void
hand_over (Fixture *f, const char *id, guint64 revision, MusterDelivery delivery)
{
  const MusterUserData user_data = { .id = id };
  const MusterDesiredData data = { .status = MUSTER_STATUS_BUSY, .reach = MUSTER_REACH_BUSY, .since = TEN,
                                   .until = MUSTER_OPEN_ENDED, .next_free = MUSTER_OPEN_ENDED, .revision = revision };
  g_autoptr(MusterUser) user = muster_user_new (&user_data);
  g_autoptr(MusterDesired) desired = muster_desired_new (&data, f->ops->needs);

  f->ops->apply (f->self, user, desired, delivery);
}

static MusterMessage *
apply (Fixture *f, guint64 revision)
{
  hand_over (f, "alice@example.com", revision, revision);
  MusterMessage *done = wait_for (f, MUSTER_VERB_DELIVERY_COMPLETE);

  g_assert_cmpuint (done->serial, ==, revision);
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
  g_autoptr(MusterMessage) message = wait_for (f, MUSTER_VERB_HEALTH);

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
  g_assert_cmpuint (f.n_requests, ==, 0);

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
                   "\"since\":\"2026-11-22T10:00:00Z\",\"until\":null,\"next_free\":null,"
                   "\"telephony\":{\"state\":\"none\",\"label\":null},\"reach\":\"busy\",\"kind\":null,"
                   "\"revision\":7}}");

  /* The same again has the same name, something else another. */
  g_autofree char *id = g_strdup (f.id);
  f.now += 100 * SECOND;
  g_autoptr(MusterMessage) again = apply (&f, 7);
  g_assert_cmpstr (f.id, ==, id);
  g_autoptr(MusterMessage) other = apply (&f, 8);
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
  { "301", 301, NULL, "https://elsewhere.example/x?a", 0, MUSTER_DELIVERY_REFUSED, "*redirect to https://elsewhere.example, *" },
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
  f.status = c->status;
  f.retry_after = c->retry_after;
  f.location = c->location;
  f.answer_size = c->answer_size;
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
  g_assert_cmpuint (f.n_requests, ==, 1);
  fixture_tear_down (&f);
}

static void
test_recovery (void)
{
  Fixture f;

  fixture_set_up (&f, FALSE);
  f.status = 500;
  fixture_open (&f);
  expect_health (&f, MUSTER_HEALTH_ONLINE, NULL);
  g_autoptr(MusterMessage) first = apply (&f, 1);
  expect_health (&f, MUSTER_HEALTH_DEGRADED, "1 delivery failed *");
  g_autoptr(MusterMessage) second = apply (&f, 2);
  expect_health (&f, MUSTER_HEALTH_DEGRADED, "2 deliveries failed in a row, *answered 500*");
  f.status = 200;
  g_autoptr(MusterMessage) third = apply (&f, 3);
  g_assert_cmpuint (third->value, ==, MUSTER_DELIVERY_APPLIED);
  expect_health (&f, MUSTER_HEALTH_ONLINE, NULL);
  g_autoptr(MusterMessage) fourth = apply (&f, 4);
  g_assert_cmpuint (count (&f, MUSTER_VERB_HEALTH), ==, 0);
  fixture_tear_down (&f);
}

static void
test_timeout (void)
{
  Fixture f;

  fixture_set_up (&f, FALSE);
  f.status = 0;
  muster_context_set_option (f.ctx, "timeout", MUSTER_OPTION_DURATION, "200000");
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
  soup_server_disconnect (f.server);
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
  f.status = 429;
  f.retry_after = "30";
  fixture_open (&f);
  g_autoptr(MusterMessage) first = apply (&f, 1);
  g_assert_cmpuint (f.n_requests, ==, 1);
  f.now += 29 * SECOND;
  g_autoptr(MusterMessage) early = apply (&f, 2);
  g_assert_cmpuint (early->value, ==, MUSTER_DELIVERY_UNREACHABLE);
  assert_matches (early->text, "delivering: the receiver asked for a pause, * s more");
  g_assert_cmpuint (f.n_requests, ==, 1);
  f.status = 200;
  f.now += SECOND;
  g_autoptr(MusterMessage) late = apply (&f, 3);
  g_assert_cmpuint (late->value, ==, MUSTER_DELIVERY_APPLIED);
  g_assert_cmpuint (f.n_requests, ==, 2);
  fixture_tear_down (&f);
}

static void
assert_signed (Fixture *f, const char *key)
{
  g_autofree char *seconds = g_strdup_printf ("%" G_GINT64_FORMAT, f->now / SECOND);
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
  muster_context_set_option (f.ctx, "secret", MUSTER_OPTION_SECRET, "secret:hook");
  fixture_open (&f);

  /* Not answered yet: nothing goes out unsigned. */
  g_autoptr(MusterMessage) early = apply (&f, 1);
  g_assert_cmpuint (early->value, ==, MUSTER_DELIVERY_UNREACHABLE);
  assert_matches (early->text, "*is being read");
  expect_health (&f, MUSTER_HEALTH_DEGRADED, "deliveries cannot be signed until secret 'hook' is stored: *");
  g_autoptr(MusterMessage) unsigned_one = apply (&f, 2);
  g_assert_cmpuint (unsigned_one->value, ==, MUSTER_DELIVERY_UNREACHABLE);

  f.secret = "";
  f.now += 30 * SECOND;
  turn ();
  expect_health (&f, MUSTER_HEALTH_DEGRADED, "*secret 'hook'*it is empty");

  f.now += 29 * SECOND;
  turn ();
  g_assert_cmpuint (f.n_secrets_asked, ==, 2);
  f.secret = "s3cret";
  f.now += SECOND;
  turn ();
  g_assert_cmpuint (f.n_secrets_asked, ==, 3);
  expect_health (&f, MUSTER_HEALTH_ONLINE, NULL);
  g_assert_cmpuint (f.n_requests, ==, 0);

  g_autoptr(MusterMessage) done = apply (&f, 3);
  g_assert_cmpuint (done->value, ==, MUSTER_DELIVERY_APPLIED);
  assert_signed (&f, "s3cret");
  f.now += 3600 * SECOND;
  turn ();
  g_assert_cmpuint (f.n_secrets_asked, ==, 3);
  fixture_tear_down (&f);
}

static void
test_secret_changed (void)
{
  Fixture f;

  fixture_set_up (&f, FALSE);
  f.secret = "old";
  muster_context_set_option (f.ctx, "secret", MUSTER_OPTION_SECRET, "secret:hook");
  fixture_open (&f);
  expect_health (&f, MUSTER_HEALTH_ONLINE, NULL);

  f.status = 401;
  g_autoptr(MusterMessage) same = apply (&f, 1);
  g_assert_cmpuint (same->value, ==, MUSTER_DELIVERY_REFUSED);
  assert_matches (same->text, "*answered 401*does the receiver know the same secret?*plugin sync webhook*");
  g_assert_cmpuint (f.n_secrets_asked, ==, 2);
  assert_signed (&f, "old");

  f.secret = "new";
  f.status = 403;
  g_autoptr(MusterMessage) changed = apply (&f, 2);
  g_assert_cmpuint (changed->value, ==, MUSTER_DELIVERY_UNREACHABLE);
  assert_signed (&f, "old");

  f.status = 200;
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
  f.secret = "old";
  muster_context_set_option (f.ctx, "secret", MUSTER_OPTION_SECRET, "secret:hook");
  fixture_open (&f);
  expect_health (&f, MUSTER_HEALTH_ONLINE, NULL);
  f.secret = NULL;
  f.status = 401;
  g_autoptr(MusterMessage) first = apply (&f, 1);
  g_assert_cmpuint (first->value, ==, MUSTER_DELIVERY_UNREACHABLE);
  expect_health (&f, MUSTER_HEALTH_DEGRADED, "*secret 'hook'*");
  g_autoptr(MusterMessage) second = apply (&f, 2);
  g_assert_cmpuint (second->value, ==, MUSTER_DELIVERY_UNREACHABLE);
  g_assert_cmpuint (f.n_requests, ==, 1);
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
  g_assert_cmpuint (f.n_requests, ==, 0);
  fixture_tear_down (&f);
}

static void
test_tls_accepted (void)
{
  Fixture f;

  if (!fixture_set_up (&f, TRUE))
    return;
  g_autofree char *cert = g_build_filename (f.dir, "cert.pem", NULL);
  muster_context_set_option (f.ctx, "ca-file", MUSTER_OPTION_PATH, cert);
  fixture_open (&f);
  g_autoptr(MusterMessage) done = apply (&f, 1);
  g_assert_cmpuint (done->value, ==, MUSTER_DELIVERY_APPLIED);
  g_assert_cmpuint (f.n_requests, ==, 1);
  fixture_tear_down (&f);
}

static void
test_ca_file_missing (void)
{
  Fixture f;
  g_autoptr(GError) error = NULL;

  fixture_set_up (&f, FALSE);
  muster_context_set_option (f.ctx, "ca-file", MUSTER_OPTION_PATH, "/nonexistent/ca.pem");
  g_assert_null (muster_plugin_1_query ()->sink->open (f.ctx, &error));
  g_assert_error (error, MUSTER_ERROR, MUSTER_ERROR_CONFIG);
  assert_matches (error->message, "*/nonexistent/ca.pem*");
  fixture_tear_down (&f);
}

#define N_IN_FLIGHT 8

static void
test_close_in_flight (void)
{
  Fixture f;

  fixture_set_up (&f, FALSE);
  f.status = 0;
  fixture_open (&f);
  for (guint i = 1; i <= N_IN_FLIGHT; i++)
    {
      g_autofree char *id = g_strdup_printf ("user-%u@example.com", i);
      hand_over (&f, id, i, i);
    }
  while (f.n_requests < N_IN_FLIGHT)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (count (&f, MUSTER_VERB_DELIVERY_COMPLETE), ==, 0);

  f.ops->close (g_steal_pointer (&f.self), f.now + SECOND);
  g_autoptr(MusterMessage) closed = wait_for (&f, MUSTER_VERB_CLOSED);
  turn ();
  g_assert_cmpuint (count (&f, MUSTER_VERB_CLOSED), ==, 0);
  g_assert_cmpuint (count (&f, MUSTER_VERB_DELIVERY_COMPLETE), ==, N_IN_FLIGHT);
  guint64 seen = 0;
  for (guint i = 0; i < N_IN_FLIGHT; i++)
    {
      g_autoptr(MusterMessage) done = wait_for (&f, MUSTER_VERB_DELIVERY_COMPLETE);
      g_assert_cmpuint (done->value, ==, MUSTER_DELIVERY_UNREACHABLE);
      g_assert_cmpuint (seen & (1u << done->serial), ==, 0);
      seen |= 1u << done->serial;
    }
  muster_context_close (f.ctx);
  fixture_tear_down (&f);
}

/* Closed while a delivery and a test wait for a secret that nobody answers. */
static void
test_close_while_reading (void)
{
  Fixture f;

  fixture_set_up (&f, FALSE);
  f.secret = "old";
  muster_context_set_option (f.ctx, "secret", MUSTER_OPTION_SECRET, "secret:hook");
  fixture_open (&f);
  expect_health (&f, MUSTER_HEALTH_ONLINE, NULL);
  f.mute = TRUE;
  f.status = 401;
  hand_over (&f, "alice@example.com", 1, 1);
  f.ops->test (f.self, NULL, muster_report_new (f.ctx, 9));
  while (f.n_secrets_asked < 2 || f.n_requests < 2 || count (&f, MUSTER_VERB_REPORT) < 2)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (count (&f, MUSTER_VERB_DELIVERY_COMPLETE), ==, 0);
  g_assert_cmpuint (count (&f, MUSTER_VERB_REPORT_DONE), ==, 0);

  f.ops->close (g_steal_pointer (&f.self), f.now + SECOND);
  g_autoptr(MusterMessage) closed = wait_for (&f, MUSTER_VERB_CLOSED);
  turn ();
  g_autoptr(MusterMessage) done = wait_for (&f, MUSTER_VERB_DELIVERY_COMPLETE);
  g_assert_cmpuint (done->value, ==, MUSTER_DELIVERY_UNREACHABLE);
  g_assert_cmpuint (count (&f, MUSTER_VERB_DELIVERY_COMPLETE), ==, 0);
  g_assert_cmpuint (count (&f, MUSTER_VERB_REPORT_DONE), ==, 1);
  muster_context_close (f.ctx);
  fixture_tear_down (&f);
}

static void
expect_report (Fixture *f, MusterReportResult result, const char *subject, const char *pattern)
{
  g_autoptr(MusterMessage) message = wait_for (f, MUSTER_VERB_REPORT);

  g_assert_cmpstr (message->key, ==, subject);
  assert_matches (message->text, pattern);
  g_assert_cmpuint (message->value, ==, result);
}

static void
run_trial (Fixture *f)
{
  f->ops->test (f->self, NULL, muster_report_new (f->ctx, 1));
  g_autoptr(MusterMessage) done = wait_for (f, MUSTER_VERB_REPORT_DONE);
}

static void
test_trial_plain (void)
{
  Fixture f;

  fixture_set_up (&f, FALSE);
  f.status = 405;
  fixture_open (&f);
  run_trial (&f);
  expect_report (&f, MUSTER_REPORT_NOTE, "certificate", "none: over plain HTTP *");
  expect_report (&f, MUSTER_REPORT_NOTE, "answer", "http://127.0.0.1:* answers 405 to HEAD; *");
  expect_report (&f, MUSTER_REPORT_NOTE, "secret", "none is set: *");
  g_assert_cmpstr (f.method, ==, "HEAD");
  g_assert_cmpuint (f.n_requests, ==, 1);

  f.status = 503;
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
  muster_context_set_option (f.ctx, "ca-file", MUSTER_OPTION_PATH, cert);
  muster_context_set_option (f.ctx, "secret", MUSTER_OPTION_SECRET, "secret:hook");
  fixture_open (&f);
  run_trial (&f);
  expect_report (&f, MUSTER_REPORT_OK, "certificate", "accepted (TLS 1.?), valid until 20*");
  expect_report (&f, MUSTER_REPORT_OK, "answer", "https://127.0.0.1:* answers 204");
  expect_report (&f, MUSTER_REPORT_PROBLEM, "secret", "*secret 'hook'*");
  f.secret = "s3cret";
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
  soup_server_disconnect (f.server);
  g_queue_clear_full (&f.messages, (GDestroyNotify) muster_message_free);
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
