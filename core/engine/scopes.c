/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What scopes say, and who stands in which: each user's settings are composed from them once, and users who have nothing
 * of their own share one value with all of their location and group. */
#define G_LOG_DOMAIN "muster-engine"

#include "engine/private.h"
#include "engine/scopes.h"

#include <string.h>

#define COMPOSED_MAX 10000 /* pairs of location and group whose settings are kept at hand */

static const MusterdUserField layer_fields[MUSTERD_LAYER_USER] = {
  [MUSTERD_LAYER_LOCATION] = MUSTERD_USER_LOCATION,
  [MUSTERD_LAYER_GROUP] = MUSTERD_USER_GROUP,
};

static const MusterdSettingScope *
find_scope (MusterdEngine *engine, GHashTable *changed, MusterdLayer layer, const char *name)
{
  g_autofree char *id = NULL;
  const MusterdSettingScope *scope;

  if (name == NULL)
    return NULL;
  id = musterd_setting_scope_make_id (layer, name);
  scope = changed != NULL ? g_hash_table_lookup (changed, id) : NULL;
  return scope != NULL ? scope : g_hash_table_lookup (engine->scopes, id);
}

void
musterd_engine_scopes_of (MusterdEngine *engine, const MusterdUser *user, GHashTable *changed, MusterdScopes *scopes)
{
  memset (scopes, 0, sizeof *scopes);
  scopes->layers[MUSTERD_LAYER_ALL] = find_scope (engine, changed, MUSTERD_LAYER_ALL, "");
  for (guint i = MUSTERD_LAYER_LOCATION; i < MUSTERD_LAYER_USER; i++)
    scopes->layers[i] = find_scope (engine, changed, (MusterdLayer) i, user->fields[layer_fields[i]]);
  scopes->layers[MUSTERD_LAYER_USER] = find_scope (engine, changed, MUSTERD_LAYER_USER, user->id);
}

MusterdSettings *
musterd_engine_compose (MusterdEngine *engine, const MusterdUser *user)
{
  const char *location = user->fields[MUSTERD_USER_LOCATION], *group = user->fields[MUSTERD_USER_GROUP];
  g_autofree char *key = NULL;
  MusterdSettings *settings;
  const MusterdSettingScope *own;
  MusterdScopes scopes;

  if (engine->settings != NULL)
    return musterd_settings_ref (engine->settings);
  musterd_engine_scopes_of (engine, user, NULL, &scopes);
  own = scopes.layers[MUSTERD_LAYER_USER];
  scopes.layers[MUSTERD_LAYER_USER] = NULL;
  /* No name of either has a line feed. */
  key = g_strconcat (location != NULL ? location : "", "\n", group != NULL ? group : "", NULL);
  settings = g_hash_table_lookup (engine->composed, key);
  if (settings == NULL)
    {
      settings = musterd_scopes_compose (engine->blocks, &scopes, NULL);
      /* Of places where nobody is any more; who is somewhere has a reference. */
      if (g_hash_table_size (engine->composed) >= COMPOSED_MAX)
        g_hash_table_remove_all (engine->composed);
      g_hash_table_insert (engine->composed, g_steal_pointer (&key), settings);
    }
  if (own == NULL)
    return musterd_settings_ref (settings);
  scopes.layers[MUSTERD_LAYER_USER] = own;
  return musterd_scopes_compose (engine->blocks, &scopes, settings);
}

/* Where subjects are not shown any more, none is kept. */
static void
strip_claims (MusterdEngine *engine, MusterdEntry *entry)
{
  GPtrArray *claims = entry->facts.claims;

  for (guint i = 0; i < claims->len; i++)
    {
      MusterdClaim *stripped = musterd_claim_copy (claims->pdata[i]);

      if (!musterd_door_strip (stripped, entry->settings))
        {
          musterd_claim_unref (stripped);
          continue;
        }
      musterd_claim_unref (claims->pdata[i]);
      claims->pdata[i] = stripped;
      musterd_pending_put_claim (engine->pending, entry, stripped);
    }
}

static gboolean
take_settings (MusterdEngine *engine, MusterdEntry *entry)
{
  g_autoptr(MusterdSettings) settings = musterd_engine_compose (engine, entry->facts.user);
  gboolean strips = entry->settings->subject_as_text && !settings->subject_as_text;

  if (settings == entry->settings)
    return FALSE;
  musterd_settings_unref (entry->settings);
  entry->settings = g_steal_pointer (&settings);
  if (strips)
    strip_claims (engine, entry);
  musterd_engine_touch (engine, entry);
  return TRUE;
}

void
musterd_engine_take_settings (MusterdEngine *engine, MusterdEntry *entry)
{
  take_settings (engine, entry);
}

/* Those who stand in this scope (nullable: everybody) anew. */
static void
take_all (MusterdEngine *engine, const MusterdSettingScope *only)
{
  g_autoptr(GPtrArray) told = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, engine->entries);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      MusterdEntry *entry = value;
      const MusterdUser *user = entry->facts.user;

      if (only != NULL && only->layer != MUSTERD_LAYER_ALL
          && g_strcmp0 (only->layer == MUSTERD_LAYER_USER ? user->id : user->fields[layer_fields[only->layer]],
                        only->name) != 0)
        continue;
      if (take_settings (engine, entry))
        g_ptr_array_add (told, entry->facts.user);
    }
  if (told->len > 0)
    musterd_engine_tell_users (engine, (MusterdUser *const *) told->pdata, told->len, NULL, 0);
}

/* Forgets what was composed with this scope. */
static void
forget_composed (MusterdEngine *engine, const MusterdSettingScope *scope)
{
  GHashTableIter iter;
  gpointer key;

  if (scope->layer == MUSTERD_LAYER_USER)
    return;
  g_hash_table_iter_init (&iter, engine->composed);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      const char *feed = strchr (key, '\n');
      gsize length = (gsize) (feed - (const char *) key);
      gboolean stands = scope->layer == MUSTERD_LAYER_ALL
                        || (scope->layer == MUSTERD_LAYER_GROUP && g_str_equal (feed + 1, scope->name))
                        || (scope->layer == MUSTERD_LAYER_LOCATION && strlen (scope->name) == length
                            && strncmp (key, scope->name, length) == 0);

      if (stands)
        g_hash_table_iter_remove (&iter);
    }
}

static void
take_one (MusterdEngine *engine, const MusterdSettingScope *scope)
{
  MusterdEntry *entry = musterd_engine_find (engine, scope->name);

  if (entry != NULL && take_settings (engine, entry))
    musterd_engine_tell_users (engine, &entry->facts.user, 1, NULL, 0);
}

void
musterd_engine_put_scopes (MusterdEngine *engine, GHashTable *scopes)
{
  guint n_central = 0;
  MusterdSettingScope *central = NULL;
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, scopes);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      MusterdSettingScope *scope = value;

      if (musterd_setting_scope_is_empty (scope))
        g_hash_table_remove (engine->scopes, scope->id);
      else
        g_hash_table_replace (engine->scopes, scope->id, musterd_setting_scope_ref (scope));
      forget_composed (engine, scope);
      if (scope->layer != MUSTERD_LAYER_USER)
        {
          central = scope;
          n_central++;
        }
    }
  /* The users' own scopes that change with a central one are among those who stand in it. */
  if (n_central > 0)
    {
      take_all (engine, n_central == 1 ? central : NULL);
      return;
    }
  g_hash_table_iter_init (&iter, scopes);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    take_one (engine, value);
}

void
musterd_engine_drop_scope (MusterdEngine *engine, const char *user)
{
  g_autofree char *id = musterd_setting_scope_make_id (MUSTERD_LAYER_USER, user);

  g_hash_table_remove (engine->scopes, id);
}

/* Loading. */

static MusterdSettingScope *
require_scope (MusterdEngine *engine, const char *id)
{
  MusterdSettingScope *scope = g_hash_table_lookup (engine->scopes, id);

  if (scope != NULL)
    return scope;
  scope = musterd_setting_scope_new (id, NULL);
  if (scope != NULL)
    g_hash_table_insert (engine->scopes, scope->id, scope);
  else
    g_warning ("the store has a scope '%s' that is none: it is left out", id);
  return scope;
}

void
musterd_engine_load_setting (gpointer data, const char *scope_id, const char *block, const char *option,
                             const char *value)
{
  MusterdEngine *engine = data;
  MusterdSettingScope *scope = require_scope (engine, scope_id);

  if (scope != NULL)
    musterd_setting_scope_set_value (scope, block, option, value);
}

void
musterd_engine_load_policy (gpointer data, const char *scope_id, const char *block, gboolean may_change)
{
  MusterdSettingScope *scope = require_scope (data, scope_id);

  if (scope != NULL)
    musterd_setting_scope_set_policy (scope, block, may_change ? MUSTERD_POLICY_MAY : MUSTERD_POLICY_CANNOT);
}

void
musterd_engine_load_template (gpointer data, const char *scope_id, MusterdTemplate *tmpl)
{
  MusterdSettingScope *scope = require_scope (data, scope_id);

  if (scope != NULL)
    g_ptr_array_add (scope->templates, tmpl);
  else
    musterd_template_free (tmpl);
}

/* Written behind the first users at the latest: where that is lost, so are they, and the next start does it again. */
void
musterd_engine_make_defaults (MusterdEngine *engine)
{
  MusterdSettingScope *all = require_scope (engine, "all");
  g_autoptr(MusterdSettings) defaults = musterd_settings_new_default ();
  MusterdBatch *batch = engine->store != NULL ? musterd_batch_new () : NULL;

  for (guint i = 0; i < defaults->templates->len; i++)
    {
      const MusterdTemplate *tmpl = g_ptr_array_index (defaults->templates, i);

      g_ptr_array_add (all->templates, musterd_template_copy (tmpl));
      if (batch != NULL)
        musterd_batch_put_template (batch, all->id, i, tmpl);
    }
  /* The users of a store that never had templates were loaded without: nobody may be looked at before they have them,
   * or who is away for weeks would be taken for somebody whose choice ended with its day. */
  g_hash_table_remove_all (engine->composed);
  take_all (engine, NULL);
  if (batch == NULL)
    return;
  musterd_batch_mark_defaults (batch);
  musterd_store_write (engine->store, batch, TRUE, NULL, NULL);
}

/* Reading. */

void
musterd_engine_set_blocks (MusterdEngine *engine, MusterdBlocks *blocks)
{
  musterd_blocks_unref (engine->blocks);
  engine->blocks = musterd_blocks_ref (blocks);
  g_hash_table_remove_all (engine->composed);
  take_all (engine, NULL);
}

MusterdBlocks *
musterd_engine_get_blocks (MusterdEngine *engine)
{
  return engine->blocks;
}

GHashTable *
musterd_engine_get_scopes (MusterdEngine *engine)
{
  return engine->scopes;
}

gboolean
musterd_engine_find_scopes (MusterdEngine *engine, const char *id, MusterdScopes *scopes, GError **error)
{
  g_autoptr(MusterdSettingScope) scope = musterd_setting_scope_new (id, error);
  MusterdEntry *entry;

  if (scope == NULL)
    return FALSE;
  if (scope->layer == MUSTERD_LAYER_USER)
    {
      entry = musterd_engine_require (engine, scope->name, error);
      if (entry == NULL)
        return FALSE;
      musterd_engine_scopes_of (engine, entry->facts.user, NULL, scopes);
      return TRUE;
    }
  memset (scopes, 0, sizeof *scopes);
  scopes->layers[MUSTERD_LAYER_ALL] = g_hash_table_lookup (engine->scopes, "all");
  scopes->layers[scope->layer] = g_hash_table_lookup (engine->scopes, id);
  return TRUE;
}

MusterdSettingScope *
musterd_engine_find_template (MusterdEngine *engine, const char *id, guint *position)
{
  GHashTableIter iter;
  gpointer scope;

  g_hash_table_iter_init (&iter, engine->scopes);
  while (g_hash_table_iter_next (&iter, NULL, &scope))
    {
      int place = musterd_setting_scope_find_template (scope, id);

      if (place < 0)
        continue;
      *position = (guint) place;
      return scope;
    }
  return NULL;
}

MusterdSettingChange *
musterd_setting_change_new (const char *block, const char *option, const char *value, MusterdPolicy policy)
{
  MusterdSettingChange *change = g_new0 (MusterdSettingChange, 1);

  change->block = g_strdup (block);
  change->option = g_strdup (option);
  change->value = g_strdup (value);
  change->policy = policy;
  return change;
}

void
musterd_setting_change_free (MusterdSettingChange *change)
{
  g_free (change->block);
  g_free (change->option);
  g_free (change->value);
  g_free (change);
}

MusterdTemplateEdit *
musterd_template_edit_new (void)
{
  MusterdTemplateEdit *edit = g_new0 (MusterdTemplateEdit, 1);

  edit->tmpl = g_new0 (MusterdTemplate, 1);
  return edit;
}

void
musterd_template_edit_free (MusterdTemplateEdit *edit)
{
  musterd_template_free (edit->tmpl);
  g_free (edit);
}

char *
musterd_template_make_id (void)
{
  return g_strdup_printf ("t-%08x%04x", g_random_int (), g_random_int () & 0xffff);
}
