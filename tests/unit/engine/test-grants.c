/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What users grant each other: ordered, on disk, in force, told. */
#include <glib/gstdio.h>

#include "engine/private.h"
#include "fixture.h"

static const MusterdGrant to_bob = { (char *) "bob", MUSTERD_VIEWER_USER, MUSTERD_RELATION_ASSISTANT, TRUE };
static const MusterdGrant bob_central = { (char *) "bob", MUSTERD_VIEWER_USER, MUSTERD_RELATION_EMPLOYEE, FALSE };
static const MusterdGrant to_sales = { (char *) "Sales", MUSTERD_VIEWER_GROUP, MUSTERD_RELATION_TEAM_COLLEAGUE, TRUE };

typedef struct
{
  GString *told; /* "owner:n " for each */
} Ear;

static void
on_access (const MusterdAccess *access, gsize n, gpointer data)
{
  Ear *ear = data;

  for (gsize i = 0; i < n; i++)
    {
      g_assert_nonnull (access[i].settings);
      g_string_append_printf (ear->told, "%s:%u ", access[i].user->id,
                              access[i].grants != NULL ? access[i].grants->n : 0);
    }
}

static void
give (Fixture *fixture, const char *owner, const MusterdGrant *what)
{
  musterd_engine_grant (fixture->engine, owner, what, NULL, on_done, fixture);
  fixture_rest ();
}

static void
take_back (Fixture *fixture, const char *owner, const MusterdGrant *what)
{
  musterd_engine_revoke (fixture->engine, owner, what, NULL, on_done, fixture);
  fixture_rest ();
}

static void
remove_user (Fixture *fixture, const char *id)
{
  musterd_engine_remove_user (fixture->engine, id, on_done, fixture);
  fixture_rest ();
}

static guint
count (Fixture *fixture, const char *owner)
{
  const MusterdGrants *grants = musterd_engine_get_grants (fixture->engine, owner);

  return grants != NULL ? grants->n : 0;
}

static void
test_grant_and_revoke (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  Ear ear = { g_string_new (NULL) };
  guint64 revision;

  fixture_add_user (fixture, "bob");
  musterd_engine_listen_access (fixture->engine, on_access, &ear);
  revision = musterd_engine_get_revision (fixture->engine);
  give (fixture, "alice", &to_bob);
  g_assert_no_error (fixture->error);
  g_assert_cmpuint (musterd_engine_get_revision (fixture->engine), >, revision);
  give (fixture, "alice", &bob_central);
  give (fixture, "alice", &to_sales);
  g_assert_cmpstr (ear.told->str, ==, "alice:1 alice:2 alice:3 ");
  g_assert_cmpuint (count (fixture, "bob"), ==, 0);
  take_back (fixture, "alice", &to_bob);
  g_assert_no_error (fixture->error);
  g_assert_cmpuint (count (fixture, "alice"), ==, 2);
  take_back (fixture, "alice", &to_bob);
  g_assert_error (fixture->error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND);
  musterd_engine_unlisten (fixture->engine, &ear);
  take_back (fixture, "alice", &to_sales);
  g_assert_cmpstr (ear.told->str, ==, "alice:1 alice:2 alice:3 alice:2 ");
  g_string_free (ear.told, TRUE);
}

static void
test_refused (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  const MusterdGrant to_alice = { (char *) "alice", MUSTERD_VIEWER_USER, MUSTERD_RELATION_ASSISTANT, TRUE };

  give (fixture, "alice", &to_bob);
  g_assert_error (fixture->error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND);
  give (fixture, "nobody", &to_alice);
  g_assert_error (fixture->error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND);
  give (fixture, "alice", &to_alice);
  g_assert_error (fixture->error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID);
  fixture->settings->users_may = MUSTERD_EXTENSION_NEITHER;
  give (fixture, "alice", &to_sales);
  g_assert_error (fixture->error, MUSTERD_ERROR, MUSTERD_ERROR_FORBIDDEN);
  g_assert_cmpuint (count (fixture, "alice"), ==, 0);
}

static void
test_too_many (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  MusterdGrant to_group = to_sales;

  for (guint i = 0; i < MUSTERD_GRANTS_MAX; i++)
    {
      g_autofree char *name = g_strdup_printf ("g%u", i);

      to_group.name = name;
      give (fixture, "alice", &to_group);
      g_assert_no_error (fixture->error);
    }
  to_group.name = (char *) "g7";
  give (fixture, "alice", &to_group);
  g_assert_no_error (fixture->error);
  give (fixture, "alice", &to_sales);
  g_assert_error (fixture->error, MUSTERD_ERROR, MUSTERD_ERROR_LIMIT);
  g_assert_cmpuint (count (fixture, "alice"), ==, MUSTERD_GRANTS_MAX);
}

/* A viewer who goes takes along what was granted to them, also what is on its way, and those who granted it are told. */
static void
test_viewer_removed (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  Ear ear = { g_string_new (NULL) };

  fixture_add_user (fixture, "bob");
  fixture_add_user (fixture, "carol");
  give (fixture, "alice", &to_bob);
  give (fixture, "alice", &bob_central);
  give (fixture, "alice", &to_sales);
  give (fixture, "carol", &to_bob);
  musterd_engine_listen_access (fixture->engine, on_access, &ear);
  remove_user (fixture, "bob");
  g_assert_no_error (fixture->error);
  g_assert_cmpuint (count (fixture, "alice"), ==, 1);
  g_assert_cmpuint (count (fixture, "carol"), ==, 0);
  g_assert_true (g_str_equal (ear.told->str, "alice:1 carol:0 ") || g_str_equal (ear.told->str, "carol:0 alice:1 "));
  fixture_add_user (fixture, "bob");
  g_assert_cmpuint (count (fixture, "alice"), ==, 1);

  musterd_engine_grant (fixture->engine, "alice", &to_bob, NULL, on_done, fixture);
  musterd_engine_remove_user (fixture->engine, "bob", on_done, fixture);
  musterd_engine_grant (fixture->engine, "carol", &to_bob, NULL, on_done, fixture);
  fixture_rest ();
  g_assert_error (fixture->error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND);
  g_assert_cmpuint (count (fixture, "alice"), ==, 1);
  g_assert_cmpuint (count (fixture, "carol"), ==, 0);
  musterd_engine_unlisten (fixture->engine, &ear);
  g_string_free (ear.told, TRUE);
}

static void
collect (MusterdUser *user, MusterdPresence *presence G_GNUC_UNUSED, gpointer data)
{
  g_ptr_array_add (data, musterd_user_ref (user));
}

/* The same for those whom a table does not name any more, owners and viewers together. */
static void
test_viewers_synced_away (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  g_autoptr(GPtrArray) put = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_user_unref);
  g_autoptr(GPtrArray) removed = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_user_unref);
  g_autoptr(GPtrArray) known = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_user_unref);

  fixture_add_user (fixture, "bob");
  fixture_add_user (fixture, "carol");
  give (fixture, "alice", &to_bob);
  give (fixture, "alice", &to_sales);
  give (fixture, "carol", &to_bob);
  g_ptr_array_add (removed, musterd_user_ref (musterd_engine_get_user (fixture->engine, "carol")));
  g_ptr_array_add (removed, musterd_user_ref (musterd_engine_get_user (fixture->engine, "bob")));
  musterd_engine_foreach_user (fixture->engine, collect, known);
  musterd_engine_sync_users (fixture->engine, put, removed, known, on_done, fixture);
  fixture_rest ();
  g_assert_no_error (fixture->error);
  g_assert_cmpuint (count (fixture, "alice"), ==, 1);
  fixture_add_user (fixture, "bob");
  g_assert_cmpuint (count (fixture, "alice"), ==, 1);
  g_assert_cmpuint (g_hash_table_size (fixture->engine->granted), ==, 0);
}

/* An owner who goes grants nothing any more: whoever is removed after them is nothing to them. */
static void
test_owner_removed (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  fixture_add_user (fixture, "bob");
  give (fixture, "alice", &to_bob);
  remove_user (fixture, "alice");
  g_assert_null (musterd_engine_get_grants (fixture->engine, "alice"));
  fixture_add_user (fixture, "alice");
  g_assert_cmpuint (count (fixture, "alice"), ==, 0);
  remove_user (fixture, "bob");
  g_assert_no_error (fixture->error);
}

/* Nobody is acknowledged what a restart would take back. */
static void
test_restart (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  g_autofree char *dir = g_dir_make_tmp ("muster-grants-XXXXXX", NULL);
  g_autoptr(GDir) left = NULL;
  g_autoptr(GError) error = NULL;
  MusterdStore *store = NULL;
  const MusterdGrant *found;
  const char *name;

  for (guint run = 0; run < 2; run++)
    {
      musterd_engine_free (fixture->engine);
      g_clear_pointer (&store, musterd_store_close);
      store = musterd_store_open (dir, &error);
      g_assert_no_error (error);
      fixture->engine = musterd_engine_new (fixture->clock, store, fixture->settings, &error);
      g_assert_no_error (error);
      if (run == 1)
        break;
      for (guint i = 0; i < 2; i++)
        {
          guint before = fixture->n_done;

          fixture_add_user (fixture, i == 0 ? "alice" : "bob");
          while (fixture->n_done == before)
            g_main_context_iteration (NULL, TRUE);
        }
      for (const MusterdGrant *const *what = (const MusterdGrant *const[]){ &to_bob, &bob_central, &to_sales, NULL };
           *what != NULL; what++)
        {
          guint before = fixture->n_done;

          musterd_engine_grant (fixture->engine, "alice", *what, NULL, on_done, fixture);
          while (fixture->n_done == before)
            g_main_context_iteration (NULL, TRUE);
          g_assert_no_error (fixture->error);
        }
    }
  g_assert_cmpuint (count (fixture, "alice"), ==, 3);
  found = musterd_grants_find (musterd_engine_get_grants (fixture->engine, "alice"), MUSTERD_VIEWER_USER, "bob", TRUE);
  g_assert_cmpint (found->level, ==, MUSTERD_RELATION_ASSISTANT);
  /* What was loaded is found from the viewer's end, too. */
  g_assert_true (g_hash_table_contains (fixture->engine->granted, "bob"));

  musterd_engine_free (fixture->engine);
  musterd_store_close (store);
  fixture->engine = musterd_engine_new (fixture->clock, NULL, fixture->settings, &error);
  left = g_dir_open (dir, 0, NULL);
  while ((name = g_dir_read_name (left)) != NULL)
    {
      g_autofree char *path = g_build_filename (dir, name, NULL);

      g_unlink (path);
    }
  g_assert_cmpint (g_rmdir (dir), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  FIXTURE_TEST ("/engine/grants/grant-and-revoke", test_grant_and_revoke);
  FIXTURE_TEST ("/engine/grants/refused", test_refused);
  FIXTURE_TEST ("/engine/grants/too-many", test_too_many);
  FIXTURE_TEST ("/engine/grants/viewer-removed", test_viewer_removed);
  FIXTURE_TEST ("/engine/grants/viewers-synced-away", test_viewers_synced_away);
  FIXTURE_TEST ("/engine/grants/owner-removed", test_owner_removed);
  FIXTURE_TEST ("/engine/grants/restart", test_restart);
  return g_test_run ();
}
