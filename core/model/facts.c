/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-model"

#include "model/facts.h"

#include <string.h>

#include "model/zone.h"

void
musterd_choice_free (MusterdChoice *choice)
{
  if (choice == NULL)
    return;
  g_free (choice->template_id);
  g_free (choice->text);
  g_free (choice->by);
  g_free (choice);
}

MusterdChoice *
musterd_choice_copy (const MusterdChoice *choice)
{
  MusterdChoice *copy;

  if (choice == NULL)
    return NULL;
  copy = g_new0 (MusterdChoice, 1);
  *copy = *choice;
  copy->template_id = g_strdup (choice->template_id);
  copy->text = g_strdup (choice->text);
  copy->by = g_strdup (choice->by);
  return copy;
}

void
musterd_ignore_free (MusterdIgnore *ignore)
{
  if (ignore == NULL)
    return;
  g_free (ignore->source);
  g_free (ignore->key);
  g_free (ignore);
}

void
musterd_client_free (MusterdClient *client)
{
  if (client == NULL)
    return;
  g_free (client->source);
  g_free (client->id);
  g_free (client);
}

void
musterd_device_free (MusterdDevice *device)
{
  if (device == NULL)
    return;
  g_free (device->source);
  g_free (device->id);
  g_free (device->label);
  g_free (device);
}

void
musterd_facts_init (MusterdFacts *facts, MusterdUser *user)
{
  memset (facts, 0, sizeof *facts);
  facts->user = musterd_user_ref (user);
  facts->claims = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_claim_unref);
}

void
musterd_facts_clear (MusterdFacts *facts)
{
  g_clear_pointer (&facts->user, musterd_user_unref);
  g_clear_pointer (&facts->claims, g_ptr_array_unref);
  g_clear_pointer (&facts->standing, musterd_choice_free);
  g_clear_pointer (&facts->timed, musterd_choice_free);
  g_clear_pointer (&facts->ignores, g_ptr_array_unref);
  g_clear_pointer (&facts->clients, g_ptr_array_unref);
  g_clear_pointer (&facts->devices, g_ptr_array_unref);
}

static int
compare_claims (const MusterdClaim *a, const MusterdClaim *b)
{
  int by_key;

  if (a->from != b->from)
    return a->from < b->from ? -1 : 1;
  by_key = strcmp (a->key, b->key);
  return by_key != 0 ? by_key : strcmp (a->source, b->source);
}

static gboolean
find_index (const MusterdFacts *facts, const char *source, const char *key, guint *index)
{
  for (guint i = 0; i < facts->claims->len; i++)
    {
      const MusterdClaim *claim = g_ptr_array_index (facts->claims, i);

      if (g_str_equal (claim->key, key) && g_str_equal (claim->source, source))
        {
          *index = i;
          return TRUE;
        }
    }
  return FALSE;
}

MusterdClaim *
musterd_facts_find_claim (const MusterdFacts *facts, const char *source, const char *key)
{
  guint index;

  return find_index (facts, source, key, &index) ? g_ptr_array_index (facts->claims, index) : NULL;
}

MusterdClaim *
musterd_facts_put_claim (MusterdFacts *facts, MusterdClaim *claim, MusterdTime now)
{
  MusterdClaim *old = NULL;
  MusterdTime began = claim->from;
  guint index, low = 0, high;

  if (find_index (facts, claim->source, claim->key, &index))
    {
      old = musterd_claim_ref (g_ptr_array_index (facts->claims, index));
      if (musterd_claim_in_force (old, now) && musterd_claim_in_force (claim, now))
        began = old->began;
      g_ptr_array_remove_index (facts->claims, index);
    }
  claim->began = began;

  high = facts->claims->len;
  while (low < high)
    {
      guint middle = low + (high - low) / 2;

      if (compare_claims (g_ptr_array_index (facts->claims, middle), claim) < 0)
        low = middle + 1;
      else
        high = middle;
    }
  g_ptr_array_insert (facts->claims, (int) low, musterd_claim_ref (claim));
  return old;
}

gboolean
musterd_facts_remove_claim (MusterdFacts *facts, const char *source, const char *key)
{
  guint index;

  if (!find_index (facts, source, key, &index))
    return FALSE;
  g_ptr_array_remove_index (facts->claims, index);
  return TRUE;
}

gboolean
musterd_facts_is_ignored (const MusterdFacts *facts, const MusterdClaim *claim)
{
  for (guint i = 0; facts->ignores != NULL && i < facts->ignores->len; i++)
    {
      const MusterdIgnore *ignore = g_ptr_array_index (facts->ignores, i);

      if (ignore->from == claim->from && g_str_equal (ignore->key, claim->key)
          && g_str_equal (ignore->source, claim->source))
        return TRUE;
    }
  return FALSE;
}

/* The first midnight after `moment` in the user's zone; the first moment of the next day where the clocks skip it, and
 * the earlier of the two where it comes twice. */
static MusterdTime
end_of_day (MusterdTime moment, const char *zone_name)
{
  g_autoptr(GTimeZone) zone = musterd_zone_get (zone_name);
  g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc (moment / MUSTERD_SECOND);
  g_autoptr(GDateTime) local = utc != NULL && zone != NULL ? g_date_time_to_timezone (utc, zone) : NULL;
  g_autoptr(GDateTime) next = local != NULL ? g_date_time_add_days (local, 1) : NULL;
  g_autoptr(GDateTime) wall = NULL;
  gint64 midnight;
  int interval;

  if (next == NULL)
    return MUSTERD_TIME_NEVER; /* beyond the calendar, or the zone's file is gone */
  wall = g_date_time_new_utc (g_date_time_get_year (next), g_date_time_get_month (next),
                              g_date_time_get_day_of_month (next), 0, 0, 0);
  if (wall == NULL)
    return MUSTERD_TIME_NEVER;
  midnight = g_date_time_to_unix (wall);
  interval = g_time_zone_adjust_time (zone, G_TIME_TYPE_DAYLIGHT, &midnight);
  return (midnight - g_time_zone_get_offset (zone, interval)) * MUSTERD_SECOND;
}

gboolean
musterd_facts_choice_stays (const MusterdFacts *facts, const MusterdSettings *settings)
{
  const MusterdTemplate *tmpl
      = facts->standing != NULL ? musterd_settings_find_id (settings, facts->standing->template_id) : NULL;

  return tmpl != NULL ? tmpl->stays : facts->standing != NULL && facts->standing->stays;
}

MusterdTime
musterd_facts_choice_end (const MusterdFacts *facts, const MusterdSettings *settings)
{
  const MusterdChoice *choice = facts->standing;
  const char *zone;

  if (choice != NULL && choice->ending)
    return MUSTERD_TIME_ALWAYS;
  if (choice == NULL || settings->choice_ends == MUSTERD_CHOICE_ENDS_NEVER
      || musterd_facts_choice_stays (facts, settings))
    return MUSTERD_TIME_NEVER;
  if (settings->choice_ends == MUSTERD_CHOICE_ENDS_AFTER)
    return choice->made > MUSTERD_TIME_NEVER - settings->choice_ends_after ? MUSTERD_TIME_NEVER
                                                                          : choice->made + settings->choice_ends_after;
  if (settings->choice_ends == MUSTERD_CHOICE_ENDS_AUTO
      && (facts->client_ended || (facts->clients != NULL && facts->clients->len > 0)))
    return MUSTERD_TIME_NEVER;
  zone = musterd_settings_get_zone (settings, facts->user->fields[MUSTERD_USER_ZONE]);
  return end_of_day (choice->made, zone);
}

MusterdTime
musterd_client_idle_at (const MusterdClient *client, const MusterdSettings *settings)
{
  if (client->state != MUSTERD_CLIENT_IDLE && (client->state != MUSTERD_CLIENT_LOCKED || settings->on_lock))
    return MUSTERD_TIME_NEVER;
  return client->since > MUSTERD_TIME_NEVER - settings->idle_after ? MUSTERD_TIME_NEVER
                                                                   : client->since + settings->idle_after;
}

MusterdClientState
musterd_client_counts_as (const MusterdClient *client, const MusterdSettings *settings, MusterdTime now)
{
  if (client->state == MUSTERD_CLIENT_ACTIVE || (client->state == MUSTERD_CLIENT_LOCKED && settings->on_lock))
    return client->state;
  return now < musterd_client_idle_at (client, settings) ? MUSTERD_CLIENT_ACTIVE : MUSTERD_CLIENT_IDLE;
}

MusterdClientState
musterd_facts_client_state (const MusterdFacts *facts, const MusterdSettings *settings, MusterdTime now)
{
  MusterdClientState best = MUSTERD_CLIENT_NONE;

  for (guint i = 0; facts->clients != NULL && i < facts->clients->len; i++)
    {
      const MusterdClient *client = g_ptr_array_index (facts->clients, i);
      MusterdClientState state = musterd_client_counts_as (client, settings, now);

      /* The values are in order of presence: active, idle, locked. */
      if (now < client->lease_until && (best == MUSTERD_CLIENT_NONE || state < best))
        best = state;
    }
  if (best != MUSTERD_CLIENT_NONE)
    return best;
  if (facts->client_ended || (facts->clients != NULL && facts->clients->len > 0))
    return MUSTERD_CLIENT_ENDED;
  return MUSTERD_CLIENT_NONE;
}
