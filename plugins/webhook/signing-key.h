/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The secret that deliveries are signed with: asked from the host, asked again every 30 s while it is missing, and
 * whenever a receiver's answer makes it doubtful. */
#pragma once

#include "muster/muster-plugin.h"

typedef struct _SigningKey SigningKey;

typedef void (*SigningKeyFunc) (gpointer user_data);

/* Begins to read. `on_changed` is called whenever the value or the problem is another than before. */
SigningKey *signing_key_new  (MusterContext *ctx, const char *secret, SigningKeyFunc on_changed, gpointer user_data);
/* Ends the waiting of everybody who waits; nothing is read any more. */
void        signing_key_stop (SigningKey *key);
/* Only when nothing can answer any more: right before muster_context_closed(). */
void        signing_key_free (SigningKey *key);

const char *signing_key_get_value      (SigningKey *key); /* nullable: not there; see the problem */
const char *signing_key_get_problem    (SigningKey *key); /* nullable; for people */
/* Counts the values there were, to tell whether one is still the same. */
guint       signing_key_get_generation (SigningKey *key);
/* Reads it again, once for all who ask meanwhile; `done` is called once: later, from signing_key_stop(), or,
 * where that was before, at once. */
void        signing_key_read           (SigningKey *key, SigningKeyFunc done, gpointer user_data);
