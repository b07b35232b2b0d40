/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Not bad at all: when it is told to synchronise somebody, it says everything of them that a source can say, each thing
 * with a word of its own ("zq…"), so that a test can look for it wherever it should not be. As a sink it wants
 * everything. */
#include <muster/muster-plugin.h>

typedef struct
{
  MusterContext *ctx;
} Tells;

static gpointer
tells_start (MusterContext *ctx, GError **error G_GNUC_UNUSED)
{
  Tells *self = g_new0 (Tells, 1);

  self->ctx = ctx;
  muster_context_health (ctx, MUSTER_HEALTH_ONLINE, NULL);
  return self;
}

static void
tell_agenda (Tells *self, const char *user, gint64 now)
{
  const MusterClaim claims[] = {
    { .struct_size = sizeof (MusterClaim), .key = "zqkey-private", .kind = MUSTER_CLAIM_APPOINTMENT,
      .from = now - G_TIME_SPAN_MINUTE, .until = now + G_TIME_SPAN_HOUR, .free_busy = MUSTER_FREE_BUSY_BUSY,
      .text = "zqprivate", .link = "https://zqlink.example.com/1", .is_private = TRUE },
    { .struct_size = sizeof (MusterClaim), .key = "zqkey-public", .kind = MUSTER_CLAIM_APPOINTMENT,
      .from = now + G_TIME_SPAN_HOUR, .until = now + 2 * G_TIME_SPAN_HOUR, .free_busy = MUSTER_FREE_BUSY_TENTATIVE,
      .text = "zqsubject", .link = "https://zqlink.example.com/2" },
    { .struct_size = sizeof (MusterClaim), .key = "zqkey-absence", .kind = MUSTER_CLAIM_ABSENCE,
      .from = now - G_TIME_SPAN_MINUTE, .until = now + G_TIME_SPAN_DAY, .greeting_internal = "zqgreeting within",
      .greeting_external = "zqgreeting without" },
  };
  g_autoptr(MusterReplace) replace = muster_context_replace_begin (self->ctx, user, "calendar",
                                                                   now - G_TIME_SPAN_DAY, now + 2 * G_TIME_SPAN_DAY);

  muster_replace_add (replace, claims, G_N_ELEMENTS (claims));
  muster_replace_commit (g_steal_pointer (&replace));
}

static void
tells_sync (gpointer data, const char *user)
{
  Tells *self = data;
  const MusterClaim call = { .struct_size = sizeof call, .key = "zqkey-call", .kind = MUSTER_CLAIM_CALL,
                             .from = MUSTER_NOW, .until = MUSTER_OPEN_ENDED, .text = "zqcall" };
  const MusterClaim microphone = { .struct_size = sizeof microphone, .key = "zqkey-microphone",
                                   .kind = MUSTER_CLAIM_MICROPHONE, .from = MUSTER_NOW, .until = MUSTER_OPEN_ENDED,
                                   .text = "zqprogram" };

  if (user == NULL)
    return;
  tell_agenda (self, user, muster_context_now (self->ctx));
  muster_context_telephony (self->ctx, user, "zqdevice", MUSTER_TELEPHONY_ON_THE_PHONE, "zqlabel", 0);
  muster_context_client (self->ctx, user, "zqclient", MUSTER_CLIENT_ACTIVE, 0, 0);
  muster_context_claim_put (self->ctx, user, "microphone", &microphone);
  muster_context_claim_put (self->ctx, user, "call", &call);
}

static void
tells_apply (gpointer data, MusterUser *user G_GNUC_UNUSED, MusterDesired *desired G_GNUC_UNUSED,
             MusterDelivery delivery)
{
  static const char *const detail[] = { "place", "zqdetail", NULL };
  Tells *self = data;

  muster_context_delivery_complete (self->ctx, delivery, MUSTER_DELIVERY_APPLIED, NULL, detail);
}

static void
tells_stop (gpointer data, gint64 deadline G_GNUC_UNUSED)
{
  Tells *self = data;
  MusterContext *ctx = self->ctx;

  g_free (self);
  muster_context_stopped (ctx);
}

static const MusterSourceOps source_ops
    = { .struct_size = sizeof source_ops, .start = tells_start, .sync = tells_sync, .stop = tells_stop };
static const MusterSinkOps sink_ops
    = { .struct_size = sizeof sink_ops,
        .needs = MUSTER_NEEDS_STATUS | MUSTER_NEEDS_TEXT | MUSTER_NEEDS_TEMPLATE | MUSTER_NEEDS_KIND
                 | MUSTER_NEEDS_FORWARDING | MUSTER_NEEDS_TELEPHONY | MUSTER_NEEDS_LABEL | MUSTER_NEEDS_REACH
                 | MUSTER_NEEDS_TIMES | MUSTER_NEEDS_GREETING,
        .max_in_flight = 1,
        .apply = tells_apply };

MUSTER_PLUGIN_DEFINE (.id = "tells", .version = "1", .license = "LGPL-2.1-or-later",
                      .summary = "Says everything", .source = &source_ops, .sink = &sink_ops)
