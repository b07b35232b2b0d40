/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-store"

#include "store/secrets.h"

#include <string.h>

#include "model/error.h"
#include "store/inside.h"
#include "store/secret-places.h"

#define SECRET_NAME_MAX 128
#define SERVICE_TIMEOUT (4 * G_TIME_SPAN_SECOND)
#define SERVICE_PAUSE (60 * G_TIME_SPAN_SECOND)
/* At the end: until a question to the Secret Service is given up, and until the library must have let go of it. */
#define LAST_CALL (500 * G_TIME_SPAN_MILLISECOND)
#define LAST_WAIT (2 * G_TIME_SPAN_SECOND)

/* A thread of its own, since files are read there; its context turns, since the Secret Service is asked there. */
struct _MusterdSecrets
{
  GThread      *thread;
  GMainContext *context;

  /* Of the thread alone. */
  MusterdSecretPlaces places;
  GHashTable         *turns; /* name → GQueue of GTask: the first is being served, the others wait for it */
  guint               n_tasks;
  gboolean            closing;
#ifdef MUSTERD_WITH_LIBSECRET
  gboolean            ring;
  gint64              timeout, pause;
#endif
};

void
musterd_secret_free (char *secret)
{
  if (secret == NULL)
    return;
  explicit_bzero (secret, strlen (secret));
  g_free (secret);
}

gboolean
musterd_secret_name_is_valid (const char *name)
{
  static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

  if (name == NULL || *name == '\0' || *name == '.')
    return FALSE;

  gsize length = strspn (name, allowed);

  return length <= SECRET_NAME_MAX && name[length] == '\0';
}

const char *
musterd_secret_place_to_string (MusterdSecretPlace place)
{
  switch (place)
    {
    case MUSTERD_SECRET_CREDENTIAL:
      return "credential";
    case MUSTERD_SECRET_KEY_RING:
      return "secret-service";
    case MUSTERD_SECRET_FILE:
    case MUSTERD_SECRET_SEALED_FILE:
    case MUSTERD_SECRET_UNREAD_FILE:
      return "file";
    case MUSTERD_SECRET_NOWHERE:
    default:
      return NULL;
    }
}

/* On the secrets' thread: one request about a name after the other, names side by side. */

static void begin_first (MusterdSecrets *secrets, GQueue *turn);

static void
answer (GTask *task, MusterdSecretWork *work)
{
  if (work->error != NULL)
    g_task_return_error (task, g_steal_pointer (&work->error));
  else if (work->verb == MUSTERD_SECRET_GET)
    g_task_return_pointer (task, g_steal_pointer (&work->secret), (GDestroyNotify) musterd_secret_free);
  else
    g_task_return_int (task, work->verb == MUSTERD_SECRET_PUT ? (gssize) work->place : TRUE);
}

static void
on_work_done (MusterdSecretWork *work, gpointer user_data)
{
  MusterdSecrets *secrets = user_data;
  GQueue *turn = g_hash_table_lookup (secrets->turns, work->name);
  g_autoptr(GTask) task = g_queue_pop_head (turn);

  answer (task, work);
  secrets->n_tasks--;
  if (g_queue_is_empty (turn))
    g_hash_table_remove (secrets->turns, work->name);
  else
    begin_first (secrets, turn);
}

static void
begin_first (MusterdSecrets *secrets, GQueue *turn)
{
  musterd_secret_work_begin (g_task_get_task_data (g_queue_peek_head (turn)), &secrets->places, on_work_done, secrets);
}

typedef struct
{
  MusterdSecrets *secrets;
  GTask          *task;
} Arrival;

static void
arrival_free (gpointer data)
{
  Arrival *arrival = data;

  g_object_unref (arrival->task);
  g_free (arrival);
}

static void
turn_free (gpointer data)
{
  g_queue_free_full (data, g_object_unref);
}

static gboolean
on_work_due (gpointer data)
{
  Arrival *arrival = data;
  MusterdSecrets *secrets = arrival->secrets;
  const MusterdSecretWork *work = g_task_get_task_data (arrival->task);
  GQueue *turn = g_hash_table_lookup (secrets->turns, work->name);

  secrets->n_tasks++;
  if (turn == NULL)
    {
      turn = g_queue_new ();
      g_hash_table_insert (secrets->turns, g_strdup (work->name), turn);
    }
  g_queue_push_tail (turn, g_object_ref (arrival->task));
  if (g_queue_get_length (turn) == 1)
    begin_first (secrets, turn);
  return G_SOURCE_REMOVE;
}

typedef struct
{
  MusterdSecrets *secrets;
  char          **names;
} ListWork;

static void
list_work_free (gpointer data)
{
  ListWork *work = data;

  g_strfreev (work->names);
  g_free (work);
}

static void
on_listed (MusterdSecretList *list, GError *error, gpointer user_data)
{
  g_autoptr(GTask) task = user_data;
  const ListWork *work = g_task_get_task_data (task);

  work->secrets->n_tasks--;
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, list, (GDestroyNotify) musterd_secret_list_free);
}

static gboolean
on_list_due (gpointer data)
{
  GTask *task = data;
  const ListWork *work = g_task_get_task_data (task);

  work->secrets->n_tasks++;
  musterd_secret_places_list (&work->secrets->places, (const char *const *) work->names, on_listed,
                              g_object_ref (task));
  return G_SOURCE_REMOVE;
}

static gboolean
on_close_due (gpointer data)
{
  MusterdSecrets *secrets = data;

  secrets->closing = TRUE;
#ifdef MUSTERD_WITH_LIBSECRET
  if (secrets->places.service != NULL)
    musterd_secret_service_close (secrets->places.service, LAST_CALL);
#endif
  return G_SOURCE_REMOVE;
}

static gboolean
is_busy (MusterdSecrets *secrets)
{
#ifdef MUSTERD_WITH_LIBSECRET
  if (secrets->places.service != NULL && musterd_secret_service_is_busy (secrets->places.service))
    return TRUE;
#endif
  return secrets->n_tasks > 0;
}

static gboolean
on_waited (gpointer data)
{
  gboolean *waited = data;

  *waited = TRUE;
  return G_SOURCE_REMOVE;
}

/* What the library keeps in spite of being told to let go stays where it is: nobody waits for it, and its context goes
 * with the process. */
static void
turn_out (MusterdSecrets *secrets)
{
  g_autoptr(GSource) timer = g_timeout_source_new (LAST_WAIT / 1000);
  gboolean waited = FALSE;

  g_source_set_callback (timer, on_waited, &waited, NULL);
  g_source_attach (timer, secrets->context);
  while (is_busy (secrets) && !waited)
    g_main_context_iteration (secrets->context, TRUE);
  g_source_destroy (timer);
  /* What the library let go of at the very end is due, and nobody turns the context after this. */
  while (g_main_context_iteration (secrets->context, FALSE))
    ;
#ifdef MUSTERD_WITH_LIBSECRET
  if (!waited)
    g_clear_pointer (&secrets->places.service, musterd_secret_service_free);
#endif
}

static gpointer
run (gpointer data)
{
  MusterdSecrets *secrets = data;

  g_main_context_push_thread_default (secrets->context);
#ifdef MUSTERD_WITH_LIBSECRET
  if (secrets->ring)
    secrets->places.service = musterd_secret_service_new (secrets->timeout, secrets->pause);
#endif
  musterd_secret_state_seal (&secrets->places.state);
  while (!secrets->closing)
    g_main_context_iteration (secrets->context, TRUE);
  turn_out (secrets);
  g_main_context_pop_thread_default (secrets->context);
  return NULL;
}

/* From any thread. Sources of one priority are served in the order in which they were attached. */

static void
post (MusterdSecrets *secrets, GSourceFunc func, gpointer data, GDestroyNotify free_data)
{
  g_autoptr(GSource) source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, func, data, free_data);
  g_source_set_static_name (source, "muster secrets");
  g_source_attach (source, secrets->context);
}

void
musterd_secrets_prepare (void)
{
#ifdef MUSTERD_WITH_LIBSECRET
  musterd_secret_service_prepare ();
#endif
}

MusterdSecrets *
musterd_secrets_new (const char *state_dir)
{
  const MusterdSecretsOptions options = {
    .state_dir = state_dir,
    .credentials = g_getenv ("CREDENTIALS_DIRECTORY"),
    .ring = TRUE,
    .timeout = SERVICE_TIMEOUT,
    .pause = SERVICE_PAUSE,
  };

  return musterd_secrets_new_with (&options);
}

MusterdSecrets *
musterd_secrets_new_with (const MusterdSecretsOptions *options)
{
  MusterdSecrets *secrets = g_new0 (MusterdSecrets, 1);

  if (options->credentials != NULL && g_path_is_absolute (options->credentials))
    secrets->places.credentials = g_strdup (options->credentials);
  secrets->places.state.credentials = secrets->places.credentials;
  secrets->places.state.dir = g_build_filename (options->state_dir, "secrets", NULL);
  secrets->turns = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, turn_free);
  secrets->context = g_main_context_new ();
#ifdef MUSTERD_WITH_LIBSECRET
  secrets->ring = options->ring;
  secrets->timeout = options->timeout;
  secrets->pause = options->pause;
#endif
  secrets->thread = g_thread_new ("secrets", run, secrets);
  return secrets;
}

void
musterd_secrets_free (MusterdSecrets *secrets)
{
  post (secrets, on_close_due, secrets, NULL);
  g_thread_join (secrets->thread); /* answers come on their contexts */
  g_hash_table_unref (secrets->turns);
  g_main_context_unref (secrets->context);
  g_free (secrets->places.credentials);
  g_free (secrets->places.state.dir);
  g_free (secrets);
}

static gboolean
check_name (GTask *task, const char *name)
{
  if (!musterd_secret_name_is_valid (name))
    {
      g_task_return_new_error (task, MUSTERD_ERROR, MUSTERD_ERROR_INVALID,
                               "the name of a secret has 1 to %d letters, digits, '.', '_' or '-' and does not begin "
                               "with '.'",
                               SECRET_NAME_MAX);
      return FALSE;
    }
  if (g_str_equal (name, MUSTERD_SECRET_KEY_NAME))
    {
      g_task_return_new_error (task, MUSTERD_ERROR, MUSTERD_ERROR_FORBIDDEN,
                               "the name " MUSTERD_SECRET_KEY_NAME " belongs to the key that seals secrets: it is a "
                               "credential of the service, and nobody's secret");
      return FALSE;
    }
  return TRUE;
}

static void
start (MusterdSecrets *secrets, GTask *task, MusterdSecretVerb verb, const char *name, const char *secret)
{
  MusterdSecretWork *work = g_new0 (MusterdSecretWork, 1);
  Arrival *arrival = g_new0 (Arrival, 1);

  work->verb = verb;
  work->name = g_strdup (name);
  work->secret = g_strdup (secret);
  g_task_set_task_data (task, work, (GDestroyNotify) musterd_secret_work_free);
  arrival->secrets = secrets;
  arrival->task = g_object_ref (task);
  post (secrets, on_work_due, arrival, arrival_free);
}

void
musterd_secrets_get_async (MusterdSecrets *secrets, const char *name, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr(GTask) task = g_task_new (NULL, NULL, callback, user_data);

  g_task_set_source_tag (task, musterd_secrets_get_async);
  if (check_name (task, name))
    start (secrets, task, MUSTERD_SECRET_GET, name, NULL);
}

char *
musterd_secrets_get_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_async_result_is_tagged (result, musterd_secrets_get_async), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
tell_ring (GAsyncResult *result, gboolean *ring_locked)
{
  const MusterdSecretWork *work = g_task_get_task_data (G_TASK (result)); /* NULL: it was never begun */

  if (ring_locked != NULL)
    *ring_locked = work != NULL && work->ring_locked;
}

void
musterd_secrets_put_async (MusterdSecrets *secrets, const char *name, const char *secret, GAsyncReadyCallback callback,
                           gpointer user_data)
{
  g_autoptr(GTask) task = g_task_new (NULL, NULL, callback, user_data);

  g_task_set_source_tag (task, musterd_secrets_put_async);
  if (!check_name (task, name))
    return;
  if (secret == NULL || *secret == '\0')
    g_task_return_new_error (task, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "storing the secret '%s': it is empty", name);
  else if (strlen (secret) > MUSTERD_SECRET_MAX)
    g_task_return_new_error (task, MUSTERD_ERROR, MUSTERD_ERROR_LIMIT,
                             "storing the secret '%s': it has more than %d bytes", name, MUSTERD_SECRET_MAX);
  else
    start (secrets, task, MUSTERD_SECRET_PUT, name, secret);
}

MusterdSecretPlace
musterd_secrets_put_finish (GAsyncResult *result, gboolean *ring_locked, GError **error)
{
  gssize place = -1;

  g_return_val_if_fail (g_async_result_is_tagged (result, musterd_secrets_put_async), MUSTERD_SECRET_NOWHERE);
  tell_ring (result, ring_locked);
  place = g_task_propagate_int (G_TASK (result), error);
  return place >= 0 ? (MusterdSecretPlace) place : MUSTERD_SECRET_NOWHERE;
}

void
musterd_secrets_remove_async (MusterdSecrets *secrets, const char *name, GAsyncReadyCallback callback,
                              gpointer user_data)
{
  g_autoptr(GTask) task = g_task_new (NULL, NULL, callback, user_data);

  g_task_set_source_tag (task, musterd_secrets_remove_async);
  if (check_name (task, name))
    start (secrets, task, MUSTERD_SECRET_REMOVE, name, NULL);
}

gboolean
musterd_secrets_remove_finish (GAsyncResult *result, gboolean *ring_locked, GError **error)
{
  g_return_val_if_fail (g_async_result_is_tagged (result, musterd_secrets_remove_async), FALSE);
  tell_ring (result, ring_locked);
  return g_task_propagate_int (G_TASK (result), error) == TRUE;
}

void
musterd_secrets_list_async (MusterdSecrets *secrets, const char *const *names, GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_autoptr(GTask) task = g_task_new (NULL, NULL, callback, user_data);
  ListWork *work = g_new0 (ListWork, 1);

  work->secrets = secrets;
  work->names = g_strdupv ((char **) names);
  g_task_set_source_tag (task, musterd_secrets_list_async);
  g_task_set_task_data (task, work, list_work_free);
  post (secrets, on_list_due, g_object_ref (task), g_object_unref);
}

MusterdSecretList *
musterd_secrets_list_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_async_result_is_tagged (result, musterd_secrets_list_async), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}
