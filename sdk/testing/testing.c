/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-testing"

#include "testing-private.h"

static const MusterBackend backend = {
  .send = muster_testing_receive,
  .now = muster_testing_clock_now,
  .timer = muster_testing_clock_timer,
};

void
muster_testing_enter (MusterTesting *testing)
{
  g_main_context_push_thread_default (testing->thread);
}

void
muster_testing_leave (MusterTesting *testing)
{
  g_main_context_pop_thread_default (testing->thread);
}

MusterTesting *
muster_testing_new (const MusterPluginDescriptor *descriptor, const char *instance)
{
  g_autofree char *reason = muster_descriptor_check (descriptor);

  if (reason != NULL)
    g_error ("plugin refused: %s", reason);

  MusterTesting *testing = g_new0 (MusterTesting, 1);
  g_mutex_init (&testing->mutex);
  testing->descriptor = descriptor;
  testing->thread = g_main_context_new ();
  testing->options = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  testing->now = MUSTER_TESTING_EPOCH;
  testing->timers = g_ptr_array_new_with_free_func ((GDestroyNotify) g_source_unref);
  testing->messages = g_ptr_array_new_with_free_func ((GDestroyNotify) muster_message_free);
  testing->secrets = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  testing->open = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  testing->ctx = muster_context_new (instance, testing->thread, &backend, testing);
  return testing;
}

MusterContext *
muster_testing_get_context (MusterTesting *testing)
{
  return testing->ctx;
}

static const MusterOption *
find_option (const MusterOption *options, gsize size, gsize n, const char *name)
{
  for (gsize i = 0; i < n; i++)
    if (g_str_equal (muster_option_nth (options, size, i)->name, name))
      return muster_option_nth (options, size, i);
  return NULL;
}

gboolean
muster_testing_set_option (MusterTesting *testing, const char *name, const char *value, GError **error)
{
  const MusterPluginDescriptor *d = testing->descriptor;
  const MusterOption *option = find_option (d->options, d->option_size, d->n_options, name);

  if (option == NULL)
    {
      g_set_error (error, MUSTER_ERROR, MUSTER_ERROR_CONFIG, "setting option: the plugin has no '%s'", name);
      return FALSE;
    }
  if (option->type == MUSTER_OPTION_TABLE)
    {
      MusterTable *table = muster_option_parse_table (option, value, error);

      if (table == NULL)
        return FALSE;
      muster_table_unref (table);
    }
  else
    {
      g_autofree char *canonical = muster_option_check (option, value, error);

      if (canonical == NULL)
        return FALSE;
    }
  g_hash_table_replace (testing->options, g_strdup (name), g_strdup (value));
  return TRUE;
}

static gboolean
deliver_options (MusterTesting *testing, GError **error)
{
  const MusterPluginDescriptor *d = testing->descriptor;

  for (gsize i = 0; i < d->n_options; i++)
    {
      const MusterOption *option = muster_option_nth (d->options, d->option_size, i);
      const char *value = g_hash_table_lookup (testing->options, option->name);

      if (option->type == MUSTER_OPTION_TABLE)
        {
          MusterTable *table = muster_option_parse_table (option, value, NULL);

          muster_context_set_table (testing->ctx, option->name, table);
          muster_table_unref (table);
          continue;
        }

      g_autofree char *canonical = muster_option_check (option, value, NULL);
      if (canonical == NULL && (option->flags & MUSTER_OPTION_REQUIRED) != 0)
        {
          g_set_error (error, MUSTER_ERROR, MUSTER_ERROR_CONFIG, "starting instance: option '%s' is required",
                       option->name);
          return FALSE;
        }
      muster_context_set_option (testing->ctx, option->name, option->type, canonical);
    }
  return TRUE;
}

static gboolean
begin_source (MusterTesting *testing, GError **error)
{
  const MusterSourceOps *ops = testing->descriptor->source;

  if (ops == NULL)
    return TRUE;
  testing->source = ops->start (testing->ctx, error);
  return testing->source != NULL;
}

static gboolean
begin_sink (MusterTesting *testing, GError **error)
{
  const MusterSinkOps *ops = testing->descriptor->sink;

  if (ops == NULL)
    return TRUE;
  testing->sink = MUSTER_OPS_HAS (ops, open) ? ops->open (testing->ctx, error) : testing->source;
  return testing->sink != NULL;
}

gboolean
muster_testing_start (MusterTesting *testing, GError **error)
{
  g_assert_false (testing->running);
  if (!deliver_options (testing, error))
    return FALSE;

  muster_testing_enter (testing);
  const gboolean has_source = begin_source (testing, error);
  const gboolean has_sink = has_source && begin_sink (testing, error);
  muster_testing_leave (testing);

  testing->running = has_source;
  if (has_source && !has_sink)
    muster_testing_stop (testing); /* what stands of it */
  return has_sink;
}

static gboolean
is_over (MusterTesting *testing, gpointer user_data)
{
  const MusterSinkOps *sink = testing->descriptor->sink;
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&testing->mutex);

  (void) user_data;
  return (testing->source == NULL || testing->stopped)
         && (testing->sink == NULL || !MUSTER_OPS_HAS (sink, open) || testing->closed)
         && g_hash_table_size (testing->open) == 0;
}

void
muster_testing_stop (MusterTesting *testing)
{
  const MusterPluginDescriptor *d = testing->descriptor;
  const gint64 deadline = muster_testing_now (testing) + 5 * G_TIME_SPAN_SECOND;

  if (!testing->running)
    return;
  muster_testing_enter (testing);
  if (testing->sink != NULL && MUSTER_OPS_HAS (d->sink, open))
    d->sink->close (testing->sink, deadline);
  if (testing->source != NULL)
    d->source->stop (testing->source, deadline);
  muster_testing_leave (testing);
  muster_testing_run_until (testing, is_over, NULL, "stopped, closed and the answer to every delivery");
  muster_context_close (testing->ctx);
  testing->running = FALSE;
}

void
muster_testing_free (MusterTesting *testing)
{
  muster_testing_stop (testing);
  muster_context_close (testing->ctx);
  /* What GIO cancelled ends in callbacks of its own: they belong to the instance. */
  muster_testing_settle (testing);
  muster_context_unref (testing->ctx);
  g_main_context_unref (testing->thread);
  g_hash_table_unref (testing->options);
  g_hash_table_unref (testing->secrets);
  g_hash_table_unref (testing->open);
  g_ptr_array_unref (testing->timers);
  g_ptr_array_unref (testing->messages);
  g_mutex_clear (&testing->mutex);
  g_free (testing);
}

static void
user_set (MusterUser *user, const MusterOption *option, const char *value)
{
  g_autoptr(GError) error = NULL;

  if (option->type == MUSTER_OPTION_TABLE)
    {
      MusterTable *table = muster_option_parse_table (option, value, &error);

      if (error != NULL)
        g_error ("setting user option '%s': %s", option->name, error->message);
      muster_user_set_table (user, option->name, table);
      muster_table_unref (table);
      return;
    }

  g_autofree char *canonical = muster_option_check (option, value, &error);
  if (error != NULL)
    g_error ("setting user option '%s': %s", option->name, error->message);
  if (canonical != NULL)
    muster_user_set_option (user, option->name, option->type, canonical);
}

MusterUser *
muster_testing_user_new (MusterTesting *testing, const MusterUserData *data)
{
  const MusterPluginDescriptor *d = testing->descriptor;
  MusterUser *user = muster_user_new (data);

  for (gsize i = 0; i < d->n_user_options; i++)
    user_set (user, muster_option_nth (d->user_options, d->user_option_size, i), NULL);
  return user;
}

void
muster_testing_user_set (MusterTesting *testing, MusterUser *user, const char *name, const char *value)
{
  const MusterPluginDescriptor *d = testing->descriptor;
  const MusterOption *option = find_option (d->user_options, d->user_option_size, d->n_user_options, name);

  if (option == NULL)
    g_error ("setting user option: the plugin has no '%s'", name);
  user_set (user, option, value);
}

/* In a plugin with both tables the source's member is the one that counts. */
#define CALL(testing, member, ...)                                                                                    \
  G_STMT_START                                                                                                        \
  {                                                                                                                   \
    const MusterSourceOps *source_ = (testing)->descriptor->source;                                                   \
    const MusterSinkOps *sink_ = (testing)->descriptor->sink;                                                         \
    muster_testing_enter (testing);                                                                                   \
    if (MUSTER_OPS_HAS (source_, member))                                                                             \
      source_->member ((testing)->source, __VA_ARGS__);                                                               \
    else if (MUSTER_OPS_HAS (sink_, member))                                                                          \
      sink_->member ((testing)->sink, __VA_ARGS__);                                                                   \
    else                                                                                                              \
      g_error ("the plugin has no '%s'", #member);                                                                    \
    muster_testing_leave (testing);                                                                                   \
  }                                                                                                                   \
  G_STMT_END

void
muster_testing_users (MusterTesting *testing, MusterUser *const *changed, gsize n_changed, const char *const *removed,
                      gsize n_removed, gboolean complete)
{
  CALL (testing, users, changed, n_changed, removed, n_removed, complete);
}

void
muster_testing_kept (MusterTesting *testing, const char *user, const char *key, GBytes *value)
{
  CALL (testing, kept, user, key, value);
}

void
muster_testing_action_answer (MusterTesting *testing, const char *user, const char *id, const char *answer)
{
  CALL (testing, action_answer, user, id, answer);
}

guint64
muster_testing_test (MusterTesting *testing, MusterUser *user)
{
  const guint64 serial = ++testing->last_serial;

  CALL (testing, test, user, muster_report_new (testing->ctx, serial));
  return serial;
}

void
muster_testing_sync (MusterTesting *testing, const char *user)
{
  if (!MUSTER_OPS_HAS (testing->descriptor->source, sync))
    g_error ("the plugin has no 'sync'");
  muster_testing_enter (testing);
  testing->descriptor->source->sync (testing->source, user);
  muster_testing_leave (testing);
}

MusterDelivery
muster_testing_apply (MusterTesting *testing, MusterUser *user, const MusterDesiredData *data)
{
  const MusterSinkOps *ops = testing->descriptor->sink;
  const MusterDelivery delivery = ++testing->last_serial;

  if (ops == NULL)
    g_error ("the plugin is no sink");

  g_autoptr(MusterDesired) desired = muster_desired_new (data, ops->needs);
  g_mutex_lock (&testing->mutex);
  g_hash_table_add (testing->open, g_memdup2 (&delivery, sizeof delivery));
  g_mutex_unlock (&testing->mutex);
  muster_testing_enter (testing);
  ops->apply (testing->sink, user, desired, delivery);
  muster_testing_leave (testing);
  return delivery;
}

void
muster_testing_drain (MusterTesting *testing)
{
  if (!MUSTER_OPS_HAS (testing->descriptor->sink, drain))
    g_error ("the plugin has no 'drain'");
  muster_testing_enter (testing);
  testing->descriptor->sink->drain (testing->sink);
  muster_testing_leave (testing);
}
