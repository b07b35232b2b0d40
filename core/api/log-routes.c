/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an instance said last, and what it says next. */
#define G_LOG_DOMAIN "muster-api"

#include "api/json-text.h"
#include "api/routes.h"
#include "api/server.h"

#define WAIT_SECONDS_MAX 60

typedef struct
{
  char           *instance;
  guint64         after, wait; /* a serial; seconds */
  guint64         n_lines;     /* at most, the newest */
  MusterdLogPage *page;        /* nullable until read */
} Reading;

static void
reading_free (gpointer data)
{
  Reading *reading = data;

  g_free (reading->instance);
  g_clear_pointer (&reading->page, musterd_log_page_free);
  g_free (reading);
}

static void
on_page (MusterdLogPage *page, const GError *error, gpointer user_data)
{
  MusterdCall *call = user_data;
  Reading *reading = musterd_call_get_value (call);

  reading->page = page;
  musterd_call_on_done (error, call);
}

static void
run_log (MusterdCall *call, const MusterdApiServices *services, gpointer value)
{
  const Reading *reading = value;

  musterd_host_follow_log (services->host, reading->instance, reading->after,
                           (gint64) reading->wait * G_TIME_SPAN_SECOND, on_page, call);
}

static const char *
level_name (MusterLogLevel level)
{
  switch (level)
    {
    case MUSTER_LOG_DEBUG:
      return "debug";
    case MUSTER_LOG_INFO:
      return "info";
    case MUSTER_LOG_WARNING:
      return "warning";
    case MUSTER_LOG_MESSAGE:
    default:
      return "message";
    }
}

static void
on_log_read (MusterdRequest *request, gpointer value, const GError *error)
{
  const Reading *reading = value;
  const GPtrArray *lines;
  GString *json;

  if (error != NULL)
    {
      musterd_request_fail (request, error);
      return;
    }
  lines = reading->page->lines;
  json = g_string_new (NULL);
  musterd_json_open (json, NULL, '{');
  musterd_json_string (json, "instance", reading->instance);
  musterd_json_open (json, "lines", '[');
  for (guint i = lines->len > reading->n_lines ? lines->len - (guint) reading->n_lines : 0; i < lines->len; i++)
    {
      const MusterdLogLine *line = g_ptr_array_index (lines, i);

      musterd_json_open (json, NULL, '{');
      musterd_json_uint (json, "serial", line->serial);
      musterd_json_time (json, "time", line->time);
      musterd_json_string (json, "level", level_name (line->level));
      musterd_json_string (json, "user", line->user);
      musterd_json_string (json, "text", line->text);
      musterd_json_close (json, '}');
    }
  musterd_json_close (json, ']');
  musterd_json_uint (json, "last", reading->page->last);
  musterd_json_close (json, '}');
  musterd_request_reply (request, SOUP_STATUS_OK, json);
}

void
musterd_plugins_log (MusterdRequest *request)
{
  Reading *reading = g_new0 (Reading, 1);
  g_autoptr(GError) error = NULL;

  reading->instance = g_strdup (request->args[0]);
  reading->n_lines = G_MAXUINT;
  if (!musterd_query_get_number (request->query, "after", G_MAXINT64, &reading->after, &error)
      || !musterd_query_get_number (request->query, "wait", WAIT_SECONDS_MAX, &reading->wait, &error)
      || !musterd_query_get_number (request->query, "lines", G_MAXUINT, &reading->n_lines, &error))
    {
      reading_free (reading);
      musterd_request_fail (request, error);
      return;
    }
  musterd_bridge_call (request->server->bridge, request, run_log, on_log_read, reading, reading_free);
}
