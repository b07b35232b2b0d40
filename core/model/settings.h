/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Presence profiles and the settings in force for one user: a plain, immutable, atomically ref-counted value that
 * the resolver is given. Where the value comes from (built-in, location, group, user) is not its business. */
#pragma once

#include "model/rule.h"
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
  gboolean          may_change; /* of a central one: whether users may change its forwarding for themselves */
} MusterdTemplate;

typedef enum
{
  MUSTERD_CHOICE_ENDS_AUTO, /* end of day for users without client, never for the others */
  MUSTERD_CHOICE_ENDS_NEVER,
  MUSTERD_CHOICE_ENDS_DAY,
  MUSTERD_CHOICE_ENDS_AFTER
} MusterdChoiceEnds;

#define MUSTERD_STATUS_BIT(status) (1u << (guint) (status))
#define MUSTERD_STATUSES_ALL \
  (MUSTERD_STATUS_BIT (MUSTERD_N_STATUSES) - 1 - MUSTERD_STATUS_BIT (MUSTERD_STATUS_NONE))

/* A reference to a template is its id, its role or its name. */
typedef struct
{
  GPtrArray        *templates; /* MusterdTemplate, in order: the user's own, then central, the nearest scope first */
  /* Block "presence". */
  gboolean          in_use;              /* off: nobody sees or sets presence here, and no plugin takes the user */
  MusterdStatus     base_without_client;
  MusterdChoiceEnds choice_ends;
  gint64            choice_ends_after;   /* µs, for AFTER */
  const char       *zone, *language;     /* each nullable; for users who name none */
  /* Block "activation". */
  const char       *start_role, *end_role, *idle_role, *locked_role;
  gint64            idle_after;          /* µs without activity until a client counts as idle */
  gboolean          on_lock;             /* off: a locked console is as if it were not locked */
  /* Block "templates". */
  gboolean          own_templates;       /* whether users may have templates of their own */
  guint             statuses;            /* MUSTERD_STATUS_BIT() of those open to users */
  /* Block "calendar". */
  const char *const *calendar_sources;   /* nullable, the array owned: instances in the order in which they are asked for a mailbox */
  guint             days_ahead;
  const char       *standard_role;       /* appointments, and calls and microphones with none of their own */
  gboolean          subject_as_text;     /* off: subjects are not even stored */
  gboolean          count_tentative, count_unanswered, count_all_day, count_elsewhere;
  GArray           *rules;               /* nullable; asked in order before what counts */
  guint32           rules_stamp;         /* musterd_rules_stamp() of them: where it changes, sources are to send anew */
  /* Block "relationships". */
  MusterdRelation   same_group, same_location, others; /* EMPLOYEE and so on; what the paths by default grant */
  MusterdExtension  users_may;
  /* What stands in any scope, "block.option" → canonical text, for the plugins; nullable. */
  GHashTable       *options;
  GStringChunk     *strings; /* nullable; holds what the texts above point to, where they are not static */
} MusterdSettings;

/* The built-in defaults with the twelve central templates of the house, all "do not change". */
MusterdSettings       *musterd_settings_new_default (void);
MusterdSettings       *musterd_settings_ref         (MusterdSettings *settings);
void                   musterd_settings_unref       (MusterdSettings *settings);
MusterdTemplate       *musterd_template_new         (const char *id, const char *name, const char *role,
                                                     MusterdStatus status, const char *text);
MusterdTemplate       *musterd_template_copy        (const MusterdTemplate *tmpl);
void                   musterd_template_free        (MusterdTemplate *tmpl);
/* Names of templates are the same without case. */
gboolean               musterd_template_same_name   (const char *a, const char *b);
/* A value with all at its default and no template, to be filled in by its maker. */
MusterdSettings       *musterd_settings_new         (void);
/* An option of a plugin as this user's scopes have it, in canonical text; NULL: no scope says anything. */
const char            *musterd_settings_get_option  (const MusterdSettings *settings, const char *block,
                                                     const char *option);
/* The zone of a user: their own, else their location's; NULL: the daemon's. */
const char            *musterd_settings_get_zone    (const MusterdSettings *settings, const char *own);
/* The first active template with this role, id or (without case) this name, own before central; NULL if none. */
const MusterdTemplate *musterd_settings_find        (const MusterdSettings *settings, const char *role_or_name);
const MusterdTemplate *musterd_settings_find_id     (const MusterdSettings *settings, const char *id);
/* The first active template with this status, own before central. */
const MusterdTemplate *musterd_settings_find_status (const MusterdSettings *settings, MusterdStatus status);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MusterdSettings, musterd_settings_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MusterdTemplate, musterd_template_free)

G_END_DECLS
