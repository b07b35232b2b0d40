/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The head of a request: what we make of it is the same in one piece and in many, and what we take for whole the HTTP
 * server behind us understands alike, above all where its body ends. */
#include <libsoup/soup.h>
#include <string.h>

#include "api/head.h"
#include "fuzz.h"

static MusterdHeadState
read_in_pieces (MusterdHead *head, const char *data, gsize size, gsize piece)
{
  MusterdHeadState state = MUSTERD_HEAD_MORE;

  for (gsize there = 0; state == MUSTERD_HEAD_MORE && there < size;)
    {
      there = MIN (there + piece, size);
      state = musterd_head_read (head, data, there);
    }
  return state;
}

static void
check_same (const MusterdHead *a, MusterdHeadState a_state, const MusterdHead *b, MusterdHeadState b_state)
{
  g_assert_cmpint (a_state, ==, b_state);
  if (a_state == MUSTERD_HEAD_BAD)
    {
      g_assert_cmpuint (a->status, ==, b->status);
      g_assert_cmpstr (a->fault, ==, b->fault);
    }
  if (a_state != MUSTERD_HEAD_WHOLE)
    return;
  g_assert_cmpuint (a->length, ==, b->length);
  g_assert_cmpuint (a->body, ==, b->body);
  g_assert_cmpint (a->chunked, ==, b->chunked);
  g_assert_cmpint (a->keep, ==, b->keep);
}

/* libsoup reads a head without its empty line. */
static void
check_headers (const MusterdHead *head, const char *data, SoupMessageHeaders *headers)
{
  g_autofree char *text = g_strndup (data, head->length - 2);
  g_autofree char *method = NULL;
  g_autofree char *target = NULL;
  SoupHTTPVersion version = SOUP_HTTP_2_0;
  guint status = soup_headers_parse_request (text, (int) head->length - 2, headers, &method, &target, &version);
  SoupEncoding encoding;

  g_assert_cmpuint (strlen (text), ==, head->length - 2);
  /* An expectation that nobody knows is an answer of its own. */
  if (status == SOUP_STATUS_EXPECTATION_FAILED)
    return;
  g_assert_cmpuint (status, ==, SOUP_STATUS_OK);
  g_assert_true (g_str_has_prefix (data, method) && data[strlen (method)] == ' ');
  g_assert_true (g_str_has_prefix (data + strlen (method) + 1, target));
  g_assert_cmpint (version, ==, head->keep ? SOUP_HTTP_1_1 : version);

  encoding = soup_message_headers_get_encoding (headers);
  if (head->chunked)
    g_assert_cmpint (encoding, ==, SOUP_ENCODING_CHUNKED);
  else if (encoding == SOUP_ENCODING_CONTENT_LENGTH)
    g_assert_cmpint (soup_message_headers_get_content_length (headers), ==, (goffset) head->body);
  else
    {
      g_assert_cmpint (encoding, ==, SOUP_ENCODING_NONE);
      g_assert_cmpuint (head->body, ==, 0);
    }
}

static void
check_server (const MusterdHead *head, const char *data)
{
  SoupMessageHeaders *headers = soup_message_headers_new (SOUP_MESSAGE_HEADERS_REQUEST);

  check_headers (head, data, headers);
  soup_message_headers_unref (headers);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *text = g_memdup2 (data, size);
  MusterdHead at_once = { 0 }, by_bytes = { 0 }, by_lines = { 0 };
  MusterdHeadState state;

  if (text == NULL)
    return 0;
  state = musterd_head_read (&at_once, text, size);
  check_same (&at_once, state, &by_bytes, read_in_pieces (&by_bytes, text, size, 1));
  check_same (&at_once, state, &by_lines, read_in_pieces (&by_lines, text, size, 61));
  if (state == MUSTERD_HEAD_MORE)
    g_assert_cmpuint (size, <, MUSTERD_HEAD_MAX);
  if (state == MUSTERD_HEAD_BAD)
    {
      g_assert_true (at_once.status >= 400 && at_once.status < 600);
      fuzz_check_message (at_once.fault);
    }
  if (state != MUSTERD_HEAD_WHOLE)
    return 0;
  g_assert_cmpuint (at_once.length, <=, MIN (size, MUSTERD_HEAD_MAX));
  g_assert_cmpint (memcmp (text + at_once.length - 4, "\r\n\r\n", 4), ==, 0);
  g_assert_false (at_once.chunked && at_once.body > 0);
  check_server (&at_once, text);
  return 0;
}
