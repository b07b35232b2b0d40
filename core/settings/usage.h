/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which templates settings refer to, so that none is taken away under them. */
#pragma once

#include "settings/compose.h"

G_BEGIN_DECLS

/* Templates' ids → the setting that uses each, as below (char *, owned). */
GHashTable *musterd_usage_list (const MusterdBlocks *blocks, GHashTable *scopes);
/* The setting that uses this template, for people ("activation.start of location:Berlin"); NULL: none does.
 * `scopes`: id → MusterdSettingScope, all there are. */
char *musterd_usage_find (const MusterdBlocks *blocks, GHashTable *scopes, const char *tmpl_id);

G_END_DECLS
