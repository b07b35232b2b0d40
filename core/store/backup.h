/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A whole copy of the store, and the taking in of one. Both block and run on threads of their own. */
#pragma once

#include <gio/gio.h>

#include "store/sql.h"

G_BEGIN_DECLS

/* Writes a consistent copy of the store `from` to the new file `to`. */
gboolean musterd_backup_write (const char *from, const char *to, GCancellable *cancellable, GError **error);
/* Copies `from` to DIR/muster.db.restore, durably, if it is a whole store that this version reads. */
gboolean musterd_backup_take  (const char *from, const char *dir, GCancellable *cancellable, GError **error);

G_END_DECLS
