/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/json.h"
#include "api/routes.h"
#include "api/server.h"
#include "api/token-make.h"
#include "model/error.h"

/* Listing. */

#define PIECE 500

typedef struct
{
  GPtrArray *tokens;
  guint      next;
  gboolean   begun;
} TokenList;

static void
token_list_free (gpointer data)
{
  TokenList *list = data;

  g_ptr_array_unref (list->tokens);
  g_free (list);
}

static GBytes *
next_tokens (gpointer data, GError **error G_GNUC_UNUSED)
{
  TokenList *list = data;
  g_autoptr(GString) json = g_string_new (list->begun ? NULL : "{\"tokens\":[");

  if (list->next > list->tokens->len)
    return NULL;
  for (guint n = 0; n < PIECE && list->next < list->tokens->len; n++, list->next++)
    {
      g_autoptr(GString) one = g_string_new (NULL);

      musterd_json_token (one, NULL, list->tokens->pdata[list->next], NULL);
      g_string_append_printf (json, "%s%s", list->next > 0 ? "," : "", one->str);
    }
  if (list->next == list->tokens->len)
    {
      g_string_append (json, "]}");
      list->next++;
    }
  list->begun = TRUE;
  return g_string_free_to_bytes (g_steal_pointer (&json));
}

void
musterd_token_list (MusterdRequest *request)
{
  const MusterdCaller *caller = &request->caller;
  const char *wanted = musterd_query_get (request->query, "user");
  TokenList *list;

  if (!caller->admin && wanted != NULL && g_strcmp0 (wanted, caller->user) != 0)
    {
      musterd_request_problem (request, SOUP_STATUS_FORBIDDEN, "only this user and administrators may do this");
      return;
    }
  list = g_new0 (TokenList, 1);
  list->tokens = musterd_tokens_list (musterd_token_table (request), caller->admin ? wanted : caller->user,
                                      g_get_real_time ());
  musterd_request_stream (request, "application/json", -1, next_tokens, list, token_list_free);
}

/* Making. */

/* Users make tokens for themselves, and none that may more or longer than they do. */
static gboolean
check_maker (const MusterdCaller *caller, MusterdScope scope, const char *user, GError **error)
{
  if (!caller->admin && (!musterd_token_scope_needs_user (scope) || g_strcmp0 (user, caller->user) != 0))
    {
      g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_FORBIDDEN,
                           "only administrators may do this: others make tokens of the scopes 'user' and 'agent' for "
                           "themselves");
      return FALSE;
    }
  if (user == NULL && musterd_token_scope_needs_user (scope))
    g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID,
                 "member 'user' is missing: a token of the scope '%s' is a user's",
                 musterd_token_scope_to_string (scope));
  else if (user != NULL && !musterd_token_scope_has_user (scope))
    g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID,
                 "a token of the scope '%s' is no user's: leave 'user' out", musterd_token_scope_to_string (scope));
  else
    return TRUE;
  return FALSE;
}

static gboolean
read_scope (JsonObject *body, MusterdScope *scope, GError **error)
{
  const char *name = musterd_body_get_string (body, "scope");

  *scope = MUSTERD_SCOPE_USER;
  if (name == NULL || musterd_token_scope_from_string (name, scope))
    return TRUE;
  g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID,
               "there is no scope '%s': there are user, agent, admin, monitor", name);
  return FALSE;
}

void
musterd_token_create (MusterdRequest *request)
{
  static const MusterdMember members[] = {
    { "user", MUSTERD_MEMBER_TEXT_OR_NULL, FALSE },
    { "scope", MUSTERD_MEMBER_STRING, FALSE },
    { "label", MUSTERD_MEMBER_TEXT_OR_NULL, FALSE },
    { "expires", MUSTERD_MEMBER_STRING, FALSE },
  };
  const MusterdCaller *caller = &request->caller;
  g_autoptr(JsonObject) body = musterd_request_parse (request, members, G_N_ELEMENTS (members));
  g_autofree char *by = musterd_token_name_maker (caller);
  g_autoptr(GError) error = NULL;
  MusterdTokenOrder order = { .kind = MUSTERD_TOKEN_BEARER, .by = by };
  MusterdTime now = g_get_real_time ();

  if (body == NULL)
    return;
  order.user = musterd_body_get_string (body, "user");
  if (!read_scope (body, &order.scope, &error))
    {
      musterd_request_fail (request, error);
      return;
    }
  if (order.user == NULL && musterd_token_scope_needs_user (order.scope))
    order.user = caller->user;
  if (!check_maker (caller, order.scope, order.user, &error) || !musterd_token_read_label (body, &order.label, &error)
      || !musterd_token_read_expires (body, now, MUSTERD_TOKEN_LIFE,
                                      caller->admin ? MUSTERD_TIME_NEVER
                                                    : MIN (now + MUSTERD_TOKEN_LIFE_MAX, caller->expires),
                                      &order.expires, &error))
    musterd_request_fail (request, error);
  else
    musterd_token_make (request, &order);
}

/* Revoking. */

typedef struct
{
  MusterdToken *token;
  char         *by;
} Revocation;

static void
revocation_free (gpointer data)
{
  Revocation *revocation = data;

  musterd_token_unref (revocation->token);
  g_free (revocation->by);
  g_free (revocation);
}

static void
run_revoke (MusterdCall *call, const MusterdApiServices *services, gpointer value)
{
  const Revocation *revocation = value;
  MusterdBatch *batch = musterd_batch_new ();

  musterd_batch_remove_token (batch, revocation->token->id);
  musterd_store_write (services->store, batch, TRUE, musterd_call_on_done, call);
}

static void
on_revoked (MusterdRequest *request, gpointer value, const GError *error)
{
  const Revocation *revocation = value;
  const MusterdToken *token = revocation->token;

  if (error != NULL)
    {
      musterd_request_fail (request, error);
      return;
    }
  g_message ("%s %s of %s revoked by %s: scope %s", token->kind == MUSTERD_TOKEN_LINK ? "sign-in link" : "token",
             token->id, token->user != NULL ? token->user : "nobody in particular", revocation->by,
             musterd_token_scope_to_string (token->scope));
  musterd_tokens_remove (musterd_token_table (request), token->id);
  musterd_request_done (request);
}

void
musterd_token_revoke (MusterdRequest *request)
{
  const MusterdCaller *caller = &request->caller;
  gboolean current = g_str_equal (request->args[0], "current");
  const char *id = current ? caller->token : request->args[0];
  MusterdToken *token = id != NULL ? musterd_tokens_get (musterd_token_table (request), id) : NULL;
  Revocation *revocation;

  if (current && id == NULL)
    {
      musterd_request_problem (request, SOUP_STATUS_NOT_FOUND,
                               "you are known by your account, not by a token: name the token by its id");
      return;
    }
  /* What is somebody else's is not told from what there is not. */
  if (token == NULL || (!caller->admin && g_strcmp0 (token->user, caller->user) != 0))
    {
      g_autofree char *why = g_strdup_printf ("there is no token '%s'", request->args[0]);

      musterd_request_problem (request, SOUP_STATUS_NOT_FOUND, why);
      return;
    }
  revocation = g_new0 (Revocation, 1);
  revocation->token = musterd_token_ref (token);
  revocation->by = musterd_token_name_maker (caller);
  musterd_bridge_call (request->server->bridge, request, run_revoke, on_revoked, revocation, revocation_free);
}
