/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-config"

#include "config/keyfile.h"

#include <string.h>

#define WORD_MAX 64

/* Edits (insert, delete, replace, swap of neighbours) that make one word the other. */
static guint
distance (const char *a, gsize a_length, const char *b, gsize b_length)
{
  guint rows[3][WORD_MAX + 1];
  guint *before_last = rows[0], *last = rows[1], *row = rows[2];

  for (gsize j = 0; j <= b_length; j++)
    {
      before_last[j] = 0;
      last[j] = (guint) j;
    }

  for (gsize i = 1; i <= a_length; i++)
    {
      row[0] = (guint) i;
      for (gsize j = 1; j <= b_length; j++)
        {
          gboolean same = g_ascii_tolower (a[i - 1]) == g_ascii_tolower (b[j - 1]);
          guint best = MIN (MIN (last[j] + 1, row[j - 1] + 1), last[j - 1] + (same ? 0 : 1));

          if (i > 1 && j > 1 && g_ascii_tolower (a[i - 1]) == g_ascii_tolower (b[j - 2])
              && g_ascii_tolower (a[i - 2]) == g_ascii_tolower (b[j - 1]))
            best = MIN (best, before_last[j - 2] + 1);
          row[j] = best;
        }

      guint *oldest = before_last;
      before_last = last;
      last = row;
      row = oldest;
    }

  return last[b_length];
}

const char *
musterd_nearest (const char *word, const char *const *candidates, gsize n_candidates)
{
  gsize length = strlen (word);
  const char *nearest = NULL;
  guint best = G_MAXUINT;

  if (length > WORD_MAX)
    return NULL;

  for (gsize i = 0; i < n_candidates; i++)
    {
      gsize candidate_length = strlen (candidates[i]);

      if (candidate_length > WORD_MAX)
        continue;

      /* A third of the letters may be wrong; more, and the hint would mislead. */
      guint allowed = MAX (1, (guint) MIN (length, candidate_length) / 3);
      guint edits = distance (word, length, candidates[i], candidate_length);

      if (edits <= allowed && edits < best)
        {
          best = edits;
          nearest = candidates[i];
        }
    }

  return nearest;
}
