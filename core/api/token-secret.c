/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/token-secret.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "model/error.h"

#define SECRET_BYTES 32
#define SECRET_TEXT 43 /* of base64 without its padding */
#define ID_LENGTH 10

static const char *const prefixes[] = { MUSTERD_TOKEN_PREFIX, MUSTERD_LINK_PREFIX };
G_STATIC_ASSERT (G_N_ELEMENTS (prefixes) == MUSTERD_N_TOKEN_KINDS);

/* GLib's own random numbers are not for secrets. */
static gboolean
fill_random (guint8 *bytes, gsize size, GError **error)
{
  for (gsize have = 0; have < size;)
    {
      ssize_t n = getrandom (bytes + have, size - have, 0);

      if (n < 0 && errno != EINTR)
        {
          g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE, "making a secret: %s", g_strerror (errno));
          return FALSE;
        }
      have += n > 0 ? (gsize) n : 0;
    }
  return TRUE;
}

char *
musterd_token_secret_new (MusterdTokenKind kind, GError **error)
{
  guint8 bytes[SECRET_BYTES];
  char *encoded, *secret;

  if (!fill_random (bytes, sizeof bytes, error))
    return NULL;
  encoded = g_base64_encode (bytes, sizeof bytes);
  encoded[SECRET_TEXT] = '\0';
  g_strdelimit (encoded, "+", '-');
  g_strdelimit (encoded, "/", '_');
  secret = g_strconcat (prefixes[kind], encoded, NULL);
  explicit_bzero (bytes, sizeof bytes);
  musterd_token_secret_free (encoded);
  return secret;
}

void
musterd_token_secret_free (char *secret)
{
  if (secret != NULL)
    explicit_bzero (secret, strlen (secret));
  g_free (secret);
}

gboolean
musterd_token_secret_hash (const char *secret, MusterdTokenKind kind, guint8 hash[MUSTERD_TOKEN_HASH_SIZE])
{
  g_autoptr(GChecksum) checksum = NULL;
  gsize prefix = strlen (prefixes[kind]), size = MUSTERD_TOKEN_HASH_SIZE;

  if (strnlen (secret, prefix + SECRET_TEXT + 1) != prefix + SECRET_TEXT || !g_str_has_prefix (secret, prefixes[kind]))
    return FALSE;
  checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_checksum_update (checksum, (const guchar *) secret, (gssize) (prefix + SECRET_TEXT));
  g_checksum_get_digest (checksum, hash, &size);
  return TRUE;
}

char *
musterd_token_id_new (GError **error)
{
  static const char letters[] = "0123456789abcdefghjkmnpqrstvwxyz"; /* none that is easily taken for another */
  guint8 bytes[ID_LENGTH];
  char *id;

  G_STATIC_ASSERT (sizeof letters == 32 + 1);
  if (!fill_random (bytes, sizeof bytes, error))
    return NULL;
  id = g_malloc (ID_LENGTH + 1);
  for (gsize i = 0; i < ID_LENGTH; i++)
    id[i] = letters[bytes[i] % 32];
  id[ID_LENGTH] = '\0';
  return id;
}
