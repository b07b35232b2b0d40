/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a plugin says, on the engine's thread: checked again, then told to whom it concerns. What is refused changes
 * nothing, is counted, and is said in the instance's log. */
#define G_LOG_DOMAIN "muster-host"

#include "host/instance.h"

#include "host/convert.h"

#define URL_MAX 2048
#define CODE_MAX 512
#define DETAIL_MAX 32 /* pairs */

/* Claims, telephony, clients: of users that this instance takes. */

static gboolean
check_user (MusterdInstance *instance, const char *id, GError **error)
{
  if (!musterd_convert_check_id (id, "user", MUSTER_USER_ID_MAX, error))
    return FALSE;

  const MusterdUser *user = musterd_engine_get_user (instance->host->services.engine, id);

  if (user == NULL)
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND, "there is no user %s", id);
      return FALSE;
    }
  if (!musterd_instance_takes (instance, user))
    {
      const gboolean selected
          = instance->selection != NULL && musterd_selection_takes (instance->selection, user);

      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_FORBIDDEN, "%s is not among this instance's users (%s%s)", id,
                   selected ? "another calendar source has them, or presence is switched off for them" : "Users=",
                   selected ? "" : instance->config->users);
      return FALSE;
    }
  return TRUE;
}

static gboolean
check_source (MusterdInstance *instance, const char *user, GError **error)
{
  if (!musterd_instance_is_source (instance))
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_FORBIDDEN, "the plugin is no source");
      return FALSE;
    }
  return check_user (instance, user, error);
}

/* A source that names the kinds of its claims makes no others, so that what muster-inspect says of it is true. */
static gboolean
check_kinds (const MusterdInstance *instance, const MusterMessage *message, GError **error)
{
  const guint64 kinds = instance->module->descriptor->source->kinds;

  for (gsize i = 0; kinds != 0 && i < message->n_claims; i++)
    {
      const MusterdClaimKind kind = (MusterdClaimKind) message->claims[i].kind;

      if ((guint) kind < MUSTERD_N_CLAIM_KINDS && (kinds & (G_GUINT64_CONSTANT (1) << kind)) == 0)
        {
          g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_FORBIDDEN,
                       "the plugin's descriptor does not name %s among the kinds of its claims",
                       musterd_claim_kind_to_string (kind));
          return FALSE;
        }
    }
  return TRUE;
}

static gboolean
on_claim_put (MusterdInstance *instance, const MusterMessage *message, GError **error)
{
  MusterdEngine *engine = instance->host->services.engine;
  g_autoptr(MusterdClaim) claim = NULL;

  if (!check_source (instance, message->user, error)
      || !musterd_convert_check_text (message->set, "set", MUSTER_SET_MAX, error)
      || !check_kinds (instance, message, error))
    return FALSE;
  if (message->n_claims != 1)
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "no claim");
      return FALSE;
    }
  claim = musterd_convert_claim (message->claims, instance->name, message->set, musterd_engine_now (engine), error);
  return claim != NULL && musterd_engine_claim_put (engine, message->user, claim, error);
}

static gboolean
on_claim_drop (MusterdInstance *instance, const MusterMessage *message, GError **error)
{
  return check_source (instance, message->user, error)
         && musterd_convert_check_id (message->key, "key", MUSTER_KEY_MAX, error)
         && musterd_engine_claim_drop (instance->host->services.engine, instance->name, message->user, message->key,
                                       error);
}

static gboolean
on_claims_replace (MusterdInstance *instance, const MusterMessage *message, GError **error)
{
  MusterdEngine *engine = instance->host->services.engine;
  const char *set = message->set != NULL ? message->set : "";
  g_autoptr(GPtrArray) claims = NULL;

  if (!check_source (instance, message->user, error)
      || !musterd_convert_check_text (message->set, "set", MUSTER_SET_MAX, error)
      || !check_kinds (instance, message, error))
    return FALSE;
  if (message->until <= message->from)
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "the window's end is not after its start");
      return FALSE;
    }
  claims = musterd_convert_claims (message->claims, message->n_claims, instance->name, set,
                                   musterd_engine_now (engine), error);
  if (claims == NULL
      || !musterd_engine_claims_replace (engine, instance->name, message->user, set, message->from, message->until,
                                         (MusterdClaim *const *) claims->pdata, claims->len, error))
    return FALSE;
  musterd_assign_replaced (instance, message->user);
  return TRUE;
}

static gboolean
on_telephony (MusterdInstance *instance, const MusterMessage *message, GError **error)
{
  return check_source (instance, message->user, error)
         && musterd_convert_check_id (message->key, "device", MUSTER_KEY_MAX, error)
         && musterd_convert_check_enum (message->value, MUSTERD_N_TELEPHONY, "telephony", error)
         && musterd_convert_check_text (message->text, "label", MUSTER_TEXT_MAX, error)
         && musterd_engine_telephony (instance->host->services.engine, instance->name, message->user, message->key,
                                      (MusterdTelephony) message->value, message->text, MAX (message->from, 0), error);
}

static gboolean
on_client (MusterdInstance *instance, const MusterMessage *message, GError **error)
{
  return check_source (instance, message->user, error)
         && musterd_convert_check_id (message->key, "client", MUSTER_KEY_MAX, error)
         && musterd_convert_check_enum (message->value, MUSTERD_N_CLIENT_STATES, "client state", error)
         && musterd_engine_client (instance->host->services.engine, instance->name, message->user, message->key,
                                   (MusterdClientState) message->value, message->from, MAX (message->until, 0), error);
}

/* What administrators see. */

static gboolean
on_health (MusterdInstance *instance, const MusterMessage *message, GError **error)
{
  MusterdEngine *engine = instance->host->services.engine;
  char *before = instance->health_text;

  if (!musterd_convert_check_enum (message->value, MUSTER_HEALTH_OFFLINE + 1, "health", error)
      || !musterd_convert_check_text (message->text, "text", MUSTER_LONG_TEXT_MAX, error))
    return FALSE;

  instance->health = (MusterHealth) message->value;
  instance->health_said = TRUE;
  instance->health_text = g_strdup (message->text);
  g_free (before);
  if (instance->health == MUSTER_HEALTH_ONLINE)
    instance->attempts = 0;
  if (musterd_instance_is_source (instance) && !instance->retiring)
    {
      if (instance->health == MUSTER_HEALTH_ONLINE)
        musterd_engine_source_online (engine, instance->name);
      else if (instance->health == MUSTER_HEALTH_OFFLINE)
        musterd_engine_source_lost (engine, instance->name);
    }
  musterd_instance_show (instance);
  return TRUE;
}

static gboolean
on_user_state (MusterdInstance *instance, const MusterMessage *message, GError **error)
{
  if (!check_user (instance, message->user, error)
      || !musterd_convert_check_enum (message->value, MUSTER_USER_SIGN_IN + 1, "user state", error)
      || !musterd_convert_check_text (message->text, "text", MUSTER_LONG_TEXT_MAX, error))
    return FALSE;
  musterd_instance_user_state (instance, message);
  return TRUE;
}

static gboolean
on_note (MusterdInstance *instance, const MusterMessage *message, GError **error)
{
  if (!musterd_convert_check_text (message->set, "topic", MUSTER_KEY_MAX, error)
      || !musterd_convert_check_text (message->key, "subject", MUSTER_KEY_MAX, error)
      || !musterd_convert_check_text (message->text, "text", MUSTER_LONG_TEXT_MAX, error))
    return FALSE;
  musterd_instance_note (instance, message);
  return TRUE;
}

static gboolean
on_action_needed (MusterdInstance *instance, const MusterMessage *message, GError **error)
{
  return (message->user == NULL || check_user (instance, message->user, error))
         && musterd_convert_check_id (message->key, "id", MUSTER_KEY_MAX, error)
         && musterd_convert_check_text (message->text, "text", MUSTER_LONG_TEXT_MAX, error)
         && musterd_convert_check_text (message->url, "url", URL_MAX, error)
         && musterd_convert_check_text (message->code, "code", CODE_MAX, error)
         && musterd_instance_action_needed (instance, message, error);
}

static gboolean
on_action_done (MusterdInstance *instance, const MusterMessage *message, GError **error)
{
  if (!musterd_convert_check_id (message->key, "id", MUSTER_KEY_MAX, error))
    return FALSE;
  musterd_instance_action_done (instance, message->user, message->key);
  return TRUE;
}

static gboolean
on_log (MusterdInstance *instance, const MusterMessage *message, GError **error)
{
  if (!musterd_convert_check_enum (message->value, MUSTER_LOG_WARNING + 1, "log level", error))
    return FALSE;
  musterd_instance_say (instance, MUSTERD_LOG_OWN, (MusterLogLevel) message->value, (MusterdLogFields){ 0 },
                        message->text);
  return TRUE;
}

/* Answers. */

static gboolean
on_delivery_complete (MusterdInstance *instance, const MusterMessage *message, GError **error)
{
  guint n = 0;

  if (!musterd_convert_check_enum (message->value, MUSTERD_N_DELIVERY_RESULTS, "result of a delivery", error)
      || !musterd_convert_check_text (message->text, "text", MUSTER_LONG_TEXT_MAX, error))
    return FALSE;
  for (char **word = message->detail; word != NULL && *word != NULL; word++, n++)
    if (n >= 2 * DETAIL_MAX || !musterd_convert_check_text (*word, "detail", MUSTER_LONG_TEXT_MAX, error))
      {
        if (n >= 2 * DETAIL_MAX)
          g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "a detail of more than %d pairs", DETAIL_MAX);
        return FALSE;
      }
  if (n % 2 != 0)
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "a detail whose last name has no value");
      return FALSE;
    }
  musterd_instance_completed (instance, message);
  return TRUE;
}

static gboolean
on_drained (MusterdInstance *instance, const MusterMessage *message G_GNUC_UNUSED, GError **error)
{
  if (!instance->draining)
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "it was not asked to drain");
      return FALSE;
    }
  musterd_instance_drained (instance);
  return TRUE;
}

static gboolean
take (MusterdInstance *instance, MusterMessage *message, GError **error)
{
  switch (message->verb)
    {
    case MUSTER_VERB_CLAIM_PUT:
      return on_claim_put (instance, message, error);
    case MUSTER_VERB_CLAIM_DROP:
      return on_claim_drop (instance, message, error);
    case MUSTER_VERB_CLAIMS_REPLACE:
      return on_claims_replace (instance, message, error);
    case MUSTER_VERB_TELEPHONY:
      return on_telephony (instance, message, error);
    case MUSTER_VERB_CLIENT:
      return on_client (instance, message, error);
    case MUSTER_VERB_HEALTH:
      return on_health (instance, message, error);
    case MUSTER_VERB_USER_STATE:
      return on_user_state (instance, message, error);
    case MUSTER_VERB_NOTE:
      return on_note (instance, message, error);
    case MUSTER_VERB_ACTION_NEEDED:
      return on_action_needed (instance, message, error);
    case MUSTER_VERB_ACTION_DONE:
      return on_action_done (instance, message, error);
    case MUSTER_VERB_LOG:
      return on_log (instance, message, error);
    case MUSTER_VERB_DELIVERY_COMPLETE:
      return on_delivery_complete (instance, message, error);
    case MUSTER_VERB_DRAINED:
      return on_drained (instance, message, error);
    case MUSTER_VERB_KEEP:
      musterd_instance_keep (instance, message);
      return TRUE;
    case MUSTER_VERB_SECRET_GET:
      musterd_instance_secret_get (instance, message);
      return TRUE;
    case MUSTER_VERB_SECRET_PUT:
      musterd_instance_secret_put (instance, message);
      return TRUE;
    case MUSTER_VERB_REPORT:
      musterd_instance_report (instance, message);
      return TRUE;
    case MUSTER_VERB_REPORT_DONE:
      musterd_instance_report_done (instance, message->serial);
      return TRUE;
    case MUSTER_VERB_STOPPED:
    case MUSTER_VERB_CLOSED:
    default:
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "unknown verb %u", (guint) message->verb);
      return FALSE;
    }
}

static gboolean
is_of_a_source (MusterVerb verb)
{
  return verb == MUSTER_VERB_CLAIM_PUT || verb == MUSTER_VERB_CLAIM_DROP || verb == MUSTER_VERB_CLAIMS_REPLACE
         || verb == MUSTER_VERB_TELEPHONY || verb == MUSTER_VERB_CLIENT;
}

static const char *
verb_name (MusterVerb verb)
{
  static const char *const names[] = {
    [MUSTER_VERB_CLAIM_PUT] = "claim_put",
    [MUSTER_VERB_CLAIM_DROP] = "claim_drop",
    [MUSTER_VERB_CLAIMS_REPLACE] = "claims_replace",
    [MUSTER_VERB_TELEPHONY] = "telephony",
    [MUSTER_VERB_CLIENT] = "client",
    [MUSTER_VERB_HEALTH] = "health",
    [MUSTER_VERB_USER_STATE] = "user_state",
    [MUSTER_VERB_NOTE] = "note",
    [MUSTER_VERB_ACTION_NEEDED] = "action_needed",
    [MUSTER_VERB_ACTION_DONE] = "action_done",
    [MUSTER_VERB_DELIVERY_COMPLETE] = "delivery_complete",
    [MUSTER_VERB_DRAINED] = "drained",
    [MUSTER_VERB_LOG] = "log",
  };

  return (guint) verb < G_N_ELEMENTS (names) && names[verb] != NULL ? names[verb] : "verb";
}

void
musterd_instance_on_message (MusterdInstance *instance, MusterMessage *message)
{
  g_autoptr(GError) error = NULL;

  instance->n_messages++;
  /* One that was only started to give back what it holds has nothing to say of anybody. */
  if (instance->retiring && is_of_a_source (message->verb))
    return;
  if (take (instance, message, &error))
    return;
  instance->n_refused++;

  g_autofree char *text = g_strdup_printf ("%s refused: %s", verb_name (message->verb), error->message);

  musterd_instance_say (instance, MUSTERD_LOG_NOISE, MUSTER_LOG_WARNING, (MusterdLogFields){ .user = message->user },
                        text);
}
