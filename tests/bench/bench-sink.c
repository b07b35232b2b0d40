/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A sink whose outside system is a pipe: for each `apply` it writes when that was. */
#include <muster/muster-plugin.h>

#include <errno.h>
#include <unistd.h>

#include "bench-sink.h"

typedef struct
{
  MusterContext *ctx;
  int            fd;      /* -1: nobody reads */
  GArray        *applied; /* BenchApplied, not written yet */
  GSource       *writing; /* when there is nothing else to do: it is not to be measured */
} Sink;

static gboolean
on_idle (gpointer user_data)
{
  Sink *self = user_data;
  const char *data = self->applied->data;
  gsize left = self->applied->len * sizeof (BenchApplied);

  while (left > 0)
    {
      gssize n = write (self->fd, data, left);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        {
          muster_context_log (self->ctx, MUSTER_LOG_WARNING, "writing results: %s", g_strerror (errno));
          break;
        }
      data += n;
      left -= (gsize) n;
    }
  g_array_set_size (self->applied, 0);
  g_clear_pointer (&self->writing, g_source_unref);
  return G_SOURCE_REMOVE;
}

static gpointer
sink_open (MusterContext *ctx, GError **error G_GNUC_UNUSED)
{
  Sink *self = g_new0 (Sink, 1);

  self->ctx = ctx;
  self->fd = (int) muster_context_get_integer (ctx, "results");
  self->applied = g_array_new (FALSE, FALSE, sizeof (BenchApplied));
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
  if (self->fd >= 0)
    g_array_append_val (self->applied, applied);
  if (self->fd >= 0 && self->writing == NULL)
    {
      self->writing = g_idle_source_new ();
      g_source_set_callback (self->writing, on_idle, self, NULL);
      g_source_attach (self->writing, g_main_context_get_thread_default ());
    }
  muster_context_delivery_complete (self->ctx, delivery, MUSTER_DELIVERY_APPLIED, NULL, NULL);
}

static void
sink_close (gpointer data, gint64 deadline G_GNUC_UNUSED)
{
  Sink *self = data;
  MusterContext *ctx = self->ctx;

  if (self->writing != NULL)
    {
      g_source_destroy (self->writing);
      g_source_unref (self->writing);
    }
  g_array_unref (self->applied);
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
