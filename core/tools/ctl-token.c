/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tokens and sign-in links: a secret is shown once, on standard output and nowhere else, or put into a file that nobody
 * else may read. */
#define G_LOG_DOMAIN "musterctl"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "ctl-client.h"
#include "ctl-output.h"
#include "ctl-when.h"

static const CtlOption create_options[] = {
  { "scope", N_ ("SCOPE"), N_ ("what it is good for: user (the default), agent, admin or monitor") },
  { "label", N_ ("TEXT"), N_ ("what it is for, so that you know it again") },
  { "expires", N_ ("WHEN"), N_ ("such as +90d, or never; without: after a year") },
  { "file", N_ ("FILE"), N_ ("write the token there, for nobody else to read, instead of printing it") },
  { NULL, NULL, NULL },
};

static const CtlOption list_options[] = {
  { "ids", NULL, N_ ("only the ids, one a line") },
  { NULL, NULL, NULL },
};

static const CtlOption link_options[] = {
  { "label", N_ ("TEXT"), N_ ("what it is for, so that you know it again") },
  { "expires", N_ ("WHEN"), N_ ("such as +2h, a day at most; without: after ten minutes") },
  { "base", N_ ("URL"), N_ ("where the person's browser reaches the daemon (default: --url)") },
  { NULL, NULL, NULL },
};

/* FALSE: no time. `expires` is NULL where nothing is said. */
static gboolean
read_expires (Ctl *ctl, char **expires, GError **error)
{
  const char *text = ctl_get_option (ctl, "expires");
  g_autoptr(GDateTime) now = g_date_time_new_now_local ();

  *expires = NULL;
  if (text == NULL)
    return TRUE;
  *expires = g_str_equal (text, "never") ? g_strdup (text) : ctl_when_parse (text, now, error);
  return *expires != NULL;
}

/* The file is there, empty and ours, before there is a token that could get lost. */
static int
open_file (const char *path, GError **error)
{
  int fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

  if (fd < 0)
    g_set_error (error, CTL_ERROR, CTL_ERROR_REFUSED, "%s %s: %s", _ ("writing the token to"), path,
                 g_strerror (errno));
  return fd;
}

/* Closes `fd`. */
static gboolean
write_file (int fd, const char *path, const char *token, GError **error)
{
  struct iovec pieces[] = { { (char *) token, strlen (token) }, { (char *) "\n", 1 } };
  ssize_t whole = (ssize_t) (pieces[0].iov_len + pieces[1].iov_len);
  ssize_t written = writev (fd, pieces, G_N_ELEMENTS (pieces));
  gboolean ok = written == whole && fsync (fd) == 0;
  int code = written >= 0 && written < whole ? ENOSPC : errno;

  close (fd);
  if (!ok)
    g_set_error (error, CTL_ERROR, CTL_ERROR_REFUSED, "%s %s: %s", _ ("writing the token to"), path,
                 g_strerror (code));
  return ok;
}

/* The answer without its secret, which is in a file by now. */
static JsonNode *
without (JsonObject *answer, const char *secret)
{
  g_autoptr(JsonObject) copy = json_object_new ();
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);
  JsonObjectIter iter;
  const char *name;
  JsonNode *value;

  json_object_iter_init_ordered (&iter, answer);
  while (json_object_iter_next_ordered (&iter, &name, &value))
    if (!g_str_equal (name, secret))
      json_object_set_member (copy, name, json_node_copy (value));
  json_node_take_object (node, g_steal_pointer (&copy));
  return node;
}

static JsonNode *
ask_for (Ctl *ctl, const char *path, GError **error)
{
  g_autofree char *expires = NULL;
  g_autofree char *body = NULL;

  if (!read_expires (ctl, &expires, error))
    return NULL;
  body = ctl_object ("user", ctl_get_arg (ctl, 0), "scope", ctl_get_option (ctl, "scope"), "label",
                     ctl_get_option (ctl, "label"), "expires", expires, NULL);
  return ctl_ask (ctl, "POST", path, body, error);
}

/* For people, and on standard error, so that standard output is the secret alone. */
static void
tell_about (JsonObject *token)
{
  g_autofree char *id = ctl_clean (ctl_string (token, "id"));
  g_autofree char *scope = ctl_clean (ctl_string (token, "scope"));
  g_autofree char *user = ctl_clean (ctl_string (token, "user"));
  g_autofree char *expires = ctl_time (ctl_string (token, "expires"));

  g_printerr (_ ("Token %s, scope %s, user %s, good until %s. It is shown this once only.\n"), id, scope,
              *user != '\0' ? user : _ ("nobody"), expires != NULL ? expires : _ ("it is revoked"));
}

static int
run_create (Ctl *ctl)
{
  const char *path = ctl_get_option (ctl, "file");
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonNode) answer = NULL;
  g_autoptr(JsonNode) shown = NULL;
  JsonObject *token;
  int fd = -1;

  if (path != NULL)
    {
      fd = open_file (path, &error);
      if (fd < 0)
        return ctl_fail (error);
    }
  answer = ask_for (ctl, "/v1/tokens", &error);
  if (answer == NULL)
    {
      if (fd >= 0)
        {
          close (fd);
          unlink (path);
        }
      return ctl_fail (error);
    }
  token = json_node_get_object (answer);
  if (ctl_string (token, "token") == NULL)
    {
      g_set_error_literal (&error, CTL_ERROR, CTL_ERROR_REFUSED, _ ("the daemon's answer has no token in it"));
      if (fd >= 0)
        close (fd);
      return ctl_fail (error);
    }
  if (fd >= 0 && !write_file (fd, path, ctl_string (token, "token"), &error))
    {
      g_autofree char *id = ctl_clean (ctl_string (token, "id"));

      unlink (path);
      g_prefix_error (&error, _ ("the token %s was made, but nobody has it; revoke it: "), id);
      return ctl_fail (error);
    }
  if (ctl->json)
    {
      shown = fd >= 0 ? without (token, "token") : json_node_ref (answer);
      ctl_print_json (shown);
      return CTL_DONE;
    }
  if (fd < 0)
    {
      g_autofree char *secret = ctl_clean (ctl_string (token, "token"));

      g_print ("%s\n", secret);
    }
  tell_about (token);
  return CTL_DONE;
}

static int
run_list (Ctl *ctl)
{
  static const char *const titles[] = { N_ ("ID"),    N_ ("USER"),    N_ ("SCOPE"), N_ ("LABEL"),
                                        N_ ("MADE"),  N_ ("MADE BY"), N_ ("EXPIRES") };
  const char *translated[G_N_ELEMENTS (titles)];
  g_autofree char *path = ctl_get_arg (ctl, 0) != NULL ? ctl_path ("/v1/tokens?user=%s", ctl_get_arg (ctl, 0), NULL)
                                                       : g_strdup ("/v1/tokens");
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonNode) answer = ctl_ask (ctl, "GET", path, NULL, &error);
  JsonArray *tokens;
  CtlTable *table;

  if (answer == NULL)
    return ctl_fail (error);
  if (ctl->json)
    {
      ctl_print_json (answer);
      return CTL_DONE;
    }
  tokens = ctl_array (json_node_get_object (answer), "tokens");
  if (ctl_has_option (ctl, "ids"))
    {
      ctl_print_each (tokens, "id");
      return CTL_DONE;
    }
  if (ctl_length (tokens) == 0)
    {
      g_print ("%s\n", _ ("There are no tokens: make one with musterctl token create."));
      return CTL_DONE;
    }
  for (gsize i = 0; i < G_N_ELEMENTS (titles); i++)
    translated[i] = _ (titles[i]);
  table = ctl_table_new (translated, G_N_ELEMENTS (titles));
  for (guint i = 0; i < ctl_length (tokens); i++)
    {
      JsonObject *token = json_array_get_object_element (tokens, i);
      gboolean link = g_strcmp0 (ctl_string (token, "kind"), "sign-in-link") == 0;
      char *expires = ctl_time (ctl_string (token, "expires"));

      ctl_table_add (table, ctl_clean (ctl_string (token, "id")), ctl_clean (ctl_string (token, "user")),
                     link ? g_strdup (_ ("sign-in link")) : ctl_clean (ctl_string (token, "scope")),
                     ctl_clean (ctl_string (token, "label")), ctl_time (ctl_string (token, "created")),
                     ctl_clean (ctl_string (token, "made_by")), expires != NULL ? expires : g_strdup (_ ("never")));
    }
  ctl_table_print (table, "");
  return CTL_DONE;
}

static int
run_revoke (Ctl *ctl)
{
  g_autofree char *path = ctl_path ("/v1/tokens/%s", ctl_get_arg (ctl, 0), NULL);
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonNode) answer = ctl_ask (ctl, "DELETE", path, NULL, &error);

  if (answer == NULL)
    return ctl_fail (error);
  if (ctl->json)
    ctl_print_json (answer);
  else
    g_print (_ ("%s is revoked; what was open with it has ended.\n"), ctl_get_arg (ctl, 0));
  return CTL_DONE;
}

/* The code stands behind '#', which no browser sends on: no log of a server or proxy has it. */
static int
run_link (Ctl *ctl)
{
  const char *base = ctl_has_option (ctl, "base") ? ctl_get_option (ctl, "base") : ctl->url;
  gsize length = base != NULL ? strlen (base) : 0;
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonNode) answer = NULL;
  g_autofree char *expires = NULL;
  g_autofree char *code = NULL;
  JsonObject *link;

  if (base != NULL && !g_str_has_prefix (base, "https://") && !g_str_has_prefix (base, "http://"))
    {
      g_set_error (&error, CTL_ERROR, CTL_ERROR_WRONG_USE, _ ("--base=%s: expected https://HOST or https://HOST:PORT"),
                   base);
      return ctl_fail (error);
    }
  answer = ask_for (ctl, "/v1/sign-in-links", &error);
  if (answer == NULL)
    return ctl_fail (error);
  if (ctl->json)
    {
      ctl_print_json (answer);
      return CTL_DONE;
    }
  link = json_node_get_object (answer);
  expires = ctl_time (ctl_string (link, "expires"));
  code = ctl_clean (ctl_string (link, "code"));
  while (length > 0 && base[length - 1] == '/')
    length--;
  g_print ("%.*s/#sign-in=%s\n", (int) length, base != NULL ? base : "", code);
  g_printerr (_ ("It signs in once, until %s.\n"), expires != NULL ? expires : "?");
  return CTL_DONE;
}

const CtlCommand ctl_token_commands[] = {
  { "token create", N_ ("[USER]"), N_ ("make a token for a person, or for a program of yours; it is shown once"), 0, 1,
    create_options, run_create },
  { "token list", N_ ("[USER]"), N_ ("the tokens and sign-in links that are in force, without their secrets"), 0, 1,
    list_options, run_list },
  { "token revoke", N_ ("ID"), N_ ("end a token at once; 'current' is the one that is shown"), 1, 1, NULL, run_revoke },
  { "token link", N_ ("[USER]"), N_ ("make a link that signs a person in once"), 0, 1, link_options, run_link },
  { NULL, NULL, NULL, 0, 0, NULL, NULL },
};
