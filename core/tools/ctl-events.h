/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The daemon's stream of events (server-sent events, HTML Living Standard), followed through interruptions. */
#pragma once

#include "ctl.h"

G_BEGIN_DECLS

/* FALSE: that is enough. */
typedef gboolean (*CtlEventFunc) (const char *event, JsonObject *data, gpointer user_data);

/* Follows `path` until the function has enough (TRUE), or the daemon refuses or was never reached (FALSE with
 * CTL_ERROR). A daemon that goes is waited for, and asked for what has happened since; `lost` (nullable) is told each
 * time. */
gboolean ctl_follow_events (Ctl *ctl, const char *path, CtlEventFunc func, void (*lost) (const GError *error),
                            gpointer user_data, GError **error);

G_END_DECLS
