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

/* What scopes say: by what they have, which is little, and not by all that they could. */
static void
add_scope (GHashTable *uses, GHashTable *referring, const MusterdSettingScope *scope)
{
  GHashTableIter iter;
  gpointer key, value;

  g_hash_table_iter_init (&iter, scope->values);
  while (g_hash_table_iter_next (&iter, &key, &value))
    {
      const MusterdSetting *setting = g_hash_table_lookup (referring, key);
      g_autofree char *use = setting != NULL ? g_strdup_printf ("%s of %s", (const char *) key, scope->id) : NULL;

      if (setting != NULL)
        add_value (uses, setting, value, use);
    }
}

/* A built-in default is in use as long as nobody says something else for all. */
static void
add_default (GHashTable *uses, const MusterdSetting *setting, const char *key, const MusterdSettingScope *all)
{
  if (setting->kind == MUSTERD_SETTING_TEMPLATE && setting->option.default_value != NULL
      && (all == NULL || !g_hash_table_contains (all->values, key)))
    add_use (uses, setting->option.default_value, g_strdup_printf ("%s (built in)", key));
}

/* "block.option" → MusterdSetting, of those that refer to templates. */
static GHashTable *
list_referring (const MusterdBlocks *blocks)
{
  GHashTable *referring = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < musterd_blocks_get_n (blocks); i++)
    {
      const MusterdBlock *block = musterd_blocks_nth (blocks, i);

      for (guint k = 0; k < block->settings->len; k++)
        {
          MusterdSetting *setting = g_ptr_array_index (block->settings, k);

          if (setting->kind == MUSTERD_SETTING_TEMPLATE || setting->kind == MUSTERD_SETTING_RULES)
            g_hash_table_insert (referring, g_strconcat (block->name, ".", setting->option.name, NULL), setting);
        }
    }
  return referring;
}

GHashTable *
musterd_usage_list (const MusterdBlocks *blocks, GHashTable *scopes)
{
  GHashTable *uses = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_autoptr(GHashTable) referring = list_referring (blocks);
  GHashTableIter iter;
  gpointer key, value;

  g_hash_table_iter_init (&iter, scopes);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    add_scope (uses, referring, value);
  g_hash_table_iter_init (&iter, referring);
  while (g_hash_table_iter_next (&iter, &key, &value))
    add_default (uses, value, key, g_hash_table_lookup (scopes, "all"));
  return uses;
}

char *
musterd_usage_find (const MusterdBlocks *blocks, GHashTable *scopes, const char *tmpl_id)
{
  g_autoptr(GHashTable) uses = musterd_usage_list (blocks, scopes);

  return g_strdup (g_hash_table_lookup (uses, tmpl_id));
}
