/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-store"

#include "store/scopes.h"

/* Wide, as in load.c. */
#define TEXT_MAX 65536
#define VALUE_MAX (256 * 1024)

enum
{
  FLAG_ACTIVE = 1 << 0,
  FLAG_STAYS = 1 << 1,
  FLAG_MAY_CHANGE = 1 << 2
};

typedef enum
{
  PUT_SETTING,
  REMOVE_SETTING,
  PUT_POLICY,
  REMOVE_POLICY,
  PUT_TEMPLATE,
  REMOVE_TEMPLATE,
  REMOVE_SETTINGS,
  REMOVE_POLICIES,
  REMOVE_TEMPLATES,
  MARK_DEFAULTS,
  N_STATEMENTS
} Statement;

static const char *const sql[N_STATEMENTS] = {
  [PUT_SETTING] = "INSERT INTO settings (scope, block, option, value) VALUES (?1, ?2, ?3, ?4)"
                  " ON CONFLICT (scope, block, option) DO UPDATE SET value = ?4",
  [REMOVE_SETTING] = "DELETE FROM settings WHERE scope = ?1 AND block = ?2 AND option = ?3",
  [PUT_POLICY] = "INSERT INTO policies (scope, block, may_change) VALUES (?1, ?2, ?3)"
                 " ON CONFLICT (scope, block) DO UPDATE SET may_change = ?3",
  [REMOVE_POLICY] = "DELETE FROM policies WHERE scope = ?1 AND block = ?2",
  [PUT_TEMPLATE] = "INSERT INTO templates (id, scope, position, name, role, status, text, forward_action,"
                   "                       forward_scope, forward_target, forward_number, flags)"
                   " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"
                   " ON CONFLICT (id) DO UPDATE SET scope = ?2, position = ?3, name = ?4, role = ?5, status = ?6,"
                   "                       text = ?7, forward_action = ?8, forward_scope = ?9, forward_target = ?10,"
                   "                       forward_number = ?11, flags = ?12",
  [REMOVE_TEMPLATE] = "DELETE FROM templates WHERE id = ?1",
  [REMOVE_SETTINGS] = "DELETE FROM settings WHERE scope = ?1",
  [REMOVE_POLICIES] = "DELETE FROM policies WHERE scope = ?1",
  [REMOVE_TEMPLATES] = "DELETE FROM templates WHERE scope = ?1",
  [MARK_DEFAULTS] = "UPDATE meta SET value = 1 WHERE name = 'defaults'",
};

struct _MusterdScopeRows
{
  sqlite3_stmt *statements[N_STATEMENTS];
};

MusterdScopeRows *
musterd_scope_rows_new (sqlite3 *db, GError **error)
{
  MusterdScopeRows *rows = g_new0 (MusterdScopeRows, 1);

  for (int i = 0; i < N_STATEMENTS; i++)
    {
      rows->statements[i] = musterd_sql_prepare (db, sql[i], error);
      if (rows->statements[i] != NULL)
        continue;
      musterd_scope_rows_free (rows);
      return NULL;
    }
  return rows;
}

void
musterd_scope_rows_free (MusterdScopeRows *rows)
{
  if (rows == NULL)
    return;
  for (int i = 0; i < N_STATEMENTS; i++)
    sqlite3_finalize (rows->statements[i]);
  g_free (rows);
}

static int
run (MusterdScopeRows *rows, Statement which)
{
  sqlite3_stmt *statement = rows->statements[which];
  int rc = sqlite3_step (statement);

  sqlite3_reset (statement);
  sqlite3_clear_bindings (statement);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int
put_setting (MusterdScopeRows *rows, const MusterdOp *op)
{
  Statement which = op->u.setting.value != NULL ? PUT_SETTING : REMOVE_SETTING;
  sqlite3_stmt *statement = rows->statements[which];

  musterd_sql_bind_text (statement, 1, op->u.setting.scope);
  musterd_sql_bind_text (statement, 2, op->u.setting.block);
  musterd_sql_bind_text (statement, 3, op->u.setting.option);
  if (op->u.setting.value != NULL)
    musterd_sql_bind_text (statement, 4, op->u.setting.value);
  return run (rows, which);
}

static int
put_policy (MusterdScopeRows *rows, const MusterdOp *op)
{
  Statement which = op->u.setting.policy != 0 ? PUT_POLICY : REMOVE_POLICY;
  sqlite3_stmt *statement = rows->statements[which];

  musterd_sql_bind_text (statement, 1, op->u.setting.scope);
  musterd_sql_bind_text (statement, 2, op->u.setting.block);
  if (which == PUT_POLICY)
    sqlite3_bind_int (statement, 3, op->u.setting.policy > 0);
  return run (rows, which);
}

static int
put_template (MusterdScopeRows *rows, const MusterdOp *op)
{
  sqlite3_stmt *statement = rows->statements[PUT_TEMPLATE];
  const MusterdTemplate *tmpl = op->u.tmpl.tmpl;

  musterd_sql_bind_text (statement, 1, tmpl->id);
  musterd_sql_bind_text (statement, 2, op->u.tmpl.scope);
  sqlite3_bind_int64 (statement, 3, op->u.tmpl.position);
  musterd_sql_bind_text (statement, 4, tmpl->name);
  musterd_sql_bind_text (statement, 5, tmpl->role);
  sqlite3_bind_int (statement, 6, tmpl->status);
  musterd_sql_bind_text (statement, 7, tmpl->text);
  sqlite3_bind_int (statement, 8, tmpl->forwarding.action);
  sqlite3_bind_int (statement, 9, tmpl->forwarding.scope);
  sqlite3_bind_int (statement, 10, tmpl->forwarding.target);
  musterd_sql_bind_text (statement, 11, tmpl->forwarding.number);
  sqlite3_bind_int (statement, 12, (tmpl->active ? FLAG_ACTIVE : 0) | (tmpl->stays ? FLAG_STAYS : 0)
                                       | (tmpl->may_change ? FLAG_MAY_CHANGE : 0));
  return run (rows, PUT_TEMPLATE);
}

gboolean
musterd_scope_rows_takes (const MusterdOp *op)
{
  return op->kind == MUSTERD_OP_PUT_SETTING || op->kind == MUSTERD_OP_PUT_POLICY || op->kind == MUSTERD_OP_PUT_TEMPLATE
         || op->kind == MUSTERD_OP_REMOVE_TEMPLATE || op->kind == MUSTERD_OP_MARK_DEFAULTS;
}

int
musterd_scope_rows_apply (MusterdScopeRows *rows, const MusterdOp *op)
{
  if (op->kind == MUSTERD_OP_PUT_SETTING)
    return put_setting (rows, op);
  if (op->kind == MUSTERD_OP_PUT_POLICY)
    return put_policy (rows, op);
  if (op->kind == MUSTERD_OP_PUT_TEMPLATE)
    return put_template (rows, op);
  if (op->kind == MUSTERD_OP_MARK_DEFAULTS)
    return run (rows, MARK_DEFAULTS);
  musterd_sql_bind_text (rows->statements[REMOVE_TEMPLATE], 1, op->u.tmpl.scope);
  return run (rows, REMOVE_TEMPLATE);
}

int
musterd_scope_rows_remove (MusterdScopeRows *rows, const char *scope)
{
  static const Statement all[] = { REMOVE_SETTINGS, REMOVE_POLICIES, REMOVE_TEMPLATES };
  int rc = SQLITE_OK;

  for (gsize i = 0; rc == SQLITE_OK && i < G_N_ELEMENTS (all); i++)
    {
      musterd_sql_bind_text (rows->statements[all[i]], 1, scope);
      rc = run (rows, all[i]);
    }
  return rc;
}

/* Loading. */

typedef void (*RowFunc) (const MusterdStoreReader *reader, gpointer data, MusterdRow *row);

static void
load_setting (const MusterdStoreReader *reader, gpointer data, MusterdRow *row)
{
  const char *scope = musterd_row_text (row, 0, TEXT_MAX);
  const char *block = musterd_row_text (row, 1, TEXT_MAX);
  const char *option = musterd_row_text (row, 2, TEXT_MAX);
  const char *value = musterd_row_text (row, 3, VALUE_MAX);

  if (row->fault == NULL && reader->setting != NULL)
    reader->setting (data, scope, block, option, value);
}

static void
load_policy (const MusterdStoreReader *reader, gpointer data, MusterdRow *row)
{
  const char *scope = musterd_row_text (row, 0, TEXT_MAX);
  const char *block = musterd_row_text (row, 1, TEXT_MAX);
  gboolean may = musterd_row_int64 (row, 2) != 0;

  if (row->fault == NULL && reader->policy != NULL)
    reader->policy (data, scope, block, may);
}

static void
load_template (const MusterdStoreReader *reader, gpointer data, MusterdRow *row)
{
  g_autoptr(MusterdTemplate) tmpl = NULL;
  const char *id = musterd_row_text (row, 0, TEXT_MAX);
  const char *scope = musterd_row_text (row, 1, TEXT_MAX);
  const char *name = musterd_row_text (row, 2, TEXT_MAX);
  const char *role = musterd_row_nullable (row, 3, TEXT_MAX);
  int status = musterd_row_value (row, 4, MUSTERD_STATUS_AVAILABLE, MUSTERD_N_STATUSES, "unknown status");
  const char *text = musterd_row_nullable (row, 5, TEXT_MAX);
  int action = musterd_row_value (row, 6, 0, MUSTERD_N_FORWARD_ACTIONS, "unknown forwarding");
  int forward_scope = musterd_row_value (row, 7, 0, MUSTERD_N_SCOPES, "unknown scope of a forwarding");
  int target = musterd_row_value (row, 8, 0, MUSTERD_N_TARGETS, "unknown target of a forwarding");
  const char *number = musterd_row_nullable (row, 9, TEXT_MAX);
  gint64 flags = musterd_row_int64 (row, 10);

  if (row->fault != NULL || reader->tmpl == NULL)
    return;
  tmpl = musterd_template_new (id, name, role, (MusterdStatus) status, text);
  tmpl->forwarding.action = (MusterdForwardAction) action;
  tmpl->forwarding.scope = (MusterdForwardScope) forward_scope;
  tmpl->forwarding.target = (MusterdForwardTarget) target;
  tmpl->forwarding.number = g_strdup (number);
  tmpl->active = (flags & FLAG_ACTIVE) != 0;
  tmpl->stays = (flags & FLAG_STAYS) != 0;
  tmpl->may_change = (flags & FLAG_MAY_CHANGE) != 0;
  reader->tmpl (data, scope, g_steal_pointer (&tmpl));
}

static const struct
{
  const char *name, *sql;
  RowFunc     func;
} tables[] = {
  { "settings", "SELECT scope, block, option, value FROM settings", load_setting },
  { "policies", "SELECT scope, block, may_change FROM policies", load_policy },
  { "templates",
    "SELECT id, scope, name, role, status, text, forward_action, forward_scope, forward_target, forward_number, flags"
    " FROM templates ORDER BY scope, position, id",
    load_template },
};

gboolean
musterd_scope_rows_load (sqlite3 *db, const MusterdStoreReader *reader, gpointer data, MusterdSkipped *skipped,
                         GError **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS (tables); i++)
    {
      g_autoptr(sqlite3_stmt) statement = musterd_sql_prepare (db, tables[i].sql, error);
      int rc = SQLITE_OK;

      if (statement == NULL)
        return FALSE;
      for (rc = sqlite3_step (statement); rc == SQLITE_ROW; rc = sqlite3_step (statement))
        {
          MusterdRow row = { statement, tables[i].name, NULL };

          tables[i].func (reader, data, &row);
          if (row.fault != NULL)
            musterd_skipped_add (skipped, row.table, row.fault, NULL);
        }
      if (rc != SQLITE_DONE)
        {
          musterd_sql_set_error (error, db, rc, "reading the store");
          return FALSE;
        }
    }
  return TRUE;
}
