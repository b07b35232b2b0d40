/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "http.h"

/* Sun, 06 Nov 1994 08:49:37 GMT, the example of the HTTP specification */
#define NOW (G_GINT64_CONSTANT (784111777) * G_TIME_SPAN_SECOND)

typedef struct
{
  const char *name, *value;
  gint64      wait;
} RetryCase;

static const RetryCase retry_cases[] = {
  { "absent", NULL, 0 },
  { "seconds", "120", 120 * G_TIME_SPAN_SECOND },
  { "spaces", "  7 ", 7 * G_TIME_SPAN_SECOND },
  { "zero-is-floor", "0", HTTP_RETRY_AFTER_MIN },
  { "cap", "86400", HTTP_RETRY_AFTER_MAX },
  { "cap-huge", "9223372036", HTTP_RETRY_AFTER_MAX },
  { "overflow", "99999999999999999999999", 0 },
  { "negative", "-5", 0 },
  { "fraction", "1.5", 0 },
  { "date", "Sun, 06 Nov 1994 08:51:37 GMT", 120 * G_TIME_SPAN_SECOND },
  { "date-old-form", "Sunday, 06-Nov-94 08:51:37 GMT", 120 * G_TIME_SPAN_SECOND },
  { "date-past-is-floor", "Sun, 06 Nov 1994 08:49:07 GMT", HTTP_RETRY_AFTER_MIN },
  { "date-far-is-cap", "Mon, 06 Nov 1995 08:49:37 GMT", HTTP_RETRY_AFTER_MAX },
  { "words", "soon", 0 },
  { "empty", "", 0 },
};

static void
test_retry_after (gconstpointer data)
{
  const RetryCase *c = data;

  g_assert_cmpint (http_parse_retry_after (c->value, NOW), ==, c->wait);
}

typedef struct
{
  const char *name, *url, *origin;
} OriginCase;

static const OriginCase origin_cases[] = {
  { "plain", "http://example.com/hook", "http://example.com" },
  { "port", "https://example.com:8443/a/b", "https://example.com:8443" },
  { "query-hidden", "https://example.com/a?token=s3cret#x", "https://example.com" },
  { "password-hidden", "https://me:s3cret@example.com/a", "https://example.com" },
  { "ipv6", "http://[::1]:8080/", "http://[::1]:8080" },
  { "usual-port", "https://example.com:443/", "https://example.com" },
  { "no-url", "over there", "an address that is no URL" },
};

static void
test_origin (gconstpointer data)
{
  const OriginCase *c = data;
  g_autofree char *origin = http_url_origin (c->url);

  g_assert_cmpstr (origin, ==, c->origin);
}

typedef struct
{
  const char          *name;
  GTlsCertificateFlags errors;
  const char          *ca_file, *text;
} TlsCase;

static const TlsCase tls_cases[] = {
  { "unknown-ca", G_TLS_CERTIFICATE_UNKNOWN_CA, NULL, "*nobody known here*ca-file" },
  { "unknown-ca-with-file", G_TLS_CERTIFICATE_UNKNOWN_CA, "/etc/ca.pem", "*must be in /etc/ca.pem" },
  { "expired", G_TLS_CERTIFICATE_EXPIRED, NULL, "*expired: the other side needs a new one" },
  { "identity", G_TLS_CERTIFICATE_BAD_IDENTITY, NULL, "*another host name: *" },
  { "several", G_TLS_CERTIFICATE_EXPIRED | G_TLS_CERTIFICATE_UNKNOWN_CA, NULL, "*expired*" },
  { "other", G_TLS_CERTIFICATE_GENERIC_ERROR, NULL, "*not accepted*" },
};

static void
test_tls_errors (gconstpointer data)
{
  const TlsCase *c = data;
  g_autofree char *text = http_explain_tls_errors (c->errors, c->ca_file);

  if (!g_pattern_match_simple (c->text, text))
    g_test_fail_printf ("'%s' does not match '%s'", text, c->text);
}

#define ADD_CASES(prefix, cases, function)                                           \
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)                                   \
    {                                                                                \
      g_autofree char *path = g_strconcat ("/http/" prefix "/", (cases)[i].name, NULL); \
      g_test_add_data_func (path, &(cases)[i], function);                            \
    }

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD_CASES ("retry-after", retry_cases, test_retry_after)
  ADD_CASES ("origin", origin_cases, test_origin)
  ADD_CASES ("tls-errors", tls_cases, test_tls_errors)
  return g_test_run ();
}
