/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-host"

#include "host/calls.h"

#include "host/convert.h"
#include "host/run.h"

typedef gpointer (*BeginFunc) (MusterContext *ctx, GError **error);

/* NULL with an error, also where the plugin forgot to say one. */
static gpointer
begin (MusterdCalls *calls, BeginFunc func, const char *name, GError **error)
{
  g_autoptr(GError) local_error = NULL;
  gpointer self;

  calls->last = name;
  self = func (calls->ctx, &local_error);
  if (self != NULL)
    return self;
  if (local_error != NULL)
    g_propagate_error (error, g_steal_pointer (&local_error));
  else
    g_set_error (error, MUSTER_ERROR, MUSTER_ERROR_FAILED, "%s failed without saying why", name);
  return NULL;
}

static gboolean
begin_all (MusterdCalls *calls, GError **error)
{
  const MusterSourceOps *source = calls->descriptor->source;
  const MusterSinkOps *sink = calls->descriptor->sink;

  if (MUSTER_OPS_HAS (source, start) && (calls->started & MUSTERD_RUN_SOURCE) == 0)
    {
      calls->source_self = begin (calls, source->start, "start", error);
      if (calls->source_self == NULL)
        return FALSE;
      calls->started |= MUSTERD_RUN_SOURCE;
    }
  if (MUSTER_OPS_HAS (sink, open))
    {
      calls->sink_self = begin (calls, sink->open, "open", error);
      if (calls->sink_self == NULL)
        return FALSE;
      calls->started |= MUSTERD_RUN_SINK;
    }
  else if (sink != NULL)
    calls->sink_self = calls->source_self;
  return TRUE;
}

static void
do_start (MusterdCalls *calls)
{
  MusterdItem item = { .kind = MUSTERD_ITEM_STARTED };

  calls->alive = begin_all (calls, &item.error);
  item.flags = calls->started;
  musterd_queue_post (calls->queue, &item);
}

static void
do_stop (MusterdCalls *calls, gint64 deadline)
{
  const MusterSourceOps *source = calls->descriptor->source;
  const MusterSinkOps *sink = calls->descriptor->sink;
  const guint started = calls->started;
  /* Before the calls: the plugin may say that it has stopped within them. */
  const MusterdItem item = { .kind = MUSTERD_ITEM_STOPPING, .flags = started };

  calls->alive = FALSE;
  calls->started = 0;
  musterd_queue_post (calls->queue, &item);
  if ((started & MUSTERD_RUN_SINK) != 0)
    {
      calls->last = "close";
      sink->close (g_steal_pointer (&calls->sink_self), deadline);
    }
  if ((started & MUSTERD_RUN_SOURCE) != 0)
    {
      calls->last = "stop";
      source->stop (g_steal_pointer (&calls->source_self), deadline);
    }
}

/* Operations that stand in both tables are called once, in the source's table if it has them. */

static void
do_kept (MusterdCalls *calls, const GPtrArray *records)
{
  const MusterSourceOps *source = calls->descriptor->source;
  const MusterSinkOps *sink = calls->descriptor->sink;
  const MusterdItem taken = { .kind = MUSTERD_ITEM_KEPT };

  calls->last = "kept";
  for (guint i = 0; i < records->len; i++)
    {
      const MusterdRecord *record = g_ptr_array_index (records, i);

      if (MUSTER_OPS_HAS (source, kept))
        source->kept (calls->source_self, record->user, record->key, record->value);
      else if (MUSTER_OPS_HAS (sink, kept))
        sink->kept (calls->sink_self, record->user, record->key, record->value);
    }
  musterd_queue_post (calls->queue, &taken);
}

static void
do_users (MusterdCalls *calls, const MusterdWork *work)
{
  const MusterSourceOps *source = calls->descriptor->source;
  const MusterSinkOps *sink = calls->descriptor->sink;
  g_autoptr(GPtrArray) changed
      = g_ptr_array_new_full (work->changed->len, (GDestroyNotify) muster_user_unref);
  MusterUser *const *users;
  const char *const *removed = (const char *const *) work->removed->pdata;

  for (guint i = 0; i < work->changed->len; i++)
    g_ptr_array_add (changed, musterd_persons_make (calls->persons, g_ptr_array_index (work->changed, i)));
  users = (MusterUser *const *) changed->pdata;

  calls->last = "users";
  if (MUSTER_OPS_HAS (source, users))
    source->users (calls->source_self, users, changed->len, removed, work->removed->len, work->complete);
  else if (MUSTER_OPS_HAS (sink, users))
    sink->users (calls->sink_self, users, changed->len, removed, work->removed->len, work->complete);

  if (work->complete && !calls->listed)
    {
      const MusterdItem item = { .kind = MUSTERD_ITEM_LISTED };

      calls->listed = TRUE;
      musterd_queue_post (calls->queue, &item);
    }
}

static void
do_sync (MusterdCalls *calls, const char *user)
{
  const MusterSourceOps *source = calls->descriptor->source;

  calls->last = "sync";
  if (MUSTER_OPS_HAS (source, sync))
    source->sync (calls->source_self, user);
}

static void
do_action (MusterdCalls *calls, const MusterdWork *work)
{
  const MusterSourceOps *source = calls->descriptor->source;
  const MusterSinkOps *sink = calls->descriptor->sink;

  calls->last = "action_answer";
  if (MUSTER_OPS_HAS (source, action_answer))
    source->action_answer (calls->source_self, work->user_id, work->id, work->answer);
  else if (MUSTER_OPS_HAS (sink, action_answer))
    sink->action_answer (calls->sink_self, work->user_id, work->id, work->answer);
}

static void
do_test (MusterdCalls *calls, const MusterdWork *work)
{
  const MusterSourceOps *source = calls->descriptor->source;
  const MusterSinkOps *sink = calls->descriptor->sink;
  g_autoptr(MusterUser) user = work->person != NULL ? musterd_persons_make (calls->persons, work->person) : NULL;
  MusterReport *report = muster_report_new (calls->ctx, work->serial);

  calls->last = "test";
  if (MUSTER_OPS_HAS (source, test))
    source->test (calls->source_self, user, report);
  else if (MUSTER_OPS_HAS (sink, test))
    sink->test (calls->sink_self, user, report);
  else
    muster_report_done (report);
}

static void
do_apply (MusterdCalls *calls, const MusterdWork *work)
{
  const MusterSinkOps *sink = calls->descriptor->sink;
  g_autoptr(MusterUser) user = musterd_persons_make (calls->persons, work->person);
  g_autoptr(MusterDesired) desired = musterd_convert_desired (work->presence, sink->needs);

  calls->last = "apply";
  sink->apply (calls->sink_self, user, desired, work->serial);
}

static void
do_drain (MusterdCalls *calls)
{
  const MusterSinkOps *sink = calls->descriptor->sink;

  calls->last = "drain";
  if (MUSTER_OPS_HAS (sink, drain))
    sink->drain (calls->sink_self);
}

void
musterd_calls_do (MusterdCalls *calls, MusterdWork *work)
{
  switch (work->kind)
    {
    case MUSTERD_WORK_START:
      do_start (calls);
      return;
    case MUSTERD_WORK_STOP:
      do_stop (calls, work->deadline);
      return;
    case MUSTERD_WORK_ANSWER:
      calls->last = "an answer's callback";
      muster_context_answer (calls->ctx, work->serial, work->secret, work->error);
      return;
    default:
      break;
    }

  if (!calls->alive)
    return; /* nobody is there who could be told */
  switch (work->kind)
    {
    case MUSTERD_WORK_KEPT:
      do_kept (calls, work->records);
      return;
    case MUSTERD_WORK_USERS:
      do_users (calls, work);
      return;
    case MUSTERD_WORK_DRAIN:
      do_drain (calls);
      return;
    case MUSTERD_WORK_ACTION:
      do_action (calls, work);
      return;
    case MUSTERD_WORK_TEST:
      do_test (calls, work);
      return;
    case MUSTERD_WORK_SYNC:
      do_sync (calls, work->user_id);
      return;
    case MUSTERD_WORK_APPLY:
      do_apply (calls, work);
      return;
    case MUSTERD_WORK_NONE:
    case MUSTERD_WORK_START:
    case MUSTERD_WORK_STOP:
    case MUSTERD_WORK_ANSWER:
    default:
      return;
    }
}
