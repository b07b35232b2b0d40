/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-secret"

#include "plugin-secret.h"

#include <string.h>

#define READ_AGAIN (30 * G_TIME_SPAN_SECOND)

typedef struct
{
  PluginSecretFunc func;
  gpointer       user_data;
} Waiter;

struct _PluginSecret
{
  MusterContext *ctx;
  char          *secret;  /* as the option has it: "secret:NAME" */
  char          *without; /* what is not possible without it */
  char          *value;   /* nullable */
  char          *problem; /* nullable */
  guint          generation;
  gboolean       reading, stopped;
  MusterTimer   *again;   /* nullable */
  GArray        *waiters; /* Waiter */
  PluginSecretFunc on_changed;
  gpointer       user_data;
};

static void
wipe (char **value)
{
  if (*value != NULL)
    explicit_bzero (*value, strlen (*value));
  g_clear_pointer (value, g_free);
}

static void
end_waiting (PluginSecret *key)
{
  /* A waiter may ask again at once: that is a new waiting. */
  g_autoptr(GArray) waiters = g_steal_pointer (&key->waiters);

  key->waiters = g_array_new (FALSE, FALSE, sizeof (Waiter));
  for (guint i = 0; i < waiters->len; i++)
    {
      const Waiter *waiter = &g_array_index (waiters, Waiter, i);
      waiter->func (waiter->user_data);
    }
}

static const char *
bare_name (PluginSecret *key)
{
  return g_str_has_prefix (key->secret, "secret:") ? key->secret + strlen ("secret:") : key->secret;
}

static void plugin_secret_begin (PluginSecret *key);

static void
on_time_to_read_again (gpointer user_data)
{
  PluginSecret *key = user_data;

  g_clear_pointer (&key->again, muster_timer_free);
  plugin_secret_begin (key);
}

static void
on_secret (const char *secret, const GError *error, gpointer user_data)
{
  PluginSecret *key = user_data;
  const gboolean is_empty = secret != NULL && *secret == '\0'; /* would sign, and protect from nobody */
  const gboolean is_gone = is_empty || g_error_matches (error, MUSTER_ERROR, MUSTER_ERROR_NOT_FOUND);
  g_autofree char *problem = NULL;

  key->reading = FALSE;
  if (key->stopped)
    return;

  if (error != NULL && !is_gone && key->value != NULL)
    problem = g_strdup_printf ("secret '%s' cannot be read again, the one of before stays in use: %s", bare_name (key),
                               error->message);
  else if (is_empty || error != NULL)
    problem = g_strdup_printf ("%s until secret '%s' can be read: %s", key->without, bare_name (key),
                               error != NULL ? error->message : "it is empty");
  gboolean changed = g_strcmp0 (problem, key->problem) != 0;
  g_free (key->problem);
  key->problem = g_steal_pointer (&problem);

  /* A value once read stays good while the store cannot be asked; not where the store says that there is none. */
  if ((key->problem == NULL && g_strcmp0 (secret, key->value) != 0) || (is_gone && key->value != NULL))
    {
      wipe (&key->value);
      key->value = is_gone ? NULL : g_strdup (secret);
      key->generation++;
      changed = TRUE;
    }

  if (key->problem == NULL)
    g_clear_pointer (&key->again, muster_timer_free);
  else if (key->again == NULL)
    key->again = muster_context_timer_add (key->ctx, muster_context_now (key->ctx) + READ_AGAIN, on_time_to_read_again,
                                           key);
  if (changed)
    key->on_changed (key->user_data);
  end_waiting (key);
}

static void
plugin_secret_begin (PluginSecret *key)
{
  if (key->reading || key->stopped)
    return;
  key->reading = TRUE;
  muster_context_secret_get (key->ctx, key->secret, on_secret, key);
}

PluginSecret *
plugin_secret_new (MusterContext *ctx, const char *secret, const char *without, PluginSecretFunc on_changed,
                   gpointer user_data)
{
  PluginSecret *key = g_new0 (PluginSecret, 1);

  key->ctx = ctx;
  key->secret = g_strdup (secret);
  key->without = g_strdup (without);
  key->problem
      = g_strdup_printf ("%s until secret '%s' can be read: it is being read", without, bare_name (key));
  key->waiters = g_array_new (FALSE, FALSE, sizeof (Waiter));
  key->on_changed = on_changed;
  key->user_data = user_data;
  plugin_secret_begin (key);
  return key;
}

void
plugin_secret_stop (PluginSecret *key)
{
  key->stopped = TRUE;
  g_clear_pointer (&key->again, muster_timer_free);
  end_waiting (key);
}

void
plugin_secret_free (PluginSecret *key)
{
  if (key == NULL)
    return;
  g_clear_pointer (&key->again, muster_timer_free);
  g_array_unref (key->waiters);
  wipe (&key->value);
  g_free (key->problem);
  g_free (key->secret);
  g_free (key->without);
  g_free (key);
}

const char *
plugin_secret_get_value (PluginSecret *key)
{
  return key->value;
}

const char *
plugin_secret_get_problem (PluginSecret *key)
{
  return key->problem;
}

guint
plugin_secret_get_generation (PluginSecret *key)
{
  return key->generation;
}

void
plugin_secret_read (PluginSecret *key, PluginSecretFunc done, gpointer user_data)
{
  const Waiter waiter = { done, user_data };

  g_array_append_val (key->waiters, waiter);
  if (key->stopped)
    end_waiting (key);
  else
    plugin_secret_begin (key);
}
