/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Scopes, blocks and what holds in a scope, as JSON. */
#pragma once

#include "api/json-text.h"
#include "api/replica.h"
#include "api/scope-view.h"

G_BEGIN_DECLS

/* "location:NAME" and "group:NAME" → how many users stand there (GUINT_TO_POINTER), where anybody does. */
GHashTable *musterd_settings_count_users (MusterdReplica *replica);
/* All blocks with what is to be known of their options. */
void        musterd_json_blocks   (GString *json, const char *name, const MusterdBlocks *blocks);
/* Those of the view that say anything, and those in which somebody stands (`counts`, of the above). `counts` nullable:
 * only the scope that was asked for. */
void        musterd_json_scopes   (GString *json, const char *name, const MusterdScopeView *view, GHashTable *counts);
/* What holds in the view's scope, and who says so. */
void        musterd_json_settings (GString *json, const char *name, const MusterdScopeView *view, guint n_users);

G_END_DECLS
