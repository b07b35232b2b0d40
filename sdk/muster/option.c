/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-sdk"

#include "muster/library.h"

#include <string.h>

#define SECRET_PREFIX "secret:"

const MusterOption *
muster_option_nth (const MusterOption *options, gsize option_size, gsize i)
{
  return (gconstpointer) ((const char *) options + i * option_size);
}

const MusterColumn *
muster_column_nth (const MusterOption *option, gsize i)
{
  return (gconstpointer) ((const char *) option->columns + i * option->column_size);
}

char **
muster_option_split (const char *text, char separator)
{
  g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(GString) part = g_string_new (NULL);

  for (const char *p = text;; p++)
    {
      if (*p == '\0' || *p == separator)
        {
          while (part->len > 0 && g_ascii_isspace (part->str[part->len - 1]))
            g_string_truncate (part, part->len - 1);
          g_ptr_array_add (parts, g_strdup (part->str));
          g_string_truncate (part, 0);
          if (*p == '\0')
            break;
        }
      else
        {
          if (*p == '\\' && p[1] != '\0')
            p++;
          /* Also a blank behind a backslash: at the end of a part it is none either. */
          if (part->len > 0 || !g_ascii_isspace (*p))
            g_string_append_c (part, *p);
        }
    }
  g_ptr_array_add (parts, NULL);
  return (char **) g_ptr_array_steal (parts, NULL);
}

char *
muster_option_join (const char *const *parts, char separator)
{
  g_autoptr(GString) text = g_string_new (NULL);

  for (gsize i = 0; parts[i] != NULL; i++)
    {
      if (i > 0)
        g_string_append_c (text, separator);
      for (const char *p = parts[i]; *p != '\0'; p++)
        {
          if (*p == separator || *p == '\\')
            g_string_append_c (text, '\\');
          g_string_append_c (text, *p);
        }
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

gboolean
muster_secret_name_is_valid (const char *name)
{
  const gsize length = strnlen (name, MUSTER_SECRET_NAME_MAX + 1);

  if (length == 0 || length > MUSTER_SECRET_NAME_MAX || name[0] == '.')
    return FALSE;
  for (gsize i = 0; i < length; i++)
    if (!g_ascii_isalnum (name[i]) && strchr ("._-", name[i]) == NULL)
      return FALSE;
  return TRUE;
}

static char *
expected (GError **error, const char *what, const char *value)
{
  g_autofree char *shown = muster_text_fit (value, 80);

  if (*shown == '\0')
    g_set_error (error, MUSTER_ERROR, MUSTER_ERROR_CONFIG, "expected %s, got nothing", what);
  else
    g_set_error (error, MUSTER_ERROR, MUSTER_ERROR_CONFIG, "expected %s, got '%s'", what, shown);
  return NULL;
}

static gboolean
in_range (const MusterOption *option, gint64 number)
{
  return (option->min == 0 && option->max == 0) || (number >= option->min && number <= option->max);
}

static char *
check_integer (const MusterOption *option, const char *value, GError **error)
{
  gint64 number = 0;

  if (!g_ascii_string_to_signed (value, 10, G_MININT64, G_MAXINT64, &number, NULL))
    return expected (error, "a whole number", value);
  if (!in_range (option, number))
    {
      g_autofree char *what = g_strdup_printf (
          "a number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, option->min, option->max);
      return expected (error, what, value);
    }
  return g_strdup_printf ("%" G_GINT64_FORMAT, number);
}

static const struct
{
  const char *unit;
  gint64      length;
} units[] = {
  { "d", G_TIME_SPAN_DAY },       { "h", G_TIME_SPAN_HOUR },          { "min", G_TIME_SPAN_MINUTE },
  { "s", G_TIME_SPAN_SECOND },    { "ms", G_TIME_SPAN_MILLISECOND },
};

static gboolean
parse_duration (const char *value, gint64 *duration)
{
  char *end = NULL;
  const guint64 number = g_ascii_isdigit (*value) ? g_ascii_strtoull (value, &end, 10) : 0;

  if (end == NULL)
    return FALSE;
  while (*end == ' ')
    end++;
  for (gsize i = 0; i < G_N_ELEMENTS (units); i++)
    if (g_str_equal (end, units[i].unit) && number <= (guint64) (G_MAXINT64 / units[i].length))
      {
        *duration = (gint64) number * units[i].length;
        return TRUE;
      }
  return FALSE;
}

char *
muster_duration_to_string (gint64 duration)
{
  if (duration == 0)
    return g_strdup ("0s");
  for (gsize i = 0; i < G_N_ELEMENTS (units); i++)
    if (duration % units[i].length == 0)
      return g_strdup_printf ("%" G_GINT64_FORMAT "%s", duration / units[i].length, units[i].unit);
  return g_strdup_printf ("%" G_GINT64_FORMAT "us", duration);
}

static char *
check_duration (const MusterOption *option, const char *value, GError **error)
{
  gint64 duration = 0;

  if (!parse_duration (value, &duration))
    return expected (error, "a duration such as 500ms, 30s, 5min, 12h or 7d", value);
  if (!in_range (option, duration))
    {
      g_autofree char *min = muster_duration_to_string (option->min);
      g_autofree char *max = muster_duration_to_string (option->max);
      g_autofree char *what = g_strdup_printf ("a duration from %s to %s", min, max);
      return expected (error, what, value);
    }
  return g_strdup_printf ("%" G_GINT64_FORMAT, duration);
}

static char *
check_url (const char *value, GError **error)
{
  g_autoptr(GUri) uri = g_uri_parse (value, G_URI_FLAGS_NONE, NULL);

  /* What stands before an '@' may be a password: such a value is never repeated. */
  if (strchr (value, '@') != NULL && (uri == NULL || g_uri_get_userinfo (uri) != NULL))
    {
      g_set_error_literal (error, MUSTER_ERROR, MUSTER_ERROR_CONFIG,
                           "expected a URL without user and password, got one that seems to have them");
      return NULL;
    }
  if (uri == NULL || g_uri_get_host (uri) == NULL || *g_uri_get_host (uri) == '\0'
      || (!g_str_equal (g_uri_get_scheme (uri), "http") && !g_str_equal (g_uri_get_scheme (uri), "https")))
    return expected (error, "an absolute http or https URL", value);
  return g_strdup (value);
}

static char *
check_secret (const char *value, GError **error)
{
  if (!g_str_has_prefix (value, SECRET_PREFIX))
    {
      g_set_error_literal (error, MUSTER_ERROR, MUSTER_ERROR_CONFIG,
                           "expected secret:NAME, got something else: secrets never stand in the keyfile; store it "
                           "with 'musterctl secret set NAME' and write secret:NAME here");
      return NULL;
    }
  if (!muster_secret_name_is_valid (value + strlen (SECRET_PREFIX)))
    {
      g_set_error (error, MUSTER_ERROR, MUSTER_ERROR_CONFIG,
                   "expected secret:NAME with a NAME of 1 to %d letters, digits and . _ - that begins with no dot, "
                   "got another one",
                   MUSTER_SECRET_NAME_MAX);
      return NULL;
    }
  return g_strdup (value);
}

static char *
check_choice (const MusterOption *option, const char *value, GError **error)
{
  g_auto(GStrv) all = g_strsplit (option->choices != NULL ? option->choices : "", "|", -1);
  g_autofree char *listed = g_strjoinv (", ", all);
  g_autofree char *what = g_strconcat ("one of ", listed, NULL);

  for (char **choice = all; *choice != NULL; choice++)
    if (**choice != '\0' && g_ascii_strcasecmp (*choice, value) == 0)
      return g_strdup (*choice);
  return expected (error, what, value);
}

static char *
check_list (const char *value)
{
  g_auto(GStrv) parts = muster_option_split (value, ';');
  g_autoptr(GPtrArray) words = g_ptr_array_new ();

  for (char **part = parts; *part != NULL; part++)
    if (**part != '\0')
      g_ptr_array_add (words, *part);
  g_ptr_array_add (words, NULL);
  return muster_option_join ((const char *const *) words->pdata, ';');
}

/* What no type may hold. */
static gboolean
check_text (const char *value, GError **error)
{
  const gsize length = strnlen (value, MUSTER_OPTION_VALUE_MAX + 1);

  if (length > MUSTER_OPTION_VALUE_MAX)
    g_set_error (error, MUSTER_ERROR, MUSTER_ERROR_CONFIG, "expected at most %d bytes, got more",
                 MUSTER_OPTION_VALUE_MAX);
  else if (!g_utf8_validate_len (value, length, NULL))
    g_set_error_literal (error, MUSTER_ERROR, MUSTER_ERROR_CONFIG, "expected UTF-8, got other bytes");
  else if (muster_text_has_control (value))
    g_set_error_literal (error, MUSTER_ERROR, MUSTER_ERROR_CONFIG, "expected text on one line, got control characters");
  else
    return TRUE;
  return FALSE;
}

char *
muster_option_check (const MusterOption *option, const char *value, GError **error)
{
  if (value == NULL)
    value = option->default_value;
  if (value == NULL || !check_text (value, error))
    return NULL;

  g_autofree char *stripped = g_strstrip (g_strdup (value));

  if (*stripped == '\0' && (option->flags & MUSTER_OPTION_REQUIRED) != 0)
    return expected (error, "a value", stripped);
  switch (option->type)
    {
    case MUSTER_OPTION_STRING:
      return g_steal_pointer (&stripped);
    case MUSTER_OPTION_BOOLEAN:
      if (g_ascii_strcasecmp (stripped, "true") != 0 && g_ascii_strcasecmp (stripped, "false") != 0)
        return expected (error, "true or false", stripped);
      return g_ascii_strdown (stripped, -1);
    case MUSTER_OPTION_INTEGER:
      return check_integer (option, stripped, error);
    case MUSTER_OPTION_DURATION:
      return check_duration (option, stripped, error);
    case MUSTER_OPTION_PATH:
      if (!g_path_is_absolute (stripped))
        return expected (error, "an absolute path", stripped);
      return g_canonicalize_filename (stripped, NULL);
    case MUSTER_OPTION_URL:
      return check_url (stripped, error);
    case MUSTER_OPTION_SECRET:
      return check_secret (stripped, error);
    case MUSTER_OPTION_CHOICE:
      return check_choice (option, stripped, error);
    case MUSTER_OPTION_LIST:
      return check_list (stripped);
    case MUSTER_OPTION_TABLE:
    default:
      break;
    }
  g_set_error (error, MUSTER_ERROR, MUSTER_ERROR_CONFIG, "option '%s' has no type whose value is one text",
               option->name);
  return NULL;
}
