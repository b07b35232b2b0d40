/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-sdk"

#include "muster/library.h"

#include <string.h>

MusterContext *
muster_context_new (const char *instance, GMainContext *thread, const MusterBackend *backend, gpointer data)
{
  MusterContext *ctx = g_new0 (MusterContext, 1);

  g_atomic_ref_count_init (&ctx->refs);
  ctx->instance = g_strdup (instance);
  ctx->thread = g_main_context_ref (thread);
  ctx->backend = backend;
  ctx->data = data;
  ctx->values = muster_values_new ();
  ctx->pending = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
  ctx->timers = g_hash_table_new (NULL, NULL);
  g_mutex_init (&ctx->mutex);
  return ctx;
}

MusterContext *
muster_context_ref (MusterContext *ctx)
{
  g_atomic_ref_count_inc (&ctx->refs);
  return ctx;
}

void
muster_context_unref (MusterContext *ctx)
{
  if (!g_atomic_ref_count_dec (&ctx->refs))
    return;

  /* A timer holds a reference, so none can be armed here. */
  g_free (ctx->instance);
  g_main_context_unref (ctx->thread);
  g_hash_table_unref (ctx->values);
  g_hash_table_unref (ctx->pending);
  g_hash_table_unref (ctx->timers);
  g_mutex_clear (&ctx->mutex);
  g_free (ctx);
}

void
muster_context_close (MusterContext *ctx)
{
  g_mutex_lock (&ctx->mutex);
  ctx->closed = TRUE;
  g_hash_table_remove_all (ctx->pending);
  g_mutex_unlock (&ctx->mutex);

  muster_context_end_timers (ctx);
}

gboolean
muster_context_is_closed (MusterContext *ctx)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&ctx->mutex);

  return ctx->closed;
}

static gsize
text_bytes (const char *text)
{
  return text != NULL ? strlen (text) + 1 : 0;
}

static gsize
message_bytes (const MusterMessage *message)
{
  gsize size = sizeof *message + text_bytes (message->user) + text_bytes (message->set) + text_bytes (message->key)
               + text_bytes (message->text) + text_bytes (message->url) + text_bytes (message->code);

  if (message->bytes != NULL)
    size += g_bytes_get_size (message->bytes);
  for (char **part = message->detail; part != NULL && *part != NULL; part++)
    size += sizeof *part + text_bytes (*part);
  for (gsize i = 0; i < message->n_claims; i++)
    size += muster_claim_bytes (&message->claims[i]);
  return size;
}

void
muster_context_send (MusterContext *ctx, MusterMessage *message)
{
  /* Closing may come between this look and the call: the host drops what comes too late as well. */
  if (muster_context_is_closed (ctx))
    {
      muster_message_free (message);
      return;
    }
  message->size = message_bytes (message);
  ctx->backend->send (ctx->data, message);
}

void
muster_context_set_option (MusterContext *ctx, const char *name, MusterOptionType type, const char *value)
{
  g_hash_table_replace (ctx->values, g_strdup (name), muster_value_new_text (type, value));
}

void
muster_context_set_table (MusterContext *ctx, const char *name, MusterTable *table)
{
  g_hash_table_replace (ctx->values, g_strdup (name), muster_value_new_table (table));
}

const char *
muster_context_get_instance (MusterContext *ctx)
{
  return ctx->instance;
}

/* An option without value and one that the plugin never declared look the same here: the host knows the difference
 * and does not tell. One asked for by the wrong type is the plugin's mistake. */
static const MusterValue *
find_value (const MusterCheck *check, const char *option, MusterOptionType type)
{
  const MusterValue *value = option != NULL ? g_hash_table_lookup (check->ctx->values, option) : NULL;

  if (value == NULL || value->type == type)
    return value;
  muster_refuse (check, "option '%s' is a %s", option, muster_option_type_to_string (value->type));
  return NULL;
}

const char *
muster_context_get_string (MusterContext *ctx, const char *option)
{
  const MusterValue *value = option != NULL ? g_hash_table_lookup (ctx->values, option) : NULL;

  return value != NULL ? value->text : NULL;
}

gboolean
muster_context_get_boolean (MusterContext *ctx, const char *option)
{
  const MusterCheck check = MUSTER_CHECK (ctx);
  const MusterValue *value = find_value (&check, option, MUSTER_OPTION_BOOLEAN);

  return value != NULL && g_strcmp0 (value->text, "true") == 0;
}

gint64
muster_context_get_integer (MusterContext *ctx, const char *option)
{
  const MusterCheck check = MUSTER_CHECK (ctx);
  const MusterValue *value = find_value (&check, option, MUSTER_OPTION_INTEGER);

  return value != NULL ? muster_value_number (value) : 0;
}

gint64
muster_context_get_duration (MusterContext *ctx, const char *option)
{
  const MusterCheck check = MUSTER_CHECK (ctx);
  const MusterValue *value = find_value (&check, option, MUSTER_OPTION_DURATION);

  return value != NULL ? muster_value_number (value) : 0;
}

const char *const *
muster_context_get_list (MusterContext *ctx, const char *option)
{
  const MusterCheck check = MUSTER_CHECK (ctx);
  const MusterValue *value = find_value (&check, option, MUSTER_OPTION_LIST);

  return value != NULL ? (const char *const *) value->list : NULL;
}

MusterTable *
muster_context_get_table (MusterContext *ctx, const char *option)
{
  const MusterCheck check = MUSTER_CHECK (ctx);
  const MusterValue *value = find_value (&check, option, MUSTER_OPTION_TABLE);

  return value != NULL ? value->table : NULL;
}
