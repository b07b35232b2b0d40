/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Claims of calendars and of automatic replies. Pure: nothing is decided here about what counts. */
#pragma once

#include "response.h"

#include "muster/muster-plugin.h"

G_BEGIN_DECLS

/* Claims with the strings they point to. */
typedef struct
{
  GArray *claims;   /* MusterClaim */
  GPtrArray *items; /* char *, nullable, for each claim: the id to ask its attendees by, where DisplayTo cannot tell */
  GStringChunk *strings;
  gboolean is_partial; /* the server says that there are more entries than it sent */
  guint n_masters;     /* series that the server did not expand, and that are therefore left out */
} EwsEntries;

/* The answer to FindItem. `web` nullable: the address that links relative to Outlook on the web belong to. `since`:
 * entries that began before are left out, as the part of the window before has them; G_MININT64: none. */
EwsEntries *ews_entries_new (const EwsMessage *message, const char *web, gint64 since);
void ews_entries_free (EwsEntries *entries);

/* The answer to GetItem for one entry: how many are invited; 0: none, or not known. */
guint ews_attendees_count (const EwsMessage *message);

/* Automatic replies. */
typedef struct
{
  gboolean is_set; /* there is a window, now or later */
  gint64 from;     /* MUSTER_NOW: now, without a schedule */
  gint64 until;    /* MUSTER_OPEN_ENDED: until somebody ends it */
  char *internal;  /* nullable; as the server has it, HTML mostly */
  char *external;  /* nullable: strangers get no reply */
} EwsOof;

/* The answer to GetUserOofSettings. */
void ews_oof_read (const EwsMessage *message, EwsOof *oof);
void ews_oof_clear (EwsOof *oof);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EwsEntries, ews_entries_free)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (EwsOof, ews_oof_clear)

G_END_DECLS
