/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Templates as JSON. */
#pragma once

#include "api/json-text.h"
#include "api/scope-view.h"

G_BEGIN_DECLS

/* `tmpl`: as it is in force in the view's scope; `own`: as it stands in `scope`, at this place. `offered`: whether it
 * can be chosen there. `used_by` nullable: no setting, or none that the reader is told of. */
typedef struct
{
  const MusterdTemplate     *tmpl, *own;
  const MusterdSettingScope *scope;
  guint                      position;
  gboolean                   offered;
  const char                *used_by;
} MusterdTemplateItem;

void musterd_json_template (GString *json, const char *name, const MusterdTemplateItem *item);

G_END_DECLS
