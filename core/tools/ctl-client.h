/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The way to the daemon: HTTP over its Unix socket, one question at a time. */
#pragma once

#include "ctl.h"

G_BEGIN_DECLS

char      *ctl_default_socket (void);
/* `format` has a %s for each of the strings that follow, up to NULL; they are percent-encoded. */
char      *ctl_path   (const char *format, ...) G_GNUC_NULL_TERMINATED;
/* `body` nullable, JSON. The answer (an empty object where it has no body), or NULL with CTL_ERROR. */
JsonNode  *ctl_ask    (Ctl *ctl, const char *method, const char *path, const char *body, GError **error);
/* Sends `input` as the body. */
JsonNode  *ctl_upload (Ctl *ctl, const char *method, const char *path, const char *type, GInputStream *input,
                       goffset length, GError **error);
/* Writes the answer's body to `output`. */
gboolean   ctl_download (Ctl *ctl, const char *path, GOutputStream *output, GError **error);

/* What comes as it comes. `last_id` nullable: the id of the last event that was read. */
GInputStream *ctl_open_stream (Ctl *ctl, const char *path, const char *last_id, GError **error);

/* A JSON object of names and values, up to a NULL name; NULL values are left out. */
char      *ctl_object (const char *name, ...) G_GNUC_NULL_TERMINATED;
/* Prints the answer as it is. */
void       ctl_print_json (JsonNode *node);
/* Prints that member of each object, one a line. */
void       ctl_print_each (JsonArray *objects, const char *member);

/* Reading answers: what is absent, null or of another type is NULL, FALSE, 0 or an empty thing. */
const char *ctl_string (JsonObject *object, const char *name);
gboolean    ctl_bool   (JsonObject *object, const char *name);
gint64      ctl_int    (JsonObject *object, const char *name);
JsonObject *ctl_member (JsonObject *object, const char *name); /* NULL */
JsonArray  *ctl_array  (JsonObject *object, const char *name); /* NULL */
guint       ctl_length (JsonArray *array);                     /* of NULL: 0 */

G_END_DECLS
