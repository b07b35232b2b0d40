/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rules of resolution a second time, written as plainly as possible and with no regard for cost, so that
 * core/model/resolve.c can be compared with an independent reading. It shares no code with it. */
#pragma once

#include "model/resolve.h"

G_BEGIN_DECLS

/* What musterd_resolve() is to return, but for `forwarding.from`. */
MusterdPresence *naive_resolve     (const MusterdFacts *facts, const MusterdSettings *settings, MusterdTime now,
                                    const char *without);
/* The first moment after `now` at which anything of the presence is different from what it is at `now`; NEVER if
 * there is none. musterd_resolve() may announce an earlier moment, but not a later one. */
MusterdTime      naive_next_change (const MusterdFacts *facts, const MusterdSettings *settings, MusterdTime now,
                                    const char *without);
/* The presence at one moment by itself: as naive_resolve(), with `until` and `next_free` left NEVER. */
MusterdPresence *naive_moment      (const MusterdFacts *facts, const MusterdSettings *settings, MusterdTime now,
                                    const char *without);

/* A moment of a walk along all boundaries. */
typedef struct
{
  MusterdTime      time;
  MusterdPresence *presence; /* as naive_moment() has it */
} NaiveMoment;

/* naive_moment() at every boundary (NaiveMoment, by time): many questions about the same facts can share it. */
GArray          *naive_walk        (const MusterdFacts *facts, const MusterdSettings *settings, const char *without);
/* Fills `until` and `next_free` of a moment; returns what naive_next_change() does. */
MusterdTime      naive_complete    (MusterdPresence *presence, const MusterdFacts *facts,
                                    const MusterdSettings *settings, const char *without, MusterdTime now,
                                    GArray *walk);
/* When the standing choice ends by the setting choice-ends; NEVER if it does not, or if there is none. */
MusterdTime      naive_choice_end  (const MusterdFacts *facts, const MusterdSettings *settings);
/* All moments at which something known begins or ends (MusterdTime, sorted, without repetition). */
GArray          *naive_boundaries  (const MusterdFacts *facts, const MusterdSettings *settings, const char *without);
/* The same in all that is seen of a moment: everything but times, revision and `forwarding.from`. */
gboolean         naive_same_moment (const MusterdPresence *a, const MusterdPresence *b);

G_END_DECLS
