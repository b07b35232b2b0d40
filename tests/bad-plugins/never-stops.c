/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Returns from stop() but never says that it has stopped. */
#include <muster/muster-plugin.h>

static gpointer
never_stops_start (MusterContext *ctx, GError **error G_GNUC_UNUSED)
{
  muster_context_health (ctx, MUSTER_HEALTH_ONLINE, NULL);
  return ctx;
}

static void
never_stops_stop (gpointer self, gint64 deadline G_GNUC_UNUSED)
{
  muster_context_log (self, MUSTER_LOG_INFO, "asked to stop");
}

static const MusterSourceOps ops = { .struct_size = sizeof ops, .start = never_stops_start, .stop = never_stops_stop };

MUSTER_PLUGIN_DEFINE (.id = "never-stops", .version = "1", .license = "LGPL-2.1-or-later",
                      .summary = "Does not say that it has stopped", .source = &ops)
