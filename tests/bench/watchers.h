/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Many readers of events on one thread behind one epoll set, which do as little as a reader can: count. They read from
 * musterd and from the bare server alike, so that what they cost meets both. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _BenchWatchers BenchWatchers;

/* Takes the sockets. */
BenchWatchers *bench_watchers_new  (const int *fds, guint n_fds);
void           bench_watchers_free (BenchWatchers *watchers);
/* Counts from nothing again; what the first reader gets from now on is kept. */
void           bench_watchers_begin (BenchWatchers *watchers);
/* Until so many presences, or words that all is known, have come since then; monotonic µs at which the last of them
 * did. */
gint64         bench_watchers_wait_presences (BenchWatchers *watchers, guint n);
gint64         bench_watchers_wait_synced    (BenchWatchers *watchers, guint n);
/* What the first reader got. */
char          *bench_watchers_dup_text       (BenchWatchers *watchers);

G_END_DECLS
