/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan-parts.h"

static const char *const zones[] = { "Europe/Berlin", "America/New_York", "Asia/Beirut" };

PlanPerson
plan_person (guint user)
{
  switch (user % 10)
    {
    case 7:
      return PERSON_PHONE;
    case 8:
      return PERSON_AWAY;
    case 9:
      return PERSON_ROAMER;
    default:
      return PERSON_DESK;
    }
}

/* The minute of the week at which that day begins for the user; the days count from 0. */
gint32
plan_midnight (guint user, gint day)
{
  static gint32 known[G_N_ELEMENTS (zones)][WEEK_DAYS + 3];
  static gboolean filled;

  if (!filled)
    for (guint i = 0; i < G_N_ELEMENTS (zones); i++)
      {
        g_autoptr(GTimeZone) zone = g_time_zone_new_identifier (zones[i]);

        g_assert_nonnull (zone);
        for (gint d = 0; d < WEEK_DAYS + 3; d++)
          {
            g_autoptr(GDateTime) first = g_date_time_new (zone, 2026, 3, 25, 0, 0, 0);
            g_autoptr(GDateTime) date = g_date_time_add_days (first, d);

            known[i][d] = (gint32) (g_date_time_to_unix (date) / 60 - WEEK_START / MUSTERD_MINUTE);
          }
      }
  filled = TRUE;
  return known[user / 10 % G_N_ELEMENTS (zones)][day + 1];
}

gboolean
plan_is_workday (gint day)
{
  return day != 2 && day != 3; /* Saturday, Sunday */
}

GRand *
plan_rand (guint32 seed, guint user, guint what)
{
  const guint32 seeds[] = { seed, user, what };

  return g_rand_new_with_seed_array (seeds, G_N_ELEMENTS (seeds));
}

gboolean
plan_chance (GRand *rand, double of_all)
{
  return g_rand_double (rand) < of_all;
}

MusterdTime
plan_time (gint32 minute)
{
  return minute == PLAN_OPEN ? MUSTERD_TIME_NEVER : WEEK_START + minute * MUSTERD_MINUTE;
}

MusterdUser *
plan_user (guint user, guint times)
{
  const char *fields[MUSTERD_N_USER_FIELDS] = { NULL };
  g_autofree char *id = g_strdup_printf ("u%05u", user);
  g_autofree char *mobile = g_strdup_printf ("+49170%05u%u", user, times);
  g_autoptr(GError) error = NULL;
  MusterdUser *data;

  fields[MUSTERD_USER_ZONE] = zones[user / 10 % G_N_ELEMENTS (zones)];
  fields[MUSTERD_USER_VOICEMAIL] = "899";
  fields[MUSTERD_USER_LOCATION] = house_name ((user / 30 + times) % HOUSE_LOCATIONS);
  if (user % 5 != 0 || times > 0)
    fields[MUSTERD_USER_MOBILE] = mobile;
  data = musterd_user_new (id, fields, NULL, &error);
  g_assert_no_error (error);
  return data;
}

LedgerSource
plan_calendar_source (guint user)
{
  return (LedgerSource) (SOURCE_EWS + user % 3);
}

/* ---- what happens ---- */

typedef struct
{
  Plan  *plan;
  GRand *rand;
  guint  user;
  gint32 midnight; /* of the day that is being planned */
} Day;

/* Whether something befalls the user in that minute already; the plans are made one user after the other. */
static gboolean
is_taken (const Day *day, gint32 minute)
{
  const GArray *events = day->plan->minutes[minute];

  return events != NULL && g_array_index (events, PlanEvent, events->len - 1).user == day->user;
}

/* `at` is the minute of the day, or the first after it that is not taken, so that each thing that befalls a user is
 * looked at by itself. What lies outside the week is not played. */
static PlanEvent *
add (Day *day, gint32 at, PlanType type)
{
  static PlanEvent nowhere;
  PlanEvent event = { .user = day->user, .minute = day->midnight + at, .until = PLAN_OPEN, .type = (guint8) type };
  GArray **minute;

  event.number = g_rand_int (day->rand);
  while (event.minute > 0 && event.minute < WEEK_MINUTES && is_taken (day, event.minute))
    event.minute++;
  if (event.minute <= 0 || event.minute >= WEEK_MINUTES)
    return &nowhere;
  minute = &day->plan->minutes[event.minute];
  if (*minute == NULL)
    *minute = g_array_new (FALSE, FALSE, sizeof (PlanEvent));
  g_array_append_val (*minute, event);
  return &g_array_index (*minute, PlanEvent, (*minute)->len - 1);
}

static gint32
between (Day *day, gint32 from, gint32 until, gint32 step)
{
  return from + step * g_rand_int_range (day->rand, 0, (until - from) / step);
}

static void
add_client (Day *day, gint32 at, MusterdClientState state, guint8 device, gint32 lease)
{
  PlanEvent *event = add (day, at, PLAN_CLIENT);

  event->what = state;
  event->device = device;
  event->lease = lease;
}

static void
plan_desk (Day *day)
{
  gint32 start = between (day, 7 * HOUR + 30, 9 * HOUR, 1), end = between (day, 16 * HOUR, 18 * HOUR, 1);
  gint32 lunch = between (day, 12 * HOUR, 13 * HOUR, 1), away = between (day, 14 * HOUR, 15 * HOUR, 1);

  add_client (day, start, MUSTERD_CLIENT_ACTIVE, 0, 0);
  if (plan_chance (day->rand, 0.2))
    {
      add_client (day, start + 30, MUSTERD_CLIENT_ACTIVE, 1, 0);
      add_client (day, end - 60, MUSTERD_CLIENT_ENDED, 1, 0);
    }
  add_client (day, lunch, MUSTERD_CLIENT_LOCKED, 0, 0);
  add_client (day, lunch + 35, MUSTERD_CLIENT_ACTIVE, 0, 0);
  if (plan_chance (day->rand, 0.5))
    {
      add_client (day, away, MUSTERD_CLIENT_IDLE, 0, 0);
      add_client (day, away + 15, MUSTERD_CLIENT_ACTIVE, 0, 0);
    }
  if (plan_chance (day->rand, 0.9))
    add_client (day, end, MUSTERD_CLIENT_ENDED, 0, 0);
}

/* Heartbeats every 25 minutes for leases of half an hour, a gap now and then, and an end that is not said. */
static void
plan_roamer (Day *day)
{
  gint32 end = between (day, 15 * HOUR, 19 * HOUR, 1);
  guint8 device = (guint8) (day->user / 10 % 2);

  for (gint32 at = between (day, 7 * HOUR, 10 * HOUR, 1); at < end; at += 25)
    if (plan_chance (day->rand, 0.9))
      add_client (day, at, plan_chance (day->rand, 0.15) ? MUSTERD_CLIENT_IDLE : MUSTERD_CLIENT_ACTIVE, device, 30);
  if (plan_chance (day->rand, 0.4))
    add_client (day, end, MUSTERD_CLIENT_ENDED, device, 0);
}

static void
plan_claim (Day *day, MusterdClaimKind kind, double of_all, gint32 lease)
{
  gint32 at = between (day, 9 * HOUR, 16 * HOUR, 1), length = between (day, 3, 50, 1);
  guint32 number;
  PlanEvent *event;

  if (!plan_chance (day->rand, of_all))
    return;
  event = add (day, at, PLAN_PUT);
  event->what = kind;
  event->lease = lease;
  number = event->number;
  /* Renewed while it lasts; now and then nobody says that it is over. */
  for (gint32 later = at + lease - 3; later < at + length; later += lease - 3)
    {
      event = add (day, later, PLAN_PUT);
      event->what = kind;
      event->lease = lease;
      event->number = number;
    }
  if (plan_chance (day->rand, 0.1))
    return;
  event = add (day, at + length, PLAN_DROP);
  event->what = kind;
  event->number = number;
}

static void
add_phone (Day *day, gint32 at, MusterdTelephony state, guint8 device)
{
  PlanEvent *event = add (day, at, PLAN_PHONE);

  event->what = state;
  event->device = device;
}

static void
plan_phone_call (Day *day)
{
  gint32 at = between (day, 8 * HOUR, 17 * HOUR, 1), length = between (day, 1, 12, 1);
  guint8 device = (guint8) g_rand_int_range (day->rand, 0, 2);

  add_phone (day, at, MUSTERD_TELEPHONY_RINGING, device);
  for (gint32 later = at + 1; later < at + 1 + length; later += 4)
    add_phone (day, later, MUSTERD_TELEPHONY_ON_THE_PHONE, device);
  /* Else its lease runs out. */
  if (plan_chance (day->rand, 0.9))
    add_phone (day, at + 1 + length,
               plan_chance (day->rand, 0.7) ? MUSTERD_TELEPHONY_NONE : MUSTERD_TELEPHONY_IDLE, device);
}

/* Out of whatever there is at that time, which then is not what it was. */
static void
plan_override (Day *day)
{
  gint32 at = between (day, 9 * HOUR, 16 * HOUR, 5);
  PlanEvent *event;

  if (!plan_chance (day->rand, 0.05))
    return;
  event = add (day, at, PLAN_STATUS);
  event->what = MUSTERD_STATUS_AVAILABLE;
  event = add (day, at + 3, PLAN_CHANGE);
  event->what = (guint8) g_rand_int_range (day->rand, 0, 3);
}

/* At every fifth minute, so that many share the disk's commits. */
static void
plan_choices (Day *day, double of_all, gint32 last)
{
  PlanEvent *event;

  if (plan_chance (day->rand, of_all))
    {
      event = add (day, between (day, 8 * HOUR, last, 5), PLAN_CHOOSE);
      event->what = (guint8) g_rand_int_range (day->rand, 0, 256);
    }
  if (plan_chance (day->rand, of_all))
    {
      event = add (day, between (day, 8 * HOUR, last, 5), PLAN_CHOOSE);
      event->what = (guint8) g_rand_int_range (day->rand, 0, 256);
      event->until = event->minute + g_rand_int_range (day->rand, 1, 120);
    }
  if (plan_chance (day->rand, of_all / 3))
    {
      event = add (day, between (day, 8 * HOUR, last, 5), PLAN_STATUS);
      event->what = (guint8) g_rand_int_range (day->rand, MUSTERD_STATUS_AVAILABLE, MUSTERD_N_STATUSES);
    }
  if (plan_chance (day->rand, of_all / 2))
    add (day, between (day, 10 * HOUR, 18 * HOUR, 5), PLAN_AUTO);
  if (plan_chance (day->rand, of_all / 2))
    add (day, between (day, 9 * HOUR, 17 * HOUR, 5), PLAN_IGNORE);
}

static void
plan_calendar_changes (Day *day)
{
  PlanEvent *event;

  if (plan_chance (day->rand, 0.1))
    {
      event = add (day, between (day, 7 * HOUR, 17 * HOUR, 1), PLAN_CHANGE);
      event->what = (guint8) g_rand_int_range (day->rand, 0, 256);
    }
  if (plan_chance (day->rand, 0.1))
    {
      event = add (day, between (day, 8 * HOUR, 16 * HOUR, 1), PLAN_ENTRY);
      event->until = event->minute + g_rand_int_range (day->rand, 15, 90);
    }
  if (plan_chance (day->rand, 0.02))
    {
      gint32 at = between (day, 8 * HOUR, 16 * HOUR, 1);

      event = add (day, at, PLAN_TROUBLE);
      event->what = FALSE;
      event = add (day, at + between (day, 5, 500, 1), PLAN_TROUBLE);
      event->what = TRUE;
    }
}

static void
plan_workday (Day *day)
{
  PlanPerson person = plan_person (day->user);

  switch (person)
    {
    case PERSON_DESK:
      plan_desk (day);
      plan_choices (day, 0.15, 18 * HOUR);
      break;
    case PERSON_ROAMER:
      plan_roamer (day);
      plan_choices (day, 0.2, 18 * HOUR);
      break;
    case PERSON_PHONE:
      plan_choices (day, 0.5, 24 * HOUR);
      plan_phone_call (day);
      break;
    case PERSON_AWAY:
    default:
      plan_choices (day, 0.1, 18 * HOUR);
      break;
    }
  if (person == PERSON_AWAY)
    return;
  plan_override (day);
  plan_claim (day, MUSTERD_CLAIM_CALL, 0.3, 15);
  plan_claim (day, MUSTERD_CLAIM_MICROPHONE, 0.2, 10);
  plan_claim (day, MUSTERD_CLAIM_DND, 0.07, 60);
  plan_claim (day, MUSTERD_CLAIM_SHARING, 0.07, 20);
  if (plan_chance (day->rand, 0.4))
    plan_phone_call (day);
}

static void
plan_one (Plan *plan, guint user)
{
  g_autoptr(GRand) rand = plan_rand (plan->seed, user, 0);
  Day day = { .plan = plan, .rand = rand, .user = user };

  for (gint d = 0; d < WEEK_DAYS; d++)
    {
      day.midnight = plan_midnight (user, d);
      if (plan_is_workday (d))
        plan_workday (&day);
      else
        plan_choices (&day, 0.03, 24 * HOUR);
      plan_calendar_changes (&day);
    }
  day.midnight = 0;
  if (plan_chance (rand, 0.03))
    {
      gint32 at = between (&day, HOUR, 6 * 24 * HOUR, 5);

      add (&day, at, PLAN_REMOVE);
      if (plan_chance (rand, 0.8))
        add (&day, at + between (&day, 5, 24 * HOUR, 5), PLAN_ADD);
    }
  else if (plan_chance (rand, 0.05))
    add (&day, between (&day, HOUR, 6 * 24 * HOUR, 5), PLAN_ADD); /* another number, in another location */
  if (user % 16 == 5)
    add (&day, between (&day, HOUR, 3 * 24 * HOUR, 5), PLAN_TEMPLATE);
}

Plan *
plan_new (guint32 seed, guint n_users, gint only)
{
  Plan *plan = g_new0 (Plan, 1);

  plan->seed = seed;
  for (guint i = 0; i < n_users; i++)
    if (only < 0 || (guint) only == i)
      plan_one (plan, i);
  return plan;
}

void
plan_free (Plan *plan)
{
  for (guint i = 0; i < WEEK_MINUTES; i++)
    if (plan->minutes[i] != NULL)
      g_array_unref (plan->minutes[i]);
  g_free (plan);
}
