/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Log lines that say what happened in fields beside the text, for the journal and for whoever alarms on them. The names
 * and ids are a promise (docs/admin/operations.md): text may change, they do not. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  MUSTERD_EVENT_NONE,
  MUSTERD_EVENT_READY,
  MUSTERD_EVENT_STOPPING,
  MUSTERD_EVENT_RELOADED,
  MUSTERD_EVENT_RELOAD_FAILED,
  MUSTERD_EVENT_STORE_FAILING,
  MUSTERD_EVENT_STORE_RECOVERED,
  MUSTERD_EVENT_INSTANCE_STATE,
  MUSTERD_EVENT_INSTANCE_STUCK,
  MUSTERD_EVENT_INSTANCE_RESPONDS,
  MUSTERD_EVENT_INSTANCE_PAUSED,
  MUSTERD_EVENT_INSTANCE_RESUMED,
  MUSTERD_EVENT_INSTANCE_DRAINED,
  MUSTERD_EVENT_ACTION_NEEDED,
  MUSTERD_EVENT_LINES_LEFT_OUT,
  MUSTERD_EVENT_DELEGATED,
  MUSTERD_N_EVENTS
} MusterdEvent;

/* NULL of NONE. */
const char *musterd_event_get_name (MusterdEvent event);
const char *musterd_event_get_id   (MusterdEvent event); /* the journal's MESSAGE_ID: 32 hexadecimal digits */

typedef struct
{
  MusterdEvent event;
  const char  *instance; /* each nullable: then there is no such field */
  const char  *user;     /* the id of whom the line is about */
  const char  *state;    /* of the instance */
} MusterdLogFields;

/* The one way to log with fields: MUSTER_EVENT with its MESSAGE_ID, MUSTER_INSTANCE, MUSTER_USER, MUSTER_STATE. */
void musterd_event_log_fields (const char *domain, GLogLevelFlags level, const MusterdLogFields *fields,
                               const char *text);
void musterd_event_log        (const char *domain, GLogLevelFlags level, MusterdEvent event, const char *format, ...)
    G_GNUC_PRINTF (4, 5);

G_END_DECLS
