/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "musterctl"

#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "ctl-client.h"
#include "ctl-output.h"
#include "ctl-remote.h"
#include "ctl.h"

#define TIMEOUT_SECONDS 120

static const CtlCommand *const subjects[] = {
  ctl_presence_commands, ctl_why_commands,      ctl_appointment_commands, ctl_delegation_commands,
  ctl_watch_commands,    ctl_user_commands,     ctl_relation_commands,    ctl_token_commands,
  ctl_plugin_commands,   ctl_secret_commands,   ctl_daemon_commands,      ctl_desktop_commands,
  ctl_settings_commands, ctl_template_commands,
};

static const CtlOption global_options[] = {
  { "socket", N_ ("PATH"), N_ ("where the daemon listens (default: MUSTER_SOCKET, else /run/muster/socket)") },
  { "url", N_ ("URL"), N_ ("a daemon on the network: https://HOST:PORT (default: MUSTER_URL)") },
  { "token-file", N_ ("FILE"), N_ ("the token to show there (default: MUSTER_TOKEN_FILE)") },
  { "ca-file", N_ ("FILE"), N_ ("certificates to trust there instead of the system's (default: MUSTER_CA_FILE)") },
  { "json", NULL, N_ ("print the daemon's answer as JSON") },
  { "help", NULL, N_ ("print this, or the help of a command"), 'h' },
  { "version", NULL, N_ ("print the version") },
  { NULL, NULL, NULL },
};

const char *
ctl_get_arg (Ctl *ctl, guint n)
{
  return n < ctl->args->len ? ctl->args->pdata[n] : NULL;
}

GPtrArray *
ctl_get_options (Ctl *ctl, const char *name)
{
  return g_hash_table_lookup (ctl->options, name);
}

const char *
ctl_get_option (Ctl *ctl, const char *name)
{
  GPtrArray *values = ctl_get_options (ctl, name);

  return values != NULL ? values->pdata[values->len - 1] : NULL;
}

gboolean
ctl_has_option (Ctl *ctl, const char *name)
{
  return ctl_get_options (ctl, name) != NULL;
}

int
ctl_fail (const GError *error)
{
  gboolean wrong_use = g_error_matches (error, CTL_ERROR, CTL_ERROR_WRONG_USE);
  g_auto(GStrv) lines = g_strsplit (error->message, "\n", -1);

  for (gsize i = 0; lines[i] != NULL; i++)
    {
      g_autofree char *clean = ctl_clean (lines[i]);

      g_printerr ("%s%s\n", i == 0 ? "musterctl: " : "  ", clean);
    }
  return wrong_use ? CTL_WRONG_USE : CTL_REFUSED;
}

/* Help. */

static void
print_options (const CtlOption *options)
{
  CtlTable *table = ctl_table_new (NULL, 2);

  for (; options->name != NULL; options++)
    {
      const char letter[] = { '-', options->letter, ',', ' ', '\0' };
      const char *value = options->value != NULL ? _ (options->value) : "";

      ctl_table_add (table,
                     g_strconcat (options->letter != 0 ? letter : "", "--", options->name, *value != '\0' ? " " : "",
                                  value, NULL),
                     g_strdup (_ (options->help)));
    }
  ctl_table_print (table, "  ");
}

static void
add_command (CtlTable *table, const CtlCommand *command)
{
  ctl_table_add (table,
                 g_strdup_printf ("%s%s%s", command->words, *command->usage != '\0' ? " " : "",
                                  *command->usage != '\0' ? _ (command->usage) : ""),
                 g_strdup (_ (command->help)));
}

static void
print_help (void)
{
  CtlTable *table = ctl_table_new (NULL, 2);

  g_print ("%s\n\n%s\n", _ ("Usage: musterctl [--socket PATH | --url URL] [--json] COMMAND …"), _ ("Commands:"));
  for (gsize i = 0; i < G_N_ELEMENTS (subjects); i++)
    for (const CtlCommand *command = subjects[i]; command->words != NULL; command++)
      add_command (table, command);
  ctl_table_print (table, "  ");
  g_print ("\n%s\n", _ ("Options:"));
  print_options (global_options);
  g_print ("\n%s\n", _ ("musterctl help COMMAND says more. Exit codes: 0 done, 1 refused, 2 wrong use."));
}

static void
print_command_help (const CtlCommand *command)
{
  g_print ("%s musterctl %s%s%s%s\n\n%s\n", _ ("Usage:"), command->words, *command->usage != '\0' ? " " : "",
           *command->usage != '\0' ? _ (command->usage) : "", command->options != NULL ? " [--OPTION …]" : "",
           _ (command->help));
  if (command->options != NULL)
    {
      g_print ("\n%s\n", _ ("Options:"));
      print_options (command->options);
    }
}

/* The command line. */

static int
wrong_use (const char *format, ...) G_GNUC_PRINTF (1, 2);

static int
wrong_use (const char *format, ...)
{
  g_autofree char *message = NULL;
  g_autofree char *clean = NULL;
  va_list values;

  va_start (values, format);
  message = g_strdup_vprintf (format, values);
  va_end (values);
  clean = ctl_clean (message);
  g_printerr ("musterctl: %s\n%s\n", clean, _ ("Try 'musterctl help'."));
  return CTL_WRONG_USE;
}

static const CtlOption *
find_option (const CtlOption *options, const char *name, gsize length)
{
  for (; options != NULL && options->name != NULL; options++)
    if (strlen (options->name) == length && strncmp (options->name, name, length) == 0)
      return options;
  return NULL;
}

static const CtlOption *
find_letter (const CtlOption *options, char letter)
{
  for (; options != NULL && options->name != NULL; options++)
    if (options->letter == letter)
      return options;
  return NULL;
}

/* Of the global ones, or of any command: enough to know whether a value follows. `name` follows "--", or is one letter
 * after "-". */
static const CtlOption *
find_any_option (const char *name, gsize length, gboolean is_letter)
{
  const CtlOption *found = is_letter ? find_letter (global_options, *name) : find_option (global_options, name, length);

  for (gsize i = 0; found == NULL && i < G_N_ELEMENTS (subjects); i++)
    for (const CtlCommand *command = subjects[i]; found == NULL && command->words != NULL; command++)
      found = is_letter ? find_letter (command->options, *name) : find_option (command->options, name, length);
  return found;
}

static void
add_option (Ctl *ctl, const char *name, const char *value)
{
  GPtrArray *values = ctl_get_options (ctl, name);

  if (values == NULL)
    {
      values = g_ptr_array_new_with_free_func (g_free);
      g_hash_table_insert (ctl->options, g_strdup (name), values);
    }
  g_ptr_array_add (values, g_strdup (value));
}

/* Sorts the arguments into options and words, wherever the options stand. -1: go on. */
static int
read_arguments (Ctl *ctl, char *const *arguments)
{
  gboolean only_words = FALSE, is_letter;

  for (gsize i = 0; arguments[i] != NULL; i++)
    {
      const char *argument = arguments[i];
      const char *name, *equals;
      gsize length;
      const CtlOption *option;

      if (only_words || argument[0] != '-' || argument[1] == '\0')
        {
          g_ptr_array_add (ctl->args, g_strdup (argument));
          continue;
        }
      if (g_str_equal (argument, "--"))
        {
          only_words = TRUE;
          continue;
        }
      is_letter = argument[1] != '-';
      name = argument + (is_letter ? 1 : 2);
      equals = is_letter ? NULL : strchr (name, '=');
      length = equals != NULL ? (gsize) (equals - name) : strlen (name);
      option = !is_letter || length == 1 ? find_any_option (name, length, is_letter) : NULL;
      if (option == NULL)
        return wrong_use (_ ("there is no option %s"), argument);
      if (option->value == NULL && equals != NULL)
        return wrong_use (_ ("--%s takes no value"), option->name);
      if (option->value != NULL && equals == NULL && arguments[i + 1] == NULL)
        return wrong_use (_ ("--%s needs a value: %s"), option->name, _ (option->value));
      if (option->value == NULL)
        add_option (ctl, option->name, "");
      else
        add_option (ctl, option->name, equals != NULL ? equals + 1 : arguments[++i]);
    }
  return -1;
}

/* The command that the first words name; they are taken away. */
static const CtlCommand *
take_command (Ctl *ctl)
{
  for (gsize i = 0; i < G_N_ELEMENTS (subjects); i++)
    for (const CtlCommand *command = subjects[i]; command->words != NULL; command++)
      {
        g_auto(GStrv) words = g_strsplit (command->words, " ", -1);
        guint n = g_strv_length (words), same = 0;

        while (same < n && same < ctl->args->len && g_str_equal (words[same], ctl->args->pdata[same]))
          same++;
        if (same == n)
          {
            g_ptr_array_remove_range (ctl->args, 0, n);
            return command;
          }
      }
  return NULL;
}

/* "musterctl help user": all that begins with that word. FALSE: nothing does. */
static gboolean
print_subject_help (const char *first)
{
  CtlTable *table = ctl_table_new (NULL, 2);
  const gsize length = strlen (first);
  gboolean found = FALSE;

  for (gsize i = 0; i < G_N_ELEMENTS (subjects); i++)
    for (const CtlCommand *command = subjects[i]; command->words != NULL; command++)
      if (strncmp (command->words, first, length) == 0 && command->words[length] == ' ')
        {
          add_command (table, command);
          found = TRUE;
        }
  ctl_table_print (table, "");
  return found;
}

/* "musterctl user" alone, or with a second word that is none. */
static int
no_command (Ctl *ctl)
{
  g_autoptr(GString) seconds = g_string_new (NULL);
  const char *first = ctl_get_arg (ctl, 0);
  gsize length = strlen (first);

  for (gsize i = 0; i < G_N_ELEMENTS (subjects); i++)
    for (const CtlCommand *command = subjects[i]; command->words != NULL; command++)
      if (strncmp (command->words, first, length) == 0 && command->words[length] == ' ')
        g_string_append_printf (seconds, "%s%s", seconds->len > 0 ? ", " : "", command->words + length + 1);
  if (seconds->len == 0)
    return wrong_use (_ ("there is no command '%s'"), first);
  return wrong_use (_ ("'musterctl %s' is followed by one of %s"), first, seconds->str);
}

static int
check_use (Ctl *ctl, const CtlCommand *command)
{
  GHashTableIter iter;
  gpointer name;

  g_hash_table_iter_init (&iter, ctl->options);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    if (find_option (global_options, name, strlen (name)) == NULL
        && find_option (command->options, name, strlen (name)) == NULL)
      return wrong_use (_ ("'musterctl %s' has no option --%s"), command->words, (const char *) name);
  if (ctl->args->len < command->min_args || ctl->args->len > command->max_args)
    return wrong_use (_ ("usage: musterctl %s %s"), command->words, *command->usage != '\0' ? _ (command->usage) : "");
  for (guint i = 0; i < ctl->args->len; i++)
    if (*(const char *) ctl->args->pdata[i] == '\0')
      return wrong_use (_ ("an argument of 'musterctl %s' is empty"), command->words);
  return -1;
}

static int
run (Ctl *ctl, char *const *arguments)
{
  int result = read_arguments (ctl, arguments);
  g_autoptr(GError) error = NULL;
  gboolean help = FALSE;
  const CtlCommand *command;

  if (result >= 0)
    return result;
  if (ctl_has_option (ctl, "version"))
    {
      g_print ("musterctl %s\n", MUSTER_VERSION);
      return CTL_DONE;
    }
  help = ctl_has_option (ctl, "help");
  if (g_strcmp0 (ctl_get_arg (ctl, 0), "help") == 0)
    {
      help = TRUE;
      g_ptr_array_remove_index (ctl->args, 0);
    }
  if (ctl->args->len == 0 && help)
    {
      print_help ();
      return CTL_DONE;
    }
  if (ctl->args->len == 0)
    return wrong_use ("%s", _ ("say what is to be done"));
  command = take_command (ctl);
  if (command == NULL && help && ctl->args->len == 1 && print_subject_help (ctl_get_arg (ctl, 0)))
    return CTL_DONE;
  if (command == NULL)
    return no_command (ctl);
  if (help)
    {
      print_command_help (command);
      return CTL_DONE;
    }
  result = check_use (ctl, command);
  if (result >= 0)
    return result;
  ctl->json = ctl_has_option (ctl, "json");
  ctl->socket = ctl_has_option (ctl, "socket") ? g_strdup (ctl_get_option (ctl, "socket")) : ctl_default_socket ();
  if (*ctl->socket == '\0')
    return wrong_use (_ ("--%s needs a value: %s"), "socket", _ ("PATH"));
  if (!ctl_remote_read (ctl, &error))
    return ctl_fail (error);
  return command->run (ctl);
}

static char **
to_utf8 (int argc, char **argv)
{
  g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func (g_free);

  for (int i = 1; i < argc; i++)
    {
      char *text =
          g_utf8_validate (argv[i], -1, NULL) ? g_strdup (argv[i]) : g_locale_to_utf8 (argv[i], -1, NULL, NULL, NULL);

      if (text == NULL)
        return NULL;
      g_ptr_array_add (all, text);
    }
  g_ptr_array_add (all, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&all), FALSE);
}

int
main (int argc, char **argv)
{
  Ctl ctl = { .timeout = TIMEOUT_SECONDS };
  g_auto(GStrv) arguments = NULL;
  int result;

  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, MUSTER_LOCALEDIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);
  /* Should the daemon hang up while something is sent, the error says so; and so does one of standard output. */
  signal (SIGPIPE, SIG_IGN);

  arguments = to_utf8 (argc, argv);
  if (arguments == NULL)
    return wrong_use ("%s", _ ("an argument is neither UTF-8 nor in the encoding of the locale"));
  ctl.args = g_ptr_array_new_with_free_func (g_free);
  ctl.options = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_ptr_array_unref);
  result = run (&ctl, arguments);
  if (fflush (stdout) != 0 && result == CTL_DONE)
    result = CTL_REFUSED;
  g_ptr_array_unref (ctl.args);
  g_hash_table_unref (ctl.options);
  g_clear_object (&ctl.session);
  ctl_remote_clear (&ctl);
  g_free (ctl.socket);
  return result;
}
