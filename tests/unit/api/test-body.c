/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "api/body.h"
#include "api/json-check.h"
#include "api/query.h"
#include "model/error.h"

typedef struct
{
  const char *name, *text;
  const char *error; /* NULL: it is well */
} Case;

static const MusterdMember members[] = {
  { "template", MUSTERD_MEMBER_STRING, FALSE },
  { "text", MUSTERD_MEMBER_TEXT_OR_NULL, FALSE },
  { "paused", MUSTERD_MEMBER_BOOLEAN, FALSE },
  { "attributes", MUSTERD_MEMBER_OBJECT, FALSE },
  { "lease", MUSTERD_MEMBER_INTEGER, FALSE },
};

static const Case bodies[] = {
  { "empty", "", NULL },
  { "empty-object", "{}", NULL },
  { "all", "{\"template\":\"Busy\",\"text\":null,\"paused\":true,\"attributes\":{\"a.b\":\"c\"}}", NULL },
  { "spaces", " \n{ \"text\" : \"\\u00e4 \\ud83d\\ude00\" }\r\n", NULL },
  { "unknown", "{\"tmplate\":\"Busy\"}",
    "*unknown member 'tmplate': known are template, text, paused, attributes, lease*" },
  { "twice", "{\"text\":\"a\",\"text\":\"b\"}", "*'text' stands twice*" },
  { "twice-inside", "{\"attributes\":{\"a.b\":\"1\",\"a.b\":\"2\"}}", "*'a.b' stands twice*" },
  { "number", "{\"text\":5}", "*'text' must be a string or null*" },
  { "string-for-boolean", "{\"paused\":\"true\"}", "*'paused' must be true or false*" },
  { "integer", "{\"lease\":-9223372036854775808}", NULL },
  { "integer-too-large", "{\"lease\":9223372036854775808}", NULL }, /* its handler finds it beyond its bounds */
  { "fraction-for-integer", "{\"lease\":1.0}", "*'lease' must be a whole number*" },
  { "string-for-integer", "{\"lease\":\"1\"}", "*'lease' must be a whole number*" },
  { "null-for-integer", "{\"lease\":null}", "*'lease' must be a whole number*" },
  { "boolean-for-integer", "{\"lease\":true}", "*'lease' must be a whole number*" },
  { "null-for-string", "{\"template\":null}", "*'template' must be a string*" },
  { "array-for-object", "{\"attributes\":[]}", "*'attributes' must be an object*" },
  { "array", "[]", "*must be a JSON object*" },
  { "string", "\"x\"", "*must be a JSON object*" },
  { "two", "{}{}", "*column 3: something after the end*" },
  { "cut", "{\"text\":\"a", "*string without an end*" },
  { "cut-object", "{\"text\":", "*ends too early*" },
  { "comma", "{\"text\":\"a\",}", "*comma before the end*" },
  { "comment", "{/* x */}", "*line 1, column 2*" },
  { "line-comment", "// x\n{}", "*line 1, column 1*" },
  { "assignment", "var a = {}", "*line 1, column 1*" },
  { "single-quotes", "{'text':'a'}", "*double quotes*" },
  { "bare-name", "{text:\"a\"}", "*double quotes*" },
  { "nul", "{\"text\":\"a\\u0000\"}", "*U+0000*" },
  { "half-pair", "{\"text\":\"\\ud83d\"}", "*surrogate*" },
  { "low-half", "{\"text\":\"\\ude00\"}", "*surrogate*" },
  { "escape", "{\"text\":\"\\x41\"}", "*unknown escape*" },
  { "control", "{\"text\":\"a\tb\"}", "*control character*" },
  { "not-utf8", "{\"text\":\"\xff\"}", "*not UTF-8*" },
  { "leading-zero", "{\"text\":01}", "*expected ',' or '}'*" },
  { "plus", "{\"text\":+1}", "*expected a value*" },
  { "nan", "{\"text\":NaN}", "*expected a value*" },
  { "too-large", "{\"attributes\":{\"a\":-13E2345}}", "*column 20: a number that is too large*" },
  { "large", "{\"attributes\":{\"a\":1.7e308}}", NULL },
  { "line", "{\n\n  \"text\": x\n}", "*line 3, column 11*" },
  { "deep", "{\"attributes\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{}}}}}}}}}", "*nested too deeply*" },
};

static void
test_body (gconstpointer data)
{
  const Case *c = data;
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonObject) body
      = musterd_body_parse (c->text, strlen (c->text), members, G_N_ELEMENTS (members), &error);

  if (c->error == NULL)
    {
      g_assert_no_error (error);
      g_assert_nonnull (body);
      return;
    }
  g_assert_null (body);
  g_assert_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID);
  if (!g_pattern_match_simple (c->error, error->message))
    g_error ("'%s' is not like '%s'", error->message, c->error);
}

static void
test_very_deep (void)
{
  g_autoptr(GString) text = g_string_new (NULL);
  g_autoptr(GError) error = NULL;

  for (guint i = 0; i < 500000; i++)
    g_string_append_c (text, '[');
  g_assert_false (musterd_json_check (text->str, text->len, &error));
  g_assert_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID);
}

static void
test_required (void)
{
  static const MusterdMember wanted[] = { { "answer", MUSTERD_MEMBER_STRING, TRUE } };
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonObject) body = musterd_body_parse ("", 0, wanted, 1, &error);

  g_assert_null (body);
  g_assert_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID);
  g_assert_cmpstr (error->message, ==, "member 'answer' is missing");
}

/* What is wrong is named, not given back. */
static void
test_long_names (void)
{
  g_autofree char *name = g_strnfill (100000, 'x');
  g_autofree char *body = g_strdup_printf ("{\"%s\":1}", name);
  g_autofree char *twice = g_strdup_printf ("{\"%s\":1,\"%s\":1}", name, name);
  g_autoptr(GError) error = NULL;

  g_assert_null (musterd_body_parse (body, strlen (body), members, G_N_ELEMENTS (members), &error));
  g_assert_cmpuint (strlen (error->message), <, 1000);
  g_clear_error (&error);
  g_assert_null (musterd_body_parse (twice, strlen (twice), members, G_N_ELEMENTS (members), &error));
  g_assert_cmpuint (strlen (error->message), <, 1000);
  g_clear_error (&error);
  g_assert_null (musterd_query_parse (name, "after", &error));
  g_assert_cmpuint (strlen (error->message), <, 1000);
}

static const Case queries[] = {
  { "none", "", NULL },
  { "two", "after=5&wait=0", NULL },
  { "again", "user=a%40b&user=c", NULL },
  { "unknown", "aftr=5", "*unknown parameter 'aftr': known are after wait user*" },
  { "encoding", "user=%zz", "*percent-encoded*" },
  { "not-utf8", "user=%ff", "*percent-encoded*" },
  { "nul", "user=a%00", "*percent-encoded*" },
};

static void
test_query (gconstpointer data)
{
  const Case *c = data;
  g_autoptr(GError) error = NULL;
  g_autoptr(MusterdQuery) query = musterd_query_parse (c->text, "after wait user", &error);

  if (c->error == NULL)
    {
      g_assert_no_error (error);
      g_assert_nonnull (query);
      return;
    }
  g_assert_null (query);
  g_assert_true (g_pattern_match_simple (c->error, error->message));
}

static void
test_query_values (void)
{
  g_autoptr(MusterdQuery) query = musterd_query_parse ("user=a%2Bb&n=61&user=c+d&b=yes", "user n b", NULL);
  g_autoptr(GPtrArray) users = musterd_query_get_all (query, "user");
  g_autoptr(GError) error = NULL;
  guint64 number = 7;
  gboolean flag = FALSE;

  g_assert_cmpuint (users->len, ==, 2);
  g_assert_cmpstr (users->pdata[0], ==, "a+b");
  g_assert_cmpstr (users->pdata[1], ==, "c d");
  g_assert_true (musterd_query_get_number (query, "absent", 60, &number, &error));
  g_assert_cmpuint (number, ==, 7);
  g_assert_false (musterd_query_get_number (query, "n", 60, &number, &error));
  g_assert_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID);
  g_clear_error (&error);
  g_assert_false (musterd_query_get_boolean (query, "b", &flag, &error));
  g_assert_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (bodies); i++)
    {
      g_autofree char *path = g_strconcat ("/body/", bodies[i].name, NULL);

      g_test_add_data_func (path, &bodies[i], test_body);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (queries); i++)
    {
      g_autofree char *path = g_strconcat ("/query/", queries[i].name, NULL);

      g_test_add_data_func (path, &queries[i], test_query);
    }
  g_test_add_func ("/body/very-deep", test_very_deep);
  g_test_add_func ("/body/required", test_required);
  g_test_add_func ("/body/long-names", test_long_names);
  g_test_add_func ("/query/values", test_query_values);
  return g_test_run ();
}
