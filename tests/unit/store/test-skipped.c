/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rows that nobody of this version wrote: left out, with one warning for each kind, and the rest is there. */
#include "store-test.h"

typedef struct
{
  const char *name;
  const char *sql;
  const char *warning; /* what each warning says */
  guint       n_more_warnings;
  gboolean    alice_is_left_out;
} Skipped;

#define CLAIM(key, set, kind, free_busy, response, flags, from, until, lease, text) \
  "INSERT INTO claims VALUES (1, 'ews', " key ", " set ", " kind ", " free_busy ", " response ", " flags ", " from \
  ", " until ", 0, " lease ", NULL, NULL, " text ", NULL, NULL, NULL, 0, 0);"

static const Skipped cases[] = {
  { "claim-kind", CLAIM ("'x'", "''", "99", "4", "0", "0", "1", "2", "0", "NULL"),
    "1 row(s) of 'claims'*unknown kind*alice" },
  { "claim-kind-many",
    CLAIM ("'x'", "''", "99", "4", "0", "0", "1", "2", "0", "NULL")
        CLAIM ("'y'", "''", "-1", "4", "0", "0", "1", "2", "0", "NULL")
            CLAIM ("'z'", "''", "4294967296", "4", "0", "0", "1", "2", "0", "NULL"),
    "3 row(s) of 'claims'*unknown kind*alice" },
  { "claim-free-busy", CLAIM ("'x'", "''", "5", "6", "0", "0", "1", "2", "0", "NULL"), "'claims'*unknown free/busy" },
  { "claim-response", CLAIM ("'x'", "''", "5", "4", "77", "0", "1", "2", "0", "NULL"), "'claims'*unknown response" },
  { "claim-flags", CLAIM ("'x'", "''", "5", "4", "0", "8", "1", "2", "0", "NULL"), "'claims'*unknown flag" },
  { "claim-ends-first", CLAIM ("'x'", "''", "5", "4", "0", "0", "2", "2", "0", "NULL"),
    "'claims'*the end is not after the beginning" },
  { "claim-lease", CLAIM ("'x'", "''", "5", "4", "0", "0", "1", "2", "-1", "NULL"), "'claims'*lease is negative" },
  { "claim-not-utf8", CLAIM ("'x'", "''", "5", "4", "0", "0", "1", "2", "0", "CAST (x'41ff42' AS TEXT)"),
    "'claims'*not UTF-8" },
  { "claim-key-not-utf8", CLAIM ("CAST (x'c0' AS TEXT)", "''", "5", "4", "0", "0", "1", "2", "0", "NULL"),
    "'claims'*not UTF-8" },
  { "claim-zero-byte", CLAIM ("'x'", "''", "5", "4", "0", "0", "1", "2", "0", "CAST (x'410042' AS TEXT)"),
    "'claims'*not UTF-8" },
  { "claim-too-long",
    CLAIM ("'x'", "''", "5", "4", "0", "0", "1", "2", "0", "CAST (hex (zeroblob (40000)) AS TEXT)"),
    "'claims'*too long" },
  { "claim-of-nobody",
    "PRAGMA foreign_keys = OFF; INSERT INTO claims SELECT 77, source, key, set_name, kind, free_busy, response, flags,"
    " from_time, until_time, began, lease, lease_until, role, text, link, greeting_internal, greeting_external, 0, 0"
    " FROM claims WHERE user = 1",
    "'claims'*user is not there" },
  { "choice-status", "INSERT INTO choices VALUES (1, 1, NULL, 7, NULL, 1, 2, NULL, 0)", "'choices'*unknown status" },
  { "choice-status-none", "INSERT INTO choices VALUES (1, 1, NULL, 0, NULL, 1, 2, NULL, 0)", "'choices'*unknown status" },
  { "ignore-not-utf8", "INSERT INTO ignores VALUES (1, 'ews', CAST (x'ff' AS TEXT), 1)", "'ignores'*not UTF-8" },
  { "client-state", "INSERT INTO clients VALUES (1, 'api', 'pc', 4, 1, 1, 0, NULL)", "'clients'*unknown state" },
  { "device-state", "INSERT INTO devices VALUES (1, 'pbx', '1', 0, NULL, 1, 0, NULL)", "'devices'*unknown state" },
  { "shown-status", "INSERT INTO shown VALUES (1, -3, NULL, 1, NULL)", "'shown'*unknown status" },
  { "shown-ended", "INSERT INTO shown VALUES (1, 3, NULL, 1, CAST (x'ff' AS TEXT))", "'shown'*" },
  { "attribute-not-utf8", "INSERT INTO user_attributes VALUES (1, 'a.b', CAST (x'ff' AS TEXT))",
    "'user_attributes'*not UTF-8" },
  { "grant-level", "INSERT INTO relationships VALUES (1, 'user:x', 1, 5)", "'relationships'*unknown level*alice" },
  { "grant-word", "INSERT INTO relationships VALUES (1, 'user:x', 2, 1)", "'relationships'*neither the owner's*" },
  { "grant-viewer", "INSERT INTO relationships VALUES (1, 'group:', 1, 1)", "'relationships'*unknown viewer*" },
  { "grant-not-utf8", "INSERT INTO relationships VALUES (1, CAST (x'ff' AS TEXT), 1, 1)",
    "'relationships'*not UTF-8" },
  { "user-zone", "UPDATE users SET zone = 'Mars/Olympus' WHERE user = 1", "'users'*time zone*alice" },
  { "user-id", "UPDATE users SET id = 'a b' WHERE user = 1", "'*", 3, TRUE },
  { "user-not-utf8", "UPDATE users SET name = CAST (x'ff' AS TEXT) WHERE user = 1", "'*", 3, TRUE },
};

static const char bob[] = "user bob@example.com\n";

static void
test_skipped (gconstpointer data)
{
  const Skipped *c = data;
  char *dir = test_dir_new ();
  g_autoptr(MusterdStore) store = test_open (dir);
  g_autoptr(MusterdClaim) claim = test_claim ("ews", "good", 1, 2);
  MusterdBatch *batch = musterd_batch_new ();
  MusterdIgnore ignore = { (char *) "ews", (char *) "good", 1 };

  test_put_user (store, "alice@example.com");
  test_put_user (store, "bob@example.com");
  musterd_batch_put_claim (batch, "alice@example.com", claim);
  musterd_batch_put_ignore (batch, "alice@example.com", &ignore);
  test_choice (batch, "alice@example.com", 1, "here");
  musterd_batch_put_claim (batch, "bob@example.com", claim);
  test_write (store, batch, FALSE);

  g_autofree char *before = test_dump (store);

  g_clear_pointer (&store, musterd_store_close);
  g_free (test_sql (dir, c->sql));

  g_autofree char *after = test_dump_dir (dir);

  if (!c->alice_is_left_out)
    g_assert_cmpstr (after, ==, before);
  else
    {
      g_autofree char *expected = g_strconcat (
          bob, "claim bob@example.com ews/calendar/good appointment busy none 000 1..2 1 0..never - - - - -\n", NULL);

      g_assert_cmpstr (after, ==, expected);
    }
  g_assert_cmpuint (test_take_warnings (c->warning), ==, 1 + c->n_more_warnings);
  test_dir_remove (dir);
}

int
main (int argc, char **argv)
{
  test_init (&argc, &argv);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/store/skipped/", cases[i].name, NULL);

      g_test_add_data_func (path, &cases[i], test_skipped);
    }
  return g_test_run ();
}
