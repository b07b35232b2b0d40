/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/order.h"

#define SPARE_MIN 64

void
musterd_order_clear (MusterdOrder *order)
{
  g_clear_pointer (&order->slots, g_free);
  order->n = order->size = 0;
}

/* Each time a quarter of what stands here has been appended, so a place costs the move of five slots. */
static void
make_room (MusterdOrder *order)
{
  gsize n = 0;

  for (gsize i = 0; i < order->n; i++)
    if (order->slots[i].thing != NULL)
      order->slots[n++] = order->slots[i];
  order->n = n;
  order->size = n + n / 4 + SPARE_MIN;
  order->slots = g_renew (MusterdOrderSlot, order->slots, order->size);
}

void
musterd_order_append (MusterdOrder *order, guint64 place, gpointer thing)
{
  if (order->n == order->size)
    make_room (order);
  order->slots[order->n].place = place;
  order->slots[order->n].thing = thing;
  order->n++;
}

/* The index of the first slot after this place. */
static gsize
find_after (const MusterdOrder *order, guint64 place)
{
  gsize low = 0, high = order->n;

  while (low < high)
    {
      gsize middle = low + (high - low) / 2;

      if (order->slots[middle].place > place)
        high = middle;
      else
        low = middle + 1;
    }
  return low;
}

void
musterd_order_remove (MusterdOrder *order, guint64 place)
{
  gsize index = find_after (order, place);

  g_return_if_fail (index > 0 && order->slots[index - 1].place == place);
  order->slots[index - 1].thing = NULL;
}

const MusterdOrderSlot *
musterd_order_after (const MusterdOrder *order, guint64 place, gsize *n)
{
  gsize index = find_after (order, place);

  *n = order->n - index;
  return *n > 0 ? &order->slots[index] : NULL;
}
