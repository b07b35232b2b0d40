/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The part of a URL after '?': what is taken is the same once it was written and read again. */
#include <string.h>

#include "api/query.h"
#include "fuzz.h"
#include "model/error.h"

#define KNOWN "after wait user all"

static const char *const names[] = { "after", "wait", "user", "all" };

static void
check_values (MusterdQuery *query)
{
  const guint64 max = 1000;
  guint64 number = max + 1;
  gboolean boolean = 7;
  g_autoptr(GError) error = NULL;

  if (!musterd_query_get_number (query, "wait", max, &number, &error))
    {
      fuzz_check_error (&error, MUSTERD_ERROR);
      g_assert_cmpuint (number, ==, max + 1);
    }
  else if (musterd_query_get (query, "wait") != NULL)
    g_assert_cmpuint (number, <=, max);
  if (!musterd_query_get_boolean (query, "all", &boolean, &error))
    {
      fuzz_check_error (&error, MUSTERD_ERROR);
      g_assert_cmpint (boolean, ==, 7);
    }
  else if (musterd_query_get (query, "all") != NULL)
    g_assert_true (boolean == TRUE || boolean == FALSE);
}

static char *
write_query (MusterdQuery *query)
{
  GString *text = g_string_new (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr(GPtrArray) all = musterd_query_get_all (query, names[i]);

      g_assert_cmpuint (all->len, <=, MUSTERD_QUERY_MAX);
      if (all->len > 0)
        g_assert_cmpstr (musterd_query_get (query, names[i]), ==, g_ptr_array_index (all, 0));
      for (guint j = 0; j < all->len; j++)
        {
          const char *value = g_ptr_array_index (all, j);
          g_autofree char *escaped = g_uri_escape_string (value, NULL, FALSE);

          g_assert_true (g_utf8_validate (value, -1, NULL));
          g_string_append_printf (text, "%s%s=%s", text->len > 0 ? "&" : "", names[i], escaped);
        }
    }
  return g_string_free (text, FALSE);
}

static void
check_query (const char *text)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(MusterdQuery) query = musterd_query_parse (text, KNOWN, &error);
  g_autoptr(MusterdQuery) again = NULL;
  g_autofree char *written = NULL;
  g_autofree char *rewritten = NULL;

  if (query == NULL)
    {
      fuzz_check_error (&error, MUSTERD_ERROR);
      return;
    }
  g_assert_no_error (error);
  g_assert_null (musterd_query_get (query, "other"));
  check_values (query);
  written = write_query (query);
  again = musterd_query_parse (written, KNOWN, &error);
  g_assert_no_error (error);
  rewritten = write_query (again);
  g_assert_cmpstr (rewritten, ==, written);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  FuzzBytes bytes = { data, data + size };
  g_autofree char *text = fuzz_text (&bytes);
  g_autoptr(GError) error = NULL;
  g_autoptr(MusterdQuery) nothing = musterd_query_parse (text, NULL, &error);

  check_query (text);
  /* Where no parameter is known, none is taken. */
  if (nothing == NULL)
    fuzz_check_error (&error, MUSTERD_ERROR);
  else
    g_assert_cmpuint (strspn (text, "&"), ==, strlen (text));
  return 0;
}
