/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/json.h"

void
musterd_json_action (GString *json, const char *name, const MusterdAction *action)
{
  musterd_json_open (json, name, '{');
  musterd_json_string (json, "id", action->id);
  musterd_json_string (json, "user", action->user);
  musterd_json_string (json, "text", action->text);
  musterd_json_string (json, "url", action->url);
  musterd_json_string (json, "code", action->code);
  musterd_json_time (json, "since", action->since);
  musterd_json_close (json, '}');
}

static void
add_notes (GString *json, const char *name, GPtrArray *notes)
{
  musterd_json_open (json, name, '[');
  for (guint i = 0; notes != NULL && i < notes->len; i++)
    {
      const MusterdNote *note = notes->pdata[i];

      musterd_json_open (json, NULL, '{');
      musterd_json_string (json, "topic", note->topic);
      musterd_json_string (json, "subject", note->subject);
      musterd_json_string (json, "text", note->text);
      musterd_json_time (json, "since", note->since);
      musterd_json_time (json, "last", note->last);
      musterd_json_uint (json, "count", note->count);
      musterd_json_close (json, '}');
    }
  musterd_json_close (json, ']');
}

static void
add_troubles (GString *json, const char *name, GPtrArray *troubles)
{
  musterd_json_open (json, name, '[');
  for (guint i = 0; troubles != NULL && i < troubles->len; i++)
    {
      const MusterdUserTrouble *trouble = troubles->pdata[i];

      musterd_json_open (json, NULL, '{');
      musterd_json_string (json, "user", trouble->user);
      musterd_json_string (json, "state", trouble->state);
      musterd_json_string (json, "text", trouble->text);
      musterd_json_time (json, "since", trouble->since);
      musterd_json_close (json, '}');
    }
  musterd_json_close (json, ']');
}

static void
add_deliveries (GString *json, const char *name, const MusterdInstanceInfo *info)
{
  if (!info->is_sink)
    {
      musterd_json_null (json, name);
      return;
    }
  musterd_json_open (json, name, '{');
  musterd_json_uint (json, "users", info->sink.n_slots);
  musterd_json_uint (json, "pending", info->sink.n_ready + info->sink.n_waiting);
  musterd_json_uint (json, "in_flight", info->sink.n_in_flight);
  musterd_json_uint (json, "failed", info->sink.n_failed);
  musterd_json_uint (json, "applied", info->sink.n_results[MUSTERD_DELIVERY_APPLIED]);
  musterd_json_uint (json, "superseded", info->sink.n_superseded);
  musterd_json_uint (json, "errors", info->sink.n_results[MUSTERD_DELIVERY_UNREACHABLE]
                                         + info->sink.n_results[MUSTERD_DELIVERY_REFUSED]);
  musterd_json_close (json, '}');
}

void
musterd_json_instance (GString *json, const char *name, const MusterdInstanceInfo *info)
{
  musterd_json_open (json, name, '{');
  musterd_json_string (json, "instance", info->name);
  musterd_json_string (json, "plugin", info->plugin);
  musterd_json_string (json, "version", info->version);
  musterd_json_string (json, "summary", info->summary);
  musterd_json_string (json, "enabled", musterd_enabled_to_string (info->enabled));
  musterd_json_string (json, "state", musterd_instance_state_to_string (info->state));
  musterd_json_string (json, "text", info->text);
  musterd_json_time (json, "since", info->since);
  musterd_json_bool (json, "source", info->is_source);
  musterd_json_bool (json, "sink", info->is_sink);
  musterd_json_bool (json, "paused", info->paused);
  musterd_json_bool (json, "not_responding", info->not_responding);
  musterd_json_uint (json, "users", info->n_users);
  musterd_json_uint (json, "queued", info->n_queued);
  musterd_json_uint (json, "messages", info->n_messages);
  musterd_json_uint (json, "refused", info->n_refused);
  add_deliveries (json, "deliveries", info);
  musterd_json_open (json, "actions", '[');
  for (guint i = 0; info->actions != NULL && i < info->actions->len; i++)
    musterd_json_action (json, NULL, info->actions->pdata[i]);
  musterd_json_close (json, ']');
  add_notes (json, "notes", info->notes);
  add_troubles (json, "troubles", info->troubles);
  musterd_json_close (json, '}');
}
