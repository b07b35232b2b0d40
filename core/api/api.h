/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The door for people and programs: HTTP and JSON, on a thread of its own. It answers lists and single presences from
 * its own replica, fed by the engine's changes; commands, `why` and everything about plugins go to the engine's thread
 * as messages and come back as values, so that no list ever delays a change. */
#pragma once

#include "api/nss.h"
#include "host/host.h"

G_BEGIN_DECLS

typedef struct _MusterdApi MusterdApi;

typedef struct
{
  MusterdEngine   *engine;
  MusterdDispatch *dispatch;
  MusterdHost     *host;
  MusterdStore    *store;
  const char      *state_dir;
  const char      *socket_path;
  const char      *socket_group; /* OS group whose members administer */
  GPtrArray       *listen;       /* nullable: the Unix socket only; GInetSocketAddress */
  GTlsCertificate *certificate;  /* nullable: TCP is not encrypted */
  guint            connections_per_peer; /* 0: the default */
  const MusterdNss *nss;         /* nullable: the system's */
  /* Called on the engine's thread. */
  void (*set_enabled) (const char *instance, MusterdEnabled enabled, MusterdDone done, gpointer done_data,
                       gpointer user_data);
  void (*restart)     (gpointer user_data); /* after a restore: stop in order and start anew */
  gpointer         user_data;
} MusterdApiServices;

/* On the engine's thread. Listens when it returns. A stale socket of a dead daemon is replaced, one that answers is
 * an error. */
MusterdApi *musterd_api_new  (const MusterdApiServices *services, GError **error);
/* Where it can be reached over TCP; NULL-terminated. */
const char *const *musterd_api_get_urls (MusterdApi *api);
/* What is encrypted is from now on encrypted with this one; connections that stand keep theirs. */
void        musterd_api_set_certificate (MusterdApi *api, GTlsCertificate *certificate);
/* Stops taking requests, ends the thread, removes the socket. */
void        musterd_api_free (MusterdApi *api);

G_END_DECLS
