/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/socket.h"

#include <errno.h>
#include <gio/gnetworking.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "model/error.h"

static gboolean
fail (GError **error, const char *path, const char *what)
{
  g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE, "listening on %s: %s", path, what);
  return FALSE;
}

static gboolean
clear_stale (const char *path, GSocketAddress *address, GError **error)
{
  g_autoptr(GSocket) probe = NULL;
  g_autoptr(GError) local = NULL;
  struct stat info;

  if (lstat (path, &info) != 0)
    return errno == ENOENT || fail (error, path, g_strerror (errno));
  if (!S_ISSOCK (info.st_mode))
    return fail (error, path, "a file that is no socket is in the way: remove it, or choose another path");

  probe = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, &local);
  if (probe == NULL)
    return fail (error, path, local->message);
  g_socket_set_timeout (probe, 2);
  if (g_socket_connect (probe, address, NULL, &local))
    return fail (error, path, "another daemon answers there: stop it first, or choose another path with --socket");
  if (!g_error_matches (local, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED))
    return fail (error, path, local->message);
  if (g_unlink (path) != 0)
    return fail (error, path, g_strerror (errno));
  return TRUE;
}

GSocket *
musterd_socket_listen (const char *path, GError **error)
{
  g_autofree char *dir = g_path_get_dirname (path);
  g_autoptr(GSocketAddress) address = NULL;
  g_autoptr(GSocket) socket = NULL;
  g_autoptr(GError) local = NULL;

  if (strlen (path) >= sizeof ((struct sockaddr_un *) NULL)->sun_path)
    {
      fail (error, path, "the path is too long for a socket (at most 107 bytes): choose a shorter one with --socket");
      return NULL;
    }
  if (g_mkdir_with_parents (dir, 0755) != 0)
    {
      fail (error, path, g_strerror (errno));
      return NULL;
    }
  address = g_unix_socket_address_new (path);
  if (!clear_stale (path, address, error))
    return NULL;

  socket = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, &local);
  if (socket != NULL)
    {
      g_socket_set_blocking (socket, FALSE);
      g_socket_set_listen_backlog (socket, MUSTERD_SOCKET_BACKLOG);
    }
  if (socket == NULL || !g_socket_bind (socket, address, FALSE, &local))
    {
      fail (error, path, local->message);
      return NULL;
    }
  /* Nobody can connect before listen(), so that the mode is right from the first connection on. */
  if (g_chmod (path, 0666) != 0)
    {
      fail (error, path, g_strerror (errno));
      g_unlink (path);
      return NULL;
    }
  if (!g_socket_listen (socket, &local))
    {
      fail (error, path, local->message);
      g_unlink (path);
      return NULL;
    }
  return g_steal_pointer (&socket);
}

GSocket *
musterd_socket_listen_tcp (GSocketAddress *address, GError **error)
{
  g_autofree char *name = g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (address));
  g_autoptr(GError) local = NULL;
  g_autoptr(GSocket) socket = g_socket_new (g_socket_address_get_family (address), G_SOCKET_TYPE_STREAM,
                                            G_SOCKET_PROTOCOL_TCP, &local);

  if (socket != NULL)
    {
      g_socket_set_blocking (socket, FALSE);
      g_socket_set_listen_backlog (socket, MUSTERD_SOCKET_BACKLOG);
      /* "[::]" beside "0.0.0.0" are two addresses, and mean what they say. */
      if (g_socket_get_family (socket) == G_SOCKET_FAMILY_IPV6)
        g_socket_set_option (socket, IPPROTO_IPV6, IPV6_V6ONLY, TRUE, NULL);
    }
  if (socket == NULL || !g_socket_bind (socket, address, TRUE, &local) || !g_socket_listen (socket, &local))
    {
      fail (error, name, local->message);
      return NULL;
    }
  return g_steal_pointer (&socket);
}

char *
musterd_socket_get_url (GSocket *socket, gboolean secure)
{
  g_autoptr(GSocketAddress) address = g_socket_get_local_address (socket, NULL);
  g_autofree char *name = address != NULL ? g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (address)) : NULL;

  return g_strconcat (secure ? "https://" : "http://", name, NULL);
}

void
musterd_socket_remove (GSocket *socket, const char *path)
{
  g_autoptr(GSocketAddress) address = g_unix_socket_address_new (path);
  g_autoptr(GSocket) probe = NULL;

  g_socket_close (socket, NULL);
  /* With ours closed, whoever answers at this path is somebody else. */
  probe = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);
  if (probe == NULL || !g_socket_connect (probe, address, NULL, NULL))
    g_unlink (path);
}

gboolean
musterd_socket_get_peer (GSocket *socket, uid_t *uid, GError **error)
{
  struct ucred credentials = { 0 };
  socklen_t size = sizeof credentials;

  if (getsockopt (g_socket_get_fd (socket), SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0
      || size != sizeof credentials)
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_FAILED, "asking who is at the other end: %s",
                   g_strerror (errno));
      return FALSE;
    }
  *uid = credentials.uid;
  return TRUE;
}
