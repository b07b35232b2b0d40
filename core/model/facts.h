/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All that is known of one user: what the ledger keeps and the resolver is given. */
#pragma once

#include "model/claim.h"
#include "model/settings.h"
#include "model/user.h"

G_BEGIN_DECLS

#define MUSTERD_FACTS_CLAIMS_MAX 2000 /* per user and source */
#define MUSTERD_FACTS_DEVICES_MAX 64
#define MUSTERD_FACTS_CLIENTS_MAX 32
#define MUSTERD_FACTS_IGNORES_MAX 256

/* What a person chose by hand. With `template_id` the template's present values hold, `text` overriding its text;
 * `status` and `stays` are what it had when it was chosen, for when the template is gone. Without, status and text are all. */
typedef struct
{
  char         *template_id; /* nullable: a choice by status alone */
  MusterdStatus status;
  char         *text;  /* nullable */
  MusterdTime   made;
  MusterdTime   until; /* NEVER = a standing choice */
  char         *by;    /* nullable: who made it, when not the user */
  gboolean      stays;  /* its template said so */
  gboolean      ending; /* its end has been ordered: it shows no more */
} MusterdChoice;

/* Kept with the start, so that a moved entry revives and a longer or renamed one does not. */
typedef struct
{
  char       *source, *key;
  MusterdTime from;
} MusterdIgnore;

/* A desktop. One whose lease ran out stays in the list as lost: its return is no start. */
typedef struct
{
  char              *source, *id;
  MusterdClientState state; /* as it was said: ACTIVE, IDLE or LOCKED */
  MusterdTime        since; /* ACTIVE: in use since; IDLE, LOCKED: the last activity */
  MusterdTime        seen;  /* last sign of life */
  gint64             lease;
  MusterdTime        lease_until;
  guint32            run; /* as in MusterdClaim */
} MusterdClient;

typedef struct
{
  char            *source, *id;
  MusterdTelephony state; /* never NONE: a device that states nothing is not in the list */
  char            *label; /* nullable */
  MusterdTime      since;
  gint64           lease;
  MusterdTime      lease_until;
  guint32          run;
} MusterdDevice;

typedef struct
{
  MusterdUser   *user;
  GPtrArray     *claims;  /* MusterdClaim, by (from, key, source) */
  MusterdChoice *standing, *timed; /* nullable */
  GPtrArray     *ignores; /* nullable; MusterdIgnore */
  GPtrArray     *clients; /* nullable; MusterdClient */
  GPtrArray     *devices; /* nullable; MusterdDevice */
  gboolean       client_ended; /* the last client said goodbye */
} MusterdFacts;

void           musterd_choice_free (MusterdChoice *choice);
MusterdChoice *musterd_choice_copy (const MusterdChoice *choice); /* NULL → NULL */
void           musterd_ignore_free (MusterdIgnore *ignore);
void           musterd_client_free (MusterdClient *client);
void           musterd_device_free (MusterdDevice *device);

void     musterd_facts_init  (MusterdFacts *facts, MusterdUser *user); /* takes a reference */
void     musterd_facts_clear (MusterdFacts *facts);

/* Claims: kept sorted, so that the resolver's outcome and cost do not depend on the order of arrival. */
MusterdClaim *musterd_facts_find_claim   (const MusterdFacts *facts, const char *source, const char *key);
/* Puts (takes a reference), giving the claim its `began` by the rule of design §3; returns the claim it replaced
 * (transfer full, nullable). */
MusterdClaim *musterd_facts_put_claim    (MusterdFacts *facts, MusterdClaim *claim, MusterdTime now);
gboolean      musterd_facts_remove_claim (MusterdFacts *facts, const char *source, const char *key);
gboolean      musterd_facts_is_ignored   (const MusterdFacts *facts, const MusterdClaim *claim);
/* Whether there is a standing choice whose template stays when a client starts or the last one ends. */
gboolean      musterd_facts_choice_stays (const MusterdFacts *facts, const MusterdSettings *settings);
/* When a standing choice ends by the setting choice-ends; NEVER if it does not. */
MusterdTime   musterd_facts_choice_end   (const MusterdFacts *facts, const MusterdSettings *settings);
/* From when on a client that is idle, or locked where locks do not count, counts as idle; until then it counts as
 * active. NEVER: what it says counts at once. */
MusterdTime        musterd_client_idle_at   (const MusterdClient *client, const MusterdSettings *settings);
/* What it counts as at that moment, its lease apart. */
MusterdClientState musterd_client_counts_as (const MusterdClient *client, const MusterdSettings *settings,
                                             MusterdTime now);
/* The most present of all clients at that moment. */
MusterdClientState musterd_facts_client_state (const MusterdFacts *facts, const MusterdSettings *settings,
                                               MusterdTime now);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MusterdChoice, musterd_choice_free)

G_END_DECLS
