/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "probe.h"

Probe *probe;

static gpointer
probe_begin (MusterContext *ctx, GError **error)
{
  if (muster_context_get_boolean (ctx, "fail"))
    {
      g_set_error_literal (error, MUSTER_ERROR, MUSTER_ERROR_UNREACHABLE, "starting: told to fail");
      return NULL;
    }

  Probe *self = g_new0 (Probe, 1);
  self->ctx = ctx;
  self->calls = g_ptr_array_new_with_free_func (g_free);
  probe = self;
  return self;
}

static void
probe_kept (gpointer data, const char *user, const char *key, GBytes *value)
{
  Probe *self = data;

  g_ptr_array_add (self->calls, g_strdup_printf ("kept %s %s %" G_GSIZE_FORMAT, user != NULL ? user : "-", key,
                                                 g_bytes_get_size (value)));
}

static void
probe_users (gpointer data, MusterUser *const *changed, gsize n_changed, const char *const *removed, gsize n_removed,
             gboolean complete)
{
  Probe *self = data;
  g_autoptr(GString) line = g_string_new ("users");

  for (gsize i = 0; i < n_changed; i++)
    g_string_append_printf (line, " +%s", muster_user_get_id (changed[i]));
  for (gsize i = 0; i < n_removed; i++)
    g_string_append_printf (line, " -%s", removed[i]);
  if (complete)
    g_string_append (line, " complete");
  g_ptr_array_add (self->calls, g_string_free (g_steal_pointer (&line), FALSE));
}

static void
probe_sync (gpointer data, const char *user)
{
  Probe *self = data;

  g_ptr_array_add (self->calls, g_strdup_printf ("sync %s", user != NULL ? user : "all"));
}

static void
probe_action_answer (gpointer data, const char *user, const char *id, const char *answer)
{
  Probe *self = data;

  g_ptr_array_add (self->calls, g_strdup_printf ("answer %s %s %s", user, id, answer));
}

static void
probe_test (gpointer data, MusterUser *user, MusterReport *report)
{
  (void) data;
  muster_report_add (report, MUSTER_REPORT_OK, "reach", "%d hosts", 1);
  muster_report_add (report, MUSTER_REPORT_PROBLEM, "sign-in", "refused for %s", muster_user_get_id (user));
  muster_report_done (report);
}

static void
probe_apply (gpointer data, MusterUser *user, MusterDesired *desired, MusterDelivery delivery)
{
  Probe *self = data;

  g_clear_pointer (&self->user, muster_user_unref);
  g_clear_pointer (&self->desired, muster_desired_unref);
  self->user = muster_user_ref (user);
  self->desired = muster_desired_ref (desired);
  self->delivery = delivery;
}

static void
probe_drain (gpointer data)
{
  Probe *self = data;

  muster_context_drained (self->ctx);
}

static void
probe_stop (gpointer data, gint64 deadline)
{
  Probe *self = data;
  MusterContext *ctx = self->ctx;

  (void) deadline;
  g_clear_pointer (&self->user, muster_user_unref);
  g_clear_pointer (&self->desired, muster_desired_unref);
  g_ptr_array_unref (self->calls);
  g_free (self);
  probe = NULL;
  muster_context_stopped (ctx);
}

static const MusterColumn columns[] = {
  { "program", MUSTER_OPTION_STRING, NULL, "process name" },
  { "active", MUSTER_OPTION_BOOLEAN, "true", "whether it counts" },
  { "hold", MUSTER_OPTION_DURATION, "2s", "how long it must hold" },
};

static const MusterOption options[] = {
  { .name = "fail", .type = MUSTER_OPTION_BOOLEAN, .default_value = "false", .doc = "refuse to start" },
  { .name = "name", .type = MUSTER_OPTION_STRING, .doc = "a name" },
  { .name = "number", .type = MUSTER_OPTION_INTEGER, .default_value = "7", .doc = "a number", .min = 1, .max = 10 },
  { .name = "time", .type = MUSTER_OPTION_DURATION, .default_value = "5min", .doc = "a time" },
  { .name = "words", .type = MUSTER_OPTION_LIST, .default_value = "a;b\\;c", .doc = "words" },
  { .name = "password", .type = MUSTER_OPTION_SECRET, .doc = "a secret" },
  { .name = "programs",
    .type = MUSTER_OPTION_TABLE,
    .default_value = "zoom;teams|false",
    .doc = "programs",
    MUSTER_COLUMNS (columns) },
};

static const MusterOption user_options[] = {
  { .name = "ring", .type = MUSTER_OPTION_DURATION, .default_value = "20s", .doc = "how long it rings" },
  { .name = "loud", .type = MUSTER_OPTION_BOOLEAN, .default_value = "true", .doc = "whether it is loud" },
  { .name = "steps", .type = MUSTER_OPTION_INTEGER, .default_value = "3", .doc = "how many steps" },
  { .name = "colours", .type = MUSTER_OPTION_LIST, .default_value = "red;green", .doc = "which colours" },
  { .name = "apps", .type = MUSTER_OPTION_TABLE, .default_value = "zoom", .doc = "apps", MUSTER_COLUMNS (columns) },
};

static const MusterSourceOps source = {
  .struct_size = sizeof source,
  .start = probe_begin,
  .kept = probe_kept,
  .users = probe_users,
  .sync = probe_sync,
  .action_answer = probe_action_answer,
  .test = probe_test,
  .stop = probe_stop,
};

static const MusterSinkOps sink = {
  .struct_size = sizeof sink,
  .needs = MUSTER_NEEDS_STATUS | MUSTER_NEEDS_TELEPHONY,
  .apply = probe_apply,
  .drain = probe_drain,
};

MUSTER_PLUGIN_DEFINE (.id = "probe", .version = "1", .license = "LGPL-2.1-or-later", .summary = "Remembers",
                      MUSTER_OPTIONS (options), MUSTER_USER_OPTIONS (user_options), .source = &source, .sink = &sink)

const MusterPluginDescriptor *
probe_descriptor (void)
{
  return muster_plugin_1_query ();
}

MusterTesting *
probe_start (void)
{
  g_autoptr(GError) error = NULL;
  MusterTesting *testing = muster_testing_new (probe_descriptor (), "probe:test");

  muster_testing_start (testing, &error);
  g_assert_no_error (error);
  return testing;
}
