/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-store"

#include "store/secret-seal.h"

#include <gcrypt.h>
#include <string.h>

#define SALT 32
#define TAG 16
#define HASH 32 /* SHA-256 */
#define AES_KEY 32
#define NONCE 12

/* The last byte is the version. */
static const guchar magic[16] = "muster-sealed\0\0\1";
#define MAGIC_KIND 15

static const char purpose[] = "muster secret in the state directory";

G_STATIC_ASSERT (sizeof magic + SALT + TAG == MUSTERD_SEAL_OVERHEAD);

/* The library wants to be told once that nobody sets it up any more. It is not asked for memory that cannot be swapped:
 * the secrets themselves lie in the daemon's own. */
static void
prepare (void)
{
  static gsize prepared = 0;

  if (!g_once_init_enter (&prepared))
    return;
  if (gcry_control (GCRYCTL_INITIALIZATION_FINISHED_P) == 0)
    {
      gcry_check_version (NULL);
      gcry_control (GCRYCTL_DISABLE_SECMEM, 0);
      gcry_control (GCRYCTL_INITIALIZATION_FINISHED, 0);
    }
  g_once_init_leave (&prepared, 1);
}

typedef struct
{
  const void *data;
  gsize       length;
} Part;

static gcry_error_t
hmac (const guchar *key, gsize key_length, const Part *parts, gsize n_parts, guchar hash[HASH])
{
  gcry_mac_hd_t mac = NULL;
  gcry_error_t error = gcry_mac_open (&mac, GCRY_MAC_HMAC_SHA256, 0, NULL);
  gsize size = HASH;

  if (error != 0)
    return error;
  error = gcry_mac_setkey (mac, key, key_length);
  for (gsize i = 0; i < n_parts && error == 0; i++)
    error = gcry_mac_write (mac, parts[i].data, parts[i].length);
  if (error == 0)
    error = gcry_mac_read (mac, hash, &size);
  gcry_mac_close (mac);
  return error;
}

/* HKDF (RFC 5869): two blocks hold key and nonce. */
static gcry_error_t
derive (const guchar *key, gsize key_length, const guchar *salt, guchar blocks[2 * HASH])
{
  guchar extracted[HASH];
  const Part whole = { key, key_length };
  const Part first[] = { { purpose, sizeof purpose - 1 }, { "\1", 1 } };
  const Part second[] = { { blocks, HASH }, { purpose, sizeof purpose - 1 }, { "\2", 1 } };
  gcry_error_t error = hmac (salt, SALT, &whole, 1, extracted);

  if (error == 0)
    error = hmac (extracted, HASH, first, G_N_ELEMENTS (first), blocks);
  if (error == 0)
    error = hmac (extracted, HASH, second, G_N_ELEMENTS (second), blocks + HASH);
  explicit_bzero (extracted, sizeof extracted);
  return error;
}

/* A cipher that is ready for one secret. */
static gcry_error_t
begin (const guchar *key, gsize key_length, const guchar *salt, const char *name, gcry_cipher_hd_t *cipher)
{
  guchar blocks[2 * HASH];
  gcry_error_t error = 0;

  *cipher = NULL;
  prepare ();
  error = derive (key, key_length, salt, blocks);
  if (error == 0)
    error = gcry_cipher_open (cipher, GCRY_CIPHER_AES256, GCRY_CIPHER_MODE_GCM, 0);
  if (error == 0)
    error = gcry_cipher_setkey (*cipher, blocks, AES_KEY);
  if (error == 0)
    error = gcry_cipher_setiv (*cipher, blocks + AES_KEY, NONCE);
  if (error == 0)
    error = gcry_cipher_authenticate (*cipher, magic, sizeof magic);
  if (error == 0)
    error = gcry_cipher_authenticate (*cipher, name, strlen (name));
  explicit_bzero (blocks, sizeof blocks);
  return error;
}

gboolean
musterd_seal_is_sealed (const guchar *bytes, gsize length)
{
  return length >= MAGIC_KIND && memcmp (bytes, magic, MAGIC_KIND) == 0;
}

guchar *
musterd_seal_close (const guchar *key, gsize key_length, const char *name, const char *secret, gsize *length,
                    const char **fault)
{
  const gsize size = strlen (secret);
  g_autofree guchar *bytes = g_malloc (MUSTERD_SEAL_OVERHEAD + size);
  guchar *salt = bytes + sizeof magic;
  guchar *text = salt + SALT;
  gcry_cipher_hd_t cipher = NULL;
  gcry_error_t error = 0;

  prepare ();
  memcpy (bytes, magic, sizeof magic);
  gcry_randomize (salt, SALT, GCRY_STRONG_RANDOM);
  error = begin (key, key_length, salt, name, &cipher);
  if (error == 0)
    error = gcry_cipher_final (cipher);
  if (error == 0)
    error = gcry_cipher_encrypt (cipher, text, size, secret, size);
  if (error == 0)
    error = gcry_cipher_gettag (cipher, text + size, TAG);
  gcry_cipher_close (cipher);

  if (error != 0)
    {
      *fault = gcry_strerror (error);
      return NULL;
    }
  *length = MUSTERD_SEAL_OVERHEAD + size;
  return g_steal_pointer (&bytes);
}

char *
musterd_seal_open (const guchar *key, gsize key_length, const char *name, const guchar *bytes, gsize length,
                   const char **fault)
{
  const guchar *salt = bytes + sizeof magic;
  const guchar *text = salt + SALT;
  gcry_cipher_hd_t cipher = NULL;
  gcry_error_t error = 0;
  gsize size = 0;
  char *secret = NULL;

  if (length > MAGIC_KIND && bytes[MAGIC_KIND] != magic[MAGIC_KIND])
    {
      *fault = "it was sealed by a newer version of musterd";
      return NULL;
    }
  if (length <= MUSTERD_SEAL_OVERHEAD)
    {
      *fault = "it is sealed and was cut off";
      return NULL;
    }

  size = length - MUSTERD_SEAL_OVERHEAD;
  secret = g_malloc (size + 1);
  secret[size] = '\0';
  error = begin (key, key_length, salt, name, &cipher);
  if (error == 0)
    error = gcry_cipher_final (cipher);
  if (error == 0)
    error = gcry_cipher_decrypt (cipher, secret, size, text, size);
  if (error == 0)
    error = gcry_cipher_checktag (cipher, text + size, TAG);
  gcry_cipher_close (cipher);

  if (error == 0)
    return secret;
  explicit_bzero (secret, size);
  g_free (secret);
  *fault = gcry_err_code (error) == GPG_ERR_CHECKSUM
               ? "it was sealed with another key or for another name, or has been changed since"
               : gcry_strerror (error);
  return NULL;
}
