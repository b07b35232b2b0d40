/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A CSV file of users laid over those there are. The first row names the columns: "id", the users' fields, and
 * attributes as "plugin.name". A column that is there speaks (an empty cell clears), one that is not leaves the field
 * alone. */
#pragma once

#include "api/replica.h"

G_BEGIN_DECLS

#define MUSTERD_IMPORT_ROWS_MAX 1000000
#define MUSTERD_IMPORT_WARNINGS_MAX 100

typedef struct
{
  GPtrArray  *known;          /* MusterdUser: all there were, by id */
  GPtrArray  *rows;           /* MusterdUser: what the rows come to, in their order */
  GHashTable *ids;            /* char *: of the rows */
  GPtrArray  *users;          /* MusterdUser: all that must be put */
  GPtrArray  *removed;        /* MusterdUser: all that must go; empty until musterd_import_sync() */
  GPtrArray  *added, *changed; /* ids, owned by the users */
  guint       unchanged;
  gboolean    named[MUSTERD_N_USER_FIELDS]; /* there is a column for it */
} MusterdImport;

/* All or nothing: MUSTERD_ERROR_INVALID names the row and the column. */
MusterdImport *musterd_import_read (const char *text, gsize length, MusterdReplica *replica, GError **error);
void           musterd_import_free (MusterdImport *import);

/* Has everybody go whom the file does not name. MUSTERD_ERROR_CONFLICT, unless `force`: that would be more than a tenth
 * of all there are, or the file names nobody. */
gboolean       musterd_import_sync (MusterdImport *import, gboolean force, GError **error);

/* What is allowed and is hardly meant, of the users the file names: ids that differ from another's by case only, and
 * accounts that several users would have. Sentences (char *), at most MUSTERD_IMPORT_WARNINGS_MAX and one that counts
 * the others. After musterd_import_sync(), where that is called. */
GPtrArray     *musterd_import_warn (const MusterdImport *import);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MusterdImport, musterd_import_free)

G_END_DECLS
