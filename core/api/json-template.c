/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/json-template.h"

#include "settings/forward.h"

static void
add_forwarding (GString *json, const char *name, const MusterdForwarding *forwarding)
{
  gboolean forwards = forwarding->action == MUSTERD_FORWARD_TO;

  musterd_json_open (json, name, '{');
  musterd_json_string (json, "action", musterd_forward_action_to_string (forwarding->action));
  musterd_json_string (json, "scope", forwards ? musterd_forward_scope_to_string (forwarding->scope) : NULL);
  musterd_json_string (json, "target", forwards ? musterd_forward_target_to_string (forwarding->target) : NULL);
  musterd_json_string (json, "number", forwards ? forwarding->number : NULL);
  musterd_json_close (json, '}');
}

void
musterd_json_template (GString *json, const char *name, const MusterdTemplateItem *item)
{
  const MusterdTemplate *tmpl = item->tmpl;
  g_autofree char *word = musterd_forward_print (&tmpl->forwarding);
  g_autofree char *central = musterd_forward_print (&item->own->forwarding);

  musterd_json_open (json, name, '{');
  musterd_json_string (json, "id", tmpl->id);
  musterd_json_string (json, "scope", item->scope->id);
  musterd_json_uint (json, "position", item->position);
  musterd_json_string (json, "name", tmpl->name);
  musterd_json_string (json, "role", tmpl->role);
  musterd_json_string (json, "status", musterd_status_to_string (tmpl->status));
  musterd_json_string (json, "text", tmpl->text);
  add_forwarding (json, "forwarding", &tmpl->forwarding);
  musterd_json_string (json, "forwarding_word", word);
  musterd_json_bool (json, "forwarding_own", !g_str_equal (word, central));
  musterd_json_bool (json, "may_change", tmpl->may_change);
  musterd_json_bool (json, "stays", tmpl->stays);
  musterd_json_bool (json, "active", item->own->active);
  musterd_json_bool (json, "offered", item->offered);
  musterd_json_string (json, "used_by", item->used_by);
  musterd_json_close (json, '}');
}
