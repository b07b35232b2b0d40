/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every scope against everything that a route can ask for, and what the routes there are ask for. */
#include "api/rights.h"
#include "api/routes.h"
#include "model/error.h"

#define ALICE "alice@example.com"

static char *path_of_alice[MUSTERD_ROUTE_ARGS_MAX] = { (char *) ALICE, NULL };
static char *path_of_bob[MUSTERD_ROUTE_ARGS_MAX] = { (char *) "bob", NULL };

/* For ANYBODY, OWNER of alice, OWNER of bob, ADMIN, AGENT, MONITOR, EVERYBODY. '+' may, '-' may
 * not, '?' is asked who they are. */
typedef struct
{
  const char  *name;
  MusterdScope scope;
  const char  *user; /* nullable */
  const char  *may;
} Row;

static const Row rows[] = {
  { "nobody", MUSTERD_SCOPE_NONE, NULL, "??????+" },
  { "user", MUSTERD_SCOPE_USER, ALICE, "++--+-+" },
  { "agent", MUSTERD_SCOPE_AGENT, ALICE, "----+-+" },
  { "admin", MUSTERD_SCOPE_ADMIN, NULL, "+++++++" },
  { "admin-with-user", MUSTERD_SCOPE_ADMIN, ALICE, "+++++++" },
  { "monitor", MUSTERD_SCOPE_MONITOR, NULL, "-----++" },
};

static void
test_row (gconstpointer data)
{
  static const struct
  {
    MusterdMay may;
    char     **args;
  } columns[] = {
    { MUSTERD_MAY_ANYBODY, path_of_alice },   { MUSTERD_MAY_OWNER, path_of_alice },
    { MUSTERD_MAY_OWNER, path_of_bob },       { MUSTERD_MAY_ADMIN, path_of_alice },
    { MUSTERD_MAY_AGENT, path_of_alice },     { MUSTERD_MAY_MONITOR, path_of_alice },
    { MUSTERD_MAY_EVERYBODY, path_of_alice },
  };
  const Row *row = data;
  const MusterdCaller caller
      = { .admin = row->scope == MUSTERD_SCOPE_ADMIN, .scope = row->scope, .user = (char *) row->user };

  for (gsize i = 0; i < G_N_ELEMENTS (columns); i++)
    {
      const MusterdRoute route = { .method = "GET", .path = "/", .may = columns[i].may };
      g_autoptr(GError) error = NULL;
      gboolean may = musterd_rights_check (&route, &caller, columns[i].args, &error);

      g_test_message ("column %" G_GSIZE_FORMAT ": %s", i, error != NULL ? error->message : "may");
      g_assert_cmpint (may, ==, row->may[i] == '+');
      if (row->may[i] == '-')
        g_assert_error (error, MUSTERD_ERROR, MUSTERD_ERROR_FORBIDDEN);
      if (row->may[i] == '?')
        g_assert_error (error, MUSTERD_ERROR, MUSTERD_ERROR_UNKNOWN_CALLER);
    }
}

/* Whoever opens a route to more than users says it here, too. */
static void
test_open_routes (void)
{
  gsize n_routes = 0;
  const MusterdRoute *routes = musterd_routes_get (&n_routes);
  g_autoptr(GString) open = g_string_new (NULL);

  for (gsize i = 0; i < n_routes; i++)
    if (routes[i].may == MUSTERD_MAY_AGENT || routes[i].may == MUSTERD_MAY_EVERYBODY)
      g_string_append_printf (open, "%s%s %s", open->len > 0 ? ", " : "", routes[i].method, routes[i].path);
  g_assert_cmpstr (open->str, ==, "GET /v1/clients, POST /v1/clients, GET /v1/clients/{}, PATCH /v1/clients/{}, "
                   "DELETE /v1/clients/{}, POST /v1/sign-in, GET /v1/status, GET /healthz");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strconcat ("/api/rights/", rows[i].name, NULL);

      g_test_add_data_func (path, &rows[i], test_row);
    }
  g_test_add_func ("/api/rights/open-routes", test_open_routes);
  return g_test_run ();
}
