/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/scope-view.h"

static void
take (MusterdScopeView *view, MusterdSettingScope *scope)
{
  MusterdSettingScope *held = musterd_setting_scope_ref (scope);

  g_hash_table_replace (view->all, held->id, held);
}

MusterdScopeView *
musterd_scope_view_new (MusterdEngine *engine, const char *id, gboolean all, GError **error)
{
  g_autoptr(MusterdSettingScope) named = musterd_setting_scope_new (id, error);
  MusterdScopes scopes;
  MusterdScopeView *view;
  GHashTableIter iter;
  gpointer scope;

  if (named == NULL || !musterd_engine_find_scopes (engine, id, &scopes, error))
    return NULL;
  view = g_new0 (MusterdScopeView, 1);
  view->blocks = musterd_blocks_ref (musterd_engine_get_blocks (engine));
  view->id = g_strdup (id);
  view->layer = named->layer;
  view->all = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) musterd_setting_scope_unref);
  for (guint i = 0; i < MUSTERD_N_LAYERS; i++)
    if (scopes.layers[i] != NULL)
      {
        view->scopes.layers[i] = musterd_setting_scope_ref ((MusterdSettingScope *) scopes.layers[i]);
        take (view, (MusterdSettingScope *) scopes.layers[i]);
      }
  g_hash_table_iter_init (&iter, musterd_engine_get_scopes (engine));
  while (all && g_hash_table_iter_next (&iter, NULL, &scope))
    take (view, scope);
  return view;
}

void
musterd_scope_view_free (MusterdScopeView *view)
{
  for (guint i = 0; i < MUSTERD_N_LAYERS; i++)
    if (view->scopes.layers[i] != NULL)
      musterd_setting_scope_unref ((MusterdSettingScope *) view->scopes.layers[i]);
  g_hash_table_unref (view->all);
  musterd_blocks_unref (view->blocks);
  g_free (view->id);
  g_free (view);
}

const char *
musterd_scope_view_name (const MusterdScopeView *view, MusterdLayer layer)
{
  return layer < MUSTERD_N_LAYERS ? view->scopes.layers[layer]->id : "built-in";
}

const MusterdSettingScope *
musterd_scope_view_get_own (const MusterdScopeView *view)
{
  return view->scopes.layers[view->layer];
}
