/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ledger of all users and what makes it move: takes in claims, choices and users, resolves each user again at its
 * next moment, and tells listeners once per turn what came out.
 *
 * Everything here is called on one thread, the one whose thread-default context was current at musterd_engine_new();
 * callbacks come there too, never before the function returns (why and settle apart, which tell listeners first). */
#pragma once

#include "engine/clock.h"
#include "model/error.h"
#include "model/histogram.h"
#include "model/relation.h"
#include "model/resolve.h"
#include "store/store.h"

G_BEGIN_DECLS

typedef struct _MusterdEngine MusterdEngine;

/* `store` is nullable (tests without a disk). Loads the store. `settings` is nullable: as the scopes of the store say,
 * else what holds for everybody, whatever they say (tests). */
MusterdEngine *musterd_engine_new  (MusterdClock *clock, MusterdStore *store, MusterdSettings *settings,
                                    GError **error);
/* Hands everything still unwritten to the store. */
void           musterd_engine_free (MusterdEngine *engine);
MusterdTime    musterd_engine_now  (MusterdEngine *engine);
/* Resolves what waits, now rather than at the end of this turn of the main loop. */
void           musterd_engine_settle (MusterdEngine *engine);
/* Writes behind, now. */
void           musterd_engine_flush  (MusterdEngine *engine);

/* What one turn brought to one user. `before` is NULL for a new user, `after` for a removed one; both are the same
 * object where something was looked at and nothing came of it. */
typedef struct
{
  MusterdUser     *user; /* as it is now, or was */
  MusterdPresence *before, *after;
} MusterdChange;

typedef void (*MusterdChangedFunc) (const MusterdChange *changes, gsize n_changes, gpointer user_data);
/* Users added or changed (their data, not their presence), and removed. */
typedef void (*MusterdUsersFunc)   (MusterdUser *const *changed, gsize n_changed, const char *const *removed,
                                    gsize n_removed, gpointer user_data);

void musterd_engine_listen (MusterdEngine *engine, MusterdChangedFunc changed, MusterdUsersFunc users,
                            gpointer user_data);
/* What decides who sees these users, and how much, is another: their settings, or what they grant. It is not called for
 * users whose data changes too, or who are new. */
typedef void (*MusterdAccessFunc)  (const MusterdAccess *access, gsize n, gpointer user_data);

void musterd_engine_listen_access (MusterdEngine *engine, MusterdAccessFunc access, gpointer user_data);
void musterd_engine_unlisten (MusterdEngine *engine, gpointer user_data);

/* Reading. */
guint            musterd_engine_get_n_users   (MusterdEngine *engine);
MusterdUser     *musterd_engine_get_user      (MusterdEngine *engine, const char *id);  /* not owned; NULL: none */
MusterdPresence *musterd_engine_get_presence  (MusterdEngine *engine, const char *id);  /* not owned; NULL: none */
/* What holds for this user; not owned; NULL: no such user. */
MusterdSettings *musterd_engine_get_settings  (MusterdEngine *engine, const char *id);
/* What this user grants; not owned; NULL: nothing, or no such user. */
MusterdGrants   *musterd_engine_get_grants   (MusterdEngine *engine, const char *id);
void             musterd_engine_foreach_user  (MusterdEngine *engine,
                                               void (*func) (MusterdUser *user, MusterdPresence *presence,
                                                             gpointer user_data),
                                               gpointer user_data);
/* Copies of all clients of a user (MusterdClient, owned), lost ones too; NULL with NOT_FOUND: no such user. */
GPtrArray       *musterd_engine_get_clients   (MusterdEngine *engine, const char *id, GError **error);
/* A copy of one of them; NULL: there is none. */
MusterdClient   *musterd_engine_dup_client    (MusterdEngine *engine, const char *source, const char *id,
                                               const char *client);
/* What a sink that is also the source `without` should show; transfer full, NULL: no such user. */
MusterdPresence *musterd_engine_resolve_without (MusterdEngine *engine, const char *id, const char *without);
/* Drawn for each change that listeners are told, before they are told: of a presence, of a user's data, of who sees them, a removal. What
 * has been drawn is never drawn again, also after a restart with the same store. */
guint64          musterd_engine_get_revision  (MusterdEngine *engine);

typedef struct
{
  char *source;
  guint n_claims[MUSTERD_N_CLAIM_KINDS]; /* that stand, of all users */
} MusterdSourceFigures;

/* Counted since the start of the engine. */
typedef struct
{
  guint            n_users;
  guint64          n_changes; /* of presences; somebody's first presence is none */
  MusterdHistogram lateness;  /* from the moment a user's presence was to change, or something was to lapse, until it
                               * was resolved */
  GArray          *sources;   /* MusterdSourceFigures */
} MusterdEngineFigures;

/* The cost does not depend on how many users and claims there are. */
void musterd_engine_get_figures   (MusterdEngine *engine, MusterdEngineFigures *figures);
void musterd_engine_figures_clear (MusterdEngineFigures *figures);

typedef struct
{
  MusterdPresence *presence;
  MusterdChoice   *standing, *timed; /* nullable */
  MusterdTime      standing_ends;    /* by choice-ends; NEVER */
  MusterdClientState client;
  GPtrArray       *claims;           /* MusterdVerdict, in order of time */
  GPtrArray       *devices;          /* MusterdDevice copies */
  GPtrArray       *clients;          /* MusterdClient copies */
  MusterdTime      now;              /* of which all this is true */
  MusterdTime      next_change;      /* NEVER: none known */
  MusterdSettings *settings;         /* keeps the verdicts' names alive */
} MusterdWhy;

MusterdWhy *musterd_engine_why (MusterdEngine *engine, const char *id, GError **error);
void        musterd_why_free   (MusterdWhy *why);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MusterdWhy, musterd_why_free)

/* Commands of people: durable, then in force, then `done`. `error` has a code of MUSTERD_ERROR and nothing changed. */
typedef void (*MusterdDone) (const GError *error, gpointer user_data);

typedef enum
{
  MUSTERD_PUT_ANY,
  MUSTERD_PUT_NEW,     /* CONFLICT if there is one */
  MUSTERD_PUT_EXISTING /* NOT_FOUND if there is none */
} MusterdPut;

/* Writes something durably that changes nothing: whether the store can be written. There must be one. */
void musterd_engine_try_store   (MusterdEngine *engine, MusterdDone done, gpointer user_data);
/* All of them or none. */
void musterd_engine_put_users   (MusterdEngine *engine, MusterdUser *const *users, gsize n_users, MusterdPut how,
                                 MusterdDone done, gpointer user_data);
void musterd_engine_remove_user (MusterdEngine *engine, const char *id, MusterdDone done, gpointer user_data);
/* Puts the first, removes the second (MusterdUser, all of them or none), where there are exactly `known` (the engine's
 * own objects, as listeners were told them) when it is its turn; else CONFLICT: what was reckoned from them does not
 * hold. Nobody is in both `users` and `removed`. */
void musterd_engine_sync_users  (MusterdEngine *engine, GPtrArray *users, GPtrArray *removed, GPtrArray *known,
                                 MusterdDone done, gpointer user_data);
/* `tmpl` (nullable): a template's name or role; NOT_FOUND, naming those there are, if there is none (musterctl then
 * tries the word as a status). Without it `status` is chosen alone, and forwarding stays as it would be. `text` and
 * `by` nullable; `until` NEVER = standing, else in the future. */
void musterd_engine_choose      (MusterdEngine *engine, const char *id, const char *tmpl, MusterdStatus status,
                                 const char *text, MusterdTime until, const char *by, MusterdDone done,
                                 gpointer user_data);
void musterd_engine_automatic   (MusterdEngine *engine, const char *id, const char *by, MusterdDone done,
                                 gpointer user_data);
/* `claim`: a key, "source/key", or the short id. */
void musterd_engine_ignore      (MusterdEngine *engine, const char *id, const char *claim, const char *by,
                                 MusterdDone done, gpointer user_data);
/* What others do in a user's name, which is where `by` is not NULL above, is kept with the change, for so long: µs, 90
 * days unless said otherwise. */
void        musterd_engine_set_delegations_kept  (MusterdEngine *engine, gint64 kept);
/* What was done before this moment is not to be shown any more. */
MusterdTime musterd_engine_get_delegations_since (MusterdEngine *engine);

/* Puts what `owner` grants a viewer, by their own word or by an administrator's, in the place of what the same side has
 * said of the same viewer, or takes it away again. NOT_FOUND: there is no such owner, no such user to be a viewer, or
 * nothing to take away; FORBIDDEN: the owner's settings do not let them say so (the error names the setting); LIMIT: the
 * owner has too many. */
void musterd_engine_grant       (MusterdEngine *engine, const char *owner, const MusterdGrant *grant, const char *by,
                                 MusterdDone done, gpointer user_data);
void musterd_engine_revoke      (MusterdEngine *engine, const char *owner, const MusterdGrant *grant, const char *by,
                                 MusterdDone done, gpointer user_data);

/* Verbs of sources. `source` is the instance. Each fails with MUSTERD_ERROR (NOT_FOUND: unknown user; INVALID; LIMIT)
 * and then changes nothing. */
gboolean musterd_engine_claim_put      (MusterdEngine *engine, const char *user, MusterdClaim *claim, GError **error);
gboolean musterd_engine_claim_drop     (MusterdEngine *engine, const char *source, const char *user, const char *key,
                                        GError **error);
gboolean musterd_engine_claims_replace (MusterdEngine *engine, const char *source, const char *user, const char *set,
                                        MusterdTime from, MusterdTime until, MusterdClaim *const *claims,
                                        gsize n_claims, GError **error);
gboolean musterd_engine_telephony      (MusterdEngine *engine, const char *source, const char *user,
                                        const char *device, MusterdTelephony state, const char *label, gint64 lease,
                                        GError **error);
/* `since`: ACTIVE: in use since; IDLE, LOCKED: the last activity; 0, or to come: now, or as before where the state goes
 * on. `lease` 0: the longest. */
gboolean musterd_engine_client         (MusterdEngine *engine, const char *source, const char *user,
                                        const char *client, MusterdClientState state, MusterdTime since, gint64 lease,
                                        GError **error);

/* The life of a source: begin at each start of the instance; online at each ONLINE (the first after begin drops the
 * leased things not put again); lost when it stops, fails or reports OFFLINE; drop when it is no longer configured. */
void musterd_engine_source_begin  (MusterdEngine *engine, const char *source);
void musterd_engine_source_online (MusterdEngine *engine, const char *source);
void musterd_engine_source_lost   (MusterdEngine *engine, const char *source);
void musterd_engine_source_drop   (MusterdEngine *engine, const char *source);
/* One user is not the source's any more: what it said of them goes. */
void musterd_engine_source_drop_user (MusterdEngine *engine, const char *source, const char *user);
gboolean musterd_engine_source_has_claims (MusterdEngine *engine, const char *source, const char *user);
/* Sources that left something in the store but are not in `configured` (NULL-terminated) are dropped, but for
 * MUSTERD_SOURCE_CLIENTS: its desktops need no instance, and end with their leases. */
void musterd_engine_source_retain (MusterdEngine *engine, const char *const *configured);
/* One user's trouble with one source: ok = FALSE marks that user stale. */
void musterd_engine_user_state    (MusterdEngine *engine, const char *source, const char *user, gboolean ok);

G_END_DECLS
