/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an instance has to say: its last lines for "plugin log", and each of them into the daemon's own log, within
 * bounds. On the engine's thread. */
#pragma once

#include "host/host.h"
#include "model/bucket.h"
#include "model/event.h"

G_BEGIN_DECLS

#define MUSTERD_LOG_LINES 500
#define MUSTERD_LOG_TEXT_MAX 4096 /* bytes of one line */
#define MUSTERD_LOG_SUMMARY_AFTER (10 * G_TIME_SPAN_SECOND)

/* Who can cause the line, and so how many of it there may be. */
typedef enum
{
  MUSTERD_LOG_RARE,  /* only what an administrator does, or what happens once: all of them */
  MUSTERD_LOG_OWN,   /* the plugin's own words, each level by itself: 500 at once, then one a second */
  MUSTERD_LOG_NOISE, /* the host's words about what the plugin does: 20 at once, then one a second */
  MUSTERD_LOG_STATE, /* changes of its state: 20 at once, then one in ten seconds */
  MUSTERD_LOG_THREAD, /* whether its thread comes back: the same */
  MUSTERD_LOG_ACTION, /* what waits for a person: 20 at once, then one a second */
  MUSTERD_N_LOG_KINDS
} MusterdLogKind;

/* How an instance is now. */
typedef struct
{
  const char *instance, *state;
  gboolean    is_alarming; /* its state is */
  gboolean    is_stuck;
  guint       n_actions; /* that wait for a person */
} MusterdLogStanding;

typedef struct
{
  GQueue       lines; /* MusterdLogLine, oldest first */
  guint64      last;  /* serial of the newest line there ever was; at first, what a line then would not have had */
  MusterdBucket buckets[MUSTERD_N_LOG_KINDS + MUSTER_LOG_WARNING + 1]; /* by kind; those of OWN by level behind */
  guint64      n_written, n_left_out;
} MusterdLog;

/* `now` in real time: serials grow over restarts of the daemon, or a reader who comes back would miss lines. */
void     musterd_log_init  (MusterdLog *log, gint64 now);
void     musterd_log_clear (MusterdLog *log);
/* Keeps the line (but for debug) and logs it with its fields (`fields->instance` is never NULL) and "[instance] "
 * before the text. FALSE: there are too many like it, and it is only counted. Debug lines are not limited: nobody gets
 * them who has not asked for them. */
gboolean musterd_log_add   (MusterdLog *log, MusterdLogKind kind, MusterLogLevel level, MusterdTime now,
                            const MusterdLogFields *fields, const char *text);
/* Others have left out `n` of the plugin's own lines before they came here. */
void     musterd_log_add_left_out (MusterdLog *log, guint64 n);
/* Writes a line for each kind of which some were left out since this was last called. Where these were events, it is
 * the event of how it is now, so that whoever goes by events has the last word. */
void     musterd_log_summarise    (MusterdLog *log, MusterdTime now, const MusterdLogStanding *standing);
/* Of the lines after `after`, those there still are. A serial that is not reached yet is of another life: all. */
MusterdLogPage *musterd_log_read  (const MusterdLog *log, guint64 after);

G_END_DECLS
