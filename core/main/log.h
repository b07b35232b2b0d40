/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where log messages go: to the journal with their fields, or to standard error as "HH:MM:SS level [instance] text".
 * The one place that sets GLib's writer; plugins must not. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Once, before any thread. */
void musterd_log_writer_install   (void);
/* "warning", "message", "info" or "debug", of Muster's own domains; others say what they say by default. Any thread. */
void musterd_log_writer_set_level (const char *level);

G_END_DECLS
