/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every user with what holds for them as the instances last heard of it, so that each is told of what has changed for it
 * and of nothing else. */
#define G_LOG_DOMAIN "muster-host"

#include "host/instance.h"

static void
put (MusterdHost *host, MusterdPerson *person)
{
  g_hash_table_replace (host->people, person->user->id, person);
}

static void
add_person (MusterdUser *user, MusterdPresence *presence G_GNUC_UNUSED, gpointer user_data)
{
  MusterdHost *host = user_data;

  put (host, musterd_person_new (user, musterd_engine_get_settings (host->services.engine, user->id)));
}

static gboolean
same_sources (const MusterdSettings *before, const MusterdSettings *after)
{
  const char *const *a = before != NULL ? before->calendar_sources : NULL;
  const char *const *b = after != NULL ? after->calendar_sources : NULL;

  return a == b || (a != NULL && b != NULL && g_strv_equal (a, b));
}

static void
on_changed (MusterdHost *host, MusterdUser *user)
{
  MusterdPerson *found = musterd_host_get_person (host, user->id);
  g_autoptr(MusterdPerson) before = found != NULL ? musterd_person_ref (found) : NULL;
  g_autoptr(MusterdPerson) now
      = musterd_person_new (user, musterd_engine_get_settings (host->services.engine, user->id));

  put (host, musterd_person_ref (now));
  if (before != NULL && !same_sources (before->settings, now->settings))
    musterd_assign_lapse (host, user->id);
  musterd_assign_look (host, now);
  for (guint i = 0; i < host->instances->len; i++)
    musterd_instance_see (g_ptr_array_index (host->instances, i), before, now);
}

static void
on_removed (MusterdHost *host, const char *id)
{
  for (guint i = 0; i < host->instances->len; i++)
    musterd_instance_user_gone (g_ptr_array_index (host->instances, i), id);
  musterd_assign_forget (host, id);
  g_hash_table_remove (host->people, id);
}

static void
on_users (MusterdUser *const *changed, gsize n_changed, const char *const *removed, gsize n_removed,
          gpointer user_data)
{
  for (gsize i = 0; i < n_changed; i++)
    on_changed (user_data, changed[i]);
  for (gsize i = 0; i < n_removed; i++)
    on_removed (user_data, removed[i]);
}

void
musterd_host_begin_people (MusterdHost *host)
{
  host->people = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) musterd_person_unref);
  musterd_engine_foreach_user (host->services.engine, add_person, host);
  musterd_engine_listen (host->services.engine, NULL, on_users, host);
}

MusterdPerson *
musterd_host_get_person (const MusterdHost *host, const char *id)
{
  return g_hash_table_lookup (host->people, id);
}

GPtrArray *
musterd_host_get_persons (const MusterdHost *host)
{
  GPtrArray *persons = g_ptr_array_new_full (g_hash_table_size (host->people), (GDestroyNotify) musterd_person_unref);
  GHashTableIter iter;
  gpointer person;

  g_hash_table_iter_init (&iter, host->people);
  while (g_hash_table_iter_next (&iter, NULL, &person))
    g_ptr_array_add (persons, musterd_person_ref (person));
  return persons;
}

void
musterd_host_see (MusterdHost *host, const char *id)
{
  MusterdPerson *found = musterd_host_get_person (host, id);
  g_autoptr(MusterdPerson) person = found != NULL ? musterd_person_ref (found) : NULL;

  for (guint i = 0; person != NULL && i < host->instances->len; i++)
    musterd_instance_see (g_ptr_array_index (host->instances, i), person, person);
}
