/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a viewer may see of somebody beside the presence (which is musterd_presence_view()'s): the entries of the agenda
 * and the explanation. The one place that decides it; whatever shows an entry asks here first. */
#pragma once

#include "model/claim.h"

G_BEGIN_DECLS

typedef enum
{
  MUSTERD_SIGHT_TIMES = 1 << 0,   /* of an entry: that there is one; from, until, free/busy, outcome */
  MUSTERD_SIGHT_LOOK = 1 << 1,    /* whether it is private */
  MUSTERD_SIGHT_WORDS = 1 << 2,   /* kind, text, template, whether it lasts all day or is cancelled */
  MUSTERD_SIGHT_HANDLE = 1 << 3,  /* its id, and whether it is ignored: what it takes to leave it out */
  MUSTERD_SIGHT_CHOICES = 1 << 4, /* of a user: what was chosen, whether or not it shows now */
  MUSTERD_SIGHT_INSIDE = 1 << 5   /* everything else: sources, keys, links, reasons, desktops, telephones, forwarding,
                                   * sinks, and who chose */
} MusterdSight;

/* 0: not even that there is such an entry. An employee sees when appointments and absences are, and no other entries:
 * that somebody is in a call or speaks into a microphone would be its kind. */
MusterdSight musterd_sight_of_claim (const MusterdClaim *claim, MusterdRelation relation);
MusterdSight musterd_sight_of_user  (MusterdRelation relation);

G_END_DECLS
