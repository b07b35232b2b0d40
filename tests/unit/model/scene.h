/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is known of a user, told in one line, so that a table of rules can be read.
 *
 * Statements are separated by ';', words as in a shell; times are hours of 2026-06-15 UTC ("9", "9:30", "33" = nine
 * o'clock on the next day):
 *
 *   template ID [name= role= status= text= forward=ACTION|TARGET|NUMBER scope= own stays inactive stays=no]
 *   set [start= end= idle= locked= standard= base= choice-ends=auto|never|day|HOURS subject tentative=no unanswered
 *        all-day=no elsewhere]
 *   rule NAME [show=FREE_BUSY,… response=RESPONSE,… all-day all-day=no category= subject= attendees= template=]
 *                                                          without template: no effect
 *   choice [template= status= text= made=]                 a standing one
 *   timed [template= status= text= made=] until=
 *   KIND KEY from= [until= lease= began= source= role= text= show=FREE_BUSY response= all-day cancelled private
 *        internal= external= categories=A,B attendees=]     the last two are judged by the rules told before it
 *   change-rules                                           claims told before were judged by others
 *   ignore KEY from= [source=]
 *   client STATE [id= source= seen= lease=]                without lease: for ever
 *   goodbye                                                the last client ended
 *   device STATE [id= source= label= since= lease=]
 *   zone NAME
 *   without SOURCE */
#pragma once

#include "model/resolve.h"

G_BEGIN_DECLS

typedef struct
{
  MusterdFacts     facts;
  MusterdSettings *settings;
  char            *without; /* nullable */
} Scene;

/* Aborts the test, naming the word, on anything it does not understand: a row must not pass by a slip of the pen. */
Scene      *scene_new   (const char *story);
void        scene_free  (Scene *scene);
MusterdTime scene_time  (const char *text);

/* The words of one statement: the first is its name; NULL-terminated. */
typedef void (*SceneStatementFunc) (char **words, gpointer data);
void        scene_statements (const char *story, SceneStatementFunc func, gpointer data);
/* The value of NAME=VALUE among the words, "" for NAME alone, NULL if it is not there. */
const char *scene_word  (char **words, const char *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Scene, scene_free)

G_END_DECLS
