/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "muster-testing.h"

G_BEGIN_DECLS

struct _MusterTesting
{
  const MusterPluginDescriptor *descriptor;
  GMainContext                 *thread;
  MusterContext                *ctx;
  GHashTable                   *options;    /* name → keyfile text */
  gpointer                      source;     /* nullable: no source, or not running */
  gpointer                      sink;       /* nullable; the source's own where the sink has no open */
  gboolean                      running;
  guint64                       last_serial;

  GMutex      mutex;     /* guards what follows: verbs come from any thread */
  gboolean    stopped, closed;
  gint64      now;
  GPtrArray  *timers;    /* GSource */
  GPtrArray  *messages;  /* MusterMessage, oldest first */
  GHashTable *secrets;   /* name → secret */
  GHashTable *open;      /* set of MusterDelivery handed out and not answered yet */
  gboolean    hold_answers;
};

/* testing-clock.c */
gint64   muster_testing_clock_now   (gpointer data);
GSource *muster_testing_clock_timer (gpointer data, gint64 at);

/* testing-messages.c */
void muster_testing_receive (gpointer data, MusterMessage *message);

/* Around everything that runs code of the plugin. */
void muster_testing_enter (MusterTesting *testing);
void muster_testing_leave (MusterTesting *testing);

G_END_DECLS
