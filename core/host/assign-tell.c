/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What people may see of who takes whom. */
#define G_LOG_DOMAIN "muster-host"

#include "host/assign.h"

guint
musterd_assign_get_n_refused (const MusterdInstance *instance)
{
  GHashTable *set = g_hash_table_lookup (instance->host->assignments->refused_by, instance->name);

  return set != NULL ? g_hash_table_size (set) : 0;
}

void
musterd_assign_add_troubles (const MusterdInstance *instance, GPtrArray *troubles, guint max)
{
  GHashTable *set = g_hash_table_lookup (instance->host->assignments->refused_by, instance->name);
  GHashTableIter iter;
  gpointer key;

  if (set == NULL)
    return;
  g_hash_table_iter_init (&iter, set);
  while (troubles->len < max && g_hash_table_iter_next (&iter, &key, NULL))
    {
      const MusterdRefusing *refusing = key;
      MusterdUserTrouble *trouble = g_new0 (MusterdUserTrouble, 1);

      trouble->user = g_strdup (refusing->of->user);
      trouble->state = g_strdup ("not-here");
      trouble->text = g_strdup (refusing->text);
      trouble->since = refusing->since;
      g_ptr_array_add (troubles, trouble);
    }
}

static void
refusal_free (gpointer data)
{
  MusterdRefusal *refusal = data;

  g_free (refusal->instance);
  g_free (refusal->text);
  g_free (refusal);
}

void
musterd_calendar_order_free (MusterdCalendarOrder *order)
{
  if (order == NULL)
    return;
  g_strfreev (order->sources);
  g_free (order->holder);
  g_free (order->asked);
  g_ptr_array_unref (order->refusals);
  g_free (order);
}

MusterdCalendarOrder *
musterd_host_explain_order (MusterdHost *host, const char *user)
{
  const MusterdPerson *person = musterd_host_get_person (host, user);
  const MusterdAssignment *assignment = g_hash_table_lookup (host->assignments->users, user);
  MusterdCalendarOrder *order;

  if (person == NULL || assignment == NULL || person->settings == NULL || person->settings->calendar_sources == NULL)
    return NULL;
  order = g_new0 (MusterdCalendarOrder, 1);
  order->sources = g_strdupv ((char **) person->settings->calendar_sources);
  order->holder = g_strdup (assignment->holder);
  order->asked = g_strdup (assignment->asked);
  order->refusals = g_ptr_array_new_with_free_func (refusal_free);
  for (guint i = 0; assignment->refusals != NULL && i < assignment->refusals->len; i++)
    {
      const MusterdRefusing *refusing = g_ptr_array_index (assignment->refusals, i);
      MusterdRefusal *refusal = g_new0 (MusterdRefusal, 1);

      refusal->instance = g_strdup (refusing->instance);
      refusal->since = refusing->since;
      refusal->again = refusing->node.at;
      refusal->text = g_strdup (refusing->text);
      g_ptr_array_add (order->refusals, refusal);
    }
  return order;
}
