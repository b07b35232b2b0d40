/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an instance has to say: its last lines for "plugin log", and each of them into the daemon's own log. On the
 * engine's thread. */
#pragma once

#include "host/host.h"

G_BEGIN_DECLS

#define MUSTERD_LOG_LINES 500
#define MUSTERD_LOG_TEXT_MAX 4096 /* bytes of one line */

typedef struct
{
  GQueue lines; /* MusterdLogLine, oldest first */
} MusterdLog;

void       musterd_log_init  (MusterdLog *log);
void       musterd_log_clear (MusterdLog *log);
/* Keeps the line (but for debug) and hands it to g_log with the field MUSTER_INSTANCE and "[instance] " before the
 * text. */
void       musterd_log_add   (MusterdLog *log, const char *instance, MusterdTime now, MusterLogLevel level,
                              const char *text);
GPtrArray *musterd_log_copy  (const MusterdLog *log); /* MusterdLogLine, oldest first */

G_END_DECLS
