/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Secrets of a plugin. What an administrator gave it is found under the name that the keyfile says; what it keeps
 * itself (a refresh token) under a name that begins with the instance's, so that no instance reaches another's. */
#define G_LOG_DOMAIN "muster-host"

#include "host/instance.h"

#include <string.h>

#define SECRET_NAME_MAX 128 /* musterd_secret_name_is_valid() */

typedef struct
{
  MusterdLink *link;
  guint64      serial;
  char        *name;
} SecretJob;

const char *
musterd_instance_referred_secret (const MusterdInstanceConfig *config, const MusterOption *option)
{
  const char *value = musterd_instance_config_get (config, option->name);

  if (value == NULL)
    value = option->default_value;
  if (value == NULL || !g_str_has_prefix (value, MUSTERD_SECRET_PREFIX))
    return NULL;
  return value + strlen (MUSTERD_SECRET_PREFIX);
}

/* The instance's name, ':' as '.', then '.' and the plugin's own name for the secret, of which everything but letters,
 * digits and '-' is written as _xx: two names never become one, neither of one instance nor of two. */
static char *
own_name (const char *instance, const char *name)
{
  GString *text = g_string_new (NULL);

  for (const char *p = instance; *p != '\0'; p++)
    g_string_append_c (text, *p == ':' ? '.' : *p);
  g_string_append_c (text, '.');
  for (const guchar *p = (const guchar *) name; *p != '\0'; p++)
    if (g_ascii_isalnum (*p) || *p == '-')
      g_string_append_c (text, (char) *p);
    else
      g_string_append_printf (text, "_%02x", *p);
  if (text->len > SECRET_NAME_MAX)
    {
      g_autofree char *sum = g_compute_checksum_for_string (G_CHECKSUM_SHA256, text->str, -1);

      g_string_assign (text, "_");
      g_string_append (text, sum);
    }
  return g_string_free (text, FALSE);
}

char *
musterd_instance_secret_name (const MusterdInstanceConfig *config, const MusterPluginDescriptor *descriptor,
                              const char *name)
{
  for (gsize i = 0; i < descriptor->n_options; i++)
    {
      const MusterOption *option = muster_option_nth (descriptor->options, descriptor->option_size, i);
      const char *meant
          = option->type == MUSTER_OPTION_SECRET ? musterd_instance_referred_secret (config, option) : NULL;

      if (meant != NULL && (g_str_equal (option->name, name) || g_str_equal (meant, name)))
        return g_strdup (meant);
    }
  return own_name (config->name, name);
}

static SecretJob *
secret_job_new (MusterdInstance *instance, const MusterMessage *message)
{
  SecretJob *job = g_new0 (SecretJob, 1);

  job->link = musterd_link_ref (instance->link);
  job->serial = message->serial;
  job->name = musterd_instance_secret_name (instance->config, instance->module->descriptor, message->key);
  return job;
}

static void
secret_job_free (SecretJob *job)
{
  musterd_link_unref (job->link);
  g_free (job->name);
  g_free (job);
}

/* TRUE where the call can go on; otherwise it was answered. */
static gboolean
check_secret (MusterdInstance *instance, const MusterMessage *message, const char *attempt)
{
  GError *error = NULL;

  if (message->key == NULL || *message->key == '\0' || strlen (message->key) > MUSTER_KEY_MAX)
    error = g_error_new (MUSTER_ERROR, MUSTER_ERROR_FAILED, "%s: that is no name of a secret", attempt);
  else if (instance->host->services.secrets == NULL)
    error = g_error_new (MUSTER_ERROR, MUSTER_ERROR_FAILED, "%s: this daemon keeps no secrets", attempt);
  if (error == NULL)
    return TRUE;

  if (message->serial != 0)
    musterd_instance_answer (instance, message->serial, NULL, error);
  else
    g_error_free (error);
  return FALSE;
}

static void
on_secret_read (GObject *object G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  SecretJob *job = user_data;
  MusterdInstance *instance = job->link->instance;

  if (instance != NULL)
    {
      GError *error = NULL;
      char *secret = musterd_secrets_get_finish (result, &error);

      musterd_instance_answer (instance, job->serial, secret, error);
    }
  secret_job_free (job);
}

void
musterd_instance_secret_get (MusterdInstance *instance, const MusterMessage *message)
{
  if (!check_secret (instance, message, "reading a secret"))
    return;

  SecretJob *job = secret_job_new (instance, message);

  musterd_secrets_get_async (instance->host->services.secrets, job->name, on_secret_read, job);
}

static void
on_secret_stored (GObject *object G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  SecretJob *job = user_data;
  MusterdInstance *instance = job->link->instance;

  if (instance != NULL)
    {
      GError *error = NULL;

      if (!musterd_secrets_put_finish (result, NULL, &error))
        musterd_instance_noise (instance, MUSTER_LOG_WARNING, "%s", error->message);
      if (job->serial != 0)
        musterd_instance_answer (instance, job->serial, NULL, error);
      else
        g_clear_error (&error);
    }
  secret_job_free (job);
}

void
musterd_instance_secret_put (MusterdInstance *instance, const MusterMessage *message)
{
  if (!check_secret (instance, message, "storing a secret"))
    return;
  if (message->text == NULL || strlen (message->text) > MUSTER_SECRET_MAX)
    {
      if (message->serial != 0)
        musterd_instance_answer (instance, message->serial, NULL,
                                 g_error_new (MUSTER_ERROR, MUSTER_ERROR_FAILED,
                                              "storing a secret: it is empty or longer than %d bytes",
                                              MUSTER_SECRET_MAX));
      return;
    }

  SecretJob *job = secret_job_new (instance, message);

  musterd_secrets_put_async (instance->host->services.secrets, job->name, message->text, on_secret_stored, job);
}
