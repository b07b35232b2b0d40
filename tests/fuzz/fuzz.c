/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#define REPEATED 1
#define ABSENT 2
#define REPEAT_STEP 32
#define LONG_MAX_BYTES 20000 /* beyond every bound but those that are for nothing but memory */

int LLVMFuzzerInitialize (int *argc, char ***argv);

/* What the code says of bad input is its right, as long as it is no critical: that is a bug, wherever it comes from. */
static GLogWriterOutput
on_log (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data G_GNUC_UNUSED)
{
  if ((level & (G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_ERROR)) != 0)
    {
      g_log_writer_standard_streams (level, fields, n_fields, NULL);
      abort ();
    }
  return G_LOG_WRITER_HANDLED;
}

int
LLVMFuzzerInitialize (int *argc G_GNUC_UNUSED, char ***argv G_GNUC_UNUSED)
{
  g_log_set_writer_func (on_log, NULL, NULL);
  return 0;
}

guint8
fuzz_byte (FuzzBytes *bytes)
{
  return bytes->p < bytes->end ? *bytes->p++ : 0;
}

guint
fuzz_below (FuzzBytes *bytes, guint n)
{
  return fuzz_byte (bytes) % n;
}

gint64
fuzz_int64 (FuzzBytes *bytes)
{
  guint64 value = 0;

  for (guint i = 0; i < 8; i++)
    value = value << 8 | fuzz_byte (bytes);
  return (gint64) value;
}

char *
fuzz_text (FuzzBytes *bytes)
{
  const gsize left = (gsize) (bytes->end - bytes->p);
  const guint8 *zero = left > 0 ? memchr (bytes->p, 0, left) : NULL;
  const char *begin = (const char *) bytes->p;
  gsize length = zero != NULL ? (gsize) (zero - bytes->p) : left;
  GString *text = NULL;

  bytes->p += zero != NULL ? length + 1 : length;
  if (length < 2 || begin[0] != REPEATED)
    return g_strndup (begin, length);
  text = g_string_new (NULL);
  for (guint i = 0; i < (guint8) begin[1] * (guint) REPEAT_STEP && text->len < LONG_MAX_BYTES; i++)
    g_string_append_len (text, begin + 2, (gssize) length - 2);
  return g_string_free (text, FALSE);
}

char *
fuzz_text_or_null (FuzzBytes *bytes)
{
  g_autofree char *text = fuzz_text (bytes);

  return text[0] == ABSENT && text[1] == '\0' ? NULL : g_steal_pointer (&text);
}

void
fuzz_check_message (const char *message)
{
  g_assert_nonnull (message);
  g_assert_cmpstr (message, !=, "");
  g_assert_cmpuint (strlen (message), <=, FUZZ_MESSAGE_MAX);
  g_assert_true (g_utf8_validate (message, -1, NULL));
  g_assert_null (strpbrk (message, "\r\n"));
}

void
fuzz_check_error (GError **error, GQuark domain)
{
  g_assert_nonnull (*error);
  g_assert_cmpuint ((*error)->domain, ==, domain);
  fuzz_check_message ((*error)->message);
  g_clear_error (error);
}
