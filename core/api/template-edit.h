/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a request wants of a template. */
#pragma once

#include <json-glib/json-glib.h>

#include "api/body.h"
#include "engine/scopes.h"

G_BEGIN_DECLS

/* What may stand in the body of a new one (with its scope), or of a change. */
const MusterdMember *musterd_template_members (gboolean is_new, gsize *n);
/* NULL with MUSTERD_ERROR_INVALID. */
MusterdTemplateEdit *musterd_template_edit_read (JsonObject *body, GError **error);

G_END_DECLS
