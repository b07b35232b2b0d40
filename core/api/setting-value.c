/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/setting-value.h"

#include <string.h>

#include "api/json-text.h"
#include "model/error.h"

/* Writing. */

static void
add_list (GString *json, const char *name, const char *text)
{
  g_auto(GStrv) words = muster_option_split (text, ';');

  musterd_json_open (json, name, '[');
  for (guint i = 0; words[i] != NULL; i++)
    if (*words[i] != '\0')
      musterd_json_string (json, NULL, words[i]);
  musterd_json_close (json, ']');
}

void
musterd_json_setting_cell (GString *json, const char *name, MusterOptionType type, const char *text)
{
  if (text == NULL)
    musterd_json_null (json, name);
  else if (type == MUSTER_OPTION_BOOLEAN)
    musterd_json_bool (json, name, g_ascii_strcasecmp (text, "true") == 0);
  else if (type == MUSTER_OPTION_INTEGER)
    musterd_json_int (json, name, g_ascii_strtoll (text, NULL, 10));
  else if (type == MUSTER_OPTION_LIST)
    add_list (json, name, text);
  else
    musterd_json_string (json, name, text);
}

static void
add_rows (GString *json, const char *name, const MusterOption *option, MusterTable *table)
{
  musterd_json_open (json, name, '[');
  for (gsize row = 0; row < muster_table_get_n_rows (table); row++)
    {
      musterd_json_open (json, NULL, '{');
      for (gsize i = 0; i < option->n_columns; i++)
        {
          const MusterColumn *column = muster_column_nth (option, i);
          const char *cell = muster_table_get_string (table, row, column->name);
          g_autofree char *length = NULL;

          /* Cells are in the form in which they are read; people and scopes write "5min". */
          if (column->type == MUSTER_OPTION_DURATION && cell != NULL)
            length = muster_duration_to_string (g_ascii_strtoll (cell, NULL, 10));
          musterd_json_setting_cell (json, column->name, column->type, length != NULL ? length : cell);
        }
      musterd_json_close (json, '}');
    }
  musterd_json_close (json, ']');
}

void
musterd_json_setting (GString *json, const char *name, const MusterOption *option, const char *text,
                      gboolean built_in)
{
  MusterOption bare = *option;
  MusterTable *table;

  if (option->type != MUSTER_OPTION_TABLE)
    {
      musterd_json_setting_cell (json, name, option->type, text);
      return;
    }
  if (!built_in)
    bare.default_value = NULL;
  /* Rows that an older plugin of this name had, and this one cannot read, are as if they were not there. */
  table = text != NULL || built_in ? muster_option_parse_table (&bare, text, NULL) : NULL;
  if (table == NULL)
    {
      musterd_json_null (json, name);
      return;
    }
  add_rows (json, name, option, table);
  muster_table_unref (table);
}

/* Reading. */

static const char *
type_name (MusterOptionType type)
{
  switch (type)
    {
    case MUSTER_OPTION_BOOLEAN:
      return "true or false";
    case MUSTER_OPTION_INTEGER:
      return "a whole number";
    case MUSTER_OPTION_LIST:
      return "an array of strings";
    case MUSTER_OPTION_TABLE:
      return "an array of objects";
    case MUSTER_OPTION_STRING:
    case MUSTER_OPTION_DURATION:
    case MUSTER_OPTION_PATH:
    case MUSTER_OPTION_URL:
    case MUSTER_OPTION_SECRET:
    case MUSTER_OPTION_CHOICE:
    default:
      return "a string";
    }
}

/* One that is neither an array nor an object; NULL: not of this type. */
static char *
read_plain (MusterOptionType type, JsonNode *node)
{
  GType held = JSON_NODE_HOLDS_VALUE (node) ? json_node_get_value_type (node) : G_TYPE_INVALID;

  if (held == G_TYPE_STRING)
    return json_node_dup_string (node);
  if (held == G_TYPE_BOOLEAN && type == MUSTER_OPTION_BOOLEAN)
    return g_strdup (json_node_get_boolean (node) ? "true" : "false");
  if (held == G_TYPE_INT64 && type == MUSTER_OPTION_INTEGER)
    return g_strdup_printf ("%" G_GINT64_FORMAT, json_node_get_int (node));
  return NULL;
}

static char *
read_list (JsonArray *array)
{
  g_autoptr(GPtrArray) words = g_ptr_array_new ();

  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      JsonNode *node = json_array_get_element (array, i);

      if (!JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_STRING)
        return NULL;
      g_ptr_array_add (words, (gpointer) json_node_get_string (node));
    }
  g_ptr_array_add (words, NULL);
  return muster_option_join ((const char *const *) words->pdata, ';');
}

static void
append_cell (GString *text, const char *cell)
{
  for (const char *p = cell; *p != '\0'; p++)
    {
      if (strchr (";|\\", *p) != NULL)
        g_string_append_c (text, '\\');
      g_string_append_c (text, *p);
    }
}

static gboolean
check_columns (const MusterOption *option, JsonObject *row, GError **error)
{
  JsonObjectIter iter;
  const char *name;

  json_object_iter_init (&iter, row);
  while (json_object_iter_next (&iter, &name, NULL))
    {
      g_autofree char *shown = musterd_error_word (name);
      gboolean found = FALSE;

      for (gsize i = 0; i < option->n_columns; i++)
        found |= g_str_equal (muster_column_nth (option, i)->name, name);
      if (!found)
        {
          g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "there is no column '%s'", shown);
          return FALSE;
        }
    }
  return TRUE;
}

static gboolean
append_row (GString *text, const MusterOption *option, JsonObject *row, GError **error)
{
  if (!check_columns (option, row, error))
    return FALSE;
  for (gsize i = 0; i < option->n_columns; i++)
    {
      const MusterColumn *column = muster_column_nth (option, i);
      JsonNode *node = json_object_get_member (row, column->name);
      g_autofree char *cell = node != NULL ? read_plain (column->type, node) : NULL;

      if (node != NULL && cell == NULL && !JSON_NODE_HOLDS_NULL (node))
        {
          g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "column '%s' must be %s", column->name,
                       type_name (column->type));
          return FALSE;
        }
      if (i > 0)
        g_string_append_c (text, '|');
      append_cell (text, cell != NULL ? cell : "");
    }
  return TRUE;
}

static char *
read_table (const MusterOption *option, JsonArray *array, GError **error)
{
  g_autoptr(GString) text = g_string_new (NULL);

  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      JsonNode *node = json_array_get_element (array, i);

      if (!JSON_NODE_HOLDS_OBJECT (node))
        return NULL;
      if (i > 0)
        g_string_append_c (text, ';');
      if (!append_row (text, option, json_node_get_object (node), error))
        {
          g_prefix_error (error, "row %u: ", i + 1);
          return NULL;
        }
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

char *
musterd_setting_read (const char *block, const char *name, const MusterdSetting *setting, JsonNode *node,
                      GError **error)
{
  MusterOptionType type = setting != NULL ? setting->option.type : MUSTER_OPTION_STRING;
  g_autofree char *shown_block = musterd_error_word (block);
  g_autofree char *shown = musterd_error_word (name);
  g_autoptr(GError) local_error = NULL;
  char *text = NULL;

  if (JSON_NODE_HOLDS_NULL (node))
    return NULL;
  if (JSON_NODE_HOLDS_ARRAY (node) && type == MUSTER_OPTION_LIST)
    text = read_list (json_node_get_array (node));
  else if (JSON_NODE_HOLDS_ARRAY (node) && type == MUSTER_OPTION_TABLE)
    text = read_table (&setting->option, json_node_get_array (node), &local_error);
  else
    text = read_plain (type, node);
  if (text == NULL && local_error != NULL)
    g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "%s.%s: %s", shown_block, shown, local_error->message);
  else if (text == NULL)
    g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "%s.%s must be %s, or null for what is inherited",
                 shown_block, shown, type_name (type));
  return text;
}
