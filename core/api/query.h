/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The part of a URL after '?': a few parameters, each checked, unknown ones refused. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define MUSTERD_QUERY_MAX 1000 /* parameters */

typedef struct _MusterdQuery MusterdQuery;

/* `text` nullable; `known`: the names separated by spaces, nullable: none. MUSTERD_ERROR_INVALID names what is
 * wrong. */
MusterdQuery *musterd_query_parse (const char *text, const char *known, GError **error);
void          musterd_query_free  (MusterdQuery *query);
/* The first value, NULL: absent. */
const char   *musterd_query_get     (MusterdQuery *query, const char *name);
/* Every value of a name, in order (char *, owned by the query). */
GPtrArray    *musterd_query_get_all (MusterdQuery *query, const char *name);
/* Absent: `value` stays as it is. */
gboolean      musterd_query_get_boolean (MusterdQuery *query, const char *name, gboolean *value, GError **error);
gboolean      musterd_query_get_number  (MusterdQuery *query, const char *name, guint64 max, guint64 *value,
                                         GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MusterdQuery, musterd_query_free)

G_END_DECLS
