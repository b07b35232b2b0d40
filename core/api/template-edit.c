/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/template-edit.h"

#include "model/error.h"
#include "settings/forward.h"

/* What a new one must have, the engine says. */
static const MusterdMember members[] = {
  { "name", MUSTERD_MEMBER_STRING, FALSE },
  { "status", MUSTERD_MEMBER_STRING, FALSE },
  { "text", MUSTERD_MEMBER_TEXT_OR_NULL, FALSE },
  { "forwarding", MUSTERD_MEMBER_ANY, FALSE },
  { "active", MUSTERD_MEMBER_BOOLEAN, FALSE },
  { "stays", MUSTERD_MEMBER_BOOLEAN, FALSE },
  { "may_change", MUSTERD_MEMBER_BOOLEAN, FALSE },
  { "position", MUSTERD_MEMBER_INTEGER, FALSE },
  { "scope", MUSTERD_MEMBER_STRING, FALSE }, /* last: of new ones only */
};

const MusterdMember *
musterd_template_members (gboolean is_new, gsize *n)
{
  *n = is_new ? G_N_ELEMENTS (members) : G_N_ELEMENTS (members) - 1;
  return members;
}

/* Forwarding. */

static gboolean
set_wrong (GError **error, const char *what)
{
  g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "member 'forwarding': %s", what);
  return FALSE;
}

static gboolean
check_members (JsonObject *object, GError **error)
{
  static const char *const known[] = { "action", "scope", "target", "number", NULL };
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  json_object_iter_init (&iter, object);
  while (json_object_iter_next (&iter, &name, &node))
    {
      gboolean is_string = JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING;

      if (!g_strv_contains (known, name) || (!is_string && !JSON_NODE_HOLDS_NULL (node)))
        return set_wrong (error, "expected the strings action, scope, target and number, each perhaps null");
    }
  return TRUE;
}

static gboolean
read_object (JsonObject *object, MusterdForwarding *forwarding, GError **error)
{
  const char *action, *scope, *target, *number;
  MusterdForwarding made = { .action = MUSTERD_FORWARD_DO_NOT_CHANGE };

  if (!check_members (object, error))
    return FALSE;
  action = musterd_body_get_string (object, "action");
  scope = musterd_body_get_string (object, "scope");
  target = musterd_body_get_string (object, "target");
  number = musterd_body_get_string (object, "number");
  if (action == NULL || !musterd_forward_action_from_string (action, &made.action))
    return set_wrong (error, "'action' must be do-not-change, off, do-not-disturb or forward");
  if (made.action != MUSTERD_FORWARD_TO)
    {
      if (target != NULL || number != NULL)
        return set_wrong (error, "a target goes only with the action 'forward'");
      *forwarding = made;
      return TRUE;
    }
  if (scope == NULL || !musterd_forward_scope_from_string (scope, &made.scope))
    return set_wrong (error, "'scope' must be all, internal or external");
  if (target == NULL || !musterd_forward_target_from_string (target, &made.target))
    return set_wrong (error, "'target' must be number, home, mobile or voicemail");
  if ((made.target == MUSTERD_TARGET_NUMBER) != (number != NULL))
    return set_wrong (error, "a number goes with the target 'number', and only with that");
  made.number = g_strdup (number);
  *forwarding = made;
  return TRUE;
}

static gboolean
read_forwarding (JsonNode *node, MusterdTemplateEdit *edit, GError **error)
{
  MusterdForwarding *forwarding = &edit->tmpl->forwarding;

  edit->inherit = JSON_NODE_HOLDS_NULL (node);
  if (edit->inherit)
    return TRUE; /* of a template that one may change as a whole: do not change */
  if (JSON_NODE_HOLDS_OBJECT (node))
    return read_object (json_node_get_object (node), forwarding, error);
  if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING)
    return musterd_forward_parse (json_node_get_string (node), forwarding, error);
  return set_wrong (error, "expected an object, a word such as external:mobile, or null");
}

/* The rest. */

static gboolean
read_status (const char *word, MusterdTemplateEdit *edit, GError **error)
{
  g_autofree char *shown = musterd_error_word (word);

  if (musterd_status_from_string (word, &edit->tmpl->status) && edit->tmpl->status != MUSTERD_STATUS_NONE)
    return TRUE;
  g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "there is no status '%s'", shown);
  return FALSE;
}

static gboolean
read_position (gint64 position, MusterdTemplateEdit *edit, GError **error)
{
  if (position < 0)
    {
      g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "member 'position' begins at 0");
      return FALSE;
    }
  edit->position = (guint) MIN (position, MUSTERD_TEMPLATES_MAX);
  return TRUE;
}

static gboolean
read_members (JsonObject *body, MusterdTemplateEdit *edit, GError **error)
{
  static const struct
  {
    const char           *name;
    MusterdTemplateFields field;
  } named[] = {
    { "name", MUSTERD_TEMPLATE_NAME },     { "status", MUSTERD_TEMPLATE_STATUS },
    { "text", MUSTERD_TEMPLATE_TEXT },     { "forwarding", MUSTERD_TEMPLATE_FORWARDING },
    { "active", MUSTERD_TEMPLATE_ACTIVE }, { "stays", MUSTERD_TEMPLATE_STAYS },
    { "may_change", MUSTERD_TEMPLATE_MAY_CHANGE }, { "position", MUSTERD_TEMPLATE_POSITION },
  };
  MusterdTemplate *tmpl = edit->tmpl;

  for (guint i = 0; i < G_N_ELEMENTS (named); i++)
    if (json_object_has_member (body, named[i].name))
      edit->fields |= named[i].field;
  tmpl->name = g_strdup (musterd_body_get_string (body, "name"));
  tmpl->text = g_strdup (musterd_body_get_string (body, "text"));
  tmpl->active = musterd_body_get_boolean (body, "active", TRUE);
  tmpl->stays = musterd_body_get_boolean (body, "stays", FALSE);
  tmpl->may_change = musterd_body_get_boolean (body, "may_change", FALSE);
  return ((edit->fields & MUSTERD_TEMPLATE_STATUS) == 0
          || read_status (musterd_body_get_string (body, "status"), edit, error))
         && ((edit->fields & MUSTERD_TEMPLATE_FORWARDING) == 0
             || read_forwarding (json_object_get_member (body, "forwarding"), edit, error))
         && ((edit->fields & MUSTERD_TEMPLATE_POSITION) == 0
             || read_position (json_object_get_int_member (body, "position"), edit, error));
}

MusterdTemplateEdit *
musterd_template_edit_read (JsonObject *body, GError **error)
{
  MusterdTemplateEdit *edit = musterd_template_edit_new ();

  if (read_members (body, edit, error))
    return edit;
  musterd_template_edit_free (edit);
  return NULL;
}
