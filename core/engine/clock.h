/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The one place at which time enters. The real clock follows the wall clock through steps and suspend; the virtual one
 * stands still until a test moves it. Thread-safe. */
#pragma once

#include "model/types.h"

G_BEGIN_DECLS

typedef struct _MusterdClock MusterdClock;

MusterdClock *musterd_clock_new_real    (void);
MusterdClock *musterd_clock_new_virtual (MusterdTime start);
MusterdClock *musterd_clock_ref         (MusterdClock *clock);
void          musterd_clock_unref       (MusterdClock *clock);
MusterdTime   musterd_clock_now         (MusterdClock *clock);
/* A source that dispatches, again and again, while now() >= its moment, and once when the clock was set meanwhile:
 * look at now(). NEVER = not armed. Not attached yet. */
GSource      *musterd_clock_source_new  (MusterdClock *clock, MusterdTime at);
void          musterd_clock_source_set  (GSource *source, MusterdTime at);
/* Virtual clocks only: moves time (backwards too) and wakes every source that is due. */
void          musterd_clock_set         (MusterdClock *clock, MusterdTime now);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MusterdClock, musterd_clock_unref)

G_END_DECLS
