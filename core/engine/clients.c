/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What desktops say of users, be it through a plugin or the api. */
#define G_LOG_DOMAIN "muster-engine"

#include "engine/private.h"

static MusterdClient *
find_client (const MusterdFacts *facts, const char *source, const char *id, guint *index)
{
  for (guint i = 0; facts->clients != NULL && i < facts->clients->len; i++)
    {
      MusterdClient *client = g_ptr_array_index (facts->clients, i);

      if (g_str_equal (client->id, id) && g_str_equal (client->source, source))
        {
          *index = i;
          return client;
        }
    }
  return NULL;
}

static guint
count_live (const MusterdFacts *facts, MusterdTime now)
{
  guint n = 0;

  for (guint i = 0; facts->clients != NULL && i < facts->clients->len; i++)
    if (now < ((MusterdClient *) g_ptr_array_index (facts->clients, i))->lease_until)
      n++;
  return n;
}

/* Said goodbye. The last one to do so ends the day at the desk: lost ones of before are forgotten with it. */
static void
end_client (MusterdEngine *engine, MusterdEntry *entry, const char *source, guint index, MusterdTime now)
{
  MusterdFacts *facts = &entry->facts;
  MusterdClient *client = g_ptr_array_index (facts->clients, index);

  musterd_pending_client (engine->pending, entry, client->source, client->id, NULL);
  g_ptr_array_remove_index (facts->clients, index);
  if (count_live (facts, now) == 0)
    {
      for (guint i = facts->clients->len; i > 0; i--)
        {
          MusterdClient *lost = g_ptr_array_index (facts->clients, i - 1);

          musterd_pending_client (engine->pending, entry, lost->source, lost->id, NULL);
          g_ptr_array_remove_index (facts->clients, i - 1);
        }
      musterd_engine_set_ended (entry, source);
      if (entry->presence != NULL)
        musterd_pending_shown (engine->pending, entry);
      musterd_command_end_standing (engine, entry);
    }
  musterd_engine_touch (engine, entry);
}

/* Room for one more: the one lost for longest goes. FALSE: all are live. */
static gboolean
make_room (MusterdEngine *engine, MusterdEntry *entry, MusterdTime now)
{
  GPtrArray *clients = entry->facts.clients;
  guint oldest = G_MAXUINT;

  if (clients->len < MUSTERD_FACTS_CLIENTS_MAX)
    return TRUE;
  for (guint i = 0; i < clients->len; i++)
    {
      const MusterdClient *client = g_ptr_array_index (clients, i);

      if (now >= client->lease_until
          && (oldest == G_MAXUINT || client->seen < ((MusterdClient *) g_ptr_array_index (clients, oldest))->seen))
        oldest = i;
    }
  if (oldest == G_MAXUINT)
    return FALSE;
  musterd_pending_client (engine->pending, entry, ((MusterdClient *) g_ptr_array_index (clients, oldest))->source,
                          ((MusterdClient *) g_ptr_array_index (clients, oldest))->id, NULL);
  g_ptr_array_remove_index (clients, oldest);
  return TRUE;
}

/* Since when; where that is not said, or not to be believed, a state that goes on keeps its own. */
static MusterdTime
state_since (const MusterdClient *client, MusterdClientState state, MusterdTime since, MusterdTime now)
{
  if (since > 0 && since <= now)
    return since;
  return now < client->lease_until && client->state == state ? client->since : now;
}

gboolean
musterd_engine_client (MusterdEngine *engine, const char *source, const char *user, const char *id,
                       MusterdClientState state, MusterdTime since, gint64 lease, GError **error)
{
  MusterdEntry *entry = musterd_engine_require (engine, user, error);
  MusterdTime now = musterd_engine_now (engine);
  MusterdClient *client, before;
  guint index = 0;
  gboolean is_start, lost;

  if (entry == NULL || !musterd_door_check_words ("client", id, MUSTERD_CLAIM_KEY_MAX, TRUE, error))
    return FALSE;
  if (state <= MUSTERD_CLIENT_NONE || (guint) state >= MUSTERD_N_CLIENT_STATES)
    {
      g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "client state out of range");
      return FALSE;
    }

  client = find_client (&entry->facts, source, id, &index);
  if (state == MUSTERD_CLIENT_ENDED)
    {
      if (client != NULL)
        end_client (engine, entry, source, index, now);
      return TRUE;
    }

  /* The first after none, or after a goodbye; one that was lost and comes back finds itself in the list. */
  is_start = entry->facts.clients == NULL || entry->facts.clients->len == 0;
  if (client == NULL)
    {
      if (entry->facts.clients == NULL)
        entry->facts.clients = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_client_free);
      if (!make_room (engine, entry, now))
        {
          g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_LIMIT, "%s has more than %d clients", user,
                       MUSTERD_FACTS_CLIENTS_MAX);
          return FALSE;
        }
      client = g_new0 (MusterdClient, 1);
      client->source = g_strdup (source);
      client->id = g_strdup (id);
      g_ptr_array_add (entry->facts.clients, client);
    }
  lease = lease > 0 ? MIN (lease, MUSTERD_LEASE_MAX) : MUSTERD_LEASE_MAX;
  lost = now >= client->lease_until;
  before = *client;
  client->since = state_since (client, state, since, now);
  client->run = musterd_engine_source (engine, source)->run;
  client->state = state;
  client->seen = now;
  client->lease = lease;
  client->lease_until = now + client->lease;
  /* A heartbeat alone is not worth a write: after a start of the daemon every lease runs anew anyhow. */
  if (lost || before.state != state || before.since != client->since || before.lease != lease)
    musterd_pending_client (engine->pending, entry, source, id, client);
  if (is_start)
    {
      musterd_engine_set_ended (entry, NULL);
      if (entry->presence != NULL)
        musterd_pending_shown (engine->pending, entry);
      musterd_command_end_standing (engine, entry);
    }
  musterd_engine_touch (engine, entry);
  return TRUE;
}

static MusterdClient *
client_copy (const MusterdClient *client)
{
  MusterdClient *copy = g_new0 (MusterdClient, 1);

  *copy = *client;
  copy->source = g_strdup (client->source);
  copy->id = g_strdup (client->id);
  return copy;
}

GPtrArray *
musterd_engine_get_clients (MusterdEngine *engine, const char *user, GError **error)
{
  MusterdEntry *entry = musterd_engine_require (engine, user, error);
  GPtrArray *copies;

  if (entry == NULL)
    return NULL;
  copies = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_client_free);
  for (guint i = 0; entry->facts.clients != NULL && i < entry->facts.clients->len; i++)
    g_ptr_array_add (copies, client_copy (g_ptr_array_index (entry->facts.clients, i)));
  return copies;
}

MusterdClient *
musterd_engine_dup_client (MusterdEngine *engine, const char *source, const char *user, const char *id)
{
  MusterdEntry *entry = musterd_engine_find (engine, user);
  guint index;
  const MusterdClient *client = entry != NULL ? find_client (&entry->facts, source, id, &index) : NULL;

  return client != NULL ? client_copy (client) : NULL;
}
