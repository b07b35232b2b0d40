/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files of secrets, plain and sealed: what is not sealed with this key for this name is never opened, and what is read
 * can be written, and is read again as it was. */
#include <string.h>

#include "fuzz.h"
#include "store/secret-files.h"
#include "store/secret-seal.h"
#include "store/secrets.h"

static const guchar key[32] = "0123456789abcdef0123456789abcdef";

static void
check_plain (const char *secret)
{
  const char *fault = NULL;
  gsize length = 0;
  guchar *bytes = musterd_secret_to_text (secret, &length);
  char *again = musterd_secret_from_text (bytes, length, &fault);

  g_assert_cmpstr (again, ==, secret);
  musterd_secret_free (again);
  musterd_secret_bytes_free (bytes, length);
}

/* `where`: the byte that is changed. */
static void
check_sealed (const char *secret, gsize where)
{
  const char *fault = NULL;
  gsize length = 0;
  guchar *bytes = musterd_seal_close (key, sizeof key, "name", secret, &length, &fault);
  char *again = musterd_seal_open (key, sizeof key, "name", bytes, length, &fault);

  g_assert_cmpstr (again, ==, secret);
  musterd_secret_free (again);
  g_assert_true (musterd_seal_is_sealed (bytes, length));
  g_assert_null (musterd_seal_open (key, sizeof key, "named", bytes, length, &fault));
  bytes[where % length] ^= 1;
  again = musterd_seal_open (key, sizeof key, "name", bytes, length, &fault);
  /* Of the first bytes, all but the version are looked at by musterd_seal_is_sealed(). */
  g_assert_true (again == NULL || !musterd_seal_is_sealed (bytes, length));
  musterd_secret_free (again);
  musterd_secret_bytes_free (bytes, length);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  const char *fault = NULL;
  char *secret = NULL;

  if (musterd_seal_is_sealed (data, size))
    {
      /* Nobody finds by chance what was sealed with this key for this name. */
      g_assert_null (musterd_seal_open (key, sizeof key, "name", data, size, &fault));
      g_assert_nonnull (fault);
      return 0;
    }
  secret = musterd_secret_from_text (data, size, &fault);
  g_assert_cmpint (secret == NULL, ==, fault != NULL);
  if (secret != NULL)
    {
      check_plain (secret);
      check_sealed (secret, size * 31 + data[0]);
    }
  musterd_secret_free (secret);
  return 0;
}
