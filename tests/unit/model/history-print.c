/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "history.h"

char *
history_time_to_string (MusterdTime time)
{
  MusterdTime since, rest;

  if (time == MUSTERD_TIME_NEVER)
    return g_strdup ("never");
  if (time == MUSTERD_TIME_ALWAYS)
    return g_strdup ("always");
  since = time - HISTORY_START;
  rest = since % HISTORY_STEP;
  if (rest == 1 || rest == 1 - HISTORY_STEP)
    return g_strdup_printf ("%.2f+1µs", (double) (since - 1) / HISTORY_STEP);
  if (rest == -1 || rest == HISTORY_STEP - 1)
    return g_strdup_printf ("%.2f-1µs", (double) (since + 1) / HISTORY_STEP);
  return g_strdup_printf ("%.2f", (double) since / HISTORY_STEP);
}

static void
append_time (GString *out, const char *name, MusterdTime time)
{
  g_autofree char *text = history_time_to_string (time);

  g_string_append_printf (out, " %s=%s", name, text);
}

static void
append_text (GString *out, const char *name, const char *text)
{
  if (text != NULL)
    g_string_append_printf (out, " %s=\"%s\"", name, text);
}

static void
append_choice (GString *out, const char *name, const MusterdChoice *choice)
{
  if (choice == NULL)
    return;
  g_string_append_printf (out, "  %s: %s", name, musterd_status_to_string (choice->status));
  append_text (out, "template", choice->template_id);
  append_text (out, "text", choice->text);
  append_time (out, "made", choice->made);
  append_time (out, "until", choice->until);
  g_string_append_c (out, '\n');
}

static void
append_claim (GString *out, const MusterdClaim *claim)
{
  g_string_append_printf (out, "  claim %s/%s: %s %s %s%s%s%s", claim->source, claim->key,
                          musterd_claim_kind_to_string ((MusterdClaimKind) claim->kind),
                          musterd_free_busy_to_string ((MusterdFreeBusy) claim->free_busy),
                          musterd_response_to_string ((MusterdResponse) claim->response),
                          claim->all_day ? " all-day" : "", claim->cancelled ? " cancelled" : "",
                          claim->is_private ? " private" : "");
  append_text (out, "role", claim->role);
  append_text (out, "text", claim->text);
  if (claim->more != NULL)
    {
      append_text (out, "internal", claim->more->greeting_internal);
      append_text (out, "external", claim->more->greeting_external);
    }
  append_time (out, "from", claim->from);
  append_time (out, "until", claim->until);
  append_time (out, "began", claim->began);
  append_time (out, "lease", claim->lease_until);
  if (claim->rules != NULL)
    g_string_append_printf (out, " met=%" G_GINT64_MODIFIER "x of %08x", claim->rules->met, claim->rules->stamp);
  g_string_append_c (out, '\n');
}

static void
append_settings (GString *out, const MusterdSettings *settings)
{
  static const char *const ends[] = { "auto", "never", "day", "after" };

  for (guint i = 0; i < settings->templates->len; i++)
    {
      const MusterdTemplate *tmpl = settings->templates->pdata[i];

      g_string_append_printf (out, "  template %s \"%s\": %s%s%s%s", tmpl->id, tmpl->name,
                              musterd_status_to_string (tmpl->status), tmpl->own ? " own" : "",
                              tmpl->active ? "" : " inactive", tmpl->stays ? " stays" : "");
      append_text (out, "role", tmpl->role);
      append_text (out, "text", tmpl->text);
      if (tmpl->forwarding.action != MUSTERD_FORWARD_DO_NOT_CHANGE)
        g_string_append_printf (out, " forwarding=%s/%s/%s", musterd_forward_action_to_string (tmpl->forwarding.action),
                                musterd_forward_scope_to_string (tmpl->forwarding.scope),
                                musterd_forward_target_to_string (tmpl->forwarding.target));
      append_text (out, "number", tmpl->forwarding.number);
      g_string_append_c (out, '\n');
    }
  for (guint i = 0; settings->rules != NULL && i < settings->rules->len; i++)
    {
      const MusterdRule *rule = &g_array_index (settings->rules, MusterdRule, i);

      g_string_append_printf (out, "  rule %u of %08x: free-busy=%x responses=%x all-day=%d attendees=%u", i,
                              settings->rules_stamp, rule->free_busy, rule->responses, rule->all_day,
                              rule->n_attendees);
      append_text (out, "category", rule->category);
      append_text (out, "subject", rule->subject);
      append_text (out, "template", rule->template_ref);
      g_string_append_c (out, '\n');
    }
  g_string_append_printf (out,
                          "  settings: start=%s end=%s idle=%s locked=%s standard=%s without-client=%s choice-ends=%s"
                          " after=%" G_GINT64_FORMAT " subject-as-text=%d tentative=%d unanswered=%d all-day=%d"
                          " elsewhere=%d idle-after=%" G_GINT64_FORMAT " us on-lock=%d\n",
                          settings->start_role, settings->end_role, settings->idle_role, settings->locked_role,
                          settings->standard_role, musterd_status_to_string (settings->base_without_client),
                          ends[settings->choice_ends], settings->choice_ends_after / HISTORY_STEP,
                          settings->subject_as_text, settings->count_tentative, settings->count_unanswered,
                          settings->count_all_day, settings->count_elsewhere, settings->idle_after, settings->on_lock);
}

char *
history_to_string (const History *history)
{
  const MusterdFacts *facts = &history->facts;
  GString *out = g_string_new (NULL);

  append_text (out, "zone", facts->user->fields[MUSTERD_USER_ZONE]);
  append_text (out, "without", history->without);
  g_string_append_printf (out, " client-ended=%d (times in steps of the grid)\n", facts->client_ended);
  append_choice (out, "standing", facts->standing);
  append_choice (out, "timed", facts->timed);
  for (guint i = 0; i < facts->claims->len; i++)
    append_claim (out, facts->claims->pdata[i]);
  for (guint i = 0; facts->clients != NULL && i < facts->clients->len; i++)
    {
      const MusterdClient *client = facts->clients->pdata[i];

      g_string_append_printf (out, "  client %s/%s: %s", client->source, client->id,
                              musterd_client_state_to_string (client->state));
      append_time (out, "since", client->since);
      append_time (out, "seen", client->seen);
      append_time (out, "lease", client->lease_until);
      g_string_append_c (out, '\n');
    }
  for (guint i = 0; facts->devices != NULL && i < facts->devices->len; i++)
    {
      const MusterdDevice *device = facts->devices->pdata[i];

      g_string_append_printf (out, "  device %s/%s: %s", device->source, device->id,
                              musterd_telephony_to_string (device->state));
      append_text (out, "label", device->label);
      append_time (out, "since", device->since);
      append_time (out, "lease", device->lease_until);
      g_string_append_c (out, '\n');
    }
  for (guint i = 0; facts->ignores != NULL && i < facts->ignores->len; i++)
    {
      const MusterdIgnore *ignore = facts->ignores->pdata[i];

      g_string_append_printf (out, "  ignore %s/%s", ignore->source, ignore->key);
      append_time (out, "from", ignore->from);
      g_string_append_c (out, '\n');
    }
  append_settings (out, history->settings);
  return g_string_free (out, FALSE);
}

char *
history_presence_to_string (const MusterdPresence *presence)
{
  GString *out = g_string_new (NULL);

  g_string_append_printf (out, "%s", musterd_status_to_string (presence->status));
  append_text (out, "text", presence->text);
  append_text (out, "template", presence->template_name);
  append_text (out, "role", presence->template_role);
  g_string_append_printf (out, " origin=%s kind=%s", musterd_origin_to_string (presence->origin),
                          musterd_claim_kind_to_string (presence->kind));
  append_text (out, "source", presence->source);
  append_time (out, "until", presence->until);
  append_time (out, "next-free", presence->next_free);
  g_string_append_printf (out, " telephony=%s", musterd_telephony_to_string (presence->telephony));
  append_text (out, "label", presence->telephony_label);
  g_string_append_printf (out, " reach=%s", musterd_reach_to_string (presence->reach));
  append_text (out, "internal", presence->greeting_internal);
  append_text (out, "external", presence->greeting_external);
  g_string_append_printf (out, " forwarding=%s/%s/%s", musterd_forward_action_to_string (presence->forwarding.action),
                          musterd_forward_scope_to_string (presence->forwarding.scope),
                          musterd_forward_target_to_string (presence->forwarding.target));
  append_text (out, "number", presence->forwarding.number);
  return g_string_free (out, FALSE);
}
