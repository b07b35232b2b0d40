/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-sdk"

#include "muster/library.h"

G_DEFINE_QUARK (muster-error-quark, muster_error)

static const char *
name_of (const char *const *names, gsize n_names, guint value)
{
  return value < n_names ? names[value] : NULL;
}

const char *
muster_status_to_string (MusterStatus status)
{
  static const char *const names[]
      = { "none", "available", "be-right-back", "busy", "do-not-disturb", "unavailable", "logged-off" };

  return name_of (names, G_N_ELEMENTS (names), status);
}

const char *
muster_telephony_to_string (MusterTelephony telephony)
{
  static const char *const names[] = { "none", "idle", "ringing", "on-the-phone" };

  return name_of (names, G_N_ELEMENTS (names), telephony);
}

const char *
muster_reach_to_string (MusterReach reach)
{
  static const char *const names[] = { "free", "on-the-phone", "busy", "away", "off" };

  return name_of (names, G_N_ELEMENTS (names), reach);
}

const char *
muster_forward_action_to_string (MusterForwardAction action)
{
  static const char *const names[] = { "do-not-change", "off", "do-not-disturb", "to" };

  return name_of (names, G_N_ELEMENTS (names), action);
}

const char *
muster_forward_scope_to_string (MusterForwardScope scope)
{
  static const char *const names[] = { "all", "internal", "external" };

  return name_of (names, G_N_ELEMENTS (names), scope);
}

const char *
muster_option_type_to_string (MusterOptionType type)
{
  static const char *const names[]
      = { "string", "boolean", "integer", "duration", "path", "url", "secret", "choice", "list", "table" };

  return name_of (names, G_N_ELEMENTS (names), type);
}
