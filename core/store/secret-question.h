/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One question to the Secret Service: the conversation with it by libsecret. Whose turn it is, and when it has taken
 * too long, is known by secret-service.c. Not for others. */
#pragma once

#include <libsecret/secret.h>

#include "store/secret-service.h"

G_BEGIN_DECLS

typedef enum
{
  MUSTERD_QUESTION_GET,
  MUSTERD_QUESTION_PUT,
  MUSTERD_QUESTION_REMOVE,
  MUSTERD_QUESTION_LIST
} MusterdQuestionKind;

/* The library has it as the data of the one call that is under way, and it lives until that has come back, also when
 * nobody waits for it any more. */
typedef struct
{
  MusterdSecretService *owner;
  MusterdQuestionKind   kind;
  char                 *name;   /* nullable: list */
  char                 *secret; /* nullable; put */
  MusterdServiceFunc    func;
  gpointer              user_data;
  gboolean              answered;
  GCancellable         *cancellable;
  GSource              *timer;      /* nullable; while it is asked */
  GDBusConnection      *connection; /* nullable */
  SecretService        *service;    /* nullable */
  GList                *items;      /* SecretItem */
} MusterdQuestion;

/* Ends with musterd_question_answer() and musterd_question_free(), or, where it was answered meanwhile, with
 * musterd_question_come_back(). */
void musterd_question_ask       (MusterdQuestion *question);
void musterd_question_free      (MusterdQuestion *question);

/* secret-service.c */
/* Tells who asked, and lets the next one be asked. The question stays. */
void musterd_question_answer    (MusterdQuestion *question, const MusterdServiceAnswer *told);
/* The library has let go of one that was given up. */
void musterd_question_come_back (MusterdQuestion *question);

G_END_DECLS
