/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One connection of a client, from accept() to its end: it waits behind the hub until a whole request head has come,
 * is lent to the HTTP server for just that request, and waits again; or it is taken out of HTTP for good, and carries
 * a stream of events. Whoever is slow, silent or hostile costs an entry in the hub and a buffer, and has a deadline.
 *
 * All of it on the api's thread. */
#pragma once

#include <gio/gio.h>

#include "api/caller.h"
#include "api/hub.h"

G_BEGIN_DECLS

#define MUSTERD_CONNECTIONS_MAX 20000
#define MUSTERD_CONNECTIONS_PER_PEER 256 /* unless configured; this machine's own addresses and root are exempt then */
#define MUSTERD_LENT_MAX 1000            /* requests that are read, answered or written at a time */

typedef struct _MusterdConnections MusterdConnections;
typedef struct _MusterdConnection  MusterdConnection;

typedef struct
{
  /* A whole head has come. `stream` carries that request and nothing after it; ends with musterd_connection_back(),
   * _close() or _take(). */
  void (*request) (MusterdConnection *connection, GIOStream *stream, gpointer data);
  /* What came was no whole request, and has been answered without the HTTP server. */
  void (*answered) (guint status, gpointer data);
  /* There is room for one more, after there was none. */
  void (*room)    (gpointer data);
} MusterdConnectionsFuncs;

/* `per_peer` 0: the default. */
MusterdConnections *musterd_connections_new  (GMainContext *context, MusterdHub *hub, guint per_peer,
                                              const MusterdConnectionsFuncs *funcs, gpointer data);
/* Closes all that are left, taken ones too. */
void                musterd_connections_free (MusterdConnections *connections);
guint               musterd_connections_get_n (MusterdConnections *connections);
guint64             musterd_connections_get_n_taken (MusterdConnections *connections); /* since the start */
/* Ends one that only waits if there are too many. FALSE: all are busy; `room` will say when. */
gboolean            musterd_connections_make_room (MusterdConnections *connections);
/* Takes a connected socket. `address` (nullable: the Unix socket): the other end's. `certificate` nullable: not
 * encrypted. FALSE with MUSTERD_ERROR_LIMIT: that peer has too many. */
gboolean            musterd_connections_add  (MusterdConnections *connections, GSocket *socket,
                                              GSocketAddress *address, GTlsCertificate *certificate, GError **error);

const MusterdPeer *musterd_connection_get_peer     (MusterdConnection *connection);
/* Of a lent one: how long it may take from now on (0: as long as it takes, since it is we who are to do something);
 * after that it is cut. */
void               musterd_connection_set_deadline (MusterdConnection *connection, guint seconds);
/* Of a lent one: something of its body has come; all of it has. */
void               musterd_connection_hear         (MusterdConnection *connection);
void               musterd_connection_heard_all    (MusterdConnection *connection);
/* Of a lent one: whether it can wait for another request when this one is answered. */
gboolean           musterd_connection_can_wait     (MusterdConnection *connection);
/* Of a lent one: the answer has been written. Waits for the next request if both sides want that and the request was
 * read to its end; is closed otherwise. */
void               musterd_connection_back         (MusterdConnection *connection, gboolean keep);
/* Of a lent one: nothing more goes either way, which the HTTP server will notice. */
void               musterd_connection_cut          (MusterdConnection *connection);
/* Of a lent one: is out of HTTP from now on. */
void               musterd_connection_take         (MusterdConnection *connection);
/* Of a lent or taken one: closes it and frees it. */
void               musterd_connection_close        (MusterdConnection *connection);

/* Of a taken one. Pollable in both directions; encrypted where the connection is. A piece whose write would have
 * blocked must be written again with the same bytes first (TLS wants it so). Not owned. */
GIOStream         *musterd_connection_get_io       (MusterdConnection *connection);
/* What to wait for readiness on. Not owned. */
GSocket           *musterd_connection_get_socket   (MusterdConnection *connection);

G_END_DECLS
