/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One instance as the engine's thread knows it, and what the files of the host share about it. Not for other rooms. */
#pragma once

#include "host/host.h"
#include "host/loader.h"
#include "host/log.h"
#include "host/members.h"
#include "host/run.h"
#include "host/selection.h"

G_BEGIN_DECLS

/* In whose name the host keeps records of its own. */
#define MUSTERD_OWN_INSTANCE "musterd"
#define MUSTERD_TROUBLES_MAX 1000
#define MUSTERD_ACTIONS_MAX 1000
#define MUSTERD_SECRET_PREFIX "secret:" /* of an option that refers to a secret */
#define MUSTERD_NOTES_MAX 256

/* Real time, so that tests can shorten it; what plugins and administrators can see is counted by the clock. */
typedef struct
{
  gint64 busy; /* away from its main loop for longer: not responding */
  gint64 stop; /* what a plugin gets to stop when the configuration changes */
  gint64 test; /* what a test gets */
  gint64 summary; /* log lines that were too many are summed up after */
} MusterdHostLimits;

typedef enum
{
  MUSTERD_PHASE_IDLE,     /* no run */
  MUSTERD_PHASE_STARTING, /* start was handed to the thread */
  MUSTERD_PHASE_WAITING,  /* start failed and is tried again */
  MUSTERD_PHASE_RUNNING,
  MUSTERD_PHASE_STOPPING, /* stop was handed to the thread */
  MUSTERD_PHASE_QUITTING  /* the plugin is done, the thread ends */
} MusterdPhase;

typedef enum
{
  MUSTERD_WANT_RUN,
  MUSTERD_WANT_DRAIN,  /* disabled or gone, but it still holds something: give that back, then end */
  MUSTERD_WANT_NOTHING,
  MUSTERD_WANT_FORGET
} MusterdWant;

typedef struct _MusterdInstance MusterdInstance;
typedef struct _MusterdIndex    MusterdIndex;
typedef struct _MusterdFollower MusterdFollower;
typedef struct _MusterdAssignments MusterdAssignments;

/* Ties what is asynchronous to one run of one instance: `instance` becomes NULL with the end of that run. */
typedef struct
{
  guint            refs;
  MusterdInstance *instance; /* nullable */
} MusterdLink;

/* The same for what belongs to no instance: `host` becomes NULL with the end of the host. */
typedef struct
{
  guint        refs;
  MusterdHost *host; /* nullable */
} MusterdHostLink;

struct _MusterdInstance
{
  MusterdHost                 *host;
  char                        *name;
  MusterdConfig               *owner;  /* keeps `config` */
  const MusterdInstanceConfig *config;
  MusterdWant                  want;
  gboolean                     gone;   /* not in the keyfile any more */
  gboolean                     failed; /* not started until the configuration changes */
  gboolean                     abandoned; /* a thread of an earlier run did not come back */

  const MusterdModule *module;    /* nullable: not opened */
  MusterdSelection    *selection; /* nullable: not started */

  /* As shown. */
  MusterdInstanceState state;
  char                *text; /* nullable */
  MusterdTime          since;
  gboolean             not_responding;

  /* The run. */
  MusterdPhase  phase;
  MusterdRun   *run;      /* nullable */
  MusterdLink  *link;     /* nullable; with the run */
  gboolean      retiring; /* this run was made to drain */
  gboolean      retired;  /* and has drained */
  guint         awaited;  /* MUSTERD_RUN_…: who has not said yet that it stopped */
  guint         early;    /* said so without being asked */
  GSource      *deadline, *patience; /* nullable; of stopping: by the clock, and in real time */
  MusterdTime   stop_at;
  GSource      *retry;    /* nullable */
  guint         attempts; /* starts that failed in a row */
  gboolean      health_said, twice_said;
  MusterHealth  health;
  char         *health_text; /* nullable */

  /* Users. */
  MusterdRecord *last_record; /* nullable: the last one handed back, where the next page begins */
  gboolean    list_due; /* its records were handed over, its users are not known yet */
  gboolean    feeding; /* changes of users are passed on */
  gboolean    listed;  /* the plugin knows all its users */
  MusterdMembers taken; /* what it was told of, while feeding */

  /* The sink. */
  MusterdSink *sink; /* nullable: not added, or closed */
  gboolean     paused;
  GArray      *held; /* guint64: deliveries that came while paused */
  GPtrArray   *drains; /* Job of drain.c */
  gboolean     drain_wanted, draining;

  GPtrArray    *reports; /* ReportJob */
  MusterdIndex *index;   /* of the kept records */
  GPtrArray    *actions, *notes, *troubles;
  MusterdLog    log;
  guint64       n_messages, n_refused;
  guint64       last_serial;
  GSource      *summary; /* nullable: nothing of the log was left out since the last one */
  guint64       n_starts;
};

struct _MusterdHost
{
  MusterdHostServices services;
  GMainContext  *context;
  MusterdLoader *loader;
  MusterdInbox  *inbox;
  MusterdConfig *config;    /* nullable: nothing applied yet */
  GPtrArray     *instances; /* MusterdInstance, in the keyfile's order, those gone from it last */
  GHashTable    *paused;    /* set of instance names */
  GPtrArray     *followers; /* MusterdFollower */
  GHashTable    *people;    /* id, in the person's user → MusterdPerson */
  MusterdAssignments *assignments; /* which calendar source has whom */
  GPtrArray     *declared;  /* MusterPluginDescriptor: whose user options the engine knows */
  gboolean       paused_known;
  MusterdHostLink *link;
  GSource       *watch;     /* looks for threads that do not come back */
  MusterdHostLimits limits;
  GRand         *rand;
  gboolean       stopping, abandoned;
  void         (*stopped) (gpointer user_data); /* nullable */
  gpointer       stopped_data;
};

/* host.c */
void             musterd_host_set_limits (MusterdHost *host, const MusterdHostLimits *limits);
MusterdInstance *musterd_host_find       (MusterdHost *host, const char *name);
/* Whether its thread still comes back. */
void             musterd_host_look_at    (MusterdInstance *instance);
/* Where nobody of that name is there: NOT_FOUND, naming those there are. */
MusterdInstance *musterd_host_require    (MusterdHost *host, const char *name, GError **error);
/* Calls `func` on the engine's thread, not before the caller has returned. */
void             musterd_host_later      (MusterdHost *host, GSourceFunc func, gpointer data, GDestroyNotify destroy);
/* `at` by the clock; the source dispatches until it is destroyed or `func` says so, and only when it is due. */
GSource         *musterd_host_timer      (MusterdHost *host, MusterdTime at, GSourceFunc func, gpointer data);
GSource         *musterd_host_timeout    (MusterdHost *host, gint64 interval, GSourceFunc func, gpointer data);
void             musterd_host_begin_watch (MusterdHost *host);
/* Nothing of the instance runs any more, or ever will. */
void             musterd_host_ended      (MusterdHost *host, MusterdInstance *instance);

MusterdHostLink *musterd_host_link_ref   (MusterdHostLink *link);
void             musterd_host_link_unref (MusterdHostLink *link);
MusterdLink     *musterd_link_ref   (MusterdLink *link);
void             musterd_link_unref (MusterdLink *link);

/* instance.c */
MusterdInstance *musterd_instance_new       (MusterdHost *host, const char *name);
void             musterd_instance_free      (MusterdInstance *instance); /* after its run */
void             musterd_instance_set_config (MusterdInstance *instance, MusterdConfig *owner,
                                              const MusterdInstanceConfig *config);
void             musterd_instance_set_state (MusterdInstance *instance, MusterdInstanceState state, const char *text);
/* The state that follows from phase and health. */
void             musterd_instance_show      (MusterdInstance *instance);
void             musterd_instance_show_stopped (MusterdInstance *instance);
/* What the host itself says, and no plugin can cause at will. */
void             musterd_instance_log       (MusterdInstance *instance, MusterLogLevel level, const char *format, ...)
    G_GNUC_PRINTF (3, 4);
/* The same for lines that a plugin can cause: too many are counted, and summed up a little later. */
void             musterd_instance_noise     (MusterdInstance *instance, MusterLogLevel level, const char *format, ...)
    G_GNUC_PRINTF (3, 4);
/* Any line; `fields` without the instance. */
void             musterd_instance_say       (MusterdInstance *instance, MusterdLogKind kind, MusterLogLevel level,
                                             MusterdLogFields fields, const char *text);
/* `n` lines of the plugin's own were left out before they came here. */
void             musterd_instance_left_out  (MusterdInstance *instance, guint n);
gboolean         musterd_instance_is_source (const MusterdInstance *instance);
gboolean         musterd_instance_is_sink   (const MusterdInstance *instance);
gboolean         musterd_instance_takes     (const MusterdInstance *instance, const MusterdUser *user);
MusterdInstanceInfo *musterd_instance_get_info (MusterdInstance *instance);

/* life.c: one run after the other. */
/* Makes what runs what is wanted. */
void     musterd_instance_settle (MusterdInstance *instance);
/* `timeout` for stopping, where that is needed. */
void     musterd_instance_stop   (MusterdInstance *instance, gint64 timeout);
/* A run from the beginning, also of one that had failed. FALSE: none is wanted. */
gboolean musterd_instance_restart (MusterdInstance *instance, const char *why);
/* Nothing is waited for: where something still runs, it is left to itself. */
void     musterd_instance_give_up (MusterdInstance *instance);
void     musterd_instance_on_item (MusterdItem *item, gpointer user_data);

/* verbs.c */
void     musterd_instance_on_message (MusterdInstance *instance, MusterMessage *message);

/* follow.c */
void     musterd_instance_tell_followers (MusterdInstance *instance); /* there is a line more */
void     musterd_instance_end_followers  (MusterdInstance *instance); /* it goes */

/* things.c: what administrators see of users, actions and notes. */
void     musterd_instance_user_state    (MusterdInstance *instance, const MusterMessage *message);
void     musterd_instance_note          (MusterdInstance *instance, const MusterMessage *message);
gboolean musterd_instance_action_needed (MusterdInstance *instance, const MusterMessage *message, GError **error);
void     musterd_instance_action_done   (MusterdInstance *instance, const char *user, const char *id);
gboolean musterd_instance_has_action    (MusterdInstance *instance, const char *user, const char *id);
void     musterd_instance_forget_said   (MusterdInstance *instance); /* troubles and actions, at a new start */
void     musterd_instance_forget_user   (MusterdInstance *instance, const char *user);
void     musterd_action_free  (MusterdAction *action);
void     musterd_note_free    (MusterdNote *note);
void     musterd_trouble_free (MusterdUserTrouble *trouble);

/* feed.c: records, then users, then deliveries. */
void     musterd_instance_feed        (MusterdInstance *instance);
void     musterd_instance_kept_taken  (MusterdInstance *instance);
void     musterd_instance_listed      (MusterdInstance *instance);
void     musterd_instance_add_sink    (MusterdInstance *instance); /* once everything it needs is there */
void     musterd_instance_close_sink  (MusterdInstance *instance);
void     musterd_instance_list_if_due (MusterdInstance *instance);
/* Tells the plugin what has changed of one user for it, be it that the user is its or not its any more. `before`
 * nullable: a new user. */
void     musterd_instance_see         (MusterdInstance *instance, const MusterdPerson *before, MusterdPerson *now);
void     musterd_instance_user_gone   (MusterdInstance *instance, const char *id);
guint    musterd_instance_get_n_users (MusterdInstance *instance);
void     musterd_instance_completed   (MusterdInstance *instance, const MusterMessage *message);

/* people.c */
void           musterd_host_begin_people (MusterdHost *host);
/* Not owned; NULL: no such user. */
MusterdPerson *musterd_host_get_person   (const MusterdHost *host, const char *id);
GPtrArray     *musterd_host_get_persons  (const MusterdHost *host); /* MusterdPerson */
/* Who takes the user may have changed. */
void           musterd_host_see          (MusterdHost *host, const char *id);

/* assign.c: which calendar source has whom. */
MusterdAssignments *musterd_assignments_new  (MusterdHost *host);
void                musterd_assignments_free (MusterdAssignments *assignments);
gboolean musterd_assign_is_ready (const MusterdHost *host); /* nobody is handed to anybody before */
void     musterd_assign_known    (MusterdHost *host); /* what was kept has been read */
/* Works out who is to be asked. TRUE: others have the user now; whoever calls it has the instances look at the user. */
gboolean musterd_assign_look     (MusterdHost *host, const MusterdPerson *person);
/* Of all users; `ask`: those who refused are asked again. */
void     musterd_assign_all      (MusterdHost *host, gboolean ask);
void     musterd_assign_forget   (MusterdHost *host, const char *user);
/* Whether the order of the user's settings lets the instance have the user. */
gboolean musterd_assign_allows   (const MusterdInstance *instance, const char *user, const MusterdSettings *settings);
/* The instance has the user no more: what it said goes, now or with the first calendar of another one. */
void     musterd_assign_let_go   (MusterdInstance *instance, const char *user);
void     musterd_assign_replaced (MusterdInstance *instance, const char *user); /* it has sent the calendar */
/* It answered not-here. FALSE: nobody had asked it. */
gboolean musterd_assign_refused  (MusterdInstance *instance, const char *user, const char *text);
/* Forgets that sources refused the user. FALSE: none did. */
gboolean musterd_assign_lapse    (MusterdHost *host, const char *user);
/* The same, and begins again with the first of the list. */
gboolean musterd_assign_ask      (MusterdHost *host, const char *user);
void     musterd_assign_ask_all_of (MusterdInstance *instance); /* all whom it refused */
guint    musterd_assign_get_n_refused (const MusterdInstance *instance);
/* MusterdUserTrouble "not-here" of users whom it refused, until there are `max`. */
void     musterd_assign_add_troubles (const MusterdInstance *instance, GPtrArray *troubles, guint max);

/* records.c and secret.c */
MusterdIndex *musterd_index_new    (void);
void          musterd_index_free   (MusterdIndex *index);
void          musterd_index_clear  (MusterdIndex *index);
/* FALSE: no room for another one. `user` nullable. */
gboolean      musterd_index_add    (MusterdIndex *index, const char *user, const char *key);
void          musterd_index_remove (MusterdIndex *index, const char *user, const char *key);
void          musterd_index_forget (MusterdIndex *index, const char *user);
void     musterd_instance_keep       (MusterdInstance *instance, const MusterMessage *message);
/* The answer to a verb with a serial; takes the secret and the error (MUSTER_ERROR, or MUSTERD_ERROR to be turned
 * into one). */
void     musterd_instance_answer     (MusterdInstance *instance, guint64 serial, char *secret, GError *error);
void     musterd_instance_secret_get (MusterdInstance *instance, const MusterMessage *message);
void     musterd_instance_secret_put (MusterdInstance *instance, const MusterMessage *message);
/* The NAME of the option's secret:NAME; NULL: not set. */
const char *musterd_instance_referred_secret (const MusterdInstanceConfig *config, const MusterOption *option);
/* The name in the secrets' store for what this instance calls `name`. */
char    *musterd_instance_secret_name (const MusterdInstanceConfig *config, const MusterPluginDescriptor *descriptor,
                                       const char *name);

/* report.c */
void     musterd_instance_report      (MusterdInstance *instance, const MusterMessage *message);
void     musterd_instance_report_done (MusterdInstance *instance, guint64 serial);
void     musterd_instance_end_reports (MusterdInstance *instance); /* the run is over */


/* drain.c */
void     musterd_host_load_paused     (MusterdHost *host);
void     musterd_instance_set_paused  (MusterdInstance *instance, gboolean paused);
void     musterd_instance_drain       (MusterdInstance *instance); /* at once, or when the users are listed */
void     musterd_instance_drained     (MusterdInstance *instance);
void     musterd_instance_end_drains  (MusterdInstance *instance, const char *why);

G_END_DECLS
