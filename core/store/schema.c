/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* There is no table of the history of presence, and none is to be added: who was away when, for how long and how
 * often is not kept, so that nobody can be asked for it. What is here is what holds now, and it is overwritten when
 * it changes. `shown` has one row per user, the present one, so that "since" survives a restart.
 *
 * Users have a small integer inside the file, so that the rows of claims stay short and lie together, user by user,
 * in the order in which they are loaded. Times are microseconds since 1970; NULL is "never". Vocabularies are stored
 * as their numbers in model/types.h, which are only ever appended to. */
#define G_LOG_DOMAIN "muster-store"

#include "store/schema.h"

static const MusterdSchemaStep steps[] = {
  { 1,
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "INSERT INTO meta VALUES ('created', CAST (strftime ('%s', 'now') AS INTEGER) * 1000000), ('revision', 0),"
    "                        ('barrier', 0);"

    "CREATE TABLE users ("
    "  user INTEGER PRIMARY KEY,"
    "  id TEXT NOT NULL UNIQUE,"
    "  name TEXT, email TEXT, extension TEXT, home TEXT, mobile TEXT, voicemail TEXT,"
    "  zone TEXT, language TEXT, location TEXT, group_name TEXT, unix_user TEXT) STRICT;"
    "CREATE TABLE user_attributes ("
    "  user INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,"
    "  name TEXT NOT NULL, value TEXT NOT NULL,"
    "  PRIMARY KEY (user, name)) STRICT, WITHOUT ROWID;"

    /* At most one standing (until_time NULL) and one timed choice of each user. */
    "CREATE TABLE choices ("
    "  user INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,"
    "  timed INTEGER NOT NULL,"
    "  template_id TEXT, status INTEGER NOT NULL, text TEXT,"
    "  made INTEGER NOT NULL, until_time INTEGER, by_user TEXT,"
    "  PRIMARY KEY (user, timed),"
    "  CHECK (timed = (until_time IS NOT NULL))) STRICT, WITHOUT ROWID;"
    "CREATE TABLE ignores ("
    "  user INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,"
    "  source TEXT NOT NULL, key TEXT NOT NULL, from_time INTEGER NOT NULL,"
    "  PRIMARY KEY (user, source, key)) STRICT, WITHOUT ROWID;"

    "CREATE TABLE claims ("
    "  user INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,"
    "  source TEXT NOT NULL, key TEXT NOT NULL, set_name TEXT NOT NULL,"
    "  kind INTEGER NOT NULL, free_busy INTEGER NOT NULL, response INTEGER NOT NULL,"
    "  flags INTEGER NOT NULL,"
    "  from_time INTEGER NOT NULL, until_time INTEGER, began INTEGER NOT NULL,"
    "  lease INTEGER NOT NULL, lease_until INTEGER,"
    "  role TEXT, text TEXT, link TEXT, greeting_internal TEXT, greeting_external TEXT,"
    "  PRIMARY KEY (user, source, key)) STRICT, WITHOUT ROWID;"

    "CREATE TABLE clients ("
    "  user INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,"
    "  source TEXT NOT NULL, id TEXT NOT NULL, state INTEGER NOT NULL,"
    "  since INTEGER NOT NULL, seen INTEGER NOT NULL, lease INTEGER NOT NULL, lease_until INTEGER,"
    "  PRIMARY KEY (user, source, id)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE devices ("
    "  user INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,"
    "  source TEXT NOT NULL, id TEXT NOT NULL, state INTEGER NOT NULL, label TEXT,"
    "  since INTEGER NOT NULL, lease INTEGER NOT NULL, lease_until INTEGER,"
    "  PRIMARY KEY (user, source, id)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE shown ("
    "  user INTEGER PRIMARY KEY REFERENCES users ON DELETE CASCADE,"
    "  status INTEGER NOT NULL, template_name TEXT, since INTEGER NOT NULL,"
    "  ended_by TEXT) STRICT;" /* the source that said goodbye for the last client */

    /* The user is a text here ('' is none): pages go by it, and must go on where they stopped after that user was
     * removed. The values stay out of the index, so that counting does not read them. */
    "CREATE TABLE records ("
    "  instance TEXT NOT NULL CHECK (instance <> ''),"
    "  user TEXT NOT NULL,"
    "  key TEXT NOT NULL CHECK (key <> ''),"
    "  value BLOB NOT NULL CHECK (length (value) <= 4096),"
    "  PRIMARY KEY (instance, user, key)) STRICT;"
    "CREATE INDEX records_of_user ON records (user) WHERE user <> '';" },
  { 2,
    /* Of a token or a sign-in link only the hash: who reads the file is let in nowhere. The index is for the removal
     * of a user. */
    "CREATE TABLE tokens ("
    "  id TEXT PRIMARY KEY CHECK (id <> ''),"
    "  hash BLOB NOT NULL UNIQUE CHECK (length (hash) = 32),"
    "  kind INTEGER NOT NULL, scope INTEGER NOT NULL,"
    "  user INTEGER REFERENCES users ON DELETE CASCADE,"
    "  label TEXT, made_by TEXT NOT NULL,"
    "  created INTEGER NOT NULL, expires INTEGER) STRICT, WITHOUT ROWID;"
    "CREATE INDEX tokens_of_user ON tokens (user) WHERE user IS NOT NULL;" },
  { 3,
    /* A scope is 'all', 'location:NAME', 'group:NAME' or 'user:ID'. What is not here is inherited. */
    "CREATE TABLE settings ("
    "  scope TEXT NOT NULL, block TEXT NOT NULL, option TEXT NOT NULL, value TEXT NOT NULL,"
    "  PRIMARY KEY (scope, block, option)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE policies ("
    "  scope TEXT NOT NULL, block TEXT NOT NULL, may_change INTEGER NOT NULL,"
    "  PRIMARY KEY (scope, block)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE templates ("
    "  id TEXT PRIMARY KEY CHECK (id <> ''),"
    "  scope TEXT NOT NULL, position INTEGER NOT NULL,"
    "  name TEXT NOT NULL, role TEXT, status INTEGER NOT NULL, text TEXT,"
    "  forward_action INTEGER NOT NULL, forward_scope INTEGER NOT NULL, forward_target INTEGER NOT NULL,"
    "  forward_number TEXT,"
    "  flags INTEGER NOT NULL) STRICT, WITHOUT ROWID;" /* active, stays, may change */
    "INSERT INTO meta VALUES ('defaults', 0);" /* 1: the house's own templates have been put here */

    /* What an owner grants a viewer: 'user:ID', 'group:NAME' or 'location:NAME'. The owner's own word and an
     * administrator's are two rows. */
    "CREATE TABLE relationships ("
    "  owner INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,"
    "  viewer TEXT NOT NULL, own_word INTEGER NOT NULL, level INTEGER NOT NULL,"
    "  PRIMARY KEY (owner, viewer, own_word)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX relationships_of_viewer ON relationships (viewer);"

    /* What others did in a user's name. Kept for a while, not for ever; it goes with the user. */
    "CREATE TABLE delegations ("
    "  serial INTEGER PRIMARY KEY,"
    "  user INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,"
    "  time INTEGER NOT NULL, by_user TEXT NOT NULL, what TEXT NOT NULL) STRICT;"
    "CREATE INDEX delegations_of_user ON delegations (user);"
    "CREATE INDEX delegations_by_time ON delegations (time);"

    /* Which of its user's rules a claim met at the door, bit by bit, and of which rules that was found. */
    "ALTER TABLE claims ADD COLUMN rules_met INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE claims ADD COLUMN rules_stamp INTEGER NOT NULL DEFAULT 0;"
    /* For when the template is gone. */
    "ALTER TABLE choices ADD COLUMN stays INTEGER NOT NULL DEFAULT 0;" },
};

const MusterdSchemaStep *
musterd_schema_get_steps (gsize *n_steps)
{
  *n_steps = G_N_ELEMENTS (steps);
  return steps;
}

int
musterd_schema_get_version (void)
{
  return steps[G_N_ELEMENTS (steps) - 1].version;
}

gboolean
musterd_schema_look (sqlite3 *db, MusterdSchemaKind *kind, gint64 *version, GError **error)
{
  gint64 application = 0, user_version = 0, n_objects = 0;

  if (!musterd_sql_get_int (db, "PRAGMA application_id", &application, error)
      || !musterd_sql_get_int (db, "PRAGMA user_version", &user_version, error)
      || !musterd_sql_get_int (db, "SELECT count (*) FROM sqlite_schema", &n_objects, error))
    return FALSE;

  *version = user_version;
  if (application == 0 && user_version == 0 && n_objects == 0)
    *kind = MUSTERD_SCHEMA_EMPTY;
  else if (application != MUSTERD_SCHEMA_APPLICATION || user_version < 1)
    *kind = MUSTERD_SCHEMA_FOREIGN;
  else if (user_version > musterd_schema_get_version ())
    *kind = MUSTERD_SCHEMA_NEWER;
  else
    *kind = MUSTERD_SCHEMA_OURS;
  return TRUE;
}

gboolean
musterd_schema_check (sqlite3 *db, MusterdSchemaKind *kind, GError **error)
{
  g_autofree char *name = g_filename_display_name (sqlite3_db_filename (db, "main"));
  gint64 version = 0;

  if (!musterd_schema_look (db, kind, &version, error))
    return FALSE;
  if (*kind == MUSTERD_SCHEMA_FOREIGN)
    g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE,
                 "opening the store: %s: this is a database of another program; it was left as it is", name);
  if (*kind == MUSTERD_SCHEMA_NEWER)
    g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE,
                 "opening the store: %s: it was written by a newer version of Muster (schema %" G_GINT64_FORMAT
                 ", this one reads up to %d); it was left as it is: install the newer version again, or restore "
                 "a backup made before it",
                 name, version, musterd_schema_get_version ());
  return *kind == MUSTERD_SCHEMA_EMPTY || *kind == MUSTERD_SCHEMA_OURS;
}

static gboolean
take_step (sqlite3 *db, const MusterdSchemaStep *step, GError **error)
{
  g_autofree char *stamp = g_strdup_printf ("PRAGMA application_id = %d; PRAGMA user_version = %d",
                                            MUSTERD_SCHEMA_APPLICATION, step->version);

  return musterd_sql_exec (db, "BEGIN IMMEDIATE", error) && musterd_sql_exec (db, step->sql, error)
         && musterd_sql_exec (db, stamp, error) && musterd_sql_exec (db, "COMMIT", error);
}

gboolean
musterd_schema_migrate (sqlite3 *db, const MusterdSchemaStep *table, gsize n_steps, GError **error)
{
  gint64 version = 0;
  gboolean is_new = FALSE;

  if (!musterd_sql_get_int (db, "PRAGMA user_version", &version, error))
    return FALSE;
  is_new = version == 0;
  for (gsize i = 0; i < n_steps; i++)
    {
      if (table[i].version <= version)
        continue;
      if (!take_step (db, &table[i], error))
        {
          g_prefix_error (error, "bringing the store to schema %d: ", table[i].version);
          if (!sqlite3_get_autocommit (db))
            musterd_sql_exec (db, "ROLLBACK", NULL);
          return FALSE;
        }
      if (!is_new)
        g_message ("store brought from schema %" G_GINT64_FORMAT " to %d", version, table[i].version);
      version = table[i].version;
    }
  return TRUE;
}
