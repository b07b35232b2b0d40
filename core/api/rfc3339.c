/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/rfc3339.h"

#include <string.h>

#include "model/error.h"

#define TEXT_MAX 64
#define FRACTION_MAX 9

/* printf would take longer than all else that a presence on the wire needs. */
static char *
put_digits (char *end, guint value, guint n, char after)
{
  for (guint i = n; i > 0; i--, value /= 10)
    end[i - 1] = (char) ('0' + value % 10);
  end[n] = after;
  return end + n + 1;
}

char *
musterd_rfc3339_format (MusterdTime time)
{
  char text[] = "0000-00-00T00:00:00.000Z", *end = text;
  int year, month, day;
  g_autoptr(GDateTime) date = NULL;
  gint64 seconds = time / MUSTERD_SECOND;
  gint64 rest = time % MUSTERD_SECOND;
  guint milliseconds;

  if (time == MUSTERD_TIME_NEVER || time == MUSTERD_TIME_ALWAYS)
    return NULL;
  if (rest < 0)
    {
      seconds -= 1;
      rest += MUSTERD_SECOND;
    }
  milliseconds = (guint) (rest / 1000);
  date = g_date_time_new_from_unix_utc (seconds);
  if (date == NULL)
    return NULL;
  g_date_time_get_ymd (date, &year, &month, &day);
  end = put_digits (end, (guint) year, 4, '-');
  end = put_digits (end, (guint) month, 2, '-');
  end = put_digits (end, (guint) day, 2, 'T');
  end = put_digits (end, (guint) g_date_time_get_hour (date), 2, ':');
  end = put_digits (end, (guint) g_date_time_get_minute (date), 2, ':');
  end = put_digits (end, (guint) g_date_time_get_second (date), 2, milliseconds == 0 ? 'Z' : '.');
  if (milliseconds != 0)
    end = put_digits (end, milliseconds, 3, 'Z');
  return g_strndup (text, (gsize) (end - text));
}

/* GDateTime also reads week dates, ordinal dates and the forms without separators; the wire has one form only. */
static gboolean
has_form (const char *text)
{
  static const char form[] = "0000-00-00T00:00:00";
  const char *p = text;

  for (const char *f = form; *f != '\0'; f++, p++)
    if (*f == '0' ? !g_ascii_isdigit (*p) : g_ascii_toupper (*p) != *f)
      return FALSE;
  if (*p == '.')
    {
      gsize digits = strspn (p + 1, "0123456789");

      if (digits < 1 || digits > FRACTION_MAX)
        return FALSE;
      p += 1 + digits;
    }
  if (*p == 'Z' || *p == 'z')
    return p[1] == '\0';
  return (*p == '+' || *p == '-') && g_ascii_isdigit (p[1]) && g_ascii_isdigit (p[2]) && p[3] == ':'
         && g_ascii_isdigit (p[4]) && g_ascii_isdigit (p[5]) && p[6] == '\0';
}

gboolean
musterd_rfc3339_parse (const char *text, MusterdTime *time, GError **error)
{
  g_autoptr(GDateTime) date = NULL;
  MusterdTime moment;

  if (strlen (text) <= TEXT_MAX && has_form (text))
    {
      g_autofree char *upper = g_ascii_strup (text, -1);

      date = g_date_time_new_from_iso8601 (upper, NULL);
    }
  if (date == NULL)
    {
      g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID,
                           "expected a time as in RFC 3339 with its zone, such as 2026-11-22T06:50:12Z or "
                           "2026-11-22T07:50:12+01:00");
      return FALSE;
    }
  moment = g_date_time_to_unix (date) * MUSTERD_SECOND + g_date_time_get_microsecond (date);
  /* Its zone may carry it out of the years that can be written. */
  if (moment < MUSTERD_TIME_FIRST || moment > MUSTERD_TIME_LAST)
    {
      g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID,
                           "expected a time in the years 0001 to 9999, counted in UTC");
      return FALSE;
    }
  *time = moment;
  return TRUE;
}
