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

static const char *
status_to_code (guint status)
{
  switch (status)
    {
    case SOUP_STATUS_BAD_REQUEST:
      return "invalid";
    case SOUP_STATUS_UNAUTHORIZED:
      return "unknown-caller";
    case SOUP_STATUS_FORBIDDEN:
      return "forbidden";
    case SOUP_STATUS_NOT_FOUND:
      return "not-found";
    case SOUP_STATUS_METHOD_NOT_ALLOWED:
      return "wrong-method";
    case SOUP_STATUS_REQUEST_TIMEOUT:
      return "timeout";
    case SOUP_STATUS_CONFLICT:
      return "conflict";
    case SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE:
    case SOUP_STATUS_REQUEST_URI_TOO_LONG:
    case 431:
      return "too-long";
    case SOUP_STATUS_UNSUPPORTED_MEDIA_TYPE:
      return "wrong-type";
    case 429:
      return "limit";
    case SOUP_STATUS_EXPECTATION_FAILED:
    case SOUP_STATUS_NOT_IMPLEMENTED:
    case SOUP_STATUS_HTTP_VERSION_NOT_SUPPORTED:
      return "unsupported";
    case SOUP_STATUS_SERVICE_UNAVAILABLE:
      return "unavailable";
    default:
      return "failed";
    }
}

void
musterd_problem_add (GString *json, guint status, const char *code, const char *detail)
{
  musterd_json_string (json, "type", "about:blank");
  musterd_json_string (json, "title", musterd_problem_get_title (status));
  musterd_json_uint (json, "status", status);
  musterd_json_string (json, "detail", detail);
  musterd_json_string (json, "code", code != NULL ? code : status_to_code (status));
}

char *
musterd_problem_to_json (guint status, const char *detail)
{
  return musterd_problem_to_json_with_code (status, NULL, detail);
}

char *
musterd_problem_to_json_with_code (guint status, const char *code, const char *detail)
{
  GString *json = g_string_new (NULL);

  musterd_json_open (json, NULL, '{');
  musterd_problem_add (json, status, code, detail);
  musterd_json_close (json, '}');
  return g_string_free (json, FALSE);
}
