/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "test-host"

#include "fixture.h"

#include <glib/gstdio.h>
#include <unistd.h>

typedef struct
{
  const char *name, *plugin;
  const char *install; /* nullable */
  void      (*spoil) (const char *dir, const char *path); /* nullable */
  const char *error;   /* nullable: it opens */
} LoaderCase;

static void
make_writable (const char *dir G_GNUC_UNUSED, const char *path)
{
  g_assert_cmpint (g_chmod (path, 0666), ==, 0);
}

static void
make_group_writable (const char *dir G_GNUC_UNUSED, const char *path)
{
  g_assert_cmpint (g_chmod (path, 0664), ==, 0);
}

static void
make_dir_writable (const char *dir, const char *path G_GNUC_UNUSED)
{
  g_assert_cmpint (g_chmod (dir, 0777), ==, 0);
}

static void
make_link (const char *dir, const char *path)
{
  g_autofree char *other = g_build_filename (dir, "other", NULL);

  g_assert_cmpint (g_rename (path, other), ==, 0);
  g_assert_cmpint (symlink (other, path), ==, 0);
}

static void
make_directory (const char *dir G_GNUC_UNUSED, const char *path)
{
  g_assert_cmpint (g_mkdir (path, 0755), ==, 0);
}

static void
make_text (const char *dir G_GNUC_UNUSED, const char *path)
{
  g_autoptr(GError) error = NULL;

  g_file_set_contents (path, "not an object\n", -1, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_chmod (path, 0644), ==, 0);
}

static void
remove_dir (const char *dir, const char *path G_GNUC_UNUSED)
{
  g_assert_cmpint (g_rmdir (dir), ==, 0);
}

static void
give_away (const char *dir G_GNUC_UNUSED, const char *path)
{
  if (geteuid () != 0)
    {
      g_test_skip ("only root can give a file away");
      return;
    }
  g_assert_cmpint (chown (path, 65534, 65534), ==, 0);
}

static const LoaderCase cases[] = {
  { "good", "good", "good", NULL, NULL },
  { "no-symbol", "no-symbol", "no-symbol", NULL,
    "*/no-symbol.so is no plugin of Muster's ABI 1: it does not export muster_plugin_1_query*" },
  { "old-abi", "old-abi", "old-abi", NULL, "*/old-abi.so cannot be run by this daemon: *ABI 0*" },
  { "newer-api", "newer-api", "newer-api", NULL, "*/newer-api.so cannot be run by this daemon: *9999*" },
  { "wrong-id", "wrong-id", "wrong-id", NULL,
    "*/wrong-id.so holds the plugin \"somebody-else\": *named after it (somebody-else.so)" },
  { "missing", "absent", NULL, NULL, "there is no absent.so in /*: install the package*" },
  { "no-directory", "absent", NULL, remove_dir, "there is no absent.so in /*" },
  { "world-writable", "good", "good", make_writable,
    "*/good.so has mode 0666 and can be written by anybody: *chmod go-w*" },
  { "group-writable", "good", "good", make_group_writable, "*/good.so has mode 0664 and can be written by its group*" },
  { "directory-writable", "good", "good", make_dir_writable, "*/plugins has mode 0777 and can be written by anybody*" },
  { "foreign-owner", "good", "good", give_away, "*/good.so belongs to * (65534), but must belong to root*chown*" },
  { "link", "good", "good", make_link, "*/good.so is a symbolic link; a plugin must be a regular file" },
  { "directory", "folder", NULL, make_directory, "*/folder.so is a directory; a plugin must be a regular file" },
  { "text", "text", NULL, make_text, "opening */text.so: *" },
  { "path", "../good", "good", NULL, "\"../good\" cannot be the name of a plugin*" },
  { "absolute", "/good", "good", NULL, "\"/good\" cannot be the name of a plugin*" },
  { "empty", "", NULL, NULL, "\"\" cannot be the name of a plugin*" },
  { "upper", "Good", "good", NULL, "\"Good\" cannot be the name of a plugin*" },
  { "dot", "good.so", "good", NULL, "\"good.so\" cannot be the name of a plugin*" },
  { "dash-first", "-good", "good", NULL, "\"-good\" cannot be the name of a plugin*" },
};

static void
test_open (Fixture *f, gconstpointer data)
{
  const LoaderCase *c = data;
  g_autoptr(GError) error = NULL;
  g_autofree char *path = g_strconcat (f->plugin_dir, "/", c->plugin, ".so", NULL);
  MusterdLoader *loader = musterd_loader_new (f->plugin_dir);

  if (c->install != NULL)
    fixture_install (f, c->install);
  if (c->spoil != NULL)
    c->spoil (f->plugin_dir, path);
  if (!g_test_failed () && !(c->spoil == give_away && geteuid () != 0))
    {
      const MusterdModule *module = musterd_loader_open (loader, c->plugin, &error);

      if (c->error == NULL)
        {
          g_assert_no_error (error);
          g_assert_cmpstr (module->descriptor->id, ==, c->plugin);
          g_assert_cmpstr (module->path, ==, path);
          /* Once opened it stays. */
          g_assert_true (musterd_loader_open (loader, c->plugin, &error) == module);
        }
      else
        {
          g_assert_null (module);
          g_assert_nonnull (error);
          g_test_message ("%s", error->message);
          g_assert_true (g_pattern_match_simple (c->error, error->message));
        }
    }
  musterd_loader_free (loader);
}

static void
test_several_directories (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *dirs = g_strconcat (f->dir, "/nowhere:relative:", f->plugin_dir, NULL);
  g_autoptr(GError) error = NULL;
  MusterdLoader *loader = musterd_loader_new (dirs);

  fixture_install (f, "good");
  g_assert_nonnull (musterd_loader_open (loader, "good", &error));
  g_assert_no_error (error);
  musterd_loader_free (loader);
}

/* The same complaints reach whoever starts the daemon, with the place in the keyfile. */
static void
test_check (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(MusterdConfig) config = fixture_load (f, "[no-symbol]\n"
                                                     "Enabled=required\n"
                                                     "[old-abi]\n"
                                                     "Enabled=optional\n"
                                                     "[absent]\n"
                                                     "Enabled=no\n"
                                                     "[good]\n"
                                                     "Users=group:Sales\n"
                                                     "greting=moin\n");

  fixture_install (f, "no-symbol old-abi good");
  g_assert_false (musterd_host_check (f->host, config, problems, warnings));
  g_assert_cmpuint (problems->len, ==, 2);
  g_assert_cmpuint (warnings->len, ==, 1);
  g_assert_true (g_pattern_match_simple ("*/muster.conf:1: [no-symbol] */no-symbol.so is no plugin*",
                                         g_ptr_array_index (problems, 0)));
  g_assert_true (g_pattern_match_simple ("*/muster.conf:9: *greting*greeting*", g_ptr_array_index (problems, 1)));
  g_assert_true (g_pattern_match_simple ("*/muster.conf:3: *old-abi.so cannot be run*",
                                         g_ptr_array_index (warnings, 0)));
}

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/host/loader/", cases[i].name, NULL);

      g_test_add (path, Fixture, &cases[i], fixture_set_up, test_open, fixture_tear_down);
    }
  g_test_add ("/host/loader/several-directories", Fixture, NULL, fixture_set_up, test_several_directories,
              fixture_tear_down);
  g_test_add ("/host/loader/check", Fixture, NULL, fixture_set_up, test_check, fixture_tear_down);
  return g_test_run ();
}
