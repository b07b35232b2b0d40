/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Against a real key ring and against what stands in its place at times: a bus without one, a bus that is gone, a
 * service that never answers. Each on a bus of the test's own. */
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <gio/gunixsocketaddress.h>

#include "model/error.h"
#include "secrets-test.h"

#define SERVICE "org.freedesktop.secrets"
#define SHORT (300 * G_TIME_SPAN_MILLISECOND)

typedef struct
{
  Secrets          secrets; /* first: the helpers take it */
  char            *home;
  char            *address;
  GSubprocess     *bus, *ring; /* nullable */
  GDBusConnection *connection; /* of the silent service, and of looks at the bus */
  int              n_calls;    /* that the silent service has taken */
} Fixture;

static gboolean
have (const char *program)
{
  g_autofree char *path = g_find_program_in_path (program);

  return path != NULL;
}

static gboolean
need (const char *program, const char *package)
{
  g_autofree char *text = g_strdup_printf ("%s is not there (Debian: %s)", program, package);

  if (have (program))
    return TRUE;
  g_test_skip (text);
  return FALSE;
}

static void
on_child (gpointer data G_GNUC_UNUSED)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
}

static GSubprocess *
spawn (Fixture *f, GSubprocessFlags flags, const char *const *argv)
{
  g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new (flags | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
  g_autoptr(GError) error = NULL;
  GSubprocess *process = NULL;

  g_subprocess_launcher_setenv (launcher, "HOME", f->home, TRUE);
  g_subprocess_launcher_setenv (launcher, "XDG_RUNTIME_DIR", f->home, TRUE);
  g_subprocess_launcher_setenv (launcher, "XDG_DATA_HOME", f->home, TRUE);
  g_subprocess_launcher_setenv (launcher, "DBUS_SESSION_BUS_ADDRESS", f->address, TRUE);
  g_subprocess_launcher_unsetenv (launcher, "DISPLAY");
  g_subprocess_launcher_unsetenv (launcher, "WAYLAND_DISPLAY");
  g_subprocess_launcher_set_child_setup (launcher, on_child, NULL, NULL);
  process = g_subprocess_launcher_spawnv (launcher, argv, &error);
  g_assert_no_error (error);
  return process;
}

static void
end_process (GSubprocess **process)
{
  if (*process == NULL)
    return;
  g_subprocess_send_signal (*process, SIGTERM);
  g_subprocess_wait (*process, NULL, NULL);
  g_clear_object (process);
}

/* Fails a test that hangs, by its name. */
static void
on_alarm (int number G_GNUC_UNUSED)
{
  static const char text[] = "Bail out! not done after 120 s\n";

  _exit (write (STDOUT_FILENO, text, sizeof text - 1) > 0 ? 1 : 2);
}

static GDBusConnection *
try_to_connect (Fixture *f)
{
  return g_dbus_connection_new_for_address_sync (
      f->address, G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION, NULL,
      NULL, NULL);
}

static void
start_bus (Fixture *f)
{
  /* Not that of a session, which starts services by itself. */
  g_autofree char *config
      = g_strdup_printf ("<busconfig><type>session</type><listen>%s</listen><auth>EXTERNAL</auth>"
                         "<policy context=\"default\"><allow send_destination=\"*\"/><allow receive_sender=\"*\"/>"
                         "<allow own=\"*\"/></policy></busconfig>\n",
                         f->address);
  g_autofree char *path = test_path (f->home, "bus.conf");
  g_autofree char *option = g_strconcat ("--config-file=", path, NULL);
  const char *const argv[] = { "dbus-daemon", option, "--nofork", "--nopidfile", NULL };

  g_assert_true (g_file_set_contents (path, config, -1, NULL));
  f->bus = spawn (f, G_SUBPROCESS_FLAGS_STDOUT_SILENCE, argv);
  while (f->connection == NULL)
    f->connection = try_to_connect (f);
  g_clear_object (&f->connection);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  secrets_set_up (&f->secrets, data);
  f->secrets.ring = TRUE;
  alarm (120);
  f->home = test_dir_new ();
  f->address = g_strdup_printf ("unix:path=%s/bus", f->home);
  g_setenv ("DBUS_SESSION_BUS_ADDRESS", f->address, TRUE);
  if (have ("dbus-daemon"))
    start_bus (f);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  secrets_tear_down (&f->secrets, data);
  end_process (&f->ring);
  if (f->connection != NULL)
    g_dbus_connection_close_sync (f->connection, NULL, NULL);
  g_clear_object (&f->connection);
  end_process (&f->bus);
  g_setenv ("DBUS_SESSION_BUS_ADDRESS", "disabled:", TRUE);
  g_clear_pointer (&f->home, test_dir_remove);
  g_free (f->address);
  alarm (0);
}

static void
connect_to_bus (Fixture *f)
{
  f->connection = try_to_connect (f);
  g_assert_nonnull (f->connection);
}

static gboolean
is_owned (Fixture *f)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) answer
      = g_dbus_connection_call_sync (f->connection, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                     "org.freedesktop.DBus", "NameHasOwner", g_variant_new ("(s)", SERVICE),
                                     G_VARIANT_TYPE ("(b)"), G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
  gboolean owned = FALSE;

  g_assert_no_error (error);
  g_variant_get (answer, "(b)", &owned);
  return owned;
}

/* gnome-keyring without a desktop. `unlocked`: with the password "pw", which becomes the key ring's at the first
 * time. */
static void
start_ring (Fixture *f, gboolean unlocked)
{
  static const char *const argv[]
      = { "gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets", NULL };
  static const char *const argv_locked[] = { "gnome-keyring-daemon", "--foreground", "--components=secrets", NULL };

  end_process (&f->ring);
  f->ring = spawn (f, G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_SILENCE,
                   unlocked ? argv : argv_locked);
  g_subprocess_communicate_utf8_async (f->ring, unlocked ? "pw" : "", NULL, NULL, NULL);
  if (f->connection == NULL)
    connect_to_bus (f);
  while (!is_owned (f))
    g_main_context_iteration (NULL, FALSE);
}

static gboolean
has_file (Fixture *f, const char *name)
{
  g_autofree char *path = secrets_path (&f->secrets, FALSE, name);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

static void
test_unlocked (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  Secrets *s = &f->secrets;
  g_auto(Reply) list = { 0 };
  g_auto(Reply) reply = { 0 };
  g_autofree char *text = NULL;
  static const char *const values[] = { "s3cret", "line\n", "Passwörter 🔑", "x" };

  if (!need ("dbus-daemon", "dbus-daemon") || !need ("gnome-keyring-daemon", "gnome-keyring"))
    return;
  start_ring (f, TRUE);
  secrets_open (s);
  secrets_refuse_get (s, "lamps", MUSTERD_ERROR_NOT_FOUND, "secret 'lamps' not found: *key ring*");
  for (gsize i = 0; i < G_N_ELEMENTS (values); i++)
    {
      secrets_assert_put (s, "lamps", values[i], MUSTERD_SECRET_KEY_RING);
      secrets_assert (s, "lamps", values[i]);
    }
  secrets_assert_put (s, "doors", "another", MUSTERD_SECRET_KEY_RING);
  secrets_assert (s, "lamps", "x");
  g_assert_false (has_file (f, "lamps"));

  secrets_write (s, FALSE, "files", "s3cret", -1, 0600);
  secrets_write (s, FALSE, "doors", "older", -1, 0600);
  secrets_list (s, &list);
  g_assert_cmpint (list.list->ring, ==, MUSTERD_RING_OPEN);
  text = secrets_describe (list.list);
  g_assert_cmpstr (text, ==, "doors key-ring hides\nfiles file\nlamps key-ring\n");

  secrets_remove (s, "lamps", &reply);
  g_assert_no_error (reply.error);
  secrets_refuse_get (s, "lamps", MUSTERD_ERROR_NOT_FOUND, "*");
  secrets_assert (s, "doors", "another");
  /* From everywhere, or the older one would be back. */
  secrets_remove (s, "doors", &reply);
  g_assert_no_error (reply.error);
  g_assert_false (has_file (f, "doors"));
  secrets_refuse_get (s, "doors", MUSTERD_ERROR_NOT_FOUND, "*");
}

/* What was in a file is in the key ring alone once it is stored anew; a credential is before both. */
static void
test_order (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  Secrets *s = &f->secrets;

  if (!need ("dbus-daemon", "dbus-daemon") || !need ("gnome-keyring-daemon", "gnome-keyring"))
    return;
  secrets_write (s, FALSE, "lamps", "older", -1, 0600);
  start_ring (f, TRUE);
  secrets_open (s);
  secrets_assert (s, "lamps", "older");
  secrets_assert_put (s, "lamps", "newer", MUSTERD_SECRET_KEY_RING);
  g_assert_false (has_file (f, "lamps"));
  secrets_assert (s, "lamps", "newer");

  secrets_write (s, TRUE, "lamps", "given", -1, 0400);
  secrets_assert (s, "lamps", "given");
  secrets_refuse_put (s, "lamps", MUSTERD_ERROR_CONFLICT, "*read-only credential*");
}

/* "lamps", by another program, without our schema. */
static void
store_by_hand (Fixture *f, const char *secret)
{
  static const char *const argv[]
      = { "secret-tool", "store", "--label=Lamps", "application", "muster", "name", "lamps", NULL };
  g_autoptr(GSubprocess) tool = spawn (f, G_SUBPROCESS_FLAGS_STDIN_PIPE, argv);
  g_autoptr(GError) error = NULL;

  g_subprocess_communicate_utf8 (tool, secret, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_subprocess_get_exit_status (tool), ==, 0);
}

static void
test_by_hand (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  Secrets *s = &f->secrets;
  g_auto(Reply) list = { 0 };
  g_autofree char *text = NULL;

  if (!need ("dbus-daemon", "dbus-daemon") || !need ("gnome-keyring-daemon", "gnome-keyring")
      || !need ("secret-tool", "libsecret-tools"))
    return;
  start_ring (f, TRUE);
  store_by_hand (f, "by hand");
  secrets_open (s);
  secrets_assert (s, "lamps", "by hand");
  secrets_assert_put (s, "lamps", "newer", MUSTERD_SECRET_KEY_RING);
  secrets_assert (s, "lamps", "newer");
  secrets_list (s, &list);
  text = secrets_describe (list.list);
  g_assert_cmpstr (text, ==, "lamps key-ring\n"); /* changed, not doubled */
}

/* What is in the key ring but cannot be used is not passed over: the file may be an older one. */
static void
test_unusable (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  Secrets *s = &f->secrets;

  if (!need ("dbus-daemon", "dbus-daemon") || !need ("gnome-keyring-daemon", "gnome-keyring")
      || !need ("secret-tool", "libsecret-tools"))
    return;
  start_ring (f, TRUE);
  store_by_hand (f, "");
  secrets_write (s, FALSE, "lamps", "older", -1, 0600);
  secrets_open (s);
  secrets_refuse_get (s, "lamps", MUSTERD_ERROR_UNAVAILABLE,
                      "reading the secret 'lamps': its item in the key ring is empty; *");
  secrets_assert_put (s, "lamps", "newer", MUSTERD_SECRET_KEY_RING);
  secrets_assert (s, "lamps", "newer");
}

static void
test_locked (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  Secrets *s = &f->secrets;
  g_auto(Reply) list = { 0 };
  g_auto(Reply) reply = { 0 };
  g_auto(Reply) put = { 0 };
  g_auto(Reply) removed = { 0 };
  g_autofree char *text = NULL;

  if (!need ("dbus-daemon", "dbus-daemon") || !need ("gnome-keyring-daemon", "gnome-keyring"))
    return;
  start_ring (f, TRUE);
  secrets_open (s);
  secrets_assert_put (s, "lamps", "s3cret", MUSTERD_SECRET_KEY_RING);
  start_ring (f, FALSE);

  /* An older one in a file is not taken for it. */
  secrets_write (s, FALSE, "lamps", "older", -1, 0600);
  secrets_write (s, FALSE, "files", "in a file", -1, 0600);
  secrets_refuse_get (s, "lamps", MUSTERD_ERROR_LOCKED, "reading the secret 'lamps': *locked*unlock*");
  secrets_refuse_put (s, "lamps", MUSTERD_ERROR_LOCKED, "storing the secret 'lamps': *locked*unlock*");
  secrets_remove (s, "lamps", &reply);
  g_assert_error (reply.error, MUSTERD_ERROR, MUSTERD_ERROR_LOCKED);
  g_assert_true (has_file (f, "lamps"));

  /* What is not in it is had from elsewhere; what is nowhere may be in it. */
  secrets_assert (s, "files", "in a file");
  secrets_refuse_get (s, "doors", MUSTERD_ERROR_LOCKED, "*the default key ring is locked and may have it*");
  secrets_list (s, &list);
  g_assert_cmpint (list.list->ring, ==, MUSTERD_RING_LOCKED);
  text = secrets_describe (list.list);
  g_assert_cmpstr (text, ==, "files file\nlamps key-ring locked hides\n");
  secrets_put (s, "doors", "s3cret", &put);
  g_assert_no_error (put.error);
  g_assert_cmpint (put.place, ==, MUSTERD_SECRET_FILE);
  g_assert_true (put.ring_locked);
  secrets_assert (s, "doors", "s3cret");
  secrets_remove (s, "doors", &removed);
  g_assert_no_error (removed.error);
  g_assert_true (removed.ring_locked);

  start_ring (f, TRUE);
  secrets_assert (s, "lamps", "s3cret");
}

/* Nobody there: each of these is passed over as if it did not exist. */
static void
test_no_service (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  Secrets *s = &f->secrets;

  if (!need ("dbus-daemon", "dbus-daemon"))
    return;
  secrets_open (s);
  secrets_refuse_get (s, "lamps", MUSTERD_ERROR_NOT_FOUND, "*");
  secrets_assert_put (s, "lamps", "s3cret", MUSTERD_SECRET_FILE);
  secrets_assert (s, "lamps", "s3cret");
}

static void
test_no_bus (Fixture *f, gconstpointer data)
{
  g_autofree char *address = g_strdup_printf ("unix:path=%s/nobody", f->secrets.state);
  g_autofree char *path = g_build_filename (f->secrets.state, "nobody", NULL);
  g_autoptr(GSocket) socket = NULL;
  g_autoptr(GSocketAddress) at = g_unix_socket_address_new (path);

  /* The socket of a bus that has ended lies there still. */
  if (data != NULL)
    {
      socket = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);
      g_assert_true (g_socket_bind (socket, at, TRUE, NULL));
      g_clear_object (&socket);
      g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
    }
  g_setenv ("DBUS_SESSION_BUS_ADDRESS", address, TRUE);
  secrets_open (&f->secrets);
  secrets_refuse_get (&f->secrets, "lamps", MUSTERD_ERROR_NOT_FOUND, "*");
  secrets_assert_put (&f->secrets, "lamps", "s3cret", MUSTERD_SECRET_FILE);
  secrets_assert (&f->secrets, "lamps", "s3cret");
}

/* Takes every call, counts it, and answers none. */
static GDBusMessage *
swallow (GDBusConnection *connection G_GNUC_UNUSED, GDBusMessage *message, gboolean incoming, gpointer n_calls)
{
  if (incoming && g_dbus_message_get_message_type (message) == G_DBUS_MESSAGE_TYPE_METHOD_CALL)
    {
      g_clear_object (&message);
      g_atomic_int_inc ((int *) n_calls);
    }
  return message;
}

static void
start_silence (Fixture *f)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) answer = NULL;

  connect_to_bus (f);
  f->n_calls = 0;
  g_dbus_connection_add_filter (f->connection, swallow, &f->n_calls, NULL);
  answer = g_dbus_connection_call_sync (f->connection, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                        "org.freedesktop.DBus", "RequestName", g_variant_new ("(su)", SERVICE, 4),
                                        G_VARIANT_TYPE ("(u)"), G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
  g_assert_no_error (error);
}

static void
test_silent (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  Secrets *s = &f->secrets;
  g_auto(Reply) slow = { 0 };
  g_auto(Reply) again = { 0 };
  g_auto(Reply) removed = { 0 };
  g_auto(Reply) list = { 0 };

  if (!need ("dbus-daemon", "dbus-daemon"))
    return;
  start_silence (f);
  s->timeout = SHORT;
  secrets_write (s, TRUE, "given", "credential", -1, 0400);
  secrets_write (s, FALSE, "files", "in a file", -1, 0600);
  secrets_open (s);

  /* Who does not need it does not wait for it. */
  musterd_secrets_get_async (s->secrets, "lamps", on_secret_got, &slow);
  secrets_assert (s, "given", "credential");
  g_assert_false (slow.done);
  test_wait (&slow.done);
  g_assert_error (slow.error, MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE);
  g_test_message ("%s", slow.error->message);
  g_assert_nonnull (strstr (slow.error->message, "Secret Service"));
  g_assert_nonnull (strstr (slow.error->message, "has not answered within 0.3 s"));

  /* And for an hour now it is left alone: files are had, at once; nothing is stored that it might hide. */
  secrets_assert (s, "files", "in a file");
  secrets_get (s, "lamps", &again);
  g_assert_error (again.error, MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE);
  g_assert_nonnull (strstr (again.error->message, "asked again in 3600 s"));
  secrets_refuse_put (s, "lamps", MUSTERD_ERROR_UNAVAILABLE, "storing the secret 'lamps': *cannot be asked*");
  g_assert_false (has_file (f, "lamps"));
  secrets_remove (s, "files", &removed);
  g_assert_error (removed.error, MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE);
  secrets_list (s, &list);
  g_assert_cmpint (list.list->ring, ==, MUSTERD_RING_SILENT);
}

/* After the pause it is asked again, and a key ring that came meanwhile is found. */
static void
test_silent_then_there (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  Secrets *s = &f->secrets;

  if (!need ("dbus-daemon", "dbus-daemon") || !need ("gnome-keyring-daemon", "gnome-keyring"))
    return;
  start_silence (f);
  s->timeout = SHORT;
  s->pause = 0;
  secrets_open (s);
  secrets_refuse_get (s, "lamps", MUSTERD_ERROR_UNAVAILABLE, "*has not answered*");
  secrets_refuse_get (s, "lamps", MUSTERD_ERROR_UNAVAILABLE, "*has not answered*");
  g_dbus_connection_close_sync (f->connection, NULL, NULL);
  g_clear_object (&f->connection);
  start_ring (f, TRUE);
  s->timeout = 10 * G_TIME_SPAN_SECOND;
  secrets_open (s);
  secrets_assert_put (s, "lamps", "s3cret", MUSTERD_SECRET_KEY_RING);
}

/* Something listens at the bus's address and says nothing. */
static void
test_silent_bus (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *path = g_build_filename (f->secrets.state, "bus", NULL);
  g_autofree char *address = g_strconcat ("unix:path=", path, NULL);
  g_autoptr(GSocketAddress) at = g_unix_socket_address_new (path);
  g_autoptr(GSocket) socket
      = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);

  g_assert_true (g_socket_bind (socket, at, TRUE, NULL));
  g_assert_true (g_socket_listen (socket, NULL));
  g_setenv ("DBUS_SESSION_BUS_ADDRESS", address, TRUE);
  f->secrets.timeout = SHORT;
  secrets_open (&f->secrets);
  secrets_refuse_get (&f->secrets, "lamps", MUSTERD_ERROR_UNAVAILABLE, "*has not answered*");
  secrets_write (&f->secrets, FALSE, "lamps", "in a file", -1, 0600);
  secrets_assert (&f->secrets, "lamps", "in a file");
}

static gboolean
on_incoming (GSocketService *service G_GNUC_UNUSED, GSocketConnection *connection, GObject *source G_GNUC_UNUSED,
             gpointer data G_GNUC_UNUSED)
{
  g_io_stream_close (G_IO_STREAM (connection), NULL, NULL);
  return TRUE;
}

/* A bus that is there and turns us away is not none: it may lead to a key ring. */
static void
test_bus_refuses (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  Secrets *s = &f->secrets;
  g_autofree char *path = g_build_filename (s->state, "bus", NULL);
  g_autofree char *address = g_strconcat ("unix:path=", path, NULL);
  g_autoptr(GSocketAddress) at = g_unix_socket_address_new (path);
  g_autoptr(GSocketService) service = g_socket_service_new ();

  g_assert_true (g_socket_listener_add_address (G_SOCKET_LISTENER (service), at, G_SOCKET_TYPE_STREAM,
                                                G_SOCKET_PROTOCOL_DEFAULT, NULL, NULL, NULL));
  g_signal_connect (service, "incoming", G_CALLBACK (on_incoming), NULL);
  g_setenv ("DBUS_SESSION_BUS_ADDRESS", address, TRUE);
  secrets_open (s);
  secrets_refuse_get (s, "lamps", MUSTERD_ERROR_UNAVAILABLE, "*connecting to the session's bus: *");
  secrets_refuse_put (s, "lamps", MUSTERD_ERROR_UNAVAILABLE, "*connecting to the session's bus: *");
  g_assert_false (has_file (f, "lamps"));
  g_socket_service_stop (service);
}

/* The daemon ends while something waits: everybody is answered, and it does not take the whole time limit. */
static void
test_closed_meanwhile (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  Secrets *s = &f->secrets;
  g_auto(Reply) get = { 0 };
  g_auto(Reply) put = { 0 };
  g_auto(Reply) next = { 0 };

  if (!need ("dbus-daemon", "dbus-daemon"))
    return;
  start_silence (f);
  s->timeout = G_TIME_SPAN_HOUR;
  secrets_open (s);
  musterd_secrets_get_async (s->secrets, "lamps", on_secret_got, &get);
  musterd_secrets_put_async (s->secrets, "doors", "s3cret", on_secret_put, &put);
  musterd_secrets_get_async (s->secrets, "lamps", on_secret_got, &next);
  g_clear_pointer (&s->secrets, musterd_secrets_free);
  test_wait (&get.done);
  test_wait (&put.done);
  test_wait (&next.done);
  g_assert_error (get.error, MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE);
  g_assert_error (put.error, MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE);
  g_assert_error (next.error, MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE);
}

/* The bus goes away, and takes nothing with it. */
static void
test_bus_ends (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  Secrets *s = &f->secrets;

  if (!need ("dbus-daemon", "dbus-daemon") || !need ("gnome-keyring-daemon", "gnome-keyring"))
    return;
  start_ring (f, TRUE);
  secrets_open (s);
  secrets_assert_put (s, "lamps", "s3cret", MUSTERD_SECRET_KEY_RING);
  end_process (&f->ring);
  g_dbus_connection_close_sync (f->connection, NULL, NULL);
  g_clear_object (&f->connection);
  end_process (&f->bus);
  secrets_refuse_get (s, "lamps", MUSTERD_ERROR_NOT_FOUND, "*");
  secrets_assert_put (s, "doors", "s3cret", MUSTERD_SECRET_FILE);
}

/* Also in the middle of a question, when a session's bus would end the process that is connected to it. */
static void
test_bus_ends_meanwhile (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  Secrets *s = &f->secrets;
  g_auto(Reply) get = { 0 };

  if (!need ("dbus-daemon", "dbus-daemon"))
    return;
  start_silence (f);
  s->timeout = G_TIME_SPAN_HOUR;
  secrets_open (s);
  musterd_secrets_get_async (s->secrets, "lamps", on_secret_got, &get);
  while (g_atomic_int_get (&f->n_calls) == 0)
    g_main_context_iteration (NULL, FALSE);
  end_process (&f->bus);
  test_wait (&get.done);
  g_assert_error (get.error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND);
}

/* Where there is no bus, the environment says so, and nobody is asked or started. */
static void
test_no_environment (Fixture *f, gconstpointer data)
{
  gint64 began = 0;

  g_unsetenv ("XDG_RUNTIME_DIR");
  if (data != NULL)
    g_setenv ("DBUS_SESSION_BUS_ADDRESS", data, TRUE);
  else
    g_unsetenv ("DBUS_SESSION_BUS_ADDRESS");
  g_setenv ("DISPLAY", ":99", TRUE); /* at which a bus would be started */
  secrets_open (&f->secrets);
  began = g_get_monotonic_time ();
  for (int i = 0; i < 100; i++)
    secrets_refuse_get (&f->secrets, "lamps", MUSTERD_ERROR_NOT_FOUND, "*");
  g_test_message ("%.3f ms each", (double) (g_get_monotonic_time () - began) / 100 / 1000);
  secrets_assert_put (&f->secrets, "lamps", "s3cret", MUSTERD_SECRET_FILE);
  g_unsetenv ("DISPLAY");
}

/* The socket of the user's bus is enough. */
static void
test_runtime_dir (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  if (!need ("dbus-daemon", "dbus-daemon") || !need ("gnome-keyring-daemon", "gnome-keyring"))
    return;
  start_ring (f, TRUE);
  g_unsetenv ("DBUS_SESSION_BUS_ADDRESS");
  g_setenv ("XDG_RUNTIME_DIR", f->home, TRUE);
  secrets_open (&f->secrets);
  secrets_assert_put (&f->secrets, "lamps", "s3cret", MUSTERD_SECRET_KEY_RING);
  g_unsetenv ("XDG_RUNTIME_DIR");
}

#define ADD(path, data, func) g_test_add (path, Fixture, data, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  test_init (&argc, &argv);
  signal (SIGALRM, on_alarm);
  ADD ("/key-ring/no-environment", NULL, test_no_environment);
  ADD ("/key-ring/autolaunch", "autolaunch:", test_no_environment);
  ADD ("/key-ring/disabled", "disabled:", test_no_environment);
  ADD ("/key-ring/runtime-dir", NULL, test_runtime_dir);
  ADD ("/key-ring/unlocked", NULL, test_unlocked);
  ADD ("/key-ring/order", NULL, test_order);
  ADD ("/key-ring/by-hand", NULL, test_by_hand);
  ADD ("/key-ring/unusable", NULL, test_unusable);
  ADD ("/key-ring/locked", NULL, test_locked);
  ADD ("/key-ring/no-service", NULL, test_no_service);
  ADD ("/key-ring/no-bus", NULL, test_no_bus);
  ADD ("/key-ring/no-bus-any-more", "", test_no_bus);
  ADD ("/key-ring/silent", NULL, test_silent);
  ADD ("/key-ring/silent-then-there", NULL, test_silent_then_there);
  ADD ("/key-ring/silent-bus", NULL, test_silent_bus);
  ADD ("/key-ring/bus-refuses", NULL, test_bus_refuses);
  ADD ("/key-ring/closed-meanwhile", NULL, test_closed_meanwhile);
  ADD ("/key-ring/bus-ends", NULL, test_bus_ends);
  ADD ("/key-ring/bus-ends-meanwhile", NULL, test_bus_ends_meanwhile);
  return g_test_run ();
}
