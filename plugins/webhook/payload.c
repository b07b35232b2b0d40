/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-webhook"

#include "payload.h"

#include <json-glib/json-glib.h>

static void
add_string (JsonBuilder *builder, const char *name, const char *value)
{
  json_builder_set_member_name (builder, name);
  if (value != NULL)
    json_builder_add_string_value (builder, value);
  else
    json_builder_add_null_value (builder);
}

/* RFC 3339 in UTC, with milliseconds where there are any; a moment that is not known is null. */
static void
add_time (JsonBuilder *builder, const char *name, gint64 time)
{
  g_autoptr(GDateTime) date = NULL;
  g_autofree char *text = NULL;
  guint milliseconds = (guint) (time % G_TIME_SPAN_SECOND / G_TIME_SPAN_MILLISECOND);

  if (time > 0 && time != MUSTER_OPEN_ENDED)
    date = g_date_time_new_from_unix_utc (time / G_TIME_SPAN_SECOND);
  if (date != NULL)
    {
      g_autofree char *seconds = g_date_time_format (date, "%Y-%m-%dT%H:%M:%S");
      g_autofree char *fraction = milliseconds != 0 ? g_strdup_printf (".%03u", milliseconds) : g_strdup ("");
      text = g_strconcat (seconds, fraction, "Z", NULL);
    }
  add_string (builder, name, text);
}

GBytes *
payload_new (const char *instance, MusterUser *user, MusterDesired *desired)
{
  g_autoptr(JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  add_string (builder, "event", "presence");
  add_string (builder, "instance", instance);

  json_builder_set_member_name (builder, "user");
  json_builder_begin_object (builder);
  add_string (builder, "id", muster_user_get_id (user));
  add_string (builder, "name", muster_user_get_name (user));
  json_builder_end_object (builder);

  json_builder_set_member_name (builder, "presence");
  json_builder_begin_object (builder);
  add_string (builder, "status", muster_status_to_string (muster_desired_get_status (desired)));
  add_string (builder, "text", muster_desired_get_text (desired));
  add_string (builder, "template", muster_desired_get_template_name (desired));
  add_time (builder, "since", muster_desired_get_since (desired));
  add_time (builder, "until", muster_desired_get_until (desired));
  add_time (builder, "next_free", muster_desired_get_next_free (desired));
  json_builder_set_member_name (builder, "telephony");
  json_builder_begin_object (builder);
  add_string (builder, "state", muster_telephony_to_string (muster_desired_get_telephony (desired)));
  add_string (builder, "label", muster_desired_get_telephony_label (desired));
  json_builder_end_object (builder);
  add_string (builder, "reach", muster_reach_to_string (muster_desired_get_reach (desired)));
  add_string (builder, "kind", muster_desired_get_kind (desired));
  json_builder_set_member_name (builder, "revision");
  json_builder_add_int_value (builder, (gint64) muster_desired_get_revision (desired));
  json_builder_end_object (builder);
  json_builder_end_object (builder);

  g_autoptr(JsonNode) root = json_builder_get_root (builder);
  char *text = json_to_string (root, FALSE);
  return g_bytes_new_take (text, strlen (text));
}
