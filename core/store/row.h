/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading one row that nobody vouches for: each column is checked against its bound, and the first that does not hold
 * is remembered with its reason. */
#pragma once

#include "store/sql.h"

G_BEGIN_DECLS

typedef struct
{
  sqlite3_stmt *statement;
  const char   *table;
  const char   *fault; /* nullable, static: why this row cannot be taken */
} MusterdRow;

/* At most `max` bytes of UTF-8; NULL (and a fault) otherwise. Valid until the next step. */
const char *musterd_row_text     (MusterdRow *row, int column, gsize max);
const char *musterd_row_nullable (MusterdRow *row, int column, gsize max);
/* first <= value < end, else a fault with this reason and `first`. */
int         musterd_row_value    (MusterdRow *row, int column, int first, int end, const char *fault);
gint64      musterd_row_int64    (MusterdRow *row, int column);

/* What was skipped, one warning for each table and reason. */
typedef struct _MusterdSkipped MusterdSkipped;

MusterdSkipped *musterd_skipped_new  (void);
/* `user` is nullable. */
void            musterd_skipped_add  (MusterdSkipped *skipped, const char *table, const char *reason,
                                      const char *user);
/* Tells, and frees. */
void            musterd_skipped_tell (MusterdSkipped *skipped);

G_END_DECLS
