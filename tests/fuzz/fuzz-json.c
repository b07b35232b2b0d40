/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The JSON body of a request: what is taken holds only what its table names, and is the same once it was written and
 * read again; what our own check takes, the library's parser takes too. */
#include <string.h>

#include "api/body.h"
#include "api/json-check.h"
#include "fuzz.h"
#include "model/error.h"

static const MusterdMember members[] = {
  { "status", MUSTERD_MEMBER_STRING, FALSE },
  { "text", MUSTERD_MEMBER_TEXT_OR_NULL, FALSE },
  { "paused", MUSTERD_MEMBER_BOOLEAN, FALSE },
  { "attributes", MUSTERD_MEMBER_OBJECT, FALSE },
  { "id", MUSTERD_MEMBER_STRING, TRUE },
};

static JsonNode *
node_of (JsonObject *object)
{
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);

  json_node_set_object (node, object);
  return node;
}

/* The library writes some numbers so that nobody can read them (1e-10.0); ours are written by ourselves. */
static gboolean
has_double (JsonNode *node)
{
  g_autoptr(GList) children = NULL;
  gboolean found = FALSE;

  if (JSON_NODE_HOLDS_OBJECT (node))
    children = json_object_get_values (json_node_get_object (node));
  else if (JSON_NODE_HOLDS_ARRAY (node))
    children = json_array_get_elements (json_node_get_array (node));
  else
    return JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_DOUBLE;
  for (GList *l = children; l != NULL; l = l->next)
    found = found || has_double (l->data);
  return found;
}

static void
check_members (JsonObject *body)
{
  g_autoptr(GList) names = json_object_get_members (body);

  for (GList *l = names; l != NULL; l = l->next)
    {
      gboolean known = FALSE;

      for (gsize i = 0; i < G_N_ELEMENTS (members); i++)
        known = known || g_str_equal (members[i].name, l->data);
      g_assert_true (known);
    }
  g_assert_nonnull (musterd_body_get_string (body, "id"));
  g_assert_true (g_utf8_validate (musterd_body_get_string (body, "id"), -1, NULL));
  /* Whatever it is, asking does no harm. */
  musterd_body_get_string (body, "text");
  musterd_body_get_boolean (body, "paused", FALSE);
  g_assert_null (musterd_body_get_string (body, "attributes"));
}

static void
check_body (const char *text, gsize length)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonObject) body = musterd_body_parse (text, length, members, G_N_ELEMENTS (members), &error);
  g_autoptr(JsonObject) again = NULL;
  g_autoptr(JsonNode) node = NULL;
  g_autoptr(JsonNode) node_again = NULL;
  g_autofree char *written = NULL;

  if (body == NULL)
    {
      fuzz_check_error (&error, MUSTERD_ERROR);
      return;
    }
  g_assert_no_error (error);
  check_members (body);
  node = node_of (body);
  if (has_double (node))
    return;
  written = json_to_string (node, FALSE);
  /* json-glib 1.6 escapes every control character but this one. */
  if (strchr (written, 0x1f) != NULL)
    return;
  again = musterd_body_parse (written, strlen (written), members, G_N_ELEMENTS (members), &error);
  g_assert_no_error (error);
  node_again = node_of (again);
  g_assert_true (json_node_equal (node, node_again));
}

static void
check_check (const char *text, gsize length)
{
  g_autoptr(JsonParser) parser = json_parser_new ();
  g_autoptr(GError) error = NULL;

  if (!musterd_json_check (text, length, &error))
    {
      fuzz_check_error (&error, MUSTERD_ERROR);
      return;
    }
  json_parser_load_from_data (parser, text, (gssize) length, &error);
  g_assert_no_error (error);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *text = g_memdup2 (data, size);

  check_check (text != NULL ? text : "", size);
  check_body (text != NULL ? text : "", size);
  return 0;
}
