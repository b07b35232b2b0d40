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

/* An order that waits for its answer. */
typedef struct
{
  MusterdDone done; /* nullable */
  gpointer    user_data;
  GError     *error; /* nullable */
} Job;

typedef struct
{
  char *name;
  Job  *job; /* nullable: nobody waits */
} Remember;

static void
job_free (gpointer data)
{
  Job *job = data;

  g_clear_error (&job->error);
  g_free (job);
}

static Job *
job_new (MusterdDone done, gpointer user_data)
{
  Job *job = g_new0 (Job, 1);

  job->done = done;
  job->user_data = user_data;
  return job;
}

static gboolean
on_answer_due (gpointer data)
{
  Job *job = data;

  if (job->done != NULL)
    job->done (job->error, job->user_data);
  return G_SOURCE_REMOVE;
}

/* Takes both. */
static void
answer (MusterdHost *host, Job *job, GError *error)
{
  job->error = error;
  musterd_host_later (host, on_answer_due, job, job_free);
}

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
  Remember *remember = user_data;
  g_autoptr(GError) said = NULL;

  if (error != NULL)
    {
      g_set_error (&said, MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE,
                   "remembering that %s is paused or not: %s; it is so until the daemon restarts", remember->name,
                   error->message);
      g_warning ("%s", said->message);
    }
  if (remember->job != NULL)
    {
      if (remember->job->done != NULL)
        remember->job->done (said, remember->job->user_data);
      job_free (remember->job);
    }
  g_free (remember->name);
  g_free (remember);
}

/* Takes the job (nullable), which is answered when it is on disk: not before, since who stopped a sink relies on it. */
static void
remember_paused (MusterdInstance *instance, gboolean paused, Job *job)
{
  MusterdHost *host = instance->host;
  Remember *remember;
  g_autofree char *key = g_strconcat (PAUSED_PREFIX, instance->name, NULL);
  g_autoptr(GBytes) value = paused ? g_bytes_new_static ("1", 1) : NULL;
  MusterdBatch *batch;

  if (paused)
    g_hash_table_add (host->paused, g_strdup (instance->name));
  else
    g_hash_table_remove (host->paused, instance->name);
  if (host->services.store == NULL)
    {
      if (job != NULL)
        answer (host, job, NULL);
      return;
    }
  batch = musterd_batch_new ();
  musterd_batch_put_record (batch, MUSTERD_OWN_INSTANCE, NULL, key, value);
  remember = g_new0 (Remember, 1);
  remember->name = g_strdup (instance->name);
  remember->job = job;
  musterd_store_write (host->services.store, batch, TRUE, on_paused_written, remember);
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

void
musterd_host_pause (MusterdHost *host, const char *name, gboolean paused, MusterdDone done, gpointer user_data)
{
  Job *job = job_new (done, user_data);
  GError *error = NULL;
  MusterdInstance *instance = musterd_host_require (host, name, &error);

  if (instance != NULL && check_sink (instance, &error) && !paused && (instance->draining || instance->drain_wanted))
    g_set_error (&error, MUSTERD_ERROR, MUSTERD_ERROR_CONFLICT,
                 "%s is giving back what it holds: wait until it has, then continue", name);
  if (error != NULL)
    {
      answer (host, job, error);
      return;
    }
  if (instance->paused != paused)
    {
      musterd_instance_set_paused (instance, paused);
      musterd_instance_say (
          instance, MUSTERD_LOG_RARE, MUSTER_LOG_MESSAGE,
          (MusterdLogFields){ .event = paused ? MUSTERD_EVENT_INSTANCE_PAUSED : MUSTERD_EVENT_INSTANCE_RESUMED },
          paused ? "paused: nothing is handed to it" : "continues");
    }
  /* Also where it was so already: whoever made it so may not have heard of the disk yet. */
  remember_paused (instance, paused, job);
}

/* Draining. */

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
  Job *job = job_new (done, user_data);
  GError *error = NULL;
  MusterdInstance *instance = musterd_host_require (host, name, &error);

  if (instance == NULL || !check_drain (instance, &error))
    {
      answer (host, job, error);
      return;
    }
  g_ptr_array_add (instance->drains, job);
  if (!instance->retiring && !instance->paused)
    {
      remember_paused (instance, TRUE, NULL);
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
  musterd_instance_say (instance, MUSTERD_LOG_RARE, MUSTER_LOG_MESSAGE,
                        (MusterdLogFields){ .event = MUSTERD_EVENT_INSTANCE_DRAINED }, "drained");
  while (instance->drains->len > 0)
    {
      Job *job = g_ptr_array_steal_index (instance->drains, 0);

      /* It stays paused, and that too is known before anybody is told. */
      if (instance->paused)
        remember_paused (instance, TRUE, job);
      else
        answer (host, job, NULL);
    }
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
    answer (instance->host, g_ptr_array_steal_index (instance->drains, 0),
            g_error_new (MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE, "draining %s: %s", instance->name, why));
}
