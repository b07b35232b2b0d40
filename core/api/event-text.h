/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Events as they go over the wire (HTML Living Standard, server-sent events). */
#pragma once

#include "model/presence.h"

G_BEGIN_DECLS

/* `user`: as they are now. `id`: up to where a reader knows everything who has read this. */
GBytes *musterd_event_presence (const MusterdUser *user, const MusterdPresence *view, guint64 id);
GBytes *musterd_event_removed  (const char *user, guint64 id);

/* While a reader is brought up to date: without an id, since it knows everything only at the end. */
void musterd_event_append_presence (GString *text, const MusterdUser *user, const MusterdPresence *view);
void musterd_event_append_removed  (GString *text, const char *user);
/* What it knows is not to be relied on: all that is there follows. */
void musterd_event_append_reset    (GString *text, guint64 revision);
/* The end of it. */
void musterd_event_append_synced   (GString *text, guint64 revision);

G_END_DECLS
