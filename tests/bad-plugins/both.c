/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Not bad at all: a source and a sink at once, the sink with an `open` of its own that can be made to fail. What it
 * shows as a sink must never hold what it claims as a source. */
#include <muster/muster-plugin.h>

typedef struct
{
  MusterContext *ctx;
  GThread       *thread;
} Both;

static gpointer
both_new (MusterContext *ctx)
{
  Both *self = g_new0 (Both, 1);

  self->ctx = ctx;
  self->thread = g_thread_self ();
  return self;
}

static gpointer
both_start (MusterContext *ctx, GError **error G_GNUC_UNUSED)
{
  static const MusterClaim claim = { .struct_size = sizeof claim, .key = "own", .kind = MUSTER_CLAIM_CALL,
                                     .from = MUSTER_NOW, .until = MUSTER_OPEN_ENDED };

  muster_context_claim_put (ctx, "alice@example.com", "own", &claim);
  muster_context_health (ctx, MUSTER_HEALTH_ONLINE, NULL);
  muster_context_log (ctx, MUSTER_LOG_INFO, "start");
  return both_new (ctx);
}

static void
both_users (gpointer data, MusterUser *const *changed G_GNUC_UNUSED, gsize n_changed,
            const char *const *removed G_GNUC_UNUSED, gsize n_removed, gboolean complete)
{
  Both *self = data;

  muster_context_log (self->ctx, MUSTER_LOG_INFO, "users %d %d %d", (int) n_changed, (int) n_removed, complete);
}

static void
both_stop (gpointer data, gint64 deadline G_GNUC_UNUSED)
{
  Both *self = data;
  MusterContext *ctx = self->ctx;

  muster_context_log (ctx, MUSTER_LOG_INFO, "stop %d", self->thread == g_thread_self ());
  g_free (self);
  muster_context_stopped (ctx);
}

static gpointer
both_open (MusterContext *ctx, GError **error)
{
  if (muster_context_get_boolean (ctx, "closed"))
    {
      g_set_error (error, MUSTER_ERROR, MUSTER_ERROR_UNREACHABLE, "opening the door: it is locked");
      return NULL;
    }
  muster_context_log (ctx, MUSTER_LOG_INFO, "open");
  return both_new (ctx);
}

/* Never called: the source has one. */
static void
both_sink_users (gpointer data, MusterUser *const *changed G_GNUC_UNUSED, gsize n_changed G_GNUC_UNUSED,
                 const char *const *removed G_GNUC_UNUSED, gsize n_removed G_GNUC_UNUSED,
                 gboolean complete G_GNUC_UNUSED)
{
  Both *self = data;

  muster_context_log (self->ctx, MUSTER_LOG_WARNING, "users of the sink");
}

static void
both_apply (gpointer data, MusterUser *user, MusterDesired *desired, MusterDelivery delivery)
{
  Both *self = data;

  muster_context_log (self->ctx, MUSTER_LOG_INFO, "apply %s %s %d", muster_user_get_id (user),
                      muster_status_to_string (muster_desired_get_status (desired)),
                      self->thread == g_thread_self ());
  muster_context_delivery_complete (self->ctx, delivery, MUSTER_DELIVERY_APPLIED, NULL, NULL);
}

static void
both_close (gpointer data, gint64 deadline G_GNUC_UNUSED)
{
  Both *self = data;
  MusterContext *ctx = self->ctx;

  muster_context_log (ctx, MUSTER_LOG_INFO, "close");
  g_free (self);
  muster_context_closed (ctx);
}

static const MusterOption options[] = {
  { .name = "closed", .type = MUSTER_OPTION_BOOLEAN, .default_value = "false", .doc = "The sink does not open" },
};
static const MusterSourceOps source_ops
    = { .struct_size = sizeof source_ops, .start = both_start, .users = both_users, .stop = both_stop };
static const MusterSinkOps sink_ops = { .struct_size = sizeof sink_ops, .needs = MUSTER_NEEDS_STATUS,
                                        .open = both_open, .users = both_sink_users, .apply = both_apply,
                                        .close = both_close };

MUSTER_PLUGIN_DEFINE (.id = "both", .version = "1", .license = "LGPL-2.1-or-later",
                      .summary = "Source and sink at once", MUSTER_OPTIONS (options), .source = &source_ops,
                      .sink = &sink_ops)
