/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-store"

#include "store/secret-state.h"

#include "model/error.h"
#include "store/secret-seal.h"

typedef struct
{
  guchar *bytes; /* nullable: there is none */
  gsize   length;
} Key;

static void
key_clear (Key *key)
{
  musterd_secret_bytes_free (key->bytes, key->length);
  key->bytes = NULL;
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Key, key_clear)

/* Read each time: the daemon does not keep it. FALSE: it is there, but cannot be used. */
static gboolean
load_key (const MusterdSecretState *state, Key *key, GError **error)
{
  g_autoptr(GError) trouble = NULL;

  key->bytes = NULL;
  key->length = 0;
  if (state->credentials == NULL)
    return TRUE;
  key->bytes = musterd_secret_file_read (state->credentials, MUSTERD_SECRET_KEY_NAME, MUSTERD_SECRET_FILE_CREDENTIAL,
                                         MUSTERD_SECRET_MAX, &key->length, &trouble);
  if (trouble != NULL)
    {
      g_propagate_prefixed_error (error, g_steal_pointer (&trouble), "the key of the sealed secrets: ");
      return FALSE;
    }
  if (key->bytes == NULL || key->length >= MUSTERD_SEAL_KEY_MIN)
    return TRUE;
  key_clear (key);
  g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE,
               "the key of the sealed secrets: the credential " MUSTERD_SECRET_KEY_NAME " has fewer than %d bytes; "
               "make one with 'head -c 32 /dev/urandom'",
               MUSTERD_SEAL_KEY_MIN);
  return FALSE;
}

MusterdSecretKey
musterd_secret_state_get_key (const MusterdSecretState *state, char **fault)
{
  g_autoptr(GError) error = NULL;
  g_auto(Key) key = { NULL, 0 };

  if (load_key (state, &key, &error))
    return key.bytes != NULL ? MUSTERD_SECRET_KEY_READY : MUSTERD_SECRET_KEY_ABSENT;
  if (fault != NULL)
    *fault = g_strdup (error->message);
  return MUSTERD_SECRET_KEY_FAULTY;
}

static char *
open_sealed (const MusterdSecretState *state, const Key *key, const char *name, const guchar *bytes, gsize length,
             GError **error)
{
  const char *fault = NULL;
  char *secret = NULL;

  if (key->bytes == NULL)
    {
      musterd_secret_file_fail (error, state->dir, name,
                                "it is sealed, and the service has no credential " MUSTERD_SECRET_KEY_NAME
                                " to open it with; give it back (LoadCredentialEncrypted=" MUSTERD_SECRET_KEY_NAME
                                ":FILE), or remove this secret and store it anew");
      return NULL;
    }
  secret = musterd_seal_open (key->bytes, key->length, name, bytes, length, &fault);
  if (secret == NULL)
    {
      g_autofree char *what = g_strdup_printf ("%s; put the credential " MUSTERD_SECRET_KEY_NAME " of before back, or "
                                               "store the secret anew with 'musterctl secret set %s'",
                                               fault, name);

      musterd_secret_file_fail (error, state->dir, name, what);
    }
  return secret;
}

static gboolean
write_sealed (const MusterdSecretState *state, const Key *key, const char *name, const char *secret, GError **error)
{
  const char *fault = NULL;
  gsize length = 0;
  g_autofree guchar *bytes = musterd_seal_close (key->bytes, key->length, name, secret, &length, &fault);

  if (bytes != NULL)
    return musterd_secret_file_write (state->dir, name, bytes, length, error);
  musterd_secret_file_fail (error, state->dir, name, fault);
  return FALSE;
}

static gboolean
write_plain (const MusterdSecretState *state, const char *name, const char *secret, GError **error)
{
  gsize length = 0;
  guchar *bytes = musterd_secret_to_text (secret, &length);
  gboolean ok = musterd_secret_file_write (state->dir, name, bytes, length, error);

  musterd_secret_bytes_free (bytes, length);
  return ok;
}

char *
musterd_secret_state_read (const MusterdSecretState *state, const char *name, MusterdSecretPlace *place,
                           GError **error)
{
  g_autoptr(GError) trouble = NULL; /* of the key: only what is sealed needs it */
  g_auto(Key) key = { NULL, 0 };
  gsize length = 0;
  guchar *bytes = musterd_secret_file_read (state->dir, name, MUSTERD_SECRET_FILE_OWN,
                                            MUSTERD_SECRET_MAX + MUSTERD_SEAL_OVERHEAD, &length, error);
  const char *fault = NULL;
  char *secret = NULL;
  gboolean sealed = FALSE;

  if (bytes == NULL)
    {
      if (place != NULL)
        *place = MUSTERD_SECRET_UNREAD_FILE;
      return NULL;
    }

  sealed = musterd_seal_is_sealed (bytes, length);
  load_key (state, &key, &trouble);
  if (sealed && trouble != NULL)
    g_propagate_error (error, g_steal_pointer (&trouble));
  else if (sealed)
    secret = open_sealed (state, &key, name, bytes, length, error);
  else
    secret = musterd_secret_from_text (bytes, length, &fault);
  if (fault != NULL)
    musterd_secret_file_fail (error, state->dir, name, fault);

  if (secret != NULL && !sealed && key.bytes != NULL)
    {
      sealed = write_sealed (state, &key, name, secret, &trouble);
      if (sealed)
        g_message ("the secret '%s' was a plain file, and is sealed now", name);
      else
        g_warning ("sealing the secret '%s', which stays a plain file: %s", name, trouble->message);
    }
  if (place != NULL)
    *place = sealed ? MUSTERD_SECRET_SEALED_FILE : MUSTERD_SECRET_FILE;
  musterd_secret_bytes_free (bytes, length);
  return secret;
}

static gboolean
fail_doubtful (const GError *trouble, GError **error)
{
  g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFLICT,
               "whether anything is sealed cannot be said, and the service has no credential " MUSTERD_SECRET_KEY_NAME
               ": nothing is stored in plain as long as that is so; mend or remove what is in the way, or give the key "
               "back (LoadCredentialEncrypted=" MUSTERD_SECRET_KEY_NAME ":FILE): %s",
               trouble->message);
  return FALSE;
}

static gboolean
check_not_sealed (const MusterdSecretState *state, const char *name, GError **error)
{
  g_autoptr(GError) trouble = NULL;
  gsize length = 0;
  guchar *bytes = musterd_secret_file_read (state->dir, name, MUSTERD_SECRET_FILE_OWN,
                                            MUSTERD_SECRET_MAX + MUSTERD_SEAL_OVERHEAD, &length, &trouble);
  const gboolean is_sealed = bytes != NULL && musterd_seal_is_sealed (bytes, length);

  musterd_secret_bytes_free (bytes, length);
  if (trouble != NULL)
    return fail_doubtful (trouble, error);
  if (is_sealed)
    g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFLICT,
                 "the secret '%s' is sealed, and the service has no credential " MUSTERD_SECRET_KEY_NAME ": nothing "
                 "is stored in plain beside it; give the key back (LoadCredentialEncrypted=" MUSTERD_SECRET_KEY_NAME
                 ":FILE), or remove what is sealed with 'musterctl secret remove' first",
                 name);
  return !is_sealed;
}

/* A service that lost its key would go on in plain without a word. What cannot be read may be sealed. */
static gboolean
check_nothing_sealed (const MusterdSecretState *state, const char *name, GError **error)
{
  g_autoptr(GError) trouble = NULL;
  g_autoptr(GPtrArray) names = NULL;

  if (!check_not_sealed (state, name, error))
    return FALSE;
  names = musterd_secret_file_list (state->dir, MUSTERD_SECRET_FILE_OWN, &trouble);
  if (names == NULL)
    return fail_doubtful (trouble, error);
  for (guint i = 0; i < names->len; i++)
    if (!check_not_sealed (state, names->pdata[i], error))
      return FALSE;
  return TRUE;
}

gboolean
musterd_secret_state_write (const MusterdSecretState *state, const char *name, const char *secret, gboolean *is_sealed,
                            GError **error)
{
  g_auto(Key) key = { NULL, 0 };

  if (!load_key (state, &key, error))
    return FALSE;
  if (key.bytes != NULL)
    {
      *is_sealed = write_sealed (state, &key, name, secret, error);
      return *is_sealed;
    }

  *is_sealed = FALSE;
  return check_nothing_sealed (state, name, error) && write_plain (state, name, secret, error);
}

void
musterd_secret_state_seal (const MusterdSecretState *state)
{
  g_autofree char *fault = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(GPtrArray) names = NULL;

  switch (musterd_secret_state_get_key (state, &fault))
    {
    case MUSTERD_SECRET_KEY_READY:
      break;
    case MUSTERD_SECRET_KEY_FAULTY:
      g_warning ("%s", fault);
      return;
    case MUSTERD_SECRET_KEY_ABSENT:
    default:
      return;
    }
  names = musterd_secret_file_list (state->dir, MUSTERD_SECRET_FILE_OWN, &error);
  if (names == NULL)
    g_warning ("looking for secrets that are not sealed yet: %s", error->message);
  for (guint i = 0; names != NULL && i < names->len; i++)
    musterd_secret_free (musterd_secret_state_read (state, names->pdata[i], NULL, NULL));
}
