/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/json.h"

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return g_strcmp0 (*(const char *const *) a, *(const char *const *) b);
}

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
      g_autoptr(GPtrArray) names = g_hash_table_get_keys_as_ptr_array (user->attributes);

      g_ptr_array_sort (names, compare_names);
      for (guint i = 0; i < names->len; i++)
        musterd_json_string (json, names->pdata[i], g_hash_table_lookup (user->attributes, names->pdata[i]));
    }
  musterd_json_close (json, '}');
  musterd_json_close (json, '}');
}
