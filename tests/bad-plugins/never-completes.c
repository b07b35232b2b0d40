/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Takes deliveries and never answers them while it runs; `late` says whether it answers after the next start. */
#include <muster/muster-plugin.h>

/* Of the run before: its context, and the deliveries that it still owes. */
static MusterContext *former;
static GArray        *owed;

static gpointer
never_completes_open (MusterContext *ctx, GError **error G_GNUC_UNUSED)
{
  if (owed == NULL)
    owed = g_array_new (FALSE, FALSE, sizeof (MusterDelivery));
  for (guint i = 0; former != NULL && i < owed->len; i++)
    {
      const MusterDelivery delivery = g_array_index (owed, MusterDelivery, i);

      muster_context_delivery_complete (former, delivery, MUSTER_DELIVERY_APPLIED, NULL, NULL);
      if (muster_context_get_boolean (ctx, "late"))
        muster_context_delivery_complete (ctx, delivery, MUSTER_DELIVERY_APPLIED, NULL, NULL);
    }
  g_array_set_size (owed, 0);
  former = ctx;
  muster_context_health (ctx, MUSTER_HEALTH_ONLINE, NULL);
  return ctx;
}

static void
never_completes_apply (gpointer self, MusterUser *user G_GNUC_UNUSED, MusterDesired *desired G_GNUC_UNUSED,
                       MusterDelivery delivery)
{
  g_array_append_val (owed, delivery);
  muster_context_log (self, MUSTER_LOG_INFO, "apply");
}

static void
never_completes_close (gpointer self, gint64 deadline G_GNUC_UNUSED)
{
  muster_context_closed (self);
}

static const MusterOption options[] = {
  { .name = "late", .type = MUSTER_OPTION_BOOLEAN, .default_value = "false",
    .doc = "Answer the deliveries of the run before in the next one's name" },
};
static const MusterSinkOps ops = { .struct_size = sizeof ops, .needs = MUSTER_NEEDS_STATUS,
                                   .deadline = 10 * G_TIME_SPAN_SECOND, .open = never_completes_open,
                                   .apply = never_completes_apply, .close = never_completes_close };

MUSTER_PLUGIN_DEFINE (.id = "never-completes", .version = "1", .license = "LGPL-2.1-or-later",
                      .summary = "Owes its answers", MUSTER_OPTIONS (options), .sink = &ops)
