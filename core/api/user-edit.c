/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/user-edit.h"

#include <string.h>

#include "model/error.h"

struct _MusterdUserEdit
{
  char       *id;
  char       *fields[MUSTERD_N_USER_FIELDS];
  GHashTable *attributes;
};

MusterdUserEdit *
musterd_user_edit_new (const char *id, const MusterdUser *known)
{
  MusterdUserEdit *edit = g_new0 (MusterdUserEdit, 1);
  GHashTableIter iter;
  gpointer name, value;

  edit->id = g_strdup (id);
  edit->attributes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  if (known == NULL)
    return edit;
  for (guint i = 0; i < MUSTERD_N_USER_FIELDS; i++)
    edit->fields[i] = g_strdup (known->fields[i]);
  if (known->attributes != NULL)
    {
      g_hash_table_iter_init (&iter, known->attributes);
      while (g_hash_table_iter_next (&iter, &name, &value))
        g_hash_table_insert (edit->attributes, g_strdup (name), g_strdup (value));
    }
  return edit;
}

void
musterd_user_edit_free (MusterdUserEdit *edit)
{
  g_free (edit->id);
  for (guint i = 0; i < MUSTERD_N_USER_FIELDS; i++)
    g_free (edit->fields[i]);
  g_hash_table_unref (edit->attributes);
  g_free (edit);
}

gboolean
musterd_user_edit_set (MusterdUserEdit *edit, const char *name, const char *value, GError **error)
{
  MusterdUserField field;

  if (musterd_user_field_from_string (name, &field))
    {
      g_free (edit->fields[field]);
      edit->fields[field] = value != NULL && *value != '\0' ? g_strdup (value) : NULL;
      return TRUE;
    }
  if (strchr (name, '.') == NULL)
    {
      g_autofree char *shown = musterd_error_word (name);

      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "there is no field '%s'", shown);
      return FALSE;
    }
  if (value != NULL && *value != '\0')
    g_hash_table_replace (edit->attributes, g_strdup (name), g_strdup (value));
  else
    g_hash_table_remove (edit->attributes, name);
  return TRUE;
}

MusterdUser *
musterd_user_edit_finish (MusterdUserEdit *edit, GError **error)
{
  return musterd_user_new (edit->id, (const char *const *) edit->fields,
                           g_hash_table_size (edit->attributes) > 0 ? edit->attributes : NULL, error);
}
