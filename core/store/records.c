/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-store"

#include "store/records.h"

void
musterd_record_free (MusterdRecord *record)
{
  g_free (record->user);
  g_free (record->key);
  g_clear_pointer (&record->value, g_bytes_unref);
  g_free (record);
}

GPtrArray *
musterd_records_read (sqlite3 *db, const char *instance, const char *after_user, const char *after_key, guint limit,
                      GError **error)
{
  g_autoptr(GPtrArray) records = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_record_free);
  g_autoptr(sqlite3_stmt) statement
      = musterd_sql_prepare (db,
                             "SELECT user, key, value FROM records WHERE instance = ?1 AND (user, key) > (?2, ?3)"
                             " ORDER BY user, key LIMIT ?4",
                             error);
  int rc = SQLITE_OK;

  if (statement == NULL)
    return NULL;
  musterd_sql_bind_text (statement, 1, instance);
  musterd_sql_bind_text (statement, 2, after_user != NULL ? after_user : "");
  musterd_sql_bind_text (statement, 3, after_key != NULL ? after_key : "");
  sqlite3_bind_int64 (statement, 4, MIN (limit, MUSTERD_RECORDS_PAGE_MAX));
  for (rc = sqlite3_step (statement); rc == SQLITE_ROW; rc = sqlite3_step (statement))
    {
      const char *user = (const char *) sqlite3_column_text (statement, 0);
      const char *key = (const char *) sqlite3_column_text (statement, 1);
      const void *bytes = sqlite3_column_blob (statement, 2);
      MusterdRecord *record = g_new0 (MusterdRecord, 1);

      record->user = user != NULL && *user != '\0' ? g_strdup (user) : NULL;
      record->key = g_strdup (key != NULL ? key : "");
      record->value = g_bytes_new (bytes, (gsize) sqlite3_column_bytes (statement, 2));
      g_ptr_array_add (records, record);
    }
  if (rc != SQLITE_DONE)
    {
      musterd_sql_set_error (error, db, rc, "reading the records of a plugin");
      return NULL;
    }
  return g_steal_pointer (&records);
}

GHashTable *
musterd_records_count (sqlite3 *db, const char *prefix, GError **error)
{
  g_autoptr(GHashTable) counts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr(sqlite3_stmt) statement
      = musterd_sql_prepare (db,
                             "SELECT instance, count (*) FROM records WHERE substr (key, 1, length (?1)) = ?1"
                             " GROUP BY instance",
                             error);
  int rc = SQLITE_OK;

  if (statement == NULL)
    return NULL;
  musterd_sql_bind_text (statement, 1, prefix);
  for (rc = sqlite3_step (statement); rc == SQLITE_ROW; rc = sqlite3_step (statement))
    g_hash_table_insert (counts, g_strdup ((const char *) sqlite3_column_text (statement, 0)),
                         GUINT_TO_POINTER ((guint) sqlite3_column_int64 (statement, 1)));
  if (rc != SQLITE_DONE)
    {
      musterd_sql_set_error (error, db, rc, "counting the records of plugins");
      return NULL;
    }
  return g_steal_pointer (&counts);
}
