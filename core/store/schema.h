/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the file holds, and the way from any older version to this one. */
#pragma once

#include "store/sql.h"

G_BEGIN_DECLS

#define MUSTERD_SCHEMA_APPLICATION 0x4d757374 /* "Must", in the header of every store */

/* One step forward: the file has version `version` when its statements have run. */
typedef struct
{
  int         version;
  const char *sql;
} MusterdSchemaStep;

typedef enum
{
  MUSTERD_SCHEMA_EMPTY, /* nothing in it, or the first transaction never came to its end */
  MUSTERD_SCHEMA_OURS,
  MUSTERD_SCHEMA_NEWER,  /* ours, of a version that this program does not know */
  MUSTERD_SCHEMA_FOREIGN /* another program's */
} MusterdSchemaKind;

/* The version that this program writes. */
int      musterd_schema_get_version (void);
/* Looks, and changes nothing: whose file it is. Fails where it cannot be read. */
gboolean musterd_schema_look    (sqlite3 *db, MusterdSchemaKind *kind, gint64 *version, GError **error);
/* Whether it may be opened: empty or ours. Fails with UNAVAILABLE, naming the file. */
gboolean musterd_schema_check   (sqlite3 *db, MusterdSchemaKind *kind, GError **error);
/* Runs every step above the file's version, each in a transaction of its own. */
gboolean musterd_schema_migrate (sqlite3 *db, const MusterdSchemaStep *steps, gsize n_steps, GError **error);
const MusterdSchemaStep *musterd_schema_get_steps (gsize *n_steps);

G_END_DECLS
