/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The api's own copy of who there is and what they show: fed by the engine's changes, read on the api's thread only.
 * The objects are the engine's own, immutable and ref-counted. Keeps the order of what happened, so that "what
 * changed after R" costs what changed and not what is. */
#pragma once

#include "model/presence.h"

G_BEGIN_DECLS

#define MUSTERD_REPLICA_REMOVED_MAX 10000 /* removals remembered */

typedef struct _MusterdReplica MusterdReplica;

/* One thing that happened to one user. */
typedef struct
{
  char            *id;
  MusterdUser     *user;     /* nullable: not said */
  MusterdPresence *presence; /* nullable: not said */
  gboolean         removed;
  MusterdPresence *before;   /* nullable; what it was until it was applied */
  guint64          place;    /* its revision, since it was applied; 0: nothing that anybody sees */
} MusterdReplicaChange;

MusterdReplica *musterd_replica_new   (void);
void            musterd_replica_free  (MusterdReplica *replica);
void            musterd_replica_change_free (MusterdReplicaChange *change);
/* `revision`: the engine's, after these changes. The changes stay the caller's, with `before` and `place` filled in. */
void            musterd_replica_apply (MusterdReplica *replica, GPtrArray *changes, guint64 revision);

guint64          musterd_replica_get_revision (MusterdReplica *replica);
guint            musterd_replica_get_n_users  (MusterdReplica *replica);
/* Not owned; NULL: none. */
MusterdUser     *musterd_replica_get_user     (MusterdReplica *replica, const char *id);
MusterdPresence *musterd_replica_get_presence (MusterdReplica *replica, const char *id);
/* The user whose unix-user names this account; NULL: nobody, or several. */
MusterdUser     *musterd_replica_get_by_account (MusterdReplica *replica, const char *account);

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
  GPtrArray *items;    /* MusterdReplicaItem, by id if complete, else in no order that matters */
  GPtrArray *removed;  /* char * */
} MusterdReplicaNews;

/* Everybody (`after` 0), or what changed after that revision; of a few users (a set of ids) or (NULL) of all. Where the
 * changes since then are not known any more, everybody again. */
MusterdReplicaNews *musterd_replica_list (MusterdReplica *replica, guint64 after, GHashTable *only);
void                musterd_replica_news_free (MusterdReplicaNews *news);
/* Every user, by id (MusterdUser, referenced). */
GPtrArray          *musterd_replica_list_users (MusterdReplica *replica);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MusterdReplica, musterd_replica_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MusterdReplicaNews, musterd_replica_news_free)

G_END_DECLS
