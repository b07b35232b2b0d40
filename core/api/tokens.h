/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The api's own table of tokens and sign-in links: filled before its thread begins, then changed on that thread alone,
 * each time after the store has it. */
#pragma once

#include "model/token.h"

G_BEGIN_DECLS

#define MUSTERD_TOKENS_OF_USER_MAX 50    /* sign-in links among them */
#define MUSTERD_TOKENS_OF_NOBODY_MAX 200 /* of administrators and monitors without a user */
#define MUSTERD_TOKENS_MAX 500000
#define MUSTERD_WRONG_CODES_MAX 100 /* a minute, before whoever tries is told to slow down */

typedef struct _MusterdTokens MusterdTokens;

MusterdTokens *musterd_tokens_new  (void);
void           musterd_tokens_free (MusterdTokens *tokens);
/* Told of each bearer token that ends, by whichever way: what was opened with it ends now. NULL: nobody is told. */
void           musterd_tokens_set_ended (MusterdTokens *tokens, void (*ended) (const char *id, gpointer data),
                                         gpointer data);

/* Takes a place for one that is not in force yet. MUSTERD_ERROR_LIMIT: there are too many; CONFLICT: the id or the
 * secret is there already. */
gboolean      musterd_tokens_add    (MusterdTokens *tokens, MusterdToken *token, GError **error);
/* Brings it into force, or takes it out of force and keeps its place. FALSE: there is none (any more). */
gboolean      musterd_tokens_enable (MusterdTokens *tokens, const char *id, gboolean enable);
/* NULL: none in force. Not owned. */
MusterdToken *musterd_tokens_get    (MusterdTokens *tokens, const char *id);
/* By its secret, which need not be one; NULL, and counted: unknown, not in force, or expired by `now`. Not owned. */
MusterdToken *musterd_tokens_find   (MusterdTokens *tokens, const char *secret, MusterdTokenKind kind, MusterdTime now);
void          musterd_tokens_remove (MusterdTokens *tokens, const char *id);
/* The user is gone, and every token of theirs. */
void          musterd_tokens_remove_user (MusterdTokens *tokens, const char *user);
/* When the first of those in force ends; NEVER: none does. */
MusterdTime   musterd_tokens_get_next_expiry (MusterdTokens *tokens);
/* Removes what has expired, up to `max`; their ids (char *), for the store. */
GPtrArray    *musterd_tokens_take_expired (MusterdTokens *tokens, MusterdTime now, guint max);
/* Those in force (MusterdToken, referenced), the newest first; of `user`, or (NULL) all. */
GPtrArray    *musterd_tokens_list   (MusterdTokens *tokens, const char *user, MusterdTime now);
guint         musterd_tokens_get_n  (MusterdTokens *tokens);
/* How often musterd_tokens_find() has found none. */
guint64       musterd_tokens_get_n_refused (MusterdTokens *tokens);
/* Counts a code that was none. FALSE: there were too many of late (`now`: monotonic). */
gboolean      musterd_tokens_count_wrong_code (MusterdTokens *tokens, gint64 now);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MusterdTokens, musterd_tokens_free)

G_END_DECLS
