/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sign-in links: a code that is good once and for a short time, and the token it is exchanged for. */
#define G_LOG_DOMAIN "muster-api"

#include "api/routes.h"
#include "api/server.h"
#include "api/token-make.h"
#include "model/error.h"

#define LINK_LIFE (10 * MUSTERD_MINUTE)
#define LINK_LIFE_MAX MUSTERD_DAY
#define SESSION_LIFE (12 * MUSTERD_HOUR)

static gboolean
check_maker (const MusterdCaller *caller, const char *user, MusterdTime expires, GError **error)
{
  if (user == NULL)
    g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID,
                         "member 'user' is missing: who is to be signed in by this link?");
  else if (!caller->admin && !g_str_equal (user, caller->user))
    g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_FORBIDDEN,
                         "only administrators may do this: others make sign-in links for themselves");
  /* A token that ends must not live on in those that come of it. */
  else if (!caller->admin && caller->expires < expires + SESSION_LIFE)
    g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_FORBIDDEN,
                         "your own token ends before what this link signs in: make the link with one that lives "
                         "longer");
  else
    return TRUE;
  return FALSE;
}

void
musterd_sign_in_offer (MusterdRequest *request)
{
  static const MusterdMember members[] = {
    { "user", MUSTERD_MEMBER_STRING, FALSE },
    { "label", MUSTERD_MEMBER_TEXT_OR_NULL, FALSE },
    { "expires", MUSTERD_MEMBER_STRING, FALSE },
  };
  const MusterdCaller *caller = &request->caller;
  g_autoptr(JsonObject) body = musterd_request_parse (request, members, G_N_ELEMENTS (members));
  g_autofree char *by = musterd_token_name_maker (caller);
  g_autoptr(GError) error = NULL;
  MusterdTokenOrder order = { .kind = MUSTERD_TOKEN_LINK, .scope = MUSTERD_SCOPE_USER, .by = by };
  MusterdTime now = g_get_real_time ();

  if (body == NULL)
    return;
  order.user = musterd_body_get_string (body, "user");
  if (order.user == NULL)
    order.user = caller->user;
  if (!musterd_token_read_label (body, &order.label, &error)
      || !musterd_token_read_expires (body, now, LINK_LIFE, now + LINK_LIFE_MAX, &order.expires, &error)
      || !check_maker (caller, order.user, order.expires, &error))
    musterd_request_fail (request, error);
  else
    musterd_token_make (request, &order);
}

void
musterd_sign_in_take (MusterdRequest *request)
{
  static const MusterdMember members[] = { { "code", MUSTERD_MEMBER_STRING, TRUE } };
  g_autoptr(JsonObject) body = musterd_request_parse (request, members, G_N_ELEMENTS (members));
  MusterdTokens *tokens = musterd_token_table (request);
  MusterdTime now = g_get_real_time ();
  const MusterdToken *link = NULL;
  MusterdTokenOrder order = { .kind = MUSTERD_TOKEN_BEARER,
                              .scope = MUSTERD_SCOPE_USER,
                              .expires = now + SESSION_LIFE };

  if (body == NULL)
    return;
  link = musterd_tokens_find (tokens, musterd_body_get_string (body, "code"), MUSTERD_TOKEN_LINK, now);
  if (link == NULL)
    {
      if (musterd_tokens_count_wrong_code (tokens, g_get_monotonic_time ()))
        musterd_request_problem (request, SOUP_STATUS_UNAUTHORIZED,
                                 "this sign-in link is not in force: it is unknown, expired, or was used before; ask "
                                 "for a new one");
      else
        musterd_request_problem (request, 429, "too many sign-in links that are none: try again in a minute");
      return;
    }
  order.user = link->user;
  order.label = link->label;
  order.by = link->by;
  order.redeems = link->id;
  musterd_token_make (request, &order);
}
