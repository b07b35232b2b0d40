/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes JSON straight into text. Lists of all users are made from this; a tree of nodes would take ten times the
 * memory of its text. `name` is the member's name, NULL inside an array and at the top. */
#pragma once

#include "model/types.h"

G_BEGIN_DECLS

void musterd_json_open   (GString *json, const char *name, char bracket); /* '{' or '[' */
void musterd_json_close  (GString *json, char bracket);                   /* '}' or ']' */
void musterd_json_string (GString *json, const char *name, const char *value); /* nullable: null */
void musterd_json_bool   (GString *json, const char *name, gboolean value);
void musterd_json_int    (GString *json, const char *name, gint64 value);
void musterd_json_uint   (GString *json, const char *name, guint64 value);
void musterd_json_null   (GString *json, const char *name);
void musterd_json_time   (GString *json, const char *name, MusterdTime value); /* NEVER: null */
/* `json` already is a whole JSON value. */
void musterd_json_raw    (GString *json, const char *name, const char *value);

G_END_DECLS
