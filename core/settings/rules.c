/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-settings"

#include "settings/rules.h"

#include <string.h>

#include "model/error.h"

#define CELL_MAX MUSTERD_CLAIM_TEXT_MAX /* no subject has more */

const MusterColumn musterd_rule_columns[MUSTERD_N_RULE_COLUMNS] = {
  { "name", MUSTER_OPTION_STRING, NULL, "what \"why\" calls the rule" },
  { "free-busy", MUSTER_OPTION_STRING, NULL,
    "how the entry is shown: free, elsewhere, tentative, busy, out-of-office; several with commas" },
  { "all-day", MUSTER_OPTION_BOOLEAN, NULL, "whether it is an entry of whole days" },
  { "response", MUSTER_OPTION_STRING, NULL,
    "the user's answer: none, organizer, accepted, tentative, unanswered; several with commas" },
  { "category", MUSTER_OPTION_STRING, NULL, "a category it has, without case; never met by private entries" },
  { "subject", MUSTER_OPTION_STRING, NULL, "what its subject contains, without case; never met by private entries" },
  { "attendees", MUSTER_OPTION_INTEGER, NULL, "how many others are invited at least" },
  { "template", MUSTER_OPTION_STRING, NULL, "the template it takes; empty: the entry has no effect" },
};

static const MusterOption rules_option = {
  .name = "rules",
  .type = MUSTER_OPTION_TABLE,
  MUSTER_COLUMNS (musterd_rule_columns),
};

static gboolean
set_wrong (const char *name, const char *what, const char *value, GError **error)
{
  g_autofree char *shown_name = musterd_error_word (name);
  g_autofree char *shown = musterd_error_word (value);

  g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "rule '%s': '%s' is %s", shown_name, shown, what);
  return FALSE;
}

static gboolean
read_free_busy (const char *word, guint *value)
{
  MusterdFreeBusy free_busy;

  if (!musterd_free_busy_from_string (word, &free_busy) || free_busy == MUSTERD_FREE_BUSY_NONE)
    return FALSE;
  *value = free_busy;
  return TRUE;
}

static gboolean
read_response (const char *word, guint *value)
{
  MusterdResponse response;

  /* What is declined has no effect, whatever rules say. */
  if (!musterd_response_from_string (word, &response) || response == MUSTERD_RESPONSE_DECLINED)
    return FALSE;
  *value = response;
  return TRUE;
}

static gboolean
read_bits (const char *name, const char *text, gboolean (*read) (const char *word, guint *value), const char *what,
           guint32 *bits, GError **error)
{
  g_auto(GStrv) words = g_strsplit (text != NULL ? text : "", ",", -1);

  for (guint i = 0; words[i] != NULL; i++)
    {
      guint value = 0;

      if (!read (g_strstrip (words[i]), &value))
        return set_wrong (name, what, words[i], error);
      *bits |= 1u << value;
    }
  return TRUE;
}

static gboolean
check_lengths (MusterTable *table, gsize row, GError **error)
{
  for (gsize i = 0; i < MUSTERD_N_RULE_COLUMNS; i++)
    {
      const char *cell = muster_table_get_string (table, row, musterd_rule_columns[i].name);

      if (cell != NULL && strlen (cell) > CELL_MAX)
        return set_wrong (muster_table_get_string (table, row, "name"), "longer than a subject can be", cell, error);
    }
  return TRUE;
}

static char *
fold_or_null (const char *text)
{
  return text != NULL ? musterd_rule_fold (text) : NULL;
}

static gboolean
read_rule (MusterTable *table, gsize row, MusterdRule *rule, GError **error)
{
  const char *name = muster_table_get_string (table, row, "name");
  const char *attendees = muster_table_get_string (table, row, "attendees");
  const gint64 n_attendees = muster_table_get_integer (table, row, "attendees");

  if (!check_lengths (table, row, error)
      || !read_bits (name, muster_table_get_string (table, row, "free-busy"), read_free_busy,
                     "no free-busy: expected free, elsewhere, tentative, busy or out-of-office, several with commas",
                     &rule->free_busy, error)
      || !read_bits (name, muster_table_get_string (table, row, "response"), read_response,
                     "no response a rule can ask for: expected none, organizer, accepted, tentative or unanswered, "
                     "several with commas (what is declined has no effect in any case)",
                     &rule->responses, error))
    return FALSE;
  if (n_attendees < 0 || n_attendees > G_MAXUINT32)
    return set_wrong (name, "no number of attendees", attendees, error);

  if (muster_table_get_string (table, row, "all-day") != NULL)
    rule->all_day = muster_table_get_boolean (table, row, "all-day") ? MUSTERD_ALL_DAY_YES : MUSTERD_ALL_DAY_NO;
  rule->n_attendees = (guint) n_attendees;
  rule->name = g_strdup (name);
  rule->category = fold_or_null (muster_table_get_string (table, row, "category"));
  rule->subject = fold_or_null (muster_table_get_string (table, row, "subject"));
  rule->template_ref = g_strdup (muster_table_get_string (table, row, "template"));
  return TRUE;
}

static MusterTable *
parse_table (const char *text, GError **error)
{
  g_autoptr(GError) local_error = NULL;
  MusterTable *table = muster_option_parse_table (&rules_option, text, &local_error);

  if (table == NULL)
    g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, local_error->message);
  else if (muster_table_get_n_rows (table) > MUSTERD_RULES_MAX)
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "%" G_GSIZE_FORMAT " rules, at most %d can be taken",
                   muster_table_get_n_rows (table), MUSTERD_RULES_MAX);
      g_clear_pointer (&table, muster_table_unref);
    }
  return table;
}

static GArray *
read_rules (MusterTable *table, GError **error)
{
  g_autoptr(GArray) rules = musterd_rules_new ();

  for (gsize i = 0; i < muster_table_get_n_rows (table); i++)
    {
      MusterdRule rule = { NULL };

      if (!read_rule (table, i, &rule, error))
        return NULL;
      g_array_append_val (rules, rule);
    }
  return g_steal_pointer (&rules);
}

GArray *
musterd_rules_parse (const char *text, GError **error)
{
  MusterTable *table = parse_table (text, error);
  GArray *rules = table != NULL ? read_rules (table, error) : NULL;

  g_clear_pointer (&table, muster_table_unref);
  return rules;
}

static void
append_cell (GString *text, const char *cell)
{
  for (const char *p = cell; *p != '\0'; p++)
    {
      if (*p == '\\' || *p == '|' || *p == ';')
        g_string_append_c (text, '\\');
      g_string_append_c (text, *p);
    }
}

/* Without the columns behind the last that says something. */
static void
append_row (GString *text, MusterTable *table, gsize row, const char *template_ref)
{
  guint n_left_out = 0;

  for (gsize i = 0; i < MUSTERD_N_RULE_COLUMNS; i++)
    {
      const char *name = musterd_rule_columns[i].name;
      const char *cell = g_str_equal (name, "template") ? template_ref : muster_table_get_string (table, row, name);

      if (cell != NULL)
        {
          for (; n_left_out > 0; n_left_out--)
            g_string_append_c (text, '|');
          append_cell (text, cell);
        }
      n_left_out++;
    }
}

char *
musterd_rules_rewrite (const char *text, MusterdRuleTemplateFunc func, gpointer data, GError **error)
{
  g_autoptr(GString) written = g_string_new (NULL);
  MusterTable *table = parse_table (text, error);
  gboolean done = table != NULL;

  for (gsize i = 0; done && i < muster_table_get_n_rows (table); i++)
    {
      const char *reference = muster_table_get_string (table, i, "template");
      g_autofree char *other = reference != NULL ? func (reference, data, error) : NULL;

      if (i > 0)
        g_string_append_c (written, ';');
      append_row (written, table, i, other);
      done = reference == NULL || other != NULL;
    }
  g_clear_pointer (&table, muster_table_unref);
  return done ? g_string_free (g_steal_pointer (&written), FALSE) : NULL;
}
