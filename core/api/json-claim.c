/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/json.h"

typedef struct
{
  GString     *json;
  MusterdSight sight;
} Painter;

/* Each of them: null where the viewer does not see such a part. */

static void
add_string (const Painter *painter, MusterdSight part, const char *name, const char *value)
{
  musterd_json_string (painter->json, name, (painter->sight & part) != 0 ? value : NULL);
}

static void
add_bool (const Painter *painter, MusterdSight part, const char *name, gboolean value)
{
  if ((painter->sight & part) != 0)
    musterd_json_bool (painter->json, name, value);
  else
    musterd_json_null (painter->json, name);
}

static void
add_time (const Painter *painter, MusterdSight part, const char *name, MusterdTime value)
{
  musterd_json_time (painter->json, name, (painter->sight & part) != 0 ? value : MUSTERD_TIME_NEVER);
}

/* That the owner has left an entry out is theirs and their helpers' to know: for others it has no effect. */
static MusterdOutcome
get_outcome (const Painter *painter, const MusterdVerdict *verdict)
{
  if (verdict->outcome == MUSTERD_OUTCOME_IGNORED && (painter->sight & MUSTERD_SIGHT_HANDLE) == 0)
    return MUSTERD_OUTCOME_NO_EFFECT;
  return verdict->outcome;
}

void
musterd_json_verdict (GString *json, const char *name, const MusterdVerdict *verdict, MusterdRelation relation)
{
  const MusterdClaim *claim = verdict->claim;
  const Painter painter = { json, musterd_sight_of_claim (claim, relation) };
  char id[13];

  if (painter.sight == 0)
    return;
  musterd_claim_get_id (claim, id);
  musterd_json_open (json, name, '{');
  add_string (&painter, MUSTERD_SIGHT_INSIDE, "source", claim->source);
  add_string (&painter, MUSTERD_SIGHT_INSIDE, "set", claim->set);
  add_string (&painter, MUSTERD_SIGHT_INSIDE, "key", claim->key);
  add_string (&painter, MUSTERD_SIGHT_HANDLE, "id", id);
  add_string (&painter, MUSTERD_SIGHT_WORDS, "kind", musterd_claim_kind_to_string ((MusterdClaimKind) claim->kind));
  add_time (&painter, MUSTERD_SIGHT_TIMES, "from", claim->from);
  add_time (&painter, MUSTERD_SIGHT_INSIDE, "began", claim->began);
  add_time (&painter, MUSTERD_SIGHT_TIMES, "until", claim->until);
  add_time (&painter, MUSTERD_SIGHT_INSIDE, "lease_until", claim->lease_until);
  add_string (&painter, MUSTERD_SIGHT_WORDS, "template", verdict->template_name);
  add_string (&painter, MUSTERD_SIGHT_INSIDE, "role", claim->role);
  add_string (&painter, MUSTERD_SIGHT_WORDS, "text", claim->text);
  add_bool (&painter, MUSTERD_SIGHT_LOOK, "private", claim->is_private);
  add_bool (&painter, MUSTERD_SIGHT_WORDS, "all_day", claim->all_day);
  add_bool (&painter, MUSTERD_SIGHT_WORDS, "cancelled", claim->cancelled);
  add_string (&painter, MUSTERD_SIGHT_TIMES, "free_busy",
              musterd_free_busy_to_string ((MusterdFreeBusy) claim->free_busy));
  add_string (&painter, MUSTERD_SIGHT_INSIDE, "response",
              musterd_response_to_string ((MusterdResponse) claim->response));
  add_string (&painter, MUSTERD_SIGHT_INSIDE, "link", claim->more != NULL ? claim->more->link : NULL);
  add_string (&painter, MUSTERD_SIGHT_TIMES, "outcome", musterd_outcome_to_string (get_outcome (&painter, verdict)));
  add_bool (&painter, MUSTERD_SIGHT_HANDLE, "ignored", verdict->ignored);
  add_string (&painter, MUSTERD_SIGHT_INSIDE, "other", verdict->other);
  add_string (&painter, MUSTERD_SIGHT_INSIDE, "reason", verdict->reason);
  add_string (&painter, MUSTERD_SIGHT_INSIDE, "rule", verdict->rule);
  musterd_json_close (json, '}');
}
