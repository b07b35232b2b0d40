/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/token-make.h"

#include <string.h>

#include "api/json.h"
#include "api/rfc3339.h"
#include "api/server.h"
#include "api/token-secret.h"
#include "model/error.h"

typedef struct
{
  MusterdToken *token;
  char         *secret;
  char         *redeems; /* nullable */
} Making;

static void
making_free (gpointer data)
{
  Making *making = data;

  g_clear_pointer (&making->token, musterd_token_unref);
  musterd_token_secret_free (making->secret);
  g_free (making->redeems);
  g_free (making);
}

MusterdTokens *
musterd_token_table (MusterdRequest *request)
{
  return musterd_auth_get_tokens (request->server->auth);
}

gboolean
musterd_token_read_label (JsonObject *body, const char **label, GError **error)
{
  const char *text = musterd_body_get_string (body, "label");

  *label = NULL;
  if (text == NULL || *text == '\0')
    return TRUE;
  if (strlen (text) > MUSTERD_TOKEN_LABEL_MAX)
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "member 'label' is longer than %d bytes",
                   MUSTERD_TOKEN_LABEL_MAX);
      return FALSE;
    }
  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    if (g_unichar_iscntrl (g_utf8_get_char (p)))
      {
        g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "member 'label' has a control character");
        return FALSE;
      }
  *label = text;
  return TRUE;
}

gboolean
musterd_token_read_expires (JsonObject *body, MusterdTime now, gint64 usual, MusterdTime latest, MusterdTime *expires,
                            GError **error)
{
  const char *text = musterd_body_get_string (body, "expires");
  g_autofree char *limit = musterd_rfc3339_format (latest);
  MusterdTime wanted = MUSTERD_TIME_NEVER;

  if (text == NULL)
    {
      *expires = MIN (now + usual, latest);
      return TRUE;
    }
  if (!g_str_equal (text, "never") && !musterd_rfc3339_parse (text, &wanted, error))
    {
      g_prefix_error (error, "member 'expires': ");
      return FALSE;
    }
  if (wanted <= now)
    g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "member 'expires' must be in the future");
  else if (wanted > latest)
    g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "member 'expires' must not be after %s here", limit);
  else
    {
      *expires = wanted;
      return TRUE;
    }
  return FALSE;
}

char *
musterd_token_name_maker (const MusterdCaller *caller)
{
  if (caller->user != NULL || caller->os_user != NULL)
    return g_strdup (caller->user != NULL ? caller->user : caller->os_user);
  return caller->token != NULL ? g_strconcat ("token ", caller->token, NULL) : g_strdup ("administrator");
}

static void
run_make (MusterdCall *call, const MusterdApiServices *services, gpointer value)
{
  const Making *making = value;
  const MusterdToken *token = making->token;
  MusterdBatch *batch;

  if (services->store == NULL)
    {
      musterd_call_return (call, g_error_new_literal (MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE,
                                                      "this daemon runs without a store"));
      return;
    }
  if (token->user != NULL && musterd_engine_get_user (services->engine, token->user) == NULL)
    {
      musterd_call_return (call, g_error_new (MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND, "there is no user '%s'",
                                              token->user));
      return;
    }
  batch = musterd_batch_new ();
  if (making->redeems != NULL)
    musterd_batch_remove_token (batch, making->redeems);
  musterd_batch_put_token (batch, making->token);
  musterd_store_write (services->store, batch, TRUE, musterd_call_on_done, call);
}

static void
log_made (const Making *making)
{
  const MusterdToken *token = making->token;
  const char *owner = token->user != NULL ? token->user : "nobody in particular";

  /* When a person comes and goes is not for a log that is kept. */
  if (making->redeems != NULL)
    g_debug ("sign-in link %s redeemed: token %s of %s", making->redeems, token->id, owner);
  else
    g_message ("%s %s made for %s by %s: scope %s", token->kind == MUSTERD_TOKEN_LINK ? "sign-in link" : "token",
               token->id, owner, token->by, musterd_token_scope_to_string (token->scope));
}

/* Nothing came of it: the place is free again, and the link as good as before. */
static void
give_back (MusterdRequest *request, const char *id, const char *redeems)
{
  musterd_tokens_remove (musterd_token_table (request), id);
  if (redeems != NULL)
    musterd_tokens_enable (musterd_token_table (request), redeems, TRUE);
}

static void
on_made (MusterdRequest *request, gpointer value, const GError *error)
{
  const Making *making = value;
  GString *json;

  if (error != NULL)
    {
      give_back (request, making->token->id, making->redeems);
      musterd_request_fail (request, error);
      return;
    }
  if (making->redeems != NULL)
    musterd_tokens_remove (musterd_token_table (request), making->redeems);
  if (!musterd_tokens_enable (musterd_token_table (request), making->token->id, TRUE))
    {
      musterd_request_problem (request, SOUP_STATUS_NOT_FOUND, "the user was removed meanwhile");
      return;
    }
  log_made (making);
  json = g_string_new (NULL);
  musterd_json_token (json, NULL, making->token, making->secret);
  musterd_request_reply (request, SOUP_STATUS_CREATED, json);
}

void
musterd_token_make (MusterdRequest *request, const MusterdTokenOrder *order)
{
  MusterdTokens *tokens = musterd_token_table (request);
  MusterdTime now = g_get_real_time ();
  g_autoptr(GError) error = NULL;
  g_autofree char *id = musterd_token_id_new (&error);
  Making *making = g_new0 (Making, 1);
  guint8 hash[MUSTERD_TOKEN_HASH_SIZE];

  if (id != NULL)
    making->secret = musterd_token_secret_new (order->kind, &error);
  if (making->secret != NULL && musterd_token_secret_hash (making->secret, order->kind, hash))
    {
      making->token = musterd_token_new (id, hash, order->kind, order->scope, order->user, order->label, order->by, now,
                                         order->expires);
      making->redeems = g_strdup (order->redeems);
    }
  if (making->token == NULL || !musterd_tokens_add (tokens, making->token, &error))
    {
      making_free (making);
      musterd_request_fail (request, error);
      return;
    }
  if (order->redeems != NULL)
    musterd_tokens_enable (tokens, order->redeems, FALSE);
  if (!musterd_bridge_call (request->server->bridge, request, run_make, on_made, making, making_free))
    give_back (request, id, order->redeems);
}
