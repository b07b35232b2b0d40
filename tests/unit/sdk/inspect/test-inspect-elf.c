/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ELF reader on a plugin that is whole, cut off and spoilt: never more than an error. */
#include "inspect.h"

#include <glib/gstdio.h>
#include <string.h>

static const char *plugin_file;
static char *copy_file;

static void
test_whole (void)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(InspectElf) elf = inspect_elf_read (plugin_file, &error);
  gboolean has_library = FALSE;

  g_assert_no_error (error);
  g_assert_cmpuint (elf->exports->len, ==, 1);
  g_assert_cmpstr (g_ptr_array_index (elf->exports, 0), ==, "muster_plugin_1_query");
  for (guint i = 0; i < elf->libraries->len; i++)
    has_library = has_library || g_str_equal (g_ptr_array_index (elf->libraries, i), "libmuster-plugin-1.so.0");
  g_assert_true (has_library);
}

static void
read_copy (const char *bytes, gsize length)
{
  g_autoptr(GError) error = NULL;

  g_assert_true (g_file_set_contents_full (copy_file, bytes, length, G_FILE_SET_CONTENTS_NONE, 0600, &error));
  g_assert_no_error (error);
  g_autoptr(InspectElf) elf = inspect_elf_read (copy_file, &error);
  if (elf == NULL)
    g_assert_nonnull (error);
}

static void
test_cut_off (void)
{
  g_autofree char *bytes = NULL;
  gsize length = 0;

  g_assert_true (g_file_get_contents (plugin_file, &bytes, &length, NULL));
  for (gsize n = 0; n < 200; n++)
    read_copy (bytes, n);
  for (gsize n = 0; n < 200; n++)
    read_copy (bytes, length * n / 200);
}

/* Where a number matters: in the header and in the section headers at the end of the file. */
static void
test_spoilt (void)
{
  g_autofree char *bytes = NULL;
  gsize length = 0;

  g_assert_true (g_file_get_contents (plugin_file, &bytes, &length, NULL));
  for (guint round = 0; round < 1500; round++)
    {
      g_autofree char *copy = g_memdup2 (bytes, length);
      const guint n = g_test_rand_int_range (1, 4);

      for (guint i = 0; i < n; i++)
        {
          const int tail = (int) MIN (length, 4096);
          const gsize head_at = g_test_rand_int_range (0, 64);
          const gsize tail_at = length - tail + g_test_rand_int_range (0, tail);
          const gsize at = g_test_rand_bit () ? head_at : tail_at;

          copy[at] = g_test_rand_bit () ? (char) 0xff : (char) g_test_rand_int_range (0, 256);
        }
      read_copy (copy, length);
    }
}

int
main (int argc, char *argv[])
{
  g_autofree char *dir = NULL;

  g_test_init (&argc, &argv, NULL);
  if (argc != 2)
    g_error ("usage: %s PLUGIN.so", argv[0]);
  plugin_file = argv[1];
  dir = g_dir_make_tmp ("muster-inspect-XXXXXX", NULL);
  g_assert_nonnull (dir);
  copy_file = g_build_filename (dir, "copy.so", NULL);
  g_test_add_func ("/inspect/elf/whole", test_whole);
  g_test_add_func ("/inspect/elf/cut-off", test_cut_off);
  g_test_add_func ("/inspect/elf/spoilt", test_spoilt);
  const int status = g_test_run ();
  g_unlink (copy_file);
  g_rmdir (dir);
  g_free (copy_file);
  return status;
}
