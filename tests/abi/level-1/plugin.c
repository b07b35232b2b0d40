/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A plugin as it was compiled for API level 1, against the header beside it. Its binary must load, be accepted and be
 * understood by every later library of this ABI: never change this file. */
#include "muster-plugin.h"

static const MusterClaim claims[] = {
  { .struct_size = sizeof (MusterClaim),
    .key = "a",
    .kind = MUSTER_CLAIM_CALL,
    .until = MUSTER_OPEN_ENDED,
    .lease = 60 * G_TIME_SPAN_SECOND,
    .text = "first",
    .is_private = TRUE },
  { .struct_size = sizeof (MusterClaim),
    .key = "b",
    .kind = MUSTER_CLAIM_APPOINTMENT,
    .from = 5,
    .until = 6,
    .free_busy = MUSTER_FREE_BUSY_OUT_OF_OFFICE,
    .response = MUSTER_RESPONSE_UNANSWERED,
    .text = "second",
    .n_attendees = 3 },
};

static gpointer
start (MusterContext *ctx, GError **error)
{
  (void) error;
  muster_context_claims_replace (ctx, muster_context_get_string (ctx, "user"), "calendar", G_MININT64, G_MAXINT64,
                                 claims, G_N_ELEMENTS (claims));
  muster_context_health (ctx, MUSTER_HEALTH_ONLINE, NULL);
  return ctx;
}

static void
sync_now (gpointer self, const char *user)
{
  muster_context_claim_drop (self, user, "a");
}

static void
stop (gpointer self, gint64 deadline)
{
  (void) deadline;
  muster_context_stopped (self);
}

static void
apply (gpointer self, MusterUser *user, MusterDesired *desired, MusterDelivery delivery)
{
  const char *const detail[] = { muster_user_get_id (user),
                                 muster_status_to_string (muster_desired_get_status (desired)), NULL };

  muster_context_delivery_complete (self, delivery, MUSTER_DELIVERY_APPLIED, NULL, detail);
}

static const MusterColumn columns[] = {
  { "name", MUSTER_OPTION_STRING, NULL, "a name" },
  { "on", MUSTER_OPTION_BOOLEAN, "true", "whether it counts" },
};

static const MusterOption options[] = {
  { .name = "user", .type = MUSTER_OPTION_STRING, .default_value = "alice@example.com", .doc = "a user" },
  { .name = "rows",
    .type = MUSTER_OPTION_TABLE,
    .default_value = "x;y|false",
    .doc = "rows",
    MUSTER_COLUMNS (columns) },
};

static const MusterOption user_options[] = {
  { .name = "ring", .type = MUSTER_OPTION_DURATION, .default_value = "20s", .doc = "how long it rings" },
};

static const MusterSourceOps source = { .struct_size = sizeof source, .start = start, .sync = sync_now, .stop = stop };
static const MusterSinkOps sink = { .struct_size = sizeof sink, .needs = MUSTER_NEEDS_STATUS, .apply = apply };

MUSTER_PLUGIN_DEFINE (.id = "level-1", .version = "1", .license = "LGPL-2.1-or-later",
                      .summary = "Compiled for API level 1", MUSTER_OPTIONS (options),
                      MUSTER_USER_OPTIONS (user_options), .source = &source, .sink = &sink)
