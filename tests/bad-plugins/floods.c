/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Says one thing two hundred thousand times as fast as it can. */
#include <muster/muster-plugin.h>

static void
put (MusterContext *ctx, const char *user, gint64 i)
{
  g_autofree char *key = g_strdup_printf ("%d", (int) (i % 10));
  const MusterClaim claim = { .struct_size = sizeof claim, .key = key, .kind = MUSTER_CLAIM_CALL, .from = MUSTER_NOW,
                              .until = MUSTER_OPEN_ENDED };

  muster_context_claim_put (ctx, user, "flood", &claim);
}

static void
floods_sync (gpointer self, const char *user)
{
  const gint64 n = muster_context_get_integer (self, "n");
  const char *what = muster_context_get_string (self, "what");

  for (gint64 i = 0; i < n; i++)
    if (g_str_equal (what, "logs"))
      muster_context_log (self, MUSTER_LOG_INFO, "line %d", (int) i);
    else if (g_str_equal (what, "warnings"))
      muster_context_log (self, MUSTER_LOG_WARNING, "line %d", (int) i);
    else if (g_str_equal (what, "past-the-library"))
      g_warning ("line %d", (int) i);
    else if (g_str_equal (what, "health"))
      muster_context_health (self, i % 2 != 0 ? MUSTER_HEALTH_ONLINE : MUSTER_HEALTH_OFFLINE, NULL);
    else
      put (self, user != NULL ? user : "alice@example.com", i);
  if (g_str_equal (what, "health"))
    muster_context_health (self, MUSTER_HEALTH_DEGRADED, "tired");
  muster_context_note (self, "flood", "over", NULL);
}

static gpointer
floods_start (MusterContext *ctx, GError **error G_GNUC_UNUSED)
{
  muster_context_health (ctx, MUSTER_HEALTH_ONLINE, NULL);
  return ctx;
}

static void
floods_stop (gpointer self, gint64 deadline G_GNUC_UNUSED)
{
  muster_context_stopped (self);
}

static const MusterOption options[] = {
  { .name = "n", .type = MUSTER_OPTION_INTEGER, .default_value = "200000", .min = 1, .max = 10000000,
    .doc = "How often" },
  { .name = "what", .type = MUSTER_OPTION_CHOICE, .choices = "claims|logs|warnings|past-the-library|health",
    .default_value = "claims",
    .doc = "What it floods with" },
};
static const MusterSourceOps ops
    = { .struct_size = sizeof ops, .start = floods_start, .sync = floods_sync, .stop = floods_stop };

MUSTER_PLUGIN_DEFINE (.id = "floods", .version = "1", .license = "LGPL-2.1-or-later", .summary = "Floods the core",
                      MUSTER_OPTIONS (options), .source = &ops)
