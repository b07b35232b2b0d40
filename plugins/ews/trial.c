/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-ews"

#include "trial.h"

#include "calendar.h"
#include "mailbox.h"

#define ENTRIES_SHOWN 3

typedef struct
{
  MusterContext *ctx;
  EwsClient *client;
  MusterReport *report;
  char *address;
  gboolean impersonates;
  EwsTrialFunc done;
  gpointer user_data;
} Trial;

static void
trial_end (Trial *self)
{
  muster_report_done (self->report);
  self->done (self->user_data);
  g_free (self->address);
  g_free (self);
}

static EwsCaller
get_caller (Trial *self)
{
  return (EwsCaller){ EWS_VERSION, self->address, self->impersonates };
}

/* FALSE: there is no answer, or an error, and that has been reported. */
static gboolean
is_good (Trial *self, const EwsReply *reply, const char *subject)
{
  if (reply->response == NULL)
    {
      muster_report_add (self->report, MUSTER_REPORT_PROBLEM, "reach and sign-in", "%s", reply->problem);
      return FALSE;
    }

  const EwsMessage *message = ews_response_first (reply->response);
  if (ews_message_get_action (message) == EWS_ACTION_NONE)
    return TRUE;
  g_autofree char *why = ews_message_explain (message);
  muster_report_add (self->report, MUSTER_REPORT_PROBLEM, subject, "%s: %s", self->address, why);
  return FALSE;
}

static void
on_absence (const EwsReply *reply, gpointer user_data)
{
  Trial *self = user_data;
  g_auto(EwsOof) oof = { 0 };

  if (is_good (self, reply, "automatic replies"))
    {
      ews_oof_read (ews_response_first (reply->response), &oof);
      muster_report_add (self->report, MUSTER_REPORT_OK, "automatic replies", "can be read; they are %s",
                         !oof.is_set ? "off" : (oof.from == MUSTER_NOW ? "on" : "scheduled"));
    }
  trial_end (self);
}

static int
by_begin (gconstpointer a, gconstpointer b)
{
  const MusterClaim *first = a, *second = b;

  return first->from < second->from ? -1 : first->from > second->from;
}

static const char *
free_busy_name (MusterFreeBusy free_busy)
{
  switch (free_busy)
    {
    case MUSTER_FREE_BUSY_FREE:
      return "free";
    case MUSTER_FREE_BUSY_ELSEWHERE:
      return "working elsewhere";
    case MUSTER_FREE_BUSY_TENTATIVE:
      return "tentative";
    case MUSTER_FREE_BUSY_BUSY:
      return "busy";
    case MUSTER_FREE_BUSY_OUT_OF_OFFICE:
      return "out of office";
    case MUSTER_FREE_BUSY_NONE:
    default:
      return "nothing said";
    }
}

static void
report_entries (Trial *self, EwsEntries *entries)
{
  const gint64 now = muster_context_now (self->ctx);
  guint n_shown = 0;

  muster_report_add (self->report, MUSTER_REPORT_OK, "calendar", "%s: %u entries in the days wanted", self->address,
                     entries->claims->len);
  if (entries->n_masters > 0)
    muster_report_add (self->report, MUSTER_REPORT_PROBLEM, "series",
                       "the server does not expand %u of them, which are left out", entries->n_masters);
  g_array_sort (entries->claims, by_begin);
  for (guint i = 0; i < entries->claims->len && n_shown < ENTRIES_SHOWN; i++)
    {
      const MusterClaim *claim = &g_array_index (entries->claims, MusterClaim, i);
      if (claim->until <= now)
        continue;

      g_autoptr(GDateTime) from = g_date_time_new_from_unix_utc (claim->from / G_TIME_SPAN_SECOND);
      g_autoptr(GDateTime) until = g_date_time_new_from_unix_utc (claim->until / G_TIME_SPAN_SECOND);
      g_autofree char *begin = g_date_time_format (from, "%F %H:%M");
      g_autofree char *end = g_date_time_format (until, "%F %H:%M");
      muster_report_add (self->report, MUSTER_REPORT_OK, "next entry", "%s to %s UTC, %s%s%s", begin, end,
                         free_busy_name (claim->free_busy), claim->all_day ? ", all day" : "",
                         claim->cancelled ? ", cancelled" : "");
      n_shown++;
    }
}

static void
on_calendar (const EwsReply *reply, gpointer user_data)
{
  Trial *self = user_data;

  if (reply->response != NULL)
    {
      muster_report_add (self->report, MUSTER_REPORT_OK, "reach and sign-in", "%s answers",
                         ews_client_get_origin (self->client));
      if (reply->response->version != NULL)
        muster_report_add (self->report, MUSTER_REPORT_OK, "version", "Exchange %s", reply->response->version);
      else
        muster_report_add (self->report, MUSTER_REPORT_NOTE, "version", "the server does not say");
    }
  if (!is_good (self, reply, "rights"))
    {
      trial_end (self);
      return;
    }

  g_autoptr(EwsEntries) entries = ews_entries_new (ews_response_first (reply->response), NULL, G_MININT64);
  report_entries (self, entries);
  if (!self->impersonates)
    {
      muster_report_add (self->report, MUSTER_REPORT_NOTE, "automatic replies",
                         "only with impersonation: nobody but the owner of a mailbox may read them");
      trial_end (self);
      return;
    }

  const EwsCaller caller = get_caller (self);
  g_autoptr(GBytes) request = ews_request_get_oof (&caller);
  ews_client_send (self->client, self->address, request, TRUE, on_absence, self);
}

void
ews_trial_start (MusterContext *ctx, EwsClient *client, gboolean impersonates, MusterUser *user, MusterReport *report,
                 EwsTrialFunc done, gpointer user_data)
{
  Trial *self = g_new0 (Trial, 1);
  gint64 from, until;

  self->ctx = ctx;
  self->client = client;
  self->report = report;
  self->impersonates = impersonates;
  self->done = done;
  self->user_data = user_data;
  self->address = ews_mailbox_dup_address (user);
  if (self->address == NULL)
    {
      muster_report_add (report, MUSTER_REPORT_PROBLEM, "mailbox",
                         "the user has no e-mail address; set one, or the attribute 'mailbox'");
      trial_end (self);
      return;
    }

  ews_mailbox_get_window (user, muster_context_now (ctx), &from, &until);
  const EwsCaller caller = get_caller (self);
  g_autoptr(GBytes) request = ews_request_find_item (&caller, from, until);
  ews_client_send (client, self->address, request, TRUE, on_calendar, self);
}
