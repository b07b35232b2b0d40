/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A greeting: what is left of it can be kept and shown, and of a page it is folded. */
#include <string.h>

#include "fuzz.h"
#include "host/greeting.h"
#include "model/claim.h"

static void
check_folded (const char *text)
{
  g_assert_null (strstr (text, "\n\n\n"));
  g_assert_null (strstr (text, " \n"));
  g_assert_null (strstr (text, "\n "));
  g_assert_false (g_ascii_isspace (text[0]));
  g_assert_false (g_ascii_isspace (text[strlen (text) - 1]));
  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    g_assert_true (*p == '\n' || !g_unichar_iscntrl (g_utf8_get_char (p)));
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  /* As the library hands them on: mended, and with no end but the last. */
  g_autofree char *mended = g_utf8_make_valid ((const char *) data, (gssize) strnlen ((const char *) data, size));
  g_autofree char *page = g_strconcat ("<html>", mended, NULL);
  g_autofree char *text = musterd_greeting_to_text (mended);
  g_autofree char *of_page = musterd_greeting_to_text (page);

  if (text != NULL)
    {
      g_assert_cmpuint (strlen (text), <=, MUSTERD_CLAIM_GREETING_MAX);
      g_assert_cmpuint (strlen (text), >, 0);
      g_assert_true (g_utf8_validate (text, -1, NULL));
    }
  if (of_page != NULL)
    {
      g_assert_cmpuint (strlen (of_page), <=, MUSTERD_CLAIM_GREETING_MAX);
      g_assert_true (g_utf8_validate (of_page, -1, NULL));
      check_folded (of_page);
    }
  return 0;
}
