/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Blocks its thread for a while, which no plugin should. */
#include <muster/muster-plugin.h>

static gpointer
blocks_start (MusterContext *ctx, GError **error G_GNUC_UNUSED)
{
  g_usleep ((gulong) muster_context_get_duration (ctx, "time"));
  muster_context_health (ctx, MUSTER_HEALTH_ONLINE, NULL);
  return ctx;
}

static void
blocks_stop (gpointer self, gint64 deadline G_GNUC_UNUSED)
{
  muster_context_stopped (self);
}

static const MusterOption options[] = {
  { .name = "time", .type = MUSTER_OPTION_DURATION, .default_value = "100ms", .doc = "How long start() blocks" },
};
static const MusterSourceOps ops = { .struct_size = sizeof ops, .start = blocks_start, .stop = blocks_stop };

MUSTER_PLUGIN_DEFINE (.id = "blocks", .version = "1", .license = "LGPL-2.1-or-later",
                      .summary = "Blocks while it starts", MUSTER_OPTIONS (options), .source = &ops)
