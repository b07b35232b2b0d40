/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What holds of resolution whatever is known: each law on random histories. MUSTER_SEED repeats a run, MUSTER_LAWS sets
 * how many histories each law is tried on. */
#include "history.h"
#include "naive.h"

#define DEFAULT_HISTORIES 5000
#define HISTORIES_PER_SETTINGS 20

/* A law on one history: NULL, or how it is broken. */
typedef char *(*LawFunc) (History *history, MusterdTime now, GRand *rand);

typedef struct
{
  const char *name;
  LawFunc check;
} Law;

static char *
describe (const char *what, const MusterdPresence *one, const MusterdPresence *two)
{
  g_autofree char *a = history_presence_to_string (one);
  g_autofree char *b = history_presence_to_string (two);

  return g_strdup_printf ("%s\n  first:  %s\n  second: %s", what, a, b);
}

/* The same question at another moment: `next_free` of somebody free is the moment itself. */
static gboolean
same_later (const MusterdPresence *before, const MusterdPresence *after)
{
  return naive_same_moment (before, after) && before->until == after->until
         && g_strcmp0 (before->forwarding.from, after->forwarding.from) == 0
         && (before->next_free == after->next_free || before->status == MUSTERD_STATUS_AVAILABLE);
}

/* A number in [low, high), which may lie far apart. */
static MusterdTime
random_between (GRand *rand, MusterdTime low, MusterdTime high)
{
  double span = (double) high - (double) low;
  MusterdTime at = low + (MusterdTime) (g_rand_double (rand) * span);

  return CLAMP (at, low, high - 1);
}

static void
shuffle (GPtrArray *array, GRand *rand)
{
  for (guint i = array != NULL ? array->len : 0; i > 1; i--)
    {
      guint other = (guint) g_rand_int_range (rand, 0, (gint32) i);
      gpointer held = array->pdata[i - 1];

      array->pdata[i - 1] = array->pdata[other];
      array->pdata[other] = held;
    }
}

/* A history in which every claim was put at one moment, in a random order. */
static History *
put_in_random_order (const History *history, MusterdTime now, GRand *rand)
{
  g_autoptr(History) copy = history_copy (history);
  g_autoptr(GPtrArray) claims = g_steal_pointer (&copy->facts.claims);

  copy->facts.claims = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_claim_unref);
  shuffle (claims, rand);
  shuffle (copy->facts.clients, rand);
  shuffle (copy->facts.devices, rand);
  shuffle (copy->facts.ignores, rand);
  for (guint i = 0; i < claims->len; i++)
    {
      g_autoptr(MusterdClaim) old = musterd_facts_put_claim (&copy->facts, claims->pdata[i], now);

      g_assert_null (old);
    }
  return g_steal_pointer (&copy);
}

static char *
law_order_of_arrival (History *history, MusterdTime now, GRand *rand)
{
  g_autoptr(History) one = put_in_random_order (history, now, rand);
  g_autoptr(History) two = put_in_random_order (history, now, rand);
  MusterdTime next_one, next_two;
  g_autoptr(MusterdPresence) first = musterd_resolve (&one->facts, one->settings, now, one->without, &next_one);
  g_autoptr(MusterdPresence) second = musterd_resolve (&two->facts, two->settings, now, two->without, &next_two);
  g_autoptr(GPtrArray) why_one = NULL, why_two = NULL;

  if (!musterd_presence_equal (first, second) || next_one != next_two)
    return describe ("the order of arrival changes the presence", first, second);

  why_one = musterd_explain (&one->facts, one->settings, now);
  why_two = musterd_explain (&two->facts, two->settings, now);
  if (why_one->len != why_two->len)
    return g_strdup ("the order of arrival changes the number of verdicts");
  for (guint i = 0; i < why_one->len; i++)
    {
      const MusterdVerdict *a = why_one->pdata[i], *b = why_two->pdata[i];

      if (!musterd_claim_equal (a->claim, b->claim) || a->outcome != b->outcome || g_strcmp0 (a->other, b->other) != 0
          || g_strcmp0 (a->reason, b->reason) != 0)
        return g_strdup_printf ("the order of arrival changes the verdict on %s/%s", a->claim->source, a->claim->key);
    }
  return NULL;
}

static char *
law_dropped_claim (History *history, MusterdTime now, GRand *rand)
{
  g_autoptr(History) other = history_new_random (rand, history->settings);
  g_autoptr(MusterdPresence) before = NULL;
  g_autoptr(MusterdPresence) after = NULL;
  MusterdTime next_before, next_after;

  before = musterd_resolve (&history->facts, history->settings, now, history->without, &next_before);
  for (guint i = 0; i < other->facts.claims->len; i++)
    {
      g_autoptr(MusterdClaim) claim = musterd_claim_copy (other->facts.claims->pdata[i]);
      g_autoptr(MusterdClaim) old = NULL;

      if (musterd_facts_find_claim (&history->facts, claim->source, claim->key) != NULL)
        continue;
      old = musterd_facts_put_claim (&history->facts, claim, now);
      g_assert_null (old);
      g_assert_true (musterd_facts_find_claim (&history->facts, claim->source, claim->key) == claim);
      g_assert_true (musterd_facts_remove_claim (&history->facts, claim->source, claim->key));
      g_assert_false (musterd_facts_remove_claim (&history->facts, claim->source, claim->key));
    }
  after = musterd_resolve (&history->facts, history->settings, now, history->without, &next_after);
  if (!musterd_presence_equal (before, after) || next_before != next_after)
    return describe ("a dropped claim leaves a trace", before, after);
  return NULL;
}

static char *
law_announced_moments (History *history, MusterdTime now, GRand *rand)
{
  MusterdTime next = now;

  /* Every claim has at most three moments; whoever announces more announces moments that are none. */
  for (guint steps = 0; next != MUSTERD_TIME_NEVER; steps++)
    {
      MusterdTime at = next, samples[3], again;
      g_autoptr(MusterdPresence) presence = NULL;

      if (steps > 100)
        return g_strdup ("more than a hundred moments are announced");
      presence = musterd_resolve (&history->facts, history->settings, at, history->without, &next);
      if (next <= at)
        return g_strdup ("a moment is announced that is not after now");
      samples[0] = at;
      samples[1] = random_between (rand, at, next);
      samples[2] = next - 1;
      for (guint i = 0; i < G_N_ELEMENTS (samples); i++)
        {
          g_autoptr(MusterdPresence) then =
              musterd_resolve (&history->facts, history->settings, samples[i], history->without, &again);

          if (!same_later (presence, then))
            return describe ("the presence changes between two announced moments", presence, then);
          if (again != next)
            return g_strdup ("what is announced depends on the moment at which one asks");
        }
    }
  return NULL;
}

static void
keep_alive (MusterdFacts *facts, MusterdTime now)
{
  for (guint i = 0; i < facts->claims->len; i++)
    {
      MusterdClaim *claim = facts->claims->pdata[i];

      if (claim->from <= now && claim->lease_until > now)
        claim->lease_until = MUSTERD_TIME_NEVER;
    }
  for (guint i = 0; facts->clients != NULL && i < facts->clients->len; i++)
    {
      MusterdClient *client = facts->clients->pdata[i];

      if (client->lease_until > now)
        client->lease_until = MUSTERD_TIME_NEVER;
    }
  for (guint i = 0; facts->devices != NULL && i < facts->devices->len; i++)
    {
      MusterdDevice *device = facts->devices->pdata[i];

      if (device->lease_until > now)
        device->lease_until = MUSTERD_TIME_NEVER;
    }
}

static char *
law_until (History *history, MusterdTime now, GRand *rand)
{
  g_autoptr(MusterdPresence) presence =
      musterd_resolve (&history->facts, history->settings, now, history->without, NULL);
  g_autoptr(GArray) times = naive_boundaries (&history->facts, history->settings, history->without);
  MusterdTime far = now + 100 * MUSTERD_DAY;

  /* What is said of the future is said for sources and desktops that stay alive. */
  keep_alive (&history->facts, now);
  g_array_append_val (times, presence->until);
  g_array_append_val (times, presence->next_free);
  for (guint i = 0; i < 8; i++)
    {
      MusterdTime at = random_between (rand, now, far);

      g_array_append_val (times, at);
    }
  for (guint i = 0; i < times->len; i++)
    {
      MusterdTime at = g_array_index (times, MusterdTime, i);
      g_autoptr(MusterdPresence) then = NULL;
      gboolean same;

      if (at < now || at == MUSTERD_TIME_NEVER)
        continue;
      then = musterd_resolve (&history->facts, history->settings, at, history->without, NULL);
      same = then->status == presence->status && g_strcmp0 (then->text, presence->text) == 0
             && g_strcmp0 (then->template_name, presence->template_name) == 0;
      if (at < presence->until && !same)
        return describe ("something changes that `until` did not announce", presence, then);
      if (at == presence->until && same)
        return describe ("nothing changes at `until`", presence, then);
      if (at < presence->next_free && then->status == MUSTERD_STATUS_AVAILABLE)
        return describe ("the user is free before `next_free`", presence, then);
      if (at == presence->next_free && then->status != MUSTERD_STATUS_AVAILABLE)
        return describe ("the user is not free at `next_free`", presence, then);
    }
  return NULL;
}

static char *
law_renewed_lease (History *history, MusterdTime now, GRand *rand G_GNUC_UNUSED)
{
  guint n = history->facts.claims->len;

  for (guint i = 0; i < n; i++)
    {
      MusterdClaim *claim = history->facts.claims->pdata[i];
      MusterdTime lease_until = claim->lease_until, at = now;
      g_autoptr(MusterdClaim) held = NULL;
      g_autoptr(MusterdClaim) renewed = NULL;
      g_autoptr(MusterdClaim) old = NULL;
      g_autoptr(MusterdPresence) before = NULL;

      if (!musterd_claim_kind_is_leased ((MusterdClaimKind) claim->kind) || claim->until != MUSTERD_TIME_NEVER
          || !musterd_claim_in_force (claim, now))
        continue;
      held = musterd_claim_ref (claim);
      before = musterd_resolve (&history->facts, history->settings, now, history->without, NULL);
      renewed = musterd_claim_copy (claim);
      renewed->began = MUSTERD_TIME_ALWAYS;
      renewed->lease_until += 12 * MUSTERD_HOUR;
      old = musterd_facts_put_claim (&history->facts, renewed, now);

      if (old != held || history->facts.claims->len != n)
        return g_strdup_printf ("renewing %s/%s does not replace it", held->source, held->key);
      if (!musterd_claim_equal (renewed, held))
        return g_strdup_printf ("renewing %s/%s changes the claim", held->source, held->key);
      if (history->facts.claims->pdata[i] != renewed)
        return g_strdup_printf ("renewing %s/%s moves it", held->source, held->key);

      {
        g_autoptr(MusterdPresence) after
            = musterd_resolve (&history->facts, history->settings, now, history->without, NULL);

        if (!musterd_presence_equal (before, after))
          return describe ("renewing a lease changes the presence, or what it says of the future", before, after);
      }
      /* Until the old lease would have run out nothing differs at any moment. */
      while (at < lease_until)
        {
          MusterdTime next;
          g_autoptr(MusterdPresence) then =
              musterd_resolve (&history->facts, history->settings, at, history->without, &next);
          g_autoptr(MusterdPresence) without_renewal = NULL;

          g_ptr_array_index (history->facts.claims, i) = held;
          without_renewal = musterd_resolve (&history->facts, history->settings, at, history->without, NULL);
          g_ptr_array_index (history->facts.claims, i) = renewed;
          if (!naive_same_moment (then, without_renewal)
              || g_strcmp0 (then->forwarding.from, without_renewal->forwarding.from) != 0)
            return describe ("renewing a lease changes the presence", without_renewal, then);
          at = next;
        }
    }
  return NULL;
}

/* The choice that a verdict names; NULL if it names none, or one that is not there. */
static const MusterdChoice *
named_choice (const MusterdFacts *facts, const char *other)
{
  if (g_strcmp0 (other, "choice") == 0)
    return facts->standing;
  if (g_strcmp0 (other, "timed choice") == 0)
    return facts->timed;
  return NULL;
}

static gboolean
verdict_is_true (const History *history, MusterdTime now, const MusterdPresence *presence,
                 const MusterdVerdict *verdict, const MusterdClaim *winner)
{
  const MusterdClaim *claim = verdict->claim;
  const MusterdChoice *choice = named_choice (&history->facts, verdict->other);
  g_autofree char *winner_name = winner != NULL ? g_strdup_printf ("%s/%s", winner->source, winner->key) : NULL;
  gboolean in_force = musterd_claim_in_force (claim, now);
  gboolean ignored = musterd_facts_is_ignored (&history->facts, claim);

  switch (verdict->outcome)
    {
    case MUSTERD_OUTCOME_WINS:
      return in_force && !ignored && g_strcmp0 (claim->source, presence->source) == 0
             && g_strcmp0 (verdict->template_name, presence->template_name) == 0;
    case MUSTERD_OUTCOME_WEAKER_THAN: /* the claim that wins, or a younger claim than a choice that nothing beats */
      if (!in_force || ignored)
        return FALSE;
      return choice != NULL ? choice->made < claim->began
                            : winner != NULL && g_strcmp0 (verdict->other, winner_name) == 0;
    case MUSTERD_OUTCOME_OVERRIDDEN: /* a choice made since it began */
      return in_force && !ignored && choice != NULL && choice->made >= claim->began;
    case MUSTERD_OUTCOME_IGNORED:
      return ignored;
    case MUSTERD_OUTCOME_NOT_YET:
      return now < claim->from;
    case MUSTERD_OUTCOME_NO_EFFECT:
      return verdict->reason != NULL;
    case MUSTERD_N_OUTCOMES:
    default:
      return FALSE;
    }
}

static char *
law_explain_agrees (History *history, MusterdTime now, GRand *rand G_GNUC_UNUSED)
{
  g_autoptr(MusterdPresence) presence = musterd_resolve (&history->facts, history->settings, now, NULL, NULL);
  g_autoptr(GPtrArray) verdicts = musterd_explain (&history->facts, history->settings, now);
  const MusterdClaim *winner = NULL;
  guint wins = 0;

  if (verdicts->len != history->facts.claims->len)
    return g_strdup_printf ("%u claims, %u verdicts", history->facts.claims->len, verdicts->len);
  for (guint i = 0; i < verdicts->len; i++)
    {
      const MusterdVerdict *verdict = verdicts->pdata[i];

      if (verdict->claim != history->facts.claims->pdata[i])
        return g_strdup ("verdicts are not in the order of the claims");
      if (verdict->outcome == MUSTERD_OUTCOME_WINS)
        {
          wins++;
          winner = verdict->claim;
        }
    }
  if (wins != (presence->origin == MUSTERD_ORIGIN_CLAIM ? 1 : 0))
    return g_strdup_printf ("%u claims win with origin %s", wins, musterd_origin_to_string (presence->origin));
  for (guint i = 0; i < verdicts->len; i++)
    {
      const MusterdVerdict *verdict = verdicts->pdata[i];

      if (!verdict_is_true (history, now, presence, verdict, winner))
        return g_strdup_printf ("%s/%s is called %s%s%s and is not", verdict->claim->source, verdict->claim->key,
                                musterd_outcome_to_string (verdict->outcome), verdict->other != NULL ? " " : "",
                                verdict->other != NULL ? verdict->other : "");
    }
  return NULL;
}

/* A claim that neither wins nor gives way to anything cannot matter: without it nothing else may be different. */
static char *
law_no_effect_is_no_effect (History *history, MusterdTime now, GRand *rand G_GNUC_UNUSED)
{
  g_autoptr(GPtrArray) verdicts = musterd_explain (&history->facts, history->settings, now);
  g_autoptr(MusterdPresence) before = naive_moment (&history->facts, history->settings, now, NULL);
  g_autoptr(MusterdPresence) after = NULL;

  for (guint i = 0; i < verdicts->len; i++)
    {
      const MusterdVerdict *verdict = verdicts->pdata[i];

      if (verdict->outcome == MUSTERD_OUTCOME_IGNORED || verdict->outcome == MUSTERD_OUTCOME_NOT_YET
          || verdict->outcome == MUSTERD_OUTCOME_NO_EFFECT)
        musterd_facts_remove_claim (&history->facts, verdict->claim->source, verdict->claim->key);
    }
  after = musterd_resolve (&history->facts, history->settings, now, NULL, NULL);
  if (!naive_same_moment (before, after))
    return describe ("claims that are said to have no part in it have one", before, after);
  return NULL;
}

static char *
law_who_forwards_is_named (History *history, MusterdTime now, GRand *rand G_GNUC_UNUSED)
{
  g_autoptr(MusterdPresence) presence
      = musterd_resolve (&history->facts, history->settings, now, history->without, NULL);
  const MusterdPresenceForwarding *forwarding = &presence->forwarding;

  if ((forwarding->action != MUSTERD_FORWARD_DO_NOT_CHANGE) != (forwarding->from != NULL))
    return g_strdup_printf ("forwarding is %s, and `from` is %s",
                            musterd_forward_action_to_string (forwarding->action), forwarding->from);
  if (forwarding->action != MUSTERD_FORWARD_TO && forwarding->number != NULL)
    return g_strdup ("there is a number, but nothing is forwarded to it");
  return NULL;
}

static char *
law_asking_changes_nothing (History *history, MusterdTime now, GRand *rand)
{
  g_autofree char *before = history_to_string (history), *after = NULL;
  g_autoptr(MusterdPresence) first = NULL;
  g_autoptr(MusterdPresence) between = NULL;
  g_autoptr(MusterdPresence) second = NULL;
  g_autoptr(GPtrArray) verdicts = NULL;

  first = musterd_resolve (&history->facts, history->settings, now, history->without, NULL);
  between = musterd_resolve (&history->facts, history->settings, history_random_now (rand), NULL, NULL);
  verdicts = musterd_explain (&history->facts, history->settings, now);
  second = musterd_resolve (&history->facts, history->settings, now, history->without, NULL);
  after = history_to_string (history);
  if (!musterd_presence_equal (first, second))
    return describe ("the same question has two answers", first, second);
  if (!g_str_equal (before, after))
    return g_strdup ("asking changes what is known");
  return NULL;
}

static guint64
number_from_env (const char *name, guint64 otherwise)
{
  const char *value = g_getenv (name);

  return value != NULL && *value != '\0' ? g_ascii_strtoull (value, NULL, 10) : otherwise;
}

static void
test_law (gconstpointer data)
{
  const Law *law = data;
  guint32 seed = (guint32) number_from_env ("MUSTER_SEED", (guint32) g_test_rand_int ());
  guint64 count = number_from_env ("MUSTER_LAWS", DEFAULT_HISTORIES);
  g_autoptr(GRand) rand = g_rand_new_with_seed (seed);
  g_autoptr(MusterdSettings) settings = NULL;

  g_test_message ("MUSTER_SEED=%u MUSTER_LAWS=%" G_GUINT64_FORMAT, seed, count);
  for (guint64 n = 0; n < count; n++)
    {
      g_autoptr(History) history = NULL;
      g_autofree char *dump = NULL, *broken = NULL, *at = NULL;
      MusterdTime now = history_random_now (rand);

      if (n % HISTORIES_PER_SETTINGS == 0)
        {
          g_clear_pointer (&settings, musterd_settings_unref);
          settings = history_settings_new (rand);
        }
      history = history_new_random (rand, settings);
      dump = history_to_string (history);
      broken = law->check (history, now, rand);
      if (broken != NULL)
        {
          at = history_time_to_string (now);
          g_test_message ("history %" G_GUINT64_FORMAT " of MUSTER_SEED=%u at %s:%s", n, seed, at, dump);
          g_test_fail_printf ("%s (repeat with MUSTER_SEED=%u)", broken, seed);
          return;
        }
    }
}

static const Law laws[] = {
  { "order-of-arrival-does-not-matter", law_order_of_arrival },
  { "dropped-claim-leaves-no-trace", law_dropped_claim },
  { "no-change-between-announced-moments", law_announced_moments },
  { "until-and-next-free-are-true", law_until },
  { "renewing-a-lease-changes-nothing", law_renewed_lease },
  { "explain-agrees-with-resolve", law_explain_agrees },
  { "no-effect-is-no-effect", law_no_effect_is_no_effect },
  { "who-forwards-is-named", law_who_forwards_is_named },
  { "asking-changes-nothing", law_asking_changes_nothing },
};

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (laws); i++)
    {
      g_autofree char *path = g_strdup_printf ("/model/resolve/laws/%s", laws[i].name);

      g_test_add_data_func (path, &laws[i], test_law);
    }
  return g_test_run ();
}
