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

typedef struct
{
  const char *state_dir;
  const char *credentials; /* nullable; in the place of $CREDENTIALS_DIRECTORY */
  gboolean    ring;        /* the Secret Service is asked, where the environment names a bus */
  gint64      timeout;     /* µs: what the Secret Service has for an answer, and */
  gint64      pause;       /* how long it is left alone after none */
} MusterdSecretsOptions;

MusterdSecrets *musterd_secrets_new_with (const MusterdSecretsOptions *options);

G_END_DECLS
