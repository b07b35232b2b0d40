/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Throughput of what reads messages from outside against the bare parser over the same bytes. */
#define G_LOG_DOMAIN "muster-bench"

#include "bench.h"
#include "readers.h"

/* Megabytes per second of one that is called again and again for a while. */
static double
measure (void (*func) (GBytes *), GBytes *message, gint64 duration)
{
  gint64 began = g_get_monotonic_time (), now;
  guint64 bytes = 0;

  do
    {
      func (message);
      bytes += g_bytes_get_size (message);
      now = g_get_monotonic_time ();
    }
  while (now - began < duration);
  return (double) bytes / (double) (now - began);
}

void
bench_row_parse (Bench *bench)
{
  guint rounds = bench_size (bench, 7, 1);
  gint64 duration = bench_size (bench, 300, 5) * G_TIME_SPAN_MILLISECOND;

  for (gsize i = 0; i < bench_n_readers; i++)
    {
      const BenchReader *reader = &bench_readers[i];
      const BenchFigure figure = { reader->title, "MB/s", BENCH_AT_LEAST, 0.5 };
      g_autoptr(GBytes) message = reader->make (bench_is_quick (bench));

      for (guint round = 0; round < rounds; round++)
        bench_pair (bench, &figure, measure (reader->read, message, duration),
                    measure (reader->parse, message, duration));
    }
  bench_note (bench, "no reader of SOAP or Graph answers is part of this build: their lines, and that memory does not "
                     "grow with an answer's size, are not measured");
}
