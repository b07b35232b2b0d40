/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The clock was set back. Appointments stand by the wall clock and may come again; what is true "now" must not slip into
 * the future by it, nor a lease last longer than it was given. */
#define G_LOG_DOMAIN "muster-engine"

#include "engine/private.h"

static void
rewind_choice (MusterdEngine *engine, MusterdEntry *entry, MusterdChoice *choice, MusterdTime now)
{
  MusterdBatch *batch;

  if (choice == NULL || choice->made <= now)
    return;
  choice->made = now;
  /* With a command under way the row is that command's. */
  if (engine->store == NULL || entry->leaving || !g_queue_is_empty (&entry->commands))
    return;
  batch = musterd_batch_new ();
  musterd_batch_put_choice (batch, entry->facts.user->id, choice);
  musterd_store_write (engine->store, batch, FALSE, NULL, NULL);
}

static void
rewind_claims (MusterdEngine *engine, MusterdEntry *entry, MusterdTime now)
{
  g_autoptr(GPtrArray) moved = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_claim_unref);

  for (guint i = 0; i < entry->facts.claims->len; i++)
    {
      MusterdClaim *claim = g_ptr_array_index (entry->facts.claims, i);

      if (musterd_claim_kind_is_leased ((MusterdClaimKind) claim->kind)
          && (claim->lease_until > now + claim->lease || (claim->from > now && claim->from <= engine->last_now)))
        g_ptr_array_add (moved, musterd_claim_ref (claim));
    }
  for (guint i = 0; i < moved->len; i++)
    {
      const MusterdClaim *old = g_ptr_array_index (moved, i);
      g_autoptr(MusterdClaim) claim = musterd_claim_copy (old);
      MusterdTime began = old->began;

      claim->lease_until = MIN (claim->lease_until, now + claim->lease);
      if (claim->from <= engine->last_now)
        {
          claim->from = MIN (claim->from, now);
          began = MIN (began, now);
        }
      musterd_facts_remove_claim (&entry->facts, old->source, old->key);
      musterd_facts_put_claim (&entry->facts, claim, now);
      claim->began = began;
      musterd_pending_put_claim (engine->pending, entry, claim);
    }
}

void
musterd_engine_rewind (MusterdEngine *engine, MusterdEntry *entry, MusterdTime now)
{
  MusterdFacts *facts = &entry->facts;

  rewind_claims (engine, entry, now);
  rewind_choice (engine, entry, facts->standing, now);
  rewind_choice (engine, entry, facts->timed, now);
  for (guint i = 0; facts->devices != NULL && i < facts->devices->len; i++)
    {
      MusterdDevice *device = g_ptr_array_index (facts->devices, i);

      device->since = MIN (device->since, now);
      device->lease_until = MIN (device->lease_until, now + device->lease);
    }
  for (guint i = 0; facts->clients != NULL && i < facts->clients->len; i++)
    {
      MusterdClient *client = g_ptr_array_index (facts->clients, i);

      if (client->state == MUSTERD_CLIENT_ACTIVE)
        client->since = MIN (client->since, now);
      else
        {
          /* Nobody has touched it for as long as before. */
          client->since -= engine->last_now - now;
          musterd_pending_client (engine->pending, entry, client->source, client->id, client);
        }
      client->seen = MIN (client->seen, now);
      if (client->lease > 0)
        client->lease_until = MIN (client->lease_until, now + client->lease);
    }
}
