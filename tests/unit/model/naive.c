/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Walking along the moments. */
#include "naive.h"

#include "naive-parts.h"

/* Without one source. */

static GPtrArray *
keep_others (GPtrArray *all, gsize source_offset, const char *without)
{
  g_autoptr(GPtrArray) kept = NULL;

  if (without == NULL && all != NULL)
    return g_ptr_array_ref (all);
  kept = g_ptr_array_new ();
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
  MusterdFacts facts;
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
      left->standing.until = naive_choice_end (facts, settings);
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
boundaries (const MusterdFacts *facts, const MusterdSettings *settings)
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
    {
      const MusterdClient *client = facts->clients->pdata[i];
      MusterdTime ripens = naive_client_ripens (client, settings);

      g_array_append_val (times, client->lease_until);
      g_array_append_val (times, ripens);
    }
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
  return looks_the_same (a, b) && g_strcmp0 (a->template_role, b->template_role) == 0 && a->telephony == b->telephony
         && g_strcmp0 (a->telephony_label, b->telephony_label) == 0 && a->reach == b->reach && a->origin == b->origin
         && a->kind == b->kind && g_strcmp0 (a->source, b->source) == 0
         && g_strcmp0 (a->greeting_internal, b->greeting_internal) == 0
         && g_strcmp0 (a->greeting_external, b->greeting_external) == 0 && a->forwarding.action == b->forwarding.action
         && a->forwarding.scope == b->forwarding.scope && a->forwarding.target == b->forwarding.target
         && g_strcmp0 (a->forwarding.number, b->forwarding.number) == 0;
}

MusterdPresence *
naive_moment (const MusterdFacts *facts, const MusterdSettings *settings, MusterdTime now, const char *without)
{
  g_auto(Left) left;

  left_init (&left, facts, settings, without);
  return naive_moment_of (&left.facts, settings, now);
}

GArray *
naive_boundaries (const MusterdFacts *facts, const MusterdSettings *settings, const char *without)
{
  g_auto(Left) left;

  left_init (&left, facts, settings, without);
  return boundaries (&left.facts, settings);
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

/* Looking ahead, every lease that runs at `now` is renewed for ever: a shallow copy in which it is so, which borrows
 * everything but the three arrays. */
static void
renew_leases (MusterdFacts *ahead, const MusterdFacts *facts, MusterdTime now)
{
  *ahead = *facts;
  ahead->claims = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_claim_unref);
  for (guint i = 0; i < facts->claims->len; i++)
    {
      MusterdClaim *claim = facts->claims->pdata[i];
      gboolean runs = claim->lease_until != MUSTERD_TIME_NEVER && claim->from <= now && claim->lease_until > now;

      claim = runs ? musterd_claim_copy (claim) : musterd_claim_ref (claim);
      if (runs)
        claim->lease_until = MUSTERD_TIME_NEVER;
      g_ptr_array_add (ahead->claims, claim);
    }
  ahead->clients = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; facts->clients != NULL && i < facts->clients->len; i++)
    {
      MusterdClient *client = g_memdup2 (facts->clients->pdata[i], sizeof (MusterdClient));

      if (client->lease_until > now)
        client->lease_until = MUSTERD_TIME_NEVER;
      g_ptr_array_add (ahead->clients, client);
    }
  ahead->devices = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; facts->devices != NULL && i < facts->devices->len; i++)
    {
      MusterdDevice *device = g_memdup2 (facts->devices->pdata[i], sizeof (MusterdDevice));

      if (device->lease_until > now)
        device->lease_until = MUSTERD_TIME_NEVER;
      g_ptr_array_add (ahead->devices, device);
    }
}

static void
look_ahead (MusterdPresence *presence, const MusterdFacts *facts, const MusterdSettings *settings,
            const char *without, MusterdTime now)
{
  MusterdFacts ahead;
  g_autoptr(GArray) times = NULL;

  renew_leases (&ahead, facts, now);
  times = naive_boundaries (&ahead, settings, without);
  if (presence->status == MUSTERD_STATUS_AVAILABLE)
    presence->next_free = now;
  for (guint i = 0; i < times->len; i++)
    {
      MusterdTime at = g_array_index (times, MusterdTime, i);
      g_autoptr(MusterdPresence) then = NULL;

      if (at <= now)
        continue;
      if (presence->until != MUSTERD_TIME_NEVER && presence->next_free != MUSTERD_TIME_NEVER)
        break;
      then = naive_moment (&ahead, settings, at, without);
      if (presence->until == MUSTERD_TIME_NEVER && !looks_the_same (presence, then))
        presence->until = at;
      if (presence->next_free == MUSTERD_TIME_NEVER && then->status == MUSTERD_STATUS_AVAILABLE)
        presence->next_free = at;
    }
  g_ptr_array_unref (ahead.claims);
  g_ptr_array_unref (ahead.clients);
  g_ptr_array_unref (ahead.devices);
}

MusterdTime
naive_complete (MusterdPresence *presence, const MusterdFacts *facts, const MusterdSettings *settings,
                const char *without, MusterdTime now, GArray *walk)
{
  look_ahead (presence, facts, settings, without, now);
  for (guint i = 0; i < walk->len; i++)
    {
      const NaiveMoment *at = &g_array_index (walk, NaiveMoment, i);

      if (at->time > now && !naive_same_moment (presence, at->presence))
        return at->time;
    }
  return MUSTERD_TIME_NEVER;
}

MusterdPresence *
naive_resolve (const MusterdFacts *facts, const MusterdSettings *settings, MusterdTime now, const char *without)
{
  MusterdPresence *presence = naive_moment (facts, settings, now, without);

  look_ahead (presence, facts, settings, without, now);
  return presence;
}

MusterdTime
naive_next_change (const MusterdFacts *facts, const MusterdSettings *settings, MusterdTime now, const char *without)
{
  g_autoptr(MusterdPresence) presence = naive_moment (facts, settings, now, without);
  g_autoptr(GArray) walk = naive_walk (facts, settings, without);

  return naive_complete (presence, facts, settings, without, now, walk);
}
