/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the engine's changes to the replica, one thread to the other: at most one change of each user waits, so that a
 * slow reader costs no more than there are users. */
#pragma once

#include "api/replica.h"
#include "engine/engine.h"

G_BEGIN_DECLS

typedef struct _MusterdFeed MusterdFeed;

/* On the engine's thread. `wake` is called on `context` when there is something to take. */
MusterdFeed *musterd_feed_new  (MusterdEngine *engine, GMainContext *context, GSourceFunc wake, gpointer data);
/* On the engine's thread: hears nothing any more. */
void         musterd_feed_stop (MusterdFeed *feed);
void         musterd_feed_free (MusterdFeed *feed);
/* On the reader's thread: what has happened since, into the replica; and what that was, in order
 * (MusterdReplicaChange, transfer full). */
GPtrArray   *musterd_feed_take (MusterdFeed *feed, MusterdReplica *replica) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
