/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The store's directory: its mode, its lock, the making of files in it, and the putting in place of a restored one. */
#pragma once

#include <glib.h>

#include "model/error.h"

G_BEGIN_DECLS

/* Sets UNAVAILABLE: "doing: path: what errno says". */
void     musterd_files_set_error  (GError **error, int number, const char *doing, const char *path);
/* Makes DIR with mode 0700, whatever the umask; refuses one that others could change. */
gboolean musterd_files_prepare    (const char *dir, GError **error);
/* The exclusive lock on DIR/lock; -1 on error. It ends when the descriptor is closed, or its process. */
int      musterd_files_lock       (const char *dir, GError **error);
/* Makes an empty file with mode 0600, whatever the umask, durably; `created` tells whether it was not there. */
gboolean musterd_files_create     (const char *path, gboolean *created, GError **error);
gboolean musterd_files_sync       (const char *path, GError **error); /* of a file or a directory */
gboolean musterd_files_sync_parent (const char *path, GError **error);
/* Renames; fails with CONFLICT where `to` exists. */
gboolean musterd_files_move_new   (const char *from, const char *to, GError **error);
/* Puts DIR/muster.db.restore, if there is one, in the place of DIR/muster.db, which becomes
 * DIR/muster.db.before-restore together with what belongs to it. Interrupted anywhere, the next call completes it. */
gboolean musterd_files_place_restored (const char *dir, GError **error);

G_END_DECLS
