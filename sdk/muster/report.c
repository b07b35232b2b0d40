/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-sdk"

#include "muster/library.h"

struct _MusterReport
{
  MusterContext *ctx; /* a reference */
  guint64        serial;
};

MusterReport *
muster_report_new (MusterContext *ctx, guint64 serial)
{
  MusterReport *report = g_new0 (MusterReport, 1);

  report->ctx = muster_context_ref (ctx);
  report->serial = serial;
  return report;
}

void
muster_report_add (MusterReport *report, MusterReportResult result, const char *subject, const char *format, ...)
{
  const MusterCheck check = MUSTER_CHECK (report->ctx);
  va_list args;

  if (!muster_check_enum (&check, "result", result, MUSTER_REPORT_PROBLEM)
      || !muster_check_id (&check, "subject", subject, MUSTER_KEY_MAX))
    return;

  va_start (args, format);
  g_autofree char *text = g_strdup_vprintf (format, args);
  va_end (args);

  MusterMessage *message = muster_message_new (MUSTER_VERB_REPORT);
  message->serial = report->serial;
  message->value = result;
  message->key = g_strdup (subject);
  message->text = muster_text_fit (text, MUSTER_TEXT_MAX);
  muster_context_send (report->ctx, message);
}

void
muster_report_done (MusterReport *report)
{
  MusterMessage *message = muster_message_new (MUSTER_VERB_REPORT_DONE);

  message->serial = report->serial;
  muster_context_send (report->ctx, message);
  muster_context_unref (report->ctx);
  g_free (report);
}
