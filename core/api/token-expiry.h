/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ends tokens at their time, and not when somebody next asks: what is open with them ends then, too. */
#pragma once

#include "api/tokens.h"
#include "store/store.h"

G_BEGIN_DECLS

/* For the api's context. `store` nullable; both must live until the source is destroyed. */
GSource *musterd_token_expiry_source_new (MusterdTokens *tokens, MusterdStore *store);

G_END_DECLS
