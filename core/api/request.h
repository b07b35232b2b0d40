/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One request on its way through the api's thread: what it asks, who asks, what came with it; and its answer. Lives
 * with its HTTP message; whoever wants to answer later holds it meanwhile. */
#pragma once

#include <libsoup/soup.h>

#include "api/body.h"
#include "api/connection.h"
#include "api/query.h"
#include "api/router.h"
#include "api/upload.h"

G_BEGIN_DECLS

typedef struct _MusterdServer MusterdServer;

struct _MusterdRequest
{
  MusterdServer      *server;
  SoupServerMessage  *message;
  MusterdConnection  *connection; /* nullable: gone */
  MusterdCaller       caller;
  MusterdRelation     relation; /* of the caller to the user named first in the path, where the route goes by that */
  const MusterdRoute *route; /* nullable: none found */
  char               *args[MUSTERD_ROUTE_ARGS_MAX];
  MusterdQuery       *query; /* nullable: refused */
  GByteArray         *body;
  MusterdUpload      *upload; /* nullable; MUSTERD_BODY_FILE */
  guint64             seen;   /* bytes of the body so far, kept or not */
  guint               refused; /* 0, or the status with which it is to be answered */
  char               *refusal; /* nullable */
  gboolean            gone, answered, held;
  GSource            *limit; /* nullable: nobody waits, or nobody said how long */
  void              (*late) (MusterdRequest *request);
};

MusterdRequest *musterd_request_new  (MusterdServer *server, SoupServerMessage *message, MusterdConnection *connection);
void            musterd_request_free (MusterdRequest *request);

/* The message waits until it is answered; every hold is released once. */
void musterd_request_hold    (MusterdRequest *request);
void musterd_request_release (MusterdRequest *request);
/* The message waits no longer: it has its answer, or has been held before its body came, and is to go on to it. */
void musterd_request_go_on   (MusterdRequest *request);

/* Once; unless it is answered within `ms`, `late` is called, and answers it. */
void musterd_request_limit   (MusterdRequest *request, guint ms, void (*late) (MusterdRequest *request));

/* Answers: each request is answered once, later ones are ignored. */
void musterd_request_reply   (MusterdRequest *request, guint status, GString *json); /* takes json */
/* 200 with text of the type (as in Content-Type); takes text. */
void musterd_request_reply_text (MusterdRequest *request, const char *type, GString *text);
void musterd_request_done    (MusterdRequest *request);                              /* 204 */
void musterd_request_problem (MusterdRequest *request, guint status, const char *detail);
void musterd_request_fail    (MusterdRequest *request, const GError *error);         /* by MUSTERD_ERROR */

/* The next piece of an answer that is too long to be in memory at once; NULL without an error: that was all. */
typedef GBytes *(*MusterdPieceFunc) (gpointer data, GError **error);
/* `length` -1: not known. Takes `data`. */
void musterd_request_stream  (MusterdRequest *request, const char *type, goffset length, MusterdPieceFunc next,
                              gpointer data, GDestroyNotify free_data);

/* The JSON body by its table; NULL: answered already. */
JsonObject *musterd_request_parse (MusterdRequest *request, const MusterdMember *members, gsize n_members);
/* From now on nothing of the connection can be trusted: it is cut. */
void musterd_request_cut (MusterdRequest *request);
/* Takes the connection out of HTTP for good; nothing has been answered. NULL: the client is gone. */
MusterdConnection *musterd_request_take_connection (MusterdRequest *request);
guint musterd_error_to_status (const GError *error);

G_END_DECLS
