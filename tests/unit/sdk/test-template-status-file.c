/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "muster-testing.h"

#include <glib/gstdio.h>

extern const MusterPluginDescriptor *muster_plugin_1_query (void);

typedef struct
{
  char          *dir;
  MusterTesting *testing;
  MusterUser    *user;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  static const MusterUserData alice = { .id = "../alice@example.com" };
  g_autoptr(GError) error = NULL;

  (void) data;
  f->dir = g_dir_make_tmp ("muster-status-file-XXXXXX", &error);
  g_assert_no_error (error);
  f->testing = muster_testing_new (muster_plugin_1_query (), "status-file");
  f->user = muster_testing_user_new (f->testing, &alice);
  g_assert_true (muster_testing_set_option (f->testing, "directory", f->dir, NULL));
  muster_testing_start (f->testing, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  (void) data;
  muster_testing_free (f->testing);
  muster_user_unref (f->user);
  g_rmdir (f->dir);
  g_free (f->dir);
}

static void
test_writes (Fixture *f, gconstpointer data)
{
  static const MusterDesiredData busy = { .status = MUSTER_STATUS_BUSY };
  const MusterDelivery delivery = muster_testing_apply (f->testing, f->user, &busy);
  g_autoptr(MusterMessage) message = muster_testing_wait (f->testing, MUSTER_VERB_DELIVERY_COMPLETE);
  g_autofree char *path = g_build_filename (f->dir, "..%2Falice@example.com.status", NULL);
  g_autofree char *contents = NULL;

  (void) data;
  g_assert_cmpuint (message->serial, ==, delivery);
  g_assert_cmpuint (message->value, ==, MUSTER_DELIVERY_APPLIED);
  g_assert_cmpstr (message->detail[0], ==, "file");
  g_assert_cmpstr (message->detail[1], ==, path);
  g_assert_true (g_file_get_contents (path, &contents, NULL, NULL));
  g_assert_cmpstr (contents, ==, "busy\n");
  g_unlink (path);
}

static void
test_directory_gone (Fixture *f, gconstpointer data)
{
  static const MusterDesiredData busy = { .status = MUSTER_STATUS_BUSY };

  (void) data;
  g_rmdir (f->dir);
  muster_testing_apply (f->testing, f->user, &busy);
  g_autoptr(MusterMessage) message = muster_testing_wait (f->testing, MUSTER_VERB_DELIVERY_COMPLETE);
  g_assert_cmpuint (message->value, ==, MUSTER_DELIVERY_UNREACHABLE);
  g_assert_true (g_str_has_prefix (message->text, "writing status: "));
}

static void
test_closed_under_way (Fixture *f, gconstpointer data)
{
  static const MusterDesiredData busy = { .status = MUSTER_STATUS_BUSY };
  g_autofree char *path = g_build_filename (f->dir, "..%2Falice@example.com.status", NULL);

  (void) data;
  muster_testing_apply (f->testing, f->user, &busy);
  muster_testing_stop (f->testing);
  g_assert_cmpuint (muster_testing_count (f->testing, MUSTER_VERB_CLOSED), ==, 1);
  g_assert_cmpuint (muster_testing_count (f->testing, MUSTER_VERB_DELIVERY_COMPLETE), ==, 1);
  g_unlink (path); /* written or not: it was cancelled under way */
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/template/status-file/writes", Fixture, NULL, set_up, test_writes, tear_down);
  g_test_add ("/template/status-file/directory-gone", Fixture, NULL, set_up, test_directory_gone, tear_down);
  g_test_add ("/template/status-file/closed-under-way", Fixture, NULL, set_up, test_closed_under_way, tear_down);
  return g_test_run ();
}
