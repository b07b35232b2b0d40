/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls into the plugin's two tables, on the instance's thread and nowhere else. */
#pragma once

#include "host/inbox.h"
#include "host/outbox.h"
#include "host/person.h"

G_BEGIN_DECLS

typedef struct
{
  const MusterPluginDescriptor *descriptor;
  MusterContext                *ctx;
  MusterdPersons               *persons;
  MusterdQueue                 *queue;

  gpointer    source_self, sink_self; /* nullable; the same where the sink has no `open` */
  guint       started;                /* MUSTERD_RUN_SOURCE, MUSTERD_RUN_SINK */
  gboolean    alive;                  /* between a start that succeeded and the stop */
  gboolean    listed;
  const char *last;                   /* nullable: what was called since the last poll */
} MusterdCalls;

void musterd_calls_do (MusterdCalls *calls, MusterdWork *work);

G_END_DECLS
