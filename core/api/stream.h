/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Connections that carry server-sent events: taken from the HTTP server, kept behind the hub, written to without ever
 * waiting. What a reader does not take is never queued beyond one write: whoever feeds the stream asks whether it is
 * clear, and brings the reader up to date by state when it is.
 *
 * A stream ends in its own time only, never inside a function of whoever feeds it. */
#pragma once

#include "api/connection.h"
#include "api/router.h"

G_BEGIN_DECLS

#define MUSTERD_STREAMS_MAX 18000 /* the rest of the connections is for requests */

typedef struct _MusterdStreams MusterdStreams;
typedef struct _MusterdStream  MusterdStream;

typedef struct
{
  /* All that was sent has left: the stream is clear again, after it was not. */
  void (*clear)  (MusterdStream *stream, gpointer data);
  /* It has ended, whoever ended it; called once, and the stream is gone afterwards. */
  void (*closed) (MusterdStream *stream, gpointer data);
} MusterdStreamFuncs;

MusterdStreams *musterd_streams_new  (GMainContext *context, MusterdHub *hub);
/* Ends all of them. */
void            musterd_streams_free (MusterdStreams *streams);
guint           musterd_streams_get_n (MusterdStreams *streams);
/* Answers the request with 200 and text/event-stream on a connection that is the stream's from then on. NULL: it was
 * answered with a problem (too many), or the client is gone. */
MusterdStream  *musterd_streams_open (MusterdStreams *streams, MusterdRequest *request,
                                      const MusterdStreamFuncs *funcs, gpointer data);
void            musterd_streams_end_all (MusterdStreams *streams);
/* A token was revoked: its streams end now. */
void            musterd_streams_end_token (MusterdStreams *streams, const char *token);
/* An account is not what it was: the streams of those who are known by it end now. */
void            musterd_streams_end_account (MusterdStreams *streams, uid_t uid);

/* The pieces go out together, in one write where the socket takes it; they are shared, not copied. Only while the
 * stream is clear. */
void     musterd_stream_send     (MusterdStream *stream, GBytes *const *pieces, gsize n_pieces);
gboolean musterd_stream_is_clear (MusterdStream *stream);
void     musterd_stream_end      (MusterdStream *stream);

G_END_DECLS
