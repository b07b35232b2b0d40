/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Resolution against its naive twin, on random histories. MUSTER_SEED repeats a run, MUSTER_HISTORIES sets how many. */
#include "history.h"
#include "naive.h"

#define DEFAULT_HISTORIES 200000
#define HISTORIES_PER_SETTINGS 40
#define NOWS 3
#define MAX_REPORTS 3

/* What is wrong at that moment, for people; NULL if nothing. */
static char *
find_difference (const History *history, MusterdTime now, GArray *walk)
{
  MusterdTime next, change;
  g_autoptr(MusterdPresence) got = musterd_resolve (&history->facts, history->settings, now, history->without, &next);
  g_autoptr(MusterdPresence) want = naive_moment (&history->facts, history->settings, now, history->without);
  g_autofree char *got_text = NULL, *want_text = NULL;

  change = naive_complete (want, &history->facts, history->settings, history->without, now, walk);

  if (!naive_same_moment (got, want) || got->until != want->until || got->next_free != want->next_free)
    {
      got_text = history_presence_to_string (got);
      want_text = history_presence_to_string (want);
      return g_strdup_printf ("  resolve: %s\n  naive:   %s\n", got_text, want_text);
    }

  if (next > change || next <= now)
    {
      got_text = history_time_to_string (next);
      want_text = history_time_to_string (change);
      return g_strdup_printf ("  resolve announces %s, but the next change is at %s\n", got_text, want_text);
    }
  return NULL;
}

static char *
find_difference_alone (const History *history, MusterdTime now)
{
  g_autoptr(GArray) walk = naive_walk (&history->facts, history->settings, history->without);

  return find_difference (history, now, walk);
}

static History *
shrink (const History *history, MusterdTime now)
{
  g_autoptr(History) best = history_copy (history);
  gboolean smaller = TRUE;

  while (smaller)
    {
      smaller = FALSE;
      for (guint n = 0;; n++)
        {
          g_autoptr(History) candidate = history_copy (best);
          g_autofree char *difference = NULL;
          gboolean changed;

          if (!history_simplify (candidate, n, &changed))
            break;
          if (!changed)
            continue;
          difference = find_difference_alone (candidate, now);
          if (difference == NULL)
            continue;
          history_free (best);
          best = g_steal_pointer (&candidate);
          smaller = TRUE;
        }
    }
  return g_steal_pointer (&best);
}

static void
report (const History *history, MusterdTime now, guint32 seed, guint64 number)
{
  g_autoptr(History) small = shrink (history, now);
  g_autofree char *difference = find_difference_alone (small, now);
  g_autofree char *dump = history_to_string (small);
  g_autofree char *at = history_time_to_string (now);

  g_test_message ("history %" G_GUINT64_FORMAT " of MUSTER_SEED=%u differs at %s:%s%s", number, seed, at, dump,
                  difference);
}

static guint64
number_from_env (const char *name, guint64 otherwise)
{
  const char *value = g_getenv (name);

  return value != NULL && *value != '\0' ? g_ascii_strtoull (value, NULL, 10) : otherwise;
}

static void
test_random (void)
{
  guint32 seed = (guint32) number_from_env ("MUSTER_SEED", (guint32) g_test_rand_int ());
  guint64 count = number_from_env ("MUSTER_HISTORIES", DEFAULT_HISTORIES);
  g_autoptr(GRand) rand = g_rand_new_with_seed (seed);
  g_autoptr(MusterdSettings) settings = NULL;
  guint reports = 0;
  guint64 n;

  g_test_message ("MUSTER_SEED=%u MUSTER_HISTORIES=%" G_GUINT64_FORMAT, seed, count);
  for (n = 0; n < count && reports < MAX_REPORTS; n++)
    {
      g_autoptr(History) history = NULL;
      g_autoptr(GArray) walk = NULL;

      if (n % HISTORIES_PER_SETTINGS == 0)
        {
          g_clear_pointer (&settings, musterd_settings_unref);
          settings = history_settings_new (rand);
        }
      history = history_new_random (rand, settings);
      walk = naive_walk (&history->facts, history->settings, history->without);
      for (guint i = 0; i < NOWS; i++)
        {
          MusterdTime now = history_random_now (rand);
          g_autofree char *difference = find_difference (history, now, walk);

          if (difference != NULL)
            {
              report (history, now, seed, n);
              reports++;
              break;
            }
        }
    }
  if (reports > 0)
    g_test_fail_printf ("resolve and its naive twin differ; repeat with MUSTER_SEED=%u", seed);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/model/resolve/random", test_random);
  return g_test_run ();
}
