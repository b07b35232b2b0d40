/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Values of settings as JSON: true and false, numbers, texts (durations too), lists as arrays, tables as arrays of
 * objects by their columns. */
#pragma once

#include <json-glib/json-glib.h>

#include "settings/blocks.h"

G_BEGIN_DECLS

/* `text` (nullable: null) as scopes have it. Of a table: the rows of `text`, with the built-in ones before them where
 * `built_in`. */
void  musterd_json_setting      (GString *json, const char *name, const MusterOption *option, const char *text,
                                 gboolean built_in);
/* The same by a type alone, which is none of TABLE. */
void  musterd_json_setting_cell (GString *json, const char *name, MusterOptionType type, const char *text);
/* The text of a value; what it says is not looked at. A string may be the text itself. NULL without an error: null, so
 * inherited again; NULL with MUSTERD_ERROR_INVALID: not of this type. `setting` nullable: no such setting, of which
 * only null and strings are read. */
char *musterd_setting_read      (const char *block, const char *name, const MusterdSetting *setting, JsonNode *node,
                                 GError **error);

G_END_DECLS
