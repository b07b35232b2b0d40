/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One moment by itself. */
#include "naive-parts.h"

#include <string.h>

#include "model/intern.h"

/* Telephony. */

static const MusterdDevice *
strongest_device (const MusterdFacts *facts, MusterdTime now)
{
  const MusterdDevice *best = NULL;

  for (guint i = 0; facts->devices != NULL && i < facts->devices->len; i++)
    {
      const MusterdDevice *device = facts->devices->pdata[i];
      gboolean better = FALSE;

      if (now >= device->lease_until)
        continue;
      if (best == NULL)
        better = TRUE;
      else if (device->state != best->state)
        better = device->state > best->state;
      else if (device->since != best->since)
        better = device->since > best->since;
      else if (strcmp (device->id, best->id) != 0)
        better = strcmp (device->id, best->id) < 0;
      else
        better = strcmp (device->source, best->source) < 0;
      if (better)
        best = device;
    }
  return best;
}

/* Idle and locked. */

static gboolean
find_idle (const NaiveBase *base, const MusterdFacts *facts, const MusterdSettings *settings, MusterdTime now,
           const MusterdTemplate **tmpl)
{
  const MusterdDevice *device = strongest_device (facts, now);
  MusterdClientState client = naive_client_state (facts, settings, now);

  *tmpl = NULL;
  if (base->timed || base->status != MUSTERD_STATUS_AVAILABLE)
    return FALSE;
  if (client != MUSTERD_CLIENT_IDLE && client != MUSTERD_CLIENT_LOCKED)
    return FALSE;
  if (device != NULL && device->state == MUSTERD_TELEPHONY_ON_THE_PHONE)
    return FALSE;
  for (guint i = 0; i < facts->claims->len; i++)
    {
      const MusterdClaim *claim = facts->claims->pdata[i];

      if (claim->kind == MUSTERD_CLAIM_MICROPHONE && naive_claim_speaks (claim, facts, settings, now))
        return FALSE;
    }
  *tmpl = naive_find_template (settings, client == MUSTERD_CLIENT_IDLE ? settings->idle_role : settings->locked_role);
  return TRUE;
}

/* Forwarding. */

static gboolean
take_action (MusterdPresenceForwarding *forwarding, const MusterdTemplate *tmpl, const MusterdUser *user)
{
  static const MusterdUserField fields[] = {
    [MUSTERD_TARGET_HOME] = MUSTERD_USER_HOME,
    [MUSTERD_TARGET_MOBILE] = MUSTERD_USER_MOBILE,
    [MUSTERD_TARGET_VOICEMAIL] = MUSTERD_USER_VOICEMAIL,
  };

  if (tmpl == NULL || tmpl->forwarding.action == MUSTERD_FORWARD_DO_NOT_CHANGE)
    return FALSE;
  forwarding->action = tmpl->forwarding.action;
  forwarding->scope = tmpl->forwarding.scope;
  forwarding->target = tmpl->forwarding.target;
  if (forwarding->action == MUSTERD_FORWARD_TO)
    forwarding->number =
        g_strdup (forwarding->target == MUSTERD_TARGET_NUMBER ? tmpl->forwarding.number
                                                              : user->fields[fields[forwarding->target]]);
  return TRUE;
}

static void
find_forwarding (MusterdPresenceForwarding *forwarding, const MusterdFacts *all_facts, const MusterdSettings *settings,
                 MusterdTime now)
{
  MusterdFacts facts = *all_facts;
  g_autoptr(GPtrArray) claims = NULL;
  const MusterdTemplate *idle = NULL;
  NaiveBase base;

  /* A choice without a template says nothing of phones: the rest decides as if it had not been made. */
  if (facts.timed != NULL && naive_choice_template (settings, facts.timed) == NULL)
    facts.timed = NULL;
  if (facts.standing != NULL && naive_choice_template (settings, facts.standing) == NULL)
    facts.standing = NULL;

  base = naive_find_base (&facts, settings, now);
  claims = naive_able_to_win (&base, &facts, settings, now);
  if (claims->len == 0)
    {
      if (find_idle (&base, &facts, settings, now, &idle) && take_action (forwarding, idle, facts.user))
        return;
      take_action (forwarding, base.tmpl, facts.user);
      return;
    }

  if (naive_base_stays (&base) && take_action (forwarding, base.tmpl, facts.user))
    return;
  for (guint i = 0; i < claims->len; i++)
    if (naive_is_absence (claims->pdata[i])
        && take_action (forwarding, naive_claim_template (claims->pdata[i], settings), facts.user))
      return;
  for (guint i = 0; i < claims->len; i++)
    if (!naive_is_absence (claims->pdata[i])
        && take_action (forwarding, naive_claim_template (claims->pdata[i], settings), facts.user))
      return;
  take_action (forwarding, base.tmpl, facts.user);
}

/* The moment. */

static void
find_greeting (MusterdPresence *presence, const MusterdFacts *facts, const MusterdSettings *settings, MusterdTime now)
{
  const MusterdClaim *best = NULL;
  NaiveBase base = naive_find_base (facts, settings, now);
  gboolean at_work = base.choice != NULL && base.status != MUSTERD_STATUS_UNAVAILABLE
                     && base.status != MUSTERD_STATUS_LOGGED_OFF;

  for (guint i = 0; i < facts->claims->len; i++)
    {
      const MusterdClaim *claim = facts->claims->pdata[i];

      /* A person who says during their absence that they are here has no absence to be greeted with. */
      if (at_work && (base.timed || claim->began <= base.choice->made))
        continue;
      if (!naive_is_absence (claim) || !naive_claim_speaks (claim, facts, settings, now) || claim->more == NULL)
        continue;
      if (claim->more->greeting_internal == NULL && claim->more->greeting_external == NULL)
        continue;
      if (best == NULL || naive_compare_strength (&claim, &best) < 0)
        best = claim;
    }
  if (best != NULL)
    {
      presence->greeting_internal = g_strdup (best->more->greeting_internal);
      presence->greeting_external = g_strdup (best->more->greeting_external);
    }
}

static MusterdReach
reach_of (MusterdStatus status)
{
  switch (status)
    {
    case MUSTERD_STATUS_BUSY:
    case MUSTERD_STATUS_DO_NOT_DISTURB:
      return MUSTERD_REACH_BUSY;
    case MUSTERD_STATUS_BE_RIGHT_BACK:
    case MUSTERD_STATUS_UNAVAILABLE:
      return MUSTERD_REACH_AWAY;
    case MUSTERD_STATUS_LOGGED_OFF:
      return MUSTERD_REACH_OFF;
    default:
      return MUSTERD_REACH_FREE;
    }
}

MusterdPresence *
naive_moment_of (const MusterdFacts *facts, const MusterdSettings *settings, MusterdTime now)
{
  g_autoptr(MusterdPresence) presence = musterd_presence_new (facts->user);
  NaiveBase base = naive_find_base (facts, settings, now);
  g_autoptr(GPtrArray) claims = naive_able_to_win (&base, facts, settings, now);
  const MusterdDevice *device = strongest_device (facts, now);
  const MusterdTemplate *tmpl = base.tmpl;

  if (claims->len > 0)
    {
      const MusterdClaim *claim = claims->pdata[0];

      tmpl = naive_claim_template (claim, settings);
      presence->origin = MUSTERD_ORIGIN_CLAIM;
      presence->kind = naive_is_absence (claim) ? MUSTERD_CLAIM_ABSENCE : (MusterdClaimKind) claim->kind;
      presence->source = musterd_intern (claim->source);
      presence->status = naive_claim_status (claim, tmpl);
      presence->text = naive_claim_text (claim, tmpl, settings);
    }
  else if (find_idle (&base, facts, settings, now, &tmpl))
    {
      presence->origin = MUSTERD_ORIGIN_IDLE;
      presence->status = tmpl != NULL ? tmpl->status : MUSTERD_STATUS_BE_RIGHT_BACK;
      presence->text = tmpl != NULL ? g_strdup (tmpl->text) : NULL;
    }
  else
    {
      tmpl = base.tmpl;
      presence->origin = base.origin;
      presence->status = base.status;
      presence->text = g_strdup (base.text);
    }

  presence->template_name = tmpl != NULL ? musterd_intern (tmpl->name) : NULL;
  presence->template_role = tmpl != NULL && tmpl->role != NULL ? musterd_intern (tmpl->role) : NULL;

  if (device != NULL)
    {
      presence->telephony = device->state;
      presence->telephony_label = g_strdup (device->label);
    }
  presence->reach = reach_of (presence->status);
  if (presence->telephony == MUSTERD_TELEPHONY_ON_THE_PHONE
      || (presence->origin == MUSTERD_ORIGIN_CLAIM && presence->kind == MUSTERD_CLAIM_CALL))
    presence->reach = MUSTERD_REACH_ON_THE_PHONE;

  find_greeting (presence, facts, settings, now);
  find_forwarding (&presence->forwarding, facts, settings, now);
  return g_steal_pointer (&presence);
}
