/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "musterctl"

#include "ctl-claims.h"

#include "ctl-client.h"
#include "ctl-output.h"

static char *
bare_outcome_text (JsonObject *claim)
{
  const char *outcome = ctl_string (claim, "outcome");
  g_autofree char *other = ctl_clean (ctl_string (claim, "other"));
  g_autofree char *reason = ctl_words (ctl_string (claim, "reason"));
  g_autofree char *rule = ctl_clean (ctl_string (claim, "rule"));
  g_autofree char *from = ctl_time (ctl_string (claim, "from"));

  if (g_strcmp0 (outcome, "wins") == 0)
    return g_strdup (_ ("wins"));
  if (g_strcmp0 (outcome, "weaker-than") == 0)
    return *other != '\0' ? g_strdup_printf (_ ("weaker than %s"), other) : g_strdup (_ ("weaker"));
  if (g_strcmp0 (outcome, "overridden") == 0)
    return *other != '\0' ? g_strdup_printf (_ ("overridden by the %s"), other) : g_strdup (_ ("overridden by hand"));
  if (g_strcmp0 (outcome, "ignored") == 0)
    return g_strdup (_ ("ignored by hand"));
  if (g_strcmp0 (outcome, "not-yet") == 0)
    return g_strdup_printf (_ ("not yet: begins %s"), from != NULL ? from : "?");
  if (g_strcmp0 (outcome, "no-effect") == 0 && g_strcmp0 (ctl_string (claim, "reason"), "rule") == 0)
    return g_strdup_printf (_ ("no effect: rule \"%s\""), rule);
  if (g_strcmp0 (outcome, "no-effect") == 0)
    return *reason != '\0' ? g_strdup_printf (_ ("no effect: %s"), reason) : g_strdup (_ ("no effect"));
  return ctl_words (outcome);
}

/* With the rule that gave the entry its template: what it says may differ from what its calendar shows. */
static char *
outcome_text (JsonObject *claim)
{
  g_autofree char *bare = bare_outcome_text (claim);
  g_autofree char *rule = ctl_clean (ctl_string (claim, "rule"));

  if (*rule == '\0' || g_strcmp0 (ctl_string (claim, "reason"), "rule") == 0)
    return g_steal_pointer (&bare);
  return g_strdup_printf (_ ("%s (rule \"%s\")"), bare, rule);
}

static char *
title_text (JsonObject *claim)
{
  const char *text = ctl_string (claim, "text");

  if (text != NULL)
    return ctl_clean (text);
  if (ctl_bool (claim, "private"))
    return g_strdup (_ ("(private)"));
  if (ctl_string (claim, "kind") == NULL) /* for this viewer it is a span of time and no more */
    return ctl_words (ctl_string (claim, "free_busy"));
  return ctl_clean (ctl_string (claim, "template"));
}

static char *
span_text (JsonObject *claim)
{
  g_autofree char *from = ctl_time (ctl_string (claim, "from"));
  g_autofree char *until = ctl_time (ctl_string (claim, "until"));

  if (until != NULL)
    return g_strdup_printf ("%s – %s", from != NULL ? from : "…", until);
  return g_strdup_printf (_ ("since %s"), from != NULL ? from : "…");
}

void
ctl_claims_print (JsonArray *claims, const char *indent)
{
  CtlTable *table = ctl_table_new (NULL, 6);

  for (guint i = 0; i < ctl_length (claims); i++)
    {
      JsonObject *claim = json_array_get_object_element (claims, i);
      g_autofree char *source = ctl_clean (ctl_string (claim, "source"));
      const char *outcome = ctl_string (claim, "outcome");

      ctl_table_add (table, ctl_clean (ctl_string (claim, "id")), ctl_words (ctl_string (claim, "kind")),
                     title_text (claim), span_text (claim), g_strdup (source), outcome_text (claim));
      if (g_strcmp0 (outcome, "wins") == 0)
        ctl_table_paint (table, 5, CTL_BOLD);
      else if (g_strcmp0 (outcome, "no-effect") == 0)
        ctl_table_paint (table, 5, CTL_GREY);
    }
  ctl_table_print (table, indent);
}
