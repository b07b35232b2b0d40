/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of dispatch share. Not for other rooms. */
#pragma once

#include "dispatch/dispatch.h"
#include "engine/heap.h"

G_BEGIN_DECLS

#define MUSTERD_RETRY_LAST (60 * MUSTERD_SECOND)

typedef enum
{
  SLOT_SETTLED, /* shows what it should, or was refused and waits for something new */
  SLOT_READY,   /* in the sink's queue */
  SLOT_FLYING,  /* handed over; node.at is the deadline */
  SLOT_WAITING  /* to be tried again at node.at */
} SlotState;

/* One sink × one user. */
typedef struct
{
  MusterdHeapNode  node; /* first: the heap hands it back */
  MusterdSink     *sink;
  MusterdUser     *user;
  SlotState        state;
  MusterdPresence *desired; /* nullable: not resolved yet */
  MusterdPresence *flying;  /* nullable: what was handed over */
  MusterdPresence *applied; /* nullable: the last that was confirmed */
  gboolean         certain; /* nothing has been handed over since `applied` was confirmed */
  gboolean         again;   /* asked for once more while it was under way */
  guint64          delivery;
  GList            link;    /* in the sink's queue */
  gboolean         answered;
  MusterdDeliveryResult result;
  char            *last_error;
  char           **detail;
  guint            attempts;
} Slot;

struct _MusterdSink
{
  MusterdDispatch *dispatch;
  char            *instance;
  MusterdSinkPort  port;
  gboolean         closed, paused;
  GHashTable      *slots; /* user id, in the slot → Slot */
  GQueue           ready; /* Slot */
  guint            n_flying;
  guint            n_waiting, n_failed;
  guint64          n_results[MUSTERD_N_DELIVERY_RESULTS], n_retries, n_superseded;
};

struct _MusterdDispatch
{
  MusterdEngine *engine;
  MusterdClock  *clock;
  GPtrArray     *sinks;
  GHashTable    *flying; /* guint64 *, in the slot → Slot */
  MusterdHeap   *heap;   /* deadlines and retries of all slots */
  GSource       *timer;
  MusterdTime    armed;  /* what the timer stands at */
  guint64        last_delivery;
  MusterdTime    last_now;
};

/* slot.c */
Slot *musterd_slot_new    (MusterdSink *sink, MusterdUser *user);
void  musterd_slot_free   (gpointer slot);
void  musterd_slot_want   (Slot *slot, MusterdPresence *presence); /* takes the presence */
void  musterd_slot_redo   (Slot *slot); /* hand over again, whatever is thought to be applied */
void  musterd_slot_void   (Slot *slot); /* what flies is not waited for any more */
void  musterd_slot_land   (Slot *slot, MusterdDeliveryResult result, const char *text, const char *const *detail);
void  musterd_slot_retry  (Slot *slot);
/* Hands over as much as may be. */
void  musterd_sink_pump   (MusterdSink *sink);
void  musterd_dispatch_arm (MusterdDispatch *dispatch);

G_END_DECLS
