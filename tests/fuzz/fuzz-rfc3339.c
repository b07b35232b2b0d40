/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Times on the wire: what is read can be written, and is read again as the same millisecond. */
#include "api/rfc3339.h"
#include "fuzz.h"
#include "model/error.h"

#define UNTOUCHED G_GINT64_CONSTANT (4711)

static void
check_text (const char *text)
{
  MusterdTime time = UNTOUCHED, again = 0;
  g_autofree char *written = NULL;
  g_autoptr(GError) error = NULL;

  if (!musterd_rfc3339_parse (text, &time, &error))
    {
      fuzz_check_error (&error, MUSTERD_ERROR);
      g_assert_cmpint (time, ==, UNTOUCHED);
      return;
    }
  g_assert_no_error (error);
  written = musterd_rfc3339_format (time);
  g_assert_nonnull (written);
  musterd_rfc3339_parse (written, &again, &error);
  g_assert_no_error (error);
  g_assert_cmpint (again, <=, time);
  g_assert_cmpint (time - again, <, 1000);
}

static void
check_time (MusterdTime time)
{
  MusterdTime again = 0;
  g_autofree char *written = musterd_rfc3339_format (time);
  g_autoptr(GError) error = NULL;

  if (written == NULL)
    return;
  musterd_rfc3339_parse (written, &again, &error);
  g_assert_no_error (error);
  g_assert_cmpint (again, <=, time);
  g_assert_cmpint (time - again, <, 1000);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  FuzzBytes bytes = { data, data + size };
  g_autofree char *text = g_strndup ((const char *) data, size);

  check_text (text);
  check_time (fuzz_int64 (&bytes));
  return 0;
}
