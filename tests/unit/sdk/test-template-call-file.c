/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "muster-testing.h"

#include <glib/gstdio.h>

extern const MusterPluginDescriptor *muster_plugin_1_query (void);

#define ALICE "alice@example.com"

typedef struct
{
  char          *dir, *path;
  MusterTesting *testing;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autoptr(GError) error = NULL;

  (void) data;
  f->dir = g_dir_make_tmp ("muster-call-file-XXXXXX", &error);
  g_assert_no_error (error);
  f->path = g_build_filename (f->dir, "in-call", NULL);
  f->testing = muster_testing_new (muster_plugin_1_query (), "call-file");
  g_assert_true (muster_testing_set_option (f->testing, "user", ALICE, NULL));
  g_assert_true (muster_testing_set_option (f->testing, "path", f->path, NULL));
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  (void) data;
  muster_testing_free (f->testing);
  g_unlink (f->path);
  g_rmdir (f->dir);
  g_free (f->path);
  g_free (f->dir);
}

static gsize
wait_for_claims (Fixture *f)
{
  g_autoptr(MusterMessage) replace = muster_testing_wait (f->testing, MUSTER_VERB_CLAIMS_REPLACE);

  g_assert_cmpstr (replace->user, ==, ALICE);
  g_assert_cmpstr (replace->set, ==, "call");
  return replace->n_claims;
}

static void
test_follows_the_file (Fixture *f, gconstpointer data)
{
  g_autoptr(GError) error = NULL;

  (void) data;
  muster_testing_start (f->testing, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (wait_for_claims (f), ==, 0);
  g_autoptr(MusterMessage) health = muster_testing_wait (f->testing, MUSTER_VERB_HEALTH);
  g_assert_cmpuint (health->value, ==, MUSTER_HEALTH_ONLINE);

  /* Several events of the file may come for one change; what counts is where it ends. */
  g_assert_true (g_file_set_contents (f->path, "", -1, NULL));
  while (wait_for_claims (f) != 1)
    continue;
  g_unlink (f->path);
  while (wait_for_claims (f) != 0)
    continue;
}

static void
test_renews (Fixture *f, gconstpointer data)
{
  (void) data;
  g_assert_true (g_file_set_contents (f->path, "", -1, NULL));
  g_assert_true (muster_testing_set_option (f->testing, "lease", "30s", NULL));
  g_assert_true (muster_testing_start (f->testing, NULL));
  g_assert_cmpuint (wait_for_claims (f), ==, 1);
  muster_testing_advance (f->testing, 9 * G_TIME_SPAN_SECOND);
  g_assert_cmpuint (muster_testing_count (f->testing, MUSTER_VERB_CLAIMS_REPLACE), ==, 0);
  muster_testing_advance (f->testing, G_TIME_SPAN_SECOND);
  g_assert_cmpuint (wait_for_claims (f), ==, 1);
  muster_testing_sync (f->testing, NULL);
  g_assert_cmpuint (wait_for_claims (f), ==, 1);
}

static void
test_user_is_required (Fixture *f, gconstpointer data)
{
  g_autoptr(MusterTesting) bare = muster_testing_new (muster_plugin_1_query (), "call-file");
  g_autoptr(GError) error = NULL;

  (void) f;
  (void) data;
  g_assert_false (muster_testing_start (bare, &error));
  g_assert_error (error, MUSTER_ERROR, MUSTER_ERROR_CONFIG);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/template/call-file/follows-the-file", Fixture, NULL, set_up, test_follows_the_file, tear_down);
  g_test_add ("/template/call-file/renews", Fixture, NULL, set_up, test_renews, tear_down);
  g_test_add ("/template/call-file/user-is-required", Fixture, NULL, set_up, test_user_is_required, tear_down);
  return g_test_run ();
}
