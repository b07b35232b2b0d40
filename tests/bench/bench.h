/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rows of the table: each measures something of ours and a baseline in turn, in one run, so that the noise of a
 * machine meets both. A row runs in a process of its own and only says pairs of values; what becomes of them (medians,
 * verdicts, table, JSON) is bench.c's. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  BENCH_AT_MOST,  /* ours / baseline <= hold */
  BENCH_AT_LEAST, /* ours / baseline >= hold */
  BENCH_TOLD      /* nothing to hold: told for whoever wants to know */
} BenchSense;

/* One line of the table; a row may have several. */
typedef struct
{
  const char *title;
  const char *unit; /* of both values */
  BenchSense  sense;
  double      hold;
} BenchFigure;

typedef struct _Bench Bench;

typedef struct
{
  const char *name; /* as on the command line */
  void      (*run) (Bench *bench);
} BenchRow;

extern const BenchRow bench_rows[];
extern const gsize    bench_n_rows;

/* Small sizes and few rounds: to see that it runs, not how fast. */
gboolean    bench_is_quick   (Bench *bench);
/* `full`, or `quick` where small sizes are asked for. */
guint       bench_size       (Bench *bench, guint full, guint quick);
/* A folder of this row's own, removed after it. */
const char *bench_get_folder (Bench *bench);
/* One round's two values. */
void        bench_pair       (Bench *bench, const BenchFigure *figure, double ours, double baseline);
/* A sentence under the table: what this run could not measure, or what one must know to read it. */
void        bench_note       (Bench *bench, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* The rows. */
void bench_row_claim    (Bench *bench);
void bench_row_boundary (Bench *bench);
void bench_row_ten      (Bench *bench);
void bench_row_fanout   (Bench *bench);
void bench_row_memory   (Bench *bench);
void bench_row_start    (Bench *bench);
void bench_row_parse    (Bench *bench);
void bench_row_change   (Bench *bench);

G_END_DECLS
