/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes a token or a sign-in link, whoever asked for it and why: from the secret to the answer that shows it. */
#pragma once

#include "api/request.h"
#include "api/tokens.h"

G_BEGIN_DECLS

#define MUSTERD_TOKEN_LIFE (365 * MUSTERD_DAY)
#define MUSTERD_TOKEN_LIFE_MAX (366 * MUSTERD_DAY) /* of one that no administrator makes */

typedef struct
{
  MusterdTokenKind kind;
  MusterdScope     scope;
  const char      *user;  /* nullable */
  const char      *label; /* nullable */
  const char      *by;
  MusterdTime      expires;
  const char      *redeems; /* nullable: the link that is used up by it */
} MusterdTokenOrder;

/* The table that the request's server keeps. */
MusterdTokens *musterd_token_table     (MusterdRequest *request);
/* Durable, then in force, then answered with 201. */
void           musterd_token_make      (MusterdRequest *request, const MusterdTokenOrder *order);
/* The members "label" and "expires" of a request's body. `usual`: how long where nothing is said; `latest` NEVER: as
 * long as is wanted. MUSTERD_ERROR_INVALID. */
gboolean       musterd_token_read_label   (JsonObject *body, const char **label, GError **error);
gboolean       musterd_token_read_expires (JsonObject *body, MusterdTime now, gint64 usual, MusterdTime latest,
                                           MusterdTime *expires, GError **error);
/* How the maker of a token is named. */
char          *musterd_token_name_maker   (const MusterdCaller *caller);

G_END_DECLS
