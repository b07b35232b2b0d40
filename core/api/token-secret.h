/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The secret half of a token or a sign-in link: 256 bits from the kernel, as text that can stand in a header and in a
 * URL; and the half that may be kept. */
#pragma once

#include "model/token.h"

G_BEGIN_DECLS

/* So that whoever finds one somewhere knows what it is. Followed by 43 characters of base64url. */
#define MUSTERD_TOKEN_PREFIX "muster_"
#define MUSTERD_LINK_PREFIX "muster-once_"

/* Free with musterd_token_secret_free(). NULL with MUSTERD_ERROR_UNAVAILABLE: the kernel gives no random bytes. */
char    *musterd_token_secret_new  (MusterdTokenKind kind, GError **error);
/* NULL does nothing. */
void     musterd_token_secret_free (char *secret);
/* FALSE: not of this kind's form at all. */
gboolean musterd_token_secret_hash (const char *secret, MusterdTokenKind kind, guint8 hash[MUSTERD_TOKEN_HASH_SIZE]);
/* A short name for what may be shown and logged. NULL as above. */
char    *musterd_token_id_new      (GError **error);

G_END_DECLS
