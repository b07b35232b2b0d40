/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What becomes of sources and of the daemon, and what all of it comes to. */
#include <string.h>

#include "ledger-parts.h"

/* ---- sources ---- */

void
ledger_user_state (Ledger *ledger, guint index, LedgerSource source, gboolean ok, MusterdTime now)
{
  LedgerUser *user = ledger_at (ledger, index, now);

  if (user == NULL)
    return;
  if (ok)
    user->troubled[source] = MUSTERD_TIME_NEVER;
  else if (user->troubled[source] == MUSTERD_TIME_NEVER)
    user->troubled[source] = now;
}

void
ledger_source_begin (Ledger *ledger, LedgerSource source)
{
  ledger->sources[source].run++;
  ledger->sources[source].online_in_run = FALSE;
  for (guint i = 0; i < ledger->n_users; i++)
    ledger->users[i].troubled[source] = MUSTERD_TIME_NEVER;
}

/* What lives by a lease and was not said again since the source's start is not true any more. */
static void
drop_unsaid (Ledger *ledger, LedgerSource source, guint index, MusterdTime now)
{
  LedgerUser *user = ledger_at (ledger, index, now);
  guint32 run = ledger->sources[source].run;
  const char *name = ledger_sources[source];

  if (user == NULL)
    return;
  for (guint i = user->facts.claims->len; i > 0; i--)
    {
      const MusterdClaim *claim = user->facts.claims->pdata[i - 1];

      if (ledger_is_leased (claim) && claim->run != run && strcmp (claim->source, name) == 0)
        g_ptr_array_remove_index_fast (user->facts.claims, i - 1);
    }
  for (guint i = user->facts.devices->len; i > 0; i--)
    {
      const MusterdDevice *device = user->facts.devices->pdata[i - 1];

      if (device->run != run && strcmp (device->source, name) == 0)
        g_ptr_array_remove_index_fast (user->facts.devices, i - 1);
    }
  for (guint i = 0; i < user->facts.clients->len; i++)
    {
      MusterdClient *client = user->facts.clients->pdata[i];

      if (client->run != run && strcmp (client->source, name) == 0 && client->lease_until > now)
        {
          client->lease = 0;
          client->lease_until = now;
        }
    }
}

void
ledger_source_online (Ledger *ledger, LedgerSource source, MusterdTime now)
{
  ledger->sources[source].lost = MUSTERD_TIME_NEVER;
  if (ledger->sources[source].online_in_run)
    return;
  ledger->sources[source].online_in_run = TRUE;
  for (guint i = 0; i < ledger->n_users; i++)
    drop_unsaid (ledger, source, i, now);
}

void
ledger_source_lost (Ledger *ledger, LedgerSource source, MusterdTime now)
{
  if (ledger->sources[source].lost == MUSTERD_TIME_NEVER)
    ledger->sources[source].lost = now;
}

void
ledger_restart (Ledger *ledger, MusterdTime stopped, MusterdTime started)
{
  for (guint i = 0; i < N_SOURCES; i++)
    {
      ledger->sources[i].run = 0;
      ledger->sources[i].online_in_run = FALSE;
      ledger->sources[i].speaks_of_calendars = FALSE;
      ledger->sources[i].lost = MUSTERD_TIME_NEVER;
    }
  for (guint index = 0; index < ledger->n_users; index++)
    {
      LedgerUser *user = ledger_at (ledger, index, stopped);

      if (user == NULL)
        continue;
      for (guint i = 0; i < N_SOURCES; i++)
        {
          user->spoken[i] = FALSE;
          user->troubled[i] = MUSTERD_TIME_NEVER;
        }
      /* Every lease runs once more in full; and none of these things has been said by the run that is to come. */
      for (guint i = 0; i < user->facts.claims->len; i++)
        {
          MusterdClaim *claim = user->facts.claims->pdata[i];
          LedgerSource source = ledger_source_named (claim->source);

          claim->run = G_MAXUINT32;
          if (ledger_is_leased (claim))
            claim->lease_until = started + claim->lease;
          else
            ledger->sources[source].speaks_of_calendars = TRUE;
          user->spoken[source] = TRUE;
        }
      for (guint i = 0; i < user->facts.devices->len; i++)
        {
          MusterdDevice *device = user->facts.devices->pdata[i];

          device->run = G_MAXUINT32;
          device->lease_until = started + device->lease;
        }
      for (guint i = 0; i < user->facts.clients->len; i++)
        {
          MusterdClient *client = user->facts.clients->pdata[i];

          client->run = G_MAXUINT32;
          if (client->lease == 0)
            continue;
          client->seen = started; /* it may well have lived until now */
          client->lease_until = started + client->lease;
        }
      ledger_prune (ledger, index, started);
    }
}

/* ---- what it comes to ---- */

static MusterdTime
stale_since (const Ledger *ledger, const LedgerUser *user)
{
  MusterdTime since = MUSTERD_TIME_NEVER;

  for (guint i = 0; i < N_SOURCES; i++)
    {
      if (ledger->sources[i].speaks_of_calendars && user->spoken[i])
        since = MIN (since, ledger->sources[i].lost);
      since = MIN (since, user->troubled[i]);
    }
  return since;
}

MusterdPresence *
ledger_presence (Ledger *ledger, guint index, MusterdTime now)
{
  LedgerUser *user = ledger_at (ledger, index, now);
  MusterdPresence *presence;
  const char *name;

  g_assert_nonnull (user);
  presence = naive_resolve (&user->facts, ledger_settings (ledger, index), now, NULL);
  name = g_intern_string (presence->template_name);
  if (user->status != presence->status || user->template_name != name)
    user->since = now;
  user->status = presence->status;
  user->template_name = name;

  presence->since = user->since;
  presence->stale = stale_since (ledger, user);
  /* Whoever is free has been since they are. */
  if (presence->status == MUSTERD_STATUS_AVAILABLE)
    presence->next_free = presence->since;
  return presence;
}

MusterdTime
ledger_boundary (Ledger *ledger, guint index, MusterdTime now)
{
  g_autoptr(GArray) times = NULL;

  if (!ledger->users[index].exists)
    return MUSTERD_TIME_NEVER;
  times = naive_boundaries (&ledger->users[index].facts, ledger_settings (ledger, index), NULL);
  for (guint i = 0; i < times->len; i++)
    if (g_array_index (times, MusterdTime, i) > now)
      return g_array_index (times, MusterdTime, i);
  return MUSTERD_TIME_NEVER;
}
