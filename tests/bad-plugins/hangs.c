/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Never returns from one of its operations. */
#include <muster/muster-plugin.h>

#include <unistd.h>

static void
hang_at (MusterContext *ctx, const char *where)
{
  if (!g_str_equal (muster_context_get_string (ctx, "where"), where))
    return;
  muster_context_log (ctx, MUSTER_LOG_INFO, "hanging in %s", where);
  for (;;)
    pause ();
}

static gpointer
hangs_open (MusterContext *ctx, GError **error G_GNUC_UNUSED)
{
  hang_at (ctx, "start");
  muster_context_health (ctx, MUSTER_HEALTH_ONLINE, NULL);
  return ctx;
}

static void
hangs_users (gpointer self, MusterUser *const *changed G_GNUC_UNUSED, gsize n_changed G_GNUC_UNUSED,
             const char *const *removed G_GNUC_UNUSED, gsize n_removed G_GNUC_UNUSED, gboolean complete G_GNUC_UNUSED)
{
  hang_at (self, "users");
}

static void
hangs_apply (gpointer self, MusterUser *user G_GNUC_UNUSED, MusterDesired *desired G_GNUC_UNUSED,
             MusterDelivery delivery)
{
  hang_at (self, "apply");
  muster_context_delivery_complete (self, delivery, MUSTER_DELIVERY_APPLIED, NULL, NULL);
}

/* Here it returns, but its report never ends. */
static void
hangs_test (gpointer self, MusterUser *user G_GNUC_UNUSED, MusterReport *report)
{
  static GSList *unfinished;

  muster_report_add (report, MUSTER_REPORT_OK, "first", "and last");
  if (g_str_equal (muster_context_get_string (self, "where"), "test"))
    unfinished = g_slist_prepend (unfinished, report);
  else
    muster_report_done (report);
}

static void
hangs_close (gpointer self, gint64 deadline G_GNUC_UNUSED)
{
  hang_at (self, "stop");
  muster_context_closed (self);
}

static const MusterOption options[] = {
  { .name = "where", .type = MUSTER_OPTION_CHOICE, .choices = "start|users|apply|stop|test", .default_value = "start",
    .doc = "The operation that never returns" },
};
static const MusterSinkOps ops = { .struct_size = sizeof ops, .needs = MUSTER_NEEDS_STATUS, .open = hangs_open,
                                   .users = hangs_users, .apply = hangs_apply, .test = hangs_test,
                                   .close = hangs_close };

MUSTER_PLUGIN_DEFINE (.id = "hangs", .version = "1", .license = "LGPL-2.1-or-later", .summary = "Hangs for ever",
                      MUSTER_OPTIONS (options), .sink = &ops)
