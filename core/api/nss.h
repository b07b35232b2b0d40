/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How accounts are looked up: in the machine's own files, and in whatever directory service stands behind NSS. */
#pragma once

#include <glib.h>
#include <sys/types.h>

G_BEGIN_DECLS

typedef struct
{
  /* Called on any thread, on several at a time, and may be as long as it likes about it. `name` NULL: there is no such
   * account. `member`: it is in `group` (nullable: then nobody is). FALSE: that cannot be said at the moment. */
  gboolean (*look_up)  (uid_t uid, const char *group, char **name, gboolean *member, gpointer data, GError **error);
  /* This account administers whatever a look-up says. */
  gboolean (*is_owner) (uid_t uid, gpointer data);
  gint64   (*get_time) (gpointer data); /* monotonic, microseconds */
  gpointer   data;
  guint      slow_ms; /* so long one waits for news of an account of which something is known, */
  guint      late_ms; /* and so long for the first that is heard of it; longer than `slow_ms` */
} MusterdNss;

/* The real one. */
const MusterdNss *musterd_nss_get_system (void);

G_END_DECLS
