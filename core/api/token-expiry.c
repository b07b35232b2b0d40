/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/token-expiry.h"

#define AT_ONCE 100 /* many of them may have a stream each; others want to be served in between */
/* Tokens end by the wall's clock, which can be set: it is looked at this often. */
#define LOOK_MS 60000

/* The loop asks when to wake each time before it sleeps, so that nobody need tell us of a token that is new. */
typedef struct
{
  GSource        base;
  MusterdTokens *tokens;
  MusterdStore  *store; /* nullable */
} ExpirySource;

static gboolean
expiry_prepare (GSource *source, int *timeout)
{
  MusterdTime next = musterd_tokens_get_next_expiry (((ExpirySource *) source)->tokens);
  MusterdTime now = g_get_real_time ();

  *timeout = -1;
  if (next == MUSTERD_TIME_NEVER)
    return FALSE;
  *timeout = next > now ? (int) MIN ((next - now) / 1000 + 1, LOOK_MS) : 0;
  return next <= now;
}

static gboolean
expiry_check (GSource *source)
{
  return musterd_tokens_get_next_expiry (((ExpirySource *) source)->tokens) <= g_get_real_time ();
}

static gboolean
expiry_dispatch (GSource *source, GSourceFunc callback G_GNUC_UNUSED, gpointer data G_GNUC_UNUSED)
{
  ExpirySource *expiry = (ExpirySource *) source;
  g_autoptr(GPtrArray) ids = musterd_tokens_take_expired (expiry->tokens, g_get_real_time (), AT_ONCE);
  MusterdBatch *batch;

  if (expiry->store == NULL || ids->len == 0)
    return G_SOURCE_CONTINUE;
  batch = musterd_batch_new ();
  for (guint i = 0; i < ids->len; i++)
    musterd_batch_remove_token (batch, ids->pdata[i]);
  /* Should this be lost, the next start does it again. */
  musterd_store_write (expiry->store, batch, FALSE, NULL, NULL);
  return G_SOURCE_CONTINUE;
}

GSource *
musterd_token_expiry_source_new (MusterdTokens *tokens, MusterdStore *store)
{
  static GSourceFuncs funcs = { .prepare = expiry_prepare, .check = expiry_check, .dispatch = expiry_dispatch };
  GSource *source = g_source_new (&funcs, sizeof (ExpirySource));

  ((ExpirySource *) source)->tokens = tokens;
  ((ExpirySource *) source)->store = store;
  g_source_set_static_name (source, "muster-api-token-expiry");
  return source;
}
