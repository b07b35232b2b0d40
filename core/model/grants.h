/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What one owner grants: entries for users, groups and locations, as the owner says it themself and as administrators
 * do. */
#pragma once

#include "model/types.h"

G_BEGIN_DECLS

#define MUSTERD_GRANTS_MAX 1000 /* of one owner: own words and administrators' together */

typedef enum
{
  MUSTERD_VIEWER_USER, /* one, by id */
  MUSTERD_VIEWER_GROUP,
  MUSTERD_VIEWER_LOCATION,
  MUSTERD_N_VIEWERS
} MusterdViewerKind;

/* What one entry says: this viewer is to have this level. The owner's own word and an administrator's are two. */
typedef struct
{
  char             *name; /* an id, or the name of a group or a location; GRefString where it stands in grants */
  MusterdViewerKind kind : 8;
  MusterdRelation   level : 8; /* BLOCKED to ASSISTANT_PLUS */
  guint             own_word : 1;
} MusterdGrant;

/* "group:NAME", "location:NAME", "user:ID" or an id alone, taken apart: `name` points into the text. FALSE with
 * MUSTERD_ERROR_INVALID where there is no name in it, or none that anybody can have. */
gboolean musterd_viewer_parse     (const char *text, MusterdViewerKind *kind, const char **name, GError **error);
/* Back: always with the kind, as the store keeps it; */
char    *musterd_viewer_to_key    (MusterdViewerKind kind, const char *name);
/* or for people: a user's id alone, where it cannot be taken for anything else. */
char    *musterd_viewer_to_string (MusterdViewerKind kind, const char *name);

/* All entries of one owner: immutable, atomically ref-counted. NULL: none, as most have it. */
typedef struct
{
  guint         n;
  MusterdGrant *entries; /* sorted by kind, name, own_word */
} MusterdGrants;

MusterdGrants      *musterd_grants_ref     (MusterdGrants *grants);
void                musterd_grants_unref   (MusterdGrants *grants);
/* New ones, with this entry put in (or in the place of what was said of the same viewer by the same side), or without
 * it. `grants` is nullable and stays the caller's; NULL: nothing is left. */
MusterdGrants      *musterd_grants_with    (const MusterdGrants *grants, const MusterdGrant *grant);
MusterdGrants      *musterd_grants_without (const MusterdGrants *grants, const MusterdGrant *grant);
/* What is said of this viewer (kind and name of `grant`) by this side (own_word); NULL: nothing. */
const MusterdGrant *musterd_grants_find    (const MusterdGrants *grants, MusterdViewerKind kind, const char *name,
                                            gboolean own_word);
/* Calls for each entry that stands in one of them only, or with another level. Both nullable. */
void                musterd_grants_compare (const MusterdGrants *a, const MusterdGrants *b,
                                            void (*differs) (const MusterdGrant *grant, gpointer data), gpointer data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MusterdGrants, musterd_grants_unref)

G_END_DECLS
