/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-settings"

#include "settings/usage.h"

#include "settings/rules.h"

static gboolean
rules_use (const char *value, const char *tmpl_id)
{
  g_autoptr(GArray) rules = value != NULL ? musterd_rules_parse (value, NULL) : NULL;

  for (guint i = 0; rules != NULL && i < rules->len; i++)
    if (g_strcmp0 (g_array_index (rules, MusterdRule, i).template_ref, tmpl_id) == 0)
      return TRUE;
  return FALSE;
}

static gboolean
uses (const MusterdSetting *setting, const char *value, const char *tmpl_id)
{
  if (setting->kind == MUSTERD_SETTING_RULES)
    return rules_use (value, tmpl_id);
  return setting->kind == MUSTERD_SETTING_TEMPLATE && g_strcmp0 (value, tmpl_id) == 0;
}

static char *
find_in_scope (const MusterdBlock *block, const MusterdSetting *setting, GHashTable *scopes, const char *tmpl_id)
{
  GHashTableIter iter;
  gpointer scope;

  g_hash_table_iter_init (&iter, scopes);
  while (g_hash_table_iter_next (&iter, NULL, &scope))
    if (uses (setting, musterd_setting_scope_get_value (scope, block->name, setting->option.name), tmpl_id))
      return g_strdup_printf ("%s.%s of %s", block->name, setting->option.name, ((MusterdSettingScope *) scope)->id);
  return NULL;
}

/* A built-in default is in use as long as nobody says something else for all. */
static gboolean
is_default (const MusterdBlock *block, const MusterdSetting *setting, GHashTable *scopes, const char *tmpl_id)
{
  const MusterdSettingScope *all = g_hash_table_lookup (scopes, "all");

  return uses (setting, setting->option.default_value, tmpl_id)
         && (all == NULL || musterd_setting_scope_get_value (all, block->name, setting->option.name) == NULL);
}

char *
musterd_usage_find (const MusterdBlocks *blocks, GHashTable *scopes, const char *tmpl_id)
{
  for (guint i = 0; i < musterd_blocks_get_n (blocks); i++)
    {
      const MusterdBlock *block = musterd_blocks_nth (blocks, i);

      for (guint k = 0; k < block->settings->len; k++)
        {
          const MusterdSetting *setting = g_ptr_array_index (block->settings, k);
          char *use = find_in_scope (block, setting, scopes, tmpl_id);

          if (use != NULL)
            return use;
          if (is_default (block, setting, scopes, tmpl_id))
            return g_strdup_printf ("%s.%s (built in)", block->name, setting->option.name);
        }
    }
  return NULL;
}
