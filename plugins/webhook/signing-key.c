/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-webhook"

#include "signing-key.h"

#include <string.h>

#define READ_AGAIN (30 * G_TIME_SPAN_SECOND)

typedef struct
{
  SigningKeyFunc func;
  gpointer       user_data;
} Waiter;

struct _SigningKey
{
  MusterContext *ctx;
  char          *secret;  /* as the option has it: "secret:NAME" */
  char          *value;   /* nullable */
  char          *problem; /* nullable */
  guint          generation;
  gboolean       reading, stopped;
  MusterTimer   *again;   /* nullable */
  GArray        *waiters; /* Waiter */
  SigningKeyFunc on_changed;
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
end_waiting (SigningKey *key)
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
bare_name (SigningKey *key)
{
  return g_str_has_prefix (key->secret, "secret:") ? key->secret + strlen ("secret:") : key->secret;
}

static void signing_key_begin (SigningKey *key);

static void
on_time_to_read_again (gpointer user_data)
{
  SigningKey *key = user_data;

  g_clear_pointer (&key->again, muster_timer_free);
  signing_key_begin (key);
}

static void
on_secret (const char *secret, const GError *error, gpointer user_data)
{
  SigningKey *key = user_data;
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
    problem = g_strdup_printf ("deliveries cannot be signed until secret '%s' can be read: %s", bare_name (key),
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
signing_key_begin (SigningKey *key)
{
  if (key->reading || key->stopped)
    return;
  key->reading = TRUE;
  muster_context_secret_get (key->ctx, key->secret, on_secret, key);
}

SigningKey *
signing_key_new (MusterContext *ctx, const char *secret, SigningKeyFunc on_changed, gpointer user_data)
{
  SigningKey *key = g_new0 (SigningKey, 1);

  key->ctx = ctx;
  key->secret = g_strdup (secret);
  key->problem = g_strdup ("the secret that signs the deliveries is being read");
  key->waiters = g_array_new (FALSE, FALSE, sizeof (Waiter));
  key->on_changed = on_changed;
  key->user_data = user_data;
  signing_key_begin (key);
  return key;
}

void
signing_key_stop (SigningKey *key)
{
  key->stopped = TRUE;
  g_clear_pointer (&key->again, muster_timer_free);
  end_waiting (key);
}

void
signing_key_free (SigningKey *key)
{
  if (key == NULL)
    return;
  g_clear_pointer (&key->again, muster_timer_free);
  g_array_unref (key->waiters);
  wipe (&key->value);
  g_free (key->problem);
  g_free (key->secret);
  g_free (key);
}

const char *
signing_key_get_value (SigningKey *key)
{
  return key->value;
}

const char *
signing_key_get_problem (SigningKey *key)
{
  return key->problem;
}

guint
signing_key_get_generation (SigningKey *key)
{
  return key->generation;
}

void
signing_key_read (SigningKey *key, SigningKeyFunc done, gpointer user_data)
{
  const Waiter waiter = { done, user_data };

  g_array_append_val (key->waiters, waiter);
  if (key->stopped)
    end_waiting (key);
  else
    signing_key_begin (key);
}
