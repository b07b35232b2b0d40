/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What reads answers and bodies from outside, and the bare parser it stands on. A reader that comes with a plugin is
 * one more entry. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  const char *title;                    /* of the line in the table */
  GBytes   *(*make) (gboolean quick);   /* what is read: one message */
  void      (*read) (GBytes *message);  /* with our reader; what it gives is thrown away */
  void      (*parse) (GBytes *message); /* with the bare parser */
} BenchReader;

extern const BenchReader bench_readers[];
extern const gsize       bench_n_readers;

G_END_DECLS
