/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Everything a source says passes here before it is kept, logged or shown. What must not be known is thrown away and
 * not merely hidden. */
#define G_LOG_DOMAIN "muster-engine"

#include "engine/private.h"

#include <string.h>

gboolean
musterd_door_check_words (const char *what, const char *text, gsize max, gboolean required, GError **error)
{
  if (text == NULL || *text == '\0')
    {
      if (required)
        g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "%s is empty", what);
      return !required;
    }
  if (strlen (text) > max)
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "%s has more than %" G_GSIZE_FORMAT " bytes", what,
                   max);
      return FALSE;
    }
  if (!g_utf8_validate (text, -1, NULL))
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "%s is not UTF-8", what);
      return FALSE;
    }
  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    if (g_unichar_iscntrl (g_utf8_get_char (p)) && *p != '\n' && *p != '\t')
      {
        g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "%s has a control character", what);
        return FALSE;
      }
  return TRUE;
}

gboolean
musterd_door_strip (MusterdClaim *claim, const MusterdSettings *settings)
{
  gboolean calendar = musterd_claim_kind_is_calendar ((MusterdClaimKind) claim->kind);

  if (claim->text == NULL || !(claim->is_private || (calendar && !settings->subject_as_text)))
    return FALSE;
  musterd_claim_set_text (claim, NULL);
  return TRUE;
}

gboolean
musterd_door_check (MusterdClaim *claim, const MusterdSettings *settings, MusterdTime now, GError **error)
{
  if (claim->kind >= MUSTERD_N_CLAIM_KINDS || claim->free_busy >= MUSTERD_N_FREE_BUSY
      || claim->response >= MUSTERD_N_RESPONSES)
    {
      g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "kind, free/busy or response out of range");
      return FALSE;
    }
  if (!musterd_door_check_words ("claim's source", claim->source, MUSTERD_USER_FIELD_MAX, TRUE, error)
      || !musterd_door_check_words ("claim's set", claim->set, MUSTERD_CLAIM_SET_MAX, FALSE, error)
      || !musterd_door_check_words ("claim's key", claim->key, MUSTERD_CLAIM_KEY_MAX, TRUE, error)
      || !musterd_door_check_words ("claim's role", claim->role, MUSTERD_CLAIM_TEXT_MAX, FALSE, error)
      || !musterd_door_check_words ("claim's text", claim->text, MUSTERD_CLAIM_TEXT_MAX, FALSE, error))
    return FALSE;
  if (claim->more != NULL
      && (!musterd_door_check_words ("claim's link", claim->more->link, MUSTERD_CLAIM_LINK_MAX, FALSE, error)
          || !musterd_door_check_words ("claim's greeting", claim->more->greeting_internal,
                                        MUSTERD_CLAIM_GREETING_MAX, FALSE, error)
          || !musterd_door_check_words ("claim's greeting", claim->more->greeting_external,
                                        MUSTERD_CLAIM_GREETING_MAX, FALSE, error)))
    return FALSE;
  if (claim->rules != NULL
      && !musterd_door_check_words ("claim's categories", claim->rules->categories, MUSTERD_CLAIM_CATEGORIES_MAX, FALSE,
                                    error))
    return FALSE;
  if (claim->until <= claim->from || (claim->from == MUSTERD_CLAIM_NOW && claim->until <= now))
    {
      g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "claim's end is not after its start");
      return FALSE;
    }

  musterd_rules_judge (settings->rules, settings->rules_stamp, claim);
  musterd_door_strip (claim, settings);
  musterd_claim_shorten_key (claim);

  if (musterd_claim_kind_is_leased (claim->kind))
    {
      claim->lease = claim->lease > 0 ? MIN (claim->lease, MUSTERD_LEASE_MAX) : MUSTERD_LEASE_MAX;
      claim->lease_until = now + claim->lease;
    }
  else
    {
      claim->lease = 0;
      claim->lease_until = MUSTERD_TIME_NEVER;
    }
  return TRUE;
}
