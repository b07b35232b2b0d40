/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "samples.h"

#include <time.h>

static int
compare (gconstpointer a, gconstpointer b)
{
  const double *first = a, *second = b;

  return (*first > *second) - (*first < *second);
}

double
bench_quantile (GArray *values, double fraction)
{
  guint at;

  if (values->len == 0)
    return 0;
  g_array_sort (values, compare);
  at = (guint) (fraction * values->len);
  return g_array_index (values, double, MIN (at, values->len - 1));
}

double
bench_median (GArray *values)
{
  guint middle = values->len / 2;

  if (values->len == 0)
    return 0;
  g_array_sort (values, compare);
  if (values->len % 2 == 1)
    return g_array_index (values, double, middle);
  return (g_array_index (values, double, middle - 1) + g_array_index (values, double, middle)) / 2;
}

double
bench_thread_cpu (void)
{
  struct timespec time;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &time);
  return (double) time.tv_sec + (double) time.tv_nsec / 1e9;
}
