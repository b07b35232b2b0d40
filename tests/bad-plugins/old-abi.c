/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Built against an ABI that is no more. */
#include <muster/muster-plugin.h>

static gpointer
old_abi_start (MusterContext *ctx, GError **error G_GNUC_UNUSED)
{
  return ctx;
}

static void
old_abi_stop (gpointer self, gint64 deadline G_GNUC_UNUSED)
{
  muster_context_stopped (self);
}

static const MusterSourceOps ops = { .struct_size = sizeof ops, .start = old_abi_start, .stop = old_abi_stop };

MUSTER_PLUGIN_DEFINE (.abi = 0, .id = "old-abi", .version = "0.1", .license = "LGPL-2.1-or-later",
                      .summary = "Of another age", .source = &ops)
