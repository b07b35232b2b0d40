/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calendar rules as text: what is taken says the same when it is written anew, and any claim can be judged by it. First
 * the text, then the claim. */
#include <string.h>

#include "fuzz.h"
#include "model/error.h"
#include "settings/rules.h"

static char *
keep_reference (const char *reference, gpointer data G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
  return g_strdup (reference);
}

static void
check_same (const MusterdRule *a, const MusterdRule *b)
{
  g_assert_cmpstr (a->name, ==, b->name);
  g_assert_cmpuint (a->free_busy, ==, b->free_busy);
  g_assert_cmpuint (a->responses, ==, b->responses);
  g_assert_cmpint (a->all_day, ==, b->all_day);
  g_assert_cmpstr (a->category, ==, b->category);
  g_assert_cmpstr (a->subject, ==, b->subject);
  g_assert_cmpuint (a->n_attendees, ==, b->n_attendees);
  g_assert_cmpstr (a->template_ref, ==, b->template_ref);
}

/* As one comes from the host, whose texts are valid and short. */
static MusterdClaim *
take_claim (FuzzBytes *bytes)
{
  g_autofree char *text = fuzz_text (bytes), *categories = fuzz_text (bytes);
  g_autofree char *valid = g_utf8_make_valid (text, -1), *valid_categories = g_utf8_make_valid (categories, -1);
  MusterdClaim *claim = musterd_claim_new ("s", "", "k", (MusterdClaimKind) fuzz_below (bytes, MUSTERD_N_CLAIM_KINDS));

  musterd_claim_set_text (claim, valid);
  claim->free_busy = (guint8) fuzz_below (bytes, MUSTERD_N_FREE_BUSY);
  claim->response = (guint8) fuzz_below (bytes, MUSTERD_N_RESPONSES);
  claim->all_day = fuzz_byte (bytes) & 1;
  claim->is_private = fuzz_byte (bytes) & 1;
  musterd_claim_set_asked (claim, valid_categories, fuzz_byte (bytes));
  return claim;
}

static void
check_claim (const GArray *rules, MusterdClaim *claim)
{
  const guint32 stamp = musterd_rules_stamp (rules);

  musterd_rules_judge (rules, stamp, claim);
  g_assert_true (claim->rules == NULL || (stamp != 0 && claim->rules->met != 0 && claim->rules->categories == NULL));
  for (guint i = 0; i < rules->len; i++)
    {
      const MusterdRule *rule = &g_array_index (rules, MusterdRule, i);
      const gboolean matches = musterd_rule_matches (rule, i, stamp, claim);

      /* Nobody learns these of a private entry, nor of what is no entry. */
      if (claim->is_private || !musterd_claim_kind_is_calendar ((MusterdClaimKind) claim->kind))
        g_assert_false (matches && (rule->category != NULL || rule->subject != NULL));
    }
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  FuzzBytes bytes = { data, data + size };
  g_autofree char *text = fuzz_text (&bytes);
  g_autofree char *rewritten = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(GArray) rules = musterd_rules_parse (text, &error), again = NULL;
  g_autoptr(MusterdClaim) claim = take_claim (&bytes);

  if (rules == NULL)
    {
      fuzz_check_error (&error, MUSTERD_ERROR);
      return 0;
    }
  g_assert_cmpuint (rules->len, <=, MUSTERD_RULES_MAX);
  rewritten = musterd_rules_rewrite (text, keep_reference, NULL, &error);
  g_assert_no_error (error);
  again = musterd_rules_parse (rewritten, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (rules->len, ==, again->len);
  g_assert_cmphex (musterd_rules_stamp (rules), ==, musterd_rules_stamp (again));
  for (guint i = 0; i < rules->len; i++)
    check_same (&g_array_index (rules, MusterdRule, i), &g_array_index (again, MusterdRule, i));
  check_claim (rules, claim);
  return 0;
}
