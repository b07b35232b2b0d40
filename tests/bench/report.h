/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What all rows said, and how it is told. */
#pragma once

#include "bench.h"

G_BEGIN_DECLS

typedef struct _BenchReport BenchReport;

/* `quick`: small sizes were measured, which say nothing about what holds. */
BenchReport *bench_report_new  (gboolean quick);
void         bench_report_free (BenchReport *report);
/* A line of a row's process: "pair" or "note" and its parts, separated by tabs. */
void         bench_report_take (BenchReport *report, const char *row, const char *line);
void         bench_report_print (BenchReport *report);
gboolean     bench_report_write (BenchReport *report, const char *path, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BenchReport, bench_report_free)

G_END_DECLS
