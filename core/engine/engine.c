/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-engine"

#include "engine/private.h"

#include <string.h>

#include "model/intern.h"

static void
entry_free (gpointer data)
{
  MusterdEntry *entry = data;

  musterd_commands_clear (&entry->commands);
  musterd_facts_clear (&entry->facts);
  g_clear_pointer (&entry->presence, musterd_presence_unref);
  g_clear_pointer (&entry->stored_template, musterd_intern_release);
  g_clear_pointer (&entry->settings, musterd_settings_unref);
  g_clear_pointer (&entry->grants, musterd_grants_unref);
  g_free (entry->ended_by);
  g_free (entry);
}

MusterdEntry *
musterd_engine_find (MusterdEngine *engine, const char *user)
{
  return user != NULL ? g_hash_table_lookup (engine->entries, user) : NULL;
}

MusterdEntry *
musterd_engine_require (MusterdEngine *engine, const char *user, GError **error)
{
  MusterdEntry *entry = musterd_engine_find (engine, user);

  if (entry == NULL)
    {
      g_autofree char *shown = musterd_error_word (user != NULL ? user : "");

      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND, "there is no user '%s'", shown);
    }
  return entry;
}

MusterdEntry *
musterd_engine_add (MusterdEngine *engine, MusterdUser *user)
{
  MusterdEntry *entry = g_new0 (MusterdEntry, 1);

  musterd_facts_init (&entry->facts, user);
  g_queue_init (&entry->commands);
  entry->node.at = MUSTERD_TIME_NEVER;
  entry->next_change = MUSTERD_TIME_NEVER;
  entry->stored_since = MUSTERD_TIME_NEVER;
  entry->settings = musterd_engine_compose (engine, user);
  g_hash_table_insert (engine->entries, user->id, entry);
  return entry;
}

void
musterd_engine_set_user (MusterdEngine *engine, MusterdEntry *entry, MusterdUser *user)
{
  /* The table's key stands in the user. */
  g_hash_table_steal (engine->entries, entry->facts.user->id);
  musterd_user_unref (entry->facts.user);
  entry->facts.user = musterd_user_ref (user);
  g_hash_table_insert (engine->entries, user->id, entry);
}

void
musterd_engine_take (MusterdEngine *engine, MusterdEntry *entry)
{
  MusterdChange change = { .user = musterd_user_ref (entry->facts.user) };
  GHashTableIter iter;
  gpointer source;

  change.before = entry->presence != NULL ? musterd_presence_ref (entry->presence) : NULL;
  g_array_append_val (engine->removed, change);
  g_source_set_ready_time (engine->settle, 0);

  if (entry->dirty)
    g_ptr_array_remove_fast (engine->dirty, entry);
  musterd_heap_set (engine->heap, &entry->node, MUSTERD_TIME_NEVER);
  for (guint i = 0; i < entry->facts.claims->len; i++)
    musterd_engine_count_gone (engine, g_ptr_array_index (entry->facts.claims, i));
  g_hash_table_iter_init (&iter, engine->sources);
  while (g_hash_table_iter_next (&iter, NULL, &source))
    {
      GHashTable *troubled = ((MusterdSourceState *) source)->troubled;

      g_hash_table_remove (((MusterdSourceState *) source)->users, entry);
      if (troubled != NULL && g_hash_table_remove (troubled, entry->facts.user->id))
        engine->n_troubled--;
    }
  g_hash_table_remove (engine->entries, change.user->id);
}

void
musterd_engine_set_ended (MusterdEntry *entry, const char *source)
{
  g_free (entry->ended_by);
  entry->ended_by = g_strdup (source);
  entry->facts.client_ended = source != NULL;
}

static void
on_user (gpointer data, MusterdUser *user)
{
  musterd_engine_add (data, user);
  musterd_user_unref (user);
}

static void
on_choice (gpointer data, const char *user, MusterdChoice *choice)
{
  MusterdEntry *entry = musterd_engine_find (data, user);
  MusterdChoice **place;

  if (entry == NULL)
    {
      musterd_choice_free (choice);
      return;
    }
  place = choice->until == MUSTERD_TIME_NEVER ? &entry->facts.standing : &entry->facts.timed;
  g_clear_pointer (place, musterd_choice_free);
  *place = choice;
}

static void
on_ignore (gpointer data, const char *user, MusterdIgnore *ignore)
{
  MusterdEngine *engine = data;
  MusterdEntry *entry = musterd_engine_find (engine, user);

  if (entry == NULL)
    {
      musterd_ignore_free (ignore);
      return;
    }
  if (strlen (ignore->key) > MUSTERD_CLAIM_KEY_KEPT)
    {
      g_autofree char *key = g_steal_pointer (&ignore->key);

      /* As in on_claim(). */
      ignore->key = musterd_claim_dup_short_key (key);
      musterd_pending_ignore (engine->pending, entry, ignore);
      musterd_pending_ignore_gone (engine->pending, entry, ignore->source, key);
    }
  if (entry->facts.ignores == NULL)
    entry->facts.ignores = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_ignore_free);
  g_ptr_array_add (entry->facts.ignores, ignore);
}

/* After a start every lease runs once more in full, so that a night's maintenance moves no phone. What had lapsed
 * before was taken out of the store then. */
static void
on_claim (gpointer data, const char *user, MusterdClaim *claim)
{
  MusterdEngine *engine = data;
  MusterdEntry *entry = musterd_engine_find (engine, user);
  g_autoptr(MusterdClaim) old = NULL;
  G_GNUC_UNUSED g_autoptr(MusterdClaim) mine = claim;
  MusterdTime began = claim->began;

  if (entry == NULL)
    return;
  claim->run = 0;
  if (strlen (claim->key) > MUSTERD_CLAIM_KEY_KEPT)
    {
      g_autoptr(MusterdClaim) written = musterd_claim_copy (claim);

      /* Written when long keys were kept as they are. The new row first: the end of a batch, and of the process, may
       * come between the two, and two rows are one at the next start. */
      musterd_claim_shorten_key (claim);
      musterd_pending_put_claim (engine->pending, entry, claim);
      musterd_pending_drop_claim (engine->pending, entry, written);
    }
  musterd_engine_source_speaks (engine, claim->source, entry,
                                musterd_claim_kind_is_calendar ((MusterdClaimKind) claim->kind));
  /* The setting may have been switched off since it was written. */
  if (musterd_door_strip (claim, entry->settings))
    musterd_pending_put_claim (engine->pending, entry, claim);
  if (musterd_claim_kind_is_leased ((MusterdClaimKind) claim->kind))
    claim->lease_until = musterd_engine_now (engine) + claim->lease;
  old = musterd_facts_put_claim (&entry->facts, claim, musterd_engine_now (engine));
  claim->began = began;
  musterd_engine_count_put (engine, old, claim);
}

static void
on_client (gpointer data, const char *user, MusterdClient *client)
{
  MusterdEngine *engine = data;
  MusterdEntry *entry = musterd_engine_find (engine, user);

  if (entry == NULL)
    {
      musterd_client_free (client);
      return;
    }
  client->run = 0;
  if (client->lease > 0)
    {
      /* Heartbeats are not written; that it was alive when we stopped is what its row says. */
      client->seen = musterd_engine_now (engine);
      client->lease_until = client->seen + client->lease;
    }
  if (entry->facts.clients == NULL)
    entry->facts.clients = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_client_free);
  g_ptr_array_add (entry->facts.clients, client);
}

static void
on_device (gpointer data, const char *user, MusterdDevice *device)
{
  MusterdEngine *engine = data;
  MusterdEntry *entry = musterd_engine_find (engine, user);

  if (entry == NULL)
    {
      musterd_device_free (device);
      return;
    }
  device->run = 0;
  device->lease_until = musterd_engine_now (engine) + device->lease;
  if (entry->facts.devices == NULL)
    entry->facts.devices = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_device_free);
  g_ptr_array_add (entry->facts.devices, device);
}

static void
on_shown (gpointer data, const char *user, MusterdStatus status, const char *template_name, MusterdTime since,
          const char *ended_by)
{
  MusterdEntry *entry = musterd_engine_find (data, user);

  if (entry == NULL)
    return;
  entry->stored_status = status;
  g_clear_pointer (&entry->stored_template, musterd_intern_release);
  entry->stored_template = template_name != NULL ? musterd_intern (template_name) : NULL;
  entry->stored_since = since;
  musterd_engine_set_ended (entry, ended_by);
}

static void
on_grant (gpointer data, const char *owner, const MusterdGrant *grant)
{
  MusterdEntry *entry = musterd_engine_find (data, owner);

  if (entry != NULL)
    musterd_engine_set_grants (data, entry, musterd_grants_with (entry->grants, grant));
}

static const MusterdStoreReader reader = { .setting = musterd_engine_load_setting,
                                           .policy = musterd_engine_load_policy,
                                           .tmpl = musterd_engine_load_template,
                                           .user = on_user,
                                           .choice = on_choice,
                                           .ignore = on_ignore,
                                           .claim = on_claim,
                                           .client = on_client,
                                           .device = on_device,
                                           .shown = on_shown,
                                           .grant = on_grant };

static gboolean
dispatch_callback (G_GNUC_UNUSED GSource *source, GSourceFunc callback, gpointer user_data)
{
  return callback (user_data);
}

static GSourceFuncs settle_funcs = { .dispatch = dispatch_callback };

MusterdEngine *
musterd_engine_new (MusterdClock *clock, MusterdStore *store, MusterdSettings *settings, GError **error)
{
  MusterdEngine *engine = g_new0 (MusterdEngine, 1);
  GHashTableIter iter;
  gpointer entry;

  engine->clock = musterd_clock_ref (clock);
  engine->store = store;
  engine->settings = settings != NULL ? musterd_settings_ref (settings) : NULL;
  engine->blocks = musterd_blocks_new (NULL, 0);
  engine->scopes = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) musterd_setting_scope_unref);
  engine->composed = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) musterd_settings_unref);
  engine->context = g_main_context_ref_thread_default ();
  engine->entries = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, entry_free);
  engine->sources = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) musterd_source_state_free);
  engine->granted = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_hash_table_unref);
  engine->commands = g_hash_table_new (NULL, NULL);
  engine->heap = musterd_heap_new ();
  engine->dirty = g_ptr_array_new ();
  engine->removed = musterd_changes_new ();
  engine->listeners = g_ptr_array_new_with_free_func (g_free);
  engine->pending = musterd_pending_new (store, engine->context);
  engine->last_now = musterd_clock_now (clock);
  g_queue_init (&engine->user_commands);

  engine->settle = g_source_new (&settle_funcs, sizeof (GSource));
  g_source_set_static_name (engine->settle, "muster settle");
  g_source_set_callback (engine->settle, musterd_engine_on_due, engine, NULL);
  g_source_attach (engine->settle, engine->context);
  engine->timer = musterd_clock_source_new (clock, MUSTERD_TIME_NEVER);
  g_source_set_callback (engine->timer, musterd_engine_on_due, engine, NULL);
  g_source_attach (engine->timer, engine->context);

  musterd_delegations_begin (engine);
  if (store != NULL)
    {
      engine->revision = engine->revision_reserved = musterd_store_get_revision (store);
      if (!musterd_store_load (store, &reader, engine, error))
        {
          musterd_engine_free (engine);
          return NULL;
        }
      musterd_engine_reserve_revisions (engine);
    }
  if (store == NULL || !musterd_store_has_defaults (store))
    musterd_engine_make_defaults (engine);
  g_hash_table_iter_init (&iter, engine->entries);
  while (g_hash_table_iter_next (&iter, NULL, &entry))
    musterd_engine_touch (engine, entry);
  musterd_engine_settle_all (engine);
  return engine;
}

void
musterd_engine_free (MusterdEngine *engine)
{
  musterd_engine_flush (engine);
  musterd_delegations_end (engine);
  g_source_destroy (engine->timer);
  g_source_unref (engine->timer);
  g_source_destroy (engine->settle);
  g_source_unref (engine->settle);
  musterd_commands_clear (&engine->user_commands);
  g_hash_table_unref (engine->entries);
  musterd_commands_orphan (engine);
  g_hash_table_unref (engine->commands);
  g_hash_table_unref (engine->sources);
  g_hash_table_unref (engine->granted);
  g_ptr_array_unref (engine->dirty);
  g_array_unref (engine->removed);
  g_ptr_array_unref (engine->listeners);
  musterd_heap_free (engine->heap);
  musterd_pending_free (engine->pending);
  g_clear_pointer (&engine->settings, musterd_settings_unref);
  g_hash_table_unref (engine->composed);
  g_hash_table_unref (engine->scopes);
  musterd_blocks_unref (engine->blocks);
  g_main_context_unref (engine->context);
  musterd_clock_unref (engine->clock);
  g_free (engine);
}

MusterdTime
musterd_engine_now (MusterdEngine *engine)
{
  return musterd_clock_now (engine->clock);
}

void
musterd_engine_flush (MusterdEngine *engine)
{
  musterd_pending_flush (engine->pending);
}

guint
musterd_engine_get_n_users (MusterdEngine *engine)
{
  return g_hash_table_size (engine->entries);
}

MusterdUser *
musterd_engine_get_user (MusterdEngine *engine, const char *id)
{
  MusterdEntry *entry = musterd_engine_find (engine, id);

  return entry != NULL ? entry->facts.user : NULL;
}

MusterdPresence *
musterd_engine_get_presence (MusterdEngine *engine, const char *id)
{
  MusterdEntry *entry = musterd_engine_find (engine, id);

  return entry != NULL ? entry->presence : NULL;
}

MusterdSettings *
musterd_engine_get_settings (MusterdEngine *engine, const char *id)
{
  MusterdEntry *entry = musterd_engine_find (engine, id);

  return entry != NULL ? entry->settings : NULL;
}

MusterdGrants *
musterd_engine_get_grants (MusterdEngine *engine, const char *id)
{
  MusterdEntry *entry = musterd_engine_find (engine, id);

  return entry != NULL ? entry->grants : NULL;
}

void
musterd_engine_foreach_user (MusterdEngine *engine,
                             void (*func) (MusterdUser *user, MusterdPresence *presence, gpointer user_data),
                             gpointer user_data)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, engine->entries);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    func (((MusterdEntry *) value)->facts.user, ((MusterdEntry *) value)->presence, user_data);
}

guint64
musterd_engine_get_revision (MusterdEngine *engine)
{
  return engine->revision;
}
