/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-store"

#include "store/apply.h"

#include <string.h>

#include "store/scopes.h"

typedef enum
{
  FIND_USER,
  PUT_USER,
  DELETE_ATTRIBUTES,
  PUT_ATTRIBUTE,
  REMOVE_USER,
  REMOVE_RECORDS,
  REMOVE_VIEWER,
  PUT_CHOICE,
  REMOVE_CHOICE,
  PUT_IGNORE,
  REMOVE_IGNORE,
  PUT_CLAIM,
  REMOVE_CLAIM,
  PUT_CLIENT,
  REMOVE_CLIENT,
  PUT_DEVICE,
  REMOVE_DEVICE,
  PUT_SHOWN,
  DROP_CLAIMS,
  DROP_CLIENTS,
  DROP_DEVICES,
  PUT_RECORD,
  REMOVE_RECORD,
  PUT_TOKEN,
  REMOVE_TOKEN,
  PUT_GRANT,
  REMOVE_GRANT,
  PUT_REVISION,
  ADD_DELEGATION,
  FORGET_DELEGATIONS,
  BARRIER,
  N_STATEMENTS
} Statement;

/* The columns of PUT_USER follow MusterdUserField. */
G_STATIC_ASSERT (MUSTERD_N_USER_FIELDS == 11);

/* Never INSERT OR REPLACE: with a foreign key that is two changes, so that SQLite keeps a journal of the statement
 * besides, and ending it costs more the more the batch has changed before. */
static const char *const sql[N_STATEMENTS] = {
  [FIND_USER] = "SELECT user FROM users WHERE id = ?1",
  [PUT_USER] = "INSERT INTO users (id, name, email, extension, home, mobile, voicemail, zone, language, location,"
               "                   group_name, unix_user)"
               " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"
               " ON CONFLICT (id) DO UPDATE SET name = ?2, email = ?3, extension = ?4, home = ?5, mobile = ?6,"
               "                   voicemail = ?7, zone = ?8, language = ?9, location = ?10, group_name = ?11,"
               "                   unix_user = ?12",
  [DELETE_ATTRIBUTES] = "DELETE FROM user_attributes WHERE user = ?1",
  [PUT_ATTRIBUTE] = "INSERT INTO user_attributes (user, name, value) VALUES (?1, ?2, ?3)",
  [REMOVE_USER] = "DELETE FROM users WHERE user = ?1",
  [REMOVE_RECORDS] = "DELETE FROM records WHERE user = ?1 AND user <> ''",
  [REMOVE_VIEWER] = "DELETE FROM relationships WHERE viewer = 'user:' || ?1",
  [PUT_CHOICE] = "INSERT INTO choices (user, timed, template_id, status, text, made, until_time, by_user, stays)"
                 " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
                 " ON CONFLICT (user, timed) DO UPDATE SET template_id = ?3, status = ?4, text = ?5, made = ?6,"
                 "                    until_time = ?7, by_user = ?8, stays = ?9",
  [REMOVE_CHOICE] = "DELETE FROM choices WHERE user = ?1 AND timed = ?2",
  [PUT_IGNORE] = "INSERT INTO ignores (user, source, key, from_time) VALUES (?1, ?2, ?3, ?4)"
                 " ON CONFLICT (user, source, key) DO UPDATE SET from_time = ?4",
  [REMOVE_IGNORE] = "DELETE FROM ignores WHERE user = ?1 AND source = ?2 AND key = ?3",
  [PUT_CLAIM] = "INSERT INTO claims (user, source, key, set_name, kind, free_busy, response, flags,"
                "                    from_time, until_time, began, lease, lease_until, role, text, link,"
                "                    greeting_internal, greeting_external, rules_met, rules_stamp)"
                " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)"
                " ON CONFLICT (user, source, key) DO UPDATE SET set_name = ?4, kind = ?5, free_busy = ?6,"
                "                    response = ?7, flags = ?8, from_time = ?9, until_time = ?10, began = ?11,"
                "                    lease = ?12, lease_until = ?13, role = ?14, text = ?15, link = ?16,"
                "                    greeting_internal = ?17, greeting_external = ?18, rules_met = ?19,"
                "                    rules_stamp = ?20",
  [REMOVE_CLAIM] = "DELETE FROM claims WHERE user = ?1 AND source = ?2 AND key = ?3",
  [PUT_CLIENT] = "INSERT INTO clients (user, source, id, state, since, seen, lease, lease_until)"
                 " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
                 " ON CONFLICT (user, source, id) DO UPDATE SET state = ?4, since = ?5, seen = ?6, lease = ?7,"
                 "                    lease_until = ?8",
  [REMOVE_CLIENT] = "DELETE FROM clients WHERE user = ?1 AND source = ?2 AND id = ?3",
  [PUT_DEVICE] = "INSERT INTO devices (user, source, id, state, label, since, lease, lease_until)"
                 " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
                 " ON CONFLICT (user, source, id) DO UPDATE SET state = ?4, label = ?5, since = ?6, lease = ?7,"
                 "                    lease_until = ?8",
  [REMOVE_DEVICE] = "DELETE FROM devices WHERE user = ?1 AND source = ?2 AND id = ?3",
  [PUT_SHOWN] = "INSERT INTO shown (user, status, template_name, since, ended_by) VALUES (?1, ?2, ?3, ?4, ?5)"
                " ON CONFLICT (user) DO UPDATE SET status = ?2, template_name = ?3, since = ?4, ended_by = ?5",
  [DROP_CLAIMS] = "DELETE FROM claims WHERE source = ?1",
  [DROP_CLIENTS] = "DELETE FROM clients WHERE source = ?1",
  [DROP_DEVICES] = "DELETE FROM devices WHERE source = ?1",
  [PUT_RECORD] = "INSERT INTO records (instance, user, key, value) VALUES (?1, ?2, ?3, ?4)"
                 " ON CONFLICT (instance, user, key) DO UPDATE SET value = ?4",
  [REMOVE_RECORD] = "DELETE FROM records WHERE instance = ?1 AND user = ?2 AND key = ?3",
  [PUT_TOKEN] = "INSERT INTO tokens (user, id, hash, kind, scope, label, made_by, created, expires)"
                " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
  [REMOVE_TOKEN] = "DELETE FROM tokens WHERE id = ?1",
  [PUT_GRANT] = "INSERT INTO relationships (owner, viewer, own_word, level) VALUES (?1, ?2, ?3, ?4)"
                " ON CONFLICT (owner, viewer, own_word) DO UPDATE SET level = ?4",
  [REMOVE_GRANT] = "DELETE FROM relationships WHERE owner = ?1 AND viewer = ?2 AND own_word = ?3",
  [PUT_REVISION] = "UPDATE meta SET value = max (value, ?1) WHERE name = 'revision'",
  /* The serial grows for ever, also when the newest rows have gone with their user: it is not before the time. */
  [ADD_DELEGATION] = "INSERT INTO delegations (user, serial, time, by_user, what)"
                     " VALUES (?1, max (?2, 1 + coalesce ((SELECT max (serial) FROM delegations), 0)), ?2, ?3, ?4)",
  [FORGET_DELEGATIONS] = "DELETE FROM delegations WHERE serial IN"
                         " (SELECT serial FROM delegations WHERE time < ?1 ORDER BY time LIMIT ?2)",
  [BARRIER] = "UPDATE meta SET value = value + 1 WHERE name = 'barrier'",
};

struct _MusterdApply
{
  sqlite3      *db;
  sqlite3_stmt *statements[N_STATEMENTS];
  MusterdScopeRows *scopes;
  char         *found_id; /* nullable, GRefString: changes of one user mostly follow each other */
  sqlite3_int64 found;
};

MusterdApply *
musterd_apply_new (sqlite3 *db, GError **error)
{
  g_autoptr(MusterdApply) apply = g_new0 (MusterdApply, 1);

  apply->db = db;
  for (int i = 0; i < N_STATEMENTS; i++)
    {
      apply->statements[i] = musterd_sql_prepare (db, sql[i], error);
      if (apply->statements[i] == NULL)
        return NULL;
    }
  apply->scopes = musterd_scope_rows_new (db, error);
  return apply->scopes != NULL ? g_steal_pointer (&apply) : NULL;
}

void
musterd_apply_free (MusterdApply *apply)
{
  for (int i = 0; i < N_STATEMENTS; i++)
    sqlite3_finalize (apply->statements[i]);
  musterd_scope_rows_free (apply->scopes);
  musterd_apply_forget (apply);
  g_free (apply);
}

void
musterd_apply_forget (MusterdApply *apply)
{
  g_clear_pointer (&apply->found_id, g_ref_string_release);
}

/* Runs a statement that returns no rows and makes it ready for the next use. */
static int
run (MusterdApply *apply, Statement which)
{
  sqlite3_stmt *statement = apply->statements[which];
  int rc = sqlite3_step (statement);

  sqlite3_reset (statement);
  sqlite3_clear_bindings (statement);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int
find_user (MusterdApply *apply, char *id, gboolean *found)
{
  sqlite3_stmt *statement = apply->statements[FIND_USER];

  *found = TRUE;
  if (apply->found_id != NULL && strcmp (apply->found_id, id) == 0)
    return SQLITE_OK;

  musterd_sql_bind_text (statement, 1, id);
  int rc = sqlite3_step (statement);

  *found = rc == SQLITE_ROW;
  if (*found)
    {
      musterd_apply_forget (apply);
      apply->found_id = g_ref_string_acquire (id);
      apply->found = sqlite3_column_int64 (statement, 0);
    }
  sqlite3_reset (statement);
  sqlite3_clear_bindings (statement);
  return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* The statement with the user found as its first parameter. */
static sqlite3_stmt *
of_user (MusterdApply *apply, Statement which)
{
  sqlite3_bind_int64 (apply->statements[which], 1, apply->found);
  return apply->statements[which];
}

static int
put_user (MusterdApply *apply, const MusterdOp *op)
{
  sqlite3_stmt *statement = apply->statements[PUT_USER];
  MusterdUser *user = op->u.user;
  gboolean found = FALSE;

  musterd_sql_bind_text (statement, 1, user->id);
  for (int i = 0; i < MUSTERD_N_USER_FIELDS; i++)
    musterd_sql_bind_text (statement, i + 2, user->fields[i]);

  int rc = run (apply, PUT_USER);

  if (rc == SQLITE_OK)
    rc = find_user (apply, op->user, &found);
  if (rc == SQLITE_OK)
    {
      of_user (apply, DELETE_ATTRIBUTES);
      rc = run (apply, DELETE_ATTRIBUTES);
    }
  if (rc != SQLITE_OK || user->attributes == NULL)
    return rc;

  GHashTableIter iter;
  gpointer name = NULL, value = NULL;

  g_hash_table_iter_init (&iter, user->attributes);
  while (rc == SQLITE_OK && g_hash_table_iter_next (&iter, &name, &value))
    {
      statement = of_user (apply, PUT_ATTRIBUTE);
      musterd_sql_bind_text (statement, 2, name);
      musterd_sql_bind_text (statement, 3, value);
      rc = run (apply, PUT_ATTRIBUTE);
    }
  return rc;
}

static int
remove_user (MusterdApply *apply, const MusterdOp *op)
{
  g_autofree char *scope = g_strconcat ("user:", op->user, NULL);
  int rc;

  musterd_sql_bind_text (apply->statements[REMOVE_RECORDS], 1, op->user);
  rc = run (apply, REMOVE_RECORDS);
  if (rc == SQLITE_OK)
    rc = musterd_scope_rows_remove (apply->scopes, scope);
  if (rc == SQLITE_OK)
    {
      musterd_sql_bind_text (apply->statements[REMOVE_VIEWER], 1, op->user);
      rc = run (apply, REMOVE_VIEWER);
    }
  if (rc != SQLITE_OK)
    return rc;
  of_user (apply, REMOVE_USER);
  rc = run (apply, REMOVE_USER);
  musterd_apply_forget (apply);
  return rc;
}

static int
put_choice (MusterdApply *apply, const MusterdChoice *choice)
{
  sqlite3_stmt *statement = of_user (apply, PUT_CHOICE);

  sqlite3_bind_int (statement, 2, choice->until != MUSTERD_TIME_NEVER);
  musterd_sql_bind_text (statement, 3, choice->template_id);
  sqlite3_bind_int (statement, 4, choice->status);
  musterd_sql_bind_text (statement, 5, choice->text);
  sqlite3_bind_int64 (statement, 6, choice->made);
  musterd_sql_bind_time (statement, 7, choice->until);
  musterd_sql_bind_text (statement, 8, choice->by);
  sqlite3_bind_int (statement, 9, choice->stays != FALSE);
  return run (apply, PUT_CHOICE);
}

static int
put_ignore (MusterdApply *apply, const MusterdIgnore *ignore)
{
  sqlite3_stmt *statement = of_user (apply, PUT_IGNORE);

  musterd_sql_bind_text (statement, 2, ignore->source);
  musterd_sql_bind_text (statement, 3, ignore->key);
  sqlite3_bind_int64 (statement, 4, ignore->from);
  return run (apply, PUT_IGNORE);
}

static int
put_claim (MusterdApply *apply, const MusterdClaim *claim)
{
  sqlite3_stmt *statement = of_user (apply, PUT_CLAIM);
  const MusterdClaimMore *more = claim->more;

  musterd_sql_bind_text (statement, 2, claim->source);
  musterd_sql_bind_text (statement, 3, claim->key);
  musterd_sql_bind_text (statement, 4, claim->set != NULL ? claim->set : "");
  sqlite3_bind_int (statement, 5, claim->kind);
  sqlite3_bind_int (statement, 6, claim->free_busy);
  sqlite3_bind_int (statement, 7, claim->response);
  sqlite3_bind_int (statement, 8, claim->all_day | claim->cancelled << 1 | claim->is_private << 2);
  sqlite3_bind_int64 (statement, 9, claim->from);
  musterd_sql_bind_time (statement, 10, claim->until);
  sqlite3_bind_int64 (statement, 11, claim->began);
  sqlite3_bind_int64 (statement, 12, claim->lease);
  musterd_sql_bind_time (statement, 13, claim->lease_until);
  musterd_sql_bind_text (statement, 14, claim->role);
  musterd_sql_bind_text (statement, 15, claim->text);
  musterd_sql_bind_text (statement, 16, more != NULL ? more->link : NULL);
  musterd_sql_bind_text (statement, 17, more != NULL ? more->greeting_internal : NULL);
  musterd_sql_bind_text (statement, 18, more != NULL ? more->greeting_external : NULL);
  sqlite3_bind_int64 (statement, 19, claim->rules != NULL ? (gint64) claim->rules->met : 0);
  sqlite3_bind_int64 (statement, 20, claim->rules != NULL ? claim->rules->stamp : 0);
  return run (apply, PUT_CLAIM);
}

static int
put_client (MusterdApply *apply, const MusterdClient *client)
{
  sqlite3_stmt *statement = of_user (apply, PUT_CLIENT);

  musterd_sql_bind_text (statement, 2, client->source);
  musterd_sql_bind_text (statement, 3, client->id);
  sqlite3_bind_int (statement, 4, client->state);
  sqlite3_bind_int64 (statement, 5, client->since);
  sqlite3_bind_int64 (statement, 6, client->seen);
  sqlite3_bind_int64 (statement, 7, client->lease);
  musterd_sql_bind_time (statement, 8, client->lease_until);
  return run (apply, PUT_CLIENT);
}

static int
put_device (MusterdApply *apply, const MusterdDevice *device)
{
  sqlite3_stmt *statement = of_user (apply, PUT_DEVICE);

  musterd_sql_bind_text (statement, 2, device->source);
  musterd_sql_bind_text (statement, 3, device->id);
  sqlite3_bind_int (statement, 4, device->state);
  musterd_sql_bind_text (statement, 5, device->label);
  sqlite3_bind_int64 (statement, 6, device->since);
  sqlite3_bind_int64 (statement, 7, device->lease);
  musterd_sql_bind_time (statement, 8, device->lease_until);
  return run (apply, PUT_DEVICE);
}

static int
put_shown (MusterdApply *apply, const MusterdOp *op)
{
  sqlite3_stmt *statement = of_user (apply, PUT_SHOWN);

  sqlite3_bind_int (statement, 2, op->u.shown.status);
  musterd_sql_bind_text (statement, 3, op->u.shown.template_name);
  sqlite3_bind_int64 (statement, 4, op->u.shown.since);
  musterd_sql_bind_text (statement, 5, op->u.shown.ended_by);
  return run (apply, PUT_SHOWN);
}

static int
remove_named (MusterdApply *apply, Statement which, const MusterdOp *op)
{
  sqlite3_stmt *statement = of_user (apply, which);

  musterd_sql_bind_text (statement, 2, op->u.name.source);
  musterd_sql_bind_text (statement, 3, op->u.name.key);
  return run (apply, which);
}

static int
drop_source (MusterdApply *apply, const char *source)
{
  static const Statement all[] = { DROP_CLAIMS, DROP_CLIENTS, DROP_DEVICES };
  int rc = SQLITE_OK;

  for (gsize i = 0; rc == SQLITE_OK && i < G_N_ELEMENTS (all); i++)
    {
      musterd_sql_bind_text (apply->statements[all[i]], 1, source);
      rc = run (apply, all[i]);
    }
  return rc;
}

static int
put_record (MusterdApply *apply, const MusterdOp *op)
{
  Statement which = op->u.record.value != NULL ? PUT_RECORD : REMOVE_RECORD;
  sqlite3_stmt *statement = apply->statements[which];

  musterd_sql_bind_text (statement, 1, op->u.record.instance);
  musterd_sql_bind_text (statement, 2, op->user != NULL ? op->user : "");
  musterd_sql_bind_text (statement, 3, op->u.record.key);
  if (op->u.record.value != NULL)
    {
      gsize size = 0;
      const void *bytes = g_bytes_get_data (op->u.record.value, &size);

      /* A NULL pointer would bind NULL rather than an empty value. */
      sqlite3_bind_blob64 (statement, 4, bytes != NULL ? bytes : "", size, SQLITE_STATIC);
    }
  return run (apply, which);
}

/* NULL binds itself where the token is nobody's: clear_bindings() has seen to it. */
static int
put_token (MusterdApply *apply, const MusterdToken *token)
{
  sqlite3_stmt *statement = token->user != NULL ? of_user (apply, PUT_TOKEN) : apply->statements[PUT_TOKEN];

  musterd_sql_bind_text (statement, 2, token->id);
  sqlite3_bind_blob (statement, 3, token->hash, MUSTERD_TOKEN_HASH_SIZE, SQLITE_STATIC);
  sqlite3_bind_int (statement, 4, token->kind);
  sqlite3_bind_int (statement, 5, token->scope);
  musterd_sql_bind_text (statement, 6, token->label);
  musterd_sql_bind_text (statement, 7, token->by);
  sqlite3_bind_int64 (statement, 8, token->created);
  musterd_sql_bind_time (statement, 9, token->expires);
  return run (apply, PUT_TOKEN);
}

static int
change_grant (MusterdApply *apply, Statement which, const MusterdOp *op)
{
  sqlite3_stmt *statement = of_user (apply, which);

  musterd_sql_bind_text (statement, 2, op->u.grant.viewer);
  sqlite3_bind_int (statement, 3, op->u.grant.own_word != FALSE);
  if (which == PUT_GRANT)
    sqlite3_bind_int (statement, 4, op->u.grant.level);
  return run (apply, which);
}

static int
add_delegation (MusterdApply *apply, const MusterdOp *op)
{
  sqlite3_stmt *statement = of_user (apply, ADD_DELEGATION);

  sqlite3_bind_int64 (statement, 2, op->u.delegation.time);
  musterd_sql_bind_text (statement, 3, op->u.delegation.by);
  musterd_sql_bind_text (statement, 4, op->u.delegation.what);
  return run (apply, ADD_DELEGATION);
}

static int
forget_delegations (MusterdApply *apply, MusterdTime before)
{
  sqlite3_bind_int64 (apply->statements[FORGET_DELEGATIONS], 1, before);
  sqlite3_bind_int (apply->statements[FORGET_DELEGATIONS], 2, MUSTERD_DELEGATIONS_FORGET_MAX);
  return run (apply, FORGET_DELEGATIONS);
}

/* A change of a user who is in the file. */
static int
apply_of_user (MusterdApply *apply, const MusterdOp *op)
{
  switch (op->kind)
    {
    case MUSTERD_OP_REMOVE_USER:
      return remove_user (apply, op);
    case MUSTERD_OP_PUT_CHOICE:
      return put_choice (apply, op->u.choice);
    case MUSTERD_OP_REMOVE_CHOICE:
      sqlite3_bind_int (of_user (apply, REMOVE_CHOICE), 2, op->u.timed != FALSE);
      return run (apply, REMOVE_CHOICE);
    case MUSTERD_OP_PUT_IGNORE:
      return put_ignore (apply, &op->u.ignore);
    case MUSTERD_OP_REMOVE_IGNORE:
      return remove_named (apply, REMOVE_IGNORE, op);
    case MUSTERD_OP_PUT_CLAIM:
      return put_claim (apply, op->u.claim);
    case MUSTERD_OP_REMOVE_CLAIM:
      return remove_named (apply, REMOVE_CLAIM, op);
    case MUSTERD_OP_PUT_CLIENT:
      return put_client (apply, &op->u.client);
    case MUSTERD_OP_REMOVE_CLIENT:
      return remove_named (apply, REMOVE_CLIENT, op);
    case MUSTERD_OP_PUT_DEVICE:
      return put_device (apply, &op->u.device);
    case MUSTERD_OP_REMOVE_DEVICE:
      return remove_named (apply, REMOVE_DEVICE, op);
    case MUSTERD_OP_PUT_SHOWN:
      return put_shown (apply, op);
    case MUSTERD_OP_PUT_RECORD:
      return put_record (apply, op);
    case MUSTERD_OP_PUT_TOKEN:
      return put_token (apply, op->u.token);
    case MUSTERD_OP_PUT_GRANT:
      return change_grant (apply, PUT_GRANT, op);
    case MUSTERD_OP_REMOVE_GRANT:
      return change_grant (apply, REMOVE_GRANT, op);
    case MUSTERD_OP_ADD_DELEGATION:
      return add_delegation (apply, op);
    case MUSTERD_OP_FORGET_DELEGATIONS:
    case MUSTERD_OP_PUT_USER:
    case MUSTERD_OP_DROP_SOURCE:
    case MUSTERD_OP_REMOVE_TOKEN:
    case MUSTERD_OP_PUT_REVISION:
    case MUSTERD_OP_PUT_SETTING:
    case MUSTERD_OP_PUT_POLICY:
    case MUSTERD_OP_PUT_TEMPLATE:
    case MUSTERD_OP_REMOVE_TEMPLATE:
    case MUSTERD_OP_MARK_DEFAULTS:
      break;
    }
  g_return_val_if_reached (SQLITE_MISUSE);
}

static gboolean
needs_its_user (const MusterdOp *op)
{
  return op->kind == MUSTERD_OP_PUT_CHOICE || op->kind == MUSTERD_OP_PUT_IGNORE || op->kind == MUSTERD_OP_PUT_TOKEN
         || op->kind == MUSTERD_OP_PUT_GRANT
         || op->kind == MUSTERD_OP_ADD_DELEGATION
         || (op->kind == MUSTERD_OP_PUT_RECORD && op->u.record.value != NULL);
}

static int
apply_op (MusterdApply *apply, const MusterdOp *op, GError **error)
{
  gboolean found = FALSE;
  int rc = SQLITE_OK;

  if (op->kind == MUSTERD_OP_PUT_USER)
    return put_user (apply, op);
  if (musterd_scope_rows_takes (op))
    return musterd_scope_rows_apply (apply->scopes, op);
  if (op->kind == MUSTERD_OP_DROP_SOURCE)
    return drop_source (apply, op->u.source);
  if (op->kind == MUSTERD_OP_PUT_RECORD && op->user == NULL)
    return put_record (apply, op);
  if (op->kind == MUSTERD_OP_PUT_TOKEN && op->user == NULL)
    return put_token (apply, op->u.token);
  if (op->kind == MUSTERD_OP_REMOVE_TOKEN)
    {
      musterd_sql_bind_text (apply->statements[REMOVE_TOKEN], 1, op->u.token_id);
      return run (apply, REMOVE_TOKEN);
    }
  if (op->kind == MUSTERD_OP_FORGET_DELEGATIONS)
    return forget_delegations (apply, op->u.before);
  if (op->kind == MUSTERD_OP_PUT_REVISION)
    {
      sqlite3_bind_int64 (apply->statements[PUT_REVISION], 1, (gint64) MIN (op->u.revision, (guint64) G_MAXINT64));
      return run (apply, PUT_REVISION);
    }

  rc = find_user (apply, op->user, &found);
  if (rc != SQLITE_OK)
    return rc;
  if (found)
    return apply_of_user (apply, op);
  if (!needs_its_user (op))
    return SQLITE_OK;
  g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND, "writing the store: there is no user '%s'", op->user);
  return SQLITE_NOTFOUND;
}

int
musterd_apply_batch (MusterdApply *apply, const MusterdBatch *batch, GError **error)
{
  for (guint i = 0; i < batch->ops->len; i++)
    {
      const MusterdOp *op = &g_array_index (batch->ops, MusterdOp, i);
      int rc = apply_op (apply, op, error);

      if (rc == SQLITE_OK)
        continue;
      if (error != NULL && *error == NULL)
        musterd_sql_set_error (error, apply->db, rc, "writing the store");
      return rc;
    }
  return SQLITE_OK;
}

int
musterd_apply_barrier (MusterdApply *apply, GError **error)
{
  int rc = run (apply, BARRIER);

  if (rc != SQLITE_OK)
    musterd_sql_set_error (error, apply->db, rc, "writing the store");
  return rc;
}
