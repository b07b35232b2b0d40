/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-store"

#include "store/writer.h"

#include "model/event.h"

const MusterdWriterLimits musterd_writer_limits = {
  .group_bytes = 8 * 1024 * 1024,
  .backlog_bytes = 256 * 1024 * 1024,
  .tries = 8,
  .first_wait_ms = 1000,
  .last_wait_ms = 30000,
};

struct _MusterdWriter
{
  MusterdWriterLimits limits;
  GThread            *thread;
  GMutex              lock;
  GCond               wake;
  /* Under the lock. */
  GQueue              jobs;      /* MusterdJob */
  GHashTable         *answers;   /* GMainContext → MusterdAnswers */
  guint               n_waiting; /* batches not answered yet, those in work included */
  gsize               bytes;
  guint               n_urgent;  /* jobs in the queue that somebody waits for */
  gboolean            stopping;
  gboolean            refusing;  /* the backlog was full the last time */
  MusterdWriterStats  stats;
  /* The thread's own. */
  MusterdCommit      *commit;
  gint64              failing_since; /* monotonic; 0 = all is well */
  gint64              retry_at;      /* when what was written behind is tried again */
  gint64              urgent_at;     /* when a change that somebody waits for may try before that */
  guint               wait_ms;
  guint64             n_lost;        /* batches, in this trouble */
};

static gboolean
job_is_urgent (const MusterdJob *job)
{
  return job->batch == NULL || job->durable;
}

/* Answers and forgets the job. */
static void
job_end (MusterdWriter *writer, MusterdJob *job)
{
  g_mutex_lock (&writer->lock);
  if (job->batch != NULL)
    {
      writer->n_waiting--;
      writer->bytes -= job->bytes;
      writer->stats.batches += job->error == NULL;
    }
  g_mutex_unlock (&writer->lock);
  if (job->answers != NULL)
    musterd_answers_put (job->answers, job->done, job->user_data, job->error);
  musterd_job_free (job);
}

/* What is written behind and cannot be: the sources can say it again, but nobody may think that it was kept. */
static void
job_lose (MusterdWriter *writer, MusterdJob *job)
{
  g_mutex_lock (&writer->lock);
  writer->stats.lost++;
  g_mutex_unlock (&writer->lock);
  if (writer->n_lost++ == 0)
    g_warning ("changes that were to be written behind are given up: %s", job->error->message);
  job_end (writer, job);
}

static gboolean
any_is_durable (GQueue *jobs)
{
  for (GList *l = jobs->head; l != NULL; l = l->next)
    if (((MusterdJob *) l->data)->durable)
      return TRUE;
  return FALSE;
}

static int
commit_jobs (MusterdWriter *writer, GQueue *jobs, GError **error)
{
  const gint64 began = g_get_monotonic_time ();
  const int rc = musterd_commit_jobs (writer->commit, jobs, error);
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&writer->lock);

  writer->stats.failing = rc != SQLITE_OK;
  if (rc != SQLITE_OK)
    {
      writer->stats.failures++;
      return rc;
    }
  writer->stats.commits++;
  writer->stats.syncs += any_is_durable (jobs);
  musterd_histogram_add (&writer->stats.durations, g_get_monotonic_time () - began);
  return SQLITE_OK;
}

/* Everything of the list was written, or failed by itself. */
static void
end_written (MusterdWriter *writer, GQueue *jobs)
{
  for (MusterdJob *job = g_queue_pop_head (jobs); job != NULL; job = g_queue_pop_head (jobs))
    {
      if (job->error != NULL && !job->durable)
        {
          g_mutex_lock (&writer->lock);
          writer->stats.lost++;
          g_mutex_unlock (&writer->lock);
          g_warning ("a change that was to be written behind is left out: %s", job->error->message);
        }
      job_end (writer, job);
    }
}

static void
run_call (MusterdWriter *writer, MusterdJob *job)
{
  job->func (musterd_commit_get_db (writer->commit), job->user_data);
  job_end (writer, job);
}

/* What people wait for fails now and can be asked for again. What is written behind stays for a later try; since
 * order must hold, so does all that came after it. */
static void
keep_for_later (MusterdWriter *writer, GQueue *jobs, GQueue *kept, const GError *error, gboolean last_try)
{
  for (MusterdJob *job = g_queue_pop_head (jobs); job != NULL; job = g_queue_pop_head (jobs))
    {
      if (job->batch == NULL)
        {
          run_call (writer, job);
          continue;
        }
      g_clear_error (&job->error);
      job->error = g_error_copy (error);
      if (job->durable)
        job_end (writer, job);
      else if (last_try || job->tries >= writer->limits.tries)
        job_lose (writer, job);
      else
        g_queue_push_tail (kept, job);
    }
}

static void
note_trouble (MusterdWriter *writer, GQueue *jobs, const GError *error)
{
  gint64 now = g_get_monotonic_time ();
  gboolean was_due = now >= writer->retry_at;

  /* Not at every change that comes in: a full disk is not to be written to a thousand times a second. */
  writer->urgent_at = now + MIN (writer->limits.first_wait_ms, 100) * G_TIME_SPAN_MILLISECOND;
  if (writer->failing_since == 0)
    {
      writer->failing_since = now;
      writer->n_lost = 0;
      writer->wait_ms = writer->limits.first_wait_ms;
      musterd_event_log (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, MUSTERD_EVENT_STORE_FAILING,
                         "%s; what people change is refused until this is mended, what sources say is kept and tried "
                         "again",
                         error->message);
    }
  else if (was_due)
    writer->wait_ms = MIN (writer->wait_ms * 2, writer->limits.last_wait_ms);
  /* A try that somebody's change brought about before its time does not use up the number of tries. */
  if (!was_due)
    return;
  writer->retry_at = now + writer->wait_ms * G_TIME_SPAN_MILLISECOND;
  for (GList *l = jobs->head; l != NULL; l = l->next)
    ((MusterdJob *) l->data)->tries++;
}

static void
note_success (MusterdWriter *writer)
{
  if (writer->failing_since == 0)
    return;
  musterd_event_log (G_LOG_DOMAIN, G_LOG_LEVEL_MESSAGE, MUSTERD_EVENT_STORE_RECOVERED,
                     "the store can be written again after %" G_GINT64_FORMAT " s; %" G_GUINT64_FORMAT
                     " batches of what sources said were lost",
                     (g_get_monotonic_time () - writer->failing_since) / G_TIME_SPAN_SECOND, writer->n_lost);
  writer->failing_since = 0;
  writer->retry_at = 0;
  writer->urgent_at = 0;
}

/* When the disk is full, a small change may still fit where a large one does not: each by itself, in order, up to the
 * first that has to be kept. */
static void
write_one_by_one (MusterdWriter *writer, GQueue *jobs)
{
  while (jobs->length > 0)
    {
      g_auto(GQueue) one = G_QUEUE_INIT;
      g_autoptr(GError) error = NULL;
      MusterdJob *job = g_queue_pop_head (jobs);

      g_queue_push_tail (&one, job);
      if (commit_jobs (writer, &one, &error) == SQLITE_OK)
        end_written (writer, &one);
      else if (!job->durable)
        {
          g_queue_clear (&one);
          g_queue_push_head (jobs, job);
          return;
        }
      else
        {
          g_clear_error (&job->error);
          job->error = g_steal_pointer (&error);
          g_queue_clear (&one);
          job_end (writer, job);
        }
    }
}

/* Whether something is written behind, which has to stay in its place before all that follows. */
static gboolean
any_stays (GQueue *jobs)
{
  for (GList *l = jobs->head; l != NULL; l = l->next)
    if (!((MusterdJob *) l->data)->durable)
      return TRUE;
  return FALSE;
}

/* Moves what has come meanwhile to the end of `jobs`. */
static void
take_rest (MusterdWriter *writer, GQueue *jobs)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&writer->lock);

  for (MusterdJob *job = g_queue_pop_head (&writer->jobs); job != NULL; job = g_queue_pop_head (&writer->jobs))
    g_queue_push_tail (jobs, job);
  writer->n_urgent = 0;
}

/* Batches only; leaves in `kept` what is to be tried again. */
static void
write_jobs (MusterdWriter *writer, GQueue *jobs, GQueue *kept, gboolean last_try)
{
  g_autoptr(GError) error = NULL;
  int rc = commit_jobs (writer, jobs, &error);

  if (rc == SQLITE_OK)
    {
      note_success (writer);
      end_written (writer, jobs);
      return;
    }
  note_trouble (writer, jobs, error);
  if ((rc & 0xff) == SQLITE_FULL)
    {
      musterd_commit_make_room (writer->commit);
      write_one_by_one (writer, jobs);
    }
  /* What stands behind a batch that is kept cannot go before it, and nobody is to wait for its end. */
  if (any_stays (jobs))
    take_rest (writer, jobs);
  keep_for_later (writer, jobs, kept, error, last_try);
}

/* Under the lock: when the next work is to begin; -1 = when there is some. */
static gint64
next_moment (MusterdWriter *writer)
{
  if (writer->jobs.length == 0)
    return writer->stopping ? 0 : -1;
  if (writer->stopping)
    return 0;
  return writer->n_urgent > 0 ? MIN (writer->urgent_at, writer->retry_at) : writer->retry_at;
}

/* Waits for work; moves to `batches` what one transaction is to hold, and to `call` a call that follows it. FALSE:
 * there is no more, and none will come. */
static gboolean
take_jobs (MusterdWriter *writer, GQueue *batches, MusterdJob **call, gboolean *last_try)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&writer->lock);
  gsize bytes = 0;

  for (gint64 at = next_moment (writer); at < 0 || at > g_get_monotonic_time (); at = next_moment (writer))
    {
      if (at < 0)
        g_cond_wait (&writer->wake, &writer->lock);
      else
        g_cond_wait_until (&writer->wake, &writer->lock, at);
    }
  *last_try = writer->stopping;
  while (writer->jobs.length > 0 && *call == NULL && bytes < writer->limits.group_bytes)
    {
      MusterdJob *job = g_queue_pop_head (&writer->jobs);

      writer->n_urgent -= job_is_urgent (job);
      bytes += job->bytes;
      if (job->batch == NULL)
        *call = job;
      else
        g_queue_push_tail (batches, job);
    }
  return batches->length > 0 || *call != NULL;
}

static void
put_back (MusterdWriter *writer, GQueue *kept)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&writer->lock);

  while (kept->length > 0)
    g_queue_push_head (&writer->jobs, g_queue_pop_tail (kept));
}

static gpointer
run_writer (gpointer data)
{
  MusterdWriter *writer = data;
  gboolean more = TRUE;

  while (more)
    {
      g_auto(GQueue) batches = G_QUEUE_INIT, kept = G_QUEUE_INIT;
      MusterdJob *call = NULL;
      gboolean last_try = FALSE;

      more = take_jobs (writer, &batches, &call, &last_try);
      if (batches.length > 0)
        write_jobs (writer, &batches, &kept, last_try);
      if (call != NULL)
        run_call (writer, call);
      put_back (writer, &kept);
    }

  g_clear_pointer (&writer->commit, musterd_commit_free);
  return NULL;
}

MusterdWriter *
musterd_writer_new (sqlite3 *db, const MusterdWriterLimits *limits, GError **error)
{
  MusterdCommit *commit = musterd_commit_new (db, error);

  if (commit == NULL)
    return NULL;

  MusterdWriter *writer = g_new0 (MusterdWriter, 1);

  writer->limits = *limits;
  g_mutex_init (&writer->lock);
  g_cond_init (&writer->wake);
  g_queue_init (&writer->jobs);
  writer->answers = g_hash_table_new_full (NULL, NULL, (GDestroyNotify) g_main_context_unref,
                                           (GDestroyNotify) musterd_answers_unref);
  writer->commit = commit;
  writer->thread = g_thread_new ("musterd-store", run_writer, writer);
  return writer;
}

static gboolean
on_looked_for_idle (gpointer key, gpointer value, gpointer user_data)
{
  (void) key;
  (void) user_data;
  return musterd_answers_is_idle (value);
}

/* Under the lock. */
static MusterdAnswers *
find_answers (MusterdWriter *writer)
{
  g_autoptr(GMainContext) context = g_main_context_ref_thread_default ();
  MusterdAnswers *answers = g_hash_table_lookup (writer->answers, context);

  if (answers == NULL)
    {
      /* Those of threads that ended. */
      if (g_hash_table_size (writer->answers) >= 16)
        g_hash_table_foreach_remove (writer->answers, on_looked_for_idle, NULL);
      answers = musterd_answers_new (context);
      g_hash_table_insert (writer->answers, g_steal_pointer (&context), answers);
    }
  return musterd_answers_ref (answers);
}

/* Under the lock. */
static void
enqueue (MusterdWriter *writer, MusterdJob *job)
{
  g_queue_push_tail (&writer->jobs, job);
  writer->n_urgent += job_is_urgent (job);
  g_cond_signal (&writer->wake);
}

/* Answered at once: to let it wait for its turn would mean to keep it. */
static void
refuse (MusterdWriter *writer, MusterdJob *job)
{
  const char *why = writer->stopping ? "writing the store: it is being closed"
                                     : "writing the store: the disk does not keep up, too much waits to be written";

  writer->stats.lost += !job->durable;
  if (!writer->refusing && !writer->stopping)
    g_warning ("%s; what comes is refused", why);
  writer->refusing = TRUE;
  if (job->answers != NULL)
    {
      job->error = g_error_new_literal (MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE, why);
      musterd_answers_put (job->answers, job->done, job->user_data, job->error);
    }
  musterd_job_free (job);
}

void
musterd_writer_write (MusterdWriter *writer, MusterdBatch *batch, gboolean durable, MusterdStoreDone done,
                      gpointer user_data)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&writer->lock);
  gsize bound = writer->limits.backlog_bytes;
  MusterdJob *job = g_new0 (MusterdJob, 1);

  job->batch = batch;
  job->durable = durable;
  job->bytes = batch->bytes + sizeof (MusterdJob);
  job->done = done;
  job->user_data = user_data;
  job->answers = done != NULL ? find_answers (writer) : NULL;
  /* What sources say leaves some room for what people want. */
  if (durable)
    bound += bound / 4;
  if (writer->stopping || writer->bytes + job->bytes > bound)
    {
      refuse (writer, job);
      return;
    }
  writer->refusing = FALSE;
  writer->n_waiting++;
  writer->bytes += job->bytes;
  enqueue (writer, job);
}

gboolean
musterd_writer_call (MusterdWriter *writer, MusterdWriterFunc func, gpointer user_data)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&writer->lock);

  if (writer->stopping)
    return FALSE;

  MusterdJob *job = g_new0 (MusterdJob, 1);

  job->func = func;
  job->user_data = user_data;
  enqueue (writer, job);
  return TRUE;
}

void
musterd_writer_get_backlog (MusterdWriter *writer, guint *n_batches, gsize *bytes)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&writer->lock);

  if (n_batches != NULL)
    *n_batches = writer->n_waiting;
  if (bytes != NULL)
    *bytes = writer->bytes;
}

void
musterd_writer_get_stats (MusterdWriter *writer, MusterdWriterStats *stats)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&writer->lock);

  *stats = writer->stats;
  stats->failing |= writer->refusing;
}

/* Answers may write again; those are refused, and answered here as well. */
static void
drain_answers (MusterdWriter *writer)
{
  gboolean any = TRUE;

  while (any)
    {
      g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_answers_unref);
      GHashTableIter iter;
      gpointer answers = NULL;

      g_mutex_lock (&writer->lock);
      g_hash_table_iter_init (&iter, writer->answers);
      while (g_hash_table_iter_next (&iter, NULL, &answers))
        g_ptr_array_add (all, musterd_answers_ref (answers));
      g_mutex_unlock (&writer->lock);
      any = FALSE;
      for (guint i = 0; i < all->len; i++)
        any |= musterd_answers_drain (all->pdata[i]);
    }
}

void
musterd_writer_free (MusterdWriter *writer)
{
  g_mutex_lock (&writer->lock);
  writer->stopping = TRUE;
  g_cond_signal (&writer->wake);
  g_mutex_unlock (&writer->lock);
  g_thread_join (writer->thread);

  drain_answers (writer);
  g_hash_table_unref (writer->answers);
  g_cond_clear (&writer->wake);
  g_mutex_clear (&writer->lock);
  g_free (writer);
}
