/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Does not start: in each of the ways in which that can happen. */
#include <muster/muster-plugin.h>

static guint n_starts;

static gpointer
start_fails_start (MusterContext *ctx, GError **error)
{
  const char *how = muster_context_get_string (ctx, "how");

  n_starts++;
  muster_context_log (ctx, MUSTER_LOG_INFO, "start %u", n_starts);
  if ((gint64) n_starts > muster_context_get_integer (ctx, "times"))
    {
      muster_context_health (ctx, MUSTER_HEALTH_ONLINE, NULL);
      n_starts = 0;
      return ctx;
    }
  if (g_str_equal (how, "config"))
    g_set_error (error, MUSTER_ERROR, MUSTER_ERROR_CONFIG, "reading options: the moon is not full");
  else if (g_str_equal (how, "not-supported"))
    g_set_error (error, MUSTER_ERROR, MUSTER_ERROR_NOT_SUPPORTED, "looking for a crystal ball: there is none");
  else if (g_str_equal (how, "unreachable"))
    g_set_error (error, MUSTER_ERROR, MUSTER_ERROR_UNREACHABLE, "calling the oracle: nobody answers");
  return NULL;
}

static void
start_fails_stop (gpointer self, gint64 deadline G_GNUC_UNUSED)
{
  muster_context_stopped (self);
}

static const MusterOption options[] = {
  { .name = "how", .type = MUSTER_OPTION_CHOICE, .choices = "config|not-supported|unreachable|silent",
    .default_value = "unreachable", .doc = "The error it fails with" },
  { .name = "times", .type = MUSTER_OPTION_INTEGER, .default_value = "1000000", .min = 0, .max = 1000000,
    .doc = "How many starts fail" },
};
static const MusterSourceOps ops = { .struct_size = sizeof ops, .start = start_fails_start, .stop = start_fails_stop };

MUSTER_PLUGIN_DEFINE (.id = "start-fails", .version = "1", .license = "LGPL-2.1-or-later",
                      .summary = "Does not start", MUSTER_OPTIONS (options), .source = &ops)
