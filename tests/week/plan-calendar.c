/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What stands in the users' calendars at the beginning of the week. */
#include "plan-parts.h"

static MusterdFreeBusy
random_free_busy (GRand *rand)
{
  gint n = g_rand_int_range (rand, 0, 100);

  return n < 75   ? MUSTERD_FREE_BUSY_BUSY
         : n < 82 ? MUSTERD_FREE_BUSY_FREE
         : n < 90 ? MUSTERD_FREE_BUSY_TENTATIVE
         : n < 96 ? MUSTERD_FREE_BUSY_ELSEWHERE
                  : MUSTERD_FREE_BUSY_OUT_OF_OFFICE;
}

static MusterdResponse
random_response (GRand *rand)
{
  gint n = g_rand_int_range (rand, 0, 100);

  return n < 30   ? MUSTERD_RESPONSE_ORGANIZER
         : n < 80 ? MUSTERD_RESPONSE_ACCEPTED
         : n < 88 ? MUSTERD_RESPONSE_TENTATIVE
         : n < 92 ? MUSTERD_RESPONSE_DECLINED
                  : MUSTERD_RESPONSE_UNANSWERED;
}

static MusterdClaim *
entry_new (guint user, const char *key, gint32 from, gint32 until)
{
  MusterdClaim *claim = musterd_claim_new (ledger_sources[plan_calendar_source (user)], "calendar", key,
                                           MUSTERD_CLAIM_APPOINTMENT);

  claim->from = plan_time (from);
  claim->until = plan_time (until);
  claim->free_busy = MUSTERD_FREE_BUSY_BUSY;
  return claim;
}

static void
add_entry (GPtrArray *calendar, GRand *rand, guint user, const char *series, gint day, gint32 from, gint32 length)
{
  g_autofree char *key = g_strdup_printf ("%s-%d-%u", series, day, calendar->len);
  gint32 start = plan_midnight (user, day) + from;
  MusterdClaim *claim = entry_new (user, key, start, start + length);

  claim->free_busy = random_free_busy (rand);
  claim->response = random_response (rand);
  claim->cancelled = plan_chance (rand, 0.03);
  claim->is_private = plan_chance (rand, 0.1);
  musterd_claim_set_text (claim, series);
  g_ptr_array_add (calendar, claim);
}

static void
add_all_day (GPtrArray *calendar, GRand *rand, guint user, const char *series, gint first, gint last)
{
  g_autofree char *key = g_strdup_printf ("%s-%d-%u", series, first, calendar->len);
  MusterdClaim *claim = entry_new (user, key, plan_midnight (user, first), plan_midnight (user, last + 1));

  claim->free_busy = random_free_busy (rand);
  claim->all_day = TRUE;
  musterd_claim_set_text (claim, series);
  g_ptr_array_add (calendar, claim);
}

static void
fill_workday (GPtrArray *calendar, GRand *rand, guint user, gint day)
{
  gint n_more = g_rand_int_range (rand, 0, 3);

  if (user % 4 != 0)
    add_entry (calendar, rand, user, "Stand-up", day, 9 * HOUR + 15, 15);
  if (day == (gint) (user % WEEK_DAYS))
    {
      add_entry (calendar, rand, user, "Weekly", day, 10 * HOUR, HOUR);
      add_entry (calendar, rand, user, "Right after it", day, 11 * HOUR, HOUR);
    }
  for (gint i = 0; i < n_more; i++)
    {
      gint32 from = 8 * HOUR + 15 * g_rand_int_range (rand, 0, 36);
      gint32 length = 15 * g_rand_int_range (rand, 1, 7);

      add_entry (calendar, rand, user, "Meeting", day, from, length);
      if (plan_chance (rand, 0.3))
        {
          from += 15 * g_rand_int_range (rand, 0, length / 15);
          length = 15 * g_rand_int_range (rand, 1, 5);
          add_entry (calendar, rand, user, "Overlapping", day, from, length);
        }
    }
}

GPtrArray *
plan_calendar (const Plan *plan, guint user)
{
  GPtrArray *calendar = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_claim_unref);
  g_autoptr(GRand) rand = plan_rand (plan->seed, user, 1000);

  for (gint day = 0; day < WEEK_DAYS; day++)
    {
      if (plan_is_workday (day))
        fill_workday (calendar, rand, user, day);
      if (plan_chance (rand, 0.06))
        add_all_day (calendar, rand, user, "All day", day, day);
    }
  /* The weekend in which an hour is missing. */
  if (plan_chance (rand, 0.1))
    add_all_day (calendar, rand, user, "Fair", 2, 3);
  if (plan_person (user) == PERSON_AWAY)
    {
      MusterdClaim *away = entry_new (user, "away", plan_midnight (user, 1) + 12 * HOUR, plan_midnight (user, 5));

      away->kind = MUSTERD_CLAIM_ABSENCE;
      musterd_claim_set_more (away, NULL, "Back on Tuesday", user % 20 == 8 ? "Away" : NULL);
      g_ptr_array_add (calendar, away);
    }
  return calendar;
}
