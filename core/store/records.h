/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading the records that plugins keep, page by page. */
#pragma once

#include "store/sql.h"
#include "store/store.h"

G_BEGIN_DECLS

#define MUSTERD_RECORDS_PAGE_MAX 1000

/* `after_user` and `after_key` are nullable. */
GPtrArray  *musterd_records_read  (sqlite3 *db, const char *instance, const char *after_user, const char *after_key,
                                   guint limit, GError **error);
GHashTable *musterd_records_count (sqlite3 *db, const char *prefix, GError **error);

G_END_DECLS
