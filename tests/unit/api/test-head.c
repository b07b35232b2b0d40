/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Request heads: what is whole, what is not, and what two readers could understand differently. */
#include "api/head.h"

#include <string.h>

typedef struct
{
  const char      *name, *text;
  MusterdHeadState state;
  guint            status;  /* of BAD */
  guint64          body;    /* of WHOLE */
  gboolean         chunked, keep;
} HeadCase;

#define GET "GET /v1/status HTTP/1.1\r\n"
#define HOST "Host: m\r\n"
#define WHOLE MUSTERD_HEAD_WHOLE
#define MORE MUSTERD_HEAD_MORE
#define BAD MUSTERD_HEAD_BAD

static const HeadCase cases[] = {
  { "plain", GET HOST "\r\n", WHOLE, 0, 0, FALSE, TRUE },
  { "absolute", "GET http://m/v1/status?x=%20 HTTP/1.1\r\n" HOST "\r\n", WHOLE, 0, 0, FALSE, TRUE },
  { "absolute-https", "GET HTTPS://[::1]:8470/ HTTP/1.1\r\n" HOST "\r\n", WHOLE, 0, 0, FALSE, TRUE },
  { "host-and-port", GET "Host: a-b.example.com:8470\r\n\r\n", WHOLE, 0, 0, FALSE, TRUE },
  { "host-in-brackets", GET "Host: [fe80::1]:1\r\n\r\n", WHOLE, 0, 0, FALSE, TRUE },
  { "expect", GET HOST "Expect: 100-Continue\r\n\r\n", WHOLE, 0, 0, FALSE, TRUE },
  { "body", "PUT /x HTTP/1.1\r\n" HOST "content-length:  17 \r\n\r\n", WHOLE, 0, 17, FALSE, TRUE },
  { "chunked", "PUT /x HTTP/1.1\r\n" HOST "Transfer-Encoding: Chunked\r\n\r\n", WHOLE, 0, 0, TRUE, TRUE },
  { "close", GET HOST "Connection: TE , close\r\n\r\n", WHOLE, 0, 0, FALSE, FALSE },
  { "keep-alive", GET HOST "Connection: keep-alive\r\n\r\n", WHOLE, 0, 0, FALSE, TRUE },
  { "old", "GET / HTTP/1.0\r\n\r\n", WHOLE, 0, 0, FALSE, FALSE },
  { "empty-value", GET HOST "X:\r\n\r\n", WHOLE, 0, 0, FALSE, TRUE },
  { "nothing", "", MORE, 0, 0, FALSE, FALSE },
  { "half-a-line", "GET /v1", MORE, 0, 0, FALSE, FALSE },
  { "no-empty-line", GET HOST, MORE, 0, 0, FALSE, FALSE },
  { "cr-alone", GET HOST "\r", MORE, 0, 0, FALSE, FALSE },
  { "bare-lf", "GET / HTTP/1.1\nHost: m\n\n", BAD, 400, 0, FALSE, FALSE },
  { "empty-first-line", "\r\n", BAD, 400, 0, FALSE, FALSE },
  { "no-version", "GET /\r\n", BAD, 400, 0, FALSE, FALSE },
  { "small-letters", "GET / http/1.1\r\n", BAD, 400, 0, FALSE, FALSE },
  { "http-2", "GET / HTTP/2.0\r\n", BAD, 505, 0, FALSE, FALSE },
  { "two-blanks", "GET  / HTTP/1.1\r\n", BAD, 400, 0, FALSE, FALSE },
  { "no-path", "GET x HTTP/1.1\r\n", BAD, 400, 0, FALSE, FALSE },
  { "asterisk", "OPTIONS * HTTP/1.1\r\n", BAD, 400, 0, FALSE, FALSE },
  { "authority", "CONNECT m:80 HTTP/1.1\r\n", BAD, 400, 0, FALSE, FALSE },
  { "fragment", "GET /#x HTTP/1.1\r\n", BAD, 400, 0, FALSE, FALSE },
  { "odd-method", "G(T / HTTP/1.1\r\n", BAD, 400, 0, FALSE, FALSE },
  { "absolute-without-path", "GET http://m HTTP/1.1\r\n", BAD, 400, 0, FALSE, FALSE },
  { "absolute-without-host", "GET http:///x HTTP/1.1\r\n", BAD, 400, 0, FALSE, FALSE },
  { "absolute-with-user", "GET http://a@m/x HTTP/1.1\r\n", BAD, 400, 0, FALSE, FALSE },
  { "other-scheme", "GET ftp://m/x HTTP/1.1\r\n", BAD, 400, 0, FALSE, FALSE },
  { "connect", "CONNECT /x HTTP/1.1\r\n", BAD, 501, 0, FALSE, FALSE },
  { "no-ascii", "GET /\xc3\xa4 HTTP/1.1\r\n", BAD, 400, 0, FALSE, FALSE },
  { "expect-what", GET HOST "Expect: foo\r\n\r\n", BAD, 417, 0, FALSE, FALSE },
  { "expect-twice", GET HOST "Expect: 100-continue\r\nExpect: 100-continue\r\n\r\n", BAD, 417, 0, FALSE, FALSE },
  { "host-with-path", GET "Host: a/b\r\n\r\n", BAD, 400, 0, FALSE, FALSE },
  { "host-empty", GET "Host:\r\n\r\n", BAD, 400, 0, FALSE, FALSE },
  { "host-open-bracket", GET "Host: [::1\r\n\r\n", BAD, 400, 0, FALSE, FALSE },
  { "host-odd-port", GET "Host: m:x\r\n\r\n", BAD, 400, 0, FALSE, FALSE },
  { "control", "GET /\x01 HTTP/1.1\r\n", BAD, 400, 0, FALSE, FALSE },
  { "tls", "\x16\x03\x01\x02\n", BAD, 400, 0, FALSE, FALSE },
  { "no-host", GET "\r\n", BAD, 400, 0, FALSE, FALSE },
  { "two-hosts", GET HOST HOST "\r\n", BAD, 400, 0, FALSE, FALSE },
  { "no-colon", GET HOST "what\r\n", BAD, 400, 0, FALSE, FALSE },
  { "blank-before-colon", GET HOST "Content-Length : 1\r\n\r\n", BAD, 400, 0, FALSE, FALSE },
  { "folded", GET HOST "X: a\r\n b\r\n\r\n", BAD, 400, 0, FALSE, FALSE },
  { "cr-in-value", GET HOST "X: a\rb\r\n\r\n", BAD, 400, 0, FALSE, FALSE },
  { "two-lengths", GET HOST "Content-Length: 1\r\nContent-Length: 1\r\n\r\n", BAD, 400, 0, FALSE, FALSE },
  { "list-of-lengths", GET HOST "Content-Length: 1, 1\r\n\r\n", BAD, 400, 0, FALSE, FALSE },
  { "negative-length", GET HOST "Content-Length: -1\r\n\r\n", BAD, 400, 0, FALSE, FALSE },
  { "signed-length", GET HOST "Content-Length: +1\r\n\r\n", BAD, 400, 0, FALSE, FALSE },
  { "hex-length", GET HOST "Content-Length: 0x10\r\n\r\n", BAD, 400, 0, FALSE, FALSE },
  { "huge-length", GET HOST "Content-Length: 1234567890123456789\r\n\r\n", BAD, 400, 0, FALSE, FALSE },
  { "no-length", GET HOST "Content-Length:\r\n\r\n", BAD, 400, 0, FALSE, FALSE },
  { "length-and-chunks", GET HOST "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", BAD, 400, 0, FALSE, FALSE },
  { "two-encodings", GET HOST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", BAD, 400, 0, FALSE,
    FALSE },
  { "gzip-and-chunks", GET HOST "Transfer-Encoding: gzip, chunked\r\n\r\n", BAD, 501, 0, FALSE, FALSE },
  { "old-and-chunks", "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", BAD, 400, 0, FALSE, FALSE },
  { "two-tokens", GET HOST "Authorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n", BAD, 400, 0, FALSE, FALSE },
};

static void
check (const HeadCase *c, const MusterdHead *head, MusterdHeadState state, gsize length)
{
  g_assert_cmpint (state, ==, c->state);
  if (state == BAD)
    {
      g_assert_cmpuint (head->status, ==, c->status);
      g_assert_nonnull (head->fault);
    }
  if (state != WHOLE)
    return;
  g_assert_cmpuint (head->length, ==, length);
  g_assert_cmpuint (head->body, ==, c->body);
  g_assert_cmpint (head->chunked, ==, c->chunked);
  g_assert_cmpint (head->keep, ==, c->keep);
  g_assert_cmpint (head->expects, ==, g_str_has_prefix (c->name, "expect"));
  /* Without the prefix the target is a path. */
  g_assert_cmpint (head->prefix_length > 0, ==, g_str_has_prefix (c->name, "absolute"));
  if (head->prefix_length > 0)
    g_assert_cmpint (c->text[head->prefix_at + head->prefix_length], ==, '/');
}

/* It is the same whether it comes at once or byte by byte, and what follows it is not looked at. */
static void
test_case (gconstpointer data)
{
  const HeadCase *c = data;
  gsize length = strlen (c->text);
  g_autofree char *more = g_strconcat (c->text, c->state == WHOLE ? "GET" : "", NULL);
  MusterdHead at_once = { 0 }, in_pieces = { 0 };
  MusterdHeadState state = musterd_head_read (&at_once, more, strlen (more));

  check (c, &at_once, state, length);
  state = MORE;
  for (gsize size = 0; size <= length && state == MORE; size++)
    state = musterd_head_read (&in_pieces, c->text, size);
  check (c, &in_pieces, state, length);
}

static void
test_bounds (void)
{
  g_autoptr(GString) text = g_string_new ("GET /");
  MusterdHead head = { 0 };

  while (text->len < MUSTERD_HEAD_MAX - 1)
    g_string_append_c (text, 'a');
  g_assert_cmpint (musterd_head_read (&head, text->str, text->len), ==, MORE);
  g_string_append_c (text, 'a');
  g_assert_cmpint (musterd_head_read (&head, text->str, text->len), ==, BAD);
  g_assert_cmpuint (head.status, ==, 414);

  head = (MusterdHead){ 0 };
  g_string_assign (text, GET "X: ");
  while (text->len < MUSTERD_HEAD_MAX)
    g_string_append_c (text, 'a');
  g_assert_cmpint (musterd_head_read (&head, text->str, text->len), ==, BAD);
  g_assert_cmpuint (head.status, ==, 431);

  head = (MusterdHead){ 0 };
  g_string_assign (text, GET HOST);
  for (guint i = 0; i < MUSTERD_HEAD_FIELDS_MAX - 1; i++)
    g_string_append (text, "X: a\r\n");
  g_assert_cmpint (musterd_head_read (&head, text->str, text->len), ==, MORE);
  g_string_append (text, "X: a\r\n");
  g_assert_cmpint (musterd_head_read (&head, text->str, text->len), ==, BAD);
  g_assert_cmpuint (head.status, ==, 431);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/head/", cases[i].name, NULL);

      g_test_add_data_func (path, &cases[i], test_case);
    }
  g_test_add_func ("/head/bounds", test_bounds);
  return g_test_run ();
}
