/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading what others did in users' names, page by page. */
#pragma once

#include "store/sql.h"
#include "store/store.h"

G_BEGIN_DECLS

/* MusterdDelegation, oldest first; `user` nullable: of everybody. */
GPtrArray *musterd_delegations_read (sqlite3 *db, const char *user, MusterdTime since, guint64 after, guint limit,
                                     GError **error);

G_END_DECLS
