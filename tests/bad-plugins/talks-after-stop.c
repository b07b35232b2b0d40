/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Says that it has stopped when nobody asked, and goes on talking after it was stopped: on its own thread, and on one
 * that the host knows nothing of. */
#include <muster/muster-plugin.h>

static const MusterClaim ghost = { .struct_size = sizeof ghost, .key = "ghost", .kind = MUSTER_CLAIM_CALL,
                                   .from = MUSTER_NOW, .until = MUSTER_OPEN_ENDED };

static void
talk (MusterContext *ctx)
{
  muster_context_claim_put (ctx, "alice@example.com", "ghost", &ghost);
  muster_context_health (ctx, MUSTER_HEALTH_DEGRADED, "from the grave");
  muster_context_note (ctx, "ghost", "boo", NULL);
  muster_context_keep (ctx, NULL, "ghost", NULL, MUSTER_DURABLE, NULL, NULL);
  muster_context_stopped (ctx);
  muster_timer_free (muster_context_timer_add (ctx, muster_context_now (ctx), NULL, NULL));
}

static gpointer
ghost_thread (gpointer data)
{
  for (guint i = 0; i < 1000; i++)
    talk (data);
  return NULL;
}

static gpointer
talks_after_stop_start (MusterContext *ctx, GError **error G_GNUC_UNUSED)
{
  muster_context_health (ctx, MUSTER_HEALTH_ONLINE, NULL);
  if (muster_context_get_boolean (ctx, "early"))
    muster_context_stopped (ctx);
  return ctx;
}

static void
talks_after_stop_stop (gpointer self, gint64 deadline G_GNUC_UNUSED)
{
  muster_context_stopped (self);
  talk (self);
  g_thread_unref (g_thread_new ("ghost", ghost_thread, self));
}

static const MusterOption options[] = {
  { .name = "early", .type = MUSTER_OPTION_BOOLEAN, .default_value = "false",
    .doc = "Also say so at the start, unasked" },
};
static const MusterSourceOps ops
    = { .struct_size = sizeof ops, .start = talks_after_stop_start, .stop = talks_after_stop_stop };

MUSTER_PLUGIN_DEFINE (.id = "talks-after-stop", .version = "1", .license = "LGPL-2.1-or-later",
                      .summary = "Talks after it has stopped", MUSTER_OPTIONS (options), .source = &ops)
