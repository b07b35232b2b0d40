/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One who follows, and how far they have been told. */
#pragma once

#include "api/events.h"
#include "api/stream.h"

G_BEGIN_DECLS

typedef struct _MusterdInterest MusterdInterest;

typedef struct
{
  MusterdEvents *events;
  MusterdStream *stream;
  MusterdCaller  caller;
  GPtrArray     *interests; /* nullable: everybody; MusterdInterest, not owned */
  GPtrArray     *pieces;    /* GBytes: for the end of this turn */

  /* Not told what happens until brought up to date. */
  gboolean lagging;
  gboolean begun; /* being brought up to date */
  guint64  after; /* what stands after this place in the replica is to be told; 0: all of it */
  guint64  since; /* once begun: who was gone by then was never known */
  GHashTable *hidden; /* nullable; set of ids: whom they may know, and may have come to see no more meanwhile */

  gboolean due; /* to go on with that; */
  GList    link;
} MusterdFollower;

MusterdFollower *musterd_follower_new  (MusterdEvents *events, guint64 after);
void             musterd_follower_free (MusterdFollower *follower);
/* One who has been told everything up to this place is to be brought up to date from there. */
void             musterd_follower_begin  (MusterdFollower *follower, guint64 told);
/* One who lags hears of what happens by the state that it leaves, but for whom they are not to see any more: this has
 * happened, and the replica has it. */
void             musterd_follower_note   (MusterdFollower *follower, MusterdReplica *replica,
                                          const MusterdReplicaChange *change);
/* One write's worth of what a follower that lags does not know; its stream is clear. */
void             musterd_follower_step (MusterdFollower *follower, MusterdReplica *replica);

/* events.c */

const char *musterd_interest_get_user (const MusterdInterest *interest);
/* Goes on with it when there is time. */
void musterd_events_catch_up (MusterdEvents *events, MusterdFollower *follower);

G_END_DECLS
