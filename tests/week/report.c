/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report.h"

char *
report_time (MusterdTime time)
{
  g_autoptr(GDateTime) when = NULL;

  if (time == MUSTERD_TIME_NEVER)
    return g_strdup ("never");
  when = g_date_time_new_from_unix_utc (time / MUSTERD_SECOND);
  return when != NULL ? g_date_time_format (when, "%a %dT%H:%M:%SZ") : g_strdup ("always");
}

static void
add_time (GString *out, const char *name, MusterdTime time)
{
  g_autofree char *text = report_time (time);

  g_string_append_printf (out, " %s=%s", name, text);
}

static void
add_text (GString *out, const char *name, const char *text)
{
  if (text != NULL)
    g_string_append_printf (out, " %s=\"%s\"", name, text);
}

static void
add_choice (GString *out, const char *name, const MusterdChoice *choice)
{
  if (choice == NULL)
    return;
  g_string_append_printf (out, "    %s: %s", name, musterd_status_to_string (choice->status));
  add_text (out, "template", choice->template_id);
  add_text (out, "text", choice->text);
  add_time (out, "made", choice->made);
  add_time (out, "until", choice->until);
  g_string_append_c (out, '\n');
}

static void
add_claim (GString *out, const MusterdClaim *claim)
{
  g_string_append_printf (out, "    claim %s/%s: %s %s %s%s%s%s", claim->source, claim->key,
                          musterd_claim_kind_to_string ((MusterdClaimKind) claim->kind),
                          musterd_free_busy_to_string ((MusterdFreeBusy) claim->free_busy),
                          musterd_response_to_string ((MusterdResponse) claim->response),
                          claim->all_day ? " all-day" : "", claim->cancelled ? " cancelled" : "",
                          claim->is_private ? " private" : "");
  add_text (out, "role", claim->role);
  add_text (out, "text", claim->text);
  add_time (out, "from", claim->from);
  add_time (out, "until", claim->until);
  add_time (out, "began", claim->began);
  add_time (out, "lease", claim->lease_until);
  g_string_append_c (out, '\n');
}

char *
report_facts (const MusterdFacts *facts)
{
  GString *out = g_string_new (NULL);

  g_string_append_printf (out, "    zone %s, %s\n", facts->user->fields[MUSTERD_USER_ZONE],
                          facts->client_ended ? "the last client said goodbye" : "no client said goodbye");
  add_choice (out, "standing", facts->standing);
  add_choice (out, "timed", facts->timed);
  for (guint i = 0; i < facts->claims->len; i++)
    add_claim (out, facts->claims->pdata[i]);
  for (guint i = 0; i < facts->clients->len; i++)
    {
      const MusterdClient *client = facts->clients->pdata[i];

      g_string_append_printf (out, "    client %s/%s: %s", client->source, client->id,
                              musterd_client_state_to_string (client->state));
      add_time (out, "seen", client->seen);
      add_time (out, "lease", client->lease_until);
      g_string_append_c (out, '\n');
    }
  for (guint i = 0; i < facts->devices->len; i++)
    {
      const MusterdDevice *device = facts->devices->pdata[i];

      g_string_append_printf (out, "    phone %s/%s: %s", device->source, device->id,
                              musterd_telephony_to_string (device->state));
      add_text (out, "label", device->label);
      add_time (out, "since", device->since);
      add_time (out, "lease", device->lease_until);
      g_string_append_c (out, '\n');
    }
  for (guint i = 0; i < facts->ignores->len; i++)
    {
      const MusterdIgnore *ignore = facts->ignores->pdata[i];

      g_string_append_printf (out, "    ignored %s/%s", ignore->source, ignore->key);
      add_time (out, "from", ignore->from);
      g_string_append_c (out, '\n');
    }
  return g_string_free (out, FALSE);
}

char *
report_presence (const MusterdPresence *presence)
{
  GString *out = g_string_new (NULL);

  if (presence == NULL)
    return g_string_free (g_string_append (out, "nobody"), FALSE);
  g_string_append (out, musterd_status_to_string (presence->status));
  add_text (out, "text", presence->text);
  add_text (out, "template", presence->template_name);
  add_text (out, "kind", musterd_presence_get_kind (presence));
  add_text (out, "source", presence->source);
  add_time (out, "since", presence->since);
  add_time (out, "until", presence->until);
  add_time (out, "next-free", presence->next_free);
  add_time (out, "stale", presence->stale);
  g_string_append_printf (out, " telephony=%s", musterd_telephony_to_string (presence->telephony));
  add_text (out, "label", presence->telephony_label);
  g_string_append_printf (out, " reach=%s", musterd_reach_to_string (presence->reach));
  add_text (out, "greeting", presence->greeting_internal);
  g_string_append_printf (out, " forward=%s/%s/%s",
                          musterd_forward_action_to_string (presence->forwarding.action),
                          musterd_forward_scope_to_string (presence->forwarding.scope),
                          musterd_forward_target_to_string (presence->forwarding.target));
  add_text (out, "number", presence->forwarding.number);
  return g_string_free (out, FALSE);
}
