/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A command of a person on its way: see commands.c. Internal to the engine. */
#pragma once

#include "engine/private.h"
#include "engine/scopes.h"

G_BEGIN_DECLS

typedef enum
{
  COMMAND_CHOOSE,
  COMMAND_AUTOMATIC,
  COMMAND_IGNORE,
  COMMAND_END_STANDING, /* a client started, or the last one ended */
  COMMAND_EXPIRE,       /* a choice has come to its end */
  COMMAND_GRANT,
  COMMAND_REVOKE,
  COMMAND_PUT_USERS,
  COMMAND_REMOVE_USER,
  COMMAND_SYNC_USERS,
  COMMAND_CHANGE_SETTINGS,
  COMMAND_RESET_SETTINGS,
  COMMAND_ADD_TEMPLATE,
  COMMAND_EDIT_TEMPLATE,
  COMMAND_REMOVE_TEMPLATE
} CommandType;

struct _MusterdCommand
{
  CommandType    type;
  MusterdEngine *engine;
  char          *user; /* nullable: PUT_USERS, SYNC_USERS; of templates: who acts, NULL an administrator */
  char          *word; /* CHOOSE: the template, nullable; IGNORE: the claim; of settings: the scope, or template */
  MusterdStatus  status;
  char          *text, *by; /* nullable */
  MusterdTime    until;
  MusterdGrant   grant; /* GRANT, REVOKE: with a name of its own */
  GPtrArray     *users; /* PUT_USERS, SYNC_USERS */
  GPtrArray     *removed, *known; /* SYNC_USERS: MusterdUser */
  MusterdPut     how;
  char          *block;   /* RESET_SETTINGS: nullable */
  GPtrArray     *changes; /* CHANGE_SETTINGS */
  MusterdTemplateEdit *edit; /* ADD_TEMPLATE, EDIT_TEMPLATE */
  MusterdDone    done; /* nullable */
  gpointer       user_data;
  /* Decided when it is its turn: what is to come into force. */
  MusterdChoice *choice;
  MusterdIgnore *ignore;
  GHashTable    *scopes; /* nullable; id, in the value → MusterdSettingScope, as they are to be */
  gboolean       end_standing, end_timed;
  char          *whom; /* with `did`: the user */
  const char    *did; /* nullable, static: what somebody else did in the user's name */
  gboolean       begun; /* on its way to the disk, or to its refusal */
  GError        *error;
};

/* When it is its turn: fills the batch and the command's decisions. FALSE: refused, nothing is to be written. */
gboolean musterd_command_decide (MusterdCommand *command, MusterdBatch *batch, GError **error);

/* Whether it goes with all that concerns more than one user, one after the other. */
gboolean musterd_command_is_central (const MusterdCommand *command);

/* decide-settings.c, decide-templates.c */
gboolean musterd_decide_change_settings (MusterdCommand *command, MusterdBatch *batch, GError **error);
gboolean musterd_decide_reset_settings  (MusterdCommand *command, MusterdBatch *batch, GError **error);
gboolean musterd_decide_add_template    (MusterdCommand *command, MusterdBatch *batch, GError **error);
gboolean musterd_decide_edit_template   (MusterdCommand *command, MusterdBatch *batch, GError **error);
gboolean musterd_decide_remove_template (MusterdCommand *command, MusterdBatch *batch, GError **error);
/* What users lose with it, by policies and templates as they are to be. */
void     musterd_decide_void            (MusterdCommand *command, MusterdBatch *batch);
/* The scope as the command is to leave it: a copy of its own, to be changed. NULL with INVALID. */
MusterdSettingScope *musterd_command_get_scope (MusterdCommand *command, const char *id, GError **error);

/* delegations.c: while a command is decided. Where it is somebody else's than the user's, keeps with it who did `what`
 * (template, status, until; never a text), and for the log `did` ("chose", static): it tells nothing more. */
void musterd_command_delegated      (MusterdCommand *command, MusterdBatch *batch, const char *user, const char *did,
                                     const char *what);
/* When it is in force. */
void musterd_command_tell_delegated (const MusterdCommand *command);

G_END_DECLS
