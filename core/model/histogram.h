/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How long things took, counted by size: a plain value, cheap to add to and to copy. All of them have the same bounds,
 * from half a millisecond to a minute. Whoever shares one between threads locks it. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define MUSTERD_HISTOGRAM_N_BOUNDS 16

typedef struct
{
  guint64 counts[MUSTERD_HISTOGRAM_N_BOUNDS + 1]; /* the last: longer than every bound */
  gint64  sum;                                    /* µs */
} MusterdHistogram;

/* `duration` in µs; a negative one counts as none. */
void   musterd_histogram_add       (MusterdHistogram *histogram, gint64 duration);
/* µs; what took exactly as long as a bound counts below it. */
gint64 musterd_histogram_get_bound (guint bucket);

G_END_DECLS
