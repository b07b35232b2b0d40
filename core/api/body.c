/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/body.h"

#include <string.h>

#include "api/json-check.h"
#include "model/error.h"

static const char *
type_name (MusterdMemberType type)
{
  switch (type)
    {
    case MUSTERD_MEMBER_STRING:
      return "a string";
    case MUSTERD_MEMBER_TEXT_OR_NULL:
      return "a string or null";
    case MUSTERD_MEMBER_BOOLEAN:
      return "true or false";
    case MUSTERD_MEMBER_INTEGER:
      return "a whole number";
    case MUSTERD_MEMBER_ANY:
      return "a value";
    case MUSTERD_MEMBER_OBJECT:
    default:
      return "an object";
    }
}

static gboolean
has_type (JsonNode *node, MusterdMemberType type)
{
  gboolean is_string = JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING;

  switch (type)
    {
    case MUSTERD_MEMBER_STRING:
      return is_string;
    case MUSTERD_MEMBER_TEXT_OR_NULL:
      return is_string || JSON_NODE_HOLDS_NULL (node);
    case MUSTERD_MEMBER_BOOLEAN:
      return JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_BOOLEAN;
    case MUSTERD_MEMBER_INTEGER:
      return JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_INT64;
    case MUSTERD_MEMBER_ANY:
      return TRUE;
    case MUSTERD_MEMBER_OBJECT:
    default:
      return JSON_NODE_HOLDS_OBJECT (node);
    }
}

typedef struct
{
  GHashTable *seen;  /* "object address/name" */
  char       *twice; /* nullable */
} Duplicates;

/* The parser keeps the last of two members of one name without a word. */
static void
on_member_parsed (JsonParser *parser G_GNUC_UNUSED, JsonObject *object, const char *name, gpointer user_data)
{
  Duplicates *duplicates = user_data;

  if (!g_hash_table_add (duplicates->seen, g_strdup_printf ("%p/%s", (void *) object, name))
      && duplicates->twice == NULL)
    duplicates->twice = g_strdup (name);
}

static JsonNode *
parse (const char *text, gsize length, GError **error)
{
  g_autoptr(JsonParser) parser = json_parser_new ();
  g_autoptr(GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  Duplicates duplicates = { seen, NULL };
  g_autofree char *twice = NULL;
  g_autoptr(GError) local = NULL;

  if (!musterd_json_check (text, length, error))
    return NULL;
  g_signal_connect (parser, "object-member", G_CALLBACK (on_member_parsed), &duplicates);
  if (!json_parser_load_from_data (parser, text, (gssize) length, &local))
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "the body is not JSON: %s", local->message);
      return NULL;
    }
  twice = duplicates.twice;
  if (twice != NULL)
    {
      g_autofree char *shown = musterd_error_word (twice);

      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "member '%s' stands twice in one object", shown);
      return NULL;
    }
  return json_parser_steal_root (parser);
}

static gboolean
check_members (JsonObject *object, const MusterdMember *members, gsize n_members, GError **error)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  json_object_iter_init (&iter, object);
  while (json_object_iter_next (&iter, &name, &node))
    {
      const MusterdMember *member = NULL;

      for (gsize i = 0; i < n_members && member == NULL; i++)
        if (g_str_equal (members[i].name, name))
          member = &members[i];
      if (member == NULL)
        {
          g_autofree char *shown = musterd_error_word (name);
          g_autoptr(GString) known = g_string_new (NULL);

          for (gsize i = 0; i < n_members; i++)
            g_string_append_printf (known, "%s%s", i > 0 ? ", " : "", members[i].name);
          g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "unknown member '%s': %s%s", shown,
                       n_members > 0 ? "known are " : "none is expected here", known->str);
          return FALSE;
        }
      if (!has_type (node, member->type))
        {
          g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "member '%s' must be %s", name,
                       type_name (member->type));
          return FALSE;
        }
    }
  for (gsize i = 0; i < n_members; i++)
    if (members[i].required && !json_object_has_member (object, members[i].name))
      {
        g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "member '%s' is missing", members[i].name);
        return FALSE;
      }
  return TRUE;
}

JsonObject *
musterd_body_parse (const char *text, gsize length, const MusterdMember *members, gsize n_members, GError **error)
{
  g_autoptr(JsonNode) root = parse (length > 0 ? text : "{}", length > 0 ? length : 2, error);

  if (root == NULL)
    return NULL;
  if (!JSON_NODE_HOLDS_OBJECT (root))
    {
      g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "the body must be a JSON object");
      return NULL;
    }
  if (!check_members (json_node_get_object (root), members, n_members, error))
    return NULL;
  return json_object_ref (json_node_get_object (root));
}

const char *
musterd_body_get_string (JsonObject *body, const char *name)
{
  JsonNode *node = json_object_get_member (body, name);

  return node != NULL && JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING
             ? json_node_get_string (node)
             : NULL;
}

char *
musterd_body_take_secret (JsonObject *body, const char *name)
{
  const char *text = musterd_body_get_string (body, name);
  char *secret = g_strdup (text);

  /* The node's own copy, which it would free as it is. */
  if (text != NULL)
    explicit_bzero ((char *) text, strlen (text));
  return secret;
}

gboolean
musterd_body_get_boolean (JsonObject *body, const char *name, gboolean fallback)
{
  return json_object_has_member (body, name) ? json_object_get_boolean_member (body, name) : fallback;
}

gint64
musterd_body_get_integer (JsonObject *body, const char *name, gint64 fallback)
{
  return json_object_get_int_member_with_default (body, name, fallback);
}
