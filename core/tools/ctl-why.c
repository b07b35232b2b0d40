/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "musterctl"

#include "ctl-claims.h"
#include "ctl-client.h"
#include "ctl-presence.h"

static void
print_title (const char *title)
{
  g_autofree char *painted = ctl_paint (CTL_BOLD, g_strdup (title));

  g_print ("\n%s\n", painted);
}

static void
print_choice (const char *title, JsonObject *choice, const char *ends)
{
  g_autoptr(GString) line = g_string_new (NULL);
  g_autofree char *tmpl = ctl_clean (ctl_string (choice, "template"));
  g_autofree char *status = ctl_words (ctl_string (choice, "status"));
  g_autofree char *text = ctl_clean (ctl_string (choice, "text"));
  g_autofree char *made = ctl_time (ctl_string (choice, "made"));
  g_autofree char *by = ctl_clean (ctl_string (choice, "by"));
  g_autofree char *end = ctl_time (ends);

  if (choice == NULL)
    return;
  g_string_append_printf (line, "%s: %s", title, *tmpl != '\0' ? tmpl : status);
  if (*text != '\0')
    g_string_append_printf (line, " \"%s\"", text);
  if (made != NULL)
    g_string_append_printf (line, ", %s %s", _ ("made"), made);
  if (*by != '\0')
    g_string_append_printf (line, " %s %s", _ ("by"), by);
  if (end != NULL)
    g_string_append_printf (line, ", %s %s", _ ("ends"), end);
  g_print ("  %s\n", line->str);
}

/* Whether it is all there: to whoever is neither the user nor an administrator what is inside is null. */
static gboolean
has_inside (JsonObject *why)
{
  return ctl_member (why, "forwarding") != NULL;
}

static void
print_choices (JsonObject *why)
{
  JsonObject *choices = ctl_member (why, "choices");
  JsonObject *standing = ctl_member (choices, "standing"), *timed = ctl_member (choices, "timed");
  g_autofree char *client = ctl_words (ctl_string (why, "client"));

  if (standing == NULL && timed == NULL && !has_inside (why))
    return;
  print_title (_ ("Chosen by hand"));
  print_choice (_ ("for a time"), timed, ctl_string (timed, "until"));
  print_choice (_ ("until changed"), standing, ctl_string (choices, "standing_ends"));
  if (standing == NULL && timed == NULL)
    g_print ("  %s\n", _ ("nothing"));
  if (g_strcmp0 (client, "none") != 0 && *client != '\0')
    g_print ("  %s: %s\n", _ ("desktop"), client);
}

static void
print_clients (JsonArray *clients)
{
  CtlTable *table;

  if (ctl_length (clients) == 0)
    return;
  print_title (_ ("Desktops"));
  table = ctl_table_new (NULL, 4);
  for (guint i = 0; i < ctl_length (clients); i++)
    {
      JsonObject *client = json_array_get_object_element (clients, i);
      const char *state = ctl_string (client, "state"), *counts = ctl_string (client, "counts_as");
      g_autofree char *words = ctl_words (counts);

      ctl_table_add (table, ctl_clean (ctl_string (client, "id")), ctl_words (state),
                     g_strcmp0 (state, counts) != 0 ? g_strdup_printf (_ ("counts as %s"), words) : NULL,
                     ctl_clean (ctl_string (client, "source")));
    }
  ctl_table_print (table, "  ");
}

static void
print_devices (JsonArray *devices)
{
  CtlTable *table;

  if (ctl_length (devices) == 0)
    return;
  print_title (_ ("Telephones"));
  table = ctl_table_new (NULL, 4);
  for (guint i = 0; i < ctl_length (devices); i++)
    {
      JsonObject *device = json_array_get_object_element (devices, i);
      ctl_table_add (table, ctl_clean (ctl_string (device, "id")), ctl_words (ctl_string (device, "state")),
                     ctl_clean (ctl_string (device, "label")), ctl_clean (ctl_string (device, "source")));
    }
  ctl_table_print (table, "  ");
}

static char *
forwarding_text (JsonObject *forwarding)
{
  const char *action = ctl_string (forwarding, "action");
  const char *scope = ctl_string (forwarding, "scope");
  g_autofree char *target = ctl_clean (ctl_string (forwarding, "target"));
  g_autofree char *kind = ctl_words (ctl_string (forwarding, "target_kind"));
  g_autofree char *which = NULL;

  if (g_strcmp0 (action, "do-not-change") == 0)
    return g_strdup (_ ("not changed: nothing asks for it"));
  if (g_strcmp0 (action, "off") == 0)
    return g_strdup (_ ("off"));
  if (g_strcmp0 (action, "do-not-disturb") == 0)
    return g_strdup (_ ("do not disturb"));
  which = g_strcmp0 (scope, "all") == 0 || scope == NULL ? g_strdup (_ ("all calls"))
                                                         : g_strdup_printf (_ ("%s calls"), scope);
  if (*target == '\0')
    return g_strdup_printf (_ ("%s to the %s number, but that is empty"), which, kind);
  return g_strdup_printf (_ ("%s to %s (%s)"), which, target, kind);
}

static void
print_forwarding (JsonObject *forwarding)
{
  g_autofree char *text = forwarding_text (forwarding);
  g_autofree char *from = ctl_clean (ctl_string (forwarding, "from"));

  print_title (_ ("Forwarding"));
  if (*from != '\0')
    g_print ("  %s, %s %s\n", text, _ ("from"), from);
  else
    g_print ("  %s\n", text);
}

/* What a sink is to show, or shows, in a few words. */
static char *
shown_text (JsonObject *shown)
{
  g_autoptr(GString) line = g_string_new (NULL);
  const char *status = ctl_string (shown, "status");
  const char *text = ctl_string (shown, "text");
  const char *phone = ctl_string (ctl_member (shown, "telephony"), "state");
  JsonObject *forwarding = ctl_member (shown, "forwarding");
  g_autofree char *words = ctl_words (status);
  g_autofree char *clean = ctl_clean (text);
  g_autofree char *call = ctl_words (phone);
  g_autofree char *forward = forwarding != NULL ? forwarding_text (forwarding) : NULL;

  if (shown == NULL)
    return g_strdup (_ ("nothing yet"));
  g_string_append (line, words);
  if (*clean != '\0')
    g_string_append_printf (line, " \"%s\"", clean);
  if (phone != NULL && !g_str_equal (phone, "none"))
    g_string_append_printf (line, "%s%s", line->len > 0 ? ", " : "", call);
  if (forward != NULL)
    g_string_append_printf (line, "%s%s", line->len > 0 ? ", " : "", forward);
  if (line->len == 0)
    g_string_append (line, _ ("something that cannot be said in a few words (see --json)"));
  return g_string_free (g_steal_pointer (&line), FALSE);
}

static char *
state_text (JsonObject *sink)
{
  const char *result = ctl_string (sink, "result");
  g_autofree char *words = ctl_words (result);

  if (ctl_bool (sink, "closed"))
    return g_strdup (_ ("not running"));
  if (ctl_bool (sink, "paused"))
    return g_strdup (_ ("paused"));
  if (ctl_bool (sink, "in_flight"))
    return g_strdup (_ ("under way"));
  if (ctl_bool (sink, "pending"))
    return g_strdup (_ ("waiting"));
  return result != NULL ? g_steal_pointer (&words) : g_strdup (_ ("not answered yet"));
}

static void
print_detail (JsonObject *detail)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  if (detail == NULL)
    return;
  json_object_iter_init_ordered (&iter, detail);
  while (json_object_iter_next_ordered (&iter, &name, &node))
    {
      g_autofree char *label = ctl_clean (name);
      g_autofree char *value = ctl_clean (ctl_string (detail, name));

      g_print ("    %s: %s\n", label, value);
    }
}

static void
print_sink (JsonObject *sink)
{
  g_autofree char *instance = ctl_clean (ctl_string (sink, "instance"));
  g_autofree char *state = state_text (sink);
  g_autofree char *desired = shown_text (ctl_member (sink, "desired"));
  g_autofree char *applied = shown_text (ctl_member (sink, "applied"));
  g_autofree char *last_error = ctl_clean (ctl_string (sink, "last_error"));
  g_autofree char *next_try = ctl_time (ctl_string (sink, "next_try"));

  g_print ("  %s: %s\n", instance, state);
  g_print ("    %s: %s\n", _ ("should show"), desired);
  if (g_strcmp0 (desired, applied) != 0)
    g_print ("    %s: %s\n", _ ("shows"), applied);
  print_detail (ctl_member (sink, "detail"));
  if (*last_error != '\0')
    {
      g_autofree char *painted = ctl_paint (CTL_RED, g_strdup (last_error));

      g_print ("    %s: %s\n", _ ("last error"), painted);
    }
  if (next_try != NULL)
    g_print ("    %s: %s\n", _ ("next try"), next_try);
}

static void
print_refusals (JsonArray *refusals)
{
  for (guint i = 0; i < ctl_length (refusals); i++)
    {
      JsonObject *refusal = json_array_get_object_element (refusals, i);
      g_autofree char *instance = ctl_clean (ctl_string (refusal, "instance"));
      g_autofree char *text = ctl_clean (ctl_string (refusal, "text"));
      g_autofree char *since = ctl_time (ctl_string (refusal, "since"));
      g_autofree char *again = ctl_time (ctl_string (refusal, "again"));

      g_print ("  %s: ", instance);
      g_print (_ ("not here since %s"), since);
      if (*text != '\0')
        g_print (" (%s)", text);
      if (again != NULL)
        {
          g_print ("; ");
          g_print (_ ("asked again %s"), again);
        }
      g_print ("\n");
    }
}

/* Which of several calendar sources has the user, where the settings name them in order. */
static void
print_calendar (JsonObject *calendar)
{
  g_autofree char *holder = ctl_clean (ctl_string (calendar, "holder"));
  g_autofree char *asked = ctl_clean (ctl_string (calendar, "asked"));

  if (calendar == NULL)
    return;
  print_title (_ ("Calendar"));
  if (*holder != '\0')
    g_print ("  %s: %s\n", holder, _ ("has the mailbox"));
  if (*asked != '\0')
    g_print ("  %s: %s\n", asked, _ ("is asked whether it has the mailbox"));
  if (*holder == '\0' && *asked == '\0')
    g_print ("  %s\n", _ ("no source has the mailbox"));
  print_refusals (ctl_array (calendar, "not_here"));
}

static void
print_why (JsonObject *why)
{
  JsonObject *presence = ctl_member (why, "presence");
  JsonArray *claims = ctl_array (why, "claims"), *sinks = ctl_array (why, "sinks");
  g_autofree char *sentence = ctl_presence_sentence (presence);
  g_autofree char *next = ctl_time (ctl_string (why, "next_change"));

  g_print ("%s\n", sentence);
  ctl_presence_details (presence);
  print_title (_ ("What sources say"));
  if (ctl_length (claims) > 0)
    ctl_claims_print (claims, "  ");
  else
    g_print ("  %s\n", _ ("nothing"));
  print_calendar (ctl_member (why, "calendar"));
  print_choices (why);
  if (!has_inside (why))
    return;
  print_clients (ctl_array (why, "clients"));
  print_devices (ctl_array (why, "devices"));
  print_forwarding (ctl_member (why, "forwarding"));
  if (ctl_length (sinks) > 0)
    print_title (_ ("Shown elsewhere"));
  for (guint i = 0; i < ctl_length (sinks); i++)
    print_sink (json_array_get_object_element (sinks, i));
  print_title (_ ("Next change"));
  g_print ("  %s\n", next != NULL ? next : _ ("none is known"));
}

static int
run_why (Ctl *ctl)
{
  g_autofree char *path = ctl_path ("/v1/presence/%s/why", ctl_get_arg (ctl, 0), NULL);
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonNode) answer = ctl_ask (ctl, "GET", path, NULL, &error);

  if (answer == NULL)
    return ctl_fail (error);
  if (ctl->json)
    ctl_print_json (answer);
  else
    print_why (json_node_get_object (answer));
  return CTL_DONE;
}

const CtlCommand ctl_why_commands[] = {
  { "why", N_ ("USER"), N_ ("explain a presence: everything that is known, and what became of it"), 1, 1, NULL,
    run_why },
  { NULL, NULL, NULL, 0, 0, NULL, NULL },
};
