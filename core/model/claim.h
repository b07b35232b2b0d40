/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a source says of a user for a span of time. Immutable once in the ledger and atomically ref-counted: a
 * replacement is a new object, so that an answer on its way to the api can hold the old one. */
#pragma once

#include "model/types.h"

G_BEGIN_DECLS

#define MUSTERD_CLAIM_KEY_MAX 512
/* Longer keys (an item of Exchange has 152 characters) are kept as a digest: they are many, and only compared. */
#define MUSTERD_CLAIM_KEY_KEPT 64
#define MUSTERD_CLAIM_SET_MAX 64
#define MUSTERD_CLAIM_TEXT_MAX 1024
#define MUSTERD_CLAIM_GREETING_MAX 4096
#define MUSTERD_CLAIM_LINK_MAX 2048
#define MUSTERD_CLAIM_CATEGORIES_MAX 4096
/* As `from` of a claim on its way into the engine: the moment it comes in, or what it was if it is in force. */
#define MUSTERD_CLAIM_NOW 0
#define MUSTERD_LEASE_MAX (12 * MUSTERD_HOUR)
#define MUSTERD_TELEPHONY_LEASE_MAX (5 * MUSTERD_MINUTE)

typedef struct
{
  char *link;              /* nullable; where the entry can be opened */
  char *greeting_internal; /* nullable; plain text */
  char *greeting_external; /* nullable; plain text */
} MusterdClaimMore;

/* What calendar rules ask (rule.h). On its way to the door a claim has the upper half, behind it the lower one. */
typedef struct
{
  char   *categories;  /* nullable; separated by ';' */
  guint32 n_attendees;
  guint32 stamp;       /* of the rules that were asked */
  guint64 met;         /* those of them that it met, bit by bit; never 0 in the ledger */
} MusterdClaimRules;

typedef struct
{
  char             *source; /* interned: the instance */
  char             *set;    /* interned: "calendar", "oof", "" */
  char             *key;    /* unique within source and user; the ledger's are short */
  MusterdTime       from, until; /* in force while from <= now < until */
  MusterdTime       began;       /* what choices are compared with (design: Began) */
  gint64            lease;       /* µs; 0 for kinds that never lapse */
  MusterdTime       lease_until; /* NEVER for kinds that never lapse */
  char             *role;   /* interned, nullable: role or name of the template it asks for */
  char             *text;   /* GRefString, nullable: subject, program or label; NULL when private */
  MusterdClaimMore *more;   /* nullable */
  MusterdClaimRules *rules; /* nullable: nothing to be asked, or nothing met */
  guint8            kind, free_busy, response; /* MusterdClaimKind, MusterdFreeBusy, MusterdResponse */
  guint8            all_day : 1, cancelled : 1, is_private : 1;
  guint32           run;  /* the start of its source that put it last; 0 = read from the store */
} MusterdClaim;

/* A zeroed claim with one reference, to be filled in by its maker before anybody else sees it; strings are set by
 * the setters below (which copy or intern). */
MusterdClaim *musterd_claim_new       (const char *source, const char *set, const char *key, MusterdClaimKind kind);
MusterdClaim *musterd_claim_copy      (const MusterdClaim *claim);
MusterdClaim *musterd_claim_ref       (MusterdClaim *claim);
void          musterd_claim_unref     (MusterdClaim *claim);
void          musterd_claim_set_role  (MusterdClaim *claim, const char *role);
void          musterd_claim_set_text  (MusterdClaim *claim, const char *text);
void          musterd_claim_set_more  (MusterdClaim *claim, const char *link, const char *greeting_internal,
                                       const char *greeting_external);
/* What the door is to judge; nothing of it is kept. */
void          musterd_claim_set_asked (MusterdClaim *claim, const char *categories, guint32 n_attendees);
/* What was found there, in the place of what was asked. */
void          musterd_claim_set_met   (MusterdClaim *claim, guint32 stamp, guint64 met);
/* A key as the ledger has it: as it is, or a digest of it; the same for ever. */
char         *musterd_claim_dup_short_key (const char *key);
/* FALSE: it was short already. */
gboolean      musterd_claim_shorten_key (MusterdClaim *claim);
/* Kinds that lapse when nobody renews them: dnd, sharing, call, microphone. */
gboolean      musterd_claim_kind_is_leased (MusterdClaimKind kind);
/* Kinds that calendars speak of, which stay until they are replaced: absence, appointment. */
gboolean      musterd_claim_kind_is_calendar (MusterdClaimKind kind);
/* The moment from which the claim is over: the earlier of until and lease_until. */
MusterdTime   musterd_claim_get_end   (const MusterdClaim *claim);
gboolean      musterd_claim_in_force  (const MusterdClaim *claim, MusterdTime now);
gboolean      musterd_claim_equal     (const MusterdClaim *a, const MusterdClaim *b); /* lease_until apart */
/* A short stable handle of (source, key) for people and URLs: 12 hexadecimal digits. */
void          musterd_claim_get_id    (const MusterdClaim *claim, char id[13]);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MusterdClaim, musterd_claim_unref)

G_END_DECLS
