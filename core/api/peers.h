/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How many connections each other end has, so that no one of them takes them all. */
#pragma once

#include <gio/gio.h>

#include "api/caller.h"

G_BEGIN_DECLS

typedef struct _MusterdPeers MusterdPeers;
/* One peer's account; counted references are its connections. */
typedef struct
{
  char *name; /* an address, an IPv6 network of 64 bits, or an account of this machine */
  guint n_connections, n_handshakes, n_reading;
} MusterdPeerCount;

/* `limit`: of connections; 0: the default, from which this machine's own are exempt. */
MusterdPeers     *musterd_peers_new   (guint limit);
void              musterd_peers_free  (MusterdPeers *peers);
/* One connection more. NULL with MUSTERD_ERROR_LIMIT: that is too many. */
MusterdPeerCount *musterd_peers_enter (MusterdPeers *peers, const MusterdPeer *peer, GError **error);
void              musterd_peers_leave (MusterdPeers *peers, MusterdPeerCount *count);

G_END_DECLS
