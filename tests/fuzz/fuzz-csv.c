/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A file of users: its records are those of the same file written anew, and what was imported once is unchanged when
 * it is imported again. */
#include <string.h>

#include "api/csv.h"
#include "api/import.h"
#include "fuzz.h"
#include "model/error.h"

static GPtrArray *
read_records (const char *text, gsize length, GError **error)
{
  g_autoptr(GPtrArray) records = g_ptr_array_new_with_free_func ((GDestroyNotify) g_strfreev);
  g_autoptr(MusterdCsv) csv = musterd_csv_new (text, length, error);
  g_autoptr(GError) local = NULL;
  guint line = 0;
  char **fields;

  if (csv == NULL)
    return NULL;
  while ((fields = musterd_csv_next (csv, &local)) != NULL)
    {
      g_assert_cmpuint (g_strv_length (fields), >=, 1);
      g_assert_cmpuint (g_strv_length (fields), <=, MUSTERD_CSV_COLUMNS_MAX);
      g_assert_cmpuint (musterd_csv_get_line (csv), >, line);
      line = musterd_csv_get_line (csv);
      for (gsize i = 0; fields[i] != NULL; i++)
        g_assert_true (g_utf8_validate (fields[i], -1, NULL));
      g_ptr_array_add (records, fields);
      g_assert_cmpuint (records->len, <=, length);
    }
  if (local != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return NULL;
    }
  return g_steal_pointer (&records);
}

static GString *
write_records (GPtrArray *records)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < records->len; i++)
    {
      char **fields = g_ptr_array_index (records, i);

      for (gsize j = 0; fields[j] != NULL; j++)
        {
          g_string_append (text, j > 0 ? ",\"" : "\"");
          for (const char *p = fields[j]; *p != '\0'; p++)
            {
              if (*p == '"')
                g_string_append_c (text, '"');
              g_string_append_c (text, *p);
            }
          g_string_append_c (text, '"');
        }
      g_string_append (text, "\r\n");
    }
  return text;
}

static void
check_records (const char *text, gsize length)
{
  g_autoptr(GPtrArray) records = NULL;
  g_autoptr(GPtrArray) again = NULL;
  g_autoptr(GString) written = NULL;
  g_autoptr(GError) error = NULL;

  records = read_records (text, length, &error);
  if (records == NULL)
    {
      fuzz_check_error (&error, MUSTERD_ERROR);
      return;
    }
  written = write_records (records);
  again = read_records (written->str, written->len, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (again->len, ==, records->len);
  for (guint i = 0; i < records->len; i++)
    g_assert_cmpstrv ((char **) g_ptr_array_index (again, i), (char **) g_ptr_array_index (records, i));
}

/* Import. */

static void
put_users (MusterdReplica *replica, MusterdUser *const *users, gsize n_users)
{
  g_autoptr(GPtrArray) changes = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_replica_change_free);

  for (gsize i = 0; i < n_users; i++)
    {
      MusterdReplicaChange *change = g_new0 (MusterdReplicaChange, 1);

      change->id = g_strdup (users[i]->id);
      change->user = musterd_user_ref (users[i]);
      g_ptr_array_add (changes, change);
    }
  musterd_replica_apply (replica, changes, musterd_replica_get_revision (replica) + 1);
}

static MusterdReplica *
make_replica (void)
{
  MusterdReplica *replica = musterd_replica_new ();
  g_autoptr(GHashTable) attributes = g_hash_table_new (g_str_hash, g_str_equal);
  const char *alice[MUSTERD_N_USER_FIELDS] = { [MUSTERD_USER_NAME] = "Alice", [MUSTERD_USER_ZONE] = "UTC" };
  const char *bob[MUSTERD_N_USER_FIELDS] = { NULL };

  g_hash_table_insert (attributes, (char *) "micsync.host", (char *) "pc7");

  g_autoptr(MusterdUser) first = musterd_user_new ("alice@example.com", alice, NULL, NULL);
  g_autoptr(MusterdUser) second = musterd_user_new ("bob", bob, attributes, NULL);
  MusterdUser *users[] = { first, second };

  put_users (replica, users, G_N_ELEMENTS (users));
  return replica;
}

/* Whoever was there is named or goes. */
static void
check_sync (MusterdImport *import)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GPtrArray) warnings = NULL;
  guint n_named = 0;

  g_assert_true (musterd_import_sync (import, TRUE, &error));
  g_assert_no_error (error);
  for (guint i = 0; i < import->known->len; i++)
    n_named += g_hash_table_contains (import->ids, ((MusterdUser *) g_ptr_array_index (import->known, i))->id) ? 1 : 0;
  g_assert_cmpuint (import->removed->len, ==, import->known->len - n_named);
  g_assert_cmpuint (import->rows->len, ==, import->users->len + import->unchanged);
  g_assert_cmpuint (n_named, ==, import->changed->len + import->unchanged);
  warnings = musterd_import_warn (import);
  g_assert_cmpuint (warnings->len, <=, MUSTERD_IMPORT_WARNINGS_MAX + 1);
  for (guint i = 0; i < warnings->len; i++)
    g_assert_true (g_utf8_validate (warnings->pdata[i], -1, NULL));
}

static void
check_import (const char *text, gsize length)
{
  g_autoptr(MusterdReplica) replica = make_replica ();
  g_autoptr(GHashTable) ids = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr(MusterdImport) again = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(MusterdImport) import = musterd_import_read (text, length, replica, &error);

  if (import == NULL)
    {
      fuzz_check_error (&error, MUSTERD_ERROR);
      return;
    }
  g_assert_cmpuint (import->users->len, ==, import->added->len + import->changed->len);
  for (guint i = 0; i < import->users->len; i++)
    g_assert_true (g_hash_table_add (ids, ((MusterdUser *) g_ptr_array_index (import->users, i))->id));
  for (guint i = 0; i < import->added->len; i++)
    g_assert_null (musterd_replica_get_user (replica, g_ptr_array_index (import->added, i)));
  for (guint i = 0; i < import->changed->len; i++)
    g_assert_nonnull (musterd_replica_get_user (replica, g_ptr_array_index (import->changed, i)));

  put_users (replica, (MusterdUser *const *) import->users->pdata, import->users->len);
  again = musterd_import_read (text, length, replica, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (again->users->len, ==, 0);
  g_assert_cmpuint (again->unchanged, ==, import->unchanged + import->users->len);
  check_sync (import);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  /* Of its own size: a byte read too many is seen. */
  g_autofree char *text = g_memdup2 (data, size);

  check_records (text != NULL ? text : "", size);
  check_import (text != NULL ? text : "", size);
  return 0;
}
