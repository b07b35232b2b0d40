/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A daemon that is reached over the network instead of its Unix socket: where it is, who we are there, whom we
 * trust. */
#pragma once

#include "ctl.h"

G_BEGIN_DECLS

/* Reads --url, --token-file and --ca-file, or the environment's MUSTER_URL, MUSTER_TOKEN_FILE and MUSTER_CA_FILE, into
 * the ctl. Where --socket is given, that is meant instead. FALSE with CTL_ERROR_WRONG_USE or CTL_ERROR_REFUSED. */
gboolean ctl_remote_read  (Ctl *ctl, GError **error);
/* Wipes the token. */
void     ctl_remote_clear (Ctl *ctl);

G_END_DECLS
