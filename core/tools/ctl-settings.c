/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Settings by scope: looking, changing, and who may. */
#define G_LOG_DOMAIN "musterctl"

#include <string.h>

#include "ctl-client.h"
#include "ctl-output.h"

/* Values as they would be written for `settings set`. */

static char *
print_node (JsonNode *node)
{
  g_autoptr(GPtrArray) parts = NULL;

  if (node == NULL || JSON_NODE_HOLDS_NULL (node))
    return g_strdup ("");
  if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING)
    return json_node_dup_string (node);
  if (JSON_NODE_HOLDS_VALUE (node))
    return json_to_string (node, FALSE);
  parts = g_ptr_array_new_with_free_func (g_free);
  if (JSON_NODE_HOLDS_OBJECT (node))
    {
      g_autoptr(GList) cells = json_object_get_values (json_node_get_object (node));

      for (GList *cell = cells; cell != NULL; cell = cell->next)
        g_ptr_array_add (parts, print_node (cell->data));
    }
  else
    for (guint i = 0; i < ctl_length (json_node_get_array (node)); i++)
      g_ptr_array_add (parts, print_node (json_array_get_element (json_node_get_array (node), i)));
  g_ptr_array_add (parts, NULL);
  return g_strjoinv (JSON_NODE_HOLDS_OBJECT (node) ? "|" : ";", (char **) parts->pdata);
}

static char *
print_value (JsonObject *object, const char *name)
{
  g_autofree char *text = print_node (json_object_get_member (object, name));

  return ctl_clean (text);
}

/* Looking. */

static void
add_names (GHashTable *names, JsonNode *answer)
{
  JsonArray *templates = answer != NULL ? ctl_array (json_node_get_object (answer), "templates") : NULL;

  for (guint i = 0; i < ctl_length (templates); i++)
    {
      JsonObject *tmpl = json_array_get_object_element (templates, i);

      if (ctl_string (tmpl, "id") != NULL && ctl_string (tmpl, "name") != NULL)
        g_hash_table_insert (names, g_strdup (ctl_string (tmpl, "id")), g_strdup (ctl_string (tmpl, "name")));
    }
}

/* Ids → names of the templates that this scope can name. Without them it is shown by the ids. */
static GHashTable *
ask_names (Ctl *ctl, const char *scope)
{
  GHashTable *names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  gboolean is_user = g_str_has_prefix (scope, "user:");
  g_autofree char *path = is_user ? ctl_path ("/v1/templates?user=%s", scope + strlen ("user:"), NULL)
                                  : ctl_path ("/v1/templates?scope=%s", scope, NULL);
  g_autoptr(JsonNode) nearest = ctl_ask (ctl, "GET", path, NULL, NULL);
  g_autoptr(JsonNode) all = is_user ? NULL : ctl_ask (ctl, "GET", "/v1/templates?scope=all", NULL, NULL);

  add_names (names, all);
  add_names (names, nearest);
  return names;
}

/* An id that nobody can read is said with the name. */
static char *
print_named (JsonObject *value, GHashTable *names)
{
  const char *text = ctl_string (value, "value");
  const char *name = text != NULL && g_str_has_prefix (text, "t-") ? g_hash_table_lookup (names, text) : NULL;
  g_autofree char *named = name != NULL ? g_strdup_printf ("%s (%s)", text, name) : NULL;

  return named != NULL ? ctl_clean (named) : print_value (value, "value");
}

/* One row of a table to a line, since all of them in one are wider than any terminal. */
static void
add_rows (CtlTable *table, const char *option, JsonArray *rows, const char *from)
{
  for (guint i = 0; i < ctl_length (rows); i++)
    {
      g_autofree char *text = print_node (json_array_get_element (rows, i));

      ctl_table_add (table, i == 0 ? ctl_clean (option) : NULL, ctl_clean (text), i == 0 ? ctl_clean (from) : NULL);
    }
}

static gboolean
holds_rows (JsonNode *value)
{
  return value != NULL && JSON_NODE_HOLDS_ARRAY (value) && ctl_length (json_node_get_array (value)) > 0
         && JSON_NODE_HOLDS_OBJECT (json_array_get_element (json_node_get_array (value), 0));
}

static void
print_block (const char *name, JsonObject *block, GHashTable *names)
{
  JsonObject *policy = ctl_member (block, "policy"), *options = ctl_member (block, "options");
  CtlTable *table = ctl_table_new (NULL, 3);
  g_autofree char *clean = ctl_clean (name);
  g_autofree char *from = ctl_clean (ctl_string (policy, "from"));
  JsonObjectIter iter;
  const char *option;
  JsonNode *node;

  g_print (g_strcmp0 (ctl_string (policy, "value"), "may-change") == 0
               ? _ ("\n%s: users may change it (%s)\n")
               : _ ("\n%s: users cannot change it (%s)\n"),
           clean, from);
  if (options != NULL)
    json_object_iter_init_ordered (&iter, options);
  while (options != NULL && json_object_iter_next_ordered (&iter, &option, &node))
    {
      JsonObject *value = ctl_member (options, option);

      if (value != NULL && holds_rows (json_object_get_member (value, "value")))
        {
          add_rows (table, option, ctl_array (value, "value"), ctl_string (value, "from"));
          continue;
        }
      ctl_table_add (table, ctl_clean (option), print_named (value, names), ctl_clean (ctl_string (value, "from")));
      if (g_strcmp0 (ctl_string (value, "from"), "built-in") == 0)
        ctl_table_paint (table, 2, CTL_GREY);
    }
  ctl_table_print (table, "  ");
}

static void
print_settings (Ctl *ctl, JsonObject *settings)
{
  JsonObject *blocks = ctl_member (settings, "blocks");
  g_autofree char *scope = ctl_clean (ctl_string (settings, "scope"));
  g_autoptr(GHashTable) names = NULL;
  JsonObjectIter iter;
  const char *name;

  g_print (_ ("%s (users: %u)\n"), scope, (guint) ctl_int (settings, "users"));
  if (blocks == NULL)
    return;
  names = ask_names (ctl, scope);
  json_object_iter_init_ordered (&iter, blocks);
  while (json_object_iter_next_ordered (&iter, &name, NULL))
    print_block (name, ctl_member (blocks, name), names);
}

/* That of whoever asks, where none is named. */
static char *
find_scope (Ctl *ctl, GError **error)
{
  g_autoptr(JsonNode) answer = NULL;
  JsonObject *you;

  if (ctl_get_arg (ctl, 0) != NULL)
    return g_strdup (ctl_get_arg (ctl, 0));
  answer = ctl_ask (ctl, "GET", "/v1/status", NULL, error);
  if (answer == NULL)
    return NULL;
  you = ctl_member (json_node_get_object (answer), "you");
  if (you == NULL || ctl_bool (you, "admin") || ctl_string (you, "user") == NULL)
    return g_strdup ("all");
  return g_strconcat ("user:", ctl_string (you, "user"), NULL);
}

static int
run_show (Ctl *ctl)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *scope = find_scope (ctl, &error);
  g_autofree char *path = scope != NULL ? ctl_path ("/v1/settings/%s", scope, NULL) : NULL;
  g_autoptr(JsonNode) answer = path != NULL ? ctl_ask (ctl, "GET", path, NULL, &error) : NULL;

  if (answer == NULL)
    return ctl_fail (error);
  if (ctl->json)
    ctl_print_json (answer);
  else
    print_settings (ctl, json_node_get_object (answer));
  return CTL_DONE;
}

static void
print_scopes (JsonArray *scopes)
{
  const char *titles[] = { _ ("SCOPE"), _ ("USERS"), _ ("SETTINGS"), _ ("POLICIES"), _ ("TEMPLATES") };
  CtlTable *table = ctl_table_new (titles, G_N_ELEMENTS (titles));

  for (guint i = 0; i < ctl_length (scopes); i++)
    {
      JsonObject *scope = json_array_get_object_element (scopes, i);

      ctl_table_add (table, ctl_clean (ctl_string (scope, "scope")), print_value (scope, "users"),
                     print_value (scope, "values"), print_value (scope, "policies"), print_value (scope, "templates"));
    }
  ctl_table_print (table, "");
}

static int
run_list (Ctl *ctl)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonNode) answer = ctl_ask (ctl, "GET", "/v1/settings", NULL, &error);
  JsonArray *scopes;

  if (answer == NULL)
    return ctl_fail (error);
  scopes = ctl_array (json_node_get_object (answer), "scopes");
  if (ctl->json)
    ctl_print_json (answer);
  else if (ctl_has_option (ctl, "ids"))
    ctl_print_each (scopes, "scope");
  else
    print_scopes (scopes);
  return CTL_DONE;
}

static void
describe_option (JsonObject *block, JsonObject *option)
{
  g_autofree char *block_name = ctl_clean (ctl_string (block, "name"));
  g_autofree char *name = ctl_clean (ctl_string (option, "name"));
  g_autofree char *type = ctl_clean (ctl_string (option, "type"));
  g_autofree char *doc = ctl_clean (ctl_string (option, "doc"));
  g_autofree char *by_default = print_value (option, "default");
  g_autofree char *choices = print_value (option, "choices");
  JsonArray *columns = ctl_array (option, "columns");

  g_print ("\n%s.%s (%s)\n  %s\n", block_name, name, type, doc);
  if (*by_default != '\0')
    g_print (_ ("  default: %s\n"), by_default);
  if (*choices != '\0')
    g_print (_ ("  one of: %s\n"), choices);
  for (guint i = 0; i < ctl_length (columns); i++)
    {
      JsonObject *column = json_array_get_object_element (columns, i);
      g_autofree char *column_name = ctl_clean (ctl_string (column, "name"));
      g_autofree char *column_doc = ctl_clean (ctl_string (column, "doc"));

      g_print (_ ("  column %u, %s: %s\n"), i + 1, column_name, column_doc);
    }
}

static void
describe_block (JsonObject *block, gboolean ids, gboolean first)
{
  JsonArray *options = ctl_array (block, "options");
  g_autofree char *name = ctl_clean (ctl_string (block, "name"));
  g_autofree char *doc = ctl_clean (ctl_string (block, "doc"));

  if (!ids)
    g_print ("%s%s: %s\n", first ? "" : "\n", name, doc);
  for (guint i = 0; i < ctl_length (options); i++)
    {
      JsonObject *option = json_array_get_object_element (options, i);
      g_autofree char *option_name = ctl_clean (ctl_string (option, "name"));

      if (ids)
        g_print ("%s.%s\n", name, option_name);
      else
        describe_option (block, option);
    }
}

static int
run_describe (Ctl *ctl)
{
  const char *wanted = ctl_get_arg (ctl, 0);
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonNode) answer = ctl_ask (ctl, "GET", "/v1/settings", NULL, &error);
  JsonArray *blocks;
  gboolean found = FALSE;

  if (answer == NULL)
    return ctl_fail (error);
  if (ctl->json)
    {
      ctl_print_json (answer);
      return CTL_DONE;
    }
  blocks = ctl_array (json_node_get_object (answer), "blocks");
  for (guint i = 0; i < ctl_length (blocks); i++)
    {
      JsonObject *block = json_array_get_object_element (blocks, i);

      if (wanted != NULL && g_strcmp0 (wanted, ctl_string (block, "name")) != 0)
        continue;
      describe_block (block, ctl_has_option (ctl, "ids"), !found);
      found = TRUE;
    }
  if (found)
    return CTL_DONE;
  g_set_error (&error, CTL_ERROR, CTL_ERROR_NOT_FOUND, _ ("there is no block '%s': musterctl settings describe shows all"),
               wanted);
  return ctl_fail (error);
}

/* Changing. */

/* A location or group of which nobody is may be one that is misspelt. */
static void
warn_of_nobody (JsonObject *settings)
{
  g_autofree char *scope = ctl_clean (ctl_string (settings, "scope"));

  if (ctl_int (settings, "users") == 0 && !g_str_equal (scope, "all"))
    g_printerr (_ ("musterctl: there is nobody in %s yet: is that its name?\n"), scope);
}

static gboolean
is_instance (JsonArray *plugins, const char *name)
{
  for (guint i = 0; i < ctl_length (plugins); i++)
    if (g_strcmp0 (ctl_string (json_array_get_object_element (plugins, i), "instance"), name) == 0)
      return TRUE;
  return FALSE;
}

/* A calendar source that no instance is called may be misspelt, or is yet to be configured: nobody asks it for a mailbox. */
static void
warn_of_no_instance (Ctl *ctl, JsonObject *settings)
{
  JsonObject *options = ctl_member (ctl_member (ctl_member (settings, "blocks"), "calendar"), "options");
  JsonArray *named = ctl_array (ctl_member (options, "sources"), "own");
  g_autoptr(JsonNode) answer = NULL;

  for (guint i = 0; i < ctl_length (named); i++)
    {
      g_autofree char *name = ctl_clean (json_array_get_string_element (named, i));

      if (answer == NULL)
        answer = ctl_ask (ctl, "GET", "/v1/plugins", NULL, NULL);
      if (answer != NULL && !is_instance (ctl_array (json_node_get_object (answer), "plugins"), name))
        g_printerr (_ ("musterctl: there is no instance %s yet: is that its name?\n"), name);
    }
}

/* `body` is taken. */
static int
change (Ctl *ctl, const char *method, const char *format, char *body, GError *wrong_use)
{
  g_autofree char *path = ctl_path (format, ctl_get_arg (ctl, 0), NULL);
  G_GNUC_UNUSED g_autofree char *taken = body;
  g_autoptr(GError) error = wrong_use;
  g_autoptr(JsonNode) answer = error == NULL ? ctl_ask (ctl, method, path, body, &error) : NULL;

  if (answer == NULL)
    return ctl_fail (error);
  warn_of_nobody (json_node_get_object (answer));
  for (guint i = 1; i < ctl->args->len; i++)
    if (g_str_has_prefix (ctl->args->pdata[i], "calendar.sources="))
      warn_of_no_instance (ctl, json_node_get_object (answer));
  if (ctl->json)
    ctl_print_json (answer);
  else
    g_print (_ ("%s is changed.\n"), ctl_get_arg (ctl, 0));
  return CTL_DONE;
}

/* One "BLOCK.OPTION=VALUE", or without "=VALUE" where it is to be inherited again. */
static gboolean
add_setting (JsonObject *values, const char *argument, gboolean unset, GError **error)
{
  const char *dot = strchr (argument, '.'), *equals = strchr (argument, '=');
  g_autofree char *block = NULL;
  g_autofree char *option = NULL;

  if (dot == NULL || dot == argument || dot[1] == '\0' || dot[1] == '=' || (equals == NULL) != unset
      || (equals != NULL && equals < dot))
    {
      g_set_error (error, CTL_ERROR, CTL_ERROR_WRONG_USE,
                   unset ? _ ("%s: expected BLOCK.OPTION, such as activation.idle-after")
                         : _ ("%s: expected BLOCK.OPTION=VALUE, such as activation.idle-after=15min"),
                   argument);
      return FALSE;
    }
  block = g_strndup (argument, (gsize) (dot - argument));
  option = unset ? g_strdup (dot + 1) : g_strndup (dot + 1, (gsize) (equals - dot - 1));
  if (ctl_member (values, block) == NULL)
    json_object_set_object_member (values, block, json_object_new ());
  if (unset)
    json_object_set_null_member (ctl_member (values, block), option);
  else
    json_object_set_string_member (ctl_member (values, block), option, equals + 1);
  return TRUE;
}

static int
change_values (Ctl *ctl, gboolean unset)
{
  g_autoptr(JsonNode) root = json_node_new (JSON_NODE_OBJECT);
  JsonObject *body = json_object_new (), *values = json_object_new ();
  GError *error = NULL;

  json_node_take_object (root, body);
  json_object_set_object_member (body, "values", values);
  for (guint i = 1; i < ctl->args->len && error == NULL; i++)
    add_setting (values, ctl_get_arg (ctl, i), unset, &error);
  return change (ctl, "PATCH", "/v1/settings/%s", json_to_string (root, FALSE), error);
}

static int
run_set (Ctl *ctl)
{
  return change_values (ctl, FALSE);
}

static int
run_unset (Ctl *ctl)
{
  return change_values (ctl, TRUE);
}

static int
run_policy (Ctl *ctl)
{
  g_autoptr(JsonNode) root = json_node_new (JSON_NODE_OBJECT);
  JsonObject *body = json_object_new (), *policies = json_object_new ();

  json_node_take_object (root, body);
  json_object_set_object_member (body, "policies", policies);
  json_object_set_string_member (policies, ctl_get_arg (ctl, 1), ctl_get_arg (ctl, 2));
  return change (ctl, "PATCH", "/v1/settings/%s", json_to_string (root, FALSE), NULL);
}

static int
run_reset (Ctl *ctl)
{
  return change (ctl, "POST", "/v1/settings/%s/reset", ctl_object ("block", ctl_get_arg (ctl, 1), NULL), NULL);
}

static const CtlOption list_options[] = {
  { "ids", NULL, N_ ("only the names, one a line") },
  { NULL, NULL, NULL },
};

const CtlCommand ctl_settings_commands[] = {
  { "settings list", "", N_ ("the scopes: all, locations, groups and users that say anything"), 0, 0, list_options,
    run_list },
  { "settings describe", N_ ("[BLOCK]"), N_ ("what can be set"), 0, 1, list_options, run_describe },
  { "settings show", N_ ("[SCOPE]"), N_ ("what holds for all, a location:NAME, group:NAME or user:ID, and who says so"), 0,
    1, NULL, run_show },
  { "settings set", N_ ("SCOPE BLOCK.OPTION=VALUE …"), N_ ("change settings there"), 2, 100, NULL, run_set },
  { "settings unset", N_ ("SCOPE BLOCK.OPTION …"), N_ ("let them be inherited again"), 2, 100, NULL, run_unset },
  { "settings policy", N_ ("SCOPE BLOCK may-change|cannot-change|inherit"),
    N_ ("whether users may change a block for themselves"), 3, 3, NULL, run_policy },
  { "settings reset", N_ ("SCOPE [BLOCK]"), N_ ("discard what users there have set for themselves"), 1, 2, NULL, run_reset },
  { NULL, NULL, NULL, 0, 0, NULL, NULL },
};
