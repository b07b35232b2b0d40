/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What sources say of users. */
#define G_LOG_DOMAIN "muster-engine"

#include "engine/private.h"

#include <string.h>

static guint
count_claims_of (const MusterdFacts *facts, const char *source)
{
  guint n = 0;

  for (guint i = 0; i < facts->claims->len; i++)
    if (g_str_equal (((MusterdClaim *) g_ptr_array_index (facts->claims, i))->source, source))
      n++;
  return n;
}

/* Puts one checked claim. TRUE: something is different now. */
static gboolean
take_in (MusterdEngine *engine, MusterdEntry *entry, MusterdClaim *claim, MusterdTime now)
{
  MusterdClaim *standing = musterd_facts_find_claim (&entry->facts, claim->source, claim->key);
  g_autoptr(MusterdClaim) old = NULL;

  if (claim->from == MUSTERD_CLAIM_NOW)
    claim->from = standing != NULL && musterd_claim_in_force (standing, now) ? standing->from : now;
  if (standing == NULL && claim->until <= now - MUSTERD_ENDED_KEPT)
    return FALSE; /* over for so long that it would only be thrown out again */

  claim->run = musterd_engine_source (engine, claim->source)->run;
  musterd_engine_source_speaks (engine, claim->source, entry,
                                musterd_claim_kind_is_calendar ((MusterdClaimKind) claim->kind));
  old = musterd_facts_put_claim (&entry->facts, claim, now);
  musterd_engine_count_put (engine, old, claim);
  if (old != NULL && musterd_claim_equal (old, claim))
    return old->lease_until != claim->lease_until; /* a lease lives in memory: after a start it runs anew */
  musterd_pending_put_claim (engine->pending, entry, claim);
  return TRUE;
}

static gboolean
check_room (const MusterdFacts *facts, const char *source, guint n_more, GError **error)
{
  if (count_claims_of (facts, source) + n_more <= MUSTERD_FACTS_CLAIMS_MAX)
    return TRUE;
  g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_LIMIT,
               "%s has more than %d claims for %s: what is beyond is refused", source, MUSTERD_FACTS_CLAIMS_MAX,
               facts->user->id);
  return FALSE;
}

gboolean
musterd_engine_claim_put (MusterdEngine *engine, const char *user, MusterdClaim *claim, GError **error)
{
  MusterdEntry *entry = musterd_engine_require (engine, user, error);
  MusterdTime now = musterd_engine_now (engine);

  if (entry == NULL || !musterd_door_check (claim, entry->settings, now, error))
    return FALSE;
  if (musterd_facts_find_claim (&entry->facts, claim->source, claim->key) == NULL
      && !check_room (&entry->facts, claim->source, 1, error))
    return FALSE;
  if (take_in (engine, entry, claim, now))
    musterd_engine_touch (engine, entry);
  return TRUE;
}

gboolean
musterd_engine_claim_drop (MusterdEngine *engine, const char *source, const char *user, const char *key,
                           GError **error)
{
  MusterdEntry *entry = musterd_engine_require (engine, user, error);
  g_autofree char *kept = NULL;
  MusterdClaim *claim;

  if (entry == NULL)
    return FALSE;
  kept = musterd_claim_dup_short_key (key);
  claim = musterd_facts_find_claim (&entry->facts, source, kept);
  if (claim == NULL)
    return TRUE; /* gone is gone: a source that says it twice does no harm */
  musterd_pending_drop_claim (engine->pending, entry, claim);
  musterd_engine_count_gone (engine, claim);
  musterd_facts_remove_claim (&entry->facts, source, kept);
  musterd_engine_touch (engine, entry);
  return TRUE;
}

gboolean
musterd_engine_claims_replace (MusterdEngine *engine, const char *source, const char *user, const char *set,
                               MusterdTime from, MusterdTime until, MusterdClaim *const *claims, gsize n_claims,
                               GError **error)
{
  MusterdEntry *entry = musterd_engine_require (engine, user, error);
  MusterdTime now = musterd_engine_now (engine);
  g_autoptr(GHashTable) keys = g_hash_table_new (g_str_hash, g_str_equal);
  guint n_kept = 0;
  gboolean changed = FALSE;

  if (entry == NULL || !musterd_door_check_words ("set", set, MUSTERD_CLAIM_SET_MAX, FALSE, error))
    return FALSE;
  if (until <= from)
    {
      g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "window's end is not after its start");
      return FALSE;
    }
  for (gsize i = 0; i < n_claims; i++)
    {
      if (!musterd_door_check (claims[i], entry->settings, now, error))
        return FALSE;
      g_hash_table_add (keys, claims[i]->key);
    }

  /* All or nothing: count what will stand before anything is touched. */
  for (guint i = 0; i < entry->facts.claims->len; i++)
    {
      const MusterdClaim *claim = g_ptr_array_index (entry->facts.claims, i);

      if (g_str_equal (claim->source, source) && !g_hash_table_contains (keys, claim->key)
          && (!g_str_equal (claim->set, set) || claim->from >= until || claim->until <= from))
        n_kept++;
    }
  if (n_kept + g_hash_table_size (keys) > MUSTERD_FACTS_CLAIMS_MAX)
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_LIMIT, "%s has more than %d claims for %s: nothing was replaced",
                   source, MUSTERD_FACTS_CLAIMS_MAX, user);
      return FALSE;
    }

  for (guint i = entry->facts.claims->len; i > 0; i--)
    {
      MusterdClaim *claim = g_ptr_array_index (entry->facts.claims, i - 1);

      if (!g_str_equal (claim->source, source) || !g_str_equal (claim->set, set) || claim->from >= until
          || claim->until <= from || g_hash_table_contains (keys, claim->key))
        continue;
      musterd_pending_drop_claim (engine->pending, entry, claim);
      musterd_engine_count_gone (engine, claim);
      g_ptr_array_remove_index (entry->facts.claims, i - 1);
      changed = TRUE;
    }
  musterd_engine_source_speaks (engine, source, entry, FALSE);
  for (gsize i = 0; i < n_claims; i++)
    if (take_in (engine, entry, claims[i], now))
      changed = TRUE;
  if (changed)
    musterd_engine_touch (engine, entry);
  return TRUE;
}

static MusterdDevice *
find_device (const MusterdFacts *facts, const char *source, const char *id, guint *index)
{
  for (guint i = 0; facts->devices != NULL && i < facts->devices->len; i++)
    {
      MusterdDevice *device = g_ptr_array_index (facts->devices, i);

      if (g_str_equal (device->id, id) && g_str_equal (device->source, source))
        {
          *index = i;
          return device;
        }
    }
  return NULL;
}

gboolean
musterd_engine_telephony (MusterdEngine *engine, const char *source, const char *user, const char *id,
                          MusterdTelephony state, const char *label, gint64 lease, GError **error)
{
  MusterdEntry *entry = musterd_engine_require (engine, user, error);
  MusterdTime now = musterd_engine_now (engine);
  MusterdDevice *device;
  guint index = 0;

  if (entry == NULL || !musterd_door_check_words ("device", id, MUSTERD_CLAIM_KEY_MAX, TRUE, error)
      || !musterd_door_check_words ("label", label, MUSTERD_CLAIM_TEXT_MAX, FALSE, error))
    return FALSE;
  if ((guint) state >= MUSTERD_N_TELEPHONY)
    {
      g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "telephony state out of range");
      return FALSE;
    }

  device = find_device (&entry->facts, source, id, &index);
  if (state == MUSTERD_TELEPHONY_NONE)
    {
      if (device == NULL)
        return TRUE;
      musterd_pending_device (engine->pending, entry, source, id, NULL);
      g_ptr_array_remove_index (entry->facts.devices, index);
      musterd_engine_touch (engine, entry);
      return TRUE;
    }

  if (device == NULL)
    {
      if (entry->facts.devices == NULL)
        entry->facts.devices = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_device_free);
      if (entry->facts.devices->len >= MUSTERD_FACTS_DEVICES_MAX)
        {
          g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_LIMIT, "%s has more than %d telephones", user,
                       MUSTERD_FACTS_DEVICES_MAX);
          return FALSE;
        }
      device = g_new0 (MusterdDevice, 1);
      device->source = g_strdup (source);
      device->id = g_strdup (id);
      g_ptr_array_add (entry->facts.devices, device);
    }
  device->run = musterd_engine_source (engine, source)->run;
  if (device->state != state || now >= device->lease_until)
    device->since = now;
  device->lease = lease > 0 ? MIN (lease, MUSTERD_TELEPHONY_LEASE_MAX) : MUSTERD_TELEPHONY_LEASE_MAX;
  device->lease_until = now + device->lease;
  if (device->state != state || g_strcmp0 (device->label, label) != 0)
    {
      device->state = state;
      g_free (device->label);
      device->label = g_strdup (label);
      musterd_pending_device (engine->pending, entry, source, id, device);
    }
  musterd_engine_touch (engine, entry);
  return TRUE;
}
