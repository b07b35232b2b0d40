/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The life of one slot: wanted → ready → handed over → applied, or tried again. */
#define G_LOG_DOMAIN "muster-dispatch"

#include "dispatch/private.h"

#define RETRY_FIRST (1 * MUSTERD_SECOND)
#define TEXT_MAX 1024

Slot *
musterd_slot_new (MusterdSink *sink, MusterdUser *user)
{
  Slot *slot = g_new0 (Slot, 1);

  slot->sink = sink;
  slot->user = musterd_user_ref (user);
  slot->node.at = MUSTERD_TIME_NEVER;
  slot->link.data = slot;
  return slot;
}

static MusterdHeap *
heap_of (Slot *slot)
{
  return slot->sink->dispatch->heap;
}

/* Out of whatever it was in. */
static void
leave (Slot *slot)
{
  if (slot->state == SLOT_READY)
    g_queue_unlink (&slot->sink->ready, &slot->link);
  else if (slot->state == SLOT_FLYING)
    {
      g_hash_table_remove (slot->sink->dispatch->flying, &slot->delivery);
      slot->sink->n_flying--;
      g_clear_pointer (&slot->flying, musterd_presence_unref);
    }
  else if (slot->state == SLOT_WAITING)
    slot->sink->n_waiting--;
  musterd_heap_set (heap_of (slot), &slot->node, MUSTERD_TIME_NEVER);
  slot->state = SLOT_SETTLED;
}

static gboolean
has_failed (const Slot *slot)
{
  return slot->answered
         && (slot->result == MUSTERD_DELIVERY_UNREACHABLE || slot->result == MUSTERD_DELIVERY_REFUSED);
}

void
musterd_slot_free (gpointer data)
{
  Slot *slot = data;

  leave (slot);
  slot->sink->n_failed -= has_failed (slot);
  g_clear_pointer (&slot->desired, musterd_presence_unref);
  g_clear_pointer (&slot->applied, musterd_presence_unref);
  musterd_user_unref (slot->user);
  g_free (slot->last_error);
  g_strfreev (slot->detail);
  g_free (slot);
}

static void
enqueue (Slot *slot)
{
  leave (slot);
  slot->state = SLOT_READY;
  g_queue_push_tail_link (&slot->sink->ready, &slot->link);
}

static gboolean
same (const MusterdPresence *a, const MusterdPresence *b)
{
  return a != NULL && b != NULL && musterd_presence_equal (a, b);
}

void
musterd_slot_want (Slot *slot, MusterdPresence *presence)
{
  if (same (slot->desired, presence))
    {
      musterd_presence_unref (presence);
      return;
    }
  if (slot->state != SLOT_SETTLED)
    slot->sink->n_superseded++;
  g_clear_pointer (&slot->desired, musterd_presence_unref);
  slot->desired = presence;
  slot->attempts = 0;

  switch (slot->state)
    {
    case SLOT_SETTLED:
      enqueue (slot);
      break;
    case SLOT_WAITING:
      {
        /* Something new is worth an early try, but not one for each of ten thousand users at a dead server at once. */
        MusterdTime soon = musterd_clock_now (slot->sink->dispatch->clock) + RETRY_FIRST;

        if (soon < slot->node.at)
          musterd_heap_set (heap_of (slot), &slot->node, soon);
        break;
      }
    case SLOT_READY:  /* its turn comes, with the latest */
    case SLOT_FLYING: /* one at a time: looked at again when the answer is there */
    default:
      break;
    }
}

void
musterd_slot_redo (Slot *slot)
{
  slot->certain = FALSE;
  slot->attempts = 0;
  slot->again = slot->state == SLOT_FLYING;
  if (slot->desired != NULL && slot->state != SLOT_FLYING)
    enqueue (slot);
}

void
musterd_slot_void (Slot *slot)
{
  leave (slot);
  slot->certain = FALSE;
}

void
musterd_slot_retry (Slot *slot)
{
  slot->sink->n_retries++;
  enqueue (slot);
}

void
musterd_slot_land (Slot *slot, MusterdDeliveryResult result, const char *text, const char *const *detail)
{
  MusterdSink *sink = slot->sink;
  MusterdDispatch *dispatch = sink->dispatch;
  g_autoptr(MusterdPresence) flown = musterd_presence_ref (slot->flying);

  leave (slot);
  sink->n_results[result]++;
  sink->n_failed -= has_failed (slot);
  slot->answered = TRUE;
  slot->result = result;
  sink->n_failed += has_failed (slot);
  g_clear_pointer (&slot->detail, g_strfreev);
  slot->detail = g_strdupv ((char **) detail);
  g_clear_pointer (&slot->last_error, g_free);
  if (result != MUSTERD_DELIVERY_APPLIED && text != NULL && *text != '\0')
    slot->last_error = g_utf8_substring (text, 0, MIN (g_utf8_strlen (text, -1), TEXT_MAX));

  switch (result)
    {
    case MUSTERD_DELIVERY_APPLIED:
      slot->attempts = 0;
      slot->certain = !slot->again;
      g_clear_pointer (&slot->applied, musterd_presence_unref);
      slot->applied = g_steal_pointer (&flown);
      if (slot->again || !same (slot->applied, slot->desired))
        enqueue (slot);
      break;
    case MUSTERD_DELIVERY_UNREACHABLE:
      {
        gint64 wait = RETRY_FIRST << MIN (slot->attempts, 6);

        slot->attempts++;
        wait = MIN (wait, MUSTERD_RETRY_LAST);
        wait += g_random_int_range (0, (gint32) (wait / 4)); /* so that they do not all come back at once */
        slot->state = SLOT_WAITING;
        sink->n_waiting++;
        musterd_heap_set (dispatch->heap, &slot->node, musterd_clock_now (dispatch->clock) + wait);
        break;
      }
    case MUSTERD_DELIVERY_REFUSED:
    case MUSTERD_DELIVERY_LEFT_TO_PERSON:
    case MUSTERD_N_DELIVERY_RESULTS:
    default:
      slot->attempts++;
      if (slot->again || !same (flown, slot->desired))
        enqueue (slot);
      break;
    }
}

static void
hand_over (Slot *slot)
{
  MusterdSink *sink = slot->sink;
  MusterdDispatch *dispatch = sink->dispatch;

  leave (slot);
  if (slot->certain && same (slot->applied, slot->desired))
    return; /* it came back to what is shown before its turn came */

  slot->state = SLOT_FLYING;
  slot->certain = FALSE;
  slot->again = FALSE;
  slot->flying = musterd_presence_ref (slot->desired);
  slot->delivery = ++dispatch->last_delivery;
  sink->n_flying++;
  g_hash_table_insert (dispatch->flying, &slot->delivery, slot);
  musterd_heap_set (dispatch->heap, &slot->node, musterd_clock_now (dispatch->clock) + sink->port.deadline);
  sink->port.apply (slot->user, slot->flying, slot->delivery, sink->port.data);
}

void
musterd_sink_pump (MusterdSink *sink)
{
  while (!sink->closed && !sink->paused && sink->n_flying < sink->port.max_in_flight && sink->ready.length > 0)
    hand_over (g_queue_peek_head (&sink->ready));
}
