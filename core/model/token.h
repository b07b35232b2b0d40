/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What lets somebody in who has no account here: a bearer token, or the code of a sign-in link that is exchanged for
 * one. Of its secret only the hash is known. Immutable and atomically ref-counted: the api's thread holds it while the
 * store writes it. */
#pragma once

#include "model/types.h"

G_BEGIN_DECLS

#define MUSTERD_TOKEN_ID_MAX 32     /* bytes */
#define MUSTERD_TOKEN_LABEL_MAX 128 /* bytes */
#define MUSTERD_TOKEN_BY_MAX 512    /* bytes */
#define MUSTERD_TOKEN_HASH_SIZE 32  /* SHA-256 */

/* What it is good for. The numbers are stored. */
typedef enum
{
  MUSTERD_SCOPE_NONE,    /* nobody is signed in */
  MUSTERD_SCOPE_USER,    /* what its user may */
  MUSTERD_SCOPE_AGENT,   /* a program on the user's desktop: claims and client states of that user, nothing else */
  MUSTERD_SCOPE_ADMIN,   /* everything */
  MUSTERD_SCOPE_MONITOR, /* figures and readiness, nothing about any person */
  MUSTERD_N_TOKEN_SCOPES
} MusterdScope;

/* The numbers are stored. */
typedef enum
{
  MUSTERD_TOKEN_BEARER,
  MUSTERD_TOKEN_LINK, /* redeemed once, for a bearer token */
  MUSTERD_N_TOKEN_KINDS
} MusterdTokenKind;

typedef struct
{
  char            *id; /* public */
  guint8           hash[MUSTERD_TOKEN_HASH_SIZE];
  MusterdTokenKind kind;
  MusterdScope     scope;
  char            *user;  /* nullable: nobody's (admin and monitor only) */
  char            *label; /* nullable: what people call it */
  char            *by;    /* who made it: a user's id or an account's name */
  MusterdTime      created;
  MusterdTime      expires; /* NEVER */
} MusterdToken;

MUSTERD_DECLARE_NAMES (MusterdScope, token_scope);

/* Whether a scope is always, never, or possibly about one user. */
gboolean musterd_token_scope_needs_user (MusterdScope scope);
gboolean musterd_token_scope_has_user   (MusterdScope scope);

/* The strings are copied; `user` and `label` nullable. */
MusterdToken *musterd_token_new   (const char *id, const guint8 hash[MUSTERD_TOKEN_HASH_SIZE], MusterdTokenKind kind,
                                   MusterdScope scope, const char *user, const char *label, const char *by,
                                   MusterdTime created, MusterdTime expires);
MusterdToken *musterd_token_ref   (MusterdToken *token);
void          musterd_token_unref (MusterdToken *token);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MusterdToken, musterd_token_unref)

G_END_DECLS
