/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/certificate.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "model/error.h"

/* The library opens two files and says of neither which one it could not read. */
static gboolean
check_readable (const char *what, const char *path, GError **error)
{
  if (g_access (path, R_OK) == 0)
    return TRUE;
  g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFIG,
               "[api] %s: reading %s: %s; the user that musterd runs as must be able to read it", what, path,
               g_strerror (errno));
  return FALSE;
}

GTlsCertificate *
musterd_certificate_load (const char *file, const char *key, GError **error)
{
  g_autoptr(GError) local = NULL;
  g_autoptr(GTlsCertificate) certificate = NULL;

  if (!check_readable ("certificate", file, error) || !check_readable ("key", key, error))
    return NULL;
  if (!g_tls_backend_supports_tls (g_tls_backend_get_default ()))
    {
      g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFIG,
                           "[api] certificate: this system has no TLS for GLib: install glib-networking");
      return NULL;
    }
  certificate = g_tls_certificate_new_from_files (file, key, &local);
  if (certificate == NULL)
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFIG, "[api] certificate %s with key %s: %s", file, key,
                   local->message);
      return NULL;
    }
  return g_steal_pointer (&certificate);
}
