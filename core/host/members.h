/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which users a plugin has been told of. Where nearly all are, those who are not stand in the table: so the usual case
 * costs nothing for each user. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  gboolean    inverted; /* `ids` are those who are not */
  GHashTable *ids;      /* set of user ids */
} MusterdMembers;

void     musterd_members_init     (MusterdMembers *members);
void     musterd_members_clear    (MusterdMembers *members);
/* Nobody, of `most` expected to be everybody. Every user there is must then be said to be in or not. */
void     musterd_members_reset    (MusterdMembers *members, gboolean most);
gboolean musterd_members_contains (const MusterdMembers *members, const char *id);
void     musterd_members_set      (MusterdMembers *members, const char *id, gboolean member);
/* There is no such user any more. */
void     musterd_members_forget   (MusterdMembers *members, const char *id);
guint    musterd_members_count    (const MusterdMembers *members, guint n_users);

G_END_DECLS
