/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* muster-inspect on good and on bad plugins: exit status, and what it says. The folder of the plugins is the first
 * argument, the program the second. */
#include <gio/gio.h>
#include <json-glib/json-glib.h>

static const char *fixtures, *program;

typedef struct
{
  const char *name;
  const char *reason; /* nullable: accepted */
} InspectCase;

static const InspectCase cases[] = {
  { "good", NULL },
  { "crash", "it crashed while it was opened and asked: signal *" },
  { "crash-early", "it crashed while it was opened and asked: signal *" },
  { "hang", "it did not answer within 10 s and was ended" },
  { "exit", "the process that had opened it did not say what it found" },
  { "forge", "the process that had opened it did not say what it found" },
  { "flood", "it says more than 1048576 bytes of itself" },
  { "null", "its query function returned no descriptor" },
  { "old-abi", "written for plugin ABI 0, this host runs ABI 1: rebuild *" },
  { "new-level", "needs API level 9, this host offers 1: update muster, *" },
  { "no-symbol", "it has no function muster_plugin_1_query()*" },
  { "two-symbols", "it exports more than muster_plugin_1_query(): another_symbol; *" },
  { "undefined", "opening it: *undefined symbol: muster_context_of_a_later_level*" },
  { "other-name", "its file must be called somebody-else.so*" },
};

static int
run (char **output, const char *first, ...)
{
  g_autoptr(GPtrArray) args = g_ptr_array_new ();
  g_autoptr(GError) error = NULL;
  va_list more;

  g_ptr_array_add (args, (gpointer) program);
  va_start (more, first);
  for (const char *arg = first; arg != NULL; arg = va_arg (more, const char *))
    g_ptr_array_add (args, (gpointer) arg);
  va_end (more);
  g_ptr_array_add (args, NULL);

  g_autoptr(GSubprocess) process
      = g_subprocess_newv ((const char *const *) args->pdata,
                           G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_SILENCE, &error);
  g_assert_no_error (error);
  g_subprocess_communicate_utf8 (process, NULL, NULL, output, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_get_if_exited (process));
  return g_subprocess_get_exit_status (process);
}

static JsonObject *
parse (const char *text)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonNode) root = json_from_string (text, &error);

  g_assert_no_error (error);
  return json_object_ref (json_node_get_object (root));
}

static void
test_plugin (gconstpointer data)
{
  const InspectCase *c = data;
  g_autofree char *output = NULL, *text = NULL;
  const int status = run (&output, "--json", "--plugin-dir", fixtures, c->name, NULL);
  g_autoptr(JsonObject) plugin = parse (output);

  g_assert_cmpint (status, ==, c->reason == NULL ? 0 : 1);
  g_assert_cmpint (json_object_get_boolean_member (plugin, "accepted"), ==, c->reason == NULL);
  if (c->reason == NULL)
    {
      g_assert_true (json_object_get_null_member (plugin, "reason"));
      g_assert_cmpstr (json_object_get_string_member (plugin, "id"), ==, c->name);
      g_assert_cmpint (run (&text, "--plugin-dir", fixtures, c->name, NULL), ==, 0);
      g_assert_true (g_str_has_prefix (text, "good 1: Wrong on purpose\n"));
    }
  else if (!g_pattern_match_simple (c->reason, json_object_get_string_member (plugin, "reason")))
    g_error ("%s: '%s' does not match '%s'", c->name, json_object_get_string_member (plugin, "reason"), c->reason);
}

static void
test_several (void)
{
  g_autofree char *output = NULL;

  g_assert_cmpint (run (&output, "--json", "--plugin-dir", fixtures, "good", "old-abi", NULL), ==, 1);
  g_autoptr(JsonNode) root = json_from_string (output, NULL);
  g_assert_true (JSON_NODE_HOLDS_ARRAY (root));
  g_assert_cmpuint (json_array_get_length (json_node_get_array (root)), ==, 2);
}

static void
test_use (void)
{
  g_autofree char *nothing = NULL, *unknown = NULL, *help = NULL, *missing = NULL, *folder = NULL;

  g_assert_cmpint (run (&nothing, NULL), ==, 2);
  g_assert_cmpint (run (&unknown, "--no-such-option", NULL), ==, 2);
  g_assert_cmpint (run (&help, "--help", NULL), ==, 0);
  g_assert_cmpint (run (&missing, "/nowhere/x.so", NULL), ==, 1);
  g_assert_cmpint (run (&folder, "/", NULL), ==, 1);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  if (argc != 3)
    g_error ("usage: %s FIXTURES MUSTER-INSPECT", argv[0]);
  fixtures = argv[1];
  program = argv[2];
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/inspect/plugin/", cases[i].name, NULL);

      g_test_add_data_func (path, &cases[i], test_plugin);
    }
  g_test_add_func ("/inspect/several", test_several);
  g_test_add_func ("/inspect/use", test_use);
  return g_test_run ();
}
