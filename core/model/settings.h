/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Presence profiles and the settings in force for one user: a plain, immutable, atomically ref-counted value that
 * the resolver is given. Where the value comes from (built-in, location, group, user) is not its business. */
#pragma once

#include "model/types.h"

G_BEGIN_DECLS

typedef struct
{
  MusterdForwardAction action;
  MusterdForwardScope  scope;
  MusterdForwardTarget target;
  char                *number; /* nullable; for MUSTERD_TARGET_NUMBER */
} MusterdForwarding;

typedef struct
{
  char             *id;   /* stable: for the built-in ones, the role */
  char             *name; /* what people see */
  char             *role; /* nullable; "appointment", "ms-teams", … */
  MusterdStatus     status;
  char             *text; /* nullable */
  MusterdForwarding forwarding;
  gboolean          own, active, stays;
} MusterdTemplate;

typedef enum
{
  MUSTERD_CHOICE_ENDS_AUTO, /* end of day for users without client, never for the others */
  MUSTERD_CHOICE_ENDS_NEVER,
  MUSTERD_CHOICE_ENDS_DAY,
  MUSTERD_CHOICE_ENDS_AFTER
} MusterdChoiceEnds;

typedef struct
{
  GPtrArray        *templates; /* MusterdTemplate, in order: the user's own, then central */
  const char       *start_role, *end_role, *idle_role, *locked_role;
  const char       *standard_role;       /* appointments, and calls and microphones with none of their own */
  MusterdStatus     base_without_client;
  MusterdChoiceEnds choice_ends;
  gint64            choice_ends_after;   /* µs, for AFTER */
  gboolean          subject_as_text;     /* off: subjects are not even stored */
  gboolean          count_tentative, count_unanswered, count_all_day, count_elsewhere;
} MusterdSettings;

/* The built-in defaults: the twelve central templates of the house, all "do not change". */
MusterdSettings       *musterd_settings_new_default (void);
MusterdSettings       *musterd_settings_ref         (MusterdSettings *settings);
void                   musterd_settings_unref       (MusterdSettings *settings);
MusterdTemplate       *musterd_template_new         (const char *id, const char *name, const char *role,
                                                     MusterdStatus status, const char *text);
void                   musterd_template_free        (MusterdTemplate *tmpl);
/* The first active template with this role or (without case) this name, own before central; NULL if none. */
const MusterdTemplate *musterd_settings_find        (const MusterdSettings *settings, const char *role_or_name);
const MusterdTemplate *musterd_settings_find_id     (const MusterdSettings *settings, const char *id);
/* The first active template with this status, own before central. */
const MusterdTemplate *musterd_settings_find_status (const MusterdSettings *settings, MusterdStatus status);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MusterdSettings, musterd_settings_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MusterdTemplate, musterd_template_free)

G_END_DECLS
