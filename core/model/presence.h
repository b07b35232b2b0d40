/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The outcome for one user at one moment. Immutable and atomically ref-counted: the engine, the api's replica and
 * the sinks' slots share one object. */
#pragma once

#include "model/settings.h"
#include "model/user.h"

G_BEGIN_DECLS

typedef struct
{
  MusterdForwardAction action : 8; /* DO_NOT_CHANGE: nobody speaks */
  MusterdForwardScope  scope : 8;
  MusterdForwardTarget target : 8;
  char                *number; /* nullable: the target's number; NULL for FORWARD_TO = the user's field is empty */
  char                *from;   /* nullable: who speaks, for people ("Appointment (ews-hq)") */
} MusterdPresenceForwarding;

typedef struct
{
  MusterdUser     *user;
  /* There is one for each user, so they are packed. */
  MusterdStatus    status : 8;
  MusterdTelephony telephony : 8;
  MusterdReach     reach : 8;
  MusterdOrigin    origin : 8;
  MusterdClaimKind kind : 8; /* with origin CLAIM */
  char            *text;          /* nullable */
  char            *template_name; /* interned, nullable: a status alone */
  char            *template_role; /* interned, nullable */
  MusterdTime      since;
  MusterdTime      until;            /* NEVER = not known */
  MusterdTime      next_free;        /* not later than now = free already; NEVER = not known */
  MusterdTime      stale;            /* a calendar source of this user has been away since; NEVER = not stale */
  char            *telephony_label;  /* nullable */
  char            *source; /* interned, nullable: the instance, with origin CLAIM */
  char            *greeting_internal, *greeting_external; /* nullable */
  MusterdPresenceForwarding forwarding;
  guint64          revision;
} MusterdPresence;

MusterdPresence *musterd_presence_new   (MusterdUser *user); /* zeroed, times NEVER; to be filled by its maker */
MusterdPresence *musterd_presence_ref   (MusterdPresence *presence);
void             musterd_presence_unref (MusterdPresence *presence);
/* Everything but the revision. */
gboolean         musterd_presence_equal (const MusterdPresence *a, const MusterdPresence *b);
/* The name of the kind on the wire: the claim's kind, else the origin ("choice", "client", "idle", "default"); NULL
 * where the viewer may not know. */
const char      *musterd_presence_get_kind (const MusterdPresence *presence);
/* What a viewer of this relationship may see: the same object (a new reference) where nothing is hidden, NULL for
 * MUSTERD_RELATION_BLOCKED. An employee sees no text, label, template, kind or source; forwarding and greetings are
 * shown to the owner alone. */
MusterdPresence *musterd_presence_view  (MusterdPresence *presence, MusterdRelation relation);

/* The parts of a presence that a sink may declare to need. */
typedef enum
{
  MUSTERD_PART_STATUS = 1 << 0,
  MUSTERD_PART_TEXT = 1 << 1,
  MUSTERD_PART_TEMPLATE = 1 << 2,
  MUSTERD_PART_KIND = 1 << 3,
  MUSTERD_PART_FORWARDING = 1 << 4,
  MUSTERD_PART_TELEPHONY = 1 << 5,
  MUSTERD_PART_LABEL = 1 << 6,
  MUSTERD_PART_REACH = 1 << 7,
  MUSTERD_PART_TIMES = 1 << 8,
  MUSTERD_PART_GREETING = 1 << 9
} MusterdParts;

/* What a sink is handed: only the parts it needs, and words only as far as its viewer's relation allows. Forwarding and
 * greetings are orders to a machine and pass whatever the relation. */
MusterdPresence *musterd_presence_for_sink (MusterdPresence *presence, MusterdRelation relation, MusterdParts parts);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MusterdPresence, musterd_presence_unref)

G_END_DECLS
