/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The life of sources: what happens to what they said when they start, answer, vanish or are taken away. */
#define G_LOG_DOMAIN "muster-engine"

#include "engine/private.h"

#include <string.h>

void
musterd_source_state_free (MusterdSourceState *source)
{
  g_clear_pointer (&source->troubled, g_hash_table_unref);
  g_hash_table_unref (source->users);
  g_free (source);
}

MusterdSourceState *
musterd_engine_source (MusterdEngine *engine, const char *name)
{
  MusterdSourceState *source = g_hash_table_lookup (engine->sources, name);

  if (source == NULL)
    {
      source = g_new0 (MusterdSourceState, 1);
      source->lost = MUSTERD_TIME_NEVER;
      source->users = g_hash_table_new (NULL, NULL);
      g_hash_table_insert (engine->sources, g_strdup (name), source);
    }
  return source;
}

void
musterd_engine_source_speaks (MusterdEngine *engine, const char *name, MusterdEntry *entry, gboolean calendar)
{
  MusterdSourceState *source = musterd_engine_source (engine, name);

  source->is_calendar |= calendar;
  g_hash_table_add (source->users, entry);
}

/* Of those whose calendar it has spoken of, also of an empty one: an old green is worse than a stale one. */
MusterdTime
musterd_engine_stale_since (MusterdEngine *engine, const MusterdEntry *entry)
{
  const char *user = entry->facts.user->id;
  MusterdTime since = MUSTERD_TIME_NEVER;
  GHashTableIter iter;
  gpointer value;

  if (engine->n_lost == 0 && engine->n_troubled == 0)
    return since;
  g_hash_table_iter_init (&iter, engine->sources);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const MusterdSourceState *source = value;
      const MusterdTime *trouble = source->troubled != NULL ? g_hash_table_lookup (source->troubled, user) : NULL;

      if (source->is_calendar && source->lost != MUSTERD_TIME_NEVER && g_hash_table_contains (source->users, entry))
        since = MIN (since, source->lost);
      if (trouble != NULL)
        since = MIN (since, *trouble);
    }
  return since;
}

/* Looks again at every user of whom the source has spoken. */
static void
touch_users_of (MusterdEngine *engine, const MusterdSourceState *source)
{
  GHashTableIter iter;
  gpointer entry;

  g_hash_table_iter_init (&iter, source->users);
  while (g_hash_table_iter_next (&iter, &entry, NULL))
    musterd_engine_touch (engine, entry);
}

/* A new run knows nothing of the troubles of the one before; it says those that are left. */
static void
forget_troubles (MusterdEngine *engine, MusterdSourceState *source)
{
  GHashTableIter iter;
  gpointer user;

  if (source->troubled == NULL)
    return;
  g_hash_table_iter_init (&iter, source->troubled);
  while (g_hash_table_iter_next (&iter, &user, NULL))
    {
      MusterdEntry *entry = musterd_engine_find (engine, user);

      if (entry != NULL)
        musterd_engine_touch (engine, entry);
    }
  engine->n_troubled -= g_hash_table_size (source->troubled);
  g_clear_pointer (&source->troubled, g_hash_table_unref);
}

void
musterd_engine_source_begin (MusterdEngine *engine, const char *name)
{
  MusterdSourceState *source = musterd_engine_source (engine, name);

  source->run++;
  source->online_once = FALSE;
  forget_troubles (engine, source);
}

/* Drops what an earlier run of the source left and this one did not say again. */
static gboolean
drop_leased (MusterdEngine *engine, MusterdEntry *entry, const char *name, guint32 run)
{
  GPtrArray *claims = entry->facts.claims;
  GPtrArray *devices = entry->facts.devices;
  GPtrArray *clients = entry->facts.clients;
  MusterdTime now = musterd_engine_now (engine);
  gboolean changed = FALSE;

  for (guint i = claims->len; i > 0; i--)
    {
      MusterdClaim *claim = g_ptr_array_index (claims, i - 1);

      if (claim->run == run || !musterd_claim_kind_is_leased (claim->kind) || !g_str_equal (claim->source, name))
        continue;
      musterd_pending_drop_claim (engine->pending, entry, claim);
      musterd_engine_count_gone (engine, claim);
      g_ptr_array_remove_index (claims, i - 1);
      changed = TRUE;
    }
  for (guint i = devices != NULL ? devices->len : 0; i > 0; i--)
    {
      MusterdDevice *device = g_ptr_array_index (devices, i - 1);

      if (device->run == run || !g_str_equal (device->source, name))
        continue;
      musterd_pending_device (engine->pending, entry, name, device->id, NULL);
      g_ptr_array_remove_index (devices, i - 1);
      changed = TRUE;
    }
  for (guint i = 0; clients != NULL && i < clients->len; i++)
    {
      MusterdClient *client = g_ptr_array_index (clients, i);

      /* Nobody said goodbye for it: it is lost, not ended. */
      if (client->run != run && g_str_equal (client->source, name) && client->lease_until > now)
        {
          client->lease = 0;
          client->lease_until = MUSTERD_TIME_ALWAYS;
          musterd_pending_client (engine->pending, entry, name, client->id, client);
          changed = TRUE;
        }
    }
  return changed;
}

void
musterd_engine_source_online (MusterdEngine *engine, const char *name)
{
  MusterdSourceState *source = musterd_engine_source (engine, name);
  gboolean first = !source->online_once;

  if (source->lost != MUSTERD_TIME_NEVER)
    {
      source->lost = MUSTERD_TIME_NEVER;
      engine->n_lost--;
      touch_users_of (engine, source);
    }
  if (first)
    {
      GHashTableIter iter;
      gpointer entry;

      source->online_once = TRUE;
      g_hash_table_iter_init (&iter, engine->entries);
      while (g_hash_table_iter_next (&iter, NULL, &entry))
        if (drop_leased (engine, entry, name, source->run))
          musterd_engine_touch (engine, entry);
    }
}

void
musterd_engine_source_lost (MusterdEngine *engine, const char *name)
{
  MusterdSourceState *source = musterd_engine_source (engine, name);

  if (source->lost != MUSTERD_TIME_NEVER)
    return;
  source->lost = musterd_engine_now (engine);
  engine->n_lost++;
  touch_users_of (engine, source);
}

static void
forget_state (MusterdEngine *engine, const char *name)
{
  MusterdSourceState *source = g_hash_table_lookup (engine->sources, name);

  if (source == NULL)
    return;
  if (source->lost != MUSTERD_TIME_NEVER)
    engine->n_lost--;
  if (source->troubled != NULL)
    engine->n_troubled -= g_hash_table_size (source->troubled);
  g_hash_table_remove (engine->sources, name);
}

/* Everything of a source goes from memory. */
static gboolean
drop_all (MusterdEngine *engine, MusterdEntry *entry, const char *name)
{
  GPtrArray *claims = entry->facts.claims;
  GPtrArray *devices = entry->facts.devices;
  GPtrArray *clients = entry->facts.clients;
  gboolean changed = FALSE;

  for (guint i = claims->len; i > 0; i--)
    if (g_str_equal (((MusterdClaim *) g_ptr_array_index (claims, i - 1))->source, name))
      {
        musterd_engine_count_gone (engine, g_ptr_array_index (claims, i - 1));
        g_ptr_array_remove_index (claims, i - 1);
        changed = TRUE;
      }
  for (guint i = devices != NULL ? devices->len : 0; i > 0; i--)
    if (g_str_equal (((MusterdDevice *) g_ptr_array_index (devices, i - 1))->source, name))
      {
        g_ptr_array_remove_index (devices, i - 1);
        changed = TRUE;
      }
  for (guint i = clients != NULL ? clients->len : 0; i > 0; i--)
    if (g_str_equal (((MusterdClient *) g_ptr_array_index (clients, i - 1))->source, name))
      {
        g_ptr_array_remove_index (clients, i - 1);
        changed = TRUE;
      }
  /* A goodbye of a source that is not there any more says nothing. */
  if (g_strcmp0 (entry->ended_by, name) == 0)
    {
      musterd_engine_set_ended (entry, NULL);
      if (entry->presence != NULL)
        musterd_pending_shown (engine->pending, entry);
      changed = TRUE;
    }
  return changed;
}

void
musterd_engine_source_drop (MusterdEngine *engine, const char *source_name)
{
  g_autofree char *name = g_strdup (source_name); /* it may stand in what is dropped */
  GHashTableIter iter;
  gpointer entry;

  /* On disk in one go: a tombstone for each of a million claims would be more than the store may hold back. */
  musterd_pending_drop_source (engine->pending, name);
  g_hash_table_iter_init (&iter, engine->entries);
  while (g_hash_table_iter_next (&iter, NULL, &entry))
    if (drop_all (engine, entry, name))
      musterd_engine_touch (engine, entry);
  forget_state (engine, name);
}

void
musterd_engine_source_drop_user (MusterdEngine *engine, const char *name, const char *user)
{
  MusterdEntry *entry = musterd_engine_find (engine, user);
  MusterdSourceState *source = g_hash_table_lookup (engine->sources, name);
  MusterdFacts *facts;

  if (source != NULL)
    {
      g_hash_table_remove (source->users, entry);
      if (source->troubled != NULL && g_hash_table_remove (source->troubled, user))
        engine->n_troubled--;
    }
  if (entry == NULL)
    return;
  facts = &entry->facts;
  for (guint i = 0; i < facts->claims->len; i++)
    {
      const MusterdClaim *claim = g_ptr_array_index (facts->claims, i);

      if (g_str_equal (claim->source, name))
        musterd_pending_drop_claim (engine->pending, entry, claim);
    }
  for (guint i = 0; facts->devices != NULL && i < facts->devices->len; i++)
    {
      const MusterdDevice *device = g_ptr_array_index (facts->devices, i);

      if (g_str_equal (device->source, name))
        musterd_pending_device (engine->pending, entry, name, device->id, NULL);
    }
  for (guint i = 0; facts->clients != NULL && i < facts->clients->len; i++)
    {
      const MusterdClient *client = g_ptr_array_index (facts->clients, i);

      if (g_str_equal (client->source, name))
        musterd_pending_client (engine->pending, entry, name, client->id, NULL);
    }
  if (drop_all (engine, entry, name))
    musterd_engine_touch (engine, entry);
}

gboolean
musterd_engine_source_has_claims (MusterdEngine *engine, const char *name, const char *user)
{
  const MusterdEntry *entry = musterd_engine_find (engine, user);

  for (guint i = 0; entry != NULL && i < entry->facts.claims->len; i++)
    if (g_str_equal (((MusterdClaim *) g_ptr_array_index (entry->facts.claims, i))->source, name))
      return TRUE;
  return FALSE;
}

void
musterd_engine_source_retain (MusterdEngine *engine, const char *const *configured)
{
  g_autoptr(GHashTable) gone = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, engine->entries);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const MusterdFacts *facts = &((MusterdEntry *) value)->facts;

      for (guint i = 0; i < facts->claims->len; i++)
        g_hash_table_add (gone, g_strdup (((MusterdClaim *) g_ptr_array_index (facts->claims, i))->source));
      for (guint i = 0; facts->clients != NULL && i < facts->clients->len; i++)
        g_hash_table_add (gone, g_strdup (((MusterdClient *) g_ptr_array_index (facts->clients, i))->source));
      for (guint i = 0; facts->devices != NULL && i < facts->devices->len; i++)
        g_hash_table_add (gone, g_strdup (((MusterdDevice *) g_ptr_array_index (facts->devices, i))->source));
      if (((MusterdEntry *) value)->ended_by != NULL)
        g_hash_table_add (gone, g_strdup (((MusterdEntry *) value)->ended_by));
    }
  for (guint i = 0; configured[i] != NULL; i++)
    g_hash_table_remove (gone, configured[i]);
  g_hash_table_remove (gone, MUSTERD_SOURCE_CLIENTS);

  g_hash_table_iter_init (&iter, gone);
  while (g_hash_table_iter_next (&iter, &value, NULL))
    {
      g_message ("dropping what source %s left: it is not configured any more", (const char *) value);
      musterd_engine_source_drop (engine, value);
    }
}

void
musterd_engine_user_state (MusterdEngine *engine, const char *name, const char *user, gboolean ok)
{
  MusterdSourceState *source = musterd_engine_source (engine, name);
  MusterdEntry *entry = musterd_engine_find (engine, user);
  MusterdTime now = musterd_engine_now (engine);

  if (ok)
    {
      if (source->troubled == NULL || !g_hash_table_remove (source->troubled, user))
        return;
      engine->n_troubled--;
    }
  else
    {
      if (entry == NULL || (source->troubled != NULL && g_hash_table_contains (source->troubled, user)))
        return;
      if (source->troubled == NULL)
        source->troubled = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
      g_hash_table_insert (source->troubled, g_strdup (user), g_memdup2 (&now, sizeof now));
      engine->n_troubled++;
    }
  if (entry != NULL)
    musterd_engine_touch (engine, entry);
}
