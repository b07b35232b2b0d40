/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The HTTP server of the api's thread: takes connections, knows whose they are, reads what comes within bounds, and
 * hands each request to its route. */
#pragma once

#include <libsoup/soup.h>

#include "api/bridge.h"
#include "api/replica.h"
#include "api/request.h"
#include "api/watch.h"

G_BEGIN_DECLS

#define MUSTERD_JSON_BODY_MAX (1024 * 1024)
#define MUSTERD_CSV_BODY_MAX (64 * 1024 * 1024)
#define MUSTERD_FILE_BODY_MAX (G_GINT64_CONSTANT (4) * 1024 * 1024 * 1024)

/* What handlers may use; all of it on the api's thread. */
struct _MusterdServer
{
  SoupServer     *soup;
  GMainContext   *context;
  GSocket        *socket;
  GSource        *accepting; /* nullable: at the limit, out of descriptors, or stopping */
  GSource        *again;     /* nullable; tries to accept again */
  MusterdAuth    *auth;
  MusterdReplica *replica;
  MusterdBridge  *bridge;
  MusterdWatch   *watch;
  char           *state_dir;
  guint           n_connections, n_requests;
  gint64          quiet_until; /* monotonic; of complaints about connections that cannot be accepted */
  gboolean        stopping;
  void          (*stopped) (gpointer data); /* nullable */
  gpointer        stopped_data;
};

/* On the api's thread, with `context` thread-default. References the socket and the bridge, owns the rest. */
MusterdServer *musterd_server_new  (GMainContext *context, GSocket *socket, MusterdAuth *auth, MusterdReplica *replica,
                                    MusterdBridge *bridge, const char *state_dir);
/* Takes no more requests, answers those that wait, and calls back when they are through. */
void           musterd_server_stop (MusterdServer *server, void (*stopped) (gpointer data), gpointer data);
void           musterd_server_free (MusterdServer *server);

void     musterd_server_request_ended (MusterdServer *server);
/* The connection's socket; NULL: gone. */
GSocket *musterd_server_get_socket    (SoupServerMessage *message);

G_END_DECLS
