/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-testing"

#include "testing-private.h"

#define TURNS_MAX 1000000 /* of one settling: more is a plugin that never comes to rest */
#define WATCHDOG_SECONDS 60

typedef struct
{
  GSource        parent;
  MusterTesting *testing;
  gint64         at;
} ClockSource;

gint64
muster_testing_clock_now (gpointer data)
{
  MusterTesting *testing = data;
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&testing->mutex);

  return testing->now;
}

static gboolean
clock_source_check (GSource *source)
{
  const ClockSource *self = (const ClockSource *) source;

  return muster_testing_clock_now (self->testing) >= self->at;
}

static gboolean
clock_source_prepare (GSource *source, int *timeout)
{
  *timeout = -1; /* moving the clock wakes the context */
  return clock_source_check (source);
}

static gboolean
clock_source_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  (void) source;
  return callback (user_data);
}

GSource *
muster_testing_clock_timer (gpointer data, gint64 at)
{
  static GSourceFuncs funcs
      = { .prepare = clock_source_prepare, .check = clock_source_check, .dispatch = clock_source_dispatch };
  MusterTesting *testing = data;
  GSource *source = g_source_new (&funcs, sizeof (ClockSource));
  ClockSource *self = (ClockSource *) source;

  self->testing = testing;
  self->at = at;
  g_source_set_static_name (source, "muster testing timer");

  g_mutex_lock (&testing->mutex);
  g_ptr_array_add (testing->timers, g_source_ref (source));
  g_mutex_unlock (&testing->mutex);
  return source;
}

/* Of the timers still armed the first one at or before `end`; FALSE: none. Forgets those that are gone. */
static gboolean
find_next (MusterTesting *testing, gint64 end, gint64 *next)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&testing->mutex);
  gboolean found = FALSE;

  for (guint i = testing->timers->len; i > 0; i--)
    {
      GSource *source = g_ptr_array_index (testing->timers, i - 1);
      const gint64 at = ((ClockSource *) source)->at;

      if (g_source_is_destroyed (source))
        g_ptr_array_remove_index_fast (testing->timers, i - 1);
      else if (g_source_get_context (source) == NULL)
        continue; /* not attached yet, or never, since the instance has ended */
      else if (at <= end && (!found || at < *next))
        {
          found = TRUE;
          *next = at;
        }
    }
  return found;
}

static void
set_now (MusterTesting *testing, gint64 now)
{
  g_mutex_lock (&testing->mutex);
  testing->now = MAX (testing->now, now);
  g_mutex_unlock (&testing->mutex);
  g_main_context_wakeup (testing->thread);
}

gint64
muster_testing_now (MusterTesting *testing)
{
  return muster_testing_clock_now (testing);
}

void
muster_testing_advance (MusterTesting *testing, gint64 duration)
{
  const gint64 end = muster_testing_now (testing) + duration;
  gint64 next = 0;

  for (guint turn = 0; find_next (testing, end, &next); turn++)
    {
      if (turn > TURNS_MAX)
        g_error ("advancing the clock: timers never come to rest");
      set_now (testing, next);
      muster_testing_settle (testing);
    }
  set_now (testing, end);
  muster_testing_settle (testing);
}

void
muster_testing_settle (MusterTesting *testing)
{
  guint turns = 0;

  muster_testing_enter (testing);
  while (g_main_context_iteration (testing->thread, FALSE))
    if (++turns > TURNS_MAX)
      g_error ("running the instance: it never comes to rest");
  muster_testing_leave (testing);
}

static gboolean
on_watchdog (gpointer user_data)
{
  g_error ("waiting for %s: not within %d s", (const char *) user_data, WATCHDOG_SECONDS);
  return G_SOURCE_REMOVE;
}

void
muster_testing_run_until (MusterTesting *testing, MusterTestingCondition condition, gpointer user_data,
                          const char *what)
{
  g_autoptr(GSource) watchdog = g_timeout_source_new_seconds (WATCHDOG_SECONDS);

  g_source_set_callback (watchdog, on_watchdog, (gpointer) what, NULL);
  g_source_attach (watchdog, testing->thread);
  muster_testing_enter (testing);
  while (!condition (testing, user_data))
    g_main_context_iteration (testing->thread, TRUE);
  muster_testing_leave (testing);
  g_source_destroy (watchdog);
}
