/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Secrets in the key ring of a desktop: the Secret Service on the session's bus. One question at a time, each with a
 * time limit of ours; never asks a person anything, and never starts a bus. Items carry the attributes
 * application=muster and name=NAME, so that other tools can put them there.
 *
 * On one thread, whose thread-default context must turn. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef enum
{
  MUSTERD_SERVICE_DONE,    /* found, stored, removed, listed */
  MUSTERD_SERVICE_MISSING, /* it was asked, and there is none; for a store: no unlocked key ring that takes it */
  MUSTERD_SERVICE_LOCKED,  /* there is such an item, in a locked key ring */
  MUSTERD_SERVICE_UNUSABLE, /* there is such an item, but it cannot be taken for a secret */
  MUSTERD_SERVICE_ABSENT,  /* no bus, or no such service on it */
  MUSTERD_SERVICE_SILENT,  /* no answer in time; for a while it is not asked again */
  MUSTERD_SERVICE_FAILED   /* it answered with an error, or the bus did */
} MusterdServiceOutcome;

typedef struct
{
  MusterdServiceOutcome outcome;
  const char *secret;      /* nullable; of get, DONE */
  GPtrArray  *names;       /* nullable; of list, DONE: char *, of what is not locked */
  gboolean    ring_locked; /* of MISSING, and of list: the default key ring is locked, so there may be more in it */
  const char *text;        /* nullable; of UNUSABLE, SILENT and FAILED: what happened */
} MusterdServiceAnswer;

typedef void (*MusterdServiceFunc) (const MusterdServiceAnswer *answer, gpointer user_data);

typedef struct _MusterdSecretService MusterdSecretService;

/* musterd_secrets_prepare() */
void                  musterd_secret_service_prepare (void);
/* `timeout` of one question, `pause` after one that was not answered; both in µs. */
MusterdSecretService *musterd_secret_service_new    (gint64 timeout, gint64 pause);
/* From now on nothing is asked; what is under way is given up after `timeout` µs at the latest. */
void                  musterd_secret_service_close  (MusterdSecretService *service, gint64 timeout);
/* TRUE while something of an earlier question may still come back. */
gboolean              musterd_secret_service_is_busy (MusterdSecretService *service);
void                  musterd_secret_service_free   (MusterdSecretService *service); /* not while it is busy */

/* `func` is called once, never from inside the call. */
void musterd_secret_service_get    (MusterdSecretService *service, const char *name, MusterdServiceFunc func,
                                    gpointer user_data);
void musterd_secret_service_put    (MusterdSecretService *service, const char *name, const char *secret,
                                    MusterdServiceFunc func, gpointer user_data);
void musterd_secret_service_remove (MusterdSecretService *service, const char *name, MusterdServiceFunc func,
                                    gpointer user_data);
void musterd_secret_service_list   (MusterdSecretService *service, MusterdServiceFunc func, gpointer user_data);

G_END_DECLS
