/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* "musterd --check": what would keep the daemon from starting, without starting or leaving the machine. */
#define G_LOG_DOMAIN "muster-main"

#include "main/daemon.h"
#include "main/log.h"

#include <stdio.h>

static void
print_lines (const char *what, GPtrArray *lines)
{
  /* As they are: the names of files may be in any encoding. */
  for (guint i = 0; i < lines->len; i++)
    fprintf (stderr, "%s%s\n", what, (const char *) g_ptr_array_index (lines, i));
}

/* No store: the running daemon has it, and whoever checks may not be allowed to read it. */
static gboolean
check_plugins (const MusterdOptions *options, const MusterdConfig *config, GPtrArray *problems, GPtrArray *warnings)
{
  g_autofree char *plugin_dir = musterd_daemon_plugin_dir (options, config);
  g_autoptr(MusterdClock) clock = musterd_clock_new_real ();
  g_autoptr(GError) error = NULL;
  MusterdEngine *engine = musterd_engine_new (clock, NULL, NULL, &error);

  if (engine == NULL)
    {
      g_ptr_array_add (problems, g_strdup (error->message));
      return FALSE;
    }

  MusterdDispatch *dispatch = musterd_dispatch_new (engine, clock);
  const MusterdHostServices services
      = { .engine = engine, .dispatch = dispatch, .clock = clock, .plugin_dir = plugin_dir };
  MusterdHost *host = musterd_host_new (&services);
  gboolean right = musterd_host_check (host, config, problems, warnings);

  musterd_host_free (host);
  musterd_dispatch_free (dispatch);
  musterd_engine_free (engine);
  return right;
}

static gboolean
check_doors (const MusterdOptions *options, const MusterdConfig *config, GPtrArray *problems)
{
  g_autoptr(GPtrArray) addresses = NULL;
  g_autoptr(GTlsCertificate) certificate = NULL;
  g_autoptr(GError) error = NULL;

  if (musterd_daemon_find_doors (options, config, &addresses, &error)
      && musterd_daemon_load_certificate (config, &certificate, &error))
    return TRUE;
  g_ptr_array_add (problems, g_strdup (error->message));
  return FALSE;
}

int
musterd_check_run (const MusterdOptions *options)
{
  g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func (g_free);

  musterd_log_writer_set_level (options->verbose ? "info" : "warning");

  g_autoptr(MusterdConfig) config = musterd_config_load (options->config, problems, NULL);
  gboolean right = config != NULL && check_plugins (options, config, problems, warnings);

  right = config != NULL && check_doors (options, config, problems) && right;

  print_lines ("", problems);
  print_lines ("warning: ", warnings);
  if (!right)
    return 1;

  guint n_enabled = 0;

  for (guint i = 0; i < config->instances->len; i++)
    if (((const MusterdInstanceConfig *) g_ptr_array_index (config->instances, i))->enabled != MUSTERD_ENABLED_NO)
      n_enabled++;
  printf ("configuration is valid: %u instance%s", n_enabled, n_enabled == 1 ? "" : "s");
  if (n_enabled < config->instances->len)
    printf (", and %u disabled", config->instances->len - n_enabled);
  printf ("\n");
  return 0;
}
