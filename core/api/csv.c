/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/csv.h"

#include <string.h>

#include "model/error.h"

struct _MusterdCsv
{
  const char *p, *end;
  char        separator;
  guint       line;   /* at p */
  guint       record; /* where the last record began */
};

/* The separator of the first line, by what stands outside of quotes. */
static char
find_separator (const char *p, const char *end)
{
  guint commas = 0, semicolons = 0;
  gboolean quoted = FALSE;

  for (; p < end && (quoted || (*p != '\n' && *p != '\r')); p++)
    {
      if (*p == '"')
        quoted = !quoted;
      else if (!quoted && *p == ',')
        commas++;
      else if (!quoted && *p == ';')
        semicolons++;
    }
  return semicolons > commas ? ';' : ',';
}

MusterdCsv *
musterd_csv_new (const char *text, gsize length, GError **error)
{
  MusterdCsv *csv;
  const char *invalid = NULL;

  if (!g_utf8_validate_len (text, length, &invalid))
    {
      guint line = 1;

      for (const char *p = text; p < invalid; p++)
        line += *p == '\n' ? 1 : 0;
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "row %u: the file is not UTF-8: save it as such", line);
      return NULL;
    }
  csv = g_new0 (MusterdCsv, 1);
  /* A request without a body has no bytes, and no place where they would be. */
  csv->p = length > 0 ? text : "";
  csv->end = csv->p + length;
  csv->line = 1;
  if (length >= 3 && memcmp (csv->p, "\xef\xbb\xbf", 3) == 0)
    csv->p += 3;
  csv->separator = find_separator (csv->p, csv->end);
  return csv;
}

void
musterd_csv_free (MusterdCsv *csv)
{
  g_free (csv);
}

guint
musterd_csv_get_line (MusterdCsv *csv)
{
  return csv->record;
}

static gboolean
at_line_end (MusterdCsv *csv)
{
  return csv->p >= csv->end || *csv->p == '\n' || *csv->p == '\r';
}

static void
skip_line_end (MusterdCsv *csv)
{
  if (csv->p < csv->end && *csv->p == '\r')
    csv->p++;
  if (csv->p < csv->end && *csv->p == '\n')
    csv->p++;
  csv->line++;
}

static char *
read_quoted (MusterdCsv *csv, guint column, GError **error)
{
  g_autoptr(GString) field = g_string_new (NULL);
  gboolean closed = FALSE;

  for (csv->p++; csv->p < csv->end; csv->p++)
    {
      if (*csv->p == '"')
        {
          csv->p++;
          closed = csv->p >= csv->end || *csv->p != '"';
          if (closed)
            break;
        }
      else if (*csv->p == '\n')
        csv->line++;
      g_string_append_c (field, *csv->p);
    }
  if (!closed)
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "row %u, column %u: the quote is not closed",
                   csv->record, column);
      return NULL;
    }
  if (!at_line_end (csv) && *csv->p != csv->separator)
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID,
                   "row %u, column %u: something follows the closing quote (a quote inside is written \"\")",
                   csv->record, column);
      return NULL;
    }
  return g_strdup (field->str);
}

static char *
read_field (MusterdCsv *csv, guint column, GError **error)
{
  const char *begin = csv->p;

  if (!at_line_end (csv) && *csv->p == '"')
    return read_quoted (csv, column, error);
  while (!at_line_end (csv) && *csv->p != csv->separator)
    csv->p++;
  return g_strndup (begin, (gsize) (csv->p - begin));
}

char **
musterd_csv_next (MusterdCsv *csv, GError **error)
{
  g_autoptr(GPtrArray) fields = g_ptr_array_new_with_free_func (g_free);

  while (csv->p < csv->end && at_line_end (csv))
    skip_line_end (csv);
  if (csv->p >= csv->end)
    return NULL;
  csv->record = csv->line;
  for (;;)
    {
      char *field = read_field (csv, fields->len + 1, error);

      if (field == NULL)
        return NULL;
      g_ptr_array_add (fields, field);
      if (at_line_end (csv))
        break;
      csv->p++;
      if (fields->len >= MUSTERD_CSV_COLUMNS_MAX)
        {
          g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "row %u has more than %d columns", csv->record,
                       MUSTERD_CSV_COLUMNS_MAX);
          return NULL;
        }
    }
  if (csv->p < csv->end)
    skip_line_end (csv);
  g_ptr_array_add (fields, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&fields), FALSE);
}
