/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "musterctl"

#include "ctl-presence.h"

#include "ctl-client.h"
#include "ctl-output.h"
#include "ctl-when.h"

/* "on the phone (Bob)"; NULL: nothing is to be said. */
static char *
phone_text (JsonObject *presence)
{
  JsonObject *telephony = ctl_member (presence, "telephony");
  const char *state = ctl_string (telephony, "state");
  g_autofree char *label = ctl_clean (ctl_string (telephony, "label"));
  g_autofree char *words = ctl_words (state);

  if (state == NULL || g_str_equal (state, "none") || g_str_equal (state, "idle"))
    return NULL;
  return *label != '\0' ? g_strdup_printf ("%s (%s)", words, label) : g_steal_pointer (&words);
}

static void
add_line (CtlTable *table, JsonObject *presence)
{
  const char *status = ctl_string (presence, "status");
  g_autofree char *until = ctl_time (ctl_string (presence, "until"));
  const char *text = ctl_string (presence, "text");

  ctl_table_add (table, g_strdup ("●"), ctl_clean (ctl_string (presence, "user")),
                 ctl_clean (ctl_string (presence, "name")), ctl_words (status),
                 ctl_clean (text != NULL ? text : ctl_string (presence, "template")),
                 until != NULL ? g_strdup_printf (_ ("until %s"), until) : NULL, phone_text (presence));
  ctl_table_paint (table, 0, ctl_status_colour (status));
  ctl_table_paint (table, 3, ctl_status_colour (status));
}

CtlTable *
ctl_presence_table (void)
{
  return ctl_table_new (NULL, 7);
}

void
ctl_presence_add (CtlTable *table, JsonObject *presence)
{
  add_line (table, presence);
}

char *
ctl_presence_sentence (JsonObject *presence)
{
  g_autoptr(GString) line = g_string_new (NULL);
  const char *status = ctl_string (presence, "status");
  g_autofree char *user = ctl_clean (ctl_string (presence, "user"));
  g_autofree char *name = ctl_clean (ctl_string (presence, "name"));
  g_autofree char *text = ctl_clean (ctl_string (presence, "text"));
  g_autofree char *tmpl = ctl_clean (ctl_string (presence, "template"));
  g_autofree char *since = ctl_time (ctl_string (presence, "since"));
  g_autofree char *until = ctl_time (ctl_string (presence, "until"));
  g_autofree char *painted = ctl_paint (ctl_status_colour (status), ctl_words (status));

  g_string_append (line, user);
  if (*name != '\0')
    g_string_append_printf (line, " (%s)", name);
  g_string_append_printf (line, ": %s", painted);
  if (*text != '\0')
    g_string_append_printf (line, " \"%s\"", text);
  if (*tmpl != '\0')
    g_string_append_printf (line, ", %s %s", _ ("template"), tmpl);
  if (since != NULL)
    g_string_append_printf (line, ", %s %s", _ ("since"), since);
  if (until != NULL)
    g_string_append_printf (line, ", %s %s", _ ("until"), until);
  return g_string_free (g_steal_pointer (&line), FALSE);
}

/* "a claim of micsync (microphone)", "a choice by hand", … */
static char *
origin_text (JsonObject *presence)
{
  static const struct
  {
    const char *kind, *text;
  } origins[] = {
    { "choice", N_ ("chosen by hand") },
    { "client", N_ ("a desktop that is there, or has ended") },
    { "idle", N_ ("a desktop that is idle or locked") },
    { "default", N_ ("nothing else is known") },
  };
  const char *kind = ctl_string (presence, "kind");
  g_autofree char *source = ctl_clean (ctl_string (presence, "source"));
  g_autofree char *words = ctl_words (kind);

  if (kind == NULL)
    return NULL;
  for (gsize i = 0; i < G_N_ELEMENTS (origins); i++)
    if (g_str_equal (kind, origins[i].kind))
      return g_strdup (_ (origins[i].text));
  return g_strdup_printf ("%s (%s)", words, source);
}

void
ctl_presence_details (JsonObject *presence)
{
  CtlTable *table = ctl_table_new (NULL, 2);
  const char *next_free = ctl_string (presence, "next_free");
  const char *stale = ctl_string (presence, "stale");
  g_autofree char *origin = origin_text (presence);
  g_autofree char *phone = phone_text (presence);
  g_autofree char *free_at = ctl_time (next_free);
  g_autofree char *stale_since = ctl_time (stale);

  if (origin != NULL)
    ctl_table_add (table, g_strdup (_ ("comes from")), g_strdup (origin));
  if (phone != NULL)
    ctl_table_add (table, g_strdup (_ ("telephone")), g_strdup (phone));
  ctl_table_add (table, g_strdup (_ ("reach")), ctl_words (ctl_string (presence, "reach")));
  if (free_at != NULL && g_strcmp0 (ctl_string (presence, "status"), "available") != 0)
    ctl_table_add (table, g_strdup (_ ("next free")), g_strdup (free_at));
  if (stale_since != NULL)
    {
      ctl_table_add (table, g_strdup (_ ("stale")),
                     g_strdup_printf (_ ("a calendar has not been heard of since %s"), stale_since));
      ctl_table_paint (table, 1, CTL_YELLOW);
    }
  ctl_table_print (table, "  ");
}

static int
show_presence (Ctl *ctl, JsonNode *answer)
{
  g_autofree char *sentence = NULL;

  if (ctl->json)
    {
      ctl_print_json (answer);
      return CTL_DONE;
    }
  sentence = ctl_presence_sentence (json_node_get_object (answer));
  g_print ("%s\n", sentence);
  return CTL_DONE;
}

static int
run_list (Ctl *ctl)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonNode) answer = ctl_ask (ctl, "GET", "/v1/presence", NULL, &error);
  JsonArray *presences;
  CtlTable *table;

  if (answer == NULL)
    return ctl_fail (error);
  presences = ctl_array (json_node_get_object (answer), "presences");
  if (ctl->json)
    {
      ctl_print_json (answer);
      return CTL_DONE;
    }
  if (ctl_has_option (ctl, "ids"))
    {
      ctl_print_each (presences, "user");
      return CTL_DONE;
    }
  if (ctl_length (presences) == 0)
    g_print ("%s\n", _ ("There is nobody yet: add somebody with musterctl user add ID."));
  table = ctl_presence_table ();
  for (guint i = 0; i < ctl_length (presences); i++)
    ctl_presence_add (table, json_array_get_object_element (presences, i));
  ctl_table_print (table, "");
  return CTL_DONE;
}

static int
run_show (Ctl *ctl)
{
  g_autofree char *path = ctl_path ("/v1/presence/%s", ctl_get_arg (ctl, 0), NULL);
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonNode) answer = ctl_ask (ctl, "GET", path, NULL, &error);

  if (answer == NULL)
    return ctl_fail (error);
  show_presence (ctl, answer);
  if (!ctl->json)
    ctl_presence_details (json_node_get_object (answer));
  return CTL_DONE;
}

static gboolean
is_status (const char *word)
{
  static const char *const statuses[]
      = { "available", "be-right-back", "busy", "do-not-disturb", "unavailable", "logged-off", NULL };

  return g_strv_contains (statuses, word);
}

static JsonNode *
choose (Ctl *ctl, const char *member, const char *until, GError **error)
{
  g_autofree char *path = ctl_path ("/v1/presence/%s", ctl_get_arg (ctl, 0), NULL);
  g_autofree char *body = ctl_object (member, ctl_get_arg (ctl, 1), "text", ctl_get_option (ctl, "text"), "until",
                                      until, NULL);

  return ctl_ask (ctl, "PUT", path, body, error);
}

static int
run_set (Ctl *ctl)
{
  const char *when = ctl_get_option (ctl, "until");
  g_autoptr(GDateTime) now = g_date_time_new_now_local ();
  g_autofree char *until = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonNode) answer = NULL;

  if (when != NULL)
    {
      until = ctl_when_parse (when, now, &error);
      if (until == NULL)
        return ctl_fail (error);
    }
  if (!ctl_has_option (ctl, "status"))
    answer = choose (ctl, "template", until, &error);
  /* A word that no template has may be one of the six statuses. */
  if (answer == NULL && is_status (ctl_get_arg (ctl, 1))
      && (error == NULL || g_error_matches (error, CTL_ERROR, CTL_ERROR_NOT_FOUND)))
    {
      g_clear_error (&error);
      answer = choose (ctl, "status", until, &error);
    }
  else if (answer == NULL && error == NULL)
    g_set_error (&error, CTL_ERROR, CTL_ERROR_WRONG_USE, _ ("there is no status '%s'"), ctl_get_arg (ctl, 1));
  return answer != NULL ? show_presence (ctl, answer) : ctl_fail (error);
}

static int
run_auto (Ctl *ctl)
{
  g_autofree char *path = ctl_path ("/v1/presence/%s", ctl_get_arg (ctl, 0), NULL);
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonNode) answer = ctl_ask (ctl, "DELETE", path, NULL, &error);

  return answer != NULL ? show_presence (ctl, answer) : ctl_fail (error);
}

static const CtlOption list_options[] = {
  { "ids", NULL, N_ ("only the ids, one a line") },
  { NULL, NULL, NULL },
};

static const CtlOption set_options[] = {
  { "text", N_ ("TEXT"), N_ ("what others read beside it") },
  { "until", N_ ("WHEN"),
    N_ ("12:30, \"tomorrow 9:00\", +30m, +2h, or date and time with zone; without: until changed") },
  { "status", NULL, N_ ("the word is a status, even if a template has that name, too") },
  { NULL, NULL, NULL },
};

const CtlCommand ctl_presence_commands[] = {
  { "list", "", N_ ("who is there, and how they can be reached"), 0, 0, list_options, run_list },
  { "show", N_ ("USER"), N_ ("one person's presence"), 1, 1, NULL, run_show },
  { "set", N_ ("USER TEMPLATE|STATUS"), N_ ("choose a presence by hand"), 2, 2, set_options, run_set },
  { "auto", N_ ("USER"), N_ ("back to automatic: end what was chosen by hand"), 1, 1, NULL, run_auto },
  { NULL, NULL, NULL, 0, 0, NULL, NULL },
};
