/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Speaks of people whom nobody knows, and says what cannot be. */
#include <muster/muster-plugin.h>

static void
put (MusterContext *ctx, const char *user, int kind, gint64 from, gint64 until, const char *key)
{
  const MusterClaim claim = { .struct_size = sizeof claim, .key = key, .kind = (MusterClaimKind) kind, .from = from,
                              .until = until };

  muster_context_claim_put (ctx, user, "nonsense", &claim);
}

static gpointer
talks_nonsense_start (MusterContext *ctx, GError **error G_GNUC_UNUSED)
{
  put (ctx, "nobody@example.com", MUSTER_CLAIM_CALL, MUSTER_NOW, MUSTER_OPEN_ENDED, "unknown-user");
  put (ctx, "alice@example.com", 99, MUSTER_NOW, MUSTER_OPEN_ENDED, "kind");
  put (ctx, "alice@example.com", MUSTER_CLAIM_APPOINTMENT, 20, 10, "backwards");
  put (ctx, "alice@example.com", MUSTER_CLAIM_APPOINTMENT, G_MININT64, G_MININT64 + 1, "before-time");
  put (ctx, "alice@example.com", MUSTER_CLAIM_CALL, MUSTER_NOW, MUSTER_OPEN_ENDED, "");
  put (ctx, "alice@example.com", MUSTER_CLAIM_CALL, MUSTER_NOW, MUSTER_OPEN_ENDED, "\xff\xfe");
  muster_context_telephony (ctx, "nobody@example.com", "phone", MUSTER_TELEPHONY_IDLE, NULL, 0);
  muster_context_telephony (ctx, "alice@example.com", "phone", (MusterTelephony) 77, NULL, 0);
  muster_context_client (ctx, "alice@example.com", "pc", (MusterClientState) -1, 0, 0);
  muster_context_health (ctx, (MusterHealth) 5, "of the fifth kind");
  muster_context_health (ctx, MUSTER_HEALTH_ONLINE, NULL);
  return ctx;
}

static void
talks_nonsense_stop (gpointer self, gint64 deadline G_GNUC_UNUSED)
{
  muster_context_stopped (self);
}

static const MusterSourceOps ops
    = { .struct_size = sizeof ops, .start = talks_nonsense_start, .stop = talks_nonsense_stop };

MUSTER_PLUGIN_DEFINE (.id = "talks-nonsense", .version = "1", .license = "LGPL-2.1-or-later",
                      .summary = "Talks nonsense", .source = &ops)
