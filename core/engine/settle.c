/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From what has changed to what is shown: resolves each user that was touched or is due, once per turn of the main
 * loop, and tells the listeners all of it in one go. */
#define G_LOG_DOMAIN "muster-engine"

#include "engine/private.h"

#include <string.h>

#include "model/intern.h"

/* More missed moments than this in one go (a daemon stopped for months) are not walked through one by one. */
#define MISSED_MAX 10000
/* An ignore whose entry is not there is kept this long from the entry's start. */
#define IGNORE_KEPT (366 * MUSTERD_DAY)
#define REVISIONS_RESERVED (G_GUINT64_CONSTANT (1) << 20)

typedef struct
{
  MusterdChangedFunc changed;
  MusterdUsersFunc   users;
  MusterdAccessFunc  access;
  gpointer           data;
} Listener;

void
musterd_engine_listen (MusterdEngine *engine, MusterdChangedFunc changed, MusterdUsersFunc users, gpointer user_data)
{
  Listener *listener = g_new0 (Listener, 1);

  listener->changed = changed;
  listener->users = users;
  listener->data = user_data;
  g_ptr_array_add (engine->listeners, listener);
}

void
musterd_engine_listen_access (MusterdEngine *engine, MusterdAccessFunc access, gpointer user_data)
{
  Listener *listener = g_new0 (Listener, 1);

  listener->access = access;
  listener->data = user_data;
  g_ptr_array_add (engine->listeners, listener);
}

void
musterd_engine_unlisten (MusterdEngine *engine, gpointer user_data)
{
  for (guint i = engine->listeners->len; i > 0; i--)
    if (((Listener *) g_ptr_array_index (engine->listeners, i - 1))->data == user_data)
      g_ptr_array_remove_index (engine->listeners, i - 1);
}

void
musterd_engine_reserve_revisions (MusterdEngine *engine)
{
  MusterdBatch *batch;

  if (engine->store == NULL || engine->revision + REVISIONS_RESERVED / 2 <= engine->revision_reserved)
    return;
  batch = musterd_batch_new ();
  /* Reserved far ahead, so that a crash never makes a reader's cursor mean something else. */
  engine->revision_reserved = engine->revision + REVISIONS_RESERVED;
  musterd_batch_put_revision (batch, engine->revision_reserved);
  musterd_store_write (engine->store, batch, TRUE, NULL, NULL);
}

static guint64
next_revision (MusterdEngine *engine)
{
  engine->revision++;
  musterd_engine_reserve_revisions (engine);
  return engine->revision;
}

void
musterd_engine_tell_users (MusterdEngine *engine, MusterdUser *const *changed, gsize n_changed,
                           const char *const *removed, gsize n_removed)
{
  for (gsize i = 0; i < n_changed + n_removed; i++)
    next_revision (engine);
  for (guint i = 0; i < engine->listeners->len; i++)
    {
      const Listener *listener = g_ptr_array_index (engine->listeners, i);

      if (listener->users != NULL)
        listener->users (changed, n_changed, removed, n_removed, listener->data);
    }
}

void
musterd_engine_tell_access (MusterdEngine *engine, MusterdEntry *const *entries, gsize n)
{
  g_autofree MusterdAccess *access = g_new (MusterdAccess, n);

  for (gsize i = 0; i < n; i++)
    {
      access[i] = (MusterdAccess){ entries[i]->facts.user, entries[i]->settings, entries[i]->grants };
      next_revision (engine);
    }
  for (guint i = 0; i < engine->listeners->len; i++)
    {
      const Listener *listener = g_ptr_array_index (engine->listeners, i);

      if (listener->access != NULL)
        listener->access (access, n, listener->data);
    }
}

static void
mark (MusterdEngine *engine, MusterdEntry *entry)
{
  if (entry->dirty)
    return;
  entry->dirty = TRUE;
  g_ptr_array_add (engine->dirty, entry);
  g_source_set_ready_time (engine->settle, 0);
}

void
musterd_engine_touch (MusterdEngine *engine, MusterdEntry *entry)
{
  entry->touched = TRUE;
  mark (engine, entry);
}

static void
change_clear (gpointer data)
{
  MusterdChange *change = data;

  musterd_user_unref (change->user);
  g_clear_pointer (&change->before, musterd_presence_unref);
  g_clear_pointer (&change->after, musterd_presence_unref);
}

GArray *
musterd_changes_new (void)
{
  GArray *changes = g_array_new (FALSE, FALSE, sizeof (MusterdChange));

  g_array_set_clear_func (changes, change_clear);
  return changes;
}

static void
sooner (MusterdTime moment, MusterdTime *next)
{
  if (moment < *next)
    *next = moment;
}

static void
expire_claims (MusterdEngine *engine, MusterdEntry *entry, MusterdTime now, MusterdTime *next)
{
  GPtrArray *claims = entry->facts.claims;

  for (guint i = claims->len; i > 0; i--)
    {
      MusterdClaim *claim = g_ptr_array_index (claims, i - 1);
      MusterdTime kept = claim->until < MUSTERD_TIME_NEVER - MUSTERD_ENDED_KEPT ? claim->until + MUSTERD_ENDED_KEPT
                                                                              : MUSTERD_TIME_NEVER;

      if (claim->lease_until > now && kept > now)
        {
          sooner (MIN (claim->lease_until, kept), next);
          continue;
        }
      musterd_pending_drop_claim (engine->pending, entry, claim);
      musterd_engine_count_gone (engine, claim);
      g_ptr_array_remove_index (claims, i - 1);
    }
}

static void
expire_devices (MusterdEngine *engine, MusterdEntry *entry, MusterdTime now, MusterdTime *next)
{
  GPtrArray *devices = entry->facts.devices;

  for (guint i = devices != NULL ? devices->len : 0; i > 0; i--)
    {
      MusterdDevice *device = g_ptr_array_index (devices, i - 1);

      if (device->lease_until > now)
        {
          sooner (device->lease_until, next);
          continue;
        }
      musterd_pending_device (engine->pending, entry, device->source, device->id, NULL);
      g_ptr_array_remove_index (devices, i - 1);
    }
}

static void
expire_clients (MusterdEngine *engine, MusterdEntry *entry, MusterdTime now, MusterdTime *next)
{
  const GPtrArray *clients = entry->facts.clients;

  for (guint i = 0; clients != NULL && i < clients->len; i++)
    {
      MusterdClient *client = g_ptr_array_index (clients, i);

      if (client->lease == 0)
        continue;
      if (client->lease_until > now)
        {
          sooner (client->lease_until, next);
          continue;
        }
      /* Lost, also after a start of the daemon, and when the clock is set back. */
      client->lease = 0;
      client->lease_until = MUSTERD_TIME_ALWAYS;
      musterd_pending_client (engine->pending, entry, client->source, client->id, client);
    }
}

static void
expire_ignores (MusterdEngine *engine, MusterdEntry *entry, MusterdTime now)
{
  GPtrArray *ignores = entry->facts.ignores;

  for (guint i = ignores != NULL ? ignores->len : 0; i > 0; i--)
    {
      MusterdIgnore *ignore = g_ptr_array_index (ignores, i - 1);

      /* A source may take an entry away and bring it back, and be away itself for long. */
      if (ignore->from > now - IGNORE_KEPT
          || musterd_facts_find_claim (&entry->facts, ignore->source, ignore->key) != NULL)
        continue;
      musterd_pending_ignore_gone (engine->pending, entry, ignore->source, ignore->key);
      g_ptr_array_remove_index (ignores, i - 1);
    }
}

/* What has lapsed is taken out, so that nothing of it can come back with a lease that runs anew after a start. Returns
 * the next moment at which something will have. */
static MusterdTime
expire (MusterdEngine *engine, MusterdEntry *entry, MusterdTime now)
{
  const MusterdFacts *facts = &entry->facts;
  MusterdTime next = MUSTERD_TIME_NEVER;

  expire_claims (engine, entry, now, &next);
  expire_devices (engine, entry, now, &next);
  expire_clients (engine, entry, now, &next);
  expire_ignores (engine, entry, now);
  if ((facts->timed != NULL && facts->timed->until <= now)
      || (facts->standing != NULL && musterd_facts_choice_end (facts, entry->settings) <= now))
    musterd_command_expire (engine, entry);
  return next;
}

/* One step of the user's time. */
static MusterdTime
step (MusterdEngine *engine, MusterdEntry *entry, MusterdTime moment)
{
  MusterdTime next;
  MusterdPresence *presence = musterd_resolve (&entry->facts, entry->settings, moment, NULL, &next);
  const MusterdPresence *before = entry->presence;

  presence->since = moment;
  if (before != NULL)
    {
      if (before->status == presence->status && g_strcmp0 (before->template_name, presence->template_name) == 0)
        presence->since = MIN (before->since, moment);
    }
  else if (entry->stored_since != MUSTERD_TIME_NEVER && entry->stored_status == presence->status
           && g_strcmp0 (entry->stored_template, presence->template_name) == 0)
    presence->since = entry->stored_since;
  /* Free already: said by a moment that stays the same, or every look at somebody free would be a change. */
  if (presence->status == MUSTERD_STATUS_AVAILABLE)
    presence->next_free = presence->since;
  presence->stale = musterd_engine_stale_since (engine, entry);
  presence->revision = before != NULL ? before->revision : 0;

  if (before != NULL && musterd_presence_equal (before, presence))
    musterd_presence_unref (presence);
  else
    {
      g_clear_pointer (&entry->presence, musterd_presence_unref);
      entry->presence = presence;
    }
  return next;
}

/* Whether the store has said at the start what is shown: then it need not be told. */
static gboolean
is_stored (const MusterdEntry *entry)
{
  const MusterdPresence *presence = entry->presence;

  return entry->stored_since == presence->since && entry->stored_status == presence->status
         && g_strcmp0 (entry->stored_template, presence->template_name) == 0;
}

static void
settle_entry (MusterdEngine *engine, MusterdEntry *entry, MusterdTime now, GArray *changes)
{
  MusterdChange change = { .user = musterd_user_ref (entry->facts.user) };
  MusterdTime due = entry->node.at, next = due, lapse;
  gboolean touched = entry->touched || entry->presence == NULL;

  entry->touched = FALSE;
  change.before = entry->presence != NULL ? musterd_presence_ref (entry->presence) : NULL;

  /* A late timer, or a machine that slept: each boundary is taken at its own moment, so that `since` is true. */
  for (guint i = 0; next <= now && i < MISSED_MAX && entry->presence != NULL; i++)
    next = step (engine, entry, next);
  lapse = expire (engine, entry, now);
  /* Where nobody said anything new, nothing can have changed since the last of those moments. */
  entry->next_change = touched || next <= now ? step (engine, entry, now) : next;
  musterd_heap_set (engine->heap, &entry->node, MIN (entry->next_change, lapse));

  /* Those of one moment are resolved one after the other: each has waited for the ones before it. */
  if (due <= now && change.before != NULL)
    musterd_histogram_add (&engine->lateness, musterd_clock_now (engine->clock) - due);
  if (change.before != entry->presence)
    {
      engine->n_changes += change.before != NULL;
      entry->presence->revision = next_revision (engine);
      if (change.before == NULL ? !is_stored (entry)
                                : change.before->status != entry->presence->status
                                      || change.before->since != entry->presence->since
                                      || g_strcmp0 (change.before->template_name, entry->presence->template_name) != 0)
        musterd_pending_shown (engine->pending, entry);
    }
  g_clear_pointer (&entry->stored_template, musterd_intern_release);
  change.after = musterd_presence_ref (entry->presence);
  g_array_append_val (changes, change);
}

void
musterd_engine_arm (MusterdEngine *engine)
{
  MusterdHeapNode *first = musterd_heap_first (engine->heap);

  musterd_clock_source_set (engine->timer, first != NULL ? first->at : MUSTERD_TIME_NEVER);
}

static void
touch_due (MusterdEngine *engine, MusterdTime now)
{
  MusterdHeapNode *node;

  if (now < engine->last_now)
    {
      GHashTableIter iter;
      gpointer entry;

      /* The clock was set back: what was past may be to come again. */
      g_hash_table_iter_init (&iter, engine->entries);
      while (g_hash_table_iter_next (&iter, NULL, &entry))
        {
          musterd_engine_rewind (engine, entry, now);
          musterd_engine_touch (engine, entry);
        }
    }
  engine->last_now = now;

  while ((node = musterd_heap_first (engine->heap)) != NULL && node->at <= now)
    {
      MusterdTime at = node->at;

      mark (engine, (MusterdEntry *) node);
      musterd_heap_set (engine->heap, node, MUSTERD_TIME_NEVER);
      node->at = at; /* settle_entry() begins there */
    }
}

void
musterd_engine_settle_all (MusterdEngine *engine)
{
  MusterdTime now = musterd_clock_now (engine->clock);

  touch_due (engine, now);
  g_source_set_ready_time (engine->settle, -1);
  if (engine->dirty->len > 0 || engine->removed->len > 0)
    {
      g_autoptr(GArray) changes = g_steal_pointer (&engine->removed);
      g_autoptr(GPtrArray) dirty = g_steal_pointer (&engine->dirty);

      /* What listeners or expiries touch meanwhile is for the next turn. */
      engine->removed = musterd_changes_new ();
      engine->dirty = g_ptr_array_new ();
      for (guint i = 0; i < dirty->len; i++)
        ((MusterdEntry *) g_ptr_array_index (dirty, i))->dirty = FALSE;
      for (guint i = 0; i < dirty->len; i++)
        settle_entry (engine, g_ptr_array_index (dirty, i), now, changes);
      for (guint i = 0; i < engine->listeners->len; i++)
        {
          const Listener *listener = g_ptr_array_index (engine->listeners, i);

          if (listener->changed != NULL)
            listener->changed ((const MusterdChange *) (gpointer) changes->data, changes->len, listener->data);
        }
    }
  musterd_engine_arm (engine);
}

gboolean
musterd_engine_on_due (gpointer data)
{
  musterd_engine_settle_all (data);
  return G_SOURCE_CONTINUE;
}

void
musterd_engine_settle (MusterdEngine *engine)
{
  musterd_engine_settle_all (engine);
}
