/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a batch to rows: the prepared statements of the writer's connection, and what each change does with them. */
#pragma once

#include "store/batch.h"
#include "store/sql.h"

G_BEGIN_DECLS

typedef struct _MusterdApply MusterdApply;

/* Prepares every statement: fails where the file has not the tables of this version. */
MusterdApply *musterd_apply_new    (sqlite3 *db, GError **error);
void          musterd_apply_free   (MusterdApply *apply);
/* Within a transaction. Returns SQLITE_OK, or the code of the change that failed, with `error` set.
 *
 * A claim, client, device or shown row of a user who is not there (removed a moment ago) is left out: nothing could
 * show it. A choice, ignore, record or token of such a user fails with NOT_FOUND: somebody waits for its answer. */
int           musterd_apply_batch  (MusterdApply *apply, const MusterdBatch *batch, GError **error);
/* What was changed was rolled back: forget what was learnt meanwhile. */
void          musterd_apply_forget (MusterdApply *apply);
/* Changes a row, so that the commit that follows has something to bring to the disk. */
int           musterd_apply_barrier (MusterdApply *apply, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MusterdApply, musterd_apply_free)

G_END_DECLS
