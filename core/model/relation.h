/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an owner is to a viewer: the rule, and what it is made of. The direction is always owner → viewer, what the
 * owner grants. */
#pragma once

#include "model/grants.h"
#include "model/settings.h"
#include "model/user.h"

G_BEGIN_DECLS

/* All that decides who sees an owner, and how much. Its parts are referenced where it is kept. */
typedef struct
{
  MusterdUser     *user;
  MusterdSettings *settings; /* nullable: not said yet, and until then nobody sees them */
  MusterdGrants   *grants;   /* nullable: none */
} MusterdAccess;

void     musterd_access_copy  (MusterdAccess *to, const MusterdAccess *from); /* `to` is empty */
void     musterd_access_clear (MusterdAccess *access);
/* Whether presence is used at all where the owner is. */
gboolean musterd_access_in_use (const MusterdAccess *access);
/* TRUE: apart from the viewers that musterd_grants_compare() names (users, and all of a group or location), nobody can have
 * come to another level. */
gboolean musterd_access_is_like (const MusterdAccess *before, const MusterdAccess *after);

/* Who looks. Each nullable. */
typedef struct
{
  const char *id, *group, *location;
} MusterdViewer;

MusterdViewer musterd_viewer_of_user  (const MusterdUser *user);
/* Somebody of whom no more is known than what a grant names. */
MusterdViewer musterd_viewer_of_grant (const MusterdGrant *grant);

/* The ways on which somebody can come to a level. */
typedef enum
{
  MUSTERD_PATH_SAME_GROUP, /* defaults of the owner's settings; */
  MUSTERD_PATH_SAME_LOCATION,
  MUSTERD_PATH_OTHERS,     /* for those who share neither */
  MUSTERD_PATH_USER,       /* administrators' entries */
  MUSTERD_PATH_GROUP,
  MUSTERD_PATH_LOCATION,
  MUSTERD_PATH_OWN_USER,   /* the owner's own word, the more exact one first */
  MUSTERD_PATH_OWN_GROUP,
  MUSTERD_PATH_OWN_LOCATION,
  MUSTERD_N_PATHS
} MusterdRelationPath;

/* "same-group", … "own-location"; NULL for N_PATHS. */
const char *musterd_relation_path_to_string (MusterdRelationPath path);

typedef struct
{
  gboolean            open[MUSTERD_N_PATHS];   /* this one is there, */
  MusterdRelation     levels[MUSTERD_N_PATHS]; /* and says this */
  MusterdRelation     central;  /* the most permissive of the first six */
  MusterdRelation     level;    /* what holds */
  MusterdRelationPath by;       /* which path decided; N_PATHS: none, since presence is not in use for the owner */
} MusterdRelationPaths;

/* What the owner grants the viewer: OWNER to themself, else BLOCKED to ASSISTANT_PLUS. */
MusterdRelation musterd_relation_resolve (const MusterdAccess *owner, const MusterdViewer *viewer,
                                          MusterdRelationPaths *paths);
/* Whether the owner may say this themself, and it would have an effect. `viewer` is whom it is said of, as far as that
 * is known. FALSE with MUSTERD_ERROR_FORBIDDEN, naming the setting. */
gboolean        musterd_relation_check_own_word (const MusterdAccess *owner, const MusterdViewer *viewer,
                                                 MusterdRelation level, GError **error);

G_END_DECLS
