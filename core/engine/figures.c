/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the engine can say of itself in numbers. All of it is counted where it happens: to look never walks the users.
 */
#define G_LOG_DOMAIN "muster-engine"

#include "engine/private.h"

#include <string.h>

void
musterd_engine_count_put (MusterdEngine *engine, const MusterdClaim *old, const MusterdClaim *claim)
{
  /* A source that says the same again, which is what most of them do most of the time, costs nothing. */
  if (old != NULL && old->kind == claim->kind)
    return;
  if (old != NULL)
    musterd_engine_count_gone (engine, old);
  musterd_engine_source (engine, claim->source)->n_claims[claim->kind]++;
}

void
musterd_engine_count_gone (MusterdEngine *engine, const MusterdClaim *claim)
{
  musterd_engine_source (engine, claim->source)->n_claims[claim->kind]--;
}

void
musterd_engine_get_figures (MusterdEngine *engine, MusterdEngineFigures *figures)
{
  GHashTableIter iter;
  gpointer name, value;

  figures->n_users = g_hash_table_size (engine->entries);
  figures->n_changes = engine->n_changes;
  figures->lateness = engine->lateness;
  figures->sources = g_array_new (FALSE, FALSE, sizeof (MusterdSourceFigures));
  g_hash_table_iter_init (&iter, engine->sources);
  while (g_hash_table_iter_next (&iter, &name, &value))
    {
      const MusterdSourceState *source = value;
      MusterdSourceFigures one = { .source = g_strdup (name) };

      memcpy (one.n_claims, source->n_claims, sizeof one.n_claims);
      g_array_append_val (figures->sources, one);
    }
}

void
musterd_engine_figures_clear (MusterdEngineFigures *figures)
{
  if (figures->sources == NULL)
    return;
  for (guint i = 0; i < figures->sources->len; i++)
    g_free (g_array_index (figures->sources, MusterdSourceFigures, i).source);
  g_clear_pointer (&figures->sources, g_array_unref);
}

void
musterd_engine_try_store (MusterdEngine *engine, MusterdDone done, gpointer user_data)
{
  MusterdBatch *batch = musterd_batch_new ();

  /* It says again what the file says already, but has to be written all the same. */
  musterd_batch_put_revision (batch, engine->revision_reserved);
  musterd_store_write (engine->store, batch, TRUE, done, user_data);
}
