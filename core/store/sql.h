/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The little of SQLite that every part of the store needs: opening, running, binding, and errors in the house's
 * words. */
#pragma once

#include <glib.h>
#include <sqlite3.h>

#include "model/error.h"
#include "model/types.h"

G_BEGIN_DECLS

typedef enum
{
  MUSTERD_SQL_WRITE,     /* the file exists */
  MUSTERD_SQL_READ,      /* beside a writer */
  MUSTERD_SQL_IMMUTABLE  /* nobody writes and no log lies beside it: nothing at all is created or changed */
} MusterdSqlMode;

/* With the safe settings of an untrusted file; a busy time limit is the caller's. Fails with UNAVAILABLE, naming the
 * file. */
sqlite3      *musterd_sql_open    (const char *path, MusterdSqlMode mode, GError **error);
sqlite3_stmt *musterd_sql_prepare (sqlite3 *db, const char *sql, GError **error);
gboolean      musterd_sql_exec    (sqlite3 *db, const char *sql, GError **error);
/* The first column of the first row; 0 where there is none. */
gboolean      musterd_sql_get_int (sqlite3 *db, const char *sql, gint64 *value, GError **error);

/* UNAVAILABLE, or INVALID where the data break a rule of the schema: "doing: what happened". */
void          musterd_sql_set_error (GError **error, sqlite3 *db, int rc, const char *doing);
/* Trouble of the disk rather than of the data: the same change may succeed later. */
gboolean      musterd_sql_is_disk_error (int rc);

/* NULL binds NULL; the text must live until the statement is reset. NEVER is stored as NULL: no bytes. */
void          musterd_sql_bind_text (sqlite3_stmt *statement, int index, const char *text);
void          musterd_sql_bind_time (sqlite3_stmt *statement, int index, MusterdTime time);
MusterdTime   musterd_sql_column_time (sqlite3_stmt *statement, int column);

/* Statements prepared by this process so far: a number that must not grow with rows. */
guint         musterd_sql_get_n_prepared (void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (sqlite3, sqlite3_close)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (sqlite3_stmt, sqlite3_finalize)

G_END_DECLS
