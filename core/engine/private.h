/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the engine share. Not for other rooms. */
#pragma once

#include "engine/engine.h"
#include "engine/heap.h"
#include "settings/compose.h"

G_BEGIN_DECLS

/* Ended claims are kept this long, so that why can still speak of them. */
#define MUSTERD_ENDED_KEPT MUSTERD_DAY

typedef struct _MusterdCommand MusterdCommand;

/* One user in the ledger. */
typedef struct
{
  MusterdHeapNode  node; /* first: the heap hands it back */
  MusterdFacts     facts;
  MusterdSettings *settings; /* those of this user */
  MusterdGrants   *grants;   /* nullable: what they grant others */
  MusterdPresence *presence; /* nullable: not resolved yet */
  MusterdTime      next_change; /* of the presence; the node wakes for what lapses unseen, too */
  guint            dirty : 1;       /* in engine->dirty */
  guint            touched : 1;     /* and not only because a moment has come that was known before */
  guint            leaving : 1;     /* being removed: nothing of it is written any more */
  /* What was shown when the daemon stopped, until the first resolution. */
  MusterdStatus    stored_status : 8;
  char            *stored_template; /* nullable, interned */
  MusterdTime      stored_since;    /* NEVER: nothing stored */
  char            *ended_by; /* nullable: the source that said goodbye for the last client; with facts.client_ended */
  GQueue           commands;        /* MusterdCommand: the first is on its way to the disk, the others wait for it */
} MusterdEntry;

/* What is known of an instance as a source. */
typedef struct
{
  guint32     run;    /* counts its starts; things put before the present one have another */
  gboolean    online_once; /* in this run */
  MusterdTime lost;   /* since; NEVER = not lost */
  gboolean    is_calendar; /* has ever spoken of appointments or absences */
  GHashTable *users;    /* MusterdEntry: of whom it has spoken since the daemon's start, or left something before it */
  guint       n_claims[MUSTERD_N_CLAIM_KINDS]; /* that stand, of all users */
  GHashTable *troubled; /* nullable; user id → MusterdTime *: this user's calendar is not what it should be since */
} MusterdSourceState;

typedef struct _MusterdPending MusterdPending;

struct _MusterdEngine
{
  MusterdClock    *clock;
  MusterdStore    *store; /* nullable */
  MusterdSettings *settings; /* nullable; tests: what holds for everybody as long as no scope is changed */
  MusterdBlocks   *blocks;
  GHashTable      *scopes;   /* id → MusterdSettingScope: those that say anything */
  GHashTable      *composed; /* location and group → MusterdSettings: of those who have nothing of their own */
  GMainContext    *context;
  GHashTable      *entries; /* user id, in the entry's user → MusterdEntry */
  GHashTable      *sources; /* instance → MusterdSourceState */
  GHashTable      *granted; /* user id → set of MusterdEntry: who grants this user something by name */
  guint            n_lost, n_troubled; /* over all sources, so that the usual case costs nothing */
  MusterdHeap     *heap;
  GSource         *timer;       /* at the first of the heap */
  GSource         *settle;      /* ready when something is dirty */
  GPtrArray       *dirty;       /* MusterdEntry, not owned */
  GArray          *removed;     /* MusterdChange of removed users, for the next settling */
  GPtrArray       *listeners;
  guint64          revision, revision_reserved;
  MusterdTime      last_now;
  guint64          n_changes; /* of presences, since the start */
  MusterdHistogram lateness;  /* how late after their moment users were resolved */
  MusterdPending  *pending;     /* write-behind */
  GQueue           user_commands; /* as MusterdEntry.commands, for changes of the user table */
  GHashTable      *commands;      /* MusterdCommand: all that live, not owned */
  gint64           delegations_kept; /* µs */
  GSource         *forgetting;       /* nullable: older ones */
};

/* engine.c */
MusterdEntry *musterd_engine_find    (MusterdEngine *engine, const char *user);
MusterdEntry *musterd_engine_require (MusterdEngine *engine, const char *user, GError **error);
MusterdEntry *musterd_engine_add     (MusterdEngine *engine, MusterdUser *user);
void          musterd_engine_set_user (MusterdEngine *engine, MusterdEntry *entry, MusterdUser *user); /* new data */
void          musterd_engine_take    (MusterdEngine *engine, MusterdEntry *entry); /* out, and frees it */
void          musterd_engine_touch   (MusterdEngine *engine, MusterdEntry *entry);
void          musterd_engine_tell_users (MusterdEngine *engine, MusterdUser *const *changed, gsize n_changed,
                                         const char *const *removed, gsize n_removed);

void          musterd_engine_set_ended (MusterdEntry *entry, const char *source); /* NULL: nobody said goodbye */

/* scopes.c */
MusterdSettings *musterd_engine_compose      (MusterdEngine *engine, const MusterdUser *user); /* transfer full */
void             musterd_engine_take_settings (MusterdEngine *engine, MusterdEntry *entry); /* anew, where they changed */
/* The scopes of a user; one in `changed` (nullable; id → MusterdSettingScope) instead of the present one. */
void             musterd_engine_scopes_of    (MusterdEngine *engine, const MusterdUser *user, GHashTable *changed,
                                              MusterdScopes *scopes);
void             musterd_engine_put_scopes   (MusterdEngine *engine, GHashTable *scopes); /* in force, and tells */
void             musterd_engine_drop_scope   (MusterdEngine *engine, const char *user); /* a user's, who is gone */
void             musterd_engine_load_setting (gpointer data, const char *scope, const char *block, const char *option,
                                              const char *value);
void             musterd_engine_load_policy  (gpointer data, const char *scope, const char *block, gboolean may_change);
void             musterd_engine_load_template (gpointer data, const char *scope, MusterdTemplate *tmpl);
/* The templates that every house begins with, once. */
void             musterd_engine_make_defaults (MusterdEngine *engine);

/* grants.c */
void musterd_engine_set_grants   (MusterdEngine *engine, MusterdEntry *entry, MusterdGrants *grants); /* takes them */
/* Nobody grants this user anything any more, nor they anybody; tells of those others. */
void musterd_engine_drop_granted (MusterdEngine *engine, MusterdEntry *viewer);

/* settle.c */
/* After the settings or the grants of these have changed, where nothing else is told of them. */
void musterd_engine_tell_access (MusterdEngine *engine, MusterdEntry *const *entries, gsize n);
GArray  *musterd_changes_new (void);
void     musterd_engine_reserve_revisions (MusterdEngine *engine); /* where few are left */
void     musterd_engine_settle_all (MusterdEngine *engine); /* dirty ones and those that are due; tells */
gboolean musterd_engine_on_due     (gpointer data);
void     musterd_engine_arm        (MusterdEngine *engine);

/* rewind.c: before last_now is moved. */
void     musterd_engine_rewind     (MusterdEngine *engine, MusterdEntry *entry, MusterdTime now);

/* sources.c */
MusterdSourceState *musterd_engine_source      (MusterdEngine *engine, const char *source); /* made when new */
void                musterd_source_state_free  (MusterdSourceState *source);
void                musterd_engine_source_speaks (MusterdEngine *engine, const char *source, MusterdEntry *entry,
                                                  gboolean calendar);
MusterdTime         musterd_engine_stale_since (MusterdEngine *engine, const MusterdEntry *entry);

/* door.c: what of a claim may come in. Changes the claim; FALSE with MUSTERD_ERROR_INVALID. */
/* The subject of a private entry is nobody's business, and where subjects are not shown nobody needs them: thrown away.
 * TRUE if there was one. */
gboolean musterd_door_strip (MusterdClaim *claim, const MusterdSettings *settings);
gboolean musterd_door_check (MusterdClaim *claim, const MusterdSettings *settings, MusterdTime now, GError **error);
gboolean musterd_door_check_words (const char *what, const char *text, gsize max, gboolean required, GError **error);

/* figures.c: every claim that comes in, with the one it replaced (nullable), and every one that goes otherwise. */
void musterd_engine_count_put  (MusterdEngine *engine, const MusterdClaim *old, const MusterdClaim *claim);
void musterd_engine_count_gone (MusterdEngine *engine, const MusterdClaim *claim);

/* commands.c */
void musterd_command_end_standing (MusterdEngine *engine, MusterdEntry *entry);
void musterd_command_expire       (MusterdEngine *engine, MusterdEntry *entry);
void musterd_commands_clear       (GQueue *commands); /* answers those that have not begun */
void musterd_commands_orphan      (MusterdEngine *engine); /* those under way end without the engine */

/* delegations.c */
void musterd_delegations_begin (MusterdEngine *engine);
void musterd_delegations_end   (MusterdEngine *engine);

/* pending.c: write-behind, the latest state of each thing only. */
MusterdPending *musterd_pending_new   (MusterdStore *store, GMainContext *context);
void            musterd_pending_free  (MusterdPending *pending); /* after a flush */
void            musterd_pending_flush (MusterdPending *pending);
void            musterd_pending_forget_user (MusterdPending *pending, const char *user);
void            musterd_pending_drop_source (MusterdPending *pending, const char *source);
/* It was ignored anew: a removal that still waits would come after. */
void            musterd_pending_keep_ignore (MusterdPending *pending, const char *user, const char *source,
                                             const char *key);
void            musterd_pending_put_claim   (MusterdPending *pending, MusterdEntry *entry, MusterdClaim *claim);
void            musterd_pending_drop_claim  (MusterdPending *pending, MusterdEntry *entry, const MusterdClaim *claim);
void            musterd_pending_client      (MusterdPending *pending, MusterdEntry *entry, const char *source,
                                             const char *id, const MusterdClient *client); /* NULL: gone */
void            musterd_pending_device      (MusterdPending *pending, MusterdEntry *entry, const char *source,
                                             const char *id, const MusterdDevice *device); /* NULL: gone */
void            musterd_pending_ignore      (MusterdPending *pending, MusterdEntry *entry, const MusterdIgnore *ignore);
void            musterd_pending_ignore_gone (MusterdPending *pending, MusterdEntry *entry, const char *source,
                                             const char *key);
void            musterd_pending_everything  (MusterdPending *pending, MusterdEntry *entry);
void            musterd_pending_shown       (MusterdPending *pending, MusterdEntry *entry);

G_END_DECLS
