/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "api/order.h"

static void
test_after (void)
{
  char three[] = "three", seven[] = "seven", eight[] = "eight";
  MusterdOrder order = { 0 };
  const MusterdOrderSlot *slots;
  gsize n = 1;

  g_assert_null (musterd_order_after (&order, 0, &n));
  g_assert_cmpuint (n, ==, 0);
  musterd_order_append (&order, 3, three);
  musterd_order_append (&order, 7, seven);
  musterd_order_append (&order, 8, eight);
  slots = musterd_order_after (&order, 2, &n);
  g_assert_cmpuint (n, ==, 3);
  g_assert_cmpuint (slots[0].place, ==, 3);
  slots = musterd_order_after (&order, 3, &n);
  g_assert_cmpuint (n, ==, 2);
  g_assert_cmpstr (slots[0].thing, ==, "seven");
  musterd_order_remove (&order, 7);
  slots = musterd_order_after (&order, 6, &n);
  g_assert_cmpuint (n, ==, 2);
  g_assert_null (slots[0].thing);
  g_assert_cmpstr (slots[1].thing, ==, "eight");
  g_assert_null (musterd_order_after (&order, 8, &n));
  musterd_order_clear (&order);
}

/* Things that move to the end again and again: what stands is found in order, and holes do not pile up. */
static void
test_moving (void)
{
  enum { N_THINGS = 500, N_MOVES = 100000 };
  MusterdOrder order = { 0 };
  guint64 places[N_THINGS] = { 0 }, place = 0, last = 0;
  const MusterdOrderSlot *slots;
  gsize n, found = 0;

  for (guint i = 0; i < N_MOVES; i++)
    {
      guint thing = i < N_THINGS ? i : (guint) g_test_rand_int_range (0, N_THINGS);

      if (places[thing] > 0)
        musterd_order_remove (&order, places[thing]);
      places[thing] = place += (guint64) g_test_rand_int_range (1, 4);
      musterd_order_append (&order, place, &places[thing]);
      g_assert_cmpuint (order.size, <=, N_THINGS * 5 / 4 + 64);
    }
  slots = musterd_order_after (&order, 0, &n);
  for (gsize i = 0; i < n; i++)
    {
      g_assert_cmpuint (slots[i].place, >, last);
      last = slots[i].place;
      if (slots[i].thing == NULL)
        continue;
      g_assert_cmpuint (*(guint64 *) slots[i].thing, ==, slots[i].place);
      found++;
    }
  g_assert_cmpuint (found, ==, N_THINGS);
  for (guint i = 0; i < N_THINGS; i++)
    musterd_order_remove (&order, places[i]);
  for (guint i = 0; i < 2 * N_THINGS; i++)
    {
      musterd_order_append (&order, ++place, places);
      musterd_order_remove (&order, place);
    }
  g_assert_cmpuint (order.size, <=, N_THINGS);
  musterd_order_clear (&order);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/order/after", test_after);
  g_test_add_func ("/order/moving", test_moving);
  return g_test_run ();
}
