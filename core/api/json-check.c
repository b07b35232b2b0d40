/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/json-check.h"

#include <math.h>
#include <string.h>

#include "model/error.h"

#define NUMBER_MAX 400 /* bytes: the longest number that a double can need is shorter */

typedef struct
{
  const char *text, *p, *end;
  guint       depth;
  const char *wrong; /* what was wrong at p */
} Check;

static gboolean check_value (Check *check);

static gboolean
fail (Check *check, const char *wrong)
{
  if (check->wrong == NULL)
    check->wrong = wrong;
  return FALSE;
}

static void
skip_space (Check *check)
{
  while (check->p < check->end && strchr (" \t\r\n", *check->p) != NULL)
    check->p++;
}

static gboolean
at (Check *check, char c)
{
  return check->p < check->end && *check->p == c;
}

static gboolean
check_word (Check *check, const char *word)
{
  gsize length = strlen (word);

  if ((gsize) (check->end - check->p) < length || memcmp (check->p, word, length) != 0)
    return fail (check, "expected a value");
  check->p += length;
  return TRUE;
}

static gboolean
check_digits (Check *check)
{
  if (check->p >= check->end || !g_ascii_isdigit (*check->p))
    return fail (check, "expected a digit");
  while (check->p < check->end && g_ascii_isdigit (*check->p))
    check->p++;
  return TRUE;
}

static gboolean
check_number_form (Check *check)
{
  if (at (check, '-'))
    check->p++;
  if (at (check, '0'))
    check->p++;
  else if (!check_digits (check))
    return FALSE;
  if (at (check, '.'))
    {
      check->p++;
      if (!check_digits (check))
        return FALSE;
    }
  if (at (check, 'e') || at (check, 'E'))
    {
      check->p++;
      if (at (check, '+') || at (check, '-'))
        check->p++;
      return check_digits (check);
    }
  return TRUE;
}

/* The library makes infinity of one that is too large, and writes that as a word that is no JSON. */
static gboolean
check_number (Check *check)
{
  const char *begin = check->p, *end;
  g_autofree char *number = NULL;

  if (!check_number_form (check))
    return FALSE;
  end = check->p;
  check->p = begin;
  if (end - begin > NUMBER_MAX)
    return fail (check, "a number of too many digits");
  number = g_strndup (begin, (gsize) (end - begin));
  if (!isfinite (g_ascii_strtod (number, NULL)))
    return fail (check, "a number that is too large");
  check->p = end;
  return TRUE;
}

/* After "\u"; -1 where there are not four hexadecimal digits. */
static int
read_code (Check *check)
{
  int code = 0;

  for (guint i = 0; i < 4; i++)
    {
      if (check->p >= check->end || !g_ascii_isxdigit (*check->p))
        return -1;
      code = code * 16 + g_ascii_xdigit_value (*check->p++);
    }
  return code;
}

static gboolean
check_escape (Check *check)
{
  int code;

  check->p++;
  if (check->p < check->end && *check->p != '\0' && strchr ("\"\\/bfnrt", *check->p) != NULL)
    {
      check->p++;
      return TRUE;
    }
  if (!at (check, 'u'))
    return fail (check, "unknown escape in a string");
  check->p++;
  code = read_code (check);
  if (code < 0)
    return fail (check, "expected four hexadecimal digits after \\u");
  if (code == 0)
    return fail (check, "a string holds U+0000");
  if (code >= 0xd800 && code <= 0xdbff)
    {
      int low = -1;

      if (check->end - check->p >= 2 && check->p[0] == '\\' && check->p[1] == 'u')
        {
          check->p += 2;
          low = read_code (check);
        }
      if (low < 0xdc00 || low > 0xdfff)
        return fail (check, "half of a surrogate pair in a string");
    }
  else if (code >= 0xdc00 && code <= 0xdfff)
    return fail (check, "half of a surrogate pair in a string");
  return TRUE;
}

static gboolean
check_string (Check *check)
{
  if (!at (check, '"'))
    return fail (check, "expected a string in double quotes");
  check->p++;
  while (check->p < check->end && *check->p != '"')
    {
      if ((guchar) *check->p < 0x20)
        return fail (check, "control character in a string");
      if (*check->p == '\\')
        {
          if (!check_escape (check))
            return FALSE;
        }
      else
        check->p++;
    }
  if (check->p >= check->end)
    return fail (check, "string without an end");
  check->p++;
  return TRUE;
}

static gboolean
check_members (Check *check, char closing)
{
  check->p++;
  if (++check->depth > MUSTERD_JSON_DEPTH_MAX)
    return fail (check, "nested too deeply");
  skip_space (check);
  while (!at (check, closing))
    {
      if (closing == '}')
        {
          if (!check_string (check))
            return FALSE;
          skip_space (check);
          if (!at (check, ':'))
            return fail (check, "expected ':'");
          check->p++;
        }
      if (!check_value (check))
        return FALSE;
      if (at (check, closing))
        break;
      if (!at (check, ','))
        return fail (check, closing == '}' ? "expected ',' or '}'" : "expected ',' or ']'");
      check->p++;
      skip_space (check);
      if (at (check, closing))
        return fail (check, "comma before the end");
    }
  check->p++;
  check->depth--;
  return TRUE;
}

/* One value and the space around it. */
static gboolean
check_value (Check *check)
{
  gboolean ok;

  skip_space (check);
  if (check->p >= check->end)
    return fail (check, "ends too early");
  switch (*check->p)
    {
    case '{':
      ok = check_members (check, '}');
      break;
    case '[':
      ok = check_members (check, ']');
      break;
    case '"':
      ok = check_string (check);
      break;
    case 't':
      ok = check_word (check, "true");
      break;
    case 'f':
      ok = check_word (check, "false");
      break;
    case 'n':
      ok = check_word (check, "null");
      break;
    default:
      ok = *check->p == '-' || g_ascii_isdigit (*check->p) ? check_number (check) : fail (check, "expected a value");
    }
  if (ok)
    skip_space (check);
  return ok;
}

gboolean
musterd_json_check (const char *text, gsize length, GError **error)
{
  Check check = { .text = text, .p = text, .end = text + length };
  const char *invalid = NULL;
  guint line = 1, column = 1;

  if (!g_utf8_validate_len (text, length, &invalid))
    {
      check.p = invalid;
      check.wrong = "not UTF-8, or U+0000";
    }
  else if (check_value (&check) && check.p < check.end)
    check.wrong = "something after the end";
  if (check.wrong == NULL)
    return TRUE;

  for (const char *p = text; p < check.p; p++)
    {
      column = *p == '\n' ? 1 : column + 1;
      line += *p == '\n' ? 1 : 0;
    }
  g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "the body is not JSON: line %u, column %u: %s", line,
               column, check.wrong);
  return FALSE;
}
