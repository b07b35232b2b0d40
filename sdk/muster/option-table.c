/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-sdk"

#include "muster/library.h"

#include <string.h>

/* A row: n_columns cells, each nullable and canonical. */
typedef struct
{
  char **cells;
  gsize  n_cells;
} Row;

static void
row_free (gpointer data)
{
  Row *row = data;

  for (gsize i = 0; i < row->n_cells; i++)
    g_free (row->cells[i]);
  g_free (row->cells);
  g_free (row);
}

static gboolean
fill_row (const MusterOption *option, guint number, char **parts, Row *row, GError **error)
{
  for (gsize i = 0; parts[i] != NULL; i++)
    {
      if (i >= row->n_cells)
        {
          g_set_error (error, MUSTER_ERROR, MUSTER_ERROR_CONFIG,
                       "row %u: expected at most %" G_GSIZE_FORMAT " columns, got more", number, row->n_cells);
          return FALSE;
        }
      if (*parts[i] == '\0')
        continue; /* left out: the column's default */

      const MusterColumn *column = muster_column_nth (option, i);
      const MusterOption cell = { .name = column->name, .type = column->type };
      row->cells[i] = muster_option_check (&cell, parts[i], error);
      if (row->cells[i] == NULL)
        {
          g_prefix_error (error, "row %u, column '%s': ", number, column->name);
          return FALSE;
        }
    }
  if (row->cells[0] != NULL)
    return TRUE;
  g_set_error (error, MUSTER_ERROR, MUSTER_ERROR_CONFIG, "row %u: expected a value for column '%s', got nothing",
               number, muster_column_nth (option, 0)->name);
  return FALSE;
}

/* In the place of the row with the same first column, compared without case; else at the end. */
static gboolean
lay_over (GPtrArray *rows, GHashTable *places, Row *row, GError **error)
{
  g_autofree char *key = g_utf8_casefold (row->cells[0], -1);
  gpointer place = NULL;

  if (g_hash_table_lookup_extended (places, key, NULL, &place))
    {
      row_free (g_ptr_array_index (rows, GPOINTER_TO_UINT (place)));
      g_ptr_array_index (rows, GPOINTER_TO_UINT (place)) = row;
      return TRUE;
    }
  if (rows->len >= MUSTER_TABLE_ROWS_MAX)
    {
      row_free (row);
      g_set_error (error, MUSTER_ERROR, MUSTER_ERROR_CONFIG, "expected at most %d rows, got more",
                   MUSTER_TABLE_ROWS_MAX);
      return FALSE;
    }
  g_hash_table_insert (places, g_steal_pointer (&key), GUINT_TO_POINTER (rows->len));
  g_ptr_array_add (rows, row);
  return TRUE;
}

/* Rows of `text`, still with their escapes: those of the columns are undone one level down. */
static char **
split_rows (const char *text)
{
  g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func (g_free);
  const char *begin = text;

  for (const char *p = text;; p++)
    {
      if (*p == '\\' && p[1] != '\0')
        p++;
      else if (*p == ';' || *p == '\0')
        {
          g_ptr_array_add (rows, g_strndup (begin, p - begin));
          if (*p == '\0')
            break;
          begin = p + 1;
        }
    }
  g_ptr_array_add (rows, NULL);
  return (char **) g_ptr_array_steal (rows, NULL);
}

static gboolean
add_rows (const MusterOption *option, const char *text, GPtrArray *rows, GHashTable *places, GError **error)
{
  if (!g_utf8_validate (text, -1, NULL))
    {
      g_set_error_literal (error, MUSTER_ERROR, MUSTER_ERROR_CONFIG, "expected UTF-8, got other bytes");
      return FALSE;
    }
  if (strnlen (text, MUSTER_OPTION_VALUE_MAX + 1) > MUSTER_OPTION_VALUE_MAX)
    {
      g_set_error (error, MUSTER_ERROR, MUSTER_ERROR_CONFIG, "expected at most %d bytes, got more",
                   MUSTER_OPTION_VALUE_MAX);
      return FALSE;
    }

  g_auto(GStrv) texts = split_rows (text);
  for (guint i = 0; texts[i] != NULL; i++)
    {
      g_auto(GStrv) parts = muster_option_split (texts[i], '|');

      if (parts[1] == NULL && *parts[0] == '\0')
        continue; /* behind the last separator */

      Row *row = g_new0 (Row, 1);
      row->n_cells = option->n_columns;
      row->cells = g_new0 (char *, option->n_columns);
      if (!fill_row (option, i + 1, parts, row, error))
        {
          row_free (row);
          return FALSE;
        }
      if (!lay_over (rows, places, row, error))
        return FALSE;
    }
  return TRUE;
}

MusterTable *
muster_option_parse_table (const MusterOption *option, const char *value, GError **error)
{
  g_autoptr(GPtrArray) rows = g_ptr_array_new ();
  g_autoptr(GHashTable) places = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  MusterTable *table = NULL;

  if (option->type != MUSTER_OPTION_TABLE || option->n_columns == 0 || option->columns == NULL)
    {
      g_set_error (error, MUSTER_ERROR, MUSTER_ERROR_CONFIG, "option '%s' is no table", option->name);
      return NULL;
    }
  if ((option->default_value == NULL || add_rows (option, option->default_value, rows, places, error))
      && (value == NULL || add_rows (option, value, rows, places, error)))
    {
      g_autofree const char **cells = g_new0 (const char *, rows->len * option->n_columns + 1);

      for (guint i = 0; i < rows->len; i++)
        {
          const Row *row = g_ptr_array_index (rows, i);

          for (gsize j = 0; j < option->n_columns; j++)
            cells[i * option->n_columns + j] = row->cells[j];
        }
      table = muster_table_new (option->columns, option->column_size, option->n_columns, cells, rows->len);
    }
  g_ptr_array_set_free_func (rows, row_free);
  return table;
}
