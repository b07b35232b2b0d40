/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-store"

#include "store/delegations.h"

void
musterd_delegation_free (MusterdDelegation *delegation)
{
  g_free (delegation->user);
  g_free (delegation->by);
  g_free (delegation->what);
  g_free (delegation);
}

GPtrArray *
musterd_delegations_read (sqlite3 *db, const char *user, MusterdTime since, guint64 after, guint limit,
                          GError **error)
{
  g_autoptr(GPtrArray) delegations = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_delegation_free);
  /* Each walks an index in the order that is wanted, from `after` on. */
  g_autoptr(sqlite3_stmt) statement = musterd_sql_prepare (
      db,
      user != NULL ? "SELECT serial, ?4, time, by_user, what FROM delegations"
                     " WHERE user = (SELECT user FROM users WHERE id = ?4) AND serial > ?1 AND time >= ?2"
                     " ORDER BY serial LIMIT ?3"
                   : "SELECT serial, users.id, time, by_user, what FROM delegations JOIN users USING (user)"
                     " WHERE serial > ?1 AND time >= ?2 ORDER BY serial LIMIT ?3",
      error);
  int rc = SQLITE_OK;

  if (statement == NULL)
    return NULL;
  sqlite3_bind_int64 (statement, 1, (gint64) MIN (after, (guint64) G_MAXINT64));
  sqlite3_bind_int64 (statement, 2, since);
  sqlite3_bind_int64 (statement, 3, MIN (limit, MUSTERD_DELEGATIONS_PAGE_MAX));
  if (user != NULL)
    musterd_sql_bind_text (statement, 4, user);
  for (rc = sqlite3_step (statement); rc == SQLITE_ROW; rc = sqlite3_step (statement))
    {
      MusterdDelegation *delegation = g_new0 (MusterdDelegation, 1);

      delegation->serial = (guint64) sqlite3_column_int64 (statement, 0);
      delegation->user = g_strdup ((const char *) sqlite3_column_text (statement, 1));
      delegation->time = sqlite3_column_int64 (statement, 2);
      delegation->by = g_strdup ((const char *) sqlite3_column_text (statement, 3));
      delegation->what = g_strdup ((const char *) sqlite3_column_text (statement, 4));
      g_ptr_array_add (delegations, delegation);
    }
  if (rc != SQLITE_DONE)
    {
      musterd_sql_set_error (error, db, rc, "reading what was done in others' names");
      return NULL;
    }
  return g_steal_pointer (&delegations);
}
