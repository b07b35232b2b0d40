/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A strict look at JSON from outside before a parser sees it: json-glib recurses as deep as the text does, and reads
 * comments, assignments and other things that are not JSON. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define MUSTERD_JSON_DEPTH_MAX 8

/* RFC 8259 to the letter, UTF-8, no U+0000, no half of a surrogate pair, at most MUSTERD_JSON_DEPTH_MAX deep;
 * MUSTERD_ERROR_INVALID with line and column otherwise. */
gboolean musterd_json_check (const char *text, gsize length, GError **error);

G_END_DECLS
