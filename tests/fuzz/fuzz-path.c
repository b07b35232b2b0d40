/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The path of a request against the table of what can be asked: one route, one list of methods or one error; and a path
 * written from what was found leads to the same. The input is the method, a zero byte, and the path. */
#include <string.h>

#include "api/routes.h"
#include "fuzz.h"
#include "model/error.h"

typedef struct
{
  const MusterdRoute *route; /* nullable */
  char               *args[MUSTERD_ROUTE_ARGS_MAX];
  char               *allow; /* nullable */
} Found;

static void
found_clear (Found *found)
{
  for (guint i = 0; i < MUSTERD_ROUTE_ARGS_MAX; i++)
    g_free (found->args[i]);
  g_free (found->allow);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Found, found_clear)

static void
find (const char *method, const char *path, Found *found, GError **error)
{
  gsize n_routes = 0;
  const MusterdRoute *routes = musterd_routes_get (&n_routes);

  found->route = musterd_route_find (routes, n_routes, method, path, found->args, &found->allow, error);
}

static guint
count_args (const char *pattern)
{
  guint n = 0;

  for (const char *p = strstr (pattern, "{}"); p != NULL; p = strstr (p + 2, "{}"))
    n++;
  return n;
}

static char *
write_path (const Found *found)
{
  GString *path = g_string_new (NULL);
  guint n_args = 0;

  for (const char *p = found->route->path; *p != '\0'; p++)
    if (p[0] == '{')
      {
        g_autofree char *escaped = g_uri_escape_string (found->args[n_args++], NULL, FALSE);

        g_string_append (path, escaped);
        p++;
      }
    else
      g_string_append_c (path, *p);
  return g_string_free (path, FALSE);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  FuzzBytes bytes = { data, data + size };
  g_autofree char *method = fuzz_text (&bytes);
  g_autofree char *path = fuzz_text (&bytes);
  g_autofree char *written = NULL;
  g_auto(Found) found = { NULL, { NULL }, NULL };
  g_auto(Found) again = { NULL, { NULL }, NULL };
  g_autoptr(GError) error = NULL;

  find (method, path, &found, &error);
  g_assert_cmpint ((found.route != NULL) + (found.allow != NULL) + (error != NULL), ==, 1);
  if (found.route == NULL)
    {
      for (guint i = 0; i < MUSTERD_ROUTE_ARGS_MAX; i++)
        g_assert_null (found.args[i]);
      if (error != NULL)
        fuzz_check_error (&error, MUSTERD_ERROR);
      return 0;
    }
  g_assert_true (g_str_equal (found.route->method, method)
                 || (g_str_equal (method, "HEAD") && g_str_equal (found.route->method, "GET")));
  for (guint i = 0; i < MUSTERD_ROUTE_ARGS_MAX; i++)
    {
      g_assert_cmpint (found.args[i] != NULL, ==, i < count_args (found.route->path));
      if (found.args[i] == NULL)
        continue;
      g_assert_cmpstr (found.args[i], !=, "");
      g_assert_true (g_utf8_validate (found.args[i], -1, NULL));
      g_assert_null (strchr (found.args[i], '/'));
    }

  written = write_path (&found);
  find (method, written, &again, &error);
  g_assert_no_error (error);
  g_assert_true (again.route == found.route);
  for (guint i = 0; i < MUSTERD_ROUTE_ARGS_MAX; i++)
    g_assert_cmpstr (again.args[i], ==, found.args[i]);
  return 0;
}
