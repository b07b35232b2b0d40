/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A source: while a program of the table holds the microphone of this desktop, one user is busy with it.
 *
 * sound.c brings the sound server's lists, recorders.c says who counts, hold.c when that is believed; here it becomes
 * claims, health and notes. */
#define G_LOG_DOMAIN "muster-micsync"

#include "hold.h"
#include "sound.h"

#define SET "microphone"
#define ROLE "micsync"
#define NOTES_MAX 64 /* unknown programs that are listed in the life of an instance */
#define LINES_MAX 64 /* of sources and of recorders each in the answer to `test` */

typedef struct
{
  MusterContext *ctx;
  char          *user;
  gint64         lease;

  gboolean         users_complete; /* all users are known, so that a missing one is missing */
  MicsyncPrograms *programs;       /* nullable: the user is not known */

  MicsyncSound    *sound;
  MicsyncSnapshot *snapshot;       /* nullable: no connection */
  char            *reason;         /* nullable: why there is none */

  MicsyncHold     *hold;
  gboolean         said;           /* the core has been told the truth since the user is known */
  gboolean         must_say;       /* tell it again, changed or not */
  gint64           unsaid_until;   /* G_MAXINT64; without a server from the start: when "closed" is the truth */
  MusterTimer     *hold_timer;     /* nullable */
  MusterTimer     *lease_timer;    /* nullable: nothing is open */

  GHashTable      *noted;          /* keys of the unknown programs listed */
  GPtrArray       *reports;        /* MusterReport: answered by the next list, or by there being none */

  gboolean         has_health;
  MusterHealth     health;
  char            *health_text;    /* nullable */
} Micsync;

/* Saying. */

static void
say_health (Micsync *self, MusterHealth health, const char *text)
{
  if (self->has_health && self->health == health && g_strcmp0 (self->health_text, text) == 0)
    return;

  self->has_health = TRUE;
  self->health = health;
  g_free (self->health_text);
  self->health_text = g_strdup (text);
  muster_context_health (self->ctx, health, text);
}

/* Only after the claims: the first ONLINE tells the core to drop what was not said again. */
static void
update_health (Micsync *self)
{
  g_autofree char *text = NULL;

  if (self->reason != NULL)
    {
      text = g_strdup_printf ("%s; trying again by itself, every 30 s at the latest: is PipeWire (pipewire-pulse) or "
                              "PulseAudio running in this session?",
                              self->reason);
      say_health (self, MUSTER_HEALTH_OFFLINE, text);
      return;
    }
  if (self->snapshot == NULL || !self->users_complete)
    return; /* still starting */

  guint n_left = micsync_snapshot_get_n_left (self->snapshot);

  if (self->programs == NULL)
    {
      text = g_strdup_printf ("user %s is not known, or not one of this instance's Users=: musterctl user add %s",
                              self->user, self->user);
      say_health (self, MUSTER_HEALTH_DEGRADED, text);
    }
  else if (n_left > 0)
    {
      /* Without the count, which may change with every list. */
      text = g_strdup_printf ("%s lists more than %d recording streams; the others are not looked at",
                              micsync_sound_get_server (self->sound), MICSYNC_STREAMS_MAX);
      say_health (self, MUSTER_HEALTH_DEGRADED, text);
    }
  else
    {
      text = g_strdup_printf ("connected to %s", micsync_sound_get_server (self->sound));
      say_health (self, MUSTER_HEALTH_ONLINE, text);
    }
}

static void arm_lease_timer (Micsync *self, gboolean any_open);

/* All that is open, over all time: whatever was said before and is not true any more goes with it. */
static void
say_claims (Micsync *self)
{
  g_autoptr(GPtrArray) open = micsync_hold_dup_open (self->hold);
  g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func (g_free);
  g_autofree MusterClaim *claims = g_new0 (MusterClaim, MAX (open->len, 1));

  if (self->programs == NULL)
    return; /* the core would refuse them */

  for (guint i = 0; i < open->len; i++)
    {
      const MicsyncOpen *program = g_ptr_array_index (open, i);

      g_ptr_array_add (keys, g_strconcat ("mic:", program->key, NULL));
      claims[i] = (MusterClaim){
        .struct_size = sizeof (MusterClaim),
        .key = g_ptr_array_index (keys, i),
        .kind = MUSTER_CLAIM_MICROPHONE,
        .from = MUSTER_NOW,
        .until = MUSTER_OPEN_ENDED,
        .lease = self->lease,
        .free_busy = MUSTER_FREE_BUSY_BUSY,
        .template_role = ROLE,
        .text = program->text,
      };
    }
  muster_context_claims_replace (self->ctx, self->user, SET, G_MININT64, G_MAXINT64, claims, open->len);
  self->said = TRUE;
  self->must_say = FALSE;
  self->unsaid_until = G_MAXINT64;
  arm_lease_timer (self, open->len > 0);
}

static void
on_lease_to_renew (gpointer user_data)
{
  say_claims (user_data);
}

static void
arm_lease_timer (Micsync *self, gboolean any_open)
{
  g_clear_pointer (&self->lease_timer, muster_timer_free);
  if (any_open)
    self->lease_timer = muster_context_timer_add (self->ctx, muster_context_now (self->ctx) + self->lease / 3,
                                                  on_lease_to_renew, self);
}

static void
say_unknown (Micsync *self, const MicsyncRecorder *recorder)
{
  g_autofree char *key = micsync_program_key (recorder->process);

  if (key == NULL || g_hash_table_size (self->noted) >= NOTES_MAX || !g_hash_table_add (self->noted, g_strdup (key)))
    return;

  g_autofree char *text
      = g_strdup_printf ("calls itself \"%s\", records from %s; to let it count, give its process name a row in the "
                         "option programs (process|alias)",
                         recorder->calls_itself != NULL ? recorder->calls_itself : recorder->process,
                         recorder->source);

  muster_context_note (self->ctx, "unknown-program", recorder->process, text);
}

/* Looking. */

static void arm_hold_timer (Micsync *self);

static void
on_hold_due (gpointer user_data)
{
  Micsync *self = user_data;
  gint64 now = muster_context_now (self->ctx);

  if (micsync_hold_tick (self->hold, now) || now >= self->unsaid_until)
    say_claims (self);
  arm_hold_timer (self);
}

static void
arm_hold_timer (Micsync *self)
{
  gint64 next = MIN (micsync_hold_next (self->hold), self->unsaid_until);

  g_clear_pointer (&self->hold_timer, muster_timer_free);
  if (next != G_MAXINT64)
    self->hold_timer = muster_context_timer_add (self->ctx, next, on_hold_due, self);
}

/* Takes in what is there now. Without a sound server that is nothing: no microphone can be open on a dead one. It is
 * believed after the usual delay, so that a program that comes back as quickly as the server shows no gap. */
static void
look (Micsync *self)
{
  gint64 now = muster_context_now (self->ctx);

  if (self->programs == NULL)
    return;

  g_autoptr(GPtrArray) recorders
      = self->snapshot != NULL ? micsync_snapshot_judge (self->snapshot, self->programs) : NULL;

  micsync_hold_look_begin (self->hold);
  for (guint i = 0; recorders != NULL && i < recorders->len; i++)
    {
      const MicsyncRecorder *recorder = g_ptr_array_index (recorders, i);

      if (recorder->verdict == MICSYNC_COUNTS)
        micsync_hold_look_at (self->hold, recorder->key, recorder->text);
      else if (recorder->verdict == MICSYNC_UNKNOWN)
        say_unknown (self, recorder);
    }

  /* At the first look a program that records has done so before: the claim that the core kept over a restart is
   * renewed by this, and would be dropped if it had to wait. */
  gboolean changed = micsync_hold_look_done (self->hold, now, !self->said);

  if (changed || self->must_say || (!self->said && self->snapshot != NULL))
    say_claims (self);
  else if (!self->said && self->unsaid_until == G_MAXINT64)
    self->unsaid_until = now + micsync_hold_get_close_delay (self->hold);
  arm_hold_timer (self);
}

/* Reporting. */

static void
report_recorders (Micsync *self, MusterReport *report)
{
  g_autoptr(GPtrArray) recorders = micsync_snapshot_judge (self->snapshot, self->programs);

  if (recorders->len == 0)
    muster_report_add (report, MUSTER_REPORT_NOTE, "recorders", "nobody records now");
  for (guint i = 0; i < MIN (recorders->len, LINES_MAX); i++)
    {
      const MicsyncRecorder *recorder = g_ptr_array_index (recorders, i);
      g_autofree char *subject
          = g_strdup_printf ("recorder %s", recorder->process != NULL ? recorder->process : "without a name");
      g_autofree char *verdict = micsync_recorder_describe (recorder);

      muster_report_add (report, recorder->verdict == MICSYNC_COUNTS ? MUSTER_REPORT_OK : MUSTER_REPORT_NOTE, subject,
                         "%s", verdict);
    }

  guint n_more = recorders->len - MIN (recorders->len, LINES_MAX) + micsync_snapshot_get_n_left (self->snapshot);

  if (n_more > 0)
    muster_report_add (report, MUSTER_REPORT_NOTE, "recorders", "%u more", n_more);
}

static void
report_sources (Micsync *self, MusterReport *report)
{
  g_autoptr(GPtrArray) devices = micsync_snapshot_dup_devices (self->snapshot);
  guint n_microphones = 0;

  for (guint i = 0; i < devices->len; i++)
    {
      const MicsyncDevice *device = g_ptr_array_index (devices, i);
      g_autofree char *subject = g_strdup_printf ("source %s", device->name);

      n_microphones += !device->is_monitor;
      if (i < LINES_MAX)
        muster_report_add (report, device->is_monitor ? MUSTER_REPORT_NOTE : MUSTER_REPORT_OK, subject, "%s%s%s",
                           device->is_monitor ? "monitor of an output: does not count" : "counts as a microphone",
                           device->muted ? ", muted" : "", device->suspended ? ", suspended" : "");
    }
  if (devices->len > LINES_MAX)
    muster_report_add (report, MUSTER_REPORT_NOTE, "sources", "%u more", devices->len - LINES_MAX);
  if (n_microphones == 0)
    muster_report_add (report, MUSTER_REPORT_NOTE, "sources", "no microphone");
}

static void
report_all (Micsync *self, MusterReport *report)
{
  if (self->snapshot == NULL)
    muster_report_add (report, MUSTER_REPORT_PROBLEM, "sound server", "%s", self->reason);
  else
    muster_report_add (report, MUSTER_REPORT_OK, "sound server", "%s at %s", micsync_sound_get_server (self->sound),
                       micsync_sound_get_address (self->sound));
  if (self->programs == NULL)
    muster_report_add (report, MUSTER_REPORT_PROBLEM, "user",
                       "%s is not known, or not one of this instance's Users=, so that no program counts: musterctl "
                       "user add %s",
                       self->user, self->user);
  else
    muster_report_add (report, MUSTER_REPORT_OK, "user", "speaks for %s", self->user);
  if (self->snapshot == NULL)
    return;

  report_sources (self, report);
  if (self->programs != NULL) /* the table of programs comes with the user */
    report_recorders (self, report);
}

static void
answer_reports (Micsync *self)
{
  g_autoptr(GPtrArray) reports = g_steal_pointer (&self->reports);

  self->reports = g_ptr_array_new ();
  for (guint i = 0; i < reports->len; i++)
    {
      report_all (self, g_ptr_array_index (reports, i));
      muster_report_done (g_ptr_array_index (reports, i));
    }
}

/* What the sound server brings. */

static void
on_listed (MicsyncSnapshot *snapshot, gpointer user_data)
{
  Micsync *self = user_data;

  g_clear_pointer (&self->snapshot, micsync_snapshot_free);
  self->snapshot = snapshot;
  g_clear_pointer (&self->reason, g_free);
  look (self);
  update_health (self);
  answer_reports (self);
}

static void
on_lost (const char *reason, gpointer user_data)
{
  Micsync *self = user_data;

  g_clear_pointer (&self->snapshot, micsync_snapshot_free);
  g_free (self->reason);
  self->reason = g_strdup (reason);
  look (self);
  update_health (self);
  answer_reports (self);
}

static const MicsyncSoundEvents sound_events = { .listed = on_listed, .lost = on_lost };

/* What the host asks. */

static gpointer
micsync_start (MusterContext *ctx, GError **error)
{
  const char *user = muster_context_get_string (ctx, "user");
  const char *server = muster_context_get_string (ctx, "server");

  if (user == NULL || *user == '\0')
    {
      g_set_error (error, MUSTER_ERROR, MUSTER_ERROR_CONFIG,
                   "starting: user= is empty: write the id of the user who sits at this desktop");
      return NULL;
    }

  Micsync *self = g_new0 (Micsync, 1);

  self->ctx = ctx;
  self->user = g_strdup (user);
  self->lease = muster_context_get_duration (ctx, "lease");
  self->hold = micsync_hold_new (muster_context_get_duration (ctx, "open-delay"),
                                 muster_context_get_duration (ctx, "close-delay"));
  self->unsaid_until = G_MAXINT64;
  self->noted = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->reports = g_ptr_array_new ();
  self->sound = micsync_sound_new (ctx, server != NULL && *server != '\0' ? server : NULL, &sound_events, self);
  return self;
}

static void
forget_user (Micsync *self)
{
  g_clear_pointer (&self->programs, micsync_programs_free);
  g_clear_pointer (&self->lease_timer, muster_timer_free);
  micsync_hold_clear (self->hold);
  self->said = FALSE;
  self->unsaid_until = G_MAXINT64;
  arm_hold_timer (self);
}

static void
micsync_users (gpointer data, MusterUser *const *changed, gsize n_changed, const char *const *removed, gsize n_removed,
               gboolean complete)
{
  Micsync *self = data;

  for (gsize i = 0; i < n_removed; i++)
    if (g_str_equal (removed[i], self->user))
      forget_user (self);

  for (gsize i = 0; i < n_changed; i++)
    if (g_str_equal (muster_user_get_id (changed[i]), self->user))
      {
        g_clear_pointer (&self->programs, micsync_programs_free);
        self->programs = micsync_programs_read (muster_user_get_table (changed[i], "programs"));
        if (self->snapshot != NULL || self->reason != NULL)
          look (self);
      }

  self->users_complete |= complete;
  update_health (self);
}

static void
micsync_sync (gpointer data, const char *user)
{
  Micsync *self = data;

  if (user != NULL && !g_str_equal (user, self->user))
    return;
  self->must_say = TRUE;
  micsync_sound_refresh (self->sound);
}

static void
micsync_test (gpointer data, MusterUser *user, MusterReport *report)
{
  Micsync *self = data;

  if (user != NULL && !g_str_equal (muster_user_get_id (user), self->user))
    muster_report_add (report, MUSTER_REPORT_NOTE, "user", "this instance says nothing of %s",
                       muster_user_get_id (user));
  g_ptr_array_add (self->reports, report);
  micsync_sound_refresh (self->sound);
}

static void
micsync_stop (gpointer data, gint64 deadline)
{
  Micsync *self = data;
  MusterContext *ctx = self->ctx;

  (void) deadline;

  for (guint i = 0; i < self->reports->len; i++)
    {
      muster_report_add (g_ptr_array_index (self->reports, i), MUSTER_REPORT_PROBLEM, "sound server",
                         "the instance was stopped before there was an answer");
      muster_report_done (g_ptr_array_index (self->reports, i));
    }
  g_ptr_array_unref (self->reports);
  g_clear_pointer (&self->hold_timer, muster_timer_free);
  g_clear_pointer (&self->lease_timer, muster_timer_free);
  micsync_sound_free (self->sound);
  g_clear_pointer (&self->snapshot, micsync_snapshot_free);
  g_clear_pointer (&self->programs, micsync_programs_free);
  micsync_hold_free (self->hold);
  g_hash_table_unref (self->noted);
  g_free (self->health_text);
  g_free (self->reason);
  g_free (self->user);
  g_free (self);
  muster_context_stopped (ctx);
}

static const MusterOption options[] = {
  { "user", MUSTER_OPTION_STRING, NULL, "id of the user who sits at this desktop", .flags = MUSTER_OPTION_REQUIRED },
  { "server", MUSTER_OPTION_STRING, NULL,
    "the sound server, as in PULSE_SERVER; without it libpulse looks where every program looks" },
  { "open-delay", MUSTER_OPTION_DURATION, "500ms",
    "how long a program must hold the microphone before it counts, so that a blip turns nobody busy",
    .max = G_TIME_SPAN_MINUTE },
  { "close-delay", MUSTER_OPTION_DURATION, "1s",
    "how long the microphone must be free before that counts, so that a short gap does not flicker",
    .max = 10 * G_TIME_SPAN_MINUTE },
  { "lease", MUSTER_OPTION_DURATION, "10min",
    "how long the presence stays busy if this instance falls silent; renewed after a third of it",
    .min = 3 * G_TIME_SPAN_SECOND, .max = 12 * G_TIME_SPAN_HOUR },
};

static const MusterColumn program_columns[] = {
  { "process", MUSTER_OPTION_STRING, NULL, "name of the process; case and .exe do not matter" },
  { "alias", MUSTER_OPTION_STRING, "", "what is shown; empty: the process name" },
  { "active", MUSTER_OPTION_BOOLEAN, "true", "whether it counts" },
};

static const MusterOption user_options[] = {
  { "programs", MUSTER_OPTION_TABLE, micsync_default_programs,
    "programs that make the user busy while they hold the microphone", MUSTER_COLUMNS (program_columns) },
};

static const MusterSourceOps source = {
  .struct_size = sizeof source,
  .kinds = MUSTER_KINDS_MICROPHONE,
  .start = micsync_start,
  .users = micsync_users,
  .sync = micsync_sync,
  .test = micsync_test,
  .stop = micsync_stop,
};

MUSTER_PLUGIN_DEFINE (.id = "micsync", .version = MICSYNC_VERSION, .license = "LGPL-2.1-or-later",
                      .summary = "Busy while a program holds the microphone of this desktop", MUSTER_OPTIONS (options),
                      MUSTER_USER_OPTIONS (user_options), .source = &source)
