/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-testing"

#include "testing-private.h"

typedef struct
{
  MusterTesting *testing;
  guint64        serial;
  char          *secret; /* nullable */
  GError        *error;  /* nullable */
} Answer;

static void
answer_free (gpointer data)
{
  Answer *answer = data;

  g_free (answer->secret);
  g_clear_error (&answer->error);
  g_free (answer);
}

static gboolean
on_answer_due (gpointer data)
{
  Answer *answer = data;

  muster_context_answer (answer->testing->ctx, answer->serial, answer->secret, answer->error);
  return G_SOURCE_REMOVE;
}

/* Never at once: an answer that comes from inside the question is what a real host cannot do. */
static void
answer_later (MusterTesting *testing, const MusterMessage *message)
{
  Answer *answer = g_new0 (Answer, 1);

  answer->testing = testing;
  answer->serial = message->serial;
  if (message->verb == MUSTER_VERB_SECRET_GET)
    {
      answer->secret = g_strdup (g_hash_table_lookup (testing->secrets, message->key));
      if (answer->secret == NULL)
        answer->error = g_error_new (MUSTER_ERROR, MUSTER_ERROR_NOT_FOUND, "reading secret '%s': there is none",
                                     message->key);
    }

  g_autoptr(GSource) source = g_idle_source_new ();
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, on_answer_due, answer, answer_free);
  g_source_attach (source, testing->thread);
}

void
muster_testing_receive (gpointer data, MusterMessage *message)
{
  MusterTesting *testing = data;
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&testing->mutex);

  if (message->verb == MUSTER_VERB_STOPPED)
    testing->stopped = TRUE;
  if (message->verb == MUSTER_VERB_CLOSED)
    testing->closed = TRUE;
  if (message->verb == MUSTER_VERB_DELIVERY_COMPLETE)
    g_hash_table_remove (testing->open, &message->serial);
  if (message->verb == MUSTER_VERB_SECRET_PUT && !testing->hold_answers)
    g_hash_table_replace (testing->secrets, g_strdup (message->key), g_strdup (message->text));
  if (message->serial != 0 && !testing->hold_answers
      && (message->verb == MUSTER_VERB_KEEP || message->verb == MUSTER_VERB_SECRET_GET
          || message->verb == MUSTER_VERB_SECRET_PUT))
    answer_later (testing, message);
  g_ptr_array_add (testing->messages, message);
  g_main_context_wakeup (testing->thread);
}

/* With the mutex held; -1: none. */
static int
find_message (MusterTesting *testing, MusterVerb verb)
{
  for (guint i = 0; i < testing->messages->len; i++)
    if (((MusterMessage *) g_ptr_array_index (testing->messages, i))->verb == verb)
      return i;
  return -1;
}

MusterMessage *
muster_testing_take (MusterTesting *testing, MusterVerb verb)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&testing->mutex);
  const int i = find_message (testing, verb);

  return i >= 0 ? g_ptr_array_steal_index (testing->messages, i) : NULL;
}

static gboolean
is_there (MusterTesting *testing, gpointer user_data)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&testing->mutex);

  return find_message (testing, GPOINTER_TO_UINT (user_data)) >= 0;
}

MusterMessage *
muster_testing_wait (MusterTesting *testing, MusterVerb verb)
{
  g_autofree char *what = g_strdup_printf ("a message of verb %u", verb);

  muster_testing_run_until (testing, is_there, GUINT_TO_POINTER (verb), what);
  return muster_testing_take (testing, verb);
}

guint
muster_testing_count (MusterTesting *testing, MusterVerb verb)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&testing->mutex);
  guint n = 0;

  for (guint i = 0; i < testing->messages->len; i++)
    if (((MusterMessage *) g_ptr_array_index (testing->messages, i))->verb == verb)
      n++;
  return n;
}

guint
muster_testing_total (MusterTesting *testing)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&testing->mutex);

  return testing->messages->len;
}

void
muster_testing_clear (MusterTesting *testing)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&testing->mutex);

  g_ptr_array_set_size (testing->messages, 0);
}

void
muster_testing_set_secret (MusterTesting *testing, const char *name, const char *secret)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&testing->mutex);

  g_hash_table_replace (testing->secrets, g_strdup (name), g_strdup (secret));
}

const char *
muster_testing_get_secret (MusterTesting *testing, const char *name)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&testing->mutex);

  return g_hash_table_lookup (testing->secrets, name);
}

void
muster_testing_hold_answers (MusterTesting *testing, gboolean hold)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&testing->mutex);

  testing->hold_answers = hold;
}

void
muster_testing_answer (MusterTesting *testing, const MusterMessage *message, const char *secret, const GError *error)
{
  muster_testing_enter (testing);
  muster_context_answer (testing->ctx, message->serial, secret, error);
  muster_testing_leave (testing);
}
