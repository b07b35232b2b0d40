/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "musterctl"

#include "ctl-client.h"
#include "ctl-output.h"

/* A page of what comes after this serial. */
static JsonNode *
ask_page (Ctl *ctl, const char *after, GError **error)
{
  const char *user = ctl_get_arg (ctl, 0);
  g_autofree char *path = user != NULL ? ctl_path ("/v1/delegations?user=%s&after=%s", user, after, NULL)
                                       : ctl_path ("/v1/delegations?after=%s", after, NULL);

  return ctl_ask (ctl, "GET", path, NULL, error);
}

/* Adds the rows, and says whether there are more, and after which serial. */
static gboolean
add_page (CtlTable *table, JsonObject *page, char **after)
{
  JsonArray *delegations = ctl_array (page, "delegations");

  for (guint i = 0; i < ctl_length (delegations); i++)
    {
      JsonObject *delegation = json_array_get_object_element (delegations, i);

      ctl_table_add (table, ctl_time (ctl_string (delegation, "time")), ctl_clean (ctl_string (delegation, "user")),
                     ctl_clean (ctl_string (delegation, "by")), ctl_clean (ctl_string (delegation, "what")));
    }
  g_free (*after);
  *after = g_strdup_printf ("%" G_GINT64_FORMAT, ctl_int (page, "last"));
  return ctl_bool (page, "more");
}

static int
print_pages (Ctl *ctl)
{
  const char *const titles[] = { _ ("When"), _ ("In whose name"), _ ("Who"), _ ("What"), NULL };
  CtlTable *table = ctl_table_new (titles, G_N_ELEMENTS (titles) - 1);
  g_autofree char *after = g_strdup ("0");
  g_autoptr(GError) error = NULL;
  gboolean more = TRUE;

  while (more && error == NULL)
    {
      g_autoptr(JsonNode) answer = ask_page (ctl, after, &error);

      more = answer != NULL && add_page (table, json_node_get_object (answer), &after);
    }
  if (error != NULL)
    {
      ctl_table_discard (table);
      return ctl_fail (error);
    }
  if (g_str_equal (after, "0"))
    {
      g_print ("%s\n", _ ("Nobody has done anything in another's name."));
      ctl_table_discard (table);
    }
  else
    ctl_table_print (table, "");
  return CTL_DONE;
}

static int
run_delegations (Ctl *ctl)
{
  const char *after = ctl_get_option (ctl, "after");
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonNode) answer = NULL;

  if (!ctl->json)
    return print_pages (ctl);
  answer = ask_page (ctl, after != NULL ? after : "0", &error);
  if (answer == NULL)
    return ctl_fail (error);
  ctl_print_json (answer);
  return CTL_DONE;
}

static const CtlOption delegation_options[] = {
  { "after", N_ ("SERIAL"), N_ ("with --json: the page after this serial, which the page before calls 'last'") },
  { NULL, NULL, NULL },
};

const CtlCommand ctl_delegation_commands[] = {
  { "delegations", N_ ("[USER]"), N_ ("what others did in a user's name, and who"), 0, 1, delegation_options,
    run_delegations },
  { NULL, NULL, NULL, 0, 0, NULL, NULL },
};
