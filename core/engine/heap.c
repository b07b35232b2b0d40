/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-engine"

#include "engine/heap.h"

struct _MusterdHeap
{
  GPtrArray *nodes; /* from index 1 on; 0 is empty, so that an index of 0 means "not in" */
};

MusterdHeap *
musterd_heap_new (void)
{
  MusterdHeap *heap = g_new0 (MusterdHeap, 1);

  heap->nodes = g_ptr_array_new ();
  g_ptr_array_add (heap->nodes, NULL);
  return heap;
}

void
musterd_heap_free (MusterdHeap *heap)
{
  if (heap == NULL)
    return;
  g_ptr_array_unref (heap->nodes);
  g_free (heap);
}

static MusterdHeapNode *
nth (MusterdHeap *heap, guint index)
{
  return g_ptr_array_index (heap->nodes, index);
}

static void
place (MusterdHeap *heap, MusterdHeapNode *node, guint index)
{
  g_ptr_array_index (heap->nodes, index) = node;
  node->index = index;
}

static void
sift_up (MusterdHeap *heap, MusterdHeapNode *node, guint index)
{
  while (index > 1 && nth (heap, index / 2)->at > node->at)
    {
      place (heap, nth (heap, index / 2), index);
      index /= 2;
    }
  place (heap, node, index);
}

static void
sift_down (MusterdHeap *heap, MusterdHeapNode *node, guint index)
{
  guint last = heap->nodes->len - 1;

  while (2 * index <= last)
    {
      guint child = 2 * index;

      if (child < last && nth (heap, child + 1)->at < nth (heap, child)->at)
        child++;
      if (nth (heap, child)->at >= node->at)
        break;
      place (heap, nth (heap, child), index);
      index = child;
    }
  place (heap, node, index);
}

static void
take_out (MusterdHeap *heap, MusterdHeapNode *node)
{
  guint index = node->index;
  MusterdHeapNode *last = nth (heap, heap->nodes->len - 1);

  node->index = 0;
  g_ptr_array_set_size (heap->nodes, (int) heap->nodes->len - 1);
  if (last == node)
    return;
  if (index > 1 && nth (heap, index / 2)->at > last->at)
    sift_up (heap, last, index);
  else
    sift_down (heap, last, index);
}

void
musterd_heap_set (MusterdHeap *heap, MusterdHeapNode *node, MusterdTime at)
{
  MusterdTime before = node->at;

  node->at = at;
  if (at == MUSTERD_TIME_NEVER)
    {
      if (node->index != 0)
        take_out (heap, node);
    }
  else if (node->index == 0)
    {
      g_ptr_array_add (heap->nodes, NULL);
      sift_up (heap, node, heap->nodes->len - 1);
    }
  else if (at < before)
    sift_up (heap, node, node->index);
  else
    sift_down (heap, node, node->index);
}

MusterdHeapNode *
musterd_heap_first (MusterdHeap *heap)
{
  return heap->nodes->len > 1 ? nth (heap, 1) : NULL;
}
