/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a keyfile value means. */
#include "probe.h"

#include <string.h>

typedef struct
{
  const char      *name;
  MusterOptionType type;
  const char      *value;   /* nullable */
  const char      *result;  /* nullable: refused, or nothing */
  const char      *error;   /* nullable: a pattern */
  const char      *preset;  /* nullable */
  gint64           min, max;
} OptionCase;

#define LITERAL "expected secret:NAME, got something else: secrets never stand in the keyfile*"

static const OptionCase cases[] = {
  { "string", MUSTER_OPTION_STRING, "  a b ", "a b", NULL },
  { "string-empty", MUSTER_OPTION_STRING, "", "", NULL },
  { "string-control", MUSTER_OPTION_STRING, "a\x01", NULL, "expected text on one line*" },
  { "string-bytes", MUSTER_OPTION_STRING, "a\xff", NULL, "expected UTF-8*" },
  { "nothing", MUSTER_OPTION_INTEGER, NULL, NULL, NULL },
  { "default", MUSTER_OPTION_INTEGER, NULL, "5", NULL, "5" },
  { "default-overruled", MUSTER_OPTION_INTEGER, "6", "6", NULL, "5" },
  { "true", MUSTER_OPTION_BOOLEAN, "True", "true", NULL },
  { "false", MUSTER_OPTION_BOOLEAN, "false", "false", NULL },
  { "maybe", MUSTER_OPTION_BOOLEAN, "maybe", NULL, "expected true or false, got 'maybe'" },
  { "boolean-empty", MUSTER_OPTION_BOOLEAN, " ", NULL, "expected true or false, got nothing" },
  { "integer", MUSTER_OPTION_INTEGER, "-007", "-7", NULL },
  { "integer-text", MUSTER_OPTION_INTEGER, "7a", NULL, "expected a whole number, got '7a'" },
  { "integer-big", MUSTER_OPTION_INTEGER, "99999999999999999999", NULL, "expected a whole number, got '9*'" },
  { "integer-low", MUSTER_OPTION_INTEGER, "0", NULL, "expected a number from 1 to 9, got '0'", NULL, 1, 9 },
  { "integer-high", MUSTER_OPTION_INTEGER, "10", NULL, "expected a number from 1 to 9, got '10'", NULL, 1, 9 },
  { "integer-edge", MUSTER_OPTION_INTEGER, "9", "9", NULL, NULL, 1, 9 },
  { "500ms", MUSTER_OPTION_DURATION, "500ms", "500000", NULL },
  { "30s", MUSTER_OPTION_DURATION, "30s", "30000000", NULL },
  { "5min", MUSTER_OPTION_DURATION, "5 min", "300000000", NULL },
  { "12h", MUSTER_OPTION_DURATION, "12h", "43200000000", NULL },
  { "7d", MUSTER_OPTION_DURATION, "7d", "604800000000", NULL },
  { "0s", MUSTER_OPTION_DURATION, "0s", "0", NULL },
  { "duration-bare", MUSTER_OPTION_DURATION, "30", NULL, "expected a duration such as *, got '30'" },
  { "duration-negative", MUSTER_OPTION_DURATION, "-3s", NULL, "expected a duration*" },
  { "duration-unit", MUSTER_OPTION_DURATION, "3m", NULL, "expected a duration*" },
  { "duration-huge", MUSTER_OPTION_DURATION, "999999999999d", NULL, "expected a duration*" },
  { "duration-range", MUSTER_OPTION_DURATION, "2h", NULL, "expected a duration from 1s to 90min, got '2h'", NULL,
    G_TIME_SPAN_SECOND, 90 * G_TIME_SPAN_MINUTE },
  { "path", MUSTER_OPTION_PATH, "/run//x/../y", "/run/y", NULL },
  { "path-relative", MUSTER_OPTION_PATH, "run/y", NULL, "expected an absolute path, got 'run/y'" },
  { "url", MUSTER_OPTION_URL, "https://mail.example.com:8443/EWS?x=1", "https://mail.example.com:8443/EWS?x=1", NULL },
  { "url-ipv6", MUSTER_OPTION_URL, "http://[::1]:80/", "http://[::1]:80/", NULL },
  { "url-scheme", MUSTER_OPTION_URL, "ftp://x.example.com/", NULL, "expected an absolute http or https URL, got '*'" },
  { "url-relative", MUSTER_OPTION_URL, "/x", NULL, "expected an absolute http or https URL, got '/x'" },
  { "url-host", MUSTER_OPTION_URL, "https:///x", NULL, "expected an absolute http or https URL*" },
  { "url-password", MUSTER_OPTION_URL, "https://u:hunter2@x.example.com/", NULL, "expected a URL without user*" },
  { "url-broken-password", MUSTER_OPTION_URL, "https://u:hunter2@x y/", NULL, "expected a URL without user*" },
  { "secret", MUSTER_OPTION_SECRET, "secret:ews-hq_1.x", "secret:ews-hq_1.x", NULL },
  { "secret-literal", MUSTER_OPTION_SECRET, "hunter2", NULL, LITERAL },
  { "secret-nameless", MUSTER_OPTION_SECRET, "secret:", NULL, "expected secret:NAME with a NAME*" },
  { "secret-dot", MUSTER_OPTION_SECRET, "secret:.hunter2", NULL, "expected secret:NAME with a NAME*" },
  { "secret-path", MUSTER_OPTION_SECRET, "secret:a/hunter2", NULL, "expected secret:NAME with a NAME*" },
  { "choice", MUSTER_OPTION_CHOICE, "Green", "green", NULL },
  { "choice-none", MUSTER_OPTION_CHOICE, "blue", NULL, "expected one of red, green, got 'blue'" },
  { "choice-empty", MUSTER_OPTION_CHOICE, "", NULL, "expected one of red, green, got nothing" },
  { "list", MUSTER_OPTION_LIST, "a; b c ;;d", "a;b c;d", NULL },
  { "list-escaped", MUSTER_OPTION_LIST, "a\\;b;c\\\\", "a\\;b;c\\\\", NULL },
  { "list-blanks", MUSTER_OPTION_LIST, "\\ a;b\\ ;\\ ;c d", "a;b;c d", NULL },
  { "list-empty", MUSTER_OPTION_LIST, "", "", NULL },
  { "table", MUSTER_OPTION_TABLE, "a", NULL, "option 'x' has no type whose value is one text" },
};

static void
test_option (gconstpointer data)
{
  const OptionCase *c = data;
  const MusterOption option = { .name = "x",
                                .type = c->type,
                                .default_value = c->preset,
                                .min = c->min,
                                .max = c->max,
                                .choices = "red|green" };
  g_autoptr(GError) error = NULL;
  g_autofree char *result = muster_option_check (&option, c->value, &error);

  g_assert_cmpstr (result, ==, c->result);
  if (c->error == NULL)
    {
      g_assert_no_error (error);
      return;
    }
  g_assert_error (error, MUSTER_ERROR, MUSTER_ERROR_CONFIG);
  if (!g_pattern_match_simple (c->error, error->message))
    g_error ("%s: '%s' does not match '%s'", c->name, error->message, c->error);
  g_assert_null (strstr (error->message, "hunter2"));
}

static void
test_required (void)
{
  const MusterOption option = { .name = "x", .type = MUSTER_OPTION_STRING, .flags = MUSTER_OPTION_REQUIRED };
  g_autoptr(GError) error = NULL;

  g_assert_null (muster_option_check (&option, " ", &error));
  g_assert_error (error, MUSTER_ERROR, MUSTER_ERROR_CONFIG);
  g_assert_cmpstr (error->message, ==, "expected a value, got nothing");
}

typedef struct
{
  const char *name;
  const char *preset;  /* nullable */
  const char *value;   /* nullable */
  const char *rows;    /* nullable: refused */
  const char *error;   /* nullable: a pattern */
} TableCase;

static const MusterColumn columns[] = {
  { "program", MUSTER_OPTION_STRING, NULL, "process name" },
  { "active", MUSTER_OPTION_BOOLEAN, "true", "whether it counts" },
  { "alias", MUSTER_OPTION_STRING, NULL, "what to show" },
  { "hold", MUSTER_OPTION_DURATION, "2s", "how long" },
};

static const TableCase tables[] = {
  { "nothing", NULL, NULL, "", NULL },
  { "defaults", "zoom;teams|false|Teams", NULL, "zoom,true,-,2000000;teams,false,Teams,2000000;", NULL },
  { "laid-over", "zoom;teams", "Teams|false||5s", "zoom,true,-,2000000;Teams,false,-,5000000;", NULL },
  { "added", "zoom", "slack | true | Slack ; ", "zoom,true,-,2000000;slack,true,Slack,2000000;", NULL },
  { "no-case", "straße", "STRASSE|false", "STRASSE,false,-,2000000;", NULL },
  { "later-counts", NULL, "a|true;A|false", "A,false,-,2000000;", NULL },
  { "escapes", NULL, "a\\|b\\;c\\\\|true|x\\ ", "a|b;c\\,true,x,2000000;", NULL },
  { "empty-rows", NULL, ";;a;;", "a,true,-,2000000;", NULL },
  { "too-many", NULL, "a|true|b|1s|c", NULL, "row 1: expected at most 4 columns, got more" },
  { "cell", NULL, "a;b|maybe", NULL, "row 2, column 'active': expected true or false, got 'maybe'" },
  { "keyless", NULL, "a;|true", NULL, "row 2: expected a value for column 'program', got nothing" },
  { "bytes", NULL, "a\xff", NULL, "expected UTF-8*" },
};

static void
test_table (gconstpointer data)
{
  const TableCase *c = data;
  const MusterOption option
      = { .name = "x", .type = MUSTER_OPTION_TABLE, .default_value = c->preset, MUSTER_COLUMNS (columns) };
  g_autoptr(GError) error = NULL;
  MusterTable *table = muster_option_parse_table (&option, c->value, &error);

  if (c->error != NULL)
    {
      g_assert_null (table);
      g_assert_error (error, MUSTER_ERROR, MUSTER_ERROR_CONFIG);
      if (!g_pattern_match_simple (c->error, error->message))
        g_error ("%s: '%s' does not match '%s'", c->name, error->message, c->error);
      return;
    }

  g_autoptr(GString) rows = g_string_new (NULL);
  g_assert_no_error (error);
  for (gsize i = 0; i < muster_table_get_n_rows (table); i++)
    {
      const char *alias = muster_table_get_string (table, i, "alias");

      g_string_append_printf (rows, "%s,%s,%s,%" G_GINT64_FORMAT ";", muster_table_get_string (table, i, "program"),
                              muster_table_get_boolean (table, i, "active") ? "true" : "false",
                              alias != NULL ? alias : "-", muster_table_get_integer (table, i, "hold"));
    }
  g_assert_cmpstr (rows->str, ==, c->rows);
  g_assert_null (muster_table_get_string (table, 0, "no-such-column"));
  g_assert_null (muster_table_get_string (table, 1000, "program"));
  muster_table_unref (table);
}

static void
test_table_bound (void)
{
  const MusterOption option = { .name = "x", .type = MUSTER_OPTION_TABLE, MUSTER_COLUMNS (columns) };
  g_autoptr(GString) value = g_string_new (NULL);
  g_autoptr(GError) error = NULL;

  for (guint i = 0; i < 5000; i++)
    g_string_append_printf (value, "p%u;", i);
  g_assert_null (muster_option_parse_table (&option, value->str, &error));
  g_assert_error (error, MUSTER_ERROR, MUSTER_ERROR_CONFIG);
}

static void
test_durations (void)
{
  static const struct
  {
    gint64      duration;
    const char *text;
  } rows[] = {
    { 0, "0s" },
    { 1500, "1500us" },
    { 500 * G_TIME_SPAN_MILLISECOND, "500ms" },
    { 90 * G_TIME_SPAN_SECOND, "90s" },
    { 90 * G_TIME_SPAN_MINUTE, "90min" },
    { 24 * G_TIME_SPAN_HOUR, "1d" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *text = muster_duration_to_string (rows[i].duration);

      g_assert_cmpstr (text, ==, rows[i].text);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/sdk/options/", cases[i].name, NULL);

      g_test_add_data_func (path, &cases[i], test_option);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (tables); i++)
    {
      g_autofree char *path = g_strconcat ("/sdk/tables/", tables[i].name, NULL);

      g_test_add_data_func (path, &tables[i], test_table);
    }
  g_test_add_func ("/sdk/options/required", test_required);
  g_test_add_func ("/sdk/tables/bound", test_table_bound);
  g_test_add_func ("/sdk/options/durations", test_durations);
  return g_test_run ();
}
