/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Changes of settings and policies, and what users lose by them: a user's own value counts only while the policy allows
 * it, and one that was discarded does not come back with the policy. */
#define G_LOG_DOMAIN "muster-engine"

#include "engine/command.h"
#include "settings/rules.h"

#include <string.h>

#define WHAT_MAX 200 /* bytes of the names of changed settings, about */

MusterdSettingScope *
musterd_command_get_scope (MusterdCommand *command, const char *id, GError **error)
{
  MusterdSettingScope *scope;

  scope = command->scopes != NULL ? g_hash_table_lookup (command->scopes, id) : NULL;
  if (scope != NULL)
    return scope;
  scope = g_hash_table_lookup (command->engine->scopes, id);
  scope = scope != NULL ? musterd_setting_scope_copy (scope) : musterd_setting_scope_new (id, error);
  if (scope == NULL)
    return NULL;
  if (command->scopes == NULL)
    command->scopes = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) musterd_setting_scope_unref);
  g_hash_table_insert (command->scopes, scope->id, scope);
  return scope;
}

static void
set_value (MusterdSettingScope *scope, MusterdBatch *batch, const char *block, const char *option, const char *value)
{
  if (musterd_setting_scope_set_value (scope, block, option, value))
    musterd_batch_put_setting (batch, scope->id, block, option, value);
}

/* `key`: "block.option". */
static void
discard (MusterdSettingScope *scope, MusterdBatch *batch, const char *key)
{
  const char *dot = strchr (key, '.');
  g_autofree char *block = g_strndup (key, (gsize) (dot - key));

  set_value (scope, batch, block, dot + 1, NULL);
}

/* What is void. */

/* As they are to be. */
static MusterdUser *
future_user (MusterdCommand *command, const char *id)
{
  MusterdEntry *entry = musterd_engine_find (command->engine, id);

  for (guint i = 0; command->users != NULL && i < command->users->len; i++)
    if (g_str_equal (((MusterdUser *) command->users->pdata[i])->id, id))
      return command->users->pdata[i];
  return entry != NULL ? entry->facts.user : NULL;
}

static void
void_user (MusterdCommand *command, MusterdBatch *batch, MusterdUser *user)
{
  g_autofree char *id = musterd_setting_scope_make_id (MUSTERD_LAYER_USER, user->id);
  g_autoptr(GPtrArray) gone = NULL;
  MusterdScopes scopes;

  musterd_engine_scopes_of (command->engine, user, command->scopes, &scopes);
  gone = musterd_scopes_list_void (command->engine->blocks, &scopes);
  for (guint i = 0; i < gone->len; i++)
    discard (musterd_command_get_scope (command, id, NULL), batch, gone->pdata[i]);
}

static gboolean
changes (const MusterdCommand *command, MusterdLayer layer, const char *name)
{
  g_autofree char *id = name != NULL ? musterd_setting_scope_make_id (layer, name) : NULL;

  return id != NULL && g_hash_table_contains (command->scopes, id);
}

static gboolean
is_affected (const MusterdCommand *command, const MusterdUser *user)
{
  return command->users != NULL /* those of the command only */
         || changes (command, MUSTERD_LAYER_ALL, "")
         || changes (command, MUSTERD_LAYER_LOCATION, user->fields[MUSTERD_USER_LOCATION])
         || changes (command, MUSTERD_LAYER_GROUP, user->fields[MUSTERD_USER_GROUP]);
}

/* Only those above the users have anything to say about what is theirs. */
static gboolean
changes_central (const MusterdCommand *command)
{
  GHashTableIter iter;
  gpointer scope;

  g_hash_table_iter_init (&iter, command->scopes);
  while (g_hash_table_iter_next (&iter, NULL, &scope))
    if (((const MusterdSettingScope *) scope)->layer != MUSTERD_LAYER_USER)
      return TRUE;
  return FALSE;
}

/* Ids of the users who have a scope of their own. */
static GPtrArray *
list_own (MusterdCommand *command)
{
  GPtrArray *ids = g_ptr_array_new_with_free_func (g_free);
  GHashTableIter iter;
  gpointer value;

  if (command->users != NULL)
    {
      for (guint i = 0; i < command->users->len; i++)
        g_ptr_array_add (ids, g_strdup (((MusterdUser *) command->users->pdata[i])->id));
      return ids;
    }
  g_hash_table_iter_init (&iter, command->engine->scopes);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (((MusterdSettingScope *) value)->layer == MUSTERD_LAYER_USER)
      g_ptr_array_add (ids, g_strdup (((MusterdSettingScope *) value)->name));
  return ids;
}

void
musterd_decide_void (MusterdCommand *command, MusterdBatch *batch)
{
  g_autoptr(GPtrArray) ids = NULL;

  if (command->users == NULL && !changes_central (command))
    return;
  ids = list_own (command);
  for (guint i = 0; i < ids->len; i++)
    {
      g_autofree char *id = musterd_setting_scope_make_id (MUSTERD_LAYER_USER, ids->pdata[i]);
      MusterdUser *user = g_hash_table_contains (command->engine->scopes, id)
                              ? future_user (command, ids->pdata[i])
                              : NULL;

      if (user != NULL && is_affected (command, user))
        void_user (command, batch, user);
    }
}

/* Values. */

/* `value` names a template; its id, so that a new name changes nothing. */
static char *
find_template (MusterdCommand *command, const MusterdSettingScope *scope, const char *value, GError **error)
{
  g_autofree char *shown = musterd_error_word (value);
  g_autoptr(GPtrArray) templates = NULL;
  MusterdScopes scopes;

  if (!musterd_engine_find_scopes (command->engine, scope->id, &scopes, error))
    return NULL;
  scopes.layers[scope->layer] = scope;
  templates = musterd_scopes_list_templates (command->engine->blocks, &scopes);
  for (guint pass = 0; pass < 2; pass++) /* an id before a name */
    for (guint i = 0; i < templates->len; i++)
      {
        const MusterdTemplate *tmpl = g_ptr_array_index (templates, i);

        if (tmpl->active
            && (pass == 0 ? g_str_equal (tmpl->id, value)
                          : g_strcmp0 (tmpl->role, value) == 0 || musterd_template_same_name (tmpl->name, value)))
          return g_strdup (tmpl->id);
      }
  g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND, "%s has no active template '%s'", scope->id, shown);
  return NULL;
}

typedef struct
{
  MusterdCommand            *command;
  const MusterdSettingScope *scope;
} Reference;

static char *
find_rule_template (const char *reference, gpointer data, GError **error)
{
  const Reference *in = data;

  return find_template (in->command, in->scope, reference, error);
}

/* What the house's own lists name by a setting. */
static void
create_template (MusterdSettingScope *scope, MusterdBatch *batch, const char *role, const char *name)
{
  g_autofree char *id = musterd_template_make_id ();
  MusterdTemplate *tmpl;

  for (guint i = 0; i < scope->templates->len; i++)
    if (g_strcmp0 (((MusterdTemplate *) scope->templates->pdata[i])->role, role) == 0)
      return;
  if (musterd_setting_scope_find_template_name (scope, name) >= 0 || scope->templates->len >= MUSTERD_TEMPLATES_MAX)
    return;
  tmpl = musterd_template_new (id, name, role, MUSTERD_STATUS_BUSY, NULL);
  g_ptr_array_add (scope->templates, tmpl);
  musterd_batch_put_template (batch, scope->id, scope->templates->len - 1, tmpl);
}

static gboolean
check_own (MusterdCommand *command, const MusterdSettingScope *scope, const MusterdBlock *block,
           const MusterdSetting *setting, GError **error)
{
  MusterdScopes scopes;
  MusterdLayer said_by;

  if (scope->layer != MUSTERD_LAYER_USER)
    return TRUE;
  if (setting->central)
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_FORBIDDEN,
                   "%s.%s is a setting of all, locations and groups: users have none of their own", block->name,
                   setting->option.name);
      return FALSE;
    }
  if (!musterd_engine_find_scopes (command->engine, scope->id, &scopes, error))
    return FALSE;
  if (musterd_scopes_may_change (&scopes, block, &said_by))
    return TRUE;
  g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_FORBIDDEN, "users cannot change '%s' here: so says the policy of %s",
               block->name, said_by < MUSTERD_LAYER_USER ? scopes.layers[said_by]->id : "the house");
  return FALSE;
}

static gboolean
change_value (MusterdCommand *command, MusterdSettingScope *scope, MusterdBatch *batch,
              const MusterdSettingChange *change, GError **error)
{
  MusterdBlocks *blocks = command->engine->blocks;
  const MusterdBlock *block = musterd_blocks_find (blocks, change->block);
  const MusterdSetting *setting = block != NULL ? musterd_block_find (block, change->option) : NULL;
  g_autofree char *value = NULL;

  /* What a plugin that is gone has left can still be taken out. */
  if (setting == NULL && change->value == NULL
      && musterd_setting_scope_get_value (scope, change->block, change->option) != NULL)
    {
      set_value (scope, batch, change->block, change->option, NULL);
      return TRUE;
    }
  value = musterd_blocks_check (blocks, change->block, change->option, change->value != NULL ? change->value : "",
                                error);
  if (change->value == NULL && setting != NULL)
    {
      g_clear_error (error);
      g_clear_pointer (&value, g_free);
      set_value (scope, batch, change->block, change->option, NULL);
      return TRUE;
    }
  if (value == NULL || !check_own (command, scope, block, setting, error))
    return FALSE;
  if (setting->kind == MUSTERD_SETTING_TEMPLATE)
    {
      g_autofree char *id = find_template (command, scope, value, error);

      if (id == NULL)
        return FALSE;
      set_value (scope, batch, change->block, change->option, id);
      return TRUE;
    }
  if (setting->kind == MUSTERD_SETTING_RULES)
    {
      Reference in = { command, scope };
      g_autofree char *rules = musterd_rules_rewrite (value, find_rule_template, &in, error);

      if (rules == NULL)
        return FALSE;
      set_value (scope, batch, change->block, change->option, rules);
      return TRUE;
    }
  set_value (scope, batch, change->block, change->option, value);
  if (g_str_equal (setting->option.name, "create-template") && g_str_equal (value, "true"))
    create_template (scope, batch, g_str_equal (block->name, "teams") ? "ms-teams" : "micsync",
                     g_str_equal (block->name, "teams") ? "MS Teams" : "MicSync");
  return TRUE;
}

static gboolean
change_policy (MusterdCommand *command, MusterdSettingScope *scope, MusterdBatch *batch,
               const MusterdSettingChange *change, GError **error)
{
  const MusterdBlock *block = musterd_blocks_find (command->engine->blocks, change->block);
  g_autofree char *shown = musterd_error_word (change->block);

  if (block == NULL || block->central || scope->layer == MUSTERD_LAYER_USER)
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID,
                   block == NULL        ? "there is no block of settings '%s'"
                   : block->central     ? "the block '%s' has no policy: users never have settings of it"
                                        : "a user's scope has no policy (of '%s'): set it for all, a location or "
                                          "a group",
                   shown);
      return FALSE;
    }
  if (musterd_setting_scope_set_policy (scope, change->block, change->policy))
    musterd_batch_put_policy (batch, scope->id, change->block,
                              change->policy == MUSTERD_POLICY_INHERIT ? 0
                              : change->policy == MUSTERD_POLICY_MAY   ? 1
                                                                       : -1);
  return TRUE;
}

gboolean
musterd_decide_change_settings (MusterdCommand *command, MusterdBatch *batch, GError **error)
{
  MusterdSettingScope *scope = musterd_command_get_scope (command, command->word, error);
  g_autoptr(GString) what = g_string_new ("settings");

  if (scope == NULL
      || (scope->layer == MUSTERD_LAYER_USER && musterd_engine_require (command->engine, scope->name, error) == NULL))
    return FALSE;
  for (guint i = 0; i < command->changes->len; i++)
    {
      const MusterdSettingChange *change = g_ptr_array_index (command->changes, i);

      /* Which, and not to what: a rule may have somebody's words in it. */
      if (change->option != NULL && what->len < WHAT_MAX)
        g_string_append_printf (what, "%s %s.%s", what->len > strlen ("settings") ? "," : "", change->block,
                                change->option);
      if (!(change->option != NULL ? change_value (command, scope, batch, change, error)
                                   : change_policy (command, scope, batch, change, error)))
        return FALSE;
    }
  musterd_decide_void (command, batch);
  if (scope->layer == MUSTERD_LAYER_USER)
    musterd_command_delegated (command, batch, scope->name, "changed settings", what->str);
  return TRUE;
}

/* Reset. */

static void
reset_user (MusterdCommand *command, MusterdBatch *batch, const char *id)
{
  MusterdSettingScope *present = g_hash_table_lookup (command->engine->scopes, id);
  g_autofree char *prefix = command->block != NULL ? g_strconcat (command->block, ".", NULL) : NULL;
  g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func (g_free);
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, present->values);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    if (prefix == NULL || g_str_has_prefix (key, prefix))
      g_ptr_array_add (keys, g_strdup (key));
  for (guint i = 0; i < keys->len; i++)
    discard (musterd_command_get_scope (command, id, NULL), batch, keys->pdata[i]);
}

static gboolean
stands_in (MusterdEngine *engine, const MusterdSettingScope *own, const MusterdSettingScope *scope)
{
  const MusterdEntry *entry = musterd_engine_find (engine, own->name);

  if (own->layer != MUSTERD_LAYER_USER || entry == NULL)
    return FALSE;
  switch (scope->layer)
    {
    case MUSTERD_LAYER_ALL:
      return TRUE;
    case MUSTERD_LAYER_LOCATION:
      return g_strcmp0 (entry->facts.user->fields[MUSTERD_USER_LOCATION], scope->name) == 0;
    case MUSTERD_LAYER_GROUP:
      return g_strcmp0 (entry->facts.user->fields[MUSTERD_USER_GROUP], scope->name) == 0;
    case MUSTERD_LAYER_USER:
    case MUSTERD_N_LAYERS:
    default:
      return g_str_equal (own->id, scope->id);
    }
}

gboolean
musterd_decide_reset_settings (MusterdCommand *command, MusterdBatch *batch, GError **error)
{
  MusterdEngine *engine = command->engine;
  g_autoptr(MusterdSettingScope) scope = musterd_setting_scope_new (command->word, error);
  g_autoptr(GPtrArray) ids = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer own;

  if (scope == NULL
      || (scope->layer == MUSTERD_LAYER_USER && musterd_engine_require (engine, scope->name, error) == NULL))
    return FALSE;
  if (command->block != NULL && !g_str_equal (command->block, MUSTERD_BLOCK_FORWARDING)
      && musterd_blocks_find (engine->blocks, command->block) == NULL)
    {
      g_autofree char *shown = musterd_error_word (command->block);

      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "there is no block of settings '%s'", shown);
      return FALSE;
    }
  g_hash_table_iter_init (&iter, engine->scopes);
  while (g_hash_table_iter_next (&iter, NULL, &own))
    if (stands_in (engine, own, scope))
      g_ptr_array_add (ids, ((MusterdSettingScope *) own)->id);
  for (guint i = 0; i < ids->len; i++)
    reset_user (command, batch, ids->pdata[i]);
  if (scope->layer == MUSTERD_LAYER_USER && ids->len > 0)
    musterd_command_delegated (command, batch, scope->name, "reset settings", "settings reset");
  return TRUE;
}
