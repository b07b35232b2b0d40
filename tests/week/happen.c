/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "week.h"

#include <string.h>

/* Whether the engine took it, as it must for everybody whom there is, and must not for everybody else. */
static void
check (Week *week, guint user, gboolean taken, const GError *error)
{
  if (taken == week->ledger->users[user].exists)
    return;
  g_test_fail_printf ("u%05u: %s", user, taken ? "nobody of that name, and it was taken in" : error->message);
}

static void
on_done (const GError *error, gpointer data)
{
  Week *week = data;

  week->n_waiting--;
  if (error != NULL && !g_error_matches (error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND))
    g_test_fail_printf ("a command failed: %s", error->message);
}

static void
ordered (Week *week, guint user)
{
  if (!week->told[user] && !week->commanded[user])
    g_array_append_val (week->to_compare, user);
  week->commanded[user] = TRUE;
}

static void
say_calendar (Week *week, guint user, GPtrArray *calendar)
{
  LedgerSource source = plan_calendar_source (user);
  g_autofree char *id = week_id (user);
  g_autoptr(GPtrArray) copies = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_claim_unref);
  g_autoptr(GError) error = NULL;
  gboolean taken;

  for (guint i = 0; i < calendar->len; i++)
    g_ptr_array_add (copies, musterd_claim_copy (calendar->pdata[i]));
  taken = musterd_engine_claims_replace (week->engine, ledger_sources[source], id, "calendar", plan_time (-3000),
                                         plan_time (WEEK_MINUTES + 6000), (MusterdClaim *const *) copies->pdata,
                                         copies->len, &error);
  check (week, user, taken, error);
  ledger_replace (week->ledger, user, source, "calendar", plan_time (-3000), plan_time (WEEK_MINUTES + 6000), calendar,
                  week->now);
}

static void
say (Week *week, guint user, const MusterdClaim *claim)
{
  g_autofree char *id = week_id (user);
  g_autoptr(MusterdClaim) copy = musterd_claim_copy (claim);
  g_autoptr(GError) error = NULL;

  check (week, user, musterd_engine_claim_put (week->engine, id, copy, &error), error);
  ledger_put (week->ledger, user, claim, week->now);
}

static gint
compare_keys (gconstpointer a, gconstpointer b)
{
  return strcmp ((*(MusterdClaim *const *) a)->key, (*(MusterdClaim *const *) b)->key);
}

/* One of the entries of the user's calendar that are not over; NULL: there is none. */
static const MusterdClaim *
pick (Week *week, const PlanEvent *event)
{
  const char *source = ledger_sources[plan_calendar_source (event->user)];
  g_autoptr(GPtrArray) entries = g_ptr_array_new ();
  GPtrArray *claims;

  if (!week->ledger->users[event->user].exists)
    return NULL;
  ledger_prune (week->ledger, event->user, week->now);
  claims = week->ledger->users[event->user].facts.claims;
  for (guint i = 0; i < claims->len; i++)
    if (strcmp (((MusterdClaim *) claims->pdata[i])->source, source) == 0)
      g_ptr_array_add (entries, claims->pdata[i]);
  g_ptr_array_sort (entries, compare_keys);
  /* Those of today rather than those of next week. */
  for (guint i = 0; i < entries->len; i++)
    if (((MusterdClaim *) entries->pdata[i])->from <= week->now)
      return entries->pdata[i];
  return entries->len > 0 ? entries->pdata[event->number % entries->len] : NULL;
}

static void
change_entry (Week *week, const PlanEvent *event)
{
  const MusterdClaim *entry = pick (week, event);
  g_autoptr(MusterdClaim) claim = NULL;

  if (entry == NULL)
    return;
  claim = musterd_claim_copy (entry);
  switch (event->what % 8)
    {
    case 0: /* extended */
      claim->until += 30 * MUSTERD_MINUTE;
      break;
    case 1: /* moved ahead */
      claim->from += 45 * MUSTERD_MINUTE;
      claim->until += 45 * MUSTERD_MINUTE;
      break;
    case 2: /* it starts only now, or ten minutes later */
      claim->from = claim->from <= week->now ? week->now : claim->from + 10 * MUSTERD_MINUTE;
      claim->until += 10 * MUSTERD_MINUTE;
      break;
    case 3:
      claim->cancelled = TRUE;
      break;
    case 4:
      musterd_claim_set_text (claim, "Another title");
      break;
    case 5:
      claim->response = MUSTERD_RESPONSE_ACCEPTED;
      claim->free_busy = MUSTERD_FREE_BUSY_BUSY;
      break;
    case 6:
      claim->is_private = !claim->is_private;
      break;
    default:
      claim->free_busy = MUSTERD_FREE_BUSY_TENTATIVE;
      break;
    }
  say (week, event->user, claim);
}

static void
new_entry (Week *week, const PlanEvent *event)
{
  g_autofree char *key = g_strdup_printf ("new-%u", event->number);
  g_autoptr(MusterdClaim) claim = musterd_claim_new (ledger_sources[plan_calendar_source (event->user)], "calendar",
                                                     key, MUSTERD_CLAIM_APPOINTMENT);

  claim->from = plan_time (event->minute + (gint32) (event->number % 30));
  claim->until = plan_time (event->until + 30);
  claim->free_busy = MUSTERD_FREE_BUSY_BUSY;
  claim->response = MUSTERD_RESPONSE_ACCEPTED;
  musterd_claim_set_text (claim, "Ad hoc");
  say (week, event->user, claim);
}

static LedgerSource
source_of_kind (MusterdClaimKind kind)
{
  return kind == MUSTERD_CLAIM_MICROPHONE ? SOURCE_MICSYNC : SOURCE_TEAMS;
}

static void
put_claim (Week *week, const PlanEvent *event)
{
  g_autofree char *key = g_strdup_printf ("%u-%u", event->what, event->number);
  MusterdClaimKind kind = (MusterdClaimKind) event->what;
  g_autoptr(MusterdClaim) claim = musterd_claim_new (ledger_sources[source_of_kind (kind)], "", key, kind);

  claim->from = MUSTERD_CLAIM_NOW;
  claim->until = plan_time (event->until);
  claim->lease = event->lease * MUSTERD_MINUTE;
  if (kind == MUSTERD_CLAIM_CALL)
    {
      musterd_claim_set_role (claim, event->number % 4 == 0 ? NULL : "ms-teams");
      musterd_claim_set_text (claim, event->number % 5 == 0 ? NULL : "MS Teams");
    }
  else if (kind == MUSTERD_CLAIM_MICROPHONE)
    musterd_claim_set_text (claim, "Zoom");
  say (week, event->user, claim);
}

static void
drop_claim (Week *week, const PlanEvent *event)
{
  g_autofree char *id = week_id (event->user);
  g_autofree char *key = g_strdup_printf ("%u-%u", event->what, event->number);
  LedgerSource source = source_of_kind ((MusterdClaimKind) event->what);
  g_autoptr(GError) error = NULL;

  check (week, event->user, musterd_engine_claim_drop (week->engine, ledger_sources[source], id, key, &error), error);
  ledger_drop (week->ledger, event->user, source, key, week->now);
}

static void
choose (Week *week, const PlanEvent *event)
{
  g_autofree char *id = week_id (event->user);
  const char *name = "Available", *text = event->number % 3 == 0 ? "By hand" : NULL;
  MusterdStatus status = MUSTERD_STATUS_NONE;
  MusterdTime until = plan_time (event->until);

  if (event->type == PLAN_STATUS)
    {
      name = NULL;
      status = (MusterdStatus) event->what;
    }
  else if (week->ledger->users[event->user].exists)
    {
      const GPtrArray *templates = ledger_settings (week->ledger, event->user)->templates;

      name = ((MusterdTemplate *) templates->pdata[event->what % templates->len])->name;
    }
  week->n_waiting++;
  musterd_engine_choose (week->engine, id, name, status, text, until, NULL, on_done, week);
  ledger_choose (week->ledger, event->user, name, status, text, until, week->now);
}

static void
ignore (Week *week, const PlanEvent *event)
{
  g_autofree char *id = week_id (event->user);
  const MusterdClaim *entry = pick (week, event);
  g_autofree char *word = NULL;

  if (entry == NULL)
    return;
  word = g_strconcat (entry->source, "/", entry->key, NULL);
  week->n_waiting++;
  musterd_engine_ignore (week->engine, id, word, NULL, on_done, week);
  ledger_ignore (week->ledger, event->user, entry, week->now);
}

static void
say_client (Week *week, guint user, guint device, MusterdClientState state, MusterdTime since, gint64 lease)
{
  g_autofree char *id = week_id (user);
  const char *client = device == 0 ? "pc" : "laptop";
  g_autoptr(GError) error = NULL;

  check (week, user,
         musterd_engine_client (week->engine, ledger_sources[SOURCE_ACTIVITY], id, client, state, since, lease, &error),
         error);
  ledger_client (week->ledger, user, SOURCE_ACTIVITY, client, state, since, lease, week->now);
}

/* Some desktops say at once that nobody touches them, some when it has been so for a while. */
static void
happen_at_desk (Week *week, const PlanEvent *event)
{
  MusterdClientState state = (MusterdClientState) event->what;
  MusterdTime since = 0;

  if (state == MUSTERD_CLIENT_IDLE && event->number % 3 != 0)
    since = week->now - event->number % 15 * MUSTERD_MINUTE;
  say_client (week, event->user, event->device, state, since, event->lease * MUSTERD_MINUTE);
}

static void
say_phone (Week *week, const PlanEvent *event)
{
  g_autofree char *id = week_id (event->user);
  const char *device = event->device == 0 ? "desk" : "mobile";
  const char *label = event->what == MUSTERD_TELEPHONY_ON_THE_PHONE ? "+49 30 1" : NULL;
  gint64 lease = event->lease * MUSTERD_MINUTE;
  g_autoptr(GError) error = NULL;

  check (week, event->user,
         musterd_engine_telephony (week->engine, ledger_sources[SOURCE_PBX], id, device, (MusterdTelephony) event->what,
                                   label, lease, &error),
         error);
  ledger_telephony (week->ledger, event->user, SOURCE_PBX, device, (MusterdTelephony) event->what, label, lease,
                    week->now);
}

static void
add_user (Week *week, guint user)
{
  g_autoptr(MusterdUser) data = plan_user (user, week->n_data[user]++);

  week->n_waiting++;
  musterd_engine_put_users (week->engine, &data, 1, MUSTERD_PUT_ANY, on_done, week);
  ledger_add_user (week->ledger, user, data, week->now);
}

static void
remove_user (Week *week, guint user)
{
  g_autofree char *id = week_id (user);

  week->n_waiting++;
  musterd_engine_remove_user (week->engine, id, on_done, week);
  ledger_remove_user (week->ledger, user);
}

/* Whether the source of this is there to say it. */
static gboolean
can_be_said (const Week *week, const PlanEvent *event)
{
  LedgerSource source;

  switch ((PlanType) event->type)
    {
    case PLAN_ENTRY:
    case PLAN_CHANGE:
    case PLAN_TROUBLE:
      source = plan_calendar_source (event->user);
      break;
    case PLAN_PUT:
    case PLAN_DROP:
      source = source_of_kind ((MusterdClaimKind) event->what);
      break;
    case PLAN_PHONE:
      source = SOURCE_PBX;
      break;
    default:
      return TRUE;
    }
  return week->ledger->sources[source].lost == MUSTERD_TIME_NEVER;
}

gboolean
week_happen (Week *week, const PlanEvent *event)
{
  guint user = event->user;

  if (!can_be_said (week, event))
    return FALSE;
  week->n_events++;
  switch ((PlanType) event->type)
    {
    case PLAN_CALENDAR:
      {
        g_autoptr(GPtrArray) calendar = plan_calendar (week->plan, user);

        say_calendar (week, user, calendar);
        return FALSE;
      }
    case PLAN_ENTRY:
      new_entry (week, event);
      return FALSE;
    case PLAN_CHANGE:
      change_entry (week, event);
      return FALSE;
    case PLAN_PUT:
      put_claim (week, event);
      return FALSE;
    case PLAN_DROP:
      drop_claim (week, event);
      return FALSE;
    case PLAN_PHONE:
      say_phone (week, event);
      return FALSE;
    case PLAN_TROUBLE:
      {
        g_autofree char *id = week_id (user);

        musterd_engine_user_state (week->engine, ledger_sources[plan_calendar_source (user)], id, event->what);
        ledger_user_state (week->ledger, user, plan_calendar_source (user), event->what, week->now);
        return FALSE;
      }
    case PLAN_CHOOSE:
    case PLAN_STATUS:
      choose (week, event);
      break;
    case PLAN_AUTO:
      {
        g_autofree char *id = week_id (user);

        week->n_waiting++;
        musterd_engine_automatic (week->engine, id, NULL, on_done, week);
        ledger_automatic (week->ledger, user, week->now);
        break;
      }
    case PLAN_IGNORE:
      ignore (week, event);
      break;
    case PLAN_CLIENT:
      happen_at_desk (week, event);
      return FALSE;
    case PLAN_TEMPLATE:
      {
        g_autofree char *id = week_id (user);

        week->n_waiting += house_order_own (week->engine, id, on_done, week);
        ledger_add_template (week->ledger, user, week->now);
        break;
      }
    case PLAN_ADD:
      add_user (week, user);
      break;
    case PLAN_REMOVE:
    default:
      remove_user (week, user);
      break;
    }
  ordered (week, user);
  return TRUE;
}

void
week_order_house (Week *week, gboolean later)
{
  week->is_ordering = TRUE;
  week->n_waiting
      += later ? house_order_later (week->engine, on_done, week) : house_order (week->engine, on_done, week);
  week_rest (week);
  week->is_ordering = FALSE;
  if (later)
    ledger_change_house (week->ledger, week->now);
}

/* ---- a new run of a source ---- */

static void
resay_calendar (Week *week, guint user, LedgerSource source)
{
  const GPtrArray *claims = week->ledger->users[user].facts.claims;
  g_autoptr(GPtrArray) calendar = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_claim_unref);

  for (guint i = 0; i < claims->len; i++)
    if (strcmp (((MusterdClaim *) claims->pdata[i])->source, ledger_sources[source]) == 0)
      g_ptr_array_add (calendar, musterd_claim_ref (claims->pdata[i]));
  say_calendar (week, user, calendar);
}

/* Half of the calls and so on are over, as it turns out. */
static void
resay_claims (Week *week, guint user, LedgerSource source)
{
  const GPtrArray *claims = week->ledger->users[user].facts.claims;
  g_autoptr(GPtrArray) true_still = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_claim_unref);

  for (guint i = 0; i < claims->len; i++)
    {
      MusterdClaim *claim = claims->pdata[i];

      if (strcmp (claim->source, ledger_sources[source]) == 0 && (g_str_hash (claim->key) + user) % 2 == 0)
        g_ptr_array_add (true_still, musterd_claim_copy (claim));
    }
  for (guint i = 0; i < true_still->len; i++)
    {
      ((MusterdClaim *) true_still->pdata[i])->from = MUSTERD_CLAIM_NOW;
      say (week, user, true_still->pdata[i]);
    }
}

/* One desktop in ten has vanished meanwhile. */
static void
resay_clients (Week *week, guint user)
{
  const GPtrArray *clients = week->ledger->users[user].facts.clients;

  for (guint i = 0; i < clients->len && user % 100 / 10 != 3; i++)
    {
      const MusterdClient *client = clients->pdata[i];

      if (client->lease_until > week->now)
        say_client (week, user, strcmp (client->id, "pc") == 0 ? 0 : 1, client->state, client->since,
                    client->lease);
    }
}

void
week_source_resays (Week *week, LedgerSource source)
{
  for (guint user = 0; user < week->n_users; user++)
    {
      if (!week->ledger->users[user].exists)
        continue;
      ledger_prune (week->ledger, user, week->now);
      if (source == SOURCE_ACTIVITY)
        resay_clients (week, user);
      else if (source == SOURCE_TEAMS || source == SOURCE_MICSYNC)
        resay_claims (week, user, source);
      else if (source == plan_calendar_source (user))
        resay_calendar (week, user, source);
    }
}
