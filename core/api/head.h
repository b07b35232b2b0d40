/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The head of an HTTP/1.1 request (RFC 9112), looked at before anything else is done for it: whether it is whole,
 * within bounds, and says one thing only about where its body ends. Everything that two readers could understand
 * differently is refused, so that what stands before us (a proxy) and we always agree on where a request ends. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define MUSTERD_HEAD_MAX (32 * 1024) /* bytes: an event stream may name a thousand users in its query */
#define MUSTERD_HEAD_FIELDS_MAX 100

typedef enum
{
  MUSTERD_HEAD_MORE,  /* nothing against it, but it is not whole yet */
  MUSTERD_HEAD_WHOLE,
  MUSTERD_HEAD_BAD
} MusterdHeadState;

/* Zero it before the first piece of each request, and pass the same one for each further piece. */
typedef struct
{
  gsize       length;  /* of WHOLE: bytes up to and with the empty line */
  gboolean    keep;    /* the client may ask again on this connection */
  gboolean    chunked; /* the body's end stands in the body */
  guint64     body;    /* announced bytes of the body */
  gboolean    expects; /* the client sends the body when it is told to go on */
  gsize       prefix_at, prefix_length; /* what of the target stands before its path; length 0: nothing */
  guint       status;  /* of BAD: what to answer */
  const char *fault;   /* of BAD: why; static */

  gsize       seen;    /* private: so far whole lines were looked at */
  guint       n_lines, n_fields;
  guint       n_hosts, n_lengths, n_encodings, n_authorizations, n_expectations;
  gboolean    old, close;
} MusterdHead;

/* `data`: all that has come of this request, from its first byte on. */
MusterdHeadState musterd_head_read (MusterdHead *head, const char *data, gsize size);

G_END_DECLS
