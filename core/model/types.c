/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-model"

#include "model/types.h"

#define DEFINE_NAMES(Type, prefix, count, ...)                                 \
  static const char *const prefix##_names[] = { __VA_ARGS__ };                 \
  G_STATIC_ASSERT (G_N_ELEMENTS (prefix##_names) == (count));                  \
                                                                               \
  const char *                                                                 \
  musterd_##prefix##_to_string (Type value)                                    \
  {                                                                            \
    return (guint) value < (count) ? prefix##_names[value] : NULL;             \
  }                                                                            \
                                                                               \
  gboolean                                                                     \
  musterd_##prefix##_from_string (const char *name, Type *value)               \
  {                                                                            \
    for (guint i = 0; name != NULL && i < (count); i++)                        \
      if (g_str_equal (name, prefix##_names[i]))                               \
        {                                                                      \
          *value = (Type) i;                                                   \
          return TRUE;                                                         \
        }                                                                      \
    return FALSE;                                                              \
  }

DEFINE_NAMES (MusterdStatus, status, MUSTERD_N_STATUSES, "none", "available", "be-right-back", "busy", "do-not-disturb",
              "unavailable", "logged-off")
DEFINE_NAMES (MusterdClaimKind, claim_kind, MUSTERD_N_CLAIM_KINDS, "dnd", "sharing", "call", "microphone", "absence",
              "appointment")
DEFINE_NAMES (MusterdFreeBusy, free_busy, MUSTERD_N_FREE_BUSY, "none", "free", "elsewhere", "tentative", "busy",
              "out-of-office")
DEFINE_NAMES (MusterdResponse, response, MUSTERD_N_RESPONSES, "none", "organizer", "accepted", "tentative", "declined",
              "unanswered")
DEFINE_NAMES (MusterdTelephony, telephony, MUSTERD_N_TELEPHONY, "none", "idle", "ringing", "on-the-phone")
DEFINE_NAMES (MusterdClientState, client_state, MUSTERD_N_CLIENT_STATES, "none", "active", "idle", "locked", "ended")
DEFINE_NAMES (MusterdForwardAction, forward_action, MUSTERD_N_FORWARD_ACTIONS, "do-not-change", "off",
              "do-not-disturb", "forward")
DEFINE_NAMES (MusterdForwardScope, forward_scope, MUSTERD_N_SCOPES, "all", "internal", "external")
DEFINE_NAMES (MusterdForwardTarget, forward_target, MUSTERD_N_TARGETS, "number", "home", "mobile", "voicemail")
DEFINE_NAMES (MusterdReach, reach, MUSTERD_N_REACH, "free", "on-the-phone", "busy", "away", "off")
DEFINE_NAMES (MusterdRelation, relation, MUSTERD_N_RELATIONS, "blocked", "employee", "team-colleague", "assistant",
              "assistant-plus", "owner")
DEFINE_NAMES (MusterdExtension, extension, MUSTERD_N_EXTENSIONS, "extend-and-restrict", "extend", "neither")
DEFINE_NAMES (MusterdOutcome, outcome, MUSTERD_N_OUTCOMES, "wins", "weaker-than", "overridden", "ignored", "not-yet",
              "no-effect")
DEFINE_NAMES (MusterdOrigin, origin, MUSTERD_N_ORIGINS, "default", "client", "idle", "choice", "claim")
