/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-inspect"

#include "inspect.h"

/* Of a member that may be missing, null or of another kind; never NULL. Without control characters, which a terminal
 * would obey. */
static char *
text_of (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);
  g_autoptr(GString) text = g_string_new (NULL);

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node))
    return g_strdup ("");
  if (json_node_get_value_type (node) == G_TYPE_INT64)
    return g_strdup_printf ("%" G_GINT64_FORMAT, json_node_get_int (node));
  if (json_node_get_value_type (node) != G_TYPE_STRING)
    return g_strdup ("");
  for (const char *p = json_node_get_string (node); *p != '\0'; p = g_utf8_next_char (p))
    g_string_append_unichar (text, g_unichar_isprint (g_utf8_get_char (p)) ? g_utf8_get_char (p) : '?');
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static JsonArray *
array_of (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
}

static JsonObject *
object_of (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

static JsonObject *
nth_object (JsonArray *array, guint i)
{
  JsonNode *node = json_array_get_element (array, i);

  return JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

static char *
words_of (JsonObject *object, const char *name)
{
  JsonArray *array = array_of (object, name);
  g_autoptr(GString) words = g_string_new (NULL);

  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++)
    {
      g_autoptr(JsonObject) one = json_object_new ();

      json_object_set_member (one, "word", json_node_copy (json_array_get_element (array, i)));
      g_autofree char *word = text_of (one, "word");
      g_string_append_printf (words, "%s%s", words->len > 0 ? ", " : "", word);
    }
  return g_string_free (g_steal_pointer (&words), FALSE);
}

static void
print_line (const char *label, const char *text)
{
  if (*text != '\0')
    g_print ("  %-10s  %s\n", label, text);
}

static void
print_member (JsonObject *plugin, const char *label, const char *name)
{
  g_autofree char *text = text_of (plugin, name);

  print_line (label, text);
}

static char *
describe_type (JsonObject *option)
{
  g_autofree char *type = text_of (option, "type");
  g_autofree char *preset = text_of (option, "default");
  g_autofree char *min = text_of (option, "min");
  g_autofree char *max = text_of (option, "max");
  g_autofree char *choices = text_of (option, "choices");
  g_autoptr(GString) text = g_string_new (type);
  JsonNode *required = json_object_get_member (option, "required");

  if (required != NULL && JSON_NODE_HOLDS_VALUE (required) && json_node_get_boolean (required))
    g_string_append (text, ", required");
  if (*choices != '\0')
    g_string_append_printf (text, ": %s", choices);
  if (*min != '\0')
    g_string_append_printf (text, " from %s to %s", min, max);
  if (*preset != '\0' && !g_str_equal (type, "table"))
    g_string_append_printf (text, ", default %s", preset);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
print_columns (JsonArray *columns)
{
  for (guint i = 0; columns != NULL && i < json_array_get_length (columns); i++)
    {
      JsonObject *column = nth_object (columns, i);

      if (column == NULL)
        continue;
      g_autofree char *name = text_of (column, "name");
      g_autofree char *doc = text_of (column, "doc");
      g_autofree char *type = describe_type (column);
      g_print ("      %s (%s): %s\n", name, type, doc);
    }
}

/* A table's default, a row on each line. */
static void
print_rows (JsonObject *option)
{
  g_autofree char *type = text_of (option, "type");
  g_autofree char *preset = text_of (option, "default");
  const char *begin = preset;

  if (!g_str_equal (type, "table") || *preset == '\0')
    return;
  g_print ("      default rows:\n");
  for (const char *p = preset;; p++)
    {
      if (*p == '\\' && p[1] != '\0')
        p++;
      else if (*p == ';' || *p == '\0')
        {
          if (p > begin)
            g_print ("        %.*s\n", (int) (p - begin), begin);
          if (*p == '\0')
            break;
          begin = p + 1;
        }
    }
}

static void
print_options (JsonObject *plugin, const char *member, const char *title)
{
  JsonArray *options = array_of (plugin, member);

  if (options == NULL || json_array_get_length (options) == 0)
    return;
  g_print ("\n%s\n", title);
  for (guint i = 0; i < json_array_get_length (options); i++)
    {
      JsonObject *option = nth_object (options, i);

      if (option == NULL)
        continue;
      g_autofree char *name = text_of (option, "name");
      g_autofree char *doc = text_of (option, "doc");
      g_autofree char *type = describe_type (option);
      g_print ("  %s (%s)\n      %s\n", name, type, doc);
      print_columns (array_of (option, "columns"));
      print_rows (option);
    }
}

static void
print_roles (JsonObject *plugin)
{
  JsonObject *source = object_of (plugin, "source");
  JsonObject *sink = object_of (plugin, "sink");

  if (source != NULL)
    {
      g_autofree char *members = words_of (source, "members");
      g_autofree char *kinds = words_of (source, "kinds");

      print_line ("source", members);
      print_line ("claims", *kinds != '\0' ? kinds : "not said");
    }
  if (sink != NULL)
    {
      g_autofree char *members = words_of (sink, "members");
      g_autofree char *needs = words_of (sink, "needs");
      g_autofree char *at_once = text_of (sink, "max_in_flight");
      g_autofree char *deadline = text_of (sink, "deadline");
      g_autofree char *pace = g_strdup_printf ("%s at once, %s for each", at_once, deadline);

      print_line ("sink", members);
      print_line ("needs", needs);
      print_line ("pace", pace);
    }
}

void
inspect_print (JsonObject *plugin)
{
  g_autofree char *id = text_of (plugin, "id");
  g_autofree char *version = text_of (plugin, "version");
  g_autofree char *summary = text_of (plugin, "summary");
  g_autofree char *file = text_of (plugin, "file");
  g_autofree char *reason = text_of (plugin, "reason");
  g_autofree char *exports = words_of (plugin, "exports");
  g_autofree char *libraries = words_of (plugin, "libraries");
  g_autofree char *group = g_strdup_printf ("Options in the keyfile, group [%s]", id);

  if (*id != '\0')
    g_print ("%s %s: %s\n", id, version, summary);
  else
    g_print ("%s\n", file);
  g_print ("  %-10s  %s%s\n", "verdict", *reason != '\0' ? "refused: " : "this version of Muster runs it", reason);
  print_member (plugin, "file", "file");
  print_member (plugin, "licence", "license");
  print_member (plugin, "ABI", "abi");
  print_member (plugin, "API level", "api_level");
  print_roles (plugin);
  print_line ("exports", exports);
  print_line ("libraries", libraries);
  print_options (plugin, "options", group);
  print_options (plugin, "user_options", "Options of locations, groups and users");
}
