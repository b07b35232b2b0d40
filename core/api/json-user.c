/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/json.h"

void
musterd_json_user (GString *json, const char *name, const MusterdUser *user)
{
  musterd_json_open (json, name, '{');
  musterd_json_string (json, "id", user->id);
  for (guint i = 0; i < MUSTERD_N_USER_FIELDS; i++)
    musterd_json_string (json, musterd_user_field_to_string ((MusterdUserField) i), user->fields[i]);
  musterd_json_open (json, "attributes", '{');
  if (user->attributes != NULL)
    {
      g_autoptr(GList) names = g_list_sort (g_hash_table_get_keys (user->attributes), (GCompareFunc) g_strcmp0);

      for (GList *link = names; link != NULL; link = link->next)
        musterd_json_string (json, link->data, g_hash_table_lookup (user->attributes, link->data));
    }
  musterd_json_close (json, '}');
  musterd_json_close (json, '}');
}
