/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-host"

#include "host/person.h"

#include <string.h>

/* Settings, and what came of them, that are remembered; beyond, all is worked out anew. */
#define MADE_MAX 256

typedef struct
{
  const char      *name; /* the descriptor's */
  MusterOptionType type;
  char            *value; /* nullable: canonical */
  MusterTable     *table; /* nullable: for TABLE */
} UserOption;

struct _MusterdPersons
{
  const MusterPluginDescriptor *descriptor; /* modules stay */
  char       *plugin;
  char       *zone, *language; /* nullable: the daemon's own */
  GPtrArray  *options;   /* UserOption: of whom no scope says anything */
  GPtrArray  *rows;      /* char *, by option: what the keyfile group says of a table; nullable entries */
  /* The instance's thread alone. */
  GHashTable *by_settings; /* MusterdSettings → options, as above */
  GHashTable *by_content;  /* digest of what they say → the same */
  GHashTable *warned;      /* set of option names */
};

MusterdPerson *
musterd_person_new (MusterdUser *user, MusterdSettings *settings)
{
  MusterdPerson *person = g_atomic_rc_box_new0 (MusterdPerson);

  person->user = musterd_user_ref (user);
  person->settings = settings != NULL ? musterd_settings_ref (settings) : NULL;
  return person;
}

MusterdPerson *
musterd_person_ref (MusterdPerson *person)
{
  return g_atomic_rc_box_acquire (person);
}

static void
person_clear (gpointer data)
{
  MusterdPerson *person = data;

  musterd_user_unref (person->user);
  g_clear_pointer (&person->settings, musterd_settings_unref);
}

void
musterd_person_unref (MusterdPerson *person)
{
  g_atomic_rc_box_release_full (person, person_clear);
}

/* Options. */

static void
user_option_free (UserOption *option)
{
  g_free (option->value);
  g_clear_pointer (&option->table, muster_table_unref);
  g_free (option);
}

static UserOption *
user_option_new (const MusterOption *option, const char *value, GError **error)
{
  g_autoptr(GError) local_error = NULL;
  UserOption *made = g_new0 (UserOption, 1);

  made->name = option->name;
  made->type = option->type;
  if (option->type == MUSTER_OPTION_TABLE)
    made->table = muster_option_parse_table (option, value, &local_error);
  else
    made->value = muster_option_check (option, value, &local_error);
  if (local_error == NULL)
    return made;
  user_option_free (made);
  g_propagate_error (error, g_steal_pointer (&local_error));
  return NULL;
}

static UserOption *
user_option_copy (const UserOption *option)
{
  UserOption *copy = g_memdup2 (option, sizeof *option);

  copy->value = g_strdup (option->value);
  copy->table = option->table != NULL ? muster_table_ref (option->table) : NULL;
  return copy;
}

static const MusterOption *
nth_option (const MusterdPersons *persons, guint i)
{
  return muster_option_nth (persons->descriptor->user_options, persons->descriptor->user_option_size, i);
}

static GPtrArray *
options_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) user_option_free);
}

static void
forget_made (MusterdPersons *persons)
{
  g_hash_table_remove_all (persons->by_settings);
  g_hash_table_remove_all (persons->by_content);
}

static void
persons_clear (gpointer data)
{
  MusterdPersons *persons = data;

  g_free (persons->plugin);
  g_free (persons->zone);
  g_free (persons->language);
  g_ptr_array_unref (persons->options);
  g_ptr_array_unref (persons->rows);
  g_hash_table_unref (persons->by_settings);
  g_hash_table_unref (persons->by_content);
  g_hash_table_unref (persons->warned);
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

/* "de" of "de_DE.UTF-8"; NULL: none is set. */
static char *
daemon_language (void)
{
  const char *name = g_get_language_names ()[0];
  const gsize length = strcspn (name, "_.@");

  return length > 1 && !g_str_has_prefix (name, "POSIX") ? g_strndup (name, length) : NULL;
}

MusterdPersons *
musterd_persons_new (const MusterdInstanceConfig *config, const MusterPluginDescriptor *descriptor, GError **error)
{
  g_autoptr(MusterdPersons) persons = g_atomic_rc_box_new0 (MusterdPersons);
  g_autoptr(GTimeZone) local = g_time_zone_new_local ();

  persons->descriptor = descriptor;
  persons->plugin = g_strdup (config->plugin);
  persons->zone = g_strdup (g_time_zone_get_identifier (local));
  persons->language = daemon_language ();
  persons->options = options_new ();
  persons->rows = g_ptr_array_new_with_free_func (g_free);
  persons->by_settings = g_hash_table_new_full (NULL, NULL, (GDestroyNotify) musterd_settings_unref,
                                                (GDestroyNotify) g_ptr_array_unref);
  persons->by_content = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_ptr_array_unref);
  persons->warned = g_hash_table_new (g_str_hash, g_str_equal);
  for (guint i = 0; i < descriptor->n_user_options; i++)
    {
      const MusterOption *option = nth_option (persons, i);
      const char *value = musterd_instance_config_get (config, option->name);
      g_autoptr(GError) local_error = NULL;
      UserOption *made = user_option_new (option, value, &local_error);

      if (made == NULL)
        {
          g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFIG, "%s: %s", option->name, local_error->message);
          return NULL;
        }
      g_ptr_array_add (persons->options, made);
      g_ptr_array_add (persons->rows, option->type == MUSTER_OPTION_TABLE ? g_strdup (value) : NULL);
    }
  return g_steal_pointer (&persons);
}

/* What scopes say of one option of this plugin; NULL: nothing. */
static const char *
said_of (const MusterdPersons *persons, const MusterdSettings *settings, guint i)
{
  return settings != NULL ? musterd_settings_get_option (settings, persons->plugin, nth_option (persons, i)->name)
                          : NULL;
}

/* The option as the settings have it: a table's rows lie over those of the instance, as those lie over the default's.
 * It was checked when it was set, but by another version of the plugin perhaps. */
static UserOption *
make_option (MusterdPersons *persons, guint i, const char *said)
{
  const MusterOption *option = nth_option (persons, i);
  const char *rows = g_ptr_array_index (persons->rows, i);
  /* The blanks belong to no value, and a backslash at the end takes only one of them. */
  g_autofree char *both = rows != NULL ? g_strconcat (rows, " ; ", said, NULL) : NULL;
  g_autoptr(GError) error = NULL;
  UserOption *made = user_option_new (option, both != NULL ? both : said, &error);

  if (made != NULL)
    return made;
  if (g_hash_table_add (persons->warned, (gpointer) option->name))
    g_warning ("the settings of a user hold a %s.%s that does not fit, and the instance's own value is taken: %s",
               persons->plugin, option->name, error->message);
  return user_option_copy (g_ptr_array_index (persons->options, i));
}

/* NULL: no scope says anything of this plugin. */
static char *
digest_said (const MusterdPersons *persons, const MusterdSettings *settings)
{
  g_autoptr(GChecksum) checksum = NULL;

  for (guint i = 0; i < persons->options->len; i++)
    {
      const char *said = said_of (persons, settings, i);

      if (said == NULL)
        continue;
      if (checksum == NULL)
        checksum = g_checksum_new (G_CHECKSUM_SHA256);
      g_checksum_update (checksum, (const guchar *) &i, sizeof i);
      g_checksum_update (checksum, (const guchar *) said, (gssize) strlen (said) + 1);
    }
  return checksum != NULL ? g_strdup (g_checksum_get_string (checksum)) : NULL;
}

static GPtrArray *
make_options (MusterdPersons *persons, const MusterdSettings *settings)
{
  g_autofree char *digest = digest_said (persons, settings);
  GPtrArray *options;

  if (digest == NULL)
    return g_ptr_array_ref (persons->options);
  options = g_hash_table_lookup (persons->by_content, digest);
  if (options != NULL)
    return g_ptr_array_ref (options);
  options = options_new ();
  for (guint i = 0; i < persons->options->len; i++)
    {
      const char *said = said_of (persons, settings, i);

      g_ptr_array_add (options, said != NULL ? make_option (persons, i, said)
                                             : user_option_copy (g_ptr_array_index (persons->options, i)));
    }
  g_hash_table_insert (persons->by_content, g_steal_pointer (&digest), g_ptr_array_ref (options));
  return options;
}

/* Not owned; as long as the settings are remembered. */
static GPtrArray *
find_options (MusterdPersons *persons, MusterdSettings *settings)
{
  GPtrArray *options;

  if (settings == NULL || settings->options == NULL || persons->options->len == 0)
    return persons->options;
  options = g_hash_table_lookup (persons->by_settings, settings);
  if (options != NULL)
    return options;
  if (g_hash_table_size (persons->by_settings) >= MADE_MAX || g_hash_table_size (persons->by_content) >= MADE_MAX)
    forget_made (persons);
  options = make_options (persons, settings);
  g_hash_table_insert (persons->by_settings, musterd_settings_ref (settings), options);
  return options;
}

/* Users. */

static const char *
zone_of (const MusterdPersons *persons, const MusterdPerson *person)
{
  const char *own = person->user->fields[MUSTERD_USER_ZONE];
  const char *zone = person->settings != NULL ? musterd_settings_get_zone (person->settings, own) : own;

  return zone != NULL ? zone : persons->zone;
}

static const char *
language_of (const MusterdPersons *persons, const MusterdPerson *person)
{
  if (person->user->fields[MUSTERD_USER_LANGUAGE] != NULL)
    return person->user->fields[MUSTERD_USER_LANGUAGE];
  if (person->settings != NULL && person->settings->language != NULL)
    return person->settings->language;
  return persons->language;
}

static guint
days_ahead_of (const MusterdPerson *person)
{
  return person->settings != NULL ? person->settings->days_ahead : 0;
}

gboolean
musterd_persons_differ (const MusterdPersons *persons, const MusterdPerson *before, const MusterdPerson *after)
{
  if (before->user != after->user && !musterd_user_equal (before->user, after->user))
    return TRUE;
  if (before->settings == after->settings)
    return FALSE;
  if (days_ahead_of (before) != days_ahead_of (after)
      || g_strcmp0 (zone_of (persons, before), zone_of (persons, after)) != 0
      || g_strcmp0 (language_of (persons, before), language_of (persons, after)) != 0)
    return TRUE;
  for (guint i = 0; i < persons->options->len; i++)
    if (g_strcmp0 (said_of (persons, before->settings, i), said_of (persons, after->settings, i)) != 0)
      return TRUE;
  return FALSE;
}

/* Another plugin's attributes may be its secrets about a person: only this one's pass, under their own names. */
static GHashTable *
pick_attributes (const MusterdPersons *persons, const MusterdUser *user)
{
  g_autoptr(GHashTable) picked = NULL;
  const gsize length = strlen (persons->plugin);
  GHashTableIter iter;
  gpointer key, value;

  if (user->attributes == NULL)
    return NULL;
  g_hash_table_iter_init (&iter, user->attributes);
  while (g_hash_table_iter_next (&iter, &key, &value))
    {
      const char *name = key;

      if (!g_str_has_prefix (name, persons->plugin) || name[length] != '.')
        continue;
      if (picked == NULL)
        picked = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
      g_hash_table_insert (picked, g_strdup (name + length + 1), g_strdup (value));
    }
  return g_steal_pointer (&picked);
}

MusterUser *
musterd_persons_make (MusterdPersons *persons, const MusterdPerson *person)
{
  const MusterdUser *user = person->user;
  g_autoptr(GHashTable) attributes = pick_attributes (persons, user);
  const GPtrArray *options = find_options (persons, person->settings);
  const MusterUserData data = {
    .id = user->id,
    .name = user->fields[MUSTERD_USER_NAME],
    .email = user->fields[MUSTERD_USER_EMAIL],
    .zone = zone_of (persons, person),
    .language = language_of (persons, person),
    .numbers = {
      [MUSTER_NUMBER_EXTENSION] = user->fields[MUSTERD_USER_EXTENSION],
      [MUSTER_NUMBER_HOME] = user->fields[MUSTERD_USER_HOME],
      [MUSTER_NUMBER_MOBILE] = user->fields[MUSTERD_USER_MOBILE],
      [MUSTER_NUMBER_VOICEMAIL] = user->fields[MUSTERD_USER_VOICEMAIL],
    },
    .attributes = attributes,
    .days_ahead = days_ahead_of (person),
  };
  MusterUser *made = muster_user_new (&data);

  for (guint i = 0; i < options->len; i++)
    {
      const UserOption *option = g_ptr_array_index (options, i);

      if (option->table != NULL)
        muster_user_set_table (made, option->name, option->table);
      else if (option->value != NULL)
        muster_user_set_option (made, option->name, option->type, option->value);
    }
  return made;
}
