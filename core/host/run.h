/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One start of an instance: its thread, its main context, its handle into the library, and the ways to and from it. A
 * run that ended, or was given up, stays apart from the next one: what it still says reaches nobody. */
#pragma once

#include "engine/clock.h"
#include "host/inbox.h"
#include "host/outbox.h"
#include "host/person.h"

G_BEGIN_DECLS

/* What of a plugin was started and must be ended (MusterdItem.flags). */
#define MUSTERD_RUN_SOURCE (1u << 0)
#define MUSTERD_RUN_SINK   (1u << 1) /* by an `open` of its own */

/* Longer away from poll than this is said in the log. */
#define MUSTERD_SLOW (50 * G_TIME_SPAN_MILLISECOND)

typedef struct _MusterdRun MusterdRun;

typedef struct
{
  const char                   *instance;
  const MusterPluginDescriptor *descriptor;
  MusterdClock                 *clock;
  MusterdPersons               *persons;
  MusterdInbox                 *inbox;
  MusterdItemFunc               func; /* on the engine's thread */
  gpointer                      user_data;
} MusterdRunData;

/* On the engine's thread. The thread begins with musterd_run_begin(); before it, options are set on the context. */
MusterdRun    *musterd_run_new         (const MusterdRunData *data);
void           musterd_run_free        (MusterdRun *run); /* one that was not begun */
gboolean       musterd_run_begin       (MusterdRun *run, GError **error);
MusterContext *musterd_run_get_context (MusterdRun *run);
MusterdOutbox *musterd_run_get_outbox  (MusterdRun *run);
MusterdQueue  *musterd_run_get_queue   (MusterdRun *run);
MusterdPersons *musterd_run_get_persons (MusterdRun *run);
/* The plugin is done: no verb passes, the thread is asked to end (MUSTERD_ITEM_EXITED). */
void           musterd_run_quit        (MusterdRun *run);
/* The thread has said MUSTERD_ITEM_EXITED. A run is kept for a while: plugins may answer deliveries late. */
void           musterd_run_retire      (MusterdRun *run);
/* The thread does not come back: it keeps the run, and is left to itself. */
void           musterd_run_abandon     (MusterdRun *run);
/* µs for which the thread has been away from its main loop; 0: it waits there. Any thread. */
gint64         musterd_run_get_busy    (MusterdRun *run);
/* The name of the instance on whose thread this is called; NULL elsewhere. */
const char    *musterd_run_current     (void);
/* Of the thread on which it is called: musterd_host_current_may_log(). */
gboolean       musterd_run_may_log     (void);

G_END_DECLS
