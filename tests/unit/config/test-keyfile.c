/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The line scanner: what stands where, and every way in which a file can be broken. */
#include "config/keyfile.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct
{
  const char *name;
  const char *text;
  gssize      length;  /* -1: to the zero byte */
  const char *dump;    /* "line[group] line:key=value …", of what could be read */
  const char *problems[4];
} KeyfileCase;

static const KeyfileCase cases[] = {
  { "empty", "", -1, "", { NULL } },
  { "comments", "# one\n\n  # two\n\t\n", -1, "", { NULL } },
  { "one-group", "[micsync]\nuser=alice\n", -1, "1[micsync] 2:user=alice ", { NULL } },
  { "no-last-newline", "[a]\nk=v", -1, "1[a] 2:k=v ", { NULL } },
  { "two-groups", "[a]\nk=1\n\n[b:c]\nk=2\nl=3\n", -1, "1[a] 2:k=1 4[b:c] 5:k=2 6:l=3 ", { NULL } },
  { "group-without-keys", "[micsync]\n", -1, "1[micsync] ", { NULL } },
  { "space-around", "  [a]  \n\tkey \t=  some value \t\n", -1, "1[a] 2:key=some value ", { NULL } },
  { "empty-value", "[a]\nk=\nl= \n", -1, "1[a] 2:k= 3:l= ", { NULL } },
  { "equals-in-value", "[a]\nk=a=b==\n", -1, "1[a] 2:k=a=b== ", { NULL } },
  { "backslash-stays", "[a]\nuser=EXAMPLE\\MAPIAccount\\n\n", -1, "1[a] 2:user=EXAMPLE\\MAPIAccount\\n ", { NULL } },
  { "hash-in-value", "[a]\nk=a#b # c\n", -1, "1[a] 2:k=a#b # c ", { NULL } },
  { "utf-8", "[a]\nk=Büro\n", -1, "1[a] 2:k=Büro ", { NULL } },
  { "crlf", "[a]\r\nk=v\r\n\r\n", -1, "1[a] 2:k=v ", { NULL } },
  { "bom", "\xef\xbb\xbf[a]\nk=v\n", -1, "1[a] 2:k=v ", { NULL } },
  { "key-before-group", "k=v\n[a]\nl=w\n", -1, "2[a] 3:l=w ", { "t:1: a key stands before the first*" } },
  { "no-equals", "[a]\nhunter2\nk=v\n", -1, "1[a] 3:k=v ", { "t:2: the line is neither*" } },
  { "empty-key", "[a]\n=v\n", -1, "1[a] ", { "t:2: a key is called*" } },
  { "key-with-space", "[a]\nmy key=v\n", -1, "1[a] ", { "t:2: a key is called*" } },
  { "localised-key", "[a]\nname[de]=v\n", -1, "1[a] ", { "t:2: a key is called*" } },
  { "semicolon-comment", "; old\n[a]\nk=v\n", -1, "2[a] 3:k=v ", { "t:1: the line is neither*" } },
  { "group-not-closed", "[a\nk=v\n[b]\nl=w\n", -1, "3[b] 4:l=w ", { "t:1: the group's name is not closed*" } },
  { "group-comment", "[a] # mine\nk=v\n", -1, "", { "t:1: there is text after the group's*" } },
  { "group-empty", "[]\nk=v\n", -1, "", { "t:1: a group is called*" } },
  { "group-with-space", "[my plugin]\nk=v\n", -1, "", { "t:1: a group is called*" } },
  { "group-with-slash", "[../x]\nk=v\n", -1, "", { "t:1: a group is called*" } },
  { "group-twice", "[a]\nk=1\n[b]\n[a]\nk=2\n", -1, "1[a] 2:k=1 3[b] ", { "t:4: the group [a] stands twice*line 1*" } },
  { "key-twice", "[a]\nk=1\nk=2\n", -1, "1[a] 2:k=1 ", { "t:3: k stands twice in [a], first in line 2" } },
  { "same-key-elsewhere", "[a]\nk=1\n[b]\nk=2\n", -1, "1[a] 2:k=1 3[b] 4:k=2 ", { NULL } },
  { "zero-byte", "[a]\nk=v\0w\nl=w\n", 14, "1[a] 3:l=w ", { "t:2: the line holds a zero byte*" } },
  { "control", "[a]\nk=v\x1b[31m\n", -1, "1[a] ", { "t:2: the line holds a control character" } },
  { "latin-1", "[a]\nk=B\xfcro\n", -1, "1[a] ", { "t:2: the line is not UTF-8*" } },
  { "utf-16", "\xff\xfe[\0a\0]\0", 8, "", { "t: the file is UTF-16*" } },
  { "several",
    "x\n[a]\ny\nk=v\n=\n",
    -1,
    "2[a] 4:k=v ",
    { "t:1: the line is neither*", "t:3: the line is neither*", "t:5: a key is called*" } },
};

static char *
dump (GPtrArray *groups)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < groups->len; i++)
    {
      const MusterdKeyfileGroup *group = g_ptr_array_index (groups, i);

      g_string_append_printf (text, "%u[%s] ", group->line, group->name);
      for (guint j = 0; j < group->entries->len; j++)
        {
          const MusterdEntry *entry = g_ptr_array_index (group->entries, j);

          g_assert_cmpstr (entry->file, ==, "t");
          g_string_append_printf (text, "%u:%s=%s ", entry->line, entry->key, entry->value);
        }
    }
  return g_string_free (text, FALSE);
}

static void
assert_problem (const char *pattern, const char *problem)
{
  if (!g_pattern_match_simple (pattern, problem))
    g_error ("expected \"%s\", got \"%s\"", pattern, problem);
}

static void
test_parse (gconstpointer data)
{
  const KeyfileCase *c = data;
  g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(GPtrArray) groups
      = musterd_keyfile_parse ("t", c->text, c->length >= 0 ? (gsize) c->length : strlen (c->text), problems);
  g_autofree char *found = dump (groups);
  guint n = 0;

  g_assert_cmpstr (found, ==, c->dump);
  for (; n < problems->len && n < G_N_ELEMENTS (c->problems) && c->problems[n] != NULL; n++)
    assert_problem (c->problems[n], g_ptr_array_index (problems, n));
  if (n < problems->len)
    g_error ("not expected: %s", (const char *) g_ptr_array_index (problems, n));
  g_assert_true (n == G_N_ELEMENTS (c->problems) || c->problems[n] == NULL);
}

static GPtrArray *
problems_of (GString *text)
{
  g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);

  g_ptr_array_unref (musterd_keyfile_parse ("t", text->str, text->len, problems));
  return g_steal_pointer (&problems);
}

static void
test_bounds (void)
{
  g_autoptr(GString) text = g_string_new ("[a]\nk=");

  for (int i = 0; i < MUSTERD_KEYFILE_LINE_MAX; i++)
    g_string_append_c (text, 'x');
  g_string_append (text, "\n");
  {
    g_autoptr(GPtrArray) problems = problems_of (text);

    g_assert_cmpuint (problems->len, ==, 1);
    g_assert_cmpstr (g_ptr_array_index (problems, 0), ==, "t:2: the line is longer than 64 KiB");
  }

  g_string_assign (text, "[a]\n");
  for (int i = 0; i <= MUSTERD_KEYFILE_ENTRIES_MAX; i++)
    g_string_append_printf (text, "k%d=\n", i);
  {
    g_autoptr(GPtrArray) problems = problems_of (text);

    g_assert_cmpuint (problems->len, ==, 1);
    g_assert_cmpstr (g_ptr_array_index (problems, 0), ==, "t:1026: [a] has more than 1024 keys");
  }

  g_string_truncate (text, 0);
  for (int i = 0; i <= MUSTERD_KEYFILE_GROUPS_MAX; i++)
    g_string_append_printf (text, "[g%d]\n", i);
  {
    g_autoptr(GPtrArray) problems = problems_of (text);

    g_assert_cmpuint (problems->len, ==, 1);
    g_assert_cmpstr (g_ptr_array_index (problems, 0), ==, "t:1025: there are more than 1024 groups in one file");
  }

  g_string_truncate (text, 0);
  for (int i = 0; i < 100000; i++)
    g_string_append (text, "garbage\n");
  {
    g_autoptr(GPtrArray) problems = problems_of (text);

    g_assert_cmpuint (problems->len, ==, MUSTERD_KEYFILE_PROBLEMS_MAX + 1);
    g_assert_cmpstr (g_ptr_array_index (problems, MUSTERD_KEYFILE_PROBLEMS_MAX), ==,
                     "t:50: there are too many errors: the rest was not read");
  }

  g_string_truncate (text, 0);
  for (int i = 0; i <= MUSTERD_CONFIG_FILE_MAX / 16; i++)
    g_string_append (text, "# fifteen chars\n");
  {
    g_autoptr(GPtrArray) problems = problems_of (text);

    g_assert_cmpuint (problems->len, ==, 1);
    g_assert_cmpstr (g_ptr_array_index (problems, 0), ==, "t: the file is larger than 1 MiB");
  }
}

/* Bytes of any kind end in a report, never in a crash; the seed is printed with --verbose. */
static void
test_random_bytes (void)
{
  static const char alphabet[] = "[]=#:;\n\r\t \\ab\xc3\xbc\xff\xef\xbb\xbf" "01";

  for (int round = 0; round < 20000; round++)
    {
      char text[80];
      gsize length = (gsize) g_test_rand_int_range (0, sizeof text);
      g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);

      for (gsize i = 0; i < length; i++)
        text[i] = alphabet[g_test_rand_int_range (0, sizeof alphabet)];

      g_autoptr(GPtrArray) groups = musterd_keyfile_parse ("t", text, length, problems);

      for (guint i = 0; i < groups->len; i++)
        {
          const MusterdKeyfileGroup *group = g_ptr_array_index (groups, i);

          for (guint j = 0; j < group->entries->len; j++)
            g_assert_nonnull (((const MusterdEntry *) g_ptr_array_index (group->entries, j))->value);
        }
    }
}

static void
test_files (void)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *dir = g_dir_make_tmp ("muster-config-XXXXXX", &error);
  g_assert_no_error (error);
  g_autofree char *missing = g_build_filename (dir, "missing.conf", NULL);
  g_autofree char *fifo = g_build_filename (dir, "fifo.conf", NULL);
  const char *paths[] = { missing, dir, fifo };
  const char *patterns[] = { "*: reading the file: No such file or directory", "*: it is not a regular file",
                             "*: it is not a regular file" };

  g_assert_cmpint (mkfifo (fifo, 0600), ==, 0);
  for (gsize i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
      g_autoptr(GPtrArray) groups = musterd_keyfile_read (paths[i], problems);

      g_assert_cmpuint (groups->len, ==, 0);
      g_assert_cmpuint (problems->len, ==, 1);
      assert_problem (patterns[i], g_ptr_array_index (problems, 0));
    }

  g_assert_cmpint (g_unlink (fifo), ==, 0);
  g_assert_cmpint (g_rmdir (dir), ==, 0);
}

static void
test_nearest (void)
{
  static const char *const words[] = { "Enabled", "url", "username", "timeout", "View" };

  g_assert_cmpstr (musterd_nearest ("enabled", words, G_N_ELEMENTS (words)), ==, "Enabled");
  g_assert_cmpstr (musterd_nearest ("Enalbed", words, G_N_ELEMENTS (words)), ==, "Enabled");
  g_assert_cmpstr (musterd_nearest ("user-name", words, G_N_ELEMENTS (words)), ==, "username");
  g_assert_cmpstr (musterd_nearest ("uri", words, G_N_ELEMENTS (words)), ==, "url");
  g_assert_cmpstr (musterd_nearest ("time-out", words, G_N_ELEMENTS (words)), ==, "timeout");
  g_assert_null (musterd_nearest ("password", words, G_N_ELEMENTS (words)));
  g_assert_null (musterd_nearest ("", words, G_N_ELEMENTS (words)));
  g_assert_null (musterd_nearest ("anything", NULL, 0));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/config/keyfile/%s", cases[i].name);

      g_test_add_data_func (path, &cases[i], test_parse);
    }
  g_test_add_func ("/config/keyfile/bounds", test_bounds);
  g_test_add_func ("/config/keyfile/random-bytes", test_random_bytes);
  g_test_add_func ("/config/keyfile/files", test_files);
  g_test_add_func ("/config/nearest", test_nearest);
  return g_test_run ();
}
