/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Callbacks, timers, threads, and the end of an instance. */
#include "probe.h"

#include <string.h>

typedef struct
{
  MusterContext *ctx;
  guint          n;
  char          *secret;  /* nullable */
  int            code;    /* -1: no error */
  GThread       *thread;
  MusterTimer   *timer;   /* nullable */
  gint64         at;
} Seen;

static void
on_kept (const GError *error, gpointer user_data)
{
  Seen *seen = user_data;

  seen->n++;
  seen->code = error != NULL ? error->code : -1;
  seen->thread = g_thread_self ();
}

static void
on_secret (const char *secret, const GError *error, gpointer user_data)
{
  Seen *seen = user_data;

  seen->n++;
  g_free (seen->secret);
  seen->secret = g_strdup (secret);
  seen->code = error != NULL ? error->code : -1;
}

static gboolean
was_called (MusterTesting *testing, gpointer user_data)
{
  const Seen *seen = user_data;

  (void) testing;
  return seen->n > 0;
}

static void
test_keep (void)
{
  g_autoptr(MusterTesting) testing = probe_start ();
  g_autoptr(GBytes) value = g_bytes_new_static ("state", 5);
  Seen seen = { 0 };

  muster_context_keep (probe->ctx, ALICE, "saved", value, MUSTER_DURABLE, on_kept, &seen);
  g_assert_cmpuint (seen.n, ==, 0); /* never from inside the call */
  muster_testing_run_until (testing, was_called, &seen, "the record's callback");
  g_assert_cmpuint (seen.n, ==, 1);
  g_assert_cmpint (seen.code, ==, -1);
  g_autoptr(MusterMessage) message = muster_testing_take (testing, MUSTER_VERB_KEEP);
  g_assert_cmpstr (message->user, ==, ALICE);
  g_assert_cmpstr (message->key, ==, "saved");
  g_assert_true (g_bytes_equal (message->bytes, value));
  g_assert_true (g_bytes_get_data (message->bytes, NULL) != g_bytes_get_data (value, NULL));
  g_assert_cmpuint (message->value, ==, MUSTER_DURABLE);
  g_assert_cmpuint (message->serial, !=, 0);

  muster_context_keep (probe->ctx, NULL, "saved", NULL, MUSTER_LAZY, NULL, NULL);
  g_autoptr(MusterMessage) forget = muster_testing_take (testing, MUSTER_VERB_KEEP);
  g_assert_null (forget->user);
  g_assert_null (forget->bytes);
  g_assert_cmpuint (forget->serial, ==, 0); /* nobody waits for an answer */
}

static void
test_keep_fails (void)
{
  g_autoptr(MusterTesting) testing = probe_start ();
  g_autoptr(GError) error = g_error_new_literal (MUSTER_ERROR, MUSTER_ERROR_UNREACHABLE, "writing: disk full");
  Seen seen = { 0 };

  muster_testing_hold_answers (testing, TRUE);
  muster_context_keep (probe->ctx, NULL, "k", NULL, MUSTER_LAZY, on_kept, &seen);
  g_autoptr(MusterMessage) message = muster_testing_take (testing, MUSTER_VERB_KEEP);
  muster_testing_answer (testing, message, NULL, error);
  g_assert_cmpuint (seen.n, ==, 1);
  g_assert_cmpint (seen.code, ==, MUSTER_ERROR_UNREACHABLE);
  muster_testing_answer (testing, message, NULL, NULL); /* a second answer finds nobody */
  g_assert_cmpuint (seen.n, ==, 1);
}

/* A call out of bounds has its callback all the same, so that nobody waits for ever. */
static void
test_keep_refused (void)
{
  g_autoptr(MusterTesting) testing = probe_start ();
  Seen kept = { 0 }, got = { 0 };

  muster_context_keep (probe->ctx, NULL, NULL, NULL, MUSTER_LAZY, on_kept, &kept);
  muster_context_secret_get (probe->ctx, "a/b", on_secret, &got);
  g_assert_cmpuint (kept.n + got.n, ==, 0);
  muster_testing_settle (testing);
  g_assert_cmpuint (kept.n, ==, 1);
  g_assert_cmpint (kept.code, ==, MUSTER_ERROR_FAILED);
  g_assert_cmpuint (got.n, ==, 1);
  g_assert_cmpint (got.code, ==, MUSTER_ERROR_FAILED);
  g_assert_null (got.secret);
  g_assert_cmpuint (muster_testing_count (testing, MUSTER_VERB_KEEP), ==, 0);
  g_assert_cmpuint (muster_testing_count (testing, MUSTER_VERB_SECRET_GET), ==, 0);
}

static void
test_secrets (void)
{
  g_autoptr(MusterTesting) testing = probe_start ();
  Seen missing = { 0 }, put = { 0 }, got = { 0 };

  muster_context_secret_get (probe->ctx, "token", on_secret, &missing);
  muster_testing_settle (testing);
  g_assert_cmpint (missing.code, ==, MUSTER_ERROR_NOT_FOUND);
  g_assert_null (missing.secret);

  muster_context_secret_put (probe->ctx, "secret:token", "hunter2", on_kept, &put);
  muster_context_secret_get (probe->ctx, "secret:token", on_secret, &got);
  muster_testing_settle (testing);
  g_assert_cmpint (put.code, ==, -1);
  g_assert_cmpint (got.code, ==, -1);
  g_assert_cmpstr (got.secret, ==, "hunter2");
  g_assert_cmpstr (muster_testing_get_secret (testing, "token"), ==, "hunter2");
  g_autoptr(MusterMessage) message = muster_testing_take (testing, MUSTER_VERB_SECRET_PUT);
  g_assert_cmpstr (message->key, ==, "token");
  g_assert_cmpstr (message->text, ==, "hunter2");
  g_free (got.secret);
}

static void
test_no_callback_after_stopped (void)
{
  g_autoptr(MusterTesting) testing = probe_start ();
  Seen seen = { 0 };

  muster_testing_hold_answers (testing, TRUE);
  muster_context_keep (probe->ctx, NULL, "k", NULL, MUSTER_DURABLE, on_kept, &seen);
  muster_context_keep (probe->ctx, NULL, NULL, NULL, MUSTER_DURABLE, on_kept, &seen); /* refused: comes later */
  g_autoptr(MusterMessage) message = muster_testing_take (testing, MUSTER_VERB_KEEP);
  muster_context_closed (probe->ctx);
  muster_testing_answer (testing, message, NULL, NULL);
  muster_testing_settle (testing);
  g_assert_cmpuint (seen.n, ==, 0);
}

static void
test_verbs_after_close (void)
{
  static const MusterClaim claim = { .struct_size = sizeof claim, .key = "k", .until = MUSTER_OPEN_ENDED };
  g_autoptr(MusterTesting) testing = probe_start ();
  MusterContext *ctx = probe->ctx;
  Seen seen = { 0 };

  MusterReplace *replace = muster_context_replace_begin (ctx, ALICE, "calendar", 0, 1);
  muster_testing_stop (testing);
  muster_testing_clear (testing);
  muster_replace_add (replace, &claim, 1);
  muster_replace_commit (replace);
  muster_context_claim_put (ctx, ALICE, "calendar", &claim);
  muster_context_claim_put (ctx, NULL, NULL, NULL);
  muster_context_health (ctx, MUSTER_HEALTH_ONLINE, NULL);
  muster_context_keep (ctx, NULL, "k", NULL, MUSTER_LAZY, on_kept, &seen);
  muster_context_secret_get (ctx, "k", on_secret, &seen);
  muster_context_delivery_complete (ctx, 1, MUSTER_DELIVERY_APPLIED, NULL, NULL);
  muster_context_log (ctx, MUSTER_LOG_WARNING, "late");
  muster_testing_settle (testing);
  g_assert_cmpuint (muster_testing_total (testing), ==, 0);
  g_assert_cmpuint (seen.n, ==, 0);
}

static void
on_due (gpointer user_data)
{
  Seen *seen = user_data;

  seen->n++;
  seen->at = muster_context_now (seen->ctx);
}

static void
on_due_again (gpointer user_data)
{
  Seen *seen = user_data;

  on_due (seen);
  g_clear_pointer (&seen->timer, muster_timer_free); /* in its own callback */
  if (seen->n < 5)
    seen->timer = muster_context_timer_add (seen->ctx, seen->at + G_TIME_SPAN_SECOND, on_due_again, seen);
}

static void
test_timers (void)
{
  g_autoptr(MusterTesting) testing = probe_start ();
  Seen once = { .ctx = probe->ctx }, again = { .ctx = probe->ctx }, never = { .ctx = probe->ctx };
  Seen past = { .ctx = probe->ctx };
  const gint64 t0 = muster_context_now (probe->ctx);

  g_assert_cmpint (t0, ==, MUSTER_TESTING_EPOCH);
  G_GNUC_UNUSED g_autoptr(MusterTimer) timer = muster_context_timer_add (probe->ctx, t0 + 10, on_due, &once);
  G_GNUC_UNUSED g_autoptr(MusterTimer) early = muster_context_timer_add (probe->ctx, t0 - 10, on_due, &past);
  again.timer = muster_context_timer_add (probe->ctx, t0 + G_TIME_SPAN_SECOND, on_due_again, &again);
  never.timer = muster_context_timer_add (probe->ctx, t0 + 5, on_due, &never);
  g_clear_pointer (&never.timer, muster_timer_free);
  g_assert_cmpuint (past.n, ==, 0);

  muster_testing_advance (testing, 9);
  g_assert_cmpuint (past.n, ==, 1);
  g_assert_cmpuint (once.n, ==, 0);
  muster_testing_advance (testing, 1);
  g_assert_cmpuint (once.n, ==, 1);
  g_assert_cmpint (once.at, ==, t0 + 10);
  muster_testing_advance (testing, G_TIME_SPAN_HOUR);
  g_assert_cmpuint (once.n, ==, 1);
  g_assert_cmpuint (again.n, ==, 5);
  g_assert_cmpint (again.at, ==, t0 + 5 * G_TIME_SPAN_SECOND);
  g_assert_cmpuint (never.n, ==, 0);
}

static void
test_timers_end_with_the_instance (void)
{
  g_autoptr(MusterTesting) testing = probe_start ();
  MusterContext *ctx = probe->ctx;
  Seen seen = { .ctx = ctx };
  const gint64 t0 = muster_context_now (ctx);
  G_GNUC_UNUSED g_autoptr(MusterTimer) armed = muster_context_timer_add (ctx, t0 + 10, on_due, &seen);

  muster_testing_stop (testing);
  g_autoptr(MusterTimer) late = muster_context_timer_add (ctx, t0, on_due, &seen);
  g_assert_nonnull (late);
  muster_testing_advance (testing, 100);
  g_assert_cmpuint (seen.n, ==, 0);
}

#define N_THREADS 4
#define N_CALLS 2000

typedef struct
{
  MusterContext *ctx;
  guint          number;
  Seen          *seen;
} Worker;

static gpointer
work (gpointer data)
{
  const Worker *worker = data;
  g_autofree char *device = g_strdup_printf ("device-%u", worker->number);

  for (guint i = 0; i < N_CALLS; i++)
    {
      muster_context_telephony (worker->ctx, ALICE, device, i % 4, NULL, 0);
      muster_context_keep (worker->ctx, NULL, device, NULL, MUSTER_LAZY, i % 4 == 0 ? on_kept : NULL, worker->seen);
      muster_context_health (worker->ctx, 99, NULL); /* refused */
      muster_timer_free (muster_context_timer_add (worker->ctx, G_MAXINT64, on_due, worker->seen));
    }
  return NULL;
}

static gboolean
all_answered (MusterTesting *testing, gpointer user_data)
{
  const Seen *seen = user_data;

  (void) testing;
  return seen->n == N_THREADS * N_CALLS / 4;
}

static void
test_threads (void)
{
  g_autoptr(MusterTesting) testing = probe_start ();
  Worker workers[N_THREADS];
  GThread *threads[N_THREADS];
  guint64 last[N_THREADS] = { 0 };
  Seen seen = { 0 };

  for (guint i = 0; i < N_THREADS; i++)
    {
      workers[i] = (Worker){ probe->ctx, i, &seen };
      threads[i] = g_thread_new ("worker", work, &workers[i]);
    }
  muster_testing_run_until (testing, all_answered, &seen, "all records' callbacks");
  for (guint i = 0; i < N_THREADS; i++)
    g_thread_join (threads[i]);
  g_assert_true (seen.thread == g_thread_self ());
  muster_testing_settle (testing);
  g_assert_cmpuint (seen.n, ==, N_THREADS * N_CALLS / 4);
  g_assert_cmpuint (muster_testing_count (testing, MUSTER_VERB_TELEPHONY), ==, N_THREADS * N_CALLS);
  g_assert_cmpuint (muster_testing_count (testing, MUSTER_VERB_KEEP), ==, N_THREADS * N_CALLS);
  g_assert_cmpuint (muster_testing_count (testing, MUSTER_VERB_HEALTH), ==, 0);
  g_assert_cmpuint (muster_testing_count (testing, MUSTER_VERB_LOG), ==, 10);

  /* What one thread says arrives in its order. */
  for (MusterMessage *m; (m = muster_testing_take (testing, MUSTER_VERB_KEEP)) != NULL; muster_message_free (m))
    {
      const guint thread = m->key[strlen ("device-")] - '0';

      if (m->serial == 0)
        continue;
      g_assert_cmpuint (m->serial, >, last[thread]);
      last[thread] = m->serial;
    }
}

static gpointer
chatter (gpointer data)
{
  const Worker *worker = data;

  for (guint i = 0; i < 20 * N_CALLS; i++)
    {
      G_GNUC_UNUSED g_autoptr(MusterTimer) timer = muster_context_timer_add (worker->ctx, 0, on_due, worker->seen);
      muster_context_delivery_complete (worker->ctx, i, MUSTER_DELIVERY_APPLIED, NULL, NULL);
    }
  return NULL;
}

/* Closing while other threads still speak: whatever comes after is dropped, nothing is lost in memory. */
static void
test_close_under_way (void)
{
  g_autoptr(MusterTesting) testing = probe_start ();
  Seen seen = { .ctx = probe->ctx };
  Worker worker = { probe->ctx, 0, &seen };
  GThread *threads[N_THREADS];

  for (guint i = 0; i < N_THREADS; i++)
    threads[i] = g_thread_new ("worker", chatter, &worker);
  G_GNUC_UNUSED g_autoptr(MusterMessage) first = muster_testing_wait (testing, MUSTER_VERB_DELIVERY_COMPLETE);
  muster_testing_stop (testing);
  const guint n = seen.n;
  for (guint i = 0; i < N_THREADS; i++)
    g_thread_join (threads[i]);
  muster_testing_settle (testing);
  g_assert_cmpuint (seen.n, ==, n);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/life/keep", test_keep);
  g_test_add_func ("/sdk/life/keep-fails", test_keep_fails);
  g_test_add_func ("/sdk/life/keep-refused", test_keep_refused);
  g_test_add_func ("/sdk/life/secrets", test_secrets);
  g_test_add_func ("/sdk/life/no-callback-after-stopped", test_no_callback_after_stopped);
  g_test_add_func ("/sdk/life/verbs-after-close", test_verbs_after_close);
  g_test_add_func ("/sdk/life/timers", test_timers);
  g_test_add_func ("/sdk/life/timers-end-with-the-instance", test_timers_end_with_the_instance);
  g_test_add_func ("/sdk/life/threads", test_threads);
  g_test_add_func ("/sdk/life/close-under-way", test_close_under_way);
  return g_test_run ();
}
