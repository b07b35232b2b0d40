/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tells the service manager how the daemon is, as sd_notify(3) does: a datagram to $NOTIFY_SOCKET. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* `state`: "READY=1" and the like, lines. Does nothing where nobody listens. */
void musterd_notify (const char *state);
/* RELOADING=1, with the moment that the service manager wants beside it. */
void musterd_notify_reloading (void);
/* Within how many µs the service manager wants a sign of life each time (WATCHDOG=1); 0: it does not watch. */
gint64 musterd_notify_get_watchdog (void);

G_END_DECLS
