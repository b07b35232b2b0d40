/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/json.h"

static void
add_refusals (GString *json, const char *name, GPtrArray *refusals)
{
  musterd_json_open (json, name, '[');
  for (guint i = 0; i < refusals->len; i++)
    {
      const MusterdRefusal *refusal = refusals->pdata[i];

      musterd_json_open (json, NULL, '{');
      musterd_json_string (json, "instance", refusal->instance);
      musterd_json_string (json, "text", refusal->text);
      musterd_json_time (json, "since", refusal->since);
      musterd_json_time (json, "again", refusal->again);
      musterd_json_close (json, '}');
    }
  musterd_json_close (json, ']');
}

void
musterd_json_calendar (GString *json, const char *name, const MusterdCalendarOrder *order)
{
  if (order == NULL)
    {
      musterd_json_null (json, name);
      return;
    }
  musterd_json_open (json, name, '{');
  musterd_json_open (json, "sources", '[');
  for (guint i = 0; order->sources[i] != NULL; i++)
    musterd_json_string (json, NULL, order->sources[i]);
  musterd_json_close (json, ']');
  musterd_json_string (json, "holder", order->holder);
  musterd_json_string (json, "asked", order->asked);
  add_refusals (json, "not_here", order->refusals);
  musterd_json_close (json, '}');
}
