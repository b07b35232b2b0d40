/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Thousands of descriptors behind one epoll set and one GSource: a GSource each would make every turn of the loop cost
 * as much as there are connections. All of it on one thread. */
#pragma once

#include <glib.h>
#include <sys/epoll.h>

G_BEGIN_DECLS

typedef struct _MusterdHub      MusterdHub;
typedef struct _MusterdHubEntry MusterdHubEntry;

/* `events`: EPOLLIN, EPOLLOUT, EPOLLRDHUP, EPOLLHUP, EPOLLERR. */
typedef void (*MusterdHubFunc) (guint32 events, gpointer data);

MusterdHub *musterd_hub_new  (GMainContext *context, GError **error);
/* Entries that are left are removed; their descriptors stay open. */
void        musterd_hub_free (MusterdHub *hub);

/* Level-triggered; EPOLLHUP and EPOLLERR are always reported. The descriptor stays the caller's, and must be removed
 * here before it is closed. NULL: the system takes no more. */
MusterdHubEntry *musterd_hub_add    (MusterdHub *hub, int fd, guint32 events, MusterdHubFunc func, gpointer data,
                                     GError **error);
void             musterd_hub_wait_for (MusterdHubEntry *entry, guint32 events);
/* Also from inside a callback, of this or of another entry; it is not called any more. */
void             musterd_hub_remove (MusterdHubEntry *entry);

G_END_DECLS
