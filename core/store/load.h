/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every row, once: users first, then each table in the order of users, so that a row finds its user by walking along
 * rather than by looking it up. */
#pragma once

#include "store/sql.h"
#include "store/store.h"

G_BEGIN_DECLS

gboolean musterd_load_all (sqlite3 *db, const MusterdStoreReader *reader, gpointer data, GError **error);

G_END_DECLS
