/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kill switch of a sink, which survives a restart of the daemon, and draining: giving back all that a sink holds.
 *
 * Paused instances are records of the instance "musterd", which no keyfile may name: key "paused/INSTANCE", about no
 * user. */
#define G_LOG_DOMAIN "muster-host"

#include "host/instance.h"

#include <string.h>

#define PAUSED_PREFIX "paused/"
#define PAUSED_PAGE 1000 /* more than there can be instances */

typedef struct
{
  MusterdDone done; /* nullable */
  gpointer    user_data;
  GError     *error; /* nullable */
} DrainJob;

/* The switch. */

static void
on_paused_read (GObject *object G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  MusterdHostLink *link = user_data;
  MusterdHost *host = link->host;
  g_autoptr(GError) error = NULL;
  g_autoptr(GPtrArray) records = NULL;

  musterd_host_link_unref (link);
  if (host == NULL)
    return;
  records = musterd_store_records_finish (host->services.store, result, &error);
  if (records == NULL)
    {
      /* Not knowing which sinks somebody switched off, we hand nothing to any. */
      g_warning ("reading which sinks are paused: %s; no sink is handed anything", error->message);
      return;
    }

  for (guint i = 0; i < records->len; i++)
    {
      const MusterdRecord *record = g_ptr_array_index (records, i);

      if (g_str_has_prefix (record->key, PAUSED_PREFIX))
        g_hash_table_add (host->paused, g_strdup (record->key + strlen (PAUSED_PREFIX)));
    }
  host->paused_known = TRUE;
  for (guint i = 0; i < host->instances->len; i++)
    {
      MusterdInstance *instance = g_ptr_array_index (host->instances, i);

      instance->paused = instance->paused || g_hash_table_contains (host->paused, instance->name);
      musterd_instance_add_sink (instance);
    }
}

void
musterd_host_load_paused (MusterdHost *host)
{
  if (host->services.store == NULL)
    {
      host->paused_known = TRUE;
      return;
    }
  musterd_store_records_async (host->services.store, MUSTERD_OWN_INSTANCE, NULL, PAUSED_PAGE, on_paused_read,
                               musterd_host_link_ref (host->link));
}

static void
on_paused_written (const GError *error, gpointer user_data)
{
  g_autofree char *name = user_data;

  if (error != NULL)
    g_warning ("remembering that %s is paused or not: %s; a restart of the daemon may forget it", name,
               error->message);
}

static void
remember_paused (MusterdInstance *instance, gboolean paused)
{
  MusterdHost *host = instance->host;
  g_autofree char *key = g_strconcat (PAUSED_PREFIX, instance->name, NULL);
  g_autoptr(GBytes) value = paused ? g_bytes_new_static ("1", 1) : NULL;
  MusterdBatch *batch;

  if (paused)
    g_hash_table_add (host->paused, g_strdup (instance->name));
  else
    g_hash_table_remove (host->paused, instance->name);
  if (host->services.store == NULL)
    return;
  batch = musterd_batch_new ();
  musterd_batch_put_record (batch, MUSTERD_OWN_INSTANCE, NULL, key, value);
  musterd_store_write (host->services.store, batch, TRUE, on_paused_written, g_strdup (instance->name));
}

/* Those not handed over yet: dispatch gets them back, and will try again after the pause. */
static void
give_back (MusterdInstance *instance, GArray *deliveries)
{
  for (guint i = 0; i < deliveries->len; i++)
    musterd_sink_complete (instance->sink, g_array_index (deliveries, guint64, i), MUSTERD_DELIVERY_UNREACHABLE,
                           "the sink was paused before it was its turn", NULL);
}

void
musterd_instance_set_paused (MusterdInstance *instance, gboolean paused)
{
  instance->paused = paused;
  if (instance->sink == NULL)
    return;
  musterd_sink_pause (instance->sink, paused);
  if (paused)
    {
      g_autoptr(GArray) waiting = musterd_outbox_take_back (musterd_run_get_outbox (instance->run));

      give_back (instance, waiting);
      give_back (instance, instance->held);
    }
  g_array_set_size (instance->held, 0);
}

static gboolean
check_sink (MusterdInstance *instance, GError **error)
{
  if (instance->module == NULL)
    g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFLICT, "%s is not running: %s", instance->name,
                 instance->text != NULL ? instance->text : musterd_instance_state_to_string (instance->state));
  else if (!musterd_instance_is_sink (instance))
    g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFLICT, "%s is no sink: it has nothing that could be paused",
                 instance->name);
  else
    return TRUE;
  return FALSE;
}

gboolean
musterd_host_pause (MusterdHost *host, const char *name, gboolean paused, GError **error)
{
  MusterdInstance *instance = musterd_host_require (host, name, error);

  if (instance == NULL || !check_sink (instance, error))
    return FALSE;
  if (instance->paused == paused)
    return TRUE;
  if (!paused && (instance->draining || instance->drain_wanted))
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFLICT,
                   "%s is giving back what it holds: wait until it has, then continue", name);
      return FALSE;
    }
  remember_paused (instance, paused);
  musterd_instance_set_paused (instance, paused);
  musterd_instance_log (instance, MUSTER_LOG_MESSAGE, paused ? "paused: nothing is handed to it" : "continues");
  return TRUE;
}

/* Draining. */

static gboolean
on_drain_answer_due (gpointer data)
{
  DrainJob *job = data;

  if (job->done != NULL)
    job->done (job->error, job->user_data);
  return G_SOURCE_REMOVE;
}

static void
drain_job_free (gpointer data)
{
  DrainJob *job = data;

  g_clear_error (&job->error);
  g_free (job);
}

static void
answer_drain (MusterdHost *host, DrainJob *job, GError *error)
{
  job->error = error;
  musterd_host_later (host, on_drain_answer_due, job, drain_job_free);
}

static gboolean
has_drain (MusterdInstance *instance)
{
  return instance->module != NULL && MUSTER_OPS_HAS (instance->module->descriptor->sink, drain);
}

static gboolean
check_drain (MusterdInstance *instance, GError **error)
{
  if (!check_sink (instance, error))
    return FALSE;
  if (!has_drain (instance))
    g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFLICT, "%s holds nothing to give back", instance->name);
  else if (instance->phase != MUSTERD_PHASE_RUNNING)
    g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFLICT, "%s is not running: %s", instance->name,
                 instance->text != NULL ? instance->text : musterd_instance_state_to_string (instance->state));
  else
    return TRUE;
  return FALSE;
}

void
musterd_host_drain (MusterdHost *host, const char *name, MusterdDone done, gpointer user_data)
{
  DrainJob *job = g_new0 (DrainJob, 1);
  GError *error = NULL;
  MusterdInstance *instance = musterd_host_require (host, name, &error);

  job->done = done;
  job->user_data = user_data;
  if (instance == NULL || !check_drain (instance, &error))
    {
      answer_drain (host, job, error);
      return;
    }
  g_ptr_array_add (instance->drains, job);
  if (!instance->retiring && !instance->paused)
    {
      remember_paused (instance, TRUE);
      musterd_instance_set_paused (instance, TRUE);
    }
  musterd_instance_drain (instance);
}

void
musterd_instance_drain (MusterdInstance *instance)
{
  if (instance->draining)
    return;
  if (instance->retiring && !has_drain (instance))
    {
      musterd_instance_log (instance, MUSTER_LOG_WARNING,
                            "it still holds something, but its plugin cannot give anything back");
      musterd_instance_drained (instance);
      return;
    }
  instance->drain_wanted = !instance->listed;
  if (instance->drain_wanted)
    return; /* its records and users first: they say what it holds */
  instance->draining = TRUE;
  musterd_instance_show (instance);
  musterd_outbox_drain (musterd_run_get_outbox (instance->run));
}

void
musterd_instance_drained (MusterdInstance *instance)
{
  MusterdHost *host = instance->host;

  instance->draining = FALSE;
  musterd_instance_log (instance, MUSTER_LOG_MESSAGE, "drained");
  while (instance->drains->len > 0)
    answer_drain (host, g_ptr_array_steal_index (instance->drains, 0), NULL);
  if (instance->retiring)
    {
      instance->retired = TRUE;
      musterd_instance_stop (instance, host->limits.stop);
    }
  else
    musterd_instance_show (instance);
}

void
musterd_instance_end_drains (MusterdInstance *instance, const char *why)
{
  instance->draining = instance->drain_wanted = FALSE;
  while (instance->drains->len > 0)
    answer_drain (instance->host, g_ptr_array_steal_index (instance->drains, 0),
                  g_error_new (MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE, "draining %s: %s", instance->name, why));
}
