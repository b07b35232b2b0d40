/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sockets to listen on. To the Unix socket any local account may connect, and is then judged by its peer credentials;
 * on TCP nobody is anybody without a token. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define MUSTERD_SOCKET_BACKLOG 1024

/* Replaces the socket of a dead daemon; one that answers, or a file that is no socket, is an error. */
GSocket *musterd_socket_listen (const char *path, GError **error);
/* MUSTERD_ERROR_UNAVAILABLE names the address. */
GSocket *musterd_socket_listen_tcp (GSocketAddress *address, GError **error);
/* Where a listening TCP socket can be reached. */
char    *musterd_socket_get_url (GSocket *socket, gboolean secure);
/* Removes the socket, unless somebody else's stands at its path by now. */
void     musterd_socket_remove (GSocket *socket, const char *path);
/* The account at the other end of an accepted connection. */
gboolean musterd_socket_get_peer (GSocket *socket, uid_t *uid, GError **error);

G_END_DECLS
