/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-store"

#include "store/tokens.h"

#include "model/user.h"
#include "store/row.h"

static MusterdToken *
read_token (MusterdRow *row)
{
  const char *id = musterd_row_text (row, 0, MUSTERD_TOKEN_ID_MAX);
  const void *hash = sqlite3_column_blob (row->statement, 1);
  int length = sqlite3_column_bytes (row->statement, 1);
  int kind = musterd_row_value (row, 2, MUSTERD_TOKEN_BEARER, MUSTERD_N_TOKEN_KINDS, "unknown kind");
  int scope = musterd_row_value (row, 3, MUSTERD_SCOPE_USER, MUSTERD_N_TOKEN_SCOPES, "unknown scope");
  const char *user = musterd_row_nullable (row, 4, MUSTERD_USER_MAX);
  const char *label = musterd_row_nullable (row, 5, MUSTERD_TOKEN_LABEL_MAX);
  const char *by = musterd_row_text (row, 6, MUSTERD_TOKEN_BY_MAX);

  if (hash == NULL || length != MUSTERD_TOKEN_HASH_SIZE)
    row->fault = "a hash has not its length";
  /* One that has lost its user must not turn into more than it was. */
  if (row->fault == NULL && user == NULL
      && (musterd_token_scope_needs_user ((MusterdScope) scope)
          || sqlite3_column_type (row->statement, 9) != SQLITE_NULL))
    row->fault = "its user is not there";
  if (row->fault == NULL && user != NULL && !musterd_token_scope_has_user ((MusterdScope) scope))
    row->fault = "its scope has no user";
  if (row->fault != NULL)
    return NULL;
  return musterd_token_new (id, hash, (MusterdTokenKind) kind, (MusterdScope) scope, user, label, by,
                            musterd_row_int64 (row, 7), musterd_sql_column_time (row->statement, 8));
}

GPtrArray *
musterd_tokens_read (sqlite3 *db, GError **error)
{
  g_autoptr(GPtrArray) tokens = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_token_unref);
  g_autoptr(sqlite3_stmt) statement
      = musterd_sql_prepare (db,
                             "SELECT tokens.id, hash, kind, scope, users.id, label, made_by, created, expires,"
                             "       tokens.user"
                             " FROM tokens LEFT JOIN users ON users.user = tokens.user",
                             error);
  MusterdSkipped *skipped;
  int rc = SQLITE_OK;

  if (statement == NULL)
    return NULL;
  skipped = musterd_skipped_new ();
  for (rc = sqlite3_step (statement); rc == SQLITE_ROW; rc = sqlite3_step (statement))
    {
      MusterdRow row = { statement, "tokens", NULL };
      MusterdToken *token = read_token (&row);

      if (token != NULL)
        g_ptr_array_add (tokens, token);
      else
        musterd_skipped_add (skipped, row.table, row.fault, NULL);
    }
  musterd_skipped_tell (skipped);
  if (rc != SQLITE_DONE)
    {
      musterd_sql_set_error (error, db, rc, "reading the tokens");
      return NULL;
    }
  return g_steal_pointer (&tokens);
}
