/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-store"

#include "store/secret-question.h"

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

void
musterd_question_free (MusterdQuestion *question)
{
  g_list_free_full (question->items, g_object_unref);
  g_clear_object (&question->service);
  g_clear_object (&question->connection);
  g_object_unref (question->cancellable);
  musterd_secret_free (question->secret);
  g_free (question->name);
  g_free (question);
}

/* For callbacks of the library: answers, and ends the question. */
static void
conclude (MusterdQuestion *question, const MusterdServiceAnswer *told)
{
  musterd_question_answer (question, told);
  musterd_question_free (question);
}

static void
conclude_with (MusterdQuestion *question, MusterdServiceOutcome outcome)
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

/* Nobody listens where the bus would be. Of any other trouble with it, it is not known what is behind it. */
static gboolean
means_no_bus (const GError *error)
{
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND)
         || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
}

static void
conclude_error (MusterdQuestion *question, GError *error)
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
goes_on (MusterdQuestion *question, GError *error)
{
  if (question->answered)
    {
      musterd_question_come_back (question);
      return FALSE;
    }
  if (error == NULL)
    return TRUE;
  conclude_error (question, error);
  return FALSE;
}

/* What the question is about, in the order in which it is called back. */

static void
on_stored (GObject *object, GAsyncResult *result, gpointer user_data)
{
  MusterdQuestion *question = user_data;
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
attributes_of (const MusterdQuestion *question)
{
  if (question->kind == MUSTERD_QUESTION_LIST)
    return secret_attributes_build (&schema, "application", APPLICATION, NULL);
  return secret_attributes_build (&schema, "application", APPLICATION, "name", question->name, NULL);
}

static void
create_item (MusterdQuestion *question, SecretCollection *collection)
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
conclude_list (MusterdQuestion *question, gboolean ring_locked)
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
  MusterdQuestion *question = user_data;
  g_autoptr(GError) error = NULL;
  g_autoptr(SecretCollection) collection = secret_collection_for_alias_finish (result, &error);
  gboolean locked = FALSE;

  if (!goes_on (question, error))
    return;
  locked = collection != NULL && secret_collection_get_locked (collection);
  if (question->kind == MUSTERD_QUESTION_LIST)
    conclude_list (question, locked);
  else if (question->kind == MUSTERD_QUESTION_PUT && collection != NULL && !locked)
    create_item (question, collection);
  else
    conclude (question, &(MusterdServiceAnswer){ .outcome = MUSTERD_SERVICE_MISSING, .ring_locked = locked });
}

static void
on_removed (GObject *object, GAsyncResult *result, gpointer user_data)
{
  MusterdQuestion *question = user_data;
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
conclude_get (MusterdQuestion *question, SecretItem *item)
{
  SecretValue *value = secret_item_get_secret (item);
  gsize length = 0;
  const char *bytes = value != NULL ? secret_value_get (value, &length) : NULL;
  MusterdServiceAnswer told = { .outcome = MUSTERD_SERVICE_UNUSABLE };
  char *secret = NULL;

  if (bytes == NULL)
    told.text = "has no value";
  else if (length == 0)
    told.text = "is empty";
  else if (length > MUSTERD_SECRET_MAX)
    told.text = "has more than " G_STRINGIFY (MUSTERD_SECRET_MAX) " bytes";
  else if (memchr (bytes, '\0', length) != NULL)
    told.text = "holds a zero byte, so it is not a text";
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
  MusterdQuestion *question = user_data;
  g_autoptr(GError) error = NULL;
  GList *items = secret_service_search_finish (SECRET_SERVICE (object), result, &error);
  SecretItem *item = NULL;
  gboolean any_locked = FALSE;

  question->items = items;
  if (!goes_on (question, error))
    return;
  item = choose_item (items, &any_locked);
  if (question->kind == MUSTERD_QUESTION_LIST || items == NULL)
    {
      /* A locked key ring may keep to itself what is in it. */
      secret_collection_for_alias (question->service, SECRET_COLLECTION_DEFAULT, SECRET_COLLECTION_NONE,
                                   question->cancellable, on_collection, question);
    }
  else if (item == NULL || (question->kind == MUSTERD_QUESTION_REMOVE && any_locked))
    conclude_with (question, MUSTERD_SERVICE_LOCKED);
  else if (question->kind == MUSTERD_QUESTION_GET)
    conclude_get (question, item);
  else if (question->kind == MUSTERD_QUESTION_REMOVE)
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
  MusterdQuestion *question = user_data;
  g_autoptr(GError) error = NULL;
  g_autoptr(GHashTable) attributes = NULL;
  SecretSearchFlags flags = SECRET_SEARCH_ALL;

  question->service = secret_service_open_finish (result, &error);
  if (!goes_on (question, error))
    return;
  /* Without SECRET_SEARCH_UNLOCK: a look-up would open a key ring, and in doing so ask somebody who is not there. */
  if (question->kind == MUSTERD_QUESTION_GET)
    flags |= SECRET_SEARCH_LOAD_SECRETS;
  attributes = attributes_of (question);
  secret_service_search (question->service, &schema, attributes, flags, question->cancellable, on_found, question);
}

static void
on_connected (GObject *object G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  MusterdQuestion *question = user_data;
  g_autoptr(GError) error = NULL;
  SecretServiceFlags flags = SECRET_SERVICE_NONE;

  question->connection = g_bus_get_finish (result, &error);
  /* As it is, the end of the session's bus would be that of the process. */
  if (question->connection != NULL)
    g_dbus_connection_set_exit_on_close (question->connection, FALSE);
  if (error != NULL && !question->answered)
    {
      g_autofree char *text = g_strdup_printf ("connecting to the session's bus: %s", error->message);

      g_debug ("%s", text);
      conclude (question, &(MusterdServiceAnswer){
                              .outcome = means_no_bus (error) ? MUSTERD_SERVICE_ABSENT : MUSTERD_SERVICE_FAILED,
                              .text = text });
      return;
    }
  if (!goes_on (question, error))
    return;
  if (question->kind == MUSTERD_QUESTION_GET || question->kind == MUSTERD_QUESTION_PUT)
    flags = SECRET_SERVICE_OPEN_SESSION; /* in which secrets travel */
  secret_service_open (SECRET_TYPE_SERVICE, NULL, flags, question->cancellable, on_opened, question);
}

/* From the beginning each time: an old connection may lead to a bus or a service that was restarted meanwhile. */
void
musterd_question_ask (MusterdQuestion *question)
{
  g_bus_get (G_BUS_TYPE_SESSION, question->cancellable, on_connected, question);
}
