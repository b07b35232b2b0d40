/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/head.h"

#include <string.h>

#define METHOD_MAX 20
#define DIGITS_MAX 18 /* of a Content-Length */

/* A stretch of the head, not ended by a zero byte. */
typedef struct
{
  const char *text;
  gsize       length;
} Span;

static gboolean
fail (MusterdHead *head, guint status, const char *fault)
{
  head->status = status;
  head->fault = fault;
  return FALSE;
}

/* RFC 9110, 5.6.2. */
static gboolean
is_token (Span span)
{
  for (gsize i = 0; i < span.length; i++)
    if (!g_ascii_isalnum (span.text[i]) && (span.text[i] == '\0' || strchr ("!#$%&'*+-.^_`|~", span.text[i]) == NULL))
      return FALSE;
  return span.length > 0;
}

static gboolean
is_printable (Span span, gboolean blanks)
{
  for (gsize i = 0; i < span.length; i++)
    {
      guchar c = (guchar) span.text[i];

      if ((c <= ' ' && !(blanks && (c == ' ' || c == '\t'))) || c == 0x7f)
        return FALSE;
    }
  return TRUE;
}

static gboolean
span_is (Span span, const char *word)
{
  return strlen (word) == span.length && g_ascii_strncasecmp (span.text, word, span.length) == 0;
}

static gboolean
span_equals (Span span, const char *text)
{
  return strlen (text) == span.length && memcmp (span.text, text, span.length) == 0;
}

static Span
strip (Span span)
{
  while (span.length > 0 && (span.text[0] == ' ' || span.text[0] == '\t'))
    span = (Span){ span.text + 1, span.length - 1 };
  while (span.length > 0 && (span.text[span.length - 1] == ' ' || span.text[span.length - 1] == '\t'))
    span.length--;
  return span;
}

/* What stands before the first `separator`, which is taken away with it. FALSE: there is none. */
static gboolean
split (Span *rest, char separator, Span *first)
{
  const char *end = memchr (rest->text, separator, rest->length);

  if (end == NULL)
    return FALSE;
  *first = (Span){ rest->text, (gsize) (end - rest->text) };
  *rest = (Span){ end + 1, rest->length - first->length - 1 };
  return TRUE;
}

/* A name or an address, and perhaps a port (RFC 9110, 7.2). */
static gboolean
is_authority (Span span)
{
  gboolean bracketed = span.length > 0 && span.text[0] == '[';
  gsize i = bracketed ? 1 : 0;

  while (i < span.length
         && (bracketed ? g_ascii_isxdigit (span.text[i]) || span.text[i] == ':' || span.text[i] == '.'
                       : g_ascii_isalnum (span.text[i]) || strchr ("-._~", span.text[i]) != NULL)
         && span.text[i] != '\0')
    i++;
  if (i == (bracketed ? 1 : 0) || (bracketed && (i >= span.length || span.text[i++] != ']')))
    return FALSE;
  if (i < span.length && span.text[i] != ':')
    return FALSE;
  for (i++; i < span.length; i++)
    if (!g_ascii_isdigit (span.text[i]))
      return FALSE;
  return TRUE;
}

/* A path, or a whole URL, of which only the path is of interest (RFC 9112, 3.2.1 and 3.2.2). */
static gboolean
read_target (MusterdHead *head, Span span, gsize at)
{
  static const char *const schemes[] = { "http://", "https://" };

  for (gsize i = 0; i < span.length; i++)
    if ((guchar) span.text[i] <= ' ' || (guchar) span.text[i] >= 0x7f || span.text[i] == '#')
      return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (schemes); i++)
    {
      gsize length = strlen (schemes[i]);
      Span rest = span, authority;

      if (span.length <= length || g_ascii_strncasecmp (span.text, schemes[i], length) != 0)
        continue;
      rest = (Span){ span.text + length, span.length - length };
      if (!split (&rest, '/', &authority) || !is_authority (authority))
        return FALSE;
      head->prefix_at = at;
      head->prefix_length = length + authority.length;
      return TRUE;
    }
  return span.length > 0 && span.text[0] == '/';
}

static gboolean
read_request_line (MusterdHead *head, Span line)
{
  Span rest = line, method, target;

  if (!split (&rest, ' ', &method) || !is_token (method) || method.length > METHOD_MAX || !split (&rest, ' ', &target)
      || !read_target (head, target, method.length + 1))
    return fail (head, 400, "the first line of the request is none of HTTP: METHOD, a path, and HTTP/1.1");
  if (span_is (method, "CONNECT"))
    return fail (head, 501, "this is no proxy");
  if (span_equals (rest, "HTTP/1.0"))
    head->old = TRUE;
  else if (!span_equals (rest, "HTTP/1.1"))
    return fail (head, rest.length > 5 && memcmp (rest.text, "HTTP/", 5) == 0 ? 505 : 400,
                 "only HTTP/1.1 is spoken here");
  return TRUE;
}

static gboolean
read_length (MusterdHead *head, Span value)
{
  g_autofree char *digits = NULL;

  if (head->n_lengths++ > 0)
    return fail (head, 400, "Content-Length stands there twice");
  if (value.length == 0 || value.length > DIGITS_MAX)
    return fail (head, 400, "Content-Length is no number of bytes");
  for (gsize i = 0; i < value.length; i++)
    if (!g_ascii_isdigit (value.text[i]))
      return fail (head, 400, "Content-Length is no number of bytes");
  digits = g_strndup (value.text, value.length);
  head->body = g_ascii_strtoull (digits, NULL, 10);
  return TRUE;
}

static gboolean
read_encoding (MusterdHead *head, Span value)
{
  if (head->n_encodings++ > 0)
    return fail (head, 400, "Transfer-Encoding stands there twice");
  if (head->old)
    return fail (head, 400, "HTTP/1.0 has no Transfer-Encoding");
  if (!span_is (value, "chunked"))
    return fail (head, 501, "the only Transfer-Encoding that is understood here is 'chunked'");
  head->chunked = TRUE;
  return TRUE;
}

static void
read_connection (MusterdHead *head, Span value)
{
  Span word;

  for (gboolean more = TRUE; more;)
    {
      more = split (&value, ',', &word);
      if (!more)
        word = value;
      word = strip (word);
      head->close = head->close || span_is (word, "close");
    }
}

static gboolean
read_expectation (MusterdHead *head, Span value)
{
  if (head->n_expectations++ > 0 || head->old || !span_is (value, "100-continue"))
    return fail (head, 417, "nothing can be expected here but '100-continue', with HTTP/1.1");
  head->expects = TRUE;
  return TRUE;
}

static gboolean
read_field (MusterdHead *head, Span line)
{
  Span name, value = line;

  if (++head->n_fields > MUSTERD_HEAD_FIELDS_MAX)
    return fail (head, 431, "the request has more than 100 header fields");
  if (!split (&value, ':', &name) || !is_token (name) || !is_printable (value, TRUE))
    return fail (head, 400, "a header field of the request is none of HTTP: NAME: VALUE on one line");
  value = strip (value);
  if (span_is (name, "Content-Length"))
    return read_length (head, value);
  if (span_is (name, "Transfer-Encoding"))
    return read_encoding (head, value);
  if (span_is (name, "Expect"))
    return read_expectation (head, value);
  if (span_is (name, "Connection"))
    read_connection (head, value);
  else if (span_is (name, "Host") && head->n_hosts++ > 0)
    return fail (head, 400, "Host stands there twice");
  else if (span_is (name, "Host") && !is_authority (value))
    return fail (head, 400, "Host is no name or address with or without a port");
  else if (span_is (name, "Authorization") && head->n_authorizations++ > 0)
    return fail (head, 400, "Authorization stands there twice");
  return TRUE;
}

static gboolean
read_end (MusterdHead *head)
{
  if (head->n_lengths > 0 && head->n_encodings > 0)
    return fail (head, 400, "Content-Length and Transfer-Encoding contradict each other");
  if (!head->old && head->n_hosts == 0)
    return fail (head, 400, "the request has no Host");
  head->keep = !head->close && !head->old;
  head->length = head->seen;
  return TRUE;
}

MusterdHeadState
musterd_head_read (MusterdHead *head, const char *data, gsize size)
{
  const char *end;

  while ((end = memchr (data + head->seen, '\n', MIN (size, MUSTERD_HEAD_MAX) - head->seen)) != NULL)
    {
      Span line = { data + head->seen, (gsize) (end - data) - head->seen };
      gboolean good;

      if (line.length == 0 || line.text[line.length - 1] != '\r')
        {
          fail (head, 400, "a line of the request does not end with CR and LF");
          return MUSTERD_HEAD_BAD;
        }
      line.length--;
      head->seen = (gsize) (end - data) + 1;
      if (head->n_lines++ == 0)
        good = read_request_line (head, line);
      else if (line.length > 0)
        good = read_field (head, line);
      else
        return read_end (head) ? MUSTERD_HEAD_WHOLE : MUSTERD_HEAD_BAD;
      if (!good)
        return MUSTERD_HEAD_BAD;
    }
  if (size < MUSTERD_HEAD_MAX)
    return MUSTERD_HEAD_MORE;
  fail (head, head->n_lines == 0 ? 414 : 431, "the head of the request is longer than 32 KiB");
  return MUSTERD_HEAD_BAD;
}
