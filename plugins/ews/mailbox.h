/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One mailbox that is polled: what is known of it, what has to be asked next, and when. One question at a time. */
#pragma once

#include "client.h"
#include "request.h"

G_BEGIN_DECLS

typedef struct _EwsMailbox EwsMailbox;

typedef void (*EwsMailboxFunc) (EwsMailbox *mailbox, gpointer user_data);

/* What all mailboxes of an instance have in common; outlives them. */
typedef struct
{
  MusterContext *ctx;
  EwsClient *client;
  gboolean impersonates;
  gint64 interval, absence_interval, refresh, quiet; /* µs */
  char *web;                                         /* nullable: what relative links belong to */
  EwsMailboxFunc on_changed; /* it is due at another time, or does better or worse; never from within a call */
  gpointer user_data;
} EwsMailboxSettings;

EwsMailbox *ews_mailbox_new (const EwsMailboxSettings *settings, MusterUser *user);
/* The user has changed. */
void ews_mailbox_set_user (EwsMailbox *mailbox, MusterUser *user);
/* What was kept of it before the start of the instance; what does not fit is ignored. */
void ews_mailbox_restore (EwsMailbox *mailbox, GBytes *record);
/* The user is not ours any more: ends the subscription. Freed at once, or when the answer under way is there. */
void ews_mailbox_leave (EwsMailbox *mailbox);
/* The instance ends: freed likewise. */
void ews_mailbox_release (EwsMailbox *mailbox);
/* Everything is asked anew, soon. */
void ews_mailbox_sync (EwsMailbox *mailbox);

/* When something has to be asked; G_MAXINT64: nothing, or something is being asked. */
gint64 ews_mailbox_get_due (EwsMailbox *mailbox);
/* Asks what is due. */
void ews_mailbox_step (EwsMailbox *mailbox);

gboolean ews_mailbox_is_tried (EwsMailbox *mailbox); /* its calendar was read, or could not be */
gboolean ews_mailbox_is_failing (EwsMailbox *mailbox);
const char *ews_mailbox_get_address (EwsMailbox *mailbox); /* nullable: there is none */
/* The place in the queue of whoever asks. */
GSequenceIter *ews_mailbox_get_place (EwsMailbox *mailbox); /* nullable */
void ews_mailbox_set_place (EwsMailbox *mailbox, GSequenceIter *place);

/* (transfer full) (nullable): the SMTP address of a user's mailbox. */
char *ews_mailbox_dup_address (MusterUser *user);
/* The window of which the calendar is read: today in the user's zone, and the days that are wanted. */
void ews_mailbox_get_window (MusterUser *user, gint64 now, gint64 *from, gint64 *until);

G_END_DECLS
