/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A daemon without its door: store, engine, dispatch and host in this process, by the real clock. */
#pragma once

#include "bench.h"
#include "host/host.h"

G_BEGIN_DECLS

typedef struct
{
  MusterdStore    *store;
  MusterdClock    *clock;
  MusterdEngine   *engine;
  MusterdDispatch *dispatch;
  MusterdHost     *host;
  char            *plugin_dir;
} BenchCore;

/* On the store in `state_dir`, which may be there already; with the instances of `keyfile` (nullable: none). */
BenchCore *bench_core_new  (Bench *bench, const char *state_dir, const char *keyfile);
void       bench_core_free (BenchCore *core);

/* Copies the bench's own plugins into a folder as only their owner may write them; returns it. */
char *bench_install_plugins (Bench *bench);

G_END_DECLS
