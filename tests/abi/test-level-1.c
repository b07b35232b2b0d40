/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A plugin compiled for API level 1 against today's library: accepted, started, and understood. */
#include "muster-testing.h"

#include <dlfcn.h>

static const char *plugin_file;

static const MusterPluginDescriptor *
load (void)
{
  const MusterPluginDescriptor *(*query) (void) = NULL;
  void *module = dlopen (plugin_file, RTLD_NOW | RTLD_LOCAL);

  if (module == NULL)
    g_error ("opening %s: %s", plugin_file, dlerror ());
  *(void **) &query = dlsym (module, "muster_plugin_1_query");
  g_assert_nonnull (query);
  return query ();
}

static void
test_accepted (void)
{
  const MusterPluginDescriptor *descriptor = load ();
  g_autofree char *reason = muster_descriptor_check (descriptor);

  g_assert_cmpstr (reason, ==, NULL);
  g_assert_cmpuint (descriptor->abi, ==, 1);
  g_assert_cmpuint (descriptor->api_level, ==, 1);
}

static void
test_understood (void)
{
  static const MusterUserData data = { .id = "alice@example.com" };
  static const MusterDesiredData busy = { .status = MUSTER_STATUS_BUSY };
  g_autoptr(MusterTesting) testing = muster_testing_new (load (), "level-1");
  g_autoptr(MusterUser) user = muster_testing_user_new (testing, &data);

  g_assert_true (muster_testing_start (testing, NULL));
  g_autoptr(MusterMessage) replace = muster_testing_wait (testing, MUSTER_VERB_CLAIMS_REPLACE);
  g_assert_cmpuint (replace->n_claims, ==, 2);
  g_assert_cmpstr (replace->claims[0].key, ==, "a");
  g_assert_cmpstr (replace->claims[0].text, ==, "first");
  g_assert_true (replace->claims[0].is_private);
  g_assert_cmpstr (replace->claims[1].key, ==, "b");
  g_assert_cmpint (replace->claims[1].free_busy, ==, MUSTER_FREE_BUSY_OUT_OF_OFFICE);
  g_assert_cmpuint (replace->claims[1].n_attendees, ==, 3);

  muster_testing_apply (testing, user, &busy);
  g_autoptr(MusterMessage) complete = muster_testing_wait (testing, MUSTER_VERB_DELIVERY_COMPLETE);
  g_assert_cmpstr (complete->detail[0], ==, "alice@example.com");
  g_assert_cmpstr (complete->detail[1], ==, "busy");
  muster_testing_stop (testing);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  if (argc != 2)
    g_error ("usage: %s PLUGIN.so", argv[0]);
  plugin_file = argv[1];
  g_test_add_func ("/abi/level-1/accepted", test_accepted);
  g_test_add_func ("/abi/level-1/understood", test_understood);
  return g_test_run ();
}
