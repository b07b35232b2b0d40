/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-main"

#include "main/notify.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void
musterd_notify (const char *state)
{
  const char *path = g_getenv ("NOTIFY_SOCKET");
  struct sockaddr_un address = { .sun_family = AF_UNIX };

  if (path == NULL || path[0] == '\0')
    return;

  gsize length = strlen (path);

  if ((path[0] != '/' && path[0] != '@') || length >= sizeof address.sun_path)
    {
      g_warning ("telling the service manager: NOTIFY_SOCKET is not an address of a local socket");
      return;
    }
  memcpy (address.sun_path, path, length);
  if (path[0] == '@')
    address.sun_path[0] = '\0'; /* an abstract socket */

  int fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  int code = errno;
  gssize sent = -1;

  if (fd >= 0)
    {
      sent = sendto (fd, state, strlen (state), MSG_NOSIGNAL, (const struct sockaddr *) &address,
                     (socklen_t) (offsetof (struct sockaddr_un, sun_path) + length));
      code = errno;
      close (fd);
    }
  if (sent < 0)
    g_warning ("telling the service manager: %s", g_strerror (code));
}

void
musterd_notify_reloading (void)
{
  g_autofree char *state
      = g_strdup_printf ("RELOADING=1\nMONOTONIC_USEC=%" G_GINT64_FORMAT "\n", g_get_monotonic_time ());

  musterd_notify (state);
}

gint64
musterd_notify_get_watchdog (void)
{
  const char *interval = g_getenv ("WATCHDOG_USEC");
  const char *whom = g_getenv ("WATCHDOG_PID");
  guint64 usec = 0, pid = 0;

  if (interval == NULL || g_getenv ("NOTIFY_SOCKET") == NULL)
    return 0;
  if (whom != NULL && (!g_ascii_string_to_unsigned (whom, 10, 1, G_MAXINT, &pid, NULL) || pid != (guint64) getpid ()))
    return 0;
  if (!g_ascii_string_to_unsigned (interval, 10, 1, G_MAXINT64, &usec, NULL))
    {
      g_warning ("telling the service manager: WATCHDOG_USEC is not a number of microseconds");
      return 0;
    }
  return (gint64) usec;
}
