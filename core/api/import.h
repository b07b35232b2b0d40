/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A CSV file of users laid over those there are. The first row names the columns: "id", the users' fields, and
 * attributes as "plugin.name". A column that is there speaks (an empty cell clears), one that is not leaves the field alone. */
#pragma once

#include "api/replica.h"

G_BEGIN_DECLS

#define MUSTERD_IMPORT_ROWS_MAX 1000000

typedef struct
{
  GPtrArray *users;          /* MusterdUser: all that must be put */
  GPtrArray *added, *changed; /* ids, owned by the users */
  guint      unchanged;
} MusterdImport;

/* All or nothing: MUSTERD_ERROR_INVALID names the row and the column. */
MusterdImport *musterd_import_read (const char *text, gsize length, MusterdReplica *replica, GError **error);
void           musterd_import_free (MusterdImport *import);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MusterdImport, musterd_import_free)

G_END_DECLS
