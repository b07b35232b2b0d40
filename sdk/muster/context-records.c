/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-sdk"

#include "muster/library.h"

#include <string.h>

#define SECRET_PREFIX "secret:"

static gboolean
check_record (const MusterCheck *check, const char *user, const char *key, GBytes *value, MusterDurability durability)
{
  if (!muster_check_id_or_null (check, "user", user, MUSTER_USER_ID_MAX)
      || !muster_check_id (check, "key", key, MUSTER_KEY_MAX)
      || !muster_check_enum (check, "durability", durability, MUSTER_DURABLE))
    return FALSE;
  if (value == NULL || g_bytes_get_size (value) <= MUSTER_RECORD_MAX)
    return TRUE;
  muster_refuse (check, "the record has %" G_GSIZE_FORMAT " bytes, at most %d are kept", g_bytes_get_size (value),
                 MUSTER_RECORD_MAX);
  return FALSE;
}

void
muster_context_keep (MusterContext *ctx, const char *user, const char *key, GBytes *value, MusterDurability durability,
                     MusterKeepCallback callback, gpointer user_data)
{
  const MusterCheck check = MUSTER_CHECK (ctx);
  const MusterPending pending = { .on_kept = callback, .user_data = user_data };
  guint64 serial;

  if (!check_record (&check, user, key, value, durability) || !muster_context_expect (&check, &pending, &serial))
    {
      muster_context_expect_refused (ctx, &pending, "keeping record: the call is out of bounds, see the log");
      return;
    }

  MusterMessage *message = muster_message_new (MUSTER_VERB_KEEP);
  message->user = g_strdup (user);
  message->key = g_strdup (key);
  /* The plugin's own bytes may be static or be freed by one of its own functions: the copy is ours alone. */
  if (value != NULL)
    message->bytes = g_bytes_new (g_bytes_get_data (value, NULL), g_bytes_get_size (value));
  message->value = durability;
  message->serial = serial;
  muster_context_send (ctx, message);
}

/* The name alone, also where the plugin passes its option's value on as it is; NULL: refused. */
static const char *
bare_name (const MusterCheck *check, const char *name)
{
  if (name != NULL && g_str_has_prefix (name, SECRET_PREFIX))
    name += strlen (SECRET_PREFIX);
  if (name != NULL && muster_secret_name_is_valid (name))
    return name;
  /* Not repeated: it may be the secret itself. */
  muster_refuse (check, "a secret's name is 1 to %d letters, digits and . _ -, and begins with no dot",
                 MUSTER_SECRET_NAME_MAX);
  return NULL;
}

void
muster_context_secret_get (MusterContext *ctx, const char *name, MusterSecretCallback callback, gpointer user_data)
{
  const MusterCheck check = MUSTER_CHECK (ctx);
  const MusterPending pending = { .on_secret = callback, .user_data = user_data };
  const char *bare = bare_name (&check, name);
  guint64 serial;

  if (bare == NULL || !muster_context_expect (&check, &pending, &serial))
    {
      muster_context_expect_refused (ctx, &pending, "reading secret: the call is out of bounds, see the log");
      return;
    }
  if (serial == 0)
    return; /* nobody listens */

  MusterMessage *message = muster_message_new (MUSTER_VERB_SECRET_GET);
  message->key = g_strdup (bare);
  message->serial = serial;
  muster_context_send (ctx, message);
}

void
muster_context_secret_put (MusterContext *ctx, const char *name, const char *secret, MusterKeepCallback callback,
                           gpointer user_data)
{
  const MusterCheck check = MUSTER_CHECK (ctx);
  const MusterPending pending = { .on_kept = callback, .user_data = user_data };
  const char *bare = bare_name (&check, name);
  gboolean fine = bare != NULL;
  guint64 serial = 0;

  if (fine && (secret == NULL || *secret == '\0'))
    {
      muster_refuse (&check, "no secret");
      fine = FALSE;
    }
  if (!fine || !muster_check_text (&check, "secret", secret, MUSTER_SECRET_MAX)
      || !muster_context_expect (&check, &pending, &serial))
    {
      muster_context_expect_refused (ctx, &pending, "storing secret: the call is out of bounds, see the log");
      return;
    }

  MusterMessage *message = muster_message_new (MUSTER_VERB_SECRET_PUT);
  message->key = g_strdup (bare);
  message->text = g_strdup (secret);
  message->serial = serial;
  muster_context_send (ctx, message);
}
