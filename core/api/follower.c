/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/follower.h"

#include "api/event-text.h"

#define STEP 200 /* presences in one write */
#define HIDDEN_MAX 1000 /* more than that, and all is said anew */
#define HIDDEN_MAX 1000 /* more than that, and all is said anew */

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
  g_clear_pointer (&follower->hidden, g_hash_table_unref);
  g_clear_pointer (&follower->hidden, g_hash_table_unref);
  g_ptr_array_unref (follower->pieces);
  g_free (follower);
}

void
musterd_follower_begin (MusterdFollower *follower, guint64 told)
{
  follower->lagging = follower->begun = TRUE;
  follower->after = follower->since = told;
}

void
musterd_follower_note (MusterdFollower *follower, MusterdReplica *replica, const MusterdReplicaChange *change)
{
  if (change->old.user == NULL || change->removed
      || musterd_caller_view (&follower->caller, replica, &change->old) == MUSTERD_RELATION_BLOCKED
      || musterd_caller_view (&follower->caller, replica, musterd_replica_get_access (replica, change->id))
             != MUSTERD_RELATION_BLOCKED)
    return;
  if (follower->hidden == NULL)
    follower->hidden = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_hash_table_add (follower->hidden, g_strdup (change->id));
  if (g_hash_table_size (follower->hidden) <= HIDDEN_MAX)
    return;
  follower->begun = FALSE;
  follower->after = 0;
}

static void
begin (MusterdFollower *follower, MusterdReplica *replica, GString *text)
{
  follower->begun = TRUE;
  follower->since = follower->after;
  if (musterd_replica_knows_since (replica, musterd_caller_get_viewer (&follower->caller), follower->after))
    return;
  g_clear_pointer (&follower->hidden, g_hash_table_unref);
  follower->after = 0;
  follower->since = musterd_replica_get_revision (replica);
  musterd_event_append_reset (text, follower->since);
}

static guint64
read_records (MusterdFollower *follower, MusterdReplica *replica, GArray *records)
{
  g_autofree const char **only = NULL;

  if (follower->interests != NULL)
    {
      only = g_new0 (const char *, follower->interests->len + 1);
      for (guint i = 0; i < follower->interests->len; i++)
        only[i] = musterd_interest_get_user (follower->interests->pdata[i]);
    }
  return musterd_replica_read (replica, follower->after, only, STEP, records);
}

static void
append_record (MusterdFollower *follower, MusterdReplica *replica, GString *text, const MusterdReplicaRecord *record)
{
  MusterdRelation relation = musterd_caller_view (&follower->caller, replica, record->access);
  g_autoptr(MusterdPresence) view = NULL;

  if (record->presence == NULL)
    {
      if (record->place > follower->since && relation != MUSTERD_RELATION_BLOCKED)
        musterd_event_append_removed (text, record->id);
      return;
    }
  view = musterd_presence_view (record->presence, relation);
  if (view != NULL)
    musterd_event_append_presence (text, record->user, view);
}

/* Whoever may be seen again has moved to the end of the order with that, and comes by. */
static void
append_hidden (MusterdFollower *follower, MusterdReplica *replica, GString *text)
{
  GHashTableIter iter;
  gpointer id;

  if (follower->hidden == NULL)
    return;
  g_hash_table_iter_init (&iter, follower->hidden);
  while (g_hash_table_iter_next (&iter, &id, NULL))
    {
      const MusterdAccess *access = musterd_replica_get_access (replica, id);

      if (access == NULL || musterd_caller_view (&follower->caller, replica, access) == MUSTERD_RELATION_BLOCKED)
        musterd_event_append_removed (text, id);
    }
  g_clear_pointer (&follower->hidden, g_hash_table_unref);
}

void
musterd_follower_step (MusterdFollower *follower, MusterdReplica *replica)
{
  GString *text = g_string_new (NULL);
  g_autoptr(GArray) records = g_array_new (FALSE, FALSE, sizeof (MusterdReplicaRecord));
  g_autoptr(GBytes) piece = NULL;

  /* Removals that are to come may have been forgotten on the way. */
  if (!follower->begun || !musterd_replica_has_since (replica, MAX (follower->after, follower->since)))
    begin (follower, replica, text);
  append_hidden (follower, replica, text);
  follower->after = read_records (follower, replica, records);
  for (guint i = 0; i < records->len; i++)
    append_record (follower, replica, text, &g_array_index (records, MusterdReplicaRecord, i));
  if (follower->after == musterd_replica_get_revision (replica))
    {
      musterd_event_append_synced (text, follower->after);
      follower->lagging = follower->begun = FALSE;
    }
  piece = g_string_free_to_bytes (text);
  if (g_bytes_get_size (piece) > 0)
    musterd_stream_send (follower->stream, &piece, 1);
}
