/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-ews"

#include "client.h"

#include "http.h"
#include "plugin-secret.h"

#include <string.h>

#define WAIT_MIN (5 * G_TIME_SPAN_SECOND)
#define WAIT_MAX (5 * G_TIME_SPAN_MINUTE)
/* Domains lock an account after some ten failures in half an hour. */
#define SIGN_IN_WAIT_MIN (5 * G_TIME_SPAN_MINUTE)
#define SIGN_IN_WAIT_MAX G_TIME_SPAN_HOUR
/* Meanwhile somebody may have stored the right password. */
#define SECRET_LOOK (30 * G_TIME_SPAN_SECOND)
/* So many answers in a row that are none: it is the server, not a mailbox. */
#define STRANGE_MAX 5

struct _EwsClient
{
  MusterContext *ctx;
  HttpClient *http;     /* nullable: not before the password is there */
  PluginSecret *secret; /* nullable: the ticket of the process signs in */
  GCancellable *cancellable;
  EwsClientFunc on_changed;
  gpointer user_data;
  const char *url, *auth, *username, *ca_file; /* the last two nullable */
  char *origin;
  char *version; /* nullable */
  char *problem; /* nullable */
  gint64 timeout;
  guint max_active, n_active;
  guint generation;          /* of the password in use */
  gboolean is_proven;        /* the last that was heard of the server is an answer */
  guint n_strange;           /* in a row */
  guint n_waits, n_refusals; /* in a row */
  gint64 wait_until;         /* 0: nothing is waited for */
  gint64 down_since;         /* 0: it is not */
  gboolean is_sign_in;       /* what is waited for */
  gboolean stopped;
  MusterTimer *timer; /* nullable */
};

typedef struct
{
  EwsClient *client;
  EwsReplyFunc func;
  gpointer user_data;
  guint generation;
  GSource *refusal; /* nullable: it was not sent */
} Call;

static void
tell (EwsClient *self)
{
  if (!self->stopped)
    self->on_changed (self->user_data);
}

static void
set_problem (EwsClient *self, const char *problem)
{
  if (g_strcmp0 (problem, self->problem) == 0)
    return;
  g_free (self->problem);
  self->problem = g_strdup (problem);
}

static void
on_timer (gpointer user_data);

static void
arm (EwsClient *self)
{
  const gint64 now = muster_context_now (self->ctx);
  gint64 at = self->wait_until;

  g_clear_pointer (&self->timer, muster_timer_free);
  if (self->wait_until == 0 || self->stopped)
    return;
  if (self->is_sign_in && self->secret != NULL)
    at = MIN (at, now + SECRET_LOOK);
  self->timer = muster_context_timer_add (self->ctx, at, on_timer, self);
}

/* Nothing is sent before `wait` is over, and then one request alone. */
static void
begin_waiting (EwsClient *self, gint64 wait, gboolean is_sign_in, const char *problem)
{
  const gint64 now = muster_context_now (self->ctx);
  g_autofree char *text = g_strdup_printf ("%s; again in %" G_GINT64_FORMAT " s", problem, wait / G_TIME_SPAN_SECOND);

  self->is_proven = FALSE;
  self->is_sign_in = is_sign_in;
  self->wait_until = now + wait;
  if (self->down_since == 0)
    self->down_since = now;
  set_problem (self, problem);
  muster_context_log (self->ctx, is_sign_in ? MUSTER_LOG_WARNING : MUSTER_LOG_MESSAGE, "%s", text);
  arm (self);
  tell (self);
}

static void
end_waiting (EwsClient *self)
{
  self->wait_until = 0;
  self->is_sign_in = FALSE;
  arm (self);
  tell (self);
}

static void
on_looked (G_GNUC_UNUSED gpointer user_data)
{
  /* Another password has been told of by on_secret_changed(). */
}

static void
on_timer (gpointer user_data)
{
  EwsClient *self = user_data;

  if (muster_context_now (self->ctx) >= self->wait_until)
    {
      end_waiting (self);
      return;
    }
  plugin_secret_read (self->secret, on_looked, self);
  arm (self);
}

static gboolean
connect_anew (EwsClient *self, const char *password, GError **error)
{
  const gboolean is_ntlm = strcmp (self->auth, "ntlm") == 0;
  const HttpSettings settings = { .max_conns = self->max_active,
                                  .max_conns_per_host = self->max_active,
                                  .ca_file = self->ca_file,
                                  .sign_in = is_ntlm ? HTTP_SIGN_IN_NTLM
                                                     : (strcmp (self->auth, "negotiate") == 0 ? HTTP_SIGN_IN_NEGOTIATE
                                                                                              : HTTP_SIGN_IN_NONE),
                                  .username = is_ntlm ? self->username : NULL,
                                  .password = is_ntlm ? password : NULL };
  HttpClient *http = http_client_new (&settings, error);

  if (http == NULL)
    return FALSE;
  g_clear_pointer (&self->http, http_client_free);
  self->http = http;
  return TRUE;
}

static void
on_secret_changed (gpointer user_data)
{
  EwsClient *self = user_data;
  const char *password = plugin_secret_get_value (self->secret);
  g_autoptr(GError) error = NULL;

  if (self->stopped)
    return;
  if (password == NULL)
    {
      g_clear_pointer (&self->http, http_client_free);
      set_problem (self, plugin_secret_get_problem (self->secret));
      tell (self);
      return;
    }
  if (self->http != NULL && self->generation == plugin_secret_get_generation (self->secret))
    return; /* only its problem is another: the one of before stays in use */

  if (!connect_anew (self, password, &error))
    {
      set_problem (self, error->message);
      tell (self);
      return;
    }
  self->generation = plugin_secret_get_generation (self->secret);
  self->is_proven = FALSE;
  if (self->wait_until == 0)
    set_problem (self, NULL);
  if (self->wait_until == 0 || self->is_sign_in)
    end_waiting (self); /* at once with another password */
}

static gboolean
check_options (EwsClient *self, GError **error)
{
  const char *secret = muster_context_get_string (self->ctx, "password");
  const gboolean needs_password = strcmp (self->auth, "negotiate") != 0;
  const gboolean needs_user = strcmp (self->auth, "ntlm") == 0 || strcmp (self->auth, "basic") == 0;

  if (needs_user && self->username == NULL)
    {
      g_set_error (error, MUSTER_ERROR, MUSTER_ERROR_CONFIG, "signing in with auth=%s: username is missing",
                   self->auth);
      return FALSE;
    }
  if (needs_password && secret == NULL)
    {
      g_set_error (error, MUSTER_ERROR, MUSTER_ERROR_CONFIG,
                   "signing in with auth=%s: password is missing (password=secret:NAME)", self->auth);
      return FALSE;
    }
  return TRUE;
}

EwsClient *
ews_client_new (MusterContext *ctx, EwsClientFunc on_changed, gpointer user_data, GError **error)
{
  EwsClient *self = g_new0 (EwsClient, 1);

  self->ctx = ctx;
  self->on_changed = on_changed;
  self->user_data = user_data;
  self->url = muster_context_get_string (ctx, "url");
  self->auth = muster_context_get_string (ctx, "auth");
  self->username = muster_context_get_string (ctx, "username");
  self->ca_file = muster_context_get_string (ctx, "ca-file");
  self->timeout = muster_context_get_duration (ctx, "timeout");
  self->max_active = (guint) muster_context_get_integer (ctx, "requests");
  self->origin = http_url_origin (self->url);
  self->cancellable = g_cancellable_new ();
  /* Also where a password is waited for: whether the file of authorities can be read is known now. */
  if (!check_options (self, error) || !connect_anew (self, NULL, error))
    {
      self->stopped = TRUE;
      ews_client_free (self);
      return NULL;
    }
  if (strcmp (self->auth, "negotiate") != 0)
    {
      g_clear_pointer (&self->http, http_client_free);
      self->secret = plugin_secret_new (ctx, muster_context_get_string (ctx, "password"), "nobody can sign in",
                                        on_secret_changed, self);
    }
  return self;
}

void
ews_client_stop (EwsClient *self)
{
  self->stopped = TRUE;
  g_clear_pointer (&self->timer, muster_timer_free);
  if (self->secret != NULL)
    plugin_secret_stop (self->secret);
  g_cancellable_cancel (self->cancellable);
}

void
ews_client_free (EwsClient *self)
{
  g_clear_pointer (&self->timer, muster_timer_free);
  g_clear_pointer (&self->secret, plugin_secret_free);
  g_clear_pointer (&self->http, http_client_free);
  g_clear_object (&self->cancellable);
  g_free (self->origin);
  g_free (self->version);
  g_free (self->problem);
  g_free (self);
}

guint
ews_client_get_room (EwsClient *self)
{
  const guint most = self->is_proven ? self->max_active : 1;

  if (self->stopped || self->http == NULL || self->wait_until != 0)
    return 0;
  return most > self->n_active ? most - self->n_active : 0;
}

guint
ews_client_get_n_active (EwsClient *self)
{
  return self->n_active;
}

const char *
ews_client_get_problem (EwsClient *self)
{
  return self->problem;
}

const char *
ews_client_get_version (EwsClient *self)
{
  return self->version;
}

const char *
ews_client_get_origin (EwsClient *self)
{
  return self->origin;
}

/* The server has answered as Exchange does. */
static void
note_answer (EwsClient *self, const EwsResponse *response)
{
  const gboolean is_news = !self->is_proven || self->problem != NULL;

  if (self->wait_until != 0)
    return; /* an answer that was under way when the waiting began proves nothing */
  self->n_strange = self->n_waits = self->n_refusals = 0;
  self->is_proven = TRUE;
  set_problem (self, NULL);
  if (self->down_since != 0)
    muster_context_log (self->ctx, MUSTER_LOG_MESSAGE, "%s answers again after %" G_GINT64_FORMAT " s", self->origin,
                        (muster_context_now (self->ctx) - self->down_since) / G_TIME_SPAN_SECOND);
  self->down_since = 0;
  if (response->version != NULL && g_strcmp0 (response->version, self->version) != 0)
    {
      g_free (self->version);
      self->version = g_strdup (response->version);
      muster_context_log (self->ctx, MUSTER_LOG_MESSAGE, "connected to Exchange %s at %s", self->version, self->origin);
    }
  if (is_news)
    tell (self);
}

static void
note_refusal (EwsClient *self, guint generation)
{
  g_autofree char *problem = NULL;

  /* Of those that were under way together one counts, and one with the password of before does not. */
  if (self->wait_until != 0 || generation != self->generation)
    return;
  problem = g_strdup_printf ("signing in at %s as %s by %s: refused; %s", self->origin,
                             self->username != NULL ? self->username : "the daemon", self->auth,
                             ews_sign_in_get_advice (self->auth));
  begin_waiting (self, ews_error_get_wait (SIGN_IN_WAIT_MIN, SIGN_IN_WAIT_MAX, self->n_refusals++), TRUE, problem);
  if (self->secret != NULL)
    plugin_secret_read (self->secret, on_looked, self);
}

/* No answer that can be read. */
static void
note_failure (EwsClient *self, guint status, gint64 retry_after, const char *problem)
{
  const gboolean is_overload = status == 503 || status == 429;
  gint64 wait;

  self->n_strange++;
  if (self->wait_until != 0 || (self->is_proven && !is_overload && self->n_strange < STRANGE_MAX))
    return;
  wait = ews_error_get_wait (WAIT_MIN, WAIT_MAX, self->n_waits++);
  begin_waiting (self, MAX (wait, MIN (retry_after, WAIT_MAX)), FALSE, problem);
}

static void
call_end (Call *self, const EwsReply *reply)
{
  EwsClient *client = self->client;

  if (self->refusal != NULL)
    {
      g_source_destroy (self->refusal);
      g_source_unref (self->refusal);
    }
  client->n_active--;
  self->func (reply, self->user_data);
  g_free (self);
  if (client->stopped && client->n_active == 0)
    client->on_changed (client->user_data);
}

static void
on_answered (G_GNUC_UNUSED GObject *object, GAsyncResult *result, gpointer user_data)
{
  Call *self = user_data;
  EwsClient *client = self->client;
  g_autoptr(GError) error = NULL;
  g_autoptr(HttpReply) answer = http_client_send_finish (result, &error);
  g_autoptr(EwsResponse) response = NULL;
  g_autofree char *problem = NULL;
  EwsReply reply = { NULL, NULL };

  if (answer == NULL)
    {
      reply.problem = error->message;
      call_end (self, &reply);
      return;
    }

  /* Faults come as 500. */
  if (answer->body != NULL && (answer->status == 200 || answer->status == 500))
    {
      gsize size;
      const char *data = g_bytes_get_data (answer->body, &size);
      response = ews_response_new (data != NULL ? data : "", size, &error);
    }
  if (response != NULL)
    {
      reply.response = response;
      note_answer (client, response);
    }
  else
    {
      problem = answer->outcome == HTTP_OK ? g_strdup_printf ("asking %s: %s", client->origin,
                                                              error != NULL ? error->message : "no answer in it")
                                           : g_strdup (answer->message);
      reply.problem = problem;
      if (answer->status == 401)
        note_refusal (client, self->generation);
      else
        note_failure (client, answer->status, answer->retry_after, problem);
    }
  call_end (self, &reply);
}

static gboolean
on_refused (gpointer user_data)
{
  Call *self = user_data;
  const EwsReply reply = { NULL, self->client->problem != NULL ? self->client->problem
                                                               : "asking the server: it is not the moment" };

  call_end (self, &reply);
  return G_SOURCE_REMOVE;
}

/* (nullable): the sign-in that needs no question of the server. */
static char *
make_authorization (EwsClient *self)
{
  const char *password = self->secret != NULL ? plugin_secret_get_value (self->secret) : NULL;

  if (password == NULL)
    return NULL;
  if (strcmp (self->auth, "bearer") == 0)
    return g_strconcat ("Bearer ", password, NULL);
  if (strcmp (self->auth, "basic") != 0)
    return NULL;

  g_autofree char *pair = g_strconcat (self->username, ":", password, NULL);
  g_autofree char *encoded = g_base64_encode ((const guchar *) pair, strlen (pair));
  char *header = g_strconcat ("Basic ", encoded, NULL);
  explicit_bzero (pair, strlen (pair));
  explicit_bzero (encoded, strlen (encoded));
  return header;
}

void
ews_client_send (EwsClient *self, const char *mailbox, GBytes *request, gboolean idempotent, EwsReplyFunc func,
                 gpointer user_data)
{
  Call *call = g_new0 (Call, 1);

  call->client = self;
  call->func = func;
  call->user_data = user_data;
  call->generation = self->generation;
  if (ews_client_get_room (self) == 0)
    {
      self->n_active++;
      call->refusal = g_idle_source_new ();
      g_source_set_callback (call->refusal, on_refused, call, NULL);
      g_source_attach (call->refusal, g_main_context_get_thread_default ());
      return;
    }

  g_autofree char *authorization = make_authorization (self);
  const char *const headers[] = { "X-AnchorMailbox", mailbox, authorization != NULL ? "Authorization" : NULL,
                                  authorization, NULL };
  const HttpRequest http = { .method = "POST",
                             .url = self->url,
                             .headers = headers,
                             .content_type = "text/xml; charset=utf-8",
                             .body = request,
                             .deadline = self->timeout,
                             .body_max = EWS_XML_MAX,
                             .idempotent = idempotent };
  self->n_active++;
  http_client_send_async (self->http, &http, self->cancellable, on_answered, call);
  if (authorization != NULL)
    explicit_bzero (authorization, strlen (authorization));
}
