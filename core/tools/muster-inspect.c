/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-inspect"

#include "inspect.h"

#include "muster/muster-plugin.h"

#include <locale.h>
#include <string.h>

#define EXIT_REFUSED 1
#define EXIT_WRONG_USE 2
#define CHILD_FD 3
#define ENTRY_POINT "muster_plugin_1_query"

static char *
find_file (const char *name, const char *plugin_dir)
{
  if (strchr (name, '/') != NULL || g_str_has_suffix (name, ".so"))
    return g_canonicalize_filename (name, NULL);

  g_autofree char *file = g_strconcat (name, ".so", NULL);
  return g_build_filename (plugin_dir, file, NULL);
}

static void
set_names (JsonObject *plugin, const char *member, GPtrArray *names)
{
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < names->len; i++)
    json_array_add_string_element (array, g_ptr_array_index (names, i));
  json_object_set_array_member (plugin, member, array);
}

/* The reason of refusal that stands already, or NULL. */
static const char *
get_reason (JsonObject *plugin)
{
  JsonNode *node = json_object_get_member (plugin, "reason");

  return node != NULL && JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING
             ? json_node_get_string (node)
             : NULL;
}

static void
refuse (JsonObject *plugin, char *reason)
{
  if (get_reason (plugin) == NULL)
    json_object_set_string_member (plugin, "reason", reason);
  g_free (reason);
}

static void
check_exports (JsonObject *plugin, const InspectElf *elf)
{
  g_autoptr(GString) others = g_string_new (NULL);

  for (guint i = 0; i < elf->exports->len; i++)
    if (!g_str_equal (g_ptr_array_index (elf->exports, i), ENTRY_POINT))
      g_string_append_printf (others, "%s%s", others->len > 0 ? ", " : "",
                              (const char *) g_ptr_array_index (elf->exports, i));
  if (others->len > 0)
    refuse (plugin, g_strdup_printf ("it exports more than " ENTRY_POINT "(): %s; build it with hidden visibility",
                                     others->str));
}

static void
check_name (JsonObject *plugin, const char *file)
{
  JsonNode *id = json_object_get_member (plugin, "id");
  g_autofree char *base = g_path_get_basename (file);

  if (id == NULL || !JSON_NODE_HOLDS_VALUE (id) || json_node_get_value_type (id) != G_TYPE_STRING)
    return;
  g_autofree char *expected = g_strconcat (json_node_get_string (id), ".so", NULL);
  if (!g_str_equal (base, expected))
    refuse (plugin, g_strdup_printf ("its file must be called %s: plugins are found by their id", expected));
}

/* Everything that can be said of one file; `reason` is null where this version of Muster runs it. */
static JsonObject *
inspect (const char *program, const char *file)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(InspectElf) elf = NULL;
  g_autofree char *reason = NULL;
  JsonObject *plugin = NULL;

  /* A directory, pipe or device must not be opened at all. */
  if (!g_file_test (file, G_FILE_TEST_EXISTS))
    reason = g_strdup ("there is no such file");
  else if (!g_file_test (file, G_FILE_TEST_IS_REGULAR))
    reason = g_strdup ("it is no regular file");
  else if ((elf = inspect_elf_read (file, &error)) == NULL)
    reason = g_strdup (error->message);
  else
    plugin = inspect_run (program, file, &reason);

  if (plugin == NULL)
    plugin = json_object_new ();
  if (reason != NULL)
    json_object_set_string_member (plugin, "reason", reason);
  json_object_set_string_member (plugin, "file", file);
  if (elf != NULL)
    {
      set_names (plugin, "exports", elf->exports);
      set_names (plugin, "libraries", elf->libraries);
      check_exports (plugin, elf);
      check_name (plugin, file);
    }
  json_object_set_boolean_member (plugin, "accepted", get_reason (plugin) == NULL);
  json_object_set_int_member (plugin, "host_abi", MUSTER_PLUGIN_ABI);
  json_object_set_int_member (plugin, "host_api_level", MUSTER_API_LEVEL);
  return plugin;
}

static void
print_json (GPtrArray *plugins)
{
  g_autoptr(JsonNode) root = NULL;

  if (plugins->len == 1)
    {
      root = json_node_new (JSON_NODE_OBJECT);
      json_node_set_object (root, g_ptr_array_index (plugins, 0));
    }
  else
    {
      root = json_node_new (JSON_NODE_ARRAY);
      json_node_take_array (root, json_array_sized_new (plugins->len));
      for (guint i = 0; i < plugins->len; i++)
        json_array_add_object_element (json_node_get_array (root), json_object_ref (g_ptr_array_index (plugins, i)));
    }
  g_autofree char *text = json_to_string (root, TRUE);
  g_print ("%s\n", text);
}

static int
wrong_use (const char *message)
{
  g_printerr ("muster-inspect: %s; try 'muster-inspect --help'\n", message);
  return EXIT_WRONG_USE;
}

int
main (int argc, char *argv[])
{
  gboolean json = FALSE, version = FALSE, print_plugin_dir = FALSE;
  g_autofree char *plugin_dir = NULL;
  g_auto(GStrv) names = NULL;
  const GOptionEntry entries[] = {
    { "json", 'j', 0, G_OPTION_ARG_NONE, &json, "Print one JSON value: an object, or an array for several plugins",
      NULL },
    { "plugin-dir", 'd', 0, G_OPTION_ARG_FILENAME, &plugin_dir,
      "Where a plugin named without '/' and '.so' is looked for (" MUSTER_PLUGINDIR ")", "DIR" },
    { "plugindir", 0, 0, G_OPTION_ARG_NONE, &print_plugin_dir, "Print that directory", NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, &version, "Print the version of Muster and of its plugin interface", NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &names, NULL, "PLUGIN|FILE.so…" },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr(GOptionContext) options = g_option_context_new (NULL);
  g_autoptr(GPtrArray) plugins = g_ptr_array_new_with_free_func ((GDestroyNotify) json_object_unref);
  g_autoptr(GError) error = NULL;
  gboolean all_accepted = TRUE;

  /* Not an option: how this program runs itself again to open a plugin where nothing can be broken. */
  if (argc == 3 && g_str_equal (argv[1], "--in-child"))
    inspect_child (argv[2], CHILD_FD);

  setlocale (LC_ALL, "");
  g_option_context_add_main_entries (options, entries, NULL);
  g_option_context_set_summary (
      options, "Shows what a plugin of Muster is, and whether this version of Muster can run it: its roles, what its\n"
               "sink is handed, its options with types, defaults and meaning, the symbols it exports and the\n"
               "libraries it needs. The plugin is opened in a process of its own, for at most 10 seconds.");
  g_option_context_set_description (options,
                                    "Exit status: 0 this version runs every plugin named; 1 it refuses one of them,\n"
                                    "and says why; 2 wrong use.\n\n"
                                    "Examples:\n"
                                    "  muster-inspect micsync\n"
                                    "  muster-inspect --json ./build/my-plugin.so");
  if (!g_option_context_parse (options, &argc, &argv, &error))
    return wrong_use (error->message);
  if (version)
    {
      g_print ("muster-inspect %s (plugin ABI %u, API level %u)\n", MUSTER_VERSION, MUSTER_PLUGIN_ABI,
               MUSTER_API_LEVEL);
      return 0;
    }
  if (print_plugin_dir)
    {
      g_print ("%s\n", plugin_dir != NULL ? plugin_dir : MUSTER_PLUGINDIR);
      return 0;
    }
  if (names == NULL || names[0] == NULL)
    return wrong_use ("no plugin was named");

  g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);
  for (char **name = names; *name != NULL; name++)
    {
      g_autofree char *file = find_file (*name, plugin_dir != NULL ? plugin_dir : MUSTER_PLUGINDIR);
      JsonObject *plugin = inspect (self != NULL ? self : argv[0], file);

      all_accepted = all_accepted && get_reason (plugin) == NULL;
      g_ptr_array_add (plugins, plugin);
      if (!json)
        {
          if (name != names)
            g_print ("\n");
          inspect_print (plugin);
        }
    }
  if (json)
    print_json (plugins);
  return all_accepted ? 0 : EXIT_REFUSED;
}
