/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Its file is called otherwise than the plugin. */
#include <muster/muster-plugin.h>

static gpointer
wrong_id_start (MusterContext *ctx, GError **error G_GNUC_UNUSED)
{
  return ctx;
}

static void
wrong_id_stop (gpointer self, gint64 deadline G_GNUC_UNUSED)
{
  muster_context_stopped (self);
}

static const MusterSourceOps ops = { .struct_size = sizeof ops, .start = wrong_id_start, .stop = wrong_id_stop };

MUSTER_PLUGIN_DEFINE (.id = "somebody-else", .version = "1", .license = "LGPL-2.1-or-later",
                      .summary = "Under a false name", .source = &ops)
