/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What scopes say, as it was at one moment: taken on the engine's thread, read on the api's. What it holds is immutable
 * and counted. */
#pragma once

#include "engine/scopes.h"

G_BEGIN_DECLS

typedef struct
{
  MusterdBlocks *blocks;
  char          *id;     /* the scope that was asked for … */
  MusterdLayer   layer;
  MusterdScopes  scopes; /* … with those above it, and itself */
  GHashTable    *all;    /* id → MusterdSettingScope: all that say anything, or only these */
} MusterdScopeView;

/* INVALID: no scope; NOT_FOUND: a user whom there is not. */
MusterdScopeView *musterd_scope_view_new  (MusterdEngine *engine, const char *id, gboolean all, GError **error);
void              musterd_scope_view_free (MusterdScopeView *view);
/* The id of a layer, as in "location:Berlin"; beyond them: "built-in". */
const char       *musterd_scope_view_name (const MusterdScopeView *view, MusterdLayer layer);
/* What itself says; NULL: nothing. */
const MusterdSettingScope *musterd_scope_view_get_own (const MusterdScopeView *view);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MusterdScopeView, musterd_scope_view_free)

G_END_DECLS
