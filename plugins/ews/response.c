/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-ews"

#include "response.h"

#include <string.h>

#include "muster/muster-plugin.h"

#define MESSAGES_MAX 1000
#define CODE_MAX 128
#define TEXT_MAX 512

static void
message_free (EwsMessage *message)
{
  g_free (message->code);
  g_free (message->text);
  g_free (message);
}

void
ews_response_free (EwsResponse *response)
{
  if (response == NULL)
    return;
  g_ptr_array_unref (response->messages);
  g_clear_pointer (&response->doc, xmlFreeDoc);
  g_free (response->version);
  g_free (response);
}

/* Codes are compared and shown; what cannot be one of the server's is none. */
static char *
take_code (char *text)
{
  g_autofree char *code = text;

  if (code == NULL || strlen (code) > CODE_MAX || !g_str_has_prefix (code, "Error"))
    return g_strdup ("");
  return g_steal_pointer (&code);
}

static char *
take_text (char *text)
{
  if (text != NULL && strlen (text) > TEXT_MAX)
    *g_utf8_find_prev_char (text, text + TEXT_MAX) = '\0';
  return text;
}

/* MessageXml: name and value pairs for programs, or elements for people. */
static void
read_details (EwsMessage *message, const xmlNode *details)
{
  for (xmlNode *value = ews_xml_child (details, "Value"); value != NULL; value = ews_xml_next (value, "Value"))
    {
      g_autofree char *name = ews_xml_dup_attribute (value, "Name");
      g_autofree char *text = ews_xml_dup_text (value);
      guint64 milliseconds;

      if (g_strcmp0 (name, "BackOffMilliseconds") == 0 && text != NULL
          && g_ascii_string_to_unsigned (text, 10, 0, G_TIME_SPAN_DAY / 1000, &milliseconds, NULL))
        {
          message->back_off = (gint64) milliseconds * G_TIME_SPAN_MILLISECOND;
        }
      else if (g_strcmp0 (name, "InnerErrorResponseCode") == 0 && g_strcmp0 (text, "ErrorServerBusy") == 0)
        {
          g_free (message->code);
          message->code = g_steal_pointer (&text);
        }
    }

  g_autofree char *violation = ews_xml_dup_child (details, "Violation");
  if (violation != NULL)
    {
      g_autofree char *line = ews_xml_dup_child (details, "LineNumber");
      g_autofree char *column = ews_xml_dup_child (details, "LinePosition");
      char *text = g_strdup_printf ("%s, line %s, position %s", violation, line != NULL ? line : "?",
                                    column != NULL ? column : "?");
      g_free (message->text);
      message->text = take_text (text);
    }
}

static EwsMessage *
read_fault (const xmlNode *fault)
{
  const xmlNode *detail = ews_xml_child (fault, "detail");
  EwsMessage *message = g_new0 (EwsMessage, 1);
  g_autofree char *code = ews_xml_dup_child (detail, "ResponseCode");

  if (code == NULL)
    {
      g_autofree char *faultcode = ews_xml_dup_child (fault, "faultcode");
      const char *colon = faultcode != NULL ? strrchr (faultcode, ':') : NULL;
      code = g_strdup (colon != NULL ? colon + 1 : faultcode);
    }
  message->code = take_code (g_steal_pointer (&code));
  message->text = take_text (ews_xml_dup_child (fault, "faultstring"));
  read_details (message, ews_xml_child (detail, "MessageXml"));
  return message;
}

/* `node` has the result, `status` says how it went; they are the same but for out-of-office settings. */
static EwsMessage *
read_message (xmlNode *node, const xmlNode *status)
{
  EwsMessage *message = g_new0 (EwsMessage, 1);
  g_autofree char *outcome = ews_xml_dup_attribute (status, "ResponseClass");
  g_autofree char *code = ews_xml_dup_child (status, "ResponseCode");
  const gboolean says_nothing = outcome == NULL && code != NULL && strcmp (code, "NoError") != 0;

  message->node = node;
  if (g_strcmp0 (outcome, "Error") == 0 || says_nothing)
    {
      message->code = take_code (g_steal_pointer (&code));
      message->text = take_text (ews_xml_dup_child (status, "MessageText"));
      read_details (message, ews_xml_child (status, "MessageXml"));
    }
  return message;
}

static void
read_messages (EwsResponse *self, xmlNode *operation)
{
  xmlNode *single = ews_xml_child (operation, "ResponseMessage");
  xmlNode *list = ews_xml_child (operation, "ResponseMessages");

  if (ews_xml_is (operation, "Fault"))
    g_ptr_array_add (self->messages, read_fault (operation));
  else if (single != NULL)
    g_ptr_array_add (self->messages, read_message (operation, single));
  for (xmlNode *node = ews_xml_child (list, NULL); node != NULL && self->messages->len < MESSAGES_MAX;
       node = ews_xml_next (node, NULL))
    g_ptr_array_add (self->messages, read_message (node, node));
}

static char *
read_version (const xmlNode *header)
{
  static const char *const parts[] = { "MajorVersion", "MinorVersion", "MajorBuildNumber", "MinorBuildNumber" };
  const xmlNode *info = ews_xml_child (header, "ServerVersionInfo");
  guint64 numbers[G_N_ELEMENTS (parts)];

  for (gsize i = 0; i < G_N_ELEMENTS (parts); i++)
    {
      g_autofree char *text = ews_xml_dup_attribute (info, parts[i]);
      if (text == NULL || !g_ascii_string_to_unsigned (text, 10, 0, G_MAXUINT32, &numbers[i], NULL))
        return NULL;
    }
  return g_strdup_printf ("%" G_GUINT64_FORMAT ".%" G_GUINT64_FORMAT ".%" G_GUINT64_FORMAT ".%" G_GUINT64_FORMAT,
                          numbers[0], numbers[1], numbers[2], numbers[3]);
}

EwsResponse *
ews_response_new (const char *data, gsize length, GError **error)
{
  g_autoptr(xmlDoc) doc = ews_xml_parse (data, length, error);
  if (doc == NULL)
    return NULL;

  xmlNode *root = xmlDocGetRootElement (doc);
  g_autoptr(EwsResponse) self = g_new0 (EwsResponse, 1);
  self->messages = g_ptr_array_new_with_free_func ((GDestroyNotify) message_free);
  if (ews_xml_is (root, "Envelope"))
    {
      self->version = read_version (ews_xml_child (root, "Header"));
      root = ews_xml_child (ews_xml_child (root, "Body"), NULL);
    }
  read_messages (self, root);
  if (self->messages->len == 0)
    {
      g_set_error (error, MUSTER_ERROR, MUSTER_ERROR_PROTOCOL,
                   "reading the answer: it is no answer of Exchange Web Services (is the address that of "
                   "/EWS/Exchange.asmx?)");
      return NULL;
    }
  self->doc = g_steal_pointer (&doc);
  return g_steal_pointer (&self);
}

const EwsMessage *
ews_response_first (const EwsResponse *response)
{
  return g_ptr_array_index (response->messages, 0);
}

static gboolean
is_not_owner (const EwsMessage *message)
{
  return message->code != NULL && *message->code == '\0' && message->text != NULL
         && strstr (message->text, "not mailbox owner") != NULL;
}

EwsAction
ews_message_get_action (const EwsMessage *message)
{
  if (is_not_owner (message))
    return EWS_ACTION_RIGHTS;
  return ews_error_get_action (message->code);
}

char *
ews_message_explain (const EwsMessage *message)
{
  const char *advice = ews_error_get_advice (is_not_owner (message) ? "ErrorImpersonateUserDenied" : message->code);
  const char *code = message->code != NULL && *message->code != '\0' ? message->code : "an error without a code";

  return g_strdup_printf ("%s%s%s%s%s%s", code, message->text != NULL ? " (" : "",
                          message->text != NULL ? message->text : "", message->text != NULL ? ")" : "",
                          advice != NULL ? ": " : "", advice != NULL ? advice : "");
}

void
ews_events_read (const EwsMessage *message, EwsEvents *events)
{
  const xmlNode *notification = ews_xml_child (message->node, "Notification");
  const xmlNode *from = notification != NULL ? notification : message->node;

  *events = (EwsEvents){ .subscription = ews_xml_dup_child (from, "SubscriptionId"),
                         .watermark = ews_xml_dup_child (message->node, "Watermark"),
                         .more = ews_xml_get_flag (notification, "MoreEvents") };
  for (xmlNode *node = ews_xml_child (notification, NULL); node != NULL; node = ews_xml_next (node, NULL))
    {
      if (!g_str_has_suffix ((const char *) node->name, "Event"))
        continue;
      char *watermark = ews_xml_dup_child (node, "Watermark");
      if (watermark != NULL)
        {
          g_free (events->watermark);
          events->watermark = watermark;
        }
      events->changed = events->changed || !ews_xml_is (node, "StatusEvent");
    }
}

void
ews_events_clear (EwsEvents *events)
{
  g_clear_pointer (&events->subscription, g_free);
  g_clear_pointer (&events->watermark, g_free);
}
