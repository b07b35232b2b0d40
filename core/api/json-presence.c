/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/json.h"

void
musterd_json_presence (GString *json, const char *name, const MusterdUser *user, const MusterdPresence *presence)
{
  musterd_json_open (json, name, '{');
  musterd_json_string (json, "user", user->id);
  musterd_json_string (json, "name", user->fields[MUSTERD_USER_NAME]);
  musterd_json_string (json, "status", musterd_status_to_string (presence->status));
  musterd_json_string (json, "text", presence->text);
  musterd_json_string (json, "template", presence->template_name);
  musterd_json_time (json, "since", presence->since);
  musterd_json_time (json, "until", presence->until);
  musterd_json_time (json, "next_free", presence->next_free);
  musterd_json_open (json, "telephony", '{');
  musterd_json_string (json, "state", musterd_telephony_to_string (presence->telephony));
  musterd_json_string (json, "label", presence->telephony_label);
  musterd_json_close (json, '}');
  musterd_json_string (json, "reach", musterd_reach_to_string (presence->reach));
  musterd_json_string (json, "kind", musterd_presence_get_kind (presence));
  musterd_json_string (json, "source", presence->source);
  musterd_json_time (json, "stale", presence->stale);
  musterd_json_uint (json, "revision", presence->revision);
  musterd_json_close (json, '}');
}
