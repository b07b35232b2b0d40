/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "musterctl"

#include "ctl-when.h"

#include <string.h>

#include "ctl.h"

#define AHEAD_MAX (G_GINT64_CONSTANT (10) * 366 * 24 * 3600) /* s */

G_DEFINE_QUARK (ctl-error-quark, ctl_error)

static char *
format (GDateTime *moment)
{
  g_autoptr(GDateTime) utc = moment != NULL ? g_date_time_to_utc (moment) : NULL;

  return utc != NULL ? g_date_time_format (utc, "%Y-%m-%dT%H:%M:%SZ") : NULL;
}

/* "1h30m": numbers with d, h, m, or min as settings have it, or s. 0: it is none, or too long. */
static gint64
read_span (const char *text)
{
  gint64 seconds = 0;
  const char *p = text;

  while (*p != '\0')
    {
      char *end = NULL;
      guint64 number;
      gint64 unit;

      if (!g_ascii_isdigit (*p))
        return 0;
      number = g_ascii_strtoull (p, &end, 10);
      unit = *end == 'd' ? 86400 : *end == 'h' ? 3600 : *end == 'm' ? 60 : *end == 's' ? 1 : 0;
      if (unit == 0 || number > (guint64) (AHEAD_MAX / unit))
        return 0;
      seconds += (gint64) number * unit;
      p = g_str_has_prefix (end, "min") ? end + strlen ("min") : end + 1;
    }
  return seconds <= AHEAD_MAX ? seconds : 0;
}

gboolean
ctl_span_parse (const char *text, gint64 *seconds, GError **error)
{
  gint64 span = read_span (text);

  if (span == 0)
    {
      g_set_error (error, CTL_ERROR, CTL_ERROR_WRONG_USE, _ ("'%s' is not a span: say 30m, 2h or 1h30m"), text);
      return FALSE;
    }
  *seconds = span;
  return TRUE;
}

static GDateTime *
parse_ahead (const char *text, GDateTime *now)
{
  gint64 seconds = read_span (text + 1);

  return seconds > 0 ? g_date_time_add_seconds (now, (double) seconds) : NULL;
}

/* "9:00", "12:30" */
static gboolean
parse_clock (const char *text, int *hour, int *minute)
{
  const char *colon = strchr (text, ':');
  gsize before = colon != NULL ? (gsize) (colon - text) : 0;

  if (colon == NULL || before < 1 || before > 2 || strlen (colon + 1) != 2
      || strspn (text, "0123456789:") != strlen (text) || strchr (colon + 1, ':') != NULL)
    return FALSE;
  *hour = (int) g_ascii_strtoull (text, NULL, 10);
  *minute = (int) g_ascii_strtoull (colon + 1, NULL, 10);
  return *hour < 24 && *minute < 60;
}

static GDateTime *
on_day (GDateTime *now, int days, int hour, int minute)
{
  g_autoptr(GDateTime) day = g_date_time_add_days (now, days);

  return g_date_time_new (g_date_time_get_timezone (now), g_date_time_get_year (day), g_date_time_get_month (day),
                          g_date_time_get_day_of_month (day), hour, minute, 0);
}

char *
ctl_when_parse (const char *text, GDateTime *now, GError **error)
{
  g_autoptr(GDateTime) moment = NULL;
  int hour = 0, minute = 0;

  if (text[0] == '+')
    moment = parse_ahead (text, now);
  else if (parse_clock (text, &hour, &minute))
    {
      moment = on_day (now, 0, hour, minute);
      if (moment != NULL && g_date_time_compare (moment, now) <= 0)
        {
          g_date_time_unref (moment);
          moment = on_day (now, 1, hour, minute);
        }
    }
  else if (g_str_has_prefix (text, "today ") && parse_clock (text + strlen ("today "), &hour, &minute))
    moment = on_day (now, 0, hour, minute);
  else if (g_str_has_prefix (text, "tomorrow ") && parse_clock (text + strlen ("tomorrow "), &hour, &minute))
    moment = on_day (now, 1, hour, minute);
  else if (strlen (text) < 64 && strchr (text, 'T') != NULL)
    moment = g_date_time_new_from_iso8601 (text, NULL);
  if (moment == NULL)
    {
      g_set_error (error, CTL_ERROR, CTL_ERROR_WRONG_USE, "%s '%s': %s", _ ("not a time:"), text,
                   _ ("say 12:30, \"tomorrow 9:00\", +30m, +2h, or a date and time with its zone such as "
                      "2026-11-22T12:30:00+01:00"));
      return NULL;
    }
  return format (moment);
}
