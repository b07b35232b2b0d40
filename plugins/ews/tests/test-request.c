/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every request, with every option, against the schema that Exchange publishes. */
#include "request.h"
#include "samples.h"
#include "xml.h"

#include <libxml/xmlschemas.h>
#include <string.h>

#define HOUR G_TIME_SPAN_HOUR
#define MOMENT (G_GINT64_CONSTANT (1772442000) * G_TIME_SPAN_SECOND) /* 2026-03-02T09:00:00Z */

static void
on_violation (G_GNUC_UNUSED void *data, xmlError *error)
{
  g_test_message ("line %d: %s", error->line, error->message);
}

typedef GBytes *(*Build) (const EwsCaller *caller);

static GBytes *
find_item (const EwsCaller *caller)
{
  return ews_request_find_item (caller, MOMENT, MOMENT + HOUR);
}

static GBytes *
get_attendees (const EwsCaller *caller)
{
  const char *const ids[] = { "AAMkA=", "AAMkB<&\"=" };

  return ews_request_get_attendees (caller, ids, G_N_ELEMENTS (ids));
}

static GBytes *
subscribe_pull (const EwsCaller *caller)
{
  return ews_request_subscribe_pull (caller, 30);
}

static GBytes *
get_events (const EwsCaller *caller)
{
  return ews_request_get_events (caller, "f6bc657d", "AAAAAMAGAAAAAAAAAQ==");
}

static GBytes *
unsubscribe (const EwsCaller *caller)
{
  return ews_request_unsubscribe (caller, "f6bc657d");
}

static const struct
{
  const char *name;
  Build build;
} requests[] = {
  { "FindItem", find_item },       { "GetItem", get_attendees }, { "GetUserOofSettingsRequest", ews_request_get_oof },
  { "Subscribe", subscribe_pull }, { "GetEvents", get_events },  { "Unsubscribe", unsubscribe },
};

static const EwsCaller callers[] = {
  { EWS_VERSION, "alice@example.com", TRUE },
  { EWS_VERSION_OLD, "alice@example.com", FALSE },
  { EWS_VERSION, "o'neil&sons<\"x\">@example.com", TRUE },
};

static void
test_schema (void)
{
  g_autofree char *path = beside_the_source ("MUSTER_CONTRACTS", "contracts", "soap.xsd");
  if (path == NULL)
    return;

  xmlSchemaParserCtxt *parser = xmlSchemaNewParserCtxt (path);
  xmlSchema *schema = xmlSchemaParse (parser);
  g_assert_nonnull (schema);
  for (gsize i = 0; i < G_N_ELEMENTS (requests); i++)
    for (gsize k = 0; k < G_N_ELEMENTS (callers); k++)
      {
        g_autoptr(GBytes) bytes = requests[i].build (&callers[k]);
        gsize size;
        const char *text = g_bytes_get_data (bytes, &size);
        g_autoptr(GError) error = NULL;
        g_autoptr(xmlDoc) doc = ews_xml_parse (text, size, &error);
        g_assert_no_error (error);

        xmlSchemaValidCtxt *validator = xmlSchemaNewValidCtxt (schema);
        xmlSchemaSetValidStructuredErrors (validator, on_violation, NULL);
        if (xmlSchemaValidateDoc (validator, doc) != 0)
          g_test_fail_printf ("%s is not valid:\n%.*s", requests[i].name, (int) size, text);
        xmlSchemaFreeValidCtxt (validator);
      }
  xmlSchemaFree (schema);
  xmlSchemaFreeParserCtxt (parser);
}

static xmlNode *
body_of (xmlDoc *doc)
{
  return ews_xml_child (ews_xml_child (xmlDocGetRootElement (doc), "Body"), NULL);
}

static void
test_caller (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (requests); i++)
    for (gsize k = 0; k < G_N_ELEMENTS (callers); k++)
      {
        g_autoptr(GBytes) bytes = requests[i].build (&callers[k]);
        g_autoptr(xmlDoc) doc = ews_xml_parse (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), NULL);
        const xmlNode *header = ews_xml_child (xmlDocGetRootElement (doc), "Header");
        const xmlNode *sid = ews_xml_child (ews_xml_child (header, "ExchangeImpersonation"), "ConnectingSID");
        g_autofree char *version = ews_xml_dup_attribute (ews_xml_child (header, "RequestServerVersion"), "Version");
        g_autofree char *owner = ews_xml_dup_child (sid, "SmtpAddress");

        g_assert_cmpstr (version, ==, callers[k].version);
        g_assert_cmpstr (owner, ==, callers[k].impersonates ? callers[k].mailbox : NULL);
        g_assert_true (ews_xml_is (body_of (doc), requests[i].name));
      }
}

static void
test_window (void)
{
  g_autoptr(GBytes) bytes = ews_request_find_item (&callers[1], MOMENT, MOMENT + 36 * HOUR);
  g_autoptr(xmlDoc) doc = ews_xml_parse (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), NULL);
  const xmlNode *view = ews_xml_child (body_of (doc), "CalendarView");
  const xmlNode *folder = ews_xml_child (ews_xml_child (body_of (doc), "ParentFolderIds"), "DistinguishedFolderId");
  g_autofree char *from = ews_xml_dup_attribute (view, "StartDate");
  g_autofree char *until = ews_xml_dup_attribute (view, "EndDate");
  g_autofree char *mailbox = ews_xml_dup_child (ews_xml_child (folder, "Mailbox"), "EmailAddress");

  g_assert_cmpstr (from, ==, "2026-03-02T09:00:00Z");
  g_assert_cmpstr (until, ==, "2026-03-03T21:00:00Z");
  g_assert_cmpstr (mailbox, ==, "alice@example.com");
}

/* The schema forbids an empty watermark; servers that never gave one want exactly that. */
static void
test_no_watermark (void)
{
  g_autoptr(GBytes) bytes = ews_request_get_events (&callers[0], "f6bc657d", NULL);
  g_autoptr(xmlDoc) doc = ews_xml_parse (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), NULL);
  const xmlNode *watermark = ews_xml_child (body_of (doc), "Watermark");

  g_assert_nonnull (watermark);
  g_assert_null (ews_xml_dup_text (watermark));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ews/request/schema", test_schema);
  g_test_add_func ("/ews/request/caller", test_caller);
  g_test_add_func ("/ews/request/no-watermark", test_no_watermark);
  g_test_add_func ("/ews/request/window", test_window);
  return g_test_run ();
}
