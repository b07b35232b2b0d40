/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Write-behind: what sources can say again reaches the disk in batches, and of each thing only its latest state, so
 * that a source which never stops talking costs no more memory than what it talks about. */
#define G_LOG_DOMAIN "muster-engine"

#include "engine/private.h"

#define FLUSH_MS 100
#define BACKLOG_MAX 32 /* batches in the store's queue above which we wait and gather */
#define BATCH_MAX 10000 /* items of one batch: what a write takes at once must stay small beside what it may hold */

typedef enum
{
  ITEM_CLAIM,
  ITEM_CLIENT,
  ITEM_DEVICE,
  ITEM_IGNORE,
  ITEM_SHOWN
} ItemType;

typedef struct
{
  ItemType type;
  char    *name; /* the key of the table: all of the following in one */
  char    *user, *source, *id;
  gpointer object; /* nullable: gone */
  /* ITEM_SHOWN */
  MusterdStatus status;
  char         *template_name;
  MusterdTime   since;
  char         *ended_by; /* nullable */
} Item;

struct _MusterdPending
{
  MusterdStore *store;
  GMainContext *context;
  GHashTable   *items; /* name, in the item → Item */
  GSource      *timer; /* nullable */
};

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
  g_free (item->name);
  g_free (item->user);
  g_free (item->source);
  g_free (item->id);
  g_free (item->template_name);
  g_free (item->ended_by);
  g_free (item);
}

MusterdPending *
musterd_pending_new (MusterdStore *store, GMainContext *context)
{
  MusterdPending *pending = g_new0 (MusterdPending, 1);

  pending->store = store;
  pending->context = context;
  pending->items = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, item_free);
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
  GHashTableIter iter;
  gpointer item;
  MusterdBatch *batch;

  if (pending->store == NULL || g_hash_table_size (pending->items) == 0)
    return FALSE;
  batch = musterd_batch_new ();
  g_hash_table_iter_init (&iter, pending->items);
  for (guint n = 0; n < BATCH_MAX && g_hash_table_iter_next (&iter, NULL, &item); n++)
    {
      write_item (batch, item);
      g_hash_table_iter_remove (&iter);
    }
  musterd_store_write (pending->store, batch, FALSE, NULL, NULL);
  return g_hash_table_size (pending->items) > 0;
}

void
musterd_pending_flush (MusterdPending *pending)
{
  while (flush_some (pending))
    ;
}

static gboolean
on_flush_due (gpointer data)
{
  MusterdPending *pending = data;
  guint waiting;
  gsize bytes;

  musterd_store_get_backlog (pending->store, &waiting, &bytes);
  if (waiting > BACKLOG_MAX || flush_some (pending))
    return G_SOURCE_CONTINUE;
  g_clear_pointer (&pending->timer, g_source_unref);
  return G_SOURCE_REMOVE;
}

static char *
item_name (ItemType type, const char *user, const char *source, const char *id)
{
  return g_strdup_printf ("%d\x1f%s\x1f%s\x1f%s", type, user, source, id);
}

/* A new item in place of the one before of the same thing; NULL: nothing is to be written. */
static Item *
item_add (MusterdPending *pending, ItemType type, const MusterdEntry *entry, const char *source, const char *id)
{
  Item *item;

  if (pending->store == NULL || entry->leaving)
    return NULL;
  item = g_new0 (Item, 1);
  item->type = type;
  item->user = g_strdup (entry->facts.user->id);
  item->source = g_strdup (source);
  item->id = g_strdup (id);
  item->name = item_name (type, item->user, source, id);
  g_hash_table_replace (pending->items, item->name, item);

  if (pending->timer == NULL)
    {
      /* By the monotonic clock and not ours: it is about the disk, and a test's virtual time must not stop it. */
      pending->timer = g_timeout_source_new (FLUSH_MS);
      g_source_set_static_name (pending->timer, "muster write-behind");
      g_source_set_callback (pending->timer, on_flush_due, pending, NULL);
      g_source_attach (pending->timer, pending->context);
    }
  return item;
}

void
musterd_pending_forget_user (MusterdPending *pending, const char *user)
{
  GHashTableIter iter;
  gpointer item;

  g_hash_table_iter_init (&iter, pending->items);
  while (g_hash_table_iter_next (&iter, NULL, &item))
    if (g_str_equal (((Item *) item)->user, user))
      g_hash_table_iter_remove (&iter);
}

void
musterd_pending_drop_source (MusterdPending *pending, const char *source)
{
  GHashTableIter iter;
  gpointer value;
  MusterdBatch *batch;

  if (pending->store == NULL)
    return;
  g_hash_table_iter_init (&iter, pending->items);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const Item *item = value;

      if (item->type != ITEM_IGNORE && item->type != ITEM_SHOWN && g_str_equal (item->source, source))
        g_hash_table_iter_remove (&iter);
    }
  batch = musterd_batch_new ();
  musterd_batch_drop_source (batch, source);
  musterd_store_write (pending->store, batch, FALSE, NULL, NULL);
}

void
musterd_pending_keep_ignore (MusterdPending *pending, const char *user, const char *source, const char *key)
{
  g_autofree char *name = item_name (ITEM_IGNORE, user, source, key);

  g_hash_table_remove (pending->items, name);
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
  item->template_name = g_strdup (entry->presence->template_name);
  item->since = entry->presence->since;
  item->ended_by = g_strdup (entry->ended_by);
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
