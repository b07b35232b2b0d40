/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The one thread that changes the file: takes what waits in one go, commits it as one transaction, and answers. */
#pragma once

#include "model/histogram.h"
#include "store/commit.h"

G_BEGIN_DECLS

typedef struct _MusterdWriter MusterdWriter;

/* How it keeps within bounds. */
typedef struct
{
  gsize group_bytes;   /* of one transaction, so that answers and the log's size stay within reach */
  gsize backlog_bytes; /* beyond this, what comes is refused */
  guint tries;         /* for what is written behind, at growing intervals */
  guint first_wait_ms; /* before the second try; doubles */
  guint last_wait_ms;
} MusterdWriterLimits;

extern const MusterdWriterLimits musterd_writer_limits;

typedef struct
{
  guint64 commits;  /* transactions that came to the disk's care */
  guint64 syncs;    /* of these, the ones that waited for the disk */
  guint64 batches;  /* written */
  guint64 lost;     /* given up after every try, or refused for the backlog */
  guint64 failures; /* transactions that the disk did not take */
  MusterdHistogram durations; /* of the commits, from their first statement on */
  gboolean failing; /* the last one did not come to the disk, or too much waits to be written */
} MusterdWriterStats;

/* Takes the connection, which nobody uses any more. */
MusterdWriter *musterd_writer_new   (sqlite3 *db, const MusterdWriterLimits *limits, GError **error);
/* Writes what waits, ends the thread and closes the connection; then calls the answers that nobody collected. */
void           musterd_writer_free  (MusterdWriter *writer);
void           musterd_writer_write (MusterdWriter *writer, MusterdBatch *batch, gboolean durable,
                                     MusterdStoreDone done, gpointer user_data);
/* FALSE: it is being closed, and nothing is called. */
gboolean       musterd_writer_call  (MusterdWriter *writer, MusterdWriterFunc func, gpointer user_data);
void           musterd_writer_get_backlog (MusterdWriter *writer, guint *n_batches, gsize *bytes);
void           musterd_writer_get_stats   (MusterdWriter *writer, MusterdWriterStats *stats);

G_END_DECLS
