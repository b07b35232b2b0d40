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
  guint          left;     /* moments to come */
  guint          unread;   /* moments whose changes the followers have counted together */
} BenchCrowd;

typedef struct
{
  gint64 at;      /* wall clock */
  gint64 told;    /* µs from then until the last follower knew of the last change, */
  gint64 at_sink; /* and until the sink, if there is one, was asked for the last; */
  double cpu;     /* seconds of processor time that musterd had in between */
} BenchMoment;

/* Everybody is there and knows everything when it returns. */
BenchCrowd *bench_crowd_new  (Bench *bench, const BenchCrowdPlan *plan);
void        bench_crowd_free (BenchCrowd *crowd);
/* Waits for the next moment and what comes of it. FALSE: there is none any more. */
gboolean    bench_crowd_wait (BenchCrowd *crowd, BenchMoment *moment);
guint       bench_crowd_get_n_changing  (const BenchCrowdPlan *plan);
/* How many presences are told at such a moment, to all followers together. */
guint       bench_crowd_get_n_presences (const BenchCrowdPlan *plan);

G_END_DECLS
