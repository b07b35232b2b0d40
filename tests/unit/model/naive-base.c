/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What stands under the overlays at a moment. */
#include "naive.h"

#include <string.h>
#include <strings.h>

#include "naive-parts.h"

#define QUARTER (15 * 60)
#define SECONDS_OF_DAY (24 * 3600)

const MusterdTemplate *
naive_find_template (const MusterdSettings *settings, const char *role_or_name)
{
  for (int own = 1; own >= 0; own--)
    for (guint i = 0; i < settings->templates->len; i++)
      {
        const MusterdTemplate *tmpl = settings->templates->pdata[i];

        if (!tmpl->active || tmpl->own != own)
          continue;
        if (g_strcmp0 (tmpl->role, role_or_name) == 0 || strcasecmp (tmpl->name, role_or_name) == 0)
          return tmpl;
      }
  return NULL;
}

const MusterdTemplate *
naive_find_template_by_status (const MusterdSettings *settings, MusterdStatus status)
{
  for (int own = 1; own >= 0; own--)
    for (guint i = 0; i < settings->templates->len; i++)
      {
        const MusterdTemplate *tmpl = settings->templates->pdata[i];

        if (tmpl->active && tmpl->own == own && tmpl->status == status)
          return tmpl;
      }
  return NULL;
}

/* Nobody who is merely unavailable is on holiday: the template called as the status is, if it still shows that. */
static const MusterdTemplate *
naive_find_plain_template (const MusterdSettings *settings, MusterdStatus status)
{
  const MusterdTemplate *named = naive_find_template (settings, musterd_status_to_string (status));

  if (named == NULL || named->status != status)
    return naive_find_template_by_status (settings, status);
  return named;
}

const MusterdTemplate *
naive_choice_template (const MusterdSettings *settings, const MusterdChoice *choice)
{
  for (guint i = 0; choice->template_id != NULL && i < settings->templates->len; i++)
    {
      const MusterdTemplate *tmpl = settings->templates->pdata[i];

      if (strcmp (tmpl->id, choice->template_id) == 0)
        return tmpl;
    }
  return NULL;
}

/* The end of a standing choice. */

static gint64
offset_at (GTimeZone *zone, gint64 second)
{
  return g_time_zone_get_offset (zone, g_time_zone_find_interval (zone, G_TIME_TYPE_UNIVERSAL, second));
}

/* The number of the day on a calendar on the wall; no moment of a test lies before 1970. */
static gint64
day_on_the_wall (GTimeZone *zone, gint64 second)
{
  return (second + offset_at (zone, second)) / SECONDS_OF_DAY;
}

/* Looks at the calendar on the wall every quarter of an hour until it shows another day: no clock of these years has
 * ever been moved at another moment, nor a day begun at one. */
static MusterdTime
end_of_day (MusterdTime moment, const char *zone_name)
{
  static GHashTable *zones; /* GLib reads a zone's file anew once nobody holds the zone */
  gint64 second = moment / MUSTERD_SECOND;
  gint64 tomorrow, look;
  GTimeZone *zone;

  if (zones == NULL)
    zones = g_hash_table_new (g_str_hash, g_str_equal);
  if (zone_name == NULL)
    zone_name = "";
  zone = g_hash_table_lookup (zones, zone_name);
  if (zone == NULL)
    {
      zone = *zone_name != '\0' ? g_time_zone_new_identifier (zone_name) : g_time_zone_new_local ();
      g_assert_nonnull (zone);
      g_hash_table_insert (zones, g_strdup (zone_name), zone);
    }

  tomorrow = day_on_the_wall (zone, second) + 1;
  look = tomorrow * SECONDS_OF_DAY - offset_at (zone, second) - 3 * 3600;
  look -= look % QUARTER;
  while (look <= second || day_on_the_wall (zone, look) < tomorrow)
    look += QUARTER;
  return look * MUSTERD_SECOND;
}

/* By its template as it is now; where that is gone, as it was when it was chosen. */
static gboolean
naive_choice_stays (const MusterdChoice *choice, const MusterdTemplate *tmpl)
{
  if (tmpl == NULL)
    return choice->stays;
  return tmpl->stays;
}

MusterdTime
naive_choice_end (const MusterdFacts *facts, const MusterdSettings *settings)
{
  const MusterdChoice *choice = facts->standing;
  const MusterdTemplate *tmpl;
  const char *zone = facts->user->fields[MUSTERD_USER_ZONE];
  gboolean has_client = facts->client_ended || (facts->clients != NULL && facts->clients->len > 0);

  if (choice == NULL)
    return MUSTERD_TIME_NEVER;
  tmpl = naive_choice_template (settings, choice);
  if (naive_choice_stays (choice, tmpl))
    return MUSTERD_TIME_NEVER;
  switch (settings->choice_ends)
    {
    case MUSTERD_CHOICE_ENDS_NEVER:
      return MUSTERD_TIME_NEVER;
    case MUSTERD_CHOICE_ENDS_AFTER:
      return choice->made < MUSTERD_TIME_NEVER - settings->choice_ends_after
                 ? choice->made + settings->choice_ends_after
                 : MUSTERD_TIME_NEVER;
    case MUSTERD_CHOICE_ENDS_AUTO:
      if (has_client)
        return MUSTERD_TIME_NEVER;
      return end_of_day (choice->made, zone != NULL ? zone : settings->zone);
    case MUSTERD_CHOICE_ENDS_DAY:
    default:
      return end_of_day (choice->made, zone != NULL ? zone : settings->zone);
    }
}

/* Client state. */

/* The moment at which nobody has touched this desktop for so long that they are not there; NEVER where that does not
 * matter: it is in use, or its lock says already that nobody is. */
MusterdTime
naive_client_ripens (const MusterdClient *client, const MusterdSettings *settings)
{
  gboolean untouched = client->state == MUSTERD_CLIENT_IDLE;

  if (client->state == MUSTERD_CLIENT_LOCKED && !settings->on_lock)
    untouched = TRUE;
  if (!untouched || settings->idle_after == MUSTERD_TIME_NEVER)
    return MUSTERD_TIME_NEVER;
  return client->since + settings->idle_after;
}

MusterdClientState
naive_client_state (const MusterdFacts *facts, const MusterdSettings *settings, MusterdTime now)
{
  gboolean any = FALSE, active = FALSE, idle = FALSE, locked = FALSE;

  for (guint i = 0; facts->clients != NULL && i < facts->clients->len; i++)
    {
      const MusterdClient *client = facts->clients->pdata[i];

      any = TRUE;
      if (client->lease_until <= now)
        continue;
      switch (client->state)
        {
        case MUSTERD_CLIENT_ACTIVE:
          active = TRUE;
          break;
        case MUSTERD_CLIENT_LOCKED:
          if (settings->on_lock)
            {
              locked = TRUE;
              break;
            }
          G_GNUC_FALLTHROUGH;
        default:
          if (now >= naive_client_ripens (client, settings))
            idle = TRUE;
          else
            active = TRUE;
        }
    }
  if (active)
    return MUSTERD_CLIENT_ACTIVE;
  if (idle)
    return MUSTERD_CLIENT_IDLE;
  if (locked)
    return MUSTERD_CLIENT_LOCKED;
  return any || facts->client_ended ? MUSTERD_CLIENT_ENDED : MUSTERD_CLIENT_NONE;
}

/* The last sign of life of the clients, all of which are lost; ALWAYS if there is none or one of them lives. */
static MusterdTime
all_lost_since (const MusterdFacts *facts, MusterdTime now)
{
  MusterdTime seen = MUSTERD_TIME_ALWAYS;

  for (guint i = 0; facts->clients != NULL && i < facts->clients->len; i++)
    {
      const MusterdClient *client = facts->clients->pdata[i];

      if (client->lease_until > now)
        return MUSTERD_TIME_ALWAYS;
      seen = MAX (seen, client->seen);
    }
  return seen;
}

/* Base. */

static void
base_take_choice (NaiveBase *base, const MusterdSettings *settings, const MusterdChoice *choice, gboolean timed)
{
  base->origin = MUSTERD_ORIGIN_CHOICE;
  base->choice = choice;
  base->timed = timed;
  base->tmpl = naive_choice_template (settings, choice);
  base->status = base->tmpl != NULL ? base->tmpl->status : choice->status;
  base->text = choice->text;
  if (base->text == NULL && base->tmpl != NULL)
    base->text = base->tmpl->text;
}

static void
base_take_template (NaiveBase *base, MusterdOrigin origin, const MusterdTemplate *tmpl, MusterdStatus otherwise)
{
  base->origin = origin;
  base->tmpl = tmpl;
  base->status = tmpl != NULL ? tmpl->status : otherwise;
  base->text = tmpl != NULL ? tmpl->text : NULL;
}

NaiveBase
naive_find_base (const MusterdFacts *facts, const MusterdSettings *settings, MusterdTime now)
{
  NaiveBase base = { 0 };

  if (facts->timed != NULL && now < facts->timed->until)
    {
      base_take_choice (&base, settings, facts->timed, TRUE);
      return base;
    }
  if (facts->standing != NULL && now < facts->standing->until)
    {
      base_take_choice (&base, settings, facts->standing, FALSE);
      /* Whoever was available at a desktop that has vanished since is not available any more. */
      if (base.status != MUSTERD_STATUS_AVAILABLE || facts->standing->made >= all_lost_since (facts, now))
        return base;
      base = (NaiveBase){ 0 };
    }

  switch (naive_client_state (facts, settings, now))
    {
    case MUSTERD_CLIENT_ACTIVE:
    case MUSTERD_CLIENT_IDLE:
    case MUSTERD_CLIENT_LOCKED:
      base_take_template (&base, MUSTERD_ORIGIN_CLIENT, naive_find_template (settings, settings->start_role),
                          MUSTERD_STATUS_AVAILABLE);
      break;
    case MUSTERD_CLIENT_ENDED:
      base_take_template (&base, MUSTERD_ORIGIN_CLIENT, naive_find_template (settings, settings->end_role),
                          MUSTERD_STATUS_UNAVAILABLE);
      break;
    case MUSTERD_CLIENT_NONE:
    case MUSTERD_N_CLIENT_STATES:
    default:
      base_take_template (&base, MUSTERD_ORIGIN_DEFAULT,
                          naive_find_plain_template (settings, settings->base_without_client),
                          settings->base_without_client);
      break;
    }
  return base;
}

gboolean
naive_base_stays (const NaiveBase *base)
{
  return base->choice != NULL && naive_choice_stays (base->choice, base->tmpl);
}
