/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/caller.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "model/error.h"

/* A directory service behind getgrouplist() can be slow: an answer is good for a few seconds. */
#define ACCOUNT_LIFE (5 * G_TIME_SPAN_SECOND)
#define ACCOUNTS_MAX 1024
#define LOOKUP_MAX (1024 * 1024)
#define BEARER "Bearer "

typedef struct
{
  char    *name; /* nullable: the account has no entry any more */
  gboolean admin;
  gint64   expires; /* monotonic */
} Account;

struct _MusterdAuth
{
  char          *group;
  GHashTable    *accounts; /* uid → Account */
  MusterdTokens *tokens;
};

static void
account_free (gpointer data)
{
  Account *account = data;

  g_free (account->name);
  g_free (account);
}

MusterdAuth *
musterd_auth_new (const char *group, MusterdTokens *tokens)
{
  MusterdAuth *auth = g_new0 (MusterdAuth, 1);

  auth->group = g_strdup (group);
  auth->accounts = g_hash_table_new_full (NULL, NULL, NULL, account_free);
  auth->tokens = tokens;
  return auth;
}

MusterdTokens *
musterd_auth_get_tokens (MusterdAuth *auth)
{
  return auth->tokens;
}

void
musterd_auth_free (MusterdAuth *auth)
{
  g_hash_table_unref (auth->accounts);
  g_free (auth->group);
  g_free (auth);
}

static gboolean
lookup_group (const char *name, gid_t *gid)
{
  struct group entry, *result = NULL;

  for (gsize size = 4096; size <= LOOKUP_MAX; size *= 4)
    {
      g_autofree char *buffer = g_malloc (size);
      int code = getgrnam_r (name, &entry, buffer, size, &result);

      if (code == 0 && result != NULL)
        *gid = result->gr_gid;
      if (code != ERANGE)
        return result != NULL;
    }
  return FALSE;
}

static char *
lookup_name (uid_t uid, gid_t *gid)
{
  struct passwd entry, *result = NULL;

  for (gsize size = 4096; size <= LOOKUP_MAX; size *= 4)
    {
      g_autofree char *buffer = g_malloc (size);
      int code = getpwuid_r (uid, &entry, buffer, size, &result);

      if (code == 0 && result != NULL)
        {
          *gid = result->pw_gid;
          return g_strdup (result->pw_name);
        }
      if (code != ERANGE)
        return NULL;
    }
  return NULL;
}

static gboolean
is_member (const char *name, gid_t primary, gid_t wanted)
{
  int n = 64;
  g_autofree gid_t *groups = g_new (gid_t, (gsize) n);

  if (getgrouplist (name, primary, groups, &n) < 0)
    {
      g_free (groups);
      groups = g_new (gid_t, (gsize) n);
      if (getgrouplist (name, primary, groups, &n) < 0)
        return FALSE;
    }
  for (int i = 0; i < n; i++)
    if (groups[i] == wanted)
      return TRUE;
  return FALSE;
}

static const Account *
lookup_account (MusterdAuth *auth, uid_t uid)
{
  Account *account = g_hash_table_lookup (auth->accounts, GUINT_TO_POINTER (uid));
  gid_t primary = 0, wanted = 0;

  if (account != NULL && g_get_monotonic_time () < account->expires)
    return account;
  if (g_hash_table_size (auth->accounts) >= ACCOUNTS_MAX)
    g_hash_table_remove_all (auth->accounts);

  account = g_new0 (Account, 1);
  account->name = lookup_name (uid, &primary);
  account->admin = uid == 0 || uid == geteuid ()
                   || (account->name != NULL && auth->group != NULL && lookup_group (auth->group, &wanted)
                       && is_member (account->name, primary, wanted));
  account->expires = g_get_monotonic_time () + ACCOUNT_LIFE;
  g_hash_table_replace (auth->accounts, GUINT_TO_POINTER (uid), account);
  return account;
}

static gboolean
identify_account (MusterdAuth *auth, MusterdReplica *replica, uid_t uid, MusterdCaller *caller, GError **error)
{
  const Account *account = lookup_account (auth, uid);
  MusterdUser *user = account->name != NULL ? musterd_replica_get_by_account (replica, account->name) : NULL;

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
musterd_auth_confirm (MusterdAuth *auth, const MusterdCaller *caller, GError **error)
{
  if (caller->token == NULL
      || (musterd_tokens_get (auth->tokens, caller->token) != NULL && g_get_real_time () < caller->expires))
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

MusterdRelation
musterd_caller_relation (const MusterdCaller *caller, const char *owner)
{
  return musterd_caller_owns (caller, owner) ? MUSTERD_RELATION_OWNER : MUSTERD_RELATION_EMPLOYEE;
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
