/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A table as the whole truth: who goes, what is refused, what is warned of. */
#include <string.h>

#include "api/import.h"
#include "model/error.h"

/* Users "u00", "u01", …; the first has the account "root". */
static MusterdReplica *
make_replica (guint n_users)
{
  MusterdReplica *replica = musterd_replica_new ();
  g_autoptr(GPtrArray) changes = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_replica_change_free);

  for (guint i = 0; i < n_users; i++)
    {
      const char *fields[MUSTERD_N_USER_FIELDS] = { [MUSTERD_USER_UNIX_USER] = i == 0 ? "root" : NULL };
      MusterdReplicaChange *change = g_new0 (MusterdReplicaChange, 1);

      change->id = g_strdup_printf ("u%02u", i);
      change->user = musterd_user_new (change->id, fields, NULL, NULL);
      g_ptr_array_add (changes, change);
    }
  musterd_replica_apply (replica, changes, MAX (n_users, 1));
  return replica;
}

typedef struct
{
  const char *name;
  guint       n_users, n_kept; /* there are; the table names, from the first on */
  gboolean    force;
  const char *error; /* nullable */
} SyncCase;

static const SyncCase syncs[] = {
  { "none-goes", 10, 10, FALSE, NULL },
  { "a-tenth", 10, 9, FALSE, NULL },
  { "more-than-a-tenth", 10, 8, FALSE, "2 of the 10 users *more than a tenth*--force*" },
  { "one-of-nine", 9, 8, FALSE, "1 of the 9 users *" },
  { "one-of-nineteen", 19, 18, FALSE, NULL },
  { "two-of-nineteen", 19, 17, FALSE, "2 of the 19 users *" },
  { "two-of-twenty", 20, 18, FALSE, NULL },
  { "forced", 10, 1, TRUE, NULL },
  { "nobody", 10, 0, FALSE, "the file names nobody*all 10 users*--force*" },
  { "nobody-of-none", 0, 0, FALSE, "the file names nobody*" },
  { "nobody-forced", 10, 0, TRUE, NULL },
};

static void
test_sync (gconstpointer data)
{
  const SyncCase *c = data;
  g_autoptr(MusterdReplica) replica = make_replica (c->n_users);
  g_autoptr(GString) text = g_string_new ("id\n");
  g_autoptr(GError) error = NULL;
  g_autoptr(MusterdImport) import = NULL;

  for (guint i = 0; i < c->n_kept; i++)
    g_string_append_printf (text, "u%02u\n", i);
  import = musterd_import_read (text->str, text->len, replica, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (import->unchanged, ==, c->n_kept);
  if (c->error != NULL)
    {
      g_assert_false (musterd_import_sync (import, c->force, &error));
      g_assert_error (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFLICT);
      if (!g_pattern_match_simple (c->error, error->message))
        g_error ("'%s' is not like '%s'", error->message, c->error);
      return;
    }
  g_assert_true (musterd_import_sync (import, c->force, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (import->removed->len, ==, c->n_users - c->n_kept);
  for (guint i = 0; i < import->removed->len; i++)
    {
      g_autofree char *id = g_strdup_printf ("u%02u", c->n_kept + i);

      g_assert_cmpstr (((MusterdUser *) import->removed->pdata[i])->id, ==, id);
    }
}

typedef struct
{
  const char *name, *text;
  gboolean    sync;
  const char *warning; /* of the only one; NULL: there is none */
} WarnCase;

static const WarnCase warns[] = {
  { "well", "id,unix-user\nu00,root\nx,y\n", FALSE, NULL },
  { "account-twice", "id,unix-user\na,x\nb,x\n", FALSE, "unix-user 'x' is that of 'a' and of 'b'*" },
  { "account-of-another", "id,unix-user\na,root\n", FALSE, "unix-user 'root' is that of 'u00' and of 'a'*" },
  { "account-of-one-who-goes", "id,unix-user\na,root\n", TRUE, NULL },
  { "account-taken-over", "id,unix-user\nu00,\na,root\n", FALSE, NULL },
  { "account-kept", "id\nu00\n", FALSE, NULL },
  { "case", "id\na\nA\n", FALSE, "ids 'a' and 'A' differ by case only*" },
  { "case-not-ascii", "id\n\xc3\xa4\n\xc3\x84\n", FALSE, "ids '*' and '*' differ by case only*" },
  { "case-of-another", "id\nU01\n", FALSE, "ids 'u01' and 'U01' differ by case only*" },
  { "case-of-one-who-goes", "id\nU01\n", TRUE, "ids 'u01' and 'U01' differ by case only*" },
};

static void
test_warn (gconstpointer data)
{
  const WarnCase *c = data;
  g_autoptr(MusterdReplica) replica = make_replica (3);
  g_autoptr(GError) error = NULL;
  g_autoptr(MusterdImport) import = musterd_import_read (c->text, strlen (c->text), replica, &error);
  g_autoptr(GPtrArray) warnings = NULL;

  g_assert_no_error (error);
  g_assert_true (!c->sync || musterd_import_sync (import, TRUE, &error));
  warnings = musterd_import_warn (import);
  g_assert_cmpuint (warnings->len, ==, c->warning != NULL ? 1 : 0);
  if (c->warning != NULL && !g_pattern_match_simple (c->warning, warnings->pdata[0]))
    g_error ("'%s' is not like '%s'", (char *) warnings->pdata[0], c->warning);
}

static void
test_many_warnings (void)
{
  g_autoptr(MusterdReplica) replica = make_replica (0);
  g_autoptr(GString) text = g_string_new ("id,unix-user\n");
  g_autoptr(MusterdImport) import = NULL;
  g_autoptr(GPtrArray) warnings = NULL;

  for (guint i = 0; i < MUSTERD_IMPORT_WARNINGS_MAX + 3; i++)
    g_string_append_printf (text, "u%u,same\n", i);
  import = musterd_import_read (text->str, text->len, replica, NULL);
  warnings = musterd_import_warn (import);
  g_assert_cmpuint (warnings->len, ==, MUSTERD_IMPORT_WARNINGS_MAX + 1);
  g_assert_cmpstr (warnings->pdata[MUSTERD_IMPORT_WARNINGS_MAX], ==, "2 more like these");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (syncs); i++)
    {
      g_autofree char *path = g_strconcat ("/import/sync/", syncs[i].name, NULL);

      g_test_add_data_func (path, &syncs[i], test_sync);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (warns); i++)
    {
      g_autofree char *path = g_strconcat ("/import/warn/", warns[i].name, NULL);

      g_test_add_data_func (path, &warns[i], test_warn);
    }
  g_test_add_func ("/import/many-warnings", test_many_warnings);
  return g_test_run ();
}
