/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Values of the plugin interface ↔ values of the model. What comes from a plugin is checked here again, as if the
 * library's own checks had not run: they run on the plugin's side. */
#pragma once

#include "dispatch/dispatch.h"
#include "muster/muster-host.h"

G_BEGIN_DECLS

/* A claim of `source` with its lease within bounds; MUSTER_NOW stays what it is, for the engine. The subject of a
 * private entry is dropped. NULL with MUSTERD_ERROR_INVALID, naming the key and what is wrong. */
MusterdClaim  *musterd_convert_claim   (const MusterClaim *claim, const char *source, const char *set,
                                        MusterdTime now, GError **error);
/* `claims` laid out by the stride of the first; GPtrArray of MusterdClaim, or NULL with an error: all or none. */
GPtrArray     *musterd_convert_claims  (const MusterClaim *claims, gsize n_claims, const char *source,
                                        const char *set, MusterdTime now, GError **error);
MusterDesired *musterd_convert_desired (const MusterdPresence *presence, guint64 needs);

/* Not empty, at most `max` bytes of UTF-8 without control characters; `what` names it in the error. */
gboolean musterd_convert_check_id   (const char *value, const char *what, gsize max, GError **error);
/* Nullable; at most `max` bytes of UTF-8. */
gboolean musterd_convert_check_text (const char *value, const char *what, gsize max, GError **error);
gboolean musterd_convert_check_enum (guint value, guint n_values, const char *what, GError **error);

G_END_DECLS
