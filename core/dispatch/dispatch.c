/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-dispatch"

#include "dispatch/private.h"

#include <string.h>

static const char *const result_names[] = { "applied", "unreachable", "refused", "left-to-person" };
G_STATIC_ASSERT (G_N_ELEMENTS (result_names) == MUSTERD_N_DELIVERY_RESULTS);

const char *
musterd_delivery_result_to_string (MusterdDeliveryResult result)
{
  return (guint) result < MUSTERD_N_DELIVERY_RESULTS ? result_names[result] : NULL;
}

void
musterd_dispatch_arm (MusterdDispatch *dispatch)
{
  MusterdHeapNode *first = musterd_heap_first (dispatch->heap);

  /* A timer that goes off too early does no harm; setting it anew after each of thousands of answers costs. */
  if (first == NULL || first->at >= dispatch->armed)
    return;
  dispatch->armed = first->at;
  musterd_clock_source_set (dispatch->timer, dispatch->armed);
}

static void
pump_all (MusterdDispatch *dispatch)
{
  for (guint i = 0; i < dispatch->sinks->len; i++)
    musterd_sink_pump (g_ptr_array_index (dispatch->sinks, i));
  musterd_dispatch_arm (dispatch);
}

/* The clock was set back: nobody waits longer for it than they would have at most. */
static void
rewind_slots (MusterdDispatch *dispatch, MusterdTime now)
{
  for (guint i = 0; i < dispatch->sinks->len; i++)
    {
      MusterdSink *sink = g_ptr_array_index (dispatch->sinks, i);
      GHashTableIter iter;
      gpointer value;

      g_hash_table_iter_init (&iter, sink->slots);
      while (g_hash_table_iter_next (&iter, NULL, &value))
        {
          Slot *slot = value;
          gint64 most = slot->state == SLOT_FLYING ? sink->port.deadline : MUSTERD_RETRY_LAST;

          if (slot->node.index != 0 && slot->node.at > now + most)
            musterd_heap_set (dispatch->heap, &slot->node, now + most);
        }
    }
}

static gboolean
on_due (gpointer data)
{
  MusterdDispatch *dispatch = data;
  MusterdTime now = musterd_clock_now (dispatch->clock);
  MusterdHeapNode *node;

  dispatch->armed = MUSTERD_TIME_NEVER;
  musterd_clock_source_set (dispatch->timer, MUSTERD_TIME_NEVER);
  if (now < dispatch->last_now)
    rewind_slots (dispatch, now);
  dispatch->last_now = now;
  while ((node = musterd_heap_first (dispatch->heap)) != NULL && node->at <= now)
    {
      Slot *slot = (Slot *) node;

      if (slot->state == SLOT_FLYING)
        {
          g_autofree char *text = g_strdup_printf ("no answer within %.3g s",
                                                   (double) slot->sink->port.deadline / MUSTERD_SECOND);
          musterd_slot_land (slot, MUSTERD_DELIVERY_UNREACHABLE, text, NULL);
        }
      else
        musterd_slot_retry (slot);
    }
  pump_all (dispatch);
  return G_SOURCE_CONTINUE;
}

/* What this sink should show of this user now. */
static void
want (MusterdSink *sink, Slot *slot, MusterdPresence *presence)
{
  g_autoptr(MusterdPresence) without = NULL;

  if (sink->port.is_source)
    {
      without = musterd_engine_resolve_without (sink->dispatch->engine, slot->user->id, sink->instance);
      if (without == NULL)
        return;
      presence = without;
    }
  musterd_slot_want (slot, musterd_presence_for_sink (presence, sink->port.view, sink->port.needs));
}

static Slot *
add_slot (MusterdSink *sink, MusterdUser *user)
{
  Slot *slot = musterd_slot_new (sink, user);

  g_hash_table_insert (sink->slots, g_strdup (user->id), slot);
  return slot;
}

static void
on_changed (const MusterdChange *changes, gsize n_changes, gpointer data)
{
  MusterdDispatch *dispatch = data;

  for (guint i = 0; i < dispatch->sinks->len; i++)
    {
      MusterdSink *sink = g_ptr_array_index (dispatch->sinks, i);

      for (gsize c = 0; c < n_changes; c++)
        {
          const MusterdChange *change = &changes[c];
          Slot *slot;

          if (change->after == NULL)
            {
              /* Gone for good only if nobody of that id was added in the same turn. */
              if (musterd_engine_get_user (dispatch->engine, change->user->id) == NULL)
                g_hash_table_remove (sink->slots, change->user->id);
              continue;
            }
          slot = g_hash_table_lookup (sink->slots, change->user->id);
          if (slot != NULL && (change->before != change->after || sink->port.is_source || slot->desired == NULL))
            want (sink, slot, change->after);
        }
    }
  pump_all (dispatch);
}

static void
take_user (MusterdSink *sink, MusterdUser *user, MusterdPresence *presence)
{
  Slot *slot = g_hash_table_lookup (sink->slots, user->id);

  if (sink->closed)
    return;
  if (!sink->port.takes (user, sink->port.data))
    {
      if (slot != NULL)
        g_hash_table_remove (sink->slots, user->id);
      return;
    }
  if (slot == NULL)
    slot = add_slot (sink, user);
  else if (slot->user != user)
    {
      musterd_user_unref (slot->user);
      slot->user = musterd_user_ref (user);
    }
  if (presence != NULL)
    want (sink, slot, presence);
}

static void
on_users (MusterdUser *const *changed, gsize n_changed, G_GNUC_UNUSED const char *const *removed,
          G_GNUC_UNUSED gsize n_removed, gpointer data)
{
  MusterdDispatch *dispatch = data;

  for (guint i = 0; i < dispatch->sinks->len; i++)
    for (gsize u = 0; u < n_changed; u++)
      take_user (g_ptr_array_index (dispatch->sinks, i), changed[u],
                 musterd_engine_get_presence (dispatch->engine, changed[u]->id));
}

MusterdDispatch *
musterd_dispatch_new (MusterdEngine *engine, MusterdClock *clock)
{
  MusterdDispatch *dispatch = g_new0 (MusterdDispatch, 1);
  g_autoptr(GMainContext) context = g_main_context_ref_thread_default ();

  dispatch->engine = engine;
  dispatch->clock = musterd_clock_ref (clock);
  dispatch->last_now = musterd_clock_now (clock);
  dispatch->sinks = g_ptr_array_new ();
  dispatch->flying = g_hash_table_new (g_int64_hash, g_int64_equal);
  dispatch->heap = musterd_heap_new ();
  dispatch->armed = MUSTERD_TIME_NEVER;
  dispatch->timer = musterd_clock_source_new (clock, MUSTERD_TIME_NEVER);
  g_source_set_callback (dispatch->timer, on_due, dispatch, NULL);
  g_source_attach (dispatch->timer, context);
  musterd_engine_listen (engine, on_changed, on_users, dispatch);
  return dispatch;
}

static void
sink_free (MusterdSink *sink)
{
  g_hash_table_unref (sink->slots);
  g_free (sink->instance);
  g_free (sink);
}

void
musterd_dispatch_free (MusterdDispatch *dispatch)
{
  musterd_engine_unlisten (dispatch->engine, dispatch);
  for (guint i = 0; i < dispatch->sinks->len; i++)
    sink_free (g_ptr_array_index (dispatch->sinks, i));
  g_ptr_array_unref (dispatch->sinks);
  g_source_destroy (dispatch->timer);
  g_source_unref (dispatch->timer);
  g_hash_table_unref (dispatch->flying);
  musterd_heap_free (dispatch->heap);
  musterd_clock_unref (dispatch->clock);
  g_free (dispatch);
}

static MusterdSink *
find_sink (MusterdDispatch *dispatch, const char *instance)
{
  for (guint i = 0; i < dispatch->sinks->len; i++)
    {
      MusterdSink *sink = g_ptr_array_index (dispatch->sinks, i);

      if (g_str_equal (sink->instance, instance))
        return sink;
    }
  return NULL;
}

static void
take_if_wanted (MusterdUser *user, MusterdPresence *presence, gpointer data)
{
  take_user (data, user, presence);
}

MusterdSink *
musterd_dispatch_add_sink (MusterdDispatch *dispatch, const MusterdSinkPort *port)
{
  MusterdSink *sink = find_sink (dispatch, port->instance);
  GHashTableIter iter;
  gpointer slot;

  g_return_val_if_fail (sink == NULL || sink->closed, NULL);

  if (sink == NULL)
    {
      sink = g_new0 (MusterdSink, 1);
      sink->dispatch = dispatch;
      sink->instance = g_strdup (port->instance);
      sink->slots = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, musterd_slot_free);
      g_queue_init (&sink->ready);
      g_ptr_array_add (dispatch->sinks, sink);
    }
  sink->port = *port;
  sink->port.instance = sink->instance;
  sink->port.max_in_flight = MAX (port->max_in_flight, 1);
  sink->closed = FALSE;

  /* What a sink that was away shows is not known: it gets the present value of everybody it takes. */
  g_hash_table_iter_init (&iter, sink->slots);
  while (g_hash_table_iter_next (&iter, NULL, &slot))
    musterd_slot_redo (slot);
  musterd_engine_foreach_user (dispatch->engine, take_if_wanted, sink);
  pump_all (dispatch);
  return sink;
}

void
musterd_sink_close (MusterdSink *sink)
{
  GHashTableIter iter;
  gpointer slot;

  sink->closed = TRUE;
  g_hash_table_iter_init (&iter, sink->slots);
  while (g_hash_table_iter_next (&iter, NULL, &slot))
    musterd_slot_void (slot);
  musterd_dispatch_arm (sink->dispatch);
}

void
musterd_dispatch_forget (MusterdDispatch *dispatch, const char *instance)
{
  MusterdSink *sink = find_sink (dispatch, instance);

  if (sink == NULL)
    return;
  g_ptr_array_remove (dispatch->sinks, sink);
  sink_free (sink);
  musterd_dispatch_arm (dispatch);
}

void
musterd_sink_pause (MusterdSink *sink, gboolean paused)
{
  sink->paused = paused;
  pump_all (sink->dispatch);
}

void
musterd_sink_sync (MusterdSink *sink, const char *user)
{
  GHashTableIter iter;
  gpointer slot;

  if (sink->closed)
    return;
  if (user != NULL)
    {
      slot = g_hash_table_lookup (sink->slots, user);
      if (slot != NULL)
        musterd_slot_redo (slot);
    }
  else
    {
      g_hash_table_iter_init (&iter, sink->slots);
      while (g_hash_table_iter_next (&iter, NULL, &slot))
        musterd_slot_redo (slot);
    }
  pump_all (sink->dispatch);
}

gboolean
musterd_sink_complete (MusterdSink *sink, guint64 delivery, MusterdDeliveryResult result, const char *text,
                       const char *const *detail)
{
  Slot *slot = g_hash_table_lookup (sink->dispatch->flying, &delivery);

  if (slot == NULL || slot->sink != sink || (guint) result >= MUSTERD_N_DELIVERY_RESULTS)
    return FALSE;
  musterd_slot_land (slot, result, text, detail);
  pump_all (sink->dispatch);
  return TRUE;
}

void
musterd_sink_users_changed (MusterdSink *sink)
{
  musterd_engine_foreach_user (sink->dispatch->engine, take_if_wanted, sink);
  pump_all (sink->dispatch);
}

void
musterd_sink_look_at (MusterdSink *sink, MusterdUser *user)
{
  take_user (sink, user, musterd_engine_get_presence (sink->dispatch->engine, user->id));
  pump_all (sink->dispatch);
}

void
musterd_sink_get_stats (MusterdSink *sink, MusterdSinkStats *stats)
{
  *stats = (MusterdSinkStats){ .n_slots = g_hash_table_size (sink->slots),
                               .n_ready = sink->ready.length,
                               .n_waiting = sink->n_waiting,
                               .n_in_flight = sink->n_flying,
                               .n_failed = sink->n_failed,
                               .n_retries = sink->n_retries,
                               .n_superseded = sink->n_superseded };
  memcpy (stats->n_results, sink->n_results, sizeof stats->n_results);
}

gboolean
musterd_dispatch_get_stats (MusterdDispatch *dispatch, const char *instance, MusterdSinkStats *stats)
{
  MusterdSink *sink = find_sink (dispatch, instance);

  if (sink != NULL)
    musterd_sink_get_stats (sink, stats);
  return sink != NULL;
}

void
musterd_sink_why_free (MusterdSinkWhy *why)
{
  if (why == NULL)
    return;
  g_free (why->instance);
  g_clear_pointer (&why->desired, musterd_presence_unref);
  g_clear_pointer (&why->applied, musterd_presence_unref);
  g_free (why->last_error);
  g_strfreev (why->detail);
  g_free (why);
}

GPtrArray *
musterd_dispatch_explain (MusterdDispatch *dispatch, const char *user)
{
  GPtrArray *whys = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_sink_why_free);

  for (guint i = 0; i < dispatch->sinks->len; i++)
    {
      MusterdSink *sink = g_ptr_array_index (dispatch->sinks, i);
      const Slot *slot = g_hash_table_lookup (sink->slots, user);
      MusterdSinkWhy *why;

      if (slot == NULL)
        continue;
      why = g_new0 (MusterdSinkWhy, 1);
      why->instance = g_strdup (sink->instance);
      why->needs = sink->port.needs;
      why->desired = slot->desired != NULL ? musterd_presence_ref (slot->desired) : NULL;
      why->applied = slot->applied != NULL ? musterd_presence_ref (slot->applied) : NULL;
      why->in_flight = slot->state == SLOT_FLYING;
      why->pending = slot->state == SLOT_READY || slot->state == SLOT_WAITING
                     || (slot->desired != NULL && sink->closed);
      why->paused = sink->paused;
      why->closed = sink->closed;
      why->answered = slot->answered;
      why->result = slot->result;
      why->last_error = g_strdup (slot->last_error);
      why->detail = g_strdupv (slot->detail);
      why->next_try = slot->state == SLOT_WAITING ? slot->node.at : MUSTERD_TIME_NEVER;
      why->attempts = slot->attempts;
      g_ptr_array_add (whys, why);
    }
  return whys;
}
