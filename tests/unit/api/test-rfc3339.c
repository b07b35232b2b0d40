/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "api/rfc3339.h"
#include "model/error.h"

typedef struct
{
  const char *name, *text;
  gboolean    ok;
  gint64      time;
  const char *written; /* NULL: as `text` */
} Case;

#define T G_GINT64_CONSTANT (1795330212) /* 2026-11-22T06:50:12Z */

static const Case cases[] = {
  { "utc", "2026-11-22T06:50:12Z", TRUE, T * MUSTERD_SECOND, NULL },
  { "zone", "2026-11-22T07:50:12+01:00", TRUE, T * MUSTERD_SECOND, "2026-11-22T06:50:12Z" },
  { "zone-west", "2026-11-21T23:20:12-07:30", TRUE, T * MUSTERD_SECOND, "2026-11-22T06:50:12Z" },
  { "small-letters", "2026-11-22t06:50:12z", TRUE, T * MUSTERD_SECOND, "2026-11-22T06:50:12Z" },
  { "milliseconds", "2026-11-22T06:50:12.250Z", TRUE, T * MUSTERD_SECOND + 250000, NULL },
  { "microseconds", "2026-11-22T06:50:12.250999Z", TRUE, T * MUSTERD_SECOND + 250999, "2026-11-22T06:50:12.250Z" },
  { "before-1970", "1969-12-31T23:59:59.500Z", TRUE, -500000, NULL },
  { "leap-day", "2028-02-29T00:00:00Z", TRUE, G_GINT64_CONSTANT (1835395200) * MUSTERD_SECOND, NULL },
  { "no-leap-day", "2026-02-29T00:00:00Z", FALSE, 0, NULL },
  { "no-zone", "2026-11-22T06:50:12", FALSE, 0, NULL },
  { "date-only", "2026-11-22", FALSE, 0, NULL },
  { "space", "2026-11-22 06:50:12Z", FALSE, 0, NULL },
  { "basic-form", "20261122T065012Z", FALSE, 0, NULL },
  { "week", "2026-W47-7T06:50:12Z", FALSE, 0, NULL },
  { "zone-without-colon", "2026-11-22T07:50:12+0100", FALSE, 0, NULL },
  { "month-13", "2026-13-01T00:00:00Z", FALSE, 0, NULL },
  { "hour-25", "2026-11-22T25:00:00Z", FALSE, 0, NULL },
  { "fraction-empty", "2026-11-22T06:50:12.Z", FALSE, 0, NULL },
  { "fraction-endless", "2026-11-22T06:50:12.12345678901Z", FALSE, 0, NULL },
  { "first", "0001-01-01T00:00:00Z", TRUE, MUSTERD_TIME_FIRST, NULL },
  { "before-first", "0001-01-01T00:00:00+00:01", FALSE, 0, NULL },
  { "last", "9999-12-31T23:59:59.999999Z", TRUE, MUSTERD_TIME_LAST, "9999-12-31T23:59:59.999Z" },
  { "after-last", "9999-12-31T23:59:59-00:01", FALSE, 0, NULL },
  { "something-after", "2026-11-22T06:50:12Z ", FALSE, 0, NULL },
  { "empty", "", FALSE, 0, NULL },
  { "word", "tomorrow", FALSE, 0, NULL },
};

static void
test_parse (gconstpointer data)
{
  const Case *c = data;
  g_autoptr(GError) error = NULL;
  MusterdTime time = 0;
  gboolean ok = musterd_rfc3339_parse (c->text, &time, &error);

  g_assert_cmpint (ok, ==, c->ok);
  if (!ok)
    {
      g_assert_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID);
      return;
    }
  g_assert_no_error (error);
  g_assert_cmpint (time, ==, c->time);
  {
    g_autofree char *written = musterd_rfc3339_format (time);

    g_assert_cmpstr (written, ==, c->written != NULL ? c->written : c->text);
  }
}

static void
test_never (void)
{
  g_assert_null (musterd_rfc3339_format (MUSTERD_TIME_NEVER));
  g_assert_null (musterd_rfc3339_format (MUSTERD_TIME_ALWAYS));
  g_assert_null (musterd_rfc3339_format (MUSTERD_TIME_NEVER - 1));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/rfc3339/parse/", cases[i].name, NULL);

      g_test_add_data_func (path, &cases[i], test_parse);
    }
  g_test_add_func ("/rfc3339/never", test_never);
  return g_test_run ();
}
