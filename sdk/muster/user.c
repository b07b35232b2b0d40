/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-sdk"

#include "muster/library.h"

struct _MusterUser
{
  gatomicrefcount refs;
  char           *id;
  char           *name, *email, *zone, *language; /* nullable */
  char           *numbers[4];                     /* by MusterNumber; nullable */
  guint32         days_ahead;
  GHashTable     *attributes;                     /* nullable; name → value */
  GHashTable     *values;                         /* nullable: no user option; name → MusterValue */
};

MusterUser *
muster_user_new (const MusterUserData *data)
{
  MusterUser *user = g_new0 (MusterUser, 1);

  g_atomic_ref_count_init (&user->refs);
  user->id = g_strdup (data->id);
  user->name = g_strdup (data->name);
  user->email = g_strdup (data->email);
  user->zone = g_strdup (data->zone);
  user->language = g_strdup (data->language);
  for (gsize i = 0; i < G_N_ELEMENTS (user->numbers); i++)
    user->numbers[i] = g_strdup (data->numbers[i]);
  user->days_ahead = data->days_ahead > 0 ? data->days_ahead : MUSTER_DAYS_AHEAD;
  user->attributes = data->attributes != NULL ? g_hash_table_ref (data->attributes) : NULL;
  return user;
}

static void
set_value (MusterUser *user, const char *name, MusterValue *value)
{
  if (user->values == NULL)
    user->values = muster_values_new ();
  g_hash_table_replace (user->values, g_strdup (name), value);
}

void
muster_user_set_option (MusterUser *user, const char *name, MusterOptionType type, const char *value)
{
  set_value (user, name, muster_value_new_text (type, value));
}

void
muster_user_set_table (MusterUser *user, const char *name, MusterTable *table)
{
  set_value (user, name, muster_value_new_table (table));
}

MusterUser *
muster_user_ref (MusterUser *user)
{
  g_atomic_ref_count_inc (&user->refs);
  return user;
}

void
muster_user_unref (MusterUser *user)
{
  if (!g_atomic_ref_count_dec (&user->refs))
    return;
  g_free (user->id);
  g_free (user->name);
  g_free (user->email);
  g_free (user->zone);
  g_free (user->language);
  for (gsize i = 0; i < G_N_ELEMENTS (user->numbers); i++)
    g_free (user->numbers[i]);
  g_clear_pointer (&user->attributes, g_hash_table_unref);
  g_clear_pointer (&user->values, g_hash_table_unref);
  g_free (user);
}

const char *
muster_user_get_id (MusterUser *user)
{
  return user->id;
}

const char *
muster_user_get_name (MusterUser *user)
{
  return user->name;
}

const char *
muster_user_get_email (MusterUser *user)
{
  return user->email;
}

const char *
muster_user_get_zone (MusterUser *user)
{
  return user->zone;
}

const char *
muster_user_get_language (MusterUser *user)
{
  return user->language;
}

guint32
muster_user_get_days_ahead (MusterUser *user)
{
  return user->days_ahead;
}

const char *
muster_user_get_number (MusterUser *user, MusterNumber number)
{
  return (gsize) number < G_N_ELEMENTS (user->numbers) ? user->numbers[number] : NULL;
}

const char *
muster_user_get_attribute (MusterUser *user, const char *name)
{
  return user->attributes != NULL && name != NULL ? g_hash_table_lookup (user->attributes, name) : NULL;
}

static const MusterValue *
find_value (MusterUser *user, const char *option)
{
  return user->values != NULL && option != NULL ? g_hash_table_lookup (user->values, option) : NULL;
}

const char *
muster_user_get_string (MusterUser *user, const char *option)
{
  const MusterValue *value = find_value (user, option);

  return value != NULL ? value->text : NULL;
}

gboolean
muster_user_get_boolean (MusterUser *user, const char *option)
{
  const MusterValue *value = find_value (user, option);

  return value != NULL && value->type == MUSTER_OPTION_BOOLEAN && g_strcmp0 (value->text, "true") == 0;
}

gint64
muster_user_get_integer (MusterUser *user, const char *option)
{
  const MusterValue *value = find_value (user, option);

  return value != NULL && value->type == MUSTER_OPTION_INTEGER ? muster_value_number (value) : 0;
}

gint64
muster_user_get_duration (MusterUser *user, const char *option)
{
  const MusterValue *value = find_value (user, option);

  return value != NULL && value->type == MUSTER_OPTION_DURATION ? muster_value_number (value) : 0;
}

const char *const *
muster_user_get_list (MusterUser *user, const char *option)
{
  const MusterValue *value = find_value (user, option);

  return value != NULL ? (const char *const *) value->list : NULL;
}

MusterTable *
muster_user_get_table (MusterUser *user, const char *option)
{
  const MusterValue *value = find_value (user, option);

  return value != NULL ? value->table : NULL;
}
