/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One keyfile as it stands on disk: groups and entries, each with its line. What they mean is not its business. */
#pragma once

#include "config/config.h"

G_BEGIN_DECLS

#define MUSTERD_KEYFILE_LINE_MAX (64 * 1024) /* bytes of one line */
#define MUSTERD_KEYFILE_NAME_MAX 128         /* bytes of a group's or key's name */
#define MUSTERD_KEYFILE_GROUPS_MAX 1024
#define MUSTERD_KEYFILE_ENTRIES_MAX 1024 /* of one group */
#define MUSTERD_KEYFILE_PROBLEMS_MAX 50  /* of one file; the rest of it is not read */

typedef struct
{
  char      *name;
  guint      line;
  GPtrArray *entries; /* MusterdEntry */
} MusterdKeyfileGroup;

/* Both return MusterdKeyfileGroup in the order of the file and append to `problems`; what is wrong is left out, so
 * that the rest can still be looked at. `file` is how messages call it. */
GPtrArray *musterd_keyfile_read  (const char *path, GPtrArray *problems);
GPtrArray *musterd_keyfile_parse (const char *file, const char *data, gsize length, GPtrArray *problems);

MusterdEntry *musterd_entry_new  (const char *key, const char *value, const char *file, guint line);
void          musterd_entry_free (MusterdEntry *entry);

void musterd_problem (GPtrArray *problems, const char *file, guint line, const char *format, ...) G_GNUC_PRINTF (4, 5);
/* The candidate that `word` was probably meant to be, compared without case; NULL: none is near. */
const char *musterd_nearest (const char *word, const char *const *candidates, gsize n_candidates);

G_END_DECLS
