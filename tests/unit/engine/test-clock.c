/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/clock.h"

static gboolean
on_due (gpointer data)
{
  (*(guint *) data)++;
  return G_SOURCE_CONTINUE;
}

static void
rest (void)
{
  for (guint i = 0; i < 10; i++)
    g_main_context_iteration (NULL, FALSE);
}

static void
test_virtual (void)
{
  g_autoptr(MusterdClock) clock = musterd_clock_new_virtual (100);
  g_autoptr(GSource) source = musterd_clock_source_new (clock, 200);
  guint n = 0;

  g_source_set_callback (source, on_due, &n, NULL);
  g_source_attach (source, NULL);
  rest ();
  g_assert_cmpuint (n, ==, 0);
  musterd_clock_set (clock, 199);
  rest ();
  g_assert_cmpuint (n, ==, 0);
  musterd_clock_set (clock, 200);
  g_assert_cmpint (musterd_clock_now (clock), ==, 200);
  rest ();
  g_assert_cmpuint (n, >, 1); /* again and again until it is set anew */

  musterd_clock_source_set (source, 300);
  n = 0;
  rest ();
  g_assert_cmpuint (n, ==, 0);

  /* Set back: everybody has a look. */
  musterd_clock_set (clock, 50);
  rest ();
  g_assert_cmpuint (n, >, 0);
  g_source_destroy (source);
}

static gboolean
on_late (G_GNUC_UNUSED gpointer data)
{
  g_error ("the real clock's source did not dispatch within 20 s");
  return G_SOURCE_REMOVE;
}

static gboolean
on_due_once (gpointer data)
{
  *(gboolean *) data = TRUE;
  return G_SOURCE_REMOVE;
}

static void
test_real (void)
{
  g_autoptr(MusterdClock) clock = musterd_clock_new_real ();
  MusterdTime at = musterd_clock_now (clock) + 20 * 1000;
  g_autoptr(GSource) source = musterd_clock_source_new (clock, at);
  g_autoptr(GSource) past = musterd_clock_source_new (clock, MUSTERD_TIME_ALWAYS);
  g_autoptr(GSource) never = musterd_clock_source_new (clock, MUSTERD_TIME_NEVER);
  g_autoptr(GSource) watchdog = g_timeout_source_new_seconds (20);
  gboolean due = FALSE, past_due = FALSE;
  guint n_never = 0;

  g_source_set_callback (source, on_due_once, &due, NULL);
  g_source_set_callback (past, on_due_once, &past_due, NULL);
  g_source_set_callback (never, on_due, &n_never, NULL);
  g_source_set_callback (watchdog, on_late, NULL, NULL);
  g_source_attach (source, NULL);
  g_source_attach (past, NULL);
  g_source_attach (never, NULL);
  g_source_attach (watchdog, NULL);
  while (!due || !past_due)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (musterd_clock_now (clock), >=, at);
  g_assert_cmpuint (n_never, ==, 0);
  g_source_destroy (never);
  g_source_destroy (watchdog);
}

static gpointer
set_from_elsewhere (gpointer source)
{
  musterd_clock_source_set (source, MUSTERD_TIME_ALWAYS);
  return NULL;
}

/* A source may be armed by another thread than the one that waits for it. */
static void
test_thread (void)
{
  g_autoptr(MusterdClock) clock = musterd_clock_new_real ();
  g_autoptr(GSource) source = musterd_clock_source_new (clock, MUSTERD_TIME_NEVER);
  g_autoptr(GSource) watchdog = g_timeout_source_new_seconds (20);
  gboolean due = FALSE;
  GThread *thread;

  g_source_set_callback (source, on_due_once, &due, NULL);
  g_source_set_callback (watchdog, on_late, NULL, NULL);
  g_source_attach (source, NULL);
  g_source_attach (watchdog, NULL);
  thread = g_thread_new ("set", set_from_elsewhere, source);
  while (!due)
    g_main_context_iteration (NULL, TRUE);
  g_thread_join (thread);
  g_source_destroy (watchdog);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/engine/clock/virtual", test_virtual);
  g_test_add_func ("/engine/clock/real", test_real);
  g_test_add_func ("/engine/clock/thread", test_thread);
  return g_test_run ();
}
