/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Records from the default source until it is killed, in a way that the usual tools do not offer:
 *
 *   micsync-recorder corked    connected but paused, as Chromium begins
 *   micsync-recorder peaks     a level meter, as pavucontrol has them
 *   micsync-recorder plain     like parec
 *
 * Prints "ready" once the stream stands; each line on stdin then corks or uncorks it, answered by "corked" or
 * "uncorked". What it calls itself comes from PULSE_PROP. */
#include <pulse/pulseaudio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static pa_mainloop *loop;
static pa_stream *stream;
static const char *mode;
static int corked;

static void
die (pa_context *context, const char *what)
{
  fprintf (stderr, "micsync-recorder: %s: %s\n", what, pa_strerror (pa_context_errno (context)));
  exit (EXIT_FAILURE);
}

static void
on_corked (pa_stream *s, int success, void *data)
{
  (void) data;
  if (!success)
    die (pa_stream_get_context (s), "corking");
  puts (corked ? "corked" : "uncorked");
  fflush (stdout);
}

static void
on_line (pa_mainloop_api *api, pa_io_event *event, int fd, pa_io_event_flags_t flags, void *data)
{
  char line[64];

  (void) flags;
  (void) data;
  if (read (fd, line, sizeof line) <= 0)
    {
      api->io_free (event);
      return;
    }
  corked = !corked;
  pa_operation_unref (pa_stream_cork (stream, corked, on_corked, NULL));
}

static void
on_readable (pa_stream *s, size_t length, void *data)
{
  const void *bytes;

  (void) data;
  while (pa_stream_readable_size (s) > 0)
    if (pa_stream_peek (s, &bytes, &length) < 0 || pa_stream_drop (s) < 0)
      return;
}

static void
on_stream_state (pa_stream *s, void *data)
{
  (void) data;
  if (pa_stream_get_state (s) == PA_STREAM_FAILED)
    die (pa_stream_get_context (s), "recording");
  if (pa_stream_get_state (s) != PA_STREAM_READY)
    return;

  pa_mainloop_api *api = pa_mainloop_get_api (loop);

  puts ("ready");
  fflush (stdout);
  api->io_new (api, STDIN_FILENO, PA_IO_EVENT_INPUT, on_line, NULL);
}

static void
on_context_state (pa_context *context, void *data)
{
  static const pa_sample_spec sound = { .format = PA_SAMPLE_S16LE, .rate = 44100, .channels = 1 };
  static const pa_sample_spec level = { .format = PA_SAMPLE_FLOAT32LE, .rate = 25, .channels = 1 };
  const int is_meter = strcmp (mode, "peaks") == 0;
  const pa_buffer_attr attr = { .maxlength = (uint32_t) -1, .fragsize = is_meter ? sizeof (float) : (uint32_t) -1 };
  pa_stream_flags_t flags = PA_STREAM_NOFLAGS;

  (void) data;
  if (pa_context_get_state (context) == PA_CONTEXT_FAILED)
    die (context, "connecting");
  if (pa_context_get_state (context) != PA_CONTEXT_READY)
    return;

  if (is_meter)
    flags = PA_STREAM_PEAK_DETECT | PA_STREAM_ADJUST_LATENCY | PA_STREAM_DONT_MOVE;
  else if (strcmp (mode, "corked") == 0)
    flags = PA_STREAM_START_CORKED;
  corked = (flags & PA_STREAM_START_CORKED) != 0;
  stream = pa_stream_new (context, is_meter ? "Peak detect" : "record", is_meter ? &level : &sound, NULL);
  pa_stream_set_state_callback (stream, on_stream_state, NULL);
  pa_stream_set_read_callback (stream, on_readable, NULL);
  if (pa_stream_connect_record (stream, NULL, &attr, flags) < 0)
    die (context, "recording");
}

int
main (int argc, char **argv)
{
  int result = EXIT_FAILURE;

  mode = argc == 2 ? argv[1] : "";
  if (strcmp (mode, "corked") != 0 && strcmp (mode, "peaks") != 0 && strcmp (mode, "plain") != 0)
    {
      fprintf (stderr, "usage: micsync-recorder corked|peaks|plain\n");
      return 2;
    }

  loop = pa_mainloop_new ();
  pa_context *context = pa_context_new (pa_mainloop_get_api (loop), "micsync-recorder");

  pa_context_set_state_callback (context, on_context_state, NULL);
  if (pa_context_connect (context, NULL, PA_CONTEXT_NOAUTOSPAWN, NULL) < 0)
    die (context, "connecting");
  pa_mainloop_run (loop, &result);
  return result;
}
