/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-host"

#include "host/members.h"

void
musterd_members_init (MusterdMembers *members)
{
  members->inverted = FALSE;
  members->ids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

void
musterd_members_clear (MusterdMembers *members)
{
  g_clear_pointer (&members->ids, g_hash_table_unref);
}

void
musterd_members_reset (MusterdMembers *members, gboolean most)
{
  g_hash_table_remove_all (members->ids);
  members->inverted = most;
}

gboolean
musterd_members_contains (const MusterdMembers *members, const char *id)
{
  return g_hash_table_contains (members->ids, id) != members->inverted;
}

void
musterd_members_set (MusterdMembers *members, const char *id, gboolean member)
{
  if (member == members->inverted)
    g_hash_table_remove (members->ids, id);
  else if (!g_hash_table_contains (members->ids, id))
    g_hash_table_add (members->ids, g_strdup (id));
}

void
musterd_members_forget (MusterdMembers *members, const char *id)
{
  g_hash_table_remove (members->ids, id);
}

guint
musterd_members_count (const MusterdMembers *members, guint n_users)
{
  const guint n = g_hash_table_size (members->ids);

  return members->inverted ? n_users - MIN (n, n_users) : n;
}
