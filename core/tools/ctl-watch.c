/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "musterctl"

#include <stdio.h>

#include "ctl-client.h"
#include "ctl-events.h"
#include "ctl-presence.h"

/* What was printed last of each user: after an interruption everything may come once more, and only what is new is
 * worth a line. */
typedef struct
{
  Ctl        *ctl;
  GHashTable *shown;   /* user → what it said */
  GHashTable *missing; /* nullable; a set of users: not heard of since everything began to come again */
} Watch;

static char *
events_path (Ctl *ctl)
{
  g_autoptr(GString) path = g_string_new ("/v1/events");

  for (guint i = 0; i < ctl->args->len; i++)
    {
      g_autofree char *escaped = g_uri_escape_string (ctl->args->pdata[i], "@:", FALSE);

      g_string_append_printf (path, "%s%s", i == 0 ? "?users=" : ",", escaped);
    }
  return g_string_free (g_steal_pointer (&path), FALSE);
}

static void
print_line (const char *line)
{
  fputs (line, stdout);
  fputc ('\n', stdout);
  fflush (stdout);
}

static char *
to_line (JsonObject *presence)
{
  g_autoptr(JsonNode) node = json_node_init_object (json_node_alloc (), presence);

  return json_to_string (node, FALSE);
}

/* A daemon that was started anew has counted on, though nothing has happened. */
static char *
without_revision (JsonObject *presence)
{
  g_autoptr(JsonObject) copy = json_object_new ();
  JsonObjectIter iter;
  const char *name;
  JsonNode *value;

  json_object_iter_init (&iter, presence);
  while (json_object_iter_next (&iter, &name, &value))
    if (!g_str_equal (name, "revision"))
      json_object_set_member (copy, name, json_node_ref (value));
  return to_line (copy);
}

static void
show (Watch *watch, JsonObject *presence)
{
  const char *user = ctl_string (presence, "user");
  g_autofree char *line = NULL, *gist = NULL;

  if (user == NULL)
    return;
  line = watch->ctl->json ? to_line (presence) : ctl_presence_sentence (presence);
  gist = watch->ctl->json ? without_revision (presence) : g_strdup (line);
  if (watch->missing != NULL)
    g_hash_table_remove (watch->missing, user);
  if (g_strcmp0 (g_hash_table_lookup (watch->shown, user), gist) == 0)
    return;
  print_line (line);
  g_hash_table_replace (watch->shown, g_strdup (user), g_steal_pointer (&gist));
}

static void
show_removed (Watch *watch, const char *user)
{
  g_autofree char *line = NULL;

  if (!g_hash_table_remove (watch->shown, user))
    return;
  if (watch->ctl->json)
    line = ctl_object ("removed", user, NULL);
  else
    {
      g_autofree char *clean = ctl_clean (user);

      line = g_strdup_printf (_ ("%s: removed"), clean);
    }
  print_line (line);
}

static void
begin_again (Watch *watch)
{
  GHashTableIter iter;
  gpointer user;

  g_clear_pointer (&watch->missing, g_hash_table_unref);
  watch->missing = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_hash_table_iter_init (&iter, watch->shown);
  while (g_hash_table_iter_next (&iter, &user, NULL))
    g_hash_table_add (watch->missing, g_strdup (user));
}

static void
end_again (Watch *watch)
{
  g_autoptr(GHashTable) missing = g_steal_pointer (&watch->missing);
  GHashTableIter iter;
  gpointer user;

  if (missing == NULL)
    return;
  g_hash_table_iter_init (&iter, missing);
  while (g_hash_table_iter_next (&iter, &user, NULL))
    show_removed (watch, user);
}

static gboolean
on_event (const char *event, JsonObject *data, gpointer user_data)
{
  Watch *watch = user_data;

  if (g_str_equal (event, "reset"))
    begin_again (watch);
  else if (g_str_equal (event, "synced"))
    end_again (watch);
  else if (g_str_equal (event, "presence"))
    show (watch, data);
  else if (g_str_equal (event, "removed") && ctl_string (data, "user") != NULL)
    show_removed (watch, ctl_string (data, "user"));
  /* Nobody reads any more. */
  return !ferror (stdout);
}

static void
on_lost (const GError *error)
{
  if (error != NULL)
    fprintf (stderr, "musterctl: %s: %s\n", _ ("the connection to the daemon is lost; trying again"), error->message);
  else
    fprintf (stderr, "musterctl: %s\n", _ ("the connection to the daemon is lost; trying again"));
}

static int
run_watch (Ctl *ctl)
{
  Watch watch = { .ctl = ctl, .shown = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free) };
  g_autofree char *path = events_path (ctl);
  g_autoptr(GError) error = NULL;

  ctl_follow_events (ctl, path, on_event, on_lost, &watch, &error);
  g_hash_table_unref (watch.shown);
  g_clear_pointer (&watch.missing, g_hash_table_unref);
  return error != NULL ? ctl_fail (error) : CTL_REFUSED;
}

const CtlCommand ctl_watch_commands[] = {
  { "watch", N_ ("[USER…]"), N_ ("what is, and then each change as it happens"), 0, 200, NULL, run_watch },
  { NULL, NULL, NULL, 0, 0, NULL, NULL },
};
