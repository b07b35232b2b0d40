/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-store"

#include "store/answers.h"

typedef struct
{
  MusterdStoreDone done;
  gpointer         user_data;
  GError          *error; /* nullable */
} Answer;

struct _MusterdAnswers
{
  gatomicrefcount refs;
  GMutex          lock;
  GMainContext   *context;
  GQueue          queue;  /* Answer */
  GSource        *source; /* nullable: one for all answers that wait */
};

MusterdAnswers *
musterd_answers_new (GMainContext *context)
{
  MusterdAnswers *answers = g_new0 (MusterdAnswers, 1);

  g_atomic_ref_count_init (&answers->refs);
  g_mutex_init (&answers->lock);
  answers->context = g_main_context_ref (context);
  g_queue_init (&answers->queue);
  return answers;
}

MusterdAnswers *
musterd_answers_ref (MusterdAnswers *answers)
{
  g_atomic_ref_count_inc (&answers->refs);
  return answers;
}

void
musterd_answers_unref (MusterdAnswers *answers)
{
  if (!g_atomic_ref_count_dec (&answers->refs))
    return;
  g_clear_pointer (&answers->source, g_source_unref);
  g_main_context_unref (answers->context);
  g_mutex_clear (&answers->lock);
  g_free (answers);
}

/* The next answer, or NULL. */
static Answer *
take (MusterdAnswers *answers)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&answers->lock);

  return g_queue_pop_head (&answers->queue);
}

static void
answer_give (Answer *answer)
{
  answer->done (answer->error, answer->user_data);
  g_clear_error (&answer->error);
  g_free (answer);
}

static gboolean
on_answers_wait (gpointer user_data)
{
  MusterdAnswers *answers = user_data;
  guint n = 0;

  g_mutex_lock (&answers->lock);
  g_clear_pointer (&answers->source, g_source_unref);
  n = answers->queue.length;
  g_mutex_unlock (&answers->lock);

  /* One at a time: a callback may close the store, which then calls the others itself. */
  for (; n > 0; n--)
    {
      Answer *answer = take (answers);

      if (answer == NULL)
        break;
      answer_give (answer);
    }
  return G_SOURCE_REMOVE;
}

void
musterd_answers_put (MusterdAnswers *answers, MusterdStoreDone done, gpointer user_data, const GError *error)
{
  Answer *answer = g_new0 (Answer, 1);

  answer->done = done;
  answer->user_data = user_data;
  answer->error = error != NULL ? g_error_copy (error) : NULL;

  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&answers->lock);

  g_queue_push_tail (&answers->queue, answer);
  if (answers->source != NULL)
    return;
  answers->source = g_idle_source_new ();
  g_source_set_priority (answers->source, G_PRIORITY_DEFAULT);
  g_source_set_static_name (answers->source, "musterd-store-answers");
  g_source_set_callback (answers->source, on_answers_wait, musterd_answers_ref (answers),
                         (GDestroyNotify) musterd_answers_unref);
  g_source_attach (answers->source, answers->context);
}

gboolean
musterd_answers_is_idle (MusterdAnswers *answers)
{
  return g_atomic_ref_count_compare (&answers->refs, 1);
}

gboolean
musterd_answers_drain (MusterdAnswers *answers)
{
  g_autoptr(GSource) source = NULL;
  gboolean any = FALSE;

  g_mutex_lock (&answers->lock);
  source = g_steal_pointer (&answers->source);
  g_mutex_unlock (&answers->lock);
  if (source != NULL)
    g_source_destroy (source);

  for (Answer *answer = take (answers); answer != NULL; answer = take (answers))
    {
      answer_give (answer);
      any = TRUE;
    }
  return any;
}
