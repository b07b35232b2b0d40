/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What rules find at the door, and what holds of them whatever is known. */
#include "history.h"

#include <string.h>

static void
add_rule (GArray *rules, const char *category, const char *subject, guint n_attendees)
{
  MusterdRule rule = { .name = g_strdup_printf ("r%u", rules->len), .n_attendees = n_attendees };

  rule.category = category != NULL ? musterd_rule_fold (category) : NULL;
  rule.subject = subject != NULL ? musterd_rule_fold (subject) : NULL;
  g_array_append_val (rules, rule);
}

typedef struct
{
  const char *name;
  const char *category, *subject; /* of the rule; nullable */
  guint       n_attendees;
  const char *categories, *text;  /* of the claim; nullable */
  guint       invited;
  gboolean    is_private, met;
} DoorCase;

static const DoorCase door_cases[] = {
  { "subject", NULL, "lunch", 0, NULL, "Lunch with Bob", 0, FALSE, TRUE },
  { "subject-inside", NULL, "lunch", 0, NULL, "Team lunch", 0, FALSE, TRUE },
  { "subject-other", NULL, "lunch", 0, NULL, "Launch", 0, FALSE, FALSE },
  { "subject-unknown", NULL, "lunch", 0, NULL, NULL, 0, FALSE, FALSE },
  { "subject-umlaut", NULL, "BÜRO", 0, NULL, "im büro", 0, FALSE, TRUE },
  { "subject-taken-apart", NULL, "büro", 0, NULL, "im bu\xcc\x88ro", 0, FALSE, TRUE },
  { "subject-sharp-s", NULL, "straße", 0, NULL, "HAUPTSTRASSE 1", 0, FALSE, TRUE },
  { "subject-greek", NULL, "ΟΔΟΣ", 0, NULL, "η οδος", 0, FALSE, TRUE },
  { "subject-wide", NULL, "abc", 0, NULL, "ＡＢＣ", 0, FALSE, TRUE },
  { "subject-no-accent", NULL, "bu", 0, NULL, "im büro", 0, FALSE, FALSE },
  { "subject-private", NULL, "doctor", 0, NULL, "Doctor", 0, TRUE, FALSE },
  { "category", "Travel", NULL, 0, "travel", NULL, 0, FALSE, TRUE },
  { "category-first", "travel", NULL, 0, "Travel;Red", NULL, 0, FALSE, TRUE },
  { "category-last", "travel", NULL, 0, "Red; Travel ", NULL, 0, FALSE, TRUE },
  { "category-whole-only", "travel", NULL, 0, "Travelling;No travel", NULL, 0, FALSE, FALSE },
  { "category-none", "travel", NULL, 0, NULL, "Travel", 0, FALSE, FALSE },
  { "category-empty", "travel", NULL, 0, ";;", NULL, 0, FALSE, FALSE },
  { "category-wide-separator", "a；b", NULL, 0, "A；B", NULL, 0, FALSE, TRUE },
  { "category-private", "health", NULL, 0, "Health", NULL, 0, TRUE, FALSE },
  { "attendees", NULL, NULL, 3, NULL, NULL, 3, FALSE, TRUE },
  { "attendees-fewer", NULL, NULL, 3, NULL, NULL, 2, FALSE, FALSE },
  { "attendees-unknown", NULL, NULL, 1, NULL, NULL, 0, FALSE, FALSE },
  { "attendees-many", NULL, NULL, 3, NULL, NULL, G_MAXUINT32, FALSE, TRUE },
  { "attendees-private", NULL, NULL, 3, NULL, "Doctor", 3, TRUE, TRUE },
  { "all", "red", "board", 2, "Red", "Board", 2, FALSE, TRUE },
  { "all-but-category", "red", "board", 2, "Blue", "Board", 2, FALSE, FALSE },
  { "all-but-subject", "red", "board", 2, "Red", "Bored", 2, FALSE, FALSE },
  { "all-but-attendees", "red", "board", 2, "Red", "Board", 1, FALSE, FALSE },
  { "nothing-asked", NULL, NULL, 0, "Red", "Board", 9, FALSE, FALSE },
};

static MusterdClaim *
claim_of (MusterdClaimKind kind, const DoorCase *c)
{
  MusterdClaim *claim = musterd_claim_new ("ews", "calendar", "k", kind);

  musterd_claim_set_text (claim, c->text);
  musterd_claim_set_asked (claim, c->categories, c->invited);
  claim->is_private = c->is_private;
  return claim;
}

static void
test_door (gconstpointer data)
{
  const DoorCase *c = data;
  g_autoptr(GArray) rules = musterd_rules_new ();
  g_autoptr(MusterdClaim) claim = claim_of (MUSTERD_CLAIM_APPOINTMENT, c);
  g_autoptr(MusterdClaim) call = claim_of (MUSTERD_CLAIM_CALL, c);

  add_rule (rules, c->category, c->subject, c->n_attendees);
  musterd_rules_judge (rules, 7, claim);
  g_assert_true ((claim->rules != NULL) == c->met);
  if (c->met)
    {
      g_assert_cmpuint (claim->rules->met, ==, 1);
      g_assert_cmpuint (claim->rules->stamp, ==, 7);
      g_assert_null (claim->rules->categories);
      g_assert_cmpuint (claim->rules->n_attendees, ==, 0);
    }
  musterd_rules_judge (rules, 7, call);
  g_assert_null (call->rules);
}

static void
test_bits (void)
{
  const DoorCase asked = { .invited = 1 };
  g_autoptr(GArray) rules = musterd_rules_new ();
  g_autoptr(MusterdClaim) claim = claim_of (MUSTERD_CLAIM_ABSENCE, &asked);

  for (guint i = 0; i < MUSTERD_RULES_MAX; i++)
    add_rule (rules, NULL, NULL, i == 0 || i == 33 || i == MUSTERD_RULES_MAX - 1 ? 1 : i % 2 * 2);
  musterd_rules_judge (rules, 7, claim);
  g_assert_cmphex (claim->rules->met, ==, G_GUINT64_CONSTANT (0x8000000200000001));
}

static void
test_without_rules (void)
{
  const DoorCase asked = { .invited = 5, .categories = "Red", .text = "Board" };
  g_autoptr(MusterdClaim) claim = claim_of (MUSTERD_CLAIM_APPOINTMENT, &asked);
  g_autoptr(MusterdClaim) copy = musterd_claim_copy (claim);

  g_assert_cmpstr (copy->rules->categories, ==, "Red");
  g_assert_cmpuint (copy->rules->n_attendees, ==, 5);
  musterd_rules_judge (NULL, 0, claim);
  g_assert_null (claim->rules);
  g_assert_true (musterd_claim_equal (claim, copy)); /* what is only asked is not kept */
  musterd_claim_set_met (copy, 7, 1);
  g_assert_false (musterd_claim_equal (claim, copy));
}

/* The stamp of these rules; what a rule asks of what claims keep plays no part. */
static guint32
stamp_of (const char *one, const char *two, guint n_attendees, guint32 free_busy)
{
  g_autoptr(GArray) rules = musterd_rules_new ();

  add_rule (rules, one, NULL, 0);
  add_rule (rules, NULL, two, n_attendees);
  for (guint i = 0; i < rules->len; i++)
    g_array_index (rules, MusterdRule, i).free_busy = free_busy;
  return musterd_rules_stamp (rules);
}

static void
test_stamp (void)
{
  const guint32 stamp = stamp_of ("a", "b", 3, 0);

  g_assert_cmphex (musterd_rules_stamp (NULL), ==, 0);
  g_assert_cmphex (stamp_of (NULL, NULL, 0, 1), ==, 0);
  g_assert_cmphex (stamp, !=, 0);
  g_assert_cmphex (stamp, ==, stamp_of ("a", "b", 3, 1));
  g_assert_cmphex (stamp, !=, stamp_of ("b", "a", 3, 0));
  g_assert_cmphex (stamp, !=, stamp_of ("a", "b", 4, 0));
  g_assert_cmphex (stamp, !=, stamp_of ("ab", NULL, 3, 0));
  g_assert_cmphex (stamp_of ("a", NULL, 0, 0), !=, stamp_of (NULL, "a", 0, 0));
  /* It is in stores: for ever the same. */
  g_assert_cmphex (stamp, ==, 0xa5ffb0ac);
}

#define N_HISTORIES 2000

/* Rules that take in nothing are as good as none, and without rules nobody looks at what was found at the door. */
static void
test_nothing_met (void)
{
  const guint32 seed = (guint32) g_test_rand_int ();
  g_autoptr(GRand) rand = g_rand_new_with_seed (seed);

  g_test_message ("seed %u", seed);
  for (guint n = 0; n < N_HISTORIES; n++)
    {
      const MusterdTime now = history_random_now (rand);
      g_autoptr(MusterdSettings) settings = history_settings_new (rand);
      g_autoptr(History) one = history_new_random (rand, settings), two = history_copy (one), three = history_copy (one);
      g_autoptr(MusterdPresence) first = NULL, second = NULL, third = NULL;
      MusterdTime next_one, next_two, next_three;

      g_clear_pointer (&one->settings->rules, g_array_unref);
      g_clear_pointer (&two->settings->rules, g_array_unref);
      g_clear_pointer (&three->settings->rules, g_array_unref);
      two->settings->rules = musterd_rules_new ();
      for (guint i = 0; i < MUSTERD_RULES_MAX; i++)
        add_rule (two->settings->rules, "never", "never", 1);
      for (guint i = 0; i < one->facts.claims->len; i++)
        {
          musterd_claim_set_met (g_ptr_array_index (two->facts.claims, i), two->settings->rules_stamp, 0);
          musterd_claim_set_met (g_ptr_array_index (three->facts.claims, i), 0, 0);
        }
      first = musterd_resolve (&one->facts, one->settings, now, one->without, &next_one);
      second = musterd_resolve (&two->facts, two->settings, now, two->without, &next_two);
      third = musterd_resolve (&three->facts, three->settings, now, three->without, &next_three);
      g_assert_true (musterd_presence_equal (first, second));
      g_assert_true (musterd_presence_equal (first, third));
      g_assert_cmpint (next_one, ==, next_two);
      g_assert_cmpint (next_one, ==, next_three);
    }
}

/* A last rule that takes in everything leaves no calendar entry to what counts. */
static void
test_everything_met (void)
{
  const guint32 seed = (guint32) g_test_rand_int ();
  g_autoptr(GRand) rand = g_rand_new_with_seed (seed);

  g_test_message ("seed %u", seed);
  for (guint n = 0; n < N_HISTORIES; n++)
    {
      const MusterdTime now = history_random_now (rand);
      g_autoptr(MusterdSettings) settings = history_settings_new (rand);
      g_autoptr(History) history = history_new_random (rand, settings);
      g_autoptr(GPtrArray) verdicts = NULL;

      g_clear_pointer (&settings->rules, g_array_unref);
      settings->rules = musterd_rules_new ();
      add_rule (settings->rules, NULL, NULL, 0);
      verdicts = musterd_explain (&history->facts, settings, now);
      for (guint i = 0; i < verdicts->len; i++)
        {
          const MusterdVerdict *verdict = g_ptr_array_index (verdicts, i);

          if (musterd_claim_kind_is_calendar ((MusterdClaimKind) verdict->claim->kind))
            g_assert_cmpint (verdict->outcome, ==, MUSTERD_OUTCOME_NO_EFFECT);
          else
            g_assert_null (verdict->rule);
        }
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (door_cases); i++)
    {
      g_autofree char *path = g_strconcat ("/model/rule/door/", door_cases[i].name, NULL);

      g_test_add_data_func (path, &door_cases[i], test_door);
    }
  g_test_add_func ("/model/rule/bits", test_bits);
  g_test_add_func ("/model/rule/without-rules", test_without_rules);
  g_test_add_func ("/model/rule/stamp", test_stamp);
  g_test_add_func ("/model/rule/nothing-met", test_nothing_met);
  g_test_add_func ("/model/rule/everything-met", test_everything_met);
  return g_test_run ();
}
