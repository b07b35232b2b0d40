/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The life of an instance: one run after the other. What is wanted is said by apply and stop; what is, follows. */
#define G_LOG_DOMAIN "muster-host"

#include "host/instance.h"

#define RETRY_FIRST (1 * MUSTERD_SECOND)
#define RETRY_LAST (60 * MUSTERD_SECOND)

static gboolean on_deadline (gpointer data);
static gboolean on_patience_ended (gpointer data);
static gboolean on_retry_due (gpointer data);

static void
clear_source (GSource **source)
{
  if (*source == NULL)
    return;
  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static MusterdLink *
link_new (MusterdInstance *instance)
{
  MusterdLink *link = g_new0 (MusterdLink, 1);

  link->refs = 1;
  link->instance = instance;
  return link;
}

MusterdLink *
musterd_link_ref (MusterdLink *link)
{
  link->refs++;
  return link;
}

void
musterd_link_unref (MusterdLink *link)
{
  if (--link->refs == 0)
    g_free (link);
}

/* Starting. */

/* Everything that can be wrong before any code of the plugin's own runs. */
static MusterdRun *
make_run (MusterdInstance *instance, GError **error)
{
  MusterdHost *host = instance->host;
  const MusterdModule *module = musterd_loader_open (host->loader, instance->config->plugin, error);

  if (module == NULL)
    return NULL;

  /* Made already, and told from one that does not fit only here. */
  g_autoptr(MusterdSelection) selection = musterd_selection_new (instance->config->users, error);
  g_autoptr(MusterdPersons) persons
      = selection != NULL ? musterd_persons_new (instance->config, module->descriptor, error) : NULL;

  if (persons == NULL)
    return NULL;

  const MusterdRunData data = {
    .instance = instance->name,
    .descriptor = module->descriptor,
    .clock = host->services.clock,
    .persons = persons,
    .inbox = host->inbox,
    .func = musterd_instance_on_item,
    .user_data = instance,
  };
  g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  MusterdRun *run = musterd_run_new (&data);

  if (!musterd_instance_config_check (instance->config, module->descriptor, musterd_run_get_context (run), problems))
    {
      musterd_run_free (run);
      g_ptr_array_add (problems, NULL);
      g_autofree char *text = g_strjoinv ("; ", (char **) problems->pdata);

      g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFIG, text);
      return NULL;
    }

  instance->module = module;
  return run;
}

/* What it said before stays, but nobody keeps it true. */
static void
lose (MusterdInstance *instance)
{
  if (!instance->retiring && (instance->module == NULL || musterd_instance_is_source (instance)))
    musterd_engine_source_lost (instance->host->services.engine, instance->name);
}

static void
fail (MusterdInstance *instance, const char *text)
{
  instance->failed = TRUE;
  lose (instance);
  musterd_instance_set_state (instance, MUSTERD_INSTANCE_FAILED, text);
}

static void
forget_health (MusterdInstance *instance)
{
  instance->health_said = FALSE;
  g_clear_pointer (&instance->health_text, g_free);
}

static void
hand_over_start (MusterdInstance *instance)
{
  instance->phase = MUSTERD_PHASE_STARTING;
  instance->n_starts++;
  forget_health (instance);
  if (musterd_instance_is_source (instance) && !instance->retiring)
    musterd_engine_source_begin (instance->host->services.engine, instance->name);
  musterd_outbox_start (musterd_run_get_outbox (instance->run));
}

static void
start (MusterdInstance *instance, gboolean retiring)
{
  g_autoptr(GError) error = NULL;
  MusterdRun *run = make_run (instance, &error);

  /* The thread waits for its work, which is handed over below. */
  if (run == NULL || !musterd_run_begin (run, &error))
    {
      g_clear_pointer (&run, musterd_run_free);
      fail (instance, error->message);
      return;
    }
  instance->run = run;
  instance->link = link_new (instance);
  instance->retiring = retiring;
  instance->early = instance->awaited = 0;
  instance->twice_said = FALSE;
  musterd_instance_forget_said (instance);
  hand_over_start (instance);
  musterd_instance_set_state (instance, MUSTERD_INSTANCE_STARTING, NULL);
}

static gboolean
is_permanent (const GError *error)
{
  return g_error_matches (error, MUSTER_ERROR, MUSTER_ERROR_CONFIG)
         || g_error_matches (error, MUSTER_ERROR, MUSTER_ERROR_NOT_SUPPORTED);
}

/* 1 s doubling to 60 s, a tenth more or less, so that many daemons do not knock at one door together. */
static MusterdTime
next_try (MusterdInstance *instance)
{
  const gint64 wait = MIN (RETRY_LAST, RETRY_FIRST << MIN (instance->attempts, 6));

  instance->attempts++;
  return musterd_clock_now (instance->host->services.clock)
         + (gint64) ((double) wait * g_rand_double_range (instance->host->rand, 0.9, 1.1));
}

static void
arm_retry (MusterdInstance *instance)
{
  clear_source (&instance->retry);
  instance->retry = musterd_host_timer (instance->host, next_try (instance), on_retry_due, instance);
}

static gboolean
on_retry_due (gpointer data)
{
  MusterdInstance *instance = data;

  clear_source (&instance->retry);
  if (instance->phase == MUSTERD_PHASE_WAITING)
    hand_over_start (instance);
  else
    musterd_instance_settle (instance);
  return G_SOURCE_REMOVE;
}

static void
on_start_failed (MusterdInstance *instance, const GError *error, guint started)
{
  g_autofree char *text = NULL;

  /* What was said meanwhile (a source that started well before its sink did not open) is not true any more. */
  forget_health (instance);
  if (is_permanent (error))
    {
      text = g_strdup_printf ("it does not start: %s; it is not tried again until its configuration is changed or "
                              "reloaded",
                              error->message);
      fail (instance, text);
      musterd_instance_stop (instance, instance->host->limits.stop);
      return;
    }
  text = g_strdup_printf ("it does not start: %s; it is tried again", error->message);
  lose (instance);
  if (started == 0)
    {
      instance->phase = MUSTERD_PHASE_WAITING;
      arm_retry (instance);
    }
  else
    {
      /* Half of it runs: that half is ended first, and all of it begins anew. */
      musterd_instance_stop (instance, instance->host->limits.stop);
      arm_retry (instance);
    }
  musterd_instance_set_state (instance, MUSTERD_INSTANCE_OFFLINE, text);
}

static void
on_started (MusterdInstance *instance, const GError *error, guint started)
{
  if (instance->phase != MUSTERD_PHASE_STARTING)
    return; /* stopped meanwhile */
  if (error != NULL)
    {
      on_start_failed (instance, error, started);
      return;
    }
  instance->phase = MUSTERD_PHASE_RUNNING;
  musterd_instance_show (instance);
  musterd_instance_feed (instance);
  if (instance->retiring)
    musterd_instance_drain (instance);
}

/* Stopping. */

static void
set_deadline (MusterdInstance *instance, gint64 timeout)
{
  MusterdHost *host = instance->host;
  const MusterdTime at = musterd_clock_now (host->services.clock) + timeout;

  if (instance->deadline != NULL && instance->stop_at <= at)
    return; /* it has less time already */
  clear_source (&instance->deadline);
  clear_source (&instance->patience);
  instance->stop_at = at;
  instance->deadline = musterd_host_timer (host, at, on_deadline, instance);
  /* Also by real time: a clock that is set back must not hold up the end of the daemon. */
  instance->patience = musterd_host_timeout (host, timeout, on_patience_ended, instance);
}

static void
end_sides (MusterdInstance *instance)
{
  instance->list_due = FALSE;
  instance->feeding = FALSE;
  instance->listed = FALSE;
  musterd_instance_close_sink (instance);
  musterd_instance_end_reports (instance);
  musterd_instance_end_drains (instance, "it is being stopped");
}

void
musterd_instance_stop (MusterdInstance *instance, gint64 timeout)
{
  clear_source (&instance->retry);
  if (instance->phase == MUSTERD_PHASE_IDLE)
    {
      musterd_instance_settle (instance);
      return;
    }
  set_deadline (instance, timeout);
  if (instance->phase == MUSTERD_PHASE_STOPPING || instance->phase == MUSTERD_PHASE_QUITTING)
    return;

  instance->phase = MUSTERD_PHASE_STOPPING;
  if (!instance->failed)
    musterd_instance_set_state (instance, MUSTERD_INSTANCE_STOPPING, NULL);
  end_sides (instance);
  musterd_outbox_stop (musterd_run_get_outbox (instance->run), instance->stop_at);
}

gboolean
musterd_instance_restart (MusterdInstance *instance, const char *why)
{
  if (instance->host->stopping || (instance->want != MUSTERD_WANT_RUN && instance->want != MUSTERD_WANT_DRAIN))
    return FALSE;
  musterd_instance_log (instance, MUSTER_LOG_MESSAGE, "it is started anew: %s", why);
  instance->failed = FALSE;
  instance->attempts = 0;
  musterd_instance_stop (instance, instance->host->limits.stop); /* and what is wanted begins after it */
  return TRUE;
}

static void
quit_if_done (MusterdInstance *instance)
{
  if (instance->awaited != 0)
    return;
  instance->phase = MUSTERD_PHASE_QUITTING;
  musterd_run_quit (instance->run);
}

static void
on_stopping (MusterdInstance *instance, guint started)
{
  if (instance->phase != MUSTERD_PHASE_STOPPING)
    return;
  instance->awaited = started & ~instance->early;
  quit_if_done (instance);
}

static void
on_said_stopped (MusterdInstance *instance, guint part)
{
  if (instance->phase == MUSTERD_PHASE_STOPPING && (instance->awaited & part) != 0)
    {
      instance->awaited &= ~part;
      quit_if_done (instance);
      return;
    }
  instance->early |= part;
  instance->n_refused++;
  musterd_instance_noise (instance, MUSTER_LOG_WARNING, "it said that it had %s without having been asked to",
                          part == MUSTERD_RUN_SOURCE ? "stopped" : "closed");
}

/* The run is over, one way or the other. */
static void
on_over (MusterdInstance *instance)
{
  clear_source (&instance->deadline);
  clear_source (&instance->patience);
  instance->link->instance = NULL;
  g_clear_pointer (&instance->link, musterd_link_unref);
  instance->run = NULL;
  instance->phase = MUSTERD_PHASE_IDLE;
  instance->not_responding = FALSE;
  forget_health (instance);
  musterd_members_reset (&instance->taken, FALSE);
  musterd_index_clear (instance->index);
  if (musterd_instance_is_source (instance) && !instance->retiring)
    {
      /* One that is switched off has nothing to say any more; also what it said while it stopped is not true. */
      if (instance->want == MUSTERD_WANT_RUN)
        musterd_engine_source_lost (instance->host->services.engine, instance->name);
      else
        musterd_engine_source_drop (instance->host->services.engine, instance->name);
    }
  if (instance->retired && instance->want == MUSTERD_WANT_DRAIN)
    instance->want = instance->gone ? MUSTERD_WANT_FORGET : MUSTERD_WANT_NOTHING;
  instance->retiring = instance->retired = FALSE;
  musterd_instance_settle (instance);
}

static void
on_exited (MusterdInstance *instance)
{
  if (instance->phase != MUSTERD_PHASE_QUITTING)
    return;
  musterd_run_retire (instance->run);
  on_over (instance);
}

static void
abandon (MusterdInstance *instance)
{
  instance->abandoned = TRUE;
  instance->host->abandoned = TRUE;
  musterd_instance_log (instance, MUSTER_LOG_WARNING,
                        "it did not stop in time: its thread is left to itself, and what it still says is not heard");
  musterd_run_abandon (instance->run);
  on_over (instance);
}

void
musterd_instance_give_up (MusterdInstance *instance)
{
  clear_source (&instance->retry);
  if (instance->phase != MUSTERD_PHASE_IDLE)
    {
      end_sides (instance);
      abandon (instance);
    }
}

static gboolean
on_deadline (gpointer data)
{
  abandon (data);
  return G_SOURCE_REMOVE;
}

static gboolean
on_patience_ended (gpointer data)
{
  abandon (data);
  return G_SOURCE_REMOVE;
}

/* What is wanted, where nothing runs. */

void
musterd_instance_settle (MusterdInstance *instance)
{
  if (instance->phase != MUSTERD_PHASE_IDLE)
    return;
  if (instance->host->stopping)
    {
      musterd_instance_show_stopped (instance);
      musterd_host_ended (instance->host, instance);
      return;
    }

  switch (instance->want)
    {
    case MUSTERD_WANT_RUN:
      if (!instance->failed && instance->retry == NULL)
        start (instance, FALSE);
      return;
    case MUSTERD_WANT_DRAIN:
      if (!instance->failed && instance->retry == NULL)
        start (instance, TRUE);
      return;
    case MUSTERD_WANT_NOTHING:
      musterd_dispatch_forget (instance->host->services.dispatch, instance->name);
      musterd_instance_set_state (instance, MUSTERD_INSTANCE_DISABLED, NULL);
      return;
    case MUSTERD_WANT_FORGET:
    default:
      musterd_host_ended (instance->host, instance); /* frees it */
      return;
    }
}

void
musterd_instance_on_item (MusterdItem *item, gpointer user_data)
{
  MusterdInstance *instance = user_data;

  switch (item->kind)
    {
    case MUSTERD_ITEM_MESSAGE:
      if (item->message->verb == MUSTER_VERB_STOPPED)
        on_said_stopped (instance, MUSTERD_RUN_SOURCE);
      else if (item->message->verb == MUSTER_VERB_CLOSED)
        on_said_stopped (instance, MUSTERD_RUN_SINK);
      else
        musterd_instance_on_message (instance, item->message);
      return;
    case MUSTERD_ITEM_LOG:
      musterd_instance_noise (instance, item->level, "%s", item->text);
      return;
    case MUSTERD_ITEM_LEFT_OUT:
      musterd_instance_left_out (instance, item->flags);
      return;
    case MUSTERD_ITEM_STARTED:
      on_started (instance, item->error, item->flags);
      return;
    case MUSTERD_ITEM_KEPT:
      musterd_instance_kept_taken (instance);
      return;
    case MUSTERD_ITEM_LISTED:
      musterd_instance_listed (instance);
      return;
    case MUSTERD_ITEM_STOPPING:
      on_stopping (instance, item->flags);
      return;
    case MUSTERD_ITEM_EXITED:
    default:
      on_exited (instance);
      return;
    }
}
