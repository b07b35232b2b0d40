/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Log lines that a client can cause: so many of each kind from each peer, then only their number. Whoever opens
 * connections all night fills no disk.
 *
 * One account for each thread that keeps one (the api's); on others everything is written. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  MUSTERD_COMPLAINT_CONNECTION, /* that could not be taken, or kept */
  MUSTERD_COMPLAINT_ANSWER,     /* that could not be sent whole */
  MUSTERD_N_COMPLAINTS
} MusterdComplaint;

/* `context` is where this thread's loop runs. */
void    musterd_complaints_begin (GMainContext *context);
void    musterd_complaints_end   (void);
/* `peer`: whoever is to be held apart from others, an address or a name; nullable. It is not written. */
void    musterd_complain         (MusterdComplaint kind, const char *peer, GLogLevelFlags level, const char *format,
                                  ...) G_GNUC_PRINTF (4, 5);
/* Since the beginning. */
guint64 musterd_complaints_get_n_left_out (void);
/* Writes now what the timer writes a little after the first line was left out: how many were. */
void    musterd_complaints_summarise      (void);

G_END_DECLS
