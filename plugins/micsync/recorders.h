/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who records right now, and whether that counts as somebody talking: a snapshot of the sound server's lists is filled
 * in whole, then judged whole. A recorder's first event decides nothing, since PipeWire announces every one of them
 * corked and without a source. */
#pragma once

#include "programs.h"

#include <pulse/pulseaudio.h>

G_BEGIN_DECLS

/* What more than this a sound server lists is not looked at: whoever may connect to it writes these lists. */
#define MICSYNC_STREAMS_MAX 1024
#define MICSYNC_SOURCES_MAX 1024
#define MICSYNC_CLIENTS_MAX 4096

typedef enum
{
  MICSYNC_COUNTS,
  MICSYNC_NO_SOURCE,   /* not connected to anything that sounds */
  MICSYNC_CORKED,      /* paused by the program itself */
  MICSYNC_MONITOR,     /* records what an output plays */
  MICSYNC_METER,       /* shows a level, keeps no sound */
  MICSYNC_MIXER,       /* a volume control */
  MICSYNC_NAMELESS,    /* no program behind it: the sound server's own modules */
  MICSYNC_UNKNOWN,     /* not in the table of programs */
  MICSYNC_SWITCHED_OFF /* in the table with active = false */
} MicsyncVerdict;

typedef struct
{
  MicsyncVerdict verdict;
  char          *process; /* nullable: NAMELESS */
  char          *calls_itself; /* nullable: application.name */
  char          *source;  /* nullable: NO_SOURCE */
  char          *key;     /* nullable: of the row in the table of programs */
  char          *text;    /* nullable: alias of that row */
  gboolean       muted, suspended; /* told, but no ground not to count: whoever is muted is still in the meeting */
} MicsyncRecorder;

void micsync_recorder_free (MicsyncRecorder *recorder);

typedef struct
{
  char    *name;
  gboolean is_monitor, muted, suspended;
} MicsyncDevice;

typedef struct _MicsyncSnapshot MicsyncSnapshot;

MicsyncSnapshot *micsync_snapshot_new  (void);
void             micsync_snapshot_free (MicsyncSnapshot *snapshot);

void micsync_snapshot_add_source (MicsyncSnapshot *snapshot, const pa_source_info *info);
void micsync_snapshot_add_client (MicsyncSnapshot *snapshot, const pa_client_info *info);
void micsync_snapshot_add_stream (MicsyncSnapshot *snapshot, const pa_source_output_info *info);

/* MicsyncRecorder of every stream, in the order of the server. */
GPtrArray *micsync_snapshot_judge        (MicsyncSnapshot *snapshot, MicsyncPrograms *programs);
/* Whether some stream does not say itself which process it belongs to. */
gboolean   micsync_snapshot_has_nameless (MicsyncSnapshot *snapshot);
GPtrArray *micsync_snapshot_dup_devices  (MicsyncSnapshot *snapshot); /* MicsyncDevice */
/* How many streams were beyond the bound. */
guint      micsync_snapshot_get_n_left   (MicsyncSnapshot *snapshot);

/* "counts as “Zoom”", "does not count: paused by the program", …; for administrators. */
char *micsync_recorder_describe (const MicsyncRecorder *recorder);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MicsyncRecorder, micsync_recorder_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MicsyncSnapshot, micsync_snapshot_free)

G_END_DECLS
