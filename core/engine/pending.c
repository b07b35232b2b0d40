/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Write-behind: what sources can say again reaches the disk in batches, and of each thing only its latest state, so
 * that a source which never stops talking costs no more memory than what it talks about. */
#define G_LOG_DOMAIN "muster-engine"

#include "engine/private.h"

#include <string.h>

#include "model/intern.h"

#define FLUSH_MS 100
#define SOON_MS 1
#define BACKLOG_MAX 32 /* batches in the store's queue above which we wait and gather */
#define BATCH_GOOD 1000 /* items for which waiting any longer saves nothing */
#define BATCH_MAX 10000 /* items of one batch: what a write takes at once must stay small beside what it may hold */

typedef enum
{
  ITEM_CLAIM,
  ITEM_CLIENT,
  ITEM_DEVICE,
  ITEM_IGNORE,
  ITEM_SHOWN
} ItemType;

/* One thing; the four first members name it. */
typedef struct
{
  ItemType    type;
  const char *user, *source, *id; /* in `names`, or the caller's where the item is only to look for another */
  GList       link;               /* in `order` */
  gpointer    object;             /* nullable: gone */
  /* ITEM_SHOWN */
  MusterdStatus status;
  char         *template_name; /* nullable, interned */
  MusterdTime   since;
  char         *ended_by; /* nullable, interned */
  char          names[];
} Item;

struct _MusterdPending
{
  MusterdStore *store;
  GMainContext *context;
  GHashTable   *items; /* set of Item */
  GQueue        order; /* Item: the one that has waited longest first, so that rows which lie together, having come
                        * together, are written together; and so that none waits for ever */
  GSource      *timer; /* nullable */
};

static guint
item_hash (gconstpointer data)
{
  const Item *item = data;

  return ((g_str_hash (item->user) * 31 + g_str_hash (item->source)) * 31 + g_str_hash (item->id)) * 31 + item->type;
}

static gboolean
item_equal (gconstpointer a, gconstpointer b)
{
  const Item *first = a, *second = b;

  return first->type == second->type && g_str_equal (first->user, second->user) && g_str_equal (first->id, second->id)
         && g_str_equal (first->source, second->source);
}

static void
item_free (gpointer data)
{
  Item *item = data;

  if (item->object != NULL && item->type == ITEM_CLAIM)
    musterd_claim_unref (item->object);
  else if (item->type == ITEM_CLIENT)
    musterd_client_free (item->object);
  else if (item->type == ITEM_DEVICE)
    musterd_device_free (item->object);
  else if (item->type == ITEM_IGNORE)
    musterd_ignore_free (item->object);
  g_clear_pointer (&item->template_name, musterd_intern_release);
  g_clear_pointer (&item->ended_by, musterd_intern_release);
  g_free (item);
}

static void
item_remove (MusterdPending *pending, Item *item)
{
  g_queue_unlink (&pending->order, &item->link);
  g_hash_table_remove (pending->items, item);
}

MusterdPending *
musterd_pending_new (MusterdStore *store, GMainContext *context)
{
  MusterdPending *pending = g_new0 (MusterdPending, 1);

  pending->store = store;
  pending->context = context;
  pending->items = g_hash_table_new_full (item_hash, item_equal, item_free, NULL);
  g_queue_init (&pending->order);
  return pending;
}

void
musterd_pending_free (MusterdPending *pending)
{
  if (pending->timer != NULL)
    {
      g_source_destroy (pending->timer);
      g_source_unref (pending->timer);
    }
  g_hash_table_unref (pending->items);
  g_free (pending);
}

static void
write_item (MusterdBatch *batch, const Item *item)
{
  switch (item->type)
    {
    case ITEM_CLAIM:
      if (item->object != NULL)
        musterd_batch_put_claim (batch, item->user, item->object);
      else
        musterd_batch_remove_claim (batch, item->user, item->source, item->id);
      break;
    case ITEM_CLIENT:
      if (item->object != NULL)
        musterd_batch_put_client (batch, item->user, item->object);
      else
        musterd_batch_remove_client (batch, item->user, item->source, item->id);
      break;
    case ITEM_DEVICE:
      if (item->object != NULL)
        musterd_batch_put_device (batch, item->user, item->object);
      else
        musterd_batch_remove_device (batch, item->user, item->source, item->id);
      break;
    case ITEM_IGNORE:
      if (item->object != NULL)
        musterd_batch_put_ignore (batch, item->user, item->object);
      else
        musterd_batch_remove_ignore (batch, item->user, item->source, item->id);
      break;
    case ITEM_SHOWN:
      musterd_batch_put_shown (batch, item->user, item->status, item->template_name, item->since, item->ended_by);
      break;
    default:
      g_assert_not_reached ();
    }
}

/* One batch. TRUE: there is more. */
static gboolean
flush_some (MusterdPending *pending)
{
  MusterdBatch *batch;

  if (pending->store == NULL || pending->order.length == 0)
    return FALSE;
  batch = musterd_batch_new ();
  for (guint n = 0; n < BATCH_MAX && pending->order.length > 0; n++)
    {
      Item *item = g_queue_peek_head (&pending->order);

      write_item (batch, item);
      item_remove (pending, item);
    }
  musterd_store_write (pending->store, batch, FALSE, NULL, NULL);
  return pending->order.length > 0;
}

void
musterd_pending_flush (MusterdPending *pending)
{
  while (flush_some (pending))
    ;
}

static void flush_later (MusterdPending *pending, gboolean soon);

static gboolean
on_flush_due (gpointer data)
{
  MusterdPending *pending = data;
  guint waiting;
  gsize bytes;

  g_clear_pointer (&pending->timer, g_source_unref);
  musterd_store_get_backlog (pending->store, &waiting, &bytes);
  if (waiting > BACKLOG_MAX)
    flush_later (pending, FALSE);
  else if (flush_some (pending))
    flush_later (pending, TRUE);
  return G_SOURCE_REMOVE;
}

/* `soon`: after what else this thread has to do now. */
static void
flush_later (MusterdPending *pending, gboolean soon)
{
  /* By the monotonic clock and not ours: it is about the disk, and a test's virtual time must not stop it. */
  pending->timer = g_timeout_source_new (soon ? SOON_MS : FLUSH_MS);
  g_source_set_static_name (pending->timer, "muster write-behind");
  g_source_set_callback (pending->timer, on_flush_due, pending, NULL);
  g_source_attach (pending->timer, pending->context);
}

static Item *
item_find (MusterdPending *pending, ItemType type, const char *user, const char *source, const char *id)
{
  const Item like = { .type = type, .user = user, .source = source, .id = id };

  return g_hash_table_lookup (pending->items, &like);
}

static Item *
item_new (ItemType type, const char *user, const char *source, const char *id)
{
  gsize user_size = strlen (user) + 1, source_size = strlen (source) + 1, id_size = strlen (id) + 1;
  Item *item = g_malloc0 (sizeof *item + user_size + source_size + id_size);

  item->type = type;
  item->user = memcpy (item->names, user, user_size);
  item->source = memcpy (item->names + user_size, source, source_size);
  item->id = memcpy (item->names + user_size + source_size, id, id_size);
  item->link.data = item;
  return item;
}

/* A new item in place of the one before of the same thing; NULL: nothing is to be written. */
static Item *
item_add (MusterdPending *pending, ItemType type, const MusterdEntry *entry, const char *source, const char *id)
{
  const char *user = entry->facts.user->id;
  Item *item, *before;

  if (pending->store == NULL || entry->leaving)
    return NULL;
  item = item_new (type, user, source, id);
  before = item_find (pending, type, user, source, id);
  if (before != NULL)
    {
      g_queue_insert_after_link (&pending->order, &before->link, &item->link);
      item_remove (pending, before);
    }
  else
    g_queue_push_tail_link (&pending->order, &item->link);
  g_hash_table_add (pending->items, item);

  if (pending->timer == NULL)
    flush_later (pending, FALSE);
  else if (before == NULL && pending->order.length == BATCH_GOOD)
    {
      g_source_destroy (pending->timer);
      g_clear_pointer (&pending->timer, g_source_unref);
      flush_later (pending, TRUE);
    }
  return item;
}

void
musterd_pending_forget_user (MusterdPending *pending, const char *user)
{
  for (GList *link = pending->order.head, *next; link != NULL; link = next)
    {
      next = link->next;
      if (g_str_equal (((Item *) link->data)->user, user))
        item_remove (pending, link->data);
    }
}

void
musterd_pending_drop_source (MusterdPending *pending, const char *source)
{
  MusterdBatch *batch;

  if (pending->store == NULL)
    return;
  for (GList *link = pending->order.head, *next; link != NULL; link = next)
    {
      const Item *item = link->data;

      next = link->next;
      if (item->type != ITEM_IGNORE && item->type != ITEM_SHOWN && g_str_equal (item->source, source))
        item_remove (pending, link->data);
    }
  batch = musterd_batch_new ();
  musterd_batch_drop_source (batch, source);
  musterd_store_write (pending->store, batch, FALSE, NULL, NULL);
}

void
musterd_pending_keep_ignore (MusterdPending *pending, const char *user, const char *source, const char *key)
{
  Item *item = item_find (pending, ITEM_IGNORE, user, source, key);

  if (item != NULL)
    item_remove (pending, item);
}

void
musterd_pending_put_claim (MusterdPending *pending, MusterdEntry *entry, MusterdClaim *claim)
{
  Item *item = item_add (pending, ITEM_CLAIM, entry, claim->source, claim->key);

  if (item != NULL)
    item->object = musterd_claim_ref (claim);
}

void
musterd_pending_drop_claim (MusterdPending *pending, MusterdEntry *entry, const MusterdClaim *claim)
{
  item_add (pending, ITEM_CLAIM, entry, claim->source, claim->key);
}

void
musterd_pending_client (MusterdPending *pending, MusterdEntry *entry, const char *source, const char *id,
                        const MusterdClient *client)
{
  Item *item = item_add (pending, ITEM_CLIENT, entry, source, id);
  MusterdClient *copy;

  if (item == NULL || client == NULL)
    return;
  copy = g_new0 (MusterdClient, 1);
  *copy = *client;
  copy->source = g_strdup (source);
  copy->id = g_strdup (id);
  item->object = copy;
}

void
musterd_pending_device (MusterdPending *pending, MusterdEntry *entry, const char *source, const char *id,
                        const MusterdDevice *device)
{
  Item *item = item_add (pending, ITEM_DEVICE, entry, source, id);
  MusterdDevice *copy;

  if (item == NULL || device == NULL)
    return;
  copy = g_new0 (MusterdDevice, 1);
  *copy = *device;
  copy->source = g_strdup (source);
  copy->id = g_strdup (id);
  copy->label = g_strdup (device->label);
  item->object = copy;
}

void
musterd_pending_ignore (MusterdPending *pending, MusterdEntry *entry, const MusterdIgnore *ignore)
{
  Item *item = item_add (pending, ITEM_IGNORE, entry, ignore->source, ignore->key);
  MusterdIgnore *copy;

  if (item == NULL)
    return;
  copy = g_new0 (MusterdIgnore, 1);
  copy->source = g_strdup (ignore->source);
  copy->key = g_strdup (ignore->key);
  copy->from = ignore->from;
  item->object = copy;
}

void
musterd_pending_ignore_gone (MusterdPending *pending, MusterdEntry *entry, const char *source, const char *key)
{
  item_add (pending, ITEM_IGNORE, entry, source, key);
}

void
musterd_pending_shown (MusterdPending *pending, MusterdEntry *entry)
{
  Item *item = item_add (pending, ITEM_SHOWN, entry, "", "");

  if (item == NULL)
    return;
  item->status = entry->presence->status;
  if (entry->presence->template_name != NULL)
    item->template_name = musterd_intern_acquire (entry->presence->template_name);
  item->since = entry->presence->since;
  item->ended_by = entry->ended_by != NULL ? musterd_intern (entry->ended_by) : NULL;
}

void
musterd_pending_everything (MusterdPending *pending, MusterdEntry *entry)
{
  const MusterdFacts *facts = &entry->facts;

  for (guint i = 0; i < facts->claims->len; i++)
    musterd_pending_put_claim (pending, entry, g_ptr_array_index (facts->claims, i));
  for (guint i = 0; facts->clients != NULL && i < facts->clients->len; i++)
    {
      const MusterdClient *client = g_ptr_array_index (facts->clients, i);

      musterd_pending_client (pending, entry, client->source, client->id, client);
    }
  for (guint i = 0; facts->devices != NULL && i < facts->devices->len; i++)
    {
      const MusterdDevice *device = g_ptr_array_index (facts->devices, i);

      musterd_pending_device (pending, entry, device->source, device->id, device);
    }
  if (entry->presence != NULL)
    musterd_pending_shown (pending, entry);
}
