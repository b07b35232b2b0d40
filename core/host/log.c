/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-host"

#include "host/log.h"

#include <string.h>

static void
line_free (gpointer data)
{
  MusterdLogLine *line = data;

  g_free (line->text);
  g_free (line);
}

static MusterdLogLine *
line_new (MusterdTime time, MusterLogLevel level, const char *text)
{
  MusterdLogLine *line = g_new0 (MusterdLogLine, 1);

  line->time = time;
  line->level = level;
  line->text = g_strdup (text);
  return line;
}

void
musterd_log_init (MusterdLog *log)
{
  g_queue_init (&log->lines);
}

void
musterd_log_clear (MusterdLog *log)
{
  g_queue_clear_full (&log->lines, line_free);
}

/* One line stays one line, or a plugin (or what it talks to) could write lines in another's name. */
static char *
one_line (const char *text)
{
  const gsize length = strnlen (text, MUSTERD_LOG_TEXT_MAX);
  g_autofree char *cut = g_strndup (text, length);
  char *valid = g_utf8_make_valid (cut, -1);

  for (char *p = valid; *p != '\0'; p++)
    if (g_ascii_iscntrl (*p))
      *p = ' ';
  return valid;
}

static GLogLevelFlags
log_flags (MusterLogLevel level)
{
  switch (level)
    {
    case MUSTER_LOG_DEBUG:
      return G_LOG_LEVEL_DEBUG;
    case MUSTER_LOG_INFO:
      return G_LOG_LEVEL_INFO;
    case MUSTER_LOG_MESSAGE:
      return G_LOG_LEVEL_MESSAGE;
    case MUSTER_LOG_WARNING:
    default:
      return G_LOG_LEVEL_WARNING;
    }
}

void
musterd_log_add (MusterdLog *log, const char *instance, MusterdTime now, MusterLogLevel level, const char *text)
{
  g_autofree char *line = one_line (text != NULL ? text : "");

  /* Lines for developers may hold what nobody else should read, and would push out those for administrators. */
  if (level != MUSTER_LOG_DEBUG)
    {
      if (g_queue_get_length (&log->lines) >= MUSTERD_LOG_LINES)
        line_free (g_queue_pop_head (&log->lines));
      g_queue_push_tail (&log->lines, line_new (now, level, line));
    }
  g_log_structured (G_LOG_DOMAIN, log_flags (level), "MUSTER_INSTANCE", instance, "MESSAGE", "[%s] %s", instance,
                    line);
}

GPtrArray *
musterd_log_copy (const MusterdLog *log)
{
  GPtrArray *lines = g_ptr_array_new_full (g_queue_get_length ((GQueue *) &log->lines), line_free);

  for (const GList *l = log->lines.head; l != NULL; l = l->next)
    {
      const MusterdLogLine *line = l->data;

      g_ptr_array_add (lines, line_new (line->time, line->level, line->text));
    }
  return lines;
}
