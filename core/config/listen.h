/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the API is to be had over TCP, as a keyfile or the command line writes it. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define MUSTERD_LISTEN_MAX 16
#define MUSTERD_LISTEN_SYNTAX                                                                                          \
  "ADDRESS:PORT with the address in digits, [ADDRESS]:PORT for IPv6, or PORT alone for 127.0.0.1; several separated "  \
  "by ';'"

/* GInetSocketAddress; port 0 is any that is free. NULL: it is not MUSTERD_LISTEN_SYNTAX. */
GPtrArray *musterd_listen_parse    (const char *text);
/* Whether only this machine itself can reach all of them. */
gboolean   musterd_listen_is_local (GPtrArray *addresses);

G_END_DECLS
