/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Templates: listing, making, changing, ordering and removing them. */
#define G_LOG_DOMAIN "musterctl"

#include <string.h>

#include "ctl-client.h"
#include "ctl-output.h"

/* Looking. */

/* Without a scope and a user: what the daemon takes to be meant. */
static JsonNode *
ask_list (Ctl *ctl, GError **error)
{
  const char *scope = ctl_get_option (ctl, "scope"), *user = ctl_get_option (ctl, "user");
  g_autofree char *path = scope != NULL  ? ctl_path ("/v1/templates?scope=%s", scope, NULL)
                          : user != NULL ? ctl_path ("/v1/templates?user=%s", user, NULL)
                                         : g_strdup ("/v1/templates");

  return ctl_ask (ctl, "GET", path, NULL, error);
}

static void
add_row (CtlTable *table, JsonObject *tmpl)
{
  g_autofree char *used_by = ctl_clean (ctl_string (tmpl, "used_by"));
  gboolean offered = ctl_bool (tmpl, "offered");

  ctl_table_add (table, ctl_clean (ctl_string (tmpl, "id")), ctl_clean (ctl_string (tmpl, "name")),
                 ctl_words (ctl_string (tmpl, "status")), ctl_clean (ctl_string (tmpl, "forwarding_word")),
                 ctl_clean (ctl_string (tmpl, "scope")), g_strdup (offered ? _ ("yes") : _ ("no")),
                 g_steal_pointer (&used_by));
  ctl_table_paint (table, 2, ctl_status_colour (ctl_string (tmpl, "status")));
}

static int
run_list (Ctl *ctl)
{
  const char *titles[]
      = { _ ("ID"), _ ("NAME"), _ ("STATUS"), _ ("FORWARDING"), _ ("SCOPE"), _ ("OFFERED"), _ ("USED BY") };
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonNode) answer = ask_list (ctl, &error);
  JsonArray *templates;
  CtlTable *table;

  if (answer == NULL)
    return ctl_fail (error);
  templates = ctl_array (json_node_get_object (answer), "templates");
  if (ctl->json)
    {
      ctl_print_json (answer);
      return CTL_DONE;
    }
  if (ctl_has_option (ctl, "ids"))
    {
      ctl_print_each (templates, "id");
      return CTL_DONE;
    }
  table = ctl_table_new (titles, G_N_ELEMENTS (titles));
  for (guint i = 0; i < ctl_length (templates); i++)
    add_row (table, json_array_get_object_element (templates, i));
  ctl_table_print (table, "");
  return CTL_DONE;
}

/* Where nobody said where to look, what is not there may be the id of one of another scope. Who names a place means none
 * but that: "break" of Berlin must not be everybody's. */
static char *
find_id (Ctl *ctl, GError **error)
{
  const char *wanted = ctl_get_arg (ctl, 0);
  g_autofree char *folded = g_utf8_casefold (wanted, -1);
  g_autoptr(JsonNode) answer = ask_list (ctl, error);
  JsonArray *templates = answer != NULL ? ctl_array (json_node_get_object (answer), "templates") : NULL;

  if (answer == NULL)
    return NULL;
  for (guint i = 0; i < ctl_length (templates); i++)
    if (g_strcmp0 (ctl_string (json_array_get_object_element (templates, i), "id"), wanted) == 0)
      return g_strdup (wanted);
  for (guint i = 0; i < ctl_length (templates); i++)
    {
      JsonObject *tmpl = json_array_get_object_element (templates, i);
      const char *name = ctl_string (tmpl, "name");
      g_autofree char *other = g_utf8_casefold (name != NULL ? name : "", -1);

      if (ctl_string (tmpl, "id") != NULL && g_str_equal (other, folded))
        return g_strdup (ctl_string (tmpl, "id"));
    }
  if (!ctl_has_option (ctl, "scope") && !ctl_has_option (ctl, "user"))
    return g_strdup (wanted);
  g_set_error (error, CTL_ERROR, CTL_ERROR_NOT_FOUND,
               _ ("there is no template '%s' there: musterctl template list with the same option shows them"), wanted);
  return NULL;
}

/* Changing. */

static void
add_text (Ctl *ctl, JsonObject *body, const char *option, const char *member)
{
  const char *value = ctl_get_option (ctl, option);

  if (value != NULL && *value == '\0')
    json_object_set_null_member (body, member);
  else if (value != NULL)
    json_object_set_string_member (body, member, value);
}

static gboolean
add_switch (Ctl *ctl, JsonObject *body, const char *yes, const char *no, const char *member, GError **error)
{
  if (ctl_has_option (ctl, yes) && ctl_has_option (ctl, no))
    {
      g_set_error (error, CTL_ERROR, CTL_ERROR_WRONG_USE, _ ("--%s and --%s contradict each other"), yes, no);
      return FALSE;
    }
  if (ctl_has_option (ctl, yes) || ctl_has_option (ctl, no))
    json_object_set_boolean_member (body, member, ctl_has_option (ctl, yes));
  return TRUE;
}

/* People count from 1. */
static gboolean
add_position (JsonObject *body, const char *text, GError **error)
{
  guint64 position = 0;

  if (text != NULL && !g_ascii_string_to_unsigned (text, 10, 1, 1000, &position, NULL))
    {
      g_set_error (error, CTL_ERROR, CTL_ERROR_WRONG_USE, _ ("%s is no position: expected 1 for the first, 2, …"), text);
      return FALSE;
    }
  if (text != NULL)
    json_object_set_int_member (body, "position", (gint64) position - 1);
  return TRUE;
}

static gboolean
add_options (Ctl *ctl, JsonObject *body, GError **error)
{
  add_text (ctl, body, "name", "name");
  add_text (ctl, body, "text", "text");
  add_text (ctl, body, "forward", "forwarding");
  return add_switch (ctl, body, "stays", "ends", "stays", error)
         && add_switch (ctl, body, "active", "inactive", "active", error)
         && add_switch (ctl, body, "may-change", "cannot-change", "may_change", error)
         && add_position (body, ctl_get_option (ctl, "position"), error);
}

static void
print_template (JsonObject *tmpl)
{
  CtlTable *table = ctl_table_new (NULL, 2);
  g_autofree char *name = ctl_clean (ctl_string (tmpl, "name"));

  g_print ("%s\n", name);
  ctl_table_add (table, g_strdup (_ ("id")), ctl_clean (ctl_string (tmpl, "id")));
  ctl_table_add (table, g_strdup (_ ("scope")), ctl_clean (ctl_string (tmpl, "scope")));
  ctl_table_add (table, g_strdup (_ ("position")), g_strdup_printf ("%d", (int) ctl_int (tmpl, "position") + 1));
  ctl_table_add (table, g_strdup (_ ("status")), ctl_words (ctl_string (tmpl, "status")));
  ctl_table_add (table, g_strdup (_ ("text")), ctl_clean (ctl_string (tmpl, "text")));
  ctl_table_add (table, g_strdup (_ ("forwarding")), ctl_clean (ctl_string (tmpl, "forwarding_word")));
  ctl_table_add (table, g_strdup (_ ("offered")), g_strdup (ctl_bool (tmpl, "offered") ? _ ("yes") : _ ("no")));
  ctl_table_print (table, "  ");
}

/* `body` is taken. */
static int
send_template (Ctl *ctl, const char *method, const char *path, JsonObject *body, GError *wrong_use)
{
  g_autoptr(JsonNode) root = json_node_new (JSON_NODE_OBJECT);
  g_autoptr(GError) error = wrong_use;
  g_autofree char *text = NULL;
  g_autoptr(JsonNode) answer = NULL;

  json_node_take_object (root, body);
  text = json_to_string (root, FALSE);
  if (error == NULL)
    answer = ctl_ask (ctl, method, path, text, &error);
  if (answer == NULL)
    return ctl_fail (error);
  if (ctl->json)
    ctl_print_json (answer);
  else
    print_template (json_node_get_object (answer));
  return CTL_DONE;
}

static int
run_add (Ctl *ctl)
{
  JsonObject *body = json_object_new ();
  GError *error = NULL;

  add_options (ctl, body, &error);
  json_object_set_string_member (body, "scope", ctl_get_arg (ctl, 0));
  json_object_set_string_member (body, "name", ctl_get_arg (ctl, 1));
  json_object_set_string_member (body, "status", ctl_get_arg (ctl, 2));
  return send_template (ctl, "POST", "/v1/templates", body, error);
}

static int
change (Ctl *ctl, JsonObject *body, GError *wrong_use)
{
  GError *error = wrong_use;
  g_autofree char *id = NULL;
  g_autofree char *path = NULL;

  if (error == NULL && json_object_get_size (body) == 0)
    g_set_error_literal (&error, CTL_ERROR, CTL_ERROR_WRONG_USE,
                         _ ("nothing to set: name a status, or an option such as --forward external:mobile"));
  if (error == NULL)
    id = find_id (ctl, &error);
  if (id != NULL)
    path = ctl_path ("/v1/templates/%s", id, NULL);
  return send_template (ctl, "PATCH", path, body, error);
}

static int
run_set (Ctl *ctl)
{
  JsonObject *body = json_object_new ();
  GError *error = NULL;

  if (ctl_get_arg (ctl, 1) != NULL)
    json_object_set_string_member (body, "status", ctl_get_arg (ctl, 1));
  add_options (ctl, body, &error);
  return change (ctl, body, error);
}

static int
run_move (Ctl *ctl)
{
  JsonObject *body = json_object_new ();
  GError *error = NULL;

  add_position (body, ctl_get_arg (ctl, 1), &error);
  return change (ctl, body, error);
}

static int
run_remove (Ctl *ctl)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *id = find_id (ctl, &error);
  g_autofree char *path = id != NULL ? ctl_path ("/v1/templates/%s", id, NULL) : NULL;
  g_autoptr(JsonNode) answer = path != NULL ? ctl_ask (ctl, "DELETE", path, NULL, &error) : NULL;

  if (answer == NULL)
    return ctl_fail (error);
  if (ctl->json)
    ctl_print_json (answer);
  else
    g_print (_ ("Template %s is removed.\n"), ctl_get_arg (ctl, 0));
  return CTL_DONE;
}

#define WHERE \
  { "scope", N_ ("SCOPE"), N_ ("those of all, a location:NAME, group:NAME or user:ID") }, \
  { "user", N_ ("USER"), N_ ("all that this user has") }
#define WHAT \
  { "text", N_ ("TEXT"), N_ ("what is shown; empty: nothing") }, \
  { "forward", N_ ("FORWARDING"), \
    N_ ("do-not-change, off, do-not-disturb, external:mobile, all:number:NUMBER, …; empty: as without") }, \
  { "stays", NULL, N_ ("it holds until another is chosen") }, \
  { "inactive", NULL, N_ ("it cannot be chosen") }, \
  { "may-change", NULL, N_ ("users may have a forwarding of their own") }, \
  { "position", N_ ("N"), N_ ("its place in the list, 1 for the first") }

static const CtlOption list_options[] = {
  WHERE,
  { "ids", NULL, N_ ("only the ids, one a line") },
  { NULL, NULL, NULL },
};

static const CtlOption add_options_table[] = {
  WHAT,
  { NULL, NULL, NULL },
};

static const CtlOption set_options[] = {
  { "name", N_ ("NAME"), N_ ("as others read it") },
  WHAT,
  { "ends", NULL, N_ ("it ends as other choices do") },
  { "active", NULL, N_ ("it can be chosen again") },
  { "cannot-change", NULL, N_ ("users have the central forwarding") },
  WHERE,
  { NULL, NULL, NULL },
};

static const CtlOption where_options[] = {
  WHERE,
  { NULL, NULL, NULL },
};

const CtlCommand ctl_template_commands[] = {
  { "template list", "", N_ ("the templates of all, of a scope, or those that a user has"), 0, 0, list_options, run_list },
  { "template add", N_ ("SCOPE NAME STATUS"), N_ ("make one"), 3, 3, add_options_table, run_add },
  { "template set", N_ ("TEMPLATE [STATUS]"), N_ ("change one, by its id or name"), 1, 2, set_options, run_set },
  { "template move", N_ ("TEMPLATE POSITION"), N_ ("give it another place in its list, 1 for the first"), 2, 2,
    where_options, run_move },
  { "template remove", N_ ("TEMPLATE"), N_ ("remove one that no setting uses"), 1, 1, where_options, run_remove },
  { NULL, NULL, NULL, 0, 0, NULL, NULL },
};
