/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-bench"

#include "report.h"

#include <json-glib/json-glib.h>
#include <stdio.h>
#include <string.h>

#include "samples.h"

typedef struct
{
  char      *row, *title, *unit;
  BenchSense sense;
  double     hold;
  GArray    *ratios, *ours, *baselines; /* double, one for each round */
} Line;

struct _BenchReport
{
  GPtrArray *lines; /* Line */
  gboolean   quick;
  GPtrArray *notes; /* char *: "row: what" */
};

static void
line_free (gpointer data)
{
  Line *line = data;

  g_free (line->row);
  g_free (line->title);
  g_free (line->unit);
  g_array_unref (line->ratios);
  g_array_unref (line->ours);
  g_array_unref (line->baselines);
  g_free (line);
}

BenchReport *
bench_report_new (gboolean quick)
{
  BenchReport *report = g_new0 (BenchReport, 1);

  report->quick = quick;
  report->lines = g_ptr_array_new_with_free_func (line_free);
  report->notes = g_ptr_array_new_with_free_func (g_free);
  return report;
}

void
bench_report_free (BenchReport *report)
{
  g_ptr_array_unref (report->lines);
  g_ptr_array_unref (report->notes);
  g_free (report);
}

static Line *
get_line (BenchReport *report, const char *row, const char *title)
{
  Line *line;

  for (guint i = 0; i < report->lines->len; i++)
    {
      line = g_ptr_array_index (report->lines, i);
      if (g_str_equal (line->row, row) && g_str_equal (line->title, title))
        return line;
    }
  line = g_new0 (Line, 1);
  line->row = g_strdup (row);
  line->title = g_strdup (title);
  line->ratios = g_array_new (FALSE, FALSE, sizeof (double));
  line->ours = g_array_new (FALSE, FALSE, sizeof (double));
  line->baselines = g_array_new (FALSE, FALSE, sizeof (double));
  g_ptr_array_add (report->lines, line);
  return line;
}

void
bench_report_take (BenchReport *report, const char *row, const char *text)
{
  g_auto(GStrv) parts = g_strsplit (text, "\t", -1);
  guint n = g_strv_length (parts);

  if (n == 2 && g_str_equal (parts[0], "note"))
    g_ptr_array_add (report->notes, g_strdup_printf ("%s: %s", row, parts[1]));
  else if (n == 7 && g_str_equal (parts[0], "pair"))
    {
      Line *line = get_line (report, row, parts[1]);
      double ours = g_ascii_strtod (parts[5], NULL), baseline = g_ascii_strtod (parts[6], NULL);
      double ratio = baseline > 0 ? ours / baseline : 0;

      g_free (line->unit);
      line->unit = g_strdup (parts[2]);
      line->sense = (BenchSense) g_ascii_strtoll (parts[3], NULL, 10);
      line->hold = g_ascii_strtod (parts[4], NULL);
      g_array_append_val (line->ours, ours);
      g_array_append_val (line->baselines, baseline);
      g_array_append_val (line->ratios, ratio);
    }
}

static const char *
verdict (const BenchReport *report, const Line *line)
{
  double ratio = bench_median (line->ratios);

  if (report->quick)
    return "not judged";
  switch (line->sense)
    {
    case BENCH_AT_MOST:
      return ratio <= line->hold ? "holds" : "DOES NOT HOLD";
    case BENCH_AT_LEAST:
      return ratio >= line->hold ? "holds" : "DOES NOT HOLD";
    case BENCH_TOLD:
    default:
      return "told";
    }
}

static char *
hold_text (const Line *line)
{
  if (line->sense == BENCH_TOLD)
    return g_strdup ("-");
  return g_strdup_printf ("%s %.3g", line->sense == BENCH_AT_MOST ? "≤" : "≥", line->hold);
}

/* As wide as it looks, not as many bytes as it has. */
static void
cell (const char *text, int width)
{
  int missing = width - (int) g_utf8_strlen (text, -1);

  printf ("%s%*s", text, MAX (missing, 0) + 2, "");
}

void
bench_report_print (BenchReport *report)
{
  const char *group = "";

  cell ("row", 58);
  cell ("hold", 7);
  cell ("ratio (min–max of N)", 28);
  cell ("ours", 14);
  cell ("baseline", 14);
  printf ("verdict\n");
  for (guint i = 0; i < report->lines->len; i++)
    {
      Line *line = g_ptr_array_index (report->lines, i);
      double median = bench_median (line->ratios); /* sorted from here on */
      g_autofree char *title = g_strdup_printf ("%s: %s", line->row, line->title);
      g_autofree char *hold = hold_text (line);
      g_autofree char *ratio
          = g_strdup_printf ("%.3g (%.3g–%.3g of %u)", median, g_array_index (line->ratios, double, 0),
                             g_array_index (line->ratios, double, line->ratios->len - 1), line->ratios->len);
      g_autofree char *ours = g_strdup_printf ("%.4g %s", bench_median (line->ours), line->unit);
      g_autofree char *baseline = g_strdup_printf ("%.4g %s", bench_median (line->baselines), line->unit);

      if (!g_str_equal (group, line->row) && *group != '\0')
        printf ("\n");
      group = line->row;
      cell (title, 58);
      cell (hold, 7);
      cell (ratio, 28);
      cell (ours, 14);
      cell (baseline, 14);
      printf ("%s\n", verdict (report, line));
    }
  for (guint i = 0; i < report->notes->len; i++)
    printf ("%s%s\n", i == 0 ? "\n" : "", (char *) g_ptr_array_index (report->notes, i));
}

static void
add_values (JsonBuilder *builder, const char *name, GArray *values)
{
  json_builder_set_member_name (builder, name);
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "median");
  json_builder_add_double_value (builder, bench_median (values));
  json_builder_set_member_name (builder, "min");
  json_builder_add_double_value (builder, g_array_index (values, double, 0));
  json_builder_set_member_name (builder, "max");
  json_builder_add_double_value (builder, g_array_index (values, double, values->len - 1));
  json_builder_end_object (builder);
}

static void
add_line (JsonBuilder *builder, const BenchReport *report, const Line *line)
{
  static const char *const senses[] = { "at-most", "at-least", "told" };

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "row");
  json_builder_add_string_value (builder, line->row);
  json_builder_set_member_name (builder, "what");
  json_builder_add_string_value (builder, line->title);
  json_builder_set_member_name (builder, "sense");
  json_builder_add_string_value (builder, senses[line->sense]);
  if (line->sense != BENCH_TOLD)
    {
      json_builder_set_member_name (builder, "hold");
      json_builder_add_double_value (builder, line->hold);
    }
  json_builder_set_member_name (builder, "rounds");
  json_builder_add_int_value (builder, line->ratios->len);
  json_builder_set_member_name (builder, "unit");
  json_builder_add_string_value (builder, line->unit);
  add_values (builder, "ratio", line->ratios);
  add_values (builder, "ours", line->ours);
  add_values (builder, "baseline", line->baselines);
  json_builder_set_member_name (builder, "verdict");
  json_builder_add_string_value (builder, verdict (report, line));
  json_builder_end_object (builder);
}

gboolean
bench_report_write (BenchReport *report, const char *path, GError **error)
{
  g_autoptr(JsonBuilder) builder = json_builder_new ();
  g_autoptr(JsonGenerator) generator = json_generator_new ();
  g_autoptr(JsonNode) root = NULL;

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "quick");
  json_builder_add_boolean_value (builder, report->quick);
  json_builder_set_member_name (builder, "figures");
  json_builder_begin_array (builder);
  for (guint i = 0; i < report->lines->len; i++)
    add_line (builder, report, g_ptr_array_index (report->lines, i));
  json_builder_end_array (builder);
  json_builder_set_member_name (builder, "notes");
  json_builder_begin_array (builder);
  for (guint i = 0; i < report->notes->len; i++)
    json_builder_add_string_value (builder, g_ptr_array_index (report->notes, i));
  json_builder_end_array (builder);
  json_builder_end_object (builder);

  root = json_builder_get_root (builder);
  json_generator_set_root (generator, root);
  json_generator_set_pretty (generator, TRUE);
  return json_generator_to_file (generator, path, error);
}
