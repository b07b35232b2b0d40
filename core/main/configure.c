/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Configurations: at the start, on SIGHUP, and where an administrator enables or disables an instance. */
#define G_LOG_DOMAIN "muster-main"

#include "main/daemon.h"
#include "main/log.h"

#include "api/certificate.h"
#include "config/listen.h"
#include "engine/scopes.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

char *
musterd_daemon_plugin_dir (const MusterdOptions *options, const MusterdConfig *config)
{
  if (options->plugin_dirs != NULL)
    return g_strdup (options->plugin_dirs);
  return g_strdup (config->plugin_dir != NULL ? config->plugin_dir : MUSTERD_PLUGIN_DIR);
}

gboolean
musterd_daemon_find_doors (const MusterdOptions *options, const MusterdConfig *config, GPtrArray **addresses,
                           GError **error)
{
  const char *text = options->listen != NULL ? options->listen : config->listen;
  g_autoptr(GPtrArray) found = text != NULL ? musterd_listen_parse (text) : NULL;

  if (text != NULL && found == NULL)
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFIG, "--listen: expected %s, got '%s'",
                   MUSTERD_LISTEN_SYNTAX, text);
      return FALSE;
    }
  if (found != NULL && config->certificate == NULL && !musterd_listen_is_local (found))
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFIG,
                   "--listen %s: tokens and presences would go through the network unencrypted: name certificate= and "
                   "key= in the group [api] of the configuration, or listen on 127.0.0.1",
                   text);
      return FALSE;
    }
  *addresses = g_steal_pointer (&found);
  return TRUE;
}

gboolean
musterd_daemon_load_certificate (const MusterdConfig *config, GTlsCertificate **certificate, GError **error)
{
  *certificate = config->certificate != NULL ? musterd_certificate_load (config->certificate, config->key, error)
                                             : NULL;
  return config->certificate == NULL || *certificate != NULL;
}

/* What tells whether a file is another one than before; what cannot be looked at is. */
static void
append_stamp (GString *stamp, const char *path)
{
  struct stat info;

  if (path == NULL)
    return;
  g_string_append (stamp, path);
  if (stat (path, &info) == 0)
    g_string_append_printf (stamp, " %" G_GUINT64_FORMAT " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT ".%ld;",
                            (guint64) info.st_ino, (gint64) info.st_size, (gint64) info.st_mtim.tv_sec,
                            info.st_mtim.tv_nsec);
}

static char *
make_certificate_stamp (const MusterdConfig *config)
{
  GString *stamp = g_string_new (NULL);

  append_stamp (stamp, config->certificate);
  append_stamp (stamp, config->key);
  return g_string_free (stamp, FALSE);
}

void
musterd_daemon_log_options (const MusterdOptions *options, const MusterdConfig *config)
{
  gboolean raise = options->verbose && strcmp (config->log_level, "debug") != 0;

  musterd_log_writer_set_level (raise ? "info" : config->log_level);
}

void
musterd_daemon_log_lines (const char *text)
{
  g_auto(GStrv) lines = g_strsplit (text, "\n", -1);

  for (gsize i = 0; lines[i] != NULL; i++)
    if (lines[i][0] != '\0')
      g_warning ("%s", lines[i]);
}

static void
set_config_error (GPtrArray *problems, GError **error)
{
  g_ptr_array_add (problems, NULL);
  g_autofree char *text = g_strjoinv ("\n", (char **) problems->pdata);

  g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFIG, text);
}

/* What is fixed while the daemon lives is said, rather than silently not done. */
static void
warn_of_fixed (MusterdDaemon *daemon, const MusterdConfig *config)
{
  g_autofree char *plugin_dir = musterd_daemon_plugin_dir (daemon->options, config);

  if (strcmp (plugin_dir, daemon->plugin_dir) != 0)
    g_warning ("[daemon] plugin-dir is another one now: it takes effect when musterd is restarted");
  if (daemon->config != NULL && strcmp (config->socket_group, daemon->config->socket_group) != 0)
    g_warning ("[api] group is another one now: it takes effect when musterd is restarted");
  if (daemon->config != NULL && daemon->options->listen == NULL
      && g_strcmp0 (config->listen, daemon->config->listen) != 0)
    g_warning ("[api] listen is another one now: it takes effect when musterd is restarted");
  if (daemon->config != NULL && (config->certificate == NULL) != (daemon->config->certificate == NULL))
    g_warning ("[api] certificate has been %s: that takes effect when musterd is restarted",
               config->certificate == NULL ? "taken away" : "added");
  if (daemon->config != NULL
      && g_strcmp0 (config->connections_per_peer, daemon->config->connections_per_peer) != 0)
    g_warning ("[api] connections-per-peer is another one now: it takes effect when musterd is restarted");
}

static gboolean
is_same (const GPtrArray *a, const GPtrArray *b)
{
  if (a == NULL || a->len != b->len)
    return FALSE;
  for (guint i = 0; i < a->len; i++)
    if (a->pdata[i] != b->pdata[i])
      return FALSE;
  return TRUE;
}

/* Which settings there are. All users' are composed anew with others, so only where there are others. */
static void
declare_settings (MusterdDaemon *daemon, const MusterdConfig *config)
{
  g_autoptr(GPtrArray) plugins = musterd_host_list_plugins (daemon->host, config);
  g_autoptr(MusterdBlocks) blocks = NULL;

  if (is_same (daemon->plugins, plugins))
    return;
  blocks = musterd_blocks_new ((const MusterPluginDescriptor *const *) plugins->pdata, plugins->len);
  musterd_engine_set_blocks (daemon->engine, blocks);
  g_clear_pointer (&daemon->plugins, g_ptr_array_unref);
  daemon->plugins = g_steal_pointer (&plugins);
}

gboolean
musterd_daemon_apply (MusterdDaemon *daemon, MusterdConfig *config, GError **error)
{
  g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(GPtrArray) addresses = NULL;
  g_autoptr(GTlsCertificate) certificate = NULL;
  g_autofree char *stamp = make_certificate_stamp (config);

  if (!musterd_daemon_find_doors (daemon->options, config, &addresses, error))
    return FALSE;
  /* It is tried out each time that it is read, which takes a moment: only where it may be another one. */
  if (g_strcmp0 (stamp, daemon->certificate_stamp) != 0
      && !musterd_daemon_load_certificate (config, &certificate, error))
    return FALSE;
  if (!musterd_host_check (daemon->host, config, problems, warnings))
    {
      set_config_error (problems, error);
      return FALSE;
    }
  for (guint i = 0; i < warnings->len; i++)
    g_warning ("%s", (const char *) g_ptr_array_index (warnings, i));
  /* Before an instance that starts is told of its users. */
  declare_settings (daemon, config);
  if (!musterd_host_apply (daemon->host, config, error))
    return FALSE;

  warn_of_fixed (daemon, config);
  if (certificate != NULL)
    g_set_object (&daemon->certificate, certificate);
  g_free (daemon->certificate_stamp);
  daemon->certificate_stamp = g_steal_pointer (&stamp);
  if (daemon->api != NULL && certificate != NULL)
    musterd_api_set_certificate (daemon->api, certificate);
  musterd_daemon_log_options (daemon->options, config);
  musterd_engine_set_delegations_kept (daemon->engine, musterd_config_get_delegations_kept (config));
  if (config != daemon->config)
    {
      g_clear_pointer (&daemon->config, musterd_config_unref);
      daemon->config = musterd_config_ref (config);
    }
  return TRUE;
}

gboolean
musterd_daemon_reload (MusterdDaemon *daemon, GError **error)
{
  g_autoptr(MusterdConfig) config = musterd_config_load (daemon->options->config, NULL, error);

  return config != NULL && musterd_daemon_apply (daemon, config, error);
}

/* The answer comes on a turn of its own, so that nobody is called back from inside their call. */
typedef struct
{
  MusterdDone done;
  gpointer    data;
  GError     *error; /* nullable */
} Answer;

static gboolean
on_answer (gpointer user_data)
{
  Answer *answer = user_data;

  answer->done (answer->error, answer->data);
  return G_SOURCE_REMOVE;
}

static void
answer_free (Answer *answer)
{
  g_clear_error (&answer->error);
  g_free (answer);
}

static gboolean
put_back (const char *path, const char *contents, GError **error)
{
  if (contents != NULL)
    return g_file_set_contents_full (path, contents, -1,
                                     G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0644, error);
  if (g_unlink (path) != 0)
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_FAILED, "it could not be removed");
      return FALSE;
    }
  return TRUE;
}

/* An optional instance that cannot run is a warning; for whoever enables it now, it is an error. */
static gboolean
would_run (MusterdDaemon *daemon, const MusterdConfig *config, MusterdInstanceConfig *instance, GError **error)
{
  g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func (g_free);
  MusterdEnabled enabled = instance->enabled;

  if (enabled == MUSTERD_ENABLED_NO)
    return TRUE;

  instance->enabled = MUSTERD_ENABLED_REQUIRED;
  gboolean right = musterd_host_check (daemon->host, config, problems, warnings);
  instance->enabled = enabled;

  if (!right)
    set_config_error (problems, error);
  return right;
}

static gboolean
load_and_apply (MusterdDaemon *daemon, const char *instance, MusterdEnabled enabled, GError **error)
{
  g_autoptr(MusterdConfig) config = musterd_config_load (daemon->options->config, NULL, error);

  if (config == NULL)
    return FALSE;

  MusterdInstanceConfig *found = (MusterdInstanceConfig *) musterd_config_find (config, instance);

  if (found == NULL || found->enabled != enabled)
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFLICT,
                   "Enabled= of '%s' is set again in %s:%u, which is read later: change it there", instance,
                   found != NULL ? found->enabled_file : config->origin, found != NULL ? found->enabled_line : 0);
      return FALSE;
    }
  return would_run (daemon, config, found, error) && musterd_daemon_apply (daemon, config, error);
}

static gboolean
set_enabled (MusterdDaemon *daemon, const char *instance, MusterdEnabled enabled, GError **error)
{
  g_autofree char *path = musterd_config_dropin_path (daemon->config, instance);
  g_autofree char *contents = NULL;

  if (path != NULL)
    g_file_get_contents (path, &contents, NULL, NULL);
  if (!musterd_config_write_enabled (daemon->config, instance, enabled, error))
    return FALSE;
  if (load_and_apply (daemon, instance, enabled, error))
    return TRUE;

  g_autoptr(GError) local_error = NULL;

  if (!put_back (path, contents, &local_error))
    g_warning ("taking %s back: %s", path, local_error->message);
  return FALSE;
}

void
musterd_daemon_set_enabled (const char *instance, MusterdEnabled enabled, MusterdDone done, gpointer done_data,
                            gpointer user_data)
{
  MusterdDaemon *daemon = user_data;
  Answer *answer = g_new0 (Answer, 1);

  answer->done = done;
  answer->data = done_data;
  if (daemon->stopping)
    g_set_error (&answer->error, MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE, "enabling or disabling '%s': musterd stops",
                 instance);
  else if (set_enabled (daemon, instance, enabled, &answer->error))
    g_message ("%s is %s now", instance, enabled == MUSTERD_ENABLED_NO ? "disabled" : "enabled");

  g_idle_add_full (G_PRIORITY_DEFAULT, on_answer, answer, (GDestroyNotify) answer_free);
}
