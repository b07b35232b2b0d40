/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who may what: the one place at which a caller and a route meet. */
#pragma once

#include "api/router.h"

G_BEGIN_DECLS

/* `args`: the values of the route's path. FALSE with MUSTERD_ERROR_FORBIDDEN, or UNKNOWN_CALLER where nobody is signed
 * in. */
gboolean musterd_rights_check (const MusterdRoute *route, const MusterdCaller *caller, char *const *args,
                               GError **error);

G_END_DECLS
