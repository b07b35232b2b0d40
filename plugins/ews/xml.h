/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* XML of a server nobody has to trust: bounded, without document types, entities of its own and the network; found by
 * local name, since servers differ in their namespaces. */
#pragma once

#include <glib.h>
#include <libxml/tree.h>

G_BEGIN_DECLS

#define EWS_XML_MAX (4 * 1024 * 1024) /* bytes of a document */
#define EWS_XML_NODES_MAX 150000      /* elements, attributes and namespaces of it */

/* NULL with MUSTER_ERROR_PROTOCOL where it is no such document. */
xmlDoc *ews_xml_parse (const char *data, gsize length, GError **error);

/* Each takes a nullable node. */

gboolean ews_xml_is (const xmlNode *node, const char *name);
/* The first element among the children, of that name if not NULL; nullable. */
xmlNode *ews_xml_child (const xmlNode *node, const char *name);
/* The next element after it, of that name if not NULL; nullable. */
xmlNode *ews_xml_next (const xmlNode *node, const char *name);
/* (transfer full) (nullable): the text without blanks around it; NULL where there is no node or nothing in it. */
char *ews_xml_dup_text (const xmlNode *node);
/* The same of a child. */
char *ews_xml_dup_child (const xmlNode *node, const char *name);
/* (transfer full) (nullable) */
char *ews_xml_dup_attribute (const xmlNode *node, const char *name);
/* µs since 1970; a time without a zone is in UTC. FALSE: it is no time, or none that may be. */
gboolean ews_xml_get_time (const xmlNode *node, const char *child, gint64 *time);
gboolean ews_xml_get_flag (const xmlNode *node, const char *child); /* FALSE: "false", or not there */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (xmlDoc, xmlFreeDoc)

G_END_DECLS
