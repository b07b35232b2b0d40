/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-store"

#include "store/row.h"

typedef struct
{
  const char *table, *reason; /* static */
  char       *first;          /* nullable: the user of the first one */
  guint64     n;
} Skip;

struct _MusterdSkipped
{
  GArray *skips; /* Skip: a handful at most */
};

const char *
musterd_row_text (MusterdRow *row, int column, gsize max)
{
  const char *text = musterd_row_nullable (row, column, max);

  if (text == NULL && row->fault == NULL)
    row->fault = "a text is missing";
  return text;
}

const char *
musterd_row_nullable (MusterdRow *row, int column, gsize max)
{
  const char *text = (const char *) sqlite3_column_text (row->statement, column);
  gsize length = (gsize) sqlite3_column_bytes (row->statement, column);

  if (text == NULL)
    return NULL;
  if (length > max)
    row->fault = "a text is too long";
  else if (!g_utf8_validate_len (text, length, NULL))
    row->fault = "a text is not UTF-8";
  else
    return text;
  return NULL;
}

int
musterd_row_value (MusterdRow *row, int column, int first, int end, const char *fault)
{
  gint64 value = sqlite3_column_int64 (row->statement, column);

  if (value >= first && value < end)
    return (int) value;
  row->fault = fault;
  return first;
}

gint64
musterd_row_int64 (MusterdRow *row, int column)
{
  return sqlite3_column_int64 (row->statement, column);
}

static void
skip_clear (gpointer data)
{
  g_free (((Skip *) data)->first);
}

MusterdSkipped *
musterd_skipped_new (void)
{
  MusterdSkipped *skipped = g_new0 (MusterdSkipped, 1);

  skipped->skips = g_array_new (FALSE, TRUE, sizeof (Skip));
  g_array_set_clear_func (skipped->skips, skip_clear);
  return skipped;
}

void
musterd_skipped_add (MusterdSkipped *skipped, const char *table, const char *reason, const char *user)
{
  for (guint i = 0; i < skipped->skips->len; i++)
    {
      Skip *skip = &g_array_index (skipped->skips, Skip, i);

      if (g_str_equal (skip->table, table) && g_str_equal (skip->reason, reason))
        {
          skip->n++;
          return;
        }
    }

  Skip skip = { table, reason, g_strdup (user), 1 };

  g_array_append_val (skipped->skips, skip);
}

void
musterd_skipped_tell (MusterdSkipped *skipped)
{
  for (guint i = 0; i < skipped->skips->len; i++)
    {
      Skip *skip = &g_array_index (skipped->skips, Skip, i);

      g_warning ("reading the store: %" G_GUINT64_FORMAT " row(s) of '%s' cannot be taken as they are: %s%s%s%s",
                 skip->n, skip->table, skip->reason, skip->first != NULL ? " (the first: user '" : "",
                 skip->first != NULL ? skip->first : "", skip->first != NULL ? "')" : "");
    }
  g_array_unref (skipped->skips);
  g_free (skipped);
}
