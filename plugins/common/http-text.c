/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What of HTTP is text: origins, dates, and certificates explained. */
#define G_LOG_DOMAIN "muster-http"

#include "http.h"

#include <libsoup/soup.h>

char *
http_url_origin (const char *url)
{
  g_autoptr(GUri) uri = g_uri_parse (url, SOUP_HTTP_URI_FLAGS, NULL);

  if (uri == NULL || g_uri_get_host (uri) == NULL)
    return g_strdup ("an address that is no URL");

  const char *scheme = g_uri_get_scheme (uri);
  int port = g_uri_get_port (uri); /* the scheme's own where none is written */
  if (port == (g_str_equal (scheme, "https") ? 443 : 80))
    port = -1;
  g_autoptr(GUri) origin = g_uri_build (G_URI_FLAGS_NONE, scheme, NULL, g_uri_get_host (uri), port, "", NULL, NULL);
  return g_uri_to_string (origin);
}

gint64
http_parse_retry_after (const char *value, gint64 now)
{
  gint64 wait;
  guint64 seconds;

  if (value == NULL)
    return 0;

  g_autofree char *text = g_strstrip (g_strdup (value));
  if (g_ascii_isdigit (text[0]))
    {
      if (!g_ascii_string_to_unsigned (text, 10, 0, G_MAXINT64 / G_TIME_SPAN_SECOND, &seconds, NULL))
        return 0;
      wait = (gint64) seconds * G_TIME_SPAN_SECOND;
    }
  else
    {
      g_autoptr(GDateTime) date = soup_date_time_new_from_http_string (text);
      if (date == NULL)
        return 0;
      wait = g_date_time_to_unix (date) * G_TIME_SPAN_SECOND - now;
    }

  return CLAMP (wait, HTTP_RETRY_AFTER_MIN, HTTP_RETRY_AFTER_MAX);
}

/* In the order in which somebody would look: a certificate of another host need not be trusted first. */
static const struct
{
  GTlsCertificateFlags flag;
  const char          *what, *advice;
} tls_errors[] = {
  { G_TLS_CERTIFICATE_REVOKED, "its certificate is revoked", "the other side needs a new one" },
  { G_TLS_CERTIFICATE_EXPIRED, "its certificate has expired", "the other side needs a new one" },
  { G_TLS_CERTIFICATE_NOT_ACTIVATED, "its certificate is not valid yet", "compare the clocks of both machines" },
  { G_TLS_CERTIFICATE_BAD_IDENTITY, "its certificate is for another host name",
    "use the name in the certificate, or have one made for this name" },
  { G_TLS_CERTIFICATE_INSECURE, "its certificate uses an algorithm that is broken", "the other side needs a new one" },
  { G_TLS_CERTIFICATE_UNKNOWN_CA, "nobody known here has signed its certificate", NULL },
};

char *
http_explain_tls_errors (GTlsCertificateFlags errors, const char *ca_file)
{
  for (gsize i = 0; i < G_N_ELEMENTS (tls_errors); i++)
    {
      if ((errors & tls_errors[i].flag) == 0)
        continue;
      if (tls_errors[i].advice != NULL)
        return g_strdup_printf ("%s: %s", tls_errors[i].what, tls_errors[i].advice);
      if (ca_file != NULL)
        return g_strdup_printf ("%s: the certificate of its authority (or its own, if it signed itself) must be in %s",
                                tls_errors[i].what, ca_file);
      return g_strdup_printf ("%s: put the certificate of its authority (or its own, if it signed itself) into a file "
                              "and name that in ca-file",
                              tls_errors[i].what);
    }

  return g_strdup ("its certificate is not accepted: look at it with openssl s_client");
}
