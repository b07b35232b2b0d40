/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the store shows to its tests beside store.h. */
#pragma once

#include "store/store.h"
#include "store/secrets.h"
#include "store/sql.h"
#include "store/writer.h"

G_BEGIN_DECLS

MusterdStore *musterd_store_open_with (const char *dir, const MusterdWriterLimits *limits, GError **error);
void          musterd_store_get_stats (MusterdStore *store, MusterdWriterStats *stats);

/* `credentials` (nullable) in the place of $CREDENTIALS_DIRECTORY. */
MusterdSecrets *musterd_secrets_new_with (const char *state_dir, const char *credentials);

G_END_DECLS
