/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/import.h"

#include <string.h>

#include "api/csv.h"
#include "api/user-edit.h"
#include "model/error.h"

static int
find_id_column (char **header)
{
  for (int i = 0; header[i] != NULL; i++)
    if (g_str_equal (header[i], "id"))
      return i;
  return -1;
}

static gboolean
check_header (char **header, GError **error)
{
  for (guint i = 0; header[i] != NULL; i++)
    {
      MusterdUserField field;

      g_strstrip (header[i]);
      if (!g_str_equal (header[i], "id") && !musterd_user_field_from_string (header[i], &field)
          && strchr (header[i], '.') == NULL)
        {
          g_autofree char *shown = musterd_error_word (header[i]);
          g_autoptr(GString) known = g_string_new ("id");

          for (guint f = 0; f < MUSTERD_N_USER_FIELDS; f++)
            g_string_append_printf (known, ", %s", musterd_user_field_to_string ((MusterdUserField) f));
          g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID,
                       "row 1, column %u: unknown column '%s': known are %s, and attributes such as micsync.host",
                       i + 1, shown, known->str);
          return FALSE;
        }
      for (guint j = 0; j < i; j++)
        if (g_str_equal (header[i], header[j]))
          {
            g_autofree char *shown = musterd_error_word (header[i]);

            g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "row 1, column %u: '%s' stands there twice",
                         i + 1, shown);
            return FALSE;
          }
    }
  if (find_id_column (header) < 0)
    {
      g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID,
                           "row 1: there is no column 'id': the first row names the columns");
      return FALSE;
    }
  return TRUE;
}

static void
note_columns (MusterdImport *import, char **header)
{
  MusterdUserField field;

  for (guint i = 0; header[i] != NULL; i++)
    if (musterd_user_field_from_string (header[i], &field))
      import->named[field] = TRUE;
}

static MusterdUser *
read_row (char **header, char **row, guint line, MusterdUser *known, GError **error)
{
  g_autoptr(MusterdUserEdit) edit = musterd_user_edit_new (row[find_id_column (header)], known);
  MusterdUser *user;

  for (guint i = 0; header[i] != NULL; i++)
    {
      if (g_str_equal (header[i], "id"))
        continue;
      g_strstrip (row[i]);
      if (!musterd_user_edit_set (edit, header[i], row[i], error))
        {
          g_autofree char *shown = musterd_error_word (header[i]);

          g_prefix_error (error, "row %u, column %s: ", line, shown);
          return NULL;
        }
    }
  user = musterd_user_edit_finish (edit, error);
  if (user == NULL)
    g_prefix_error (error, "row %u: ", line);
  return user;
}

static gboolean
read_rows (MusterdImport *import, MusterdCsv *csv, char **header, MusterdReplica *replica, GError **error)
{
  guint n_columns = g_strv_length (header);
  int id_column = find_id_column (header);
  g_autoptr(GError) local = NULL;

  for (;;)
    {
      g_auto(GStrv) row = musterd_csv_next (csv, &local);
      guint line = musterd_csv_get_line (csv);
      MusterdUser *known;
      g_autoptr(MusterdUser) user = NULL;

      if (row == NULL)
        break;
      if (g_strv_length (row) != n_columns)
        {
          g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "row %u has %u columns, row 1 names %u", line,
                       g_strv_length (row), n_columns);
          return FALSE;
        }
      g_strstrip (row[id_column]);
      if (!g_hash_table_add (import->ids, g_strdup (row[id_column])))
        {
          g_autofree char *shown = musterd_error_word (row[id_column]);

          g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "row %u, column id: '%s' stands there twice", line,
                       shown);
          return FALSE;
        }
      if (g_hash_table_size (import->ids) > MUSTERD_IMPORT_ROWS_MAX)
        {
          g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_LIMIT, "more than %d rows", MUSTERD_IMPORT_ROWS_MAX);
          return FALSE;
        }
      known = musterd_replica_get_user (replica, row[id_column]);
      user = read_row (header, row, line, known, error);
      if (user == NULL)
        return FALSE;
      g_ptr_array_add (import->rows, musterd_user_ref (user));
      if (known != NULL && musterd_user_equal (known, user))
        {
          import->unchanged++;
          continue;
        }
      g_ptr_array_add (known != NULL ? import->changed : import->added, user->id);
      g_ptr_array_add (import->users, g_steal_pointer (&user));
    }
  if (local != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  return TRUE;
}

MusterdImport *
musterd_import_read (const char *text, gsize length, MusterdReplica *replica, GError **error)
{
  g_autoptr(MusterdCsv) csv = musterd_csv_new (text, length, error);
  g_auto(GStrv) header = NULL;
  g_autoptr(MusterdImport) import = NULL;

  if (csv == NULL)
    return NULL;
  header = musterd_csv_next (csv, error);
  if (header == NULL)
    {
      if (error != NULL && *error == NULL)
        g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID,
                             "the file is empty: its first row must name the columns");
      return NULL;
    }
  if (!check_header (header, error))
    return NULL;

  import = g_new0 (MusterdImport, 1);
  import->known = musterd_replica_list_users (replica);
  import->rows = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_user_unref);
  import->ids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  import->users = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_user_unref);
  import->removed = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_user_unref);
  import->added = g_ptr_array_new ();
  import->changed = g_ptr_array_new ();
  note_columns (import, header);
  if (!read_rows (import, csv, header, replica, error))
    return NULL;
  return g_steal_pointer (&import);
}

void
musterd_import_free (MusterdImport *import)
{
  g_ptr_array_unref (import->known);
  g_ptr_array_unref (import->rows);
  g_hash_table_unref (import->ids);
  g_ptr_array_unref (import->users);
  g_ptr_array_unref (import->removed);
  g_ptr_array_unref (import->added);
  g_ptr_array_unref (import->changed);
  g_free (import);
}
