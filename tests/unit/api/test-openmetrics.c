/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The two formats, to the letter; that others read them as they are meant is the integration test's business. */
#include "api/openmetrics.h"

#include <locale.h>
#include <string.h>

static char *
print (MusterdMetricsFormat format)
{
  static const char *const states[] = { "online", "offline" };
  MusterdMetrics *metrics = musterd_metrics_new (format);
  MusterdHistogram histogram = { 0 };

  musterd_metrics_family (metrics, MUSTERD_METRIC_INFO, "muster_build", NULL, "Which \"one\" \\ this\nis.");
  musterd_metrics_uint (metrics, 1, "version", "1.0", NULL);
  musterd_metrics_family (metrics, MUSTERD_METRIC_COUNTER, "muster_changes", NULL, "Changes.");
  musterd_metrics_uint (metrics, G_MAXUINT64, NULL);
  musterd_metrics_family (metrics, MUSTERD_METRIC_GAUGE, "muster_claims", NULL, "Claims.");
  musterd_metrics_uint (metrics, 3, "kind", "call", "instance", "a\"b\\c\nd\xc3\xa4", NULL);
  musterd_metrics_uint (metrics, 0, "kind", NULL, "instance", "", NULL);
  musterd_metrics_family (metrics, MUSTERD_METRIC_GAUGE, "muster_start_seconds", "seconds", "Start.");
  musterd_metrics_seconds (metrics, 1795330212250000, NULL);
  musterd_metrics_family (metrics, MUSTERD_METRIC_STATESET, "muster_state", NULL, "State.");
  musterd_metrics_state (metrics, states, G_N_ELEMENTS (states), 1, "instance", "a", NULL);
  musterd_metrics_family (metrics, MUSTERD_METRIC_HISTOGRAM, "muster_lateness_seconds", "seconds", "Lateness.");
  musterd_histogram_add (&histogram, 400);
  musterd_histogram_add (&histogram, 2000000);
  musterd_histogram_add (&histogram, 90000000);
  musterd_metrics_histogram (metrics, &histogram, NULL);
  return g_string_free (musterd_metrics_end (metrics), FALSE);
}

static void
test_openmetrics (void)
{
  g_autofree char *text = print (MUSTERD_METRICS_OPENMETRICS);

  g_assert_cmpstr (text, ==,
                   "# TYPE muster_build info\n"
                   "# HELP muster_build Which \\\"one\\\" \\\\ this\\nis.\n"
                   "muster_build_info{version=\"1.0\"} 1\n"
                   "# TYPE muster_changes counter\n"
                   "# HELP muster_changes Changes.\n"
                   "muster_changes_total 18446744073709551615\n"
                   "# TYPE muster_claims gauge\n"
                   "# HELP muster_claims Claims.\n"
                   "muster_claims{kind=\"call\",instance=\"a\\\"b\\\\c\\nd\xc3\xa4\"} 3\n"
                   "muster_claims{kind=\"\",instance=\"\"} 0\n"
                   "# TYPE muster_start_seconds gauge\n"
                   "# UNIT muster_start_seconds seconds\n"
                   "# HELP muster_start_seconds Start.\n"
                   "muster_start_seconds 1795330212.25\n"
                   "# TYPE muster_state stateset\n"
                   "# HELP muster_state State.\n"
                   "muster_state{instance=\"a\",muster_state=\"online\"} 0\n"
                   "muster_state{instance=\"a\",muster_state=\"offline\"} 1\n"
                   "# TYPE muster_lateness_seconds histogram\n"
                   "# UNIT muster_lateness_seconds seconds\n"
                   "# HELP muster_lateness_seconds Lateness.\n"
                   "muster_lateness_seconds_bucket{le=\"0.0005\"} 1\n"
                   "muster_lateness_seconds_bucket{le=\"0.001\"} 1\n"
                   "muster_lateness_seconds_bucket{le=\"0.0025\"} 1\n"
                   "muster_lateness_seconds_bucket{le=\"0.005\"} 1\n"
                   "muster_lateness_seconds_bucket{le=\"0.01\"} 1\n"
                   "muster_lateness_seconds_bucket{le=\"0.025\"} 1\n"
                   "muster_lateness_seconds_bucket{le=\"0.05\"} 1\n"
                   "muster_lateness_seconds_bucket{le=\"0.1\"} 1\n"
                   "muster_lateness_seconds_bucket{le=\"0.25\"} 1\n"
                   "muster_lateness_seconds_bucket{le=\"0.5\"} 1\n"
                   "muster_lateness_seconds_bucket{le=\"1.0\"} 1\n"
                   "muster_lateness_seconds_bucket{le=\"2.5\"} 2\n"
                   "muster_lateness_seconds_bucket{le=\"5.0\"} 2\n"
                   "muster_lateness_seconds_bucket{le=\"10.0\"} 2\n"
                   "muster_lateness_seconds_bucket{le=\"30.0\"} 2\n"
                   "muster_lateness_seconds_bucket{le=\"60.0\"} 2\n"
                   "muster_lateness_seconds_bucket{le=\"+Inf\"} 3\n"
                   "muster_lateness_seconds_count 3\n"
                   "muster_lateness_seconds_sum 92.0004\n"
                   "# EOF\n");
}

static void
test_prometheus (void)
{
  g_autofree char *text = print (MUSTERD_METRICS_PROMETHEUS);

  g_assert_true (g_str_has_prefix (text, "# TYPE muster_build_info gauge\n"
                                         "# HELP muster_build_info Which \"one\" \\\\ this\\nis.\n"
                                         "muster_build_info{version=\"1.0\"} 1\n"
                                         "# TYPE muster_changes_total counter\n"
                                         "# HELP muster_changes_total Changes.\n"
                                         "muster_changes_total 18446744073709551615\n"));
  g_assert_nonnull (strstr (text, "# TYPE muster_state gauge\n"));
  g_assert_nonnull (strstr (text, "# TYPE muster_lateness_seconds histogram\n"));
  g_assert_null (strstr (text, "# UNIT"));
  g_assert_null (strstr (text, "# EOF"));
}

int
main (int argc, char **argv)
{
  setlocale (LC_ALL, "");
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/api/openmetrics", test_openmetrics);
  g_test_add_func ("/api/openmetrics/prometheus", test_prometheus);
  return g_test_run ();
}
