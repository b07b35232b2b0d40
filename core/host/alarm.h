/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The timers of one plugin instance behind one source of the clock: a plugin that arms a thousand of them costs no
 * thousand file descriptors. Thread-safe. */
#pragma once

#include "engine/clock.h"

G_BEGIN_DECLS

typedef struct _MusterdAlarm MusterdAlarm;

/* Dispatches on `context`. */
MusterdAlarm *musterd_alarm_new       (MusterdClock *clock, GMainContext *context);
/* No timer becomes due any more. */
void          musterd_alarm_close     (MusterdAlarm *alarm);
void          musterd_alarm_unref     (MusterdAlarm *alarm); /* after close; timers hold it too */
/* A source, not attached yet, that dispatches when now() >= at and at no other time. */
GSource      *musterd_alarm_timer_new (MusterdAlarm *alarm, MusterdTime at);

G_END_DECLS
