/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads every token and sign-in link. */
#pragma once

#include "model/token.h"
#include "store/sql.h"

G_BEGIN_DECLS

/* MusterdToken. */
GPtrArray *musterd_tokens_read (sqlite3 *db, GError **error);

G_END_DECLS
