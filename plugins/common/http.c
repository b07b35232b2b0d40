/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-http"

#include "http.h"

#include <libsoup/soup.h>
#include <string.h>

#include "muster/muster-plugin.h"

#define READ_SIZE (16 * 1024)

/* Of the client, and of every request under way. */
typedef struct
{
  char *username, *password;
} Credentials;

struct _HttpClient
{
  SoupSession *session;
  char        *ca_file;     /* nullable */
  gboolean     signs_in;
  Credentials *credentials; /* nullable */
};

/* One request on its way; the task's data. */
typedef struct
{
  SoupSession  *session;
  SoupMessage  *message;
  Credentials  *credentials;  /* nullable */
  char         *content_type; /* nullable: no body */
  GBytes       *content;      /* nullable */
  char         *origin;
  char         *ca_file;  /* nullable */
  GCancellable *stop;     /* ends the request, whoever wants that */
  GSource      *deadline; /* nullable */
  GSource      *caller;   /* nullable: the caller's cancellable */
  gint64        time_allowed;
  gboolean      late;
  gsize         body_max;
  GInputStream *stream;   /* nullable: no answer yet */
  GByteArray   *body;
} Send;

static void
source_clear (GSource **source)
{
  if (*source == NULL)
    return;
  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static void
credentials_clear (gpointer data)
{
  Credentials *credentials = data;

  if (credentials->password != NULL)
    explicit_bzero (credentials->password, strlen (credentials->password));
  g_free (credentials->username);
  g_free (credentials->password);
}

static void
credentials_release (Credentials *credentials)
{
  g_rc_box_release_full (credentials, credentials_clear);
}

static void
send_free (Send *self)
{
  source_clear (&self->deadline);
  source_clear (&self->caller);
  g_clear_object (&self->stream);
  g_signal_handlers_disconnect_by_data (self->message, self);
  g_clear_object (&self->message);
  g_clear_object (&self->session);
  g_clear_object (&self->stop);
  g_clear_pointer (&self->credentials, credentials_release);
  g_clear_pointer (&self->content, g_bytes_unref);
  g_byte_array_unref (self->body);
  g_free (self->content_type);
  g_free (self->origin);
  g_free (self->ca_file);
  g_free (self);
}

void
http_reply_free (HttpReply *reply)
{
  if (reply == NULL)
    return;
  g_free (reply->message);
  g_clear_pointer (&reply->body, g_bytes_unref);
  g_clear_object (&reply->certificate);
  g_free (reply);
}

/* The database of `path`. GLib takes a file without any certificate silently, and would then trust nobody. */
static GTlsDatabase *
load_authorities (const char *path, GError **error)
{
  g_autoptr(GError) local = NULL;
  g_autolist(GTlsCertificate) list = g_tls_certificate_list_new_from_file (path, &local);

  if (local == NULL && list == NULL)
    g_set_error (&local, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE, "no certificate in it");

  g_autoptr(GTlsDatabase) database = local == NULL ? g_tls_file_database_new (path, &local) : NULL;
  if (database == NULL)
    {
      g_set_error (error, MUSTER_ERROR, MUSTER_ERROR_CONFIG,
                   "reading certificates from %s: %s (expected PEM, readable for the daemon)", path, local->message);
      return NULL;
    }
  return g_steal_pointer (&database);
}

HttpClient *
http_client_new (const HttpSettings *settings, GError **error)
{
  g_autoptr(GTlsDatabase) authorities = NULL;

  if (settings->ca_file != NULL)
    {
      authorities = load_authorities (settings->ca_file, error);
      if (authorities == NULL)
        return NULL;
    }

  HttpClient *self = g_new0 (HttpClient, 1);
  self->ca_file = g_strdup (settings->ca_file);
  /* The numbers of connections can only be set here; the session's own time limit bounds silence only, so each
   * request has a deadline besides. */
  self->session = soup_session_new_with_options ("max-conns", settings->max_conns != 0 ? settings->max_conns : 10,
                                                 "max-conns-per-host",
                                                 settings->max_conns_per_host != 0 ? settings->max_conns_per_host : 2,
                                                 "timeout", 60, "idle-timeout", 30, "user-agent", HTTP_USER_AGENT,
                                                 NULL);
  if (authorities != NULL)
    soup_session_set_tls_database (self->session, authorities);
  if (settings->proxy != NULL)
    soup_session_set_proxy_resolver (self->session, settings->proxy);
  self->signs_in = settings->sign_in != HTTP_SIGN_IN_NONE;
  if (self->signs_in)
    soup_session_add_feature_by_type (self->session, settings->sign_in == HTTP_SIGN_IN_NTLM ? SOUP_TYPE_AUTH_NTLM
                                                                                            : SOUP_TYPE_AUTH_NEGOTIATE);
  if (settings->username != NULL)
    {
      self->credentials = g_rc_box_new0 (Credentials);
      self->credentials->username = g_strdup (settings->username);
      self->credentials->password = g_strdup (settings->password);
    }
  return self;
}

void
http_client_free (HttpClient *self)
{
  if (self == NULL)
    return;
  g_clear_object (&self->session);
  g_clear_pointer (&self->credentials, credentials_release);
  g_free (self->ca_file);
  g_free (self);
}

static HttpOutcome
classify (guint status)
{
  if (status >= 200 && status < 300)
    return HTTP_OK;
  switch (status)
    {
    case 408: /* the other side waited too long for us */
    case 425: /* too early: it does not want to take a risk now */
    case 429: /* too many */
      return HTTP_UNREACHABLE;
    default:
      return status >= 500 && status < 600 ? HTTP_UNREACHABLE : HTTP_REFUSED;
    }
}

/* Whether the other side moved away, and whereto, as far as that may be shown. */
static char *
explain_redirect (SoupMessage *message)
{
  const char *location = soup_message_headers_get_one (soup_message_get_response_headers (message), "Location");
  g_autoptr(GUri) target = location != NULL ? g_uri_parse_relative (soup_message_get_uri (message), location,
                                                                    SOUP_HTTP_URI_FLAGS, NULL)
                                            : NULL;
  if (target == NULL)
    return g_strdup (", and redirects are not followed: use the final address");

  g_autofree char *url = g_uri_to_string (target);
  g_autofree char *origin = http_url_origin (url);
  return g_strdup_printf (", a redirect to %s, which is not followed: use the final address", origin);
}

static char *
explain_status (Send *self, guint status)
{
  const char *phrase = soup_status_get_phrase (status); /* ours: what the other side writes there is not shown */
  g_autofree char *more = status >= 300 && status < 400 ? explain_redirect (self->message) : g_strdup ("");
  return g_strdup_printf ("asking %s: answered %u (%s)%s", self->origin, status, phrase, more);
}

static const char *
tls_version_name (GTlsProtocolVersion version)
{
  switch (version)
    {
    case G_TLS_PROTOCOL_VERSION_TLS_1_3:
      return "TLS 1.3";
    case G_TLS_PROTOCOL_VERSION_TLS_1_2:
      return "TLS 1.2";
    case G_TLS_PROTOCOL_VERSION_TLS_1_1:
    case G_TLS_PROTOCOL_VERSION_TLS_1_0:
    case G_TLS_PROTOCOL_VERSION_SSL_3_0:
      return "an old version of TLS";
    case G_TLS_PROTOCOL_VERSION_DTLS_1_0:
    case G_TLS_PROTOCOL_VERSION_DTLS_1_2:
    case G_TLS_PROTOCOL_VERSION_UNKNOWN:
    default:
      return "TLS";
    }
}

/* What can be said whether the answer was whole or not. */
static HttpReply *
reply_new (Send *self)
{
  HttpReply *reply = g_new0 (HttpReply, 1);
  GTlsCertificate *certificate = soup_message_get_tls_peer_certificate (self->message);

  if (certificate != NULL)
    {
      reply->certificate = g_object_ref (certificate);
      if (soup_message_get_tls_peer_certificate_errors (self->message) == G_TLS_CERTIFICATE_NO_FLAGS)
        reply->tls = tls_version_name (soup_message_get_tls_protocol_version (self->message));
    }
  if (self->stream != NULL)
    {
      SoupMessageHeaders *headers = soup_message_get_response_headers (self->message);
      reply->status = soup_message_get_status (self->message);
      reply->retry_after = http_parse_retry_after (soup_message_headers_get_one (headers, "Retry-After"),
                                                   g_get_real_time ());
    }
  return reply;
}

static void
send_return (GTask *task, HttpReply *reply)
{
  Send *self = g_task_get_task_data (task);

  source_clear (&self->deadline);
  source_clear (&self->caller);
  g_task_return_pointer (task, reply, (GDestroyNotify) http_reply_free);
}

static void
send_fail (GTask *task, const GError *error)
{
  Send *self = g_task_get_task_data (task);

  if (g_cancellable_is_cancelled (self->stop) && !self->late)
    {
      source_clear (&self->deadline);
      g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_CANCELLED, "asking %s: cancelled", self->origin);
      return;
    }

  HttpReply *reply = reply_new (self);
  reply->outcome = HTTP_UNREACHABLE;
  if (self->late)
    {
      reply->message = g_strdup_printf ("asking %s: no whole answer within %.3g s", self->origin,
                                        (double) self->time_allowed / G_TIME_SPAN_SECOND);
    }
  else if (g_error_matches (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE))
    {
      g_autofree char *why
          = http_explain_tls_errors (soup_message_get_tls_peer_certificate_errors (self->message), self->ca_file);
      reply->outcome = HTTP_REFUSED;
      reply->message = g_strdup_printf ("asking %s: %s", self->origin, why);
    }
  else if (g_error_matches (error, G_TLS_ERROR, G_TLS_ERROR_UNAVAILABLE))
    {
      reply->outcome = HTTP_REFUSED;
      reply->message = g_strdup_printf ("asking %s: GLib has no TLS here: install glib-networking", self->origin);
    }
  else
    {
      reply->message = g_strdup_printf ("asking %s: %s", self->origin, error->message);
    }
  send_return (task, reply);
}

static gboolean
on_deadline (gpointer user_data)
{
  Send *self = user_data;

  source_clear (&self->deadline);
  self->late = TRUE;
  g_cancellable_cancel (self->stop);
  return G_SOURCE_REMOVE;
}

static gboolean
on_caller_cancelled (G_GNUC_UNUSED GCancellable *cancellable, gpointer user_data)
{
  Send *self = user_data;

  source_clear (&self->caller);
  if (!self->late)
    g_cancellable_cancel (self->stop);
  return G_SOURCE_REMOVE;
}

static void
on_read (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr(GTask) task = user_data;
  Send *self = g_task_get_task_data (task);
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) piece = g_input_stream_read_bytes_finish (G_INPUT_STREAM (object), result, &error);

  if (piece == NULL)
    {
      send_fail (task, error);
      return;
    }

  gsize length = g_bytes_get_size (piece);
  if (length > 0 && length <= self->body_max - self->body->len)
    {
      g_byte_array_append (self->body, g_bytes_get_data (piece, NULL), (guint) length);
      g_input_stream_read_bytes_async (self->stream, READ_SIZE, G_PRIORITY_DEFAULT, self->stop, on_read,
                                       g_steal_pointer (&task));
      return;
    }

  HttpReply *reply = reply_new (self);
  reply->outcome = classify (reply->status);
  if (length > 0)
    {
      /* Whatever is there is not what was asked for, and asking again would bring as much. Cancelling closes the
       * connection instead of reading on to the end. */
      g_cancellable_cancel (self->stop);
      if (reply->outcome == HTTP_OK)
        reply->outcome = HTTP_REFUSED;
      reply->message = g_strdup_printf ("asking %s: answered %u with more than %" G_GSIZE_FORMAT " bytes: is this the "
                                        "right address?",
                                        self->origin, reply->status, self->body_max);
    }
  else
    {
      reply->body = g_byte_array_free_to_bytes (g_steal_pointer (&self->body));
      self->body = g_byte_array_new ();
      if (reply->outcome != HTTP_OK)
        reply->message = explain_status (self, reply->status);
    }
  send_return (task, reply);
}

static void
on_answered (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr(GTask) task = user_data;
  Send *self = g_task_get_task_data (task);
  g_autoptr(GError) error = NULL;

  self->stream = soup_session_send_finish (SOUP_SESSION (object), result, &error);
  if (self->stream == NULL)
    {
      send_fail (task, error);
      return;
    }

  g_input_stream_read_bytes_async (self->stream, READ_SIZE, G_PRIORITY_DEFAULT, self->stop, on_read,
                                   g_steal_pointer (&task));
}

/* The server wants to know who asks. Whatever it says to the answer, it gets no other one: an unanswered question would
 * be answered with the name of the system's user, and a second try could lock the account. */
static gboolean
on_authenticate (G_GNUC_UNUSED SoupMessage *message, SoupAuth *auth, gboolean is_retry, gpointer user_data)
{
  Send *self = user_data;

  if (self->credentials != NULL && self->credentials->password != NULL && !is_retry && !soup_auth_is_for_proxy (auth)
      && g_ascii_strcasecmp (soup_auth_get_scheme_name (auth), "NTLM") == 0)
    soup_auth_authenticate (auth, self->credentials->username, self->credentials->password);
  else
    soup_auth_cancel (auth);
  return TRUE;
}

/* The body went out with the first try. */
static void
on_restarted (SoupMessage *message, gpointer user_data)
{
  Send *self = user_data;

  if (self->content != NULL)
    soup_message_set_request_body_from_bytes (message, self->content_type, self->content);
}

static SoupMessage *
message_new (const HttpRequest *request, gboolean signs_in)
{
  g_autoptr(SoupMessage) message = soup_message_new (request->method, request->url);
  if (message == NULL)
    return NULL;

  SoupMessageHeaders *headers = soup_message_get_request_headers (message);
  for (gsize i = 0; request->headers != NULL && request->headers[i] != NULL; i += 2)
    soup_message_headers_append (headers, request->headers[i], request->headers[i + 1]);
  if (request->body != NULL)
    soup_message_set_request_body_from_bytes (message, request->content_type, request->body);
  /* What was signed in once is kept for the other requests of a client that signs in, and for no others. */
  soup_message_add_flags (message, SOUP_MESSAGE_NO_REDIRECT | (signs_in ? 0 : SOUP_MESSAGE_DO_NOT_USE_AUTH_CACHE)
                                       | (request->idempotent ? SOUP_MESSAGE_IDEMPOTENT : 0));
  return g_steal_pointer (&message);
}

void
http_client_send_async (HttpClient *client, const HttpRequest *request, GCancellable *cancellable,
                        GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr(GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  g_autoptr(SoupMessage) message = message_new (request, client->signs_in);

  g_task_set_source_tag (task, http_client_send_async);
  if (message == NULL)
    {
      g_task_return_new_error (task, MUSTER_ERROR, MUSTER_ERROR_CONFIG,
                               "making a request: the address is no http or https URL");
      return;
    }

  Send *self = g_new0 (Send, 1);
  self->session = g_object_ref (client->session);
  self->message = g_steal_pointer (&message);
  if (client->credentials != NULL)
    self->credentials = g_rc_box_acquire (client->credentials);
  if (request->body != NULL)
    {
      self->content = g_bytes_ref (request->body);
      self->content_type = g_strdup (request->content_type);
    }
  if (client->signs_in)
    {
      g_signal_connect (self->message, "authenticate", G_CALLBACK (on_authenticate), self);
      g_signal_connect (self->message, "restarted", G_CALLBACK (on_restarted), self);
    }
  self->origin = http_url_origin (request->url);
  self->ca_file = g_strdup (client->ca_file);
  self->stop = g_cancellable_new ();
  self->time_allowed = request->deadline > 0 ? request->deadline : HTTP_DEADLINE;
  self->body_max = request->body_max > 0 ? request->body_max : HTTP_BODY_MAX;
  self->body = g_byte_array_new ();
  g_task_set_task_data (task, self, (GDestroyNotify) send_free);

  /* Real time and not the plugins' clock: it bounds what real sockets do. */
  self->deadline = g_timeout_source_new ((guint) MIN (self->time_allowed / 1000, G_MAXUINT));
  g_source_set_callback (self->deadline, on_deadline, self, NULL);
  g_source_attach (self->deadline, g_main_context_get_thread_default ());
  if (cancellable != NULL)
    {
      /* A source and no signal handler: it may be removed while the cancelling goes on. */
      self->caller = g_cancellable_source_new (cancellable);
      g_source_set_callback (self->caller, G_SOURCE_FUNC (on_caller_cancelled), self, NULL);
      g_source_attach (self->caller, g_main_context_get_thread_default ());
    }

  soup_session_send_async (self->session, self->message, G_PRIORITY_DEFAULT, self->stop, on_answered,
                           g_steal_pointer (&task));
}

HttpReply *
http_client_send_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_async_result_is_tagged (result, http_client_send_async), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}
