/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The value of one option: what is taken is canonical, that is, taken as it is when it comes again. The first byte says
 * of which option. */
#include <string.h>

#include "fuzz.h"
#include "muster/muster-host.h"

static const MusterColumn columns[] = {
  { "process", MUSTER_OPTION_STRING, NULL, "name" },
  { "active", MUSTER_OPTION_BOOLEAN, "true", "whether it counts" },
  { "times", MUSTER_OPTION_INTEGER, NULL, "how often" },
  { "alias", MUSTER_OPTION_STRING, NULL, "as what" },
};

static const MusterOption options[] = {
  { .name = "string", .type = MUSTER_OPTION_STRING, .doc = "d", .flags = MUSTER_OPTION_REQUIRED },
  { .name = "boolean", .type = MUSTER_OPTION_BOOLEAN, .doc = "d" },
  { .name = "integer", .type = MUSTER_OPTION_INTEGER, .doc = "d" },
  { .name = "range", .type = MUSTER_OPTION_INTEGER, .doc = "d", .min = -5, .max = 70000 },
  { .name = "duration", .type = MUSTER_OPTION_DURATION, .doc = "d" },
  { .name = "span", .type = MUSTER_OPTION_DURATION, .doc = "d", .min = 1, .max = 12 * G_TIME_SPAN_HOUR },
  { .name = "path", .type = MUSTER_OPTION_PATH, .doc = "d" },
  { .name = "url", .type = MUSTER_OPTION_URL, .doc = "d" },
  { .name = "secret", .type = MUSTER_OPTION_SECRET, .doc = "d" },
  { .name = "choice", .type = MUSTER_OPTION_CHOICE, .doc = "d", .choices = "Post|put|patch" },
  { .name = "list", .type = MUSTER_OPTION_LIST, .doc = "d" },
};

static const MusterOption table_option = {
  .name = "table", .type = MUSTER_OPTION_TABLE, .doc = "d", MUSTER_COLUMNS (columns)
};

static void
check_value (const MusterOption *option, const char *value)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *text = muster_option_check (option, value, &error);
  g_autofree char *canonical = NULL;
  g_autofree char *again = NULL;

  if (text == NULL)
    {
      fuzz_check_error (&error, MUSTER_ERROR);
      return;
    }
  g_assert_no_error (error);
  g_assert_true (g_utf8_validate (text, -1, NULL));
  g_assert_null (strpbrk (text, "\r\n"));
  if (option->type == MUSTER_OPTION_DURATION)
    {
      const gint64 duration = g_ascii_strtoll (text, NULL, 10);

      g_assert_cmpint (duration, >=, 0);
      canonical = muster_duration_to_string (duration);
    }
  else
    canonical = g_strdup (text);
  again = muster_option_check (option, canonical, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (again, ==, text);
}

/* Escaped so that it is one cell when it is read. */
static void
append_cell (GString *text, const char *cell)
{
  for (const char *p = cell != NULL ? cell : ""; *p != '\0'; p++)
    {
      if (strchr ("\\;|", *p) != NULL)
        g_string_append_c (text, '\\');
      g_string_append_c (text, *p);
    }
}

static void
check_table (const char *value)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GString) text = g_string_new (NULL);
  MusterTable *table = muster_option_parse_table (&table_option, value, &error);
  MusterTable *again = NULL;

  if (table == NULL)
    {
      fuzz_check_error (&error, MUSTER_ERROR);
      return;
    }
  g_assert_no_error (error);
  for (gsize row = 0; row < muster_table_get_n_rows (table); row++)
    for (gsize i = 0; i < G_N_ELEMENTS (columns); i++)
      {
        append_cell (text, muster_table_get_string (table, row, columns[i].name));
        g_string_append_c (text, i + 1 < G_N_ELEMENTS (columns) ? '|' : ';');
      }
  again = muster_option_parse_table (&table_option, text->str, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (muster_table_get_n_rows (again), ==, muster_table_get_n_rows (table));
  for (gsize row = 0; row < muster_table_get_n_rows (table); row++)
    for (gsize i = 0; i < G_N_ELEMENTS (columns); i++)
      g_assert_cmpstr (muster_table_get_string (again, row, columns[i].name), ==,
                       muster_table_get_string (table, row, columns[i].name));
  muster_table_unref (again);
  muster_table_unref (table);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  FuzzBytes bytes = { data, data + size };
  const guint which = fuzz_below (&bytes, G_N_ELEMENTS (options) + 1);
  g_autofree char *value = fuzz_text (&bytes);

  if (which < G_N_ELEMENTS (options))
    check_value (&options[which], value);
  else
    check_table (value);
  return 0;
}
