/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The daemon's core and the naive one beside it, given the same facts. */
#pragma once

#include "engine/engine.h"
#include "plan.h"

G_BEGIN_DECLS

#define WEEK_WATCH 32 /* every so manieth user is looked at at each moment that could mean something to them */

typedef struct
{
  Plan            *plan;
  Ledger          *ledger;
  guint            n_users;
  gint             only; /* this user alone; -1: all */
  char            *dir;  /* of the store */
  GMainContext    *context;
  MusterdClock    *clock;
  House           *house;
  MusterdStore    *store;
  MusterdEngine   *engine; /* NULL while the daemon is down */
  MusterdTime      now;
  guint           *n_data;    /* per user: how often they were given data */
  guint8          *told;      /* per user: a presence that has not been compared */
  guint8          *commanded; /* per user: an order that may not be in force */
  GArray          *to_compare;   /* guint: the users of whom one of the two is true */
  MusterdTime     *look_at;   /* per watched user: the next boundary */
  gboolean         is_ordering; /* the administrator gives one order after the other */
  guint            n_waiting; /* commands that have not been answered */
  guint64          n_told, n_compared, n_events;
  guint64          n_passing; /* told, and told anew at the same moment before anybody could look */
  gint64           naive_time; /* µs spent on the other reading */
  guint            n_reports;
} Week;

char *week_id    (guint user);
void  week_start (Week *week); /* the daemon */
void  week_stop  (Week *week);
void  week_rest  (Week *week); /* until everything that people ordered is in force */
/* Looks at one user in both worlds. */
void  week_compare (Week *week, guint user, const char *when);
/* At those of whom the engine has told something; not at those with an order that is not in force, unless `all`. */
void  week_compare_told (Week *week, gboolean all, const char *when);
/* Where everybody is looked at next: several orders of one moment came to several presences. */
void  week_forget_told  (Week *week);

/* happen.c: tells both worlds. TRUE: an order was given, so that it takes a rest until it is in force. */
gboolean week_happen (Week *week, const PlanEvent *event);
/* What the administrator orders at first, or later; in force when it returns. */
void     week_order_house (Week *week, gboolean later);
/* The source, in a new run, says again what is still true, or most of it. */
void     week_source_resays (Week *week, LedgerSource source);

G_END_DECLS
