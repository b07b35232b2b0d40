/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What waits for an instance's thread. Not a history but what is still to be said: users by id, one delivery per user,
 * one "sync all" however often it was asked for; so it stays small while the plugin is slow, or hangs. The thread takes
 * one piece of work at a time, so that a plugin's own sources have their turn in between. */
#pragma once

#include "host/person.h"
#include "model/presence.h"
#include "muster/muster-host.h"
#include "store/store.h"

G_BEGIN_DECLS

#define MUSTERD_USERS_BATCH 500
#define MUSTERD_SYNCS_MAX 1000   /* single users; beyond, all are synced */
#define MUSTERD_ASKED_MAX 100    /* answers of people and tests that wait */
#define MUSTERD_ANSWERS_MAX 10000

typedef enum
{
  MUSTERD_WORK_NONE,
  MUSTERD_WORK_START,
  MUSTERD_WORK_STOP,    /* deadline */
  MUSTERD_WORK_ANSWER,  /* serial, secret, error */
  MUSTERD_WORK_KEPT,    /* records */
  MUSTERD_WORK_USERS,   /* changed, removed, complete */
  MUSTERD_WORK_DRAIN,
  MUSTERD_WORK_ACTION,  /* user_id, id, answer */
  MUSTERD_WORK_TEST,    /* serial, person */
  MUSTERD_WORK_SYNC,    /* user_id */
  MUSTERD_WORK_APPLY    /* person, presence, serial */
} MusterdWorkKind;

typedef struct
{
  MusterdWorkKind  kind;
  guint64          serial;
  gint64           deadline;
  char            *secret;   /* nullable; wiped */
  GError          *error;    /* nullable */
  GPtrArray       *records;  /* nullable; MusterdRecord */
  GPtrArray       *changed;  /* nullable; MusterdPerson */
  GPtrArray       *removed;  /* nullable; char * */
  gboolean         complete;
  MusterdPerson   *person;   /* nullable */
  MusterdPresence *presence; /* nullable */
  char            *user_id, *id, *answer; /* nullable */
} MusterdWork;

void musterd_work_clear (MusterdWork *work);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (MusterdWork, musterd_work_clear)

typedef struct _MusterdOutbox MusterdOutbox;

/* `source` is woken (by its ready time) while there is work; a reference is taken. */
MusterdOutbox *musterd_outbox_new  (GSource *source);
void           musterd_outbox_free (MusterdOutbox *outbox);
/* On the instance's thread. FALSE: nothing to do now. */
gboolean       musterd_outbox_take (MusterdOutbox *outbox, MusterdWork *work);

/* On the engine's thread. */
void     musterd_outbox_start  (MusterdOutbox *outbox);
/* Drops whatever waits but answers. */
void     musterd_outbox_stop   (MusterdOutbox *outbox, gint64 deadline);
/* Drops everything; nothing is taken any more. */
void     musterd_outbox_close  (MusterdOutbox *outbox);
/* FALSE: too many wait already. Takes the secret and the error. */
gboolean musterd_outbox_answer (MusterdOutbox *outbox, guint64 serial, char *secret, GError *error);
/* One page of records, owned by the outbox from now on. */
void     musterd_outbox_kept     (MusterdOutbox *outbox, GPtrArray *records);
/* There are no more records: users may follow. `persons`: all there are (MusterdPerson), may be empty. */
void     musterd_outbox_list     (MusterdOutbox *outbox, GPtrArray *persons);
void     musterd_outbox_change   (MusterdOutbox *outbox, MusterdPerson *person);
void     musterd_outbox_remove   (MusterdOutbox *outbox, const char *user);
void     musterd_outbox_drain    (MusterdOutbox *outbox);
void     musterd_outbox_sync     (MusterdOutbox *outbox, const char *user); /* nullable: all */
gboolean musterd_outbox_action   (MusterdOutbox *outbox, const char *user, const char *id, const char *answer);
gboolean musterd_outbox_test     (MusterdOutbox *outbox, guint64 serial, MusterdPerson *person); /* nullable */
void     musterd_outbox_apply    (MusterdOutbox *outbox, MusterdPerson *person, MusterdPresence *presence,
                                  guint64 delivery);
/* Takes back what was not handed over yet; an array of guint64 deliveries. */
GArray  *musterd_outbox_take_back (MusterdOutbox *outbox);

G_END_DECLS
