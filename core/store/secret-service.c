/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-store"

#include "store/secret-service.h"

#include <libsecret/secret.h>
#include <string.h>

#include "store/secret-files.h"
#include "store/secrets.h"

#define APPLICATION "muster"
#define ITEMS_MAX 10000 /* that are looked at */

/* Found by its two attributes alone: secret-tool knows no schema of ours. */
static const SecretSchema schema = {
  .name = "muster.Secret",
  .flags = SECRET_SCHEMA_DONT_MATCH_NAME,
  .attributes = {
    { "application", SECRET_SCHEMA_ATTRIBUTE_STRING },
    { "name", SECRET_SCHEMA_ATTRIBUTE_STRING },
    { NULL, SECRET_SCHEMA_ATTRIBUTE_STRING },
  },
};

struct _MusterdSecretService
{
  gint64        timeout, pause;
  GMainContext *context;
  GQueue        questions;    /* Question: the first is being asked */
  guint         n_lingering;  /* answered by our timer, and still somewhere in the library */
  gint64        silent_until; /* monotonic */
  gboolean      closed;
  GSource      *starter;      /* nullable: the next question is about to be asked */
  GSource      *last_call;    /* nullable: of close() */
};

typedef enum
{
  KIND_GET,
  KIND_PUT,
  KIND_REMOVE,
  KIND_LIST
} Kind;

/* One question. The library has it as the data of the one call that is under way, and it lives until that has come back,
 * also when nobody waits for it any more. */
typedef struct
{
  MusterdSecretService *owner;
  Kind                  kind;
  char                 *name;   /* nullable: list */
  char                 *secret; /* nullable; put */
  MusterdServiceFunc    func;
  gpointer              user_data;
  gboolean              answered;
  GCancellable         *cancellable;
  GSource              *timer;      /* nullable */
  GDBusConnection      *connection; /* nullable */
  SecretService        *service;    /* nullable */
  GList                *items;      /* SecretItem */
} Question;

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

static void
question_free (Question *question)
{
  clear_source (&question->timer);
  g_list_free_full (question->items, g_object_unref);
  g_clear_object (&question->service);
  g_clear_object (&question->connection);
  g_object_unref (question->cancellable);
  musterd_secret_free (question->secret);
  g_free (question->name);
  g_free (question);
}

/* Tells who asked, and lets the next one be asked. The question stays. */
static void
answer (Question *question, const MusterdServiceAnswer *told)
{
  MusterdSecretService *service = question->owner;

  question->answered = TRUE;
  clear_source (&question->timer);
  g_queue_remove (&service->questions, question);
  question->func (told, question->user_data);
  start_next (service);
}

static void
answer_silent (Question *question, const char *text)
{
  answer (question, &(MusterdServiceAnswer){ .outcome = MUSTERD_SERVICE_SILENT, .text = text });
}

/* For callbacks of the library: answers, and ends the question. */
static void
conclude (Question *question, const MusterdServiceAnswer *told)
{
  answer (question, told);
  question_free (question);
}

static void
conclude_with (Question *question, MusterdServiceOutcome outcome)
{
  conclude (question, &(MusterdServiceAnswer){ .outcome = outcome });
}

/* Nobody, or nobody who could be started, has the service's name. */
static gboolean
means_absent (const GError *error)
{
  static const int codes[] = {
    G_DBUS_ERROR_SERVICE_UNKNOWN,      G_DBUS_ERROR_NAME_HAS_NO_OWNER,     G_DBUS_ERROR_DISCONNECTED,
    G_DBUS_ERROR_SPAWN_EXEC_FAILED,    G_DBUS_ERROR_SPAWN_FORK_FAILED,     G_DBUS_ERROR_SPAWN_CHILD_EXITED,
    G_DBUS_ERROR_SPAWN_CHILD_SIGNALED, G_DBUS_ERROR_SPAWN_FAILED,          G_DBUS_ERROR_SPAWN_SETUP_FAILED,
    G_DBUS_ERROR_SPAWN_CONFIG_INVALID, G_DBUS_ERROR_SPAWN_SERVICE_INVALID, G_DBUS_ERROR_SPAWN_SERVICE_NOT_FOUND,
    G_DBUS_ERROR_SPAWN_NO_MEMORY,      G_DBUS_ERROR_SPAWN_FILE_INVALID,
  };

  for (gsize i = 0; i < G_N_ELEMENTS (codes); i++)
    if (g_error_matches (error, G_DBUS_ERROR, codes[i]))
      return TRUE;
  return FALSE;
}

static void
conclude_error (Question *question, GError *error)
{
  MusterdServiceAnswer told = { .outcome = MUSTERD_SERVICE_FAILED };

  g_dbus_error_strip_remote_error (error);
  told.text = error->message;
  if (means_absent (error) || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CLOSED))
    told.outcome = MUSTERD_SERVICE_ABSENT;
  conclude (question, &told);
}

/* For every callback of the library: FALSE where the question ends here, answered long ago or by this error. */
static gboolean
goes_on (Question *question, GError *error)
{
  if (question->answered)
    {
      question->owner->n_lingering--;
      question_free (question);
      return FALSE;
    }
  if (error == NULL)
    return TRUE;
  conclude_error (question, error);
  return FALSE;
}

/* What became of it is not known: where it was a store, it may have taken place. */
static void
give_up (Question *question)
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
  Question *question = data;

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

/* What the question is about, in the order in which it is called back. */

static void
on_stored (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Question *question = user_data;
  g_autoptr(GError) error = NULL;
  g_autoptr(SecretItem) created = NULL;

  /* Called back for the item that was changed, or for none where one was made. */
  if (object != NULL && SECRET_IS_ITEM (object))
    secret_item_set_secret_finish (SECRET_ITEM (object), result, &error);
  else
    created = secret_item_create_finish (result, &error);
  if (goes_on (question, error))
    conclude_with (question, MUSTERD_SERVICE_DONE);
}

static GHashTable *
attributes_of (const Question *question)
{
  if (question->kind == KIND_LIST)
    return secret_attributes_build (&schema, "application", APPLICATION, NULL);
  return secret_attributes_build (&schema, "application", APPLICATION, "name", question->name, NULL);
}

static void
create_item (Question *question, SecretCollection *collection)
{
  g_autoptr(GHashTable) attributes = attributes_of (question);
  g_autofree char *label = g_strdup_printf ("Muster: %s", question->name);
  SecretValue *value = secret_value_new (question->secret, -1, "text/plain");

  secret_item_create (collection, &schema, attributes, label, value, SECRET_ITEM_CREATE_REPLACE, question->cancellable,
                      on_stored, question);
  secret_value_unref (value);
}

/* A locked item does not tell its name, or only a hash of it. */
static void
conclude_list (Question *question, gboolean ring_locked)
{
  g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func (g_free);

  for (GList *l = question->items; l != NULL && names->len < ITEMS_MAX; l = l->next)
    {
      g_autoptr(GHashTable) attributes = secret_item_get_attributes (l->data);
      const char *name = g_hash_table_lookup (attributes, "name");

      if (!secret_item_get_locked (l->data) && musterd_secret_name_is_valid (name))
        g_ptr_array_add (names, g_strdup (name));
    }
  conclude (question, &(MusterdServiceAnswer){
                          .outcome = MUSTERD_SERVICE_DONE, .names = names, .ring_locked = ring_locked });
}

/* A store never opens a key ring, which would ask a person. */
static void
on_collection (GObject *object G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  Question *question = user_data;
  g_autoptr(GError) error = NULL;
  g_autoptr(SecretCollection) collection = secret_collection_for_alias_finish (result, &error);
  gboolean locked = FALSE;

  if (!goes_on (question, error))
    return;
  locked = collection != NULL && secret_collection_get_locked (collection);
  if (question->kind == KIND_LIST)
    conclude_list (question, locked);
  else if (question->kind == KIND_PUT && collection != NULL && !locked)
    create_item (question, collection);
  else
    conclude (question, &(MusterdServiceAnswer){ .outcome = MUSTERD_SERVICE_MISSING, .ring_locked = locked });
}

static void
on_removed (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Question *question = user_data;
  g_autoptr(GError) error = NULL;

  secret_item_delete_finish (SECRET_ITEM (object), result, &error);
  if (!goes_on (question, error))
    return;
  question->items = g_list_delete_link (question->items, question->items);
  g_object_unref (object);
  if (question->items != NULL)
    secret_item_delete (question->items->data, question->cancellable, on_removed, question);
  else
    conclude_with (question, MUSTERD_SERVICE_DONE);
}

static void
conclude_get (Question *question, SecretItem *item)
{
  SecretValue *value = secret_item_get_secret (item);
  gsize length = 0;
  const char *bytes = value != NULL ? secret_value_get (value, &length) : NULL;
  MusterdServiceAnswer told = { .outcome = MUSTERD_SERVICE_FAILED };
  char *secret = NULL;

  if (bytes == NULL)
    told.text = "it gives no value for the item";
  else if (length == 0)
    told.text = "the item is empty";
  else if (length > MUSTERD_SECRET_MAX)
    told.text = "the item has more than 16384 bytes";
  else if (memchr (bytes, '\0', length) != NULL)
    told.text = "the item holds a zero byte, so it is not a text";
  else
    {
      secret = g_strndup (bytes, length);
      told.outcome = MUSTERD_SERVICE_DONE;
      told.secret = secret;
    }
  g_clear_pointer (&value, secret_value_unref);
  conclude (question, &told);
  musterd_secret_free (secret);
}

/* The newest that can be had; of two, it is the one that was stored last. */
static SecretItem *
choose_item (GList *items, gboolean *any_locked)
{
  SecretItem *chosen = NULL;

  *any_locked = FALSE;
  for (GList *l = items; l != NULL; l = l->next)
    if (secret_item_get_locked (l->data))
      *any_locked = TRUE;
    else if (chosen == NULL || secret_item_get_modified (l->data) > secret_item_get_modified (chosen))
      chosen = l->data;
  return chosen;
}

static void
on_found (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Question *question = user_data;
  g_autoptr(GError) error = NULL;
  GList *items = secret_service_search_finish (SECRET_SERVICE (object), result, &error);
  SecretItem *item = NULL;
  gboolean any_locked = FALSE;

  question->items = items;
  if (!goes_on (question, error))
    return;
  item = choose_item (items, &any_locked);
  if (question->kind == KIND_LIST || items == NULL)
    {
      /* A locked key ring may keep to itself what is in it. */
      secret_collection_for_alias (question->service, SECRET_COLLECTION_DEFAULT, SECRET_COLLECTION_NONE,
                                   question->cancellable, on_collection, question);
    }
  else if (item == NULL || (question->kind == KIND_REMOVE && any_locked))
    conclude_with (question, MUSTERD_SERVICE_LOCKED);
  else if (question->kind == KIND_GET)
    conclude_get (question, item);
  else if (question->kind == KIND_REMOVE)
    secret_item_delete (items->data, question->cancellable, on_removed, question);
  else
    {
      SecretValue *value = secret_value_new (question->secret, -1, "text/plain");

      secret_item_set_secret (item, value, question->cancellable, on_stored, question);
      secret_value_unref (value);
    }
}

static void
on_opened (GObject *object G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  Question *question = user_data;
  g_autoptr(GError) error = NULL;
  g_autoptr(GHashTable) attributes = NULL;
  SecretSearchFlags flags = SECRET_SEARCH_ALL;

  question->service = secret_service_open_finish (result, &error);
  if (!goes_on (question, error))
    return;
  /* Without SECRET_SEARCH_UNLOCK: a look-up would open a key ring, and in doing so ask somebody who is not there. */
  if (question->kind == KIND_GET)
    flags |= SECRET_SEARCH_LOAD_SECRETS;
  attributes = attributes_of (question);
  secret_service_search (question->service, &schema, attributes, flags, question->cancellable, on_found, question);
}

static void
on_connected (GObject *object G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  Question *question = user_data;
  g_autoptr(GError) error = NULL;

  question->connection = g_bus_get_finish (result, &error);
  /* As it is, the end of the session's bus would be that of the process. */
  if (question->connection != NULL)
    g_dbus_connection_set_exit_on_close (question->connection, FALSE);
  if (error != NULL && !question->answered)
    {
      g_debug ("the session's bus: %s", error->message);
      conclude_with (question, MUSTERD_SERVICE_ABSENT);
      return;
    }
  if (!goes_on (question, error))
    return;
  secret_service_open (SECRET_TYPE_SERVICE, NULL,
                       question->kind == KIND_LIST || question->kind == KIND_REMOVE ? SECRET_SERVICE_NONE
                                                                                    : SECRET_SERVICE_OPEN_SESSION,
                       question->cancellable, on_opened, question);
}

/* From the beginning each time: an old connection may lead to a bus or a service that was restarted meanwhile. */
static void
ask (Question *question)
{
  question->timer = add_timer (question->owner, question->owner->timeout, on_timeout, question);
  g_bus_get (G_BUS_TYPE_SESSION, question->cancellable, on_connected, question);
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
  Question *question = g_queue_peek_head (&service->questions);
  const gint64 wait = service->silent_until - g_get_monotonic_time ();
  g_autofree char *text = NULL;

  clear_source (&service->starter);
  if (!has_bus ())
    {
      conclude_with (question, MUSTERD_SERVICE_ABSENT);
      return G_SOURCE_REMOVE;
    }
  if (!service->closed && wait <= 0)
    {
      ask (question);
      return G_SOURCE_REMOVE;
    }
  if (service->closed)
    text = g_strdup ("musterd stops");
  else
    text = g_strdup_printf ("it did not answer, and is asked again in %d s", (int) (wait / G_USEC_PER_SEC) + 1);
  answer_silent (question, text);
  question_free (question);
  return G_SOURCE_REMOVE;
}

static void
start_next (MusterdSecretService *service)
{
  Question *next = g_queue_peek_head (&service->questions);

  if (next == NULL || next->timer != NULL || service->starter != NULL)
    return;
  service->starter = g_idle_source_new ();
  g_source_set_priority (service->starter, G_PRIORITY_DEFAULT);
  g_source_set_callback (service->starter, on_turn, service, NULL);
  g_source_attach (service->starter, service->context);
}

static void
add_question (MusterdSecretService *service, Kind kind, const char *name, const char *secret, MusterdServiceFunc func,
              gpointer user_data)
{
  Question *question = g_new0 (Question, 1);

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
  add_question (service, KIND_GET, name, NULL, func, user_data);
}

void
musterd_secret_service_put (MusterdSecretService *service, const char *name, const char *secret,
                            MusterdServiceFunc func, gpointer user_data)
{
  add_question (service, KIND_PUT, name, secret, func, user_data);
}

void
musterd_secret_service_remove (MusterdSecretService *service, const char *name, MusterdServiceFunc func,
                               gpointer user_data)
{
  add_question (service, KIND_REMOVE, name, NULL, func, user_data);
}

void
musterd_secret_service_list (MusterdSecretService *service, MusterdServiceFunc func, gpointer user_data)
{
  add_question (service, KIND_LIST, NULL, NULL, func, user_data);
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
  Question *first = g_queue_peek_head (&service->questions);

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
