/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/api.h"

#include "api/feed.h"
#include "api/server.h"
#include "api/socket.h"
#include "api/token-feed.h"

/* How long answers that are still being written may take when the api ends. */
#define LAST_WORDS_MS 500

struct _MusterdApi
{
  /* The engine's thread. */
  MusterdApiServices services; /* with strings of its own */
  char              *state_dir, *socket_path, *socket_group;
  MusterdFeed       *feed;
  MusterdTokenFeed  *token_feed;
  GSocket           *socket;
  GPtrArray         *tcp;  /* GSocket */
  GStrv              urls; /* of these */
  GThread           *thread;

  /* Made by the engine's thread before the other begins, and freed when it has ended. */
  GMainContext   *context;
  MusterdBridge  *bridge;
  MusterdReplica *replica;
  MusterdTokens  *tokens;
  MusterdAccounts *accounts;
  MusterdAuth    *auth;
  MusterdHub     *hub;

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
  g_autoptr(GPtrArray) changes = NULL;

  if (api->server == NULL) /* at the end of the thread */
    return G_SOURCE_REMOVE;
  changes = musterd_feed_take (api->feed, api->replica);
  musterd_events_tell (api->server->events, changes);
  return G_SOURCE_REMOVE;
}

static MusterdServer *
start_server (MusterdApi *api)
{
  const MusterdServerConfig config = {
    .context = api->context,
    .hub = api->hub,
    .auth = api->auth,
    .replica = api->replica,
    .bridge = api->bridge,
    .state_dir = api->state_dir,
    .connections_per_peer = api->services.connections_per_peer,
    .urls = (const char *const *) api->urls,
  };
  MusterdServer *server = musterd_server_new (&config);

  musterd_server_listen (server, api->socket, NULL);
  for (guint i = 0; i < api->tcp->len; i++)
    musterd_server_listen (server, api->tcp->pdata[i], api->services.certificate);
  return server;
}

static void
on_token_ended (const char *id, gpointer data)
{
  musterd_streams_end_token (data, id);
}

static void
on_account_changed (uid_t uid, gpointer data)
{
  musterd_streams_end_account (data, uid);
}

static gpointer
run (gpointer data)
{
  MusterdApi *api = data;

  g_main_context_push_thread_default (api->context);
  api->server = start_server (api);
  musterd_tokens_set_ended (api->tokens, on_token_ended, api->server->streams);
  musterd_accounts_set_changed (api->accounts, on_account_changed, api->server->streams);
  while (!api->quit)
    g_main_context_iteration (api->context, TRUE);
  musterd_tokens_set_ended (api->tokens, NULL, NULL);
  musterd_accounts_set_changed (api->accounts, NULL, NULL);
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

static GPtrArray *
listen_tcp (const MusterdApiServices *services, GPtrArray *urls, GError **error)
{
  g_autoptr(GPtrArray) sockets = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; services->listen != NULL && i < services->listen->len; i++)
    {
      GSocket *socket = musterd_socket_listen_tcp (services->listen->pdata[i], error);

      if (socket == NULL)
        return NULL;
      g_ptr_array_add (sockets, socket);
      g_ptr_array_add (urls, musterd_socket_get_url (socket, services->certificate != NULL));
    }
  g_ptr_array_add (urls, NULL);
  return g_steal_pointer (&sockets);
}

MusterdApi *
musterd_api_new (const MusterdApiServices *services, GError **error)
{
  g_autoptr(GMainContext) context = g_main_context_new ();
  g_autoptr(GPtrArray) urls = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(MusterdTokens) tokens = musterd_tokens_new ();
  MusterdTokenFeed *token_feed = musterd_token_feed_new (services, context, tokens, error);
  g_autoptr(GPtrArray) tcp = token_feed != NULL ? listen_tcp (services, urls, error) : NULL;
  g_autoptr(GSocket) socket = tcp != NULL ? musterd_socket_listen (services->socket_path, error) : NULL;
  MusterdHub *hub = socket != NULL ? musterd_hub_new (context, error) : NULL;
  MusterdApi *api;

  if (hub == NULL)
    {
      if (socket != NULL)
        musterd_socket_remove (socket, services->socket_path);
      g_clear_pointer (&token_feed, musterd_token_feed_free);
      return NULL;
    }
  api = g_new0 (MusterdApi, 1);
  api->services = *services;
  api->services.listen = NULL;
  api->services.nss = NULL;
  api->services.certificate = services->certificate != NULL ? g_object_ref (services->certificate) : NULL;
  api->services.state_dir = api->state_dir = g_strdup (services->state_dir);
  api->services.socket_path = api->socket_path = g_strdup (services->socket_path);
  api->services.socket_group = api->socket_group = g_strdup (services->socket_group);
  api->socket = g_steal_pointer (&socket);
  api->tcp = g_steal_pointer (&tcp);
  api->urls = (GStrv) g_ptr_array_steal (urls, NULL);
  if (api->state_dir != NULL)
    musterd_upload_sweep (api->state_dir);

  api->context = g_steal_pointer (&context);
  api->hub = hub;
  api->tokens = g_steal_pointer (&tokens);
  api->token_feed = token_feed;
  api->bridge = musterd_bridge_new (&api->services, api->context);
  api->replica = musterd_replica_new ();
  api->accounts = musterd_accounts_new (api->context, api->socket_group,
                                        services->nss != NULL ? services->nss : musterd_nss_get_system ());
  api->auth = musterd_auth_new (api->socket_group, api->accounts, api->tokens);
  api->feed = musterd_feed_new (services->engine, api->context, on_fed, api);
  g_ptr_array_unref (musterd_feed_take (api->feed, api->replica));
  api->thread = g_thread_new ("muster-api", run, api);
  return api;
}

const char *const *
musterd_api_get_urls (MusterdApi *api)
{
  return (const char *const *) api->urls;
}

/* On the api's thread. */
typedef struct
{
  MusterdApi      *api;
  GTlsCertificate *certificate;
} Renewal;

static gboolean
on_certificate_renewed (gpointer data)
{
  const Renewal *renewal = data;

  if (renewal->api->server != NULL)
    musterd_server_set_certificate (renewal->api->server, renewal->certificate);
  return G_SOURCE_REMOVE;
}

static void
renewal_free (gpointer data)
{
  Renewal *renewal = data;

  g_object_unref (renewal->certificate);
  g_free (renewal);
}

void
musterd_api_set_certificate (MusterdApi *api, GTlsCertificate *certificate)
{
  g_autoptr(GSource) source = g_idle_source_new ();
  Renewal *renewal = g_new0 (Renewal, 1);

  renewal->api = api;
  renewal->certificate = g_object_ref (certificate);
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, on_certificate_renewed, renewal, renewal_free);
  g_source_attach (source, api->context);
}

void
musterd_api_free (MusterdApi *api)
{
  g_autoptr(GSource) source = g_idle_source_new ();

  musterd_feed_stop (api->feed);
  musterd_token_feed_stop (api->token_feed);
  musterd_bridge_close (api->bridge);
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, on_end_wanted, api, NULL);
  g_source_attach (source, api->context);
  g_thread_join (api->thread);

  musterd_socket_remove (api->socket, api->socket_path);
  g_object_unref (api->socket);
  g_ptr_array_unref (api->tcp);
  g_strfreev (api->urls);
  g_clear_object (&api->services.certificate);
  musterd_bridge_part (api->bridge);
  musterd_bridge_unref (api->bridge);
  musterd_feed_free (api->feed);
  musterd_token_feed_free (api->token_feed);
  musterd_auth_free (api->auth);
  musterd_accounts_free (api->accounts);
  musterd_replica_free (api->replica);
  musterd_hub_free (api->hub);
  g_main_context_unref (api->context);
  musterd_tokens_free (api->tokens);
  strings_free (api);
  g_free (api);
}
