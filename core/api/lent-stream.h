/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A connection as it is lent to the HTTP server for one request: what was read of it already comes first, then what
 * belongs to that request, and not a byte of the next one. Closing it closes nothing: the connection goes back to whom
 * it belongs. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define MUSTERD_TYPE_LENT_STREAM (musterd_lent_stream_get_type ())
G_DECLARE_FINAL_TYPE (MusterdLentStream, musterd_lent_stream, MUSTERD, LENT_STREAM, GIOStream)

#define MUSTERD_LENT_ALL G_MAXUINT64

/* `base`: pollable both ways. `buffer`: what was read of it; what is served is taken off its front. At most `length`
 * bytes are served (MUSTERD_LENT_ALL: up to the end). `tail`: takes what is to be written but must not wait, and is
 * to be written when the stream has come back: the HTTP server ends a chunked answer on a thread that would wait with
 * those last bytes for the reader. */
GIOStream *musterd_lent_stream_new (GIOStream *base, GByteArray *buffer, guint64 length, GByteArray *tail);
/* Whether everything was served. */
gboolean   musterd_lent_stream_is_drained (MusterdLentStream *stream);

G_END_DECLS
