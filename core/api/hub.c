/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/hub.h"

#include <errno.h>
#include <unistd.h>

#include "model/error.h"

#define AT_ONCE 256 /* descriptors served before the loop's other sources have their turn */

struct _MusterdHub
{
  GSource    *source;
  int         epoll;
  GHashTable *entries; /* a set */
  GPtrArray  *removed; /* while callbacks run: the kernel may have named them already */
  gboolean    serving;
};

struct _MusterdHubEntry
{
  MusterdHub    *hub;
  int            fd;
  guint32        events;
  MusterdHubFunc func; /* NULL: removed */
  gpointer       data;
};

typedef struct
{
  GSource     source;
  MusterdHub *hub;
  gpointer    tag;
} HubSource;

static gboolean
hub_prepare (GSource *source G_GNUC_UNUSED, int *timeout)
{
  *timeout = -1;
  return FALSE;
}

static gboolean
hub_check (GSource *source)
{
  return g_source_query_unix_fd (source, ((HubSource *) source)->tag) != 0;
}

static gboolean
hub_dispatch (GSource *source, GSourceFunc callback G_GNUC_UNUSED, gpointer data G_GNUC_UNUSED)
{
  MusterdHub *hub = ((HubSource *) source)->hub;
  struct epoll_event events[AT_ONCE];
  int n = epoll_wait (hub->epoll, events, AT_ONCE, 0);

  hub->serving = TRUE;
  for (int i = 0; i < n; i++)
    {
      const MusterdHubEntry *entry = events[i].data.ptr;

      if (entry->func != NULL)
        entry->func (events[i].events, entry->data);
    }
  hub->serving = FALSE;
  g_ptr_array_set_size (hub->removed, 0);
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs hub_funcs = { .prepare = hub_prepare, .check = hub_check, .dispatch = hub_dispatch };

MusterdHub *
musterd_hub_new (GMainContext *context, GError **error)
{
  int fd = epoll_create1 (EPOLL_CLOEXEC);
  MusterdHub *hub;

  if (fd < 0)
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE, "watching connections: %s", g_strerror (errno));
      return NULL;
    }
  hub = g_new0 (MusterdHub, 1);
  hub->epoll = fd;
  hub->entries = g_hash_table_new (NULL, NULL);
  hub->removed = g_ptr_array_new_with_free_func (g_free);
  hub->source = g_source_new (&hub_funcs, sizeof (HubSource));
  ((HubSource *) hub->source)->hub = hub;
  ((HubSource *) hub->source)->tag = g_source_add_unix_fd (hub->source, fd, G_IO_IN);
  g_source_set_static_name (hub->source, "muster-api-hub");
  g_source_attach (hub->source, context);
  return hub;
}

void
musterd_hub_free (MusterdHub *hub)
{
  GHashTableIter iter;
  gpointer entry;

  g_source_destroy (hub->source);
  g_source_unref (hub->source);
  close (hub->epoll);
  g_hash_table_iter_init (&iter, hub->entries);
  while (g_hash_table_iter_next (&iter, &entry, NULL))
    g_free (entry);
  g_hash_table_unref (hub->entries);
  g_ptr_array_unref (hub->removed);
  g_free (hub);
}

MusterdHubEntry *
musterd_hub_add (MusterdHub *hub, int fd, guint32 events, MusterdHubFunc func, gpointer data, GError **error)
{
  MusterdHubEntry *entry = g_new0 (MusterdHubEntry, 1);
  struct epoll_event event = { .events = events, .data.ptr = entry };

  entry->hub = hub;
  entry->fd = fd;
  entry->events = events;
  entry->func = func;
  entry->data = data;
  if (epoll_ctl (hub->epoll, EPOLL_CTL_ADD, fd, &event) != 0)
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE, "watching a connection: %s", g_strerror (errno));
      g_free (entry);
      return NULL;
    }
  g_hash_table_add (hub->entries, entry);
  return entry;
}

void
musterd_hub_wait_for (MusterdHubEntry *entry, guint32 events)
{
  struct epoll_event event = { .events = events, .data.ptr = entry };

  if (entry->events == events)
    return;
  entry->events = events;
  if (epoll_ctl (entry->hub->epoll, EPOLL_CTL_MOD, entry->fd, &event) != 0)
    g_warning ("watching a connection: %s", g_strerror (errno));
}

void
musterd_hub_remove (MusterdHubEntry *entry)
{
  MusterdHub *hub = entry->hub;

  epoll_ctl (hub->epoll, EPOLL_CTL_DEL, entry->fd, NULL);
  g_hash_table_remove (hub->entries, entry);
  entry->func = NULL;
  if (hub->serving)
    g_ptr_array_add (hub->removed, entry);
  else
    g_free (entry);
}
