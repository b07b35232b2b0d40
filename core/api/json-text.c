/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/json-text.h"

#include <string.h>

#include "api/rfc3339.h"

static void
append_quoted (GString *json, const char *value)
{
  g_autofree char *valid = g_utf8_validate (value, -1, NULL) ? NULL : g_utf8_make_valid (value, -1);
  const char *text = valid != NULL ? valid : value;
  const char *begin = text;

  g_string_append_c (json, '"');
  for (const char *p = text; *p != '\0'; p++)
    {
      guchar c = (guchar) *p;
      const char *escape = NULL;
      char code[8];

      if (c == '"')
        escape = "\\\"";
      else if (c == '\\')
        escape = "\\\\";
      else if (c == '\n')
        escape = "\\n";
      else if (c < 0x20 || c == 0x7f)
        {
          g_snprintf (code, sizeof code, "\\u%04x", c);
          escape = code;
        }
      if (escape == NULL)
        continue;
      g_string_append_len (json, begin, p - begin);
      g_string_append (json, escape);
      begin = p + 1;
    }
  g_string_append (json, begin);
  g_string_append_c (json, '"');
}

/* What stands last in the text tells whether a comma is due: nothing else has to be remembered. No value ends with a
 * space, so after one a value begins that follows something else than JSON. */
static void
begin_value (GString *json, const char *name)
{
  char last = json->len > 0 ? json->str[json->len - 1] : '[';

  if (last != '{' && last != '[' && last != ' ')
    g_string_append_c (json, ',');
  if (name != NULL)
    {
      append_quoted (json, name);
      g_string_append_c (json, ':');
    }
}

void
musterd_json_open (GString *json, const char *name, char bracket)
{
  begin_value (json, name);
  g_string_append_c (json, bracket);
}

void
musterd_json_close (GString *json, char bracket)
{
  g_string_append_c (json, bracket);
}

void
musterd_json_string (GString *json, const char *name, const char *value)
{
  begin_value (json, name);
  if (value != NULL)
    append_quoted (json, value);
  else
    g_string_append (json, "null");
}

void
musterd_json_bool (GString *json, const char *name, gboolean value)
{
  musterd_json_raw (json, name, value ? "true" : "false");
}

void
musterd_json_int (GString *json, const char *name, gint64 value)
{
  begin_value (json, name);
  g_string_append_printf (json, "%" G_GINT64_FORMAT, value);
}

void
musterd_json_uint (GString *json, const char *name, guint64 value)
{
  begin_value (json, name);
  g_string_append_printf (json, "%" G_GUINT64_FORMAT, value);
}

void
musterd_json_null (GString *json, const char *name)
{
  musterd_json_raw (json, name, "null");
}

void
musterd_json_time (GString *json, const char *name, MusterdTime value)
{
  g_autofree char *text = musterd_rfc3339_format (value);

  musterd_json_string (json, name, text);
}

void
musterd_json_raw (GString *json, const char *name, const char *value)
{
  begin_value (json, name);
  g_string_append (json, value);
}
