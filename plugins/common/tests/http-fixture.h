/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For tests of plugins that speak HTTP: a watchdog, and a server with a certificate of its own. Each function is static
 * so that every test has its own. */
#pragma once

#include <glib/gstdio.h>
#include <libsoup/soup.h>

static gboolean
on_watchdog (gpointer user_data)
{
  g_error ("watchdog: %s did not end in time", (const char *) user_data);
  return G_SOURCE_REMOVE;
}

/* Fails the running test by name; destroy and unref when it is over. */
static inline GSource *
watchdog_new (guint seconds)
{
  GSource *source = g_timeout_source_new_seconds (seconds);
  g_source_set_callback (source, on_watchdog, (gpointer) g_test_get_path (), NULL);
  g_source_attach (source, NULL);
  return source;
}

static inline void
watchdog_end (GSource *source)
{
  g_source_destroy (source);
  g_source_unref (source);
}

/* A self-signed certificate for localhost and 127.0.0.1 in DIR/cert.pem and DIR/key.pem. FALSE: no openssl here. */
static inline gboolean
make_certificate (const char *dir)
{
  g_autofree char *openssl = g_find_program_in_path ("openssl");
  g_autofree char *cert = g_build_filename (dir, "cert.pem", NULL);
  g_autofree char *key = g_build_filename (dir, "key.pem", NULL);
  const char *const argv[] = { "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert,
                               "-days", "2", "-subj", "/CN=localhost", "-addext",
                               "subjectAltName=DNS:localhost,IP:127.0.0.1", NULL };
  g_autoptr(GError) error = NULL;
  int status = 0;

  if (openssl == NULL)
    return FALSE;
  g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL,
                NULL, NULL, NULL, NULL, &status, &error);
  g_assert_no_error (error);
  g_spawn_check_wait_status (status, &error);
  g_assert_no_error (error);
  return TRUE;
}

/* Listens on a port of 127.0.0.1 that is free; returns it. `dir` nullable: plain HTTP. */
static inline guint
server_listen (SoupServer *server, const char *dir)
{
  g_autoptr(GError) error = NULL;

  if (dir != NULL)
    {
      g_autofree char *cert = g_build_filename (dir, "cert.pem", NULL);
      g_autofree char *key = g_build_filename (dir, "key.pem", NULL);
      g_autoptr(GTlsCertificate) certificate = g_tls_certificate_new_from_files (cert, key, &error);
      g_assert_no_error (error);
      soup_server_set_tls_certificate (server, certificate);
    }
  soup_server_listen_local (server, 0, SOUP_SERVER_LISTEN_IPV4_ONLY | (dir != NULL ? SOUP_SERVER_LISTEN_HTTPS : 0),
                            &error);
  g_assert_no_error (error);

  GSList *uris = soup_server_get_uris (server);
  guint port = (guint) g_uri_get_port (uris->data);
  g_slist_free_full (uris, (GDestroyNotify) g_uri_unref);
  return port;
}

static inline char *
make_directory (void)
{
  g_autoptr(GError) error = NULL;
  char *dir = g_dir_make_tmp ("muster-test-XXXXXX", &error);

  g_assert_no_error (error);
  return dir;
}

static inline void
remove_directory (const char *dir)
{
  const char *const names[] = { "cert.pem", "key.pem", "empty.pem" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_build_filename (dir, names[i], NULL);
      g_unlink (path);
    }
  g_rmdir (dir);
}
