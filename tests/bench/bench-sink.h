/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the bench's sink writes into its descriptor for each `apply`. */
#pragma once

#include <glib.h>

typedef struct
{
  gint64 at;    /* monotonic, µs: when it was called */
  gint64 stamp; /* the number that the text was, as the bench's source writes it; 0: none */
} BenchApplied;
