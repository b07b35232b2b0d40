/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A musterd with users, of whom some change together at moments known beforehand, and with many who follow them. */
#pragma once

#include "daemon.h"
#include "watchers.h"

G_BEGIN_DECLS

typedef struct
{
  guint    n_users;
  guint    every;      /* each n-th user changes */
  guint    n_watchers;
  guint    n_watched;  /* each follows so many users, who follow one another, a multiple of `every` */
  guint    moments;    /* how often they change; even */
  gboolean with_sink;
} BenchCrowdPlan;

typedef struct
{
  BenchCrowdPlan plan;
  char          *state_dir;
  BenchDaemon   *daemon;
  BenchWatchers *watchers;
  int            applied;  /* the end of the sink's pipe to read; -1 without */
  gint64         next;     /* wall clock: when they change next */
  gint64         gap;      /* from then to the time after that */
} BenchCrowd;

/* Everybody is there and knows everything when it returns. */
BenchCrowd *bench_crowd_new  (Bench *bench, const BenchCrowdPlan *plan);
void        bench_crowd_free (BenchCrowd *crowd);
/* Waits for the next moment and what comes of it; µs from it until the last follower knew of the last change, and until
 * the sink (nullable) was asked for the last. */
gint64      bench_crowd_wait (BenchCrowd *crowd, gint64 *at_sink);
guint       bench_crowd_get_n_changing  (const BenchCrowdPlan *plan);
/* How many presences are told at such a moment, to all followers together. */
guint       bench_crowd_get_n_presences (const BenchCrowdPlan *plan);

G_END_DECLS
