/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/rights.h"

#include "model/error.h"

/* A scope opens what is named here and nothing else: a route that is new is closed until it says whom it is for. */
static gboolean
scope_opens (MusterdScope scope, MusterdMay may)
{
  switch (scope)
    {
    case MUSTERD_SCOPE_ADMIN:
      return TRUE;
    case MUSTERD_SCOPE_USER:
      return may == MUSTERD_MAY_EVERYBODY || may == MUSTERD_MAY_AGENT || may == MUSTERD_MAY_ANYBODY
             || may == MUSTERD_MAY_OWNER;
    case MUSTERD_SCOPE_AGENT:
      return may == MUSTERD_MAY_EVERYBODY || may == MUSTERD_MAY_AGENT;
    case MUSTERD_SCOPE_MONITOR:
      return may == MUSTERD_MAY_EVERYBODY || may == MUSTERD_MAY_MONITOR;
    case MUSTERD_SCOPE_NONE:
    case MUSTERD_N_TOKEN_SCOPES:
    default:
      return may == MUSTERD_MAY_EVERYBODY;
    }
}

static void
set_error (GError **error, MusterdScope scope, MusterdMay may)
{
  if (scope == MUSTERD_SCOPE_NONE)
    g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_UNKNOWN_CALLER,
                         "nobody is signed in: send 'Authorization: Bearer TOKEN'");
  else if (scope == MUSTERD_SCOPE_AGENT || scope == MUSTERD_SCOPE_MONITOR)
    g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_FORBIDDEN,
                 "a token of the scope '%s' may not do this: it takes one of the scope 'user' or 'admin'",
                 musterd_token_scope_to_string (scope));
  else if (may == MUSTERD_MAY_MONITOR)
    g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_FORBIDDEN,
                         "only administrators and tokens of the scope 'monitor' may do this");
  else
    g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_FORBIDDEN,
                         "only administrators may do this: root, members of the group that the daemon's configuration "
                         "names, and tokens of the scope 'admin'");
}

gboolean
musterd_rights_check (const MusterdRoute *route, const MusterdCaller *caller, char *const *args, GError **error)
{
  if (!scope_opens (caller->scope, route->may))
    {
      set_error (error, caller->scope, route->may);
      return FALSE;
    }
  if (route->may == MUSTERD_MAY_OWNER && !musterd_caller_owns (caller, args[0]))
    {
      g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_FORBIDDEN,
                           "only this user and administrators may do this");
      return FALSE;
    }
  return TRUE;
}
