/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes figures as OpenMetrics 1.0, or as the older text format of Prometheus (0.0.4) for those who know only that:
 * one family after the other, each with its type and its meaning, then its samples. */
#pragma once

#include "model/histogram.h"

G_BEGIN_DECLS

typedef enum
{
  MUSTERD_METRICS_OPENMETRICS,
  MUSTERD_METRICS_PROMETHEUS
} MusterdMetricsFormat;

typedef enum
{
  MUSTERD_METRIC_COUNTER,   /* "_total" is appended to the name */
  MUSTERD_METRIC_GAUGE,
  MUSTERD_METRIC_HISTOGRAM, /* of durations, in seconds */
  MUSTERD_METRIC_INFO,      /* "_info" is appended; says all it says in its labels */
  MUSTERD_METRIC_STATESET
} MusterdMetricType;

typedef struct _MusterdMetrics MusterdMetrics;

MusterdMetrics *musterd_metrics_new  (MusterdMetricsFormat format);
/* Ends the text, and frees; the text is the caller's. */
GString        *musterd_metrics_end  (MusterdMetrics *metrics);
void            musterd_metrics_free (MusterdMetrics *metrics);
/* What the text is to be called in Content-Type. */
const char     *musterd_metrics_get_type (MusterdMetricsFormat format);

/* The samples that follow are of this family. `unit` nullable; if there is one, the name ends with it. `name`, `unit`
 * and the names of labels must be valid and outlive the family's samples; `help` and the values of labels may be any
 * UTF-8. */
void musterd_metrics_family    (MusterdMetrics *metrics, MusterdMetricType type, const char *name, const char *unit,
                                const char *help);
/* Labels: name, value, …, NULL; each pair once. A value of NULL is an empty one. */
void musterd_metrics_uint      (MusterdMetrics *metrics, guint64 value, ...) G_GNUC_NULL_TERMINATED;
void musterd_metrics_seconds   (MusterdMetrics *metrics, gint64 microseconds, ...) G_GNUC_NULL_TERMINATED;
void musterd_metrics_histogram (MusterdMetrics *metrics, const MusterdHistogram *histogram, ...)
    G_GNUC_NULL_TERMINATED;
/* A sample for each of `states`: 1 for the one that is, 0 for the others. */
void musterd_metrics_state     (MusterdMetrics *metrics, const char *const *states, gsize n_states, gsize state, ...)
    G_GNUC_NULL_TERMINATED;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MusterdMetrics, musterd_metrics_free)

G_END_DECLS
