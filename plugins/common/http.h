/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* HTTP for plugins: requests that end in time, answers that stay small, failures that an administrator can read, and
 * the decision whether trying again can help. The only place that makes a SoupSession.
 *
 * Everything runs on the thread-default main context of the caller, which for a plugin is its instance's. TLS is always
 * verified; there is no switch for that. Redirects are not followed. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define HTTP_BODY_MAX (64 * 1024) /* bytes of an answer, where a request does not say otherwise */
#define HTTP_DEADLINE (30 * G_TIME_SPAN_SECOND)
#define HTTP_RETRY_AFTER_MIN G_TIME_SPAN_SECOND
#define HTTP_RETRY_AFTER_MAX G_TIME_SPAN_HOUR

typedef struct _HttpClient HttpClient;

/* Sign-ins that take more than a header: the server is answered when it asks. */
typedef enum
{
  HTTP_SIGN_IN_NONE,
  HTTP_SIGN_IN_NTLM,     /* with `username` ("DOMAIN\\user") and `password` */
  HTTP_SIGN_IN_NEGOTIATE /* with the Kerberos ticket that the process has; over https only */
} HttpSignIn;

typedef struct
{
  guint           max_conns;          /* 0: 10 */
  guint           max_conns_per_host; /* 0: 2 */
  const char     *ca_file;            /* nullable: the system's authorities; otherwise trusted instead of them */
  GProxyResolver *proxy;              /* nullable: the system's */
  HttpSignIn      sign_in;
  const char     *username, *password; /* nullable; tried once in a request, so that no account is locked */
} HttpSettings;

/* Reads `ca_file`, nothing else; fails with MUSTER_ERROR_CONFIG. */
HttpClient *http_client_new  (const HttpSettings *settings, GError **error);
/* Requests under way hold what they need and still end by themselves. */
void        http_client_free (HttpClient *client);

typedef struct
{
  const char        *method;
  const char        *url;
  const char *const *headers;      /* nullable; name, value, …, NULL */
  const char        *content_type; /* nullable: no body */
  GBytes            *body;         /* nullable */
  gint64             deadline;     /* µs for all, from name look-up to the answer's last byte; 0: HTTP_DEADLINE */
  gsize              body_max;     /* 0: HTTP_BODY_MAX */
  /* Doing it twice does no harm: allows connections to be kept and reused, and a silent second try where a kept one
   * turns out to be dead. */
  gboolean           idempotent;
} HttpRequest;

typedef enum
{
  HTTP_OK,          /* 2xx */
  HTTP_UNREACHABLE, /* trying again later may help: network, deadline, 408, 425, 429, 5xx */
  HTTP_REFUSED      /* it will not: any other status, an untrusted certificate, an answer too large */
} HttpOutcome;

typedef struct
{
  HttpOutcome      outcome;
  guint            status;      /* 0: no answer */
  char            *message;     /* NULL when OK: "asking https://host: what happened"; no path, query or secret */
  gint64           retry_after; /* µs, within the bounds above; 0: not said */
  GBytes          *body;        /* nullable: no whole answer */
  GTlsCertificate *certificate; /* nullable: plain HTTP, or no connection */
  const char      *tls;         /* nullable: "TLS 1.3"; only when the certificate was accepted */
} HttpReply;

/* Always calls back once, never from within. */
void       http_client_send_async  (HttpClient *client, const HttpRequest *request, GCancellable *cancellable,
                                    GAsyncReadyCallback callback, gpointer user_data);
/* NULL with G_IO_ERROR_CANCELLED if the caller cancelled, with MUSTER_ERROR_CONFIG if `url` is none; else a reply. */
HttpReply *http_client_send_finish (GAsyncResult *result, GError **error);
void       http_reply_free         (HttpReply *reply);

/* "https://host:8443": as much of a URL as may be shown. */
char  *http_url_origin         (const char *url);
/* The value of a Retry-After header, seconds or a date, as µs from `now` within the bounds above; 0: it is neither. */
gint64 http_parse_retry_after  (const char *value, gint64 now);
/* What is wrong with a certificate and what to do about it. `ca_file` nullable: the one in use. */
char  *http_explain_tls_errors (GTlsCertificateFlags errors, const char *ca_file);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HttpClient, http_client_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HttpReply, http_reply_free)

G_END_DECLS
