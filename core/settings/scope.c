/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-settings"

#include "settings/scope.h"

#include <string.h>

#include "model/error.h"

static const char *const policy_names[] = { "inherit", "may-change", "cannot-change" };

G_STATIC_ASSERT (G_N_ELEMENTS (policy_names) == MUSTERD_N_POLICIES);

const char *
musterd_policy_to_string (MusterdPolicy value)
{
  return (guint) value < MUSTERD_N_POLICIES ? policy_names[value] : NULL;
}

gboolean
musterd_policy_from_string (const char *name, MusterdPolicy *value)
{
  for (guint i = 0; name != NULL && i < MUSTERD_N_POLICIES; i++)
    if (g_str_equal (name, policy_names[i]))
      {
        *value = (MusterdPolicy) i;
        return TRUE;
      }
  return FALSE;
}

static const char *const prefixes[MUSTERD_N_LAYERS] = { NULL, "location:", "group:", "user:" };

static gboolean
read_id (const char *id, MusterdLayer *layer, const char **name)
{
  *layer = MUSTERD_LAYER_ALL;
  *name = "";
  if (g_str_equal (id, "all"))
    return TRUE;
  for (guint i = MUSTERD_LAYER_LOCATION; i < MUSTERD_N_LAYERS; i++)
    if (g_str_has_prefix (id, prefixes[i]))
      {
        *layer = (MusterdLayer) i;
        *name = id + strlen (prefixes[i]);
        break;
      }
  if (**name == '\0' || strlen (id) > MUSTERD_SETTING_SCOPE_MAX || !g_utf8_validate (id, -1, NULL))
    return FALSE;
  for (const char *p = id; *p != '\0'; p = g_utf8_next_char (p))
    if (g_unichar_iscntrl (g_utf8_get_char (p)))
      return FALSE;
  return TRUE;
}

MusterdSettingScope *
musterd_setting_scope_new (const char *id, GError **error)
{
  MusterdSettingScope *scope;
  MusterdLayer layer;
  const char *name;

  if (!read_id (id, &layer, &name))
    {
      g_autofree char *shown = musterd_error_word (id);

      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID,
                   "'%s' is no scope: expected all, location:NAME, group:NAME or user:ID", shown);
      return NULL;
    }
  scope = g_atomic_rc_box_new0 (MusterdSettingScope);
  scope->id = g_strdup (id);
  scope->layer = layer;
  scope->name = scope->id + (name - id);
  if (layer == MUSTERD_LAYER_ALL)
    scope->name = "";
  scope->values = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  scope->policies = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  scope->templates = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_template_free);
  return scope;
}

MusterdSettingScope *
musterd_setting_scope_ref (MusterdSettingScope *scope)
{
  return g_atomic_rc_box_acquire (scope);
}

static void
scope_clear (gpointer data)
{
  MusterdSettingScope *scope = data;

  g_free (scope->id);
  g_hash_table_unref (scope->values);
  g_hash_table_unref (scope->policies);
  g_ptr_array_unref (scope->templates);
}

void
musterd_setting_scope_unref (MusterdSettingScope *scope)
{
  g_atomic_rc_box_release_full (scope, scope_clear);
}

MusterdSettingScope *
musterd_setting_scope_copy (const MusterdSettingScope *scope)
{
  MusterdSettingScope *copy = musterd_setting_scope_new (scope->id, NULL);
  GHashTableIter iter;
  gpointer key, value;

  g_hash_table_iter_init (&iter, scope->values);
  while (g_hash_table_iter_next (&iter, &key, &value))
    g_hash_table_insert (copy->values, g_strdup (key), g_strdup (value));
  g_hash_table_iter_init (&iter, scope->policies);
  while (g_hash_table_iter_next (&iter, &key, &value))
    g_hash_table_insert (copy->policies, g_strdup (key), value);
  for (guint i = 0; i < scope->templates->len; i++)
    g_ptr_array_add (copy->templates, musterd_template_copy (scope->templates->pdata[i]));
  return copy;
}

gboolean
musterd_setting_scope_is_empty (const MusterdSettingScope *scope)
{
  return g_hash_table_size (scope->values) == 0 && g_hash_table_size (scope->policies) == 0
         && scope->templates->len == 0;
}

char *
musterd_setting_scope_make_id (MusterdLayer layer, const char *name)
{
  return layer == MUSTERD_LAYER_ALL ? g_strdup ("all") : g_strconcat (prefixes[layer], name, NULL);
}

const char *
musterd_setting_scope_get_value (const MusterdSettingScope *scope, const char *block, const char *option)
{
  g_autofree char *key = NULL;

  if (g_hash_table_size (scope->values) == 0)
    return NULL; /* asked for every setting of every user, and most scopes have none */
  key = g_strconcat (block, ".", option, NULL);
  return g_hash_table_lookup (scope->values, key);
}

gboolean
musterd_setting_scope_set_value (MusterdSettingScope *scope, const char *block, const char *option, const char *value)
{
  g_autofree char *key = g_strconcat (block, ".", option, NULL);

  if (g_strcmp0 (g_hash_table_lookup (scope->values, key), value) == 0)
    return FALSE;
  if (value != NULL)
    g_hash_table_insert (scope->values, g_steal_pointer (&key), g_strdup (value));
  else
    g_hash_table_remove (scope->values, key);
  return TRUE;
}

MusterdPolicy
musterd_setting_scope_get_policy (const MusterdSettingScope *scope, const char *block)
{
  return (MusterdPolicy) GPOINTER_TO_UINT (g_hash_table_lookup (scope->policies, block));
}

gboolean
musterd_setting_scope_set_policy (MusterdSettingScope *scope, const char *block, MusterdPolicy policy)
{
  if (musterd_setting_scope_get_policy (scope, block) == policy)
    return FALSE;
  if (policy != MUSTERD_POLICY_INHERIT)
    g_hash_table_insert (scope->policies, g_strdup (block), GUINT_TO_POINTER (policy));
  else
    g_hash_table_remove (scope->policies, block);
  return TRUE;
}

int
musterd_setting_scope_find_template (const MusterdSettingScope *scope, const char *id)
{
  for (guint i = 0; i < scope->templates->len; i++)
    if (g_str_equal (((MusterdTemplate *) scope->templates->pdata[i])->id, id))
      return (int) i;
  return -1;
}

int
musterd_setting_scope_find_template_name (const MusterdSettingScope *scope, const char *name)
{
  for (guint i = 0; i < scope->templates->len; i++)
    if (musterd_template_same_name (((MusterdTemplate *) scope->templates->pdata[i])->name, name))
      return (int) i;
  return -1;
}
