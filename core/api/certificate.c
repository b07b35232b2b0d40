/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/certificate.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "model/error.h"

#define TRIAL_SECONDS 2

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

/* The server's end of the trial, on a thread of its own. */
typedef struct
{
  GIOStream       *io;
  GTlsCertificate *certificate;
  GError          *error; /* nullable: it works */
} Trial;

static gpointer
run_trial (gpointer data)
{
  Trial *trial = data;
  g_autoptr(GIOStream) tls = g_tls_server_connection_new (trial->io, trial->certificate, &trial->error);

  if (tls != NULL)
    g_tls_connection_handshake (G_TLS_CONNECTION (tls), NULL, &trial->error);
  g_io_stream_close (trial->io, NULL, NULL);
  return NULL;
}

static gboolean
on_certificate_shown (GTlsConnection *tls G_GNUC_UNUSED, GTlsCertificate *certificate G_GNUC_UNUSED,
                      GTlsCertificateFlags flags G_GNUC_UNUSED, gpointer data G_GNUC_UNUSED)
{
  return TRUE;
}

static GIOStream *
make_end (int fd)
{
  g_autoptr(GSocket) socket = g_socket_new_from_fd (fd, NULL);

  g_socket_set_timeout (socket, TRIAL_SECONDS);
  return G_IO_STREAM (g_socket_connection_factory_create_connection (socket));
}

/* Files that do not belong together are found out by nobody before somebody connects: so we do, once, to ourselves. */
static gboolean
try_out (GTlsCertificate *certificate, GError **error)
{
  int fds[2];

  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
    {
      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), "trying it out: %s", g_strerror (errno));
      return FALSE;
    }

  g_autoptr(GIOStream) here = make_end (fds[0]);
  g_autoptr(GIOStream) there = make_end (fds[1]);
  Trial trial = { .io = there, .certificate = certificate };
  GThread *thread = g_thread_new ("muster-tls-trial", run_trial, &trial);
  g_autoptr(GIOStream) tls = g_tls_client_connection_new (here, NULL, NULL);

  if (tls != NULL)
    {
      g_signal_connect (tls, "accept-certificate", G_CALLBACK (on_certificate_shown), NULL);
      g_tls_connection_handshake (G_TLS_CONNECTION (tls), NULL, NULL);
    }
  g_io_stream_close (here, NULL, NULL);
  g_thread_join (thread);
  if (trial.error == NULL)
    return TRUE;
  g_propagate_prefixed_error (error, trial.error, "they do not work together: ");
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
  if (certificate == NULL || !try_out (certificate, &local))
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFIG, "[api] certificate %s with key %s: %s", file, key,
                   local->message);
      return NULL;
    }
  return g_steal_pointer (&certificate);
}
