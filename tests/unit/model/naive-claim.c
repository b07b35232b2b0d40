/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The overlays: which claims count, how strong they are, and what they show. */
#include "naive-parts.h"

#include <string.h>

gboolean
naive_is_absence (const MusterdClaim *claim)
{
  return claim->kind == MUSTERD_CLAIM_ABSENCE
         || (claim->kind == MUSTERD_CLAIM_APPOINTMENT && claim->free_busy == MUSTERD_FREE_BUSY_OUT_OF_OFFICE);
}

static int
claim_rank (const MusterdClaim *claim)
{
  if (naive_is_absence (claim))
    return 4;
  switch ((MusterdClaimKind) claim->kind)
    {
    case MUSTERD_CLAIM_DND:
    case MUSTERD_CLAIM_SHARING:
      return 1;
    case MUSTERD_CLAIM_CALL:
      return 2;
    case MUSTERD_CLAIM_MICROPHONE:
      return 3;
    default:
      return 5;
    }
}

static int
claim_class (const MusterdClaim *claim)
{
  switch ((MusterdFreeBusy) claim->free_busy)
    {
    case MUSTERD_FREE_BUSY_FREE:
      return 4; /* shows by a rule alone */
    case MUSTERD_FREE_BUSY_TENTATIVE:
      return 2;
    case MUSTERD_FREE_BUSY_ELSEWHERE:
      return 3;
    default:
      return 1;
    }
}

static gboolean
rule_takes (const MusterdRule *rule, guint place, const MusterdSettings *settings, const MusterdClaim *claim)
{
  guint shown = claim->free_busy;
  gboolean door = rule->category != NULL || rule->subject != NULL || rule->n_attendees != 0;

  /* An entry of which nobody says how it is shown is shown as busy. */
  if (claim->kind == MUSTERD_CLAIM_APPOINTMENT && shown == MUSTERD_FREE_BUSY_NONE)
    shown = MUSTERD_FREE_BUSY_BUSY;
  if (rule->free_busy != 0 && !(rule->free_busy & (1 << shown)))
    return FALSE;
  if (rule->responses != 0 && !(rule->responses & (1 << claim->response)))
    return FALSE;
  if (rule->all_day == MUSTERD_ALL_DAY_YES && !claim->all_day)
    return FALSE;
  if (rule->all_day == MUSTERD_ALL_DAY_NO && claim->all_day)
    return FALSE;
  if (!door)
    return TRUE;
  /* Found at the door, when the rules were these. */
  if (claim->rules == NULL || claim->rules->stamp != settings->rules_stamp)
    return FALSE;
  return (claim->rules->met & ((guint64) 1 << place)) != 0;
}

/* The first rule that takes the entry in and can be followed; its template is NULL where there is to be no effect. */
static const MusterdRule *
claim_rule (const MusterdClaim *claim, const MusterdSettings *settings, const MusterdTemplate **tmpl)
{
  *tmpl = NULL;
  if (claim->kind != MUSTERD_CLAIM_ABSENCE && claim->kind != MUSTERD_CLAIM_APPOINTMENT)
    return NULL;
  for (guint place = 0; settings->rules != NULL && place < settings->rules->len; place++)
    {
      const MusterdRule *rule = (const MusterdRule *) (gpointer) settings->rules->data + place;

      if (!rule_takes (rule, place, settings, claim))
        continue;
      if (rule->template_ref == NULL)
        return rule;
      *tmpl = naive_find_template (settings, rule->template_ref);
      if (*tmpl != NULL)
        return rule;
    }
  return NULL;
}

static gboolean
claim_has_effect (const MusterdClaim *claim, const MusterdSettings *settings)
{
  const MusterdTemplate *tmpl = NULL;

  if (claim->cancelled)
    return FALSE;
  if (claim->kind != MUSTERD_CLAIM_ABSENCE && claim->kind != MUSTERD_CLAIM_APPOINTMENT)
    return claim->free_busy != MUSTERD_FREE_BUSY_FREE;
  if (claim->response == MUSTERD_RESPONSE_DECLINED)
    return FALSE;
  if (claim_rule (claim, settings, &tmpl) != NULL)
    return tmpl != NULL;
  if (claim->free_busy == MUSTERD_FREE_BUSY_FREE)
    return FALSE;
  if (claim->response == MUSTERD_RESPONSE_UNANSWERED && !settings->count_unanswered)
    return FALSE;
  if ((claim->free_busy == MUSTERD_FREE_BUSY_TENTATIVE || claim->response == MUSTERD_RESPONSE_TENTATIVE)
      && !settings->count_tentative)
    return FALSE;
  if (claim->free_busy == MUSTERD_FREE_BUSY_ELSEWHERE && !settings->count_elsewhere)
    return FALSE;
  if (claim->all_day && !naive_is_absence (claim) && !settings->count_all_day)
    return FALSE;
  return TRUE;
}

static gboolean
claim_in_force (const MusterdClaim *claim, MusterdTime now)
{
  return claim->from <= now && now < claim->until && now < claim->lease_until;
}

static gboolean
claim_is_ignored (const MusterdFacts *facts, const MusterdClaim *claim)
{
  for (guint i = 0; facts->ignores != NULL && i < facts->ignores->len; i++)
    {
      const MusterdIgnore *ignore = facts->ignores->pdata[i];

      if (strcmp (ignore->source, claim->source) == 0 && strcmp (ignore->key, claim->key) == 0
          && ignore->from == claim->from)
        return TRUE;
    }
  return FALSE;
}

gboolean
naive_claim_speaks (const MusterdClaim *claim, const MusterdFacts *facts, const MusterdSettings *settings,
                    MusterdTime now)
{
  return claim_in_force (claim, now) && claim_has_effect (claim, settings) && !claim_is_ignored (facts, claim);
}

static gboolean
base_beats_claim (const NaiveBase *base, const MusterdClaim *claim)
{
  if (base->choice == NULL)
    return FALSE;
  if (base->timed)
    return TRUE;
  if (base->choice->made >= claim->began)
    return TRUE; /* out */
  if (base->status == MUSTERD_STATUS_DO_NOT_DISTURB)
    return TRUE;
  return (base->status == MUSTERD_STATUS_LOGGED_OFF || naive_base_stays (base)) && claim_rank (claim) >= 3;
}

gint
naive_compare_strength (gconstpointer a, gconstpointer b)
{
  const MusterdClaim *one = *(MusterdClaim *const *) a;
  const MusterdClaim *two = *(MusterdClaim *const *) b;

  if (claim_rank (one) != claim_rank (two))
    return claim_rank (one) - claim_rank (two);
  if (claim_class (one) != claim_class (two))
    return claim_class (one) - claim_class (two);
  if (one->from != two->from)
    return one->from > two->from ? -1 : 1;
  if (strcmp (one->key, two->key) != 0)
    return strcmp (one->key, two->key);
  return strcmp (one->source, two->source);
}

GPtrArray *
naive_able_to_win (const NaiveBase *base, const MusterdFacts *facts, const MusterdSettings *settings, MusterdTime now)
{
  g_autoptr(GPtrArray) claims = g_ptr_array_new ();

  for (guint i = 0; i < facts->claims->len; i++)
    {
      MusterdClaim *claim = facts->claims->pdata[i];

      if (naive_claim_speaks (claim, facts, settings, now) && !base_beats_claim (base, claim))
        g_ptr_array_add (claims, claim);
    }
  g_ptr_array_sort (claims, naive_compare_strength);
  return g_steal_pointer (&claims);
}

const MusterdTemplate *
naive_claim_template (const MusterdClaim *claim, const MusterdSettings *settings)
{
  const MusterdTemplate *tmpl = NULL;

  if (claim_rule (claim, settings, &tmpl) != NULL && tmpl != NULL)
    return tmpl;
  switch (claim_rank (claim))
    {
    case 1:
      return naive_find_template_by_status (settings, MUSTERD_STATUS_DO_NOT_DISTURB);
    case 2:
      if (claim->role != NULL)
        tmpl = naive_find_template (settings, claim->role);
      return tmpl != NULL ? tmpl : naive_find_template (settings, settings->standard_role);
    case 3:
      tmpl = naive_find_template (settings, "micsync");
      return tmpl != NULL ? tmpl : naive_find_template (settings, settings->standard_role);
    case 4:
      return naive_find_template (settings, "out-of-office");
    default:
      return naive_find_template (settings, settings->standard_role);
    }
}

MusterdStatus
naive_claim_status (const MusterdClaim *claim, const MusterdTemplate *tmpl)
{
  if (tmpl != NULL)
    return tmpl->status;
  switch (claim_rank (claim))
    {
    case 1:
      return MUSTERD_STATUS_DO_NOT_DISTURB;
    case 4:
      return MUSTERD_STATUS_UNAVAILABLE;
    default:
      return MUSTERD_STATUS_BUSY;
    }
}

char *
naive_claim_text (const MusterdClaim *claim, const MusterdTemplate *tmpl, const MusterdSettings *settings)
{
  const char *template_text = tmpl != NULL ? tmpl->text : NULL;
  gboolean subject_shows = settings->subject_as_text && !claim->is_private && claim->text != NULL;

  switch (claim_rank (claim))
    {
    case 1:
      return g_strdup (template_text != NULL ? template_text : claim->text);
    case 2:
      return claim->text != NULL ? g_strdup_printf ("On the phone (%s)", claim->text) : g_strdup ("On the phone");
    case 3:
      return g_strdup (claim->text != NULL ? claim->text : template_text);
    default:
      return g_strdup (subject_shows ? claim->text : template_text);
    }
}
