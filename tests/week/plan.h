/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What happens to whom in the week: made of a seed and a user's number alone, so that one user can be played again
 * without the others. */
#pragma once

#include "ledger.h"

G_BEGIN_DECLS

/* Thursday to Wednesday. In the middle, on the night to Sunday the 29th, the clocks go forward in Berlin (at two) and
 * in Beirut (at midnight), and do not in New York. */
#define WEEK_START (G_GINT64_CONSTANT (1774483200) * MUSTERD_SECOND) /* 2026-03-26 00:00 UTC */
#define WEEK_DAYS 7
#define WEEK_MINUTES (WEEK_DAYS * 24 * 60)
#define PLAN_OPEN G_MAXINT32

typedef enum
{
  PLAN_CALENDAR, /* the whole of it */
  PLAN_ENTRY,    /* a new one: from, until */
  PLAN_CHANGE,   /* `number` picks an entry, `what` says what becomes of it */
  PLAN_PUT,      /* `what` is the kind; now to until (PLAN_OPEN) */
  PLAN_DROP,
  PLAN_CHOOSE,   /* `what` is a template's place in the list; until (PLAN_OPEN: standing) */
  PLAN_STATUS,   /* `what` is a status */
  PLAN_AUTO,
  PLAN_IGNORE,   /* `number` picks an entry */
  PLAN_CLIENT,   /* `what` is its state, `device` says which one */
  PLAN_PHONE,    /* the same */
  PLAN_TROUBLE,  /* `what`: whether all is well with the user's calendar */
  PLAN_TEMPLATE, /* one of their own */
  PLAN_ADD,
  PLAN_REMOVE
} PlanType;

typedef struct
{
  guint32 user;
  guint32 number;
  gint32  minute; /* of the week */
  gint32  until;  /* likewise, or PLAN_OPEN */
  gint32  lease;  /* minutes; 0: the longest */
  guint8  type, what, device;
} PlanEvent;

typedef struct
{
  guint32 seed;
  GArray *minutes[WEEK_MINUTES]; /* nullable; PlanEvent in order */
} Plan;

Plan        *plan_new       (guint32 seed, guint n_users, gint only); /* `only`: this user alone; -1: all */
void         plan_free      (Plan *plan);
/* Their data; `times` counts how often they were given new ones. */
MusterdUser *plan_user      (guint user, guint times);
LedgerSource plan_calendar_source (guint user);
/* The calendar as it stands at the beginning of the week (MusterdClaim). */
GPtrArray   *plan_calendar  (const Plan *plan, guint user);
MusterdTime  plan_time      (gint32 minute); /* PLAN_OPEN: NEVER */

G_END_DECLS
