/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "musterctl"

#include "ctl-output.h"

#include <glib/gi18n.h>
#include <stdarg.h>
#include <unistd.h>

static gboolean
has_colours (void)
{
  static int known = -1;

  if (known < 0)
    {
      const char *none = g_getenv ("NO_COLOR");

      known = (none == NULL || *none == '\0') && isatty (STDOUT_FILENO)
              && g_strcmp0 (g_getenv ("TERM"), "dumb") != 0;
    }
  return known == 1;
}

static gboolean
is_harmful (gunichar c)
{
  return g_unichar_iscntrl (c) || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0x200e
         || c == 0x200f || c == 0x2028 || c == 0x2029;
}

char *
ctl_clean (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text != NULL ? text : "", -1);
  GString *clean = g_string_new (NULL);

  for (const char *p = valid; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      g_string_append_unichar (clean, is_harmful (c) ? 0xfffd : c);
    }
  return g_string_free (clean, FALSE);
}

static const char *
code_of (CtlColour colour)
{
  switch (colour)
    {
    case CTL_BOLD:
      return "\033[1m";
    case CTL_GREEN:
      return "\033[32m";
    case CTL_YELLOW:
      return "\033[33m";
    case CTL_RED:
      return "\033[31m";
    case CTL_GREY:
      return "\033[90m";
    case CTL_PLAIN:
    default:
      return "";
    }
}

char *
ctl_paint (CtlColour colour, char *text)
{
  g_autofree char *plain = text;

  if (colour == CTL_PLAIN || !has_colours ())
    return g_steal_pointer (&plain);
  return g_strconcat (code_of (colour), plain, "\033[0m", NULL);
}

CtlColour
ctl_status_colour (const char *status)
{
  static const struct
  {
    const char *status;
    CtlColour   colour;
  } colours[] = {
    { "available", CTL_GREEN }, { "be-right-back", CTL_YELLOW }, { "busy", CTL_RED },
    { "do-not-disturb", CTL_RED }, { "unavailable", CTL_GREY },  { "logged-off", CTL_GREY },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (colours); i++)
    if (g_strcmp0 (status, colours[i].status) == 0)
      return colours[i].colour;
  return CTL_PLAIN;
}

char *
ctl_time_at (const char *time, GDateTime *now)
{
  g_autoptr(GDateTime) utc = time != NULL ? g_date_time_new_from_iso8601 (time, NULL) : NULL;
  g_autoptr(GDateTime) moment = utc != NULL ? g_date_time_to_timezone (utc, g_date_time_get_timezone (now)) : NULL;
  g_autoptr(GDateTime) tomorrow = g_date_time_add_days (now, 1);
  g_autoptr(GDateTime) yesterday = g_date_time_add_days (now, -1);
  const struct
  {
    GDateTime  *day;
    const char *format;
  } near[] = { { now, "%H:%M" }, { tomorrow, _ ("tomorrow %H:%M") }, { yesterday, _ ("yesterday %H:%M") } };

  if (moment == NULL)
    return NULL;
  for (gsize i = 0; i < G_N_ELEMENTS (near); i++)
    if (g_date_time_get_year (moment) == g_date_time_get_year (near[i].day)
        && g_date_time_get_day_of_year (moment) == g_date_time_get_day_of_year (near[i].day))
      return g_date_time_format (moment, near[i].format);
  if (g_date_time_get_year (moment) == g_date_time_get_year (now))
    return g_date_time_format (moment, _ ("%a %-d %b %H:%M"));
  return g_date_time_format (moment, _ ("%-d %b %Y %H:%M"));
}

char *
ctl_time (const char *time)
{
  g_autoptr(GDateTime) now = g_date_time_new_now_local ();

  return ctl_time_at (time, now);
}

/* Tables. */

typedef struct
{
  char     *text;
  CtlColour colour;
} Cell;

struct _CtlTable
{
  guint   n_columns;
  GArray *cells; /* Cell, row by row */
  gsize  *widths;
};

static gsize
width_of (const char *text)
{
  gsize width = 0;

  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if (!g_unichar_iszerowidth (c))
        width += g_unichar_iswide (c) ? 2 : 1;
    }
  return width;
}

static void
add_cell (CtlTable *table, char *text, CtlColour colour)
{
  Cell cell = { text != NULL ? text : g_strdup (""), colour };
  guint column = table->cells->len % table->n_columns;

  table->widths[column] = MAX (table->widths[column], width_of (cell.text));
  g_array_append_val (table->cells, cell);
}

CtlTable *
ctl_table_new (const char *const *titles, guint n_columns)
{
  CtlTable *table = g_new0 (CtlTable, 1);

  table->n_columns = n_columns;
  table->cells = g_array_new (FALSE, FALSE, sizeof (Cell));
  table->widths = g_new0 (gsize, n_columns);
  for (guint i = 0; titles != NULL && i < n_columns; i++)
    add_cell (table, g_strdup (titles[i]), CTL_BOLD);
  return table;
}

void
ctl_table_add (CtlTable *table, ...)
{
  va_list cells;

  va_start (cells, table);
  for (guint i = 0; i < table->n_columns; i++)
    add_cell (table, va_arg (cells, char *), CTL_PLAIN);
  va_end (cells);
}

void
ctl_table_paint (CtlTable *table, guint column, CtlColour colour)
{
  g_array_index (table->cells, Cell, table->cells->len - table->n_columns + column).colour = colour;
}

static void
print_row (CtlTable *table, guint first, const char *indent)
{
  g_autoptr(GString) line = g_string_new (indent);
  gsize owed = 0; /* spaces, if anything follows */

  for (guint i = 0; i < table->n_columns; i++)
    {
      Cell *cell = &g_array_index (table->cells, Cell, first + i);
      gsize width = width_of (cell->text);

      if (*cell->text != '\0')
        {
          g_autofree char *painted = NULL;

          for (; owed > 0; owed--)
            g_string_append_c (line, ' ');
          painted = ctl_paint (cell->colour, g_steal_pointer (&cell->text));
          g_string_append (line, painted);
        }
      else
        g_clear_pointer (&cell->text, g_free);
      owed += table->widths[i] - width;
      if (table->widths[i] > 0)
        owed += 2;
    }
  g_print ("%s\n", line->str);
}

void
ctl_table_discard (CtlTable *table)
{
  for (guint i = 0; i < table->cells->len; i++)
    g_free (g_array_index (table->cells, Cell, i).text);
  g_array_unref (table->cells);
  g_free (table->widths);
  g_free (table);
}

void
ctl_table_print (CtlTable *table, const char *indent)
{
  for (guint i = 0; i < table->cells->len; i += table->n_columns)
    print_row (table, i, indent);
  ctl_table_discard (table);
}
