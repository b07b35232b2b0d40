/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-model"

#include "model/token.h"

#include <string.h>

static const char *const scope_names[] = { "none", "user", "agent", "admin", "monitor" };
G_STATIC_ASSERT (G_N_ELEMENTS (scope_names) == MUSTERD_N_TOKEN_SCOPES);

const char *
musterd_token_scope_to_string (MusterdScope value)
{
  return (guint) value < MUSTERD_N_TOKEN_SCOPES ? scope_names[value] : NULL;
}

gboolean
musterd_token_scope_from_string (const char *name, MusterdScope *value)
{
  for (guint i = MUSTERD_SCOPE_USER; name != NULL && i < MUSTERD_N_TOKEN_SCOPES; i++)
    if (g_str_equal (name, scope_names[i]))
      {
        *value = (MusterdScope) i;
        return TRUE;
      }
  return FALSE;
}

gboolean
musterd_token_scope_needs_user (MusterdScope scope)
{
  return scope == MUSTERD_SCOPE_USER || scope == MUSTERD_SCOPE_AGENT;
}

gboolean
musterd_token_scope_has_user (MusterdScope scope)
{
  return musterd_token_scope_needs_user (scope) || scope == MUSTERD_SCOPE_ADMIN;
}

MusterdToken *
musterd_token_new (const char *id, const guint8 hash[MUSTERD_TOKEN_HASH_SIZE], MusterdTokenKind kind,
                   MusterdScope scope, const char *user, const char *label, const char *by, MusterdTime created,
                   MusterdTime expires)
{
  MusterdToken *token = g_atomic_rc_box_new0 (MusterdToken);

  token->id = g_strdup (id);
  memcpy (token->hash, hash, MUSTERD_TOKEN_HASH_SIZE);
  token->kind = kind;
  token->scope = scope;
  token->user = g_strdup (user);
  token->label = g_strdup (label);
  token->by = g_strdup (by);
  token->created = created;
  token->expires = expires;
  return token;
}

MusterdToken *
musterd_token_ref (MusterdToken *token)
{
  return g_atomic_rc_box_acquire (token);
}

static void
token_clear (gpointer data)
{
  MusterdToken *token = data;

  g_free (token->id);
  g_free (token->user);
  g_free (token->label);
  g_free (token->by);
}

void
musterd_token_unref (MusterdToken *token)
{
  g_atomic_rc_box_release_full (token, token_clear);
}
