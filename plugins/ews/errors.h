/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What to do about each thing that an Exchange server may answer instead of what it was asked for. Pure. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  EWS_ACTION_NONE,         /* no error */
  EWS_ACTION_RETRY,        /* passes by itself: again, each time later; also for what is unknown */
  EWS_ACTION_BUSY,         /* too much was asked: as late as the server says */
  EWS_ACTION_RESUBSCRIBE,  /* the subscription is lost: a new one, and read the calendar */
  EWS_ACTION_READ_AGAIN,   /* the subscription lives, but changes went by: read the calendar */
  EWS_ACTION_MAILBOX_WAIT, /* this mailbox is moved or mounted: in minutes */
  EWS_ACTION_NOT_HERE,     /* this server does not have the mailbox: tomorrow */
  EWS_ACTION_RIGHTS,       /* an administrator has to change something for this mailbox: slowly */
  EWS_ACTION_OLD_VERSION,  /* ask again in an older version of the schema */
  EWS_ACTION_HALVE,        /* the answer would be too long: ask for less at once */
  EWS_ACTION_NEVER         /* our own mistake: asking the same again is of no use */
} EwsAction;

/* `code` nullable: no error. */
EwsAction ews_error_get_action (const char *code);
/* The usual cause and what to do, for administrators; NULL: nothing is known beyond what the server says. */
const char *ews_error_get_advice (const char *code);

/* `first`, doubled for each failure before, `most` at most. */
gint64 ews_error_get_wait (gint64 first, gint64 most, guint n_before);

/* What a failed sign-in usually means, for the method that was tried ("ntlm", "negotiate", "basic", "bearer"). */
const char *ews_sign_in_get_advice (const char *method);

G_END_DECLS
