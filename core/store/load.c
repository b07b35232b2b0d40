/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-store"

#include "store/load.h"

#include "store/row.h"
#include "store/scopes.h"

/* Bytes of any text but a user's. Wide, since the bounds proper are kept by those who let a text in, and may grow: what
 * was acknowledged is not to be lost by a difference of opinion. */
#define TEXT_MAX 65536

typedef struct
{
  gint64       number;
  MusterdUser *user;
} Known;

typedef struct
{
  sqlite3                  *db;
  const MusterdStoreReader *reader;
  gpointer                  data;
  GArray                   *users; /* Known, by number */
  MusterdSkipped           *skipped;
} Load;

/* One row of one user; the reader's callback has it afterwards, unless there is a fault. */
typedef void (*RowFunc) (Load *load, MusterdRow *row, const char *user);

typedef struct
{
  const char *name;
  const char *sql; /* the first column is the user's number, in ascending order */
  RowFunc     func;
} Table;

static void
known_clear (gpointer data)
{
  musterd_user_unref (((Known *) data)->user);
}

static void
load_choice (Load *load, MusterdRow *row, const char *user)
{
  g_autoptr(MusterdChoice) choice = NULL;
  const char *template_id = musterd_row_nullable (row, 1, TEXT_MAX);
  const char *text = musterd_row_nullable (row, 3, TEXT_MAX);
  const char *by = musterd_row_nullable (row, 6, TEXT_MAX);
  MusterdChoice stored = {
    .template_id = (char *) template_id,
    .status = musterd_row_value (row, 2, MUSTERD_STATUS_AVAILABLE, MUSTERD_N_STATUSES, "unknown status"),
    .text = (char *) text,
    .made = musterd_row_int64 (row, 4),
    .until = musterd_sql_column_time (row->statement, 5),
    .by = (char *) by,
    .stays = musterd_row_int64 (row, 7) != 0,
  };

  if (row->fault != NULL || load->reader->choice == NULL)
    return;
  choice = musterd_choice_copy (&stored);
  load->reader->choice (load->data, user, g_steal_pointer (&choice));
}

static void
load_ignore (Load *load, MusterdRow *row, const char *user)
{
  const char *source = musterd_row_text (row, 1, TEXT_MAX);
  const char *key = musterd_row_text (row, 2, TEXT_MAX);

  if (row->fault != NULL || load->reader->ignore == NULL)
    return;

  MusterdIgnore *ignore = g_new0 (MusterdIgnore, 1);

  ignore->source = g_strdup (source);
  ignore->key = g_strdup (key);
  ignore->from = musterd_row_int64 (row, 3);
  load->reader->ignore (load->data, user, ignore);
}

static void
load_claim (Load *load, MusterdRow *row, const char *user)
{
  const char *source = musterd_row_text (row, 1, TEXT_MAX);
  const char *key = musterd_row_text (row, 2, TEXT_MAX);
  const char *set = musterd_row_text (row, 3, TEXT_MAX);
  int kind = musterd_row_value (row, 4, MUSTERD_CLAIM_DND, MUSTERD_N_CLAIM_KINDS, "unknown kind");
  int free_busy = musterd_row_value (row, 5, MUSTERD_FREE_BUSY_NONE, MUSTERD_N_FREE_BUSY, "unknown free/busy");
  int response = musterd_row_value (row, 6, MUSTERD_RESPONSE_NONE, MUSTERD_N_RESPONSES, "unknown response");
  int flags = musterd_row_value (row, 7, 0, 8, "unknown flag");
  MusterdTime from = musterd_row_int64 (row, 8);
  MusterdTime until = musterd_sql_column_time (row->statement, 9);
  gint64 lease = musterd_row_int64 (row, 11);
  const char *role = musterd_row_nullable (row, 13, TEXT_MAX);
  const char *text = musterd_row_nullable (row, 14, TEXT_MAX);
  const char *link = musterd_row_nullable (row, 15, TEXT_MAX);
  const char *internal = musterd_row_nullable (row, 16, TEXT_MAX);
  const char *external = musterd_row_nullable (row, 17, TEXT_MAX);
  gint64 met = musterd_row_int64 (row, 18);
  gint64 stamp = musterd_row_int64 (row, 19);

  if (stamp < 0 || stamp > G_MAXUINT32)
    row->fault = "the stamp of the rules is none";
  if (until <= from)
    row->fault = "the end is not after the beginning";
  if (lease < 0)
    row->fault = "a lease is negative";
  if (row->fault != NULL || load->reader->claim == NULL)
    return;

  MusterdClaim *claim = musterd_claim_new (source, set, key, (MusterdClaimKind) kind);

  claim->free_busy = (guint8) free_busy;
  claim->response = (guint8) response;
  claim->all_day = (flags & 1) != 0;
  claim->cancelled = (flags & 2) != 0;
  claim->is_private = (flags & 4) != 0;
  claim->from = from;
  claim->until = until;
  claim->began = musterd_row_int64 (row, 10);
  claim->lease = lease;
  claim->lease_until = musterd_sql_column_time (row->statement, 12);
  if (role != NULL)
    musterd_claim_set_role (claim, role);
  if (text != NULL)
    musterd_claim_set_text (claim, text);
  if (link != NULL || internal != NULL || external != NULL)
    musterd_claim_set_more (claim, link, internal, external);
  musterd_claim_set_met (claim, (guint32) stamp, (guint64) met);
  load->reader->claim (load->data, user, claim);
}

static void
load_client (Load *load, MusterdRow *row, const char *user)
{
  const char *source = musterd_row_text (row, 1, TEXT_MAX);
  const char *id = musterd_row_text (row, 2, TEXT_MAX);
  int state = musterd_row_value (row, 3, MUSTERD_CLIENT_ACTIVE, MUSTERD_CLIENT_LOCKED + 1, "unknown state");
  gint64 lease = musterd_row_int64 (row, 6);

  if (lease < 0)
    row->fault = "a lease is negative";
  if (row->fault != NULL || load->reader->client == NULL)
    return;

  MusterdClient *client = g_new0 (MusterdClient, 1);

  client->source = g_strdup (source);
  client->id = g_strdup (id);
  client->state = (MusterdClientState) state;
  client->since = musterd_row_int64 (row, 4);
  client->seen = musterd_row_int64 (row, 5);
  client->lease = lease;
  client->lease_until = musterd_sql_column_time (row->statement, 7);
  load->reader->client (load->data, user, client);
}

static void
load_device (Load *load, MusterdRow *row, const char *user)
{
  const char *source = musterd_row_text (row, 1, TEXT_MAX);
  const char *id = musterd_row_text (row, 2, TEXT_MAX);
  int state = musterd_row_value (row, 3, MUSTERD_TELEPHONY_IDLE, MUSTERD_N_TELEPHONY, "unknown state");
  const char *label = musterd_row_nullable (row, 4, TEXT_MAX);
  gint64 lease = musterd_row_int64 (row, 6);

  if (lease < 0)
    row->fault = "a lease is negative";
  if (row->fault != NULL || load->reader->device == NULL)
    return;

  MusterdDevice *device = g_new0 (MusterdDevice, 1);

  device->source = g_strdup (source);
  device->id = g_strdup (id);
  device->state = (MusterdTelephony) state;
  device->label = g_strdup (label);
  device->since = musterd_row_int64 (row, 5);
  device->lease = lease;
  device->lease_until = musterd_sql_column_time (row->statement, 7);
  load->reader->device (load->data, user, device);
}

static void
load_shown (Load *load, MusterdRow *row, const char *user)
{
  int status = musterd_row_value (row, 1, MUSTERD_STATUS_AVAILABLE, MUSTERD_N_STATUSES, "unknown status");
  const char *template_name = musterd_row_nullable (row, 2, TEXT_MAX);
  MusterdTime since = musterd_row_int64 (row, 3);
  const char *ended_by = musterd_row_nullable (row, 4, TEXT_MAX);

  if (row->fault == NULL && load->reader->shown != NULL)
    load->reader->shown (load->data, user, (MusterdStatus) status, template_name, since, ended_by);
}

static void
load_grant (Load *load, MusterdRow *row, const char *owner)
{
  const char *viewer = musterd_row_text (row, 1, TEXT_MAX);
  MusterdGrant grant = {
    .own_word = musterd_row_value (row, 2, 0, 2, "neither the owner's word nor an administrator's") != 0,
    .level = (MusterdRelation) musterd_row_value (row, 3, MUSTERD_RELATION_BLOCKED, MUSTERD_RELATION_OWNER,
                                                  "unknown level"),
  };
  MusterdViewerKind kind = MUSTERD_VIEWER_USER;
  const char *name = NULL;

  if (row->fault == NULL && !musterd_viewer_parse (viewer, &kind, &name, NULL))
    row->fault = "unknown viewer";
  if (row->fault != NULL || load->reader->grant == NULL)
    return;
  grant.kind = kind;
  grant.name = (char *) name;
  load->reader->grant (load->data, owner, &grant);
}

static const Table tables[] = {
  { "choices",
    "SELECT user, template_id, status, text, made, until_time, by_user, stays FROM choices"
    " ORDER BY user, timed",
    load_choice },
  { "ignores", "SELECT user, source, key, from_time FROM ignores ORDER BY user, source, key", load_ignore },
  { "claims",
    "SELECT user, source, key, set_name, kind, free_busy, response, flags, from_time, until_time, began, lease,"
    "       lease_until, role, text, link, greeting_internal, greeting_external, rules_met, rules_stamp"
    " FROM claims ORDER BY user, source, key",
    load_claim },
  { "clients", "SELECT user, source, id, state, since, seen, lease, lease_until FROM clients ORDER BY user, source, id",
    load_client },
  { "devices",
    "SELECT user, source, id, state, label, since, lease, lease_until FROM devices ORDER BY user, source, id",
    load_device },
  { "shown", "SELECT user, status, template_name, since, ended_by FROM shown ORDER BY user", load_shown },
  { "relationships", "SELECT owner, viewer, own_word, level FROM relationships ORDER BY owner, viewer, own_word",
    load_grant },
};

static gboolean
end_of_rows (Load *load, int rc, GError **error)
{
  if (rc == SQLITE_DONE)
    return TRUE;
  musterd_sql_set_error (error, load->db, rc, "reading the store");
  return FALSE;
}

/* The attributes of one user; `rc` is the state of the statement, whose rows come in the order of users. */
static GHashTable *
load_attributes (Load *load, sqlite3_stmt *statement, gint64 number, int *rc)
{
  g_autoptr(GHashTable) attributes = NULL;

  for (; *rc == SQLITE_ROW && sqlite3_column_int64 (statement, 0) <= number; *rc = sqlite3_step (statement))
    {
      MusterdRow row = { statement, "user_attributes", NULL };
      const char *name = musterd_row_text (&row, 1, MUSTERD_USER_FIELD_MAX);
      const char *value = musterd_row_text (&row, 2, MUSTERD_USER_FIELD_MAX);

      if (row.fault == NULL && sqlite3_column_int64 (statement, 0) < number)
        row.fault = "no such user";
      if (row.fault != NULL)
        {
          musterd_skipped_add (load->skipped, row.table, row.fault, NULL);
          continue;
        }
      if (attributes == NULL)
        attributes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
      g_hash_table_insert (attributes, g_strdup (name), g_strdup (value));
    }
  return g_steal_pointer (&attributes);
}

static MusterdUser *
load_user (Load *load, MusterdRow *row, GHashTable *attributes)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(MusterdUser) user = NULL;
  const char *fields[MUSTERD_N_USER_FIELDS] = { NULL };
  const char *id = musterd_row_text (row, 1, MUSTERD_USER_MAX);

  for (int i = 0; i < MUSTERD_N_USER_FIELDS; i++)
    fields[i] = musterd_row_nullable (row, i + 2, MUSTERD_USER_FIELD_MAX);
  if (row->fault != NULL)
    return NULL;
  user = musterd_user_new (id, fields, attributes, &error);
  if (user == NULL && fields[MUSTERD_USER_ZONE] != NULL)
    {
      /* Which zones are known is this machine's matter: nobody is to disappear with an update of its zone files. */
      fields[MUSTERD_USER_ZONE] = NULL;
      user = musterd_user_new (id, fields, attributes, NULL);
      if (user != NULL)
        musterd_skipped_add (load->skipped, row->table, "their time zone is not known here and is left out", id);
    }
  if (user == NULL)
    {
      row->fault = "a field does not hold";
      g_debug ("user '%s' of the store: %s", id, error->message);
    }
  return g_steal_pointer (&user);
}

static gboolean
load_users (Load *load, GError **error)
{
  g_autoptr(sqlite3_stmt) users
      = musterd_sql_prepare (load->db,
                             "SELECT user, id, name, email, extension, home, mobile, voicemail, zone, language,"
                             "       location, group_name, unix_user"
                             " FROM users ORDER BY user",
                             error);
  g_autoptr(sqlite3_stmt) more = NULL;

  if (users != NULL)
    more = musterd_sql_prepare (load->db, "SELECT user, name, value FROM user_attributes ORDER BY user, name", error);
  if (more == NULL)
    return FALSE;

  int rc = SQLITE_OK, rc_more = sqlite3_step (more);

  for (rc = sqlite3_step (users); rc == SQLITE_ROW; rc = sqlite3_step (users))
    {
      MusterdRow row = { users, "users", NULL };
      Known known = { sqlite3_column_int64 (users, 0), NULL };
      g_autoptr(GHashTable) attributes = load_attributes (load, more, known.number, &rc_more);

      known.user = load_user (load, &row, attributes);
      if (known.user == NULL)
        {
          musterd_skipped_add (load->skipped, row.table, row.fault, NULL);
          continue;
        }
      g_array_append_val (load->users, known);
      if (load->reader->user != NULL)
        load->reader->user (load->data, musterd_user_ref (known.user));
    }
  return end_of_rows (load, rc, error) && (rc_more == SQLITE_ROW || end_of_rows (load, rc_more, error));
}

static gboolean
load_table (Load *load, const Table *table, GError **error)
{
  g_autoptr(sqlite3_stmt) statement = musterd_sql_prepare (load->db, table->sql, error);
  const Known *users = (const Known *) load->users->data;
  guint at = 0;
  int rc = SQLITE_OK;

  if (statement == NULL)
    return FALSE;
  for (rc = sqlite3_step (statement); rc == SQLITE_ROW; rc = sqlite3_step (statement))
    {
      MusterdRow row = { statement, table->name, NULL };
      gint64 number = sqlite3_column_int64 (statement, 0);
      const char *user = NULL;

      while (at < load->users->len && users[at].number < number)
        at++;
      if (at < load->users->len && users[at].number == number)
        {
          user = users[at].user->id;
          table->func (load, &row, user);
        }
      else
        row.fault = "its user is not there, or was left out";
      if (row.fault != NULL)
        musterd_skipped_add (load->skipped, table->name, row.fault, user);
    }
  return end_of_rows (load, rc, error);
}

gboolean
musterd_load_all (sqlite3 *db, const MusterdStoreReader *reader, gpointer data, GError **error)
{
  g_autoptr(GArray) users = g_array_new (FALSE, TRUE, sizeof (Known));
  Load load = { db, reader, data, users, musterd_skipped_new () };
  gboolean ok = FALSE;

  g_array_set_clear_func (users, known_clear);
  /* One transaction: one moment. */
  ok = musterd_sql_exec (db, "BEGIN", error)
       && musterd_scope_rows_load (db, reader, data, load.skipped, error) && load_users (&load, error);
  for (gsize i = 0; ok && i < G_N_ELEMENTS (tables); i++)
    ok = load_table (&load, &tables[i], error);
  if (!sqlite3_get_autocommit (db))
    musterd_sql_exec (db, "ROLLBACK", NULL);
  musterd_skipped_tell (load.skipped);
  return ok;
}
