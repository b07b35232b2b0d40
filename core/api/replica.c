/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/replica.h"

#include "api/order.h"

#define NAMED_MAX 10000 /* groups and locations whose viewers may see others since a place */
#define GROUP "group:"
#define LOCATION "location:"
#define HOLES_AT_ONCE 8 /* for each record that is wanted: so many slots of the order are looked at */

/* What has a place in the order begins with this. */
typedef struct
{
  guint64  place; /* 0: none yet */
  gboolean gone;  /* a Removed */
} Thing;

typedef struct
{
  Thing            thing;    /* in `order` once there is a presence: nobody has seen the user before */
  MusterdAccess    access;
  guint64          resees;   /* the place since which this viewer may see others than before */
  MusterdPresence *presence; /* nullable until it is said */
  char            *account;  /* nullable: under which it stands in `accounts` */
} Entry;

/* Somebody who was seen, and is not there any more. */
typedef struct
{
  Thing thing;
  MusterdAccess access; /* as it was at the end */
  GList link; /* in `forgetting` */
} Removed;

struct _MusterdReplica
{
  GHashTable  *entries;    /* id, in the entry's user → Entry */
  GHashTable  *accounts;   /* OS account → set of ids */
  GHashTable  *removed;    /* id, in its user → Removed */
  GQueue       forgetting; /* Removed by place */
  MusterdOrder order;      /* Entry and Removed by place */
  guint64      revision;
  guint64      floor;      /* changes up to here are not known one by one */
  guint64      users_resee, all_resee; /* as an entry's, of all users; and of administrators, too */
  GHashTable  *named_resee; /* "group:NAME", "location:NAME" → guint64 *: as an entry's, of all who are in it */
  gboolean     filled;
};

static void
removed_free (gpointer data)
{
  Removed *removed = data;

  musterd_access_clear (&removed->access);
  g_free (removed);
}

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  musterd_access_clear (&entry->access);
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
  replica->removed = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, removed_free);
  replica->named_resee = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_queue_init (&replica->forgetting);
  return replica;
}

void
musterd_replica_free (MusterdReplica *replica)
{
  g_hash_table_unref (replica->entries);
  g_hash_table_unref (replica->accounts);
  g_hash_table_unref (replica->removed);
  g_hash_table_unref (replica->named_resee);
  musterd_order_clear (&replica->order);
  g_free (replica);
}

void
musterd_replica_change_free (MusterdReplicaChange *change)
{
  g_free (change->id);
  g_clear_pointer (&change->user, musterd_user_unref);
  g_clear_pointer (&change->presence, musterd_presence_unref);
  g_clear_pointer (&change->before, musterd_presence_unref);
  g_clear_pointer (&change->settings, musterd_settings_unref);
  g_clear_pointer (&change->grants, musterd_grants_unref);
  musterd_access_clear (&change->old);
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

/* Each thing that happens gets a place after all before it. There are no more of them than the engine has drawn
 * revisions for, so no place is after the revision that it says: see musterd_engine_get_revision(). */
static void
put_last (MusterdReplica *replica, Thing *thing)
{
  if (thing->place > 0)
    musterd_order_remove (&replica->order, thing->place);
  thing->place = ++replica->revision;
  musterd_order_append (&replica->order, thing->place, thing);
}

static void
forget_removed (MusterdReplica *replica, Removed *removed)
{
  musterd_order_remove (&replica->order, removed->thing.place);
  g_queue_unlink (&replica->forgetting, &removed->link);
  g_hash_table_remove (replica->removed, removed->access.user->id);
}

/* In the place of somebody who was seen. */
static void
remember_removed (MusterdReplica *replica, const MusterdAccess *access)
{
  Removed *removed = g_new0 (Removed, 1);

  removed->thing.gone = TRUE;
  musterd_access_copy (&removed->access, access);
  removed->link.data = removed;
  g_hash_table_insert (replica->removed, removed->access.user->id, removed);
  g_queue_push_tail_link (&replica->forgetting, &removed->link);
  put_last (replica, &removed->thing);
  if (g_queue_get_length (&replica->forgetting) > MUSTERD_REPLICA_REMOVED_MAX)
    {
      removed = g_queue_peek_head (&replica->forgetting);
      replica->floor = MAX (replica->floor, removed->thing.place);
      forget_removed (replica, removed);
    }
}

static void
remove_user (MusterdReplica *replica, MusterdReplicaChange *change)
{
  Entry *entry = g_hash_table_lookup (replica->entries, change->id);
  gboolean seen;

  if (entry == NULL)
    return;
  seen = entry->thing.place > 0;
  set_account (replica, change->id, entry, NULL);
  change->before = g_steal_pointer (&entry->presence);
  change->old = entry->access;
  entry->access = (MusterdAccess){ NULL };
  if (seen)
    musterd_order_remove (&replica->order, entry->thing.place);
  g_hash_table_remove (replica->entries, change->id);
  if (!seen)
    return;
  remember_removed (replica, &change->old);
  change->place = replica->revision;
}

static void
set_user (MusterdReplica *replica, Entry *entry, MusterdUser *user)
{
  MusterdUser *before = entry->access.user;

  /* The table's key stands in the user. */
  if (before != NULL)
    g_hash_table_steal (replica->entries, before->id);
  entry->access.user = musterd_user_ref (user);
  g_hash_table_insert (replica->entries, user->id, entry);
  g_clear_pointer (&before, musterd_user_unref);
  set_account (replica, user->id, entry, user->fields[MUSTERD_USER_UNIX_USER]);
}

static void
set_access (Entry *entry, const MusterdReplicaChange *change)
{
  g_clear_pointer (&entry->access.settings, musterd_settings_unref);
  g_clear_pointer (&entry->access.grants, musterd_grants_unref);
  entry->access.settings = change->settings != NULL ? musterd_settings_ref (change->settings) : NULL;
  entry->access.grants = change->grants != NULL ? musterd_grants_ref (change->grants) : NULL;
}

/* A viewer who stands elsewhere now, or is another person. */
static gboolean
is_other_viewer (const MusterdUser *before, const MusterdUser *now)
{
  static const MusterdUserField fields[] = { MUSTERD_USER_GROUP, MUSTERD_USER_LOCATION, MUSTERD_USER_UNIX_USER };

  for (gsize i = 0; before != now && i < G_N_ELEMENTS (fields); i++)
    if (g_strcmp0 (before->fields[fields[i]], now->fields[fields[i]]) != 0)
      return TRUE;
  return FALSE;
}

/* Among all are those whom nobody can count. */
static void
note_named (MusterdReplica *replica, const char *prefix, const char *name)
{
  g_autofree char *key = g_strconcat (prefix, name, NULL);
  guint64 *place = g_hash_table_lookup (replica->named_resee, key);

  if (place == NULL && g_hash_table_size (replica->named_resee) >= NAMED_MAX)
    {
      replica->users_resee = replica->revision + 1;
      g_hash_table_remove_all (replica->named_resee);
      return;
    }
  if (place == NULL)
    {
      place = g_new (guint64, 1);
      g_hash_table_insert (replica->named_resee, g_steal_pointer (&key), place);
    }
  *place = replica->revision + 1;
}

static void
on_viewer_named (const MusterdGrant *grant, gpointer data)
{
  MusterdReplica *replica = data;
  Entry *viewer;

  switch (grant->kind)
    {
    case MUSTERD_VIEWER_GROUP:
      note_named (replica, GROUP, grant->name);
      break;
    case MUSTERD_VIEWER_LOCATION:
      note_named (replica, LOCATION, grant->name);
      break;
    default:
      viewer = g_hash_table_lookup (replica->entries, grant->name);
      if (viewer != NULL)
        viewer->resees = replica->revision + 1;
    }
}

/* Notes who may see others since the place that comes next. Whom it is not worth while to find is among all. */
static void
note_viewers (MusterdReplica *replica, Entry *entry, const MusterdAccess *old)
{
  const guint64 place = replica->revision + 1;

  if (is_other_viewer (old->user, entry->access.user))
    entry->resees = place;
  if (!musterd_access_is_like (old, &entry->access))
    replica->users_resee = place;
  musterd_grants_compare (old->grants, entry->access.grants, on_viewer_named, replica);
  if (musterd_access_in_use (old) != musterd_access_in_use (&entry->access))
    replica->all_resee = place;
}

static gboolean
is_changed (const MusterdAccess *old, const MusterdReplicaChange *change)
{
  return change->user != NULL
         || (change->regraded && (change->settings != old->settings || change->grants != old->grants));
}

/* Whether somebody may have come to another level. */
static gboolean
is_regraded (const MusterdAccess *old, const MusterdAccess *now)
{
  return old->grants != now->grants || !musterd_access_is_like (old, now);
}

/* FALSE: nothing of it is to be seen. */
static gboolean
put_data (MusterdReplica *replica, Entry *entry, MusterdReplicaChange *change)
{
  MusterdAccess old = { NULL };
  gboolean regraded;

  /* Said together with new settings: nothing of it is new. */
  if (change->user == entry->access.user)
    g_clear_pointer (&change->user, musterd_user_unref);
  if (!is_changed (&entry->access, change))
    return FALSE;
  musterd_access_copy (&old, &entry->access);
  if (change->user != NULL)
    set_user (replica, entry, change->user);
  if (change->regraded)
    set_access (entry, change);
  note_viewers (replica, entry, &old);
  regraded = is_regraded (&old, &entry->access);
  if (regraded)
    change->old = old;
  else
    musterd_access_clear (&old);
  return regraded || change->user != NULL;
}

static void
put_user (MusterdReplica *replica, MusterdReplicaChange *change)
{
  Entry *entry = g_hash_table_lookup (replica->entries, change->id);
  gboolean seen = TRUE;
  Removed *removed;

  if (entry == NULL)
    {
      entry = g_new0 (Entry, 1);
      set_user (replica, entry, change->user != NULL ? change->user : change->presence->user);
      set_access (entry, change);
      entry->resees = replica->revision + 1;
    }
  else
    seen = put_data (replica, entry, change) || change->presence != NULL;
  if (entry->presence != NULL)
    change->before = musterd_presence_ref (entry->presence);
  if (change->presence != NULL && change->presence != entry->presence)
    {
      g_clear_pointer (&entry->presence, musterd_presence_unref);
      entry->presence = musterd_presence_ref (change->presence);
    }
  if (entry->presence == NULL || !seen)
    return;
  removed = g_hash_table_lookup (replica->removed, change->id);
  if (removed != NULL)
    {
      /* Who saw the one before, and does not see this one, has nobody to hear of the removal from. */
      note_viewers (replica, entry, &removed->access);
      if (change->old.user == NULL)
        musterd_access_copy (&change->old, &removed->access);
      forget_removed (replica, removed);
    }
  put_last (replica, &entry->thing);
  change->place = entry->thing.place;
}

void
musterd_replica_apply (MusterdReplica *replica, GPtrArray *changes, guint64 revision)
{
  for (guint i = 0; i < changes->len; i++)
    {
      MusterdReplicaChange *change = changes->pdata[i];

      if (change->removed || change->anew)
        remove_user (replica, change);
      if (!change->removed)
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

  return entry != NULL ? entry->access.user : NULL;
}

MusterdPresence *
musterd_replica_get_presence (MusterdReplica *replica, const char *id)
{
  Entry *entry = g_hash_table_lookup (replica->entries, id);

  return entry != NULL ? entry->presence : NULL;
}

const MusterdAccess *
musterd_replica_get_access (MusterdReplica *replica, const char *id)
{
  Entry *entry = g_hash_table_lookup (replica->entries, id);
  Removed *removed = entry == NULL ? g_hash_table_lookup (replica->removed, id) : NULL;

  return entry != NULL ? &entry->access : removed != NULL ? &removed->access : NULL;
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

static guint64
get_named (MusterdReplica *replica, const char *prefix, const char *name)
{
  g_autofree char *key = name != NULL ? g_strconcat (prefix, name, NULL) : NULL;
  const guint64 *place = key != NULL ? g_hash_table_lookup (replica->named_resee, key) : NULL;

  return place != NULL ? *place : 0;
}

static guint64
get_resees (MusterdReplica *replica, const char *viewer)
{
  Entry *entry = viewer != NULL ? g_hash_table_lookup (replica->entries, viewer) : NULL;
  guint64 place = replica->all_resee;

  if (viewer != NULL)
    place = MAX (place, replica->users_resee);
  if (entry == NULL)
    return place;
  place = MAX (place, get_named (replica, GROUP, entry->access.user->fields[MUSTERD_USER_GROUP]));
  place = MAX (place, get_named (replica, LOCATION, entry->access.user->fields[MUSTERD_USER_LOCATION]));
  return MAX (place, entry->resees);
}

gboolean
musterd_replica_has_since (MusterdReplica *replica, guint64 place)
{
  /* A place from the future belongs to another store: what that reader knows is worth nothing here. */
  return place > 0 && place >= replica->floor && place <= replica->revision;
}

gboolean
musterd_replica_knows_since (MusterdReplica *replica, const char *viewer, guint64 place)
{
  return musterd_replica_has_since (replica, place) && place >= get_resees (replica, viewer);
}

static void
add_record (GArray *records, const Thing *thing)
{
  MusterdReplicaRecord record = { .place = thing->place };

  if (thing->gone)
    record.access = &((const Removed *) thing)->access;
  else
    {
      record.access = &((const Entry *) thing)->access;
      record.user = record.access->user;
      record.presence = ((const Entry *) thing)->presence;
    }
  record.id = record.access->user->id;
  g_array_append_val (records, record);
}

static guint64
read_all (MusterdReplica *replica, guint64 after, guint max, GArray *records)
{
  gsize n_slots;
  const MusterdOrderSlot *slots = musterd_order_after (&replica->order, after, &n_slots);
  guint64 most = (guint64) max * HOLES_AT_ONCE;

  for (gsize i = 0; i < n_slots; i++)
    {
      if (i == most || records->len == max)
        return slots[i - 1].place;
      if (slots[i].thing != NULL)
        add_record (records, slots[i].thing);
    }
  return replica->revision;
}

static int
compare_places (gconstpointer a, gconstpointer b)
{
  const MusterdReplicaRecord *first = a, *second = b;

  return first->place < second->place ? -1 : first->place > second->place;
}

static guint64
read_only (MusterdReplica *replica, guint64 after, const char *const *only, guint max, GArray *records)
{
  const gboolean any_removed = g_hash_table_size (replica->removed) > 0;

  for (gsize i = 0; only[i] != NULL; i++)
    {
      const Entry *entry = g_hash_table_lookup (replica->entries, only[i]);
      const Removed *removed = any_removed ? g_hash_table_lookup (replica->removed, only[i]) : NULL;

      /* One who is gone may be back already, and not seen yet. */
      if (entry != NULL && entry->thing.place > after)
        add_record (records, &entry->thing);
      if (removed != NULL && removed->thing.place > after)
        add_record (records, &removed->thing);
    }
  g_array_sort (records, compare_places);
  if (records->len <= max)
    return replica->revision;
  g_array_set_size (records, max);
  return g_array_index (records, MusterdReplicaRecord, max - 1).place;
}

guint64
musterd_replica_read (MusterdReplica *replica, guint64 after, const char *const *only, guint max, GArray *records)
{
  g_array_set_size (records, 0);
  return only != NULL ? read_only (replica, after, only, max, records) : read_all (replica, after, max, records);
}

void
musterd_replica_item_free (MusterdReplicaItem *item)
{
  musterd_user_unref (item->user);
  musterd_presence_unref (item->presence);
  g_free (item);
}

static void
add_item (GPtrArray *items, MusterdUser *user, MusterdPresence *presence)
{
  MusterdReplicaItem *item = g_new0 (MusterdReplicaItem, 1);

  item->user = musterd_user_ref (user);
  item->presence = musterd_presence_ref (presence);
  g_ptr_array_add (items, item);
}

static int
compare_items (gconstpointer a, gconstpointer b)
{
  const MusterdReplicaItem *const *first = a, *const *second = b;

  return g_strcmp0 ((*first)->user->id, (*second)->user->id);
}

static void
access_free (gpointer data)
{
  musterd_access_clear (data);
  g_free (data);
}

static void
add_removed (GPtrArray *removed, const MusterdAccess *access)
{
  MusterdAccess *copy = g_new0 (MusterdAccess, 1);

  musterd_access_copy (copy, access);
  g_ptr_array_add (removed, copy);
}

MusterdReplicaNews *
musterd_replica_list (MusterdReplica *replica, const char *viewer, guint64 after, const char *const *only)
{
  MusterdReplicaNews *news = g_new0 (MusterdReplicaNews, 1);
  g_autoptr(GArray) records = g_array_new (FALSE, FALSE, sizeof (MusterdReplicaRecord));

  news->revision = replica->revision;
  news->items = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_replica_item_free);
  news->removed = g_ptr_array_new_with_free_func (access_free);
  news->complete = !musterd_replica_knows_since (replica, viewer, after);
  musterd_replica_read (replica, news->complete ? 0 : after, only, G_MAXUINT, records);
  for (guint i = 0; i < records->len; i++)
    {
      const MusterdReplicaRecord *record = &g_array_index (records, MusterdReplicaRecord, i);

      if (record->presence != NULL)
        add_item (news->items, record->user, record->presence);
      else if (!news->complete)
        add_removed (news->removed, record->access);
    }
  if (news->complete)
    g_ptr_array_sort (news->items, compare_items);
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
    g_ptr_array_add (users, musterd_user_ref (((Entry *) value)->access.user));
  g_ptr_array_sort (users, compare_users);
  return users;
}
