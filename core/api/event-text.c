/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/event-text.h"

#include "api/json.h"

static void
open_event (GString *text, const char *event)
{
  g_string_append_printf (text, "event: %s\ndata: ", event);
}

/* JSON as it is written here has no line ends, so each datum is one line. */
static void
close_event (GString *text)
{
  g_string_append (text, "\n\n");
}

static void
append_revision (GString *text, const char *event, guint64 revision)
{
  open_event (text, event);
  musterd_json_open (text, NULL, '{');
  musterd_json_uint (text, "revision", revision);
  musterd_json_close (text, '}');
  close_event (text);
}

void
musterd_event_append_presence (GString *text, const MusterdUser *user, const MusterdPresence *view)
{
  open_event (text, "presence");
  musterd_json_presence (text, NULL, user, view);
  close_event (text);
}

void
musterd_event_append_removed (GString *text, const char *user)
{
  open_event (text, "removed");
  musterd_json_open (text, NULL, '{');
  musterd_json_string (text, "user", user);
  musterd_json_close (text, '}');
  close_event (text);
}

void
musterd_event_append_reset (GString *text, guint64 revision)
{
  append_revision (text, "reset", revision);
}

void
musterd_event_append_synced (GString *text, guint64 revision)
{
  g_string_append_printf (text, "id: %" G_GUINT64_FORMAT "\n", revision);
  append_revision (text, "synced", revision);
}

static GString *
begin (guint64 id)
{
  GString *text = g_string_sized_new (512);

  g_string_append_printf (text, "id: %" G_GUINT64_FORMAT "\n", id);
  return text;
}

GBytes *
musterd_event_presence (const MusterdUser *user, const MusterdPresence *view, guint64 id)
{
  GString *text = begin (id);

  musterd_event_append_presence (text, user, view);
  return g_string_free_to_bytes (text);
}

GBytes *
musterd_event_removed (const char *user, guint64 id)
{
  GString *text = begin (id);

  musterd_event_append_removed (text, user);
  return g_string_free_to_bytes (text);
}
