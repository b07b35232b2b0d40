/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "store-test.h"
#include "store/schema.h"

#define ALICE "alice@example.com"

/* The hash is the number in each of its bytes. */
static MusterdToken *
make_token (const char *id, guint8 number, const char *user)
{
  guint8 hash[MUSTERD_TOKEN_HASH_SIZE];

  memset (hash, number, sizeof hash);
  return musterd_token_new (id, hash, MUSTERD_TOKEN_BEARER, user != NULL ? MUSTERD_SCOPE_USER : MUSTERD_SCOPE_MONITOR,
                            user, user != NULL ? "Küche" : NULL, "root", 1000,
                            user != NULL ? 5000 : MUSTERD_TIME_NEVER);
}

static void
put_token (MusterdStore *store, const char *id, guint8 number, const char *user)
{
  MusterdBatch *batch = musterd_batch_new ();
  g_autoptr(MusterdToken) token = make_token (id, number, user);

  musterd_batch_put_token (batch, token);
  test_write (store, batch, TRUE);
}

static int
compare_ids (gconstpointer a, gconstpointer b)
{
  return strcmp ((*(MusterdToken *const *) a)->id, (*(MusterdToken *const *) b)->id);
}

/* One line for each token. */
static char *
dump_tokens (MusterdStore *store)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GPtrArray) tokens = musterd_store_load_tokens (store, &error);
  GString *text = g_string_new (NULL);

  g_assert_no_error (error);
  g_ptr_array_sort (tokens, compare_ids);
  for (guint i = 0; i < tokens->len; i++)
    {
      const MusterdToken *token = tokens->pdata[i];

      for (guint j = 1; j < MUSTERD_TOKEN_HASH_SIZE; j++)
        g_assert_cmpint (token->hash[j], ==, token->hash[0]);
      g_string_append_printf (text, "%s %d %s %s %s %s %s %" G_GINT64_FORMAT " %s\n", token->id, token->hash[0],
                              token->kind == MUSTERD_TOKEN_LINK ? "link" : "bearer",
                              musterd_token_scope_to_string (token->scope), token->user != NULL ? token->user : "-",
                              token->label != NULL ? token->label : "-", token->by, token->created,
                              token->expires == MUSTERD_TIME_NEVER ? "never" : "ends");
    }
  return g_string_free (text, FALSE);
}

static void
assert_tokens (const char *dir, const char *expected)
{
  g_autoptr(MusterdStore) store = test_open (dir);
  g_autofree char *text = dump_tokens (store);

  g_assert_cmpstr (text, ==, expected);
}

#define OF_ALICE "a 7 bearer user " ALICE " Küche root 1000 ends\n"
#define OF_NOBODY "m 8 bearer monitor - - root 1000 never\n"

static void
make_store (const char *dir)
{
  g_autoptr(MusterdStore) store = test_open (dir);

  test_put_user (store, ALICE);
  put_token (store, "a", 7, ALICE);
  put_token (store, "m", 8, NULL);
}

static void
test_round_trip (void)
{
  char *dir = test_dir_new ();

  make_store (dir);
  assert_tokens (dir, OF_ALICE OF_NOBODY);
  test_dir_remove (dir);
}

static void
test_remove (void)
{
  char *dir = test_dir_new ();
  g_autoptr(MusterdStore) store = NULL;
  MusterdBatch *batch = musterd_batch_new ();

  make_store (dir);
  store = test_open (dir);
  musterd_batch_remove_token (batch, "a");
  musterd_batch_remove_token (batch, "none such");
  test_write (store, batch, TRUE);
  g_clear_pointer (&store, musterd_store_close);
  assert_tokens (dir, OF_NOBODY);
  test_dir_remove (dir);
}

/* And one of the same name does not inherit. */
static void
test_user_removed (void)
{
  char *dir = test_dir_new ();
  g_autoptr(MusterdStore) store = NULL;
  MusterdBatch *batch = musterd_batch_new ();

  make_store (dir);
  store = test_open (dir);
  musterd_batch_remove_user (batch, ALICE);
  test_write (store, batch, TRUE);
  test_put_user (store, ALICE);
  g_clear_pointer (&store, musterd_store_close);
  assert_tokens (dir, OF_NOBODY);
  test_dir_remove (dir);
}

/* A link is exchanged for a token in one batch: either both, or neither. */
static void
test_exchange_is_whole (void)
{
  char *dir = test_dir_new ();
  g_autoptr(MusterdStore) store = NULL;
  g_autoptr(MusterdToken) token = make_token ("b", 8, ALICE); /* with the hash of "m" */
  MusterdBatch *batch = musterd_batch_new ();
  TestAnswer answer = { 0 };

  make_store (dir);
  store = test_open (dir);
  musterd_batch_remove_token (batch, "a");
  musterd_batch_put_token (batch, token);
  musterd_store_write (store, batch, TRUE, on_test_answer, &answer);
  test_wait (&answer.done);
  g_assert_error (answer.error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID);
  test_answer_clear (&answer);
  g_clear_pointer (&store, musterd_store_close);
  assert_tokens (dir, OF_ALICE OF_NOBODY);
  test_dir_remove (dir);
}

static void
test_of_unknown_user (void)
{
  char *dir = test_dir_new ();
  g_autoptr(MusterdStore) store = test_open (dir);
  g_autoptr(MusterdToken) token = make_token ("b", 9, "bob");
  MusterdBatch *batch = musterd_batch_new ();
  TestAnswer answer = { 0 };

  musterd_batch_put_token (batch, token);
  musterd_store_write (store, batch, TRUE, on_test_answer, &answer);
  test_wait (&answer.done);
  g_assert_error (answer.error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND);
  test_answer_clear (&answer);
  g_clear_pointer (&store, musterd_store_close);
  assert_tokens (dir, "");
  test_dir_remove (dir);
}

/* As the version before tokens left it. */
static void
test_from_schema_1 (void)
{
  char *dir = test_dir_new ();
  gsize n_steps = 0;
  const MusterdSchemaStep *steps = musterd_schema_get_steps (&n_steps);
  g_autofree char *sql = g_strdup_printf ("%s; PRAGMA application_id = %d; PRAGMA user_version = 1;"
                                          "INSERT INTO users (id, name) VALUES ('" ALICE "', 'Alice')",
                                          steps[0].sql, MUSTERD_SCHEMA_APPLICATION);
  g_autoptr(MusterdStore) store = NULL;
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;

  g_assert_cmpuint (n_steps, >=, 2);
  g_free (test_sql (dir, sql));
  store = test_open (dir);
  before = test_dump (store);
  g_assert_cmpstr (before, ==, "user " ALICE " name=Alice\n");
  after = dump_tokens (store);
  g_assert_cmpstr (after, ==, "");
  put_token (store, "a", 7, ALICE);
  g_clear_pointer (&store, musterd_store_close);
  assert_tokens (dir, OF_ALICE);
  test_dir_remove (dir);
}

typedef struct
{
  GAsyncResult *result;
  volatile int  done;
} Copied;

static void
on_copied (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Copied *copied = user_data;

  g_assert_null (source);
  copied->result = g_object_ref (result);
  copied->done = TRUE;
}

static void
test_backup (void)
{
  char *dir = test_dir_new ();
  g_autofree char *copy = test_path (dir, "copy");
  g_autoptr(MusterdStore) store = NULL;
  g_autoptr(GError) error = NULL;
  Copied backup = { 0 }, restore = { 0 };
  MusterdBatch *batch = musterd_batch_new ();

  make_store (dir);
  store = test_open (dir);
  musterd_store_backup_async (store, copy, on_copied, &backup);
  test_wait (&backup.done);
  musterd_store_backup_finish (store, backup.result, &error);
  g_assert_no_error (error);
  musterd_batch_remove_token (batch, "a");
  test_write (store, batch, TRUE);
  musterd_store_restore_async (store, copy, on_copied, &restore);
  test_wait (&restore.done);
  musterd_store_restore_finish (store, restore.result, &error);
  g_assert_no_error (error);
  g_object_unref (backup.result);
  g_object_unref (restore.result);
  g_clear_pointer (&store, musterd_store_close);
  assert_tokens (dir, OF_ALICE OF_NOBODY);
  test_dir_remove (dir);
}

/* Rows that are not to be believed: none of them may let anybody in. */
typedef struct
{
  const char *name, *sql, *warning;
} Skipped;

static const Skipped skipped[] = {
  { "scope", "UPDATE tokens SET scope = 99 WHERE id = 'a'", "tokens*unknown scope" },
  { "scope-none", "UPDATE tokens SET scope = 0 WHERE id = 'a'", "tokens*unknown scope" },
  { "kind", "UPDATE tokens SET kind = 2 WHERE id = 'a'", "tokens*unknown kind" },
  { "user-lost", "PRAGMA foreign_keys = OFF; DELETE FROM users", "tokens*user is not there" },
  { "user-lost-admin", "PRAGMA foreign_keys = OFF; UPDATE tokens SET scope = 3 WHERE id = 'a'; DELETE FROM users",
    "tokens*user is not there" },
  { "user-none", "UPDATE tokens SET user = NULL WHERE id = 'a'", "tokens*user is not there" },
  { "user-of-monitor", "UPDATE tokens SET scope = 4 WHERE id = 'a'", "tokens*scope has no user" },
  { "label-long", "UPDATE tokens SET label = printf ('%200s', 'x') WHERE id = 'a'", "tokens*text is too long" },
};

static void
test_skipped (gconstpointer data)
{
  const Skipped *c = data;
  char *dir = test_dir_new ();

  make_store (dir);
  g_free (test_sql (dir, c->sql));
  assert_tokens (dir, OF_NOBODY);
  g_assert_cmpuint (test_take_warnings (c->warning), ==, 1);
  test_dir_remove (dir);
}

int
main (int argc, char **argv)
{
  test_init (&argc, &argv);
  g_test_add_func ("/store/tokens/round-trip", test_round_trip);
  g_test_add_func ("/store/tokens/remove", test_remove);
  g_test_add_func ("/store/tokens/user-removed", test_user_removed);
  g_test_add_func ("/store/tokens/exchange-is-whole", test_exchange_is_whole);
  g_test_add_func ("/store/tokens/of-unknown-user", test_of_unknown_user);
  g_test_add_func ("/store/tokens/from-schema-1", test_from_schema_1);
  g_test_add_func ("/store/tokens/backup", test_backup);
  for (gsize i = 0; i < G_N_ELEMENTS (skipped); i++)
    {
      g_autofree char *path = g_strconcat ("/store/tokens/skipped/", skipped[i].name, NULL);

      g_test_add_data_func (path, &skipped[i], test_skipped);
    }
  return g_test_run ();
}
