/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-engine"

#include "engine/private.h"

void
musterd_why_free (MusterdWhy *why)
{
  if (why == NULL)
    return;
  g_clear_pointer (&why->presence, musterd_presence_unref);
  musterd_choice_free (why->standing);
  musterd_choice_free (why->timed);
  g_clear_pointer (&why->claims, g_ptr_array_unref);
  g_clear_pointer (&why->devices, g_ptr_array_unref);
  g_clear_pointer (&why->clients, g_ptr_array_unref);
  g_clear_pointer (&why->settings, musterd_settings_unref);
  g_free (why);
}

static MusterdDevice *
device_copy (const MusterdDevice *device)
{
  MusterdDevice *copy = g_new0 (MusterdDevice, 1);

  *copy = *device;
  copy->source = g_strdup (device->source);
  copy->id = g_strdup (device->id);
  copy->label = g_strdup (device->label);
  return copy;
}

MusterdWhy *
musterd_engine_why (MusterdEngine *engine, const char *id, GError **error)
{
  MusterdEntry *entry = musterd_engine_require (engine, id, error);
  MusterdTime now = musterd_engine_now (engine);
  MusterdWhy *why;

  if (entry == NULL)
    return NULL;
  /* So that the explanation and the presence beside it speak of the same moment. */
  musterd_engine_settle_all (engine);

  why = g_new0 (MusterdWhy, 1);
  why->presence = musterd_presence_ref (entry->presence);
  why->settings = musterd_settings_ref (entry->settings);
  if (entry->facts.standing != NULL && musterd_facts_choice_end (&entry->facts, entry->settings) > now)
    {
      why->standing = musterd_choice_copy (entry->facts.standing);
      why->standing_ends = musterd_facts_choice_end (&entry->facts, entry->settings);
    }
  else
    why->standing_ends = MUSTERD_TIME_NEVER;
  if (entry->facts.timed != NULL && entry->facts.timed->until > now)
    why->timed = musterd_choice_copy (entry->facts.timed);
  why->client = musterd_facts_client_state (&entry->facts, entry->settings, now);
  why->claims = musterd_explain (&entry->facts, entry->settings, now);
  why->devices = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_device_free);
  for (guint i = 0; entry->facts.devices != NULL && i < entry->facts.devices->len; i++)
    g_ptr_array_add (why->devices, device_copy (g_ptr_array_index (entry->facts.devices, i)));
  why->clients = musterd_engine_get_clients (engine, id, NULL);
  why->next_change = entry->next_change;
  why->now = now;
  return why;
}

MusterdPresence *
musterd_engine_resolve_without (MusterdEngine *engine, const char *id, const char *without)
{
  MusterdEntry *entry = musterd_engine_find (engine, id);
  MusterdPresence *presence;

  if (entry == NULL)
    return NULL;
  presence = musterd_resolve (&entry->facts, entry->settings, musterd_engine_now (engine), without, NULL);
  if (entry->presence != NULL)
    {
      presence->since = entry->presence->since;
      presence->stale = entry->presence->stale;
      presence->revision = entry->presence->revision;
      if (presence->status == MUSTERD_STATUS_AVAILABLE)
        presence->next_free = presence->since;
    }
  return presence;
}
