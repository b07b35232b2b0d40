/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-sdk"

#include "muster/library.h"

typedef struct
{
  char            *name;
  MusterOptionType type;
} Column;

struct _MusterTable
{
  gatomicrefcount refs;
  Column         *columns;
  gsize           n_columns;
  char          **cells; /* n_rows × n_columns, each nullable, canonical */
  gsize           n_rows;
};

static const MusterColumn *
nth_column (const MusterColumn *columns, gsize column_size, gsize i)
{
  return (gconstpointer) ((const char *) columns + i * column_size);
}

MusterTable *
muster_table_new (const MusterColumn *columns, gsize column_size, gsize n_columns, const char *const *cells,
                  gsize n_rows)
{
  MusterTable *table = g_new0 (MusterTable, 1);
  g_auto(GStrv) defaults = g_new0 (char *, n_columns + 1);

  g_atomic_ref_count_init (&table->refs);
  table->columns = g_new0 (Column, n_columns);
  table->n_columns = n_columns;
  for (gsize i = 0; i < n_columns; i++)
    {
      const MusterColumn *column = nth_column (columns, column_size, i);
      const MusterOption option
          = { .name = column->name, .type = column->type, .default_value = column->default_value };

      table->columns[i] = (Column){ .name = g_strdup (column->name), .type = column->type };
      /* Canonical like every other cell; a default that is wrong was refused with its descriptor. */
      defaults[i] = muster_option_check (&option, NULL, NULL);
    }

  table->cells = g_new0 (char *, n_rows * n_columns);
  table->n_rows = n_rows;
  for (gsize i = 0; i < n_rows * n_columns; i++)
    table->cells[i] = g_strdup (cells[i] != NULL ? cells[i] : defaults[i % n_columns]);

  /* The vector may have holes, which g_strfreev() would take for its end. */
  for (gsize i = 0; i < n_columns; i++)
    g_clear_pointer (&defaults[i], g_free);
  return table;
}

MusterTable *
muster_table_ref (MusterTable *table)
{
  g_atomic_ref_count_inc (&table->refs);
  return table;
}

void
muster_table_unref (MusterTable *table)
{
  if (!g_atomic_ref_count_dec (&table->refs))
    return;
  for (gsize i = 0; i < table->n_columns; i++)
    g_free (table->columns[i].name);
  for (gsize i = 0; i < table->n_rows * table->n_columns; i++)
    g_free (table->cells[i]);
  g_free (table->columns);
  g_free (table->cells);
  g_free (table);
}

gsize
muster_table_get_n_rows (MusterTable *table)
{
  return table != NULL ? table->n_rows : 0;
}

const char *
muster_table_get_string (MusterTable *table, gsize row, const char *column)
{
  if (table == NULL || row >= table->n_rows)
    return NULL;
  for (gsize i = 0; i < table->n_columns; i++)
    if (g_strcmp0 (table->columns[i].name, column) == 0)
      return table->cells[row * table->n_columns + i];
  return NULL;
}

gboolean
muster_table_get_boolean (MusterTable *table, gsize row, const char *column)
{
  return g_strcmp0 (muster_table_get_string (table, row, column), "true") == 0;
}

gint64
muster_table_get_integer (MusterTable *table, gsize row, const char *column)
{
  const char *text = muster_table_get_string (table, row, column);

  return text != NULL ? g_ascii_strtoll (text, NULL, 10) : 0;
}
