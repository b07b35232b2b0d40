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
  g_spawn_sync (NULL, (char **) argv, NULL,
                G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, NULL, NULL,
                &status, &error);
  g_assert_no_error (error);
  g_spawn_check_wait_status (status, &error);
  g_assert_no_error (error);
  return TRUE;
}

#define FIXTURE_SERVICE "fixture-service"
#define FIXTURE_CERTIFICATE "fixture-certificate"

/* libsoup closes a connection that it was handed after its first answer, so it shall say so. */
static void
on_request_started (G_GNUC_UNUSED SoupServer *server, SoupServerMessage *message, G_GNUC_UNUSED gpointer user_data)
{
  soup_message_headers_append (soup_server_message_get_response_headers (message), "Connection", "close");
}

static gboolean
on_incoming (G_GNUC_UNUSED GSocketService *service, GSocketConnection *connection, G_GNUC_UNUSED GObject *source,
             gpointer user_data)
{
  SoupServer *server = user_data;
  GTlsCertificate *certificate = g_object_get_data (G_OBJECT (server), FIXTURE_CERTIFICATE);
  g_autoptr(GSocketAddress) local = g_socket_connection_get_local_address (connection, NULL);
  g_autoptr(GSocketAddress) remote = g_socket_connection_get_remote_address (connection, NULL);
  g_autoptr(GIOStream) stream = g_object_ref (G_IO_STREAM (connection));
  g_autoptr(GError) error = NULL;

  if (certificate != NULL)
    {
      g_autoptr(GIOStream) plain = g_steal_pointer (&stream);
      stream = g_tls_server_connection_new (plain, certificate, &error);
      g_assert_no_error (error);
    }
  soup_server_accept_iostream (server, stream, local, remote, &error);
  g_assert_no_error (error);
  return TRUE;
}

/* Listens on a port of 127.0.0.1 that is free, on the thread-default context; returns the port. `dir` nullable: plain
 * HTTP. Accepts by itself, since libsoup 3.2 leaks a socket for each connection that it accepts. */
static inline guint
server_listen (SoupServer *server, const char *dir)
{
  GSocketService *service = g_socket_service_new ();
  g_autoptr(GSocketAddress) any = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  g_autoptr(GSocketAddress) bound = NULL;
  g_autoptr(GError) error = NULL;

  g_object_set_data_full (G_OBJECT (server), FIXTURE_SERVICE, service, g_object_unref);
  if (dir != NULL)
    {
      g_autofree char *cert = g_build_filename (dir, "cert.pem", NULL);
      g_autofree char *key = g_build_filename (dir, "key.pem", NULL);
      GTlsCertificate *certificate = g_tls_certificate_new_from_files (cert, key, &error);
      g_assert_no_error (error);
      g_object_set_data_full (G_OBJECT (server), FIXTURE_CERTIFICATE, certificate, g_object_unref);
    }
  g_signal_connect (server, "request-started", G_CALLBACK (on_request_started), NULL);
  g_signal_connect (service, "incoming", G_CALLBACK (on_incoming), server);
  g_socket_listener_add_address (G_SOCKET_LISTENER (service), any, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL,
                                 &bound, &error);
  g_assert_no_error (error);
  g_socket_service_start (service);
  return g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound));
}

/* Nobody is there any more. What is under way ends in the next turns of the loop. */
static inline void
server_close (SoupServer *server)
{
  GSocketService *service = g_object_get_data (G_OBJECT (server), FIXTURE_SERVICE);

  g_signal_handlers_disconnect_by_data (service, server);
  g_socket_service_stop (service);
  g_socket_listener_close (G_SOCKET_LISTENER (service));
  soup_server_disconnect (server);
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
