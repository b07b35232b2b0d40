/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A sink whose outside system is a pipe: for each `apply` it writes when that was. */
#include <muster/muster-plugin.h>

#include <errno.h>
#include <unistd.h>

#include "bench-sink.h"

typedef struct
{
  MusterContext *ctx;
  int            fd;
} Sink;

static gpointer
sink_open (MusterContext *ctx, GError **error G_GNUC_UNUSED)
{
  Sink *self = g_new0 (Sink, 1);

  self->ctx = ctx;
  self->fd = (int) muster_context_get_integer (ctx, "results");
  return self;
}

static void
sink_apply (gpointer data, MusterUser *user G_GNUC_UNUSED, MusterDesired *desired, MusterDelivery delivery)
{
  Sink *self = data;
  BenchApplied applied = { .at = g_get_monotonic_time () };
  const char *text = muster_desired_get_text (desired);

  if (text != NULL)
    applied.stamp = g_ascii_strtoll (text, NULL, 10);
  if (self->fd >= 0 && write (self->fd, &applied, sizeof applied) != sizeof applied)
    muster_context_log (self->ctx, MUSTER_LOG_WARNING, "writing a result: %s", g_strerror (errno));
  muster_context_delivery_complete (self->ctx, delivery, MUSTER_DELIVERY_APPLIED, NULL, NULL);
}

static void
sink_close (gpointer data, gint64 deadline G_GNUC_UNUSED)
{
  Sink *self = data;
  MusterContext *ctx = self->ctx;

  g_free (self);
  muster_context_closed (ctx);
}

static const MusterOption options[] = {
  { .name = "results", .type = MUSTER_OPTION_INTEGER, .default_value = "-1", .min = -1, .max = 1000000,
    .doc = "The descriptor to write to; -1: to none" },
};
static const MusterSinkOps sink_ops = { .struct_size = sizeof sink_ops,
                                        .needs = MUSTER_NEEDS_STATUS | MUSTER_NEEDS_TEXT,
                                        .max_in_flight = 256,
                                        .open = sink_open,
                                        .apply = sink_apply,
                                        .close = sink_close };

MUSTER_PLUGIN_DEFINE (.id = "bench-sink", .version = "1", .license = "LGPL-2.1-or-later",
                      .summary = "Writes down when it was asked", MUSTER_OPTIONS (options), .sink = &sink_ops)
