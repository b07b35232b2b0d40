/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keeps a blip from turning anybody red, and a short gap from turning them green in the middle of a meeting: a program
 * is open once it was there for `open_delay` without a break, and closed once it was gone for `close_delay` without a
 * break. Pure: the caller brings the time. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _MicsyncHold MicsyncHold;

typedef struct
{
  char *key, *text;
} MicsyncOpen;

MicsyncHold *micsync_hold_new  (gint64 open_delay, gint64 close_delay);
void         micsync_hold_free (MicsyncHold *hold);
/* As if it had never seen anything. */
void         micsync_hold_clear (MicsyncHold *hold);
gint64       micsync_hold_get_close_delay (MicsyncHold *hold);

/* One look at the world: mark everything that is there, then end with look_done. `at_once`: what is there now was there
 * before the look, so nothing has to prove itself. */
void     micsync_hold_look_begin (MicsyncHold *hold);
void     micsync_hold_look_at    (MicsyncHold *hold, const char *key, const char *text);
/* TRUE when what is open, or its text, changed. */
gboolean micsync_hold_look_done  (MicsyncHold *hold, gint64 now, gboolean at_once);

/* Nothing was seen, time went on. TRUE when what is open changed. */
gboolean micsync_hold_tick (MicsyncHold *hold, gint64 now);
/* When to tick next; G_MAXINT64: never, as long as nothing is seen. */
gint64   micsync_hold_next (MicsyncHold *hold);

/* MicsyncOpen of what is open, sorted by key. */
GPtrArray *micsync_hold_dup_open (MicsyncHold *hold);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MicsyncHold, micsync_hold_free)

G_END_DECLS
