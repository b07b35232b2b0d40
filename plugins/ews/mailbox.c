/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-ews"

#include "mailbox.h"

#include "calendar.h"
#include "reading.h"

#include <string.h>

#define ABSENCE_SET "oof"
#define RECORD_KEY "pull"
#define RECORD_AGE G_TIME_SPAN_HOUR /* older watermarks bring older events again, which does no harm */
#define ADDRESS_MAX 320

/* How long to wait, doubled with each failure in a row. */
#define RETRY_MIN (5 * G_TIME_SPAN_SECOND)
#define RETRY_MAX (10 * G_TIME_SPAN_MINUTE)
#define BUSY_MIN G_TIME_SPAN_SECOND
#define BUSY_MAX (5 * G_TIME_SPAN_MINUTE)
#define MAILBOX_MIN (2 * G_TIME_SPAN_MINUTE)
#define MAILBOX_MAX (30 * G_TIME_SPAN_MINUTE)
#define RIGHTS_MIN (15 * G_TIME_SPAN_MINUTE)
#define RIGHTS_MAX (2 * G_TIME_SPAN_HOUR)

typedef enum
{
  STEP_NONE,
  STEP_SUBSCRIBE,
  STEP_READ,
  STEP_POLL,
  STEP_ABSENCE
} Step;

struct _EwsMailbox
{
  const EwsMailboxSettings *settings;
  MusterUser *user;
  char *address;                            /* nullable: there is none, and nothing is asked */
  char *subscription;                       /* nullable: there is none */
  char *watermark;                          /* nullable */
  char *calendar_problem, *absence_problem; /* nullable */
  char *told_text;                          /* nullable: what the host was told last */
  MusterUserState told_state;
  GSequenceIter *place;                     /* nullable */
  gint64 subscribe_at, read_at, poll_at, absence_at;
  gint64 hold; /* nothing before, whatever is due */
  gint64 kept_at;
  guint n_calendar_failures, n_absence_failures; /* in a row */
  Step step;                                     /* what is being asked */
  gboolean is_old_version, is_tried, is_not_here, is_told, is_leaving;
  gboolean is_overtaken; /* what is being asked is not wanted any more */
  gboolean wants_calendar, wants_absence;
  gboolean read_again; /* something came up while the calendar was being read */
  gboolean has_masters;
};

static gint64
get_now (EwsMailbox *self)
{
  return muster_context_now (self->settings->ctx);
}

static const char *
get_id (EwsMailbox *self)
{
  return muster_user_get_id (self->user);
}

static EwsCaller
get_caller (EwsMailbox *self)
{
  return (EwsCaller){ self->is_old_version ? EWS_VERSION_OLD : EWS_VERSION, self->address,
                      self->settings->impersonates };
}

/* Up to a quarter more, so that those who wait together do not come together. */
static gint64
with_jitter (gint64 wait)
{
  return wait + (gint64) ((double) wait * g_random_double_range (0.0, 0.25));
}

char *
ews_mailbox_dup_address (MusterUser *user)
{
  const char *address = muster_user_get_attribute (user, "mailbox");

  if (address == NULL)
    address = muster_user_get_email (user);
  if (address == NULL)
    address = muster_user_get_id (user);
  if (strchr (address, '@') == NULL || strlen (address) > ADDRESS_MAX)
    return NULL;
  /* It becomes part of a header. */
  for (const char *p = address; *p != '\0'; p++)
    if (!g_ascii_isgraph (*p))
      return NULL;
  return g_strdup (address);
}

void
ews_mailbox_get_window (MusterUser *user, gint64 now, gint64 *from, gint64 *until)
{
  const char *name = muster_user_get_zone (user);
  g_autoptr(GTimeZone) zone = name != NULL ? g_time_zone_new_identifier (name) : NULL;
  g_autoptr(GTimeZone) utc = g_time_zone_new_utc ();
  g_autoptr(GDateTime) moment = g_date_time_new_from_unix_utc (now / G_TIME_SPAN_SECOND);
  g_autoptr(GDateTime) local = g_date_time_to_timezone (moment, zone != NULL ? zone : utc);
  g_autoptr(GDateTime) midnight =
      g_date_time_new (zone != NULL ? zone : utc, g_date_time_get_year (local), g_date_time_get_month (local),
                       g_date_time_get_day_of_month (local), 0, 0, 0);

  *from = (midnight != NULL ? g_date_time_to_unix (midnight) : now / G_TIME_SPAN_SECOND) * G_TIME_SPAN_SECOND;
  /* A day more: new occurrences enter the window without an event, and it is read anew once a day only. */
  *until = now + ((gint64) muster_user_get_days_ahead (user) + 1) * G_TIME_SPAN_DAY;
}

static void
changed (EwsMailbox *self)
{
  self->settings->on_changed (self, self->settings->user_data);
}

/* Tells the host how the user fares, where that is another than before. Nothing is said before anything is known. */
static void
tell_state (EwsMailbox *self)
{
  const char *text = self->calendar_problem != NULL ? self->calendar_problem : self->absence_problem;
  MusterUserState state = text != NULL ? MUSTER_USER_DEGRADED : MUSTER_USER_OK;

  if (self->is_not_here)
    state = MUSTER_USER_NOT_HERE;
  if ((text == NULL && !self->is_tried)
      || (self->is_told && self->told_state == state && g_strcmp0 (self->told_text, text) == 0))
    return;
  g_free (self->told_text);
  self->told_text = g_strdup (text);
  self->told_state = state;
  self->is_told = TRUE;
  muster_context_user_state (self->settings->ctx, get_id (self), state, text);
}

static void
set_problem (EwsMailbox *self, char **problem, const char *text, gboolean is_not_here)
{
  char *copy = g_strdup (text);

  g_free (*problem);
  *problem = copy;
  self->is_not_here = is_not_here;
  tell_state (self);
}

static void
keep (EwsMailbox *self)
{
  g_autoptr(GBytes) value = NULL;

  if (self->subscription != NULL)
    {
      char *record =
          g_strjoin ("\n", self->address, self->subscription, self->watermark != NULL ? self->watermark : "", NULL);
      value = g_bytes_new_take (record, strlen (record));
      if (g_bytes_get_size (value) > MUSTER_RECORD_MAX)
        g_clear_pointer (&value, g_bytes_unref);
    }
  self->kept_at = get_now (self);
  muster_context_keep (self->settings->ctx, get_id (self), RECORD_KEY, value, MUSTER_LAZY, NULL, NULL);
}

void
ews_mailbox_restore (EwsMailbox *self, GBytes *record)
{
  gsize size;
  const char *data = g_bytes_get_data (record, &size);
  g_autofree char *text = g_strndup (data != NULL ? data : "", size);
  g_auto(GStrv) lines = g_strsplit (text, "\n", 3);

  if (g_strv_length (lines) != 3 || g_strcmp0 (lines[0], self->address) != 0 || *lines[1] == '\0'
      || !g_utf8_validate (text, -1, NULL) || !self->wants_calendar || self->subscription != NULL)
    return;
  self->subscription = g_strdup (lines[1]);
  self->watermark = *lines[2] != '\0' ? g_strdup (lines[2]) : NULL;
  self->kept_at = self->poll_at = get_now (self);
}

static void
on_unsubscribed (G_GNUC_UNUSED const EwsReply *reply, G_GNUC_UNUSED gpointer user_data)
{
  /* Where it failed, the subscription ends by itself when nobody has polled it for a while. */
}

static void
drop_subscription (EwsMailbox *self, gboolean is_alive)
{
  if (self->subscription == NULL)
    return;
  if (is_alive && ews_client_get_room (self->settings->client) > 0)
    {
      const EwsCaller caller = get_caller (self);
      g_autoptr(GBytes) request = ews_request_unsubscribe (&caller, self->subscription);
      ews_client_send (self->settings->client, self->address, request, FALSE, on_unsubscribed, NULL);
    }
  g_clear_pointer (&self->subscription, g_free);
  g_clear_pointer (&self->watermark, g_free);
}

/* The user has no calendar or no absence here: nothing of before may stay. */
static void
empty (EwsMailbox *self, const char *set)
{
  muster_context_claims_replace (self->settings->ctx, get_id (self), set, G_MININT64, G_MAXINT64, NULL, 0);
}

void
ews_mailbox_set_user (EwsMailbox *self, MusterUser *user)
{
  g_autofree char *address = ews_mailbox_dup_address (user);
  const gboolean is_moved = g_strcmp0 (address, self->address) != 0;
  const gboolean wants_calendar = address != NULL && muster_user_get_boolean (user, "calendar");
  /* Nobody but the owner may ask for it. */
  const gboolean wants_absence =
      address != NULL && self->settings->impersonates && muster_user_get_boolean (user, "absence");
  const gint64 now = get_now (self);

  if (is_moved || !wants_calendar)
    drop_subscription (self, TRUE);
  muster_user_ref (user);
  muster_user_unref (self->user);
  self->user = user;
  g_free (self->address);
  self->address = g_steal_pointer (&address);
  if (is_moved)
    self->is_old_version = FALSE;

  self->wants_calendar = wants_calendar;
  self->wants_absence = wants_absence;
  self->hold = 0;
  self->n_calendar_failures = self->n_absence_failures = 0;
  self->subscribe_at = self->settings->impersonates ? now : G_MAXINT64;
  self->read_at = self->absence_at = now;
  self->read_again = self->step == STEP_READ;
  self->is_overtaken = self->step != STEP_NONE && (self->is_overtaken || is_moved || !wants_calendar || !wants_absence);
  self->is_tried = self->is_tried || !wants_calendar;
  if (self->address == NULL)
    set_problem (self, &self->calendar_problem,
                 "looking for the mailbox: the user has no e-mail address; set one, or the attribute 'mailbox'", FALSE);
  if (!wants_calendar && self->address != NULL)
    {
      empty (self, "calendar");
      set_problem (self, &self->calendar_problem, NULL, FALSE);
    }
  if (!wants_absence)
    {
      empty (self, ABSENCE_SET);
      set_problem (self, &self->absence_problem, NULL, FALSE);
    }
}

EwsMailbox *
ews_mailbox_new (const EwsMailboxSettings *settings, MusterUser *user)
{
  EwsMailbox *self = g_new0 (EwsMailbox, 1);

  self->settings = settings;
  self->user = muster_user_ref (user);
  ews_mailbox_set_user (self, user);
  return self;
}

static void
mailbox_free (EwsMailbox *self)
{
  muster_user_unref (self->user);
  g_free (self->address);
  g_free (self->subscription);
  g_free (self->watermark);
  g_free (self->calendar_problem);
  g_free (self->absence_problem);
  g_free (self->told_text);
  g_free (self);
}

void
ews_mailbox_release (EwsMailbox *self)
{
  self->is_leaving = TRUE;
  self->place = NULL;
  if (self->step == STEP_NONE)
    mailbox_free (self);
}

void
ews_mailbox_leave (EwsMailbox *self)
{
  drop_subscription (self, TRUE);
  ews_mailbox_release (self);
}

void
ews_mailbox_sync (EwsMailbox *self)
{
  const gint64 now = get_now (self);

  self->read_at = self->absence_at = now;
  self->read_again = self->step == STEP_READ;
  if (self->subscription == NULL && self->settings->impersonates)
    self->subscribe_at = now;
}

/* What would be asked next, and when. */
static Step
next_step (EwsMailbox *self, gint64 *at)
{
  Step step = STEP_NONE;

  *at = G_MAXINT64;
  /* First the subscription, so that nothing falls between the reading and its begin. */
  if (self->wants_calendar && self->subscription == NULL && self->subscribe_at < *at)
    {
      step = STEP_SUBSCRIBE;
      *at = self->subscribe_at;
    }
  if (self->wants_calendar && self->read_at < *at)
    {
      step = STEP_READ;
      *at = self->read_at;
    }
  if (self->wants_calendar && self->subscription != NULL && self->poll_at < *at)
    {
      step = STEP_POLL;
      *at = self->poll_at;
    }
  if (self->wants_absence && self->absence_at < *at)
    {
      step = STEP_ABSENCE;
      *at = self->absence_at;
    }
  if (step != STEP_NONE)
    *at = MAX (*at, self->hold);
  return step;
}

gint64
ews_mailbox_get_due (EwsMailbox *self)
{
  gint64 at;

  if (self->step != STEP_NONE)
    return G_MAXINT64;
  next_step (self, &at);
  return at;
}

/* When to ask again after a failure. */
static gint64
retry_at (EwsMailbox *self, EwsAction action, gint64 back_off, guint n_failures)
{
  const gint64 now = get_now (self);

  switch (action)
    {
    case EWS_ACTION_BUSY:
      return now
             + with_jitter (
                 CLAMP (MAX (back_off, ews_error_get_wait (BUSY_MIN, BUSY_MAX, n_failures - 1)), BUSY_MIN, BUSY_MAX));
    case EWS_ACTION_MAILBOX_WAIT:
      return now + with_jitter (ews_error_get_wait (MAILBOX_MIN, MAILBOX_MAX, n_failures - 1));
    case EWS_ACTION_RIGHTS:
      return now + with_jitter (ews_error_get_wait (RIGHTS_MIN, RIGHTS_MAX, n_failures - 1));
    case EWS_ACTION_NOT_HERE:
    case EWS_ACTION_NEVER:
      return now + with_jitter (G_TIME_SPAN_DAY);
    case EWS_ACTION_RESUBSCRIBE:
    case EWS_ACTION_READ_AGAIN:
    case EWS_ACTION_OLD_VERSION:
      if (n_failures <= 1)
        return now;
      return now + with_jitter (ews_error_get_wait (RETRY_MIN, RETRY_MAX, n_failures - 1));
    case EWS_ACTION_NONE:
    case EWS_ACTION_RETRY:
    case EWS_ACTION_HALVE:
    default:
      return now + with_jitter (ews_error_get_wait (RETRY_MIN, RETRY_MAX, n_failures - 1));
    }
}

/* The step has failed; *at is when it is next asked. A server that cannot be reached is nobody's fault here, and is
 * told as the health of the instance. */
static void
fail (EwsMailbox *self, EwsAction action, gint64 back_off, const char *text, guint *n_failures, gint64 *at,
      char **problem)
{
  const gboolean is_calendar = problem == &self->calendar_problem;
  const gboolean is_server = ews_client_get_problem (self->settings->client) != NULL;

  (*n_failures)++;
  *at = retry_at (self, action, back_off, *n_failures);
  if (action == EWS_ACTION_OLD_VERSION)
    self->is_old_version = TRUE;
  if (action == EWS_ACTION_BUSY)
    {
      self->hold = *at; /* the mailbox's budget is one for all */
      muster_context_log (self->settings->ctx, MUSTER_LOG_INFO,
                          "the server is busy: nothing more is asked for %s within %" G_GINT64_FORMAT " s",
                          self->address, (*at - get_now (self)) / G_TIME_SPAN_SECOND);
    }
  if (action == EWS_ACTION_NEVER)
    muster_context_log (self->settings->ctx, MUSTER_LOG_WARNING, "%s", text);
  /* One that passes at once is not worth a word. */
  if (!is_server
      && (*n_failures > 1
          || (action != EWS_ACTION_RESUBSCRIBE && action != EWS_ACTION_READ_AGAIN && action != EWS_ACTION_OLD_VERSION
              && action != EWS_ACTION_BUSY)))
    set_problem (self, problem, text, is_calendar ? action == EWS_ACTION_NOT_HERE : self->is_not_here);
}

static void
fail_calendar (EwsMailbox *self, EwsAction action, gint64 back_off, const char *text, gint64 *at)
{
  fail (self, action, back_off, text, &self->n_calendar_failures, at, &self->calendar_problem);
  if (action == EWS_ACTION_NOT_HERE)
    self->read_at = self->subscribe_at = *at;
}

/* TRUE: the answer is not wanted any more; the mailbox may be gone. */
static gboolean
step_done (EwsMailbox *self)
{
  self->step = STEP_NONE;
  if (self->is_leaving)
    {
      mailbox_free (self);
      return TRUE;
    }
  if (!self->is_overtaken)
    return FALSE;

  self->is_overtaken = self->read_again = FALSE;
  if (!self->wants_calendar)
    empty (self, "calendar"); /* a reading may have come to its end meanwhile */
  changed (self);
  return TRUE;
}

/* The message of a reply, or what its absence says; NONE: there is one without an error. `text` takes the reason. */
static EwsAction
judge (EwsMailbox *self, const EwsReply *reply, const char *attempt, gint64 *back_off, char **text)
{
  *back_off = 0;
  if (reply->response == NULL)
    {
      *text = g_strdup (reply->problem);
      return EWS_ACTION_RETRY;
    }

  const EwsMessage *message = ews_response_first (reply->response);
  EwsAction action = ews_message_get_action (message);
  if (action != EWS_ACTION_NONE)
    {
      g_autofree char *why = ews_message_explain (message);
      *text = g_strdup_printf ("%s %s: %s", attempt, self->address, why);
      *back_off = message->back_off;
    }
  return action;
}

static void
on_subscribed (const EwsReply *reply, gpointer user_data)
{
  EwsMailbox *self = user_data;
  g_autofree char *text = NULL;
  g_auto(EwsEvents) events = { 0 };
  gint64 back_off;

  if (step_done (self))
    return;
  EwsAction action = judge (self, reply, "subscribing to the calendar of", &back_off, &text);
  if (action == EWS_ACTION_NONE)
    ews_events_read (ews_response_first (reply->response), &events);
  if (action == EWS_ACTION_NONE && events.subscription == NULL)
    {
      action = EWS_ACTION_RETRY;
      text = g_strdup_printf ("subscribing to the calendar of %s: the answer has no subscription", self->address);
    }
  if (action != EWS_ACTION_NONE)
    {
      fail_calendar (self, action, back_off, text, &self->subscribe_at);
    }
  else
    {
      self->subscription = g_steal_pointer (&events.subscription);
      self->watermark = g_steal_pointer (&events.watermark);
      self->read_at = get_now (self);
      self->poll_at = get_now (self) + with_jitter (self->settings->interval);
      keep (self);
    }
  changed (self);
}

static void
on_read (const EwsReadingResult *result, gpointer user_data)
{
  EwsMailbox *self = user_data;
  const gint64 now = get_now (self);

  if (step_done (self))
    return;
  /* Where the server itself cannot be asked, nothing has been tried. */
  self->is_tried =
      self->is_tried || result->action == EWS_ACTION_NONE || ews_client_get_problem (self->settings->client) == NULL;
  if (result->action != EWS_ACTION_NONE)
    {
      fail_calendar (self, result->action, result->back_off, result->text, &self->read_at);
    }
  else
    {
      self->n_calendar_failures = 0;
      set_problem (self, &self->calendar_problem, NULL, FALSE);
      self->read_at =
          now + with_jitter (self->settings->impersonates ? self->settings->refresh : self->settings->interval);
      if (result->n_masters > 0 && !self->has_masters)
        muster_context_log (self->settings->ctx, MUSTER_LOG_WARNING,
                            "reading the calendar of %s: the server does not expand series, which are left out",
                            self->address);
      self->has_masters = result->n_masters > 0;
    }
  if (self->read_again)
    self->read_at = now;
  self->read_again = FALSE;
  changed (self);
}

static void
on_polled (const EwsReply *reply, gpointer user_data)
{
  EwsMailbox *self = user_data;
  const gint64 now = get_now (self);
  g_autofree char *text = NULL;
  gint64 back_off;

  if (step_done (self))
    return;
  EwsAction action = judge (self, reply, "asking for changes in the calendar of", &back_off, &text);
  if (action == EWS_ACTION_RESUBSCRIBE)
    {
      drop_subscription (self, FALSE);
      fail_calendar (self, action, back_off, text, &self->subscribe_at);
    }
  else if (action == EWS_ACTION_READ_AGAIN)
    {
      fail_calendar (self, action, back_off, text, &self->poll_at);
      self->read_at = MIN (self->read_at, now);
    }
  else if (action != EWS_ACTION_NONE)
    {
      fail_calendar (self, action, back_off, text, &self->poll_at);
    }
  else
    {
      g_auto(EwsEvents) events = { 0 };
      ews_events_read (ews_response_first (reply->response), &events);
      if (events.watermark != NULL)
        {
          g_free (self->watermark);
          self->watermark = g_steal_pointer (&events.watermark);
        }
      if (events.changed)
        self->read_at = MIN (self->read_at, now + self->settings->quiet);
      self->poll_at = events.more ? now : now + with_jitter (self->settings->interval);
      if (now - self->kept_at >= RECORD_AGE)
        keep (self);
    }
  changed (self);
}

static void
claim_absence (EwsMailbox *self, const EwsOof *oof)
{
  const MusterClaim claim = { .struct_size = sizeof claim,
                              .key = ABSENCE_SET,
                              .kind = MUSTER_CLAIM_ABSENCE,
                              .from = oof->from,
                              .until = oof->until,
                              .free_busy = MUSTER_FREE_BUSY_OUT_OF_OFFICE,
                              .greeting_internal = oof->internal,
                              .greeting_external = oof->external };

  muster_context_claims_replace (self->settings->ctx, get_id (self), ABSENCE_SET, G_MININT64, G_MAXINT64, &claim,
                                 oof->is_set ? 1 : 0);
}

/* The interval, but at the edges of a schedule, where servers often set the state anew. */
static gint64
next_absence (EwsMailbox *self, const EwsOof *oof)
{
  const gint64 now = get_now (self);
  gint64 at = now + with_jitter (self->settings->absence_interval);
  const gint64 edges[] = { oof->from, oof->until };

  for (gsize i = 0; oof->is_set && i < G_N_ELEMENTS (edges); i++)
    if (edges[i] != MUSTER_NOW && edges[i] > now)
      at = MIN (at, edges[i]);
  return at;
}

static void
on_absence (const EwsReply *reply, gpointer user_data)
{
  EwsMailbox *self = user_data;
  g_autofree char *text = NULL;
  gint64 back_off;

  if (step_done (self))
    return;
  EwsAction action = judge (self, reply, "asking for the automatic replies of", &back_off, &text);
  if (action != EWS_ACTION_NONE)
    {
      fail (self, action, back_off, text, &self->n_absence_failures, &self->absence_at, &self->absence_problem);
    }
  else
    {
      g_auto(EwsOof) oof = { 0 };
      ews_oof_read (ews_response_first (reply->response), &oof);
      if (self->wants_absence)
        claim_absence (self, &oof);
      self->n_absence_failures = 0;
      set_problem (self, &self->absence_problem, NULL, self->is_not_here);
      self->absence_at = next_absence (self, &oof);
    }
  changed (self);
}

/* Three polls may be lost. */
static guint
subscription_minutes (const EwsMailboxSettings *settings)
{
  return (guint) CLAMP (4 * settings->interval / G_TIME_SPAN_MINUTE, 30, 1440);
}

static void
read_calendar (EwsMailbox *self)
{
  EwsReadingOrder order = {
    .client = self->settings->client, .caller = get_caller (self), .user = get_id (self), .web = self->settings->web
  };

  ews_mailbox_get_window (self->user, get_now (self), &order.from, &order.until);
  ews_reading_start (self->settings->ctx, &order, on_read, self);
}

void
ews_mailbox_step (EwsMailbox *self)
{
  const EwsCaller caller = get_caller (self);
  g_autoptr(GBytes) request = NULL;
  EwsReplyFunc func = NULL;
  gint64 at;

  g_return_if_fail (self->step == STEP_NONE);
  self->step = next_step (self, &at);
  switch (self->step)
    {
    case STEP_NONE:
      return;
    case STEP_READ:
      read_calendar (self);
      return;
    case STEP_SUBSCRIBE:
      request = ews_request_subscribe_pull (&caller, subscription_minutes (self->settings));
      func = on_subscribed;
      break;
    case STEP_POLL:
      request = ews_request_get_events (&caller, self->subscription, self->watermark);
      func = on_polled;
      break;
    case STEP_ABSENCE:
    default:
      request = ews_request_get_oof (&caller);
      func = on_absence;
      break;
    }
  ews_client_send (self->settings->client, self->address, request, self->step != STEP_SUBSCRIBE, func, self);
}

gboolean
ews_mailbox_is_tried (EwsMailbox *self)
{
  return self->is_tried;
}

gboolean
ews_mailbox_is_failing (EwsMailbox *self)
{
  return self->calendar_problem != NULL || self->absence_problem != NULL;
}

const char *
ews_mailbox_get_address (EwsMailbox *self)
{
  return self->address;
}

GSequenceIter *
ews_mailbox_get_place (EwsMailbox *self)
{
  return self->place;
}

void
ews_mailbox_set_place (EwsMailbox *self, GSequenceIter *place)
{
  self->place = place;
}
