/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The published schemas, and recorded answers of servers. Neither is ours to ship, so they lie beside the source:
 * ../shared/contracts and ../shared/samples, or where MUSTER_CONTRACTS and MUSTER_SAMPLES say. Without them the test is
 * skipped, or fails where MUSTER_CONTRACTS_REQUIRED=1. */
#pragma once

#include <glib.h>

/* NULL: not there; the running test is skipped or has failed. */
static inline char *
beside_the_source (const char *variable, const char *folder, const char *file)
{
  const char *root = g_getenv (variable);
  g_autofree char *near = g_build_filename (g_getenv ("MUSTER_SOURCE_ROOT"), "..", "shared", folder, NULL);
  g_autofree char *path = g_build_filename (root != NULL ? root : near, "ews", file, NULL);

  if (g_file_test (path, G_FILE_TEST_EXISTS))
    return g_steal_pointer (&path);
  if (g_strcmp0 (g_getenv ("MUSTER_CONTRACTS_REQUIRED"), "1") == 0)
    g_test_fail_printf ("%s is not there: set %s", path, variable);
  else
    {
      g_autofree char *text = g_strdup_printf ("%s is not there: set %s", path, variable);
      g_test_skip (text);
    }
  return NULL;
}
