/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-sdk"

#include "muster/library.h"

#include <string.h>

/* Also the two separators that break lines in some outputs and not in others. */
static gboolean
is_control (gunichar c)
{
  return g_unichar_iscntrl (c) || c == 0x2028 || c == 0x2029;
}

gboolean
muster_text_has_control (const char *text)
{
  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    if (is_control (g_utf8_get_char (p)))
      return TRUE;
  return FALSE;
}

char *
muster_text_clean (const char *text, gboolean lines)
{
  if (text == NULL)
    return NULL;

  g_autoptr(GString) clean = g_string_sized_new (strlen (text));
  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    {
      const gunichar c = g_utf8_get_char (p);

      if (lines && c == '\r' && p[1] == '\n')
        continue; /* the line feed follows */
      if (is_control (c) && !(lines && c == '\n'))
        g_string_append_c (clean, ' ');
      else
        g_string_append_unichar (clean, c);
    }
  return g_string_free (g_steal_pointer (&clean), FALSE);
}

static char *
fit (const char *text, gsize max, gboolean lines)
{
  static const char ellipsis[] = "…";

  if (text == NULL)
    return NULL;

  /* Bounded before it is looked at: what comes here may be somebody's whole HTML page. One character more than fits,
   * so that cutting is still seen; a character cut in two is mended like any other wrong byte. */
  g_autofree char *head = g_strndup (text, max + 1);
  g_autofree char *valid = g_utf8_make_valid (head, -1);
  g_autofree char *clean = muster_text_clean (valid, lines);

  if (strlen (clean) <= max)
    return g_steal_pointer (&clean);

  const char *end = g_utf8_find_prev_char (clean, clean + max - strlen (ellipsis) + 1);
  clean[end != NULL ? end - clean : 0] = '\0';
  return g_strconcat (clean, ellipsis, NULL);
}

char *
muster_text_fit (const char *text, gsize max)
{
  return fit (text, max, FALSE);
}

char *
muster_text_fit_lines (const char *text, gsize max)
{
  return fit (text, max, TRUE);
}
