/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-model"

#include "model/judge.h"

#include <string.h>

void
musterd_question_init (MusterdQuestion *question, const MusterdFacts *facts, const MusterdSettings *settings,
                       const char *without)
{
  question->facts = facts;
  question->settings = settings;
  question->without = without;
  question->standing_end = musterd_facts_choice_end (facts, settings);
  question->leases_at = MUSTERD_TIME_ALWAYS;
}

MusterdClaimKind
musterd_judge_kind (const MusterdClaim *claim)
{
  if (claim->kind == MUSTERD_CLAIM_APPOINTMENT && claim->free_busy == MUSTERD_FREE_BUSY_OUT_OF_OFFICE)
    return MUSTERD_CLAIM_ABSENCE;
  return (MusterdClaimKind) claim->kind;
}

const MusterdRule *
musterd_judge_rule (const MusterdQuestion *question, const MusterdClaim *claim, const MusterdTemplate **tmpl)
{
  const MusterdSettings *settings = question->settings;

  *tmpl = NULL;
  /* What is off is off: no rule brings it back. */
  if (settings->rules == NULL || claim->cancelled || claim->response == MUSTERD_RESPONSE_DECLINED
      || !musterd_claim_kind_is_calendar ((MusterdClaimKind) claim->kind))
    return NULL;
  for (guint i = 0; i < settings->rules->len; i++)
    {
      const MusterdRule *rule = &g_array_index (settings->rules, MusterdRule, i);

      if (!musterd_rule_matches (rule, i, settings->rules_stamp, claim))
        continue;
      *tmpl = musterd_settings_find (settings, rule->template_ref);
      if (*tmpl != NULL || rule->template_ref == NULL)
        return rule;
    }
  return NULL;
}

const char *
musterd_judge_no_effect (const MusterdQuestion *question, const MusterdClaim *claim)
{
  const MusterdSettings *settings = question->settings;
  MusterdClaimKind kind = musterd_judge_kind (claim);
  const MusterdTemplate *tmpl;

  if (claim->cancelled)
    return "cancelled";
  if (musterd_judge_rule (question, claim, &tmpl) != NULL)
    return tmpl == NULL ? "rule" : NULL;
  if (claim->free_busy == MUSTERD_FREE_BUSY_FREE)
    return "free";
  if (kind != MUSTERD_CLAIM_APPOINTMENT && kind != MUSTERD_CLAIM_ABSENCE)
    return NULL;
  if (claim->response == MUSTERD_RESPONSE_DECLINED)
    return "declined";
  if (claim->response == MUSTERD_RESPONSE_UNANSWERED && !settings->count_unanswered)
    return "unanswered";
  if ((claim->free_busy == MUSTERD_FREE_BUSY_TENTATIVE || claim->response == MUSTERD_RESPONSE_TENTATIVE)
      && !settings->count_tentative)
    return "tentative";
  if (claim->free_busy == MUSTERD_FREE_BUSY_ELSEWHERE && !settings->count_elsewhere)
    return "working elsewhere";
  if (kind == MUSTERD_CLAIM_APPOINTMENT && claim->all_day && !settings->count_all_day)
    return "all day";
  return NULL;
}

guint
musterd_judge_rank (const MusterdClaim *claim)
{
  switch (musterd_judge_kind (claim))
    {
    case MUSTERD_CLAIM_DND:
    case MUSTERD_CLAIM_SHARING:
      return 1;
    case MUSTERD_CLAIM_CALL:
      return 2;
    case MUSTERD_CLAIM_MICROPHONE:
      return 3;
    case MUSTERD_CLAIM_ABSENCE:
      return 4;
    case MUSTERD_CLAIM_APPOINTMENT:
    case MUSTERD_N_CLAIM_KINDS:
    default:
      return 5;
    }
}

/* An entry shown as free is in force by a rule alone. */
static guint
weight (const MusterdClaim *claim)
{
  if (claim->free_busy == MUSTERD_FREE_BUSY_FREE)
    return 0;
  if (claim->free_busy == MUSTERD_FREE_BUSY_ELSEWHERE)
    return 1;
  return claim->free_busy == MUSTERD_FREE_BUSY_TENTATIVE ? 2 : 3;
}

gboolean
musterd_judge_stronger (const MusterdClaim *a, const MusterdClaim *b)
{
  guint rank_a = musterd_judge_rank (a), rank_b = musterd_judge_rank (b);
  int order;

  if (rank_a != rank_b)
    return rank_a < rank_b;
  if (weight (a) != weight (b))
    return weight (a) > weight (b);
  if (a->from != b->from)
    return a->from > b->from;
  order = strcmp (a->key, b->key);
  return order != 0 ? order < 0 : strcmp (a->source, b->source) < 0;
}

static void
base_from_template (MusterdBase *base, const MusterdTemplate *tmpl, MusterdStatus fallback)
{
  base->tmpl = tmpl;
  base->status = tmpl != NULL ? tmpl->status : fallback;
  base->text = tmpl != NULL ? tmpl->text : NULL;
}

/* FALSE: the choice is one by status alone and those are passed over. */
static gboolean
base_from_choice (const MusterdQuestion *question, const MusterdChoice *choice, gboolean bare, MusterdBase *base)
{
  const MusterdTemplate *tmpl = musterd_settings_find_id (question->settings, choice->template_id);

  if (tmpl == NULL && !bare)
    return FALSE;
  base_from_template (base, tmpl, choice->status);
  if (choice->text != NULL)
    base->text = choice->text;
  base->choice = choice;
  base->origin = MUSTERD_ORIGIN_CHOICE;
  base->timed = choice == question->facts->timed;
  base->stays = tmpl != NULL ? tmpl->stays : choice->stays;
  return TRUE;
}

/* Counts the clients that take part in this question. */
static MusterdClientState
client_state (const MusterdQuestion *question, MusterdTime now, gboolean *lost, MusterdTime *seen)
{
  const GPtrArray *clients = question->facts->clients;
  MusterdClientState best = MUSTERD_CLIENT_NONE;
  guint n = 0;

  *seen = MUSTERD_TIME_ALWAYS;
  for (guint i = 0; clients != NULL && i < clients->len; i++)
    {
      const MusterdClient *client = g_ptr_array_index (clients, i);
      MusterdClientState state = musterd_client_counts_as (client, question->settings, now);

      if (question->without != NULL && g_str_equal (client->source, question->without))
        continue;
      n++;
      if (question->leases_at >= client->lease_until)
        *seen = MAX (*seen, client->seen);
      else if (best == MUSTERD_CLIENT_NONE || state < best)
        best = state;
    }
  *lost = n > 0 && best == MUSTERD_CLIENT_NONE;
  if (best != MUSTERD_CLIENT_NONE)
    return best;
  return n > 0 || question->facts->client_ended ? MUSTERD_CLIENT_ENDED : MUSTERD_CLIENT_NONE;
}

/* The one that bears the status's own name before any other of that status: Unavailable, and not Out of office. */
static const MusterdTemplate *
plain_template (const MusterdSettings *settings, MusterdStatus status)
{
  const MusterdTemplate *tmpl = musterd_settings_find (settings, musterd_status_to_string (status));

  return tmpl != NULL && tmpl->status == status ? tmpl : musterd_settings_find_status (settings, status);
}

void
musterd_judge_base (const MusterdQuestion *question, MusterdTime now, gboolean bare, MusterdBase *base)
{
  const MusterdFacts *facts = question->facts;
  const MusterdSettings *settings = question->settings;
  MusterdClientState state;
  gboolean lost;
  MusterdTime seen;

  memset (base, 0, sizeof *base);
  state = client_state (question, now, &lost, &seen);
  base->client = state;
  if (facts->timed != NULL && now < facts->timed->until && base_from_choice (question, facts->timed, bare, base))
    return;
  if (facts->standing != NULL && now < question->standing_end
      && base_from_choice (question, facts->standing, bare, base))
    {
      /* Somebody who said "available" and whose desktop then vanished is not known to be available any more. */
      if (!lost || base->status != MUSTERD_STATUS_AVAILABLE || facts->standing->made >= seen)
        return;
      memset (base, 0, sizeof *base);
      base->client = state;
    }

  base->origin = MUSTERD_ORIGIN_CLIENT;
  switch (state)
    {
    case MUSTERD_CLIENT_ACTIVE:
    case MUSTERD_CLIENT_IDLE:
    case MUSTERD_CLIENT_LOCKED:
      base_from_template (base, musterd_settings_find (settings, settings->start_role), MUSTERD_STATUS_AVAILABLE);
      break;
    case MUSTERD_CLIENT_ENDED:
      base_from_template (base, musterd_settings_find (settings, settings->end_role), MUSTERD_STATUS_UNAVAILABLE);
      break;
    case MUSTERD_CLIENT_NONE:
    case MUSTERD_N_CLIENT_STATES:
    default:
      base->origin = MUSTERD_ORIGIN_DEFAULT;
      base_from_template (base, plain_template (settings, settings->base_without_client),
                          settings->base_without_client);
    }
}

gboolean
musterd_judge_is_out (const MusterdBase *base, const MusterdClaim *claim)
{
  return base->choice != NULL && base->choice->made >= claim->began;
}

gboolean
musterd_judge_held_off (const MusterdBase *base, const MusterdClaim *claim)
{
  if (base->choice == NULL)
    return FALSE;
  if (base->timed || base->status == MUSTERD_STATUS_DO_NOT_DISTURB)
    return TRUE;
  /* A call or a shared screen shows through a holiday; calendar and microphone do not. */
  return (base->stays || base->status == MUSTERD_STATUS_LOGGED_OFF) && musterd_judge_rank (claim) >= 3;
}

const MusterdTemplate *
musterd_judge_template (const MusterdQuestion *question, const MusterdClaim *claim)
{
  const MusterdSettings *settings = question->settings;
  const MusterdTemplate *tmpl = NULL;

  musterd_judge_rule (question, claim, &tmpl);
  if (tmpl != NULL)
    return tmpl;
  switch (musterd_judge_kind (claim))
    {
    case MUSTERD_CLAIM_DND:
    case MUSTERD_CLAIM_SHARING:
      return musterd_settings_find_status (settings, MUSTERD_STATUS_DO_NOT_DISTURB);
    case MUSTERD_CLAIM_CALL:
      tmpl = musterd_settings_find (settings, claim->role);
      break;
    case MUSTERD_CLAIM_MICROPHONE:
      tmpl = musterd_settings_find (settings, "micsync");
      break;
    case MUSTERD_CLAIM_ABSENCE:
      return musterd_settings_find (settings, "out-of-office");
    case MUSTERD_CLAIM_APPOINTMENT:
    case MUSTERD_N_CLAIM_KINDS:
    default:
      break;
    }
  return tmpl != NULL ? tmpl : musterd_settings_find (settings, settings->standard_role);
}

MusterdStatus
musterd_judge_status (const MusterdClaim *claim, const MusterdTemplate *tmpl)
{
  if (tmpl != NULL)
    return tmpl->status;
  switch (musterd_judge_rank (claim))
    {
    case 1:
      return MUSTERD_STATUS_DO_NOT_DISTURB;
    case 4:
      return MUSTERD_STATUS_UNAVAILABLE;
    default:
      return MUSTERD_STATUS_BUSY;
    }
}

const char *
musterd_judge_text (const MusterdQuestion *question, const MusterdClaim *claim, const MusterdTemplate *tmpl)
{
  const char *own = tmpl != NULL ? tmpl->text : NULL;
  const char *said = claim->is_private ? NULL : claim->text;

  switch (musterd_judge_kind (claim))
    {
    case MUSTERD_CLAIM_DND:
    case MUSTERD_CLAIM_SHARING:
      return own != NULL ? own : said;
    case MUSTERD_CLAIM_CALL:
    case MUSTERD_CLAIM_MICROPHONE:
      return said != NULL ? said : own;
    case MUSTERD_CLAIM_ABSENCE:
    case MUSTERD_CLAIM_APPOINTMENT:
    case MUSTERD_N_CLAIM_KINDS:
    default:
      return question->settings->subject_as_text && said != NULL ? said : own;
    }
}
