/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the api's thread counts of itself, for /metrics: plain numbers that only that thread touches. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define MUSTERD_STATUS_CLASSES 6

typedef struct
{
  gint64  started;    /* real time, µs: of the daemon's work, as good as of its process */
  guint64 n_answers[MUSTERD_STATUS_CLASSES]; /* by the first digit of the status; 0: none of those that there are */
} MusterdServerFigures;

static inline void
musterd_figures_count_answer (MusterdServerFigures *figures, guint status)
{
  figures->n_answers[status / 100 < MUSTERD_STATUS_CLASSES ? status / 100 : 0]++;
}

G_END_DECLS
