/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Long keys are kept short, and nobody notices. */
#include <glib/gstdio.h>
#include <string.h>

#include "fixture.h"

static char *
long_key (char last)
{
  g_autofree char *fill = g_strnfill (MUSTERD_CLAIM_KEY_MAX - 1, 'A');

  return g_strdup_printf ("%s%c", fill, last);
}

static MusterdClaim *
meeting (const char *key)
{
  MusterdClaim *claim = musterd_claim_new ("ews", "calendar", key, MUSTERD_CLAIM_APPOINTMENT);

  claim->from = T0;
  claim->until = T0 + MUSTERD_HOUR;
  claim->free_busy = MUSTERD_FREE_BUSY_BUSY;
  claim->response = MUSTERD_RESPONSE_ORGANIZER;
  return claim;
}

/* The only verdict on alice's claims; the caller frees `why`. */
static const MusterdVerdict *
only_verdict (MusterdEngine *engine, MusterdWhy **why)
{
  *why = musterd_engine_why (engine, "alice", NULL);
  g_assert_cmpuint ((*why)->claims->len, ==, 1);
  return g_ptr_array_index ((*why)->claims, 0);
}

static void
test_short (void)
{
  g_autofree char *longest_kept = g_strnfill (MUSTERD_CLAIM_KEY_KEPT, 'k');
  g_autofree char *kept = musterd_claim_dup_short_key (longest_kept);
  g_autofree char *one = long_key ('1'), *two = long_key ('2');
  g_autofree char *short_one = musterd_claim_dup_short_key (one), *short_two = musterd_claim_dup_short_key (two);
  g_autofree char *again = musterd_claim_dup_short_key (short_one);

  g_assert_cmpstr (kept, ==, longest_kept);
  g_assert_cmpstr (short_one, !=, short_two);
  g_assert_cmpstr (again, ==, short_one);
  g_assert_cmpuint (strlen (short_one), <=, MUSTERD_CLAIM_KEY_KEPT);
  /* It is in stores: for ever the same. */
  g_assert_cmpstr (short_one, ==, "~eumyOkjcqFKy6sQNZNoBOw");
}

static void
test_verbs (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  g_autofree char *key = long_key ('1');
  g_autofree char *word = g_strconcat ("ews/", key, NULL);
  g_autoptr(MusterdClaim) first = meeting (key), second = meeting (key), third = meeting (key);
  g_autoptr(MusterdWhy) why = NULL, ignored = NULL, gone = NULL;

  g_assert_true (musterd_engine_claim_put (fixture->engine, "alice", first, NULL));
  g_assert_true (musterd_engine_claim_put (fixture->engine, "alice", second, NULL));
  g_assert_true (musterd_engine_claims_replace (fixture->engine, "ews", "alice", "calendar", MUSTERD_TIME_ALWAYS,
                                                MUSTERD_TIME_NEVER, &third, 1, NULL));
  g_assert_cmpuint (strlen (only_verdict (fixture->engine, &why)->claim->key), <=, MUSTERD_CLAIM_KEY_KEPT);

  musterd_engine_ignore (fixture->engine, "alice", word, NULL, on_done, fixture);
  fixture_rest ();
  g_assert_no_error (fixture->error);
  g_assert_cmpint (only_verdict (fixture->engine, &ignored)->outcome, ==, MUSTERD_OUTCOME_IGNORED);

  g_assert_true (musterd_engine_claim_drop (fixture->engine, "ews", "alice", key, NULL));
  gone = musterd_engine_why (fixture->engine, "alice", NULL);
  g_assert_cmpuint (gone->claims->len, ==, 0);
}

static void
count_claim (gpointer data, const char *user G_GNUC_UNUSED, MusterdClaim *claim)
{
  g_assert_cmpuint (strlen (claim->key), <=, MUSTERD_CLAIM_KEY_KEPT);
  ++*(guint *) data;
  musterd_claim_unref (claim);
}

static void
count_ignore (gpointer data, const char *user G_GNUC_UNUSED, MusterdIgnore *ignore)
{
  g_assert_cmpuint (strlen (ignore->key), <=, MUSTERD_CLAIM_KEY_KEPT);
  *(guint *) data += 100;
  musterd_ignore_free (ignore);
}

/* What was written when keys were kept as they came still holds, and is written anew. */
static void
test_store (void)
{
  static const MusterdStoreReader counter = { .claim = count_claim, .ignore = count_ignore };
  g_autofree char *dir = g_dir_make_tmp ("muster-keys-XXXXXX", NULL);
  g_autofree char *db = g_build_filename (dir, "muster.db", NULL), *lock = g_build_filename (dir, "lock", NULL);
  g_autofree char *key = long_key ('1');
  g_autoptr(MusterdClock) clock = musterd_clock_new_virtual (T0);
  g_autoptr(MusterdSettings) settings = musterd_settings_new_default ();
  g_autoptr(GError) error = NULL;
  MusterdStore *store = musterd_store_open (dir, &error);
  MusterdBatch *batch = musterd_batch_new ();
  const char *fields[MUSTERD_N_USER_FIELDS] = { NULL };
  g_autoptr(MusterdUser) alice = musterd_user_new ("alice", fields, NULL, &error);
  g_autoptr(MusterdClaim) claim = meeting (key);
  const MusterdIgnore ignore = { .source = (char *) "ews", .key = key, .from = T0 };
  g_autoptr(MusterdWhy) why = NULL;
  MusterdEngine *engine;
  guint found = 0;

  g_assert_no_error (error);
  claim->began = T0;
  musterd_batch_put_user (batch, alice);
  musterd_batch_put_claim (batch, "alice", claim);
  musterd_batch_put_ignore (batch, "alice", &ignore);
  musterd_store_write (store, batch, TRUE, NULL, NULL);
  musterd_store_close (store);

  store = musterd_store_open (dir, &error);
  g_assert_no_error (error);
  engine = musterd_engine_new (clock, store, settings, &error);
  g_assert_no_error (error);
  g_assert_cmpint (only_verdict (engine, &why)->outcome, ==, MUSTERD_OUTCOME_IGNORED);
  musterd_engine_free (engine);
  musterd_store_close (store);

  store = musterd_store_open (dir, &error);
  g_assert_no_error (error);
  g_assert_true (musterd_store_load (store, &counter, &found, &error));
  g_assert_cmpuint (found, ==, 101);
  musterd_store_close (store);
  g_remove (db);
  g_remove (lock);
  g_assert_cmpint (g_rmdir (dir), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/engine/keys/short", test_short);
  FIXTURE_TEST ("/engine/keys/verbs", test_verbs);
  g_test_add_func ("/engine/keys/store", test_store);
  return g_test_run ();
}
