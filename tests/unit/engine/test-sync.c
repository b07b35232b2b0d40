/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Users put and removed together. */
#include <glib/gstdio.h>

#include "fixture.h"

static void
collect (MusterdUser *user, MusterdPresence *presence G_GNUC_UNUSED, gpointer data)
{
  g_ptr_array_add (data, musterd_user_ref (user));
}

static GPtrArray *
list_users (MusterdEngine *engine)
{
  GPtrArray *users = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_user_unref);

  musterd_engine_foreach_user (engine, collect, users);
  return users;
}

/* The user of this id, as the engine has it. */
static GPtrArray *
users_of (MusterdEngine *engine, const char *id)
{
  GPtrArray *users = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_user_unref);

  g_ptr_array_add (users, musterd_user_ref (musterd_engine_get_user (engine, id)));
  return users;
}

static GPtrArray *
new_users (const char *const *ids)
{
  const char *fields[MUSTERD_N_USER_FIELDS] = { [MUSTERD_USER_MOBILE] = "0170" };
  GPtrArray *users = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_user_unref);

  for (gsize i = 0; ids[i] != NULL; i++)
    g_ptr_array_add (users, musterd_user_new (ids[i], fields, NULL, NULL));
  return users;
}

static const char *const alice_and_carol[] = { "alice", "carol", NULL };

static void
test_sync (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  g_autoptr(GPtrArray) put = new_users (alice_and_carol);
  g_autoptr(GPtrArray) removed = NULL;
  g_autoptr(GPtrArray) known = NULL;

  fixture_add_user (fixture, "bob");
  removed = users_of (fixture->engine, "bob");
  known = list_users (fixture->engine);
  musterd_engine_choose (fixture->engine, "bob", "Busy", MUSTERD_STATUS_NONE, NULL, MUSTERD_TIME_NEVER, NULL, on_done,
                         fixture);
  musterd_engine_sync_users (fixture->engine, put, removed, known, on_done, fixture);
  g_assert_nonnull (musterd_engine_get_user (fixture->engine, "bob"));
  fixture_rest ();
  g_assert_no_error (fixture->error);
  g_assert_null (musterd_engine_get_user (fixture->engine, "bob"));
  g_assert_null (musterd_engine_get_presence (fixture->engine, "bob"));
  g_assert_nonnull (musterd_engine_get_presence (fixture->engine, "carol"));
  g_assert_cmpstr (musterd_engine_get_user (fixture->engine, "alice")->fields[MUSTERD_USER_MOBILE], ==, "0170");

  /* The same once more was reckoned from what is no more. */
  musterd_engine_sync_users (fixture->engine, put, removed, known, on_done, fixture);
  fixture_rest ();
  g_assert_error (fixture->error, MUSTERD_ERROR, MUSTERD_ERROR_CONFLICT);
}

/* What anybody changes between the reckoning and its turn is not overwritten. */
static void
test_stale (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  static const char *const alice_only[] = { "alice", NULL };
  g_autoptr(GPtrArray) put = new_users (alice_and_carol);
  g_autoptr(GPtrArray) changed = new_users (alice_only);
  g_autoptr(GPtrArray) removed = NULL;
  g_autoptr(GPtrArray) known = NULL;

  fixture_add_user (fixture, "bob");
  removed = users_of (fixture->engine, "bob");
  known = list_users (fixture->engine);
  musterd_engine_put_users (fixture->engine, (MusterdUser *const *) changed->pdata, 1, MUSTERD_PUT_ANY, on_done,
                            fixture);
  musterd_engine_sync_users (fixture->engine, put, removed, known, on_done, fixture);
  fixture_rest ();
  g_assert_error (fixture->error, MUSTERD_ERROR, MUSTERD_ERROR_CONFLICT);
  g_assert_nonnull (musterd_engine_get_user (fixture->engine, "bob"));
  g_assert_null (musterd_engine_get_user (fixture->engine, "carol"));
  g_assert_true (musterd_engine_get_user (fixture->engine, "alice") == changed->pdata[0]);
}

static void
run_until_done (Fixture *fixture)
{
  fixture->n_done = 0;
  while (fixture->n_done == 0)
    g_main_context_iteration (NULL, TRUE);
}

/* On disk when it is answered. */
static void
test_disk (void)
{
  g_autofree char *dir = g_dir_make_tmp ("muster-sync-XXXXXX", NULL);
  g_autoptr(GPtrArray) put = new_users (alice_and_carol);
  g_autoptr(GPtrArray) removed = NULL;
  g_autoptr(GPtrArray) known = NULL;
  Fixture fixture = { .clock = musterd_clock_new_virtual (T0), .settings = musterd_settings_new_default () };
  MusterdStore *store = musterd_store_open (dir, NULL);
  static const char *const bob_only[] = { "bob", NULL };
  g_autoptr(GPtrArray) bob = new_users (bob_only);
  g_autoptr(GDir) left = NULL;
  const char *name;

  g_assert_nonnull (store);
  fixture.engine = musterd_engine_new (fixture.clock, store, fixture.settings, NULL);
  musterd_engine_put_users (fixture.engine, (MusterdUser *const *) bob->pdata, 1, MUSTERD_PUT_NEW, on_done, &fixture);
  run_until_done (&fixture);
  g_assert_no_error (fixture.error);
  removed = users_of (fixture.engine, "bob");
  known = list_users (fixture.engine);
  musterd_engine_sync_users (fixture.engine, put, removed, known, on_done, &fixture);
  run_until_done (&fixture);
  g_assert_no_error (fixture.error);
  musterd_engine_free (fixture.engine);
  musterd_store_close (store);

  store = musterd_store_open (dir, NULL);
  fixture.engine = musterd_engine_new (fixture.clock, store, fixture.settings, NULL);
  g_assert_cmpuint (musterd_engine_get_n_users (fixture.engine), ==, 2);
  g_assert_null (musterd_engine_get_user (fixture.engine, "bob"));
  musterd_engine_free (fixture.engine);
  musterd_store_close (store);
  musterd_settings_unref (fixture.settings);
  musterd_clock_unref (fixture.clock);
  fixture_rest ();

  left = g_dir_open (dir, 0, NULL);
  while ((name = g_dir_read_name (left)) != NULL)
    {
      g_autofree char *path = g_build_filename (dir, name, NULL);

      g_assert_cmpint (g_remove (path), ==, 0);
    }
  g_assert_cmpint (g_rmdir (dir), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  FIXTURE_TEST ("/sync/both", test_sync);
  FIXTURE_TEST ("/sync/stale", test_stale);
  g_test_add_func ("/sync/disk", test_disk);
  return g_test_run ();
}
