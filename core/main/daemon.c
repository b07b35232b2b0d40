/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-main"

#include "main/daemon.h"

#include "main/log.h"
#include "main/notify.h"
#include "main/types.h"
#include "model/event.h"

#include <errno.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* Of the two seconds in which SIGTERM is obeyed, what the plugins may have; the rest is for the store. */
#define STOP_TIMEOUT (1200 * G_TIME_SPAN_MILLISECOND)

/* Order of the end. */

static void
tear_down (MusterdDaemon *daemon)
{
  for (gsize i = 0; i < G_N_ELEMENTS (daemon->signals); i++)
    if (daemon->signals[i] != NULL)
      {
        g_source_destroy (daemon->signals[i]);
        g_clear_pointer (&daemon->signals[i], g_source_unref);
      }
  if (daemon->watchdog != NULL)
    {
      g_source_destroy (daemon->watchdog);
      g_clear_pointer (&daemon->watchdog, g_source_unref);
    }
  g_clear_pointer (&daemon->api, musterd_api_free);
  g_clear_pointer (&daemon->host, musterd_host_free);
  g_clear_pointer (&daemon->dispatch, musterd_dispatch_free);
  g_clear_pointer (&daemon->engine, musterd_engine_free);
  g_clear_pointer (&daemon->plugins, g_ptr_array_unref);
  g_clear_pointer (&daemon->secrets, musterd_secrets_free);
  g_clear_pointer (&daemon->store, musterd_store_close);
  g_clear_pointer (&daemon->clock, musterd_clock_unref);
  g_clear_pointer (&daemon->config, musterd_config_unref);
  g_clear_object (&daemon->certificate);
  g_free (daemon->certificate_stamp);
  g_free (daemon->plugin_dir);
}

static void
on_host_stopped (gpointer user_data)
{
  MusterdDaemon *daemon = user_data;

  daemon->stopped = TRUE;
}

static void
begin_stop (MusterdDaemon *daemon)
{
  daemon->stopping = TRUE;

  /* A restart is a long reload to the service manager; told that we stop, it would not let us start again. */
  if (daemon->restarting)
    musterd_notify_reloading ();
  else
    musterd_notify ("STOPPING=1\nSTATUS=Stopping\n");
  g_clear_pointer (&daemon->api, musterd_api_free);
  musterd_host_stop (daemon->host, STOP_TIMEOUT, on_host_stopped, daemon);
}

/* A terminal's Ctrl-C may come together with a SIGTERM of whoever minds the daemon; only the same signal once more
 * means that somebody does not want to wait. What was acknowledged is written all the same. */
static void
terminate (MusterdDaemon *daemon, guint *n_times)
{
  if (!daemon->stopping)
    {
      musterd_event_log (G_LOG_DOMAIN, G_LOG_LEVEL_MESSAGE, MUSTERD_EVENT_STOPPING, "stopping");
      begin_stop (daemon);
    }
  if (++*n_times < 2)
    return;

  g_message ("stopping at once");
  musterd_engine_flush (daemon->engine);
  musterd_store_close (daemon->store);
  _exit (daemon->exit_code);
}

static gboolean
on_terminate (gpointer user_data)
{
  MusterdDaemon *daemon = user_data;

  terminate (daemon, &daemon->n_terminate);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_interrupt (gpointer user_data)
{
  MusterdDaemon *daemon = user_data;

  terminate (daemon, &daemon->n_interrupt);
  return G_SOURCE_CONTINUE;
}

static void
notify_ready (MusterdDaemon *daemon)
{
  g_autofree char *state
      = g_strdup_printf ("READY=1\nSTATUS=%u instances, %u users\n", daemon->config->instances->len,
                         musterd_engine_get_n_users (daemon->engine));

  musterd_notify (state);
}

/* From the loop of the engine's thread: where that hangs, nobody is told anything, and the service manager acts. */
static gboolean
on_sign_of_life (gpointer user_data G_GNUC_UNUSED)
{
  musterd_notify ("WATCHDOG=1\n");
  return G_SOURCE_CONTINUE;
}

static void
begin_watchdog (MusterdDaemon *daemon)
{
  const gint64 interval = musterd_notify_get_watchdog ();

  if (interval == 0)
    return;
  on_sign_of_life (NULL);
  daemon->watchdog = g_timeout_source_new ((guint) CLAMP (interval / 2000, 1, G_MAXINT));
  g_source_set_callback (daemon->watchdog, on_sign_of_life, NULL, NULL);
  g_source_set_static_name (daemon->watchdog, "muster watchdog");
  g_source_attach (daemon->watchdog, NULL);
}

static gboolean
on_hangup (gpointer user_data)
{
  MusterdDaemon *daemon = user_data;
  g_autoptr(GError) error = NULL;

  if (daemon->stopping)
    return G_SOURCE_CONTINUE;

  musterd_notify_reloading ();
  if (musterd_daemon_reload (daemon, &error))
    musterd_event_log (G_LOG_DOMAIN, G_LOG_LEVEL_MESSAGE, MUSTERD_EVENT_RELOADED,
                       "the configuration was read again from %s", daemon->config->origin);
  else
    {
      musterd_daemon_log_lines (error->message);
      musterd_event_log (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, MUSTERD_EVENT_RELOAD_FAILED,
                         "reading the configuration again: there are errors, so the one of before stays in force");
    }
  notify_ready (daemon);
  return G_SOURCE_CONTINUE;
}

/* From the api, after a restore. */
static void
on_restart_wanted (gpointer user_data)
{
  MusterdDaemon *daemon = user_data;

  if (daemon->stopping)
    return;
  g_message ("starting anew");
  daemon->restarting = TRUE;
  begin_stop (daemon);
}

static void
add_signal (MusterdDaemon *daemon, gsize i, int number, GSourceFunc callback)
{
  daemon->signals[i] = g_unix_signal_source_new (number);
  g_source_set_callback (daemon->signals[i], callback, daemon, NULL);
  /* A flood of claims must not keep the daemon from being stopped. */
  g_source_set_priority (daemon->signals[i], G_PRIORITY_HIGH);
  g_source_attach (daemon->signals[i], NULL);
}

/* Order of the start. */

static gboolean
make_socket_folder (const char *socket, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (socket);

  if (g_file_test (folder, G_FILE_TEST_IS_DIR))
    return TRUE;
  if (g_mkdir_with_parents (folder, 0755) != 0)
    {
      int code = errno;

      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE, "creating %s for the socket: %s", folder,
                   g_strerror (code));
      return FALSE;
    }
  /* Who may use the socket is decided at the socket; our umask would close the way to it. */
  if (g_chmod (folder, 0755) != 0)
    g_warning ("opening %s to the users of the socket: %s", folder, g_strerror (errno));
  return TRUE;
}

static gboolean
start_core (MusterdDaemon *daemon, GError **error)
{
  const MusterdOptions *options = daemon->options;

  daemon->store = musterd_store_open (options->state_dir, error);
  if (daemon->store == NULL)
    return FALSE;
  daemon->secrets = musterd_secrets_new (options->state_dir);
  daemon->clock = musterd_clock_new_real ();
  daemon->engine = musterd_engine_new (daemon->clock, daemon->store, NULL, error);
  if (daemon->engine == NULL)
    return FALSE;
  daemon->dispatch = musterd_dispatch_new (daemon->engine, daemon->clock);
  return TRUE;
}

static gboolean
start_plugins (MusterdDaemon *daemon, MusterdConfig *config, GError **error)
{
  daemon->plugin_dir = musterd_daemon_plugin_dir (daemon->options, config);

  const MusterdHostServices services = {
    .engine = daemon->engine,
    .dispatch = daemon->dispatch,
    .clock = daemon->clock,
    .store = daemon->store,
    .secrets = daemon->secrets,
    .plugin_dir = daemon->plugin_dir,
  };

  daemon->host = musterd_host_new (&services);
  return musterd_daemon_apply (daemon, config, error);
}

static gboolean
start_api (MusterdDaemon *daemon, GError **error)
{
  const MusterdConfig *config = daemon->config;
  g_autoptr(GPtrArray) addresses = NULL;
  const char *per_peer = config->connections_per_peer;

  if (!musterd_daemon_find_doors (daemon->options, config, &addresses, error)
      || !make_socket_folder (daemon->options->socket, error))
    return FALSE;

  const MusterdApiServices services = {
    .engine = daemon->engine,
    .dispatch = daemon->dispatch,
    .host = daemon->host,
    .store = daemon->store,
    .state_dir = daemon->options->state_dir,
    .socket_path = daemon->options->socket,
    .socket_group = config->socket_group,
    .listen = addresses,
    .certificate = daemon->certificate,
    .connections_per_peer = per_peer != NULL ? (guint) g_ascii_strtoull (per_peer, NULL, 10) : 0,
    .set_enabled = musterd_daemon_set_enabled,
    .restart = on_restart_wanted,
    .user_data = daemon,
  };

  daemon->api = musterd_api_new (&services, error);
  return daemon->api != NULL;
}

static gboolean
start (MusterdDaemon *daemon, GError **error)
{
  g_autoptr(MusterdConfig) config = musterd_config_load (daemon->options->config, NULL, error);

  if (config == NULL)
    return FALSE;
  musterd_daemon_log_options (daemon->options, config);
  return start_core (daemon, error) && start_plugins (daemon, config, error) && start_api (daemon, error);
}

static void
run (MusterdDaemon *daemon)
{
  while (!daemon->stopped)
    g_main_context_iteration (NULL, TRUE);
}

static void
log_urls (MusterdDaemon *daemon)
{
  const char *const *urls = musterd_api_get_urls (daemon->api);

  for (gsize i = 0; urls[i] != NULL; i++)
    g_message ("the API is at %s", urls[i]);
}

int
musterd_daemon_run (const MusterdOptions *options)
{
  MusterdDaemon daemon = { .options = options };
  g_autoptr(GError) error = NULL;

  musterd_types_prepare ();
  add_signal (&daemon, 0, SIGTERM, on_terminate);
  add_signal (&daemon, 1, SIGINT, on_interrupt);
  add_signal (&daemon, 2, SIGHUP, on_hangup);

  if (start (&daemon, &error))
    {
      notify_ready (&daemon);
      begin_watchdog (&daemon);
      musterd_event_log (G_LOG_DOMAIN, G_LOG_LEVEL_MESSAGE, MUSTERD_EVENT_READY,
                         "musterd %s: %u users, %u instances from %s, socket %s", MUSTERD_VERSION,
                         musterd_engine_get_n_users (daemon.engine), daemon.config->instances->len,
                         daemon.config->origin, options->socket);
      log_urls (&daemon);
      run (&daemon);
    }
  else
    {
      musterd_daemon_log_lines (error->message);
      g_warning ("musterd does not start");
      daemon.exit_code = 1;

      /* Instances may be running already where only the socket could not be had. */
      if (daemon.host != NULL)
        {
          daemon.stopping = TRUE;
          musterd_host_stop (daemon.host, STOP_TIMEOUT, on_host_stopped, &daemon);
          run (&daemon);
        }
    }

  gboolean abandoned = daemon.host != NULL && musterd_host_has_abandoned (daemon.host);
  gboolean restarting = daemon.restarting;
  int exit_code = daemon.exit_code;

  tear_down (&daemon);
  if (restarting)
    {
      execv ("/proc/self/exe", options->argv);
      g_warning ("starting anew: %s", g_strerror (errno));
      exit_code = 1;
    }
  /* exit() would take the floor from under the thread of a plugin that did not stop. */
  if (abandoned)
    _exit (exit_code);
  return exit_code;
}
