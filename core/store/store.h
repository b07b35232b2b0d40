/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The durable memory: one SQLite file in WAL mode, written by a thread of its own, so that no disk ever blocks the
 * engine. What is acknowledged to somebody is written with `durable` and answered from the callback; what sources can
 * say again is written behind. No history of presence is kept; there is no table for it. */
#pragma once

#include <gio/gio.h>

#include "model/facts.h"
#include "model/grants.h"
#include "model/histogram.h"
#include "model/token.h"

G_BEGIN_DECLS

typedef struct _MusterdStore MusterdStore;
typedef struct _MusterdBatch MusterdBatch; /* changes that belong together: all of them, or none */

/* Opens or creates DIR/muster.db (DIR is created with mode 0700), migrates an older schema forward, refuses a newer
 * one untouched, takes a lock so that two daemons never share it. Fails with MUSTERD_ERROR_UNAVAILABLE and a message
 * that names the file. */
MusterdStore *musterd_store_open  (const char *dir, GError **error);
/* Writes everything still waiting and ends the thread. Callbacks still due are called from here. */
void          musterd_store_close (MusterdStore *store);
/* Whether anything was in the file when it was opened. */
gboolean      musterd_store_is_new (MusterdStore *store);

/* Every row, once, at the start, before the first write, on the caller's thread. Rows of a user come after that user
 * was reported. Objects are the callee's (transfer full). Rows that this version cannot understand are skipped with a
 * warning that names them. */
typedef struct
{
  void (*user)   (gpointer data, MusterdUser *user);
  void (*choice) (gpointer data, const char *user, MusterdChoice *choice); /* until == NEVER: the standing one */
  void (*ignore) (gpointer data, const char *user, MusterdIgnore *ignore);
  void (*claim)  (gpointer data, const char *user, MusterdClaim *claim);
  void (*client) (gpointer data, const char *user, MusterdClient *client);
  void (*device) (gpointer data, const char *user, MusterdDevice *device);
  /* What the presence was when the daemon stopped, for `since`; `ended_by` (nullable): the source that said goodbye
   * for the last client. */
  void (*shown)  (gpointer data, const char *user, MusterdStatus status, const char *template_name, MusterdTime since,
                  const char *ended_by);
  /* What scopes say comes before all users. Templates come in their order within a scope. */
  void (*setting) (gpointer data, const char *scope, const char *block, const char *option, const char *value);
  void (*policy)  (gpointer data, const char *scope, const char *block, gboolean may_change);
  void (*tmpl)    (gpointer data, const char *scope, MusterdTemplate *tmpl);
  /* The grant is the caller's. */
  void (*grant)  (gpointer data, const char *owner, const MusterdGrant *grant);
} MusterdStoreReader;

gboolean musterd_store_load (MusterdStore *store, const MusterdStoreReader *reader, gpointer data, GError **error);

MusterdBatch *musterd_batch_new  (void);
void          musterd_batch_free (MusterdBatch *batch);
gboolean      musterd_batch_is_empty (MusterdBatch *batch);
void musterd_batch_put_user      (MusterdBatch *batch, MusterdUser *user);
/* And everything of theirs, records too, and what others grant them. */
void musterd_batch_remove_user   (MusterdBatch *batch, const char *user);
void musterd_batch_put_choice    (MusterdBatch *batch, const char *user, const MusterdChoice *choice);
void musterd_batch_remove_choice (MusterdBatch *batch, const char *user, gboolean timed);
void musterd_batch_put_ignore    (MusterdBatch *batch, const char *user, const MusterdIgnore *ignore);
void musterd_batch_remove_ignore (MusterdBatch *batch, const char *user, const char *source, const char *key);
void musterd_batch_put_claim     (MusterdBatch *batch, const char *user, MusterdClaim *claim); /* refs it */
void musterd_batch_remove_claim  (MusterdBatch *batch, const char *user, const char *source, const char *key);
void musterd_batch_put_client    (MusterdBatch *batch, const char *user, const MusterdClient *client);
void musterd_batch_remove_client (MusterdBatch *batch, const char *user, const char *source, const char *id);
void musterd_batch_put_device    (MusterdBatch *batch, const char *user, const MusterdDevice *device);
void musterd_batch_remove_device (MusterdBatch *batch, const char *user, const char *source, const char *id);
void musterd_batch_put_shown     (MusterdBatch *batch, const char *user, MusterdStatus status,
                                  const char *template_name, MusterdTime since, const char *ended_by);
void musterd_batch_drop_source   (MusterdBatch *batch, const char *source); /* its claims, clients and devices */
/* Records of the SDK's keep(): `user` nullable, `value` NULL forgets. */
void musterd_batch_put_record    (MusterdBatch *batch, const char *instance, const char *user, const char *key,
                                  GBytes *value);
/* A new one; `token->user` (where there is one) must be there. */
void musterd_batch_put_token     (MusterdBatch *batch, MusterdToken *token); /* refs it */
void musterd_batch_remove_token  (MusterdBatch *batch, const char *id);
/* `value` NULL: the scope says nothing of it any more. What a user's scope says goes with the user. */
void musterd_batch_put_setting   (MusterdBatch *batch, const char *scope, const char *block, const char *option,
                                  const char *value);
/* `policy`: 1 users may change it, -1 they cannot, 0 the scope says nothing of it any more. */
void musterd_batch_put_policy    (MusterdBatch *batch, const char *scope, const char *block, int policy);
void musterd_batch_put_template  (MusterdBatch *batch, const char *scope, guint position, const MusterdTemplate *tmpl);
void musterd_batch_remove_template (MusterdBatch *batch, const char *id);
/* The templates that every house begins with have been put. */
void musterd_batch_mark_defaults (MusterdBatch *batch);
/* Of the owner's entries the one for this viewer by this side. */
void musterd_batch_put_grant     (MusterdBatch *batch, const char *owner, const MusterdGrant *grant);
void musterd_batch_remove_grant  (MusterdBatch *batch, const char *owner, const MusterdGrant *grant);
/* What somebody else (`by`) did in this user's name; and to forget those before a moment, so many at a time. */
#define MUSTERD_DELEGATIONS_FORGET_MAX 1000
void musterd_batch_add_delegation     (MusterdBatch *batch, const char *user, MusterdTime time, const char *by,
                                       const char *what);
void musterd_batch_forget_delegations (MusterdBatch *batch, MusterdTime before);
/* The highest revision that may have been given out. */
void musterd_batch_put_revision  (MusterdBatch *batch, guint64 revision);
gboolean musterd_store_has_defaults (MusterdStore *store); /* as of the opening: see musterd_batch_mark_defaults() */
guint64 musterd_store_get_revision (MusterdStore *store); /* as of the opening */

/* Called on the thread-default context of the caller of write. `error`: nothing of the batch is on disk. UNAVAILABLE:
 * the disk's trouble, the same may succeed later; NOT_FOUND: a choice, an ignore, a record, a grant, a token or a
 * delegation of a user who is not there (a claim, client, device or shown row of nobody is left out without an error);
 * INVALID: a record out of bounds, or a token that there is already. */
typedef void (*MusterdStoreDone) (const GError *error, gpointer user_data);

/* Takes the batch. Batches are committed in the order of the calls. `durable`: on disk (fsync) before `done`; many
 * that wait share one commit. `done` is nullable. */
void musterd_store_write (MusterdStore *store, MusterdBatch *batch, gboolean durable, MusterdStoreDone done,
                          gpointer user_data);
/* Counted since the store was opened. */
typedef struct
{
  guint64  commits, syncs;  /* transactions written; those of them that waited for the disk */
  guint64  failures;        /* transactions that the disk did not take */
  guint64  lost;            /* batches that were to be written behind, and were given up */
  gboolean failing;         /* the last transaction failed, or what comes is refused because too much waits */
  guint    backlog_batches; /* that wait to be written */
  gsize    backlog_bytes;
  MusterdHistogram durations; /* of the transactions written */
} MusterdStoreFigures;

void musterd_store_get_figures (MusterdStore *store, MusterdStoreFigures *figures);
/* Bytes and batches that wait to be written, for back-pressure. */
void musterd_store_get_backlog (MusterdStore *store, guint *n_batches, gsize *bytes);

typedef struct
{
  char   *user; /* nullable */
  char   *key;
  GBytes *value;
} MusterdRecord;

void musterd_record_free (MusterdRecord *record);
/* One page of an instance's records after `after` (nullable: from the start), in a fixed order: GPtrArray of
 * MusterdRecord, empty at the end. Asynchronous, on the store's thread. */
void       musterd_store_records_async  (MusterdStore *store, const char *instance, const MusterdRecord *after,
                                         guint limit, GAsyncReadyCallback callback, gpointer user_data);
GPtrArray *musterd_store_records_finish (MusterdStore *store, GAsyncResult *result, GError **error);
/* Instances that have records whose key begins with `prefix`, with their count (GUINT_TO_POINTER): who still holds
 * phones. */
GHashTable *musterd_store_count_records (MusterdStore *store, const char *prefix, GError **error);

#define MUSTERD_DELEGATIONS_PAGE_MAX 500

typedef struct
{
  guint64     serial; /* grows with each one */
  char       *user;
  MusterdTime time;
  char       *by, *what;
} MusterdDelegation;

void       musterd_delegation_free (MusterdDelegation *delegation);
/* A page of what was done from `since` on in the name of `user` (nullable: of everybody), with a serial after `after`:
 * MusterdDelegation, oldest first, at most `limit` and MUSTERD_DELEGATIONS_PAGE_MAX. Asynchronous, on the store's
 * thread. */
void       musterd_store_delegations_async  (MusterdStore *store, const char *user, MusterdTime since, guint64 after,
                                             guint limit, GAsyncReadyCallback callback, gpointer user_data);
GPtrArray *musterd_store_delegations_finish (MusterdStore *store, GAsyncResult *result, GError **error);

/* Every token and sign-in link, on the caller's thread: MusterdToken, in no order that matters. Rows that this version
 * cannot understand are skipped with a warning. */
GPtrArray *musterd_store_load_tokens (MusterdStore *store, GError **error);

/* A consistent copy of the file while work goes on, written to `path` (which must not exist; mode 0600). */
void     musterd_store_backup_async  (MusterdStore *store, const char *path, GAsyncReadyCallback callback,
                                      gpointer user_data);
gboolean musterd_store_backup_finish (MusterdStore *store, GAsyncResult *result, GError **error);
/* Checks that `path` is a whole Muster store of a schema this version reads; then moves it to DIR/muster.db.restore
 * (or copies), durably. The next musterd_store_open() puts it in place, keeping the old file as
 * muster.db.before-restore. */
void     musterd_store_restore_async  (MusterdStore *store, const char *path, GAsyncReadyCallback callback,
                                       gpointer user_data);
gboolean musterd_store_restore_finish (MusterdStore *store, GAsyncResult *result, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MusterdBatch, musterd_batch_free)

G_END_DECLS
