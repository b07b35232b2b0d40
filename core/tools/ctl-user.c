/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "musterctl"

#include <string.h>

#include "ctl-client.h"
#include "ctl-import.h"
#include "ctl-output.h"

static const char *const fields[] = { "name",     "email",    "extension", "home",  "mobile",   "voicemail", "zone",
                                      "language", "location", "group",     "unix-user" };

static const CtlOption user_options[] = {
  { "name", N_ ("NAME"), N_ ("as others read it") },
  { "email", N_ ("ADDRESS"), N_ ("where calendars know the user") },
  { "extension", N_ ("NUMBER"), N_ ("the telephone on the desk") },
  { "home", N_ ("NUMBER"), N_ ("telephone at home") },
  { "mobile", N_ ("NUMBER"), N_ ("mobile telephone") },
  { "voicemail", N_ ("NUMBER"), N_ ("where messages can be left") },
  { "zone", N_ ("ZONE"), N_ ("such as Europe/Berlin; without: that of the location") },
  { "language", N_ ("CODE"), N_ ("such as de") },
  { "location", N_ ("LOCATION"), N_ ("where the user belongs") },
  { "group", N_ ("GROUP"), N_ ("the configuration group there") },
  { "unix-user", N_ ("ACCOUNT"), N_ ("the account that is this user at the daemon's socket") },
  { "attribute", N_ ("PLUGIN.NAME=VALUE"), N_ ("what one plugin must know of the user; can be given again") },
  { NULL, NULL, NULL },
};

static gboolean
add_attributes (Ctl *ctl, JsonBuilder *builder, gboolean clears, GError **error)
{
  GPtrArray *given = ctl_get_options (ctl, "attribute");

  if (given == NULL)
    return TRUE;
  json_builder_set_member_name (builder, "attributes");
  json_builder_begin_object (builder);
  for (guint i = 0; i < given->len; i++)
    {
      const char *text = given->pdata[i];
      const char *equals = strchr (text, '=');
      g_autofree char *name = equals != NULL ? g_strndup (text, (gsize) (equals - text)) : NULL;

      if (name == NULL || strchr (name, '.') == NULL)
        {
          g_set_error (error, CTL_ERROR, CTL_ERROR_WRONG_USE, _ ("--attribute=%s: expected PLUGIN.NAME=VALUE"), text);
          return FALSE;
        }
      json_builder_set_member_name (builder, name);
      if (equals[1] == '\0' && clears)
        json_builder_add_null_value (builder);
      else
        json_builder_add_string_value (builder, equals + 1);
    }
  json_builder_end_object (builder);
  return TRUE;
}

/* `id` nullable: not part of it. An empty value clears a field. NULL: wrong use. */
static char *
make_body (Ctl *ctl, const char *id, GError **error)
{
  g_autoptr(JsonBuilder) builder = json_builder_new ();
  g_autoptr(JsonNode) node = NULL;

  json_builder_begin_object (builder);
  if (id != NULL)
    {
      json_builder_set_member_name (builder, "id");
      json_builder_add_string_value (builder, id);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (fields); i++)
    {
      const char *value = ctl_get_option (ctl, fields[i]);

      if (value == NULL)
        continue;
      json_builder_set_member_name (builder, fields[i]);
      if (*value == '\0')
        json_builder_add_null_value (builder);
      else
        json_builder_add_string_value (builder, value);
    }
  if (!add_attributes (ctl, builder, id == NULL, error))
    return NULL;
  json_builder_end_object (builder);
  node = json_builder_get_root (builder);
  return json_to_string (node, FALSE);
}

static void
print_user (JsonObject *user)
{
  CtlTable *table = ctl_table_new (NULL, 2);
  JsonObject *attributes = ctl_member (user, "attributes");
  g_autofree char *id = ctl_clean (ctl_string (user, "id"));
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  g_print ("%s\n", id);
  for (gsize i = 0; i < G_N_ELEMENTS (fields); i++)
    if (ctl_string (user, fields[i]) != NULL)
      ctl_table_add (table, g_strdup (fields[i]), ctl_clean (ctl_string (user, fields[i])));
  if (attributes != NULL)
    {
      json_object_iter_init_ordered (&iter, attributes);
      while (json_object_iter_next_ordered (&iter, &name, &node))
        ctl_table_add (table, ctl_clean (name), ctl_clean (ctl_string (attributes, name)));
    }
  ctl_table_print (table, "  ");
}

static int
answer_user (Ctl *ctl, JsonNode *answer, const GError *error)
{
  if (answer == NULL)
    return ctl_fail (error);
  if (ctl->json)
    ctl_print_json (answer);
  else
    print_user (json_node_get_object (answer));
  return CTL_DONE;
}

static int
run_add (Ctl *ctl)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *body = make_body (ctl, ctl_get_arg (ctl, 0), &error);
  g_autoptr(JsonNode) answer = body != NULL ? ctl_ask (ctl, "POST", "/v1/users", body, &error) : NULL;

  return answer_user (ctl, answer, error);
}

static int
run_set (Ctl *ctl)
{
  g_autofree char *path = ctl_path ("/v1/users/%s", ctl_get_arg (ctl, 0), NULL);
  g_autoptr(GError) error = NULL;
  g_autofree char *body = make_body (ctl, NULL, &error);
  g_autoptr(JsonNode) answer = NULL;

  if (body != NULL && g_str_equal (body, "{}"))
    {
      g_set_error_literal (&error, CTL_ERROR, CTL_ERROR_WRONG_USE,
                           _ ("nothing to set: name a field, such as --mobile NUMBER"));
      return ctl_fail (error);
    }
  if (body != NULL)
    answer = ctl_ask (ctl, "PATCH", path, body, &error);
  return answer_user (ctl, answer, error);
}

static int
run_show (Ctl *ctl)
{
  g_autofree char *path = ctl_path ("/v1/users/%s", ctl_get_arg (ctl, 0), NULL);
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonNode) answer = ctl_ask (ctl, "GET", path, NULL, &error);

  return answer_user (ctl, answer, error);
}

static int
run_remove (Ctl *ctl)
{
  g_autofree char *path = ctl_path ("/v1/users/%s", ctl_get_arg (ctl, 0), NULL);
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonNode) answer = ctl_ask (ctl, "DELETE", path, NULL, &error);

  if (answer == NULL)
    return ctl_fail (error);
  if (ctl->json)
    ctl_print_json (answer);
  else
    g_print (_ ("%s is removed, with everything that was known of them.\n"), ctl_get_arg (ctl, 0));
  return CTL_DONE;
}

static int
run_list (Ctl *ctl)
{
  static const char *const titles[] = { N_ ("ID"), N_ ("NAME"), N_ ("EXTENSION"), N_ ("MOBILE"), N_ ("LOCATION") };
  const char *translated[G_N_ELEMENTS (titles)];
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonNode) answer = ctl_ask (ctl, "GET", "/v1/users", NULL, &error);
  JsonArray *users;
  CtlTable *table;

  if (answer == NULL)
    return ctl_fail (error);
  if (ctl->json)
    {
      ctl_print_json (answer);
      return CTL_DONE;
    }
  users = ctl_array (json_node_get_object (answer), "users");
  if (ctl_length (users) == 0)
    {
      g_print ("%s\n", _ ("There is nobody yet: add somebody with musterctl user add ID."));
      return CTL_DONE;
    }
  for (gsize i = 0; i < G_N_ELEMENTS (titles); i++)
    translated[i] = _ (titles[i]);
  table = ctl_table_new (translated, G_N_ELEMENTS (titles));
  for (guint i = 0; i < ctl_length (users); i++)
    {
      JsonObject *user = json_array_get_object_element (users, i);

      ctl_table_add (table, ctl_clean (ctl_string (user, "id")), ctl_clean (ctl_string (user, "name")),
                     ctl_clean (ctl_string (user, "extension")), ctl_clean (ctl_string (user, "mobile")),
                     ctl_clean (ctl_string (user, "location")));
    }
  ctl_table_print (table, "");
  return CTL_DONE;
}

const CtlCommand ctl_user_commands[] = {
  { "user add", N_ ("ID"), N_ ("add a person, such as alice@example.com"), 1, 1, user_options, run_add },
  { "user set", N_ ("ID"), N_ ("change fields of a person; an empty value clears"), 1, 1, user_options, run_set },
  { "user show", N_ ("ID"), N_ ("what is known of a person"), 1, 1, NULL, run_show },
  { "user remove", N_ ("ID"), N_ ("remove a person and everything of theirs"), 1, 1, NULL, run_remove },
  { "user list", "", N_ ("everybody"), 0, 0, NULL, run_list },
  { "user import", N_ ("FILE.csv"), N_ ("add and change people by a table whose first row names the fields"), 1, 1,
    ctl_import_options, ctl_run_import },
  { NULL, NULL, NULL, 0, 0, NULL, NULL },
};
