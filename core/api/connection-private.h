/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What connection.c, connections.c and handshake.c share. */
#pragma once

#include "api/connection.h"
#include "api/head.h"
#include "api/lent-stream.h"
#include "api/peers.h"

G_BEGIN_DECLS

typedef enum
{
  MUSTERD_CONNECTION_HELLO,       /* encrypted: until the client's first message has come whole */
  MUSTERD_CONNECTION_HELLO_READY, /* until there is a place for one more handshake */
  MUSTERD_CONNECTION_HANDSHAKE,
  MUSTERD_CONNECTION_WAITING,     /* for the first byte of a request */
  MUSTERD_CONNECTION_HEAD,        /* for the rest of its head */
  MUSTERD_CONNECTION_HEAD_READY,  /* until there is a place for one more request */
  MUSTERD_CONNECTION_LENT,
  MUSTERD_CONNECTION_TAKEN,
  MUSTERD_CONNECTION_CLOSING,     /* answered; until the other side has read it */
  MUSTERD_N_CONNECTION_STATES
} MusterdConnectionState;

struct _MusterdConnections
{
  MusterdHub             *hub;
  GSource                *timer;
  MusterdPeers           *peers;
  MusterdConnectionsFuncs funcs;
  gpointer                data;
  GQueue                  by_state[MUSTERD_N_CONNECTION_STATES]; /* in the order in which they came into it */
  guint                   n, n_handshakes;
  guint64                 n_taken; /* since the start */
  gboolean                full, ending;
};

struct _MusterdConnection
{
  MusterdConnections    *all;
  MusterdConnectionState state;
  GList                  link; /* in by_state */
  gint64                 deadline; /* monotonic; G_MAXINT64: none */
  GSocket               *socket;
  GIOStream             *io; /* encrypted from the handshake on */
  MusterdPeer            peer;
  MusterdPeerCount      *count;
  MusterdHubEntry       *entry; /* nullable: nobody listens */
  GByteArray            *buffer;
  MusterdHead            head;
  gboolean               blank; /* an empty line came before it */
  MusterdLentStream     *lent;        /* nullable */
  GTlsCertificate       *certificate; /* nullable; until the handshake */
  GCancellable          *cancellable; /* nullable; of the handshake */
  gsize                  leftover;
};

void     musterd_connection_set_state      (MusterdConnection *connection, MusterdConnectionState state);
gboolean musterd_connection_listen         (MusterdConnection *connection, guint32 events);
void     musterd_connection_stop_listening (MusterdConnection *connection);
void     musterd_connection_read_head      (MusterdConnection *connection);
void     musterd_connection_refuse_plain   (MusterdConnection *connection);
/* Its time is over. */
void     musterd_connection_expire         (MusterdConnection *connection);

/* handshake.c */
void musterd_connection_read_hello (MusterdConnection *connection);

G_END_DECLS
