/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "musterctl"

#include "ctl-remote.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TOKEN_FILE_MAX 4096

/* The option, or else what the environment says; NULL: neither. */
static const char *
get_setting (Ctl *ctl, const char *option, const char *variable)
{
  const char *value = ctl_get_option (ctl, option);

  if (value == NULL)
    value = g_getenv (variable);
  return value != NULL && *value != '\0' ? value : NULL;
}

/* A token goes over a wire that others can read only if that wire does not leave this machine. */
static gboolean
check_url (const char *text, GError **error)
{
  g_autoptr(GError) local = NULL;
  g_autoptr(GUri) uri = g_uri_parse (text, SOUP_HTTP_URI_FLAGS, &local);
  g_autoptr(GInetAddress) address = NULL;
  const char *scheme, *host, *path;

  if (uri == NULL)
    {
      g_set_error (error, CTL_ERROR, CTL_ERROR_WRONG_USE, _ ("'%s' is no URL of a daemon: %s"), text, local->message);
      return FALSE;
    }
  scheme = g_uri_get_scheme (uri);
  host = g_uri_get_host (uri);
  path = g_uri_get_path (uri);
  if ((!g_str_equal (scheme, "https") && !g_str_equal (scheme, "http")) || host == NULL || *host == '\0'
      || (*path != '\0' && !g_str_equal (path, "/")) || g_uri_get_query (uri) != NULL
      || g_uri_get_fragment (uri) != NULL || g_uri_get_userinfo (uri) != NULL)
    {
      g_set_error (error, CTL_ERROR, CTL_ERROR_WRONG_USE,
                   _ ("'%s' is no URL of a daemon: it is https://HOST or https://HOST:PORT"), text);
      return FALSE;
    }
  address = g_inet_address_new_from_string (host);
  if (g_str_equal (scheme, "http") && g_ascii_strcasecmp (host, "localhost") != 0
      && (address == NULL || !g_inet_address_get_is_loopback (address)))
    {
      g_set_error (error, CTL_ERROR, CTL_ERROR_WRONG_USE,
                   _ ("%s would send the token unencrypted over the network: use https"), text);
      return FALSE;
    }
  return TRUE;
}

static gboolean
fail_token (GError **error, const char *path, const char *what)
{
  g_set_error (error, CTL_ERROR, CTL_ERROR_REFUSED, "%s %s: %s", _ ("reading the token from"), path, what);
  return FALSE;
}

static gboolean
read_token (Ctl *ctl, const char *path, GError **error)
{
  char buffer[TOKEN_FILE_MAX + 1];
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  struct stat info = { 0 };
  gssize n;

  if (fd < 0)
    return fail_token (error, path, g_strerror (errno));
  if (fstat (fd, &info) == 0 && S_ISREG (info.st_mode) && (info.st_mode & 077) != 0)
    {
      close (fd);
      return fail_token (error, path, _ ("others may read this file: chmod 600 it, and regard the token as known"));
    }
  n = read (fd, buffer, TOKEN_FILE_MAX);
  close (fd);
  if (n < 0)
    return fail_token (error, path, g_strerror (errno));
  buffer[n] = '\0';
  g_strstrip (buffer);
  for (const char *p = buffer; *p != '\0' || p == buffer; p++)
    if (!g_ascii_isgraph (*p) || n == TOKEN_FILE_MAX)
      {
        explicit_bzero (buffer, sizeof buffer);
        return fail_token (error, path, _ ("there is no token in this file: it holds nothing but one"));
      }
  ctl->authorization = g_strconcat ("Bearer ", buffer, NULL);
  explicit_bzero (buffer, sizeof buffer);
  return TRUE;
}

static gboolean
read_trust (Ctl *ctl, const char *path, GError **error)
{
  g_autofree char *absolute = g_canonicalize_filename (path, NULL);
  g_autoptr(GError) local = NULL;

  ctl->trust = g_tls_file_database_new (absolute, &local);
  if (ctl->trust != NULL)
    return TRUE;
  g_set_error (error, CTL_ERROR, CTL_ERROR_REFUSED, "%s %s: %s", _ ("reading certificates from"), path, local->message);
  return FALSE;
}

gboolean
ctl_remote_read (Ctl *ctl, GError **error)
{
  const char *url = get_setting (ctl, "url", "MUSTER_URL");
  const char *token = get_setting (ctl, "token-file", "MUSTER_TOKEN_FILE");
  const char *trust = get_setting (ctl, "ca-file", "MUSTER_CA_FILE");

  if (ctl_has_option (ctl, "socket") && ctl_has_option (ctl, "url"))
    {
      g_set_error_literal (error, CTL_ERROR, CTL_ERROR_WRONG_USE, _ ("say either --socket or --url"));
      return FALSE;
    }
  if (url == NULL || ctl_has_option (ctl, "socket"))
    {
      if (!ctl_has_option (ctl, "token-file") && !ctl_has_option (ctl, "ca-file"))
        return TRUE;
      g_set_error_literal (error, CTL_ERROR, CTL_ERROR_WRONG_USE,
                           _ ("--token-file and --ca-file belong to a daemon on the network: name it with --url"));
      return FALSE;
    }
  if (!check_url (url, error) || (token != NULL && !read_token (ctl, token, error))
      || (trust != NULL && !read_trust (ctl, trust, error)))
    return FALSE;
  ctl->url = g_strndup (url, strlen (url) - (g_str_has_suffix (url, "/") ? 1 : 0));
  return TRUE;
}

void
ctl_remote_clear (Ctl *ctl)
{
  if (ctl->authorization != NULL)
    explicit_bzero (ctl->authorization, strlen (ctl->authorization));
  g_clear_pointer (&ctl->authorization, g_free);
  g_clear_pointer (&ctl->url, g_free);
  g_clear_object (&ctl->trust);
}
