/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "api/csv.h"
#include "api/import.h"
#include "model/error.h"

typedef struct
{
  const char *name, *text;
  const char *result; /* records joined by '/', fields by '|'; or the error, beginning with '!' */
} Case;

static const Case cases[] = {
  { "plain", "id,name\na,b\n", "id|name/a|b" },
  { "crlf", "id,name\r\na,b\r\n", "id|name/a|b" },
  { "no-last-line-end", "id,name\na,b", "id|name/a|b" },
  { "semicolons", "id;name\na;b,c\n", "id|name/a|b,c" },
  { "bom", "\xef\xbb\xbfid,name\na,b\n", "id|name/a|b" },
  { "quoted", "id,name\na,\"b, \"\"c\"\"\"\n", "id|name/a|b, \"c\"" },
  { "quoted-empty", "id,name\na,\"\"\n", "id|name/a|" },
  { "quoted-line", "id,name\na,\"b\nc\"\nd,e\n", "id|name/a|b\nc/d|e" },
  { "quoted-header", "\"id\";\"a,b\"\nx;y\n", "id|a,b/x|y" },
  { "empty-fields", "id,name,x\n,,\n", "id|name|x/||" },
  { "empty-lines", "\n\nid\n\na\n\n\n", "id/a" },
  { "nothing", "", "" },
  { "open-quote", "id\n\"a\n", "!*row 2, column 1: the quote is not closed*" },
  { "open-quote-last", "id,name\na,\"", "!*row 2, column 2: the quote is not closed*" },
  { "open-quote-doubled", "id\n\"a\"\"", "!*row 2, column 1: the quote is not closed*" },
  { "after-quote", "id,name\n\"a\"b,c\n", "!*row 2, column 1: something follows the closing quote*" },
  { "not-utf8", "id\na\nb\xff\n", "!*row 3: the file is not UTF-8*" },
};

static void
test_read (gconstpointer data)
{
  const Case *c = data;
  g_autoptr(GError) error = NULL;
  g_autoptr(MusterdCsv) csv = musterd_csv_new (c->text, strlen (c->text), &error);
  g_autoptr(GString) result = g_string_new (NULL);
  gboolean first = TRUE;

  while (csv != NULL)
    {
      g_auto(GStrv) row = musterd_csv_next (csv, &error);
      g_autofree char *joined = row != NULL ? g_strjoinv ("|", row) : NULL;

      if (row == NULL)
        break;
      g_string_append_printf (result, "%s%s", first ? "" : "/", joined);
      first = FALSE;
    }
  if (c->result[0] == '!')
    {
      g_assert_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID);
      g_assert_true (g_pattern_match_simple (c->result + 1, error->message));
      return;
    }
  g_assert_no_error (error);
  g_assert_cmpstr (result->str, ==, c->result);
}

static void
test_no_bytes (void)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(MusterdCsv) csv = musterd_csv_new (NULL, 0, &error);

  g_assert_no_error (error);
  g_assert_null (musterd_csv_next (csv, &error));
  g_assert_no_error (error);
}

typedef struct
{
  const char *name, *text;
  const char *error; /* NULL: it is well */
  guint       added, changed, unchanged;
} ImportCase;

static const ImportCase imports[] = {
  { "new", "id,name\nbob@example.com,Bob\n", NULL, 1, 0, 0 },
  { "same", "id,name\nalice@example.com,Alice\n", NULL, 0, 0, 1 },
  { "id-only", "id\nalice@example.com\n", NULL, 0, 0, 1 },
  { "changed", "id,mobile\nalice@example.com,+49 170 1\n", NULL, 0, 1, 0 },
  { "cleared", "id,name\nalice@example.com,\n", NULL, 0, 1, 0 },
  { "attribute", "id,micsync.host\nalice@example.com,pc7\n", NULL, 0, 1, 0 },
  { "spaces", "id , name\n bob@example.com , Bob \n", NULL, 1, 0, 0 },
  { "empty", "", "*the file is empty*", 0, 0, 0 },
  { "no-id", "name\nBob\n", "*no column 'id'*", 0, 0, 0 },
  { "unknown-column", "id,nme\na,b\n", "*row 1, column 2: unknown column 'nme'*", 0, 0, 0 },
  { "column-of-lines", "id,\"n\nm\"\na,b\n", "*unknown column 'n m': *", 0, 0, 0 },
  { "column-cut", "id,0123456789012345678901234567890123456789012345678901234567890123é\na,b\n", "*0123…'*", 0, 0, 0 },
  { "column-twice", "id,name,name\na,b,c\n", "*row 1, column 3: 'name' stands there twice*", 0, 0, 0 },
  { "id-twice", "id\na\na\n", "*row 3, column id: 'a' stands there twice*", 0, 0, 0 },
  { "short-row", "id,name\na\n", "*row 2 has 1 columns, row 1 names 2*", 0, 0, 0 },
  { "empty-id", "id,name\n,b\n", "*row 2: *", 0, 0, 0 },
  { "bad-zone", "id,zone\na,Europe/Berlin\nb,Europe/Nowhere\n", "*row 3: *Europe/Nowhere*", 0, 0, 0 },
};

static void
test_import (gconstpointer data)
{
  const ImportCase *c = data;
  g_autoptr(MusterdReplica) replica = musterd_replica_new ();
  g_autoptr(GPtrArray) changes = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_replica_change_free);
  const char *fields[MUSTERD_N_USER_FIELDS] = { [MUSTERD_USER_NAME] = "Alice" };
  MusterdReplicaChange *alice = g_new0 (MusterdReplicaChange, 1);
  g_autoptr(MusterdImport) import = NULL;
  g_autoptr(GError) error = NULL;

  alice->id = g_strdup ("alice@example.com");
  alice->user = musterd_user_new (alice->id, fields, NULL, NULL);
  g_ptr_array_add (changes, alice);
  musterd_replica_apply (replica, changes, 1);

  import = musterd_import_read (c->text, strlen (c->text), replica, &error);
  if (c->error != NULL)
    {
      g_assert_null (import);
      g_assert_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID);
      if (!g_pattern_match_simple (c->error, error->message))
        g_error ("'%s' is not like '%s'", error->message, c->error);
      return;
    }
  g_assert_no_error (error);
  g_assert_cmpuint (import->added->len, ==, c->added);
  g_assert_cmpuint (import->changed->len, ==, c->changed);
  g_assert_cmpuint (import->unchanged, ==, c->unchanged);
  g_assert_cmpuint (import->users->len, ==, c->added + c->changed);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/csv/read/", cases[i].name, NULL);

      g_test_add_data_func (path, &cases[i], test_read);
    }
  g_test_add_func ("/csv/no-bytes", test_no_bytes);
  for (gsize i = 0; i < G_N_ELEMENTS (imports); i++)
    {
      g_autofree char *path = g_strconcat ("/csv/import/", imports[i].name, NULL);

      g_test_add_data_func (path, &imports[i], test_import);
    }
  return g_test_run ();
}
