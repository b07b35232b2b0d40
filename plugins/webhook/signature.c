/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-webhook"

#include "signature.h"

#include <string.h>

#define DELIVERY_ID_LENGTH 32 /* hex digits: 128 bits */

char *
signature_new (const char *key, gint64 time, GBytes *body)
{
  g_autoptr(GHmac) hmac = g_hmac_new (G_CHECKSUM_SHA256, (const guchar *) key, strlen (key));
  g_autofree char *prefix = g_strdup_printf ("%" G_GINT64_FORMAT ".", time);
  gsize size = 0;
  const guchar *data = g_bytes_get_data (body, &size);

  g_hmac_update (hmac, (const guchar *) prefix, -1);
  g_hmac_update (hmac, data, (gssize) size);
  return g_strdup_printf ("t=%" G_GINT64_FORMAT ",v1=%s", time, g_hmac_get_string (hmac));
}

char *
delivery_id_new (GBytes *body)
{
  /* The body names the instance, the user and the revision, so that nothing else need go in. */
  char *id = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, body);

  id[DELIVERY_ID_LENGTH] = '\0';
  return id;
}
