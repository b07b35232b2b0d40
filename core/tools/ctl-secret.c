/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Secrets: set from a terminal without echo or from standard input, never from the command line, where everybody could
 * see them; listed without their values. */
#define G_LOG_DOMAIN "musterctl"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "ctl-client.h"
#include "ctl-output.h"

#define SECRET_MAX 16384 /* bytes */
/* Of a terminal's line: what is typed or pasted beyond, its driver drops without a word. */
#define TERMINAL_LINE_MAX 4095

static void
wipe (char *secret)
{
  if (secret == NULL)
    return;
  explicit_bzero (secret, strlen (secret));
  g_free (secret);
}

/* Reading one. */

static volatile sig_atomic_t ended_by;

static void
on_signal (int number)
{
  ended_by = number;
}

/* Of a terminal, the signals of `waiting` come only while it waits: one that came before is not slept over. */
static gssize
read_some (char *buffer, gsize size, const sigset_t *waiting)
{
  struct pollfd poll_fd = { .fd = STDIN_FILENO, .events = POLLIN };

  if (waiting != NULL && ppoll (&poll_fd, 1, NULL, waiting) < 0)
    return -1;
  return read (STDIN_FILENO, buffer, size);
}

/* Of a terminal (`waiting`) up to a line's end, else to the end of everything. NULL with errno; of more than can be
 * read EFBIG. */
static char *
read_bytes (const sigset_t *waiting, gsize *length)
{
  char *buffer = g_malloc (SECRET_MAX + 3); /* a line end, and one byte that tells that there is more */
  gsize size = SECRET_MAX + 2;
  gssize n = 0;
  int code = 0;

  *length = 0;
  do
    {
      n = read_some (buffer + *length, size - *length, waiting);
      *length += n > 0 ? (gsize) n : 0;
    }
  while (((n > 0 && *length < size && !(waiting != NULL && buffer[*length - 1] == '\n')) || (n < 0 && errno == EINTR))
         && ended_by == 0);

  code = ended_by != 0 ? EINTR : n < 0 ? errno : 0;
  if (code == 0 && *length > 0 && buffer[*length - 1] == '\n')
    {
      (*length)--;
      if (*length > 0 && buffer[*length - 1] == '\r')
        (*length)--;
    }
  buffer[*length] = '\0';
  if (code == 0 && (*length > SECRET_MAX || (waiting != NULL && *length >= TERMINAL_LINE_MAX)))
    code = EFBIG;
  if (code == 0)
    return buffer;
  explicit_bzero (buffer, SECRET_MAX + 3);
  g_free (buffer);
  errno = code;
  return NULL;
}

static char *
check (char *secret, gsize length, gboolean at_terminal, GError **error)
{
  g_autofree char *too_long = g_strdup_printf (_ ("it has more than %d bytes"), SECRET_MAX);
  const char *fault = NULL;

  if (secret == NULL && errno == EFBIG)
    fault = at_terminal ? _ ("it is too long to be typed or pasted here; give it by a pipe or from a file") : too_long;
  else if (secret == NULL)
    fault = g_strerror (errno);
  else if (length == 0)
    fault = _ ("it is empty");
  else if (strlen (secret) != length)
    fault = _ ("it holds a zero byte");
  else if (!g_utf8_validate (secret, (gssize) length, NULL))
    fault = _ ("it is not UTF-8");
  if (fault == NULL)
    return secret;
  g_set_error (error, CTL_ERROR, CTL_ERROR_REFUSED, "%s: %s", _ ("reading the secret"), fault);
  wipe (secret);
  return NULL;
}

static char *
ask_once (const char *question, const sigset_t *waiting, GError **error)
{
  gsize length = 0;
  char *secret = NULL;

  fputs (question, stderr);
  secret = read_bytes (waiting, &length);
  fputc ('\n', stderr);
  return check (secret, length, TRUE, error);
}

static char *
ask_twice (const char *name, const sigset_t *waiting, GError **error)
{
  g_autofree char *question = g_strdup_printf (_ ("Secret %s: "), name);
  char *secret = ask_once (question, waiting, error);
  char *again = secret != NULL ? ask_once (_ ("The same again: "), waiting, error) : NULL;
  gboolean same = again != NULL && strcmp (secret, again) == 0;

  if (again != NULL && !same)
    g_set_error_literal (error, CTL_ERROR, CTL_ERROR_REFUSED,
                         _ ("the two are not the same: nothing is stored; try again"));
  wipe (again);
  if (same)
    return secret;
  wipe (secret);
  return NULL;
}

/* Whatever ends this, the terminal shows again what is typed. */
static char *
read_from_terminal (const char *name, GError **error)
{
  static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
  struct sigaction before[G_N_ELEMENTS (signals)];
  const struct sigaction action = { .sa_handler = on_signal }; /* no SA_RESTART: the read must return */
  sigset_t blocked;
  sigset_t waiting;
  struct termios shown;
  struct termios hidden;
  char *secret = NULL;

  if (tcgetattr (STDIN_FILENO, &shown) != 0)
    return check (NULL, 0, TRUE, error);
  hidden = shown;
  hidden.c_lflag &= ~(tcflag_t) ECHO;
  hidden.c_lflag |= ICANON | ISIG;
  sigemptyset (&blocked);
  for (gsize i = 0; i < G_N_ELEMENTS (signals); i++)
    {
      sigaddset (&blocked, signals[i]);
      sigaction (signals[i], &action, &before[i]);
    }
  sigprocmask (SIG_BLOCK, &blocked, &waiting);
  if (tcsetattr (STDIN_FILENO, TCSAFLUSH, &hidden) == 0)
    secret = ask_twice (name, &waiting, error);
  else
    check (NULL, 0, TRUE, error);
  tcsetattr (STDIN_FILENO, TCSAFLUSH, &shown);
  sigprocmask (SIG_SETMASK, &waiting, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (signals); i++)
    sigaction (signals[i], &before[i], NULL);
  if (ended_by != 0)
    raise (ended_by);
  return secret;
}

static char *
read_secret (const char *name, GError **error)
{
  gsize length = 0;
  char *secret = NULL;

  if (isatty (STDIN_FILENO))
    return read_from_terminal (name, error);
  secret = read_bytes (NULL, &length);
  return check (secret, length, FALSE, error);
}

/* Words. */

static char *
place_text (JsonObject *secret)
{
  const char *where = ctl_string (secret, "where");

  if (where == NULL)
    return NULL;
  if (g_str_equal (where, "credential"))
    return g_strdup (_ ("credential"));
  if (g_str_equal (where, "secret-service"))
    return g_strdup (_ ("key ring"));
  if (g_str_equal (where, "file") && json_object_get_null_member (secret, "sealed"))
    return g_strdup (_ ("file"));
  if (g_str_equal (where, "file"))
    return g_strdup (ctl_bool (secret, "sealed") ? _ ("sealed file") : _ ("plain file"));
  return ctl_clean (where);
}

static const struct
{
  const char *state, *shown;
  CtlColour   colour;
} states[] = {
  { "ready", N_ ("ready"), CTL_GREEN },
  { "locked", N_ ("locked"), CTL_YELLOW },
  { "unusable", N_ ("unusable"), CTL_RED },
  { "missing", N_ ("missing"), CTL_RED },
  { "unknown", N_ ("unknown"), CTL_YELLOW },
};

static void
add_row (CtlTable *table, JsonObject *secret)
{
  const char *state = ctl_string (secret, "state");
  JsonArray *uses = ctl_array (secret, "used_by");
  g_autoptr(GString) used = g_string_new (NULL);
  g_autofree char *text = ctl_clean (ctl_string (secret, "text"));
  const char *shown = state;
  CtlColour colour = CTL_PLAIN;

  for (gsize i = 0; i < G_N_ELEMENTS (states); i++)
    if (g_strcmp0 (state, states[i].state) == 0)
      {
        shown = _ (states[i].shown);
        colour = states[i].colour;
      }
  for (guint i = 0; i < ctl_length (uses); i++)
    {
      JsonObject *use = json_array_get_object_element (uses, i);
      g_autofree char *instance = ctl_clean (ctl_string (use, "instance"));
      g_autofree char *option = ctl_clean (ctl_string (use, "option"));

      g_string_append_printf (used, "%s%s (%s)", i > 0 ? ", " : "", instance, option);
    }
  if (ctl_bool (secret, "hides"))
    {
      g_autofree char *before = g_steal_pointer (&text);

      text = g_strdup_printf ("%s%s%s", before, *before != '\0' ? "; " : "", _ ("hides an older one elsewhere"));
    }
  ctl_table_add (table, ctl_clean (ctl_string (secret, "name")), place_text (secret), ctl_clean (shown),
                 g_strdup (used->str), g_steal_pointer (&text));
  ctl_table_paint (table, 2, colour);
}

/* What concerns all of them. */
static void
tell_about (JsonObject *answer)
{
  const char *sealing = ctl_string (answer, "sealing");
  const char *ring = ctl_string (answer, "key_ring");
  JsonArray *secrets = ctl_array (answer, "secrets");
  gboolean any_plain = FALSE;

  for (guint i = 0; i < ctl_length (secrets) && !any_plain; i++)
    {
      JsonObject *secret = json_array_get_object_element (secrets, i);

      any_plain = g_strcmp0 (ctl_string (secret, "where"), "file") == 0 && !ctl_bool (secret, "sealed")
                  && !json_object_get_null_member (secret, "sealed");
    }
  if (any_plain && g_strcmp0 (sealing, "off") == 0)
    g_print ("\n%s\n", _ ("Plain files are read by whoever can read them, or a backup of them; "
                          "musterd(8) says how they are sealed."));
  if (g_strcmp0 (sealing, "faulty") == 0)
    g_print ("\n%s\n", _ ("The key that seals files cannot be used; the daemon's log says why."));
  if (g_strcmp0 (ring, "locked") == 0)
    g_print ("\n%s\n", _ ("The default key ring is locked: what is in it is not shown."));
  else if (g_strcmp0 (ring, "silent") == 0)
    g_print ("\n%s\n", _ ("The Secret Service does not answer: what it holds is not shown."));
}

/* Commands. */

static int
run_list (Ctl *ctl)
{
  static const char *const titles[] = { N_ ("NAME"), N_ ("WHERE"), N_ ("STATE"), N_ ("USED BY"), N_ ("TEXT") };
  const char *translated[G_N_ELEMENTS (titles)];
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonNode) answer = ctl_ask (ctl, "GET", "/v1/secrets", NULL, &error);
  JsonArray *secrets = NULL;
  CtlTable *table = NULL;

  if (answer == NULL)
    return ctl_fail (error);
  if (ctl->json)
    {
      ctl_print_json (answer);
      return CTL_DONE;
    }
  secrets = ctl_array (json_node_get_object (answer), "secrets");
  if (ctl_has_option (ctl, "ids"))
    {
      ctl_print_each (secrets, "name");
      return CTL_DONE;
    }
  if (ctl_length (secrets) == 0)
    {
      g_print ("%s\n", _ ("There are no secrets, and no instance refers to one."));
      return CTL_DONE;
    }
  for (gsize i = 0; i < G_N_ELEMENTS (titles); i++)
    translated[i] = _ (titles[i]);
  table = ctl_table_new (translated, G_N_ELEMENTS (titles));
  for (guint i = 0; i < ctl_length (secrets); i++)
    add_row (table, json_array_get_object_element (secrets, i));
  ctl_table_print (table, "");
  tell_about (json_node_get_object (answer));
  return CTL_DONE;
}

static void
print_consequences (JsonObject *answer)
{
  JsonArray *restarted = ctl_array (answer, "restarted");

  if (ctl_bool (answer, "key_ring_locked"))
    g_print ("%s\n", _ ("The default key ring is locked, so it was not looked into: another secret of that name in it "
                        "counts again when it is unlocked."));
  for (guint i = 0; i < ctl_length (restarted); i++)
    {
      g_autofree char *instance = ctl_clean (json_array_get_string_element (restarted, i));

      g_print (_ ("%s is started anew.\n"), instance);
    }
}

static int
run_set (Ctl *ctl)
{
  const char *name = ctl_get_arg (ctl, 0);
  g_autofree char *path = ctl_path ("/v1/secrets/%s", name, NULL);
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonNode) answer = NULL;
  g_autofree char *place = NULL;
  char *secret = read_secret (name, &error);
  char *body = NULL;

  if (secret == NULL)
    return ctl_fail (error);
  body = ctl_object ("value", secret, NULL);
  wipe (secret);
  answer = ctl_ask (ctl, "PUT", path, body, &error);
  wipe (body);
  if (answer == NULL)
    return ctl_fail (error);
  if (ctl->json)
    {
      ctl_print_json (answer);
      return CTL_DONE;
    }
  place = place_text (json_node_get_object (answer));
  g_print (_ ("Secret %s is stored: %s.\n"), name, place != NULL ? place : "?");
  print_consequences (json_node_get_object (answer));
  return CTL_DONE;
}

static int
run_remove (Ctl *ctl)
{
  g_autofree char *path = ctl_path ("/v1/secrets/%s", ctl_get_arg (ctl, 0), NULL);
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonNode) answer = ctl_ask (ctl, "DELETE", path, NULL, &error);

  if (answer == NULL)
    return ctl_fail (error);
  if (ctl->json)
    {
      ctl_print_json (answer);
      return CTL_DONE;
    }
  g_print (_ ("Secret %s is removed.\n"), ctl_get_arg (ctl, 0));
  print_consequences (json_node_get_object (answer));
  return CTL_DONE;
}

static const CtlOption list_options[] = {
  { "ids", NULL, N_ ("only the names, one a line") },
  { NULL, NULL, NULL },
};

const CtlCommand ctl_secret_commands[] = {
  { "secret list", "", N_ ("which secrets there are, where, and who refers to them"), 0, 0, list_options, run_list },
  { "secret set", N_ ("NAME"), N_ ("store one; it is asked for, or read from standard input"), 1, 1, NULL, run_set },
  { "secret remove", N_ ("NAME"), N_ ("forget one"), 1, 1, NULL, run_remove },
  { NULL, NULL, NULL, 0, 0, NULL, NULL },
};
