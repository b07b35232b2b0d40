/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The closed vocabularies of the house (docs/internals/words.md), each with its one spelling on the wire.
 *
 * Values that plugins see too have the numbers of muster/muster-plugin.h; core/host/convert.c asserts it. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Microseconds since 1970, UTC. */
typedef gint64 MusterdTime;

#define MUSTERD_TIME_NEVER G_MAXINT64
#define MUSTERD_TIME_ALWAYS G_MININT64
/* Years 1 to 9999: what RFC 3339 can write. */
#define MUSTERD_TIME_FIRST (G_GINT64_CONSTANT (-62135596800) * G_USEC_PER_SEC)
#define MUSTERD_TIME_LAST (G_GINT64_CONSTANT (253402300800) * G_USEC_PER_SEC - 1)
/* The source of what desktops say through the api; no instance is called so. */
#define MUSTERD_SOURCE_CLIENTS "clients"
#define MUSTERD_SECOND G_TIME_SPAN_SECOND
#define MUSTERD_MINUTE G_TIME_SPAN_MINUTE
#define MUSTERD_HOUR G_TIME_SPAN_HOUR
#define MUSTERD_DAY G_TIME_SPAN_DAY

typedef enum
{
  MUSTERD_STATUS_NONE,
  MUSTERD_STATUS_AVAILABLE,
  MUSTERD_STATUS_BE_RIGHT_BACK,
  MUSTERD_STATUS_BUSY,
  MUSTERD_STATUS_DO_NOT_DISTURB,
  MUSTERD_STATUS_UNAVAILABLE,
  MUSTERD_STATUS_LOGGED_OFF,
  MUSTERD_N_STATUSES
} MusterdStatus;

typedef enum
{
  MUSTERD_CLAIM_DND,
  MUSTERD_CLAIM_SHARING,
  MUSTERD_CLAIM_CALL,
  MUSTERD_CLAIM_MICROPHONE,
  MUSTERD_CLAIM_ABSENCE,
  MUSTERD_CLAIM_APPOINTMENT,
  MUSTERD_N_CLAIM_KINDS
} MusterdClaimKind;

typedef enum
{
  MUSTERD_FREE_BUSY_NONE,
  MUSTERD_FREE_BUSY_FREE,
  MUSTERD_FREE_BUSY_ELSEWHERE,
  MUSTERD_FREE_BUSY_TENTATIVE,
  MUSTERD_FREE_BUSY_BUSY,
  MUSTERD_FREE_BUSY_OUT_OF_OFFICE,
  MUSTERD_N_FREE_BUSY
} MusterdFreeBusy;

typedef enum
{
  MUSTERD_RESPONSE_NONE,
  MUSTERD_RESPONSE_ORGANIZER,
  MUSTERD_RESPONSE_ACCEPTED,
  MUSTERD_RESPONSE_TENTATIVE,
  MUSTERD_RESPONSE_DECLINED,
  MUSTERD_RESPONSE_UNANSWERED,
  MUSTERD_N_RESPONSES
} MusterdResponse;

typedef enum
{
  MUSTERD_TELEPHONY_NONE, /* no statement; never shown as idle */
  MUSTERD_TELEPHONY_IDLE,
  MUSTERD_TELEPHONY_RINGING,
  MUSTERD_TELEPHONY_ON_THE_PHONE,
  MUSTERD_N_TELEPHONY
} MusterdTelephony;

typedef enum
{
  MUSTERD_CLIENT_NONE,
  MUSTERD_CLIENT_ACTIVE,
  MUSTERD_CLIENT_IDLE,
  MUSTERD_CLIENT_LOCKED,
  MUSTERD_CLIENT_ENDED,
  MUSTERD_N_CLIENT_STATES
} MusterdClientState;

typedef enum
{
  MUSTERD_FORWARD_DO_NOT_CHANGE,
  MUSTERD_FORWARD_OFF,
  MUSTERD_FORWARD_DO_NOT_DISTURB,
  MUSTERD_FORWARD_TO,
  MUSTERD_N_FORWARD_ACTIONS
} MusterdForwardAction;

typedef enum
{
  MUSTERD_SCOPE_ALL,
  MUSTERD_SCOPE_INTERNAL,
  MUSTERD_SCOPE_EXTERNAL,
  MUSTERD_N_SCOPES
} MusterdForwardScope;

/* NUMBER is a fixed one; the others are fields of the user, looked up when the forwarding is shown or applied. */
typedef enum
{
  MUSTERD_TARGET_NUMBER,
  MUSTERD_TARGET_HOME,
  MUSTERD_TARGET_MOBILE,
  MUSTERD_TARGET_VOICEMAIL,
  MUSTERD_N_TARGETS
} MusterdForwardTarget;

typedef enum
{
  MUSTERD_REACH_FREE,
  MUSTERD_REACH_ON_THE_PHONE,
  MUSTERD_REACH_BUSY,
  MUSTERD_REACH_AWAY,
  MUSTERD_REACH_OFF,
  MUSTERD_N_REACH
} MusterdReach;

/* What an owner grants a viewer; each level includes the one before. */
typedef enum
{
  MUSTERD_RELATION_BLOCKED,
  MUSTERD_RELATION_EMPLOYEE,
  MUSTERD_RELATION_TEAM_COLLEAGUE,
  MUSTERD_RELATION_ASSISTANT,
  MUSTERD_RELATION_ASSISTANT_PLUS,
  MUSTERD_RELATION_OWNER, /* the user, and administrators */
  MUSTERD_N_RELATIONS
} MusterdRelation;

/* What users may do to the relationships that others have to them by default. */
typedef enum
{
  MUSTERD_EXTENSION_EXTEND_AND_RESTRICT,
  MUSTERD_EXTENSION_EXTEND,
  MUSTERD_EXTENSION_NEITHER,
  MUSTERD_N_EXTENSIONS
} MusterdExtension;

typedef enum
{
  MUSTERD_OUTCOME_WINS,
  MUSTERD_OUTCOME_WEAKER_THAN,
  MUSTERD_OUTCOME_OVERRIDDEN,
  MUSTERD_OUTCOME_IGNORED,
  MUSTERD_OUTCOME_NOT_YET,
  MUSTERD_OUTCOME_NO_EFFECT,
  MUSTERD_N_OUTCOMES
} MusterdOutcome;

/* Which layer a presence comes from. */
typedef enum
{
  MUSTERD_ORIGIN_DEFAULT, /* no client was ever seen: setting base-without-client */
  MUSTERD_ORIGIN_CLIENT,  /* start or end template */
  MUSTERD_ORIGIN_IDLE,    /* idle or locked, over a base that is available */
  MUSTERD_ORIGIN_CHOICE,  /* a person's standing or timed choice */
  MUSTERD_ORIGIN_CLAIM,   /* a source */
  MUSTERD_N_ORIGINS
} MusterdOrigin;

/* Each vocabulary: value → its name on the wire (kebab-case; NULL when out of range), and back. */
#define MUSTERD_DECLARE_NAMES(Type, prefix)                    \
  const char *musterd_##prefix##_to_string (Type value);       \
  gboolean    musterd_##prefix##_from_string (const char *name, Type *value)

MUSTERD_DECLARE_NAMES (MusterdStatus, status);
MUSTERD_DECLARE_NAMES (MusterdClaimKind, claim_kind);
MUSTERD_DECLARE_NAMES (MusterdFreeBusy, free_busy);
MUSTERD_DECLARE_NAMES (MusterdResponse, response);
MUSTERD_DECLARE_NAMES (MusterdTelephony, telephony);
MUSTERD_DECLARE_NAMES (MusterdClientState, client_state);
MUSTERD_DECLARE_NAMES (MusterdForwardAction, forward_action);
MUSTERD_DECLARE_NAMES (MusterdForwardScope, forward_scope);
MUSTERD_DECLARE_NAMES (MusterdForwardTarget, forward_target);
MUSTERD_DECLARE_NAMES (MusterdReach, reach);
MUSTERD_DECLARE_NAMES (MusterdRelation, relation);
MUSTERD_DECLARE_NAMES (MusterdExtension, extension);
MUSTERD_DECLARE_NAMES (MusterdOutcome, outcome);
MUSTERD_DECLARE_NAMES (MusterdOrigin, origin);

G_END_DECLS
