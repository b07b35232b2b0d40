/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What others did in a user's name: kept with the change itself, told to the log without its content, and forgotten
 * after a while. */
#define G_LOG_DOMAIN "muster-engine"

#include "engine/command.h"
#include "model/event.h"

#define DELEGATIONS_KEPT (90 * MUSTERD_DAY)
#define FORGET_EVERY MUSTERD_HOUR

MusterdTime
musterd_engine_get_delegations_since (MusterdEngine *engine)
{
  return musterd_engine_now (engine) - engine->delegations_kept;
}

void
musterd_command_delegated (MusterdCommand *command, MusterdBatch *batch, const char *user, const char *did,
                           const char *what)
{
  MusterdEngine *engine = command->engine;

  if (command->by == NULL || g_str_equal (command->by, user))
    return;
  command->did = did;
  g_free (command->whom);
  command->whom = g_strdup (user);
  musterd_batch_add_delegation (batch, user, musterd_engine_now (engine), command->by, what);
  musterd_batch_forget_delegations (batch, musterd_engine_get_delegations_since (engine));
}

void
musterd_command_tell_delegated (const MusterdCommand *command)
{
  const MusterdLogFields fields = { .event = MUSTERD_EVENT_DELEGATED, .user = command->whom };
  g_autofree char *text = NULL;

  if (command->did == NULL)
    return;
  text = g_strdup_printf ("%s %s in the name of %s", command->by, command->did, command->whom);
  musterd_event_log_fields (G_LOG_DOMAIN, G_LOG_LEVEL_MESSAGE, &fields, text);
}

static gboolean
on_forgetting_due (gpointer data)
{
  MusterdEngine *engine = data;
  MusterdBatch *batch = musterd_batch_new ();

  musterd_clock_source_set (engine->forgetting, musterd_engine_now (engine) + FORGET_EVERY);
  musterd_batch_forget_delegations (batch, musterd_engine_get_delegations_since (engine));
  musterd_store_write (engine->store, batch, FALSE, NULL, NULL);
  return G_SOURCE_CONTINUE;
}

void
musterd_delegations_begin (MusterdEngine *engine)
{
  engine->delegations_kept = DELEGATIONS_KEPT;
  if (engine->store == NULL)
    return;
  engine->forgetting = musterd_clock_source_new (engine->clock, musterd_engine_now (engine) + FORGET_EVERY);
  g_source_set_static_name (engine->forgetting, "muster delegations");
  g_source_set_callback (engine->forgetting, on_forgetting_due, engine, NULL);
  g_source_attach (engine->forgetting, engine->context);
}

void
musterd_delegations_end (MusterdEngine *engine)
{
  if (engine->forgetting == NULL)
    return;
  g_source_destroy (engine->forgetting);
  g_clear_pointer (&engine->forgetting, g_source_unref);
}

/* What is too old by a new word goes at once, and not within the hour. */
void
musterd_engine_set_delegations_kept (MusterdEngine *engine, gint64 kept)
{
  g_return_if_fail (kept > 0);
  if (engine->delegations_kept == kept)
    return;
  engine->delegations_kept = kept;
  if (engine->forgetting != NULL)
    musterd_clock_source_set (engine->forgetting, musterd_engine_now (engine));
}
