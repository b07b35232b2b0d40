/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A source that puts claims at a steady pace, each with the moment at which it was put as its text, and says nothing
 * else: what it costs is what the way through the house costs. */
#include <muster/muster-plugin.h>

#include <string.h>

typedef struct
{
  MusterContext *ctx;
  GPtrArray     *users; /* char *: ids */
  GSource       *timer; /* nullable */
  gint64         claims, done;
} Source;

static gboolean
on_time_to_claim (gpointer user_data)
{
  Source *self = user_data;
  const char *user = g_ptr_array_index (self->users, (guint) (self->done % self->users->len));
  char text[32];
  MusterClaim claim = { .struct_size = sizeof claim, .key = "now", .kind = MUSTER_CLAIM_MICROPHONE, .from = MUSTER_NOW,
                        .until = MUSTER_OPEN_ENDED, .text = text };

  g_snprintf (text, sizeof text, "%" G_GINT64_FORMAT, g_get_monotonic_time ());
  muster_context_claim_put (self->ctx, user, "now", &claim);
  return ++self->done < self->claims;
}

static gpointer
source_start (MusterContext *ctx, GError **error G_GNUC_UNUSED)
{
  Source *self = g_new0 (Source, 1);

  self->ctx = ctx;
  self->users = g_ptr_array_new_with_free_func (g_free);
  self->claims = muster_context_get_integer (ctx, "claims");
  muster_context_health (ctx, MUSTER_HEALTH_ONLINE, NULL);
  return self;
}

static void
source_users (gpointer data, MusterUser *const *changed, gsize n_changed,
              const char *const *removed G_GNUC_UNUSED, gsize n_removed G_GNUC_UNUSED, gboolean complete)
{
  Source *self = data;

  if (self->claims == 0)
    return;
  for (gsize i = 0; i < n_changed; i++)
    g_ptr_array_add (self->users, g_strdup (muster_user_get_id (changed[i])));
  if (!complete || self->timer != NULL || self->users->len == 0)
    return;
  /* GLib's own timer: the pace is no business of the host's clock. */
  self->timer = g_timeout_source_new ((guint) muster_context_get_integer (self->ctx, "pace"));
  g_source_set_callback (self->timer, on_time_to_claim, self, NULL);
  g_source_attach (self->timer, g_main_context_get_thread_default ());
}

static void
source_stop (gpointer data, gint64 deadline G_GNUC_UNUSED)
{
  Source *self = data;
  MusterContext *ctx = self->ctx;

  if (self->timer != NULL)
    {
      g_source_destroy (self->timer);
      g_source_unref (self->timer);
    }
  g_ptr_array_unref (self->users);
  g_free (self);
  muster_context_stopped (ctx);
}

static const MusterOption options[] = {
  { .name = "claims", .type = MUSTER_OPTION_INTEGER, .default_value = "0", .min = 0, .max = 10000000,
    .doc = "How many claims to put" },
  { .name = "pace", .type = MUSTER_OPTION_INTEGER, .default_value = "2", .min = 0, .max = 1000,
    .doc = "Milliseconds from one to the next" },
};
static const MusterSourceOps source_ops = { .struct_size = sizeof source_ops,
                                            .start = source_start,
                                            .users = source_users,
                                            .stop = source_stop };

MUSTER_PLUGIN_DEFINE (.id = "bench-source", .version = "1", .license = "LGPL-2.1-or-later",
                      .summary = "Puts claims at a steady pace", MUSTER_OPTIONS (options), .source = &source_ops)
