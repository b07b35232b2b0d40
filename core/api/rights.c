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
             || (may >= MUSTERD_MAY_EMPLOYEE && may <= MUSTERD_MAY_OWNER);
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
musterd_rights_check_relation (const MusterdCaller *caller, MusterdReplica *replica, const char *owner,
                               MusterdRelation needed, MusterdRelation *relation, GError **error)
{
  MusterdRelation is = musterd_caller_relation (caller, replica, owner);
  const MusterdAccess *access = musterd_replica_get_access (replica, owner);

  if (relation != NULL)
    *relation = is;
  if (is == MUSTERD_RELATION_BLOCKED || (!caller->admin && musterd_replica_get_user (replica, owner) == NULL)
      || (is < MUSTERD_RELATION_OWNER && access != NULL && !musterd_access_in_use (access)))
    {
      g_autofree char *shown = musterd_error_word (owner);

      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND, "there is no user '%s'", shown);
      return FALSE;
    }
  if (is >= needed)
    return TRUE;
  if (needed >= MUSTERD_RELATION_OWNER)
    g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_FORBIDDEN,
                         "only this user and administrators may do this");
  else
    g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_FORBIDDEN,
                 "this takes the relationship '%s', and yours to this user is '%s': they, or an administrator, can "
                 "grant it",
                 musterd_relation_to_string (needed), musterd_relation_to_string (is));
  return FALSE;
}

/* What a route asks of the caller's relationship to the user in its path; BLOCKED: it does not go by that. */
static MusterdRelation
get_needed (MusterdMay may)
{
  switch (may)
    {
    case MUSTERD_MAY_EMPLOYEE:
      return MUSTERD_RELATION_EMPLOYEE;
    case MUSTERD_MAY_ASSISTANT:
      return MUSTERD_RELATION_ASSISTANT;
    case MUSTERD_MAY_ASSISTANT_PLUS:
      return MUSTERD_RELATION_ASSISTANT_PLUS;
    case MUSTERD_MAY_OWNER:
      return MUSTERD_RELATION_OWNER;
    case MUSTERD_MAY_EVERYBODY:
    case MUSTERD_MAY_ANYBODY:
    case MUSTERD_MAY_ADMIN:
    case MUSTERD_MAY_AGENT:
    case MUSTERD_MAY_MONITOR:
    default:
      return MUSTERD_RELATION_BLOCKED;
    }
}

gboolean
musterd_rights_check (const MusterdRoute *route, const MusterdCaller *caller, MusterdReplica *replica,
                      char *const *args, MusterdRelation *relation, GError **error)
{
  MusterdRelation needed = get_needed (route->may);

  *relation = MUSTERD_RELATION_OWNER;
  if (!scope_opens (caller->scope, route->may))
    {
      set_error (error, caller->scope, route->may);
      return FALSE;
    }
  return needed == MUSTERD_RELATION_BLOCKED
         || musterd_rights_check_relation (caller, replica, args[0], needed, relation, error);
}
