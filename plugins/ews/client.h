/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One Exchange server and the account that speaks with it: sign-in, what may be sent now, and waiting where the server
 * is down, overloaded or does not let the account in. What is wrong with one mailbox only is the caller's. */
#pragma once

#include "response.h"

#include "muster/muster-plugin.h"

G_BEGIN_DECLS

typedef struct _EwsClient EwsClient;

typedef void (*EwsClientFunc) (gpointer user_data);

typedef struct
{
  EwsResponse *response; /* nullable: there is no answer that can be read */
  const char *problem;   /* nullable: there is one */
} EwsReply;

/* `reply` lives during the call. */
typedef void (*EwsReplyFunc) (const EwsReply *reply, gpointer user_data);

/* Reads the instance's options url, auth, username, password, ca-file, timeout and requests. `on_changed` is called
 * when more may be sent than before, and when the problem or the version is another. */
EwsClient *ews_client_new (MusterContext *ctx, EwsClientFunc on_changed, gpointer user_data, GError **error);
/* Every request under way ends soon, with a problem, and nothing more is sent. `on_changed` is called once more, when
 * the last of them has ended. */
void ews_client_stop (EwsClient *client);
/* Once nothing is under way. */
void ews_client_free (EwsClient *client);

/* How many requests may be sent now. */
guint ews_client_get_room (EwsClient *client);
guint ews_client_get_n_active (EwsClient *client);
/* Whether the server or the account is the reason why nothing works; nullable. */
const char *ews_client_get_problem (EwsClient *client);
const char *ews_client_get_version (EwsClient *client); /* nullable: it has not said so */
const char *ews_client_get_origin (EwsClient *client); /* "https://mail.example.com" */

/* Sends where there is room, and otherwise ends with a problem; never calls back from within. The mailbox is where the
 * server shall look (X-AnchorMailbox). `idempotent`: asking twice does no harm. */
void ews_client_send (EwsClient *client, const char *mailbox, GBytes *request, gboolean idempotent, EwsReplyFunc func,
                      gpointer user_data);

G_END_DECLS
