/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is asked of an Exchange server, as SOAP 1.1 envelopes that its published schema accepts. Pure. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The lowest version of the schema that has all that is asked for, and the one for servers that refuse it. */
#define EWS_VERSION "Exchange2013"
#define EWS_VERSION_OLD "Exchange2010_SP1"

/* In one answer to CalendarView; what an unchanged policy of the server allows. */
#define EWS_ENTRIES_MAX 1000
/* In one GetItem. */
#define EWS_ITEMS_MAX 10

/* For whom something is asked. */
typedef struct
{
  const char *version;   /* EWS_VERSION or EWS_VERSION_OLD */
  const char *mailbox;   /* its SMTP address */
  gboolean impersonates; /* as the mailbox's owner; otherwise as somebody who may read it */
} EwsCaller;

/* The entries of the calendar that touch [from, until), series expanded; µs since 1970. */
GBytes *ews_request_find_item (const EwsCaller *caller, gint64 from, gint64 until);
/* Who is invited to these entries: 1 to EWS_ITEMS_MAX ids. */
GBytes *ews_request_get_attendees (const EwsCaller *caller, const char *const *ids, gsize n_ids);
GBytes *ews_request_get_oof (const EwsCaller *caller);
/* To changes of the calendar, to be fetched with GetEvents; ends by itself after so many minutes (1 to 1440) in which
 * nobody fetched. */
GBytes *ews_request_subscribe_pull (const EwsCaller *caller, guint timeout_minutes);
/* `watermark` nullable: the server gave none. */
GBytes *ews_request_get_events (const EwsCaller *caller, const char *subscription, const char *watermark);
GBytes *ews_request_unsubscribe (const EwsCaller *caller, const char *subscription);

G_END_DECLS
