/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Secrets as administrators see and change them: which there are, who refers to them, and that whoever does takes up a
 * new one. */
#define G_LOG_DOMAIN "muster-host"

#include "host/instance.h"

#include <string.h>

static void
use_free (gpointer data)
{
  MusterdSecretUse *use = data;

  g_free (use->name);
  g_free (use->instance);
  g_free (use->option);
  g_free (use);
}

void
musterd_secret_report_free (MusterdSecretReport *report)
{
  g_clear_pointer (&report->list, musterd_secret_list_free);
  g_ptr_array_unref (report->uses);
  g_free (report);
}

static void
add_use (GPtrArray *uses, const MusterdInstance *instance, const char *option, const char *name)
{
  MusterdSecretUse *use = NULL;

  if (!musterd_secret_name_is_valid (name))
    return;
  use = g_new0 (MusterdSecretUse, 1);
  use->name = g_strdup (name);
  use->instance = g_strdup (instance->name);
  use->option = g_strdup (option);
  g_ptr_array_add (uses, use);
}

/* What the plugin's table says is a secret; of a plugin that was never opened, what looks like a reference to one. */
static void
add_uses_of (GPtrArray *uses, const MusterdInstance *instance)
{
  const MusterPluginDescriptor *descriptor = instance->module != NULL ? instance->module->descriptor : NULL;
  const GPtrArray *entries = instance->config != NULL ? instance->config->entries : NULL;

  if (instance->gone)
    return;
  for (gsize i = 0; descriptor != NULL && i < descriptor->n_options; i++)
    {
      const MusterOption *option = muster_option_nth (descriptor->options, descriptor->option_size, i);

      if (option->type == MUSTER_OPTION_SECRET)
        add_use (uses, instance, option->name, musterd_instance_referred_secret (instance->config, option));
    }
  for (guint i = 0; descriptor == NULL && entries != NULL && i < entries->len; i++)
    {
      const MusterdEntry *entry = entries->pdata[i];

      if (g_str_has_prefix (entry->value, MUSTERD_SECRET_PREFIX))
        add_use (uses, instance, entry->key, entry->value + strlen (MUSTERD_SECRET_PREFIX));
    }
}

static GPtrArray *
find_uses (MusterdHost *host)
{
  GPtrArray *uses = g_ptr_array_new_with_free_func (use_free);

  for (guint i = 0; i < host->instances->len; i++)
    add_uses_of (uses, host->instances->pdata[i]);
  return uses;
}

static GError *
no_secrets (void)
{
  return g_error_new_literal (MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE, "this daemon keeps no secrets");
}

/* Looking. */

typedef struct
{
  MusterdSecretReport  *report;
  MusterdSecretListFunc func;
  gpointer              user_data;
} ListJob;

static void
on_listed (GObject *object G_GNUC_UNUSED, GAsyncResult *result, gpointer data)
{
  g_autofree ListJob *job = data;
  g_autoptr(GError) error = NULL;

  job->report->list = musterd_secrets_list_finish (result, &error);
  if (error != NULL)
    g_clear_pointer (&job->report, musterd_secret_report_free);
  job->func (job->report, error, job->user_data);
}

void
musterd_host_list_secrets (MusterdHost *host, MusterdSecretListFunc func, gpointer user_data)
{
  g_autoptr(GPtrArray) names = g_ptr_array_new ();
  ListJob *job = NULL;

  if (host->services.secrets == NULL)
    {
      g_autoptr(GError) error = no_secrets ();

      func (NULL, error, user_data);
      return;
    }
  job = g_new0 (ListJob, 1);
  job->report = g_new0 (MusterdSecretReport, 1);
  job->report->uses = find_uses (host);
  job->func = func;
  job->user_data = user_data;
  for (guint i = 0; i < job->report->uses->len; i++)
    g_ptr_array_add (names, ((MusterdSecretUse *) job->report->uses->pdata[i])->name);
  g_ptr_array_add (names, NULL);
  musterd_secrets_list_async (host->services.secrets, (const char *const *) names->pdata, on_listed, job);
}

/* Changing. */

typedef struct
{
  MusterdHostLink      *link;
  char                 *name;
  MusterdSecretSetFunc  func;
  gpointer              user_data;
} ChangeJob;

/* A plugin that has read a secret need not look at it again; one whose configuration changes is started anew, and this
 * is such a change. */
static GPtrArray *
restart_users (MusterdHost *host, const char *name)
{
  g_autoptr(GPtrArray) uses = find_uses (host);
  GPtrArray *restarted = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < uses->len; i++)
    {
      const MusterdSecretUse *use = uses->pdata[i];
      MusterdInstance *instance = musterd_host_find (host, use->instance);

      if (!g_str_equal (use->name, name)
          || g_ptr_array_find_with_equal_func (restarted, use->instance, g_str_equal, NULL))
        continue;
      if (musterd_instance_restart (instance, "its secret has changed"))
        g_ptr_array_add (restarted, g_strdup (use->instance));
    }
  return restarted;
}

static void
finish_change (ChangeJob *job, MusterdSecretPlace place, gboolean ring_locked, const GError *error)
{
  MusterdHost *host = job->link->host;
  g_autoptr(GPtrArray) restarted
      = error == NULL && host != NULL ? restart_users (host, job->name) : g_ptr_array_new_with_free_func (g_free);
  const MusterdSecretChange change = { .place = place, .ring_locked = ring_locked, .restarted = restarted };

  job->func (&change, error, job->user_data);
  musterd_host_link_unref (job->link);
  g_free (job->name);
  g_free (job);
}

static void
on_set (GObject *object G_GNUC_UNUSED, GAsyncResult *result, gpointer data)
{
  ChangeJob *job = data;
  g_autoptr(GError) error = NULL;
  gboolean ring_locked = FALSE;
  const MusterdSecretPlace place = musterd_secrets_put_finish (result, &ring_locked, &error);

  finish_change (job, place, ring_locked, error);
}

static void
on_removed (GObject *object G_GNUC_UNUSED, GAsyncResult *result, gpointer data)
{
  ChangeJob *job = data;
  g_autoptr(GError) error = NULL;
  gboolean ring_locked = FALSE;

  musterd_secrets_remove_finish (result, &ring_locked, &error);
  finish_change (job, MUSTERD_SECRET_NOWHERE, ring_locked, error);
}

/* NULL: answered. */
static ChangeJob *
change_job_new (MusterdHost *host, const char *name, MusterdSecretSetFunc func, gpointer user_data)
{
  ChangeJob *job = NULL;

  if (host->services.secrets == NULL)
    {
      g_autoptr(GPtrArray) none = g_ptr_array_new ();
      g_autoptr(GError) error = no_secrets ();

      func (&(MusterdSecretChange){ .restarted = none }, error, user_data);
      return NULL;
    }
  job = g_new0 (ChangeJob, 1);
  job->link = musterd_host_link_ref (host->link);
  job->name = g_strdup (name);
  job->func = func;
  job->user_data = user_data;
  return job;
}

void
musterd_host_set_secret (MusterdHost *host, const char *name, const char *secret, MusterdSecretSetFunc func,
                         gpointer user_data)
{
  ChangeJob *job = change_job_new (host, name, func, user_data);

  if (job != NULL)
    musterd_secrets_put_async (host->services.secrets, name, secret, on_set, job);
}

void
musterd_host_remove_secret (MusterdHost *host, const char *name, MusterdSecretSetFunc func, gpointer user_data)
{
  ChangeJob *job = change_job_new (host, name, func, user_data);

  if (job != NULL)
    musterd_secrets_remove_async (host->services.secrets, name, on_removed, job);
}
