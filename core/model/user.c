/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-model"

#include "model/user.h"

#include <string.h>

#include "model/error.h"
#include "model/zone.h"

static const char *const field_names[]
    = { "name",     "email", "extension", "home",     "mobile", "voicemail",
        "zone", "language",  "location",  "group", "unix-user" };
G_STATIC_ASSERT (G_N_ELEMENTS (field_names) == MUSTERD_N_USER_FIELDS);

const char *
musterd_user_field_to_string (MusterdUserField field)
{
  return (guint) field < MUSTERD_N_USER_FIELDS ? field_names[field] : NULL;
}

gboolean
musterd_user_field_from_string (const char *name, MusterdUserField *field)
{
  for (guint i = 0; name != NULL && i < MUSTERD_N_USER_FIELDS; i++)
    if (g_str_equal (name, field_names[i]))
      {
        *field = (MusterdUserField) i;
        return TRUE;
      }
  return FALSE;
}

static gboolean
has_control (const char *text)
{
  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    if (g_unichar_iscntrl (g_utf8_get_char (p)))
      return TRUE;
  return FALSE;
}

static gboolean
check_id (const char *id, GError **error)
{
  if (id == NULL || *id == '\0')
    {
      g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "user id is empty");
      return FALSE;
    }
  if (strlen (id) > MUSTERD_USER_MAX || !g_utf8_validate (id, -1, NULL))
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "user id is not UTF-8 of at most %d bytes",
                   MUSTERD_USER_MAX);
      return FALSE;
    }
  for (const char *p = id; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);
      if (g_unichar_isspace (c) || g_unichar_iscntrl (c) || c == '/')
        {
          g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID,
                               "user id has white space, a control character or '/': use something like "
                               "alice@example.com");
          return FALSE;
        }
    }
  return TRUE;
}

static gboolean
is_number_field (MusterdUserField field)
{
  return field == MUSTERD_USER_EXTENSION || field == MUSTERD_USER_HOME || field == MUSTERD_USER_MOBILE
         || field == MUSTERD_USER_VOICEMAIL;
}

static gboolean
check_field (MusterdUserField field, const char *value, GError **error)
{
  if (strlen (value) > MUSTERD_USER_FIELD_MAX || !g_utf8_validate (value, -1, NULL) || has_control (value))
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID,
                   "%s is not UTF-8 text of at most %d bytes without control characters", field_names[field],
                   MUSTERD_USER_FIELD_MAX);
      return FALSE;
    }
  if (is_number_field (field) && strspn (value, "+0123456789*# ()/.-") != strlen (value))
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID,
                   "%s '%s' has characters that no telephone number has", field_names[field], value);
      return FALSE;
    }
  if (field == MUSTERD_USER_ZONE)
    {
      g_autoptr(GTimeZone) zone = musterd_zone_get (value);

      if (zone == NULL)
        {
          g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID,
                       "zone '%s' is not known here: use an IANA name such as Europe/Berlin", value);
          return FALSE;
        }
    }
  return TRUE;
}

static gboolean
check_attributes (GHashTable *attributes, GError **error)
{
  GHashTableIter iter;
  gpointer name, value;

  if (g_hash_table_size (attributes) > MUSTERD_USER_ATTRIBUTES_MAX)
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "more than %d attributes",
                   MUSTERD_USER_ATTRIBUTES_MAX);
      return FALSE;
    }
  g_hash_table_iter_init (&iter, attributes);
  while (g_hash_table_iter_next (&iter, &name, &value))
    {
      const char *dot = strchr (name, '.');

      if (dot == NULL || dot == name || dot[1] == '\0' || strlen (name) > 128
          || strspn (name, "abcdefghijklmnopqrstuvwxyz0123456789-.") != strlen (name))
        {
          g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID,
                               "an attribute's name must look like plugin.name (lower-case letters, digits, '-')");
          return FALSE;
        }
      if (strlen (value) > MUSTERD_USER_FIELD_MAX || !g_utf8_validate (value, -1, NULL) || has_control (value))
        {
          g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID,
                       "attribute %s is not UTF-8 text of at most %d bytes without control characters",
                       (const char *) name, MUSTERD_USER_FIELD_MAX);
          return FALSE;
        }
    }
  return TRUE;
}

/* Copies a text to `*end` and moves that behind it. */
static char *
append (char **end, const char *text)
{
  char *copy = *end;

  *end = g_stpcpy (copy, text) + 1;
  return copy;
}

MusterdUser *
musterd_user_new (const char *id, const char *const fields[MUSTERD_N_USER_FIELDS], GHashTable *attributes,
                  GError **error)
{
  MusterdUser *user;
  gsize size;
  char *end;

  if (!check_id (id, error))
    return NULL;
  size = strlen (id) + 1;
  for (guint i = 0; i < MUSTERD_N_USER_FIELDS; i++)
    {
      if (fields[i] == NULL || *fields[i] == '\0')
        continue;
      if (!check_field ((MusterdUserField) i, fields[i], error))
        return NULL;
      size += strlen (fields[i]) + 1;
    }
  if (attributes != NULL && !check_attributes (attributes, error))
    return NULL;

  /* All texts in one block with the user: there are many users, and most texts are shorter than what a block of their
   * own would cost besides. */
  user = g_atomic_rc_box_alloc0 (sizeof *user + size);
  end = (char *) (user + 1);
  user->id = append (&end, id);
  for (guint i = 0; i < MUSTERD_N_USER_FIELDS; i++)
    if (fields[i] != NULL && *fields[i] != '\0')
      user->fields[i] = append (&end, fields[i]);
  if (attributes != NULL && g_hash_table_size (attributes) > 0)
    {
      GHashTableIter iter;
      gpointer name, value;

      user->attributes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
      g_hash_table_iter_init (&iter, attributes);
      while (g_hash_table_iter_next (&iter, &name, &value))
        g_hash_table_insert (user->attributes, g_strdup (name), g_strdup (value));
    }
  return user;
}

MusterdUser *
musterd_user_ref (MusterdUser *user)
{
  return g_atomic_rc_box_acquire (user);
}

static void
user_clear (gpointer data)
{
  MusterdUser *user = data;

  g_clear_pointer (&user->attributes, g_hash_table_unref);
}

void
musterd_user_unref (MusterdUser *user)
{
  g_atomic_rc_box_release_full (user, user_clear);
}

static gboolean
attributes_equal (GHashTable *a, GHashTable *b)
{
  GHashTableIter iter;
  gpointer name, value;

  if (a == NULL || b == NULL)
    return a == b;
  if (g_hash_table_size (a) != g_hash_table_size (b))
    return FALSE;
  g_hash_table_iter_init (&iter, a);
  while (g_hash_table_iter_next (&iter, &name, &value))
    if (g_strcmp0 (g_hash_table_lookup (b, name), value) != 0)
      return FALSE;
  return TRUE;
}

gboolean
musterd_user_equal (const MusterdUser *a, const MusterdUser *b)
{
  if (a == b)
    return TRUE;
  if (!g_str_equal (a->id, b->id))
    return FALSE;
  for (guint i = 0; i < MUSTERD_N_USER_FIELDS; i++)
    if (g_strcmp0 (a->fields[i], b->fields[i]) != 0)
      return FALSE;
  return attributes_equal (a->attributes, b->attributes);
}

const char *
musterd_user_get_target (const MusterdUser *user, MusterdForwardTarget target)
{
  switch (target)
    {
    case MUSTERD_TARGET_HOME:
      return user->fields[MUSTERD_USER_HOME];
    case MUSTERD_TARGET_MOBILE:
      return user->fields[MUSTERD_USER_MOBILE];
    case MUSTERD_TARGET_VOICEMAIL:
      return user->fields[MUSTERD_USER_VOICEMAIL];
    case MUSTERD_TARGET_NUMBER:
    case MUSTERD_N_TARGETS:
    default:
      return NULL;
    }
}
