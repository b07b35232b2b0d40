/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-store"

#include "store/secrets.h"

#include <string.h>

#include "model/error.h"
#include "store/inside.h"
#include "store/secret-files.h"

#define SECRET_NAME_MAX 128

/* One place where secrets are kept. In the order of the table, the first that has a name gives it, and the first that
 * can be written takes it. Called on the secrets' own thread; may block. */
typedef struct
{
  /* The secret; NULL without an error: not here. */
  char    *(*get) (MusterdSecrets *secrets, const char *name, GError **error);
  /* Nullable: read-only. */
  gboolean (*put) (MusterdSecrets *secrets, const char *name, const char *secret, GError **error);
} Provider;

struct _MusterdSecrets
{
  char        *credentials; /* nullable: not started by a service manager that has any for us */
  char        *dir;         /* DIR/secrets */
  GThreadPool *pool;        /* of one thread: what was put is seen by every later get, and the later put stays */
};

typedef struct
{
  char *name;
  char *secret; /* nullable: to be looked up */
} Request;

static void
request_free (gpointer data)
{
  Request *request = data;

  g_free (request->name);
  musterd_secret_free (request->secret);
  g_free (request);
}

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

static char *
get_from_credentials (MusterdSecrets *secrets, const char *name, GError **error)
{
  if (secrets->credentials == NULL)
    return NULL;
  return musterd_secret_file_read (secrets->credentials, name, MUSTERD_SECRET_FILE_CREDENTIAL, error);
}

static char *
get_from_state (MusterdSecrets *secrets, const char *name, GError **error)
{
  return musterd_secret_file_read (secrets->dir, name, MUSTERD_SECRET_FILE_OWN, error);
}

static gboolean
put_to_state (MusterdSecrets *secrets, const char *name, const char *secret, GError **error)
{
  return musterd_secret_file_write (secrets->dir, name, secret, error);
}

static const Provider providers[] = {
  { get_from_credentials, NULL },
  { get_from_state, put_to_state },
};

static void
run_get (MusterdSecrets *secrets, GTask *task, const char *name)
{
  GError *error = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (providers); i++)
    {
      char *secret = providers[i].get (secrets, name, &error);

      if (secret != NULL)
        {
          g_task_return_pointer (task, secret, (GDestroyNotify) musterd_secret_free);
          return;
        }
      /* One that is there but cannot be used is not passed over: another of that name may be an old one. */
      if (error != NULL)
        {
          g_prefix_error (&error, "reading the secret '%s': ", name);
          g_task_return_error (task, error);
          return;
        }
    }

  g_autofree char *dir = g_filename_display_name (secrets->dir);

  g_task_return_new_error (task, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND,
                           "secret '%s' not found: neither has the service a credential of that name%s nor is there "
                           "%s/%s; store it there with mode 0600, or give the service LoadCredential=%s:FILE",
                           name, secrets->credentials == NULL ? " (it has none at all)" : "", dir, name, name);
}

static void
run_put (MusterdSecrets *secrets, GTask *task, const char *name, const char *secret)
{
  GError *error = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (providers); i++)
    {
      if (providers[i].put != NULL)
        {
          if (providers[i].put (secrets, name, secret, &error))
            {
              g_task_return_boolean (task, TRUE);
              return;
            }
          break;
        }

      char *present = providers[i].get (secrets, name, &error);

      if (error != NULL)
        break;
      if (present != NULL)
        {
          musterd_secret_free (present);
          g_set_error (&error, MUSTERD_ERROR, MUSTERD_ERROR_CONFLICT,
                       "the service has a read-only credential of that name, which would hide what is stored; take "
                       "LoadCredential=%s away first",
                       name);
          break;
        }
    }
  g_prefix_error (&error, "storing the secret '%s': ", name);
  g_task_return_error (task, error);
}

static void
on_request_due (gpointer data, gpointer user_data)
{
  g_autoptr(GTask) task = data;
  MusterdSecrets *secrets = user_data;
  Request *request = g_task_get_task_data (task);

  if (request->secret != NULL)
    run_put (secrets, task, request->name, request->secret);
  else
    run_get (secrets, task, request->name);
}

MusterdSecrets *
musterd_secrets_new (const char *state_dir)
{
  return musterd_secrets_new_with (state_dir, g_getenv ("CREDENTIALS_DIRECTORY"));
}

MusterdSecrets *
musterd_secrets_new_with (const char *state_dir, const char *credentials)
{
  MusterdSecrets *secrets = g_new0 (MusterdSecrets, 1);

  if (credentials != NULL && g_path_is_absolute (credentials))
    secrets->credentials = g_strdup (credentials);
  secrets->dir = g_build_filename (state_dir, "secrets", NULL);
  secrets->pool = g_thread_pool_new (on_request_due, secrets, 1, FALSE, NULL);
  return secrets;
}

void
musterd_secrets_free (MusterdSecrets *secrets)
{
  /* Waits for what was put; answers come on their contexts. */
  g_thread_pool_free (secrets->pool, FALSE, TRUE);
  g_free (secrets->credentials);
  g_free (secrets->dir);
  g_free (secrets);
}

static gboolean
check_name (GTask *task, const char *name)
{
  if (musterd_secret_name_is_valid (name))
    return TRUE;
  g_task_return_new_error (task, MUSTERD_ERROR, MUSTERD_ERROR_INVALID,
                           "the name of a secret has 1 to %d letters, digits, '.', '_' or '-' and does not begin with "
                           "'.'",
                           SECRET_NAME_MAX);
  return FALSE;
}

static void
start (MusterdSecrets *secrets, GTask *task, const char *name, const char *secret)
{
  Request *request = g_new0 (Request, 1);

  request->name = g_strdup (name);
  request->secret = g_strdup (secret);
  g_task_set_task_data (task, request, request_free);
  g_thread_pool_push (secrets->pool, g_object_ref (task), NULL);
}

void
musterd_secrets_get_async (MusterdSecrets *secrets, const char *name, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr(GTask) task = g_task_new (NULL, NULL, callback, user_data);

  g_task_set_source_tag (task, musterd_secrets_get_async);
  if (check_name (task, name))
    start (secrets, task, name, NULL);
}

char *
musterd_secrets_get_finish (MusterdSecrets *secrets, GAsyncResult *result, GError **error)
{
  (void) secrets;
  g_return_val_if_fail (g_async_result_is_tagged (result, musterd_secrets_get_async), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
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
    start (secrets, task, name, secret);
}

gboolean
musterd_secrets_put_finish (MusterdSecrets *secrets, GAsyncResult *result, GError **error)
{
  (void) secrets;
  g_return_val_if_fail (g_async_result_is_tagged (result, musterd_secrets_put_async), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}
