/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/json.h"

void
musterd_json_client (GString *json, const char *name, const char *user, const MusterdClient *client,
                     const MusterdSettings *settings, MusterdTime now)
{
  MusterdClientState counts = now < client->lease_until ? musterd_client_counts_as (client, settings, now)
                                                        : MUSTERD_CLIENT_ENDED;

  musterd_json_open (json, name, '{');
  musterd_json_string (json, "id", client->id);
  musterd_json_string (json, "user", user);
  musterd_json_string (json, "source", client->source);
  musterd_json_string (json, "state", musterd_client_state_to_string (client->state));
  musterd_json_string (json, "counts_as", musterd_client_state_to_string (counts));
  musterd_json_time (json, "since", client->since);
  musterd_json_int (json, "lease", client->lease / MUSTERD_SECOND);
  musterd_json_time (json, "until", client->lease_until);
  if (settings->idle_after == MUSTERD_TIME_NEVER)
    musterd_json_null (json, "idle_after");
  else
    musterd_json_int (json, "idle_after", settings->idle_after / MUSTERD_SECOND);
  musterd_json_bool (json, "on_lock", settings->on_lock);
  musterd_json_close (json, '}');
}
