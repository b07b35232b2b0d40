/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/events.h"

#include <string.h>

#include "api/event-text.h"
#include "api/follower.h"
#include "api/routes.h"
#include "api/server.h"
#include "model/error.h"

#define REGRADED_AT_ONCE 100 /* owners whose viewers are looked at one by one */
#define STEPS_AT_ONCE 32 /* of catching up, before the loop's other sources have their turn */

struct _MusterdEvents
{
  MusterdServer *server;
  GHashTable    *interests;  /* user → MusterdInterest */
  GPtrArray     *everybody;  /* MusterdFollower, of those who name nobody */
  GHashTable    *by_caller;  /* user → GPtrArray of MusterdFollower: who they are */
  GPtrArray     *by_account; /* MusterdFollower: who is known by account */
  GQueue         due;        /* MusterdFollower, to be brought up to date */
  GSource       *catching_up; /* nullable: nobody is due */
  GPtrArray     *touched;    /* MusterdFollower; with something to send at the end of this turn */
  guint64        told;       /* the replica's revision up to which followers that do not lag know everything */
  gboolean       stopped;
};

/* Who follows one user. */
struct _MusterdInterest
{
  char      *user;
  GPtrArray *followers; /* MusterdFollower */
};

static void
interest_free (gpointer data)
{
  MusterdInterest *interest = data;

  g_free (interest->user);
  g_ptr_array_unref (interest->followers);
  g_free (interest);
}

const char *
musterd_interest_get_user (const MusterdInterest *interest)
{
  return interest->user;
}

/* Catching up. */

static gboolean
on_catching_up (gpointer data)
{
  MusterdEvents *events = data;

  for (guint i = 0; i < STEPS_AT_ONCE && events->due.head != NULL; i++)
    {
      MusterdFollower *follower = g_queue_pop_head_link (&events->due)->data;

      follower->due = FALSE;
      if (!musterd_stream_is_clear (follower->stream))
        continue; /* on_clear() brings it back */
      musterd_follower_step (follower, events->server->replica);
      if (follower->lagging && musterd_stream_is_clear (follower->stream))
        musterd_events_catch_up (events, follower);
    }
  if (events->due.head != NULL)
    return G_SOURCE_CONTINUE;
  g_clear_pointer (&events->catching_up, g_source_unref);
  return G_SOURCE_REMOVE;
}

void
musterd_events_catch_up (MusterdEvents *events, MusterdFollower *follower)
{
  if (follower->due)
    return;
  follower->due = TRUE;
  g_queue_push_tail_link (&events->due, &follower->link);
  if (events->catching_up != NULL)
    return;
  events->catching_up = g_idle_source_new ();
  /* After requests and changes, which it must not delay. */
  g_source_set_priority (events->catching_up, G_PRIORITY_DEFAULT + 10);
  g_source_set_callback (events->catching_up, on_catching_up, events, NULL);
  g_source_set_static_name (events->catching_up, "muster-api-catch-up");
  g_source_attach (events->catching_up, events->server->context);
}

/* Coming and going. */

static GPtrArray *
get_callers (MusterdEvents *events, const char *user)
{
  GPtrArray *followers = g_hash_table_lookup (events->by_caller, user);

  if (followers == NULL)
    {
      followers = g_ptr_array_new ();
      g_hash_table_insert (events->by_caller, g_strdup (user), followers);
    }
  return followers;
}

static MusterdInterest *
get_interest (MusterdEvents *events, const char *user)
{
  MusterdInterest *interest = g_hash_table_lookup (events->interests, user);

  if (interest == NULL)
    {
      interest = g_new0 (MusterdInterest, 1);
      interest->user = g_strdup (user);
      interest->followers = g_ptr_array_new ();
      g_hash_table_insert (events->interests, interest->user, interest);
    }
  return interest;
}

static void
enter (MusterdEvents *events, MusterdFollower *follower, GHashTable *users)
{
  GHashTableIter iter;
  gpointer user;

  if (follower->caller.user != NULL)
    g_ptr_array_add (get_callers (events, follower->caller.user), follower);
  if (follower->caller.token == NULL)
    {
      g_ptr_array_add (events->by_account, follower);
      musterd_accounts_keep (musterd_auth_get_accounts (events->server->auth), follower->caller.uid);
    }
  if (users == NULL)
    {
      g_ptr_array_add (events->everybody, follower);
      return;
    }
  follower->interests = g_ptr_array_sized_new (g_hash_table_size (users));
  g_hash_table_iter_init (&iter, users);
  while (g_hash_table_iter_next (&iter, &user, NULL))
    {
      MusterdInterest *interest = get_interest (events, user);

      g_ptr_array_add (interest->followers, follower);
      g_ptr_array_add (follower->interests, interest);
    }
}

static void
leave (MusterdEvents *events, MusterdFollower *follower)
{
  if (follower->due)
    g_queue_unlink (&events->due, &follower->link);
  if (follower->caller.user != NULL)
    {
      GPtrArray *callers = get_callers (events, follower->caller.user);

      g_ptr_array_remove_fast (callers, follower);
      if (callers->len == 0)
        g_hash_table_remove (events->by_caller, follower->caller.user);
    }
  if (follower->caller.token == NULL)
    {
      g_ptr_array_remove_fast (events->by_account, follower);
      musterd_accounts_let_go (musterd_auth_get_accounts (events->server->auth), follower->caller.uid);
    }
  if (follower->interests == NULL)
    {
      g_ptr_array_remove_fast (events->everybody, follower);
      return;
    }
  for (guint i = 0; i < follower->interests->len; i++)
    {
      MusterdInterest *interest = follower->interests->pdata[i];

      g_ptr_array_remove_fast (interest->followers, follower);
      if (interest->followers->len == 0)
        g_hash_table_remove (events->interests, interest->user);
    }
}

static void
on_clear (MusterdStream *stream G_GNUC_UNUSED, gpointer data)
{
  MusterdFollower *follower = data;

  if (follower->lagging)
    musterd_events_catch_up (follower->events, follower);
}

static void
on_closed (MusterdStream *stream G_GNUC_UNUSED, gpointer data)
{
  MusterdFollower *follower = data;

  leave (follower->events, follower);
  musterd_follower_free (follower);
}

/* Telling. */

/* One change in words, made when the first one asks; of each relationship, as it was and as it is, there is one. */
typedef struct
{
  MusterdReplicaChange *change;
  MusterdReplica       *replica;
  const MusterdAccess  *access; /* nullable: who is gone, and was never seen */
  /* Nullable: nothing that may be seen has changed. */
  GBytes               *words[MUSTERD_N_RELATIONS][MUSTERD_N_RELATIONS];
  gboolean              made[MUSTERD_N_RELATIONS][MUSTERD_N_RELATIONS];
} News;

static GBytes *
make_words (const News *news, MusterdRelation old, MusterdRelation relation)
{
  const MusterdReplicaChange *change = news->change;
  MusterdUser *user = musterd_replica_get_user (news->replica, change->id);
  MusterdPresence *now = change->removed ? NULL : musterd_replica_get_presence (news->replica, change->id);
  g_autoptr(MusterdPresence) before = change->before != NULL ? musterd_presence_view (change->before, old) : NULL;
  g_autoptr(MusterdPresence) view = now != NULL ? musterd_presence_view (now, relation) : NULL;

  if (view == NULL)
    return before != NULL ? musterd_event_removed (change->id, change->place) : NULL;
  /* The name is told with the presence. */
  if (change->user == NULL && before != NULL && musterd_presence_equal (before, view))
    return NULL;
  return musterd_event_presence (user, view, change->place);
}

static void
tell_follower (MusterdEvents *events, MusterdFollower *follower, News *news)
{
  const MusterdReplicaChange *change = news->change;
  MusterdRelation old, relation;
  GBytes *words;

  if (follower->lagging)
    {
      musterd_follower_note (follower, news->replica, change);
      return;
    }
  relation = musterd_caller_view (&follower->caller, news->replica, news->access);
  old = change->old.user != NULL ? musterd_caller_view (&follower->caller, news->replica, &change->old) : relation;
  if (!news->made[old][relation])
    {
      news->words[old][relation] = make_words (news, old, relation);
      news->made[old][relation] = TRUE;
    }
  words = news->words[old][relation];
  if (words == NULL)
    return;
  if (!musterd_stream_is_clear (follower->stream))
    {
      musterd_follower_begin (follower, events->told);
      musterd_follower_note (follower, news->replica, change);
      return;
    }
  if (follower->pieces->len == 0)
    g_ptr_array_add (events->touched, follower);
  g_ptr_array_add (follower->pieces, g_bytes_ref (words));
}

static void
tell (MusterdEvents *events, MusterdReplicaChange *change)
{
  News news = { .change = change,
                .replica = events->server->replica,
                .access = musterd_replica_get_access (events->server->replica, change->id) };
  const MusterdInterest *interest = g_hash_table_lookup (events->interests, change->id);

  for (guint i = 0; interest != NULL && i < interest->followers->len; i++)
    tell_follower (events, interest->followers->pdata[i], &news);
  for (guint i = 0; i < events->everybody->len; i++)
    tell_follower (events, events->everybody->pdata[i], &news);
  for (guint i = 0; i < MUSTERD_N_RELATIONS; i++)
    for (guint j = 0; j < MUSTERD_N_RELATIONS; j++)
      g_clear_pointer (&news.words[i][j], g_bytes_unref);
}

/* Somebody is gone: whoever is added under the same id is somebody else. */
static void
end_callers (MusterdEvents *events, const char *user)
{
  GPtrArray *callers = g_hash_table_lookup (events->by_caller, user);

  if (callers == NULL)
    return;
  g_ptr_array_ref (callers);
  while (callers->len > 0)
    musterd_stream_end (((MusterdFollower *) callers->pdata[callers->len - 1])->stream); /* takes itself out */
  g_ptr_array_unref (callers);
}

/* Users name accounts: who is somebody else by their account now, or nobody, is to ask again. */
static void
end_mistaken (MusterdEvents *events)
{
  for (guint i = events->by_account->len; i > 0; i--)
    {
      MusterdFollower *follower = events->by_account->pdata[i - 1];
      MusterdUser *user = follower->caller.os_user != NULL
                              ? musterd_replica_get_by_account (events->server->replica, follower->caller.os_user)
                              : NULL;

      if (g_strcmp0 (user != NULL ? user->id : NULL, follower->caller.user) != 0)
        musterd_stream_end (follower->stream); /* the last one takes its place, which has been looked at */
    }
}

/* Is told by state from where they are, or anew where what they know is not so any more. */
static void
let_lag (MusterdEvents *events, MusterdFollower *follower)
{
  follower->begun = FALSE;
  if (follower->lagging)
    return;
  follower->lagging = TRUE;
  follower->after = events->told;
  if (musterd_stream_is_clear (follower->stream))
    musterd_events_catch_up (events, follower);
}

static void
let_all_lag (MusterdEvents *events, GPtrArray *followers)
{
  for (guint i = 0; followers != NULL && i < followers->len; i++)
    let_lag (events, followers->pdata[i]);
}

/* Who sees whom may be another. Where that is so of many owners at a time, or of one viewer and all owners, whoever
 * follows is brought up to date bit by bit. */
static void
look_at_viewers (MusterdEvents *events, GPtrArray *changes)
{
  guint n_regraded = 0;
  GHashTableIter iter;
  gpointer followers;

  for (guint i = 0; i < changes->len; i++)
    {
      const MusterdReplicaChange *change = changes->pdata[i];

      n_regraded += change->old.user != NULL && !change->removed;
      if (change->user != NULL
          && !musterd_replica_knows_since (events->server->replica, change->id, events->told))
        let_all_lag (events, g_hash_table_lookup (events->by_caller, change->id));
    }
  if (n_regraded <= REGRADED_AT_ONCE)
    return;
  let_all_lag (events, events->everybody);
  g_hash_table_iter_init (&iter, events->interests);
  while (g_hash_table_iter_next (&iter, NULL, &followers))
    let_all_lag (events, ((MusterdInterest *) followers)->followers);
}

void
musterd_events_tell (MusterdEvents *events, GPtrArray *changes)
{
  gboolean renamed = FALSE;

  for (guint i = 0; i < changes->len; i++)
    {
      const MusterdReplicaChange *change = changes->pdata[i];

      renamed = renamed || change->removed || change->user != NULL;
      if (change->removed || change->anew)
        end_callers (events, change->id);
    }
  if (renamed)
    end_mistaken (events);
  look_at_viewers (events, changes);
  for (guint i = 0; i < changes->len; i++)
    if (((MusterdReplicaChange *) changes->pdata[i])->place > 0)
      tell (events, changes->pdata[i]);
  for (guint i = 0; i < events->touched->len; i++)
    {
      MusterdFollower *follower = events->touched->pdata[i];

      musterd_stream_send (follower->stream, (GBytes *const *) follower->pieces->pdata, follower->pieces->len);
      g_ptr_array_set_size (follower->pieces, 0);
    }
  g_ptr_array_set_size (events->touched, 0);
  events->told = musterd_replica_get_revision (events->server->replica);
}

/* The request. */

static gboolean
read_users (MusterdQuery *query, GHashTable **users, GError **error)
{
  g_autoptr(GPtrArray) lists = musterd_query_get_all (query, "users");

  if (lists->len == 0)
    return TRUE;
  *users = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = 0; i < lists->len; i++)
    {
      g_auto(GStrv) names = g_strsplit (lists->pdata[i], ",", MUSTERD_EVENTS_INTEREST_MAX + 1);

      for (gsize j = 0; names[j] != NULL; j++)
        if (names[j][0] != '\0')
          g_hash_table_add (*users, g_strdup (names[j]));
      if (g_hash_table_size (*users) > MUSTERD_EVENTS_INTEREST_MAX)
        {
          g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID,
                       "more than %d users are named: leave 'users' out to follow everybody",
                       MUSTERD_EVENTS_INTEREST_MAX);
          return FALSE;
        }
    }
  return TRUE;
}

/* What the browser sends when it comes back goes before what the address says. */
static gboolean
read_after (MusterdRequest *request, guint64 *after, GError **error)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (request->message);
  const char *last = soup_message_headers_get_one (headers, "Last-Event-ID");

  if (last == NULL || *last == '\0')
    return musterd_query_get_number (request->query, "after", G_MAXINT64, after, error);
  if (g_ascii_string_to_unsigned (last, 10, 0, G_MAXINT64, after, NULL))
    return TRUE;
  g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID,
                       "Last-Event-ID is none that was given out here: leave it out");
  return FALSE;
}

static gboolean
has_too_many (MusterdEvents *events, const MusterdCaller *caller)
{
  const GPtrArray *followers = caller->user != NULL ? g_hash_table_lookup (events->by_caller, caller->user) : NULL;

  return !caller->admin && followers != NULL && followers->len >= MUSTERD_EVENTS_OF_USER_MAX;
}

void
musterd_events_stream (MusterdRequest *request)
{
  static const MusterdStreamFuncs funcs = { on_clear, on_closed };
  MusterdEvents *events = request->server->events;
  g_autoptr(GHashTable) users = NULL;
  g_autoptr(GError) error = NULL;
  MusterdFollower *follower;
  MusterdStream *stream;
  guint64 after = 0;

  if (events->stopped)
    {
      musterd_request_problem (request, SOUP_STATUS_SERVICE_UNAVAILABLE, "the daemon is stopping");
      return;
    }
  if (!read_users (request->query, &users, &error) || !read_after (request, &after, &error))
    {
      musterd_request_fail (request, error);
      return;
    }
  if (g_str_equal (soup_server_message_get_method (request->message), "HEAD"))
    {
      musterd_request_reply_text (request, "text/event-stream", g_string_new (NULL));
      return;
    }
  if (has_too_many (events, &request->caller))
    {
      musterd_request_problem (request, 429, "you follow the events too often already: end one of these streams");
      return;
    }
  follower = musterd_follower_new (events, after);
  stream = musterd_streams_open (request->server->streams, request, &funcs, follower);
  if (stream == NULL)
    {
      musterd_follower_free (follower);
      return;
    }
  follower->stream = stream;
  musterd_caller_move (&follower->caller, &request->caller);
  enter (events, follower, users);
  musterd_events_catch_up (events, follower);
}

MusterdEvents *
musterd_events_new (MusterdServer *server)
{
  MusterdEvents *events = g_new0 (MusterdEvents, 1);

  events->server = server;
  events->interests = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, interest_free);
  events->everybody = g_ptr_array_new ();
  events->by_caller = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_ptr_array_unref);
  events->by_account = g_ptr_array_new ();
  events->touched = g_ptr_array_new ();
  g_queue_init (&events->due);
  events->told = musterd_replica_get_revision (server->replica);
  return events;
}

void
musterd_events_stop (MusterdEvents *events)
{
  events->stopped = TRUE;
  musterd_streams_end_all (events->server->streams);
}

/* Nobody follows any more. */
void
musterd_events_free (MusterdEvents *events)
{
  if (events->catching_up != NULL)
    {
      g_source_destroy (events->catching_up);
      g_source_unref (events->catching_up);
    }
  g_hash_table_unref (events->interests);
  g_ptr_array_unref (events->everybody);
  g_hash_table_unref (events->by_caller);
  g_ptr_array_unref (events->by_account);
  g_ptr_array_unref (events->touched);
  g_free (events);
}
