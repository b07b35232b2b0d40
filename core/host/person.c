/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-host"

#include "host/person.h"

#include <string.h>

typedef struct
{
  char            *name;
  MusterOptionType type;
  char            *value; /* nullable: canonical */
  MusterTable     *table; /* nullable: for TABLE */
} UserOption;

struct _MusterdPersons
{
  char      *prefix; /* "PLUGIN." */
  char      *zone;   /* nullable: the daemon's own */
  GPtrArray *options; /* UserOption */
};

static void
user_option_free (UserOption *option)
{
  g_free (option->name);
  g_free (option->value);
  g_clear_pointer (&option->table, muster_table_unref);
  g_free (option);
}

static void
persons_clear (gpointer data)
{
  MusterdPersons *persons = data;

  g_free (persons->prefix);
  g_free (persons->zone);
  g_ptr_array_unref (persons->options);
}

MusterdPersons *
musterd_persons_ref (MusterdPersons *persons)
{
  return g_atomic_rc_box_acquire (persons);
}

void
musterd_persons_unref (MusterdPersons *persons)
{
  g_atomic_rc_box_release_full (persons, persons_clear);
}

static gboolean
add_option (MusterdPersons *persons, const MusterOption *option, const char *value, GError **error)
{
  g_autoptr(GError) local_error = NULL;
  UserOption *made = g_new0 (UserOption, 1);

  made->name = g_strdup (option->name);
  made->type = option->type;
  g_ptr_array_add (persons->options, made);
  if (option->type == MUSTER_OPTION_TABLE)
    made->table = muster_option_parse_table (option, value, &local_error);
  else
    made->value = muster_option_check (option, value, &local_error);
  if (local_error == NULL)
    return TRUE;
  g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFIG, "%s: %s", option->name, local_error->message);
  return FALSE;
}

MusterdPersons *
musterd_persons_new (const MusterdInstanceConfig *config, const MusterPluginDescriptor *descriptor, GError **error)
{
  g_autoptr(MusterdPersons) persons = g_atomic_rc_box_new0 (MusterdPersons);
  g_autoptr(GTimeZone) local = g_time_zone_new_local ();

  persons->prefix = g_strconcat (config->plugin, ".", NULL);
  persons->zone = g_strdup (g_time_zone_get_identifier (local));
  persons->options = g_ptr_array_new_with_free_func ((GDestroyNotify) user_option_free);
  for (gsize i = 0; i < descriptor->n_user_options; i++)
    {
      const MusterOption *option
          = muster_option_nth (descriptor->user_options, descriptor->user_option_size, i);

      if (!add_option (persons, option, musterd_instance_config_get (config, option->name), error))
        return NULL;
    }
  return g_steal_pointer (&persons);
}

/* Another plugin's attributes may be its secrets about a person: only this one's pass, under their own names. */
static GHashTable *
pick_attributes (MusterdPersons *persons, const MusterdUser *user)
{
  g_autoptr(GHashTable) picked = NULL;
  const gsize skip = strlen (persons->prefix);
  GHashTableIter iter;
  gpointer name, value;

  if (user->attributes == NULL)
    return NULL;
  g_hash_table_iter_init (&iter, user->attributes);
  while (g_hash_table_iter_next (&iter, &name, &value))
    if (g_str_has_prefix (name, persons->prefix))
      {
        if (picked == NULL)
          picked = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
        g_hash_table_insert (picked, g_strdup ((const char *) name + skip), g_strdup (value));
      }
  return g_steal_pointer (&picked);
}

MusterUser *
musterd_persons_make (MusterdPersons *persons, const MusterdUser *user)
{
  g_autoptr(GHashTable) attributes = pick_attributes (persons, user);
  const char *zone = user->fields[MUSTERD_USER_ZONE];
  const MusterUserData data = {
    .id = user->id,
    .name = user->fields[MUSTERD_USER_NAME],
    .email = user->fields[MUSTERD_USER_EMAIL],
    .zone = zone != NULL ? zone : persons->zone,
    .language = user->fields[MUSTERD_USER_LANGUAGE],
    .numbers = {
      [MUSTER_NUMBER_EXTENSION] = user->fields[MUSTERD_USER_EXTENSION],
      [MUSTER_NUMBER_HOME] = user->fields[MUSTERD_USER_HOME],
      [MUSTER_NUMBER_MOBILE] = user->fields[MUSTERD_USER_MOBILE],
      [MUSTER_NUMBER_VOICEMAIL] = user->fields[MUSTERD_USER_VOICEMAIL],
    },
    .attributes = attributes,
  };
  MusterUser *made = muster_user_new (&data);

  for (guint i = 0; i < persons->options->len; i++)
    {
      const UserOption *option = g_ptr_array_index (persons->options, i);

      if (option->table != NULL)
        muster_user_set_table (made, option->name, option->table);
      else if (option->value != NULL)
        muster_user_set_option (made, option->name, option->type, option->value);
    }
  return made;
}
