/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* musterctl relationship: what owners grant viewers. */
#include "ctl-client.h"
#include "ctl-output.h"
#include "ctl.h"

static const struct
{
  const char *path, *words;
} paths[] = {
  { "same-group", N_ ("setting, for the same group") },
  { "same-location", N_ ("setting, for the same location") },
  { "others", N_ ("setting, for all others") },
  { "user", N_ ("administrator, for this user") },
  { "group", N_ ("administrator, for the group") },
  { "location", N_ ("administrator, for the location") },
  { "own-user", N_ ("own word, for this user") },
  { "own-group", N_ ("own word, for the group") },
  { "own-location", N_ ("own word, for the location") },
};

static const char *
path_words (const char *path)
{
  for (gsize i = 0; i < G_N_ELEMENTS (paths); i++)
    if (g_strcmp0 (paths[i].path, path) == 0)
      return _ (paths[i].words);
  return path != NULL ? path : "";
}

static void
print_relationship (JsonObject *relationship)
{
  g_autofree char *owner = ctl_clean (ctl_string (relationship, "owner"));
  g_autofree char *viewer = ctl_clean (ctl_string (relationship, "viewer"));
  g_autofree char *level = ctl_words (ctl_string (relationship, "level"));
  const char *decided_by = ctl_string (relationship, "decided_by");
  const char *users_may = ctl_string (relationship, "users_may");
  JsonArray *all = ctl_array (relationship, "paths");
  CtlTable *table = ctl_table_new (NULL, 3);

  g_print (_ ("To %s, %s is: %s\n"), owner, viewer, level);
  for (guint i = 0; i < ctl_length (all); i++)
    {
      JsonObject *one = json_array_get_object_element (all, i);
      const char *path = ctl_string (one, "path");

      ctl_table_add (table, ctl_clean (path_words (path)), ctl_words (ctl_string (one, "level")),
                     g_strdup (g_strcmp0 (path, decided_by) == 0 ? _ ("decides") : ""));
    }
  ctl_table_print (table, "  ");
  if (!ctl_bool (relationship, "in_use"))
    g_print ("  %s\n", _ ("Presence is switched off where the owner is: nobody sees it."));
  if (g_strcmp0 (users_may, "extend") == 0)
    g_print ("  %s\n", _ ("Here the own word counts where it grants more."));
  if (g_strcmp0 (users_may, "neither") == 0)
    g_print ("  %s\n", _ ("Here the own word does not count."));
}

static int
answer_relationship (Ctl *ctl, JsonNode *answer, const GError *error)
{
  if (answer == NULL)
    return ctl_fail (error);
  if (ctl->json)
    ctl_print_json (answer);
  else
    print_relationship (json_node_get_object (answer));
  return CTL_DONE;
}

static char *
pair_path (Ctl *ctl)
{
  return ctl_path ("/v1/relationships/%s/%s", ctl_get_arg (ctl, 0), ctl_get_arg (ctl, 1), NULL);
}

static int
run_show (Ctl *ctl)
{
  g_autofree char *path = pair_path (ctl);
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonNode) answer = ctl_ask (ctl, "GET", path, NULL, &error);

  return answer_relationship (ctl, answer, error);
}

/* As of settings: a group or location of which nobody is may be misspelt. Only administrators are told who is there. */
static void
warn_of_nobody (Ctl *ctl, const char *viewer)
{
  g_autofree char *path = ctl_path ("/v1/settings/%s", viewer, NULL);
  g_autofree char *clean = ctl_clean (viewer);
  g_autoptr(JsonNode) answer = ctl_ask (ctl, "GET", path, NULL, NULL);

  if (answer != NULL && ctl_int (json_node_get_object (answer), "users") == 0)
    g_printerr (_ ("musterctl: there is nobody in %s yet: is that its name?\n"), clean);
}

static int
run_set (Ctl *ctl)
{
  const char *viewer = ctl_get_arg (ctl, 1);
  g_autofree char *path = pair_path (ctl);
  g_autofree char *body = ctl_object ("level", ctl_get_arg (ctl, 2), "as", ctl_get_option (ctl, "as"), NULL);
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonNode) answer = ctl_ask (ctl, "PUT", path, body, &error);

  if (answer != NULL && (g_str_has_prefix (viewer, "group:") || g_str_has_prefix (viewer, "location:")))
    warn_of_nobody (ctl, viewer);
  return answer_relationship (ctl, answer, error);
}

static int
run_remove (Ctl *ctl)
{
  g_autofree char *pair = pair_path (ctl);
  const char *as = ctl_get_option (ctl, "as");
  g_autofree char *side = as != NULL ? ctl_path ("?as=%s", as, NULL) : NULL;
  g_autofree char *path = g_strconcat (pair, side, NULL);
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonNode) answer = ctl_ask (ctl, "DELETE", path, NULL, &error);

  if (answer == NULL)
    return ctl_fail (error);
  if (ctl->json)
    ctl_print_json (answer);
  else
    g_print (_ ("What %s granted %s is taken back.\n"), ctl_get_arg (ctl, 0), ctl_get_arg (ctl, 1));
  return CTL_DONE;
}

static void
print_list (JsonArray *relationships)
{
  static const char *const titles[] = { N_ ("OWNER"), N_ ("VIEWER"), N_ ("LEVEL"), N_ ("BY"), NULL };
  const char *translated[G_N_ELEMENTS (titles)] = { NULL };
  CtlTable *table;

  for (gsize i = 0; titles[i] != NULL; i++)
    translated[i] = _ (titles[i]);
  table = ctl_table_new (translated, G_N_ELEMENTS (titles) - 1);
  for (guint i = 0; i < ctl_length (relationships); i++)
    {
      JsonObject *one = json_array_get_object_element (relationships, i);
      gboolean own_word = g_strcmp0 (ctl_string (one, "by"), "owner") == 0;

      ctl_table_add (table, ctl_clean (ctl_string (one, "owner")), ctl_clean (ctl_string (one, "viewer")),
                     ctl_words (ctl_string (one, "level")), g_strdup (own_word ? _ ("owner") : _ ("administrator")));
    }
  ctl_table_print (table, "");
}

static int
run_list (Ctl *ctl)
{
  const char *owner = ctl_get_arg (ctl, 0), *viewer = ctl_get_option (ctl, "viewer");
  g_autofree char *path = owner != NULL ? ctl_path ("/v1/relationships?owner=%s", owner, NULL)
                                        : ctl_path ("/v1/relationships?viewer=%s", viewer != NULL ? viewer : "", NULL);
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonNode) answer = NULL;
  JsonArray *relationships;

  if ((owner == NULL) == (viewer == NULL))
    {
      g_set_error_literal (&error, CTL_ERROR, CTL_ERROR_WRONG_USE, _ ("name either an owner or, with --viewer, a viewer"));
      return ctl_fail (error);
    }
  answer = ctl_ask (ctl, "GET", path, NULL, &error);
  if (answer == NULL)
    return ctl_fail (error);
  relationships = ctl_array (json_node_get_object (answer), "relationships");
  if (ctl->json)
    ctl_print_json (answer);
  else if (ctl_length (relationships) == 0)
    g_print ("%s\n", _ ("Nothing is granted by name: what the settings say holds."));
  else
    print_list (relationships);
  return CTL_DONE;
}

static const CtlOption list_options[] = {
  { "viewer", N_ ("VIEWER"), N_ ("what this viewer is granted, instead of what an owner grants") },
  { NULL, NULL, NULL },
};

static const CtlOption side_options[] = {
  { "as", N_ ("owner|administrator"), N_ ("whose word it is (default: your own side's)") },
  { NULL, NULL, NULL },
};

const CtlCommand ctl_relation_commands[] = {
  { "relationship list", N_ ("[OWNER]"), N_ ("what somebody grants others by name"), 0, 1, list_options, run_list },
  { "relationship show", N_ ("OWNER VIEWER"), N_ ("what holds between two, and how that comes"), 2, 2, NULL, run_show },
  { "relationship set", N_ ("OWNER VIEWER LEVEL"),
    N_ ("grant a viewer (USER, group:NAME or location:NAME) blocked, employee, team-colleague, assistant or "
        "assistant-plus"),
    3, 3, side_options, run_set },
  { "relationship remove", N_ ("OWNER VIEWER"), N_ ("take back what was granted"), 2, 2, side_options, run_remove },
  { NULL, NULL, NULL, 0, 0, NULL, NULL },
};
