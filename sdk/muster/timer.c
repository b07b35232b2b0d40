/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-sdk"

#include "muster/library.h"

/* Referenced by the plugin, until it frees it, and by its source, until that is gone. */
struct _MusterTimer
{
  gatomicrefcount refs;
  MusterContext  *ctx;    /* a reference */
  GSource        *source; /* nullable: never armed; fixed once it is */
  MusterTimerFunc callback;
  gpointer        user_data;
};

static void
timer_unref (gpointer data)
{
  MusterTimer *timer = data;

  if (!g_atomic_ref_count_dec (&timer->refs))
    return;
  g_clear_pointer (&timer->source, g_source_unref);
  muster_context_unref (timer->ctx);
  g_free (timer);
}

/* True for whoever takes it: due, freed or closed, only one of them. */
static gboolean
disarm (MusterTimer *timer)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&timer->ctx->mutex);

  return g_hash_table_remove (timer->ctx->timers, timer);
}

static gboolean
on_timer_due (gpointer data)
{
  MusterTimer *timer = data;

  if (disarm (timer))
    timer->callback (timer->user_data); /* may free the timer: the source still holds it */
  return G_SOURCE_REMOVE;
}

MusterTimer *
muster_context_timer_add (MusterContext *ctx, gint64 at, MusterTimerFunc callback, gpointer user_data)
{
  const MusterCheck check = MUSTER_CHECK (ctx);
  MusterTimer *timer = g_new0 (MusterTimer, 1);

  g_atomic_ref_count_init (&timer->refs);
  timer->ctx = muster_context_ref (ctx);
  timer->callback = callback;
  timer->user_data = user_data;
  if (callback == NULL)
    {
      muster_refuse (&check, "no callback");
      return timer;
    }

  g_autoptr(GSource) source = ctx->backend->timer (ctx->data, at);

  /* Attached with the mutex held, so that closing finds it either not at all or attached. */
  g_mutex_lock (&ctx->mutex);
  if (!ctx->closed)
    {
      g_atomic_ref_count_inc (&timer->refs);
      g_source_set_callback (source, on_timer_due, timer, timer_unref);
      timer->source = g_source_ref (source);
      g_hash_table_add (ctx->timers, timer);
      g_source_attach (source, ctx->thread);
    }
  g_mutex_unlock (&ctx->mutex);
  return timer;
}

void
muster_timer_free (MusterTimer *timer)
{
  if (timer == NULL)
    return;
  disarm (timer);
  if (timer->source != NULL)
    g_source_destroy (timer->source);
  timer_unref (timer);
}

void
muster_context_end_timers (MusterContext *ctx)
{
  g_autoptr(GPtrArray) sources = g_ptr_array_new_with_free_func ((GDestroyNotify) g_source_unref);
  GHashTableIter iter;
  gpointer timer;

  g_mutex_lock (&ctx->mutex);
  g_hash_table_iter_init (&iter, ctx->timers);
  while (g_hash_table_iter_next (&iter, &timer, NULL))
    g_ptr_array_add (sources, g_source_ref (((MusterTimer *) timer)->source));
  g_hash_table_remove_all (ctx->timers);
  g_mutex_unlock (&ctx->mutex);

  for (guint i = 0; i < sources->len; i++)
    g_source_destroy (g_ptr_array_index (sources, i));
}
