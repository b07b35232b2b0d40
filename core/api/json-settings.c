/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/json-settings.h"

#include "api/setting-value.h"

static void
count_user (GHashTable *counts, MusterdLayer layer, const char *name)
{
  g_autofree char *id = name != NULL ? musterd_setting_scope_make_id (layer, name) : NULL;
  guint n;

  if (id == NULL)
    return;
  n = GPOINTER_TO_UINT (g_hash_table_lookup (counts, id));
  g_hash_table_replace (counts, g_steal_pointer (&id), GUINT_TO_POINTER (n + 1));
}

GHashTable *
musterd_settings_count_users (MusterdReplica *replica)
{
  GHashTable *counts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr(GPtrArray) users = musterd_replica_list_users (replica);

  for (guint i = 0; i < users->len; i++)
    {
      const MusterdUser *user = g_ptr_array_index (users, i);

      count_user (counts, MUSTERD_LAYER_LOCATION, user->fields[MUSTERD_USER_LOCATION]);
      count_user (counts, MUSTERD_LAYER_GROUP, user->fields[MUSTERD_USER_GROUP]);
    }
  g_hash_table_insert (counts, g_strdup ("all"), GUINT_TO_POINTER (users->len));
  return counts;
}

/* Blocks. */

static const char *
kind_name (MusterdSettingKind kind)
{
  switch (kind)
    {
    case MUSTERD_SETTING_TEMPLATE:
      return "template";
    case MUSTERD_SETTING_ZONE:
      return "zone";
    case MUSTERD_SETTING_LANGUAGE:
      return "language";
    case MUSTERD_SETTING_STATUSES:
      return "statuses";
    case MUSTERD_SETTING_RULES:
      return "rules";
    case MUSTERD_SETTING_PLAIN:
    default:
      return NULL;
    }
}

static void
add_bound (GString *json, const char *name, const MusterOption *option, gint64 bound)
{
  if (option->min == 0 && option->max == 0)
    musterd_json_null (json, name);
  else if (option->type == MUSTER_OPTION_DURATION)
    {
      g_autofree char *text = muster_duration_to_string (bound);

      musterd_json_string (json, name, text);
    }
  else
    musterd_json_int (json, name, bound);
}

static void
add_choices (GString *json, const MusterOption *option)
{
  g_auto(GStrv) choices = NULL;

  if (option->type != MUSTER_OPTION_CHOICE)
    {
      musterd_json_null (json, "choices");
      return;
    }
  choices = g_strsplit (option->choices != NULL ? option->choices : "", "|", -1);
  musterd_json_open (json, "choices", '[');
  for (guint i = 0; choices[i] != NULL; i++)
    musterd_json_string (json, NULL, choices[i]);
  musterd_json_close (json, ']');
}

static void
add_columns (GString *json, const MusterOption *option)
{
  if (option->type != MUSTER_OPTION_TABLE)
    {
      musterd_json_null (json, "columns");
      return;
    }
  musterd_json_open (json, "columns", '[');
  for (gsize i = 0; i < option->n_columns; i++)
    {
      const MusterColumn *column = muster_column_nth (option, i);

      musterd_json_open (json, NULL, '{');
      musterd_json_string (json, "name", column->name);
      musterd_json_string (json, "type", muster_option_type_to_string (column->type));
      musterd_json_string (json, "doc", column->doc);
      musterd_json_setting_cell (json, "default", column->type, column->default_value);
      musterd_json_close (json, '}');
    }
  musterd_json_close (json, ']');
}

static void
add_option (GString *json, const MusterdSetting *setting)
{
  const MusterOption *option = &setting->option;

  musterd_json_open (json, NULL, '{');
  musterd_json_string (json, "name", option->name);
  musterd_json_string (json, "type", muster_option_type_to_string (option->type));
  musterd_json_string (json, "refers_to", kind_name (setting->kind));
  musterd_json_string (json, "doc", option->doc);
  musterd_json_setting (json, "default", option, option->default_value, FALSE);
  musterd_json_bool (json, "central", setting->central);
  add_bound (json, "min", option, option->min);
  add_bound (json, "max", option, option->max);
  add_choices (json, option);
  add_columns (json, option);
  musterd_json_close (json, '}');
}

void
musterd_json_blocks (GString *json, const char *name, const MusterdBlocks *blocks)
{
  musterd_json_open (json, name, '[');
  for (guint i = 0; i < musterd_blocks_get_n (blocks); i++)
    {
      const MusterdBlock *block = musterd_blocks_nth (blocks, i);

      musterd_json_open (json, NULL, '{');
      musterd_json_string (json, "name", block->name);
      musterd_json_string (json, "doc", block->doc);
      musterd_json_bool (json, "central", block->central);
      musterd_json_string (json, "policy",
                           musterd_policy_to_string (block->may ? MUSTERD_POLICY_MAY : MUSTERD_POLICY_CANNOT));
      musterd_json_open (json, "options", '[');
      for (guint k = 0; k < block->settings->len; k++)
        add_option (json, g_ptr_array_index (block->settings, k));
      musterd_json_close (json, ']');
      musterd_json_close (json, '}');
    }
  musterd_json_close (json, ']');
}

/* Scopes. */

static void
add_scope (GString *json, const char *id, const MusterdSettingScope *scope, guint n_users)
{
  musterd_json_open (json, NULL, '{');
  musterd_json_string (json, "scope", id);
  musterd_json_uint (json, "users", n_users);
  musterd_json_uint (json, "values", scope != NULL ? g_hash_table_size (scope->values) : 0);
  musterd_json_uint (json, "policies", scope != NULL ? g_hash_table_size (scope->policies) : 0);
  musterd_json_uint (json, "templates", scope != NULL ? scope->templates->len : 0);
  musterd_json_close (json, '}');
}

static int
compare_ids (gconstpointer a, gconstpointer b)
{
  return g_strcmp0 (*(const char *const *) a, *(const char *const *) b);
}

void
musterd_json_scopes (GString *json, const char *name, const MusterdScopeView *view, GHashTable *counts)
{
  g_autoptr(GPtrArray) ids = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer id;

  musterd_json_open (json, name, '[');
  if (counts == NULL)
    add_scope (json, view->id, musterd_scope_view_get_own (view), 1);
  else
    {
      g_hash_table_iter_init (&iter, counts);
      while (g_hash_table_iter_next (&iter, &id, NULL))
        g_ptr_array_add (ids, id);
      g_hash_table_iter_init (&iter, view->all);
      while (g_hash_table_iter_next (&iter, &id, NULL))
        if (!g_hash_table_contains (counts, id))
          g_ptr_array_add (ids, id);
      g_ptr_array_sort (ids, compare_ids);
    }
  for (guint i = 0; i < ids->len; i++)
    {
      const MusterdSettingScope *scope = g_hash_table_lookup (view->all, ids->pdata[i]);
      gboolean is_user = scope != NULL && scope->layer == MUSTERD_LAYER_USER;

      add_scope (json, ids->pdata[i], scope,
                 is_user ? 1 : GPOINTER_TO_UINT (g_hash_table_lookup (counts, ids->pdata[i])));
    }
  musterd_json_close (json, ']');
}

/* What holds. */

static void
add_policy (GString *json, const MusterdScopeView *view, const MusterdBlock *block)
{
  const MusterdSettingScope *own = musterd_scope_view_get_own (view);
  MusterdPolicy said = own != NULL ? musterd_setting_scope_get_policy (own, block->name) : MUSTERD_POLICY_INHERIT;
  MusterdLayer from;
  gboolean may = musterd_scopes_may_change (&view->scopes, block, &from);

  musterd_json_open (json, "policy", '{');
  musterd_json_string (json, "value", musterd_policy_to_string (may ? MUSTERD_POLICY_MAY : MUSTERD_POLICY_CANNOT));
  musterd_json_string (json, "from", musterd_scope_view_name (view, from));
  musterd_json_string (json, "own", said != MUSTERD_POLICY_INHERIT ? musterd_policy_to_string (said) : NULL);
  musterd_json_close (json, '}');
}

static void
add_value (GString *json, const MusterdScopeView *view, const MusterdBlock *block, const MusterdSetting *setting)
{
  const MusterOption *option = &setting->option;
  const MusterdSettingScope *own = musterd_scope_view_get_own (view);
  gboolean joined = option->type == MUSTER_OPTION_TABLE && setting->kind == MUSTERD_SETTING_PLAIN;
  MusterdLayer from;
  const char *value = musterd_scopes_get_value (&view->scopes, block, setting, &from);
  g_autofree char *rows = joined ? musterd_scopes_join_rows (&view->scopes, block, setting) : NULL;

  musterd_json_open (json, option->name, '{');
  musterd_json_setting (json, "value", option, joined ? rows : value, joined);
  musterd_json_string (json, "from", musterd_scope_view_name (view, from));
  musterd_json_setting (json, "own", option,
                        own != NULL ? musterd_setting_scope_get_value (own, block->name, option->name) : NULL, FALSE);
  musterd_json_close (json, '}');
}

void
musterd_json_settings (GString *json, const char *name, const MusterdScopeView *view, guint n_users)
{
  musterd_json_open (json, name, '{');
  musterd_json_string (json, "scope", view->id);
  musterd_json_uint (json, "users", n_users);
  musterd_json_open (json, "blocks", '{');
  for (guint i = 0; i < musterd_blocks_get_n (view->blocks); i++)
    {
      const MusterdBlock *block = musterd_blocks_nth (view->blocks, i);

      musterd_json_open (json, block->name, '{');
      add_policy (json, view, block);
      musterd_json_open (json, "options", '{');
      for (guint k = 0; k < block->settings->len; k++)
        add_value (json, view, block, g_ptr_array_index (block->settings, k));
      musterd_json_close (json, '}');
      musterd_json_close (json, '}');
    }
  musterd_json_close (json, '}');
  musterd_json_close (json, '}');
}
