/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/query.h"

#include <string.h>

#include "model/error.h"

struct _MusterdQuery
{
  GPtrArray *names, *values; /* char *, side by side */
};

void
musterd_query_free (MusterdQuery *query)
{
  g_ptr_array_unref (query->names);
  g_ptr_array_unref (query->values);
  g_free (query);
}

static gboolean
is_known (const char *known, const char *name)
{
  g_auto(GStrv) names = g_strsplit (known != NULL ? known : "", " ", -1);

  return g_strv_contains ((const char *const *) names, name);
}

static char *
decode (const char *text, gsize length)
{
  g_autofree char *spaced = g_strndup (text, length);
  g_autofree char *decoded = NULL;

  g_strdelimit (spaced, "+", ' ');
  decoded = g_uri_unescape_string (spaced, NULL);
  return decoded != NULL && g_utf8_validate (decoded, -1, NULL) ? g_steal_pointer (&decoded) : NULL;
}

static gboolean
add (MusterdQuery *query, const char *part, const char *known, GError **error)
{
  const char *equals = strchr (part, '=');
  g_autofree char *name = decode (part, equals != NULL ? (gsize) (equals - part) : strlen (part));
  g_autofree char *value = decode (equals != NULL ? equals + 1 : "", equals != NULL ? strlen (equals + 1) : 0);

  if (name == NULL || value == NULL)
    {
      g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "the query is not percent-encoded UTF-8");
      return FALSE;
    }
  if (!is_known (known, name))
    {
      g_autofree char *shown = musterd_error_word (name);

      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "unknown parameter '%s'%s%s", shown,
                   known != NULL ? ": known are " : "", known != NULL ? known : "");
      return FALSE;
    }
  g_ptr_array_add (query->names, g_steal_pointer (&name));
  g_ptr_array_add (query->values, g_steal_pointer (&value));
  return TRUE;
}

MusterdQuery *
musterd_query_parse (const char *text, const char *known, GError **error)
{
  g_autoptr(MusterdQuery) query = g_new0 (MusterdQuery, 1);
  g_auto(GStrv) parts = g_strsplit (text != NULL ? text : "", "&", MUSTERD_QUERY_MAX + 1);

  query->names = g_ptr_array_new_with_free_func (g_free);
  query->values = g_ptr_array_new_with_free_func (g_free);
  if (g_strv_length (parts) > MUSTERD_QUERY_MAX)
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "more than %d parameters", MUSTERD_QUERY_MAX);
      return NULL;
    }
  for (gsize i = 0; parts[i] != NULL; i++)
    if (parts[i][0] != '\0' && !add (query, parts[i], known, error))
      return NULL;
  return g_steal_pointer (&query);
}

const char *
musterd_query_get (MusterdQuery *query, const char *name)
{
  for (guint i = 0; i < query->names->len; i++)
    if (g_str_equal (query->names->pdata[i], name))
      return query->values->pdata[i];
  return NULL;
}

GPtrArray *
musterd_query_get_all (MusterdQuery *query, const char *name)
{
  GPtrArray *all = g_ptr_array_new ();

  for (guint i = 0; i < query->names->len; i++)
    if (g_str_equal (query->names->pdata[i], name))
      g_ptr_array_add (all, query->values->pdata[i]);
  return all;
}

gboolean
musterd_query_get_boolean (MusterdQuery *query, const char *name, gboolean *value, GError **error)
{
  const char *text = musterd_query_get (query, name);

  if (text == NULL)
    return TRUE;
  if (!g_str_equal (text, "true") && !g_str_equal (text, "false"))
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "parameter '%s' must be true or false", name);
      return FALSE;
    }
  *value = g_str_equal (text, "true");
  return TRUE;
}

gboolean
musterd_query_get_number (MusterdQuery *query, const char *name, guint64 max, guint64 *value, GError **error)
{
  const char *text = musterd_query_get (query, name);

  if (text == NULL)
    return TRUE;
  if (!g_ascii_string_to_unsigned (text, 10, 0, max, value, NULL))
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID,
                   "parameter '%s' must be a number from 0 to %" G_GUINT64_FORMAT, name, max);
      return FALSE;
    }
  return TRUE;
}
