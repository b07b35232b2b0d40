/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "musterctl"

#include <stdio.h>

#include "ctl-client.h"
#include "ctl-presence.h"

#define WAIT_SECONDS 55

static char *
news_path (Ctl *ctl, gint64 after)
{
  g_autoptr(GString) path = g_string_new ("/v1/presence");

  g_string_append_printf (path, "?after=%" G_GINT64_FORMAT, after);
  if (after > 0)
    g_string_append_printf (path, "&wait=%d", WAIT_SECONDS);
  for (guint i = 0; i < ctl->args->len; i++)
    {
      g_autofree char *escaped = g_uri_escape_string (ctl->args->pdata[i], "@:", FALSE);

      g_string_append_printf (path, "&user=%s", escaped);
    }
  return g_string_free (g_steal_pointer (&path), FALSE);
}

/* One JSON object a line: a stream that a program can read line by line. */
static void
print_line (JsonNode *node)
{
  g_autofree char *text = json_to_string (node, FALSE);

  fputs (text, stdout);
  fputc ('\n', stdout);
}

static void
print_removed (Ctl *ctl, const char *user)
{
  if (ctl->json)
    {
      g_autofree char *object = ctl_object ("removed", user, NULL);

      fputs (object, stdout);
      fputc ('\n', stdout);
    }
  else
    {
      g_autofree char *clean = ctl_clean (user);

      g_print (_ ("%s: removed\n"), clean);
    }
}

static void
print_news (Ctl *ctl, JsonObject *news)
{
  JsonArray *presences = ctl_array (news, "presences"), *removed = ctl_array (news, "removed");

  for (guint i = 0; i < ctl_length (presences); i++)
    if (ctl->json)
      print_line (json_array_get_element (presences, i));
    else
      {
        g_autofree char *sentence = ctl_presence_sentence (json_array_get_object_element (presences, i));

        g_print ("%s\n", sentence);
      }
  for (guint i = 0; i < ctl_length (removed); i++)
    print_removed (ctl, json_array_get_string_element (removed, i));
  fflush (stdout);
}

static int
run_watch (Ctl *ctl)
{
  gint64 after = 0;

  /* Until somebody ends it, the daemon goes, or nobody reads what is printed. */
  for (;;)
    {
      g_autofree char *path = news_path (ctl, after);
      g_autoptr(GError) error = NULL;
      g_autoptr(JsonNode) answer = ctl_ask (ctl, "GET", path, NULL, &error);

      if (answer == NULL)
        return ctl_fail (error);
      print_news (ctl, json_node_get_object (answer));
      if (ferror (stdout))
        return CTL_REFUSED;
      after = ctl_int (json_node_get_object (answer), "revision");
      if (after == 0 && ctl_bool (json_node_get_object (answer), "complete"))
        g_usleep (G_USEC_PER_SEC); /* nothing has ever happened there: there is no revision to wait after */
    }
}

const CtlCommand ctl_watch_commands[] = {
  { "watch", N_ ("[USER…]"), N_ ("what is, and then each change as it happens"), 0, 200, NULL, run_watch },
  { NULL, NULL, NULL, 0, 0, NULL, NULL },
};
