/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "musterctl"

#include "ctl-events.h"

#include <string.h>

#include "ctl-client.h"

#define SILENCE 60           /* s; the daemon says something every 20 */
#define EVENT_MAX (1024 * 1024) /* bytes */
#define PAUSE_MS 2000        /* unless the daemon says otherwise */
#define PAUSE_MAX_MS 60000

/* One event as its lines come, and what holds for the whole stream. */
typedef struct
{
  char   *event;   /* nullable */
  GString *data;
  char   *last_id; /* nullable */
  guint   pause_ms;
} Reader;

static void
reader_clear (Reader *reader)
{
  g_clear_pointer (&reader->event, g_free);
  g_string_truncate (reader->data, 0);
}

static void
take_field (Reader *reader, const char *name, const char *value)
{
  guint64 pause = 0;

  if (g_str_equal (name, "event"))
    {
      g_free (reader->event);
      reader->event = g_strdup (value);
    }
  else if (g_str_equal (name, "data"))
    g_string_append (reader->data, value);
  else if (g_str_equal (name, "id"))
    {
      g_free (reader->last_id);
      reader->last_id = g_strdup (value);
    }
  else if (g_str_equal (name, "retry") && g_ascii_string_to_unsigned (value, 10, 1, PAUSE_MAX_MS, &pause, NULL))
    reader->pause_ms = (guint) pause;
}

static void
take_line (Reader *reader, char *line)
{
  char *colon = strchr (line, ':');
  char *value = colon != NULL ? colon + 1 : line + strlen (line);

  if (colon == line) /* a comment: that the daemon is there */
    return;
  if (colon != NULL)
    *colon = '\0';
  take_field (reader, line, *value == ' ' ? value + 1 : value);
}

/* FALSE: that is enough. */
static gboolean
end_event (Reader *reader, CtlEventFunc func, gpointer user_data)
{
  g_autoptr(JsonParser) parser = json_parser_new_immutable ();
  JsonNode *root = NULL;
  gboolean more = TRUE;

  if (reader->data->len > 0 && json_parser_load_from_data (parser, reader->data->str, -1, NULL))
    root = json_parser_get_root (parser);
  if (root != NULL && JSON_NODE_HOLDS_OBJECT (root))
    more = func (reader->event != NULL ? reader->event : "message", json_node_get_object (root), user_data);
  reader_clear (reader);
  return more;
}

/* Takes the lines that have come whole off the front of `text`. FALSE: that is enough. */
static gboolean
take_lines (Reader *reader, GString *text, CtlEventFunc func, gpointer user_data)
{
  char *begin = text->str, *end;
  gboolean more = TRUE;

  while (more && (end = memchr (begin, '\n', text->len - (gsize) (begin - text->str))) != NULL)
    {
      *end = '\0';
      if (end > begin && end[-1] == '\r')
        end[-1] = '\0';
      if (*begin != '\0')
        take_line (reader, begin);
      else
        more = end_event (reader, func, user_data);
      begin = end + 1;
    }
  g_string_erase (text, 0, begin - text->str);
  return more;
}

/* TRUE: that is enough; FALSE: the stream has ended, with an error or without. */
static gboolean
read_stream (GInputStream *input, Reader *reader, CtlEventFunc func, gpointer user_data, GError **error)
{
  g_autoptr(GString) text = g_string_new (NULL);
  char piece[64 * 1024];

  for (;;)
    {
      gssize n = g_input_stream_read (input, piece, sizeof piece, NULL, error);

      if (n <= 0)
        return FALSE;
      g_string_append_len (text, piece, n);
      if (!take_lines (reader, text, func, user_data))
        return TRUE;
      if (text->len + reader->data->len > EVENT_MAX)
        {
          g_set_error_literal (error, CTL_ERROR, CTL_ERROR_REFUSED, _ ("the daemon sent an event that is too long"));
          return FALSE;
        }
    }
}

gboolean
ctl_follow_events (Ctl *ctl, const char *path, CtlEventFunc func, void (*lost) (const GError *error),
                   gpointer user_data, GError **error)
{
  Reader reader = { .data = g_string_new (NULL), .pause_ms = PAUSE_MS };
  gboolean reached = FALSE, told = FALSE, enough = FALSE;

  ctl->timeout = SILENCE;
  while (!enough)
    {
      g_autoptr(GError) local = NULL;
      g_autoptr(GInputStream) input = ctl_open_stream (ctl, path, reader.last_id, &local);

      if (input == NULL && !(reached && g_error_matches (local, CTL_ERROR, CTL_ERROR_UNREACHABLE)))
        {
          g_propagate_error (error, g_steal_pointer (&local));
          break;
        }
      if (input != NULL)
        {
          reached = TRUE;
          told = FALSE;
          enough = read_stream (input, &reader, func, user_data, &local);
          reader_clear (&reader); /* half an event is none */
        }
      if (enough)
        break;
      if (!told && lost != NULL)
        lost (local);
      told = TRUE;
      g_usleep (reader.pause_ms * 1000ul);
    }
  g_string_free (reader.data, TRUE);
  g_free (reader.last_id);
  return enough;
}
