/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "record.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define REQUEST_MAX (1024 * 1024) /* longer ones are never accepted: their head is enough */

static void
append (const char *line)
{
  static GMutex mutex;
  gsize length = strlen (line), done = 0;
  int fd;

  g_mutex_lock (&mutex);
  fd = g_open (g_getenv ("MUSTER_RECORD"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  g_assert_cmpint (fd, >=, 0);
  while (done < length)
    {
      gssize written = write (fd, line + done, length - done);

      g_assert_cmpint (written, >, 0);
      done += (gsize) written;
    }
  close (fd);
  g_mutex_unlock (&mutex);
}

void
record_exchange (const char *request, gsize n_request, const char *answer, gsize n_answer)
{
  g_autofree char *asked = NULL, *answered = NULL, *line = NULL;

  if (g_getenv ("MUSTER_RECORD") == NULL || n_answer == 0)
    return;
  /* An empty line before a request is none of it. */
  if (n_request >= 2 && strncmp (request, "\r\n", 2) == 0)
    {
      request += 2;
      n_request -= 2;
    }
  asked = g_base64_encode ((const guchar *) request, MIN (n_request, REQUEST_MAX));
  answered = g_base64_encode ((const guchar *) answer, n_answer);
  line = g_strdup_printf ("{\"test\":\"%s\",\"request\":\"%s\",\"answer\":\"%s\"}\n", g_test_get_path (), asked,
                          answered);
  append (line);
}

void
record_piece (const char *schema, const char *json)
{
  g_autofree char *piece = NULL, *line = NULL;

  if (g_getenv ("MUSTER_RECORD") == NULL)
    return;
  piece = g_base64_encode ((const guchar *) json, strlen (json));
  line = g_strdup_printf ("{\"test\":\"%s\",\"schema\":\"%s\",\"piece\":\"%s\"}\n", g_test_get_path (), schema,
                          piece);
  append (line);
}
