/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A plugin for tests: source and sink, which do nothing but remember what they were handed. */
#pragma once

#include "muster-testing.h"

G_BEGIN_DECLS

typedef struct
{
  MusterContext *ctx;
  GPtrArray     *calls;      /* char *: one line for each operation */
  MusterDesired *desired;    /* nullable: the last one */
  MusterUser    *user;       /* nullable: the last one */
  MusterDelivery delivery;
} Probe;

/* Of the instance that was started last. */
extern Probe *probe;

const MusterPluginDescriptor *probe_descriptor (void);
/* A started instance of it. */
MusterTesting                *probe_start      (void);

#define ALICE "alice@example.com"

G_END_DECLS
