/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-store"

#include "store/sql.h"

static guint n_prepared; /* atomic */

guint
musterd_sql_get_n_prepared (void)
{
  return g_atomic_int_get (&n_prepared);
}

gboolean
musterd_sql_is_disk_error (int rc)
{
  switch (rc & 0xff)
    {
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_NOMEM:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PROTOCOL:
    case SQLITE_INTERRUPT:
    case SQLITE_PERM:
      return TRUE;
    default:
      return FALSE;
    }
}

void
musterd_sql_set_error (GError **error, sqlite3 *db, int rc, const char *doing)
{
  gboolean invalid = (rc & 0xff) == SQLITE_CONSTRAINT || (rc & 0xff) == SQLITE_MISMATCH || (rc & 0xff) == SQLITE_TOOBIG;
  const char *file = db != NULL ? sqlite3_db_filename (db, "main") : NULL;
  g_autofree char *name = file != NULL && *file != '\0' ? g_filename_display_name (file) : g_strdup ("the store");
  int number = db != NULL ? sqlite3_system_errno (db) : 0;
  gboolean system = number != 0 && ((rc & 0xff) == SQLITE_IOERR || (rc & 0xff) == SQLITE_CANTOPEN);

  g_set_error (error, MUSTERD_ERROR, invalid ? MUSTERD_ERROR_INVALID : MUSTERD_ERROR_UNAVAILABLE, "%s: %s: %s%s%s%s",
               doing, name, db != NULL ? sqlite3_errmsg (db) : sqlite3_errstr (rc), system ? " (" : "",
               system ? g_strerror (number) : "", system ? ")" : "");
}

sqlite3 *
musterd_sql_open (const char *path, MusterdSqlMode mode, GError **error)
{
  g_autoptr(sqlite3) db = NULL;
  g_autofree char *absolute = g_canonicalize_filename (path, NULL);
  g_autofree char *uri = g_filename_to_uri (absolute, NULL, error);
  int flags = (mode == MUSTERD_SQL_WRITE ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) | SQLITE_OPEN_URI
              | SQLITE_OPEN_NOMUTEX; /* each connection is one thread's at a time */

  if (uri == NULL)
    return NULL;

  g_autofree char *full = g_strconcat (uri, mode == MUSTERD_SQL_IMMUTABLE ? "?immutable=1" : "", NULL);
  int rc = sqlite3_open_v2 (full, &db, flags, NULL);

  if (rc != SQLITE_OK)
    {
      musterd_sql_set_error (error, db, rc, "opening the store");
      return NULL;
    }
  sqlite3_extended_result_codes (db, 1);
  /* The file may come from a restore: no function that its schema names is trusted, no page is believed unseen. */
  sqlite3_db_config (db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
  sqlite3_db_config (db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
  sqlite3_db_config (db, SQLITE_DBCONFIG_ENABLE_FKEY, 1, NULL);
  if (!musterd_sql_exec (db, "PRAGMA cell_size_check = ON", error))
    return NULL;
  return g_steal_pointer (&db);
}

sqlite3_stmt *
musterd_sql_prepare (sqlite3 *db, const char *sql, GError **error)
{
  sqlite3_stmt *statement = NULL;
  int rc = sqlite3_prepare_v3 (db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL);

  if (rc != SQLITE_OK)
    {
      musterd_sql_set_error (error, db, rc, "preparing a statement of the store");
      return NULL;
    }
  g_atomic_int_inc (&n_prepared);
  return statement;
}

gboolean
musterd_sql_exec (sqlite3 *db, const char *sql, GError **error)
{
  int rc = sqlite3_exec (db, sql, NULL, NULL, NULL);

  if (rc != SQLITE_OK)
    musterd_sql_set_error (error, db, rc, "using the store");
  return rc == SQLITE_OK;
}

gboolean
musterd_sql_get_int (sqlite3 *db, const char *sql, gint64 *value, GError **error)
{
  g_autoptr(sqlite3_stmt) statement = musterd_sql_prepare (db, sql, error);

  if (statement == NULL)
    return FALSE;

  int rc = sqlite3_step (statement);

  if (rc != SQLITE_ROW && rc != SQLITE_DONE)
    {
      musterd_sql_set_error (error, db, rc, "reading the store");
      return FALSE;
    }
  *value = rc == SQLITE_ROW ? sqlite3_column_int64 (statement, 0) : 0;
  return TRUE;
}

void
musterd_sql_bind_text (sqlite3_stmt *statement, int index, const char *text)
{
  sqlite3_bind_text (statement, index, text, -1, SQLITE_STATIC);
}

void
musterd_sql_bind_time (sqlite3_stmt *statement, int index, MusterdTime time)
{
  if (time == MUSTERD_TIME_NEVER)
    sqlite3_bind_null (statement, index);
  else
    sqlite3_bind_int64 (statement, index, time);
}

MusterdTime
musterd_sql_column_time (sqlite3_stmt *statement, int column)
{
  if (sqlite3_column_type (statement, column) == SQLITE_NULL)
    return MUSTERD_TIME_NEVER;
  return sqlite3_column_int64 (statement, column);
}
