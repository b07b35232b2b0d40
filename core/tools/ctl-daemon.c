/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "musterctl"

#include <errno.h>
#include <fcntl.h>
#include <gio/gunixoutputstream.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <unistd.h>

#include "ctl-client.h"
#include "ctl-output.h"

#define RETURN_SECONDS 60 /* how long a restarted daemon may take */

static int
run_status (Ctl *ctl)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonNode) answer = ctl_ask (ctl, "GET", "/v1/status", NULL, &error);
  JsonObject *status, *instances;
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;
  g_autofree char *version = NULL;

  if (answer == NULL)
    return ctl_fail (error);
  if (ctl->json)
    {
      ctl_print_json (answer);
      return CTL_DONE;
    }
  status = json_node_get_object (answer);
  instances = ctl_member (status, "instances");
  version = ctl_clean (ctl_string (status, "version"));
  g_print (_ ("musterd %s at %s\n"), version, ctl->url != NULL ? ctl->url : ctl->socket);
  g_print (_ ("  users: %u\n"), (guint) ctl_int (status, "users"));
  for (guint i = 0; i < ctl_length (ctl_array (status, "listening")); i++)
    {
      g_autofree char *url = ctl_clean (json_array_get_string_element (ctl_array (status, "listening"), i));

      g_print (_ ("  listens at %s\n"), url);
    }
  g_print ("  %s:", _ ("instances"));
  if (instances == NULL || json_object_get_size (instances) == 0)
    g_print (" %s", _ ("none"));
  else
    {
      json_object_iter_init_ordered (&iter, instances);
      for (gboolean first = TRUE; json_object_iter_next_ordered (&iter, &name, &node); first = FALSE)
        {
          g_autofree char *words = ctl_words (name);

          g_print ("%s %u %s", first ? "" : ",", (guint) ctl_int (instances, name), words);
        }
    }
  g_print ("\n");
  return CTL_DONE;
}

/* Backup. */

static int
fail_file (const char *what, const char *path, int code)
{
  g_autoptr(GError) error = g_error_new (CTL_ERROR, CTL_ERROR_REFUSED, "%s %s: %s", what, path, g_strerror (code));

  return ctl_fail (error);
}

/* Into a file beside it that becomes `path` when it is whole and on the disk. */
static int
download_to (Ctl *ctl, const char *path, gboolean force)
{
  g_autofree char *part = g_strdup_printf ("%s.XXXXXX", path);
  int fd = g_mkstemp_full (part, O_WRONLY | O_CLOEXEC, 0600);
  g_autoptr(GOutputStream) output = NULL;
  g_autoptr(GError) error = NULL;
  int code;

  if (fd < 0)
    return fail_file (_ ("writing"), path, errno);
  output = g_unix_output_stream_new (fd, TRUE);
  if (!ctl_download (ctl, "/v1/backup", output, &error))
    {
      g_unlink (part);
      return ctl_fail (error);
    }
  code = fsync (fd) != 0 ? errno : 0;
  if (code == 0 && !g_output_stream_close (output, NULL, NULL))
    code = EIO;
  /* Refuses also what came there meanwhile; rename() alone does not. */
  if (code == 0 && (force ? g_rename (part, path) : renameat2 (AT_FDCWD, part, AT_FDCWD, path, RENAME_NOREPLACE)) != 0)
    code = errno;
  if (code != 0)
    g_unlink (part);
  return code == 0 ? CTL_DONE : fail_file (_ ("writing"), path, code);
}

static int
run_backup (Ctl *ctl)
{
  const char *path = ctl_get_arg (ctl, 0);
  gboolean force = ctl_has_option (ctl, "force");
  int result;

  if (!force && g_file_test (path, G_FILE_TEST_EXISTS))
    {
      g_autoptr(GError) error = g_error_new (CTL_ERROR, CTL_ERROR_REFUSED,
                                             _ ("%s exists already: choose another name, or say --force"), path);

      return ctl_fail (error);
    }
  result = download_to (ctl, path, force);
  if (result != CTL_DONE)
    return result;
  if (ctl->json)
    {
      g_autofree char *object = ctl_object ("file", path, NULL);

      g_print ("%s\n", object);
    }
  else
    g_print (_ ("%s holds everything: keep it as safe as the daemon's own folder.\n"), path);
  return CTL_DONE;
}

/* Restore. */

/* The daemon that answers now is another run than the one that took the file: that one has let go of its socket. */
static int
wait_for_return (Ctl *ctl)
{
  gint64 deadline = g_get_monotonic_time () + RETURN_SECONDS * G_TIME_SPAN_SECOND;
  g_autoptr(GError) error = NULL;

  while (g_get_monotonic_time () < deadline)
    {
      g_autoptr(JsonNode) answer = NULL;

      g_clear_error (&error);
      g_clear_object (&ctl->session); /* never the connection of before */
      answer = ctl_ask (ctl, "GET", "/v1/status", NULL, &error);
      if (answer != NULL)
        return CTL_DONE;
      g_usleep (100 * 1000);
    }
  g_prefix_error (&error, _ ("the daemon has taken the backup, but has not come back within %d s: "), RETURN_SECONDS);
  return ctl_fail (error);
}

static int
run_restore (Ctl *ctl)
{
  const char *path = ctl_get_arg (ctl, 0);
  g_autoptr(GFile) file = g_file_new_for_commandline_arg (path);
  g_autoptr(GError) error = NULL;
  g_autoptr(GFileInputStream) input = g_file_read (file, NULL, &error);
  g_autoptr(GFileInfo) info
      = input != NULL ? g_file_input_stream_query_info (input, G_FILE_ATTRIBUTE_STANDARD_SIZE, NULL, &error) : NULL;
  g_autoptr(JsonNode) answer = NULL;
  int result;

  if (info == NULL)
    {
      g_prefix_error (&error, _ ("reading %s: "), path);
      return ctl_fail (error);
    }
  answer = ctl_upload (ctl, "PUT", "/v1/backup", "application/octet-stream", G_INPUT_STREAM (input),
                       g_file_info_get_size (info), &error);
  if (answer == NULL)
    {
      g_prefix_error (&error, "%s: ", path);
      return ctl_fail (error);
    }
  result = wait_for_return (ctl);
  if (result != CTL_DONE)
    return result;
  if (ctl->json)
    ctl_print_json (answer);
  else
    g_print (_ ("%s is restored, and the daemon runs with it; what was there before is kept beside the store.\n"),
             path);
  return CTL_DONE;
}

static const CtlOption backup_options[] = {
  { "force", NULL, N_ ("overwrite the file") },
  { NULL, NULL, NULL },
};

const CtlCommand ctl_daemon_commands[] = {
  { "status", "", N_ ("the daemon itself"), 0, 0, NULL, run_status },
  { "backup", N_ ("FILE"), N_ ("a copy of everything the daemon keeps"), 1, 1, backup_options, run_backup },
  { "restore", N_ ("FILE"), N_ ("put a backup in place, and start the daemon anew"), 1, 1, NULL, run_restore },
  { NULL, NULL, NULL, 0, 0, NULL, NULL },
};
