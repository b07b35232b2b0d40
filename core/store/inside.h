/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the store shows to its tests beside store.h. */
#pragma once

#include "store/store.h"
#include "store/writer.h"

G_BEGIN_DECLS

MusterdStore *musterd_store_open_with (const char *dir, const MusterdWriterLimits *limits, GError **error);
void          musterd_store_get_stats (MusterdStore *store, MusterdWriterStats *stats);

G_END_DECLS
