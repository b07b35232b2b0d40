/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What of the engine's changes comes to the replica, and when: the reader of the feed may be slow, and may come in
 * between. */
#include <glib/gstdio.h>

#include "api/feed.h"

#define T0 (G_GINT64_CONSTANT (1772438400) * MUSTERD_SECOND)

typedef struct
{
  MusterdClock    *clock;
  MusterdSettings *settings;
  MusterdStore    *store; /* nullable */
  MusterdEngine   *engine;
  MusterdFeed     *feed;
  MusterdReplica  *replica;
  guint            n_done;
  gboolean         in_between; /* is there as soon as the feed knows of a user, before their presence */
} Fixture;

static gboolean
on_woken (gpointer data G_GNUC_UNUSED)
{
  return G_SOURCE_REMOVE;
}

static void
take (Fixture *fixture)
{
  g_ptr_array_unref (musterd_feed_take (fixture->feed, fixture->replica));
  g_assert_cmpuint (musterd_replica_get_revision (fixture->replica), <=,
                    musterd_engine_get_revision (fixture->engine));
}

static void
on_users (MusterdUser *const *changed G_GNUC_UNUSED, gsize n_changed, const char *const *removed G_GNUC_UNUSED,
          gsize n_removed G_GNUC_UNUSED, gpointer data)
{
  Fixture *fixture = data;

  if (!fixture->in_between || n_changed == 0)
    return;
  take (fixture);
  g_assert_nonnull (musterd_replica_get_user (fixture->replica, "alice"));
  g_assert_null (musterd_replica_get_presence (fixture->replica, "alice"));
}

static void
on_done (const GError *error, gpointer data)
{
  g_assert_no_error (error);
  ((Fixture *) data)->n_done++;
}

static void
wait_done (Fixture *fixture)
{
  while (fixture->n_done == 0)
    g_main_context_iteration (NULL, TRUE);
  fixture->n_done = 0;
}

static void
put_user (Fixture *fixture, const char *id, const char *name)
{
  const char *fields[MUSTERD_N_USER_FIELDS] = { [MUSTERD_USER_NAME] = name };
  g_autoptr(MusterdUser) user = musterd_user_new (id, fields, NULL, NULL);

  musterd_engine_put_users (fixture->engine, &user, 1, MUSTERD_PUT_ANY, on_done, fixture);
  wait_done (fixture);
}

static void
remove_user (Fixture *fixture, const char *id)
{
  musterd_engine_remove_user (fixture->engine, id, on_done, fixture);
  wait_done (fixture);
}

static void
start (Fixture *fixture)
{
  g_autoptr(GError) error = NULL;

  fixture->engine = musterd_engine_new (fixture->clock, fixture->store, fixture->settings, &error);
  g_assert_no_error (error);
  fixture->replica = musterd_replica_new ();
  fixture->feed = musterd_feed_new (fixture->engine, g_main_context_default (), on_woken, NULL);
  musterd_engine_listen (fixture->engine, NULL, on_users, fixture);
  take (fixture);
}

static void
stop (Fixture *fixture)
{
  musterd_feed_free (fixture->feed);
  musterd_replica_free (fixture->replica);
  musterd_engine_free (fixture->engine);
}

static void
set_up (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  fixture->clock = musterd_clock_new_virtual (T0);
  fixture->settings = musterd_settings_new_default ();
}

static void
tear_down (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  musterd_settings_unref (fixture->settings);
  musterd_clock_unref (fixture->clock);
}

/* Who is removed and added again before anybody looks is somebody new: nothing of the old one is shown any more. */
static void
test_anew (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  g_autoptr(GPtrArray) changes = NULL;
  guint64 before;

  start (fixture);
  put_user (fixture, "alice", "Alice");
  take (fixture);
  g_assert_nonnull (musterd_replica_get_presence (fixture->replica, "alice"));
  before = musterd_replica_get_revision (fixture->replica);

  remove_user (fixture, "alice");
  fixture->in_between = TRUE;
  put_user (fixture, "alice", "Alice II"); /* looks in on_users() */
  {
    g_autoptr(MusterdReplicaNews) news = musterd_replica_list (fixture->replica, NULL, before, NULL);

    g_assert_false (news->complete);
    g_assert_cmpuint (news->items->len, ==, 0);
    g_assert_cmpuint (news->removed->len, ==, 1);
  }
  take (fixture);
  g_assert_true (musterd_replica_get_presence (fixture->replica, "alice")
                 == musterd_engine_get_presence (fixture->engine, "alice"));
  {
    g_autoptr(MusterdReplicaNews) news = musterd_replica_list (fixture->replica, NULL, before, NULL);

    g_assert_cmpuint (news->items->len, ==, 1);
    g_assert_cmpuint (news->removed->len, ==, 0);
  }

  /* All of it at once. */
  fixture->in_between = FALSE;
  remove_user (fixture, "alice");
  put_user (fixture, "alice", "Alice III");
  changes = musterd_feed_take (fixture->feed, fixture->replica);
  g_assert_cmpuint (changes->len, ==, 1);
  g_assert_true (((MusterdReplicaChange *) changes->pdata[0])->anew);
  g_assert_nonnull (((MusterdReplicaChange *) changes->pdata[0])->before);
  g_assert_cmpstr (musterd_replica_get_user (fixture->replica, "alice")->fields[MUSTERD_USER_NAME], ==, "Alice III");
  stop (fixture);
}

/* The replica never counts further than the engine, however its changes are taken. */
static void
some_changes (Fixture *fixture)
{
  for (guint i = 0; i < 400; i++)
    {
      g_autofree char *id = g_strdup_printf ("user%d", g_test_rand_int_range (0, 5));
      g_autofree char *name = g_strdup_printf ("%u", i);

      if (g_test_rand_int_range (0, 3) > 0)
        put_user (fixture, id, name);
      else if (musterd_engine_get_user (fixture->engine, id) != NULL)
        remove_user (fixture, id);
      if (g_test_rand_bit ())
        take (fixture);
    }
  /* One by one, where each is a place of its own. */
  for (guint i = 0; i < 100; i++)
    {
      put_user (fixture, "user0", i % 2 == 0 ? "one" : "other");
      take (fixture);
      remove_user (fixture, "user0");
      take (fixture);
    }
}

static void
test_revision (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  start (fixture);
  some_changes (fixture);
  stop (fixture);
}

static void
test_restart (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  g_autofree char *dir = g_dir_make_tmp ("muster-feed-XXXXXX", NULL);
  g_autoptr(GDir) left = NULL;
  const char *name;
  guint64 given_out;

  fixture->store = musterd_store_open (dir, NULL);
  g_assert_nonnull (fixture->store);
  start (fixture);
  some_changes (fixture);
  given_out = musterd_replica_get_revision (fixture->replica);
  stop (fixture);
  musterd_store_close (fixture->store);

  fixture->store = musterd_store_open (dir, NULL);
  start (fixture);
  g_assert_cmpuint (musterd_engine_get_revision (fixture->engine), >=, given_out);
  g_assert_false (musterd_replica_knows_since (fixture->replica, NULL, given_out));
  stop (fixture);
  musterd_store_close (fixture->store);

  left = g_dir_open (dir, 0, NULL);
  while ((name = g_dir_read_name (left)) != NULL)
    {
      g_autofree char *path = g_build_filename (dir, name, NULL);

      g_unlink (path);
    }
  g_assert_cmpint (g_rmdir (dir), ==, 0);
}

#define TEST(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  TEST ("/feed/anew", test_anew);
  TEST ("/feed/revision", test_revision);
  TEST ("/feed/restart", test_restart);
  return g_test_run ();
}
