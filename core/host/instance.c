/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-host"

#include "host/instance.h"

#include <string.h>

static const char *const state_names[] = {
  "disabled", "starting", "online", "degraded", "offline", "failed", "stopping", "draining",
};
G_STATIC_ASSERT (G_N_ELEMENTS (state_names) == MUSTERD_N_INSTANCE_STATES);

const char *
musterd_instance_state_to_string (MusterdInstanceState state)
{
  return (guint) state < MUSTERD_N_INSTANCE_STATES ? state_names[state] : NULL;
}

MusterdInstance *
musterd_instance_new (MusterdHost *host, const char *name)
{
  MusterdInstance *instance = g_new0 (MusterdInstance, 1);

  instance->host = host;
  instance->name = g_strdup (name);
  instance->want = MUSTERD_WANT_NOTHING;
  instance->state = MUSTERD_INSTANCE_DISABLED;
  instance->since = musterd_clock_now (host->services.clock);
  instance->paused = g_hash_table_contains (host->paused, name);
  musterd_members_init (&instance->taken);
  instance->held = g_array_new (FALSE, FALSE, sizeof (guint64));
  instance->drains = g_ptr_array_new ();
  instance->reports = g_ptr_array_new ();
  instance->index = musterd_index_new ();
  instance->actions = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_action_free);
  instance->notes = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_note_free);
  instance->troubles = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_trouble_free);
  musterd_log_init (&instance->log, g_get_real_time ());
  return instance;
}

static gboolean
is_alarming (MusterdInstanceState state)
{
  return state == MUSTERD_INSTANCE_FAILED || state == MUSTERD_INSTANCE_OFFLINE;
}

static void
sum_up (MusterdInstance *instance)
{
  const MusterdLogStanding standing = {
    .instance = instance->name,
    .state = musterd_instance_state_to_string (instance->state),
    .is_alarming = is_alarming (instance->state),
    .is_stuck = instance->not_responding,
    .n_actions = instance->actions->len,
  };

  musterd_log_summarise (&instance->log, musterd_clock_now (instance->host->services.clock), &standing);
}

void
musterd_instance_free (MusterdInstance *instance)
{
  musterd_instance_end_drains (instance, "the instance is gone");
  musterd_instance_end_followers (instance);
  if (instance->summary != NULL)
    {
      g_source_destroy (instance->summary);
      g_clear_pointer (&instance->summary, g_source_unref);
      sum_up (instance); /* not without a word */
    }
  musterd_members_clear (&instance->taken);
  g_clear_pointer (&instance->last_record, musterd_record_free);
  g_array_unref (instance->held);
  g_ptr_array_unref (instance->drains);
  g_ptr_array_unref (instance->reports);
  musterd_index_free (instance->index);
  g_ptr_array_unref (instance->actions);
  g_ptr_array_unref (instance->notes);
  g_ptr_array_unref (instance->troubles);
  musterd_log_clear (&instance->log);
  g_clear_pointer (&instance->selection, musterd_selection_free);
  g_clear_pointer (&instance->owner, musterd_config_unref);
  g_free (instance->text);
  g_free (instance->health_text);
  g_free (instance->name);
  g_free (instance);
}

void
musterd_instance_set_config (MusterdInstance *instance, MusterdConfig *owner, const MusterdInstanceConfig *config)
{
  MusterdConfig *before = instance->owner;

  instance->owner = musterd_config_ref (owner);
  instance->config = config;
  /* One that does not fit is said at the start. Who takes whom is asked before that. */
  g_clear_pointer (&instance->selection, musterd_selection_free);
  instance->selection = musterd_selection_new (config->users, NULL);
  g_clear_pointer (&before, musterd_config_unref);
}

/* What the instance says. */

static gboolean
on_summary_due (gpointer data)
{
  MusterdInstance *instance = data;

  g_clear_pointer (&instance->summary, g_source_unref);
  sum_up (instance);
  musterd_instance_tell_followers (instance);
  return G_SOURCE_REMOVE;
}

/* Also where no other line follows, so that nothing is left out without a word. */
static void
plan_summary (MusterdInstance *instance)
{
  if (instance->summary == NULL)
    instance->summary
        = musterd_host_timeout (instance->host, instance->host->limits.summary, on_summary_due, instance);
}

void
musterd_instance_say (MusterdInstance *instance, MusterdLogKind kind, MusterLogLevel level, MusterdLogFields fields,
                      const char *text)
{
  fields.instance = instance->name;
  /* A plugin may name anybody; only who is one of ours is worth a field. */
  if (fields.user != NULL && musterd_engine_get_user (instance->host->services.engine, fields.user) == NULL)
    fields.user = NULL;
  if (musterd_log_add (&instance->log, kind, level, musterd_clock_now (instance->host->services.clock), &fields, text))
    musterd_instance_tell_followers (instance);
  else
    plan_summary (instance);
}

void
musterd_instance_left_out (MusterdInstance *instance, guint n)
{
  musterd_log_add_left_out (&instance->log, n);
  plan_summary (instance);
}

void
musterd_instance_log (MusterdInstance *instance, MusterLogLevel level, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_autofree char *text = g_strdup_vprintf (format, args);
  va_end (args);
  musterd_instance_say (instance, MUSTERD_LOG_RARE, level, (MusterdLogFields){ 0 }, text);
}

void
musterd_instance_noise (MusterdInstance *instance, MusterLogLevel level, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_autofree char *text = g_strdup_vprintf (format, args);
  va_end (args);
  musterd_instance_say (instance, MUSTERD_LOG_NOISE, level, (MusterdLogFields){ 0 }, text);
}

static void
log_state (MusterdInstance *instance)
{
  const char *state = musterd_instance_state_to_string (instance->state);
  g_autofree char *text
      = instance->text != NULL ? g_strdup_printf ("%s: %s", state, instance->text) : g_strdup (state);

  const MusterLogLevel level = is_alarming (instance->state) ? MUSTER_LOG_WARNING : MUSTER_LOG_MESSAGE;

  musterd_instance_say (instance, MUSTERD_LOG_STATE, level,
                        (MusterdLogFields){ .event = MUSTERD_EVENT_INSTANCE_STATE, .state = state }, text);
}

void
musterd_instance_set_state (MusterdInstance *instance, MusterdInstanceState state, const char *text)
{
  const gboolean same_state = instance->state == state;
  const gboolean same_text = g_strcmp0 (instance->text, text) == 0;

  if (same_state && same_text)
    return;
  if (!same_state)
    instance->since = musterd_clock_now (instance->host->services.clock);
  instance->state = state;
  if (!same_text)
    {
      char *before = instance->text;

      instance->text = g_strdup (text);
      g_free (before);
    }
  if (!same_state)
    log_state (instance);
  else if (text != NULL)
    musterd_instance_noise (instance, MUSTER_LOG_INFO, "%s: %s", musterd_instance_state_to_string (state), text);
}

static MusterdInstanceState
health_state (const MusterdInstance *instance)
{
  switch (instance->health)
    {
    case MUSTER_HEALTH_ONLINE:
      return MUSTERD_INSTANCE_ONLINE;
    case MUSTER_HEALTH_DEGRADED:
      return MUSTERD_INSTANCE_DEGRADED;
    case MUSTER_HEALTH_OFFLINE:
    default:
      return MUSTERD_INSTANCE_OFFLINE;
    }
}

void
musterd_instance_show (MusterdInstance *instance)
{
  /* What it says within its start counts once that has succeeded. */
  if (instance->phase != MUSTERD_PHASE_RUNNING)
    return;
  if (instance->retiring || instance->draining)
    musterd_instance_set_state (instance, MUSTERD_INSTANCE_DRAINING, instance->health_text);
  else if (instance->health_said)
    musterd_instance_set_state (instance, health_state (instance), instance->health_text);
  else
    musterd_instance_set_state (instance, MUSTERD_INSTANCE_STARTING, "it has not reported its health yet");
}

/* At the end of the daemon, without a word in the log: everybody is stopped then. */
void
musterd_instance_show_stopped (MusterdInstance *instance)
{
  if (instance->failed || instance->state == MUSTERD_INSTANCE_DISABLED)
    return;
  instance->state = instance->abandoned ? MUSTERD_INSTANCE_STOPPING : MUSTERD_INSTANCE_DISABLED;
  g_free (instance->text);
  instance->text = g_strdup (instance->abandoned ? "it did not stop in time" : "the daemon has stopped it");
}

/* What the instance is. */

gboolean
musterd_instance_is_source (const MusterdInstance *instance)
{
  return instance->module != NULL && instance->module->descriptor->source != NULL;
}

gboolean
musterd_instance_is_sink (const MusterdInstance *instance)
{
  return instance->module != NULL && instance->module->descriptor->sink != NULL;
}

gboolean
musterd_instance_takes (const MusterdInstance *instance, const MusterdUser *user)
{
  const MusterdSettings *settings;

  if (instance->selection == NULL || !musterd_selection_takes (instance->selection, user))
    return FALSE;
  settings = musterd_engine_get_settings (instance->host->services.engine, user->id);
  if (settings == NULL)
    return TRUE;
  /* One that is only to give back what it holds does so for all. */
  return settings->in_use && (instance->retiring || musterd_assign_allows (instance, user->id, settings));
}

/* Copies for others. */

static gpointer
copy_action (gconstpointer source, gpointer user_data G_GNUC_UNUSED)
{
  const MusterdAction *action = source;
  MusterdAction *copy = g_new0 (MusterdAction, 1);

  copy->user = g_strdup (action->user);
  copy->id = g_strdup (action->id);
  copy->text = g_strdup (action->text);
  copy->url = g_strdup (action->url);
  copy->code = g_strdup (action->code);
  copy->since = action->since;
  return copy;
}

static gpointer
copy_note (gconstpointer source, gpointer user_data G_GNUC_UNUSED)
{
  const MusterdNote *note = source;
  MusterdNote *copy = g_new0 (MusterdNote, 1);

  copy->topic = g_strdup (note->topic);
  copy->subject = g_strdup (note->subject);
  copy->text = g_strdup (note->text);
  copy->since = note->since;
  copy->last = note->last;
  copy->count = note->count;
  return copy;
}

static gpointer
copy_trouble (gconstpointer source, gpointer user_data G_GNUC_UNUSED)
{
  const MusterdUserTrouble *trouble = source;
  MusterdUserTrouble *copy = g_new0 (MusterdUserTrouble, 1);

  copy->user = g_strdup (trouble->user);
  copy->state = g_strdup (trouble->state);
  copy->text = g_strdup (trouble->text);
  copy->since = trouble->since;
  return copy;
}

static GPtrArray *
copy_all (GPtrArray *array, GCopyFunc copy, GDestroyNotify destroy)
{
  GPtrArray *copies = g_ptr_array_new_full (array->len, destroy);

  for (guint i = 0; i < array->len; i++)
    g_ptr_array_add (copies, copy (g_ptr_array_index (array, i), NULL));
  return copies;
}

static char *
shown_text (MusterdInstance *instance)
{
  const gint64 busy = instance->run != NULL ? musterd_run_get_busy (instance->run) : 0;

  if (instance->not_responding && busy > 0)
    return g_strdup_printf ("does not respond: its thread has been busy for %" G_GINT64_FORMAT " s%s%s",
                            busy / G_USEC_PER_SEC, instance->text != NULL ? "; before: " : "",
                            instance->text != NULL ? instance->text : "");
  return g_strdup (instance->text);
}

MusterdInstanceInfo *
musterd_instance_get_info (MusterdInstance *instance)
{
  MusterdInstanceInfo *info = g_new0 (MusterdInstanceInfo, 1);

  info->name = g_strdup (instance->name);
  info->plugin = g_strdup (instance->config->plugin);
  if (instance->module != NULL)
    {
      info->version = g_strdup (instance->module->descriptor->version);
      info->summary = g_strdup (instance->module->descriptor->summary);
    }
  info->enabled = instance->gone ? MUSTERD_ENABLED_NO : instance->config->enabled;
  info->state = instance->state;
  info->text = shown_text (instance);
  info->since = instance->since;
  info->is_source = musterd_instance_is_source (instance);
  info->is_sink = musterd_instance_is_sink (instance);
  info->paused = instance->paused;
  info->not_responding = instance->not_responding || (instance->run == NULL && instance->abandoned);
  info->n_users = musterd_instance_get_n_users (instance);
  info->n_queued = instance->run != NULL ? musterd_queue_get_length (musterd_run_get_queue (instance->run)) : 0;
  info->n_messages = instance->n_messages;
  info->n_refused = instance->n_refused;
  musterd_dispatch_get_stats (instance->host->services.dispatch, instance->name, &info->sink);
  info->actions = copy_all (instance->actions, copy_action, (GDestroyNotify) musterd_action_free);
  info->notes = copy_all (instance->notes, copy_note, (GDestroyNotify) musterd_note_free);
  info->troubles = copy_all (instance->troubles, copy_trouble, (GDestroyNotify) musterd_trouble_free);
  musterd_assign_add_troubles (instance, info->troubles, MUSTERD_TROUBLES_MAX);
  return info;
}

void
musterd_instance_info_free (MusterdInstanceInfo *info)
{
  if (info == NULL)
    return;
  g_free (info->name);
  g_free (info->plugin);
  g_free (info->version);
  g_free (info->summary);
  g_free (info->text);
  g_ptr_array_unref (info->actions);
  g_ptr_array_unref (info->notes);
  g_ptr_array_unref (info->troubles);
  g_free (info);
}
