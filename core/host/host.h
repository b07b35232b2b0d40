/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs the plugins: opens the named modules, keeps one instance per keyfile group on a thread of its own, carries
 * messages both ways within bounds, watches over health, and connects sources to the engine and sinks to dispatch.
 *
 * On the engine's thread. */
#pragma once

#include "config/config.h"
#include "dispatch/dispatch.h"
#include "store/secrets.h"

G_BEGIN_DECLS

typedef struct _MusterdHost MusterdHost;

typedef struct
{
  MusterdEngine   *engine;
  MusterdDispatch *dispatch;
  MusterdClock    *clock;
  MusterdStore    *store;   /* nullable: keep() answers with an error */
  MusterdSecrets  *secrets; /* nullable */
  const char      *plugin_dir;
} MusterdHostServices;

MusterdHost *musterd_host_new  (const MusterdHostServices *services);
void         musterd_host_free (MusterdHost *host); /* after stop */

/* Opens and checks every enabled instance's plugin and options without starting anything. Appends to `problems`
 * (required instances) and `warnings` (optional ones, and what the administrator should know). */
gboolean musterd_host_check (MusterdHost *host, const MusterdConfig *config, GPtrArray *problems, GPtrArray *warnings);
/* Makes the running instances those of `config`: starts new ones, stops and forgets those that are gone, restarts
 * changed ones, leaves the others alone. Fails, changing nothing, where check would. */
gboolean musterd_host_apply (MusterdHost *host, const MusterdConfig *config, GError **error);
/* What the plugins of the enabled instances of `config` say of themselves (MusterPluginDescriptor, each once, in the
 * order of the instances), as far as they can be opened. The descriptors stay for good. */
GPtrArray *musterd_host_list_plugins (MusterdHost *host, const MusterdConfig *config);
/* Stops all instances side by side; `done` when the last has, or at the deadline (those are named in the log and
 * abandoned). */
void     musterd_host_stop  (MusterdHost *host, gint64 timeout, void (*done) (gpointer user_data), gpointer user_data);

/* TRUE once a plugin did not stop in time: a thread of it may still run, so the process must end by _exit(). */
gboolean     musterd_host_has_abandoned (MusterdHost *host);
/* The name of the instance on whose thread this is called, for log writers; NULL on every other thread. Any thread. */
const char  *musterd_host_current_instance (void);
/* FALSE: code on this instance's thread writes to the log past its context, and too much of it: the line is counted
 * with those of the instance that were left out, and not to be written. Any thread. */
gboolean     musterd_host_current_may_log  (void);

typedef enum
{
  MUSTERD_INSTANCE_DISABLED,
  MUSTERD_INSTANCE_STARTING,
  MUSTERD_INSTANCE_ONLINE,
  MUSTERD_INSTANCE_DEGRADED,
  MUSTERD_INSTANCE_OFFLINE,
  MUSTERD_INSTANCE_FAILED,   /* not running; see text */
  MUSTERD_INSTANCE_STOPPING,
  MUSTERD_INSTANCE_DRAINING,
  MUSTERD_N_INSTANCE_STATES
} MusterdInstanceState;

const char *musterd_instance_state_to_string (MusterdInstanceState state);

typedef struct
{
  char  *user; /* nullable */
  char  *id, *text, *url, *code; /* url, code nullable */
  MusterdTime since;
} MusterdAction;

typedef struct
{
  char  *topic, *subject, *text;
  MusterdTime since, last;
  guint  count;
} MusterdNote;

typedef struct
{
  char  *user, *state, *text; /* "degraded", "not-here", "sign-in" */
  MusterdTime since;
} MusterdUserTrouble;

/* A copy of everything an administrator may see of one instance; safe to hand to another thread. */
typedef struct
{
  char                *name, *plugin, *version, *summary; /* version, summary nullable: not loaded */
  MusterdEnabled       enabled;
  MusterdInstanceState state;
  char                *text;  /* nullable */
  MusterdTime          since; /* in this state since */
  gboolean             is_source, is_sink, paused, not_responding;
  guint                n_users;          /* taken */
  guint                n_queued;         /* messages of the plugin waiting for the engine */
  guint64              n_messages, n_refused; /* taken in; refused (unknown user, out of range) */
  MusterdSinkStats     sink;
  GPtrArray           *actions;  /* MusterdAction */
  GPtrArray           *notes;    /* MusterdNote */
  GPtrArray           *troubles; /* MusterdUserTrouble */
} MusterdInstanceInfo;

void       musterd_instance_info_free (MusterdInstanceInfo *info);
/* MusterdInstanceInfo of every group in the keyfile, disabled ones too. */
GPtrArray *musterd_host_list (MusterdHost *host);

/* One that answered that a user's mailbox is not there. */
typedef struct
{
  char       *instance, *text;
  MusterdTime since, again; /* NEVER: it is being asked again, and has not answered yet */
} MusterdRefusal;

/* Which of the calendar sources that a user's settings name has the user; safe to hand to another thread. */
typedef struct
{
  char     **sources;  /* instances, in the order in which they are asked */
  char      *holder;   /* nullable: has sent the calendar */
  char      *asked;    /* nullable: is to say whether the mailbox is there */
  GPtrArray *refusals; /* MusterdRefusal */
} MusterdCalendarOrder;

/* NULL: the user's settings name none, and every source that selects the user has the user. */
MusterdCalendarOrder *musterd_host_explain_order (MusterdHost *host, const char *user);
void                  musterd_calendar_order_free (MusterdCalendarOrder *order);

/* Numbers of one instance; safe to hand to another thread. */
typedef struct
{
  char                *name, *plugin, *version; /* version nullable: not loaded */
  MusterdEnabled       enabled;
  MusterdInstanceState state;
  gboolean             is_sink, paused, responding;
  guint                n_users;    /* taken */
  guint                n_troubled; /* users with whom it has trouble */
  guint                n_actions;  /* that wait for a person */
  guint                n_queued;   /* messages of the plugin waiting for the engine */
  guint64              n_messages, n_refused; /* as in MusterdInstanceInfo */
  guint64              n_starts;   /* tried */
  guint64              n_lines, n_lines_left_out; /* of the log */
  MusterdSinkStats     sink;       /* all 0 where it is none, or has not been open yet */
} MusterdInstanceFigures;

/* MusterdInstanceFigures of every group in the keyfile. The cost depends on their number alone. */
GPtrArray *musterd_host_get_figures (MusterdHost *host);

typedef struct
{
  guint64        serial; /* grows with each line, over restarts of the daemon too */
  MusterdTime    time;
  MusterLogLevel level;
  char          *user;   /* nullable: the id of whom it is about */
  char          *text;
} MusterdLogLine;

typedef struct
{
  GPtrArray *lines; /* MusterdLogLine, oldest first */
  guint64    last;  /* what to read after next time */
} MusterdLogPage;

void musterd_log_page_free (MusterdLogPage *page);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MusterdLogPage, musterd_log_page_free)

/* Takes the page; NULL with an error. */
typedef void (*MusterdLogFunc) (MusterdLogPage *page, const GError *error, gpointer user_data);

/* Commands; each fails with NOT_FOUND (no such instance, naming those there are) or CONFLICT (not in this state). */
/* The lines after the serial `after` (0: all), of the last 500; without debug lines. Where there are none, waits for
 * one up to `wait` µs of real time, or until the instance has gone (NOT_FOUND); LIMIT where too many wait. `done` may
 * be called from here. */
void       musterd_host_follow_log (MusterdHost *host, const char *instance, guint64 after, gint64 wait,
                                    MusterdLogFunc done, gpointer user_data);
gboolean   musterd_host_sync   (MusterdHost *host, const char *instance, const char *user, GError **error);
/* The kill switch of a sink: in force when it returns, and done when it is on disk, so that it survives a restart of
 * the daemon. */
void       musterd_host_pause  (MusterdHost *host, const char *instance, gboolean paused, MusterdDone done,
                                gpointer user_data);
gboolean   musterd_host_answer (MusterdHost *host, const char *instance, const char *user, const char *id,
                                const char *answer, GError **error);
/* Restores everything the sink holds, then leaves it paused; `done` when it has. */
void       musterd_host_drain  (MusterdHost *host, const char *instance, MusterdDone done, gpointer user_data);

/* Secrets. What is told of them is never their value. */
typedef struct
{
  char *name, *instance, *option;
} MusterdSecretUse;

typedef struct
{
  MusterdSecretList *list;
  GPtrArray         *uses; /* MusterdSecretUse: what the options of instances refer to, there or not */
} MusterdSecretReport;

/* Takes the report, NULL with an error. */
typedef void (*MusterdSecretListFunc) (MusterdSecretReport *report, const GError *error, gpointer user_data);
typedef struct
{
  MusterdSecretPlace place;       /* where it is now */
  gboolean           ring_locked; /* the default key ring may have another one of that name: it was not looked into */
  GPtrArray         *restarted;   /* char *: the instances that were started anew, since they refer to it */
} MusterdSecretChange;

typedef void (*MusterdSecretSetFunc) (const MusterdSecretChange *change, const GError *error, gpointer user_data);

void       musterd_secret_report_free (MusterdSecretReport *report);
void       musterd_host_list_secrets  (MusterdHost *host, MusterdSecretListFunc func, gpointer user_data);
void       musterd_host_set_secret    (MusterdHost *host, const char *name, const char *secret,
                                       MusterdSecretSetFunc func, gpointer user_data);
void       musterd_host_remove_secret (MusterdHost *host, const char *name, MusterdSecretSetFunc func,
                                       gpointer user_data);

typedef struct
{
  MusterReportResult result;
  char              *subject, *text;
} MusterdReportLine;

typedef void (*MusterdReportFunc) (GPtrArray *lines, const GError *error, gpointer user_data); /* MusterdReportLine */
/* Asks the plugin to try its outside system; what the host itself knows comes first. 30 s at most. */
void       musterd_host_test   (MusterdHost *host, const char *instance, const char *user, MusterdReportFunc done,
                                gpointer user_data);

G_END_DECLS
