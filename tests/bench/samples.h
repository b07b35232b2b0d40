/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Many values of one thing, of which a few are told. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Both sort the values; 0 where there is none. */
double bench_quantile (GArray *values, double fraction); /* double; fraction 0.99 = p99 */
double bench_median   (GArray *values);

/* Seconds of processor time that this thread has had. */
double bench_thread_cpu (void);

G_END_DECLS
