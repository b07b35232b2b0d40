/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The way of answers back from the writer's thread: each on the context that asked, in order, and what was not
 * collected yet can be called by whoever closes the store. */
#pragma once

#include "store/store.h"

G_BEGIN_DECLS

typedef struct _MusterdAnswers MusterdAnswers; /* of one context; thread-safe */

MusterdAnswers *musterd_answers_new (GMainContext *context);
MusterdAnswers *musterd_answers_ref (MusterdAnswers *answers);
void            musterd_answers_unref (MusterdAnswers *answers);
/* `error` is nullable and copied. */
void            musterd_answers_put (MusterdAnswers *answers, MusterdStoreDone done, gpointer user_data,
                                     const GError *error);
/* Nobody but the caller holds it. */
gboolean        musterd_answers_is_idle (MusterdAnswers *answers);
/* Calls, here and now, what waits; FALSE if nothing did. Nothing comes on the context afterwards. */
gboolean        musterd_answers_drain (MusterdAnswers *answers);

G_END_DECLS
