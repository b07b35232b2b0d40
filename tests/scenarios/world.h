/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A whole core in a test: engine, store on disk and dispatch with one recording sink, under a virtual clock. */
#pragma once

#include "dispatch/dispatch.h"

G_BEGIN_DECLS

/* What was seen of one user. */
typedef struct
{
  guint            n_changes; /* of status, text or template since the last look */
  MusterdPresence *shown;     /* nullable: what the sink was handed last */
} Seen;

typedef struct
{
  char            *dir;      /* of the store */
  GMainContext    *context;
  MusterdClock    *clock;
  MusterdStore    *store;    /* NULL while the daemon is down */
  MusterdEngine   *engine;
  MusterdDispatch *dispatch;
  MusterdSink     *sink;
  char            *zone;     /* of the times in the story */
  int              year, month, day;
  gboolean         begun;    /* the daemon was started once */
  GHashTable      *seen;     /* user id → Seen */
  GPtrArray       *claims;   /* MusterdClaim gathered for the next replace */
} World;

World      *world_new     (void);
void        world_free    (World *world);
void        world_start   (World *world);
void        world_stop    (World *world); /* in order; restores nothing */
/* Until nothing is left to do at this moment. */
void        world_rest    (World *world);
/* Walks there minute by minute, as a real day would. */
void        world_go      (World *world, MusterdTime to);
Seen       *world_seen    (World *world, const char *user);
/* HH:MM[:SS] of the story's day in its zone. */
MusterdTime world_time    (World *world, const char *text);

G_END_DECLS
