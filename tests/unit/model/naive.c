/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "naive.h"

#include <string.h>
#include <strings.h>

/* What stands under the overlays at a moment. */
typedef struct
{
  MusterdOrigin          origin; /* DEFAULT, CLIENT or CHOICE */
  const MusterdChoice   *choice; /* nullable: with origin CHOICE */
  gboolean               timed;
  const MusterdTemplate *tmpl; /* nullable */
  MusterdStatus          status;
  const char            *text; /* nullable */
} Base;

static const MusterdTemplate *
find_template (const MusterdSettings *settings, const char *role_or_name)
{
  for (int own = 1; own >= 0; own--)
    for (guint i = 0; i < settings->templates->len; i++)
      {
        const MusterdTemplate *tmpl = settings->templates->pdata[i];

        if (!tmpl->active || tmpl->own != own)
          continue;
        if (g_strcmp0 (tmpl->role, role_or_name) == 0 || strcasecmp (tmpl->name, role_or_name) == 0)
          return tmpl;
      }
  return NULL;
}

static const MusterdTemplate *
find_template_by_status (const MusterdSettings *settings, MusterdStatus status)
{
  for (int own = 1; own >= 0; own--)
    for (guint i = 0; i < settings->templates->len; i++)
      {
        const MusterdTemplate *tmpl = settings->templates->pdata[i];

        if (tmpl->active && tmpl->own == own && tmpl->status == status)
          return tmpl;
      }
  return NULL;
}

static const MusterdTemplate *
choice_template (const MusterdSettings *settings, const MusterdChoice *choice)
{
  for (guint i = 0; choice->template_id != NULL && i < settings->templates->len; i++)
    {
      const MusterdTemplate *tmpl = settings->templates->pdata[i];

      if (strcmp (tmpl->id, choice->template_id) == 0)
        return tmpl;
    }
  return NULL;
}

/* Client state. */

static MusterdClientState
client_state (const MusterdFacts *facts, MusterdTime now)
{
  gboolean any = FALSE, active = FALSE, idle = FALSE, locked = FALSE;

  for (guint i = 0; facts->clients != NULL && i < facts->clients->len; i++)
    {
      const MusterdClient *client = facts->clients->pdata[i];

      any = TRUE;
      if (client->lease_until <= now)
        continue;
      active |= client->state == MUSTERD_CLIENT_ACTIVE;
      idle |= client->state == MUSTERD_CLIENT_IDLE;
      locked |= client->state == MUSTERD_CLIENT_LOCKED;
    }
  if (active)
    return MUSTERD_CLIENT_ACTIVE;
  if (idle)
    return MUSTERD_CLIENT_IDLE;
  if (locked)
    return MUSTERD_CLIENT_LOCKED;
  return any || facts->client_ended ? MUSTERD_CLIENT_ENDED : MUSTERD_CLIENT_NONE;
}

/* The last sign of life of the clients, all of which are lost; ALWAYS if there is none or one of them lives. */
static MusterdTime
all_lost_since (const MusterdFacts *facts, MusterdTime now)
{
  MusterdTime seen = MUSTERD_TIME_ALWAYS;

  for (guint i = 0; facts->clients != NULL && i < facts->clients->len; i++)
    {
      const MusterdClient *client = facts->clients->pdata[i];

      if (client->lease_until > now)
        return MUSTERD_TIME_ALWAYS;
      seen = MAX (seen, client->seen);
    }
  return seen;
}

/* Base. */

static void
base_take_choice (Base *base, const MusterdSettings *settings, const MusterdChoice *choice, gboolean timed)
{
  base->origin = MUSTERD_ORIGIN_CHOICE;
  base->choice = choice;
  base->timed = timed;
  base->tmpl = choice_template (settings, choice);
  base->status = base->tmpl != NULL ? base->tmpl->status : choice->status;
  base->text = choice->text;
  if (base->text == NULL && base->tmpl != NULL)
    base->text = base->tmpl->text;
}

static void
base_take_template (Base *base, MusterdOrigin origin, const MusterdTemplate *tmpl, MusterdStatus otherwise)
{
  base->origin = origin;
  base->tmpl = tmpl;
  base->status = tmpl != NULL ? tmpl->status : otherwise;
  base->text = tmpl != NULL ? tmpl->text : NULL;
}

static Base
find_base (const MusterdFacts *facts, const MusterdSettings *settings, MusterdTime now)
{
  Base base = { 0 };

  if (facts->timed != NULL && now < facts->timed->until)
    {
      base_take_choice (&base, settings, facts->timed, TRUE);
      return base;
    }
  if (facts->standing != NULL && now < facts->standing->until)
    {
      base_take_choice (&base, settings, facts->standing, FALSE);
      /* Whoever was available at a desktop that has vanished since is not available any more. */
      if (base.status != MUSTERD_STATUS_AVAILABLE || facts->standing->made >= all_lost_since (facts, now))
        return base;
      base = (Base) { 0 };
    }

  switch (client_state (facts, now))
    {
    case MUSTERD_CLIENT_ACTIVE:
    case MUSTERD_CLIENT_IDLE:
    case MUSTERD_CLIENT_LOCKED:
      base_take_template (&base, MUSTERD_ORIGIN_CLIENT, find_template (settings, settings->start_role),
                          MUSTERD_STATUS_AVAILABLE);
      break;
    case MUSTERD_CLIENT_ENDED:
      base_take_template (&base, MUSTERD_ORIGIN_CLIENT, find_template (settings, settings->end_role),
                          MUSTERD_STATUS_UNAVAILABLE);
      break;
    case MUSTERD_CLIENT_NONE:
    case MUSTERD_N_CLIENT_STATES:
    default:
      base_take_template (&base, MUSTERD_ORIGIN_DEFAULT,
                          find_template_by_status (settings, settings->base_without_client),
                          settings->base_without_client);
      break;
    }
  return base;
}

static gboolean
base_stays (const Base *base)
{
  return base->choice != NULL && base->tmpl != NULL && base->tmpl->stays;
}

/* Claims. */

static gboolean
is_absence (const MusterdClaim *claim)
{
  return claim->kind == MUSTERD_CLAIM_ABSENCE
         || (claim->kind == MUSTERD_CLAIM_APPOINTMENT && claim->free_busy == MUSTERD_FREE_BUSY_OUT_OF_OFFICE);
}

static int
claim_rank (const MusterdClaim *claim)
{
  if (is_absence (claim))
    return 4;
  switch ((MusterdClaimKind) claim->kind)
    {
    case MUSTERD_CLAIM_DND:
    case MUSTERD_CLAIM_SHARING:
      return 1;
    case MUSTERD_CLAIM_CALL:
      return 2;
    case MUSTERD_CLAIM_MICROPHONE:
      return 3;
    default:
      return 5;
    }
}

static int
claim_class (const MusterdClaim *claim)
{
  switch ((MusterdFreeBusy) claim->free_busy)
    {
    case MUSTERD_FREE_BUSY_TENTATIVE:
      return 2;
    case MUSTERD_FREE_BUSY_ELSEWHERE:
      return 3;
    default:
      return 1;
    }
}

static gboolean
claim_has_effect (const MusterdClaim *claim, const MusterdSettings *settings)
{
  if (claim->cancelled || claim->free_busy == MUSTERD_FREE_BUSY_FREE)
    return FALSE;
  if (claim->kind != MUSTERD_CLAIM_ABSENCE && claim->kind != MUSTERD_CLAIM_APPOINTMENT)
    return TRUE;
  if (claim->response == MUSTERD_RESPONSE_DECLINED)
    return FALSE;
  if (claim->response == MUSTERD_RESPONSE_UNANSWERED && !settings->count_unanswered)
    return FALSE;
  if ((claim->free_busy == MUSTERD_FREE_BUSY_TENTATIVE || claim->response == MUSTERD_RESPONSE_TENTATIVE)
      && !settings->count_tentative)
    return FALSE;
  if (claim->free_busy == MUSTERD_FREE_BUSY_ELSEWHERE && !settings->count_elsewhere)
    return FALSE;
  if (claim->all_day && !is_absence (claim) && !settings->count_all_day)
    return FALSE;
  return TRUE;
}

static gboolean
claim_in_force (const MusterdClaim *claim, MusterdTime now)
{
  return claim->from <= now && now < claim->until && now < claim->lease_until;
}

static gboolean
claim_is_ignored (const MusterdFacts *facts, const MusterdClaim *claim)
{
  for (guint i = 0; facts->ignores != NULL && i < facts->ignores->len; i++)
    {
      const MusterdIgnore *ignore = facts->ignores->pdata[i];

      if (strcmp (ignore->source, claim->source) == 0 && strcmp (ignore->key, claim->key) == 0
          && ignore->from == claim->from)
        return TRUE;
    }
  return FALSE;
}

/* In force, with effect and not ignored: it speaks, whether or not it is heard. */
static gboolean
claim_speaks (const MusterdClaim *claim, const MusterdFacts *facts, const MusterdSettings *settings, MusterdTime now)
{
  return claim_in_force (claim, now) && claim_has_effect (claim, settings) && !claim_is_ignored (facts, claim);
}

static gboolean
base_beats_claim (const Base *base, const MusterdClaim *claim)
{
  if (base->choice == NULL)
    return FALSE;
  if (base->timed)
    return TRUE;
  if (base->choice->made >= claim->began)
    return TRUE; /* out */
  if (base->status == MUSTERD_STATUS_DO_NOT_DISTURB)
    return TRUE;
  return (base->status == MUSTERD_STATUS_LOGGED_OFF || base_stays (base)) && claim_rank (claim) >= 3;
}

static gint
compare_strength (gconstpointer a, gconstpointer b)
{
  const MusterdClaim *one = *(MusterdClaim *const *) a;
  const MusterdClaim *two = *(MusterdClaim *const *) b;

  if (claim_rank (one) != claim_rank (two))
    return claim_rank (one) - claim_rank (two);
  if (claim_class (one) != claim_class (two))
    return claim_class (one) - claim_class (two);
  if (one->from != two->from)
    return one->from > two->from ? -1 : 1;
  if (strcmp (one->key, two->key) != 0)
    return strcmp (one->key, two->key);
  return strcmp (one->source, two->source);
}

/* The claims that could show over this base, strongest first. */
static GPtrArray *
able_to_win (const Base *base, const MusterdFacts *facts, const MusterdSettings *settings, MusterdTime now)
{
  g_autoptr(GPtrArray) claims = g_ptr_array_new ();

  for (guint i = 0; i < facts->claims->len; i++)
    {
      MusterdClaim *claim = facts->claims->pdata[i];

      if (claim_speaks (claim, facts, settings, now) && !base_beats_claim (base, claim))
        g_ptr_array_add (claims, claim);
    }
  g_ptr_array_sort (claims, compare_strength);
  return g_steal_pointer (&claims);
}

static const MusterdTemplate *
claim_template (const MusterdClaim *claim, const MusterdSettings *settings)
{
  const MusterdTemplate *tmpl = NULL;

  switch (claim_rank (claim))
    {
    case 1:
      return find_template_by_status (settings, MUSTERD_STATUS_DO_NOT_DISTURB);
    case 2:
      if (claim->role != NULL)
        tmpl = find_template (settings, claim->role);
      return tmpl != NULL ? tmpl : find_template (settings, settings->standard_role);
    case 3:
      tmpl = find_template (settings, "micsync");
      return tmpl != NULL ? tmpl : find_template (settings, settings->standard_role);
    case 4:
      return find_template (settings, "out-of-office");
    default:
      return find_template (settings, settings->standard_role);
    }
}

static MusterdStatus
claim_status (const MusterdClaim *claim, const MusterdTemplate *tmpl)
{
  if (tmpl != NULL)
    return tmpl->status;
  switch (claim_rank (claim))
    {
    case 1:
      return MUSTERD_STATUS_DO_NOT_DISTURB;
    case 4:
      return MUSTERD_STATUS_UNAVAILABLE;
    default:
      return MUSTERD_STATUS_BUSY;
    }
}

static char *
claim_text (const MusterdClaim *claim, const MusterdTemplate *tmpl, const MusterdSettings *settings)
{
  const char *template_text = tmpl != NULL ? tmpl->text : NULL;
  gboolean subject_shows = settings->subject_as_text && !claim->is_private && claim->text != NULL;

  switch (claim_rank (claim))
    {
    case 1:
      return g_strdup (template_text != NULL ? template_text : claim->text);
    case 2:
      return claim->text != NULL ? g_strdup_printf ("On the phone (%s)", claim->text) : g_strdup ("On the phone");
    case 3:
      return g_strdup (claim->text != NULL ? claim->text : template_text);
    default:
      return g_strdup (subject_shows ? claim->text : template_text);
    }
}

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
find_idle (const Base *base, const MusterdFacts *facts, const MusterdSettings *settings, MusterdTime now,
           const MusterdTemplate **tmpl)
{
  const MusterdDevice *device = strongest_device (facts, now);
  MusterdClientState client = client_state (facts, now);

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

      if (claim->kind == MUSTERD_CLAIM_MICROPHONE && claim_speaks (claim, facts, settings, now))
        return FALSE;
    }
  *tmpl = find_template (settings,
                         client == MUSTERD_CLIENT_IDLE ? settings->idle_role : settings->locked_role);
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
    forwarding->number = g_strdup (forwarding->target == MUSTERD_TARGET_NUMBER
                                       ? tmpl->forwarding.number
                                       : user->fields[fields[forwarding->target]]);
  return TRUE;
}

static void
find_forwarding (MusterdPresenceForwarding *forwarding, const MusterdFacts *all_facts,
                 const MusterdSettings *settings, MusterdTime now)
{
  MusterdFacts facts = *all_facts;
  g_autoptr(GPtrArray) claims = NULL;
  const MusterdTemplate *idle = NULL;
  Base base;

  /* A choice without a template says nothing of phones: the rest decides as if it had not been made. */
  if (facts.timed != NULL && choice_template (settings, facts.timed) == NULL)
    facts.timed = NULL;
  if (facts.standing != NULL && choice_template (settings, facts.standing) == NULL)
    facts.standing = NULL;

  base = find_base (&facts, settings, now);
  claims = able_to_win (&base, &facts, settings, now);
  if (claims->len == 0)
    {
      if (find_idle (&base, &facts, settings, now, &idle) && take_action (forwarding, idle, facts.user))
        return;
      take_action (forwarding, base.tmpl, facts.user);
      return;
    }

  if (base_stays (&base) && take_action (forwarding, base.tmpl, facts.user))
    return;
  for (guint i = 0; i < claims->len; i++)
    if (is_absence (claims->pdata[i])
        && take_action (forwarding, claim_template (claims->pdata[i], settings), facts.user))
      return;
  for (guint i = 0; i < claims->len; i++)
    if (!is_absence (claims->pdata[i])
        && take_action (forwarding, claim_template (claims->pdata[i], settings), facts.user))
      return;
  take_action (forwarding, base.tmpl, facts.user);
}

/* The moment. */

static void
find_greeting (MusterdPresence *presence, const MusterdFacts *facts, const MusterdSettings *settings,
               MusterdTime now)
{
  const MusterdClaim *best = NULL;

  for (guint i = 0; i < facts->claims->len; i++)
    {
      const MusterdClaim *claim = facts->claims->pdata[i];

      if (!is_absence (claim) || !claim_speaks (claim, facts, settings, now) || claim->more == NULL)
        continue;
      if (claim->more->greeting_internal == NULL && claim->more->greeting_external == NULL)
        continue;
      if (best == NULL || compare_strength (&claim, &best) < 0)
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

static MusterdPresence *
moment (const MusterdFacts *facts, const MusterdSettings *settings, MusterdTime now)
{
  g_autoptr(MusterdPresence) presence = musterd_presence_new (facts->user);
  Base base = find_base (facts, settings, now);
  g_autoptr(GPtrArray) claims = able_to_win (&base, facts, settings, now);
  const MusterdDevice *device = strongest_device (facts, now);
  const MusterdTemplate *tmpl = base.tmpl;

  if (claims->len > 0)
    {
      const MusterdClaim *claim = claims->pdata[0];

      tmpl = claim_template (claim, settings);
      presence->origin = MUSTERD_ORIGIN_CLAIM;
      presence->kind = is_absence (claim) ? MUSTERD_CLAIM_ABSENCE : (MusterdClaimKind) claim->kind;
      presence->source = g_strdup (claim->source);
      presence->status = claim_status (claim, tmpl);
      presence->text = claim_text (claim, tmpl, settings);
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

  presence->template_name = tmpl != NULL ? g_strdup (tmpl->name) : NULL;
  presence->template_role = tmpl != NULL ? g_strdup (tmpl->role) : NULL;

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

/* Without one source. */

static GPtrArray *
keep_others (GPtrArray *all, gsize source_offset, const char *without)
{
  g_autoptr(GPtrArray) kept = g_ptr_array_new ();

  for (guint i = 0; all != NULL && i < all->len; i++)
    {
      const char *source = G_STRUCT_MEMBER (char *, all->pdata[i], source_offset);

      if (g_strcmp0 (source, without) != 0)
        g_ptr_array_add (kept, all->pdata[i]);
    }
  return g_steal_pointer (&kept);
}

/* A shallow copy, which borrows everything but the three arrays, with the end of the standing choice written into it.
 * That end is a matter between the user and the settings: who is left out does not move it. */
typedef struct
{
  MusterdFacts  facts;
  MusterdChoice standing;
} Left;

static void
left_init (Left *left, const MusterdFacts *facts, const MusterdSettings *settings, const char *without)
{
  left->facts = *facts;
  left->facts.claims = keep_others (facts->claims, G_STRUCT_OFFSET (MusterdClaim, source), without);
  left->facts.clients = keep_others (facts->clients, G_STRUCT_OFFSET (MusterdClient, source), without);
  left->facts.devices = keep_others (facts->devices, G_STRUCT_OFFSET (MusterdDevice, source), without);
  if (facts->standing != NULL)
    {
      left->standing = *facts->standing;
      left->standing.until = musterd_facts_choice_end (facts, settings);
      left->facts.standing = &left->standing;
    }
}

static void
left_clear (Left *left)
{
  g_ptr_array_unref (left->facts.claims);
  g_ptr_array_unref (left->facts.clients);
  g_ptr_array_unref (left->facts.devices);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Left, left_clear)

/* Time. */

static gint
compare_times (gconstpointer a, gconstpointer b)
{
  MusterdTime one = *(const MusterdTime *) a, two = *(const MusterdTime *) b;

  return one < two ? -1 : one > two;
}

static GArray *
boundaries (const MusterdFacts *facts)
{
  g_autoptr(GArray) times = g_array_new (FALSE, FALSE, sizeof (MusterdTime));
  guint n = 0;

  for (guint i = 0; i < facts->claims->len; i++)
    {
      const MusterdClaim *claim = facts->claims->pdata[i];

      g_array_append_val (times, claim->from);
      g_array_append_val (times, claim->until);
      g_array_append_val (times, claim->lease_until);
    }
  for (guint i = 0; facts->clients != NULL && i < facts->clients->len; i++)
    g_array_append_val (times, ((MusterdClient *) facts->clients->pdata[i])->lease_until);
  for (guint i = 0; facts->devices != NULL && i < facts->devices->len; i++)
    g_array_append_val (times, ((MusterdDevice *) facts->devices->pdata[i])->lease_until);
  if (facts->timed != NULL)
    g_array_append_val (times, facts->timed->until);
  if (facts->standing != NULL)
    g_array_append_val (times, facts->standing->until);

  g_array_sort (times, compare_times);
  for (guint i = 0; i < times->len; i++)
    {
      MusterdTime at = g_array_index (times, MusterdTime, i);

      if (at != MUSTERD_TIME_NEVER && (n == 0 || g_array_index (times, MusterdTime, n - 1) != at))
        g_array_index (times, MusterdTime, n++) = at;
    }
  g_array_set_size (times, n);
  return g_steal_pointer (&times);
}

static gboolean
looks_the_same (const MusterdPresence *a, const MusterdPresence *b)
{
  return a->status == b->status && g_strcmp0 (a->text, b->text) == 0
         && g_strcmp0 (a->template_name, b->template_name) == 0;
}

gboolean
naive_same_moment (const MusterdPresence *a, const MusterdPresence *b)
{
  return looks_the_same (a, b) && g_strcmp0 (a->template_role, b->template_role) == 0
         && a->telephony == b->telephony && g_strcmp0 (a->telephony_label, b->telephony_label) == 0
         && a->reach == b->reach && a->origin == b->origin && a->kind == b->kind
         && g_strcmp0 (a->source, b->source) == 0
         && g_strcmp0 (a->greeting_internal, b->greeting_internal) == 0
         && g_strcmp0 (a->greeting_external, b->greeting_external) == 0
         && a->forwarding.action == b->forwarding.action && a->forwarding.scope == b->forwarding.scope
         && a->forwarding.target == b->forwarding.target
         && g_strcmp0 (a->forwarding.number, b->forwarding.number) == 0;
}

MusterdPresence *
naive_moment (const MusterdFacts *facts, const MusterdSettings *settings, MusterdTime now, const char *without)
{
  g_auto(Left) left;

  left_init (&left, facts, settings, without);
  return moment (&left.facts, settings, now);
}

GArray *
naive_boundaries (const MusterdFacts *facts, const MusterdSettings *settings, const char *without)
{
  g_auto(Left) left;

  left_init (&left, facts, settings, without);
  return boundaries (&left.facts);
}

static void
moment_clear (gpointer data)
{
  NaiveMoment *at = data;

  musterd_presence_unref (at->presence);
}

GArray *
naive_walk (const MusterdFacts *facts, const MusterdSettings *settings, const char *without)
{
  g_autoptr(GArray) walk = g_array_new (FALSE, FALSE, sizeof (NaiveMoment));
  g_autoptr(GArray) times = naive_boundaries (facts, settings, without);

  g_array_set_clear_func (walk, moment_clear);
  for (guint i = 0; i < times->len; i++)
    {
      NaiveMoment at = { g_array_index (times, MusterdTime, i), NULL };

      at.presence = naive_moment (facts, settings, at.time, without);
      g_array_append_val (walk, at);
    }
  return g_steal_pointer (&walk);
}

MusterdTime
naive_complete (MusterdPresence *presence, MusterdTime now, GArray *walk)
{
  MusterdTime change = MUSTERD_TIME_NEVER;

  if (presence->status == MUSTERD_STATUS_AVAILABLE)
    presence->next_free = now;
  for (guint i = 0; i < walk->len; i++)
    {
      const NaiveMoment *at = &g_array_index (walk, NaiveMoment, i);

      if (at->time <= now)
        continue;
      if (presence->until == MUSTERD_TIME_NEVER && !looks_the_same (presence, at->presence))
        presence->until = at->time;
      if (presence->next_free == MUSTERD_TIME_NEVER && at->presence->status == MUSTERD_STATUS_AVAILABLE)
        presence->next_free = at->time;
      if (change == MUSTERD_TIME_NEVER && !naive_same_moment (presence, at->presence))
        change = at->time;
    }
  return change;
}

MusterdPresence *
naive_resolve (const MusterdFacts *facts, const MusterdSettings *settings, MusterdTime now, const char *without)
{
  g_autoptr(MusterdPresence) presence = naive_moment (facts, settings, now, without);
  g_autoptr(GArray) walk = naive_walk (facts, settings, without);

  naive_complete (presence, now, walk);
  return g_steal_pointer (&presence);
}

MusterdTime
naive_next_change (const MusterdFacts *facts, const MusterdSettings *settings, MusterdTime now, const char *without)
{
  g_autoptr(MusterdPresence) presence = naive_moment (facts, settings, now, without);
  g_autoptr(GArray) walk = naive_walk (facts, settings, without);

  return naive_complete (presence, now, walk);
}
