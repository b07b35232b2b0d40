/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A moment as people name it: "12:30" (the next one), "today 12:30", "tomorrow 9:00", "+30m", "+2h", "+1h30m", "+3d",
 * or RFC 3339. `now` also says which zone people mean. The moment in UTC as RFC 3339; NULL with CTL_ERROR_WRONG_USE. */
char *ctl_when_parse (const char *text, GDateTime *now, GError **error);

/* "30m", "1h30m", "2d" in seconds; FALSE with CTL_ERROR_WRONG_USE. */
gboolean ctl_span_parse (const char *text, gint64 *seconds, GError **error);

G_END_DECLS
