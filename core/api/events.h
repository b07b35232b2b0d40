/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who follows whose presence as it happens. A change is put into words once for each relationship in which somebody
 * stands to its user, however many follow; all changes of one turn go to a follower in one write; one who does not read
 * is told nothing more until it does, and then what is, not what was. */
#pragma once

#include "api/replica.h"

G_BEGIN_DECLS

#define MUSTERD_EVENTS_INTEREST_MAX 5000 /* users named by one follower */
#define MUSTERD_EVENTS_OF_USER_MAX 50    /* followers that are one user, administrators apart */

typedef struct _MusterdEvents MusterdEvents;
typedef struct _MusterdServer MusterdServer;

MusterdEvents *musterd_events_new  (MusterdServer *server);
void           musterd_events_free (MusterdEvents *events);
/* Ends all, and takes nobody any more. */
void           musterd_events_stop (MusterdEvents *events);
/* `changes`: what the replica has just been brought up to date with (MusterdReplicaChange). */
void           musterd_events_tell (MusterdEvents *events, GPtrArray *changes);

G_END_DECLS
