/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs rows, each in a child process, gathers what they say, and tells it as a table and as JSON. */
#define G_LOG_DOMAIN "muster-bench"

#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "folder.h"
#include "report.h"

struct _Bench
{
  gboolean quick;
  char    *folder;
  FILE    *out; /* to the parent: one line for each thing said, its parts separated by tabs */
};

gboolean
bench_is_quick (Bench *bench)
{
  return bench->quick;
}

guint
bench_size (Bench *bench, guint full, guint quick)
{
  return bench->quick ? quick : full;
}

const char *
bench_get_folder (Bench *bench)
{
  return bench->folder;
}

void
bench_pair (Bench *bench, const BenchFigure *figure, double ours, double baseline)
{
  fprintf (bench->out, "pair\t%s\t%s\t%d\t%.17g\t%.17g\t%.17g\n", figure->title, figure->unit, (int) figure->sense,
           figure->hold, ours, baseline);
  fflush (bench->out);
}

void
bench_note (Bench *bench, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  fprintf (bench->out, "note\t%s\n", text);
  fflush (bench->out);
}

/* Who starts and stops is not what this is about. */
static GLogWriterOutput
on_log (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
  if ((level & G_LOG_LEVEL_MASK) >= G_LOG_LEVEL_MESSAGE)
    return G_LOG_WRITER_HANDLED;
  return g_log_writer_default (level, fields, n_fields, data);
}

/* In the child: never returns. */
static void
run_row (const BenchRow *row, gboolean quick, int fd)
{
  g_autoptr(GError) error = NULL;
  Bench bench = { .quick = quick };

  /* Ctrl-C ends the parent, and us with it. */
  prctl (PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  g_log_set_writer_func (on_log, NULL, NULL);
  bench.out = fdopen (fd, "w");
  bench.folder = g_dir_make_tmp ("muster-bench-XXXXXX", &error);
  if (bench.folder == NULL)
    g_error ("making a folder: %s", error->message);
  row->run (&bench);
  bench_folder_remove (bench.folder);
  g_free (bench.folder);
  fclose (bench.out);
  exit (0);
}

static gboolean
gather (const BenchRow *row, gboolean quick, BenchReport *report)
{
  g_autofree char *line = NULL;
  size_t capacity = 0;
  ssize_t length;
  int ends[2], status;
  pid_t child;
  FILE *in;

  if (pipe2 (ends, O_CLOEXEC) != 0)
    g_error ("making a pipe: %s", g_strerror (errno));
  fflush (NULL);
  /* A process of its own for each row: what one leaves behind in the heap or in threads does not meet the next. */
  child = fork ();
  if (child < 0)
    g_error ("starting row %s: %s", row->name, g_strerror (errno));
  if (child == 0)
    {
      close (ends[0]);
      run_row (row, quick, ends[1]);
    }
  close (ends[1]);
  in = fdopen (ends[0], "r");
  while ((length = getline (&line, &capacity, in)) > 0)
    {
      line[length - 1] = '\0';
      bench_report_take (report, row->name, line);
    }
  fclose (in);
  if (waitpid (child, &status, 0) == child && WIFEXITED (status) && WEXITSTATUS (status) == 0)
    return TRUE;
  fprintf (stderr, "bench: row %s did not end well (wait status %d)\n", row->name, status);
  return FALSE;
}

static gboolean
wanted (const BenchRow *row, char *const *names)
{
  return names == NULL || names[0] == NULL || g_strv_contains ((const char *const *) names, row->name);
}

static gboolean
check_names (char *const *names)
{
  for (gsize i = 0; names != NULL && names[i] != NULL; i++)
    {
      gboolean found = FALSE;

      for (gsize k = 0; k < bench_n_rows; k++)
        found = found || g_str_equal (bench_rows[k].name, names[i]);
      if (!found)
        {
          fprintf (stderr, "bench: there is no row '%s'; rows:", names[i]);
          for (gsize k = 0; k < bench_n_rows; k++)
            fprintf (stderr, " %s", bench_rows[k].name);
          fprintf (stderr, "\n");
          return FALSE;
        }
    }
  return TRUE;
}

int
main (int argc, char **argv)
{
  gboolean quick = FALSE, ok = TRUE;
  g_autofree char *json = NULL;
  g_auto(GStrv) names = NULL;
  const GOptionEntry entries[] = {
    { "quick", 0, 0, G_OPTION_ARG_NONE, &quick, "Small sizes and few rounds: that it runs, not how fast", NULL },
    { "json", 0, 0, G_OPTION_ARG_FILENAME, &json, "Write the table to FILE, too", "FILE" },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &names, NULL, "[ROW…]" },
    { NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL },
  };
  g_autoptr(GOptionContext) context = g_option_context_new (NULL);
  g_autoptr(GError) error = NULL;
  g_autoptr(BenchReport) report = NULL;

  g_option_context_set_summary (context, "Measures what docs and design promise, against a baseline of the same run.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      fprintf (stderr, "bench: %s\n", error->message);
      return 2;
    }
  if (!check_names (names))
    return 2;
  report = bench_report_new (quick);

  for (gsize i = 0; i < bench_n_rows; i++)
    if (wanted (&bench_rows[i], names))
      {
        fprintf (stderr, "== %s\n", bench_rows[i].name);
        ok = gather (&bench_rows[i], quick, report) && ok;
      }
  bench_report_print (report);
  if (json != NULL && !bench_report_write (report, json, &error))
    {
      fprintf (stderr, "bench: writing %s: %s\n", json, error->message);
      return 1;
    }
  return ok ? 0 : 1;
}
