/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/json.h"

void
musterd_json_verdict (GString *json, const char *name, const MusterdVerdict *verdict)
{
  const MusterdClaim *claim = verdict->claim;
  char id[13];

  musterd_claim_get_id (claim, id);
  musterd_json_open (json, name, '{');
  musterd_json_string (json, "source", claim->source);
  musterd_json_string (json, "set", claim->set);
  musterd_json_string (json, "key", claim->key);
  musterd_json_string (json, "id", id);
  musterd_json_string (json, "kind", musterd_claim_kind_to_string ((MusterdClaimKind) claim->kind));
  musterd_json_time (json, "from", claim->from);
  musterd_json_time (json, "began", claim->began);
  musterd_json_time (json, "until", claim->until);
  musterd_json_time (json, "lease_until", claim->lease_until);
  musterd_json_string (json, "template", verdict->template_name);
  musterd_json_string (json, "role", claim->role);
  musterd_json_string (json, "text", claim->text);
  musterd_json_bool (json, "private", claim->is_private);
  musterd_json_bool (json, "all_day", claim->all_day);
  musterd_json_bool (json, "cancelled", claim->cancelled);
  musterd_json_string (json, "free_busy", musterd_free_busy_to_string ((MusterdFreeBusy) claim->free_busy));
  musterd_json_string (json, "response", musterd_response_to_string ((MusterdResponse) claim->response));
  musterd_json_string (json, "link", claim->more != NULL ? claim->more->link : NULL);
  musterd_json_string (json, "outcome", musterd_outcome_to_string (verdict->outcome));
  musterd_json_string (json, "other", verdict->other);
  musterd_json_string (json, "reason", verdict->reason);
  musterd_json_string (json, "rule", verdict->rule);
  musterd_json_close (json, '}');
}
