/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Answers each delivery twice, and one that never was. */
#include <muster/muster-plugin.h>

static gpointer
completes_twice_open (MusterContext *ctx, GError **error G_GNUC_UNUSED)
{
  muster_context_health (ctx, MUSTER_HEALTH_ONLINE, NULL);
  return ctx;
}

static void
completes_twice_apply (gpointer self, MusterUser *user G_GNUC_UNUSED, MusterDesired *desired G_GNUC_UNUSED,
                       MusterDelivery delivery)
{
  muster_context_delivery_complete (self, delivery, MUSTER_DELIVERY_APPLIED, NULL, NULL);
  muster_context_delivery_complete (self, delivery, MUSTER_DELIVERY_REFUSED, "changed its mind", NULL);
  muster_context_delivery_complete (self, G_MAXUINT64, MUSTER_DELIVERY_APPLIED, NULL, NULL);
}

static void
completes_twice_close (gpointer self, gint64 deadline G_GNUC_UNUSED)
{
  muster_context_closed (self);
}

static const MusterSinkOps ops = { .struct_size = sizeof ops, .needs = MUSTER_NEEDS_STATUS,
                                   .open = completes_twice_open, .apply = completes_twice_apply,
                                   .close = completes_twice_close };

MUSTER_PLUGIN_DEFINE (.id = "completes-twice", .version = "1", .license = "LGPL-2.1-or-later",
                      .summary = "Answers twice", .sink = &ops)
