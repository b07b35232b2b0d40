/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "test-host"

#include "host/alarm.h"

#define START (G_GINT64_CONSTANT (1772442000) * G_USEC_PER_SEC)

typedef struct
{
  GMainContext *context;
  MusterdClock *clock;
  MusterdAlarm *alarm;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  f->context = g_main_context_new ();
  f->clock = data != NULL ? musterd_clock_new_real () : musterd_clock_new_virtual (START);
  f->alarm = musterd_alarm_new (f->clock, f->context);
}

static void
tear_down (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  musterd_alarm_close (f->alarm);
  musterd_alarm_unref (f->alarm);
  musterd_clock_unref (f->clock);
  g_main_context_unref (f->context);
}

static gboolean
on_due (gpointer data)
{
  (*(guint *) data)++;
  return G_SOURCE_REMOVE;
}

static GSource *
add (Fixture *f, MusterdTime at, guint *counter)
{
  GSource *source = musterd_alarm_timer_new (f->alarm, at);

  g_source_set_callback (source, on_due, counter, NULL);
  g_source_attach (source, f->context);
  return source;
}

static void
turn (Fixture *f)
{
  while (g_main_context_iteration (f->context, FALSE))
    ;
}

static void
test_order (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  guint n[3] = { 0, 0, 0 };
  g_autoptr(GSource) late = add (f, START + 30 * MUSTERD_SECOND, &n[2]);
  g_autoptr(GSource) early = add (f, START + 10 * MUSTERD_SECOND, &n[0]);
  g_autoptr(GSource) past = add (f, START - 10 * MUSTERD_SECOND, &n[1]);

  turn (f);
  g_assert_cmpuint (n[0], ==, 0);
  g_assert_cmpuint (n[1], ==, 1);
  musterd_clock_set (f->clock, START + 10 * MUSTERD_SECOND);
  turn (f);
  g_assert_cmpuint (n[0], ==, 1);
  g_assert_cmpuint (n[2], ==, 0);
  musterd_clock_set (f->clock, START + MUSTERD_HOUR);
  turn (f);
  g_assert_cmpuint (n[2], ==, 1);
  turn (f);
  g_assert_cmpuint (n[0] + n[1] + n[2], ==, 3);
  g_assert_true (g_source_is_destroyed (late) && g_source_is_destroyed (early) && g_source_is_destroyed (past));
}

static void
test_set_back (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  guint n = 0;
  g_autoptr(GSource) source = add (f, START + MUSTERD_MINUTE, &n);

  musterd_clock_set (f->clock, START - MUSTERD_HOUR);
  turn (f);
  g_assert_cmpuint (n, ==, 0);
  musterd_clock_set (f->clock, START + MUSTERD_SECOND);
  turn (f);
  g_assert_cmpuint (n, ==, 0);
  musterd_clock_set (f->clock, START + MUSTERD_MINUTE);
  turn (f);
  g_assert_cmpuint (n, ==, 1);
  g_assert_true (g_source_is_destroyed (source));
}

static void
test_destroyed (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  guint n = 0;
  GSource *source = add (f, START + MUSTERD_SECOND, &n);
  GSource *unattached = musterd_alarm_timer_new (f->alarm, START + MUSTERD_SECOND);

  g_source_destroy (source);
  g_source_unref (source);
  g_source_unref (unattached);
  musterd_clock_set (f->clock, START + MUSTERD_HOUR);
  turn (f);
  g_assert_cmpuint (n, ==, 0);
}

/* Closed, it takes timers and never lets one go. */
static void
test_closed (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  guint n = 0;
  g_autoptr(GSource) before = add (f, START + MUSTERD_SECOND, &n);

  musterd_alarm_close (f->alarm);

  g_autoptr(GSource) after = add (f, START - MUSTERD_SECOND, &n);

  musterd_clock_set (f->clock, START + MUSTERD_HOUR);
  turn (f);
  g_assert_cmpuint (n, ==, 0);
  g_source_destroy (before);
  g_source_destroy (after);
}

/* By the real clock, and many: not a file descriptor each. */
static void
test_many (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  const gint64 patience = g_get_monotonic_time () + MUSTERD_MINUTE;
  g_autoptr(GPtrArray) sources = g_ptr_array_new_with_free_func ((GDestroyNotify) g_source_unref);
  guint n = 0;

  for (guint i = 0; i < 5000; i++)
    g_ptr_array_add (sources, add (f, musterd_clock_now (f->clock) + (i % 20) * G_TIME_SPAN_MILLISECOND, &n));
  while (n < 5000)
    {
      g_main_context_iteration (f->context, TRUE);
      if (g_get_monotonic_time () > patience)
        g_error ("/host/alarm/many: waited in vain for 5000 timers, had %u", n);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/host/alarm/order", Fixture, NULL, set_up, test_order, tear_down);
  g_test_add ("/host/alarm/set-back", Fixture, NULL, set_up, test_set_back, tear_down);
  g_test_add ("/host/alarm/destroyed", Fixture, NULL, set_up, test_destroyed, tear_down);
  g_test_add ("/host/alarm/closed", Fixture, NULL, set_up, test_closed, tear_down);
  g_test_add ("/host/alarm/many", Fixture, "real", set_up, test_many, tear_down);
  return g_test_run ();
}
