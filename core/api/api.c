/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/api.h"

#include "api/feed.h"
#include "api/server.h"
#include "api/socket.h"

/* How long answers that are still being written may take when the api ends. */
#define LAST_WORDS_MS 500

struct _MusterdApi
{
  /* The engine's thread. */
  MusterdApiServices services; /* with strings of its own */
  char              *state_dir, *socket_path, *socket_group;
  MusterdFeed       *feed;
  GSocket           *socket;
  GThread           *thread;

  /* Made by the engine's thread before the other begins, and freed when it has ended. */
  GMainContext   *context;
  MusterdBridge  *bridge;
  MusterdReplica *replica;
  MusterdAuth    *auth;

  /* The api's thread. */
  MusterdServer *server;
  GSource       *deadline; /* nullable; of the last words */
  gboolean       quit;
};

static void
strings_free (MusterdApi *api)
{
  g_free (api->state_dir);
  g_free (api->socket_path);
  g_free (api->socket_group);
}

static gboolean
on_fed (gpointer data)
{
  MusterdApi *api = data;

  if (api->server == NULL) /* at the end of the thread */
    return G_SOURCE_REMOVE;
  musterd_feed_take (api->feed, api->replica);
  musterd_watch_wake (api->server->watch);
  return G_SOURCE_REMOVE;
}

static gpointer
run (gpointer data)
{
  MusterdApi *api = data;

  g_main_context_push_thread_default (api->context);
  api->server = musterd_server_new (api->context, api->socket, api->auth, api->replica, api->bridge, api->state_dir);
  while (!api->quit)
    g_main_context_iteration (api->context, TRUE);
  g_clear_pointer (&api->server, musterd_server_free);
  if (api->deadline != NULL)
    {
      g_source_destroy (api->deadline);
      g_clear_pointer (&api->deadline, g_source_unref);
    }
  /* Connections close with what is left in the loop. */
  while (g_main_context_iteration (api->context, FALSE))
    ;
  g_main_context_pop_thread_default (api->context);
  return NULL;
}

static void
on_server_stopped (gpointer data)
{
  MusterdApi *api = data;

  api->quit = TRUE;
}

static gboolean
on_last_words_late (gpointer data)
{
  on_server_stopped (data);
  return G_SOURCE_REMOVE;
}

static gboolean
on_end_wanted (gpointer data)
{
  MusterdApi *api = data;

  api->deadline = g_timeout_source_new (LAST_WORDS_MS);
  g_source_set_callback (api->deadline, on_last_words_late, api, NULL);
  g_source_attach (api->deadline, api->context);
  musterd_server_stop (api->server, on_server_stopped, api);
  return G_SOURCE_REMOVE;
}

MusterdApi *
musterd_api_new (const MusterdApiServices *services, GError **error)
{
  g_autoptr(GSocket) socket = musterd_socket_listen (services->socket_path, error);
  MusterdApi *api;

  if (socket == NULL)
    return NULL;
  api = g_new0 (MusterdApi, 1);
  api->services = *services;
  api->services.state_dir = api->state_dir = g_strdup (services->state_dir);
  api->services.socket_path = api->socket_path = g_strdup (services->socket_path);
  api->services.socket_group = api->socket_group = g_strdup (services->socket_group);
  api->socket = g_steal_pointer (&socket);
  if (api->state_dir != NULL)
    musterd_upload_sweep (api->state_dir);

  api->context = g_main_context_new ();
  api->bridge = musterd_bridge_new (&api->services, api->context);
  api->replica = musterd_replica_new ();
  api->auth = musterd_auth_new (api->socket_group);
  api->feed = musterd_feed_new (services->engine, api->context, on_fed, api);
  musterd_feed_take (api->feed, api->replica);
  api->thread = g_thread_new ("muster-api", run, api);
  return api;
}

void
musterd_api_free (MusterdApi *api)
{
  g_autoptr(GSource) source = g_idle_source_new ();

  musterd_feed_stop (api->feed);
  musterd_bridge_close (api->bridge);
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, on_end_wanted, api, NULL);
  g_source_attach (source, api->context);
  g_thread_join (api->thread);

  musterd_socket_remove (api->socket, api->socket_path);
  g_object_unref (api->socket);
  musterd_bridge_part (api->bridge);
  musterd_bridge_unref (api->bridge);
  musterd_feed_free (api->feed);
  musterd_auth_free (api->auth);
  musterd_replica_free (api->replica);
  g_main_context_unref (api->context);
  strings_free (api);
  g_free (api);
}
