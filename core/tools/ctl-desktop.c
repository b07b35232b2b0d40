/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a desktop does, for scripts that run on it: started, idle, locked, ended. */
#define G_LOG_DOMAIN "musterctl"

#include "ctl-client.h"
#include "ctl-output.h"
#include "ctl-when.h"

/* A path with the user beside it, where one is named. */
static char *
desktop_path (Ctl *ctl, const char *id)
{
  const char *user = ctl_get_option (ctl, "user");

  if (id == NULL)
    return user != NULL ? ctl_path ("/v1/clients?user=%s", user, NULL) : g_strdup ("/v1/clients");
  return user != NULL ? ctl_path ("/v1/clients/%s?user=%s", id, user, NULL) : ctl_path ("/v1/clients/%s", id, NULL);
}

static gboolean
add_spans (Ctl *ctl, JsonObject *body, GError **error)
{
  const char *lease = ctl_get_option (ctl, "lease"), *idle = ctl_get_option (ctl, "for");
  gint64 seconds = 0;

  if (lease != NULL)
    {
      if (!ctl_span_parse (lease, &seconds, error))
        return FALSE;
      json_object_set_int_member (body, "lease", seconds);
    }
  if (idle != NULL)
    {
      g_autoptr(GDateTime) now = g_date_time_new_now_utc ();
      g_autoptr(GDateTime) since = NULL;
      g_autofree char *text = NULL;

      if (!ctl_span_parse (idle, &seconds, error))
        return FALSE;
      since = g_date_time_add_seconds (now, -(double) seconds);
      text = since != NULL ? g_date_time_format (since, "%Y-%m-%dT%H:%M:%SZ") : NULL;
      json_object_set_string_member (body, "since", text);
    }
  return TRUE;
}

static JsonNode *
say (Ctl *ctl, const char *method, const char *path, JsonObject *body, GError **error)
{
  g_autoptr(JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  g_autofree char *text = NULL;

  if (!add_spans (ctl, body, error))
    return NULL;
  json_node_set_object (node, body);
  text = json_to_string (node, FALSE);
  return ctl_ask (ctl, method, path, text, error);
}

static int
run_start (Ctl *ctl)
{
  const char *id = ctl_get_arg (ctl, 0), *user = ctl_get_option (ctl, "user");
  g_autoptr(JsonObject) body = json_object_new ();
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonNode) answer = NULL;
  g_autofree char *clean = NULL;

  json_object_set_string_member (body, "state", "active");
  if (id != NULL)
    json_object_set_string_member (body, "id", id);
  if (user != NULL)
    json_object_set_string_member (body, "user", user);
  answer = say (ctl, "POST", "/v1/clients", body, &error);
  if (answer == NULL)
    return ctl_fail (error);
  if (ctl->json)
    {
      ctl_print_json (answer);
      return CTL_DONE;
    }
  clean = ctl_clean (ctl_string (json_node_get_object (answer), "id"));
  g_print ("%s\n", clean);
  return CTL_DONE;
}

static int
change (Ctl *ctl, const char *state)
{
  g_autofree char *path = desktop_path (ctl, ctl_get_arg (ctl, 0));
  g_autoptr(JsonObject) body = json_object_new ();
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonNode) answer = NULL;
  g_autofree char *until = NULL;

  json_object_set_string_member (body, "state", state);
  answer = say (ctl, "PATCH", path, body, &error);
  if (answer == NULL)
    return ctl_fail (error);
  if (ctl->json)
    {
      ctl_print_json (answer);
      return CTL_DONE;
    }
  until = ctl_time (ctl_string (json_node_get_object (answer), "until"));
  g_print (_ ("This holds until %s, unless it is said again.\n"), until != NULL ? until : "");
  return CTL_DONE;
}

static int
run_idle (Ctl *ctl)
{
  return change (ctl, "idle");
}

static int
run_lock (Ctl *ctl)
{
  return change (ctl, "locked");
}

static int
run_end (Ctl *ctl)
{
  g_autofree char *path = desktop_path (ctl, ctl_get_arg (ctl, 0));
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonNode) answer = ctl_ask (ctl, "DELETE", path, NULL, &error);

  if (answer == NULL)
    return ctl_fail (error);
  if (ctl->json)
    ctl_print_json (answer);
  return CTL_DONE;
}

static void
print_clients (JsonArray *clients)
{
  const char *titles[] = { _ ("ID"), _ ("STATE"), _ ("COUNTS AS"), _ ("SINCE"), _ ("UNTIL"), _ ("SOURCE"), NULL };
  CtlTable *table = ctl_table_new (titles, 6);

  for (guint i = 0; i < ctl_length (clients); i++)
    {
      JsonObject *client = json_array_get_object_element (clients, i);

      ctl_table_add (table, ctl_clean (ctl_string (client, "id")), ctl_words (ctl_string (client, "state")),
                     ctl_words (ctl_string (client, "counts_as")), ctl_time (ctl_string (client, "since")),
                     ctl_time (ctl_string (client, "until")), ctl_clean (ctl_string (client, "source")));
    }
  ctl_table_print (table, "");
}

static int
run_list (Ctl *ctl)
{
  g_autofree char *path = desktop_path (ctl, NULL);
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonNode) answer = ctl_ask (ctl, "GET", path, NULL, &error);
  JsonArray *clients;

  if (answer == NULL)
    return ctl_fail (error);
  clients = ctl_array (json_node_get_object (answer), "clients");
  if (ctl->json)
    ctl_print_json (answer);
  else if (ctl_has_option (ctl, "ids"))
    ctl_print_each (clients, "id");
  else if (ctl_length (clients) == 0)
    g_print ("%s\n", _ ("No clients."));
  else
    print_clients (clients);
  return CTL_DONE;
}

#define USER { "user", N_ ("USER"), N_ ("whose client it is; without: your own") }
#define LEASE { "lease", N_ ("SPAN"), N_ ("ended unless said again before: such as 5m (the default), 12h at most") }
#define FOR { "for", N_ ("SPAN"), N_ ("how long ago the last input was, such as 2m; without: just now") }

static const CtlOption start_options[] = { USER, LEASE, { NULL, NULL, NULL } };
static const CtlOption change_options[] = { USER, LEASE, FOR, { NULL, NULL, NULL } };
static const CtlOption end_options[] = { USER, { NULL, NULL, NULL } };
static const CtlOption list_options[]
    = { USER, { "ids", NULL, N_ ("only the ids, one a line") }, { NULL, NULL, NULL } };

const CtlCommand ctl_desktop_commands[] = {
  { "client start", N_ ("[ID]"), N_ ("a desktop has started or is used again; prints its id"), 0, 1, start_options,
    run_start },
  { "client idle", N_ ("ID"), N_ ("nobody touches it"), 1, 1, change_options, run_idle },
  { "client lock", N_ ("ID"), N_ ("it is locked"), 1, 1, change_options, run_lock },
  { "client end", N_ ("ID"), N_ ("it has ended"), 1, 1, end_options, run_end },
  { "client list", "", N_ ("desktops, and what they count as"), 0, 0, list_options, run_list },
  { NULL, NULL, NULL, 0, 0, NULL, NULL },
};
