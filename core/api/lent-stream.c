/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/lent-stream.h"

#include <string.h>

#define MUSTERD_TYPE_LENT_INPUT (lent_input_get_type ())
G_DECLARE_FINAL_TYPE (LentInput, lent_input, MUSTERD, LENT_INPUT, GInputStream)

struct _LentInput
{
  GInputStream parent_instance;

  GPollableInputStream *base;
  GByteArray           *buffer;
  guint64               left; /* to be served */
};

#define MUSTERD_TYPE_LENT_OUTPUT (lent_output_get_type ())
G_DECLARE_FINAL_TYPE (LentOutput, lent_output, MUSTERD, LENT_OUTPUT, GOutputStream)

struct _LentOutput
{
  GOutputStream parent_instance;

  GPollableOutputStream *base;
  GByteArray            *tail;
};

struct _MusterdLentStream
{
  GIOStream parent_instance;

  LentInput  *input;
  LentOutput *output;
};

static gboolean
lent_input_is_readable (GPollableInputStream *stream)
{
  LentInput *self = MUSTERD_LENT_INPUT (stream);

  return self->left > 0 && (self->buffer->len > 0 || g_pollable_input_stream_is_readable (self->base));
}

static gssize
lent_input_read_nonblocking (GPollableInputStream *stream, void *buffer, gsize count, GError **error)
{
  LentInput *self = MUSTERD_LENT_INPUT (stream);
  gsize wanted = (gsize) MIN (self->left, count);
  gssize n;

  if (self->left == 0)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK, "this request has come whole");
      return -1;
    }
  if (self->buffer->len > 0)
    {
      n = (gssize) MIN (wanted, self->buffer->len);
      memcpy (buffer, self->buffer->data, (gsize) n);
      g_byte_array_remove_range (self->buffer, 0, (guint) n);
    }
  else
    n = g_pollable_input_stream_read_nonblocking (self->base, buffer, wanted, NULL, error);
  if (n > 0 && self->left != MUSTERD_LENT_ALL)
    self->left -= (guint64) n;
  return n;
}

/* The server only ever reads without blocking; for anybody else this is such a read, too. */
static gssize
lent_input_read (GInputStream *stream, void *buffer, gsize count, GCancellable *cancellable G_GNUC_UNUSED,
                 GError **error)
{
  return lent_input_read_nonblocking (G_POLLABLE_INPUT_STREAM (stream), buffer, count, error);
}

static gboolean
lent_input_close (GInputStream *stream G_GNUC_UNUSED, GCancellable *cancellable G_GNUC_UNUSED,
                  GError **error G_GNUC_UNUSED)
{
  return TRUE;
}

static GSource *
lent_input_create_source (GPollableInputStream *stream, GCancellable *cancellable)
{
  LentInput *self = MUSTERD_LENT_INPUT (stream);
  g_autoptr(GSource) child = NULL;

  if (self->left > 0 && self->buffer->len > 0)
    {
      child = g_timeout_source_new (0);
      g_source_set_dummy_callback (child);
    }
  else if (self->left > 0)
    child = g_pollable_input_stream_create_source (self->base, NULL);
  /* With nothing left there is nothing to wait for. */
  return g_pollable_source_new_full (self, child, cancellable);
}

static void
lent_input_pollable_init (GPollableInputStreamInterface *iface)
{
  iface->is_readable = lent_input_is_readable;
  iface->create_source = lent_input_create_source;
  iface->read_nonblocking = lent_input_read_nonblocking;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (LentInput, lent_input, G_TYPE_INPUT_STREAM,
                               G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_INPUT_STREAM, lent_input_pollable_init))

static void
lent_input_finalize (GObject *object)
{
  LentInput *self = MUSTERD_LENT_INPUT (object);

  g_object_unref (self->base);
  g_byte_array_unref (self->buffer);
  G_OBJECT_CLASS (lent_input_parent_class)->finalize (object);
}

static void
lent_input_class_init (LentInputClass *class)
{
  G_OBJECT_CLASS (class)->finalize = lent_input_finalize;
  G_INPUT_STREAM_CLASS (class)->read_fn = lent_input_read;
  G_INPUT_STREAM_CLASS (class)->close_fn = lent_input_close;
}

static void
lent_input_init (LentInput *self G_GNUC_UNUSED)
{
}

static gboolean
lent_output_is_writable (GPollableOutputStream *stream)
{
  return g_pollable_output_stream_is_writable (MUSTERD_LENT_OUTPUT (stream)->base);
}

static GSource *
lent_output_create_source (GPollableOutputStream *stream, GCancellable *cancellable)
{
  g_autoptr(GSource) child = g_pollable_output_stream_create_source (MUSTERD_LENT_OUTPUT (stream)->base, NULL);

  return g_pollable_source_new_full (stream, child, cancellable);
}

static gssize
lent_output_write_nonblocking (GPollableOutputStream *stream, const void *buffer, gsize count, GError **error)
{
  return g_pollable_output_stream_write_nonblocking (MUSTERD_LENT_OUTPUT (stream)->base, buffer, count, NULL, error);
}

/* Only the end of a chunked answer is written like this, on a thread, while the api's waits for it. */
static gssize
lent_output_write (GOutputStream *stream, const void *buffer, gsize count, GCancellable *cancellable G_GNUC_UNUSED,
                   GError **error G_GNUC_UNUSED)
{
  g_byte_array_append (MUSTERD_LENT_OUTPUT (stream)->tail, buffer, (guint) count);
  return (gssize) count;
}

static void
lent_output_pollable_init (GPollableOutputStreamInterface *iface)
{
  iface->is_writable = lent_output_is_writable;
  iface->create_source = lent_output_create_source;
  iface->write_nonblocking = lent_output_write_nonblocking;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (LentOutput, lent_output, G_TYPE_OUTPUT_STREAM,
                               G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_OUTPUT_STREAM, lent_output_pollable_init))

static void
lent_output_finalize (GObject *object)
{
  LentOutput *self = MUSTERD_LENT_OUTPUT (object);

  g_object_unref (self->base);
  g_byte_array_unref (self->tail);
  G_OBJECT_CLASS (lent_output_parent_class)->finalize (object);
}

static void
lent_output_class_init (LentOutputClass *class)
{
  G_OBJECT_CLASS (class)->finalize = lent_output_finalize;
  G_OUTPUT_STREAM_CLASS (class)->write_fn = lent_output_write;
}

static void
lent_output_init (LentOutput *self G_GNUC_UNUSED)
{
}

G_DEFINE_FINAL_TYPE (MusterdLentStream, musterd_lent_stream, G_TYPE_IO_STREAM)

static GInputStream *
musterd_lent_stream_get_input (GIOStream *stream)
{
  return G_INPUT_STREAM (MUSTERD_LENT_STREAM (stream)->input);
}

static GOutputStream *
musterd_lent_stream_get_output (GIOStream *stream)
{
  return G_OUTPUT_STREAM (MUSTERD_LENT_STREAM (stream)->output);
}

static gboolean
musterd_lent_stream_close (GIOStream *stream G_GNUC_UNUSED, GCancellable *cancellable G_GNUC_UNUSED,
                           GError **error G_GNUC_UNUSED)
{
  return TRUE;
}

static void
musterd_lent_stream_finalize (GObject *object)
{
  MusterdLentStream *self = MUSTERD_LENT_STREAM (object);

  g_object_unref (self->input);
  g_object_unref (self->output);
  G_OBJECT_CLASS (musterd_lent_stream_parent_class)->finalize (object);
}

static void
musterd_lent_stream_class_init (MusterdLentStreamClass *class)
{
  G_OBJECT_CLASS (class)->finalize = musterd_lent_stream_finalize;
  G_IO_STREAM_CLASS (class)->get_input_stream = musterd_lent_stream_get_input;
  G_IO_STREAM_CLASS (class)->get_output_stream = musterd_lent_stream_get_output;
  G_IO_STREAM_CLASS (class)->close_fn = musterd_lent_stream_close;
}

static void
musterd_lent_stream_init (MusterdLentStream *self G_GNUC_UNUSED)
{
}

GIOStream *
musterd_lent_stream_new (GIOStream *base, GByteArray *buffer, guint64 length, GByteArray *tail)
{
  MusterdLentStream *self = g_object_new (MUSTERD_TYPE_LENT_STREAM, NULL);

  self->input = g_object_new (MUSTERD_TYPE_LENT_INPUT, NULL);
  self->input->base = g_object_ref (G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (base)));
  self->input->buffer = g_byte_array_ref (buffer);
  self->input->left = length;
  self->output = g_object_new (MUSTERD_TYPE_LENT_OUTPUT, NULL);
  self->output->base = g_object_ref (G_POLLABLE_OUTPUT_STREAM (g_io_stream_get_output_stream (base)));
  self->output->tail = g_byte_array_ref (tail);
  return G_IO_STREAM (self);
}

gboolean
musterd_lent_stream_is_drained (MusterdLentStream *stream)
{
  return stream->input->left == 0;
}
