/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-main"

#include "main/options.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* systemd lists several directories with ':' between them. */
static char *
dup_first (const char *list)
{
  gsize length = list != NULL ? strcspn (list, ":") : 0;

  return length > 0 ? g_strndup (list, length) : NULL;
}

static char *
default_config (void)
{
  g_autofree char *folder = g_build_filename (MUSTERD_SYSCONFDIR, "muster", NULL);

  return g_file_test (folder, G_FILE_TEST_IS_DIR) ? g_steal_pointer (&folder) : NULL;
}

static char *
default_state_dir (void)
{
  g_autofree char *given = dup_first (g_getenv ("STATE_DIRECTORY"));

  if (given != NULL)
    return g_steal_pointer (&given);
  if (geteuid () != 0)
    return g_build_filename (g_get_user_state_dir (), "muster", NULL);
  return g_build_filename (MUSTERD_LOCALSTATEDIR, "lib", "muster", NULL);
}

static char *
default_socket (void)
{
  g_autofree char *given = dup_first (g_getenv ("RUNTIME_DIRECTORY"));

  if (given != NULL)
    return g_build_filename (given, "socket", NULL);
  if (geteuid () != 0)
    return g_build_filename (g_get_user_runtime_dir (), "muster", "socket", NULL);
  return g_strdup ("/run/muster/socket");
}

/* Plugins are looked for in absolute folders only, whatever the working directory is later. */
static char *
make_absolute (const char *folders)
{
  g_auto(GStrv) parts = g_strsplit (folders, ":", -1);
  g_autoptr(GString) absolute = g_string_new (NULL);

  for (gsize i = 0; parts[i] != NULL; i++)
    if (parts[i][0] != '\0')
      {
        g_autofree char *path = g_canonicalize_filename (parts[i], NULL);

        g_string_append_printf (absolute, "%s%s", absolute->len > 0 ? ":" : "", path);
      }
  return g_string_free (g_steal_pointer (&absolute), FALSE);
}

int
musterd_options_parse (MusterdOptions *options, int argc, char **argv)
{
  gboolean version = FALSE;
  g_auto(GStrv) rest = NULL;
  const GOptionEntry entries[] = {
    { "config", 'c', 0, G_OPTION_ARG_FILENAME, &options->config,
      "A keyfile, or a folder with muster.conf and conf.d (default: " MUSTERD_SYSCONFDIR "/muster if it exists)",
      "FILE|DIR" },
    { "state-dir", 0, 0, G_OPTION_ARG_FILENAME, &options->state_dir, "Where the store and the secrets are", "DIR" },
    { "socket", 0, 0, G_OPTION_ARG_FILENAME, &options->socket, "The socket that musterctl speaks to", "PATH" },
    { "listen", 0, 0, G_OPTION_ARG_STRING, &options->listen,
      "Where the API is to be had over TCP, instead of what the configuration says; several with ';'", "ADDRESS:PORT" },
    { "plugin-dir", 0, 0, G_OPTION_ARG_FILENAME, &options->plugin_dirs, "Where plugins are; several with ':'",
      "DIR[:DIR]" },
    { "check", 0, 0, G_OPTION_ARG_NONE, &options->check, "Say what is wrong with the configuration; start nothing",
      NULL },
    { "verbose", 'v', 0, G_OPTION_ARG_NONE, &options->verbose, "Log more", NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, &version, "Print the version", NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &rest, NULL, NULL },
    { NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL },
  };
  g_autoptr(GOptionContext) context = g_option_context_new (NULL);
  g_autoptr(GError) error = NULL;
  g_auto(GStrv) arguments = g_new0 (char *, (gsize) argc + 1);

  for (int i = 0; i < argc; i++)
    arguments[i] = g_strdup (argv[i]);
  options->argv = g_strdupv (arguments);
  g_option_context_set_summary (context, "Knows for every person whether they can be reached, and why.");
  g_option_context_add_main_entries (context, entries, NULL);

  if (!g_option_context_parse_strv (context, &arguments, &error))
    {
      fprintf (stderr, "musterd: %s\nTry 'musterd --help'.\n", error->message);
      return 2;
    }
  if (rest != NULL && rest[0] != NULL)
    {
      fprintf (stderr, "musterd: '%s' is not an option\nTry 'musterd --help'.\n", rest[0]);
      return 2;
    }
  if (version)
    {
      printf ("musterd %s\n", MUSTERD_VERSION);
      return 0;
    }

  if (options->config == NULL)
    options->config = default_config ();
  if (options->state_dir == NULL)
    options->state_dir = default_state_dir ();
  if (options->socket == NULL)
    options->socket = default_socket ();

  const char *folders = options->plugin_dirs != NULL ? options->plugin_dirs : g_getenv ("MUSTER_PLUGIN_DIR");

  if (folders != NULL && folders[0] != '\0')
    {
      char *absolute = make_absolute (folders);

      g_free (options->plugin_dirs);
      options->plugin_dirs = absolute;
    }
  return -1;
}

void
musterd_options_clear (MusterdOptions *options)
{
  g_strfreev (options->argv);
  g_free (options->config);
  g_free (options->state_dir);
  g_free (options->socket);
  g_free (options->listen);
  g_free (options->plugin_dirs);
}
