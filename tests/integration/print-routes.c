/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The daemon's own table of routes, one a line: method, path, who may, kind of body, names of parameters. */
#include "api/routes.h"

static const char *
may_to_string (MusterdMay may)
{
  switch (may)
    {
    case MUSTERD_MAY_EVERYBODY:
      return "everybody";
    case MUSTERD_MAY_ANYBODY:
      return "anybody";
    case MUSTERD_MAY_EMPLOYEE:
      return "employee";
    case MUSTERD_MAY_ASSISTANT:
      return "assistant";
    case MUSTERD_MAY_ASSISTANT_PLUS:
      return "assistant-plus";
    case MUSTERD_MAY_OWNER:
      return "owner";
    case MUSTERD_MAY_ADMIN:
      return "administrators";
    case MUSTERD_MAY_AGENT:
      return "agent";
    case MUSTERD_MAY_MONITOR:
      return "monitor";
    default:
      g_error ("who may? %d", may);
    }
}

static const char *
body_to_string (MusterdBodyKind body)
{
  switch (body)
    {
    case MUSTERD_BODY_NONE:
      return "-";
    case MUSTERD_BODY_JSON:
      return "application/json";
    case MUSTERD_BODY_CSV:
      return "text/csv";
    case MUSTERD_BODY_FILE:
      return "application/octet-stream";
    default:
      g_error ("which body? %d", body);
    }
}

int
main (void)
{
  gsize n_routes = 0;
  const MusterdRoute *routes = musterd_routes_get (&n_routes);

  for (gsize i = 0; i < n_routes; i++)
    g_print ("%s %s %s %s %s\n", routes[i].method, routes[i].path, may_to_string (routes[i].may),
             body_to_string (routes[i].body), routes[i].query != NULL ? routes[i].query : "");
  return 0;
}
