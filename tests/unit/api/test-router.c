/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "api/router.h"
#include "api/routes.h"
#include "model/error.h"

typedef struct
{
  const char *name, *method, *path;
  const char *pattern; /* the route's path; NULL: none */
  const char *first, *second;
  const char *allow; /* nullable */
  int         error; /* MusterdError; -1: none */
} Case;

static const Case cases[] = {
  { "list", "GET", "/v1/presence", "/v1/presence", NULL, NULL, NULL, -1 },
  { "head", "HEAD", "/v1/presence", "/v1/presence", NULL, NULL, NULL, -1 },
  { "user", "GET", "/v1/presence/alice%40example.com", "/v1/presence/{}", "alice@example.com", NULL, NULL, -1 },
  { "plain-at", "GET", "/v1/presence/alice@example.com", "/v1/presence/{}", "alice@example.com", NULL, NULL, -1 },
  { "two", "POST", "/v1/users/a/appointments/0123/ignore", "/v1/users/{}/appointments/{}/ignore", "a", "0123", NULL,
    -1 },
  { "once", "GET", "/v1/presence/a%2540b", "/v1/presence/{}", "a%40b", NULL, NULL, -1 },
  { "utf8", "GET", "/v1/presence/%C3%A4", "/v1/presence/{}", "\xc3\xa4", NULL, NULL, -1 },
  { "instance", "GET", "/v1/plugins/ews-stream:hq/log", "/v1/plugins/{}/log", "ews-stream:hq", NULL, NULL, -1 },
  { "import", "POST", "/v1/users/import", "/v1/users/import", NULL, NULL, NULL, -1 },
  { "slash-inside", "GET", "/v1/presence/a%2Fb", NULL, NULL, NULL, NULL, MUSTERD_ERROR_INVALID },
  { "name-slash", "GET", "/v1/settings/location:Haus%201%2FNord", "/v1/settings/{name}", "location:Haus 1/Nord", NULL,
    NULL, -1 },
  { "name-slash-more", "POST", "/v1/settings/group:a%2Fb/reset", "/v1/settings/{name}/reset", "group:a/b", NULL, NULL,
    -1 },
  { "name-second", "PUT", "/v1/relationships/a/group:b%2Fc", "/v1/relationships/{}/{name}", "a", "group:b/c", NULL, -1 },
  { "name-first-slash", "PUT", "/v1/relationships/a%2Fb/c", NULL, NULL, NULL, NULL, MUSTERD_ERROR_INVALID },
  { "name-plain-slash", "GET", "/v1/settings/group:a/b", NULL, NULL, NULL, NULL, MUSTERD_ERROR_NOT_FOUND },
  { "name-empty", "GET", "/v1/settings/", NULL, NULL, NULL, NULL, MUSTERD_ERROR_NOT_FOUND },
  { "name-nul", "GET", "/v1/settings/group:a%00b", NULL, NULL, NULL, NULL, MUSTERD_ERROR_INVALID },
  { "slash-template", "DELETE", "/v1/templates/a%2Fb", NULL, NULL, NULL, NULL, MUSTERD_ERROR_INVALID },
  { "nul-inside", "GET", "/v1/presence/a%00b", NULL, NULL, NULL, NULL, MUSTERD_ERROR_INVALID },
  { "bad-percent", "GET", "/v1/presence/a%4", NULL, NULL, NULL, NULL, MUSTERD_ERROR_INVALID },
  { "not-utf8", "GET", "/v1/presence/%ff", NULL, NULL, NULL, NULL, MUSTERD_ERROR_INVALID },
  { "empty-segment", "GET", "/v1/presence/", NULL, NULL, NULL, NULL, MUSTERD_ERROR_NOT_FOUND },
  { "unknown", "GET", "/v2/presence", NULL, NULL, NULL, NULL, MUSTERD_ERROR_NOT_FOUND },
  { "root", "GET", "/", NULL, NULL, NULL, NULL, MUSTERD_ERROR_NOT_FOUND },
  { "long", "GET", "/v1/presence/a/b/c/d/e/f/g/h/i/j", NULL, NULL, NULL, NULL, MUSTERD_ERROR_NOT_FOUND },
  { "dots", "GET", "/v1/presence/../users", NULL, NULL, NULL, NULL, MUSTERD_ERROR_NOT_FOUND },
  { "method", "PATCH", "/v1/presence/a", NULL, NULL, NULL, "GET, HEAD, PUT, DELETE", -1 },
  { "method-post", "POST", "/v1/presence", NULL, NULL, NULL, "GET, HEAD", -1 },
};

static void
test_find (gconstpointer data)
{
  const Case *c = data;
  char *args[MUSTERD_ROUTE_ARGS_MAX] = { NULL };
  g_autofree char *allow = NULL;
  g_autoptr(GError) error = NULL;
  gsize n_routes = 0;
  const MusterdRoute *routes = musterd_routes_get (&n_routes);
  const MusterdRoute *route = musterd_route_find (routes, n_routes, c->method, c->path, args, &allow, &error);

  g_assert_cmpstr (route != NULL ? route->path : NULL, ==, c->pattern);
  g_assert_cmpstr (args[0], ==, c->first);
  g_assert_cmpstr (args[1], ==, c->second);
  g_assert_cmpstr (allow, ==, c->allow);
  if (c->error >= 0)
    g_assert_error (error, MUSTERD_ERROR, c->error);
  else
    g_assert_no_error (error);
  for (guint i = 0; i < MUSTERD_ROUTE_ARGS_MAX; i++)
    g_free (args[i]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/router/", cases[i].name, NULL);

      g_test_add_data_func (path, &cases[i], test_find);
    }
  return g_test_run ();
}
