/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-model"

#include "model/error.h"

#include <string.h>

#define WORD_MAX 64

G_DEFINE_QUARK (musterd-error-quark, musterd_error)

char *
musterd_error_word (const char *word)
{
  /* What is too long may be megabytes: no more of it is looked at. */
  const gsize length = strnlen (word, WORD_MAX + 1);
  gsize kept = MIN (length, WORD_MAX);

  /* No character is cut in two. */
  while (length > WORD_MAX && kept > 0 && ((guchar) word[kept] & 0xc0) == 0x80)
    kept--;

  g_autofree char *valid = g_utf8_make_valid (word, (gssize) kept);
  g_autoptr(GString) shown = g_string_new (NULL);

  for (const char *p = valid; *p != '\0'; p = g_utf8_next_char (p))
    if (g_unichar_iscntrl (g_utf8_get_char (p)))
      g_string_append_c (shown, ' ');
    else
      g_string_append_unichar (shown, g_utf8_get_char (p));
  if (length > WORD_MAX)
    g_string_append (shown, "…");
  return g_string_free (g_steal_pointer (&shown), FALSE);
}
