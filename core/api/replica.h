/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The api's own copy of who there is and what they show: fed by the engine's changes, read on the api's thread only.
 * The objects are the engine's own, immutable and ref-counted. Keeps the order of what happened, so that "what
 * changed after R" costs what changed and not what is. */
#pragma once

#include "model/presence.h"
#include "model/relation.h"

G_BEGIN_DECLS

#define MUSTERD_REPLICA_REMOVED_MAX 10000 /* removals remembered */

typedef struct _MusterdReplica MusterdReplica;

/* One thing that happened to one user. */
typedef struct
{
  char            *id;
  MusterdUser     *user;     /* nullable: not said */
  MusterdPresence *presence; /* nullable: not said */
  gboolean         regraded; /* settings and grants are said */
  MusterdSettings *settings; /* nullable */
  MusterdGrants   *grants;   /* nullable */
  gboolean         removed;
  gboolean         anew;     /* was removed, and is there again: what was known of it before is not so any more */
  MusterdPresence *before;   /* nullable; what it was until it was applied */
  MusterdAccess    old;      /* what it was until then, where who sees them may be others now; else empty */
  guint64          place;    /* its revision, since it was applied; 0: nothing that anybody sees */
} MusterdReplicaChange;

MusterdReplica *musterd_replica_new   (void);
void            musterd_replica_free  (MusterdReplica *replica);
void            musterd_replica_change_free (MusterdReplicaChange *change);
/* `revision`: the engine's, after these changes; it has drawn at least one for each of them since the last ones, so
 * that the replica's own is never after it. The first ones are what there is; all others come after. The changes stay
 * the caller's, with `before` and `place` filled in. */
void            musterd_replica_apply (MusterdReplica *replica, GPtrArray *changes, guint64 revision);

guint64          musterd_replica_get_revision (MusterdReplica *replica);
guint            musterd_replica_get_n_users  (MusterdReplica *replica);
/* Not owned; NULL: none. */
MusterdUser     *musterd_replica_get_user     (MusterdReplica *replica, const char *id);
MusterdPresence *musterd_replica_get_presence (MusterdReplica *replica, const char *id);
/* What decides who sees this user; of one who is gone and remembered, as it was at the end. Not owned; NULL: none. */
const MusterdAccess *musterd_replica_get_access (MusterdReplica *replica, const char *id);
/* The user whose unix-user names this account; NULL: nobody, or several. */
MusterdUser     *musterd_replica_get_by_account (MusterdReplica *replica, const char *account);

/* Whether all that changed after this place is known one by one, to this viewer (a user's id; NULL: an administrator):
 * that is not so, either, where they may have come to see somebody else since then, or nobody any more. */
gboolean musterd_replica_knows_since (MusterdReplica *replica, const char *viewer, guint64 place);
/* The same, whoever may see whom since. */
gboolean musterd_replica_has_since   (MusterdReplica *replica, guint64 place);

/* The last thing that happened to one user. */
typedef struct
{
  guint64          place;
  const char      *id;
  MusterdUser     *user;     /* nullable: is gone, */
  MusterdPresence *presence; /* both */
  const MusterdAccess *access; /* theirs; of one who is gone, as it was at the end */
} MusterdReplicaRecord;

/* What stands after this place, in its order, of these users (ids, with a NULL at the end) or (NULL) of all: at most
 * `max` records, fewer at a time where much has moved on. It costs no more than these, or than the ids. Nothing of them
 * is owned; they are good until changes are applied. Returns up to where that is all: the replica's revision at the
 * end. */
guint64 musterd_replica_read (MusterdReplica *replica, guint64 after, const char *const *only, guint max,
                              GArray *records);

typedef struct
{
  MusterdUser     *user;
  MusterdPresence *presence;
} MusterdReplicaItem;

void musterd_replica_item_free (MusterdReplicaItem *item);

typedef struct
{
  guint64    revision;
  gboolean   complete; /* `items` is everybody, and who is not in it is not there */
  GPtrArray *items;    /* MusterdReplicaItem, by id if complete, else as it happened */
  GPtrArray *removed;  /* MusterdAccess, as it was at the end */
} MusterdReplicaNews;

/* Everybody (`after` 0), or what changed after that revision; of a few users (ids, with a NULL at the end) or (NULL) of
 * all. Where the changes since then are not known any more, everybody again. `viewer`: as above; what they may see is not
 * looked at here. */
MusterdReplicaNews *musterd_replica_list (MusterdReplica *replica, const char *viewer, guint64 after,
                                          const char *const *only);
void                musterd_replica_news_free (MusterdReplicaNews *news);
/* Every user, by id (MusterdUser, referenced). */
GPtrArray          *musterd_replica_list_users (MusterdReplica *replica);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MusterdReplica, musterd_replica_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MusterdReplicaNews, musterd_replica_news_free)

G_END_DECLS
