/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The secret of an instance: asked from the host, asked again every 30 s while it is missing, and whenever the other
 * side's answer makes it doubtful. */
#pragma once

#include "muster/muster-plugin.h"

G_BEGIN_DECLS

typedef struct _PluginSecret PluginSecret;

typedef void (*PluginSecretFunc) (gpointer user_data);

/* Begins to read. `without` says what cannot be done without it ("deliveries cannot be signed"). `on_changed` is called
 * whenever the value or the problem is another than before. */
PluginSecret *plugin_secret_new  (MusterContext *ctx, const char *secret, const char *without,
                                  PluginSecretFunc on_changed, gpointer user_data);
/* Ends the waiting of everybody who waits; nothing is read any more. */
void          plugin_secret_stop (PluginSecret *key);
/* Only when nothing can answer any more: right before muster_context_closed(). */
void          plugin_secret_free (PluginSecret *key);

const char *plugin_secret_get_value      (PluginSecret *key); /* nullable: not there; see the problem */
const char *plugin_secret_get_problem    (PluginSecret *key); /* nullable; for people */
/* Counts the values there were, to tell whether one is still the same. */
guint       plugin_secret_get_generation (PluginSecret *key);
/* Reads it again, once for all who ask meanwhile; `done` is called once: later, from plugin_secret_stop(), or,
 * where that was before, at once. */
void        plugin_secret_read           (PluginSecret *key, PluginSecretFunc done, gpointer user_data);

G_END_DECLS
