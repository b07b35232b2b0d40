/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who asks, and what they may. */
#pragma once

#include <sys/types.h>

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
  char        *token;   /* nullable: the id of the token that was shown; NULL: known by account */
  gint64       expires; /* of the token, microseconds since 1970; G_MAXINT64: never */
} MusterdCaller;

typedef struct _MusterdAuth MusterdAuth;

/* `group`: members of this OS group administer, besides root and the daemon's own account. `tokens` must live as
 * long. */
MusterdAuth *musterd_auth_new  (const char *group, MusterdTokens *tokens);
void         musterd_auth_free (MusterdAuth *auth);
MusterdTokens *musterd_auth_get_tokens (MusterdAuth *auth);
/* The one place at which somebody at the other end becomes a caller: by account on the Unix socket, by
 * `authorization` (nullable; the header's value) everywhere else, and on the Unix socket too where it is sent. FALSE
 * with MUSTERD_ERROR_FORBIDDEN: this account is nobody here; MUSTERD_ERROR_UNKNOWN_CALLER: no token, or one that is
 * not in force (any more). */
gboolean     musterd_auth_identify (MusterdAuth *auth, MusterdReplica *replica, const MusterdPeer *peer,
                                    const char *authorization, MusterdCaller *caller, GError **error);
/* Whether the token that was shown is still in force: a body may have been long in coming. FALSE with
 * MUSTERD_ERROR_UNKNOWN_CALLER. */
gboolean     musterd_auth_confirm  (MusterdAuth *auth, const MusterdCaller *caller, GError **error);
void         musterd_caller_clear (MusterdCaller *caller);
/* `from` is nobody afterwards. */
void         musterd_caller_move  (MusterdCaller *to, MusterdCaller *from);

/* What `owner` grants the caller: the one place at which relationships are looked up. */
MusterdRelation musterd_caller_relation (const MusterdCaller *caller, const char *owner);
/* May command and be told everything about this user. */
gboolean        musterd_caller_owns     (const MusterdCaller *caller, const char *owner);
/* How the caller is named where a choice is kept with its maker; NULL: the owner themself. */
const char     *musterd_caller_get_by   (const MusterdCaller *caller, const char *owner);

G_END_DECLS
