/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who takes whom: where a user's settings name calendar sources in order, exactly one instance of them has the user.
 *
 * The first that may have the user is *asked*: it is given the user, and answers with the calendar or with not-here. Who
 * has sent the calendar *holds* the user, and goes on doing so while another one is asked, so that a question disturbs
 * nobody; with the first calendar of the one asked the holder changes, and what others said goes in the same turn. A
 * refusal *lapses* when the source is to be asked again. */
#pragma once

#include "engine/heap.h"
#include "host/instance.h"
#include "model/intern.h"

G_BEGIN_DECLS

typedef struct
{
  char             *user;
  char             *holder, *asked; /* nullable, interned: names of instances */
  GPtrArray        *refusals;       /* nullable; MusterdRefusing */
  gboolean          nobody;         /* all refused, and what they left is said to be stale */
} MusterdAssignment;

typedef struct
{
  MusterdHeapNode    node; /* first: the heap hands it back; NEVER: it has lapsed */
  MusterdAssignment *of;
  char              *instance; /* interned */
  MusterdTime        since;
  char              *text;
} MusterdRefusing;

struct _MusterdAssignments
{
  MusterdHost *host;
  GHashTable  *users;      /* id, in the assignment → MusterdAssignment */
  GHashTable  *refused_by; /* instance → GHashTable, set of MusterdRefusing that have not lapsed */
  MusterdHeap *heap;       /* of when they lapse */
  GSource     *timer;      /* nullable; goes off at `armed` */
  MusterdTime  armed;
  gboolean     known;      /* what was kept has been read */
};

MusterdAssignment *musterd_assignment_get (MusterdAssignments *assignments, const char *user); /* made when new */
MusterdRefusing   *musterd_assignment_refuse (MusterdAssignments *assignments, MusterdAssignment *assignment,
                                              const char *instance, MusterdTime since, MusterdTime again,
                                              const char *text);

/* assign-keep.c: records of the instance "musterd" about users, so that a restart hands no mailbox around. */
void musterd_assign_load (MusterdHost *host);
/* Not `assignment` any more where it is NULL. */
void musterd_assign_save (MusterdHost *host, const char *user, const MusterdAssignment *assignment);

G_END_DECLS
