/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-model"

#include "model/event.h"

#define FIELDS_MAX 8

static const struct
{
  const char *name, *id;
} events[MUSTERD_N_EVENTS] = {
  [MUSTERD_EVENT_READY] = { "ready", "29ffadfc878d4954a57eb26fb1087a81" },
  [MUSTERD_EVENT_STOPPING] = { "stopping", "51147ee330d54453a94adbcd5b407d69" },
  [MUSTERD_EVENT_RELOADED] = { "reloaded", "e30c0c9290964630bac4116e56185416" },
  [MUSTERD_EVENT_RELOAD_FAILED] = { "reload-failed", "d93a59f847a246498e5418968c764b83" },
  [MUSTERD_EVENT_STORE_FAILING] = { "store-failing", "353e622fecf54734ae7b74b3235900bb" },
  [MUSTERD_EVENT_STORE_RECOVERED] = { "store-recovered", "e4f91419e21e4684a8d074945ad02467" },
  [MUSTERD_EVENT_INSTANCE_STATE] = { "instance-state", "6833a163280946debebe289c826c1ba4" },
  [MUSTERD_EVENT_INSTANCE_STUCK] = { "instance-stuck", "e9638d85b8fc46f0b0fc35d4987cb652" },
  [MUSTERD_EVENT_INSTANCE_RESPONDS] = { "instance-responds", "f8cab095dc9b4f0aa478e0797694f7d8" },
  [MUSTERD_EVENT_INSTANCE_PAUSED] = { "instance-paused", "1f328c7f8c9f48fd890ad0cdf9975652" },
  [MUSTERD_EVENT_INSTANCE_RESUMED] = { "instance-resumed", "24d3ff309f764023bcc4342b00465193" },
  [MUSTERD_EVENT_INSTANCE_DRAINED] = { "instance-drained", "b7563990a4f64b6f8b8e844aea6ea358" },
  [MUSTERD_EVENT_ACTION_NEEDED] = { "action-needed", "6f491422b55c45149ea6146a02fbdd53" },
  [MUSTERD_EVENT_LINES_LEFT_OUT] = { "lines-left-out", "da2ce48b271a4d70912055cb8d14b872" },
  [MUSTERD_EVENT_DELEGATED] = { "delegated", "88f63dd94972470fa28124198f1c4af2" },
};

const char *
musterd_event_get_name (MusterdEvent event)
{
  return (guint) event < MUSTERD_N_EVENTS ? events[event].name : NULL;
}

const char *
musterd_event_get_id (MusterdEvent event)
{
  return (guint) event < MUSTERD_N_EVENTS ? events[event].id : NULL;
}

/* As syslog(3) counts. */
static const char *
priority (GLogLevelFlags level)
{
  switch (level & G_LOG_LEVEL_MASK)
    {
    case G_LOG_LEVEL_WARNING:
      return "4";
    case G_LOG_LEVEL_MESSAGE:
      return "5";
    case G_LOG_LEVEL_INFO:
      return "6";
    case G_LOG_LEVEL_DEBUG:
      return "7";
    default:
      return "3";
    }
}

static void
add (GLogField *fields, gsize *n_fields, const char *key, const char *value)
{
  if (value != NULL)
    fields[(*n_fields)++] = (GLogField){ key, value, -1 };
}

void
musterd_event_log_fields (const char *domain, GLogLevelFlags level, const MusterdLogFields *fields, const char *text)
{
  GLogField all[FIELDS_MAX];
  gsize n = 0;

  add (all, &n, "MESSAGE", text);
  add (all, &n, "PRIORITY", priority (level));
  add (all, &n, "GLIB_DOMAIN", domain);
  add (all, &n, "MUSTER_EVENT", musterd_event_get_name (fields->event));
  add (all, &n, "MESSAGE_ID", musterd_event_get_id (fields->event));
  add (all, &n, "MUSTER_INSTANCE", fields->instance);
  add (all, &n, "MUSTER_USER", fields->user);
  add (all, &n, "MUSTER_STATE", fields->state);
  g_log_structured_array (level, all, n);
}

void
musterd_event_log (const char *domain, GLogLevelFlags level, MusterdEvent event, const char *format, ...)
{
  const MusterdLogFields fields = { .event = event };
  va_list args;

  va_start (args, format);
  g_autofree char *text = g_strdup_vprintf (format, args);
  va_end (args);
  musterd_event_log_fields (domain, level, &fields, text);
}
