/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The Unix socket: any local account may connect to it, and is then judged by its peer credentials. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define MUSTERD_SOCKET_BACKLOG 1024

/* Replaces the socket of a dead daemon; one that answers, or a file that is no socket, is an error. */
GSocket *musterd_socket_listen (const char *path, GError **error);
/* A listening socket that nobody can reach: bound beside `path`, and its name removed before it listens. NULL if it
 * cannot be had. */
GSocket *musterd_socket_listen_nowhere (const char *path);
/* Removes the socket, unless somebody else's stands at its path by now. */
void     musterd_socket_remove (GSocket *socket, const char *path);
/* The account at the other end of an accepted connection. */
gboolean musterd_socket_get_peer (GSocket *socket, uid_t *uid, GError **error);

G_END_DECLS
