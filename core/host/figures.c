/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the host can say of each instance in numbers. */
#define G_LOG_DOMAIN "muster-host"

#include "host/instance.h"

static void
figures_free (gpointer data)
{
  MusterdInstanceFigures *figures = data;

  g_free (figures->name);
  g_free (figures->plugin);
  g_free (figures->version);
  g_free (figures);
}

static MusterdInstanceFigures *
figures_new (MusterdInstance *instance)
{
  MusterdInstanceFigures *figures = g_new0 (MusterdInstanceFigures, 1);

  figures->name = g_strdup (instance->name);
  figures->plugin = g_strdup (instance->config->plugin);
  figures->version = instance->module != NULL ? g_strdup (instance->module->descriptor->version) : NULL;
  figures->enabled = instance->gone ? MUSTERD_ENABLED_NO : instance->config->enabled;
  figures->state = instance->state;
  figures->paused = instance->paused;
  figures->responding = !instance->not_responding && (instance->run != NULL || !instance->abandoned);
  figures->n_users = musterd_instance_get_n_users (instance);
  figures->n_troubled = instance->troubles->len + musterd_assign_get_n_refused (instance);
  figures->n_actions = instance->actions->len;
  figures->n_queued = instance->run != NULL ? musterd_queue_get_length (musterd_run_get_queue (instance->run)) : 0;
  figures->n_messages = instance->n_messages;
  figures->n_refused = instance->n_refused;
  figures->n_starts = instance->n_starts;
  figures->n_lines = instance->log.n_written;
  figures->n_lines_left_out = instance->log.n_left_out;
  figures->is_sink = musterd_dispatch_get_stats (instance->host->services.dispatch, instance->name, &figures->sink);
  return figures;
}

GPtrArray *
musterd_host_get_figures (MusterdHost *host)
{
  GPtrArray *all = g_ptr_array_new_full (host->instances->len, figures_free);

  for (guint i = 0; i < host->instances->len; i++)
    {
      MusterdInstance *instance = g_ptr_array_index (host->instances, i);

      musterd_host_look_at (instance);
      g_ptr_array_add (all, figures_new (instance));
    }
  return all;
}
