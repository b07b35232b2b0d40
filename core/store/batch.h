/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a batch is inside: a list of changes that owns all it needs, so that the writer's thread can take it. */
#pragma once

#include "store/store.h"

G_BEGIN_DECLS

typedef enum
{
  MUSTERD_OP_PUT_USER,
  MUSTERD_OP_REMOVE_USER,
  MUSTERD_OP_PUT_CHOICE,
  MUSTERD_OP_REMOVE_CHOICE,
  MUSTERD_OP_PUT_IGNORE,
  MUSTERD_OP_REMOVE_IGNORE,
  MUSTERD_OP_PUT_CLAIM,
  MUSTERD_OP_REMOVE_CLAIM,
  MUSTERD_OP_PUT_CLIENT,
  MUSTERD_OP_REMOVE_CLIENT,
  MUSTERD_OP_PUT_DEVICE,
  MUSTERD_OP_REMOVE_DEVICE,
  MUSTERD_OP_PUT_SHOWN,
  MUSTERD_OP_DROP_SOURCE,
  MUSTERD_OP_PUT_RECORD,
  MUSTERD_OP_PUT_TOKEN,
  MUSTERD_OP_REMOVE_TOKEN,
  MUSTERD_OP_PUT_GRANT,
  MUSTERD_OP_REMOVE_GRANT,
  MUSTERD_OP_PUT_REVISION,
  MUSTERD_OP_PUT_SETTING,
  MUSTERD_OP_PUT_POLICY,
  MUSTERD_OP_PUT_TEMPLATE,
  MUSTERD_OP_REMOVE_TEMPLATE,
  MUSTERD_OP_MARK_DEFAULTS,
  MUSTERD_OP_ADD_DELEGATION,
  MUSTERD_OP_FORGET_DELEGATIONS
} MusterdOpKind;

typedef struct
{
  MusterdOpKind kind;
  char         *user; /* GRefString, nullable: shared by the changes of one user that follow each other */
  union
  {
    MusterdUser   *user;
    MusterdChoice *choice;
    MusterdClaim  *claim;
    MusterdIgnore  ignore;
    MusterdClient  client;
    MusterdDevice  device;
    gboolean       timed;
    guint64        revision;
    char          *source;
    MusterdToken  *token;
    char          *token_id;
    MusterdTime    before; /* of delegations to forget */
    struct
    {
      MusterdTime time;
      char       *by, *what;
    } delegation;
    struct
    {
      char           *viewer; /* with its kind */
      MusterdRelation level;
      gboolean        own_word;
    } grant;
    struct
    {
      char *source, *key;
    } name; /* of an ignore, claim, client or device to remove */
    struct
    {
      char         *template_name, *ended_by; /* nullable */
      MusterdTime   since;
      MusterdStatus status;
    } shown;
    struct
    {
      char   *instance, *key;
      GBytes *value; /* NULL forgets */
    } record;
    struct
    {
      char *scope, *block, *option; /* option: NULL of a policy */
      char *value;  /* NULL: inherited again */
      int   policy; /* 1 users may change, -1 they cannot, 0 inherited again */
    } setting;
    struct
    {
      char            *scope; /* of a removal: the template's id */
      guint            position;
      MusterdTemplate *tmpl;
    } tmpl;
  } u;
} MusterdOp;

struct _MusterdBatch
{
  GArray *ops;   /* MusterdOp */
  gsize   bytes; /* about what waits in memory */
};

G_END_DECLS
