/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An instance's Users=: which users it takes. Immutable. */
#pragma once

#include "model/user.h"

G_BEGIN_DECLS

typedef struct _MusterdSelection MusterdSelection;

/* `text` in the canonical form of MusterdInstanceConfig.users; NULL or empty: all. NULL with MUSTERD_ERROR_CONFIG. */
MusterdSelection *musterd_selection_new   (const char *text, GError **error);
void              musterd_selection_free  (MusterdSelection *selection);
gboolean          musterd_selection_is_all (const MusterdSelection *selection);
gboolean          musterd_selection_takes (const MusterdSelection *selection, const MusterdUser *user);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MusterdSelection, musterd_selection_free)

G_END_DECLS
