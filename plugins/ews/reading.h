/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the calendar of one mailbox over a window of time, in as many requests as that takes, and replaces what is
 * claimed of its user by it, or leaves all as it was. */
#pragma once

#include "client.h"
#include "request.h"

G_BEGIN_DECLS

typedef struct
{
  EwsAction action; /* NONE: it has been read */
  gint64 back_off;  /* µs that the server asks for; 0: none */
  const char *text; /* nullable: what went wrong, for administrators */
  guint n_masters;  /* series that this server does not expand */
} EwsReadingResult;

/* `result` lives during the call. */
typedef void (*EwsReadingFunc) (const EwsReadingResult *result, gpointer user_data);

typedef struct
{
  EwsClient *client;
  EwsCaller caller;
  const char *user;   /* id */
  const char *web;    /* nullable: what relative links belong to */
  gint64 from, until; /* the window */
} EwsReadingOrder;

/* `done` is called once, and not from within; also where the client is stopped. The strings of `order` are copied. */
void ews_reading_start (MusterContext *ctx, const EwsReadingOrder *order, EwsReadingFunc done, gpointer user_data);

G_END_DECLS
