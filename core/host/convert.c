/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-host"

#include "host/convert.h"

#include <string.h>

#define SAME(a, b) G_STATIC_ASSERT ((int) (a) == (int) (b))

SAME (MUSTER_STATUS_NONE, MUSTERD_STATUS_NONE);
SAME (MUSTER_STATUS_AVAILABLE, MUSTERD_STATUS_AVAILABLE);
SAME (MUSTER_STATUS_BE_RIGHT_BACK, MUSTERD_STATUS_BE_RIGHT_BACK);
SAME (MUSTER_STATUS_BUSY, MUSTERD_STATUS_BUSY);
SAME (MUSTER_STATUS_DO_NOT_DISTURB, MUSTERD_STATUS_DO_NOT_DISTURB);
SAME (MUSTER_STATUS_UNAVAILABLE, MUSTERD_STATUS_UNAVAILABLE);
SAME (MUSTER_STATUS_LOGGED_OFF, MUSTERD_STATUS_LOGGED_OFF);
SAME (MUSTER_STATUS_LOGGED_OFF + 1, MUSTERD_N_STATUSES);

SAME (MUSTER_CLAIM_DND, MUSTERD_CLAIM_DND);
SAME (MUSTER_CLAIM_SHARING, MUSTERD_CLAIM_SHARING);
SAME (MUSTER_CLAIM_CALL, MUSTERD_CLAIM_CALL);
SAME (MUSTER_CLAIM_MICROPHONE, MUSTERD_CLAIM_MICROPHONE);
SAME (MUSTER_CLAIM_ABSENCE, MUSTERD_CLAIM_ABSENCE);
SAME (MUSTER_CLAIM_APPOINTMENT, MUSTERD_CLAIM_APPOINTMENT);
SAME (MUSTER_CLAIM_APPOINTMENT + 1, MUSTERD_N_CLAIM_KINDS);

SAME (MUSTER_FREE_BUSY_NONE, MUSTERD_FREE_BUSY_NONE);
SAME (MUSTER_FREE_BUSY_FREE, MUSTERD_FREE_BUSY_FREE);
SAME (MUSTER_FREE_BUSY_ELSEWHERE, MUSTERD_FREE_BUSY_ELSEWHERE);
SAME (MUSTER_FREE_BUSY_TENTATIVE, MUSTERD_FREE_BUSY_TENTATIVE);
SAME (MUSTER_FREE_BUSY_BUSY, MUSTERD_FREE_BUSY_BUSY);
SAME (MUSTER_FREE_BUSY_OUT_OF_OFFICE, MUSTERD_FREE_BUSY_OUT_OF_OFFICE);
SAME (MUSTER_FREE_BUSY_OUT_OF_OFFICE + 1, MUSTERD_N_FREE_BUSY);

SAME (MUSTER_RESPONSE_NONE, MUSTERD_RESPONSE_NONE);
SAME (MUSTER_RESPONSE_ORGANIZER, MUSTERD_RESPONSE_ORGANIZER);
SAME (MUSTER_RESPONSE_ACCEPTED, MUSTERD_RESPONSE_ACCEPTED);
SAME (MUSTER_RESPONSE_TENTATIVE, MUSTERD_RESPONSE_TENTATIVE);
SAME (MUSTER_RESPONSE_DECLINED, MUSTERD_RESPONSE_DECLINED);
SAME (MUSTER_RESPONSE_UNANSWERED, MUSTERD_RESPONSE_UNANSWERED);
SAME (MUSTER_RESPONSE_UNANSWERED + 1, MUSTERD_N_RESPONSES);

SAME (MUSTER_TELEPHONY_NONE, MUSTERD_TELEPHONY_NONE);
SAME (MUSTER_TELEPHONY_IDLE, MUSTERD_TELEPHONY_IDLE);
SAME (MUSTER_TELEPHONY_RINGING, MUSTERD_TELEPHONY_RINGING);
SAME (MUSTER_TELEPHONY_ON_THE_PHONE, MUSTERD_TELEPHONY_ON_THE_PHONE);
SAME (MUSTER_TELEPHONY_ON_THE_PHONE + 1, MUSTERD_N_TELEPHONY);

SAME (MUSTER_CLIENT_NONE, MUSTERD_CLIENT_NONE);
SAME (MUSTER_CLIENT_ACTIVE, MUSTERD_CLIENT_ACTIVE);
SAME (MUSTER_CLIENT_IDLE, MUSTERD_CLIENT_IDLE);
SAME (MUSTER_CLIENT_LOCKED, MUSTERD_CLIENT_LOCKED);
SAME (MUSTER_CLIENT_ENDED, MUSTERD_CLIENT_ENDED);
SAME (MUSTER_CLIENT_ENDED + 1, MUSTERD_N_CLIENT_STATES);

SAME (MUSTER_FORWARD_DO_NOT_CHANGE, MUSTERD_FORWARD_DO_NOT_CHANGE);
SAME (MUSTER_FORWARD_OFF, MUSTERD_FORWARD_OFF);
SAME (MUSTER_FORWARD_DO_NOT_DISTURB, MUSTERD_FORWARD_DO_NOT_DISTURB);
SAME (MUSTER_FORWARD_TO, MUSTERD_FORWARD_TO);
SAME (MUSTER_FORWARD_TO + 1, MUSTERD_N_FORWARD_ACTIONS);

SAME (MUSTER_SCOPE_ALL, MUSTERD_SCOPE_ALL);
SAME (MUSTER_SCOPE_INTERNAL, MUSTERD_SCOPE_INTERNAL);
SAME (MUSTER_SCOPE_EXTERNAL, MUSTERD_SCOPE_EXTERNAL);
SAME (MUSTER_SCOPE_EXTERNAL + 1, MUSTERD_N_SCOPES);

SAME (MUSTER_REACH_FREE, MUSTERD_REACH_FREE);
SAME (MUSTER_REACH_ON_THE_PHONE, MUSTERD_REACH_ON_THE_PHONE);
SAME (MUSTER_REACH_BUSY, MUSTERD_REACH_BUSY);
SAME (MUSTER_REACH_AWAY, MUSTERD_REACH_AWAY);
SAME (MUSTER_REACH_OFF, MUSTERD_REACH_OFF);
SAME (MUSTER_REACH_OFF + 1, MUSTERD_N_REACH);

SAME (MUSTER_DELIVERY_APPLIED, MUSTERD_DELIVERY_APPLIED);
SAME (MUSTER_DELIVERY_UNREACHABLE, MUSTERD_DELIVERY_UNREACHABLE);
SAME (MUSTER_DELIVERY_REFUSED, MUSTERD_DELIVERY_REFUSED);
SAME (MUSTER_DELIVERY_LEFT_TO_PERSON, MUSTERD_DELIVERY_LEFT_TO_PERSON);
SAME (MUSTER_DELIVERY_LEFT_TO_PERSON + 1, MUSTERD_N_DELIVERY_RESULTS);

SAME (MUSTER_NEEDS_STATUS, MUSTERD_PART_STATUS);
SAME (MUSTER_NEEDS_TEXT, MUSTERD_PART_TEXT);
SAME (MUSTER_NEEDS_TEMPLATE, MUSTERD_PART_TEMPLATE);
SAME (MUSTER_NEEDS_KIND, MUSTERD_PART_KIND);
SAME (MUSTER_NEEDS_FORWARDING, MUSTERD_PART_FORWARDING);
SAME (MUSTER_NEEDS_TELEPHONY, MUSTERD_PART_TELEPHONY);
SAME (MUSTER_NEEDS_LABEL, MUSTERD_PART_LABEL);
SAME (MUSTER_NEEDS_REACH, MUSTERD_PART_REACH);
SAME (MUSTER_NEEDS_TIMES, MUSTERD_PART_TIMES);
SAME (MUSTER_NEEDS_GREETING, MUSTERD_PART_GREETING);

G_STATIC_ASSERT (MUSTER_OPEN_ENDED == MUSTERD_TIME_NEVER);
G_STATIC_ASSERT (MUSTER_NOW == MUSTERD_CLAIM_NOW);
G_STATIC_ASSERT (MUSTER_USER_ID_MAX == MUSTERD_USER_MAX);
G_STATIC_ASSERT (MUSTER_KEY_MAX == MUSTERD_CLAIM_KEY_MAX);
G_STATIC_ASSERT (MUSTER_SET_MAX == MUSTERD_CLAIM_SET_MAX);
G_STATIC_ASSERT (MUSTER_TEXT_MAX == MUSTERD_CLAIM_TEXT_MAX);

gboolean
musterd_convert_check_text (const char *value, const char *what, gsize max, GError **error)
{
  if (value == NULL)
    return TRUE;

  const gsize length = strnlen (value, max + 1);

  if (length > max)
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "%s has more than %" G_GSIZE_FORMAT " bytes", what,
                   max);
      return FALSE;
    }
  if (!g_utf8_validate_len (value, length, NULL))
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "%s is not UTF-8", what);
      return FALSE;
    }
  return TRUE;
}

gboolean
musterd_convert_check_id (const char *value, const char *what, gsize max, GError **error)
{
  if (value == NULL || *value == '\0')
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "no %s", what);
      return FALSE;
    }
  if (!musterd_convert_check_text (value, what, max, error))
    return FALSE;
  for (const char *p = value; *p != '\0'; p = g_utf8_next_char (p))
    if (g_unichar_iscntrl (g_utf8_get_char (p)))
      {
        g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "control characters in %s", what);
        return FALSE;
      }
  return TRUE;
}

gboolean
musterd_convert_check_enum (guint value, guint n_values, const char *what, GError **error)
{
  if (value < n_values)
    return TRUE;
  g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "%s %u out of range (0 to %u)", what, value, n_values - 1);
  return FALSE;
}

static gboolean
check_times (MusterdTime from, MusterdTime until, gint64 lease, GError **error)
{
  if (from < MUSTERD_TIME_FIRST || from > MUSTERD_TIME_LAST)
    g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "'from' %" G_GINT64_FORMAT " out of range", from);
  else if (until != MUSTER_OPEN_ENDED && (until < MUSTERD_TIME_FIRST || until > MUSTERD_TIME_LAST))
    g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "'until' %" G_GINT64_FORMAT " out of range", until);
  else if (until <= from)
    g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "'until' is not after 'from'");
  else if (lease < 0)
    g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "lease %" G_GINT64_FORMAT " is negative", lease);
  else
    return TRUE;
  return FALSE;
}

static gboolean
check_claim (const MusterClaim *claim, MusterdTime from, GError **error)
{
  return musterd_convert_check_id (claim->key, "key", MUSTERD_CLAIM_KEY_MAX, error)
         && musterd_convert_check_enum (claim->kind, MUSTERD_N_CLAIM_KINDS, "kind", error)
         && musterd_convert_check_enum (claim->free_busy, MUSTERD_N_FREE_BUSY, "free/busy", error)
         && musterd_convert_check_enum (claim->response, MUSTERD_N_RESPONSES, "response", error)
         && check_times (from, claim->until, claim->lease, error)
         && musterd_convert_check_text (claim->template_role, "template role", MUSTERD_CLAIM_TEXT_MAX, error)
         && musterd_convert_check_text (claim->text, "text", MUSTERD_CLAIM_TEXT_MAX, error)
         && musterd_convert_check_text (claim->link, "link", MUSTER_LONG_TEXT_MAX, error)
         && musterd_convert_check_text (claim->categories, "categories", MUSTERD_CLAIM_CATEGORIES_MAX, error)
         && musterd_convert_check_text (claim->greeting_internal, "internal greeting", MUSTERD_CLAIM_GREETING_MAX,
                                        error)
         && musterd_convert_check_text (claim->greeting_external, "external greeting", MUSTERD_CLAIM_GREETING_MAX,
                                        error);
}

MusterdClaim *
musterd_convert_claim (const MusterClaim *claim, const char *source, const char *set, MusterdTime now, GError **error)
{
  /* A meeting does not get lost because its link is longer than what is kept of links. */
  const char *link = claim->link;

  if (!check_claim (claim, claim->from == MUSTER_NOW ? now : claim->from, error))
    {
      g_autofree char *shown = musterd_error_word (claim->key != NULL ? claim->key : "");

      g_prefix_error (error, "claim \"%s\": ", shown);
      return NULL;
    }

  g_autoptr(MusterdClaim) made = musterd_claim_new (source, set != NULL ? set : "", claim->key,
                                                    (MusterdClaimKind) claim->kind);

  /* MUSTER_NOW passes as it is: only the engine knows whether the claim is in force already. */
  made->from = made->began = claim->from;
  made->until = claim->until;
  if (musterd_claim_kind_is_leased (made->kind))
    {
      made->lease = claim->lease == 0 || claim->lease > MUSTERD_LEASE_MAX ? MUSTERD_LEASE_MAX : claim->lease;
      made->lease_until = now + made->lease;
    }
  made->free_busy = claim->free_busy;
  made->response = claim->response;
  made->all_day = claim->all_day != FALSE;
  made->cancelled = claim->cancelled != FALSE;
  made->is_private = claim->is_private != FALSE;
  musterd_claim_set_role (made, claim->template_role);
  /* The subject of a private entry ends here: nothing behind this line can log, keep or show it. */
  musterd_claim_set_text (made, made->is_private ? NULL : claim->text);
  musterd_claim_set_asked (made, made->is_private ? NULL : claim->categories, claim->n_attendees);
  if (link != NULL && strlen (link) > MUSTERD_CLAIM_LINK_MAX)
    link = NULL;
  if (link != NULL || claim->greeting_internal != NULL || claim->greeting_external != NULL)
    musterd_claim_set_more (made, link, claim->greeting_internal, claim->greeting_external);
  return g_steal_pointer (&made);
}

GPtrArray *
musterd_convert_claims (const MusterClaim *claims, gsize n_claims, const char *source, const char *set,
                        MusterdTime now, GError **error)
{
  g_autoptr(GPtrArray) made = g_ptr_array_new_full (n_claims, (GDestroyNotify) musterd_claim_unref);

  if (n_claims > MUSTER_REPLACE_MAX)
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_LIMIT,
                   "%" G_GSIZE_FORMAT " claims at once, at most %d can be taken", n_claims, MUSTER_REPLACE_MAX);
      return NULL;
    }
  for (gsize i = 0; i < n_claims; i++)
    {
      const MusterClaim *claim = (const MusterClaim *) ((const char *) claims + i * claims[0].struct_size);
      MusterdClaim *one = musterd_convert_claim (claim, source, set, now, error);

      if (one == NULL)
        return NULL;
      g_ptr_array_add (made, one);
    }
  return g_steal_pointer (&made);
}

MusterDesired *
musterd_convert_desired (const MusterdPresence *presence, guint64 needs)
{
  const MusterdPresenceForwarding *forwarding = &presence->forwarding;
  /* To a number that the user does not have nothing can be forwarded: then nobody speaks. */
  const gboolean speaks = forwarding->action != MUSTERD_FORWARD_TO || forwarding->number != NULL;
  const MusterDesiredData data = {
    .status = (MusterStatus) presence->status,
    .text = presence->text,
    .template_name = presence->template_name,
    .template_role = presence->template_role,
    .kind = musterd_presence_get_kind (presence),
    .forward_action = speaks ? (MusterForwardAction) forwarding->action : MUSTER_FORWARD_DO_NOT_CHANGE,
    .forward_scope = speaks ? (MusterForwardScope) forwarding->scope : MUSTER_SCOPE_ALL,
    .forward_number = speaks ? forwarding->number : NULL,
    .telephony = (MusterTelephony) presence->telephony,
    .telephony_label = presence->telephony_label,
    .reach = (MusterReach) presence->reach,
    .since = presence->since,
    .until = presence->until,
    .next_free = presence->next_free,
    .greetings = { presence->greeting_internal, presence->greeting_external },
    .revision = presence->revision,
  };

  return muster_desired_new (&data, needs);
}
