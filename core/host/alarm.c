/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-host"

#include "host/alarm.h"

#include "engine/heap.h"

struct _MusterdAlarm
{
  gatomicrefcount refs; /* the owner's, and one of each timer */
  MusterdClock   *clock;
  GMutex          mutex;  /* guards what follows */
  GSource        *source; /* nullable: closed */
  MusterdHeap    *heap;   /* of armed timers */
};

typedef struct
{
  GSource         base;
  MusterdAlarm   *alarm;
  MusterdTime     at;
  MusterdHeapNode node;
} TimerSource;

void
musterd_alarm_unref (MusterdAlarm *alarm)
{
  if (!g_atomic_ref_count_dec (&alarm->refs))
    return;
  musterd_heap_free (alarm->heap);
  musterd_clock_unref (alarm->clock);
  g_mutex_clear (&alarm->mutex);
  g_free (alarm);
}

/* With the mutex held. */
static void
arm (MusterdAlarm *alarm)
{
  const MusterdHeapNode *first = musterd_heap_first (alarm->heap);

  if (alarm->source != NULL)
    musterd_clock_source_set (alarm->source, first != NULL ? first->at : MUSTERD_TIME_NEVER);
}

static gboolean
on_clock (gpointer data)
{
  MusterdAlarm *alarm = data;
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&alarm->mutex);
  const MusterdTime now = musterd_clock_now (alarm->clock);
  MusterdHeapNode *first;

  while ((first = musterd_heap_first (alarm->heap)) != NULL && first->at <= now)
    {
      TimerSource *timer = (TimerSource *) (gpointer) ((char *) first - G_STRUCT_OFFSET (TimerSource, node));

      musterd_heap_set (alarm->heap, first, MUSTERD_TIME_NEVER);
      g_source_set_ready_time (&timer->base, 0);
    }
  arm (alarm);
  return G_SOURCE_CONTINUE;
}

MusterdAlarm *
musterd_alarm_new (MusterdClock *clock, GMainContext *context)
{
  MusterdAlarm *alarm = g_new0 (MusterdAlarm, 1);

  g_atomic_ref_count_init (&alarm->refs);
  alarm->clock = musterd_clock_ref (clock);
  g_mutex_init (&alarm->mutex);
  alarm->heap = musterd_heap_new ();
  alarm->source = musterd_clock_source_new (clock, MUSTERD_TIME_NEVER);
  g_source_set_callback (alarm->source, on_clock, alarm, NULL);
  g_source_attach (alarm->source, context);
  return alarm;
}

void
musterd_alarm_close (MusterdAlarm *alarm)
{
  GSource *source;

  g_mutex_lock (&alarm->mutex);
  source = g_steal_pointer (&alarm->source);
  g_mutex_unlock (&alarm->mutex);

  if (source == NULL)
    return;
  g_source_destroy (source);
  g_source_unref (source);
}

static gboolean
timer_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  TimerSource *self = (TimerSource *) source;
  MusterdAlarm *alarm = self->alarm;

  if (musterd_clock_now (alarm->clock) >= self->at)
    return callback != NULL ? callback (user_data) : G_SOURCE_REMOVE;

  /* The clock was set back since it was due. */
  g_source_set_ready_time (source, -1);
  g_mutex_lock (&alarm->mutex);
  musterd_heap_set (alarm->heap, &self->node, self->at);
  arm (alarm);
  g_mutex_unlock (&alarm->mutex);
  return G_SOURCE_CONTINUE;
}

static void
timer_finalize (GSource *source)
{
  TimerSource *self = (TimerSource *) source;

  g_mutex_lock (&self->alarm->mutex);
  musterd_heap_set (self->alarm->heap, &self->node, MUSTERD_TIME_NEVER);
  g_mutex_unlock (&self->alarm->mutex);
  musterd_alarm_unref (self->alarm);
}

static GSourceFuncs timer_funcs = { .dispatch = timer_dispatch, .finalize = timer_finalize };

GSource *
musterd_alarm_timer_new (MusterdAlarm *alarm, MusterdTime at)
{
  GSource *source = g_source_new (&timer_funcs, sizeof (TimerSource));
  TimerSource *self = (TimerSource *) source;

  g_source_set_static_name (source, "muster plugin timer");
  g_atomic_ref_count_inc (&alarm->refs);
  self->alarm = alarm;
  self->at = at;
  g_mutex_lock (&alarm->mutex);
  musterd_heap_set (alarm->heap, &self->node, at);
  arm (alarm);
  g_mutex_unlock (&alarm->mutex);
  return source;
}
