/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From what each scope says to what holds for a user: built-in ← all ← location ← group ← user. */
#pragma once

#include "settings/blocks.h"

G_BEGIN_DECLS

/* The scopes a user stands in, by layer; each nullable: says nothing. */
typedef struct
{
  const MusterdSettingScope *layers[MUSTERD_N_LAYERS];
} MusterdScopes;

/* Whether users may change this block for themselves, and the layer that says so (nullable; N_LAYERS: built-in). */
gboolean         musterd_scopes_may_change (const MusterdScopes *scopes, const MusterdBlock *block,
                                            MusterdLayer *said_by);
/* The value in force, of the layer `from` (nullable; N_LAYERS: built-in); NULL: none. A user's own counts only where
 * the policy allows it. */
const char      *musterd_scopes_get_value (const MusterdScopes *scopes, const MusterdBlock *block,
                                           const MusterdSetting *setting, MusterdLayer *from);
/* What all layers that may speak say of a table (of kind PLAIN), a nearer row behind a farther one of the same name,
 * which it replaces; NULL: nothing. The built-in rows are not in it. */
char            *musterd_scopes_join_rows (const MusterdScopes *scopes, const MusterdBlock *block,
                                           const MusterdSetting *setting);
/* The templates a user has, in order: the user's own first, then the nearest scope's. Of central ones with one name the
 * nearest hides the others. Those of the user that are not open to users any more are there, but not active. */
GPtrArray       *musterd_scopes_list_templates (const MusterdBlocks *blocks, const MusterdScopes *scopes);
/* `central` (nullable): what the same scopes come to without the user's own. Where the user has no templates or
 * forwarding of their own, the list of templates is one for both, which is most of the value. */
MusterdSettings *musterd_scopes_compose (const MusterdBlocks *blocks, const MusterdScopes *scopes,
                                         const MusterdSettings *central);
/* The user's own values, as "block.option" (char *, owned), that are not to be there: no policy lets users change them,
 * or there is no such template. `scopes` with the user's own scope. */
GPtrArray       *musterd_scopes_list_void (const MusterdBlocks *blocks, const MusterdScopes *scopes);

G_END_DECLS
