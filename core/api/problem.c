/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/problem.h"

#include <libsoup/soup.h>

#include "api/json-text.h"

const char *
musterd_problem_get_title (guint status)
{
  /* The library's list ends before RFC 6585. */
  if (status == 429)
    return "Too Many Requests";
  if (status == 431)
    return "Request Header Fields Too Large";
  return soup_status_get_phrase (status);
}

char *
musterd_problem_to_json (guint status, const char *detail)
{
  GString *json = g_string_new (NULL);

  musterd_json_open (json, NULL, '{');
  musterd_json_string (json, "type", "about:blank");
  musterd_json_string (json, "title", musterd_problem_get_title (status));
  musterd_json_uint (json, "status", status);
  musterd_json_string (json, "detail", detail);
  musterd_json_close (json, '}');
  return g_string_free (json, FALSE);
}
