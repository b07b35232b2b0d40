/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-bench"

#include "core.h"

#include <glib/gstdio.h>

#define STOP_TIMEOUT (20 * G_TIME_SPAN_SECOND)

char *
bench_install_plugins (Bench *bench)
{
  static const char *const names[] = { "bench-source.so", "bench-sink.so" };
  g_autofree char *folder = g_build_filename (bench_get_folder (bench), "plugins", NULL);

  g_mkdir (folder, 0755);
  g_chmod (folder, 0755);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *from = g_build_filename (BENCH_PLUGINS, names[i], NULL);
      g_autofree char *to = g_build_filename (folder, names[i], NULL);
      g_autofree char *contents = NULL;
      g_autoptr(GError) error = NULL;
      gsize length = 0;

      if (!g_file_get_contents (from, &contents, &length, &error)
          || !g_file_set_contents (to, contents, (gssize) length, &error))
        g_error ("installing %s: %s", names[i], error->message);
      g_chmod (to, 0644);
    }
  return g_steal_pointer (&folder);
}

BenchCore *
bench_core_new (Bench *bench, const char *state_dir, const char *keyfile)
{
  BenchCore *core = g_new0 (BenchCore, 1);
  g_autoptr(MusterdSettings) settings = musterd_settings_new_default ();
  g_autoptr(GError) error = NULL;

  core->plugin_dir = bench_install_plugins (bench);
  core->clock = musterd_clock_new_real ();
  core->store = musterd_store_open (state_dir, &error);
  if (core->store != NULL)
    core->engine = musterd_engine_new (core->clock, core->store, settings, &error);
  if (core->engine == NULL)
    g_error ("starting: %s", error->message);
  core->dispatch = musterd_dispatch_new (core->engine, core->clock);

  const MusterdHostServices services = { .engine = core->engine,
                                         .dispatch = core->dispatch,
                                         .clock = core->clock,
                                         .store = core->store,
                                         .plugin_dir = core->plugin_dir };

  core->host = musterd_host_new (&services);
  if (keyfile != NULL)
    {
      g_autofree char *path = g_build_filename (bench_get_folder (bench), "muster.conf", NULL);
      g_autoptr(MusterdConfig) config = NULL;

      if (g_file_set_contents (path, keyfile, -1, &error))
        config = musterd_config_load (path, NULL, &error);
      if (config == NULL || !musterd_host_apply (core->host, config, &error))
        g_error ("starting instances: %s", error->message);
    }
  return core;
}

static void
on_stopped (gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
}

void
bench_core_free (BenchCore *core)
{
  gboolean stopped = FALSE;

  musterd_host_stop (core->host, STOP_TIMEOUT, on_stopped, &stopped);
  while (!stopped)
    g_main_context_iteration (NULL, TRUE);
  musterd_host_free (core->host);
  musterd_dispatch_free (core->dispatch);
  musterd_engine_free (core->engine);
  musterd_store_close (core->store);
  musterd_clock_unref (core->clock);
  g_free (core->plugin_dir);
  g_free (core);
}
