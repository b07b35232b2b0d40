/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is left of greetings: of whole ones as mail servers hand them out (the folder named on the command line has
 * pairs of NAME.html and NAME.txt), and of small and hostile ones. */
#include <string.h>

#include "host/greeting.h"
#include "model/claim.h"

typedef struct
{
  const char *name, *html;
  const char *text; /* nullable: nothing to read */
} Case;

static const Case cases[] = {
  { "nothing", NULL, NULL },
  { "empty", "", NULL },
  { "plain", "Back on Monday.\n\n  Alice <3", "Back on Monday.\n\n  Alice <3" },
  { "plain-address", "Write to <desk@example.com> & <b@x>", "Write to <desk@example.com> & <b@x>" },
  { "plain-entity", "Fish &amp; chips", "Fish &amp; chips" },
  { "plain-alike", "a <prefix> b <division c", "a <prefix> b <division c" },
  { "plain-at-end", "a <br", "a <br" },
  { "upper-case", "<HTML><BODY>A<BR>B</BODY></HTML>", "A\nB" },
  { "fragment", "A<br>B", "A\nB" },
  { "closed-break", "A<br/>B<br />C", "A\nB\nC" },
  { "empty-page", "<html><body><p>&nbsp;</p> <br></body></html>", NULL },
  { "paragraphs", "<p>A</p>\n<p>B</p>", "A\nB" },
  { "empty-paragraph", "<p>A</p><p>&nbsp;</p><p>B</p>", "A\n\nB" },
  { "breaks", "<p>A<br><br><br><br>B</p>", "A\n\nB" },
  { "break-at-end", "<p>A<br></p><p>B</p>", "A\nB" },
  { "break-of-its-own", "<div>A</div><div><br></div><div>B</div>", "A\n\nB" },
  { "folded", "<p>  A \r\n\t B&nbsp; C  </p>", "A B C" },
  { "inline", "<p>A<b>B</b> <i>C</i><span>D</span></p>", "AB CD" },
  { "pre", "<pre>A  B\nC</pre>D<p>", "A B\nC\nD" },
  { "entities", "<p>&lt;p&gt; &amp;amp; &#228;&#x20AC; &euro;</p>", "<p> &amp; ä€ €" },
  { "no-such-entity", "<p>&foo; &; & a&b</p>", "&foo; &; & a&b" },
  { "controls", "<p>A&#7;&#x85;&#1;B\x07\x7f&#8203;&shy;C</p>", "ABC" },
  { "separators", "<p>A&#8232;B&#8233;C</p>", "A B C" },
  { "link", "<p><a href=\"http://x/\">here</a></p>", "here" },
  { "image", "<p>A<img src=\"http://x/y.png\" alt=\"logo\">B</p>", "AB" },
  { "script", "<p>A<script>if (a < b) document.write('<p>x</p>')</script>B</p>", "AB" },
  { "style", "<style>p { color: red }</style><p>A</p>", "A" },
  { "style-and-inline", "<style>p { color: red }</style><span>A</span><br>", "A" },
  { "head", "<head><title>T</title><meta charset=\"latin1\"></head><body>\xc3\xa4</body>", "\xc3\xa4" },
  { "comment", "<p>A<!-- <p>x</p> -->B<!--[if mso]>x<![endif]--></p>", "AB" },
  { "open-comment", "<p>A</p><!-- x <p>B</p>", "A" },
  { "conditional", "<p><![if !supportLists]>A<![endif]>B<!--[if gte mso 9]>x<![endif]-->C</p>", "ABC" },
  { "conditional-open", "<p>A<![if x</p><p>B", "A<![if x\nB" },
  { "hidden", "<p>A</p><div style=\"color:red; Display : none\"><p>x</p><br>y</div><p>B</p>", "A\nB" },
  { "list", "<p>A</p><ul><li>B</li><li>C</li></ul><p>D</p>", "A\n- B\n- C\nD" },
  { "list-of-paragraphs", "<ul><li><p>B</p></li><li><p>C</p></li></ul>", "- B\n- C" },
  { "list-in-list", "<ol><li>A<ul><li>B</li></ul></li><li>C</li></ol>", "1. A\n- B\n2. C" },
  { "empty-item", "<ul><li></li><li>B</li></ul>", "- B" },
  { "item-alone", "<p>A</p><li>B", "A\n- B" },
  { "table", "<table><tr><td>A</td><td>B</td></tr><tr><td>C</td><td>D</td></tr></table>E<p>", "A | B\nC | D\nE" },
  { "table-paragraphs", "<p>X</p><table><tr><td><p>A</p></td><td><p>B</p></td></tr></table><p>C</p>", "X\nA | B\nC" },
  { "table-empty-cells", "<p>X</p><table><tr><td></td><td>B</td><td></td><td>D</td></tr></table>", "X\nB | D" },
  { "table-lines", "<table><tr><td><p>A</p><p>B</p></td><td>C</td></tr></table>", "A\nB | C" },
  { "table-in-table", "<table><tr><td><table><tr><td>A</td></tr><tr><td>B</td></tr></table></td></tr></table><p>C</p>",
    "A\nB\nC" },
  { "table-list", "<table><tr><td><ul><li>A</li></ul></td><td>B</td></tr></table>", "- A | B" },
  { "unclosed", "<p>A<b>B<p>C<div>D", "AB\nC\nD" },
  { "crossed", "<p><b>A<i>B</b>C</i></p></div></p>D", "ABC\nD" },
  { "entity-bomb",
    "<!DOCTYPE html [<!ENTITY a \"xxxxxxxxxx\"><!ENTITY b \"&a;&a;&a;&a;\">]><html><body><p>A &b;</p></body></html>",
    "*A &b;" },
  { "external", "<!DOCTYPE html SYSTEM \"file:///etc/passwd\"><html><body>A</body></html>", "A" },
};

static void
check_case (gconstpointer data)
{
  const Case *c = data;
  g_autofree char *text = musterd_greeting_to_text (c->html);

  if (c->text != NULL && c->text[0] == '*')
    g_assert_true (text != NULL && g_pattern_match_simple (c->text, text));
  else
    g_assert_cmpstr (text, ==, c->text);
}

static void
test_file (gconstpointer data)
{
  g_autofree char *html = NULL;
  g_autofree char *path = g_strconcat (data, ".html", NULL);
  g_autofree char *expected_path = g_strconcat (data, ".txt", NULL);
  g_autofree char *expected = NULL;
  g_autofree char *text = NULL;
  g_autoptr(GError) error = NULL;

  g_file_get_contents (path, &html, NULL, &error);
  g_assert_no_error (error);
  g_file_get_contents (expected_path, &expected, NULL, &error);
  g_assert_no_error (error);
  text = musterd_greeting_to_text (html);
  g_assert_cmpstr (text, ==, g_strchomp (expected));
}

/* `n` times `what`, between the two. */
static char *
repeat (const char *before, const char *what, gsize n, const char *after)
{
  GString *text = g_string_new (before);

  for (gsize i = 0; i < n; i++)
    g_string_append (text, what);
  g_string_append (text, after);
  return g_string_free (text, FALSE);
}

static void
assert_cut (const char *long_text, const char *last)
{
  g_autofree char *text = musterd_greeting_to_text (long_text);
  g_autofree char *end = g_strconcat (last, "…", NULL);

  g_assert_nonnull (text);
  g_assert_cmpuint (strlen (text), <=, MUSTERD_CLAIM_GREETING_MAX);
  g_assert_cmpuint (strlen (text), >, MUSTERD_CLAIM_GREETING_MAX - 100);
  g_assert_true (g_utf8_validate (text, -1, NULL));
  g_assert_true (g_str_has_suffix (text, end));
}

static void
test_cut (void)
{
  g_autofree char *plain = repeat ("", "Wörter ", 10000, "");
  g_autofree char *html = repeat ("<p>", "Wörter ", 10000, "</p>");
  g_autofree char *lines = repeat ("<body>", "<p>ab cd</p>", 10000, "");
  g_autofree char *long_word = repeat ("", "ö", 10000, "");
  g_autofree char *fits = g_strnfill (MUSTERD_CLAIM_GREETING_MAX, 'x');
  g_autofree char *same = musterd_greeting_to_text (fits);

  assert_cut (plain, "Wörter");
  assert_cut (html, "Wörter");
  assert_cut (lines, "b cd");
  assert_cut (long_word, "ö");
  g_assert_cmpstr (same, ==, fits);
}

/* What is nested without end is not read to its end, and takes no time that grows faster than it. */
static void
test_deep (void)
{
  g_autofree char *open = repeat ("<p>A", "<b>", 40000, "B");
  g_autofree char *both = repeat (open, "</i>", 32000, "C");
  g_autofree char *tables = repeat ("<p>A", "<table><tr><td>", 8000, "B");
  g_autofree char *attributes = repeat ("<p ", "style=\"display:none\" ", 10000, ">x</p><p>A</p>");
  g_autofree char *of_open = musterd_greeting_to_text (open);
  g_autofree char *of_both = musterd_greeting_to_text (both);
  g_autofree char *of_tables = musterd_greeting_to_text (tables);
  g_autofree char *of_attributes = musterd_greeting_to_text (attributes);

  g_assert_cmpstr (of_open, ==, "A…");
  g_assert_cmpstr (of_both, ==, "A…");
  g_assert_cmpstr (of_tables, ==, "A…");
  g_assert_cmpstr (of_attributes, ==, "A");
}

static void
test_message (void)
{
  MusterMessage *message = g_new0 (MusterMessage, 1);

  message->verb = MUSTER_VERB_CLAIMS_REPLACE;
  message->n_claims = 2;
  message->claims = g_new0 (MusterClaim, 2);
  message->claims[0].greeting_internal = g_strdup ("<p>A</p>");
  message->claims[1].greeting_internal = g_strdup ("plain");
  message->claims[1].greeting_external = g_strdup ("<p></p>");
  message->size = 1000;
  musterd_greeting_reduce (message);
  g_assert_cmpstr (message->claims[0].greeting_internal, ==, "A");
  g_assert_null (message->claims[0].greeting_external);
  g_assert_cmpstr (message->claims[1].greeting_internal, ==, "plain");
  g_assert_null (message->claims[1].greeting_external);
  g_assert_cmpuint (message->size, ==, 1000 - 7 - 7);
  muster_message_free (message);
}

int
main (int argc, char **argv)
{
  static const char *const files[] = { "exchange-word", "graph" };
  g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);

  g_test_init (&argc, &argv, NULL);
  g_assert_cmpint (argc, ==, 2);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/greeting/", cases[i].name, NULL);

      g_test_add_data_func (path, &cases[i], check_case);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *path = g_strconcat ("/greeting/whole/", files[i], NULL);

      g_ptr_array_add (paths, g_build_filename (argv[1], files[i], NULL));
      g_test_add_data_func (path, paths->pdata[i], test_file);
    }
  g_test_add_func ("/greeting/cut", test_cut);
  g_test_add_func ("/greeting/deep", test_deep);
  g_test_add_func ("/greeting/message", test_message);
  return g_test_run ();
}
