/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who may what: the one place at which a caller and a route meet. */
#pragma once

#include "api/router.h"

G_BEGIN_DECLS

/* `args`: the values of the route's path. Sets `relation` to what the caller is to the user named first in it where the
 * route goes by that, else to MUSTERD_RELATION_OWNER. FALSE with MUSTERD_ERROR_FORBIDDEN; with UNKNOWN_CALLER where
 * nobody is signed in; or as below. */
gboolean musterd_rights_check (const MusterdRoute *route, const MusterdCaller *caller, MusterdReplica *replica,
                               char *const *args, MusterdRelation *relation, GError **error);
/* Whether the caller is at least `needed` to `owner`; `relation` (nullable) is set to what they are. FALSE with
 * FORBIDDEN, which says what it takes; or with NOT_FOUND: there is no such user, the caller is blocked, or presence is
 * not in use for the owner, which must be one and the same to the caller. Administrators pass, whoever there is. */
gboolean musterd_rights_check_relation (const MusterdCaller *caller, MusterdReplica *replica, const char *owner,
                                        MusterdRelation needed, MusterdRelation *relation, GError **error);

G_END_DECLS
