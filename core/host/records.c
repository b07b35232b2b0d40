/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* keep(): records of a plugin that survive. At most 4 KiB each; ten of one instance about one user, a thousand about
 * none. */
#define G_LOG_DOMAIN "muster-host"

#include "host/instance.h"

#include "host/convert.h"

#define ANSWERS_LOST "too many answers wait for the plugin to take them: one was dropped"

typedef struct
{
  MusterdLink *link;
  guint64      serial; /* 0: nobody waits */
} KeepJob;

static MusterError
sdk_code (const GError *error)
{
  if (error->domain != MUSTERD_ERROR)
    return MUSTER_ERROR_FAILED;
  switch (error->code)
    {
    case MUSTERD_ERROR_NOT_FOUND:
      return MUSTER_ERROR_NOT_FOUND;
    case MUSTERD_ERROR_CONFIG:
      return MUSTER_ERROR_CONFIG;
    case MUSTERD_ERROR_LOCKED:
      return MUSTER_ERROR_LOCKED;
    default:
      return MUSTER_ERROR_FAILED;
    }
}

void
musterd_instance_answer (MusterdInstance *instance, guint64 serial, char *secret, GError *error)
{
  GError *told = NULL;

  if (error != NULL && error->domain == MUSTER_ERROR)
    told = g_steal_pointer (&error);
  else if (error != NULL)
    told = g_error_new_literal (MUSTER_ERROR, sdk_code (error), error->message);
  g_clear_error (&error);
  if (!musterd_outbox_answer (musterd_run_get_outbox (instance->run), serial, secret, told))
    {
      instance->n_refused++;
      musterd_instance_noise (instance, MUSTER_LOG_WARNING, ANSWERS_LOST);
    }
}

static void
on_kept (const GError *error, gpointer user_data)
{
  KeepJob *job = user_data;
  MusterdInstance *instance = job->link->instance;

  if (instance != NULL)
    {
      if (error != NULL)
        musterd_instance_noise (instance, MUSTER_LOG_WARNING, "keeping a record: %s", error->message);
      if (job->serial != 0)
        musterd_instance_answer (instance, job->serial, NULL, error != NULL ? g_error_copy (error) : NULL);
    }
  musterd_link_unref (job->link);
  g_free (job);
}

static gboolean
check_record (MusterdInstance *instance, const MusterMessage *message, GError **error)
{
  if (instance->host->services.store == NULL)
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE, "this daemon has no store");
      return FALSE;
    }
  if (!musterd_convert_check_id (message->key, "key", MUSTER_KEY_MAX, error)
      || !musterd_convert_check_enum (message->value, MUSTER_DURABLE + 1, "durability", error))
    return FALSE;
  /* A record about somebody whom nobody knows would never be cleaned away. */
  if (message->user != NULL && !musterd_convert_check_id (message->user, "user", MUSTER_USER_ID_MAX, error))
    return FALSE;
  if (message->user != NULL && musterd_engine_get_user (instance->host->services.engine, message->user) == NULL)
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND, "there is no user %s", message->user);
      return FALSE;
    }
  if (message->bytes != NULL && g_bytes_get_size (message->bytes) > MUSTER_RECORD_MAX)
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_LIMIT, "the record has %" G_GSIZE_FORMAT " bytes, at most %d",
                   g_bytes_get_size (message->bytes), MUSTER_RECORD_MAX);
      return FALSE;
    }
  if (message->bytes != NULL && !musterd_index_add (instance->index, message->user, message->key))
    {
      g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_LIMIT,
                           message->user != NULL ? "there are too many about this user already"
                                                 : "there are too many about no user already");
      return FALSE;
    }
  return TRUE;
}

void
musterd_instance_keep (MusterdInstance *instance, const MusterMessage *message)
{
  GError *error = NULL;

  if (!check_record (instance, message, &error))
    {
      g_prefix_error (&error, "keeping a record: ");
      instance->n_refused++;
      musterd_instance_noise (instance, MUSTER_LOG_WARNING, "%s", error->message);
      if (message->serial != 0)
        musterd_instance_answer (instance, message->serial, NULL, error);
      else
        g_error_free (error);
      return;
    }

  MusterdBatch *batch = musterd_batch_new ();
  KeepJob *job = g_new0 (KeepJob, 1);

  if (message->bytes == NULL)
    musterd_index_remove (instance->index, message->user, message->key);
  job->link = musterd_link_ref (instance->link);
  job->serial = message->serial;
  musterd_batch_put_record (batch, instance->name, message->user, message->key, message->bytes);
  musterd_store_write (instance->host->services.store, batch, message->value == MUSTER_DURABLE, on_kept, job);
}
