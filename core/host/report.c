/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* "plugin test": what the host knows, then what the plugin finds when it tries its outside system. */
#define G_LOG_DOMAIN "muster-host"

#include "host/instance.h"

#include "host/convert.h"

#define LINES_MAX 500
#define REPORTS_MAX 20 /* at once, of one instance */

typedef struct
{
  MusterdInstance  *instance;
  guint64           serial;
  GPtrArray        *lines;   /* MusterdReportLine */
  GError           *error;   /* nullable */
  MusterdReportFunc done;
  gpointer          user_data;
  GSource          *deadline, *patience; /* nullable: by the clock, and in real time */
} ReportJob;

static void
line_free (gpointer data)
{
  MusterdReportLine *line = data;

  g_free (line->subject);
  g_free (line->text);
  g_free (line);
}

static void
add_line (ReportJob *job, MusterReportResult result, const char *subject, const char *format, ...)
    G_GNUC_PRINTF (4, 5);

static void
add_line (ReportJob *job, MusterReportResult result, const char *subject, const char *format, ...)
{
  MusterdReportLine *line = g_new0 (MusterdReportLine, 1);
  va_list args;

  va_start (args, format);
  line->result = result;
  line->subject = g_strdup (subject);
  line->text = g_strdup_vprintf (format, args);
  va_end (args);
  g_ptr_array_add (job->lines, line);
}

static void
job_free (gpointer data)
{
  ReportJob *job = data;

  g_ptr_array_unref (job->lines);
  g_clear_error (&job->error);
  g_free (job);
}

static void
clear_timer (GSource **source)
{
  if (*source == NULL)
    return;
  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static gboolean
on_answer_due (gpointer data)
{
  ReportJob *job = data;

  job->done (job->error == NULL ? job->lines : NULL, job->error, job->user_data);
  return G_SOURCE_REMOVE;
}

/* The job is over; its answer comes on a turn of its own. */
static void
finish (MusterdHost *host, ReportJob *job)
{
  clear_timer (&job->deadline);
  clear_timer (&job->patience);
  if (job->instance != NULL)
    g_ptr_array_remove_fast (job->instance->reports, job);
  job->instance = NULL;
  musterd_host_later (host, on_answer_due, job, job_free);
}

static gboolean
on_too_late (gpointer data)
{
  ReportJob *job = data;
  MusterdHost *host = job->instance->host;

  add_line (job, MUSTER_REPORT_PROBLEM, "time", "the plugin did not finish within %" G_GINT64_FORMAT " s",
            host->limits.test / G_USEC_PER_SEC);
  finish (host, job);
  return G_SOURCE_REMOVE;
}

static void
add_own_lines (ReportJob *job, MusterdInstance *instance)
{
  const gint64 busy = instance->run != NULL ? musterd_run_get_busy (instance->run) : 0;
  const char *state = musterd_instance_state_to_string (instance->state);
  MusterReportResult result = MUSTER_REPORT_PROBLEM;

  if (instance->module != NULL)
    {
      add_line (job, MUSTER_REPORT_OK, "module", "%s", instance->module->path);
      add_line (job, MUSTER_REPORT_OK, "version", "%s", instance->module->descriptor->version);
    }
  else
    add_line (job, MUSTER_REPORT_PROBLEM, "module", "not opened");

  if (instance->state == MUSTERD_INSTANCE_ONLINE)
    result = MUSTER_REPORT_OK;
  else if (instance->state == MUSTERD_INSTANCE_STARTING || instance->state == MUSTERD_INSTANCE_DRAINING
           || instance->state == MUSTERD_INSTANCE_DEGRADED)
    result = MUSTER_REPORT_NOTE;
  if (instance->text != NULL)
    add_line (job, result, "state", "%s: %s", state, instance->text);
  else
    add_line (job, result, "state", "%s", state);
  if (instance->not_responding)
    add_line (job, MUSTER_REPORT_PROBLEM, "thread", "busy for %" G_GINT64_FORMAT " s: it does not respond",
              busy / G_USEC_PER_SEC);
  add_line (job, MUSTER_REPORT_OK, "users", "%u taken (Users=%s)", musterd_instance_get_n_users (instance),
            instance->config->users);
}

static gboolean
has_test (const MusterPluginDescriptor *descriptor)
{
  return MUSTER_OPS_HAS (descriptor->source, test) || MUSTER_OPS_HAS (descriptor->sink, test);
}

static void
ask_plugin (MusterdHost *host, MusterdInstance *instance, ReportJob *job, MusterdPerson *person)
{
  if (instance->phase != MUSTERD_PHASE_RUNNING)
    {
      add_line (job, MUSTER_REPORT_PROBLEM, "test", "the plugin is not running: nothing more can be tried");
      finish (host, job);
      return;
    }
  if (!has_test (instance->module->descriptor))
    {
      add_line (job, MUSTER_REPORT_NOTE, "test", "the plugin offers no test of its own");
      finish (host, job);
      return;
    }
  job->serial = ++instance->last_serial;
  if (instance->reports->len >= REPORTS_MAX
      || !musterd_outbox_test (musterd_run_get_outbox (instance->run), job->serial, person))
    {
      add_line (job, MUSTER_REPORT_PROBLEM, "test", "too many tests wait for the plugin already");
      finish (host, job);
      return;
    }
  job->instance = instance;
  g_ptr_array_add (instance->reports, job);
  job->deadline = musterd_host_timer (host, musterd_clock_now (host->services.clock) + host->limits.test,
                                      on_too_late, job);
  job->patience = musterd_host_timeout (host, host->limits.test, on_too_late, job);
}

void
musterd_host_test (MusterdHost *host, const char *name, const char *user_id, MusterdReportFunc done,
                   gpointer user_data)
{
  ReportJob *job = g_new0 (ReportJob, 1);
  MusterdInstance *instance = musterd_host_require (host, name, &job->error);
  MusterdPerson *person = NULL;

  job->lines = g_ptr_array_new_with_free_func (line_free);
  job->done = done;
  job->user_data = user_data;
  if (instance != NULL && user_id != NULL)
    {
      person = musterd_host_get_person (host, user_id);
      if (person == NULL)
        {
          g_autofree char *shown = musterd_error_word (user_id);

          g_set_error (&job->error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND, "there is no user %s", shown);
        }
    }
  if (job->error != NULL)
    {
      finish (host, job);
      return;
    }

  add_own_lines (job, instance);
  if (person != NULL)
    {
      const gboolean takes = musterd_instance_takes (instance, person->user);

      add_line (job, takes ? MUSTER_REPORT_OK : MUSTER_REPORT_PROBLEM, "user",
                takes ? "%s is taken" : "%s is not among this instance's users", person->user->id);
    }
  ask_plugin (host, instance, job, person);
}

/* What the plugin reports. */

static ReportJob *
find_job (MusterdInstance *instance, guint64 serial)
{
  for (guint i = 0; i < instance->reports->len; i++)
    {
      ReportJob *job = g_ptr_array_index (instance->reports, i);

      if (job->serial == serial)
        return job;
    }
  return NULL;
}

void
musterd_instance_report (MusterdInstance *instance, const MusterMessage *message)
{
  ReportJob *job = find_job (instance, message->serial);

  if (job == NULL)
    return; /* it came too late: nobody waits any more */
  if (job->lines->len >= LINES_MAX || message->value > MUSTER_REPORT_PROBLEM
      || !musterd_convert_check_text (message->key, "subject", MUSTER_KEY_MAX, NULL)
      || !musterd_convert_check_text (message->text, "text", MUSTER_LONG_TEXT_MAX, NULL))
    {
      instance->n_refused++;
      return;
    }
  add_line (job, (MusterReportResult) message->value, message->key != NULL ? message->key : "", "%s",
            message->text != NULL ? message->text : "");
}

void
musterd_instance_report_done (MusterdInstance *instance, guint64 serial)
{
  ReportJob *job = find_job (instance, serial);

  if (job != NULL)
    finish (instance->host, job);
}

void
musterd_instance_end_reports (MusterdInstance *instance)
{
  while (instance->reports->len > 0)
    {
      ReportJob *job = g_ptr_array_index (instance->reports, 0);

      add_line (job, MUSTER_REPORT_PROBLEM, "test", "the instance was stopped meanwhile");
      finish (instance->host, job);
    }
}
