/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/openmetrics.h"

#include <string.h>

struct _MusterdMetrics
{
  MusterdMetricsFormat format;
  GString             *text;
  GString             *labels; /* of the sample being written, with its braces' insides */
  MusterdMetricType    type;   /* of the family … */
  const char          *name;   /* … and its name */
};

/* `old`: what the older format, which knows fewer types, calls it. */
static const struct
{
  const char *type, *old, *suffix;
} types[] = {
  [MUSTERD_METRIC_COUNTER] = { "counter", "counter", "_total" },
  [MUSTERD_METRIC_GAUGE] = { "gauge", "gauge", "" },
  [MUSTERD_METRIC_HISTOGRAM] = { "histogram", "histogram", "" },
  [MUSTERD_METRIC_INFO] = { "info", "gauge", "_info" },
  [MUSTERD_METRIC_STATESET] = { "stateset", "gauge", "" },
};

MusterdMetrics *
musterd_metrics_new (MusterdMetricsFormat format)
{
  MusterdMetrics *metrics = g_new0 (MusterdMetrics, 1);

  metrics->format = format;
  metrics->text = g_string_new (NULL);
  metrics->labels = g_string_new (NULL);
  return metrics;
}

void
musterd_metrics_free (MusterdMetrics *metrics)
{
  if (metrics->text != NULL)
    g_string_free (metrics->text, TRUE);
  g_string_free (metrics->labels, TRUE);
  g_free (metrics);
}

GString *
musterd_metrics_end (MusterdMetrics *metrics)
{
  GString *text = g_steal_pointer (&metrics->text);

  if (metrics->format == MUSTERD_METRICS_OPENMETRICS)
    g_string_append (text, "# EOF\n");
  musterd_metrics_free (metrics);
  return text;
}

const char *
musterd_metrics_get_type (MusterdMetricsFormat format)
{
  return format == MUSTERD_METRICS_OPENMETRICS ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                               : "text/plain; version=0.0.4; charset=utf-8";
}

static void
append_escaped (GString *text, const char *value, gboolean quotes)
{
  for (const char *p = value; *p != '\0'; p++)
    if (*p == '\n')
      g_string_append (text, "\\n");
    else if (*p == '\\' || (*p == '"' && quotes))
      g_string_append_printf (text, "\\%c", *p);
    else
      g_string_append_c (text, *p);
}

void
musterd_metrics_family (MusterdMetrics *metrics, MusterdMetricType type, const char *name, const char *unit,
                        const char *help)
{
  const gboolean open = metrics->format == MUSTERD_METRICS_OPENMETRICS;
  const char *suffix = open ? "" : types[type].suffix;

  metrics->type = type;
  metrics->name = name;
  g_string_append_printf (metrics->text, "# TYPE %s%s %s\n", name, suffix, open ? types[type].type : types[type].old);
  if (open && unit != NULL)
    g_string_append_printf (metrics->text, "# UNIT %s %s\n", name, unit);
  g_string_append_printf (metrics->text, "# HELP %s%s ", name, suffix);
  append_escaped (metrics->text, help, open);
  g_string_append_c (metrics->text, '\n');
}

static void
add_label (MusterdMetrics *metrics, const char *name, const char *value)
{
  g_string_append_printf (metrics->labels, "%s%s=\"", metrics->labels->len > 0 ? "," : "", name);
  append_escaped (metrics->labels, value != NULL ? value : "", TRUE);
  g_string_append_c (metrics->labels, '"');
}

static void
set_labels (MusterdMetrics *metrics, va_list labels)
{
  const char *name;

  g_string_truncate (metrics->labels, 0);
  while ((name = va_arg (labels, const char *)) != NULL)
    add_label (metrics, name, va_arg (labels, const char *));
}

static void
write_sample (MusterdMetrics *metrics, const char *suffix, const char *value)
{
  g_string_append_printf (metrics->text, "%s%s", metrics->name, suffix);
  if (metrics->labels->len > 0)
    g_string_append_printf (metrics->text, "{%s}", metrics->labels->str);
  g_string_append_printf (metrics->text, " %s\n", value);
}

static void
write_uint (MusterdMetrics *metrics, const char *suffix, guint64 value)
{
  char number[32];

  g_snprintf (number, sizeof number, "%" G_GUINT64_FORMAT, value);
  write_sample (metrics, suffix, number);
}

/* Exact, whatever the locale: with a point, as bounds of buckets must be written always in the same way. */
static const char *
format_seconds (gint64 microseconds, char *buffer, gsize size)
{
  gsize length;

  g_snprintf (buffer, size, "%" G_GINT64_FORMAT ".%06d", microseconds / G_USEC_PER_SEC,
              (int) (microseconds % G_USEC_PER_SEC));
  length = strlen (buffer);
  while (buffer[length - 1] == '0' && buffer[length - 2] != '.')
    buffer[--length] = '\0';
  return buffer;
}

void
musterd_metrics_uint (MusterdMetrics *metrics, guint64 value, ...)
{
  va_list labels;

  va_start (labels, value);
  set_labels (metrics, labels);
  va_end (labels);
  write_uint (metrics, types[metrics->type].suffix, value);
}

void
musterd_metrics_seconds (MusterdMetrics *metrics, gint64 microseconds, ...)
{
  char number[32];
  va_list labels;

  va_start (labels, microseconds);
  set_labels (metrics, labels);
  va_end (labels);
  write_sample (metrics, types[metrics->type].suffix, format_seconds (microseconds, number, sizeof number));
}

void
musterd_metrics_histogram (MusterdMetrics *metrics, const MusterdHistogram *histogram, ...)
{
  guint64 count = 0;
  char number[32];
  va_list labels;
  gsize length;

  va_start (labels, histogram);
  set_labels (metrics, labels);
  va_end (labels);
  length = metrics->labels->len;
  for (guint i = 0; i <= MUSTERD_HISTOGRAM_N_BOUNDS; i++)
    {
      count += histogram->counts[i];
      g_string_truncate (metrics->labels, length);
      add_label (metrics, "le",
                 i < MUSTERD_HISTOGRAM_N_BOUNDS
                     ? format_seconds (musterd_histogram_get_bound (i), number, sizeof number) : "+Inf");
      write_uint (metrics, "_bucket", count);
    }
  g_string_truncate (metrics->labels, length);
  write_uint (metrics, "_count", count);
  write_sample (metrics, "_sum", format_seconds (histogram->sum, number, sizeof number));
}

void
musterd_metrics_state (MusterdMetrics *metrics, const char *const *states, gsize n_states, gsize state, ...)
{
  va_list labels;
  gsize length;

  va_start (labels, state);
  set_labels (metrics, labels);
  va_end (labels);
  length = metrics->labels->len;
  for (gsize i = 0; i < n_states; i++)
    {
      g_string_truncate (metrics->labels, length);
      add_label (metrics, metrics->name, states[i]);
      write_uint (metrics, "", i == state);
    }
}
