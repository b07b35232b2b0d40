/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who asks, and what they may. */
#pragma once

#include <sys/types.h>

#include "api/accounts.h"
#include "api/replica.h"
#include "api/tokens.h"

G_BEGIN_DECLS

/* The other end of a connection. */
typedef struct
{
  gboolean has_account; /* on the Unix socket: */
  uid_t    uid;
  char    *address;     /* on TCP: numeric, without the port; NULL on the Unix socket */
  gboolean loopback;    /* `address` is this machine's own */
  gboolean secure;      /* TLS */
} MusterdPeer;

typedef struct
{
  gboolean     admin;   /* `scope` is MUSTERD_SCOPE_ADMIN */
  MusterdScope scope;   /* NONE: nobody */
  char        *user;    /* nullable: the Muster user this is */
  char        *os_user; /* nullable: the account's name */
  uid_t        uid;     /* of who is known by account */
  char        *token;   /* nullable: the id of the token that was shown; NULL: known by account */
  gint64       expires; /* of the token, microseconds since 1970; G_MAXINT64: never */
} MusterdCaller;

typedef struct _MusterdAuth MusterdAuth;

/* `group`: members of this OS group administer, besides root and the daemon's own account; for messages, `accounts`
 * knows who they are. `accounts` and `tokens` must live as long. */
MusterdAuth *musterd_auth_new  (const char *group, MusterdAccounts *accounts, MusterdTokens *tokens);
void         musterd_auth_free (MusterdAuth *auth);
MusterdTokens   *musterd_auth_get_tokens   (MusterdAuth *auth);
MusterdAccounts *musterd_auth_get_accounts (MusterdAuth *auth);
/* TRUE: their account is being looked up, and `known` is called once, later: time to identify them. FALSE: do so now.
 * `authorization` as below. */
gboolean     musterd_auth_await    (MusterdAuth *auth, const MusterdPeer *peer, const char *authorization,
                                    MusterdAccountKnown known, gpointer data);
/* The one place at which somebody at the other end becomes a caller: by account on the Unix socket, by
 * `authorization` (nullable; the header's value) everywhere else, and on the Unix socket too where it is sent. FALSE
 * with MUSTERD_ERROR_FORBIDDEN: this account is nobody here; MUSTERD_ERROR_UNKNOWN_CALLER: no token, or one that is
 * not in force (any more); MUSTERD_ERROR_UNAVAILABLE: the account could not be looked up. */
gboolean     musterd_auth_identify (MusterdAuth *auth, MusterdReplica *replica, const MusterdPeer *peer,
                                    const char *authorization, MusterdCaller *caller, GError **error);
/* Whether they are still what they were identified as: a body may have been long in coming. A token must be in force;
 * an account is what it is now, perhaps with other rights. Nobody stays nobody. FALSE as above. */
gboolean     musterd_auth_confirm  (MusterdAuth *auth, MusterdReplica *replica, MusterdCaller *caller, GError **error);
void         musterd_caller_clear (MusterdCaller *caller);
/* `from` is nobody afterwards. */
void         musterd_caller_move  (MusterdCaller *to, MusterdCaller *from);

/* What `owner` grants the caller: the one place at which relationships are looked up. BLOCKED where there is no such
 * owner, so that nobody can tell the two apart. Administrators are OWNER to everybody, also to nobody. */
MusterdRelation musterd_caller_relation (const MusterdCaller *caller, MusterdReplica *replica, const char *owner);
/* As whom they see a presence of this owner (nullable: unknown, and shown as it is): that relation, but BLOCKED to
 * everybody where presence is not in use for the owner. */
MusterdRelation musterd_caller_view     (const MusterdCaller *caller, MusterdReplica *replica,
                                         const MusterdAccess *owner);
/* Whether there is a presence of this owner for the caller, to see or to set. FALSE with MUSTERD_ERROR_NOT_FOUND: there
 * is no such user, or they grant nothing; MUSTERD_ERROR_CONFLICT: presence is not in use for them, which they themself
 * and administrators may know. */
gboolean        musterd_caller_check_presence (const MusterdCaller *caller, MusterdReplica *replica, const char *owner,
                                               GError **error);
/* Whose eyes these are, for musterd_replica_knows_since(): NULL for an administrator. */
const char     *musterd_caller_get_viewer (const MusterdCaller *caller);
/* May command and be told everything about this user. */
gboolean        musterd_caller_owns     (const MusterdCaller *caller, const char *owner);
/* How the caller is named where a choice is kept with its maker; NULL: the owner themself. */
const char     *musterd_caller_get_by   (const MusterdCaller *caller, const char *owner);

G_END_DECLS
