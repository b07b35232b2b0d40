/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-main"

#include "main/daemon.h"
#include "main/log.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* A store opened as file descriptor 2 would receive the log. */
static void
open_standard_files (void)
{
  int fd = open ("/dev/null", O_RDWR);

  while (fd >= 0 && fd <= STDERR_FILENO)
    fd = open ("/dev/null", O_RDWR);
  if (fd >= 0)
    close (fd);
}

/* A connection is a descriptor, and a desktop's limit of a thousand is soon reached. The hard limit is the
 * administrator's word. */
static void
raise_descriptors (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max)
    {
      limit.rlim_cur = limit.rlim_max;
      setrlimit (RLIMIT_NOFILE, &limit);
    }
}

int
main (int argc, char **argv)
{
  MusterdOptions options = { NULL };

  open_standard_files ();
  raise_descriptors ();
  /* Started anew after a restore we would be called "exe". */
  prctl (PR_SET_NAME, "musterd");
  umask (077);
  signal (SIGPIPE, SIG_IGN);
  /* At a limit of files' sizes, writing fails, and the store says so; it is no reason to die. */
  signal (SIGXFSZ, SIG_IGN);
  /* Only files of this machine are ever opened. A desktop's own implementation of GFile connects to the session's bus,
   * and the end of that connection is a SIGTERM. */
  g_setenv ("GIO_USE_VFS", "local", TRUE);

  int exit_code = musterd_options_parse (&options, argc, argv);

  if (exit_code < 0)
    {
      musterd_log_writer_install ();
      exit_code = options.check ? musterd_check_run (&options) : musterd_daemon_run (&options);
    }

  musterd_options_clear (&options);
  return exit_code;
}
