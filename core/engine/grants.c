/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What users grant each other, from both ends: with each owner what they grant, and by viewer who grants it, so that
 * somebody's removal costs no more than what others granted them. */
#define G_LOG_DOMAIN "muster-engine"

#include "engine/private.h"

typedef struct
{
  MusterdEngine *engine;
  MusterdEntry  *entry;
} Owner;

/* Of the entries that are there, or are not any more. */
static void
on_difference (const MusterdGrant *grant, gpointer data)
{
  const Owner *owner = data;
  const MusterdGrants *grants = owner->entry->grants;
  GHashTable *owners;

  if (grant->kind != MUSTERD_VIEWER_USER)
    return;
  owners = g_hash_table_lookup (owner->engine->granted, grant->name);
  if (musterd_grants_find (grants, MUSTERD_VIEWER_USER, grant->name, FALSE) != NULL
      || musterd_grants_find (grants, MUSTERD_VIEWER_USER, grant->name, TRUE) != NULL)
    {
      if (owners == NULL)
        {
          owners = g_hash_table_new (NULL, NULL);
          g_hash_table_insert (owner->engine->granted, g_strdup (grant->name), owners);
        }
      g_hash_table_add (owners, owner->entry);
    }
  else if (owners != NULL && g_hash_table_remove (owners, owner->entry) && g_hash_table_size (owners) == 0)
    g_hash_table_remove (owner->engine->granted, grant->name);
}

void
musterd_engine_set_grants (MusterdEngine *engine, MusterdEntry *entry, MusterdGrants *grants)
{
  MusterdGrants *before = entry->grants;
  Owner owner = { engine, entry };

  entry->grants = grants;
  musterd_grants_compare (before, grants, on_difference, &owner);
  g_clear_pointer (&before, musterd_grants_unref);
}

static void
forget (MusterdEngine *engine, MusterdEntry *owner, const char *viewer)
{
  for (guint i = 0; i < 2; i++)
    {
      const MusterdGrant gone = { .kind = MUSTERD_VIEWER_USER, .name = (char *) viewer, .own_word = i };

      if (musterd_grants_find (owner->grants, gone.kind, gone.name, i == 1) != NULL)
        musterd_engine_set_grants (engine, owner, musterd_grants_without (owner->grants, &gone));
    }
}

void
musterd_engine_drop_granted (MusterdEngine *engine, MusterdEntry *viewer)
{
  const char *id = viewer->facts.user->id;
  GHashTable *owners = g_hash_table_lookup (engine->granted, id);
  g_autofree gpointer *entries = NULL;
  guint n = 0;

  musterd_engine_set_grants (engine, viewer, NULL);
  if (owners == NULL)
    return;
  entries = g_hash_table_get_keys_as_array (owners, &n); /* which goes with the last of them */
  for (guint i = 0; i < n; i++)
    forget (engine, entries[i], id);
  musterd_engine_tell_access (engine, (MusterdEntry *const *) entries, n);
}
