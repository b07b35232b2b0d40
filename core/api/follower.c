/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/follower.h"

#include "api/event-text.h"

#define STEP 200 /* presences in one write */

MusterdFollower *
musterd_follower_new (MusterdEvents *events, guint64 after)
{
  MusterdFollower *follower = g_new0 (MusterdFollower, 1);

  follower->events = events;
  follower->pieces = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  follower->lagging = TRUE;
  follower->after = after;
  follower->link.data = follower;
  return follower;
}

void
musterd_follower_free (MusterdFollower *follower)
{
  musterd_caller_clear (&follower->caller);
  g_clear_pointer (&follower->interests, g_ptr_array_unref);
  g_clear_pointer (&follower->news, musterd_replica_news_free);
  g_ptr_array_unref (follower->pieces);
  g_free (follower);
}

static void
begin (MusterdFollower *follower, MusterdReplica *replica, GString *text)
{
  g_autoptr(GHashTable) only = NULL;

  if (follower->interests != NULL)
    only = g_hash_table_new (g_str_hash, g_str_equal);
  for (guint i = 0; only != NULL && i < follower->interests->len; i++)
    g_hash_table_add (only, (gpointer) musterd_interest_get_user (follower->interests->pdata[i]));
  follower->news = musterd_replica_list (replica, follower->after, only);
  follower->next = 0;
  if (follower->news->complete)
    musterd_event_append_reset (text, follower->news->revision);
}

static void
append_item (MusterdFollower *follower, GString *text, const MusterdReplicaItem *item)
{
  MusterdRelation relation = musterd_caller_relation (&follower->caller, item->user->id);
  g_autoptr(MusterdPresence) view = musterd_presence_view (item->presence, relation);

  if (view != NULL)
    musterd_event_append_presence (text, item->user, view);
}

static void
finish (MusterdFollower *follower, MusterdReplica *replica, GString *text)
{
  for (guint i = 0; i < follower->news->removed->len; i++)
    {
      const char *user = follower->news->removed->pdata[i];

      if (musterd_caller_relation (&follower->caller, user) != MUSTERD_RELATION_BLOCKED)
        musterd_event_append_removed (text, user);
    }
  musterd_event_append_synced (text, follower->news->revision);
  follower->after = follower->news->revision;
  g_clear_pointer (&follower->news, musterd_replica_news_free);
  /* It may have gone on meanwhile. */
  follower->lagging = follower->after < musterd_replica_get_revision (replica);
}

void
musterd_follower_step (MusterdFollower *follower, MusterdReplica *replica)
{
  GString *text = g_string_new (NULL);
  g_autoptr(GBytes) piece = NULL;

  if (follower->news == NULL)
    begin (follower, replica, text);
  for (guint n = 0; n < STEP && follower->next < follower->news->items->len; n++, follower->next++)
    append_item (follower, text, follower->news->items->pdata[follower->next]);
  if (follower->next >= follower->news->items->len)
    finish (follower, replica, text);
  piece = g_string_free_to_bytes (text);
  if (g_bytes_get_size (piece) > 0)
    musterd_stream_send (follower->stream, &piece, 1);
}
