/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A week of ten thousand users in virtual time, in the engine and beside it in a naive implementation of the same
 * rules: whatever the engine tells is compared, and at chosen moments what it does not tell.
 *
 * MUSTER_SEED repeats a run, MUSTER_WEEK_USER one user of it, MUSTER_WEEK_USERS sets how many there are. */
#include <glib/gstdio.h>

#include "week.h"

/* Under sanitizers everything costs thrice as much, and what they look for does not depend on how many there are. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define IS_SANITIZED
#endif
#endif
#if defined(IS_SANITIZED) || defined(__SANITIZE_ADDRESS__)
#define DEFAULT_USERS 4000
#else
#define DEFAULT_USERS 10000
#endif
#define HOURLY 16 /* every so manieth user is looked at every hour */
#define HOUR 60
#define DAY (24 * HOUR)

/* What befalls everybody at once. */
typedef enum
{
  SOURCE_GOES,
  SOURCE_RETURNS, /* in a new run */
  SOURCE_RECONNECTS,
  HOUSE_CHANGES, /* its settings */
  DAEMON_STOPS,
  DAEMON_STARTS
} Blow;

static const struct
{
  gint32       minute;
  Blow         blow;
  LedgerSource source;
} blows[] = {
  { 9 * HOUR + 7, SOURCE_GOES, SOURCE_EWS },
  { 10 * HOUR + 31, SOURCE_RECONNECTS, SOURCE_EWS },
  { 13 * HOUR + 2, SOURCE_GOES, SOURCE_TEAMS },
  { 13 * HOUR + 20, SOURCE_RETURNS, SOURCE_TEAMS },
  { DAY + 8 * HOUR + 13, SOURCE_GOES, SOURCE_NOTES },
  { DAY + 15 * HOUR, SOURCE_GOES, SOURCE_PBX },
  { DAY + 15 * HOUR + 5, SOURCE_RETURNS, SOURCE_PBX },
  { DAY + 23 * HOUR, SOURCE_RETURNS, SOURCE_NOTES },
  { 4 * DAY + 10 * HOUR + 30, DAEMON_STOPS, N_SOURCES },
  { 4 * DAY + 10 * HOUR + 43, DAEMON_STARTS, N_SOURCES },
  { 4 * DAY + 15 * HOUR + 1, HOUSE_CHANGES, N_SOURCES },
  { 5 * DAY + 11 * HOUR + 11, SOURCE_GOES, SOURCE_GRAPH },
  { 5 * DAY + 11 * HOUR + 12, SOURCE_RETURNS, SOURCE_GRAPH },
  { 6 * DAY + 9 * HOUR, SOURCE_GOES, SOURCE_ACTIVITY },
  { 6 * DAY + 9 * HOUR + 20, SOURCE_RETURNS, SOURCE_ACTIVITY },
};

/* ---- the week's stage ---- */

static Week *
week_new (guint32 seed, guint n_users, gint only)
{
  Week *week = g_new0 (Week, 1);

  week->n_users = n_users;
  week->only = only;
  week->plan = plan_new (seed, n_users, only);
  week->house = house_new ();
  week->ledger = ledger_new (week->house, n_users);
  week->dir = g_dir_make_tmp ("muster-week-XXXXXX", NULL);
  g_assert_nonnull (week->dir);
  week->context = g_main_context_new ();
  g_main_context_push_thread_default (week->context);
  week->now = WEEK_START;
  week->clock = musterd_clock_new_virtual (week->now);
  week->n_data = g_new0 (guint, n_users);
  week->told = g_new0 (guint8, n_users);
  week->commanded = g_new0 (guint8, n_users);
  week->to_compare = g_array_new (FALSE, FALSE, sizeof (guint));
  week->look_at = g_new (MusterdTime, n_users / WEEK_WATCH + 1);
  for (guint i = 0; i <= n_users / WEEK_WATCH; i++)
    week->look_at[i] = MUSTERD_TIME_NEVER;
  return week;
}

static void
week_free (Week *week)
{
  static const char *const files[] = { "muster.db", "muster.db-wal", "muster.db-shm", "lock" };

  week_stop (week);
  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *path = g_build_filename (week->dir, files[i], NULL);

      g_unlink (path);
    }
  g_assert_cmpint (g_rmdir (week->dir), ==, 0);
  ledger_free (week->ledger);
  plan_free (week->plan);
  house_free (week->house);
  musterd_clock_unref (week->clock);
  g_main_context_pop_thread_default (week->context);
  g_main_context_unref (week->context);
  g_array_unref (week->to_compare);
  g_free (week->n_data);
  g_free (week->told);
  g_free (week->commanded);
  g_free (week->look_at);
  g_free (week->dir);
  g_free (week);
}

/* ---- the week ---- */

static gboolean
plays (const Week *week, guint user)
{
  return week->only < 0 || (guint) week->only == user;
}

/* Everybody is there at midnight, and the sources have said what they know. */
static void
populate (Week *week)
{
  for (guint user = 0; user < week->n_users; user++)
    if (plays (week, user))
      week_happen (week, &(PlanEvent){ .user = user, .type = PLAN_ADD });
  week_rest (week);
  week_compare_told (week, TRUE, "when they were added");
  for (guint i = 0; i < N_SOURCES; i++)
    {
      musterd_engine_source_begin (week->engine, ledger_sources[i]);
      ledger_source_begin (week->ledger, (LedgerSource) i);
    }
  for (guint user = 0; user < week->n_users; user++)
    if (plays (week, user))
      week_happen (week, &(PlanEvent){ .user = user, .type = PLAN_CALENDAR });
  for (guint i = 0; i < N_SOURCES; i++)
    {
      musterd_engine_source_online (week->engine, ledger_sources[i]);
      ledger_source_online (week->ledger, (LedgerSource) i, week->now);
    }
  musterd_engine_settle (week->engine);
  week_compare_told (week, TRUE, "at first");
}

static void
compare_everybody (Week *week, guint step, const char *when)
{
  for (guint user = 0; user < week->n_users; user += step)
    week_compare (week, user, when);
}

static void
source_returns (Week *week, LedgerSource source)
{
  musterd_engine_source_begin (week->engine, ledger_sources[source]);
  ledger_source_begin (week->ledger, source);
  week_source_resays (week, source);
  musterd_engine_source_online (week->engine, ledger_sources[source]);
  ledger_source_online (week->ledger, source, week->now);
}

static void
strike (Week *week, Blow blow, LedgerSource source)
{
  static MusterdTime stopped;

  switch (blow)
    {
    case SOURCE_GOES:
      musterd_engine_source_lost (week->engine, ledger_sources[source]);
      ledger_source_lost (week->ledger, source, week->now);
      break;
    case SOURCE_RECONNECTS:
      musterd_engine_source_online (week->engine, ledger_sources[source]);
      ledger_source_online (week->ledger, source, week->now);
      break;
    case SOURCE_RETURNS:
      source_returns (week, source);
      break;
    case HOUSE_CHANGES:
      week_order_house (week, TRUE);
      week_forget_told (week);
      compare_everybody (week, 1, "after the house changed its settings");
      return;
    case DAEMON_STOPS:
      week_stop (week);
      stopped = week->now;
      return;
    case DAEMON_STARTS:
    default:
      ledger_restart (week->ledger, stopped, week->now);
      week_start (week);
      compare_everybody (week, 1, "after the daemon's start");
      for (guint i = 0; i < N_SOURCES; i++)
        source_returns (week, (LedgerSource) i);
      break;
    }
  musterd_engine_settle (week->engine);
  week_compare_told (week, FALSE, "after a source was lost or came back");
}

static void
watch_boundaries (Week *week)
{
  for (guint i = 0; i <= (week->n_users - 1) / WEEK_WATCH; i++)
    if (week->look_at[i] <= week->now)
      week_compare (week, i * WEEK_WATCH, "at a boundary");
}

static void
happen (Week *week, const GArray *events)
{
  gboolean rest = FALSE;

  for (guint i = 0; i < events->len; i++)
    {
      const PlanEvent *event = &g_array_index (events, PlanEvent, i);

      rest |= week_happen (week, event);
      if (event->user % WEEK_WATCH == 0)
        week->look_at[event->user / WEEK_WATCH] = week->now + 1; /* its boundaries are not what they were */
    }
  musterd_engine_settle (week->engine);
  week_compare_told (week, FALSE, "after something happened");
  if (!rest)
    return;
  week_rest (week);
  week_compare_told (week, TRUE, "after an order");
}

static void
play (Week *week)
{
  guint next_blow = 0;

  for (gint32 minute = 1; minute < WEEK_MINUTES; minute++)
    {
      const GArray *events = week->plan->minutes[minute];

      week->now = plan_time (minute);
      musterd_clock_set (week->clock, week->now);
      if (week->engine != NULL)
        {
          while (g_main_context_iteration (week->context, FALSE))
            ;
          week_compare_told (week, TRUE, "by itself");
          watch_boundaries (week);
        }
      for (; next_blow < G_N_ELEMENTS (blows) && blows[next_blow].minute == minute; next_blow++)
        strike (week, blows[next_blow].blow, blows[next_blow].source);
      if (week->engine == NULL)
        continue;
      if (events != NULL)
        happen (week, events);
      if (minute % DAY == 10 * HOUR)
        compare_everybody (week, 1, "though nothing was told");
      else if (minute % HOUR == 0)
        compare_everybody (week, HOURLY, "though nothing was told");
    }
}

static guint64
number_from_env (const char *name, guint64 otherwise)
{
  const char *value = g_getenv (name);

  return value != NULL && *value != '\0' ? g_ascii_strtoull (value, NULL, 10) : otherwise;
}

static void
test_week (void)
{
  guint32 seed = (guint32) number_from_env ("MUSTER_SEED", (guint32) g_test_rand_int ());
  gint only = g_getenv ("MUSTER_WEEK_USER") != NULL ? (gint) number_from_env ("MUSTER_WEEK_USER", 0) : -1;
  guint n_users = (guint) number_from_env ("MUSTER_WEEK_USERS", MAX (DEFAULT_USERS, only + 1));
  gint64 begun = g_get_monotonic_time ();
  double seconds, naive;
  Week *week;

  g_test_message ("MUSTER_SEED=%u MUSTER_WEEK_USERS=%u", seed, n_users);
  week = week_new (seed, n_users, only);
  week_start (week);
  week_order_house (week, FALSE);
  populate (week);
  play (week);

  seconds = (double) (g_get_monotonic_time () - begun) / G_USEC_PER_SEC;
  naive = (double) week->naive_time / G_USEC_PER_SEC;
  g_test_message ("%u users, %" G_GUINT64_FORMAT " events, %" G_GUINT64_FORMAT " presences told, %" G_GUINT64_FORMAT
                  " compared; %.1f s, of which the naive one %.1f s: %.0f presences a second",
                  n_users, week->n_events, week->n_told, week->n_compared, seconds, naive,
                  (double) week->n_told / (seconds - naive));
  g_assert_cmpuint (week->n_reports, ==, 0);
  g_assert_cmpuint (week->n_passing, ==, 0);
  g_assert_cmpuint (week->n_told, >, only < 0 ? n_users * 10 : 0);
  week_free (week);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/week", test_week);
  return g_test_run ();
}
