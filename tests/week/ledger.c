/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "ledger-parts.h"

const char *const ledger_sources[N_SOURCES] = { "ews", "graph", "notes", "teams", "micsync", "pbx", "activity" };

Ledger *
ledger_new (const House *house, guint n_users)
{
  Ledger *ledger = g_new0 (Ledger, 1);

  ledger->house = house;
  ledger->users = g_new0 (LedgerUser, n_users);
  ledger->n_users = n_users;
  for (guint i = 0; i < N_SOURCES; i++)
    ledger->sources[i].lost = MUSTERD_TIME_NEVER;
  return ledger;
}

void
ledger_free (Ledger *ledger)
{
  for (guint i = 0; i < ledger->n_users; i++)
    ledger_remove_user (ledger, i);
  g_free (ledger->users);
  g_free (ledger);
}

gboolean
ledger_is_leased (const MusterdClaim *claim)
{
  return claim->kind != MUSTERD_CLAIM_ABSENCE && claim->kind != MUSTERD_CLAIM_APPOINTMENT;
}

static gboolean
in_force (const MusterdClaim *claim, MusterdTime now)
{
  return claim->from <= now && now < claim->until && now < claim->lease_until;
}

static gint64
lease_of (gint64 said, gint64 longest)
{
  return said == 0 || said > longest ? longest : said;
}

/* ---- users ---- */

MusterdSettings *
ledger_settings (const Ledger *ledger, guint index)
{
  const LedgerUser *user = &ledger->users[index];

  return ledger->house->settings[house_of (user->facts.user)][user->own_template][ledger->later];
}

/* Where subjects are not shown any more none is kept. */
static void
forget_subjects (const Ledger *ledger, guint index)
{
  GPtrArray *claims = ledger->users[index].facts.claims;

  for (guint i = 0; !ledger_settings (ledger, index)->subject_as_text && i < claims->len; i++)
    if (!ledger_is_leased (claims->pdata[i]))
      musterd_claim_set_text (claims->pdata[i], NULL);
}

void
ledger_add_user (Ledger *ledger, guint index, MusterdUser *data, MusterdTime now)
{
  LedgerUser *user = &ledger->users[index];

  if (user->exists)
    {
      ledger_prune (ledger, index, now); /* what is over by the old settings is over */
      musterd_user_unref (user->facts.user);
      user->facts.user = musterd_user_ref (data);
      forget_subjects (ledger, index);
      return;
    }
  memset (user, 0, sizeof *user);
  user->exists = TRUE;
  musterd_facts_init (&user->facts, data);
  user->facts.clients = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_client_free);
  user->facts.devices = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_device_free);
  user->facts.ignores = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_ignore_free);
  for (guint i = 0; i < N_SOURCES; i++)
    user->troubled[i] = MUSTERD_TIME_NEVER;
}

void
ledger_remove_user (Ledger *ledger, guint index)
{
  LedgerUser *user = &ledger->users[index];

  if (user->exists)
    musterd_facts_clear (&user->facts);
  user->exists = FALSE;
}

void
ledger_add_template (Ledger *ledger, guint index, MusterdTime now)
{
  if (!ledger->users[index].exists)
    return;
  ledger_prune (ledger, index, now);
  ledger->users[index].own_template = TRUE;
}

void
ledger_change_house (Ledger *ledger, MusterdTime now)
{
  for (guint i = 0; i < ledger->n_users; i++)
    if (ledger->users[i].exists)
      ledger_prune (ledger, i, now);
  ledger->later = TRUE;
}

LedgerUser *
ledger_at (Ledger *ledger, guint index, MusterdTime now)
{
  if (!ledger->users[index].exists)
    return NULL;
  ledger_prune (ledger, index, now);
  return &ledger->users[index];
}

void
ledger_prune (Ledger *ledger, guint index, MusterdTime now)
{
  MusterdFacts *facts = &ledger->users[index].facts;

  if (facts->timed != NULL && facts->timed->until <= now)
    g_clear_pointer (&facts->timed, musterd_choice_free);
  if (facts->standing != NULL && naive_choice_end (facts, ledger_settings (ledger, index)) <= now)
    g_clear_pointer (&facts->standing, musterd_choice_free);
  for (guint i = facts->claims->len; i > 0; i--)
    {
      const MusterdClaim *claim = facts->claims->pdata[i - 1];

      /* An entry that is over says nothing any more; keeping it would only cost time. */
      if (claim->lease_until <= now || claim->until <= now)
        g_ptr_array_remove_index_fast (facts->claims, i - 1);
    }
  for (guint i = facts->devices->len; i > 0; i--)
    if (((MusterdDevice *) facts->devices->pdata[i - 1])->lease_until <= now)
      g_ptr_array_remove_index_fast (facts->devices, i - 1);
  for (guint i = 0; i < facts->clients->len; i++)
    {
      MusterdClient *client = facts->clients->pdata[i];

      if (client->lease_until <= now)
        client->lease = 0; /* lost: no lease to run once more */
    }
}

/* ---- claims ---- */

static MusterdClaim *
find (const MusterdFacts *facts, const char *source, const char *key)
{
  for (guint i = 0; i < facts->claims->len; i++)
    {
      MusterdClaim *claim = facts->claims->pdata[i];

      if (strcmp (claim->key, key) == 0 && strcmp (claim->source, source) == 0)
        return claim;
    }
  return NULL;
}

LedgerSource
ledger_source_named (const char *name)
{
  for (guint i = 0; i < N_SOURCES; i++)
    if (strcmp (ledger_sources[i], name) == 0)
      return (LedgerSource) i;
  g_assert_not_reached ();
}

static void
put (Ledger *ledger, guint index, const MusterdClaim *said, MusterdTime now)
{
  LedgerUser *user = &ledger->users[index];
  g_autoptr(MusterdClaim) claim = musterd_claim_copy (said);
  MusterdClaim *old = find (&user->facts, said->source, said->key);
  LedgerSource source = ledger_source_named (said->source);

  claim->lease_until = MUSTERD_TIME_NEVER;
  if (ledger_is_leased (claim))
    {
      claim->lease = lease_of (said->lease, MUSTERD_LEASE_MAX);
      claim->lease_until = now + claim->lease;
    }
  if (claim->is_private || (!ledger_is_leased (claim) && !ledger_settings (ledger, index)->subject_as_text))
    musterd_claim_set_text (claim, NULL);
  if (claim->from == MUSTERD_CLAIM_NOW)
    claim->from = old != NULL && in_force (old, now) ? old->from : now;
  claim->began = old != NULL && in_force (old, now) && in_force (claim, now) ? old->began : claim->from;
  claim->run = ledger->sources[source].run;
  if (old != NULL)
    g_ptr_array_remove_fast (user->facts.claims, old);
  g_ptr_array_add (user->facts.claims, g_steal_pointer (&claim));

  user->spoken[source] = TRUE;
  if (said->kind == MUSTERD_CLAIM_ABSENCE || said->kind == MUSTERD_CLAIM_APPOINTMENT)
    ledger->sources[source].speaks_of_calendars = TRUE;
}

void
ledger_put (Ledger *ledger, guint index, const MusterdClaim *said, MusterdTime now)
{
  if (ledger_at (ledger, index, now) != NULL)
    put (ledger, index, said, now);
}

void
ledger_drop (Ledger *ledger, guint index, LedgerSource source, const char *key, MusterdTime now)
{
  LedgerUser *user = ledger_at (ledger, index, now);
  MusterdClaim *claim = user != NULL ? find (&user->facts, ledger_sources[source], key) : NULL;

  if (claim != NULL)
    g_ptr_array_remove_fast (user->facts.claims, claim);
}

void
ledger_replace (Ledger *ledger, guint index, LedgerSource source, const char *set, MusterdTime from, MusterdTime until,
                GPtrArray *said, MusterdTime now)
{
  LedgerUser *user = ledger_at (ledger, index, now);

  if (user == NULL)
    return;
  for (guint i = user->facts.claims->len; i > 0; i--)
    {
      const MusterdClaim *claim = user->facts.claims->pdata[i - 1];
      gboolean again = FALSE;

      if (strcmp (claim->source, ledger_sources[source]) != 0 || strcmp (claim->set, set) != 0 || claim->from >= until
          || claim->until <= from)
        continue;
      for (guint n = 0; n < said->len && !again; n++)
        again = strcmp (((MusterdClaim *) said->pdata[n])->key, claim->key) == 0;
      if (!again)
        g_ptr_array_remove_index_fast (user->facts.claims, i - 1);
    }
  for (guint i = 0; i < said->len; i++)
    put (ledger, index, said->pdata[i], now);
  user->spoken[source] = TRUE;
}

/* ---- clients and telephones ---- */

/* A start, and the end of the last: a choice that does not stay is over. */
static void
end_standing (Ledger *ledger, guint index)
{
  MusterdFacts *facts = &ledger->users[index].facts;
  const GPtrArray *templates = ledger_settings (ledger, index)->templates;

  gboolean stays = facts->standing != NULL && facts->standing->stays;

  for (guint i = 0; facts->standing != NULL && i < templates->len; i++)
    {
      const MusterdTemplate *tmpl = templates->pdata[i];

      if (g_strcmp0 (tmpl->id, facts->standing->template_id) == 0)
        stays = tmpl->stays;
    }
  if (stays)
    return;
  g_clear_pointer (&facts->standing, musterd_choice_free);
}

void
ledger_client (Ledger *ledger, guint index, LedgerSource source, const char *id, MusterdClientState state,
               MusterdTime since, gint64 lease, MusterdTime now)
{
  LedgerUser *user = ledger_at (ledger, index, now);
  MusterdClient *client = NULL;
  GPtrArray *clients;

  if (user == NULL)
    return;
  clients = user->facts.clients;
  for (guint i = 0; i < clients->len; i++)
    if (strcmp (((MusterdClient *) clients->pdata[i])->id, id) == 0)
      client = clients->pdata[i];

  if (state == MUSTERD_CLIENT_ENDED)
    {
      gboolean others = FALSE;

      if (client == NULL)
        return;
      g_ptr_array_remove (clients, client);
      for (guint i = 0; i < clients->len; i++)
        others |= ((MusterdClient *) clients->pdata[i])->lease_until > now;
      if (others)
        return;
      g_ptr_array_set_size (clients, 0);
      user->facts.client_ended = TRUE;
      end_standing (ledger, index);
      return;
    }

  if (clients->len == 0)
    {
      user->facts.client_ended = FALSE;
      end_standing (ledger, index);
    }
  if (client == NULL)
    {
      client = g_new0 (MusterdClient, 1);
      client->source = g_strdup (ledger_sources[source]);
      client->id = g_strdup (id);
      g_ptr_array_add (clients, client);
    }
  /* Where nobody says since when: a state that goes on keeps its own. */
  if (since == 0 && (client->state != state || client->lease_until <= now))
    since = now;
  if (since != 0)
    client->since = since;
  client->state = state;
  client->seen = now;
  client->lease = lease_of (lease, MUSTERD_LEASE_MAX);
  client->lease_until = now + client->lease;
  client->run = ledger->sources[source].run;
}

void
ledger_telephony (Ledger *ledger, guint index, LedgerSource source, const char *id, MusterdTelephony state,
                  const char *label, gint64 lease, MusterdTime now)
{
  LedgerUser *user = ledger_at (ledger, index, now);
  MusterdDevice *device = NULL;

  if (user == NULL)
    return;
  for (guint i = 0; i < user->facts.devices->len; i++)
    if (strcmp (((MusterdDevice *) user->facts.devices->pdata[i])->id, id) == 0)
      device = user->facts.devices->pdata[i];
  if (state == MUSTERD_TELEPHONY_NONE)
    {
      if (device != NULL)
        g_ptr_array_remove (user->facts.devices, device);
      return;
    }
  if (device == NULL)
    {
      device = g_new0 (MusterdDevice, 1);
      device->source = g_strdup (ledger_sources[source]);
      device->id = g_strdup (id);
      g_ptr_array_add (user->facts.devices, device);
    }
  if (device->state != state)
    device->since = now;
  device->state = state;
  g_free (device->label);
  device->label = g_strdup (label);
  device->lease = lease_of (lease, MUSTERD_TELEPHONY_LEASE_MAX);
  device->lease_until = now + device->lease;
  device->run = ledger->sources[source].run;
}

/* ---- people ---- */

void
ledger_choose (Ledger *ledger, guint index, const char *name, MusterdStatus status, const char *text, MusterdTime until,
               MusterdTime now)
{
  LedgerUser *user = ledger_at (ledger, index, now);
  const MusterdTemplate *tmpl = NULL;
  const GPtrArray *templates;
  MusterdChoice *choice;

  if (user == NULL)
    return;
  templates = ledger_settings (ledger, index)->templates;
  for (guint i = 0; name != NULL && i < templates->len; i++)
    if (strcmp (((MusterdTemplate *) templates->pdata[i])->name, name) == 0)
      tmpl = templates->pdata[i];
  choice = g_new0 (MusterdChoice, 1);
  choice->template_id = tmpl != NULL ? g_strdup (tmpl->id) : NULL;
  choice->stays = tmpl != NULL && tmpl->stays;
  choice->status = tmpl != NULL ? tmpl->status : status;
  choice->text = g_strdup (text);
  choice->made = now;
  choice->until = until;
  g_clear_pointer (&user->facts.timed, musterd_choice_free);
  if (until == MUSTERD_TIME_NEVER)
    {
      g_clear_pointer (&user->facts.standing, musterd_choice_free);
      user->facts.standing = choice;
    }
  else
    user->facts.timed = choice;
}

void
ledger_automatic (Ledger *ledger, guint index, MusterdTime now)
{
  LedgerUser *user = ledger_at (ledger, index, now);

  if (user == NULL)
    return;
  g_clear_pointer (&user->facts.timed, musterd_choice_free);
  g_clear_pointer (&user->facts.standing, musterd_choice_free);
}

void
ledger_ignore (Ledger *ledger, guint index, const MusterdClaim *claim, MusterdTime now)
{
  LedgerUser *user = ledger_at (ledger, index, now);
  MusterdIgnore *ignore;

  if (user == NULL)
    return;
  for (guint i = user->facts.ignores->len; i > 0; i--)
    {
      ignore = user->facts.ignores->pdata[i - 1];
      if (strcmp (ignore->key, claim->key) == 0 && strcmp (ignore->source, claim->source) == 0)
        g_ptr_array_remove_index (user->facts.ignores, i - 1);
    }
  ignore = g_new0 (MusterdIgnore, 1);
  ignore->source = g_strdup (claim->source);
  ignore->key = g_strdup (claim->key);
  ignore->from = claim->from;
  g_ptr_array_add (user->facts.ignores, ignore);
}
