/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/token-feed.h"

#include "api/token-expiry.h"

struct _MusterdTokenFeed
{
  MusterdEngine *engine; /* nullable: stopped */
  GMainContext  *context;
  MusterdTokens *tokens;
  GSource       *expiry; /* runs on the api's thread */
};

typedef struct
{
  MusterdTokens *tokens;
  GStrv          users;
} Removal;

static void
removal_free (gpointer data)
{
  Removal *removal = data;

  g_strfreev (removal->users);
  g_free (removal);
}

static gboolean
on_removed (gpointer data)
{
  const Removal *removal = data;

  for (gsize i = 0; removal->users[i] != NULL; i++)
    musterd_tokens_remove_user (removal->tokens, removal->users[i]);
  return G_SOURCE_REMOVE;
}

/* A message of its own, in its place among the answers to those who made tokens: it overtakes none of them, and a user
 * of the same name who is added at once does not inherit. */
static void
on_users_changed (MusterdUser *const *changed G_GNUC_UNUSED, gsize n_changed G_GNUC_UNUSED, const char *const *removed,
                  gsize n_removed, gpointer user_data)
{
  MusterdTokenFeed *feed = user_data;
  g_autoptr(GSource) source = NULL;
  Removal *removal;

  if (n_removed == 0)
    return;
  removal = g_new0 (Removal, 1);
  removal->tokens = feed->tokens;
  removal->users = g_new0 (char *, n_removed + 1);
  for (gsize i = 0; i < n_removed; i++)
    removal->users[i] = g_strdup (removed[i]);
  source = g_idle_source_new ();
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, on_removed, removal, removal_free);
  g_source_set_static_name (source, "muster-api-token-feed");
  g_source_attach (source, feed->context);
}

static gboolean
fill (MusterdTokens *tokens, MusterdStore *store, GError **error)
{
  g_autoptr(GPtrArray) all = musterd_store_load_tokens (store, error);

  if (all == NULL)
    return FALSE;
  for (guint i = 0; i < all->len; i++)
    {
      MusterdToken *token = all->pdata[i];
      g_autoptr(GError) local = NULL;

      if (musterd_tokens_add (tokens, token, &local))
        musterd_tokens_enable (tokens, token->id, TRUE);
      else
        g_warning ("token %s is not in force: %s", token->id, local->message);
    }
  return TRUE;
}

MusterdTokenFeed *
musterd_token_feed_new (const MusterdApiServices *services, GMainContext *context, MusterdTokens *tokens,
                        GError **error)
{
  MusterdTokenFeed *feed;

  if (services->store != NULL && !fill (tokens, services->store, error))
    return NULL;
  feed = g_new0 (MusterdTokenFeed, 1);
  feed->engine = services->engine;
  feed->context = g_main_context_ref (context);
  feed->tokens = tokens;
  feed->expiry = musterd_token_expiry_source_new (tokens, services->store);
  g_source_attach (feed->expiry, context);
  musterd_engine_listen (feed->engine, NULL, on_users_changed, feed);
  return feed;
}

void
musterd_token_feed_stop (MusterdTokenFeed *feed)
{
  if (feed->engine != NULL)
    musterd_engine_unlisten (feed->engine, feed);
  feed->engine = NULL;
}

void
musterd_token_feed_free (MusterdTokenFeed *feed)
{
  musterd_token_feed_stop (feed);
  g_source_destroy (feed->expiry);
  g_source_unref (feed->expiry);
  g_main_context_unref (feed->context);
  g_free (feed);
}
