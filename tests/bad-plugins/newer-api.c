/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Written for an API level that this host does not have yet. */
#include <muster/muster-plugin.h>

static gpointer
newer_api_start (MusterContext *ctx, GError **error G_GNUC_UNUSED)
{
  return ctx;
}

static void
newer_api_stop (gpointer self, gint64 deadline G_GNUC_UNUSED)
{
  muster_context_stopped (self);
}

static const MusterSourceOps ops = { .struct_size = sizeof ops, .start = newer_api_start, .stop = newer_api_stop };

MUSTER_PLUGIN_DEFINE (.api_level = 9999, .id = "newer-api", .version = "99", .license = "LGPL-2.1-or-later",
                      .summary = "Of the future", .source = &ops)
