/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What each sink should show for each user, and whether it does: one slot per sink × user. Latest wins, one hand-over
 * at a time per user, at most `max_in_flight` per sink, retry by us. One slow user or sink delays nobody else.
 *
 * On the engine's thread. Knows no plugin: the host implements the port. */
#pragma once

#include "engine/engine.h"

G_BEGIN_DECLS

typedef struct _MusterdDispatch MusterdDispatch;
typedef struct _MusterdSink     MusterdSink;

typedef enum
{
  MUSTERD_DELIVERY_APPLIED,
  MUSTERD_DELIVERY_UNREACHABLE,
  MUSTERD_DELIVERY_REFUSED,
  MUSTERD_DELIVERY_LEFT_TO_PERSON,
  MUSTERD_N_DELIVERY_RESULTS
} MusterdDeliveryResult;

typedef struct
{
  const char     *instance;
  MusterdParts    needs;          /* the bits of MusterNeeds */
  guint           max_in_flight;
  gint64          deadline;       /* µs from hand-over */
  MusterdRelation view;           /* what this sink may see of people (forwarding and greeting are never hidden) */
  gboolean        is_source;      /* resolve without its own claims */
  gboolean      (*takes) (MusterdUser *user, gpointer data);
  /* Hands one over; the answer comes as musterd_sink_complete(). `desired` is the presence as this sink may see it,
   * shared and immutable. */
  void          (*apply) (MusterdUser *user, MusterdPresence *desired, guint64 delivery, gpointer data);
  gpointer        data;
} MusterdSinkPort;

MusterdDispatch *musterd_dispatch_new  (MusterdEngine *engine, MusterdClock *clock);
void             musterd_dispatch_free (MusterdDispatch *dispatch);

/* The instance is open: every user it takes gets a slot that is not yet applied. */
MusterdSink *musterd_dispatch_add_sink (MusterdDispatch *dispatch, const MusterdSinkPort *port);
/* The instance has stopped or failed: nothing is handed over any more, deliveries in flight are void. The slots are
 * kept (why still shows them) until the instance is added again or forgotten. */
void         musterd_sink_close  (MusterdSink *sink);
void         musterd_dispatch_forget (MusterdDispatch *dispatch, const char *instance);
/* The kill switch: while paused nothing is handed over. */
void         musterd_sink_pause  (MusterdSink *sink, gboolean paused);
/* Applies everything again, also what is thought to be applied: of one user, or (NULL) of all. */
void         musterd_sink_sync   (MusterdSink *sink, const char *user);
/* FALSE: this delivery is not known (answered before, or too late); changes nothing. `detail`: name, value, …, NULL. */
gboolean     musterd_sink_complete (MusterdSink *sink, guint64 delivery, MusterdDeliveryResult result,
                                    const char *text, const char *const *detail);
/* The port's `takes` may answer differently now for these users (changed or removed). */
void         musterd_sink_users_changed (MusterdSink *sink);

/* The same for one user. */
void     musterd_sink_look_at (MusterdSink *sink, MusterdUser *user);

/* The counts run on while a sink is closed and added again; they end when it is forgotten. */
typedef struct
{
  guint   n_slots;
  guint   n_ready;     /* wait for their turn */
  guint   n_waiting;   /* were unreachable, and wait to be tried again */
  guint   n_in_flight;
  guint   n_failed;    /* slots whose last answer was that it could not be done */
  guint64 n_results[MUSTERD_N_DELIVERY_RESULTS];
  guint64 n_retries;
  guint64 n_superseded; /* something newer came before the sink had taken it */
} MusterdSinkStats;

/* The cost does not depend on the number of slots. */
void     musterd_sink_get_stats     (MusterdSink *sink, MusterdSinkStats *stats);
/* The same by name, also of one that is closed; FALSE: no sink of that name. */
gboolean musterd_dispatch_get_stats (MusterdDispatch *dispatch, const char *instance, MusterdSinkStats *stats);

/* One sink's slot of one user, for why. */
typedef struct
{
  char            *instance;
  MusterdPresence *desired;    /* nullable */
  MusterdPresence *applied;    /* nullable: nothing confirmed yet */
  MusterdParts     needs;      /* what of these the sink is handed */
  gboolean         pending, in_flight, paused, closed;
  MusterdDeliveryResult result; /* of the last answer; APPLIED before any */
  gboolean         answered;
  char            *last_error; /* nullable */
  char           **detail;     /* nullable */
  MusterdTime      next_try;   /* NEVER: none planned */
  guint            attempts;   /* failed in a row */
} MusterdSinkWhy;

void       musterd_sink_why_free    (MusterdSinkWhy *why);
GPtrArray *musterd_dispatch_explain (MusterdDispatch *dispatch, const char *user);
const char *musterd_delivery_result_to_string (MusterdDeliveryResult result);

G_END_DECLS
