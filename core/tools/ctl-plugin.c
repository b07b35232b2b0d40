/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "musterctl"

#include "ctl-client.h"
#include "ctl-log.h"
#include "ctl-output.h"

static CtlColour
state_colour (const char *state)
{
  if (g_strcmp0 (state, "online") == 0)
    return CTL_GREEN;
  if (g_strcmp0 (state, "failed") == 0 || g_strcmp0 (state, "offline") == 0)
    return CTL_RED;
  if (g_strcmp0 (state, "disabled") == 0)
    return CTL_GREY;
  return CTL_YELLOW;
}

static char *
state_text (JsonObject *info)
{
  g_autofree char *state = ctl_words (ctl_string (info, "state"));

  if (ctl_bool (info, "not_responding"))
    return g_strdup_printf (_ ("%s, does not respond"), state);
  return ctl_bool (info, "paused") ? g_strdup_printf (_ ("%s, paused"), state) : g_steal_pointer (&state);
}

static char *
what_text (JsonObject *info)
{
  gboolean source = ctl_bool (info, "source"), sink = ctl_bool (info, "sink");

  return g_strdup (source && sink ? _ ("source and sink") : source ? _ ("source") : sink ? _ ("sink") : "");
}

static int
run_list (Ctl *ctl)
{
  static const char *const titles[] = { N_ ("INSTANCE"), N_ ("STATE"), N_ ("SINCE"),
                                        N_ ("WHAT"),     N_ ("USERS"), N_ ("SAYS") };
  const char *translated[G_N_ELEMENTS (titles)];
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonNode) answer = ctl_ask (ctl, "GET", "/v1/plugins", NULL, &error);
  JsonArray *plugins;
  CtlTable *table;

  if (answer == NULL)
    return ctl_fail (error);
  plugins = ctl_array (json_node_get_object (answer), "plugins");
  if (ctl->json)
    {
      ctl_print_json (answer);
      return CTL_DONE;
    }
  if (ctl_has_option (ctl, "ids"))
    {
      ctl_print_each (plugins, "instance");
      return CTL_DONE;
    }
  if (ctl_length (plugins) == 0)
    {
      g_print ("%s\n", _ ("No instance is configured: add a group such as [micsync] to the keyfile."));
      return CTL_DONE;
    }
  for (gsize i = 0; i < G_N_ELEMENTS (titles); i++)
    translated[i] = _ (titles[i]);
  table = ctl_table_new (translated, G_N_ELEMENTS (titles));
  for (guint i = 0; i < ctl_length (plugins); i++)
    {
      JsonObject *info = json_array_get_object_element (plugins, i);

      ctl_table_add (table, ctl_clean (ctl_string (info, "instance")), state_text (info),
                     ctl_time (ctl_string (info, "since")), what_text (info),
                     g_strdup_printf ("%" G_GINT64_FORMAT, ctl_int (info, "users")),
                     ctl_clean (ctl_string (info, "text")));
      ctl_table_paint (table, 1, state_colour (ctl_string (info, "state")));
    }
  ctl_table_print (table, "");
  return CTL_DONE;
}

static void
print_counts (JsonObject *info)
{
  static const struct
  {
    const char *name, *label;
    gboolean    of_sink;
  } counts[] = {
    { "users", N_ ("users taken"), FALSE },
    { "queued", N_ ("messages waiting"), FALSE },
    { "messages", N_ ("messages taken in"), FALSE },
    { "refused", N_ ("messages refused"), FALSE },
    { "pending", N_ ("deliveries waiting"), TRUE },
    { "in_flight", N_ ("deliveries under way"), TRUE },
    { "failed", N_ ("users with a failed delivery"), TRUE },
    { "applied", N_ ("deliveries applied"), TRUE },
    { "superseded", N_ ("deliveries overtaken"), TRUE },
    { "errors", N_ ("deliveries failed"), TRUE },
  };
  JsonObject *deliveries = ctl_member (info, "deliveries");
  CtlTable *table = ctl_table_new (NULL, 2);

  for (gsize i = 0; i < G_N_ELEMENTS (counts); i++)
    {
      JsonObject *object = counts[i].of_sink ? deliveries : info;

      if (object != NULL)
        ctl_table_add (table, g_strdup (_ (counts[i].label)),
                       g_strdup_printf ("%" G_GINT64_FORMAT, ctl_int (object, counts[i].name)));
    }
  ctl_table_print (table, "  ");
}

static void
print_title (const char *title)
{
  g_autofree char *painted = ctl_paint (CTL_BOLD, g_strdup (title));

  g_print ("\n%s\n", painted);
}

static void
print_actions (JsonArray *actions, const char *instance)
{
  if (ctl_length (actions) == 0)
    return;
  print_title (_ ("Waits for a person"));
  for (guint i = 0; i < ctl_length (actions); i++)
    {
      JsonObject *action = json_array_get_object_element (actions, i);
      g_autofree char *id = ctl_clean (ctl_string (action, "id"));
      g_autofree char *user = ctl_clean (ctl_string (action, "user"));
      g_autofree char *text = ctl_clean (ctl_string (action, "text"));
      g_autofree char *url = ctl_clean (ctl_string (action, "url"));
      g_autofree char *code = ctl_clean (ctl_string (action, "code"));
      g_autofree char *clean = ctl_clean (instance);

      g_print ("  %s%s%s: %s\n", id, *user != '\0' ? " " : "", user, text);
      if (*url != '\0')
        g_print ("    %s\n", url);
      if (*code != '\0')
        g_print ("    %s: %s\n", _ ("code"), code);
      g_print ("    musterctl plugin answer %s %s ANSWER%s%s\n", clean, id, *user != '\0' ? " --user " : "", user);
    }
}

static void
print_notes (JsonArray *notes)
{
  CtlTable *table;

  if (ctl_length (notes) == 0)
    return;
  print_title (_ ("Seen"));
  table = ctl_table_new (NULL, 5);
  for (guint i = 0; i < ctl_length (notes); i++)
    {
      JsonObject *note = json_array_get_object_element (notes, i);

      ctl_table_add (table, ctl_clean (ctl_string (note, "topic")), ctl_clean (ctl_string (note, "subject")),
                     ctl_clean (ctl_string (note, "text")),
                     g_strdup_printf ("%" G_GINT64_FORMAT "×", ctl_int (note, "count")),
                     ctl_time (ctl_string (note, "last")));
    }
  ctl_table_print (table, "  ");
}

static void
print_troubles (JsonArray *troubles)
{
  CtlTable *table;

  if (ctl_length (troubles) == 0)
    return;
  print_title (_ ("Users in trouble"));
  table = ctl_table_new (NULL, 4);
  for (guint i = 0; i < ctl_length (troubles); i++)
    {
      JsonObject *trouble = json_array_get_object_element (troubles, i);

      ctl_table_add (table, ctl_clean (ctl_string (trouble, "user")), ctl_words (ctl_string (trouble, "state")),
                     ctl_clean (ctl_string (trouble, "text")), ctl_time (ctl_string (trouble, "since")));
    }
  ctl_table_print (table, "  ");
}

static void
print_info (JsonObject *info)
{
  const char *instance = ctl_string (info, "instance");
  g_autofree char *name = ctl_clean (instance);
  g_autofree char *summary = ctl_clean (ctl_string (info, "summary"));
  g_autofree char *plugin = ctl_clean (ctl_string (info, "plugin"));
  g_autofree char *version = ctl_clean (ctl_string (info, "version"));
  g_autofree char *enabled = ctl_clean (ctl_string (info, "enabled"));
  g_autofree char *text = ctl_clean (ctl_string (info, "text"));
  g_autofree char *since = ctl_time (ctl_string (info, "since"));
  g_autofree char *state = ctl_paint (state_colour (ctl_string (info, "state")), state_text (info));
  g_autofree char *what = what_text (info);

  g_print ("%s: %s", name, state);
  if (since != NULL)
    g_print (", %s %s", _ ("since"), since);
  if (*text != '\0')
    g_print (": %s", text);
  g_print ("\n  %s %s", plugin, version);
  if (*what != '\0')
    g_print (" (%s)", what);
  if (*summary != '\0')
    g_print (": %s", summary);
  g_print ("\n  Enabled=%s\n", enabled);
  print_counts (info);
  print_actions (ctl_array (info, "actions"), instance);
  print_troubles (ctl_array (info, "troubles"));
  print_notes (ctl_array (info, "notes"));
}

static int
run_show (Ctl *ctl)
{
  g_autofree char *path = ctl_path ("/v1/plugins/%s", ctl_get_arg (ctl, 0), NULL);
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonNode) answer = ctl_ask (ctl, "GET", path, NULL, &error);

  if (answer == NULL)
    return ctl_fail (error);
  if (ctl->json)
    ctl_print_json (answer);
  else
    print_info (json_node_get_object (answer));
  return CTL_DONE;
}

/* Orders one thing; `said`: what is printed when it is done, with a %s for the instance. */
static int
order (Ctl *ctl, const char *verb, const char *body, const char *said)
{
  g_autofree char *path = ctl_path ("/v1/plugins/%s/%s", ctl_get_arg (ctl, 0), verb, NULL);
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonNode) answer = ctl_ask (ctl, "POST", path, body, &error);

  if (answer == NULL)
    return ctl_fail (error);
  if (ctl->json)
    ctl_print_json (answer);
  else
    g_print (said, ctl_get_arg (ctl, 0));
  return CTL_DONE;
}

static int
run_sync (Ctl *ctl)
{
  g_autofree char *body = ctl_object ("user", ctl_get_arg (ctl, 1), NULL);

  return order (ctl, "sync", body, _ ("%s is asked to say everything again.\n"));
}

static int
run_pause (Ctl *ctl)
{
  return order (ctl, "pause", "{\"paused\":true}", _ ("%s is paused: nothing is handed to it.\n"));
}

static int
run_resume (Ctl *ctl)
{
  return order (ctl, "pause", "{\"paused\":false}", _ ("%s goes on.\n"));
}

static int
run_drain (Ctl *ctl)
{
  ctl->timeout = 0; /* every telephone is given back: that takes what it takes */
  return order (ctl, "drain", NULL, _ ("%s has given everything back, and is paused.\n"));
}

static int
run_enable (Ctl *ctl)
{
  return order (ctl, "enable", ctl_has_option (ctl, "required") ? "{\"required\":true}" : NULL,
                _ ("%s is enabled.\n"));
}

static int
run_disable (Ctl *ctl)
{
  return order (ctl, "disable", NULL, _ ("%s is disabled.\n"));
}

static int
run_test (Ctl *ctl)
{
  g_autofree char *path = ctl_path ("/v1/plugins/%s/test", ctl_get_arg (ctl, 0), NULL);
  g_autofree char *body = ctl_object ("user", ctl_get_arg (ctl, 1), NULL);
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonNode) answer = ctl_ask (ctl, "POST", path, body, &error);
  JsonArray *lines;
  gboolean good = TRUE;
  CtlTable *table;

  if (answer == NULL)
    return ctl_fail (error);
  lines = ctl_array (json_node_get_object (answer), "lines");
  table = ctl_table_new (NULL, 3);
  for (guint i = 0; i < ctl_length (lines); i++)
    {
      JsonObject *line = json_array_get_object_element (lines, i);
      const char *result = ctl_string (line, "result");
      gboolean problem = g_strcmp0 (result, "problem") == 0;

      good = good && !problem;
      ctl_table_add (table, ctl_clean (result), ctl_clean (ctl_string (line, "subject")),
                     ctl_clean (ctl_string (line, "text")));
      ctl_table_paint (table, 0, problem ? CTL_RED : g_strcmp0 (result, "ok") == 0 ? CTL_GREEN : CTL_PLAIN);
    }
  if (ctl->json)
    {
      ctl_table_discard (table);
      ctl_print_json (answer);
    }
  else
    ctl_table_print (table, "");
  return good ? CTL_DONE : CTL_REFUSED;
}

static int
run_answer (Ctl *ctl)
{
  g_autofree char *path = ctl_path ("/v1/plugins/%s/actions/%s", ctl_get_arg (ctl, 0), ctl_get_arg (ctl, 1), NULL);
  g_autofree char *body = ctl_object ("user", ctl_get_option (ctl, "user"), "answer", ctl_get_arg (ctl, 2), NULL);
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonNode) answer = ctl_ask (ctl, "POST", path, body, &error);

  if (answer == NULL)
    return ctl_fail (error);
  if (ctl->json)
    ctl_print_json (answer);
  else
    g_print (_ ("%s has the answer.\n"), ctl_get_arg (ctl, 0));
  return CTL_DONE;
}

static const CtlOption list_options[] = {
  { "ids", NULL, N_ ("only the names of the instances, one a line") },
  { NULL, NULL, NULL },
};

static const CtlOption enable_options[] = {
  { "required", NULL, N_ ("the daemon is not to start without it") },
  { NULL, NULL, NULL },
};

static const CtlOption answer_options[] = {
  { "user", N_ ("USER"), N_ ("whose question it is") },
  { NULL, NULL, NULL },
};

const CtlCommand ctl_plugin_commands[] = {
  { "plugin list", "", N_ ("every instance and how it is"), 0, 0, list_options, run_list },
  { "plugin show", N_ ("INSTANCE"), N_ ("everything about one"), 1, 1, NULL, run_show },
  { "plugin log", N_ ("INSTANCE"), N_ ("its last lines"), 1, 1, ctl_log_options, ctl_log_run },
  { "plugin sync", N_ ("INSTANCE [USER]"), N_ ("say everything again, now"), 1, 2, NULL, run_sync },
  { "plugin pause", N_ ("INSTANCE"), N_ ("hand a sink nothing more"), 1, 1, NULL, run_pause },
  { "plugin resume", N_ ("INSTANCE"), N_ ("end the pause"), 1, 1, NULL, run_resume },
  { "plugin drain", N_ ("INSTANCE"), N_ ("give everything back that a sink holds, then pause it"), 1, 1, NULL,
    run_drain },
  { "plugin enable", N_ ("INSTANCE"), N_ ("run it, now and after each start"), 1, 1, enable_options, run_enable },
  { "plugin disable", N_ ("INSTANCE"), N_ ("stop it, now and after each start"), 1, 1, NULL, run_disable },
  { "plugin test", N_ ("INSTANCE [USER]"), N_ ("try its outside system, and write nothing there"), 1, 2, NULL,
    run_test },
  { "plugin answer", N_ ("INSTANCE ID ANSWER"), N_ ("answer a question that waits for a person"), 3, 3, answer_options,
    run_answer },
  { NULL, NULL, NULL, 0, 0, NULL, NULL },
};
