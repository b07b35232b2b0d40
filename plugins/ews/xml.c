/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-ews"

#include "xml.h"

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/SAX2.h>
#include <string.h>

#include "muster/muster-plugin.h"

typedef struct
{
  int n_nodes;
  const char *refused; /* nullable: why the parser was stopped */
} Bounds;

static void
refuse (xmlParserCtxt *parser, const char *reason)
{
  Bounds *bounds = parser->_private;

  bounds->refused = reason;
  xmlStopParser (parser);
}

static void
on_document_type (void *data, G_GNUC_UNUSED const xmlChar *name, G_GNUC_UNUSED const xmlChar *external,
                  G_GNUC_UNUSED const xmlChar *system)
{
  refuse (data, "it has a document type, which no such answer has");
}

static void
on_element (void *data, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri, int n_namespaces,
            const xmlChar **namespaces, int n_attributes, int n_defaulted, const xmlChar **attributes)
{
  xmlParserCtxt *parser = data;
  Bounds *bounds = parser->_private;

  bounds->n_nodes += 1 + n_namespaces + n_attributes;
  if (bounds->n_nodes > EWS_XML_NODES_MAX)
    refuse (parser, "it has more elements than any answer needs");
  else
    xmlSAX2StartElementNs (data, name, prefix, uri, n_namespaces, namespaces, n_attributes, n_defaulted, attributes);
}

xmlDoc *
ews_xml_parse (const char *data, gsize length, GError **error)
{
  Bounds bounds = { 0, NULL };

  if (length == 0 || length > EWS_XML_MAX)
    {
      g_set_error (error, MUSTER_ERROR, MUSTER_ERROR_PROTOCOL, "reading XML: it has %" G_GSIZE_FORMAT " bytes", length);
      return NULL;
    }

  xmlParserCtxt *parser = xmlNewParserCtxt ();
  parser->_private = &bounds;
  parser->sax->internalSubset = on_document_type;
  parser->sax->startElementNs = on_element;
  /* Each would be a node of its own; with CDATA left out, it comes as text. */
  parser->sax->comment = NULL;
  parser->sax->processingInstruction = NULL;
  parser->sax->cdataBlock = NULL;

  xmlDoc *doc = xmlCtxtReadMemory (parser, data, (int) length, NULL, NULL,
                                   XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_COMPACT);
  if (doc == NULL || bounds.refused != NULL)
    {
      const xmlError *last = xmlCtxtGetLastError (parser);
      const char *reason = bounds.refused;
      g_autofree char *what = g_strdup (last != NULL && last->message != NULL ? last->message : "it is none");

      if (reason == NULL)
        reason = g_strstrip (what);
      g_set_error (error, MUSTER_ERROR, MUSTER_ERROR_PROTOCOL, "reading XML: %s", reason);
      g_clear_pointer (&doc, xmlFreeDoc);
    }
  /* A document that was begun when the parser was stopped belongs to nobody. */
  if (doc == NULL)
    g_clear_pointer (&parser->myDoc, xmlFreeDoc);
  xmlFreeParserCtxt (parser);
  return doc;
}

gboolean
ews_xml_is (const xmlNode *node, const char *name)
{
  return node != NULL && node->type == XML_ELEMENT_NODE && strcmp ((const char *) node->name, name) == 0;
}

static xmlNode *
first_element (xmlNode *node, const char *name)
{
  while (node != NULL && (node->type != XML_ELEMENT_NODE || (name != NULL && !ews_xml_is (node, name))))
    node = node->next;
  return node;
}

xmlNode *
ews_xml_child (const xmlNode *node, const char *name)
{
  return node != NULL ? first_element (node->children, name) : NULL;
}

xmlNode *
ews_xml_next (const xmlNode *node, const char *name)
{
  return node != NULL ? first_element (node->next, name) : NULL;
}

/* Frees what libxml2 has allocated; NULL where nothing is in it. */
static char *
take_text (xmlChar *text)
{
  g_autofree char *copy = text != NULL ? g_strstrip (g_strdup ((const char *) text)) : NULL;

  xmlFree (text);
  return copy != NULL && *copy != '\0' ? g_steal_pointer (&copy) : NULL;
}

char *
ews_xml_dup_text (const xmlNode *node)
{
  return node != NULL ? take_text (xmlNodeGetContent (node)) : NULL;
}

char *
ews_xml_dup_child (const xmlNode *node, const char *name)
{
  return ews_xml_dup_text (ews_xml_child (node, name));
}

char *
ews_xml_dup_attribute (const xmlNode *node, const char *name)
{
  return node != NULL ? take_text (xmlGetNoNsProp (node, BAD_CAST name)) : NULL;
}

gboolean
ews_xml_get_time (const xmlNode *node, const char *child, gint64 *time)
{
  g_autofree char *text = ews_xml_dup_child (node, child);
  g_autoptr(GTimeZone) utc = g_time_zone_new_utc ();
  g_autoptr(GDateTime) date = text != NULL ? g_date_time_new_from_iso8601 (text, utc) : NULL;

  if (date == NULL)
    return FALSE;
  *time = g_date_time_to_unix (date) * G_TIME_SPAN_SECOND + g_date_time_get_microsecond (date);
  return *time > 0;
}

gboolean
ews_xml_get_flag (const xmlNode *node, const char *child)
{
  g_autofree char *text = ews_xml_dup_child (node, child);

  return text != NULL && (strcmp (text, "true") == 0 || strcmp (text, "1") == 0);
}
