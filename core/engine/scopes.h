/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Administration: scopes with their settings, policies and templates, as one asks the engine for them. Commands are as
 * those of engine.h: durable, then in force for everybody, then `done`. */
#pragma once

#include "engine/engine.h"
#include "settings/compose.h"

G_BEGIN_DECLS

/* Which settings there are; called again when plugins come or go. */
void                 musterd_engine_set_blocks (MusterdEngine *engine, MusterdBlocks *blocks);
MusterdBlocks       *musterd_engine_get_blocks (MusterdEngine *engine); /* not owned */
/* All scopes that say anything: id → MusterdSettingScope; not owned. */
GHashTable          *musterd_engine_get_scopes (MusterdEngine *engine);
/* What lies above and in this scope. The values are not owned and hold until the next change. FALSE with
 * MUSTERD_ERROR_INVALID (no scope) or NOT_FOUND (no such user). */
gboolean             musterd_engine_find_scopes (MusterdEngine *engine, const char *scope, MusterdScopes *scopes,
                                                 GError **error);

/* `option` NULL: the block's policy. */
typedef struct
{
  char         *block, *option;
  char         *value;  /* NULL: inherited again */
  MusterdPolicy policy;
} MusterdSettingChange;

MusterdSettingChange *musterd_setting_change_new  (const char *block, const char *option, const char *value,
                                                   MusterdPolicy policy);
void                  musterd_setting_change_free (MusterdSettingChange *change);

/* `by` (nullable) of this and what follows: who says so; where it is not the user whose scope it is, that is kept with
 * the change as of engine.h.
 *
 * All of `changes` (MusterdSettingChange, taken) or none. INVALID, NOT_FOUND, or FORBIDDEN where a policy keeps the
 * user's scope from it. */
void musterd_engine_change_settings (MusterdEngine *engine, const char *scope, GPtrArray *changes, const char *by,
                                     MusterdDone done, gpointer user_data);
/* Discards what users in this scope have set for themselves, in one block or (NULL) in all. Their own templates stay. */
void musterd_engine_reset_settings  (MusterdEngine *engine, const char *scope, const char *block, const char *by,
                                     MusterdDone done, gpointer user_data);

typedef enum
{
  MUSTERD_TEMPLATE_NAME = 1 << 0,
  MUSTERD_TEMPLATE_STATUS = 1 << 1,
  MUSTERD_TEMPLATE_TEXT = 1 << 2,
  MUSTERD_TEMPLATE_FORWARDING = 1 << 3,
  MUSTERD_TEMPLATE_ACTIVE = 1 << 4,
  MUSTERD_TEMPLATE_STAYS = 1 << 5,
  MUSTERD_TEMPLATE_MAY_CHANGE = 1 << 6,
  MUSTERD_TEMPLATE_POSITION = 1 << 7
} MusterdTemplateFields;

typedef struct
{
  MusterdTemplateFields fields;
  MusterdTemplate      *tmpl;     /* owned: what the fields are to be, with the id of a new one */
  guint                 position; /* from 0; beyond the end: the last */
  gboolean              inherit;  /* FORWARDING of a central one by a user: the central one's again */
} MusterdTemplateEdit;

MusterdTemplateEdit *musterd_template_edit_new  (void); /* with an empty template */
void                 musterd_template_edit_free (MusterdTemplateEdit *edit);
/* Random; never a role. */
char                *musterd_template_make_id   (void);

/* `edit` is taken. `as_user` (nullable: an administrator): a user may change the templates of their own scope, and the
 * forwarding of central ones that say so, which is then theirs alone. CONFLICT: in use (by which setting), or a name
 * twice; INVALID, FORBIDDEN, LIMIT, NOT_FOUND. */
void musterd_engine_add_template    (MusterdEngine *engine, const char *scope, MusterdTemplateEdit *edit,
                                     const char *by, MusterdDone done, gpointer user_data);
void musterd_engine_edit_template   (MusterdEngine *engine, const char *id, const char *as_user,
                                     MusterdTemplateEdit *edit, const char *by, MusterdDone done, gpointer user_data);
void musterd_engine_remove_template (MusterdEngine *engine, const char *id, const char *as_user, const char *by,
                                     MusterdDone done, gpointer user_data);
/* Where it stands; NULL: there is none. */
MusterdSettingScope *musterd_engine_find_template (MusterdEngine *engine, const char *id, guint *position);

G_END_DECLS
