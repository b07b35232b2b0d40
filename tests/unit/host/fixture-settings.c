/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "test-host"

#include "fixture-settings.h"

#include "engine/private.h"

static void
add_user (MusterdUser *user, MusterdPresence *presence G_GNUC_UNUSED, gpointer user_data)
{
  g_ptr_array_add (user_data, musterd_user_ref (user));
}

void
fixture_settings_put (MusterdEngine *engine, MusterdSettings *settings)
{
  g_autoptr(GPtrArray) users = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_user_unref);

  g_clear_pointer (&engine->settings, musterd_settings_unref);
  engine->settings = musterd_settings_ref (settings);
  musterd_engine_foreach_user (engine, add_user, users);
  for (guint i = 0; i < users->len; i++)
    {
      MusterdEntry *entry = musterd_engine_find (engine, ((MusterdUser *) g_ptr_array_index (users, i))->id);

      musterd_settings_unref (entry->settings);
      entry->settings = musterd_settings_ref (settings);
      musterd_engine_touch (engine, entry);
    }
  musterd_engine_tell_users (engine, (MusterdUser *const *) users->pdata, users->len, NULL, 0);
}
