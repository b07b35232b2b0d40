/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who asks, and what they may. */
#pragma once

#include <sys/types.h>

#include "api/replica.h"

G_BEGIN_DECLS

typedef struct
{
  gboolean admin;
  char    *user;    /* nullable: the Muster user this is */
  char    *os_user; /* nullable: the account's name */
} MusterdCaller;

typedef struct _MusterdAuth MusterdAuth;

/* `group`: members of this OS group administer, besides root and the daemon's own account. */
MusterdAuth *musterd_auth_new  (const char *group);
void         musterd_auth_free (MusterdAuth *auth);
/* The one place at which a connection becomes a caller. FALSE with MUSTERD_ERROR_FORBIDDEN: this account is nobody
 * here. */
gboolean     musterd_auth_by_account (MusterdAuth *auth, MusterdReplica *replica, uid_t uid, MusterdCaller *caller,
                                      GError **error);
void         musterd_caller_clear (MusterdCaller *caller);

/* What `owner` grants the caller: the one place at which relationships are looked up. */
MusterdRelation musterd_caller_relation (const MusterdCaller *caller, const char *owner);
/* May command and be told everything about this user. */
gboolean        musterd_caller_owns     (const MusterdCaller *caller, const char *owner);
/* How the caller is named where a choice is kept with its maker; NULL: the owner themself. */
const char     *musterd_caller_get_by   (const MusterdCaller *caller, const char *owner);

G_END_DECLS
