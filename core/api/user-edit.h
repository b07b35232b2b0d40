/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Builds a user from the one there is (or nothing) and some new values, by the names that JSON and CSV use. */
#pragma once

#include "model/user.h"

G_BEGIN_DECLS

typedef struct _MusterdUserEdit MusterdUserEdit;

/* `known` nullable. */
MusterdUserEdit *musterd_user_edit_new    (const char *id, const MusterdUser *known);
void             musterd_user_edit_free   (MusterdUserEdit *edit);
/* `name`: a field, or an attribute "plugin.name"; `value` NULL or "" clears. MUSTERD_ERROR_INVALID: no such field. */
gboolean         musterd_user_edit_set    (MusterdUserEdit *edit, const char *name, const char *value, GError **error);
/* Checks everything. */
MusterdUser     *musterd_user_edit_finish (MusterdUserEdit *edit, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MusterdUserEdit, musterd_user_edit_free)

G_END_DECLS
