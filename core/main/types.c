/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-main"

#include "main/types.h"

#include <gio/gunixconnection.h>
#include <gio/gunixsocketaddress.h>
#include <json-glib/json-glib.h>
#include <libsoup/soup.h>

#include "api/lent-stream.h"
#include "store/secrets.h"

/* GLib 2.74 may lock up where two threads meet a class for the first time: one makes it and holds the lock for that,
 * and waits for a type that the other is registering, which waits for the lock. The api and each instance have threads
 * of their own and talk HTTP, so what that needs is made known while there is one thread. */
void
musterd_types_prepare (void)
{
  const GType types[] = { G_TYPE_INET_SOCKET_ADDRESS, G_TYPE_UNIX_SOCKET_ADDRESS, G_TYPE_PROXY_ADDRESS,
                          G_TYPE_NETWORK_ADDRESS,     G_TYPE_SOCKET_CLIENT,       G_TYPE_TCP_CONNECTION,
                          G_TYPE_UNIX_CONNECTION,     SOUP_TYPE_MESSAGE,          SOUP_TYPE_SESSION,
                          SOUP_TYPE_SERVER,           JSON_TYPE_PARSER,           MUSTERD_TYPE_LENT_STREAM };

  for (gsize i = 0; i < G_N_ELEMENTS (types); i++)
    g_type_class_unref (g_type_class_ref (types[i]));
  musterd_secrets_prepare ();
  /* What a session is made of registers itself when the first one is made. */
  g_object_unref (soup_session_new ());
}
