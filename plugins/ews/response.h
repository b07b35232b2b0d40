/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An answer of an Exchange server: a SOAP envelope with response messages, or a fault. Found by local name, since
 * servers differ from the schema and from each other. Pure. */
#pragma once

#include "errors.h"
#include "xml.h"

G_BEGIN_DECLS

/* What one message says of how it went. */
typedef struct
{
  xmlNode *node;   /* nullable: a fault. What holds the result; borrowed of the response */
  char *code;      /* nullable: no error; otherwise "ErrorServerBusy", or "" where the server names none */
  char *text;      /* nullable: what the server says about it */
  gint64 back_off; /* µs that the server asks for; 0: none */
} EwsMessage;

typedef struct
{
  xmlDoc *doc;
  char *version;       /* nullable: "15.2.1544.4" */
  GPtrArray *messages; /* EwsMessage, at least one */
} EwsResponse;

/* NULL with MUSTER_ERROR_PROTOCOL where it is no such answer. */
EwsResponse *ews_response_new (const char *data, gsize length, GError **error);
void ews_response_free (EwsResponse *response);
/* The first message, which is the only one where one thing was asked for. */
const EwsMessage *ews_response_first (const EwsResponse *response);
/* NONE: no error. A fault may say with words what there is no code for. */
EwsAction ews_message_get_action (const EwsMessage *message);
/* "ErrorNonExistentMailbox (…): advice", for administrators; only of an error. */
char *ews_message_explain (const EwsMessage *message);

/* The news of a subscription. */
typedef struct
{
  char *subscription; /* nullable: of Subscribe, or whose events these are */
  char *watermark;    /* nullable: the last one */
  gboolean changed;   /* something happened in the calendar */
  gboolean more;      /* and more waits */
} EwsEvents;

/* Of Subscribe or GetEvents. */
void ews_events_read (const EwsMessage *message, EwsEvents *events);
void ews_events_clear (EwsEvents *events);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EwsResponse, ews_response_free)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (EwsEvents, ews_events_clear)

G_END_DECLS
