/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-store"

#include "store/secret-question.h"

#include <string.h>

struct _MusterdSecretService
{
  gint64        timeout, pause;
  GMainContext *context;
  GQueue        questions;    /* MusterdQuestion: the first is being asked */
  guint         n_lingering;  /* answered by our timer, and still somewhere in the library */
  gint64        silent_until; /* monotonic */
  gboolean      closed;
  GSource      *starter;      /* nullable: the next question is about to be asked */
  GSource      *last_call;    /* nullable: of close() */
};

static void start_next (MusterdSecretService *service);

static void
clear_source (GSource **source)
{
  if (*source == NULL)
    return;
  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static double
seconds (gint64 interval)
{
  return (double) interval / G_USEC_PER_SEC;
}

void
musterd_question_answer (MusterdQuestion *question, const MusterdServiceAnswer *told)
{
  MusterdSecretService *service = question->owner;

  question->answered = TRUE;
  clear_source (&question->timer);
  g_queue_remove (&service->questions, question);
  question->func (told, question->user_data);
  start_next (service);
}

void
musterd_question_come_back (MusterdQuestion *question)
{
  question->owner->n_lingering--;
  musterd_question_free (question);
}

static void
answer_silent (MusterdQuestion *question, const char *text)
{
  musterd_question_answer (question, &(MusterdServiceAnswer){ .outcome = MUSTERD_SERVICE_SILENT, .text = text });
}

/* What became of it is not known: where it was a store, it may have taken place. */
static void
give_up (MusterdQuestion *question)
{
  g_autofree char *text = g_strdup_printf ("it has not answered within %.3g s", seconds (question->owner->timeout));

  question->owner->n_lingering++;
  question->owner->silent_until = g_get_monotonic_time () + question->owner->pause;
  answer_silent (question, text);
  g_cancellable_cancel (question->cancellable); /* may call back, and end the question */
}

static gboolean
on_timeout (gpointer data)
{
  MusterdQuestion *question = data;

  g_message ("the Secret Service has not answered within %.3g s, and is not asked for %.3g s",
             seconds (question->owner->timeout), seconds (question->owner->pause));
  give_up (question);
  return G_SOURCE_REMOVE;
}

static GSource *
add_timer (MusterdSecretService *service, gint64 interval, GSourceFunc func, gpointer data)
{
  GSource *source = g_timeout_source_new ((guint) MAX (interval / 1000, 1));

  g_source_set_callback (source, func, data, NULL);
  g_source_set_static_name (source, "muster secret service");
  g_source_attach (source, service->context);
  return source;
}

static void
begin (MusterdQuestion *question)
{
  question->timer = add_timer (question->owner, question->owner->timeout, on_timeout, question);
  musterd_question_ask (question);
}

/* By the environment, before anything is asked: the library would try to start a bus where there is none. */
static gboolean
has_bus (void)
{
  const char *address = g_getenv ("DBUS_SESSION_BUS_ADDRESS");
  const char *run = g_getenv ("XDG_RUNTIME_DIR");
  g_autofree char *path = NULL;

  if (address != NULL && *address != '\0')
    return strstr (address, "autolaunch:") == NULL && g_dbus_is_supported_address (address, NULL);
  if (run == NULL || !g_path_is_absolute (run))
    return FALSE;
  path = g_build_filename (run, "bus", NULL);
  return g_file_test (path, G_FILE_TEST_EXISTS);
}

void
musterd_secret_service_prepare (void)
{
  const GType types[] = { G_TYPE_DBUS_CONNECTION, G_TYPE_DBUS_AUTH_OBSERVER, G_TYPE_DBUS_MESSAGE, G_TYPE_DBUS_PROXY,
                          SECRET_TYPE_SERVICE,    SECRET_TYPE_COLLECTION,    SECRET_TYPE_ITEM };

  for (gsize i = 0; has_bus () && i < G_N_ELEMENTS (types); i++)
    g_type_class_unref (g_type_class_ref (types[i]));
}

static gboolean
on_turn (gpointer data)
{
  MusterdSecretService *service = data;
  MusterdQuestion *question = g_queue_peek_head (&service->questions);
  const gint64 wait = service->silent_until - g_get_monotonic_time ();
  g_autofree char *text = NULL;

  clear_source (&service->starter);
  if (!has_bus ())
    {
      musterd_question_answer (question, &(MusterdServiceAnswer){ .outcome = MUSTERD_SERVICE_ABSENT });
      musterd_question_free (question);
      return G_SOURCE_REMOVE;
    }
  if (!service->closed && wait <= 0)
    {
      begin (question);
      return G_SOURCE_REMOVE;
    }
  if (service->closed)
    text = g_strdup ("musterd stops");
  else
    text = g_strdup_printf ("it did not answer, and is asked again in %d s", (int) (wait / G_USEC_PER_SEC) + 1);
  answer_silent (question, text);
  musterd_question_free (question);
  return G_SOURCE_REMOVE;
}

static void
start_next (MusterdSecretService *service)
{
  MusterdQuestion *next = g_queue_peek_head (&service->questions);

  if (next == NULL || next->timer != NULL || service->starter != NULL)
    return;
  service->starter = g_idle_source_new ();
  g_source_set_priority (service->starter, G_PRIORITY_DEFAULT);
  g_source_set_callback (service->starter, on_turn, service, NULL);
  g_source_attach (service->starter, service->context);
}

static void
add_question (MusterdSecretService *service, MusterdQuestionKind kind, const char *name, const char *secret,
              MusterdServiceFunc func, gpointer user_data)
{
  MusterdQuestion *question = g_new0 (MusterdQuestion, 1);

  question->owner = service;
  question->kind = kind;
  question->name = g_strdup (name);
  question->secret = g_strdup (secret);
  question->func = func;
  question->user_data = user_data;
  question->cancellable = g_cancellable_new ();
  g_queue_push_tail (&service->questions, question);
  start_next (service);
}

void
musterd_secret_service_get (MusterdSecretService *service, const char *name, MusterdServiceFunc func,
                            gpointer user_data)
{
  add_question (service, MUSTERD_QUESTION_GET, name, NULL, func, user_data);
}

void
musterd_secret_service_put (MusterdSecretService *service, const char *name, const char *secret,
                            MusterdServiceFunc func, gpointer user_data)
{
  add_question (service, MUSTERD_QUESTION_PUT, name, secret, func, user_data);
}

void
musterd_secret_service_remove (MusterdSecretService *service, const char *name, MusterdServiceFunc func,
                               gpointer user_data)
{
  add_question (service, MUSTERD_QUESTION_REMOVE, name, NULL, func, user_data);
}

void
musterd_secret_service_list (MusterdSecretService *service, MusterdServiceFunc func, gpointer user_data)
{
  add_question (service, MUSTERD_QUESTION_LIST, NULL, NULL, func, user_data);
}

MusterdSecretService *
musterd_secret_service_new (gint64 timeout, gint64 pause)
{
  MusterdSecretService *service = g_new0 (MusterdSecretService, 1);

  service->timeout = timeout;
  service->pause = pause;
  service->context = g_main_context_ref_thread_default ();
  g_queue_init (&service->questions);
  return service;
}

static gboolean
on_last_call (gpointer data)
{
  MusterdSecretService *service = data;
  MusterdQuestion *first = g_queue_peek_head (&service->questions);

  clear_source (&service->last_call);
  if (first != NULL && first->timer != NULL)
    give_up (first);
  return G_SOURCE_REMOVE;
}

void
musterd_secret_service_close (MusterdSecretService *service, gint64 timeout)
{
  service->closed = TRUE;
  if (service->last_call == NULL)
    service->last_call = add_timer (service, timeout, on_last_call, service);
}

gboolean
musterd_secret_service_is_busy (MusterdSecretService *service)
{
  return service->n_lingering > 0 || !g_queue_is_empty (&service->questions);
}

void
musterd_secret_service_free (MusterdSecretService *service)
{
  clear_source (&service->starter);
  clear_source (&service->last_call);
  g_main_context_unref (service->context);
  g_free (service);
}
