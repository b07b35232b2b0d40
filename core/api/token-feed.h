/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fills the table of tokens from the store, and ends the tokens whose time has come and those of users who are
 * removed. */
#pragma once

#include "api/api.h"
#include "api/tokens.h"

G_BEGIN_DECLS

typedef struct _MusterdTokenFeed MusterdTokenFeed;

/* On the engine's thread, before the api's begins, which runs `context` and has the table from then on. */
MusterdTokenFeed *musterd_token_feed_new  (const MusterdApiServices *services, GMainContext *context,
                                           MusterdTokens *tokens, GError **error);
/* On the engine's thread: says nothing any more. */
void              musterd_token_feed_stop (MusterdTokenFeed *feed);
void              musterd_token_feed_free (MusterdTokenFeed *feed);

G_END_DECLS
