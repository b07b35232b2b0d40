/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/feed.h"

struct _MusterdFeed
{
  MusterdEngine *engine; /* nullable: stopped */
  GMainContext  *context;
  GSourceFunc    wake;
  gpointer       data;

  GMutex      lock;
  GHashTable *waiting;  /* under the lock: id → MusterdReplicaChange */
  GPtrArray  *order;    /* under the lock: the same, in the order of their first arrival; not owned */
  guint64     revision; /* under the lock */
  gboolean    awake;    /* under the lock: the reader has been told */
};

/* Under the lock. */
static MusterdReplicaChange *
get_change (MusterdFeed *feed, const char *id)
{
  MusterdReplicaChange *change = g_hash_table_lookup (feed->waiting, id);

  if (change != NULL)
    return change;
  change = g_new0 (MusterdReplicaChange, 1);
  change->id = g_strdup (id);
  g_hash_table_insert (feed->waiting, change->id, change);
  g_ptr_array_add (feed->order, change);
  return change;
}

static void
set_removed (MusterdReplicaChange *change)
{
  change->removed = TRUE;
  change->anew = change->regraded = FALSE;
  g_clear_pointer (&change->settings, musterd_settings_unref);
  g_clear_pointer (&change->grants, musterd_grants_unref);
  g_clear_pointer (&change->user, musterd_user_unref);
  g_clear_pointer (&change->presence, musterd_presence_unref);
}

/* What comes after a removal that waits is of somebody new. */
static void
set_there (MusterdReplicaChange *change)
{
  change->anew = change->anew || change->removed;
  change->removed = FALSE;
}

static void
set_user (MusterdReplicaChange *change, MusterdUser *user)
{
  set_there (change);
  g_clear_pointer (&change->user, musterd_user_unref);
  change->user = musterd_user_ref (user);
}

static void
set_access (MusterdReplicaChange *change, const MusterdAccess *access)
{
  if (change->removed)
    return; /* it is of the one before whoever comes next */
  change->regraded = TRUE;
  g_clear_pointer (&change->settings, musterd_settings_unref);
  g_clear_pointer (&change->grants, musterd_grants_unref);
  change->settings = musterd_settings_ref (access->settings);
  change->grants = access->grants != NULL ? musterd_grants_ref (access->grants) : NULL;
}

/* As the engine has it. */
static void
look_up_access (MusterdFeed *feed, MusterdReplicaChange *change)
{
  const MusterdAccess access = { .settings = musterd_engine_get_settings (feed->engine, change->id),
                                 .grants = musterd_engine_get_grants (feed->engine, change->id) };

  if (access.settings != NULL)
    set_access (change, &access);
}

static void
set_presence (MusterdReplicaChange *change, MusterdPresence *presence)
{
  set_there (change);
  g_clear_pointer (&change->presence, musterd_presence_unref);
  change->presence = musterd_presence_ref (presence);
}

/* Under the lock. */
static void
wake_reader (MusterdFeed *feed)
{
  g_autoptr(GSource) source = NULL;

  feed->revision = musterd_engine_get_revision (feed->engine);
  if (feed->awake || feed->order->len == 0)
    return;
  feed->awake = TRUE;
  source = g_idle_source_new ();
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, feed->wake, feed->data, NULL);
  g_source_set_static_name (source, "muster-api-feed");
  g_source_attach (source, feed->context);
}

static void
on_changed (const MusterdChange *changes, gsize n_changes, gpointer user_data)
{
  MusterdFeed *feed = user_data;

  g_mutex_lock (&feed->lock);
  for (gsize i = 0; i < n_changes; i++)
    {
      MusterdReplicaChange *change;

      if (changes[i].before == changes[i].after)
        continue;
      change = get_change (feed, changes[i].user->id);
      if (changes[i].after == NULL)
        set_removed (change);
      else
        {
          if (change->user == NULL && changes[i].before == NULL)
            {
              set_user (change, changes[i].user);
              look_up_access (feed, change);
            }
          set_presence (change, changes[i].after);
        }
    }
  wake_reader (feed);
  g_mutex_unlock (&feed->lock);
}

static void
on_users_changed (MusterdUser *const *changed, gsize n_changed, const char *const *removed, gsize n_removed,
                  gpointer user_data)
{
  MusterdFeed *feed = user_data;

  g_mutex_lock (&feed->lock);
  for (gsize i = 0; i < n_removed; i++)
    set_removed (get_change (feed, removed[i]));
  for (gsize i = 0; i < n_changed; i++)
    {
      MusterdReplicaChange *change = get_change (feed, changed[i]->id);

      set_user (change, changed[i]);
      look_up_access (feed, change);
    }
  wake_reader (feed);
  g_mutex_unlock (&feed->lock);
}

static void
on_access_changed (const MusterdAccess *access, gsize n, gpointer user_data)
{
  MusterdFeed *feed = user_data;

  g_mutex_lock (&feed->lock);
  for (gsize i = 0; i < n; i++)
    set_access (get_change (feed, access[i].user->id), &access[i]);
  wake_reader (feed);
  g_mutex_unlock (&feed->lock);
}

static void
on_user_there (MusterdUser *user, MusterdPresence *presence, gpointer user_data)
{
  MusterdReplicaChange *change = get_change (user_data, user->id);

  set_user (change, user);
  look_up_access (user_data, change);
  if (presence != NULL)
    set_presence (change, presence);
}

MusterdFeed *
musterd_feed_new (MusterdEngine *engine, GMainContext *context, GSourceFunc wake, gpointer data)
{
  MusterdFeed *feed = g_new0 (MusterdFeed, 1);

  feed->engine = engine;
  feed->context = g_main_context_ref (context);
  feed->wake = wake;
  feed->data = data;
  g_mutex_init (&feed->lock);
  feed->waiting = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) musterd_replica_change_free);
  feed->order = g_ptr_array_new ();
  musterd_engine_settle (engine);
  musterd_engine_foreach_user (engine, on_user_there, feed);
  feed->revision = musterd_engine_get_revision (engine);
  musterd_engine_listen (engine, on_changed, on_users_changed, feed);
  musterd_engine_listen_access (engine, on_access_changed, feed);
  return feed;
}

void
musterd_feed_stop (MusterdFeed *feed)
{
  if (feed->engine != NULL)
    musterd_engine_unlisten (feed->engine, feed);
  feed->engine = NULL;
}

void
musterd_feed_free (MusterdFeed *feed)
{
  musterd_feed_stop (feed);
  g_hash_table_unref (feed->waiting);
  g_ptr_array_unref (feed->order);
  g_main_context_unref (feed->context);
  g_mutex_clear (&feed->lock);
  g_free (feed);
}

GPtrArray *
musterd_feed_take (MusterdFeed *feed, MusterdReplica *replica)
{
  GPtrArray *changes = g_ptr_array_new ();
  guint64 revision;

  g_mutex_lock (&feed->lock);
  {
    GPtrArray *taken = feed->order;

    feed->order = changes;
    changes = taken;
  }
  g_hash_table_steal_all (feed->waiting);
  revision = feed->revision;
  feed->awake = FALSE;
  g_mutex_unlock (&feed->lock);

  g_ptr_array_set_free_func (changes, (GDestroyNotify) musterd_replica_change_free);
  musterd_replica_apply (replica, changes, revision);
  return changes;
}
