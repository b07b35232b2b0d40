/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-config"

#include "config/listen.h"

#include <string.h>

static GSocketAddress *
parse_one (const char *text)
{
  const char *colon = strrchr (text, ':');
  const char *port_text = colon != NULL ? colon + 1 : text;
  g_autofree char *host = colon != NULL ? g_strndup (text, (gsize) (colon - text)) : g_strdup ("127.0.0.1");
  gsize length = strlen (host);
  gboolean bracketed = length >= 2 && host[0] == '[' && host[length - 1] == ']';
  guint64 port = 0;

  if (!g_ascii_string_to_unsigned (port_text, 10, 0, G_MAXUINT16, &port, NULL))
    return NULL;
  if (bracketed)
    {
      host[length - 1] = '\0';
      memmove (host, host + 1, length - 1);
    }
  if (bracketed != (strchr (host, ':') != NULL))
    return NULL;
  return g_inet_socket_address_new_from_string (host, (guint) port);
}

GPtrArray *
musterd_listen_parse (const char *text)
{
  g_autoptr(GPtrArray) addresses = g_ptr_array_new_with_free_func (g_object_unref);
  g_auto(GStrv) parts = g_strsplit (text, ";", MUSTERD_LISTEN_MAX + 1);

  if (g_strv_length (parts) == 0 || g_strv_length (parts) > MUSTERD_LISTEN_MAX)
    return NULL;
  for (gsize i = 0; parts[i] != NULL; i++)
    {
      GSocketAddress *address = parse_one (g_strstrip (parts[i]));

      if (address == NULL)
        return NULL;
      g_ptr_array_add (addresses, address);
    }
  return g_steal_pointer (&addresses);
}

gboolean
musterd_listen_is_local (GPtrArray *addresses)
{
  for (guint i = 0; i < addresses->len; i++)
    if (!g_inet_address_get_is_loopback (g_inet_socket_address_get_address (addresses->pdata[i])))
      return FALSE;
  return TRUE;
}
