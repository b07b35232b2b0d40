/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "history.h"

#include <string.h>

static const char *const sources[] = { "ews:hq", "teams:eu", "micsync" };
static const char *const keys[] = { "a", "b", "c", "d", "e", "f", "g", "h" };
static const char *const texts[] = { NULL, "Zoom", "Planning" };
static const char *const zones[] = { NULL, "Europe/Berlin", "America/New_York", "Asia/Tokyo" };
static const char *const asked_roles[] = { NULL, NULL, "ms-teams", "MS TEAMS", "break", "no-such-role" };

/* Roles and names that resolution looks for, each with its usual status. */
static const struct
{
  const char *role, *name;
  MusterdStatus status;
} known[] = {
  { "available", "Available", MUSTERD_STATUS_AVAILABLE },
  { "home-office", "Home office", MUSTERD_STATUS_AVAILABLE },
  { "be-right-back", "Be Right Back", MUSTERD_STATUS_BE_RIGHT_BACK },
  { "break", "Break", MUSTERD_STATUS_BE_RIGHT_BACK },
  { "appointment", "Appointment", MUSTERD_STATUS_BUSY },
  { "do-not-disturb", "Do not disturb", MUSTERD_STATUS_DO_NOT_DISTURB },
  { "out-of-office", "Out of office", MUSTERD_STATUS_UNAVAILABLE },
  { "on-holiday", "On holiday", MUSTERD_STATUS_UNAVAILABLE },
  { "unavailable", "Unavailable", MUSTERD_STATUS_UNAVAILABLE },
  { "logged-off", "Logged off", MUSTERD_STATUS_LOGGED_OFF },
  { "ms-teams", "MS Teams", MUSTERD_STATUS_BUSY },
  { "micsync", "MicSync", MUSTERD_STATUS_BUSY },
  { NULL, "Mine", MUSTERD_STATUS_AVAILABLE },
};

static gboolean
one_in (GRand *rand, int n)
{
  return g_rand_int_range (rand, 0, n) == 0;
}

#define PICK(rand, table) ((table)[g_rand_int_range ((rand), 0, G_N_ELEMENTS (table))])

static MusterdTime
random_time (GRand *rand)
{
  return HISTORY_START + g_rand_int_range (rand, 0, HISTORY_STEPS + 1) * HISTORY_STEP;
}

MusterdTime
history_random_now (GRand *rand)
{
  return random_time (rand) + g_rand_int_range (rand, -1, 2);
}

static MusterdStatus
random_status (GRand *rand)
{
  return (MusterdStatus) g_rand_int_range (rand, MUSTERD_STATUS_AVAILABLE, MUSTERD_N_STATUSES);
}

/* Settings. */

static MusterdTemplate *
random_template (GRand *rand, gboolean own)
{
  guint which = (guint) g_rand_int_range (rand, 0, G_N_ELEMENTS (known));
  const char *name = known[which].name;
  MusterdTemplate *tmpl;

  tmpl = musterd_template_new ("", name, one_in (rand, 4) ? NULL : known[which].role,
                               one_in (rand, 4) ? random_status (rand) : known[which].status,
                               one_in (rand, 2) ? name : NULL);
  tmpl->own = own;
  tmpl->active = !one_in (rand, 6);
  tmpl->stays = one_in (rand, 4);
  tmpl->forwarding.scope = (MusterdForwardScope) g_rand_int_range (rand, 0, MUSTERD_N_SCOPES);
  tmpl->forwarding.target = (MusterdForwardTarget) g_rand_int_range (rand, 0, MUSTERD_N_TARGETS);
  if (one_in (rand, 2))
    tmpl->forwarding.action = (MusterdForwardAction) g_rand_int_range (rand, 0, MUSTERD_N_FORWARD_ACTIONS);
  if (tmpl->forwarding.target == MUSTERD_TARGET_NUMBER && !one_in (rand, 4))
    tmpl->forwarding.number = g_strdup_printf ("+49 30 %d", g_rand_int_range (rand, 100, 999));
  return tmpl;
}

static void
add_rule (GArray *rules, GRand *rand)
{
  static const char *const refs[] = { NULL, "home-office", "Mine", "do-not-disturb", "no-such-role" };
  MusterdRule rule = { .name = g_strdup_printf ("r%u", rules->len), .template_ref = g_strdup (PICK (rand, refs)) };

  if (one_in (rand, 2))
    rule.free_busy = (guint32) g_rand_int_range (rand, 0, 1 << MUSTERD_N_FREE_BUSY);
  if (one_in (rand, 2))
    rule.responses = (guint32) g_rand_int_range (rand, 0, 1 << MUSTERD_N_RESPONSES);
  if (one_in (rand, 2))
    rule.all_day = (MusterdAllDay) g_rand_int_range (rand, MUSTERD_ALL_DAY_ANY, MUSTERD_ALL_DAY_NO + 1);
  rule.category = one_in (rand, 4) ? g_strdup ("travel") : NULL;
  rule.subject = one_in (rand, 4) ? g_strdup ("plan") : NULL;
  rule.n_attendees = one_in (rand, 4) ? 5 : 0;
  g_array_append_val (rules, rule);
}

MusterdSettings *
history_settings_new (GRand *rand)
{
  static const char *const starts[] = { "available", "home-office", "unavailable", "no-such-role" };
  static const char *const ends[] = { "unavailable", "logged-off", "no-such-role" };
  static const char *const idles[] = { "be-right-back", "break", "no-such-role" };
  static const gint64 idle_afters[]
      = { 0, 1, HISTORY_STEP, 3 * HISTORY_STEP, 40 * MUSTERD_DAY, MUSTERD_TIME_NEVER - MUSTERD_TIME_LAST,
          MUSTERD_TIME_NEVER };
  static const char *const standards[] = { "appointment", "appointment", "Mine", "no-such-role" };
  MusterdSettings *settings = musterd_settings_new_default ();
  int n_own = g_rand_int_range (rand, 0, 4), n_central = g_rand_int_range (rand, 0, 14);

  g_ptr_array_set_size (settings->templates, 0);
  for (int i = 0; i < n_own + n_central; i++)
    {
      MusterdTemplate *tmpl = random_template (rand, i < n_own);

      g_free (tmpl->id);
      tmpl->id = g_strdup_printf ("t%d", i);
      g_ptr_array_add (settings->templates, tmpl);
    }
  settings->start_role = PICK (rand, starts);
  settings->end_role = PICK (rand, ends);
  settings->idle_role = PICK (rand, idles);
  settings->locked_role = PICK (rand, idles);
  settings->standard_role = PICK (rand, standards);
  settings->idle_after = PICK (rand, idle_afters);
  settings->on_lock = one_in (rand, 2);
  settings->base_without_client = one_in (rand, 2) ? MUSTERD_STATUS_AVAILABLE : random_status (rand);
  settings->choice_ends =
      (MusterdChoiceEnds) g_rand_int_range (rand, MUSTERD_CHOICE_ENDS_AUTO, MUSTERD_CHOICE_ENDS_AFTER + 1);
  settings->choice_ends_after = g_rand_int_range (rand, 0, 6) * HISTORY_STEP;
  settings->subject_as_text = one_in (rand, 2);
  settings->count_tentative = one_in (rand, 2);
  settings->count_unanswered = one_in (rand, 2);
  settings->count_all_day = one_in (rand, 2);
  settings->count_elsewhere = one_in (rand, 2);
  if (one_in (rand, 2))
    {
      settings->rules = musterd_rules_new ();
      for (int i = one_in (rand, 8) ? MUSTERD_RULES_MAX : g_rand_int_range (rand, 0, 4); i > 0; i--)
        add_rule (settings->rules, rand);
      settings->rules_stamp = musterd_rules_stamp (settings->rules);
    }
  return settings;
}

/* Facts. */

static MusterdUser *
random_user (GRand *rand)
{
  const char *fields[MUSTERD_N_USER_FIELDS] = { NULL };

  fields[MUSTERD_USER_ZONE] = PICK (rand, zones);
  fields[MUSTERD_USER_HOME] = one_in (rand, 2) ? "+49 30 1" : NULL;
  fields[MUSTERD_USER_MOBILE] = one_in (rand, 2) ? "+49 170 2" : NULL;
  fields[MUSTERD_USER_VOICEMAIL] = one_in (rand, 2) ? "99" : NULL;
  return musterd_user_new ("alice@example.com", fields, NULL, NULL);
}

static void
add_claim (History *history, GRand *rand)
{
  MusterdClaimKind kind = (MusterdClaimKind) g_rand_int_range (rand, 0, MUSTERD_N_CLAIM_KINDS);
  gboolean leased = musterd_claim_kind_is_leased (kind);
  g_autoptr(MusterdClaim) claim = musterd_claim_new (PICK (rand, sources), "", PICK (rand, keys), kind);
  g_autoptr(MusterdClaim) old = NULL;

  claim->from = one_in (rand, 12) ? MUSTERD_TIME_ALWAYS : random_time (rand);
  claim->until = one_in (rand, leased ? 2 : 12) ? MUSTERD_TIME_NEVER : random_time (rand);
  if (leased)
    {
      claim->lease = 4 * HISTORY_STEP;
      claim->lease_until = random_time (rand);
    }
  musterd_claim_set_role (claim, PICK (rand, asked_roles));
  musterd_claim_set_text (claim, PICK (rand, texts));
  if (one_in (rand, 3))
    musterd_claim_set_more (claim, one_in (rand, 2) ? "https://example.com/1" : NULL, one_in (rand, 2) ? "In" : NULL,
                            one_in (rand, 2) ? claim->key : NULL);
  claim->is_private = one_in (rand, 4);
  /* A private claim comes without text; a calendar's may still have one, which must then not show. */
  if (claim->is_private && leased)
    musterd_claim_set_text (claim, NULL);
  if (one_in (rand, 2))
    claim->free_busy = (guint8) g_rand_int_range (rand, 0, MUSTERD_N_FREE_BUSY);
  if (one_in (rand, 2))
    claim->response = (guint8) g_rand_int_range (rand, 0, MUSTERD_N_RESPONSES);
  claim->all_day = one_in (rand, 5);
  claim->cancelled = one_in (rand, 10);
  /* Sometimes from before the rules were changed; of any kind, though only a calendar's has a meaning. */
  if (one_in (rand, 2))
    musterd_claim_set_met (claim, history->settings->rules_stamp ^ one_in (rand, 4),
                           (guint64) g_rand_int (rand) << 32 | g_rand_int (rand));

  old = musterd_facts_put_claim (&history->facts, claim, MUSTERD_TIME_ALWAYS);
  if (one_in (rand, 3))
    claim->began = random_time (rand);
}

static void
add_client (History *history, GRand *rand, const char *id)
{
  MusterdClient *client = g_new0 (MusterdClient, 1);

  client->source = g_strdup (PICK (rand, sources));
  client->id = g_strdup (id);
  client->state = (MusterdClientState) g_rand_int_range (rand, MUSTERD_CLIENT_ACTIVE, MUSTERD_CLIENT_LOCKED + 1);
  client->since = random_time (rand);
  client->seen = random_time (rand);
  client->lease = 2 * HISTORY_STEP;
  client->lease_until = random_time (rand);
  g_ptr_array_add (history->facts.clients, client);
}

static void
add_device (History *history, GRand *rand, const char *id)
{
  const char *source = PICK (rand, sources);
  MusterdDevice *device;

  for (guint i = 0; i < history->facts.devices->len; i++)
    {
      device = history->facts.devices->pdata[i];
      if (strcmp (device->id, id) == 0 && strcmp (device->source, source) == 0)
        return; /* a source has one device of a name */
    }
  device = g_new0 (MusterdDevice, 1);
  device->source = g_strdup (source);
  device->id = g_strdup (id);
  device->state
      = (MusterdTelephony) g_rand_int_range (rand, MUSTERD_TELEPHONY_IDLE, MUSTERD_TELEPHONY_ON_THE_PHONE + 1);
  device->label = one_in (rand, 2) ? g_strdup_printf ("phone %s", id) : NULL;
  device->since = random_time (rand);
  device->lease = MUSTERD_TELEPHONY_LEASE_MAX;
  device->lease_until = random_time (rand);
  g_ptr_array_add (history->facts.devices, device);
}

static void
add_ignore (History *history, GRand *rand)
{
  MusterdIgnore *ignore = g_new0 (MusterdIgnore, 1);

  ignore->source = g_strdup (PICK (rand, sources));
  ignore->key = g_strdup (PICK (rand, keys));
  ignore->from = random_time (rand);
  if (history->facts.claims->len > 0 && !one_in (rand, 6))
    {
      guint which = (guint) g_rand_int_range (rand, 0, (gint32) history->facts.claims->len);
      const MusterdClaim *claim = history->facts.claims->pdata[which];

      g_free (ignore->source);
      g_free (ignore->key);
      ignore->source = g_strdup (claim->source);
      ignore->key = g_strdup (claim->key);
      ignore->from = one_in (rand, 4) ? random_time (rand) : claim->from;
    }
  g_ptr_array_add (history->facts.ignores, ignore);
}

static MusterdChoice *
random_choice (GRand *rand, const MusterdSettings *settings)
{
  MusterdChoice *choice = g_new0 (MusterdChoice, 1);

  if (settings->templates->len > 0 && !one_in (rand, 3))
    {
      choice->template_id = g_strdup_printf ("t%d", g_rand_int_range (rand, 0, (gint32) settings->templates->len + 1));
      choice->stays = one_in (rand, 2);
    }
  choice->status = random_status (rand);
  choice->text = one_in (rand, 3) ? g_strdup ("Back soon") : NULL;
  choice->made = random_time (rand);
  choice->until = MUSTERD_TIME_NEVER;
  return choice;
}

History *
history_new_random (GRand *rand, MusterdSettings *settings)
{
  static const char *const ids[] = { "1", "2", "3" };
  History *history = g_new0 (History, 1);
  g_autoptr(MusterdUser) user = random_user (rand);
  int n_claims = one_in (rand, 8) ? 12 : g_rand_int_range (rand, 0, 5);

  musterd_facts_init (&history->facts, user);
  history->settings = musterd_settings_ref (settings);
  history->without = one_in (rand, 4) ? PICK (rand, sources) : NULL;
  for (int i = 0; i < n_claims; i++)
    add_claim (history, rand);
  if (one_in (rand, 2))
    {
      history->facts.clients = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_client_free);
      for (guint i = 0; i < G_N_ELEMENTS (ids) && !one_in (rand, 3); i++)
        add_client (history, rand, ids[i]);
    }
  if (one_in (rand, 2))
    {
      history->facts.devices = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_device_free);
      for (guint i = 0; i < G_N_ELEMENTS (ids) && !one_in (rand, 3); i++)
        add_device (history, rand, ids[one_in (rand, 4) ? 0 : i]);
    }
  if (one_in (rand, 3))
    {
      history->facts.ignores = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_ignore_free);
      for (int i = g_rand_int_range (rand, 0, 3); i > 0; i--)
        add_ignore (history, rand);
    }
  if (one_in (rand, 2))
    history->facts.standing = random_choice (rand, settings);
  if (one_in (rand, 3))
    {
      history->facts.timed = random_choice (rand, settings);
      history->facts.timed->until = random_time (rand);
    }
  history->facts.client_ended = one_in (rand, 4);
  return history;
}

void
history_free (History *history)
{
  musterd_facts_clear (&history->facts);
  musterd_settings_unref (history->settings);
  g_free (history);
}
