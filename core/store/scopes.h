/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rows of scopes: settings, policies and templates. */
#pragma once

#include "store/batch.h"
#include "store/row.h"
#include "store/sql.h"

G_BEGIN_DECLS

typedef struct _MusterdScopeRows MusterdScopeRows;

MusterdScopeRows *musterd_scope_rows_new   (sqlite3 *db, GError **error);
void              musterd_scope_rows_free  (MusterdScopeRows *rows); /* nullable */
gboolean          musterd_scope_rows_takes (const MusterdOp *op);
/* An SQLite code. */
int               musterd_scope_rows_apply (MusterdScopeRows *rows, const MusterdOp *op);
/* All that a scope says. */
int               musterd_scope_rows_remove (MusterdScopeRows *rows, const char *scope);
gboolean          musterd_scope_rows_load  (sqlite3 *db, const MusterdStoreReader *reader, gpointer data,
                                            MusterdSkipped *skipped, GError **error);

G_END_DECLS
