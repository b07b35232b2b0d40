/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-host"

#include "host/host.h"

#include "host/assign.h"

#include <string.h>

#define WATCH_INTERVAL (2 * G_TIME_SPAN_SECOND)

static const MusterdHostLimits default_limits = {
  .busy = 5 * G_TIME_SPAN_SECOND,
  .stop = 5 * G_TIME_SPAN_SECOND,
  .test = 30 * G_TIME_SPAN_SECOND,
  .summary = MUSTERD_LOG_SUMMARY_AFTER,
};

static gboolean on_watch (gpointer data);

/* Helpers for the rest of the room. */

void
musterd_host_later (MusterdHost *host, GSourceFunc func, gpointer data, GDestroyNotify destroy)
{
  g_autoptr(GSource) source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_static_name (source, "muster host answer");
  g_source_set_callback (source, func, data, destroy);
  g_source_attach (source, host->context);
}

typedef struct
{
  MusterdClock *clock;
  GSource      *source; /* not owned: it owns this */
  MusterdTime   at;
  GSourceFunc   func;
  gpointer      data;
} HostTimer;

static void
host_timer_free (gpointer data)
{
  HostTimer *timer = data;

  musterd_clock_unref (timer->clock);
  g_free (timer);
}

/* The clock's source also dispatches when the clock was set. */
static gboolean
on_clock (gpointer data)
{
  HostTimer *timer = data;

  if (musterd_clock_now (timer->clock) >= timer->at)
    return timer->func (timer->data);
  musterd_clock_source_set (timer->source, timer->at);
  return G_SOURCE_CONTINUE;
}

GSource *
musterd_host_timer (MusterdHost *host, MusterdTime at, GSourceFunc func, gpointer data)
{
  GSource *source = musterd_clock_source_new (host->services.clock, at);
  HostTimer *timer = g_new0 (HostTimer, 1);

  timer->clock = musterd_clock_ref (host->services.clock);
  timer->source = source;
  timer->at = at;
  timer->func = func;
  timer->data = data;
  g_source_set_callback (source, on_clock, timer, host_timer_free);
  g_source_attach (source, host->context);
  return source;
}

GSource *
musterd_host_timeout (MusterdHost *host, gint64 interval, GSourceFunc func, gpointer data)
{
  GSource *source = g_timeout_source_new ((guint) MAX (interval / 1000, 1));

  g_source_set_callback (source, func, data, NULL);
  g_source_set_static_name (source, "muster host timeout");
  g_source_attach (source, host->context);
  return source;
}

MusterdHostLink *
musterd_host_link_ref (MusterdHostLink *link)
{
  link->refs++;
  return link;
}

void
musterd_host_link_unref (MusterdHostLink *link)
{
  if (--link->refs == 0)
    g_free (link);
}

const char *
musterd_host_current_instance (void)
{
  return musterd_run_current ();
}

gboolean
musterd_host_current_may_log (void)
{
  return musterd_run_may_log ();
}

/* The host. */

MusterdHost *
musterd_host_new (const MusterdHostServices *services)
{
  MusterdHost *host = g_new0 (MusterdHost, 1);

  host->services = *services;
  host->services.plugin_dir = NULL; /* the loader has it */
  host->context = g_main_context_ref_thread_default ();
  host->loader = musterd_loader_new (services->plugin_dir);
  host->inbox = musterd_inbox_new (host->context);
  host->instances = g_ptr_array_new ();
  host->paused = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  host->followers = g_ptr_array_new ();
  host->declared = g_ptr_array_new ();
  host->limits = default_limits;
  host->rand = g_rand_new ();
  host->link = g_new0 (MusterdHostLink, 1);
  host->link->refs = 1;
  host->link->host = host;
  host->assignments = musterd_assignments_new (host);
  musterd_host_begin_people (host);
  musterd_host_load_paused (host);
  musterd_assign_load (host);
  return host;
}

void
musterd_host_set_limits (MusterdHost *host, const MusterdHostLimits *limits)
{
  host->limits = *limits;
}

static void
clear_watch (MusterdHost *host)
{
  if (host->watch == NULL)
    return;
  g_source_destroy (host->watch);
  g_clear_pointer (&host->watch, g_source_unref);
}

void
musterd_host_free (MusterdHost *host)
{
  if (host == NULL)
    return;

  host->stopping = TRUE;
  clear_watch (host);
  musterd_engine_unlisten (host->services.engine, host);
  for (guint i = 0; i < host->instances->len; i++)
    {
      MusterdInstance *instance = g_ptr_array_index (host->instances, i);

      /* Only where nobody called stop before: nothing is waited for here. */
      musterd_instance_give_up (instance);
      musterd_instance_free (instance);
    }
  host->link->host = NULL;
  musterd_host_link_unref (host->link);
  g_ptr_array_unref (host->instances);
  g_ptr_array_unref (host->followers);
  g_ptr_array_unref (host->declared);
  g_hash_table_unref (host->paused);
  musterd_assignments_free (host->assignments);
  g_hash_table_unref (host->people);
  musterd_inbox_free (host->inbox);
  musterd_loader_free (host->loader);
  g_clear_pointer (&host->config, musterd_config_unref);
  g_rand_free (host->rand);
  g_main_context_unref (host->context);
  g_free (host);
}

MusterdInstance *
musterd_host_find (MusterdHost *host, const char *name)
{
  for (guint i = 0; i < host->instances->len; i++)
    {
      MusterdInstance *instance = g_ptr_array_index (host->instances, i);

      if (g_str_equal (instance->name, name))
        return instance;
    }
  return NULL;
}

MusterdInstance *
musterd_host_require (MusterdHost *host, const char *name, GError **error)
{
  MusterdInstance *instance = musterd_host_find (host, name);
  g_autoptr(GString) names = NULL;
  g_autofree char *shown = NULL;

  if (instance != NULL)
    return instance;
  names = g_string_new (NULL);
  for (guint i = 0; i < host->instances->len && names->len < 1000; i++)
    g_string_append_printf (names, "%s%s", i > 0 ? ", " : "",
                            ((MusterdInstance *) g_ptr_array_index (host->instances, i))->name);
  shown = musterd_error_word (name);
  g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND, "there is no instance \"%s\": %s%s", shown,
               names->len > 0 ? "there are " : "none is configured", names->str);
  return NULL;
}

/* Watching over the threads. */

void
musterd_host_look_at (MusterdInstance *instance)
{
  const gint64 busy = instance->run != NULL ? musterd_run_get_busy (instance->run) : 0;
  const gboolean stuck = busy > instance->host->limits.busy;

  if (stuck == instance->not_responding)
    return;
  instance->not_responding = stuck;
  if (stuck)
    {
      g_autofree char *text = g_strdup_printf ("it does not respond: its thread has been busy for %" G_GINT64_FORMAT
                                               " s", busy / G_USEC_PER_SEC);

      musterd_instance_say (instance, MUSTERD_LOG_THREAD, MUSTER_LOG_WARNING,
                            (MusterdLogFields){ .event = MUSTERD_EVENT_INSTANCE_STUCK }, text);
    }
  else
    musterd_instance_say (instance, MUSTERD_LOG_THREAD, MUSTER_LOG_MESSAGE,
                          (MusterdLogFields){ .event = MUSTERD_EVENT_INSTANCE_RESPONDS }, "it responds again");
}

static gboolean
on_watch (gpointer data)
{
  MusterdHost *host = data;

  for (guint i = 0; i < host->instances->len; i++)
    musterd_host_look_at (g_ptr_array_index (host->instances, i));
  return G_SOURCE_CONTINUE;
}

void
musterd_host_begin_watch (MusterdHost *host)
{
  if (host->watch == NULL && host->instances->len > 0)
    host->watch = musterd_host_timeout (host, MIN (WATCH_INTERVAL, host->limits.busy), on_watch, host);
}

/* The end. */

static gboolean
on_all_stopped (gpointer data)
{
  MusterdHostLink *link = data;
  MusterdHost *host = link->host;
  void (*stopped) (gpointer) = host != NULL ? g_steal_pointer (&host->stopped) : NULL;

  if (stopped != NULL)
    stopped (host->stopped_data);
  return G_SOURCE_REMOVE;
}

static void
tell_if_all_stopped (MusterdHost *host)
{
  for (guint i = 0; i < host->instances->len; i++)
    if (((MusterdInstance *) g_ptr_array_index (host->instances, i))->phase != MUSTERD_PHASE_IDLE)
      return;
  clear_watch (host);
  if (host->stopped != NULL)
    musterd_host_later (host, on_all_stopped, musterd_host_link_ref (host->link),
                        (GDestroyNotify) musterd_host_link_unref);
}

void
musterd_host_ended (MusterdHost *host, MusterdInstance *instance)
{
  if (host->stopping)
    {
      tell_if_all_stopped (host);
      return;
    }
  if (instance->want != MUSTERD_WANT_FORGET)
    return;
  musterd_engine_source_drop (host->services.engine, instance->name);
  musterd_dispatch_forget (host->services.dispatch, instance->name);
  g_ptr_array_remove (host->instances, instance);
  musterd_instance_free (instance);
}

void
musterd_host_stop (MusterdHost *host, gint64 timeout, void (*done) (gpointer user_data), gpointer user_data)
{
  host->stopped = done;
  host->stopped_data = user_data;
  host->stopping = TRUE;
  for (guint i = 0; i < host->instances->len; i++)
    musterd_instance_stop (g_ptr_array_index (host->instances, i), timeout);
  tell_if_all_stopped (host);
}

gboolean
musterd_host_has_abandoned (MusterdHost *host)
{
  return host->abandoned;
}

/* Lists and commands. */

GPtrArray *
musterd_host_list (MusterdHost *host)
{
  GPtrArray *list = g_ptr_array_new_full (host->instances->len, (GDestroyNotify) musterd_instance_info_free);

  for (guint i = 0; i < host->instances->len; i++)
    {
      MusterdInstance *instance = g_ptr_array_index (host->instances, i);

      musterd_host_look_at (instance);
      g_ptr_array_add (list, musterd_instance_get_info (instance));
    }
  return list;
}

static gboolean
check_running (MusterdInstance *instance, GError **error)
{
  if (instance->phase == MUSTERD_PHASE_RUNNING)
    return TRUE;
  g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFLICT, "%s is not running: %s%s%s", instance->name,
               musterd_instance_state_to_string (instance->state), instance->text != NULL ? ": " : "",
               instance->text != NULL ? instance->text : "");
  return FALSE;
}

gboolean
musterd_host_sync (MusterdHost *host, const char *name, const char *user, GError **error)
{
  MusterdInstance *instance = musterd_host_require (host, name, error);

  if (instance == NULL || !check_running (instance, error))
    return FALSE;
  if (user == NULL)
    musterd_assign_ask_all_of (instance);
  else
    {
      const MusterdUser *found = musterd_engine_get_user (host->services.engine, user);

      musterd_assign_ask (host, user);
      if (found == NULL || !musterd_instance_takes (instance, found))
        {
          g_autofree char *shown = musterd_error_word (user);

          g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND,
                       found == NULL ? "there is no user %s" : "%s is not among this instance's users", shown);
          return FALSE;
        }
    }

  const gboolean can_sync = MUSTER_OPS_HAS (instance->module->descriptor->source, sync);

  if (!can_sync && instance->sink == NULL)
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFLICT, "%s has nothing that could be synced now", name);
      return FALSE;
    }
  if (can_sync)
    musterd_outbox_sync (musterd_run_get_outbox (instance->run), user);
  if (instance->sink != NULL)
    musterd_sink_sync (instance->sink, user);
  return TRUE;
}

gboolean
musterd_host_answer (MusterdHost *host, const char *name, const char *user, const char *id, const char *answer,
                     GError **error)
{
  MusterdInstance *instance = musterd_host_require (host, name, error);

  if (instance == NULL || !check_running (instance, error))
    return FALSE;
  if (id == NULL || !musterd_instance_has_action (instance, user, id))
    {
      g_autofree char *shown_id = musterd_error_word (id != NULL ? id : "");
      g_autofree char *shown_user = musterd_error_word (user != NULL ? user : "");

      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND, "%s does not ask for \"%s\"%s%s", name, shown_id,
                   user != NULL ? " of " : "", shown_user);
      return FALSE;
    }
  if (answer == NULL || strlen (answer) > MUSTER_LONG_TEXT_MAX || !g_utf8_validate (answer, -1, NULL))
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "the answer must be at most %d bytes of UTF-8",
                   MUSTER_LONG_TEXT_MAX);
      return FALSE;
    }
  if (!MUSTER_OPS_HAS (instance->module->descriptor->source, action_answer)
      && !MUSTER_OPS_HAS (instance->module->descriptor->sink, action_answer))
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFLICT, "the plugin of %s takes no answers", name);
      return FALSE;
    }
  if (!musterd_outbox_action (musterd_run_get_outbox (instance->run), user, id, answer))
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFLICT, "%s has too many answers to take already", name);
      return FALSE;
    }
  return TRUE;
}
