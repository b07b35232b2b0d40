/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-host"

#include "host/run.h"

#include "host/alarm.h"
#include "host/calls.h"
#include "host/greeting.h"
#include "model/bucket.h"

#define THREAD_NAME_MAX 15
/* Ended runs that are kept: a late answer or a timer freed late must still find its context. */
#define RETIRED_MAX 128
#define SLOW_LOG_INTERVAL G_TIME_SPAN_MINUTE

struct _MusterdRun
{
  MusterdCalls    calls;
  MusterContext  *ctx;
  GMainContext   *context;
  MusterdQueue   *queue;
  MusterdOutbox  *outbox;
  GSource        *source; /* of the outbox, on the context */
  MusterdClock   *clock;
  MusterdAlarm   *alarm;
  MusterdPersons *persons;
  char           *name;
  GThread        *thread; /* nullable: not begun, or joined */
  gint            quit;      /* atomic */
  gint            away_since; /* atomic: ms of the monotonic clock, never 0 while away; 0: in poll */

  /* The instance's thread only. */
  gint64          left_poll;
  gint64          slow_logged; /* monotonic; 0: never */
  guint           n_slow;      /* since then */
  MusterdBucket   log;         /* of what goes past the library into the daemon's log */
};

typedef struct
{
  GSource     base;
  MusterdRun *run;
} WorkSource;

static GPrivate current_run;

/* Retired runs, oldest first, and those given up, which are never freed: their thread may come back at any time. Both
 * are the engine's thread's only. */
static GQueue retired = G_QUEUE_INIT;
static GQueue abandoned = G_QUEUE_INIT;

const char *
musterd_run_current (void)
{
  const MusterdRun *run = g_private_get (&current_run);

  return run != NULL ? run->name : NULL;
}

gboolean
musterd_run_may_log (void)
{
  MusterdRun *run = g_private_get (&current_run);

  if (run == NULL || musterd_bucket_take (&run->log, g_get_monotonic_time (), MUSTERD_LOG_BURST, G_TIME_SPAN_SECOND))
    return TRUE;
  musterd_queue_leave_out (run->queue);
  return FALSE;
}

/* The backend: what the library asks of us, on any thread. */

static void
backend_send (gpointer data, MusterMessage *message)
{
  MusterdRun *run = data;

  musterd_greeting_reduce (message);
  musterd_queue_send (run->queue, message);
}

static gint64
backend_now (gpointer data)
{
  MusterdRun *run = data;

  return musterd_clock_now (run->clock);
}

static GSource *
backend_timer (gpointer data, gint64 at)
{
  MusterdRun *run = data;

  return musterd_alarm_timer_new (run->alarm, at);
}

static const MusterBackend backend = { .send = backend_send, .now = backend_now, .timer = backend_timer };

/* Watching over the thread. */

static gint
monotonic_ms (void)
{
  const gint ms = (gint) (guint32) (g_get_monotonic_time () / 1000);

  return ms != 0 ? ms : 1;
}

gint64
musterd_run_get_busy (MusterdRun *run)
{
  const gint since = g_atomic_int_get (&run->away_since);

  if (since == 0)
    return 0;
  /* Unsigned, so that the wrap-around after 49 days does no harm. */
  return (gint64) ((guint32) monotonic_ms () - (guint32) since) * 1000;
}

static void
report_slow (MusterdRun *run, gint64 now, gint64 away)
{
  run->n_slow++;
  if (run->slow_logged != 0 && now - run->slow_logged < SLOW_LOG_INTERVAL)
    return;

  const char *what = run->calls.last != NULL ? run->calls.last : "a callback of its own";
  const MusterdItem item = {
    .kind = MUSTERD_ITEM_LOG,
    .level = MUSTER_LOG_WARNING,
    .text = run->n_slow > 1
                ? g_strdup_printf ("the plugin kept its thread busy for %" G_GINT64_FORMAT
                                   " ms (%s), and %u times since it was last said",
                                   away / 1000, what, run->n_slow - 1)
                : g_strdup_printf ("the plugin kept its thread busy for %" G_GINT64_FORMAT
                                   " ms (%s): it must not block",
                                   away / 1000, what),
  };

  run->slow_logged = now;
  run->n_slow = 0;
  musterd_queue_post (run->queue, &item);
}

/* Everything that is not poll is work: of the plugin's sources and of our calls alike. */
static gint
poll_watched (GPollFD *fds, guint n_fds, gint timeout)
{
  MusterdRun *run = g_private_get (&current_run);

  if (run == NULL)
    return g_poll (fds, n_fds, timeout);

  const gint64 before = g_get_monotonic_time ();
  const gint64 away = before - run->left_poll;

  g_atomic_int_set (&run->away_since, 0);
  if (away > MUSTERD_SLOW)
    report_slow (run, before, away);
  run->calls.last = NULL;

  const gint n = g_poll (fds, n_fds, timeout);

  run->left_poll = g_get_monotonic_time ();
  g_atomic_int_set (&run->away_since, monotonic_ms ());
  return n;
}

/* The thread. */

static gboolean
work_dispatch (GSource *source, GSourceFunc callback G_GNUC_UNUSED, gpointer user_data G_GNUC_UNUSED)
{
  MusterdRun *run = ((WorkSource *) source)->run;
  g_auto(MusterdWork) work = { .kind = MUSTERD_WORK_NONE };

  if (musterd_outbox_take (run->outbox, &work))
    musterd_calls_do (&run->calls, &work);
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs work_funcs = { .dispatch = work_dispatch };

static gpointer
run_thread (gpointer data)
{
  MusterdRun *run = data;
  const MusterdItem exited = { .kind = MUSTERD_ITEM_EXITED };

  g_private_set (&current_run, run);
  g_main_context_push_thread_default (run->context);
  run->left_poll = g_get_monotonic_time ();
  g_atomic_int_set (&run->away_since, monotonic_ms ());
  while (!g_atomic_int_get (&run->quit))
    g_main_context_iteration (run->context, TRUE);
  g_atomic_int_set (&run->away_since, 0);
  g_main_context_pop_thread_default (run->context);
  g_private_set (&current_run, NULL);

  musterd_queue_post (run->queue, &exited);
  return NULL;
}

/* The engine's side. */

MusterdRun *
musterd_run_new (const MusterdRunData *data)
{
  MusterdRun *run = g_new0 (MusterdRun, 1);

  run->name = g_strdup (data->instance);
  run->clock = musterd_clock_ref (data->clock);
  run->persons = musterd_persons_ref (data->persons);
  run->context = g_main_context_new ();
  g_main_context_set_poll_func (run->context, poll_watched);
  run->alarm = musterd_alarm_new (run->clock, run->context);
  run->queue = musterd_queue_new (data->inbox, data->func, data->user_data);
  run->ctx = muster_context_new (run->name, run->context, &backend, run);

  run->source = g_source_new (&work_funcs, sizeof (WorkSource));
  ((WorkSource *) run->source)->run = run;
  g_source_set_static_name (run->source, "muster work");
  g_source_attach (run->source, run->context);
  run->outbox = musterd_outbox_new (run->source);

  run->calls.descriptor = data->descriptor;
  run->calls.ctx = run->ctx;
  run->calls.persons = run->persons;
  run->calls.queue = run->queue;
  return run;
}

void
musterd_run_free (MusterdRun *run)
{
  muster_context_close (run->ctx);
  musterd_queue_detach (run->queue);
  g_source_destroy (run->source);
  g_source_unref (run->source);
  muster_context_unref (run->ctx);
  musterd_alarm_close (run->alarm);
  musterd_alarm_unref (run->alarm);
  musterd_outbox_free (run->outbox);
  musterd_queue_unref (run->queue);
  musterd_persons_unref (run->persons);
  musterd_clock_unref (run->clock);
  g_main_context_unref (run->context);
  g_free (run->name);
  g_free (run);
}

gboolean
musterd_run_begin (MusterdRun *run, GError **error)
{
  /* The kernel takes 15 bytes; instances are ASCII. */
  g_autofree char *thread_name = g_strndup (run->name, THREAD_NAME_MAX);

  run->thread = g_thread_try_new (thread_name, run_thread, run, error);
  return run->thread != NULL;
}

MusterContext *
musterd_run_get_context (MusterdRun *run)
{
  return run->ctx;
}

MusterdOutbox *
musterd_run_get_outbox (MusterdRun *run)
{
  return run->outbox;
}

MusterdQueue *
musterd_run_get_queue (MusterdRun *run)
{
  return run->queue;
}

MusterdPersons *
musterd_run_get_persons (MusterdRun *run)
{
  return run->persons;
}

void
musterd_run_quit (MusterdRun *run)
{
  musterd_outbox_close (run->outbox);
  muster_context_close (run->ctx);
  musterd_queue_close (run->queue);
  g_atomic_int_set (&run->quit, TRUE);
  g_main_context_wakeup (run->context);
}

void
musterd_run_retire (MusterdRun *run)
{
  if (run->thread != NULL)
    g_thread_join (g_steal_pointer (&run->thread));
  musterd_queue_detach (run->queue);
  musterd_alarm_close (run->alarm); /* and its file descriptor */
  g_source_destroy (run->source);
  g_queue_push_tail (&retired, run);
  if (g_queue_get_length (&retired) > RETIRED_MAX)
    musterd_run_free (g_queue_pop_head (&retired));
}

void
musterd_run_abandon (MusterdRun *run)
{
  musterd_run_quit (run);
  musterd_queue_detach (run->queue);
  if (run->thread != NULL)
    g_thread_unref (g_steal_pointer (&run->thread));
  g_queue_push_tail (&abandoned, run);
}
