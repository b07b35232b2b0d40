/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The zone of an IANA name, kept for the next one who asks; NULL: the machine's own. Transfer full; NULL if this system
 * does not know the name. Any thread. */
GTimeZone *musterd_zone_get (const char *name);

G_END_DECLS
