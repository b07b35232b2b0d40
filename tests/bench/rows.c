/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench.h"

/* In the order of the table. */
const BenchRow bench_rows[] = {
  { "claim", bench_row_claim },   { "boundary", bench_row_boundary }, { "ten", bench_row_ten },
  { "fanout", bench_row_fanout }, { "memory", bench_row_memory },     { "start", bench_row_start },
  { "parse", bench_row_parse },   { "change", bench_row_change },
};
const gsize bench_n_rows = G_N_ELEMENTS (bench_rows);
