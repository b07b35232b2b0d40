/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Walks through time from one moment at which something can change to the next. The claims are sorted by their start,
 * so that a walk touches each once; those in force at a moment are few, and the rules of judge.c look at these only. */
#define G_LOG_DOMAIN "muster-model"

#include "model/resolve.h"

#include "model/intern.h"
#include "model/judge.h"

/* A moment in the walk. */
typedef struct
{
  MusterdQuestion question;
  MusterdTime     now;
  GPtrArray      *active; /* MusterdClaim not owned: in force, with effect, not ignored; the strongest first */
  MusterdTime     end;    /* of the first of these that ends */
  guint           next;   /* the first claim that has not begun */
  /* Looking ahead, leases that run are taken to be renewed for ever: that somebody's meeting ends when its next
   * heartbeat is due is not what is known of it. */
  gboolean        ahead;
} Walk;

/* What the status line shows at a moment; nothing is owned. */
typedef struct
{
  MusterdStatus          status;
  const MusterdTemplate *tmpl;
  const char            *text;
  MusterdOrigin          origin;
  const MusterdClaim    *claim; /* the winner, with origin CLAIM */
} Shown;

static gboolean
takes_part (const Walk *walk, const MusterdClaim *claim)
{
  return (walk->question.without == NULL || !g_str_equal (claim->source, walk->question.without))
         && musterd_judge_no_effect (&walk->question, claim) == NULL
         && !musterd_facts_is_ignored (walk->question.facts, claim);
}

static MusterdTime
claim_end (const Walk *walk, const MusterdClaim *claim)
{
  if (walk->ahead && claim->from <= walk->question.leases_at && walk->question.leases_at < claim->lease_until)
    return claim->until;
  return musterd_claim_get_end (claim);
}

/* Takes out what has ended, and looks when the next does. */
static void
drop_ended (Walk *walk)
{
  guint kept = 0;

  walk->end = MUSTERD_TIME_NEVER;
  for (guint i = 0; i < walk->active->len; i++)
    {
      MusterdClaim *claim = g_ptr_array_index (walk->active, i);
      MusterdTime end = claim_end (walk, claim);

      if (end <= walk->now)
        continue;
      walk->end = MIN (walk->end, end);
      g_ptr_array_index (walk->active, kept++) = claim;
    }
  g_ptr_array_set_size (walk->active, (int) kept);
}

static void
add_active (Walk *walk, MusterdClaim *claim)
{
  guint low = 0, high = walk->active->len;

  while (low < high)
    {
      guint middle = low + (high - low) / 2;

      if (musterd_judge_stronger (g_ptr_array_index (walk->active, middle), claim))
        low = middle + 1;
      else
        high = middle;
    }
  g_ptr_array_insert (walk->active, (int) low, claim);
  walk->end = MIN (walk->end, claim_end (walk, claim));
}

/* Goes to a moment at or after the present one. */
static void
walk_to (Walk *walk, MusterdTime now)
{
  const GPtrArray *claims = walk->question.facts->claims;

  walk->now = now;
  if (!walk->ahead)
    walk->question.leases_at = now;
  if (walk->end <= now)
    drop_ended (walk);
  for (; walk->next < claims->len; walk->next++)
    {
      MusterdClaim *claim = g_ptr_array_index (claims, walk->next);

      if (claim->from > now)
        break;
      if (now < claim_end (walk, claim) && takes_part (walk, claim))
        add_active (walk, claim);
    }
}

static void
earlier (MusterdTime candidate, MusterdTime now, MusterdTime *best)
{
  if (candidate > now && candidate < *best)
    *best = candidate;
}

/* The next moment at which anything can change. */
static MusterdTime
walk_next (const Walk *walk)
{
  const MusterdFacts *facts = walk->question.facts;
  const char *without = walk->question.without;
  MusterdTime best = walk->end;

  for (guint i = walk->next; i < facts->claims->len; i++)
    {
      const MusterdClaim *claim = g_ptr_array_index (facts->claims, i);

      if (claim->from >= best)
        break;
      if (claim->from < claim_end (walk, claim) && takes_part (walk, claim))
        {
          best = claim->from;
          break;
        }
    }
  if (facts->timed != NULL)
    earlier (facts->timed->until, walk->now, &best);
  if (facts->standing != NULL)
    earlier (walk->question.standing_end, walk->now, &best);
  for (guint i = 0; facts->clients != NULL && i < facts->clients->len; i++)
    {
      const MusterdClient *client = g_ptr_array_index (facts->clients, i);

      if (walk->question.leases_at >= client->lease_until
          || (without != NULL && g_str_equal (client->source, without)))
        continue;
      earlier (musterd_client_idle_at (client, walk->question.settings), walk->now, &best);
      if (!walk->ahead)
        earlier (client->lease_until, walk->now, &best);
    }
  if (walk->ahead)
    return best;
  for (guint i = 0; facts->devices != NULL && i < facts->devices->len; i++)
    {
      const MusterdDevice *device = g_ptr_array_index (facts->devices, i);

      if (without == NULL || !g_str_equal (device->source, without))
        earlier (device->lease_until, walk->now, &best);
    }
  return best;
}

/* Whether `a` speaks for the telephony of the user rather than `b`. */
static gboolean
device_before (const MusterdDevice *a, const MusterdDevice *b)
{
  int order;

  if (a->state != b->state)
    return a->state > b->state;
  if (a->since != b->since)
    return a->since > b->since;
  order = g_strcmp0 (a->id, b->id);
  return order != 0 ? order < 0 : g_strcmp0 (a->source, b->source) < 0;
}

static const MusterdDevice *
telephony_at (const Walk *walk)
{
  const GPtrArray *devices = walk->question.facts->devices;
  const MusterdDevice *best = NULL;

  for (guint i = 0; devices != NULL && i < devices->len; i++)
    {
      const MusterdDevice *device = g_ptr_array_index (devices, i);

      if (walk->question.leases_at < device->lease_until
          && (walk->question.without == NULL || !g_str_equal (device->source, walk->question.without))
          && (best == NULL || device_before (device, best)))
        best = device;
    }
  return best;
}

static gboolean
can_win (const MusterdBase *base, const MusterdClaim *claim)
{
  return !musterd_judge_is_out (base, claim) && !musterd_judge_held_off (base, claim);
}

/* Where the strongest claim in force stands that this base lets through, from here on; their number: there is none. */
static guint
next_strongest (const Walk *walk, const MusterdBase *base, guint from)
{
  while (from < walk->active->len && !can_win (base, g_ptr_array_index (walk->active, from)))
    from++;
  return from;
}

static const MusterdClaim *
strongest (const Walk *walk, const MusterdBase *base)
{
  guint first = next_strongest (walk, base, 0);

  return first < walk->active->len ? g_ptr_array_index (walk->active, first) : NULL;
}

/* The template laid over a base that is available while nobody is at the desk; FALSE where somebody is, or where the
 * base holds. */
static gboolean
idle_at (const Walk *walk, const MusterdBase *base, const MusterdTemplate **tmpl)
{
  const MusterdSettings *settings = walk->question.settings;
  const MusterdDevice *device;

  if (base->status != MUSTERD_STATUS_AVAILABLE || base->timed
      || (base->client != MUSTERD_CLIENT_IDLE && base->client != MUSTERD_CLIENT_LOCKED))
    return FALSE;

  device = telephony_at (walk);
  if (device != NULL && device->state == MUSTERD_TELEPHONY_ON_THE_PHONE)
    return FALSE;
  for (guint i = 0; i < walk->active->len; i++)
    if (musterd_judge_kind (g_ptr_array_index (walk->active, i)) == MUSTERD_CLAIM_MICROPHONE)
      return FALSE;

  *tmpl = musterd_settings_find (settings, base->client == MUSTERD_CLIENT_IDLE ? settings->idle_role
                                                                                : settings->locked_role);
  return TRUE;
}

static void
show (const Walk *walk, Shown *shown)
{
  const MusterdTemplate *idle = NULL;
  MusterdBase base;

  musterd_judge_base (&walk->question, walk->now, TRUE, &base);
  shown->claim = strongest (walk, &base);
  if (shown->claim != NULL)
    {
      shown->origin = MUSTERD_ORIGIN_CLAIM;
      shown->tmpl = musterd_judge_template (&walk->question, shown->claim);
      shown->status = musterd_judge_status (shown->claim, shown->tmpl);
      shown->text = musterd_judge_text (&walk->question, shown->claim, shown->tmpl);
    }
  else if (idle_at (walk, &base, &idle))
    {
      shown->origin = MUSTERD_ORIGIN_IDLE;
      shown->tmpl = idle;
      shown->status = idle != NULL ? idle->status : MUSTERD_STATUS_BE_RIGHT_BACK;
      shown->text = idle != NULL ? idle->text : NULL;
    }
  else
    {
      shown->origin = base.origin;
      shown->tmpl = base.tmpl;
      shown->status = base.status;
      shown->text = base.text;
    }
}

static gboolean
shows_call (const Shown *shown)
{
  return shown->claim != NULL && musterd_judge_kind (shown->claim) == MUSTERD_CLAIM_CALL;
}

static char *
shown_text (const Shown *shown)
{
  if (!shows_call (shown))
    return g_strdup (shown->text);
  if (shown->claim->text == NULL || shown->claim->is_private)
    return g_strdup ("On the phone");
  return g_strdup_printf ("On the phone (%s)", shown->claim->text);
}

/* Equal to the eye: until is about what people see. */
static gboolean
looks_equal (const Shown *a, const Shown *b)
{
  if (a->status != b->status
      || g_strcmp0 (a->tmpl != NULL ? a->tmpl->name : NULL, b->tmpl != NULL ? b->tmpl->name : NULL) != 0)
    return FALSE;
  if (!shows_call (a) && !shows_call (b))
    return g_strcmp0 (a->text, b->text) == 0;

  g_autofree char *text_a = shown_text (a);
  g_autofree char *text_b = shown_text (b);
  return g_strcmp0 (text_a, text_b) == 0;
}

static gboolean
speaks (const MusterdTemplate *tmpl)
{
  return tmpl != NULL && tmpl->forwarding.action != MUSTERD_FORWARD_DO_NOT_CHANGE;
}

/* Who speaks for the telephone: the rules of design §3 "Forwarding", on the world without choices by status alone. */
static const MusterdTemplate *
forwarding_at (const Walk *walk, const MusterdClaim **claim, MusterdOrigin *origin)
{
  const MusterdClaim *winner;
  const MusterdTemplate *tmpl = NULL;
  MusterdBase base;

  musterd_judge_base (&walk->question, walk->now, FALSE, &base);
  *claim = NULL;
  *origin = base.origin;
  winner = strongest (walk, &base);
  if (winner == NULL)
    {
      if (idle_at (walk, &base, &tmpl) && speaks (tmpl))
        {
          *origin = MUSTERD_ORIGIN_IDLE;
          return tmpl;
        }
      return speaks (base.tmpl) ? base.tmpl : NULL;
    }

  if (base.stays && speaks (base.tmpl))
    return base.tmpl;
  *origin = MUSTERD_ORIGIN_CLAIM;
  for (guint pass = 0; pass < 2; pass++) /* absence before all others */
    for (guint i = next_strongest (walk, &base, 0); i < walk->active->len; i = next_strongest (walk, &base, i + 1))
      {
        const MusterdClaim *c = g_ptr_array_index (walk->active, i);

        if (pass == 0 && musterd_judge_kind (c) != MUSTERD_CLAIM_ABSENCE)
          continue;
        tmpl = musterd_judge_template (&walk->question, c);
        if (speaks (tmpl))
          {
            *claim = c;
            return tmpl;
          }
      }
  *origin = base.origin;
  return speaks (base.tmpl) ? base.tmpl : NULL;
}

static void
fill_forwarding (const Walk *walk, MusterdPresence *presence)
{
  const MusterdClaim *claim;
  MusterdOrigin origin;
  const MusterdTemplate *tmpl = forwarding_at (walk, &claim, &origin);
  MusterdPresenceForwarding *forwarding = &presence->forwarding;

  if (tmpl == NULL)
    return;
  forwarding->action = tmpl->forwarding.action;
  forwarding->scope = tmpl->forwarding.scope;
  forwarding->target = tmpl->forwarding.target;
  if (forwarding->action == MUSTERD_FORWARD_TO)
    forwarding->number = g_strdup (forwarding->target == MUSTERD_TARGET_NUMBER
                                       ? tmpl->forwarding.number
                                       : musterd_user_get_target (presence->user, forwarding->target));
  forwarding->from = g_strdup_printf ("%s (%s)", tmpl->name,
                                      claim != NULL ? claim->source : musterd_origin_to_string (origin));
}

static MusterdReach
reach_of (const Shown *shown, MusterdTelephony telephony)
{
  if (telephony == MUSTERD_TELEPHONY_ON_THE_PHONE || shows_call (shown))
    return MUSTERD_REACH_ON_THE_PHONE;
  switch (shown->status)
    {
    case MUSTERD_STATUS_BUSY:
    case MUSTERD_STATUS_DO_NOT_DISTURB:
      return MUSTERD_REACH_BUSY;
    case MUSTERD_STATUS_BE_RIGHT_BACK:
    case MUSTERD_STATUS_UNAVAILABLE:
      return MUSTERD_REACH_AWAY;
    case MUSTERD_STATUS_LOGGED_OFF:
      return MUSTERD_REACH_OFF;
    case MUSTERD_STATUS_NONE:
    case MUSTERD_STATUS_AVAILABLE:
    case MUSTERD_N_STATUSES:
    default:
      return MUSTERD_REACH_FREE;
    }
}

/* Somebody who says that they are at work after all, by a choice made in the absence or for a time: "I am away" would
 * not be true. Whoever only says more exactly why they are away, or logs off, is. */
static gboolean
is_back (const MusterdBase *base, const MusterdClaim *absence)
{
  return (base->timed || musterd_judge_is_out (base, absence)) && base->status != MUSTERD_STATUS_UNAVAILABLE
         && base->status != MUSTERD_STATUS_LOGGED_OFF;
}

/* The greeting belongs to the absence, whatever source shows above it: a caller hears it during a call too. */
static void
fill_greetings (const Walk *walk, MusterdPresence *presence)
{
  const MusterdClaim *best = NULL;
  MusterdBase base;

  musterd_judge_base (&walk->question, walk->now, TRUE, &base);
  for (guint i = 0; i < walk->active->len; i++)
    {
      const MusterdClaim *claim = g_ptr_array_index (walk->active, i);

      if (musterd_judge_kind (claim) == MUSTERD_CLAIM_ABSENCE && claim->more != NULL
          && (claim->more->greeting_internal != NULL || claim->more->greeting_external != NULL) && !is_back (&base, claim)
          && (best == NULL || musterd_judge_stronger (claim, best)))
        best = claim;
    }
  if (best == NULL)
    return;
  presence->greeting_internal = g_strdup (best->more->greeting_internal);
  presence->greeting_external = g_strdup (best->more->greeting_external);
}

static void
fill_until (Walk *walk, const Shown *now, MusterdPresence *presence)
{
  gboolean until_known = FALSE;
  gboolean free_known = now->status == MUSTERD_STATUS_AVAILABLE;

  walk->ahead = TRUE;
  drop_ended (walk); /* which end later now */
  if (free_known)
    presence->next_free = walk->now;
  while (!until_known || !free_known)
    {
      MusterdTime moment = walk_next (walk);
      Shown then;

      if (moment == MUSTERD_TIME_NEVER)
        return;
      walk_to (walk, moment);
      show (walk, &then);
      if (!until_known && !looks_equal (now, &then))
        {
          presence->until = moment;
          until_known = TRUE;
        }
      if (!free_known && then.status == MUSTERD_STATUS_AVAILABLE)
        {
          presence->next_free = moment;
          free_known = TRUE;
        }
    }
}

MusterdPresence *
musterd_resolve (const MusterdFacts *facts, const MusterdSettings *settings, MusterdTime now, const char *without,
                 MusterdTime *next)
{
  MusterdPresence *presence = musterd_presence_new (facts->user);
  const MusterdDevice *device;
  Walk walk = { .active = g_ptr_array_new (), .end = MUSTERD_TIME_NEVER };
  Shown shown;

  musterd_question_init (&walk.question, facts, settings, without);
  walk_to (&walk, now);
  show (&walk, &shown);

  presence->status = shown.status;
  presence->text = shown_text (&shown);
  if (shown.tmpl != NULL)
    {
      presence->template_name = musterd_intern (shown.tmpl->name);
      presence->template_role = shown.tmpl->role != NULL ? musterd_intern (shown.tmpl->role) : NULL;
    }
  presence->origin = shown.origin;
  if (shown.claim != NULL)
    {
      presence->kind = musterd_judge_kind (shown.claim);
      presence->source = musterd_intern_acquire (shown.claim->source);
    }
  device = telephony_at (&walk);
  if (device != NULL)
    {
      presence->telephony = device->state;
      presence->telephony_label = g_strdup (device->label);
    }
  presence->reach = reach_of (&shown, presence->telephony);
  fill_forwarding (&walk, presence);
  fill_greetings (&walk, presence);
  if (next != NULL)
    *next = walk_next (&walk);
  fill_until (&walk, &shown, presence);

  g_ptr_array_unref (walk.active);
  return presence;
}
