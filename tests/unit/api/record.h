/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes down what went over the wire, so that tests/integration/hold.py can hold it against docs/api/openapi.yaml. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Appends one exchange, both sides as they were on the wire, to the file that MUSTER_RECORD names; nothing where it
 * names none, or where nothing was answered. Any thread. */
void record_exchange (const char *request, gsize n_request, const char *answer, gsize n_answer);
/* The same for a piece of an answer, which must be as the document's schema of this name says. */
void record_piece    (const char *schema, const char *json);

G_END_DECLS
