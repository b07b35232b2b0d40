/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A source to copy: somebody is in a call while a file exists. */
#include <muster/muster-plugin.h>

#define SET "call"

typedef struct
{
  MusterContext *ctx;
  const char    *user; /* of the options, which live as long as the instance */
  gint64         lease;
  GFile         *file;
  GFileMonitor  *monitor;
  GCancellable  *cancellable; /* of the look under way */
  MusterTimer   *renewal;     /* nullable */
} CallFile;

static void call_file_look (CallFile *self);

static void
on_renewal_due (gpointer data)
{
  call_file_look (data);
}

/* What is true, also when nothing has changed: that is how a lease is renewed. */
static void
call_file_say (CallFile *self, gboolean in_call)
{
  const MusterClaim claim = {
    .struct_size = sizeof claim,
    .key = "file",
    .kind = MUSTER_CLAIM_CALL,
    .from = MUSTER_NOW,
    .until = MUSTER_OPEN_ENDED,
    .lease = self->lease,
    .free_busy = MUSTER_FREE_BUSY_BUSY,
  };

  muster_context_claims_replace (self->ctx, self->user, SET, G_MININT64, G_MAXINT64, &claim, in_call ? 1 : 0);
  muster_context_health (self->ctx, MUSTER_HEALTH_ONLINE, NULL);
  g_clear_pointer (&self->renewal, muster_timer_free);
  self->renewal = muster_context_timer_add (self->ctx, muster_context_now (self->ctx) + self->lease / 3,
                                            on_renewal_due, self);
}

static void
on_looked (GObject *object, GAsyncResult *result, gpointer user_data)
{
  CallFile *self = user_data;
  g_autoptr(GError) error = NULL;
  g_autoptr(GFileInfo) info = g_file_query_info_finish (G_FILE (object), result, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return; /* stopped (self is gone) or overtaken by a later look */
  if (info == NULL && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    {
      /* Not known is not the same as not there: the claim stays until its lease ends. */
      muster_context_health (self->ctx, MUSTER_HEALTH_DEGRADED, error->message);
      return;
    }
  call_file_say (self, info != NULL);
}

static void
call_file_look (CallFile *self)
{
  g_cancellable_cancel (self->cancellable); /* two looks must not end in the wrong order */
  g_clear_object (&self->cancellable);
  self->cancellable = g_cancellable_new ();
  g_file_query_info_async (self->file, G_FILE_ATTRIBUTE_STANDARD_TYPE, G_FILE_QUERY_INFO_NONE, G_PRIORITY_DEFAULT,
                           self->cancellable, on_looked, self);
}

static void
call_file_sync (gpointer data, const char *user)
{
  CallFile *self = data;

  if (user == NULL || g_str_equal (user, self->user))
    call_file_look (self);
}

static void
call_file_test (gpointer data, MusterUser *user, MusterReport *report)
{
  CallFile *self = data;

  (void) user;
  muster_report_add (report, MUSTER_REPORT_OK, "file", "%s is watched", g_file_peek_path (self->file));
  muster_report_done (report);
}

static void
call_file_stop (gpointer data, gint64 deadline)
{
  CallFile *self = data;
  MusterContext *ctx = self->ctx;

  (void) deadline; /* all is done at once */
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->renewal, muster_timer_free);
  g_signal_handlers_disconnect_by_data (self->monitor, self);
  g_clear_object (&self->monitor);
  g_clear_object (&self->file);
  g_free (self);
  muster_context_stopped (ctx);
}

static gpointer
call_file_start (MusterContext *ctx, GError **error)
{
  g_autoptr(GFile) file = g_file_new_for_path (muster_context_get_string (ctx, "path"));
  g_autoptr(GFileMonitor) monitor = g_file_monitor_file (file, G_FILE_MONITOR_NONE, NULL, error);

  if (monitor == NULL)
    {
      g_prefix_error (error, "watching call file: ");
      return NULL;
    }

  CallFile *self = g_new0 (CallFile, 1);
  self->ctx = ctx;
  self->user = muster_context_get_string (ctx, "user");
  self->lease = muster_context_get_duration (ctx, "lease");
  self->file = g_steal_pointer (&file);
  self->monitor = g_steal_pointer (&monitor);
  g_signal_connect_swapped (self->monitor, "changed", G_CALLBACK (call_file_look), self); /* an event says "look" */
  call_file_look (self);                                                                  /* nothing is known yet */
  return self;
}

static const MusterOption options[] = {
  { .name = "user",
    .type = MUSTER_OPTION_STRING,
    .flags = MUSTER_OPTION_REQUIRED,
    .doc = "id of the user the file speaks for" },
  { .name = "path",
    .type = MUSTER_OPTION_PATH,
    .default_value = "/run/muster/in-call",
    .doc = "file that exists during a call" },
  { .name = "lease",
    .type = MUSTER_OPTION_DURATION,
    .default_value = "5min",
    .min = 3 * G_TIME_SPAN_SECOND,
    .max = 12 * G_TIME_SPAN_HOUR,
    .doc = "how long the call stands if this instance falls silent" },
};

static const MusterSourceOps source = {
  .struct_size = sizeof source,
  .kinds = MUSTER_KINDS_CALL,
  .start = call_file_start,
  .sync = call_file_sync,
  .test = call_file_test,
  .stop = call_file_stop,
};

MUSTER_PLUGIN_DEFINE (.id = "call-file", .version = "0.1.0", .license = "LGPL-2.1-or-later",
                      .summary = "In a call while a file exists", MUSTER_OPTIONS (options), .source = &source)
