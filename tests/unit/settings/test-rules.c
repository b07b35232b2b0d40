/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The text of calendar rules. */
#include "settings/rules.h"

#include "model/error.h"

typedef struct
{
  const char *name, *text;
  const char *want; /* describe() of the rules, one after the other */
} GoodCase;

static const GoodCase good[] = {
  { "none", "", "" },
  { "name-only", "Everything", "Everything: - - - - - 0 -\n" },
  { "all-columns", "Lunch|busy, tentative|false|accepted,organizer|Food|LUNCH|2|Break",
    "Lunch: tentative,busy no organizer,accepted food lunch 2 Break\n" },
  { "empty-columns", "Home|free||||||home-office;Road||true||Travel",
    "Home: free - - - - 0 home-office\nRoad: - yes - travel - 0 -\n" },
  { "every-word", "a|free,elsewhere,tentative,busy,out-of-office||none,organizer,accepted,tentative,unanswered",
    "a: free,elsewhere,tentative,busy,out-of-office - none,organizer,accepted,tentative,unanswered - - 0 -\n" },
  { "escapes", "a|||||50\\|50\\; \\\\", "a: - - - - 50|50; \\ 0 -\n" },
  { "umlauts", "Büro|||||BÜRO", "Büro: - - - - büro 0 -\n" },
  { "order", "b|||||||busy;a|||||||break", "b: - - - - - 0 busy\na: - - - - - 0 break\n" },
  { "the-later-of-one-name", "a|||||||busy;b;A|||||||break", "A: - - - - - 0 break\nb: - - - - - 0 -\n" },
  { "most-attendees", "a||||||4294967295", "a: - - - - - 4294967295 -\n" },
};

static void
append_bits (GString *text, guint32 bits, const char *(*to_string) (guint value))
{
  const gsize before = text->len;

  for (guint i = 0; i < 32; i++)
    if ((bits >> i & 1) != 0)
      g_string_append_printf (text, "%s%s", text->len > before ? "," : "", to_string (i));
  g_string_append (text, bits != 0 ? " " : "- ");
}

static const char *
free_busy_name (guint value)
{
  return musterd_free_busy_to_string ((MusterdFreeBusy) value);
}

static const char *
response_name (guint value)
{
  return musterd_response_to_string ((MusterdResponse) value);
}

static char *
describe (const GArray *rules)
{
  static const char *const all_day[] = { "-", "yes", "no" };
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < rules->len; i++)
    {
      const MusterdRule *rule = &g_array_index (rules, MusterdRule, i);

      g_string_append_printf (text, "%s: ", rule->name);
      append_bits (text, rule->free_busy, free_busy_name);
      g_string_append_printf (text, "%s ", all_day[rule->all_day]);
      append_bits (text, rule->responses, response_name);
      g_string_append_printf (text, "%s %s %u %s\n", rule->category != NULL ? rule->category : "-",
                              rule->subject != NULL ? rule->subject : "-", rule->n_attendees,
                              rule->template_ref != NULL ? rule->template_ref : "-");
    }
  return g_string_free (text, FALSE);
}

static char *
keep_reference (const char *reference, gpointer data G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
  return g_strdup (reference);
}

static void
test_good (gconstpointer data)
{
  const GoodCase *c = data;
  g_autoptr(GError) error = NULL;
  g_autoptr(GArray) rules = musterd_rules_parse (c->text, &error), again = NULL;
  g_autofree char *got = NULL, *rewritten = NULL, *got_again = NULL;

  g_assert_no_error (error);
  got = describe (rules);
  g_assert_cmpstr (got, ==, c->want);

  rewritten = musterd_rules_rewrite (c->text, keep_reference, NULL, &error);
  g_assert_no_error (error);
  again = musterd_rules_parse (rewritten, &error);
  g_assert_no_error (error);
  got_again = describe (again);
  g_assert_cmpstr (got_again, ==, c->want);
}

static const struct
{
  const char *name, *text, *like;
} bad[] = {
  { "no-name", "|busy", "*row 1: expected a value for column 'name', got nothing" },
  { "free-busy", "a|bussy", "rule 'a': 'bussy' is no free-busy: expected free,*" },
  { "free-busy-none", "a|none", "rule 'a': 'none' is no free-busy*" },
  { "free-busy-empty-word", "a|busy,", "rule 'a': '' is no free-busy*" },
  { "response", "a|||maybe", "rule 'a': 'maybe' is no response*" },
  { "response-declined", "a|||declined", "rule 'a': 'declined' is no response a rule can ask for*" },
  { "all-day", "a||perhaps", "*column 'all-day': expected true or false*" },
  { "attendees", "a||||||many", "*column 'attendees': expected*" },
  { "attendees-negative", "a||||||-1", "rule 'a': '-1' is no number of attendees" },
  { "attendees-too-many", "a||||||4294967296", "rule 'a': '4294967296' is no number of attendees" },
  { "too-many-columns", "a||||||||b", "*expected at most 8 columns*" },
  { "not-utf-8", "a|||||\xff", "*expected UTF-8*" },
};

static void
test_bad (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr(GError) error = NULL;

      g_assert_null (musterd_rules_parse (bad[i].text, &error));
      g_assert_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID);
      if (!g_pattern_match_simple (bad[i].like, error->message))
        g_error ("%s: '%s' is not like '%s'", bad[i].name, error->message, bad[i].like);
    }
}

static void
test_bounds (void)
{
  g_autoptr(GString) text = g_string_new (NULL);
  g_autofree char *subject = g_strnfill (MUSTERD_CLAIM_TEXT_MAX + 1, 'x');
  g_autofree char *too_long = g_strconcat ("a|||||", subject, NULL);
  g_autofree char *longest = g_strconcat ("a|||||", subject + 1, NULL);
  g_autoptr(GArray) most = NULL, fits = NULL;
  g_autoptr(GError) error = NULL;

  for (guint i = 0; i < MUSTERD_RULES_MAX; i++)
    g_string_append_printf (text, "r%u;", i);
  most = musterd_rules_parse (text->str, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (most->len, ==, MUSTERD_RULES_MAX);
  g_string_append (text, "one more");
  g_assert_null (musterd_rules_parse (text->str, &error));
  g_assert_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID);
  g_assert_cmpstr (error->message, ==, "65 rules, at most 64 can be taken");
  g_clear_error (&error);

  fits = musterd_rules_parse (longest, &error);
  g_assert_no_error (error);
  g_assert_null (musterd_rules_parse (too_long, &error));
  g_assert_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID);
  g_assert_true (g_pattern_match_simple ("rule 'a': 'xxx*' is longer than a subject can be", error->message));
}

static char *
to_id (const char *reference, gpointer data G_GNUC_UNUSED, GError **error)
{
  if (g_str_equal (reference, "Break"))
    return g_strdup ("t|1");
  g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND, "no '%s'", reference);
  return NULL;
}

static void
test_rewrite (void)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *text = musterd_rules_rewrite ("a | busy |||||| Break ; b||true; c|||||x\\;y ;", to_id, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, "a|busy||||||t\\|1;b||true;c|||||x\\;y");
  g_assert_null (musterd_rules_rewrite ("a;b|||||||Nowhere", to_id, NULL, &error));
  g_assert_error (error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autofree char *path = g_strconcat ("/settings/rules/", good[i].name, NULL);

      g_test_add_data_func (path, &good[i], test_good);
    }
  g_test_add_func ("/settings/rules/bad", test_bad);
  g_test_add_func ("/settings/rules/bounds", test_bounds);
  g_test_add_func ("/settings/rules/rewrite", test_rewrite);
  return g_test_run ();
}
