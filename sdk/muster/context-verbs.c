/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Two kinds of text pass here. Names, and texts that become part of a presence, are refused when they are out of
 * bounds. Texts that explain something to an administrator are made to fit instead: a health report must not get lost
 * because an error message of another system was too long or in the wrong encoding. */
#define G_LOG_DOMAIN "muster-sdk"

#include "muster/library.h"

void
muster_context_claim_put (MusterContext *ctx, const char *user, const char *set, const MusterClaim *claim)
{
  const MusterCheck check = MUSTER_CHECK (ctx);
  g_autoptr(GArray) claims = muster_claims_new ();

  if (!muster_check_id (&check, "user", user, MUSTER_USER_ID_MAX)
      || !muster_check_id (&check, "set", set, MUSTER_SET_MAX) || !muster_claims_copy (&check, claim, 1, claims))
    return;

  MusterMessage *message = muster_message_new (MUSTER_VERB_CLAIM_PUT);
  message->user = g_strdup (user);
  message->set = g_strdup (set);
  message->claims = (MusterClaim *) (gpointer) g_array_steal (claims, &message->n_claims);
  muster_context_send (ctx, message);
}

void
muster_context_claim_drop (MusterContext *ctx, const char *user, const char *key)
{
  const MusterCheck check = MUSTER_CHECK (ctx);

  if (!muster_check_id (&check, "user", user, MUSTER_USER_ID_MAX)
      || !muster_check_id (&check, "key", key, MUSTER_KEY_MAX))
    return;

  MusterMessage *message = muster_message_new (MUSTER_VERB_CLAIM_DROP);
  message->user = g_strdup (user);
  message->key = g_strdup (key);
  muster_context_send (ctx, message);
}

void
muster_context_telephony (MusterContext *ctx, const char *user, const char *device, MusterTelephony state,
                          const char *label, gint64 lease)
{
  const MusterCheck check = MUSTER_CHECK (ctx);

  if (!muster_check_id (&check, "user", user, MUSTER_USER_ID_MAX)
      || !muster_check_id (&check, "device", device, MUSTER_KEY_MAX)
      || !muster_check_enum (&check, "state", state, MUSTER_TELEPHONY_ON_THE_PHONE)
      || !muster_check_text (&check, "label", label, MUSTER_TEXT_MAX) || !muster_check_lease (&check, lease))
    return;

  MusterMessage *message = muster_message_new (MUSTER_VERB_TELEPHONY);
  message->user = g_strdup (user);
  message->key = g_strdup (device);
  message->value = state;
  message->text = muster_text_clean (label, FALSE);
  message->from = lease;
  muster_context_send (ctx, message);
}

void
muster_context_client (MusterContext *ctx, const char *user, const char *client, MusterClientState state, gint64 since,
                       gint64 lease)
{
  const MusterCheck check = MUSTER_CHECK (ctx);

  if (!muster_check_id (&check, "user", user, MUSTER_USER_ID_MAX)
      || !muster_check_id (&check, "client", client, MUSTER_KEY_MAX)
      || !muster_check_enum (&check, "state", state, MUSTER_CLIENT_ENDED) || !muster_check_lease (&check, lease))
    return;
  if (state == MUSTER_CLIENT_NONE)
    {
      muster_refuse (&check, "a client is never in state none; say that it ended");
      return;
    }
  if (since < 0)
    {
      muster_refuse (&check, "since %" G_GINT64_FORMAT " is negative", since);
      return;
    }

  MusterMessage *message = muster_message_new (MUSTER_VERB_CLIENT);
  message->user = g_strdup (user);
  message->key = g_strdup (client);
  message->value = state;
  message->from = since;
  message->until = lease;
  muster_context_send (ctx, message);
}

void
muster_context_health (MusterContext *ctx, MusterHealth health, const char *text)
{
  const MusterCheck check = MUSTER_CHECK (ctx);

  if (!muster_check_enum (&check, "health", health, MUSTER_HEALTH_OFFLINE))
    return;

  MusterMessage *message = muster_message_new (MUSTER_VERB_HEALTH);
  message->value = health;
  message->text = muster_text_fit (text, MUSTER_TEXT_MAX);
  muster_context_send (ctx, message);
}

void
muster_context_user_state (MusterContext *ctx, const char *user, MusterUserState state, const char *text)
{
  const MusterCheck check = MUSTER_CHECK (ctx);

  if (!muster_check_id (&check, "user", user, MUSTER_USER_ID_MAX)
      || !muster_check_enum (&check, "state", state, MUSTER_USER_SIGN_IN))
    return;

  MusterMessage *message = muster_message_new (MUSTER_VERB_USER_STATE);
  message->user = g_strdup (user);
  message->value = state;
  message->text = muster_text_fit (text, MUSTER_TEXT_MAX);
  muster_context_send (ctx, message);
}

void
muster_context_note (MusterContext *ctx, const char *topic, const char *subject, const char *text)
{
  const MusterCheck check = MUSTER_CHECK (ctx);

  if (!muster_check_id (&check, "topic", topic, MUSTER_SET_MAX)
      || !muster_check_id (&check, "subject", subject, MUSTER_KEY_MAX))
    return;

  MusterMessage *message = muster_message_new (MUSTER_VERB_NOTE);
  message->set = g_strdup (topic);
  message->key = g_strdup (subject);
  message->text = muster_text_fit (text, MUSTER_TEXT_MAX);
  muster_context_send (ctx, message);
}

/* What a person is asked to open must be a web page and nothing else. */
static gboolean
check_web_address (const MusterCheck *check, const char *url)
{
  if (url == NULL)
    return TRUE;
  if (!muster_check_id (check, "url", url, MUSTER_LONG_TEXT_MAX))
    return FALSE;

  g_autoptr(GUri) uri = g_uri_parse (url, G_URI_FLAGS_NONE, NULL);
  if (uri != NULL && (g_str_equal (g_uri_get_scheme (uri), "http") || g_str_equal (g_uri_get_scheme (uri), "https"))
      && g_uri_get_host (uri) != NULL && *g_uri_get_host (uri) != '\0' && g_uri_get_userinfo (uri) == NULL)
    return TRUE;
  muster_refuse (check, "url is no absolute http or https URL without user and password");
  return FALSE;
}

void
muster_context_action_needed (MusterContext *ctx, const char *user, const char *id, const char *text, const char *url,
                              const char *code)
{
  const MusterCheck check = MUSTER_CHECK (ctx);

  if (!muster_check_id_or_null (&check, "user", user, MUSTER_USER_ID_MAX)
      || !muster_check_id (&check, "id", id, MUSTER_KEY_MAX) || !check_web_address (&check, url)
      || !muster_check_id_or_null (&check, "code", code, MUSTER_KEY_MAX))
    return;
  if (text == NULL || *text == '\0')
    {
      muster_refuse (&check, "no text that says what to do");
      return;
    }

  MusterMessage *message = muster_message_new (MUSTER_VERB_ACTION_NEEDED);
  message->user = g_strdup (user);
  message->key = g_strdup (id);
  message->text = muster_text_fit (text, MUSTER_TEXT_MAX);
  message->url = g_strdup (url);
  message->code = g_strdup (code);
  muster_context_send (ctx, message);
}

void
muster_context_action_done (MusterContext *ctx, const char *user, const char *id)
{
  const MusterCheck check = MUSTER_CHECK (ctx);

  if (!muster_check_id_or_null (&check, "user", user, MUSTER_USER_ID_MAX)
      || !muster_check_id (&check, "id", id, MUSTER_KEY_MAX))
    return;

  MusterMessage *message = muster_message_new (MUSTER_VERB_ACTION_DONE);
  message->user = g_strdup (user);
  message->key = g_strdup (id);
  muster_context_send (ctx, message);
}

void
muster_context_log (MusterContext *ctx, MusterLogLevel level, const char *format, ...)
{
  const MusterCheck check = MUSTER_CHECK (ctx);
  va_list args;

  if (!muster_check_enum (&check, "level", level, MUSTER_LOG_WARNING))
    return;

  va_start (args, format);
  g_autofree char *text = g_strdup_vprintf (format, args);
  va_end (args);

  MusterMessage *message = muster_message_new (MUSTER_VERB_LOG);
  message->value = level;
  message->text = muster_text_fit (text, MUSTER_LONG_TEXT_MAX);
  muster_context_send (ctx, message);
}

gint64
muster_context_now (MusterContext *ctx)
{
  return ctx->backend->now (ctx->data);
}

/* The end of the first role is the end of all callbacks: what they would be handed may be freed from here on, and
 * which of two roles asked is not known. */
static void
end_callbacks (MusterContext *ctx)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&ctx->mutex);

  ctx->ended = TRUE;
  g_hash_table_remove_all (ctx->pending);
}

void
muster_context_stopped (MusterContext *ctx)
{
  end_callbacks (ctx);
  muster_context_send (ctx, muster_message_new (MUSTER_VERB_STOPPED));
}

void
muster_context_closed (MusterContext *ctx)
{
  end_callbacks (ctx);
  muster_context_send (ctx, muster_message_new (MUSTER_VERB_CLOSED));
}

void
muster_context_drained (MusterContext *ctx)
{
  muster_context_send (ctx, muster_message_new (MUSTER_VERB_DRAINED));
}

/* Name, value, name, value: NULL where there is none, FALSE when refused. */
static gboolean
copy_detail (const MusterCheck *check, const char *const *detail, char ***copy)
{
  g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func (g_free);

  *copy = NULL;
  if (detail == NULL || detail[0] == NULL)
    return TRUE;
  for (gsize i = 0; detail[i] != NULL; i += 2)
    {
      if (i >= 2 * MUSTER_DETAIL_MAX)
        {
          muster_refuse (check, "detail has more than %d names", MUSTER_DETAIL_MAX);
          return FALSE;
        }
      if (!muster_check_id (check, "name in detail", detail[i], MUSTER_SET_MAX))
        return FALSE;
      if (detail[i + 1] == NULL)
        {
          muster_refuse (check, "detail '%s' has no value", detail[i]);
          return FALSE;
        }
      g_ptr_array_add (parts, g_strdup (detail[i]));
      g_ptr_array_add (parts, muster_text_fit (detail[i + 1], MUSTER_TEXT_MAX));
    }
  g_ptr_array_add (parts, NULL);
  *copy = (char **) g_ptr_array_steal (parts, NULL);
  return TRUE;
}

void
muster_context_delivery_complete (MusterContext *ctx, MusterDelivery delivery, MusterDeliveryResult result,
                                  const char *text, const char *const *detail)
{
  const MusterCheck check = MUSTER_CHECK (ctx);
  char **copy = NULL;

  if (!muster_check_enum (&check, "result", result, MUSTER_DELIVERY_LEFT_TO_PERSON)
      || !copy_detail (&check, detail, &copy))
    return;

  MusterMessage *message = muster_message_new (MUSTER_VERB_DELIVERY_COMPLETE);
  message->serial = delivery;
  message->value = result;
  message->text = muster_text_fit (text, MUSTER_TEXT_MAX);
  message->detail = copy;
  muster_context_send (ctx, message);
}
