/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One connection of a client, from accept() to its end: it waits behind the hub until a whole request head has come,
 * is lent to the HTTP server for just that request, and waits again; or it is taken out of HTTP for good, and carries
 * a stream of events. */
#pragma once

#include <gio/gio.h>

#include "api/caller.h"

G_BEGIN_DECLS

typedef struct _MusterdConnection MusterdConnection;

/* Pollable in both directions; encrypted where the connection is. A piece whose write would have blocked must be
 * written again with the same bytes first (TLS wants it so). Not owned. */
GIOStream         *musterd_connection_get_io     (MusterdConnection *connection);
/* What to wait for readiness on. Not owned. */
GSocket           *musterd_connection_get_socket (MusterdConnection *connection);
const MusterdPeer *musterd_connection_get_peer   (MusterdConnection *connection);
/* Of one that was taken with musterd_request_take_connection(): closes it and frees it. */
void               musterd_connection_close      (MusterdConnection *connection);

G_END_DECLS
