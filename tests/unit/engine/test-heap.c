/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/heap.h"

#define N 2000

/* Against the plainest of implementations: look at all. */
static MusterdTime
least (const MusterdHeapNode *nodes)
{
  MusterdTime at = MUSTERD_TIME_NEVER;

  for (guint i = 0; i < N; i++)
    at = MIN (at, nodes[i].at);
  return at;
}

static void
test_random (void)
{
  MusterdHeap *heap = musterd_heap_new ();
  g_autofree MusterdHeapNode *nodes = g_new0 (MusterdHeapNode, N);

  g_assert_null (musterd_heap_first (heap));
  for (guint i = 0; i < N; i++)
    nodes[i].at = MUSTERD_TIME_NEVER;
  for (guint round = 0; round < 20000; round++)
    {
      MusterdHeapNode *node = &nodes[g_test_rand_int_range (0, N)];
      MusterdHeapNode *first;

      musterd_heap_set (heap, node,
                        g_test_rand_int_range (0, 4) == 0 ? MUSTERD_TIME_NEVER : g_test_rand_int_range (0, 500));
      first = musterd_heap_first (heap);
      if (round % 16 == 0)
        g_assert_cmpint (first != NULL ? first->at : MUSTERD_TIME_NEVER, ==, least (nodes));
    }
  /* And in order until it is empty. */
  MusterdTime last = MUSTERD_TIME_ALWAYS;
  for (MusterdHeapNode *first; (first = musterd_heap_first (heap)) != NULL;)
    {
      g_assert_cmpint (first->at, >=, last);
      last = first->at;
      musterd_heap_set (heap, first, MUSTERD_TIME_NEVER);
      g_assert_cmpuint (first->index, ==, 0);
    }
  g_assert_cmpint (least (nodes), ==, MUSTERD_TIME_NEVER);
  musterd_heap_free (heap);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/engine/heap/random", test_random);
  return g_test_run ();
}
