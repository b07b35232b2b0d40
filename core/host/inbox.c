/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-host"

#include "host/inbox.h"

#include "model/bucket.h"

struct _MusterdInbox
{
  GMutex   mutex; /* taken after a queue's, never before */
  GQueue   ready; /* MusterdQueue with items, in the order of their turns; each a reference */
  GSource *source;
};

struct _MusterdQueue
{
  gatomicrefcount refs;
  MusterdItemFunc func;
  gpointer        user_data;

  GMutex        mutex; /* guards what follows */
  GCond         room;
  MusterdInbox *inbox; /* nullable: detached */
  GQueue        items;
  gsize         n_messages, n_bytes; /* of the plugin's messages in `items` */
  gboolean      closed;
  gboolean      ready;               /* in the inbox' list, or having its turn */
  MusterdBucket log;
  guint         n_logs_dropped;

  GQueue taken; /* engine's thread: of this turn, not handled yet */
};

typedef struct
{
  GSource       base;
  MusterdInbox *inbox;
} InboxSource;

static void
item_clear (MusterdItem *item)
{
  g_clear_pointer (&item->message, muster_message_free);
  g_clear_pointer (&item->text, g_free);
  g_clear_error (&item->error);
}

static void
item_free (gpointer data)
{
  item_clear (data);
  g_free (data);
}

/* Queues. */

MusterdQueue *
musterd_queue_new (MusterdInbox *inbox, MusterdItemFunc func, gpointer user_data)
{
  MusterdQueue *queue = g_new0 (MusterdQueue, 1);

  g_atomic_ref_count_init (&queue->refs);
  g_mutex_init (&queue->mutex);
  g_cond_init (&queue->room);
  g_queue_init (&queue->items);
  g_queue_init (&queue->taken);
  queue->inbox = inbox;
  queue->func = func;
  queue->user_data = user_data;
  return queue;
}

MusterdQueue *
musterd_queue_ref (MusterdQueue *queue)
{
  g_atomic_ref_count_inc (&queue->refs);
  return queue;
}

void
musterd_queue_unref (MusterdQueue *queue)
{
  if (!g_atomic_ref_count_dec (&queue->refs))
    return;
  g_queue_clear_full (&queue->items, item_free);
  g_queue_clear_full (&queue->taken, item_free);
  g_cond_clear (&queue->room);
  g_mutex_clear (&queue->mutex);
  g_free (queue);
}

/* With the mutex held, and not detached. */
static void
make_ready (MusterdQueue *queue)
{
  if (queue->ready)
    return;
  queue->ready = TRUE;
  g_mutex_lock (&queue->inbox->mutex);
  g_queue_push_tail (&queue->inbox->ready, musterd_queue_ref (queue));
  g_source_set_ready_time (queue->inbox->source, 0);
  g_mutex_unlock (&queue->inbox->mutex);
}

/* With the mutex held. */
static void
append (MusterdQueue *queue, const MusterdItem *item)
{
  g_queue_push_tail (&queue->items, g_memdup2 (item, sizeof *item));
  if (item->message != NULL)
    {
      queue->n_messages++;
      queue->n_bytes += item->message->size;
    }
  make_ready (queue);
}

/* With the mutex held. One message always fits, however large. */
static gboolean
is_full (const MusterdQueue *queue, gsize size)
{
  return queue->n_messages >= MUSTERD_QUEUE_MESSAGES
         || (queue->n_messages > 0 && queue->n_bytes + size > MUSTERD_QUEUE_BYTES);
}

/* With the mutex held. */
static void
leave_out (MusterdQueue *queue)
{
  const MusterdItem item = { .kind = MUSTERD_ITEM_LEFT_OUT };

  if (queue->n_logs_dropped++ == 0)
    append (queue, &item); /* it takes along what is dropped until then */
}

void
musterd_queue_leave_out (MusterdQueue *queue)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&queue->mutex);

  if (!queue->closed && queue->inbox != NULL)
    leave_out (queue);
}

/* With the mutex held. Lines that are too many, or come while claims already have to wait, are only counted. */
static gboolean
may_log (MusterdQueue *queue)
{
  if (queue->n_messages <= MUSTERD_QUEUE_MESSAGES / 2
      && musterd_bucket_take (&queue->log, g_get_monotonic_time (), MUSTERD_LOG_BURST,
                              G_TIME_SPAN_SECOND / MUSTERD_LOG_RATE))
    return TRUE;
  leave_out (queue);
  return FALSE;
}

void
musterd_queue_send (MusterdQueue *queue, MusterMessage *message)
{
  const MusterdItem item = { .kind = MUSTERD_ITEM_MESSAGE, .message = message };
  gboolean taken = FALSE;

  g_mutex_lock (&queue->mutex);
  if (message->verb == MUSTER_VERB_LOG)
    taken = !queue->closed && queue->inbox != NULL && may_log (queue);
  else
    {
      while (!queue->closed && queue->inbox != NULL && is_full (queue, message->size))
        g_cond_wait (&queue->room, &queue->mutex);
      taken = !queue->closed && queue->inbox != NULL;
    }
  if (taken)
    append (queue, &item);
  g_mutex_unlock (&queue->mutex);

  if (!taken)
    muster_message_free (message);
}

void
musterd_queue_post (MusterdQueue *queue, const MusterdItem *item)
{
  MusterdItem copy = *item;
  gboolean taken;

  g_mutex_lock (&queue->mutex);
  taken = queue->inbox != NULL;
  if (taken)
    append (queue, item);
  g_mutex_unlock (&queue->mutex);

  if (!taken)
    item_clear (&copy);
}

/* With the mutex held. */
static void
drop_messages (MusterdQueue *queue)
{
  GList *next;

  for (GList *l = queue->items.head; l != NULL; l = next)
    {
      MusterdItem *item = l->data;

      next = l->next;
      if (item->kind == MUSTERD_ITEM_MESSAGE)
        {
          g_queue_delete_link (&queue->items, l);
          item_free (item);
        }
    }
  queue->n_messages = 0;
  queue->n_bytes = 0;
}

void
musterd_queue_close (MusterdQueue *queue)
{
  g_mutex_lock (&queue->mutex);
  queue->closed = TRUE;
  drop_messages (queue);
  g_cond_broadcast (&queue->room);
  g_mutex_unlock (&queue->mutex);
}

void
musterd_queue_detach (MusterdQueue *queue)
{
  g_mutex_lock (&queue->mutex);
  queue->closed = TRUE;
  queue->inbox = NULL;
  g_queue_clear_full (&queue->items, item_free);
  queue->n_messages = 0;
  queue->n_bytes = 0;
  g_cond_broadcast (&queue->room);
  g_mutex_unlock (&queue->mutex);
}

guint
musterd_queue_get_length (MusterdQueue *queue)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&queue->mutex);

  return g_queue_get_length (&queue->items) + g_queue_get_length (&queue->taken);
}

/* The engine's side. */

static void
take_some (MusterdQueue *queue)
{
  g_mutex_lock (&queue->mutex);
  while (g_queue_get_length (&queue->taken) < MUSTERD_QUEUE_TURN && !g_queue_is_empty (&queue->items))
    {
      MusterdItem *item = g_queue_pop_head (&queue->items);

      if (item->message != NULL)
        {
          queue->n_messages--;
          queue->n_bytes -= item->message->size;
        }
      if (item->kind == MUSTERD_ITEM_LEFT_OUT)
        {
          item->flags = queue->n_logs_dropped;
          queue->n_logs_dropped = 0;
        }
      g_queue_push_tail (&queue->taken, item);
    }
  g_cond_broadcast (&queue->room);
  g_mutex_unlock (&queue->mutex);
}

/* Closing may happen within the handling of any item; it is done on this thread only, so no lock is needed to look. */
static void
handle_one (MusterdQueue *queue)
{
  MusterdItem *item = g_queue_pop_head (&queue->taken);

  if (queue->inbox != NULL && !(queue->closed && item->kind == MUSTERD_ITEM_MESSAGE))
    queue->func (item, queue->user_data);
  item_free (item);
}

/* Back to the end of the line, or out of it. */
static void
end_turn (MusterdQueue *queue)
{
  g_mutex_lock (&queue->mutex);
  queue->ready = FALSE;
  if (queue->inbox != NULL && (!g_queue_is_empty (&queue->items) || !g_queue_is_empty (&queue->taken)))
    make_ready (queue);
  g_mutex_unlock (&queue->mutex);
}

static void
have_turn (MusterdQueue *queue, gint64 deadline)
{
  take_some (queue);
  while (!g_queue_is_empty (&queue->taken))
    {
      handle_one (queue);
      if (g_get_monotonic_time () >= deadline)
        break;
    }
  end_turn (queue);
}

static MusterdQueue *
next_queue (MusterdInbox *inbox)
{
  MusterdQueue *queue;

  g_mutex_lock (&inbox->mutex);
  queue = g_queue_pop_head (&inbox->ready);
  if (queue == NULL)
    g_source_set_ready_time (inbox->source, -1);
  g_mutex_unlock (&inbox->mutex);
  return queue;
}

static gboolean
inbox_dispatch (GSource *source, GSourceFunc callback G_GNUC_UNUSED, gpointer user_data G_GNUC_UNUSED)
{
  MusterdInbox *inbox = ((InboxSource *) source)->inbox;
  const gint64 deadline = g_get_monotonic_time () + MUSTERD_INBOX_TIME;
  MusterdQueue *queue;

  while (g_get_monotonic_time () < deadline && (queue = next_queue (inbox)) != NULL)
    {
      have_turn (queue, deadline);
      musterd_queue_unref (queue);
      if (g_source_is_destroyed (source))
        return G_SOURCE_REMOVE;
    }
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs inbox_funcs = { .dispatch = inbox_dispatch };

MusterdInbox *
musterd_inbox_new (GMainContext *context)
{
  MusterdInbox *inbox = g_new0 (MusterdInbox, 1);

  g_mutex_init (&inbox->mutex);
  g_queue_init (&inbox->ready);
  inbox->source = g_source_new (&inbox_funcs, sizeof (InboxSource));
  ((InboxSource *) inbox->source)->inbox = inbox;
  g_source_set_static_name (inbox->source, "muster inbox");
  g_source_attach (inbox->source, context);
  return inbox;
}

void
musterd_inbox_free (MusterdInbox *inbox)
{
  if (inbox == NULL)
    return;
  g_source_destroy (inbox->source);
  g_source_unref (inbox->source);
  g_queue_clear_full (&inbox->ready, (GDestroyNotify) musterd_queue_unref);
  g_mutex_clear (&inbox->mutex);
  g_free (inbox);
}
