/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/intern.h"

#define N_THREADS 4
#define N_ROUNDS 200000

static void
test_same (void)
{
  g_autofree char *copy = g_strdup ("micsync");
  char *one = musterd_intern ("micsync");
  char *two = musterd_intern (copy);
  char *other = musterd_intern ("");

  g_assert_true (one == two);
  g_assert_cmpstr (one, ==, "micsync");
  g_assert_cmpstr (other, ==, "");
  g_assert_true (musterd_intern_acquire (one) == one);
  musterd_intern_release (one);
  musterd_intern_release (one);
  g_assert_cmpstr (two, ==, "micsync");
  musterd_intern_release (two);
  musterd_intern_release (other);
}

static gpointer
come_and_go (gpointer data)
{
  for (guint i = 0; i < N_ROUNDS; i++)
    {
      char *string = musterd_intern (data);

      if (i % 1000 == 0)
        g_assert_cmpstr (string, ==, data);
      musterd_intern_release (string);
    }
  return NULL;
}

/* Several threads for whom the string is the last one again and again. */
static void
test_threads (void)
{
  GThread *threads[N_THREADS];

  for (guint i = 0; i < N_THREADS; i++)
    threads[i] = g_thread_new ("come-and-go", come_and_go, (gpointer) "ews-stream:hq");
  for (guint i = 0; i < N_THREADS; i++)
    g_thread_join (threads[i]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/model/intern/same", test_same);
  g_test_add_func ("/model/intern/threads", test_threads);
  return g_test_run ();
}
