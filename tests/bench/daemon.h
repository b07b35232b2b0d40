/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A real musterd, as it is installed, on a folder of its own. */
#pragma once

#include "bench.h"

G_BEGIN_DECLS

typedef struct
{
  GPid   pid;
  char  *socket; /* path */
  int    notify; /* where it says READY=1 */
  double ready;  /* seconds from its start to that */
} BenchDaemon;

/* Ready when it returns. It inherits what is not close-on-exec. */
BenchDaemon *bench_daemon_start (Bench *bench, const char *state_dir, const char *keyfile);
/* Ends it as a service manager does. */
void         bench_daemon_stop  (BenchDaemon *daemon);
/* Bytes that are its own: not shared with a file or another process. */
gsize        bench_daemon_get_private (BenchDaemon *daemon);
/* Seconds of processor time so far, of all its threads. */
double       bench_daemon_get_cpu  (BenchDaemon *daemon);
/* Until it has had nothing to do for a while: what a start leaves to do is done. */
void         bench_daemon_wait_idle (BenchDaemon *daemon);

G_END_DECLS
