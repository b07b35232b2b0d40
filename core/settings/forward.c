/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-settings"

#include "settings/forward.h"

#include <string.h>

#include "model/error.h"

char *
musterd_forward_print (const MusterdForwarding *forwarding)
{
  const char *scope = musterd_forward_scope_to_string (forwarding->scope);

  if (forwarding->action != MUSTERD_FORWARD_TO)
    return g_strdup (musterd_forward_action_to_string (forwarding->action));
  if (forwarding->target == MUSTERD_TARGET_NUMBER)
    return g_strconcat (scope, ":number:", forwarding->number, NULL);
  return g_strconcat (scope, ":", musterd_forward_target_to_string (forwarding->target), NULL);
}

gboolean
musterd_forward_check_number (const char *number, GError **error)
{
  gboolean has_digit = FALSE;

  for (const char *c = number; *c != '\0'; c++)
    {
      has_digit |= g_ascii_isdigit (*c);
      if (!g_ascii_isdigit (*c) && strchr ("+*# -/().", *c) == NULL)
        {
          g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "a number has only digits and + * # - / ( ) .");
          return FALSE;
        }
    }
  if (!has_digit || strlen (number) > MUSTERD_NUMBER_MAX)
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "a number has at least one digit, and at most %d signs",
                   MUSTERD_NUMBER_MAX);
      return FALSE;
    }
  return TRUE;
}

static gboolean
set_unknown (const char *text, GError **error)
{
  g_autofree char *shown = musterd_error_word (text);

  g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID,
               "'%s' is no forwarding: expected do-not-change, off, do-not-disturb, or internal, external or all with "
               "home, mobile, voicemail or number:NUMBER, as in external:mobile",
               shown);
  return FALSE;
}

gboolean
musterd_forward_parse (const char *text, MusterdForwarding *forwarding, GError **error)
{
  g_auto(GStrv) parts = g_strsplit (text, ":", 3);
  guint n = g_strv_length (parts);
  MusterdForwarding made = { .action = MUSTERD_FORWARD_TO };

  if (n == 1)
    {
      if (!musterd_forward_action_from_string (parts[0], &made.action) || made.action == MUSTERD_FORWARD_TO)
        return set_unknown (text, error);
      *forwarding = made;
      return TRUE;
    }
  if (n < 2 || !musterd_forward_scope_from_string (parts[0], &made.scope)
      || !musterd_forward_target_from_string (parts[1], &made.target)
      || (made.target == MUSTERD_TARGET_NUMBER) != (n == 3))
    return set_unknown (text, error);
  if (n == 3 && !musterd_forward_check_number (parts[2], error))
    return FALSE;
  made.number = n == 3 ? g_strdup (parts[2]) : NULL;
  *forwarding = made;
  return TRUE;
}
