/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A change of a user: what comes of it is within its bounds, and is the same once it was taken apart and built again.
 * The input is the id, then pairs of a field's name and its value, each ended by a zero byte. */
#include <string.h>

#include "api/user-edit.h"
#include "fuzz.h"
#include "model/error.h"

#define EDITS_MAX 200

static void
check_text (const char *text, gsize max)
{
  g_assert_cmpuint (strlen (text), >, 0);
  g_assert_cmpuint (strlen (text), <=, max);
  g_assert_true (g_utf8_validate (text, -1, NULL));
  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    g_assert_false (g_unichar_iscntrl (g_utf8_get_char (p)));
}

static void
check_user (const MusterdUser *user, const char *id)
{
  GHashTableIter iter;
  gpointer name, value;

  g_assert_cmpstr (user->id, ==, id);
  check_text (user->id, MUSTERD_USER_MAX);
  g_assert_null (strpbrk (user->id, "/ "));
  for (guint i = 0; i < MUSTERD_N_USER_FIELDS; i++)
    if (user->fields[i] != NULL)
      check_text (user->fields[i], MUSTERD_USER_FIELD_MAX);
  if (user->attributes == NULL)
    return;
  g_assert_cmpuint (g_hash_table_size (user->attributes), <=, MUSTERD_USER_ATTRIBUTES_MAX);
  g_hash_table_iter_init (&iter, user->attributes);
  while (g_hash_table_iter_next (&iter, &name, &value))
    {
      check_text (name, MUSTERD_USER_FIELD_MAX);
      check_text (value, MUSTERD_USER_FIELD_MAX);
    }
}

/* Everything set by its name on a user of whom nothing is known. */
static MusterdUser *
rebuild (const MusterdUser *user, GError **error)
{
  g_autoptr(MusterdUserEdit) edit = musterd_user_edit_new (user->id, NULL);
  GHashTableIter iter;
  gpointer name, value;

  for (guint i = 0; i < MUSTERD_N_USER_FIELDS; i++)
    if (!musterd_user_edit_set (edit, musterd_user_field_to_string ((MusterdUserField) i), user->fields[i], error))
      return NULL;
  if (user->attributes != NULL)
    {
      g_hash_table_iter_init (&iter, user->attributes);
      while (g_hash_table_iter_next (&iter, &name, &value))
        if (!musterd_user_edit_set (edit, name, value, error))
          return NULL;
    }
  return musterd_user_edit_finish (edit, error);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  FuzzBytes bytes = { data, data + size };
  g_autofree char *id = fuzz_text (&bytes);
  g_autoptr(MusterdUserEdit) edit = musterd_user_edit_new (id, NULL);
  g_autoptr(MusterdUser) user = NULL;
  g_autoptr(MusterdUser) again = NULL;
  g_autoptr(GError) error = NULL;

  for (guint i = 0; i < EDITS_MAX && bytes.p < bytes.end; i++)
    {
      g_autofree char *name = fuzz_text (&bytes);
      g_autofree char *value = fuzz_text_or_null (&bytes);

      if (!musterd_user_edit_set (edit, name, value, &error))
        fuzz_check_error (&error, MUSTERD_ERROR);
    }
  user = musterd_user_edit_finish (edit, &error);
  if (user == NULL)
    {
      fuzz_check_error (&error, MUSTERD_ERROR);
      return 0;
    }
  g_assert_no_error (error);
  check_user (user, id);
  again = rebuild (user, &error);
  g_assert_no_error (error);
  g_assert_true (musterd_user_equal (user, again));
  return 0;
}
