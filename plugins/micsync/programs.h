/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of programs: which processes count as somebody talking, and under which alias. */
#pragma once

#include "muster/muster-plugin.h"

G_BEGIN_DECLS

#define MICSYNC_NAME_MAX 128 /* bytes of a process's or device's name that are looked at and shown */
#define MICSYNC_ALIAS_MAX 256

/* The option's default: every name known from Windows, and those of the same programs on Linux. */
extern const char micsync_default_programs[];

typedef struct
{
  char    *key;   /* micsync_program_key() of its process */
  char    *text;  /* the alias, or micsync_process_name() where there is none */
  gboolean active;
} MicsyncProgram;

typedef struct _MicsyncPrograms MicsyncPrograms;

/* What a stranger calls himself, made fit to show: valid UTF-8 on one line, no control characters or such as turn the
 * direction of the text, no blanks at the ends, at most `max` bytes. NULL when nothing is left. */
char *micsync_clean_text (const char *raw /* nullable */, gsize max);
/* The process as it is shown: without directories (of either slash) and without ".exe"; NULL when nothing is left. */
char *micsync_process_name (const char *raw /* nullable */);
/* The process as it is compared: besides, without case. */
char *micsync_program_key (const char *raw /* nullable */);

MicsyncPrograms      *micsync_programs_new  (void);
MicsyncPrograms      *micsync_programs_read (MusterTable *table /* nullable */);
void                  micsync_programs_free (MicsyncPrograms *programs);
/* A later row of the same process replaces an earlier one, so that "zoom.exe" written by an administrator beats the
 * built-in "Zoom". Rows without a process are passed over. */
void                  micsync_programs_add  (MicsyncPrograms *programs, const char *process,
                                             const char *alias /* nullable */, gboolean active);
const MicsyncProgram *micsync_programs_find (MicsyncPrograms *programs, const char *process);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MicsyncPrograms, micsync_programs_free)

G_END_DECLS
