/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A sink that posts each presence to an HTTP endpoint. Also the example to copy: a sink needs `open`, `apply` and
 * `close`, and answers every delivery exactly once. */
#define G_LOG_DOMAIN "muster-webhook"

#include "http.h"
#include "payload.h"
#include "plugin-secret.h"
#include "signature.h"

#define MAX_IN_FLIGHT 8

typedef struct
{
  MusterContext *ctx;
  HttpClient    *client;
  PluginSecret  *key;         /* nullable: deliveries are not signed */
  const char    *url;
  gint64         timeout;
  GCancellable  *cancellable; /* ends every request when the instance closes */
  gboolean       closing;
  guint          n_pending;   /* deliveries and tests that have not ended */
  guint          n_failed;    /* in a row, by now */
  char          *last_failure; /* nullable */
  gint64         not_before;  /* the receiver asked for a pause until then */
} Webhook;

/* One apply. It ends once, also where the instance closes meanwhile. */
typedef struct
{
  Webhook       *webhook;
  MusterDelivery delivery;
  char          *id;
  guint          generation; /* of the key that signed it */
  HttpReply     *reply;      /* nullable */
} Delivery;

static void
webhook_free (Webhook *self)
{
  g_clear_pointer (&self->client, http_client_free);
  g_clear_pointer (&self->key, plugin_secret_free);
  g_clear_object (&self->cancellable);
  g_free (self->last_failure);
  g_free (self);
}

static void
webhook_end_if_idle (Webhook *self)
{
  if (!self->closing || self->n_pending > 0)
    return;

  MusterContext *ctx = self->ctx;
  webhook_free (self);
  muster_context_closed (ctx);
}

static void
webhook_report_health (Webhook *self)
{
  const char *problem = self->key != NULL ? plugin_secret_get_problem (self->key) : NULL;

  if (self->closing)
    return;
  if (problem != NULL)
    {
      muster_context_health (self->ctx, MUSTER_HEALTH_DEGRADED, problem);
    }
  else if (self->n_failed > 0)
    {
      g_autofree char *text = g_strdup_printf ("%u %s in a row, the last: %s", self->n_failed,
                                               self->n_failed == 1 ? "delivery failed" : "deliveries failed",
                                               self->last_failure);
      muster_context_health (self->ctx, MUSTER_HEALTH_DEGRADED, text);
    }
  else
    {
      muster_context_health (self->ctx, MUSTER_HEALTH_ONLINE, NULL);
    }
}

static void
on_key_changed (gpointer user_data)
{
  Webhook *self = user_data;

  webhook_report_health (self);
}

/* Answers the host and forgets the delivery. */
static void
delivery_end (Delivery *self, MusterDeliveryResult result, const char *text)
{
  Webhook *webhook = self->webhook;
  g_autoptr(GPtrArray) detail = g_ptr_array_new_with_free_func (g_free);

  if (self->reply != NULL && self->reply->status != 0)
    {
      g_ptr_array_add (detail, g_strdup ("http-status"));
      g_ptr_array_add (detail, g_strdup_printf ("%u", self->reply->status));
      g_ptr_array_add (detail, g_strdup ("delivery-id"));
      g_ptr_array_add (detail, g_strdup (self->id));
    }
  if (self->reply != NULL && self->reply->retry_after > 0)
    {
      g_ptr_array_add (detail, g_strdup ("retry-after"));
      g_ptr_array_add (detail,
                       g_strdup_printf ("%" G_GINT64_FORMAT " s", self->reply->retry_after / G_TIME_SPAN_SECOND));
    }
  g_ptr_array_add (detail, NULL);
  muster_context_delivery_complete (webhook->ctx, self->delivery, result, text, (const char *const *) detail->pdata);

  http_reply_free (self->reply);
  g_free (self->id);
  g_free (self);
  webhook->n_pending--;
  webhook_end_if_idle (webhook);
}

static void
delivery_fail (Delivery *self, MusterDeliveryResult result, const char *text)
{
  Webhook *webhook = self->webhook;

  webhook->n_failed++;
  g_free (webhook->last_failure);
  webhook->last_failure = g_strdup (text);
  webhook_report_health (webhook);
  delivery_end (self, result, text);
}

/* The receiver did not take our signature, and meanwhile the secret was read again. */
static void
on_key_read_again (gpointer user_data)
{
  Delivery *self = user_data;

  if (self->webhook->closing)
    {
      delivery_end (self, MUSTER_DELIVERY_UNREACHABLE, "delivering: the instance ends");
      return;
    }
  if (plugin_secret_get_value (self->webhook->key) == NULL)
    {
      delivery_fail (self, MUSTER_DELIVERY_UNREACHABLE, plugin_secret_get_problem (self->webhook->key));
      return;
    }
  if (plugin_secret_get_generation (self->webhook->key) != self->generation)
    {
      /* Not a failure: the host comes again in a second, and then it is signed with the secret of now. */
      g_autofree char *text = g_strdup_printf ("%s; the secret has changed meanwhile, trying with the new one",
                                               self->reply->message);
      delivery_end (self, MUSTER_DELIVERY_UNREACHABLE, text);
      return;
    }

  g_autofree char *text = g_strdup_printf ("%s: does the receiver know the same secret? When it does, deliver again "
                                           "with 'musterctl plugin sync %s'",
                                           self->reply->message, muster_context_get_instance (self->webhook->ctx));
  delivery_fail (self, MUSTER_DELIVERY_REFUSED, text);
}

static void
on_answered (G_GNUC_UNUSED GObject *object, GAsyncResult *result, gpointer user_data)
{
  Delivery *self = user_data;
  Webhook *webhook = self->webhook;
  g_autoptr(GError) error = NULL;

  self->reply = http_client_send_finish (result, &error);
  if (self->reply == NULL)
    {
      /* Cancelled by close(): whether it arrived is not known, so it counts as not delivered. */
      delivery_end (self, MUSTER_DELIVERY_UNREACHABLE, error->message);
      return;
    }

  switch (self->reply->outcome)
    {
    case HTTP_OK:
      if (webhook->n_failed > 0)
        {
          webhook->n_failed = 0;
          webhook_report_health (webhook);
        }
      delivery_end (self, MUSTER_DELIVERY_APPLIED, NULL);
      return;
    case HTTP_UNREACHABLE:
      if (self->reply->retry_after > 0)
        webhook->not_before = MAX (webhook->not_before, muster_context_now (webhook->ctx) + self->reply->retry_after);
      delivery_fail (self, MUSTER_DELIVERY_UNREACHABLE, self->reply->message);
      return;
    case HTTP_REFUSED:
    default:
      if (webhook->key != NULL && !webhook->closing && (self->reply->status == 401 || self->reply->status == 403))
        plugin_secret_read (webhook->key, on_key_read_again, self);
      else
        delivery_fail (self, MUSTER_DELIVERY_REFUSED, self->reply->message);
      return;
    }
}

/* Why nothing can be sent just now; NULL: it can. */
static char *
webhook_explain_wait (Webhook *self)
{
  if (self->key != NULL && plugin_secret_get_value (self->key) == NULL)
    return g_strdup (plugin_secret_get_problem (self->key));

  /* A longer one was never asked for: the clock was set back meanwhile. */
  gint64 wait = self->not_before - muster_context_now (self->ctx);
  if (wait > 0 && wait <= HTTP_RETRY_AFTER_MAX)
    return g_strdup_printf ("delivering: the receiver asked for a pause, %" G_GINT64_FORMAT " s more",
                            wait / G_TIME_SPAN_SECOND + 1);
  return NULL;
}

static void
webhook_apply (gpointer data, MusterUser *user, MusterDesired *desired, MusterDelivery delivery)
{
  Webhook *self = data;
  g_autofree char *wait = webhook_explain_wait (self);

  if (wait != NULL)
    {
      muster_context_delivery_complete (self->ctx, delivery, MUSTER_DELIVERY_UNREACHABLE, wait, NULL);
      return;
    }

  g_autoptr(GBytes) body = payload_new (muster_context_get_instance (self->ctx), user, desired);
  g_autofree char *signature = NULL;
  Delivery *sent = g_new0 (Delivery, 1);
  sent->webhook = self;
  sent->delivery = delivery;
  sent->id = delivery_id_new (body);
  if (self->key != NULL)
    {
      gint64 time = muster_context_now (self->ctx) / G_TIME_SPAN_SECOND;
      signature = signature_new (plugin_secret_get_value (self->key), time, body);
      sent->generation = plugin_secret_get_generation (self->key);
    }
  self->n_pending++;

  const char *const headers[] = { "Muster-Delivery", sent->id, signature != NULL ? "Muster-Signature" : NULL, signature,
                                  NULL };
  /* A presence is a state and not an event: receiving it twice does no harm, so that connections can be kept. */
  const HttpRequest request = { .method = "POST",
                                .url = self->url,
                                .headers = headers,
                                .content_type = "application/json",
                                .body = body,
                                .deadline = self->timeout,
                                .idempotent = TRUE };
  http_client_send_async (self->client, &request, self->cancellable, on_answered, sent);
}

/* What an administrator asked to try. */
typedef struct
{
  Webhook      *webhook;
  MusterReport *report;
} Trial;

static void
trial_end (Trial *self)
{
  Webhook *webhook = self->webhook;

  muster_report_done (self->report);
  g_free (self);
  webhook->n_pending--;
  webhook_end_if_idle (webhook);
}

static void
on_trial_key_read (gpointer user_data)
{
  Trial *self = user_data;
  const char *problem = plugin_secret_get_problem (self->webhook->key);

  if (problem != NULL)
    muster_report_add (self->report, MUSTER_REPORT_PROBLEM, "secret", "%s", problem);
  else
    muster_report_add (self->report, MUSTER_REPORT_OK, "secret", "is there; deliveries are signed");
  trial_end (self);
}

static void
report_certificate (MusterReport *report, const HttpReply *reply)
{
  g_autoptr(GDateTime) until = g_tls_certificate_get_not_valid_after (reply->certificate);
  g_autofree char *date = until != NULL ? g_date_time_format (until, "%F") : g_strdup ("an unknown date");

  muster_report_add (report, MUSTER_REPORT_OK, "certificate", "accepted (%s), valid until %s", reply->tls, date);
}

/* HEAD is not what deliveries use, so a "no" to it proves little. */
static void
report_status (MusterReport *report, const char *origin, const HttpReply *reply)
{
  if (reply->outcome == HTTP_OK)
    muster_report_add (report, MUSTER_REPORT_OK, "answer", "%s answers %u", origin, reply->status);
  else if (reply->status >= 400 && reply->status < 500 && reply->outcome == HTTP_REFUSED)
    muster_report_add (report, MUSTER_REPORT_NOTE, "answer",
                       "%s answers %u to HEAD; many receivers know only POST, so this may be fine", origin,
                       reply->status);
  else if (reply->status == 501)
    muster_report_add (report, MUSTER_REPORT_NOTE, "answer", "%s answers, but does not know HEAD; this may be fine",
                       origin);
  else
    muster_report_add (report, MUSTER_REPORT_PROBLEM, "answer", "%s", reply->message);
}

static void
on_tried (G_GNUC_UNUSED GObject *object, GAsyncResult *result, gpointer user_data)
{
  Trial *self = user_data;
  Webhook *webhook = self->webhook;
  g_autoptr(GError) error = NULL;
  g_autoptr(HttpReply) reply = http_client_send_finish (result, &error);
  g_autofree char *origin = http_url_origin (webhook->url);

  if (reply == NULL)
    {
      muster_report_add (self->report, MUSTER_REPORT_PROBLEM, "reach", "%s", error->message);
      trial_end (self);
      return;
    }

  if (reply->tls != NULL)
    report_certificate (self->report, reply);
  else if (g_str_has_prefix (origin, "http:"))
    muster_report_add (self->report, MUSTER_REPORT_NOTE, "certificate",
                       "none: over plain HTTP anybody on the way can read the presences");
  if (reply->status == 0)
    muster_report_add (self->report, MUSTER_REPORT_PROBLEM, "reach", "%s", reply->message);
  else
    report_status (self->report, origin, reply);

  if (webhook->key == NULL)
    {
      muster_report_add (self->report, MUSTER_REPORT_NOTE, "secret",
                         "none is set: the receiver cannot tell deliveries from forged ones");
      trial_end (self);
      return;
    }
  plugin_secret_read (webhook->key, on_trial_key_read, self);
}

static void
webhook_test (gpointer data, G_GNUC_UNUSED MusterUser *user, MusterReport *report)
{
  Webhook *self = data;
  Trial *trial = g_new0 (Trial, 1);
  const HttpRequest request = { .method = "HEAD", .url = self->url, .deadline = self->timeout, .idempotent = TRUE };

  trial->webhook = self;
  trial->report = report;
  self->n_pending++;
  http_client_send_async (self->client, &request, self->cancellable, on_tried, trial);
}

static gpointer
webhook_open (MusterContext *ctx, GError **error)
{
  const HttpSettings settings = { .max_conns = MAX_IN_FLIGHT,
                                  .max_conns_per_host = MAX_IN_FLIGHT,
                                  .ca_file = muster_context_get_string (ctx, "ca-file") };
  const char *secret = muster_context_get_string (ctx, "secret");
  g_autoptr(HttpClient) client = http_client_new (&settings, error);

  if (client == NULL)
    return NULL;

  Webhook *self = g_new0 (Webhook, 1);
  self->ctx = ctx;
  self->client = g_steal_pointer (&client);
  self->url = muster_context_get_string (ctx, "url");
  self->timeout = muster_context_get_duration (ctx, "timeout");
  self->cancellable = g_cancellable_new ();
  /* Nothing is asked of the receiver before there is something to deliver: ready is all that can be said. */
  if (secret != NULL)
    self->key = plugin_secret_new (ctx, secret, "deliveries cannot be signed", on_key_changed, self);
  else
    webhook_report_health (self);
  return self;
}

static void
webhook_close (gpointer data, G_GNUC_UNUSED gint64 deadline)
{
  Webhook *self = data;

  /* Whoever is cancelled here ends in the next turns of the loop, long before any deadline; the last one frees. */
  self->closing = TRUE;
  self->n_pending++;
  g_cancellable_cancel (self->cancellable);
  if (self->key != NULL)
    plugin_secret_stop (self->key);
  self->n_pending--;
  webhook_end_if_idle (self);
}

static const MusterOption options[] = {
  { .name = "url",
    .type = MUSTER_OPTION_URL,
    .doc = "where presences are posted to",
    .flags = MUSTER_OPTION_REQUIRED },
  { .name = "secret",
    .type = MUSTER_OPTION_SECRET,
    .doc = "key of the HMAC-SHA256 signature; without it deliveries are not signed" },
  { .name = "timeout",
    .type = MUSTER_OPTION_DURATION,
    .default_value = "10s",
    .doc = "how long one delivery may take as a whole",
    .min = 100 * G_TIME_SPAN_MILLISECOND,
    .max = G_TIME_SPAN_MINUTE },
  { .name = "ca-file",
    .type = MUSTER_OPTION_PATH,
    .doc = "PEM file of the authorities to trust instead of the system's" },
};

static const MusterSinkOps ops = {
  .struct_size = sizeof ops,
  .needs = MUSTER_NEEDS_STATUS | MUSTER_NEEDS_TEXT | MUSTER_NEEDS_TEMPLATE | MUSTER_NEEDS_KIND | MUSTER_NEEDS_TELEPHONY
           | MUSTER_NEEDS_LABEL | MUSTER_NEEDS_REACH | MUSTER_NEEDS_TIMES,
  .max_in_flight = MAX_IN_FLIGHT,
  /* Above the longest `timeout`, so that it is always the delivery's own answer that counts. */
  .deadline = 75 * G_TIME_SPAN_SECOND,
  .open = webhook_open,
  .apply = webhook_apply,
  .test = webhook_test,
  .close = webhook_close,
};

MUSTER_PLUGIN_DEFINE (.id = "webhook", .version = MUSTER_VERSION, .license = "LGPL-2.1-or-later",
                      .summary = "Posts presences as JSON to an HTTP endpoint", MUSTER_OPTIONS (options), .sink = &ops)
