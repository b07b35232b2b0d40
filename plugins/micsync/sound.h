/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The connection to the sound server, be it PulseAudio or PipeWire's pulse server: lists everything anew whenever
 * something changes, comes back by itself when the server goes. It only ever asks and listens: it opens no stream,
 * wakes no device and starts no server. */
#pragma once

#include "recorders.h"

G_BEGIN_DECLS

typedef struct _MicsyncSound MicsyncSound;

typedef struct
{
  /* Everything that is there now; takes the snapshot. After each change, and after micsync_sound_refresh(). */
  void (*listed) (MicsyncSnapshot *snapshot, gpointer user_data);
  /* No connection: it broke, or an attempt at one failed. The next attempt is under way by itself. */
  void (*lost) (const char *reason, gpointer user_data);
} MicsyncSoundEvents;

/* On the instance's thread. Connects from the main loop, not at once. `server`: nullable, libpulse's own search. */
MicsyncSound *micsync_sound_new  (MusterContext *ctx, const char *server, const MicsyncSoundEvents *events,
                                  gpointer user_data);
void          micsync_sound_free (MicsyncSound *sound);

/* Lists again; where there is no connection, tries for one now. */
void          micsync_sound_refresh (MicsyncSound *sound);

/* "PulseAudio (on PipeWire 0.3.65)"; NULL before the first list of a connection. */
const char   *micsync_sound_get_server  (MicsyncSound *sound);
/* Where that is ("unix:/run/user/1000/pulse/native"); NULL without a connection. */
const char   *micsync_sound_get_address (MicsyncSound *sound);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MicsyncSound, micsync_sound_free)

G_END_DECLS
