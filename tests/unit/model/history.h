/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Random histories: facts and settings that collide as often as possible, on a small grid of time, and the means to
 * make one smaller and to print it. */
#pragma once

#include "model/resolve.h"

G_BEGIN_DECLS

/* The Saturday before the clocks go forward in Berlin; all times of a history lie on multiples of HISTORY_STEP. */
#define HISTORY_START (G_GINT64_CONSTANT (1774656000) * MUSTERD_SECOND) /* 2026-03-28 00:00 UTC */
#define HISTORY_STEP (3 * MUSTERD_HOUR)
#define HISTORY_STEPS 16

typedef struct
{
  MusterdFacts     facts;
  MusterdSettings *settings;
  const char      *without; /* nullable, static */
} History;

History         *history_new_random     (GRand *rand, MusterdSettings *settings);
History         *history_copy           (const History *history);
void             history_free           (History *history);
MusterdSettings *history_settings_new   (GRand *rand);
/* A moment on the grid, just before or just after it. */
MusterdTime      history_random_now     (GRand *rand);
/* Makes the n-th simplification, if there is an n-th; FALSE if not. `changed` tells whether it did anything. */
gboolean         history_simplify       (History *history, guint n, gboolean *changed);
char            *history_to_string      (const History *history);
/* "3.5" = in the middle of the fourth step of the grid. */
char            *history_time_to_string (MusterdTime time);
char            *history_presence_to_string (const MusterdPresence *presence);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (History, history_free)

G_END_DECLS
