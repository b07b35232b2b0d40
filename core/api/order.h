/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Things by the place at which they happened. Places only grow, so a thing is put at the end and found by bisection;
 * what moves on leaves a hole. Holes are closed up when room is needed: after as many places as a quarter of what stood
 * here then, and a few. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  guint64  place;
  gpointer thing; /* nullable: a hole */
} MusterdOrderSlot;

typedef struct
{
  MusterdOrderSlot *slots; /* nullable */
  gsize             n, size;
} MusterdOrder;

/* Zeroed is empty. */
void musterd_order_clear  (MusterdOrder *order);
/* `place`: after all that were ever given to it. The thing stays the caller's, and is not NULL. */
void musterd_order_append (MusterdOrder *order, guint64 place, gpointer thing);
/* The thing at this place, which is here. */
void musterd_order_remove (MusterdOrder *order, guint64 place);
/* What stands after this place, by place, with holes; until the next change of the order. NULL if `n` is 0. */
const MusterdOrderSlot *musterd_order_after (const MusterdOrder *order, guint64 place, gsize *n);

G_END_DECLS
