/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/router.h"

#include <string.h>

#include "model/error.h"

#define PATH_MAX_BYTES 4096
#define SEGMENTS_MAX 8

#define ANY_NAME "{name}" /* the others are "{}" */

/* Once, and only once: what is left of a '%' afterwards is the user's own. NULL: malformed, or NUL inside. */
static char *
decode_segment (const char *segment)
{
  g_autofree char *decoded = g_uri_unescape_string (segment, NULL);

  if (decoded == NULL || !g_utf8_validate (decoded, -1, NULL))
    return NULL;
  return g_steal_pointer (&decoded);
}

static gboolean
match_segment (const char *wanted, const char *segment, gboolean *takes)
{
  gboolean any_name = g_str_equal (wanted, ANY_NAME);

  *takes = any_name || g_str_equal (wanted, "{}");
  if (!*takes)
    return g_str_equal (wanted, segment);
  return segment[0] != '\0' && (any_name || strchr (segment, '/') == NULL);
}

static gboolean
match (const char *pattern, char *const *segments, char *args[MUSTERD_ROUTE_ARGS_MAX])
{
  g_auto(GStrv) wanted = g_strsplit (pattern + 1, "/", -1);
  guint n_args = 0;

  if (g_strv_length (wanted) != g_strv_length ((char **) segments))
    return FALSE;
  for (gsize i = 0; wanted[i] != NULL; i++)
    {
      gboolean takes;

      if (!match_segment (wanted[i], segments[i], &takes))
        return FALSE;
      if (takes)
        args[n_args++] = segments[i];
    }
  return TRUE;
}

static gboolean
has_slash (char *const *segments)
{
  for (gsize i = 0; segments[i] != NULL && i < SEGMENTS_MAX; i++)
    if (strchr (segments[i], '/') != NULL)
      return TRUE;
  return FALSE;
}

static void
add_allowed (GString *allowed, const char *method)
{
  if (allowed->len > 0)
    g_string_append (allowed, ", ");
  g_string_append (allowed, method);
  if (g_str_equal (method, "GET"))
    g_string_append (allowed, ", HEAD");
}

const MusterdRoute *
musterd_route_find (const MusterdRoute *routes, gsize n_routes, const char *method, const char *path,
                    char *args[MUSTERD_ROUTE_ARGS_MAX], char **allow, GError **error)
{
  g_auto(GStrv) segments = NULL;
  g_autoptr(GString) allowed = g_string_new (NULL);
  const char *wanted = g_str_equal (method, "HEAD") ? "GET" : method;

  if (path[0] != '/' || strlen (path) > PATH_MAX_BYTES)
    {
      g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "the path is not one, or too long");
      return NULL;
    }
  segments = g_strsplit (path + 1, "/", SEGMENTS_MAX + 1);
  for (gsize i = 0; segments[i] != NULL && i < SEGMENTS_MAX; i++)
    {
      char *decoded = decode_segment (segments[i]);

      if (decoded == NULL)
        {
          g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID,
                               "the path is not percent-encoded UTF-8, or holds an encoded NUL");
          return NULL;
        }
      g_free (segments[i]);
      segments[i] = decoded;
    }

  for (gsize i = 0; i < n_routes; i++)
    {
      char *found[MUSTERD_ROUTE_ARGS_MAX] = { NULL };

      if (!match (routes[i].path, segments, found))
        continue;
      if (g_str_equal (routes[i].method, wanted))
        {
          for (guint j = 0; j < MUSTERD_ROUTE_ARGS_MAX; j++)
            args[j] = g_strdup (found[j]);
          return &routes[i];
        }
      add_allowed (allowed, routes[i].method);
    }
  if (allowed->len > 0)
    *allow = g_strdup (allowed->str);
  else if (has_slash (segments))
    g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID,
                         "the path holds an encoded '/' where no name can have one");
  else
    g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND, "there is nothing at this path");
  return NULL;
}
