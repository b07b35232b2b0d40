/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A store that nobody vouches for: its rows hold what the tables allow and nothing else. What is read of them is within
 * bounds, and is read the same once it was written to another store. The input is rows: a byte for the table, then the
 * columns, each a byte for what it holds and the value. */
#include <string.h>

#include "fuzz.h"
#include "store/apply.h"
#include "store/load.h"
#include "store/schema.h"

#define ROWS_MAX 64
#define TEXT_MAX 65536

typedef struct
{
  const char *name;
  int         n_columns;
  int         n_added; /* of these, at the end, by a later step of the schema: 0 where an input says nothing */
} Table;

static const Table tables[] = {
  { "users", 13, 0 },  { "user_attributes", 3, 0 }, { "choices", 9, 1 }, { "ignores", 4, 0 },
  { "claims", 20, 2 }, { "clients", 8, 0 },         { "devices", 8, 0 }, { "shown", 5, 0 },
};

/* Opened once, emptied for each input. */
static sqlite3 *
open_store (void)
{
  sqlite3 *db = NULL;
  gsize n_steps = 0;
  const MusterdSchemaStep *steps = musterd_schema_get_steps (&n_steps);
  g_autoptr(GError) error = NULL;

  g_assert_cmpint (sqlite3_open (":memory:", &db), ==, SQLITE_OK);
  musterd_schema_migrate (db, steps, n_steps, &error);
  g_assert_no_error (error);
  return db;
}

static void
empty_store (sqlite3 *db)
{
  for (gsize i = G_N_ELEMENTS (tables); i > 0; i--)
    {
      g_autofree char *sql = g_strdup_printf ("DELETE FROM %s", tables[i - 1].name);

      musterd_sql_exec (db, sql, NULL);
    }
}

static void
bind_column (sqlite3_stmt *statement, int index, FuzzBytes *bytes)
{
  g_autofree char *text = NULL;

  switch (fuzz_below (bytes, 6))
    {
    case 0:
      sqlite3_bind_null (statement, index);
      break;
    case 1:
      sqlite3_bind_int64 (statement, index, fuzz_byte (bytes));
      break;
    case 2:
      sqlite3_bind_int64 (statement, index, fuzz_int64 (bytes));
      break;
    case 3:
      /* A zero byte inside, and not at the end. */
      text = fuzz_text (bytes);
      sqlite3_bind_text (statement, index, text, (int) strlen (text) + 1, SQLITE_TRANSIENT);
      break;
    default:
      text = fuzz_text (bytes);
      sqlite3_bind_text (statement, index, text, -1, SQLITE_TRANSIENT);
      break;
    }
}

static sqlite3_stmt *
prepare_insert (sqlite3 *db, const Table *table)
{
  g_autoptr(GString) sql = g_string_new (NULL);
  g_autoptr(GError) error = NULL;
  sqlite3_stmt *statement = NULL;

  g_string_printf (sql, "INSERT INTO %s VALUES (?", table->name);
  for (int i = 1; i < table->n_columns; i++)
    g_string_append (sql, i < table->n_columns - table->n_added ? ", ?" : ", ifnull (?, 0)");
  g_string_append_c (sql, ')');
  statement = musterd_sql_prepare (db, sql->str, &error);
  g_assert_no_error (error);
  return statement;
}

/* What the tables themselves refuse is not there. */
static void
insert_row (sqlite3 *db, FuzzBytes *bytes)
{
  static sqlite3_stmt *inserts[G_N_ELEMENTS (tables)];
  const guint which = fuzz_below (bytes, G_N_ELEMENTS (tables));

  if (inserts[which] == NULL)
    inserts[which] = prepare_insert (db, &tables[which]);
  for (int i = 1; i <= tables[which].n_columns; i++)
    bind_column (inserts[which], i, bytes);
  sqlite3_step (inserts[which]);
  sqlite3_reset (inserts[which]);
}

/* Reading. */

typedef struct
{
  GString      *text;  /* everything, in words */
  MusterdBatch *batch; /* and written again */
  GHashTable   *users; /* set of ids */
} Reading;

static void
add_text (Reading *reading, const char *text)
{
  if (text != NULL)
    {
      g_assert_cmpuint (strlen (text), <=, TEXT_MAX);
      g_assert_true (g_utf8_validate (text, -1, NULL));
    }
  g_string_append_printf (reading->text, " %s", text != NULL ? text : "-");
}

static void
begin_row (Reading *reading, const char *what, const char *user)
{
  g_assert_true (g_hash_table_contains (reading->users, user));
  g_string_append_printf (reading->text, "\n%s %s", what, user);
}

static void
on_user (gpointer data, MusterdUser *user)
{
  Reading *reading = data;
  g_autoptr(GError) error = NULL;
  g_autoptr(MusterdUser) same
      = musterd_user_new (user->id, (const char *const *) user->fields, user->attributes, &error);

  g_assert_no_error (error);
  g_assert_true (musterd_user_equal (user, same));
  g_assert_true (g_hash_table_add (reading->users, g_strdup (user->id)));
  begin_row (reading, "user", user->id);
  for (guint i = 0; i < MUSTERD_N_USER_FIELDS; i++)
    add_text (reading, user->fields[i]);
  g_string_append_printf (reading->text, " %u", user->attributes != NULL ? g_hash_table_size (user->attributes) : 0);
  musterd_batch_put_user (reading->batch, user);
  musterd_user_unref (user);
}

static void
on_choice (gpointer data, const char *user, MusterdChoice *choice)
{
  Reading *reading = data;

  begin_row (reading, "choice", user);
  add_text (reading, choice->template_id);
  add_text (reading, choice->text);
  add_text (reading, choice->by);
  g_assert_cmpint (choice->status, >, MUSTERD_STATUS_NONE);
  g_assert_cmpint (choice->status, <, MUSTERD_N_STATUSES);
  g_string_append_printf (reading->text, " %d %" G_GINT64_FORMAT " %" G_GINT64_FORMAT, choice->status, choice->made,
                          choice->until);
  musterd_batch_put_choice (reading->batch, user, choice);
  musterd_choice_free (choice);
}

static void
on_ignore (gpointer data, const char *user, MusterdIgnore *ignore)
{
  Reading *reading = data;

  begin_row (reading, "ignore", user);
  add_text (reading, ignore->source);
  add_text (reading, ignore->key);
  g_string_append_printf (reading->text, " %" G_GINT64_FORMAT, ignore->from);
  musterd_batch_put_ignore (reading->batch, user, ignore);
  musterd_ignore_free (ignore);
}

static void
on_claim (gpointer data, const char *user, MusterdClaim *claim)
{
  Reading *reading = data;

  begin_row (reading, "claim", user);
  add_text (reading, claim->source);
  add_text (reading, claim->key);
  add_text (reading, claim->set);
  add_text (reading, claim->role);
  add_text (reading, claim->text);
  add_text (reading, claim->more != NULL ? claim->more->link : NULL);
  add_text (reading, claim->more != NULL ? claim->more->greeting_internal : NULL);
  add_text (reading, claim->more != NULL ? claim->more->greeting_external : NULL);
  g_assert_cmpint (claim->from, <, claim->until);
  g_assert_cmpint (claim->lease, >=, 0);
  g_assert_cmpuint (claim->kind, <, MUSTERD_N_CLAIM_KINDS);
  g_assert_cmpuint (claim->free_busy, <, MUSTERD_N_FREE_BUSY);
  g_assert_cmpuint (claim->response, <, MUSTERD_N_RESPONSES);
  g_string_append_printf (reading->text, " %d %d %d %d%d%d", claim->kind, claim->free_busy, claim->response,
                          claim->all_day, claim->cancelled, claim->is_private);
  g_string_append_printf (reading->text,
                          " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT
                          " %" G_GINT64_FORMAT,
                          claim->from, claim->until, claim->began, claim->lease, claim->lease_until);
  if (claim->rules != NULL)
    g_string_append_printf (reading->text, " %08x %" G_GINT64_MODIFIER "x", claim->rules->stamp, claim->rules->met);
  musterd_batch_put_claim (reading->batch, user, claim);
  musterd_claim_unref (claim);
}

static void
on_client (gpointer data, const char *user, MusterdClient *client)
{
  Reading *reading = data;

  begin_row (reading, "client", user);
  add_text (reading, client->source);
  add_text (reading, client->id);
  g_assert_cmpint (client->state, >=, MUSTERD_CLIENT_ACTIVE);
  g_assert_cmpint (client->state, <=, MUSTERD_CLIENT_LOCKED);
  g_assert_cmpint (client->lease, >=, 0);
  g_string_append_printf (reading->text, " %d %" G_GINT64_FORMAT " %" G_GINT64_FORMAT, client->state, client->lease,
                          client->lease_until);
  musterd_batch_put_client (reading->batch, user, client);
  musterd_client_free (client);
}

static void
on_device (gpointer data, const char *user, MusterdDevice *device)
{
  Reading *reading = data;

  begin_row (reading, "device", user);
  add_text (reading, device->source);
  add_text (reading, device->id);
  add_text (reading, device->label);
  g_assert_cmpint (device->state, >, MUSTERD_TELEPHONY_NONE);
  g_assert_cmpint (device->state, <, MUSTERD_N_TELEPHONY);
  g_assert_cmpint (device->lease, >=, 0);
  g_string_append_printf (reading->text, " %d %" G_GINT64_FORMAT " %" G_GINT64_FORMAT, device->state, device->lease,
                          device->lease_until);
  musterd_batch_put_device (reading->batch, user, device);
  musterd_device_free (device);
}

static void
on_shown (gpointer data, const char *user, MusterdStatus status, const char *template_name, MusterdTime since,
          const char *ended_by)
{
  Reading *reading = data;

  begin_row (reading, "shown", user);
  add_text (reading, template_name);
  add_text (reading, ended_by);
  g_assert_cmpint (status, >, MUSTERD_STATUS_NONE);
  g_assert_cmpint (status, <, MUSTERD_N_STATUSES);
  g_string_append_printf (reading->text, " %d %" G_GINT64_FORMAT, status, since);
  musterd_batch_put_shown (reading->batch, user, status, template_name, since, ended_by);
}

/* Everything in words; `batch` (transfer full) writes it again. */
static char *
read_store (sqlite3 *db, MusterdBatch **batch)
{
  static const MusterdStoreReader reader = {
    .user = on_user,
    .choice = on_choice,
    .ignore = on_ignore,
    .claim = on_claim,
    .client = on_client,
    .device = on_device,
    .shown = on_shown,
  };
  g_autoptr(GHashTable) users = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  Reading reading = { g_string_new (NULL), musterd_batch_new (), users };
  g_autoptr(GError) error = NULL;

  musterd_load_all (db, &reader, &reading, &error);
  g_assert_no_error (error);
  *batch = reading.batch;
  return g_string_free (reading.text, FALSE);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static sqlite3 *first, *second;
  static MusterdApply *apply;
  FuzzBytes bytes = { data, data + size };
  MusterdBatch *batch = NULL, *batch_again = NULL;
  g_autofree char *read = NULL;
  g_autofree char *again = NULL;
  g_autoptr(GError) error = NULL;

  if (first == NULL)
    {
      first = open_store ();
      second = open_store ();
      apply = musterd_apply_new (second, &error);
      g_assert_no_error (error);
    }
  for (guint i = 0; i < ROWS_MAX && bytes.p < bytes.end; i++)
    insert_row (first, &bytes);
  read = read_store (first, &batch);
  musterd_apply_batch (apply, batch, &error);
  g_assert_no_error (error);
  again = read_store (second, &batch_again);
  g_assert_cmpstr (again, ==, read);

  musterd_batch_free (batch);
  musterd_batch_free (batch_again);
  empty_store (first);
  empty_store (second);
  musterd_apply_forget (apply);
  return 0;
}
