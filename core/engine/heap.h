/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One heap of next moments for all users, rather than a timeout each: GLib's cost grows with the sources. */
#pragma once

#include "model/types.h"

G_BEGIN_DECLS

/* Stands in the thing that waits. */
typedef struct
{
  MusterdTime at;
  guint       index; /* 0: not in the heap */
} MusterdHeapNode;

typedef struct _MusterdHeap MusterdHeap;

MusterdHeap     *musterd_heap_new    (void);
void             musterd_heap_free   (MusterdHeap *heap);
/* Puts it, moves it, or (NEVER) takes it out. O(log n). */
void             musterd_heap_set    (MusterdHeap *heap, MusterdHeapNode *node, MusterdTime at);
MusterdHeapNode *musterd_heap_first  (MusterdHeap *heap); /* NULL: empty */

G_END_DECLS
