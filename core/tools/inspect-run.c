/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-inspect"

#include "inspect.h"

#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define CHILD_FD 3
#define DEPTH_MAX 16

typedef struct
{
  GMainContext *context;
  GSubprocess  *process;
  int           fd;
  GString      *answer;
  gboolean      at_end;   /* of the answer */
  gboolean      too_long;
  gboolean      exited;
  gboolean      overdue;
} Run;

static gboolean
on_readable (int fd, GIOCondition condition, gpointer user_data)
{
  Run *run = user_data;
  char buffer[4096];
  const ssize_t n = read (fd, buffer, sizeof buffer);

  (void) condition;
  if (n < 0 && (errno == EINTR || errno == EAGAIN))
    return G_SOURCE_CONTINUE;
  if (n <= 0)
    {
      run->at_end = TRUE;
      return G_SOURCE_REMOVE;
    }
  if (run->answer->len + n > INSPECT_ANSWER_MAX)
    {
      run->too_long = run->at_end = TRUE;
      return G_SOURCE_REMOVE;
    }
  g_string_append_len (run->answer, buffer, n);
  return G_SOURCE_CONTINUE;
}

static void
on_exited (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Run *run = user_data;

  g_subprocess_wait_finish (G_SUBPROCESS (object), result, NULL);
  run->exited = TRUE;
}

static gboolean
on_overdue (gpointer user_data)
{
  Run *run = user_data;

  run->overdue = TRUE;
  return G_SOURCE_REMOVE;
}

/* In the child, before it becomes itself: with a group of its own, whatever it starts ends with it. */
static void
on_forked (gpointer user_data)
{
  (void) user_data;
  setpgid (0, 0);
}

static gboolean
spawn (Run *run, const char *program, const char *file, GError **error)
{
  g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_SILENCE);
  int fds[2];

  if (!g_unix_open_pipe (fds, FD_CLOEXEC, error))
    return FALSE;
  run->fd = fds[0];
  g_subprocess_launcher_take_fd (launcher, fds[1], CHILD_FD);
  g_subprocess_launcher_set_child_setup (launcher, on_forked, NULL, NULL);
  run->process = g_subprocess_launcher_spawn (launcher, error, program, "--in-child", file, NULL);
  return run->process != NULL && g_unix_set_fd_nonblocking (run->fd, TRUE, error);
}

static void
wait_for_child (Run *run)
{
  g_autoptr(GSource) readable = g_unix_fd_source_new (run->fd, G_IO_IN | G_IO_HUP | G_IO_ERR);
  g_autoptr(GSource) overdue = g_timeout_source_new_seconds (INSPECT_SECONDS);
  const char *pid = g_subprocess_get_identifier (run->process);
  const pid_t group = pid != NULL ? (pid_t) g_ascii_strtoll (pid, NULL, 10) : 0;

  g_source_set_callback (readable, G_SOURCE_FUNC (on_readable), run, NULL);
  g_source_set_callback (overdue, on_overdue, run, NULL);
  g_source_attach (readable, run->context);
  g_source_attach (overdue, run->context);
  g_subprocess_wait_async (run->process, NULL, on_exited, run);
  while (!run->overdue && !run->too_long && !(run->at_end && run->exited))
    g_main_context_iteration (run->context, TRUE);

  /* Also what the plugin may have started. The group's number is ours at least as long as its leader is not reaped,
   * and after that as long as one of it lives. */
  if (group > 0)
    kill (-group, SIGKILL);
  while (!run->exited)
    g_main_context_iteration (run->context, TRUE);
  g_source_destroy (readable);
  g_source_destroy (overdue);
}

/* json-glib goes down one level of its own stack for each of the text's. */
static gboolean
is_shallow (const GString *text)
{
  gboolean in_string = FALSE;
  guint depth = 0;

  for (gsize i = 0; i < text->len; i++)
    {
      const char c = text->str[i];

      if (in_string && c == '\\')
        i++;
      else if (c == '"')
        in_string = !in_string;
      else if (!in_string && (c == '{' || c == '[') && ++depth > DEPTH_MAX)
        return FALSE;
      else if (!in_string && (c == '}' || c == ']') && depth > 0)
        depth--;
    }
  return TRUE;
}

/* The members that are printed have the kinds that the child gives them: what a plugin forged is no plugin's data. */
static JsonObject *
parse (const GString *text)
{
  g_autoptr(JsonParser) parser = json_parser_new ();

  if (!g_utf8_validate_len (text->str, text->len, NULL) || !is_shallow (text)
      || !json_parser_load_from_data (parser, text->str, text->len, NULL))
    return NULL;

  JsonNode *root = json_parser_get_root (parser);
  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root) || !json_object_has_member (json_node_get_object (root), "reason"))
    return NULL;
  return json_object_ref (json_node_get_object (root));
}

static char *
what_happened (const Run *run)
{
  if (run->overdue)
    return g_strdup_printf ("it did not answer within %d s and was ended", INSPECT_SECONDS);
  if (run->too_long)
    return g_strdup_printf ("it says more than %d bytes of itself", INSPECT_ANSWER_MAX);
  if (g_subprocess_get_if_signaled (run->process))
    return g_strdup_printf ("it crashed while it was opened and asked: signal %d (%s)",
                            g_subprocess_get_term_sig (run->process),
                            g_strsignal (g_subprocess_get_term_sig (run->process)));
  return g_strdup_printf ("it ended the process that had opened it, with status %d",
                          g_subprocess_get_if_exited (run->process)
                              ? g_subprocess_get_exit_status (run->process)
                              : -1);
}

JsonObject *
inspect_run (const char *program, const char *file, char **reason)
{
  g_autoptr(GMainContext) context = g_main_context_new ();
  g_autoptr(GString) answer = g_string_new (NULL);
  g_autoptr(GError) error = NULL;
  Run run = { .context = context, .fd = -1, .answer = answer };
  JsonObject *plugin = NULL;

  g_main_context_push_thread_default (context);
  if (!spawn (&run, program, file, &error))
    *reason = g_strdup_printf ("starting a process to open it in: %s", error->message);
  else
    {
      wait_for_child (&run);
      if (run.overdue || run.too_long || !g_subprocess_get_successful (run.process))
        *reason = what_happened (&run);
      else if ((plugin = parse (answer)) == NULL)
        *reason = g_strdup ("the process that had opened it did not say what it found");
    }
  g_main_context_pop_thread_default (context);
  g_clear_object (&run.process);
  if (run.fd >= 0)
    close (run.fd);
  return plugin;
}
