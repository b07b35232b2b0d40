/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/replica.h"

typedef struct
{
  MusterdUser     *user;
  MusterdPresence *presence; /* nullable until it is said */
  char            *account;  /* nullable: under which it stands in `accounts` */
  guint64          revision; /* the place in `order` */
  GList            link;     /* in `order` once there is a presence: nobody has seen the user before */
} Entry;

typedef struct
{
  char   *id;
  guint64 revision;
} Removed;

struct _MusterdReplica
{
  GHashTable *entries;  /* id, in the entry's user → Entry */
  GHashTable *accounts; /* OS account → set of ids */
  GQueue      order;    /* Entry by revision */
  GQueue      removed;  /* Removed by revision */
  guint64     revision;
  guint64     floor;    /* changes up to here are not known one by one */
  gboolean    filled;
};

static void
removed_free (Removed *removed)
{
  g_free (removed->id);
  g_free (removed);
}

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  musterd_user_unref (entry->user);
  g_clear_pointer (&entry->presence, musterd_presence_unref);
  g_free (entry->account);
  g_free (entry);
}

MusterdReplica *
musterd_replica_new (void)
{
  MusterdReplica *replica = g_new0 (MusterdReplica, 1);

  replica->entries = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, entry_free);
  replica->accounts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_hash_table_unref);
  g_queue_init (&replica->order);
  g_queue_init (&replica->removed);
  return replica;
}

void
musterd_replica_free (MusterdReplica *replica)
{
  g_hash_table_unref (replica->entries);
  g_hash_table_unref (replica->accounts);
  g_queue_clear_full (&replica->removed, (GDestroyNotify) removed_free);
  g_free (replica);
}

void
musterd_replica_change_free (MusterdReplicaChange *change)
{
  g_free (change->id);
  g_clear_pointer (&change->user, musterd_user_unref);
  g_clear_pointer (&change->presence, musterd_presence_unref);
  g_clear_pointer (&change->before, musterd_presence_unref);
  g_free (change);
}

static void
set_account (MusterdReplica *replica, const char *id, Entry *entry, const char *account)
{
  GHashTable *ids;

  if (g_strcmp0 (entry->account, account) == 0)
    return;
  if (entry->account != NULL)
    {
      ids = g_hash_table_lookup (replica->accounts, entry->account);
      g_hash_table_remove (ids, id);
      if (g_hash_table_size (ids) == 0)
        g_hash_table_remove (replica->accounts, entry->account);
      g_clear_pointer (&entry->account, g_free);
    }
  if (account == NULL)
    return;
  ids = g_hash_table_lookup (replica->accounts, account);
  if (ids == NULL)
    {
      ids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
      g_hash_table_insert (replica->accounts, g_strdup (account), ids);
    }
  g_hash_table_add (ids, g_strdup (id));
  entry->account = g_strdup (account);
}

/* Each thing that happens gets a place after all before it. The engine's revision is such a place for a presence;
 * a removal, or a new name, has none of its own. */
static guint64
next_place (MusterdReplica *replica, guint64 revision)
{
  replica->revision = MAX (replica->revision + 1, revision);
  return replica->revision;
}

static void
place (MusterdReplica *replica, Entry *entry, guint64 revision)
{
  if (entry->revision > 0)
    g_queue_unlink (&replica->order, &entry->link);
  entry->revision = replica->filled ? next_place (replica, revision) : MAX (revision, 1);
  g_queue_push_tail_link (&replica->order, &entry->link);
}

/* The place of what anybody can have seen; 0: nobody has. */
static guint64
remove_user (MusterdReplica *replica, MusterdReplicaChange *change)
{
  const char *id = change->id;
  Entry *entry = g_hash_table_lookup (replica->entries, id);
  Removed *removed;

  if (entry == NULL)
    return 0;
  set_account (replica, id, entry, NULL);
  if (entry->revision == 0)
    {
      g_hash_table_remove (replica->entries, id);
      return 0;
    }
  g_queue_unlink (&replica->order, &entry->link);
  change->before = g_steal_pointer (&entry->presence);
  g_hash_table_remove (replica->entries, id);

  removed = g_new0 (Removed, 1);
  removed->id = g_strdup (id);
  removed->revision = next_place (replica, 0);
  g_queue_push_tail (&replica->removed, removed);
  if (g_queue_get_length (&replica->removed) > MUSTERD_REPLICA_REMOVED_MAX)
    {
      removed = g_queue_pop_head (&replica->removed);
      replica->floor = MAX (replica->floor, removed->revision);
      removed_free (removed);
    }
  return replica->revision;
}

static void
set_user (MusterdReplica *replica, Entry *entry, MusterdUser *user)
{
  MusterdUser *before = entry->user;

  /* The table's key stands in the user. */
  if (before != NULL)
    g_hash_table_steal (replica->entries, before->id);
  entry->user = musterd_user_ref (user);
  g_hash_table_insert (replica->entries, user->id, entry);
  g_clear_pointer (&before, musterd_user_unref);
}

static void
put_user (MusterdReplica *replica, MusterdReplicaChange *change)
{
  Entry *entry = g_hash_table_lookup (replica->entries, change->id);

  if (entry == NULL)
    {
      entry = g_new0 (Entry, 1);
      entry->link.data = entry;
      set_user (replica, entry, change->user != NULL ? change->user : change->presence->user);
    }
  if (change->user != NULL)
    {
      set_user (replica, entry, change->user);
      set_account (replica, change->id, entry, change->user->fields[MUSTERD_USER_UNIX_USER]);
    }
  if (entry->presence != NULL)
    change->before = musterd_presence_ref (entry->presence);
  if (change->presence != NULL && change->presence != entry->presence)
    {
      g_clear_pointer (&entry->presence, musterd_presence_unref);
      entry->presence = musterd_presence_ref (change->presence);
    }
  if (entry->presence != NULL)
    {
      place (replica, entry, change->presence != NULL ? change->presence->revision : 0);
      change->place = entry->revision;
    }
}

void
musterd_replica_apply (MusterdReplica *replica, GPtrArray *changes, guint64 revision)
{
  for (guint i = 0; i < changes->len; i++)
    {
      MusterdReplicaChange *change = changes->pdata[i];

      if (change->removed)
        change->place = remove_user (replica, change);
      else
        put_user (replica, change);
    }
  replica->revision = MAX (replica->revision, revision);
  if (!replica->filled)
    {
      replica->filled = TRUE;
      replica->floor = replica->revision;
    }
}

guint64
musterd_replica_get_revision (MusterdReplica *replica)
{
  return replica->revision;
}

guint
musterd_replica_get_n_users (MusterdReplica *replica)
{
  return g_hash_table_size (replica->entries);
}

MusterdUser *
musterd_replica_get_user (MusterdReplica *replica, const char *id)
{
  Entry *entry = g_hash_table_lookup (replica->entries, id);

  return entry != NULL ? entry->user : NULL;
}

MusterdPresence *
musterd_replica_get_presence (MusterdReplica *replica, const char *id)
{
  Entry *entry = g_hash_table_lookup (replica->entries, id);

  return entry != NULL ? entry->presence : NULL;
}

MusterdUser *
musterd_replica_get_by_account (MusterdReplica *replica, const char *account)
{
  GHashTable *ids = g_hash_table_lookup (replica->accounts, account);
  GHashTableIter iter;
  gpointer id;

  /* An account that two users claim is nobody's: it must not depend on an accident whom it may speak for. */
  if (ids == NULL || g_hash_table_size (ids) != 1)
    return NULL;
  g_hash_table_iter_init (&iter, ids);
  g_hash_table_iter_next (&iter, &id, NULL);
  return musterd_replica_get_user (replica, id);
}

void
musterd_replica_item_free (MusterdReplicaItem *item)
{
  musterd_user_unref (item->user);
  musterd_presence_unref (item->presence);
  g_free (item);
}

static void
add_item (GPtrArray *items, const Entry *entry)
{
  MusterdReplicaItem *item;

  if (entry->presence == NULL)
    return;
  item = g_new0 (MusterdReplicaItem, 1);
  item->user = musterd_user_ref (entry->user);
  item->presence = musterd_presence_ref (entry->presence);
  g_ptr_array_add (items, item);
}

static int
compare_items (gconstpointer a, gconstpointer b)
{
  const MusterdReplicaItem *const *first = a, *const *second = b;

  return g_strcmp0 ((*first)->user->id, (*second)->user->id);
}

static void
add_all (MusterdReplica *replica, GHashTable *only, GPtrArray *items)
{
  GHashTableIter iter;
  gpointer key, value;

  if (only != NULL)
    {
      g_hash_table_iter_init (&iter, only);
      while (g_hash_table_iter_next (&iter, &key, NULL))
        {
          Entry *entry = g_hash_table_lookup (replica->entries, key);

          if (entry != NULL)
            add_item (items, entry);
        }
    }
  else
    {
      g_hash_table_iter_init (&iter, replica->entries);
      while (g_hash_table_iter_next (&iter, NULL, &value))
        add_item (items, value);
    }
  g_ptr_array_sort (items, compare_items);
}

static void
add_after (MusterdReplica *replica, guint64 after, GHashTable *only, MusterdReplicaNews *news)
{
  GHashTableIter iter;
  gpointer id;

  if (only != NULL)
    {
      g_hash_table_iter_init (&iter, only);
      while (g_hash_table_iter_next (&iter, &id, NULL))
        {
          const Entry *entry = g_hash_table_lookup (replica->entries, id);

          if (entry != NULL && entry->revision > after)
            add_item (news->items, entry);
        }
    }
  else
    for (GList *link = replica->order.tail; link != NULL && ((Entry *) link->data)->revision > after; link = link->prev)
      add_item (news->items, link->data);

  for (GList *link = replica->removed.tail; link != NULL && ((Removed *) link->data)->revision > after;
       link = link->prev)
    {
      const Removed *removed = link->data;

      if (!g_hash_table_contains (replica->entries, removed->id)
          && (only == NULL || g_hash_table_contains (only, removed->id)))
        g_ptr_array_add (news->removed, g_strdup (removed->id));
    }
}

MusterdReplicaNews *
musterd_replica_list (MusterdReplica *replica, guint64 after, GHashTable *only)
{
  MusterdReplicaNews *news = g_new0 (MusterdReplicaNews, 1);

  news->revision = replica->revision;
  news->items = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_replica_item_free);
  news->removed = g_ptr_array_new_with_free_func (g_free);
  /* A revision from the future belongs to another store: what that reader knows is worth nothing here. */
  news->complete = after == 0 || after < replica->floor || after > replica->revision;
  if (news->complete)
    add_all (replica, only, news->items);
  else
    add_after (replica, after, only, news);
  return news;
}

void
musterd_replica_news_free (MusterdReplicaNews *news)
{
  g_ptr_array_unref (news->items);
  g_ptr_array_unref (news->removed);
  g_free (news);
}

static int
compare_users (gconstpointer a, gconstpointer b)
{
  const MusterdUser *const *first = a, *const *second = b;

  return g_strcmp0 ((*first)->id, (*second)->id);
}

GPtrArray *
musterd_replica_list_users (MusterdReplica *replica)
{
  GPtrArray *users = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_user_unref);
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, replica->entries);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    g_ptr_array_add (users, musterd_user_ref (((Entry *) value)->user));
  g_ptr_array_sort (users, compare_users);
  return users;
}
