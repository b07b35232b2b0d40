/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* One copy of each string for all who hold it. Any thread. Not GLib's interned ref strings: there, until 2.80, a string
 * could be found by one thread while another was already freeing it. */
char *musterd_intern         (const char *string);
char *musterd_intern_acquire (char *interned);
void  musterd_intern_release (char *interned);

G_END_DECLS
