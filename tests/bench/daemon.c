/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-bench"

#include "daemon.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core.h"

#define PATIENCE_SECONDS 300
#define IDLE_LOOKS 4 /* so many looks in a row without a tick of processor time */

static void
set_up_child (gpointer data G_GNUC_UNUSED)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
}

static int
open_notify (const char *path)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  const struct timeval patience = { .tv_sec = PATIENCE_SECONDS };
  int fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

  unlink (path);
  g_strlcpy (address.sun_path, path, sizeof address.sun_path);
  if (fd < 0 || bind (fd, (const struct sockaddr *) &address, sizeof address) != 0
      || setsockopt (fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0)
    g_error ("listening to what the daemon says: %s", g_strerror (errno));
  return fd;
}

static void
wait_ready (BenchDaemon *daemon)
{
  char text[4096];

  for (;;)
    {
      ssize_t size = recv (daemon->notify, text, sizeof text - 1, 0);

      if (size < 0 && errno == EINTR)
        continue;
      if (size < 0)
        g_error ("waiting for musterd to be ready: %s; its log is above", g_strerror (errno));
      text[size] = '\0';
      if (strstr (text, "READY=1") != NULL)
        return;
    }
}

BenchDaemon *
bench_daemon_start (Bench *bench, const char *state_dir, const char *keyfile)
{
  const char *folder = bench_get_folder (bench);
  BenchDaemon *daemon = g_new0 (BenchDaemon, 1);
  g_autofree char *config = g_build_filename (folder, "muster.conf", NULL);
  g_autofree char *notify = g_build_filename (folder, "notify", NULL);
  g_autofree char *plugins = bench_install_plugins (bench);
  g_auto(GStrv) env = g_get_environ ();
  g_autoptr(GError) error = NULL;
  g_autofree char *contents = g_strdup_printf ("[daemon]\nlog-level=warning\n%s", keyfile);
  gint64 began;

  daemon->socket = g_build_filename (folder, "socket", NULL);
  daemon->notify = open_notify (notify);
  env = g_environ_setenv (g_steal_pointer (&env), "NOTIFY_SOCKET", notify, TRUE);

  const char *argv[] = { BENCH_MUSTERD, "--config",     config,  "--state-dir", state_dir,
                         "--socket",    daemon->socket, "--plugin-dir", plugins, NULL };

  if (!g_file_set_contents (config, contents, -1, &error))
    g_error ("writing a configuration: %s", error->message);
  began = g_get_monotonic_time ();
  if (!g_spawn_async (NULL, (char **) argv, env, G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_LEAVE_DESCRIPTORS_OPEN,
                      set_up_child, NULL, &daemon->pid, &error))
    g_error ("starting musterd: %s", error->message);
  wait_ready (daemon);
  daemon->ready = (double) (g_get_monotonic_time () - began) / G_USEC_PER_SEC;
  return daemon;
}

void
bench_daemon_stop (BenchDaemon *daemon)
{
  int status = 0;

  kill (daemon->pid, SIGTERM);
  while (waitpid (daemon->pid, &status, 0) < 0 && errno == EINTR)
    ;
  if (!WIFEXITED (status) || WEXITSTATUS (status) != 0)
    g_error ("musterd did not end well (wait status %d)", status);
  g_spawn_close_pid (daemon->pid);
  close (daemon->notify);
  g_free (daemon->socket);
  g_free (daemon);
}

gsize
bench_daemon_get_private (BenchDaemon *daemon)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/smaps_rollup", (int) daemon->pid);
  g_autofree char *text = NULL;
  g_autoptr(GError) error = NULL;
  const char *line;

  if (!g_file_get_contents (path, &text, NULL, &error))
    g_error ("looking at musterd's memory: %s", error->message);
  line = strstr (text, "Private_Dirty:");
  if (line == NULL)
    g_error ("%s has no Private_Dirty", path);
  return (gsize) g_ascii_strtoull (line + strlen ("Private_Dirty:"), NULL, 10) * 1024;
}

double
bench_daemon_get_cpu (BenchDaemon *daemon)
{
  clockid_t clock;
  struct timespec time;

  if (clock_getcpuclockid (daemon->pid, &clock) != 0 || clock_gettime (clock, &time) != 0)
    g_error ("looking at musterd's processor time: %s", g_strerror (errno));
  return (double) time.tv_sec + (double) time.tv_nsec / 1e9;
}

/* Ticks of processor time so far. */
static guint64
get_ticks (BenchDaemon *daemon)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/stat", (int) daemon->pid);
  g_autofree char *text = NULL;
  g_autoptr(GError) error = NULL;
  unsigned long user = 0, system = 0;
  const char *rest;

  if (!g_file_get_contents (path, &text, NULL, &error))
    g_error ("looking at musterd: %s", error->message);
  rest = strrchr (text, ')');
  if (rest == NULL || sscanf (rest, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) != 2)
    g_error ("%s is not as expected", path);
  return user + system;
}

void
bench_daemon_wait_idle (BenchDaemon *daemon)
{
  guint64 before = get_ticks (daemon);

  for (guint idle = 0; idle < IDLE_LOOKS;)
    {
      guint64 now;

      g_usleep (100 * 1000);
      now = get_ticks (daemon);
      idle = now == before ? idle + 1 : 0;
      before = now;
    }
}
