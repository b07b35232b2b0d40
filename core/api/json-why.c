/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/json.h"

static void
add_choice (GString *json, const char *name, const MusterdChoice *choice, const MusterdSettings *settings,
            MusterdSight sight)
{
  const MusterdTemplate *tmpl = NULL;

  if (choice == NULL || (sight & MUSTERD_SIGHT_CHOICES) == 0)
    {
      musterd_json_null (json, name);
      return;
    }
  if (choice->template_id != NULL)
    tmpl = musterd_settings_find_id (settings, choice->template_id);
  musterd_json_open (json, name, '{');
  musterd_json_string (json, "template", tmpl != NULL ? tmpl->name : choice->template_id);
  musterd_json_string (json, "status", musterd_status_to_string (tmpl != NULL ? tmpl->status : choice->status));
  musterd_json_string (json, "text", choice->text);
  musterd_json_time (json, "made", choice->made);
  musterd_json_time (json, "until", choice->until);
  musterd_json_string (json, "by", (sight & MUSTERD_SIGHT_INSIDE) != 0 ? choice->by : NULL);
  musterd_json_close (json, '}');
}

static void
add_devices (GString *json, const char *name, GPtrArray *devices)
{
  musterd_json_open (json, name, '[');
  for (guint i = 0; devices != NULL && i < devices->len; i++)
    {
      const MusterdDevice *device = devices->pdata[i];

      musterd_json_open (json, NULL, '{');
      musterd_json_string (json, "source", device->source);
      musterd_json_string (json, "id", device->id);
      musterd_json_string (json, "state", musterd_telephony_to_string (device->state));
      musterd_json_string (json, "label", device->label);
      musterd_json_time (json, "since", device->since);
      musterd_json_time (json, "lease_until", device->lease_until);
      musterd_json_close (json, '}');
    }
  musterd_json_close (json, ']');
}

static void
add_forwarding (GString *json, const char *name, const MusterdPresenceForwarding *forwarding)
{
  gboolean forwards = forwarding->action == MUSTERD_FORWARD_TO;

  musterd_json_open (json, name, '{');
  musterd_json_string (json, "action", musterd_forward_action_to_string (forwarding->action));
  musterd_json_string (json, "target", forwards ? forwarding->number : NULL);
  musterd_json_string (json, "target_kind", forwards ? musterd_forward_target_to_string (forwarding->target) : NULL);
  musterd_json_string (json, "scope",
                       forwarding->action != MUSTERD_FORWARD_DO_NOT_CHANGE
                           ? musterd_forward_scope_to_string (forwarding->scope)
                           : NULL);
  musterd_json_string (json, "from", forwarding->from);
  musterd_json_close (json, '}');
}

/* What the sink is handed, and nothing else: what it cannot have shown does not belong in its column. */
static void
add_handed (GString *json, const char *name, const MusterdPresence *presence, MusterdParts needs)
{
  if (presence == NULL)
    {
      musterd_json_null (json, name);
      return;
    }
  musterd_json_open (json, name, '{');
  if ((needs & MUSTERD_PART_STATUS) != 0)
    musterd_json_string (json, "status", musterd_status_to_string (presence->status));
  if ((needs & MUSTERD_PART_TEXT) != 0)
    musterd_json_string (json, "text", presence->text);
  if ((needs & MUSTERD_PART_TEMPLATE) != 0)
    {
      musterd_json_string (json, "template", presence->template_name);
      musterd_json_string (json, "role", presence->template_role);
    }
  if ((needs & MUSTERD_PART_KIND) != 0)
    musterd_json_string (json, "kind", musterd_presence_get_kind (presence));
  if ((needs & (MUSTERD_PART_TELEPHONY | MUSTERD_PART_LABEL)) != 0)
    {
      musterd_json_open (json, "telephony", '{');
      if ((needs & MUSTERD_PART_TELEPHONY) != 0)
        musterd_json_string (json, "state", musterd_telephony_to_string (presence->telephony));
      if ((needs & MUSTERD_PART_LABEL) != 0)
        musterd_json_string (json, "label", presence->telephony_label);
      musterd_json_close (json, '}');
    }
  if ((needs & MUSTERD_PART_REACH) != 0)
    musterd_json_string (json, "reach", musterd_reach_to_string (presence->reach));
  if ((needs & MUSTERD_PART_TIMES) != 0)
    {
      musterd_json_time (json, "since", presence->since);
      musterd_json_time (json, "until", presence->until);
      musterd_json_time (json, "next_free", presence->next_free);
    }
  if ((needs & MUSTERD_PART_FORWARDING) != 0)
    add_forwarding (json, "forwarding", &presence->forwarding);
  if ((needs & MUSTERD_PART_GREETING) != 0)
    {
      musterd_json_open (json, "greeting", '{');
      musterd_json_string (json, "internal", presence->greeting_internal);
      musterd_json_string (json, "external", presence->greeting_external);
      musterd_json_close (json, '}');
    }
  musterd_json_close (json, '}');
}

void
musterd_json_sink (GString *json, const char *name, const MusterdSinkWhy *why)
{
  musterd_json_open (json, name, '{');
  musterd_json_string (json, "instance", why->instance);
  add_handed (json, "desired", why->desired, why->needs);
  add_handed (json, "applied", why->applied, why->needs);
  musterd_json_string (json, "result", why->answered ? musterd_delivery_result_to_string (why->result) : NULL);
  musterd_json_bool (json, "pending", why->pending);
  musterd_json_bool (json, "in_flight", why->in_flight);
  musterd_json_bool (json, "paused", why->paused);
  musterd_json_bool (json, "closed", why->closed);
  musterd_json_open (json, "detail", '{');
  for (gsize i = 0; why->detail != NULL && why->detail[i] != NULL && why->detail[i + 1] != NULL; i += 2)
    musterd_json_string (json, why->detail[i], why->detail[i + 1]);
  musterd_json_close (json, '}');
  musterd_json_string (json, "last_error", why->last_error);
  musterd_json_time (json, "next_try", why->next_try);
  musterd_json_uint (json, "attempts", why->attempts);
  musterd_json_close (json, '}');
}

/* Where somebody works, by which telephones, and what other systems are told. */
static void
add_inside (GString *json, const MusterdWhy *why, GPtrArray *sinks, const MusterdCalendarOrder *order)
{
  musterd_json_string (json, "client", musterd_client_state_to_string (why->client));
  musterd_json_open (json, "clients", '[');
  for (guint i = 0; i < why->clients->len; i++)
    musterd_json_client (json, NULL, why->presence->user->id, why->clients->pdata[i], why->settings, why->now);
  musterd_json_close (json, ']');
  add_devices (json, "devices", why->devices);
  add_forwarding (json, "forwarding", &why->presence->forwarding);
  musterd_json_time (json, "next_change", why->next_change);
  musterd_json_open (json, "sinks", '[');
  for (guint i = 0; sinks != NULL && i < sinks->len; i++)
    musterd_json_sink (json, NULL, sinks->pdata[i]);
  musterd_json_close (json, ']');
  musterd_json_calendar (json, "calendar", order);
}

static void
add_no_inside (GString *json)
{
  static const char *const members[] = { "client",      "clients", "devices", "forwarding",
                                         "next_change", "sinks",   "calendar" };

  for (gsize i = 0; i < G_N_ELEMENTS (members); i++)
    musterd_json_null (json, members[i]);
}

void
musterd_json_why (GString *json, const char *name, const MusterdWhy *why, GPtrArray *sinks,
                  const MusterdCalendarOrder *order, MusterdRelation relation)
{
  g_autoptr(MusterdPresence) view = musterd_presence_view (why->presence, relation);
  MusterdSight sight = musterd_sight_of_user (relation);

  musterd_json_open (json, name, '{');
  musterd_json_presence (json, "presence", view->user, view);
  musterd_json_open (json, "choices", '{');
  add_choice (json, "standing", why->standing, why->settings, sight);
  add_choice (json, "timed", why->timed, why->settings, sight);
  musterd_json_time (json, "standing_ends",
                     (sight & MUSTERD_SIGHT_CHOICES) != 0 ? why->standing_ends : MUSTERD_TIME_NEVER);
  musterd_json_close (json, '}');
  musterd_json_open (json, "claims", '[');
  for (guint i = 0; i < why->claims->len; i++)
    musterd_json_verdict (json, NULL, why->claims->pdata[i], relation);
  musterd_json_close (json, ']');
  if ((sight & MUSTERD_SIGHT_INSIDE) != 0)
    add_inside (json, why, sinks, order);
  else
    add_no_inside (json);
  musterd_json_close (json, '}');
}
