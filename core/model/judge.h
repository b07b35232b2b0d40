/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The single rules of resolution, each in one place: what counts, who is stronger, what a person's choice holds off.
 * Internal to the model; resolve.c walks time with them, explain.c puts them into words. */
#pragma once

#include "model/facts.h"

G_BEGIN_DECLS

/* One question to the resolver. */
typedef struct
{
  const MusterdFacts    *facts;
  const MusterdSettings *settings;
  const char            *without; /* nullable: a source whose claims, clients and devices are left out */
  MusterdTime            standing_end;
  MusterdTime            leases_at; /* the moment at which leases are judged, see resolve.c */
} MusterdQuestion;

/* What shows where no overlay does. */
typedef struct
{
  const MusterdChoice   *choice; /* nullable: by client state or by default */
  const MusterdTemplate *tmpl;   /* nullable */
  MusterdStatus          status;
  const char            *text;   /* nullable */
  MusterdOrigin          origin; /* DEFAULT, CLIENT or CHOICE */
  gboolean               timed, stays;
  MusterdClientState     client; /* the most present of the clients that take part, whatever the base is */
} MusterdBase;

void musterd_question_init (MusterdQuestion *question, const MusterdFacts *facts, const MusterdSettings *settings,
                            const char *without);

/* Why a claim never has an effect under these settings ("declined"); NULL if it can have one. */
const char     *musterd_judge_no_effect (const MusterdQuestion *question, const MusterdClaim *claim);
/* The kind it counts as: an appointment shown as out of office is an absence. */
MusterdClaimKind musterd_judge_kind     (const MusterdClaim *claim);
/* The calendar rule that decides over this claim, with the active template it names; NULL: none does. A rule whose
 * template is not there decides nothing. */
const MusterdRule *musterd_judge_rule   (const MusterdQuestion *question, const MusterdClaim *claim,
                                         const MusterdTemplate **tmpl);
/* 1 (strongest) to 5. */
guint           musterd_judge_rank      (const MusterdClaim *claim);
/* Whether `a` goes before `b` where both are in force. A total order, so that arrival plays no part. */
gboolean        musterd_judge_stronger  (const MusterdClaim *a, const MusterdClaim *b);
/* The base at a moment. Without `bare`, choices by status alone are passed over, as forwarding has it. */
void            musterd_judge_base      (const MusterdQuestion *question, MusterdTime now, gboolean bare,
                                         MusterdBase *base);
/* A person chose after this began: out until the choice ends. */
gboolean        musterd_judge_is_out    (const MusterdBase *base, const MusterdClaim *claim);
/* The person's choice is of a sort that this kind cannot beat, whenever it began. */
gboolean        musterd_judge_held_off  (const MusterdBase *base, const MusterdClaim *claim);
/* The template a claim takes while it wins; NULL: none. */
const MusterdTemplate *musterd_judge_template (const MusterdQuestion *question, const MusterdClaim *claim);
MusterdStatus   musterd_judge_status    (const MusterdClaim *claim, const MusterdTemplate *tmpl);
/* Text but for calls, whose label is wrapped; NULL: none. */
const char     *musterd_judge_text      (const MusterdQuestion *question, const MusterdClaim *claim,
                                         const MusterdTemplate *tmpl);

G_END_DECLS
