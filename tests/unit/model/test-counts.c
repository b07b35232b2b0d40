/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What counts and what limits: buckets, histograms, and the names of events. */
#include "model/bucket.h"
#include "model/event.h"
#include "model/histogram.h"

#include <string.h>

#define SECOND G_TIME_SPAN_SECOND

static void
test_bucket (void)
{
  MusterdBucket bucket = { 0 };
  gint64 now = 1000 * SECOND;
  guint taken = 0, seconds = 0;

  for (guint i = 0; i < 100; i++)
    taken += musterd_bucket_take (&bucket, now, 5, SECOND);
  g_assert_cmpuint (taken, ==, 5);
  g_assert_cmpuint (musterd_bucket_left_out (&bucket, now + 3 * SECOND, &seconds), ==, 95);
  g_assert_cmpuint (seconds, ==, 3);
  g_assert_cmpuint (musterd_bucket_left_out (&bucket, now + 3 * SECOND, &seconds), ==, 0);

  /* One for each second that has passed, and never more than the burst. */
  now += 2 * SECOND;
  for (taken = 0; musterd_bucket_take (&bucket, now, 5, SECOND);)
    taken++;
  g_assert_cmpuint (taken, ==, 2);
  g_assert_cmpuint (musterd_bucket_left_out (&bucket, now, &seconds), ==, 1);
  g_assert_cmpuint (seconds, ==, 1);
  now += 1000 * SECOND;
  for (taken = 0; musterd_bucket_take (&bucket, now, 5, SECOND);)
    taken++;
  g_assert_cmpuint (taken, ==, 5);
}

static void
test_histogram (void)
{
  MusterdHistogram histogram = { 0 };
  const gint64 most = musterd_histogram_get_bound (MUSTERD_HISTOGRAM_N_BOUNDS - 1);

  for (guint i = 1; i < MUSTERD_HISTOGRAM_N_BOUNDS; i++)
    g_assert_cmpint (musterd_histogram_get_bound (i), >, musterd_histogram_get_bound (i - 1));
  musterd_histogram_add (&histogram, -5);
  musterd_histogram_add (&histogram, 500);
  musterd_histogram_add (&histogram, 501);
  musterd_histogram_add (&histogram, most);
  musterd_histogram_add (&histogram, most + 1);
  g_assert_cmpuint (histogram.counts[0], ==, 2);
  g_assert_cmpuint (histogram.counts[1], ==, 1);
  g_assert_cmpuint (histogram.counts[MUSTERD_HISTOGRAM_N_BOUNDS - 1], ==, 1);
  g_assert_cmpuint (histogram.counts[MUSTERD_HISTOGRAM_N_BOUNDS], ==, 1);
  g_assert_cmpint (histogram.sum, ==, 1001 + 2 * most + 1);
}

static void
test_events (void)
{
  g_autoptr(GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  g_assert_null (musterd_event_get_name (MUSTERD_EVENT_NONE));
  g_assert_null (musterd_event_get_id (MUSTERD_EVENT_NONE));
  for (guint i = MUSTERD_EVENT_NONE + 1; i < MUSTERD_N_EVENTS; i++)
    {
      const char *id = musterd_event_get_id ((MusterdEvent) i);

      g_assert_cmpuint (strlen (id), ==, 32);
      g_assert_cmpuint (strspn (id, "0123456789abcdef"), ==, 32);
      g_assert_true (g_hash_table_add (seen, (gpointer) id));
      g_assert_true (g_hash_table_add (seen, (gpointer) musterd_event_get_name ((MusterdEvent) i)));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/model/bucket", test_bucket);
  g_test_add_func ("/model/histogram", test_histogram);
  g_test_add_func ("/model/events", test_events);
  return g_test_run ();
}
