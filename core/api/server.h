/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The HTTP server of the api's thread: knows who asks, reads what comes within bounds, and hands each request to its
 * route. */
#pragma once

#include <libsoup/soup.h>

#include "api/bridge.h"
#include "api/events.h"
#include "api/figures.h"
#include "api/listener.h"
#include "api/replica.h"
#include "api/request.h"
#include "api/stream.h"

G_BEGIN_DECLS

#define MUSTERD_JSON_BODY_MAX (1024 * 1024)
#define MUSTERD_STRANGER_BODY_MAX 1024 /* of whoever need not be signed in */
#define MUSTERD_CSV_BODY_MAX (64 * 1024 * 1024)
#define MUSTERD_FILE_BODY_MAX (G_GINT64_CONSTANT (4) * 1024 * 1024 * 1024)

/* What the server is made with; not owned, and there as long as the server is, but for the bridge. */
typedef struct
{
  GMainContext       *context;
  MusterdHub         *hub;
  MusterdAuth        *auth;
  MusterdReplica     *replica;
  MusterdBridge      *bridge;
  const char         *state_dir;
  guint               connections_per_peer; /* 0: the default */
  const char *const  *urls;                 /* where it can be reached over TCP */
} MusterdServerConfig;

/* What handlers may use; all of it on the api's thread. */
struct _MusterdServer
{
  SoupServer         *soup;
  GMainContext       *context;
  MusterdConnections *connections;
  GPtrArray          *listeners; /* MusterdListener */
  MusterdStreams     *streams;
  MusterdEvents      *events;
  MusterdAuth        *auth;
  MusterdReplica     *replica;
  MusterdBridge      *bridge;
  const char         *state_dir;
  const char *const  *urls;
  guint               n_requests;
  MusterdServerFigures figures;
  GPtrArray          *reasons;    /* nullable: not asked yet; char *, why the daemon was not ready … */
  gint64              reasons_at; /* … at this moment (monotonic) */
  gboolean            stopping;
  void              (*stopped) (gpointer data); /* nullable */
  gpointer            stopped_data;
};

/* On the api's thread, with the context thread-default. */
MusterdServer *musterd_server_new    (const MusterdServerConfig *config);
/* `certificate` nullable; musterd_listener_new(). */
void           musterd_server_listen (MusterdServer *server, GSocket *socket, GTlsCertificate *certificate);
/* For what is encrypted already; connections that stand keep theirs. */
void           musterd_server_set_certificate (MusterdServer *server, GTlsCertificate *certificate);
/* Takes no more requests, answers those that wait, and calls back when they are through. */
void           musterd_server_stop   (MusterdServer *server, void (*stopped) (gpointer data), gpointer data);
void           musterd_server_free   (MusterdServer *server);

void musterd_server_request_ended (MusterdServer *server);

G_END_DECLS
