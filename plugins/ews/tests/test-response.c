/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Answers as servers really give them, and what must not be taken for one. */
#include "response.h"
#include "samples.h"

#include <string.h>

#include "muster/muster-plugin.h"

static EwsResponse *
read_text (const char *text)
{
  g_autoptr(GError) error = NULL;
  EwsResponse *response = ews_response_new (text, strlen (text), &error);

  g_assert_no_error (error);
  return response;
}

static void
refuse_text (const char *text, gsize length, const char *pattern)
{
  g_autoptr(GError) error = NULL;
  G_GNUC_UNUSED g_autoptr(EwsResponse) response = ews_response_new (text, length, &error);

  g_assert_error (error, MUSTER_ERROR, MUSTER_ERROR_PROTOCOL);
  if (!g_pattern_match_simple (pattern, error->message))
    g_test_fail_printf ("'%s' does not match '%s'", error->message, pattern);
}

static const struct
{
  const char *file;
  const char *version; /* nullable */
  guint n_messages;
  const char *code; /* nullable: no error */
  EwsAction action;
  gint64 back_off;
} answers[] = {
  { "docs/finditem-calendarview.xml", "15.0.731.10", 1, NULL, EWS_ACTION_NONE, 0 },
  { "docs/finditem-messages.xml", "8.0.595.0", 1, NULL, EWS_ACTION_NONE, 0 },
  { "docs/finditem-error-malformed-id.xml", "8.0.595.0", 1, "ErrorInvalidIdMalformed", EWS_ACTION_RETRY, 0 },
  { "docs/getevents-two-events.xml", "8.0.628.0", 1, NULL, EWS_ACTION_NONE, 0 },
  { "docs/getevents-default-namespace.xml", NULL, 1, NULL, EWS_ACTION_NONE, 0 },
  { "docs/getevents-access-denied.xml", "8.0.628.0", 1, "ErrorSubscriptionAccessDenied", EWS_ACTION_RESUBSCRIBE, 0 },
  { "docs/getuseroofsettings-disabled.xml", "8.0.685.8", 1, NULL, EWS_ACTION_NONE, 0 },
  { "docs/getuseroofsettings-fault-not-owner.xml", "8.0.685.8", 1, "", EWS_ACTION_RIGHTS, 0 },
  { "docs/subscribe-pull-ok.xml", "8.0.628.0", 1, NULL, EWS_ACTION_NONE, 0 },
  { "docs/subscribe-error-delegate.xml", "8.0.685.8", 1, "ErrorSubscriptionDelegateAccessNotSupported",
    EWS_ACTION_RIGHTS, 0 },
  { "docs/unsubscribe-ok.xml", "8.0.628.0", 1, NULL, EWS_ACTION_NONE, 0 },
  { "docs/unsubscribe-error.xml", "8.0.628.0", 1, "ErrorSubscriptionNotFound", EWS_ACTION_RESUBSCRIBE, 0 },
  { "exchangelib/error-internal-with-inner-code.xml", NULL, 1, "ErrorInternalServerError", EWS_ACTION_RETRY, 0 },
  { "exchangelib/error-toomanyobjectsopened.xml", NULL, 1, "ErrorTooManyObjectsOpened", EWS_ACTION_RETRY, 0 },
  { "exchangelib/fault-empty.xml", "8.0.685.8", 1, "", EWS_ACTION_RETRY, 0 },
  { "exchangelib/fault-schemavalidation.xml", NULL, 1, "ErrorSchemaValidation", EWS_ACTION_NEVER, 0 },
  { "exchangelib/fault-serverbusy-backoff.xml", NULL, 1, "ErrorServerBusy", EWS_ACTION_BUSY,
    297749 * G_TIME_SPAN_MILLISECOND },
  { "exchangelib/resolvenames-multiple.xml", NULL, 1, NULL, EWS_ACTION_NONE, 0 },
  { "exchangelib/version-in-header.xml", "15.1.2345.6789", 1, "ErrorInvalidSmtpAddress", EWS_ACTION_RETRY, 0 },
  { "exchangelib/version-missing.xml", NULL, 1, "ErrorInvalidSmtpAddress", EWS_ACTION_RETRY, 0 },
  { "wire/fault-impersonateuserdenied-http500.xml", NULL, 1, "ErrorImpersonateUserDenied", EWS_ACTION_RIGHTS, 0 },
  { "wire/streaming-exchange2013-first-envelope.xml", "15.0.847.31", 1, NULL, EWS_ACTION_NONE, 0 },
};

static void
test_recorded (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      g_autofree char *path = beside_the_source ("MUSTER_SAMPLES", "samples", answers[i].file);
      g_autofree char *text = NULL;
      gsize length;
      g_autoptr(GError) error = NULL;

      if (path == NULL)
        return;
      g_test_message ("%s", answers[i].file);
      g_file_get_contents (path, &text, &length, &error);
      g_assert_no_error (error);
      g_autoptr(EwsResponse) response = ews_response_new (text, length, &error);
      g_assert_no_error (error);
      const EwsMessage *first = ews_response_first (response);
      g_assert_cmpstr (response->version, ==, answers[i].version);
      g_assert_cmpuint (response->messages->len, ==, answers[i].n_messages);
      g_assert_cmpstr (first->code, ==, answers[i].code);
      g_assert_cmpint (ews_message_get_action (first), ==, answers[i].action);
      g_assert_cmpint (first->back_off, ==, answers[i].back_off);
    }
}

static void
test_recorded_malformed (void)
{
  static const char *const files[] = { "docs/streaming-no-envelope.txt", "docs/streaming-error-malformed.txt",
                                       "exchangelib/envelope-malformed.txt" };

  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *path = beside_the_source ("MUSTER_SAMPLES", "samples", files[i]);
      g_autofree char *text = NULL;
      gsize length;

      if (path == NULL)
        return;
      g_assert_true (g_file_get_contents (path, &text, &length, NULL));
      refuse_text (text, length, "reading *");
    }
}

#define IN_ENVELOPE(body) "<Envelope xmlns='http://schemas.xmlsoap.org/soap/envelope/'><Body>" body "</Body></Envelope>"

static void
test_busy (void)
{
  /* As a response message, with the code inside an internal error, and as a fault without detail. */
  g_autoptr(EwsResponse) message = read_text (IN_ENVELOPE (
      "<m:R xmlns:m='m' xmlns:t='t'><m:ResponseMessages><m:X ResponseClass='Error'><m:ResponseCode> ErrorServerBusy "
      "</m:ResponseCode><m:MessageXml><t:Value Name='BackOffMilliseconds'>4500</t:Value></m:MessageXml></m:X>"
      "</m:ResponseMessages></m:R>"));
  g_autoptr(EwsResponse) inner = read_text (IN_ENVELOPE (
      "<R><ResponseMessages><X ResponseClass='Error'><ResponseCode>ErrorInternalServerError</ResponseCode><MessageXml>"
      "<Value Name='InnerErrorResponseCode'>ErrorServerBusy</Value><Value Name='BackOffMilliseconds'>0</Value>"
      "</MessageXml></X></ResponseMessages></R>"));
  g_autoptr(EwsResponse) fault =
      read_text (IN_ENVELOPE ("<Fault><faultcode>ErrorServerBusy</faultcode><faultstring>no</faultstring></Fault>"));

  g_assert_cmpint (ews_message_get_action (ews_response_first (message)), ==, EWS_ACTION_BUSY);
  g_assert_cmpint (ews_response_first (message)->back_off, ==, 4500 * G_TIME_SPAN_MILLISECOND);
  g_assert_cmpint (ews_message_get_action (ews_response_first (inner)), ==, EWS_ACTION_BUSY);
  g_assert_cmpint (ews_response_first (inner)->back_off, ==, 0);
  g_assert_cmpint (ews_message_get_action (ews_response_first (fault)), ==, EWS_ACTION_BUSY);
}

static void
test_explained (void)
{
  g_autoptr(EwsResponse) response =
      read_text (IN_ENVELOPE ("<R><ResponseMessages><X ResponseClass='Error'><MessageText>No mailbox.</MessageText>"
                              "<ResponseCode>ErrorNonExistentMailbox</ResponseCode></X></ResponseMessages></R>"));
  g_autofree char *text = ews_message_explain (ews_response_first (response));

  g_assert_cmpint (ews_message_get_action (ews_response_first (response)), ==, EWS_ACTION_NOT_HERE);
  g_assert_true (g_pattern_match_simple ("ErrorNonExistentMailbox (No mailbox.): *cloud*", text));
}

static void
test_events (void)
{
  g_autoptr(EwsResponse) news = read_text (IN_ENVELOPE (
      "<R><ResponseMessages><X ResponseClass='Success'><ResponseCode>NoError</ResponseCode><Notification>"
      "<SubscriptionId>a</SubscriptionId><PreviousWatermark>1</PreviousWatermark><MoreEvents>true</MoreEvents>"
      "<CreatedEvent><Watermark>2</Watermark></CreatedEvent><ModifiedEvent><Watermark>3</Watermark></ModifiedEvent>"
      "</Notification></X></ResponseMessages></R>"));
  g_autoptr(EwsResponse) nothing = read_text (
      IN_ENVELOPE ("<R><ResponseMessages><X ResponseClass='Success'><ResponseCode>NoError</ResponseCode><Notification>"
                   "<StatusEvent><Watermark>4</Watermark></StatusEvent></Notification></X></ResponseMessages></R>"));
  g_autoptr(EwsResponse) empty = read_text (IN_ENVELOPE (
      "<R><ResponseMessages><X ResponseClass='Success'><ResponseCode>NoError</ResponseCode><Notification/></X>"
      "</ResponseMessages></R>"));
  g_autoptr(EwsResponse) subscribed =
      read_text (IN_ENVELOPE ("<R><ResponseMessages><X ResponseClass='Success'><ResponseCode>NoError</ResponseCode>"
                              "<SubscriptionId>b</SubscriptionId><Watermark>9</Watermark></X></ResponseMessages></R>"));
  g_auto(EwsEvents) events = { 0 };

  ews_events_read (ews_response_first (news), &events);
  g_assert_cmpstr (events.watermark, ==, "3");
  g_assert_true (events.changed && events.more);
  ews_events_clear (&events);
  ews_events_read (ews_response_first (nothing), &events);
  g_assert_cmpstr (events.watermark, ==, "4");
  g_assert_false (events.changed || events.more);
  ews_events_clear (&events);
  ews_events_read (ews_response_first (empty), &events);
  g_assert_null (events.watermark);
  g_assert_false (events.changed || events.more);
  ews_events_clear (&events);
  ews_events_read (ews_response_first (subscribed), &events);
  g_assert_cmpstr (events.subscription, ==, "b");
  g_assert_cmpstr (events.watermark, ==, "9");
}

static void
test_hostile (void)
{
  g_autoptr(GString) wide = g_string_new ("<a>");
  g_autoptr(GString) deep = g_string_new (NULL);
  g_autofree char *huge = g_strnfill (EWS_XML_MAX + 1, ' ');

  for (guint i = 0; i < EWS_XML_NODES_MAX; i++)
    g_string_append (wide, "<b/>");
  g_string_append (wide, "</a>");
  for (guint i = 0; i < 1000; i++)
    g_string_append (deep, "<a>");

  refuse_text (wide->str, wide->len, "reading XML: *more elements*");
  refuse_text (deep->str, deep->len, "reading XML: *depth*");
  refuse_text (huge, EWS_XML_MAX + 1, "reading XML: it has * bytes");
  refuse_text ("", 0, "reading XML: it has 0 bytes");
  refuse_text ("<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", 40, "reading XML: *document type*");
  refuse_text ("<!DOCTYPE a SYSTEM 'http://127.0.0.1:1/'><a/>", 45, "reading XML: *document type*");
  refuse_text ("<html><body>Sign in</body></html>", 33, "reading the answer: *Exchange.asmx*");
  refuse_text ("hello", 5, "reading XML: *");
}

static void
test_table (void)
{
  /* First and last of the table, and a code of a later release. */
  g_assert_cmpint (ews_error_get_action ("ErrorADOperation"), ==, EWS_ACTION_RETRY);
  g_assert_cmpint (ews_error_get_action ("ErrorTooManyObjectsOpened"), ==, EWS_ACTION_RETRY);
  g_assert_cmpint (ews_error_get_action ("ErrorOfTomorrow"), ==, EWS_ACTION_RETRY);
  g_assert_cmpint (ews_error_get_action ("ErrorExceededFindCountLimit"), ==, EWS_ACTION_HALVE);
  g_assert_cmpint (ews_error_get_action ("ErrorMailboxMoveInProgress"), ==, EWS_ACTION_MAILBOX_WAIT);
  g_assert_cmpint (ews_error_get_action ("ErrorInvalidServerVersion"), ==, EWS_ACTION_OLD_VERSION);
  g_assert_cmpint (ews_error_get_action ("ErrorMissedNotificationEvents"), ==, EWS_ACTION_READ_AGAIN);
  g_assert_nonnull (strstr (ews_error_get_advice ("ErrorImpersonationFailed"), "ApplicationImpersonation"));
  g_assert_null (ews_error_get_advice ("ErrorOfTomorrow"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ews/response/recorded", test_recorded);
  g_test_add_func ("/ews/response/recorded-malformed", test_recorded_malformed);
  g_test_add_func ("/ews/response/busy", test_busy);
  g_test_add_func ("/ews/response/explained", test_explained);
  g_test_add_func ("/ews/response/events", test_events);
  g_test_add_func ("/ews/response/hostile", test_hostile);
  g_test_add_func ("/ews/response/table", test_table);
  return g_test_run ();
}
