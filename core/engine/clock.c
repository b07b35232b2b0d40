/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-engine"

#include "engine/clock.h"

#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

struct _MusterdClock
{
  gatomicrefcount refs;
  gboolean        is_virtual;
  GMutex          lock;    /* of the two below */
  MusterdTime     now;     /* virtual */
  GPtrArray      *sources; /* virtual: ClockSource, not owned */
};

typedef struct
{
  GSource       source;
  MusterdClock *clock;
  MusterdTime   at;  /* virtual: under the clock's lock */
  int           fd;  /* real: -1 if there is none */
  gpointer      tag;
} ClockSource;

static MusterdClock *
clock_new (gboolean is_virtual, MusterdTime now)
{
  MusterdClock *clock = g_new0 (MusterdClock, 1);

  g_atomic_ref_count_init (&clock->refs);
  g_mutex_init (&clock->lock);
  clock->is_virtual = is_virtual;
  clock->now = now;
  clock->sources = g_ptr_array_new ();
  return clock;
}

MusterdClock *
musterd_clock_new_real (void)
{
  return clock_new (FALSE, 0);
}

MusterdClock *
musterd_clock_new_virtual (MusterdTime start)
{
  return clock_new (TRUE, start);
}

MusterdClock *
musterd_clock_ref (MusterdClock *clock)
{
  g_atomic_ref_count_inc (&clock->refs);
  return clock;
}

void
musterd_clock_unref (MusterdClock *clock)
{
  if (!g_atomic_ref_count_dec (&clock->refs))
    return;
  g_ptr_array_unref (clock->sources);
  g_mutex_clear (&clock->lock);
  g_free (clock);
}

MusterdTime
musterd_clock_now (MusterdClock *clock)
{
  MusterdTime now;

  if (!clock->is_virtual)
    return g_get_real_time ();
  g_mutex_lock (&clock->lock);
  now = clock->now;
  g_mutex_unlock (&clock->lock);
  return now;
}

static gboolean
clock_source_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  ClockSource *self = (ClockSource *) source;

  if (self->fd >= 0)
    {
      guint64 expirations;

      /* ECANCELED: somebody set the clock. The callback looks at it, and the timer is armed anew. */
      if (read (self->fd, &expirations, sizeof expirations) < 0 && errno == ECANCELED)
        musterd_clock_source_set (source, self->at);
    }
  return callback != NULL ? callback (user_data) : G_SOURCE_REMOVE;
}

static void
clock_source_finalize (GSource *source)
{
  ClockSource *self = (ClockSource *) source;

  g_mutex_lock (&self->clock->lock);
  g_ptr_array_remove_fast (self->clock->sources, self);
  g_mutex_unlock (&self->clock->lock);
  if (self->fd >= 0)
    close (self->fd);
  musterd_clock_unref (self->clock);
}

static GSourceFuncs clock_source_funcs = { .dispatch = clock_source_dispatch, .finalize = clock_source_finalize };

GSource *
musterd_clock_source_new (MusterdClock *clock, MusterdTime at)
{
  GSource *source = g_source_new (&clock_source_funcs, sizeof (ClockSource));
  ClockSource *self = (ClockSource *) source;

  g_source_set_static_name (source, "muster clock");
  self->clock = musterd_clock_ref (clock);
  self->fd = -1;
  if (clock->is_virtual)
    {
      g_mutex_lock (&clock->lock);
      g_ptr_array_add (clock->sources, self);
      g_mutex_unlock (&clock->lock);
    }
  else
    {
      /* CLOCK_REALTIME and not a GLib timeout: an appointment begins by the wall clock, also after a suspend. */
      self->fd = timerfd_create (CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
      if (self->fd < 0)
        g_error ("making a timer: %s", g_strerror (errno));
      self->tag = g_source_add_unix_fd (source, self->fd, G_IO_IN);
    }
  musterd_clock_source_set (source, at);
  return source;
}

/* Under the lock. */
static void
wake_if_due (ClockSource *self, MusterdTime now)
{
  g_source_set_ready_time (&self->source, now >= self->at ? 0 : -1);
}

void
musterd_clock_source_set (GSource *source, MusterdTime at)
{
  ClockSource *self = (ClockSource *) source;
  struct itimerspec when = { 0 };

  if (self->fd < 0)
    {
      g_mutex_lock (&self->clock->lock);
      self->at = at;
      wake_if_due (self, self->clock->now);
      g_mutex_unlock (&self->clock->lock);
      return;
    }

  self->at = at;
  if (at != MUSTERD_TIME_NEVER)
    {
      /* Zero would disarm: everything that lies before 1970 is due now. */
      at = MAX (at, 1);
      when.it_value.tv_sec = at / MUSTERD_SECOND;
      when.it_value.tv_nsec = (at % MUSTERD_SECOND) * 1000;
      /* Due again and again until it is set anew or destroyed. */
      when.it_interval.tv_nsec = 1000 * 1000;
    }
  if (timerfd_settime (self->fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &when, NULL) < 0)
    g_critical ("arming a timer: %s", g_strerror (errno));
}

void
musterd_clock_set (MusterdClock *clock, MusterdTime now)
{
  gboolean back;

  g_return_if_fail (clock->is_virtual);

  g_mutex_lock (&clock->lock);
  back = now < clock->now;
  clock->now = now;
  for (guint i = 0; i < clock->sources->len; i++)
    {
      ClockSource *self = g_ptr_array_index (clock->sources, i);

      wake_if_due (self, now);
      if (back)
        g_source_set_ready_time (&self->source, 0);
    }
  g_mutex_unlock (&clock->lock);
}
