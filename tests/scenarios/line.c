/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-scenario"

#include "line.h"

#include <string.h>

void
line_fail (const Line *line, const char *format, ...)
{
  va_list args;
  g_autofree char *text = NULL;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_test_message ("%s:%u: %s", line->file, line->number, text);
  g_test_fail_printf ("%s:%u: %s", line->file, line->number, text);
}

void
line_reject (const Line *line, const char *format, ...)
{
  va_list args;
  g_autofree char *text = NULL;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_error ("%s:%u: %s", line->file, line->number, text);
}

const char *
line_option (const Line *line, const char *name)
{
  gsize length = strlen (name);

  for (guint i = 1; line->words[i] != NULL; i++)
    if (strncmp (line->words[i], name, length) == 0 && line->words[i][length] == '=')
      return line->words[i] + length + 1;
  return NULL;
}

gboolean
line_flag (const Line *line, const char *name)
{
  return g_strv_contains ((const char *const *) line->words, name);
}

gboolean
line_switch (const Line *line, const char *name, gboolean *value)
{
  const char *text = line_option (line, name);

  if (text == NULL)
    return FALSE;
  if (!g_str_equal (text, "yes") && !g_str_equal (text, "no"))
    line_reject (line, "%s is yes or no", name);
  *value = g_str_equal (text, "yes");
  return TRUE;
}

const char *
line_word (const Line *line, guint index)
{
  if (g_strv_length (line->words) <= index)
    line_reject (line, "'%s' wants more words", line->words[0]);
  return line->words[index];
}

MusterdTime
line_time (const Line *line, const char *text)
{
  if (g_str_equal (text, "never"))
    return MUSTERD_TIME_NEVER;
  return world_time (line->world, text);
}

MusterdTime
line_time_option (const Line *line, const char *name, MusterdTime otherwise)
{
  const char *text = line_option (line, name);

  return text != NULL ? line_time (line, text) : otherwise;
}

gint64
line_duration (const Line *line, const char *name)
{
  const char *text = line_option (line, name);
  char *unit;
  gint64 n;

  if (text == NULL)
    return 0;
  n = g_ascii_strtoll (text, &unit, 10);
  return n * (*unit == 'h' ? MUSTERD_HOUR : *unit == 's' ? MUSTERD_SECOND : MUSTERD_MINUTE);
}

void
line_check (const Line *line, const GError *error)
{
  const char *refused = line_option (line, "refused");

  if (refused != NULL)
    {
      if (error == NULL || !g_pattern_match_simple (refused, error->message))
        line_fail (line, "expected a refusal like '%s', got %s", refused, error != NULL ? error->message : "none");
    }
  else if (error != NULL)
    line_fail (line, "%s", error->message);
}

void
line_done (const GError *error, gpointer data)
{
  line_check (data, error);
}
