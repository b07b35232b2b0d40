/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A sink to copy: the status of each user in a file of its own. */
#include <muster/muster-plugin.h>

#include <string.h>

typedef struct
{
  MusterContext *ctx;
  GFile         *directory;
  GCancellable  *cancellable;
} StatusFile;

/* One call of apply. It knows nothing of the instance, which may be closed when it ends. */
typedef struct
{
  MusterContext *ctx;
  MusterDelivery number;
  GBytes        *bytes; /* GIO takes no copy */
} Delivery;

static void
delivery_free (Delivery *delivery)
{
  g_bytes_unref (delivery->bytes);
  g_free (delivery);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Delivery, delivery_free)

static void
on_replaced (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr(Delivery) delivery = user_data;
  g_autoptr(GError) error = NULL;

  if (g_file_replace_contents_finish (G_FILE (object), result, NULL, &error))
    {
      const char *const detail[] = { "file", g_file_peek_path (G_FILE (object)), NULL };

      muster_context_delivery_complete (delivery->ctx, delivery->number, MUSTER_DELIVERY_APPLIED, NULL, detail);
      return;
    }
  g_prefix_error (&error, "writing status: ");
  /* UNREACHABLE: the host tries again by itself. Only what will never work is REFUSED. */
  muster_context_delivery_complete (delivery->ctx, delivery->number, MUSTER_DELIVERY_UNREACHABLE, error->message,
                                    NULL);
}

static void
status_file_apply (gpointer data, MusterUser *user, MusterDesired *desired, MusterDelivery number)
{
  StatusFile *self = data;
  /* An id may hold a slash; escaped, it cannot leave the directory. */
  g_autofree char *escaped = g_uri_escape_string (muster_user_get_id (user), "@", FALSE);
  g_autofree char *name = g_strconcat (escaped, ".status", NULL);
  g_autoptr(GFile) file = g_file_get_child (self->directory, name);
  g_autofree char *line = g_strconcat (muster_status_to_string (muster_desired_get_status (desired)), "\n", NULL);
  Delivery *delivery = g_new0 (Delivery, 1);

  delivery->ctx = self->ctx;
  delivery->number = number;
  delivery->bytes = g_bytes_new (line, strlen (line));
  g_file_replace_contents_bytes_async (file, delivery->bytes, NULL, FALSE, G_FILE_CREATE_NONE, self->cancellable,
                                       on_replaced, delivery);
}

static void
status_file_close (gpointer data, gint64 deadline)
{
  StatusFile *self = data;
  MusterContext *ctx = self->ctx;

  (void) deadline;
  g_cancellable_cancel (self->cancellable); /* what is under way ends in on_replaced() */
  g_clear_object (&self->cancellable);
  g_clear_object (&self->directory);
  g_free (self);
  muster_context_closed (ctx);
}

static gpointer
status_file_open (MusterContext *ctx, GError **error)
{
  const char *path = muster_context_get_string (ctx, "directory");

  if (!g_file_test (path, G_FILE_TEST_IS_DIR))
    {
      g_set_error (error, MUSTER_ERROR, MUSTER_ERROR_CONFIG, "opening directory %s: it does not exist; create it",
                   path);
      return NULL;
    }

  StatusFile *self = g_new0 (StatusFile, 1);
  self->ctx = ctx;
  self->directory = g_file_new_for_path (path);
  self->cancellable = g_cancellable_new ();
  muster_context_health (ctx, MUSTER_HEALTH_ONLINE, NULL);
  return self;
}

static const MusterOption options[] = {
  { .name = "directory",
    .type = MUSTER_OPTION_PATH,
    .flags = MUSTER_OPTION_REQUIRED,
    .doc = "where a file is kept for each user" },
};

/* No drain: this sink shows something, it takes nothing over that would have to be given back. */
static const MusterSinkOps sink = {
  .struct_size = sizeof sink,
  .needs = MUSTER_NEEDS_STATUS,
  .max_in_flight = 8,
  .deadline = 10 * G_TIME_SPAN_SECOND,
  .open = status_file_open,
  .apply = status_file_apply,
  .close = status_file_close,
};

MUSTER_PLUGIN_DEFINE (.id = "status-file", .version = "0.1.0", .license = "LGPL-2.1-or-later",
                      .summary = "The status of each user in a file", MUSTER_OPTIONS (options), .sink = &sink)
