/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-ews"

#include "request.h"

#include <libxml/xmlwriter.h>
#include <string.h>

#define SOAP "http://schemas.xmlsoap.org/soap/envelope/"
#define MESSAGES "http://schemas.microsoft.com/exchange/services/2006/messages"
#define TYPES "http://schemas.microsoft.com/exchange/services/2006/types"

typedef struct
{
  xmlBuffer *buffer;
  xmlTextWriter *writer;
  const EwsCaller *caller;
} Request;

/* Writing into memory fails only where there is none left, and then GLib has ended the process before. */
static void
open_element (Request *self, const char *name)
{
  xmlTextWriterStartElement (self->writer, BAD_CAST name);
}

static void
close_element (Request *self)
{
  xmlTextWriterEndElement (self->writer);
}

static void
put_attribute (Request *self, const char *name, const char *value)
{
  xmlTextWriterWriteAttribute (self->writer, BAD_CAST name, BAD_CAST value);
}

static void
put_text (Request *self, const char *name, const char *text)
{
  xmlTextWriterWriteElement (self->writer, BAD_CAST name, BAD_CAST text);
}

static void
put_empty (Request *self, const char *name, const char *attribute, const char *value)
{
  open_element (self, name);
  put_attribute (self, attribute, value);
  close_element (self);
}

static char *
format_time (gint64 time)
{
  g_autoptr(GDateTime) seconds = g_date_time_new_from_unix_utc (time / G_TIME_SPAN_SECOND);

  return g_date_time_format (seconds, "%Y-%m-%dT%H:%M:%SZ");
}

/* Up to and with the operation's own element. */
static void
begin (Request *self, const EwsCaller *caller, const char *operation)
{
  self->caller = caller;
  self->buffer = xmlBufferCreate ();
  self->writer = xmlNewTextWriterMemory (self->buffer, 0);

  xmlTextWriterStartDocument (self->writer, "1.0", "utf-8", NULL);
  open_element (self, "s:Envelope");
  put_attribute (self, "xmlns:s", SOAP);
  put_attribute (self, "xmlns:m", MESSAGES);
  put_attribute (self, "xmlns:t", TYPES);

  open_element (self, "s:Header");
  put_empty (self, "t:RequestServerVersion", "Version", caller->version);
  if (caller->impersonates)
    {
      open_element (self, "t:ExchangeImpersonation");
      open_element (self, "t:ConnectingSID");
      /* SmtpAddress and not PrimarySmtpAddress: an alias is good enough. */
      put_text (self, "t:SmtpAddress", caller->mailbox);
      close_element (self);
      close_element (self);
    }
  /* Whatever the mailbox's own zone: answers shall be in UTC. */
  open_element (self, "t:TimeZoneContext");
  put_empty (self, "t:TimeZoneDefinition", "Id", "UTC");
  close_element (self);
  close_element (self);

  open_element (self, "s:Body");
  open_element (self, operation);
}

static GBytes *
end (Request *self)
{
  xmlTextWriterEndDocument (self->writer);
  xmlFreeTextWriter (self->writer);

  GBytes *bytes = g_bytes_new (xmlBufferContent (self->buffer), (gsize) xmlBufferLength (self->buffer));
  xmlBufferFree (self->buffer);
  return bytes;
}

/* An impersonated owner's calendar goes without saying; anybody else says whose. */
static void
put_calendar (Request *self)
{
  open_element (self, "t:DistinguishedFolderId");
  put_attribute (self, "Id", "calendar");
  if (!self->caller->impersonates)
    {
      open_element (self, "t:Mailbox");
      put_text (self, "t:EmailAddress", self->caller->mailbox);
      close_element (self);
    }
  close_element (self);
}

static void
put_shape (Request *self, const char *const *fields, gsize n_fields)
{
  open_element (self, "m:ItemShape");
  put_text (self, "t:BaseShape", "IdOnly");
  open_element (self, "t:AdditionalProperties");
  for (gsize i = 0; i < n_fields; i++)
    put_empty (self, "t:FieldURI", "FieldURI", fields[i]);
  close_element (self);
  close_element (self);
}

GBytes *
ews_request_find_item (const EwsCaller *caller, gint64 from, gint64 until)
{
  /* DisplayTo and DisplayCc tell how many are invited without a request for each entry. */
  static const char *const fields[] = {
    "item:Subject",
    "item:Sensitivity",
    "item:Categories",
    "item:DisplayCc",
    "item:DisplayTo",
    "item:WebClientReadFormQueryString",
    "calendar:Start",
    "calendar:End",
    "calendar:IsAllDayEvent",
    "calendar:IsCancelled",
    "calendar:LegacyFreeBusyStatus",
    "calendar:CalendarItemType",
    "calendar:MyResponseType",
    "calendar:AppointmentState",
  };
  g_autofree char *start = format_time (from);
  g_autofree char *end_date = format_time (until);
  Request self;

  begin (&self, caller, "m:FindItem");
  put_attribute (&self, "Traversal", "Shallow");
  put_shape (&self, fields, G_N_ELEMENTS (fields));
  open_element (&self, "m:CalendarView");
  put_attribute (&self, "MaxEntriesReturned", G_STRINGIFY (EWS_ENTRIES_MAX));
  put_attribute (&self, "StartDate", start);
  put_attribute (&self, "EndDate", end_date);
  close_element (&self);
  open_element (&self, "m:ParentFolderIds");
  put_calendar (&self);
  return end (&self);
}

GBytes *
ews_request_get_attendees (const EwsCaller *caller, const char *const *ids, gsize n_ids)
{
  static const char *const fields[] = { "calendar:RequiredAttendees", "calendar:OptionalAttendees" };
  Request self;

  begin (&self, caller, "m:GetItem");
  put_shape (&self, fields, G_N_ELEMENTS (fields));
  open_element (&self, "m:ItemIds");
  for (gsize i = 0; i < n_ids; i++)
    put_empty (&self, "t:ItemId", "Id", ids[i]);
  return end (&self);
}

GBytes *
ews_request_get_oof (const EwsCaller *caller)
{
  Request self;

  begin (&self, caller, "m:GetUserOofSettingsRequest");
  open_element (&self, "t:Mailbox");
  put_text (&self, "t:Address", caller->mailbox);
  return end (&self);
}

GBytes *
ews_request_subscribe_pull (const EwsCaller *caller, guint timeout_minutes)
{
  static const char *const events[] = { "CopiedEvent", "CreatedEvent", "DeletedEvent", "ModifiedEvent", "MovedEvent" };
  g_autofree char *timeout = g_strdup_printf ("%u", timeout_minutes);
  Request self;

  begin (&self, caller, "m:Subscribe");
  open_element (&self, "m:PullSubscriptionRequest");
  open_element (&self, "t:FolderIds");
  put_calendar (&self);
  close_element (&self);
  open_element (&self, "t:EventTypes");
  for (gsize i = 0; i < G_N_ELEMENTS (events); i++)
    put_text (&self, "t:EventType", events[i]);
  close_element (&self);
  put_text (&self, "t:Timeout", timeout);
  return end (&self);
}

GBytes *
ews_request_get_events (const EwsCaller *caller, const char *subscription, const char *watermark)
{
  Request self;

  begin (&self, caller, "m:GetEvents");
  put_text (&self, "m:SubscriptionId", subscription);
  put_text (&self, "m:Watermark", watermark != NULL ? watermark : "");
  return end (&self);
}

GBytes *
ews_request_unsubscribe (const EwsCaller *caller, const char *subscription)
{
  Request self;

  begin (&self, caller, "m:Unsubscribe");
  put_text (&self, "m:SubscriptionId", subscription);
  return end (&self);
}
