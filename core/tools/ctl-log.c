/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "musterctl"

#include "ctl-log.h"

#include <stdio.h>
#include <string.h>

#include "ctl-client.h"
#include "ctl-output.h"

#define WAIT_SECONDS 55
#define TRY_AGAIN_USEC G_USEC_PER_SEC

const CtlOption ctl_log_options[] = {
  { "follow", NULL, N_ ("go on with each line as it comes"), 'f' },
  { "lines", N_ ("N"), N_ ("begin with the last N lines (default: all that are kept)"), 'n' },
  { NULL, NULL, NULL, 0 },
};

static CtlColour
level_colour (const char *level)
{
  return g_strcmp0 (level, "warning") == 0 ? CTL_YELLOW : CTL_GREY;
}

/* A table, and one object a line for programs that follow. */
static void
print_lines (Ctl *ctl, JsonObject *page)
{
  JsonArray *lines = ctl_array (page, "lines");
  CtlTable *table = ctl_table_new (NULL, 3);

  for (guint i = 0; i < ctl_length (lines); i++)
    {
      JsonObject *line = json_array_get_object_element (lines, i);
      const char *level = ctl_string (line, "level");

      if (ctl->json)
        {
          g_autofree char *text = json_to_string (json_array_get_element (lines, i), FALSE);

          puts (text);
          continue;
        }
      ctl_table_add (table, ctl_time (ctl_string (line, "time")), ctl_clean (level),
                     ctl_clean (ctl_string (line, "text")));
      ctl_table_paint (table, 1, level_colour (level));
    }
  ctl_table_print (table, "");
  fflush (stdout);
}

/* Beside the lines, for people: a program reads standard output alone. */
static void
say (const char *what, const char *why)
{
  g_autofree char *clean = ctl_clean (why);
  char *end = strchr (clean, '\n');

  if (end != NULL)
    *end = '\0';
  g_printerr ("-- %s%s%s --\n", what, *clean != '\0' ? ": " : "", clean);
}

/* The page after a serial, waited for where there is nothing; while the daemon is away, until it is back. NULL: it
 * says no. */
static JsonNode *
next_page (Ctl *ctl, gint64 after, GError **error)
{
  g_autofree char *name = ctl_path ("/v1/plugins/%s/log", ctl_get_arg (ctl, 0), NULL);
  g_autofree char *path = g_strdup_printf ("%s?after=%" G_GINT64_FORMAT "&wait=%d", name, after, WAIT_SECONDS);
  gboolean away = FALSE;

  for (;;)
    {
      g_autoptr(GError) local = NULL;
      JsonNode *page = ctl_ask (ctl, "GET", path, NULL, &local);

      if (page != NULL)
        {
          if (away)
            say (_ ("the daemon is back"), "");
          return page;
        }
      if (!g_error_matches (local, CTL_ERROR, CTL_ERROR_UNREACHABLE))
        {
          g_propagate_error (error, g_steal_pointer (&local));
          return NULL;
        }
      if (!away)
        say (_ ("the daemon is away, waiting for it"), local->message);
      away = TRUE;
      g_usleep (TRY_AGAIN_USEC);
    }
}

static int
follow (Ctl *ctl, gint64 after)
{
  /* Until somebody ends it, the instance goes, or nobody reads what is printed. */
  while (!ferror (stdout))
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(JsonNode) page = next_page (ctl, after, &error);

      if (g_error_matches (error, CTL_ERROR, CTL_ERROR_NOT_FOUND))
        {
          say (_ ("the instance has gone"), error->message);
          return CTL_REFUSED;
        }
      if (page == NULL)
        return ctl_fail (error);
      print_lines (ctl, json_node_get_object (page));
      after = ctl_int (json_node_get_object (page), "last");
    }
  return CTL_REFUSED;
}

int
ctl_log_run (Ctl *ctl)
{
  g_autofree char *path = ctl_path ("/v1/plugins/%s/log", ctl_get_arg (ctl, 0), NULL);
  const char *lines = ctl_get_option (ctl, "lines");
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonNode) answer = NULL;
  guint64 n_lines = 0;

  if (lines != NULL)
    {
      g_autofree char *all = g_steal_pointer (&path);

      if (!g_ascii_string_to_unsigned (lines, 10, 0, G_MAXUINT, &n_lines, NULL))
        {
          g_set_error (&error, CTL_ERROR, CTL_ERROR_WRONG_USE, _ ("--lines needs a number, not '%s'"), lines);
          return ctl_fail (error);
        }
      path = g_strdup_printf ("%s?lines=%" G_GUINT64_FORMAT, all, n_lines);
    }
  answer = ctl_ask (ctl, "GET", path, NULL, &error);
  if (answer == NULL)
    return ctl_fail (error);
  if (ctl_has_option (ctl, "follow"))
    {
      print_lines (ctl, json_node_get_object (answer));
      return follow (ctl, ctl_int (json_node_get_object (answer), "last"));
    }
  if (ctl->json)
    ctl_print_json (answer);
  else
    print_lines (ctl, json_node_get_object (answer));
  return CTL_DONE;
}
