/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/caller.h"

#include <string.h>

#include "api/accounts.h"
#include "model/error.h"

#define BEARER "Bearer "

struct _MusterdAuth
{
  char            *group;
  MusterdAccounts *accounts;
  MusterdTokens   *tokens;
};

MusterdAuth *
musterd_auth_new (const char *group, MusterdAccounts *accounts, MusterdTokens *tokens)
{
  MusterdAuth *auth = g_new0 (MusterdAuth, 1);

  auth->group = g_strdup (group);
  auth->accounts = accounts;
  auth->tokens = tokens;
  return auth;
}

MusterdTokens *
musterd_auth_get_tokens (MusterdAuth *auth)
{
  return auth->tokens;
}

MusterdAccounts *
musterd_auth_get_accounts (MusterdAuth *auth)
{
  return auth->accounts;
}

void
musterd_auth_free (MusterdAuth *auth)
{
  g_free (auth->group);
  g_free (auth);
}

static gboolean
identify_account (MusterdAuth *auth, MusterdReplica *replica, uid_t uid, MusterdCaller *caller, GError **error)
{
  const MusterdAccount *account = musterd_accounts_get (auth->accounts, uid, error);
  MusterdUser *user = account != NULL && account->name != NULL
                          ? musterd_replica_get_by_account (replica, account->name)
                          : NULL;

  if (account == NULL)
    return FALSE;
  if (!account->admin && user == NULL)
    {
      g_autofree char *number = g_strdup_printf ("%u", (guint) uid);
      const char *name = account->name != NULL ? account->name : number;

      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_FORBIDDEN,
                   "the account '%s' is no user of Muster: an administrator can name one with 'musterctl user set "
                   "USER --unix-user %s' (one only), or make it an administrator by the group '%s'",
                   name, name, auth->group != NULL ? auth->group : "muster");
      return FALSE;
    }
  caller->admin = account->admin;
  caller->scope = account->admin ? MUSTERD_SCOPE_ADMIN : MUSTERD_SCOPE_USER;
  caller->user = user != NULL ? g_strdup (user->id) : NULL;
  caller->os_user = g_strdup (account->name);
  caller->uid = uid;
  caller->expires = G_MAXINT64;
  return TRUE;
}

/* One answer for every token that is not in force, whatever the reason. */
static void
set_not_in_force (GError **error)
{
  g_set_error_literal (
      error, MUSTERD_ERROR, MUSTERD_ERROR_UNKNOWN_CALLER,
      "this token is not in force: it is unknown, expired or revoked; 'musterctl token create' makes a "
      "new one");
}

static gboolean
identify_token (MusterdAuth *auth, MusterdReplica *replica, const char *authorization, MusterdCaller *caller,
                GError **error)
{
  const char *secret = g_ascii_strncasecmp (authorization, BEARER, strlen (BEARER)) == 0
                           ? authorization + strlen (BEARER)
                           : "";
  const MusterdToken *token = NULL;

  while (*secret == ' ')
    secret++;
  token = musterd_tokens_find (auth->tokens, secret, MUSTERD_TOKEN_BEARER, g_get_real_time ());
  if (token == NULL || (token->user != NULL && musterd_replica_get_user (replica, token->user) == NULL))
    {
      set_not_in_force (error);
      return FALSE;
    }
  caller->admin = token->scope == MUSTERD_SCOPE_ADMIN;
  caller->scope = token->scope;
  caller->user = g_strdup (token->user);
  caller->token = g_strdup (token->id);
  caller->expires = token->expires;
  return TRUE;
}

gboolean
musterd_auth_await (MusterdAuth *auth, const MusterdPeer *peer, const char *authorization, MusterdAccountKnown known,
                    gpointer data)
{
  return peer->has_account && authorization == NULL
         && musterd_accounts_await (auth->accounts, peer->uid, known, data);
}

gboolean
musterd_auth_identify (MusterdAuth *auth, MusterdReplica *replica, const MusterdPeer *peer, const char *authorization,
                       MusterdCaller *caller, GError **error)
{
  if (peer->has_account && authorization == NULL)
    return identify_account (auth, replica, peer->uid, caller, error);
  if (authorization != NULL)
    return identify_token (auth, replica, authorization, caller, error);
  g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_UNKNOWN_CALLER,
                       "nobody is signed in: send 'Authorization: Bearer TOKEN'");
  return FALSE;
}

gboolean
musterd_auth_confirm (MusterdAuth *auth, MusterdReplica *replica, MusterdCaller *caller, GError **error)
{
  MusterdCaller now = { .admin = FALSE };

  if (caller->scope == MUSTERD_SCOPE_NONE)
    return TRUE;
  if (caller->token == NULL)
    {
      if (!identify_account (auth, replica, caller->uid, &now, error))
        return FALSE;
      musterd_caller_clear (caller);
      musterd_caller_move (caller, &now);
      return TRUE;
    }
  if (musterd_tokens_get (auth->tokens, caller->token) != NULL && g_get_real_time () < caller->expires)
    return TRUE;
  set_not_in_force (error);
  return FALSE;
}

void
musterd_caller_clear (MusterdCaller *caller)
{
  g_clear_pointer (&caller->user, g_free);
  g_clear_pointer (&caller->os_user, g_free);
  g_clear_pointer (&caller->token, g_free);
  caller->admin = FALSE;
  caller->scope = MUSTERD_SCOPE_NONE;
}

void
musterd_caller_move (MusterdCaller *to, MusterdCaller *from)
{
  *to = *from;
  *from = (MusterdCaller){ .admin = FALSE };
}

static MusterdRelation
get_relation (const MusterdCaller *caller, MusterdReplica *replica, const MusterdAccess *owner)
{
  const MusterdUser *user = NULL;
  MusterdRelationPaths paths;
  MusterdViewer viewer;

  if (caller->admin)
    return MUSTERD_RELATION_OWNER;
  if (caller->user != NULL)
    user = musterd_replica_get_user (replica, caller->user);
  if (user == NULL || owner == NULL)
    return MUSTERD_RELATION_BLOCKED;
  viewer = musterd_viewer_of_user (user);
  return musterd_relation_resolve (owner, &viewer, &paths);
}

MusterdRelation
musterd_caller_relation (const MusterdCaller *caller, MusterdReplica *replica, const char *owner)
{
  return get_relation (caller, replica, musterd_replica_get_access (replica, owner));
}

MusterdRelation
musterd_caller_view (const MusterdCaller *caller, MusterdReplica *replica, const MusterdAccess *owner)
{
  if (owner != NULL && !musterd_access_in_use (owner))
    return MUSTERD_RELATION_BLOCKED;
  return get_relation (caller, replica, owner);
}

gboolean
musterd_caller_check_presence (const MusterdCaller *caller, MusterdReplica *replica, const char *owner, GError **error)
{
  const MusterdAccess *access = musterd_replica_get_access (replica, owner);

  if (musterd_replica_get_presence (replica, owner) == NULL
      || get_relation (caller, replica, access) == MUSTERD_RELATION_BLOCKED)
    {
      g_autofree char *shown = musterd_error_word (owner);

      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND, "there is no user '%s'", shown);
      return FALSE;
    }
  if (!musterd_access_in_use (access))
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFLICT,
                   "presence is switched off for %s: the setting presence.use is off there",
                   owner);
      return FALSE;
    }
  return TRUE;
}

const char *
musterd_caller_get_viewer (const MusterdCaller *caller)
{
  return caller->admin ? NULL : caller->user != NULL ? caller->user : "";
}

gboolean
musterd_caller_owns (const MusterdCaller *caller, const char *owner)
{
  return caller->admin || g_strcmp0 (caller->user, owner) == 0;
}

const char *
musterd_caller_get_by (const MusterdCaller *caller, const char *owner)
{
  if (caller->user != NULL)
    return g_str_equal (caller->user, owner) ? NULL : caller->user;
  return caller->os_user != NULL ? caller->os_user : "administrator";
}
