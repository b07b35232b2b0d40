/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lets a burst through and then one at a time, and counts what it did not: for log lines that somebody else can cause.
 * A plain value; all zero is a full one. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  gint64  paid_until;    /* monotonic: what was let through so far is paid for at that moment */
  guint64 n_left_out;    /* since the last time they were taken */
  gint64  left_out_from; /* monotonic; of the first of them */
} MusterdBucket;

/* `now` monotonic; `interval` in µs: after `burst` at once, one in each. FALSE: it is left out. */
gboolean musterd_bucket_take     (MusterdBucket *bucket, gint64 now, guint burst, gint64 interval);
/* How many were left out since the last time this was asked, and in how many seconds (at least one). 0: none. */
guint64  musterd_bucket_left_out (MusterdBucket *bucket, gint64 now, guint *seconds);

G_END_DECLS
