/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Times on the wire: RFC 3339. */
#pragma once

#include "model/types.h"

G_BEGIN_DECLS

/* "2026-11-22T06:50:12Z", with milliseconds only where there are some; NULL for NEVER, ALWAYS and years that have no
 * four digits. */
char    *musterd_rfc3339_format (MusterdTime time);
/* A date, a time and a zone, nothing less; MUSTERD_ERROR_INVALID otherwise. */
gboolean musterd_rfc3339_parse  (const char *text, MusterdTime *time, GError **error);

G_END_DECLS
