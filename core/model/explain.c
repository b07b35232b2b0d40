/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-model"

#include "model/judge.h"
#include "model/resolve.h"

void
musterd_verdict_free (MusterdVerdict *verdict)
{
  if (verdict == NULL)
    return;
  musterd_claim_unref (verdict->claim);
  g_free (verdict->other);
  g_free (verdict);
}

/* Whether the claim plays at this moment at all; otherwise says why not. */
static gboolean
in_play (const MusterdQuestion *question, MusterdVerdict *verdict, MusterdTime now)
{
  const MusterdClaim *claim = verdict->claim;

  verdict->outcome = MUSTERD_OUTCOME_NO_EFFECT;
  verdict->reason = musterd_judge_no_effect (question, claim);
  if (verdict->reason != NULL)
    return FALSE;
  if (claim->from >= claim->until)
    {
      verdict->reason = "empty";
      return FALSE;
    }
  if (now >= musterd_claim_get_end (claim))
    {
      verdict->reason = now >= claim->until ? "ended" : "lease ran out";
      return FALSE;
    }
  if (verdict->ignored)
    {
      verdict->outcome = MUSTERD_OUTCOME_IGNORED;
      return FALSE;
    }
  if (claim->from > now)
    {
      verdict->outcome = MUSTERD_OUTCOME_NOT_YET;
      return FALSE;
    }
  return TRUE;
}

GPtrArray *
musterd_explain (const MusterdFacts *facts, const MusterdSettings *settings, MusterdTime now)
{
  GPtrArray *verdicts = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_verdict_free);
  g_autoptr(GPtrArray) playing = g_ptr_array_new ();
  const MusterdClaim *winner = NULL;
  MusterdQuestion question;
  MusterdBase base;

  musterd_question_init (&question, facts, settings, NULL);
  question.leases_at = now;
  musterd_judge_base (&question, now, TRUE, &base);

  for (guint i = 0; i < facts->claims->len; i++)
    {
      MusterdVerdict *verdict = g_new0 (MusterdVerdict, 1);
      const MusterdTemplate *tmpl;
      const MusterdRule *rule;

      verdict->claim = musterd_claim_ref (g_ptr_array_index (facts->claims, i));
      tmpl = musterd_judge_template (&question, verdict->claim);
      verdict->template_name = tmpl != NULL ? tmpl->name : NULL;
      rule = musterd_judge_rule (&question, verdict->claim, &tmpl);
      verdict->rule = rule != NULL ? rule->name : NULL;
      verdict->ignored = musterd_facts_is_ignored (facts, verdict->claim);
      g_ptr_array_add (verdicts, verdict);
      if (!in_play (&question, verdict, now))
        continue;
      g_ptr_array_add (playing, verdict);
      if (!musterd_judge_is_out (&base, verdict->claim) && !musterd_judge_held_off (&base, verdict->claim)
          && (winner == NULL || musterd_judge_stronger (verdict->claim, winner)))
        winner = verdict->claim;
    }

  for (guint i = 0; i < playing->len; i++)
    {
      MusterdVerdict *verdict = g_ptr_array_index (playing, i);

      if (verdict->claim == winner)
        verdict->outcome = MUSTERD_OUTCOME_WINS;
      else if (musterd_judge_is_out (&base, verdict->claim) || musterd_judge_held_off (&base, verdict->claim))
        {
          verdict->outcome = musterd_judge_is_out (&base, verdict->claim) ? MUSTERD_OUTCOME_OVERRIDDEN
                                                                         : MUSTERD_OUTCOME_WEAKER_THAN;
          verdict->other = g_strdup (base.timed ? "timed choice" : "choice");
        }
      else
        {
          verdict->outcome = MUSTERD_OUTCOME_WEAKER_THAN;
          verdict->other = g_strdup_printf ("%s/%s", winner->source, winner->key);
        }
    }
  return verdicts;
}
