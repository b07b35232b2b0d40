/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A command of a person on its way: see commands.c. Internal to the engine. */
#pragma once

#include "engine/private.h"

G_BEGIN_DECLS

typedef enum
{
  COMMAND_CHOOSE,
  COMMAND_AUTOMATIC,
  COMMAND_IGNORE,
  COMMAND_END_STANDING, /* a client started, or the last one ended */
  COMMAND_EXPIRE,       /* a choice has come to its end */
  COMMAND_PUT_USERS,
  COMMAND_REMOVE_USER
} CommandType;

struct _MusterdCommand
{
  CommandType    type;
  MusterdEngine *engine;
  char          *user; /* nullable: PUT_USERS */
  char          *word; /* CHOOSE: the template, nullable; IGNORE: the claim */
  MusterdStatus  status;
  char          *text, *by; /* nullable */
  MusterdTime    until;
  GPtrArray     *users; /* PUT_USERS */
  MusterdPut     how;
  MusterdDone    done; /* nullable */
  gpointer       user_data;
  /* Decided when it is its turn: what is to come into force. */
  MusterdChoice *choice;
  MusterdIgnore *ignore;
  gboolean       end_standing, end_timed;
  gboolean       begun; /* on its way to the disk, or to its refusal */
  GError        *error;
};

/* When it is its turn: fills the batch and the command's decisions. FALSE: refused, nothing is to be written. */
gboolean musterd_command_decide (MusterdCommand *command, MusterdBatch *batch, GError **error);

G_END_DECLS
