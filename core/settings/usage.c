/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-settings"

#include "settings/usage.h"

#include "settings/rules.h"

/* The first that is found of each; takes `use`. */
static void
add_use (GHashTable *uses, const char *tmpl_id, char *use)
{
  if (g_hash_table_contains (uses, tmpl_id))
    g_free (use);
  else
    g_hash_table_insert (uses, g_strdup (tmpl_id), use);
}

/* A template that this value names, or each that its rules do. */
static void
add_value (GHashTable *uses, const MusterdSetting *setting, const char *value, const char *use)
{
  g_autoptr(GArray) rules = NULL;

  if (setting->kind != MUSTERD_SETTING_RULES)
    {
      add_use (uses, value, g_strdup (use));
      return;
    }
  rules = musterd_rules_parse (value, NULL);
  for (guint i = 0; rules != NULL && i < rules->len; i++)
    if (g_array_index (rules, MusterdRule, i).template_ref != NULL)
      add_use (uses, g_array_index (rules, MusterdRule, i).template_ref, g_strdup (use));
}

static void
add_setting (GHashTable *uses, const MusterdBlock *block, const MusterdSetting *setting, GHashTable *scopes)
{
  const MusterdSettingScope *all = g_hash_table_lookup (scopes, "all");
  GHashTableIter iter;
  gpointer scope;

  g_hash_table_iter_init (&iter, scopes);
  while (g_hash_table_iter_next (&iter, NULL, &scope))
    {
      const char *value = musterd_setting_scope_get_value (scope, block->name, setting->option.name);
      g_autofree char *use = g_strdup_printf ("%s.%s of %s", block->name, setting->option.name,
                                              ((MusterdSettingScope *) scope)->id);

      if (value != NULL)
        add_value (uses, setting, value, use);
    }
  /* A built-in default is in use as long as nobody says something else for all. */
  if (setting->kind == MUSTERD_SETTING_TEMPLATE && setting->option.default_value != NULL
      && (all == NULL || musterd_setting_scope_get_value (all, block->name, setting->option.name) == NULL))
    add_use (uses, setting->option.default_value,
             g_strdup_printf ("%s.%s (built in)", block->name, setting->option.name));
}

GHashTable *
musterd_usage_list (const MusterdBlocks *blocks, GHashTable *scopes)
{
  GHashTable *uses = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

  for (guint i = 0; i < musterd_blocks_get_n (blocks); i++)
    {
      const MusterdBlock *block = musterd_blocks_nth (blocks, i);

      for (guint k = 0; k < block->settings->len; k++)
        {
          const MusterdSetting *setting = g_ptr_array_index (block->settings, k);

          if (setting->kind == MUSTERD_SETTING_TEMPLATE || setting->kind == MUSTERD_SETTING_RULES)
            add_setting (uses, block, setting, scopes);
        }
    }
  return uses;
}

char *
musterd_usage_find (const MusterdBlocks *blocks, GHashTable *scopes, const char *tmpl_id)
{
  g_autoptr(GHashTable) uses = musterd_usage_list (blocks, scopes);

  return g_strdup (g_hash_table_lookup (uses, tmpl_id));
}
