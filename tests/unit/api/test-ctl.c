/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of musterctl that understand and make words. */
#include "ctl-output.h"
#include "ctl-when.h"
#include "ctl.h"

typedef struct
{
  const char *name, *zone, *now, *text;
  const char *moment; /* NULL: no time */
} WhenCase;

#define BERLIN "Europe/Berlin"

static const WhenCase whens[] = {
  { "minutes", "UTC", "2026-11-22T06:50:12Z", "+30m", "2026-11-22T07:20:12Z" },
  { "hours", "UTC", "2026-11-22T06:50:12Z", "+2h", "2026-11-22T08:50:12Z" },
  { "both", "UTC", "2026-11-22T06:50:12Z", "+1h30m", "2026-11-22T08:20:12Z" },
  { "days", "UTC", "2026-11-22T06:50:12Z", "+3d", "2026-11-25T06:50:12Z" },
  { "seconds", "UTC", "2026-11-22T06:50:12Z", "+5s", "2026-11-22T06:50:17Z" },
  { "clock-today", BERLIN, "2026-11-22T06:50:12Z", "12:30", "2026-11-22T11:30:00Z" },
  { "clock-tomorrow", BERLIN, "2026-11-22T12:00:00Z", "12:30", "2026-11-23T11:30:00Z" },
  { "clock-now-is-next-day", BERLIN, "2026-11-22T11:30:00Z", "12:30", "2026-11-23T11:30:00Z" },
  { "clock-one-digit", BERLIN, "2026-11-22T06:50:12Z", "9:05", "2026-11-22T08:05:00Z" },
  { "clock-over-month", "UTC", "2026-11-30T23:00:00Z", "8:00", "2026-12-01T08:00:00Z" },
  { "clock-into-summer-time", BERLIN, "2026-03-28T12:00:00Z", "9:00", "2026-03-29T07:00:00Z" },
  { "today", BERLIN, "2026-11-22T12:00:00Z", "today 12:30", "2026-11-22T11:30:00Z" },
  { "tomorrow", BERLIN, "2026-11-22T06:00:00Z", "tomorrow 9:00", "2026-11-23T08:00:00Z" },
  { "rfc3339", BERLIN, "2026-11-22T06:00:00Z", "2026-11-24T09:00:00+01:00", "2026-11-24T08:00:00Z" },
  { "rfc3339-without-zone", BERLIN, "2026-11-22T06:00:00Z", "2026-11-24T09:00:00", NULL },
  { "hour-24", "UTC", "2026-11-22T06:00:00Z", "24:00", NULL },
  { "minute-60", "UTC", "2026-11-22T06:00:00Z", "12:60", NULL },
  { "one-minute-digit", "UTC", "2026-11-22T06:00:00Z", "12:3", NULL },
  { "seconds-given", "UTC", "2026-11-22T06:00:00Z", "12:30:00", NULL },
  { "span-of-minutes-as-settings-have-it", "UTC", "2026-11-22T06:50:12Z", "+1h20min", "2026-11-22T08:10:12Z" },
  { "span-of-minutes-misspelt", "UTC", "2026-11-22T06:00:00Z", "+20mins", NULL },
  { "span-without-unit", "UTC", "2026-11-22T06:00:00Z", "+30", NULL },
  { "span-of-nothing", "UTC", "2026-11-22T06:00:00Z", "+0m", NULL },
  { "span-empty", "UTC", "2026-11-22T06:00:00Z", "+", NULL },
  { "span-endless", "UTC", "2026-11-22T06:00:00Z", "+99999999999999999999h", NULL },
  { "span-negative", "UTC", "2026-11-22T06:00:00Z", "-5m", NULL },
  { "word", "UTC", "2026-11-22T06:00:00Z", "noon", NULL },
  { "empty", "UTC", "2026-11-22T06:00:00Z", "", NULL },
};

static GDateTime *
moment_in (const char *time, const char *zone_name)
{
  g_autoptr(GTimeZone) zone = g_time_zone_new_identifier (zone_name);
  g_autoptr(GDateTime) utc = g_date_time_new_from_iso8601 (time, NULL);

  if (zone == NULL)
    return NULL;
  g_assert_nonnull (utc);
  return g_date_time_to_timezone (utc, zone);
}

static void
test_when (gconstpointer data)
{
  const WhenCase *c = data;
  g_autoptr(GDateTime) now = moment_in (c->now, c->zone);
  g_autoptr(GError) error = NULL;
  g_autofree char *moment = NULL;

  if (now == NULL)
    {
      g_test_skip ("zone data is missing (Debian package tzdata)");
      return;
    }
  moment = ctl_when_parse (c->text, now, &error);
  g_assert_cmpstr (moment, ==, c->moment);
  if (c->moment == NULL)
    g_assert_error (error, CTL_ERROR, CTL_ERROR_WRONG_USE);
  else
    g_assert_no_error (error);
}

typedef struct
{
  const char *name, *text;
  gint64      seconds; /* 0: it is none */
} SpanCase;

static const SpanCase spans[] = {
  { "minutes", "5m", 300 },        { "composed", "1h30m", 5400 }, { "days", "2d", 172800 },  { "empty", "", 0 },
  { "number-alone", "30", 0 },     { "nothing", "0m", 0 },        { "negative", "-5m", 0 },  { "ahead", "+5m", 0 },
  { "overflow", "99999999999999999999h", 0 },
};

static void
test_span (gconstpointer data)
{
  const SpanCase *c = data;
  g_autoptr(GError) error = NULL;
  gint64 seconds = -1;

  g_assert_cmpint (ctl_span_parse (c->text, &seconds, &error), ==, c->seconds > 0);
  g_assert_cmpint (seconds, ==, c->seconds > 0 ? c->seconds : -1);
  if (c->seconds == 0)
    g_assert_error (error, CTL_ERROR, CTL_ERROR_WRONG_USE);
}

typedef struct
{
  const char *name, *time, *words;
} TimeCase;

/* Seen on Sunday, 22 November 2026, 07:50 in Berlin. */
static const TimeCase times[] = {
  { "today", "2026-11-22T11:30:00Z", "12:30" },
  { "fraction", "2026-11-22T11:30:00.250Z", "12:30" },
  { "tomorrow", "2026-11-22T23:30:00Z", "tomorrow 00:30" },
  { "yesterday", "2026-11-21T22:30:00Z", "yesterday 23:30" },
  { "this-year", "2026-11-24T08:00:00Z", "Tue 24 Nov 09:00" },
  { "next-year", "2027-01-04T08:00:00Z", "4 Jan 2027 09:00" },
  { "none", NULL, NULL },
  { "no-time", "soon", NULL },
};

static void
test_time (gconstpointer data)
{
  const TimeCase *c = data;
  g_autoptr(GDateTime) now = moment_in ("2026-11-22T06:50:12Z", BERLIN);
  g_autofree char *words = NULL;

  if (now == NULL)
    {
      g_test_skip ("zone data is missing (Debian package tzdata)");
      return;
    }
  words = ctl_time_at (c->time, now);
  g_assert_cmpstr (words, ==, c->words);
}

typedef struct
{
  const char *name, *text, *clean;
} CleanCase;

static const CleanCase cleans[] = {
  { "plain", "Deep work", "Deep work" },
  { "none", NULL, "" },
  { "umlaut", "Bürü 会議", "Bürü 会議" },
  { "escape", "a\033[31mb", "a\xef\xbf\xbd[31mb" },
  { "c1", "a\xc2\x9b" "31mb", "a\xef\xbf\xbd" "31mb" },
  { "line", "a\r\nb", "a\xef\xbf\xbd\xef\xbf\xbd" "b" },
  { "turned", "a\xe2\x80\xae" "b", "a\xef\xbf\xbd" "b" },
  { "not-utf8", "a\xff", "a\xef\xbf\xbd" },
};

static void
test_clean (gconstpointer data)
{
  const CleanCase *c = data;
  g_autofree char *clean = ctl_clean (c->text);

  g_assert_cmpstr (clean, ==, c->clean);
}

static void
test_words (void)
{
  g_autofree char *words = ctl_words ("do-not-disturb");

  g_assert_cmpstr (words, ==, "do not disturb");
}

#define ADD(prefix, cases, func)                                            \
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)                          \
    {                                                                       \
      g_autofree char *path = g_strconcat (prefix, cases[i].name, NULL);    \
      g_test_add_data_func (path, &cases[i], func);                         \
    }

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/ctl/when/", whens, test_when)
  ADD ("/ctl/span/", spans, test_span)
  ADD ("/ctl/time/", times, test_time)
  ADD ("/ctl/clean/", cleans, test_clean)
  g_test_add_func ("/ctl/words", test_words);
  return g_test_run ();
}
