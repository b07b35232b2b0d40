/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A listening socket, and the way of what comes in to the connections. */
#pragma once

#include "api/connection.h"

G_BEGIN_DECLS

typedef struct _MusterdListener MusterdListener;

/* On the api's thread. `certificate` nullable: what is spoken there is not encrypted. References all it is given but
 * the connections. */
MusterdListener *musterd_listener_new  (GMainContext *context, GSocket *socket, MusterdConnections *connections,
                                        GTlsCertificate *certificate);
void             musterd_listener_free (MusterdListener *listener);
/* For connections from now on. */
void             musterd_listener_set_certificate (MusterdListener *listener, GTlsCertificate *certificate);
/* There is room for connections again. */
void             musterd_listener_resume (MusterdListener *listener);
/* Takes no more, for ever. */
void             musterd_listener_stop   (MusterdListener *listener);

G_END_DECLS
