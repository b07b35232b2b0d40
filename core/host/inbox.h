/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What instances send to the engine: a bounded queue for each, emptied in turns by one source on the engine's context.
 * One that floods fills its own queue, blocks its own thread, and delays nobody else. */
#pragma once

#include "muster/muster-host.h"

G_BEGIN_DECLS

#define MUSTERD_QUEUE_MESSAGES 4096
#define MUSTERD_QUEUE_BYTES (16u * 1024 * 1024)
#define MUSTERD_QUEUE_TURN 64        /* items of one queue before the next one's turn */
#define MUSTERD_INBOX_TIME 4000      /* µs of one dispatch, before the rest of the engine's thread has its turn */
#define MUSTERD_LOG_RATE 200         /* lines a second … */
#define MUSTERD_LOG_BURST 500        /* … after this many at once */

typedef enum
{
  MUSTERD_ITEM_MESSAGE,  /* message */
  MUSTERD_ITEM_LOG,      /* level, text: from the host itself, about the instance */
  MUSTERD_ITEM_LEFT_OUT, /* flags: so many lines of the plugin were left out, until this was taken */
  MUSTERD_ITEM_STARTED,  /* error nullable; flags: what was started */
  MUSTERD_ITEM_KEPT,     /* the plugin has taken a page of records */
  MUSTERD_ITEM_LISTED,   /* the plugin was handed its first complete list of users */
  MUSTERD_ITEM_STOPPING, /* flags: what is about to be asked to stop */
  MUSTERD_ITEM_EXITED    /* the thread's last word */
} MusterdItemKind;

typedef struct
{
  MusterdItemKind kind;
  MusterMessage  *message; /* nullable */
  MusterLogLevel  level;
  char           *text;    /* nullable */
  GError         *error;   /* nullable */
  guint           flags;
} MusterdItem;

typedef struct _MusterdInbox MusterdInbox;
typedef struct _MusterdQueue MusterdQueue;

/* On the engine's thread; the item's members are the callee's to steal, and freed otherwise. */
typedef void (*MusterdItemFunc) (MusterdItem *item, gpointer user_data);

MusterdInbox *musterd_inbox_new  (GMainContext *context);
void          musterd_inbox_free (MusterdInbox *inbox); /* after every queue was detached */

MusterdQueue *musterd_queue_new    (MusterdInbox *inbox, MusterdItemFunc func, gpointer user_data);
MusterdQueue *musterd_queue_ref    (MusterdQueue *queue);
void          musterd_queue_unref  (MusterdQueue *queue);
/* Any thread. A line of the plugin was left out somewhere else: it is counted with those that are here. */
void          musterd_queue_leave_out (MusterdQueue *queue);
/* Any thread. Takes the message; blocks while the queue is full. LOG never blocks: too many are dropped and counted. */
void          musterd_queue_send   (MusterdQueue *queue, MusterMessage *message);
/* Any thread, never blocks: for the host's own few items. Takes the members. */
void          musterd_queue_post   (MusterdQueue *queue, const MusterdItem *item);
/* On the engine's thread. No message is taken any more, those that wait are dropped and blocked senders return; items
 * of the host still pass. */
void          musterd_queue_close  (MusterdQueue *queue);
/* On the engine's thread. Nothing passes any more. */
void          musterd_queue_detach (MusterdQueue *queue);
guint         musterd_queue_get_length (MusterdQueue *queue);

G_END_DECLS
