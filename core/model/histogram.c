/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-model"

#include "model/histogram.h"

static const gint64 bounds[] = { 500,    1000,   2500,    5000,    10000,   25000,    50000,    100000,
                                 250000, 500000, 1000000, 2500000, 5000000, 10000000, 30000000, 60000000 };
G_STATIC_ASSERT (G_N_ELEMENTS (bounds) == MUSTERD_HISTOGRAM_N_BOUNDS);

void
musterd_histogram_add (MusterdHistogram *histogram, gint64 duration)
{
  guint bucket = 0;

  duration = MAX (duration, 0);
  while (bucket < MUSTERD_HISTOGRAM_N_BOUNDS && duration > bounds[bucket])
    bucket++;
  histogram->counts[bucket]++;
  histogram->sum += duration;
}

gint64
musterd_histogram_get_bound (guint bucket)
{
  return bucket < MUSTERD_HISTOGRAM_N_BOUNDS ? bounds[bucket] : G_MAXINT64;
}
