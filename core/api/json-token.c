/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/json.h"

void
musterd_json_token (GString *json, const char *name, const MusterdToken *token, const char *secret)
{
  gboolean link = token->kind == MUSTERD_TOKEN_LINK;

  musterd_json_open (json, name, '{');
  musterd_json_string (json, "id", token->id);
  if (secret != NULL)
    musterd_json_string (json, link ? "code" : "token", secret);
  musterd_json_string (json, "kind", link ? "sign-in-link" : "token");
  musterd_json_string (json, "user", token->user);
  musterd_json_string (json, "scope", musterd_token_scope_to_string (token->scope));
  musterd_json_string (json, "label", token->label);
  musterd_json_string (json, "made_by", token->by);
  musterd_json_time (json, "created", token->created);
  musterd_json_time (json, "expires", token->expires);
  musterd_json_close (json, '}');
}
