/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What connection.c, connections.c, handshake.c and lend.c share. */
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
  MUSTERD_CONNECTION_BODY,        /* for the rest of a short body */
  MUSTERD_CONNECTION_READY,       /* until there is a place for one more request */
  MUSTERD_CONNECTION_READY_LONG,  /* the same, of one whose body is still to come */
  MUSTERD_CONNECTION_LENT,
  MUSTERD_CONNECTION_FLUSHING,    /* until the last bytes of the answer have left */
  MUSTERD_CONNECTION_RETURNED,    /* answered; until it is looked at again, in the next turn of the loop */
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
  GSource                *waker;   /* what waits for a turn of the loop or for a place */
  guint                   n, n_handshakes, n_reading;
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
  gboolean               whole;     /* the head is */
  MusterdLentStream     *lent;      /* nullable */
  gboolean               reading;   /* lent, and its body is still to come */
  gint64                 heard;     /* monotonic; when something of that body came last */
  gboolean               keep;      /* both sides want another request after this answer, */
  GByteArray            *tail;      /* of which this has not left yet */
  GTlsCertificate       *certificate; /* nullable; until the handshake */
  GCancellable          *cancellable; /* nullable; of the handshake, */
  gint64                 began;       /* monotonic; since when it is under way */
  gsize                  leftover;
};

void     musterd_connection_set_state      (MusterdConnection *connection, MusterdConnectionState state);
gboolean musterd_connection_listen         (MusterdConnection *connection, guint32 events);
void     musterd_connection_stop_listening (MusterdConnection *connection);
void     musterd_connection_begin_closing  (MusterdConnection *connection);
/* Answers without the HTTP server, and ends the connection. */
void     musterd_connection_answer         (MusterdConnection *connection, guint status, const char *detail);
void     musterd_connection_refuse_plain   (MusterdConnection *connection);
/* Its time is over. */
void     musterd_connection_expire         (MusterdConnection *connection);

/* lend.c */
GSource *musterd_lend_make_waker     (MusterdConnections *all);
/* Reads what there is of a request; where that is enough, it is lent. */
void     musterd_connection_read     (MusterdConnection *connection);
void     musterd_connection_flush    (MusterdConnection *connection);
/* Its place, if it has one, is free. */
void     musterd_connection_end_loan (MusterdConnection *connection);
/* Those that let a place wait for a body give way where others wait for it. */
void     musterd_lend_make_places    (MusterdConnections *all);

/* handshake.c */
/* Those that let a place wait for a handshake give way where others wait for it. */
void musterd_handshake_make_places (MusterdConnections *all);
void musterd_connection_read_hello (MusterdConnection *connection);

G_END_DECLS
