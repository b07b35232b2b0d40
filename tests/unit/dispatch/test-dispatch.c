/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Slots under a virtual clock: order, bounds, retry, what why says. The sink is a list of what it was handed. */
#include "dispatch/dispatch.h"

#define T0 (G_GINT64_CONSTANT (1772438400) * MUSTERD_SECOND)

typedef struct
{
  char            *user;
  MusterdPresence *desired;
  guint64          delivery;
} Handed;

static void
handed_free (gpointer data)
{
  Handed *handed = data;

  g_free (handed->user);
  musterd_presence_unref (handed->desired);
  g_free (handed);
}

typedef struct
{
  MusterdClock    *clock;
  MusterdSettings *settings;
  MusterdEngine   *engine;
  MusterdDispatch *dispatch;
  MusterdSink     *sink;
  MusterdSinkPort  port;
  GPtrArray       *handed; /* Handed, in order */
  const char      *only;   /* nullable: takes this user alone */
} Fixture;

static gboolean
takes (MusterdUser *user, gpointer data)
{
  Fixture *fixture = data;

  return fixture->only == NULL || g_str_equal (user->id, fixture->only);
}

static void
apply (MusterdUser *user, MusterdPresence *desired, guint64 delivery, gpointer data)
{
  Fixture *fixture = data;
  Handed *handed = g_new0 (Handed, 1);

  handed->user = g_strdup (user->id);
  handed->desired = musterd_presence_ref (desired);
  handed->delivery = delivery;
  g_ptr_array_add (fixture->handed, handed);
}

static void
rest (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
pass (Fixture *fixture, gint64 time)
{
  musterd_clock_set (fixture->clock, musterd_clock_now (fixture->clock) + time);
  rest ();
}

static void
add_user (Fixture *fixture, const char *id, const char *mobile)
{
  const char *fields[MUSTERD_N_USER_FIELDS] = { [MUSTERD_USER_MOBILE] = mobile };
  g_autoptr(MusterdUser) user = musterd_user_new (id, fields, NULL, NULL);

  musterd_engine_put_users (fixture->engine, &user, 1, MUSTERD_PUT_ANY, NULL, NULL);
  rest ();
}

static void
choose (Fixture *fixture, const char *user, const char *what)
{
  musterd_engine_choose (fixture->engine, user, what, MUSTERD_STATUS_NONE, NULL, MUSTERD_TIME_NEVER, NULL, NULL, NULL);
  rest ();
}

static void
set_up (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  fixture->clock = musterd_clock_new_virtual (T0);
  fixture->settings = musterd_settings_new_default ();
  fixture->engine = musterd_engine_new (fixture->clock, NULL, fixture->settings, NULL);
  fixture->dispatch = musterd_dispatch_new (fixture->engine, fixture->clock);
  fixture->handed = g_ptr_array_new_with_free_func (handed_free);
  fixture->port = (MusterdSinkPort){ .instance = "lamp",
                                     .needs = MUSTERD_PART_STATUS | MUSTERD_PART_TEXT,
                                     .max_in_flight = 2,
                                     .deadline = 30 * MUSTERD_SECOND,
                                     .view = MUSTERD_RELATION_TEAM_COLLEAGUE,
                                     .takes = takes,
                                     .apply = apply,
                                     .data = fixture };
  add_user (fixture, "alice", NULL);
  add_user (fixture, "bob", NULL);
  add_user (fixture, "carol", NULL);
}

static void
tear_down (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  musterd_dispatch_free (fixture->dispatch);
  musterd_engine_free (fixture->engine);
  musterd_settings_unref (fixture->settings);
  musterd_clock_unref (fixture->clock);
  g_ptr_array_unref (fixture->handed);
}

static Handed *
nth (Fixture *fixture, guint i)
{
  g_assert_cmpuint (i, <, fixture->handed->len);
  return g_ptr_array_index (fixture->handed, i);
}

static void
answer (Fixture *fixture, guint i, MusterdDeliveryResult result)
{
  g_assert_true (musterd_sink_complete (fixture->sink, nth (fixture, i)->delivery, result,
                                        result != MUSTERD_DELIVERY_APPLIED ? "no such lamp" : NULL, NULL));
  rest ();
}

static MusterdSinkWhy *
why (Fixture *fixture, const char *user, GPtrArray **whys)
{
  *whys = musterd_dispatch_explain (fixture->dispatch, user);
  g_assert_cmpuint ((*whys)->len, ==, 1);
  return g_ptr_array_index (*whys, 0);
}

/* Opens with the sink showing everything. */
static void
open_settled (Fixture *fixture)
{
  fixture->sink = musterd_dispatch_add_sink (fixture->dispatch, &fixture->port);
  for (guint i = 0; i < 3; i++)
    answer (fixture, i, MUSTERD_DELIVERY_APPLIED);
  g_assert_cmpuint (fixture->handed->len, ==, 3);
  g_ptr_array_set_size (fixture->handed, 0);
}

static void
test_bounded (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  MusterdSinkStats stats;

  fixture->sink = musterd_dispatch_add_sink (fixture->dispatch, &fixture->port);
  g_assert_cmpuint (fixture->handed->len, ==, 2);
  musterd_sink_get_stats (fixture->sink, &stats);
  g_assert_cmpuint (stats.n_slots, ==, 3);
  g_assert_cmpuint (stats.n_in_flight, ==, 2);
  g_assert_cmpuint (stats.n_ready, ==, 1);
  answer (fixture, 1, MUSTERD_DELIVERY_APPLIED);
  g_assert_cmpuint (fixture->handed->len, ==, 3);
}

/* While one is under way the user changes three times: the next hand-over is the latest alone. */
static void
test_latest_wins (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  MusterdSinkStats stats;

  open_settled (fixture);
  choose (fixture, "alice", "Busy");
  choose (fixture, "alice", "Break");
  choose (fixture, "alice", "On holiday");
  g_assert_cmpuint (fixture->handed->len, ==, 1);
  g_assert_cmpint (nth (fixture, 0)->desired->status, ==, MUSTERD_STATUS_BUSY);
  answer (fixture, 0, MUSTERD_DELIVERY_APPLIED);
  g_assert_cmpuint (fixture->handed->len, ==, 2);
  g_assert_cmpstr (nth (fixture, 1)->desired->text, ==, "On holiday");
  answer (fixture, 1, MUSTERD_DELIVERY_APPLIED);
  g_assert_cmpuint (fixture->handed->len, ==, 2);
  musterd_sink_get_stats (fixture->sink, &stats);
  g_assert_cmpuint (stats.n_superseded, ==, 2);

  /* There and back while the first is under way. */
  choose (fixture, "alice", "Busy");
  choose (fixture, "alice", "On holiday");
  answer (fixture, 2, MUSTERD_DELIVERY_APPLIED);
  g_assert_cmpstr (nth (fixture, 3)->desired->text, ==, "On holiday");
}

/* One slow user keeps their own slot busy and nobody else's. */
static void
test_slow_user (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  open_settled (fixture);
  choose (fixture, "alice", "Busy");
  for (guint i = 0; i < 4; i++)
    {
      choose (fixture, "bob", i % 2 == 0 ? "Busy" : "Break");
      g_assert_cmpstr (nth (fixture, i + 1)->user, ==, "bob");
      answer (fixture, i + 1, MUSTERD_DELIVERY_APPLIED);
    }
}

static void
test_retry (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  g_autoptr(GPtrArray) whys = NULL;
  MusterdSinkWhy *slot;
  MusterdSinkStats stats;
  gint64 waited = 0;

  open_settled (fixture);
  choose (fixture, "alice", "Busy");
  for (guint i = 0; i < 9; i++)
    {
      gint64 least = MIN ((gint64) 1 << i, 60) * MUSTERD_SECOND;
      MusterdTime now = musterd_clock_now (fixture->clock);

      answer (fixture, i, MUSTERD_DELIVERY_UNREACHABLE);
      g_clear_pointer (&whys, g_ptr_array_unref);
      slot = why (fixture, "alice", &whys);
      g_assert_true (slot->pending);
      g_assert_cmpstr (slot->last_error, ==, "no such lamp");
      g_assert_cmpuint (slot->attempts, ==, i + 1);
      waited = slot->next_try - now;
      g_assert_cmpint (waited, >=, least);
      g_assert_cmpint (waited, <=, least + least / 4);
      musterd_sink_get_stats (fixture->sink, &stats);
      g_assert_cmpuint (stats.n_waiting, ==, 1);
      g_assert_cmpuint (stats.n_failed, ==, 1);
      g_assert_cmpuint (stats.n_retries, ==, i);
      pass (fixture, waited - 1);
      g_assert_cmpuint (fixture->handed->len, ==, i + 1);
      pass (fixture, 1);
      g_assert_cmpuint (fixture->handed->len, ==, i + 2);
    }
  answer (fixture, 9, MUSTERD_DELIVERY_APPLIED);
  g_assert_true (musterd_dispatch_get_stats (fixture->dispatch, fixture->port.instance, &stats));
  g_assert_cmpuint (stats.n_waiting + stats.n_ready + stats.n_in_flight + stats.n_failed, ==, 0);
  g_assert_cmpuint (stats.n_results[MUSTERD_DELIVERY_UNREACHABLE], ==, 9);
  g_assert_cmpuint (stats.n_results[MUSTERD_DELIVERY_REFUSED], ==, 0);
  g_assert_cmpuint (stats.n_retries, ==, 9);
  g_assert_false (musterd_dispatch_get_stats (fixture->dispatch, "no such sink", &stats));
  g_clear_pointer (&whys, g_ptr_array_unref);
  slot = why (fixture, "alice", &whys);
  g_assert_false (slot->pending);
  g_assert_null (slot->last_error);
  g_assert_cmpint (slot->applied->status, ==, MUSTERD_STATUS_BUSY);
  g_assert_cmpint (slot->next_try, ==, MUSTERD_TIME_NEVER);
}

/* What came to be wrong while the sink was away is never shown: the retry carries the latest, and soon. */
static void
test_nothing_stale (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  open_settled (fixture);
  choose (fixture, "alice", "Busy");
  for (guint i = 0; i < 5; i++)
    {
      answer (fixture, i, MUSTERD_DELIVERY_UNREACHABLE);
      pass (fixture, 75 * MUSTERD_SECOND);
    }
  answer (fixture, 5, MUSTERD_DELIVERY_UNREACHABLE);
  choose (fixture, "alice", "Break");
  g_assert_cmpuint (fixture->handed->len, ==, 6);
  pass (fixture, MUSTERD_SECOND);
  g_assert_cmpuint (fixture->handed->len, ==, 7);
  g_assert_cmpint (nth (fixture, 6)->desired->status, ==, MUSTERD_STATUS_BE_RIGHT_BACK);
}

static void
test_refused (Fixture *fixture, gconstpointer data)
{
  MusterdDeliveryResult result = GPOINTER_TO_INT (data);
  g_autoptr(GPtrArray) whys = NULL;
  const MusterdSinkWhy *slot;

  open_settled (fixture);
  choose (fixture, "alice", "Busy");
  answer (fixture, 0, result);
  pass (fixture, 8 * MUSTERD_HOUR);
  g_assert_cmpuint (fixture->handed->len, ==, 1);
  slot = why (fixture, "alice", &whys);
  g_assert_cmpint (slot->result, ==, result);
  g_assert_cmpint (slot->applied->status, ==, MUSTERD_STATUS_AVAILABLE);
  choose (fixture, "alice", "Break");
  g_assert_cmpuint (fixture->handed->len, ==, 2);
}

/* Never answered: unreachable at the deadline, and the late answer means nothing. */
static void
test_deadline (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  g_autoptr(GPtrArray) whys = NULL;
  guint64 late;

  open_settled (fixture);
  choose (fixture, "alice", "Busy");
  late = nth (fixture, 0)->delivery;
  pass (fixture, 30 * MUSTERD_SECOND);
  g_assert_cmpstr (why (fixture, "alice", &whys)->last_error, ==, "no answer within 30 s");
  pass (fixture, 2 * MUSTERD_SECOND);
  g_assert_cmpuint (fixture->handed->len, ==, 2);
  g_assert_false (musterd_sink_complete (fixture->sink, late, MUSTERD_DELIVERY_APPLIED, NULL, NULL));
  answer (fixture, 1, MUSTERD_DELIVERY_APPLIED);
  g_assert_false (musterd_sink_complete (fixture->sink, nth (fixture, 1)->delivery, MUSTERD_DELIVERY_APPLIED, NULL,
                                         NULL));
  g_assert_false (musterd_sink_complete (fixture->sink, 4711, MUSTERD_DELIVERY_APPLIED, NULL, NULL));
}

/* The clock is set back by hours: nobody waits for them. */
static void
test_clock_set_back (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  open_settled (fixture);
  choose (fixture, "alice", "Busy");
  answer (fixture, 0, MUSTERD_DELIVERY_UNREACHABLE);
  choose (fixture, "bob", "Busy");
  pass (fixture, -2 * MUSTERD_HOUR);
  pass (fixture, MUSTERD_MINUTE);
  g_assert_cmpuint (fixture->handed->len, ==, 3); /* alice's again; bob's is past its deadline and waits */
  g_assert_cmpstr (nth (fixture, 2)->user, ==, "alice");
}

/* A lamp learns no more than it needs, and is not called for what it does not show. */
static void
test_needs (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  g_autoptr(MusterdClaim) claim = musterd_claim_new ("ews", "", "m", MUSTERD_CLAIM_APPOINTMENT);

  fixture->port.needs = MUSTERD_PART_STATUS;
  open_settled (fixture);
  choose (fixture, "alice", "Home office"); /* available as before */
  g_assert_cmpuint (fixture->handed->len, ==, 0);
  claim->from = T0 + MUSTERD_HOUR;
  claim->until = T0 + 2 * MUSTERD_HOUR;
  g_assert_true (musterd_engine_claim_put (fixture->engine, "alice", claim, NULL));
  rest ();
  g_assert_cmpuint (fixture->handed->len, ==, 0); /* only `until` is different */
  choose (fixture, "alice", "Busy");
  g_assert_cmpuint (fixture->handed->len, ==, 1);
  g_assert_null (nth (fixture, 0)->desired->template_name);
  g_assert_cmpint (nth (fixture, 0)->desired->until, ==, MUSTERD_TIME_NEVER);
}

static void
test_view (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  MusterdTemplate *tmpl = (MusterdTemplate *) musterd_settings_find (fixture->settings, "break");

  tmpl->forwarding.action = MUSTERD_FORWARD_TO;
  tmpl->forwarding.target = MUSTERD_TARGET_MOBILE;
  add_user (fixture, "alice", "0170");
  fixture->port.needs = (MusterdParts) 0x3ff;
  fixture->port.view = MUSTERD_RELATION_EMPLOYEE;
  open_settled (fixture);
  choose (fixture, "alice", "Break");
  g_assert_null (nth (fixture, 0)->desired->text);
  g_assert_null (nth (fixture, 0)->desired->template_name);
  g_assert_null (musterd_presence_get_kind (nth (fixture, 0)->desired));
  g_assert_cmpstr (nth (fixture, 0)->desired->forwarding.number, ==, "0170"); /* an order, not a word */
}

static void
test_pause (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  open_settled (fixture);
  musterd_sink_pause (fixture->sink, TRUE);
  choose (fixture, "alice", "Busy");
  choose (fixture, "bob", "Busy");
  pass (fixture, MUSTERD_HOUR);
  g_assert_cmpuint (fixture->handed->len, ==, 0);
  musterd_sink_pause (fixture->sink, FALSE);
  g_assert_cmpuint (fixture->handed->len, ==, 2);
}

/* Closed and opened again: what was under way is void, and everybody is handed over anew. */
static void
test_reopen (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  guint64 old;

  open_settled (fixture);
  choose (fixture, "alice", "Busy");
  old = nth (fixture, 0)->delivery;
  musterd_sink_close (fixture->sink);
  choose (fixture, "alice", "Break");
  g_assert_cmpuint (fixture->handed->len, ==, 1);
  g_assert_false (musterd_sink_complete (fixture->sink, old, MUSTERD_DELIVERY_APPLIED, NULL, NULL));
  fixture->port.max_in_flight = 10;
  fixture->sink = musterd_dispatch_add_sink (fixture->dispatch, &fixture->port);
  g_assert_cmpuint (fixture->handed->len, ==, 4);
  musterd_sink_close (fixture->sink);
  musterd_dispatch_forget (fixture->dispatch, "lamp");
  choose (fixture, "alice", "Busy");
  g_assert_cmpuint (fixture->handed->len, ==, 4);
}

static void
test_users (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  g_autoptr(GPtrArray) whys = NULL;

  open_settled (fixture);
  add_user (fixture, "dave", NULL);
  g_assert_cmpstr (nth (fixture, 0)->user, ==, "dave");
  /* Gone while under way: the answer finds nobody. */
  musterd_engine_remove_user (fixture->engine, "dave", NULL, NULL);
  rest ();
  g_assert_false (musterd_sink_complete (fixture->sink, nth (fixture, 0)->delivery, MUSTERD_DELIVERY_APPLIED, NULL,
                                         NULL));
  whys = musterd_dispatch_explain (fixture->dispatch, "dave");
  g_assert_cmpuint (whys->len, ==, 0);

  fixture->only = "bob";
  musterd_sink_users_changed (fixture->sink);
  choose (fixture, "alice", "Busy");
  choose (fixture, "bob", "Busy");
  g_assert_cmpuint (fixture->handed->len, ==, 2);
  g_assert_cmpstr (nth (fixture, 1)->user, ==, "bob");
}

static void
test_sync (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  open_settled (fixture);
  musterd_sink_sync (fixture->sink, "bob");
  g_assert_cmpuint (fixture->handed->len, ==, 1);
  g_assert_cmpstr (nth (fixture, 0)->user, ==, "bob");
  answer (fixture, 0, MUSTERD_DELIVERY_APPLIED);
  musterd_sink_sync (fixture->sink, NULL);
  g_assert_cmpuint (fixture->handed->len, ==, 3);
  /* Asked for while one is under way: once more when it is back. */
  musterd_sink_sync (fixture->sink, nth (fixture, 1)->user);
  g_assert_cmpuint (fixture->handed->len, ==, 3);
  answer (fixture, 2, MUSTERD_DELIVERY_APPLIED);
  answer (fixture, 1, MUSTERD_DELIVERY_APPLIED);
  answer (fixture, 3, MUSTERD_DELIVERY_APPLIED);
  answer (fixture, 4, MUSTERD_DELIVERY_APPLIED);
  g_assert_cmpuint (fixture->handed->len, ==, 5);
  g_assert_cmpstr (nth (fixture, 4)->user, ==, nth (fixture, 1)->user);
}

/* A sink that is also a source never hears of what it said itself. */
static void
test_own_claims (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  g_autoptr(MusterdClaim) own = musterd_claim_new ("lamp", "", "c", MUSTERD_CLAIM_CALL);
  g_autoptr(MusterdClaim) meeting = musterd_claim_new ("ews", "", "m", MUSTERD_CLAIM_APPOINTMENT);

  fixture->port.is_source = TRUE;
  open_settled (fixture);
  own->until = MUSTERD_TIME_NEVER;
  g_assert_true (musterd_engine_claim_put (fixture->engine, "alice", own, NULL));
  rest ();
  g_assert_cmpint (musterd_engine_get_presence (fixture->engine, "alice")->status, ==, MUSTERD_STATUS_BUSY);
  g_assert_cmpuint (fixture->handed->len, ==, 0);
  /* A meeting below its own call changes nothing that people see, and yet is what it has to show. */
  meeting->from = T0;
  meeting->until = T0 + MUSTERD_HOUR;
  g_assert_true (musterd_engine_claim_put (fixture->engine, "alice", meeting, NULL));
  rest ();
  g_assert_cmpuint (fixture->handed->len, ==, 1);
  g_assert_cmpstr (nth (fixture, 0)->desired->text, ==, "Appointment");
  answer (fixture, 0, MUSTERD_DELIVERY_APPLIED);
  pass (fixture, MUSTERD_HOUR);
  g_assert_cmpint (nth (fixture, 1)->desired->status, ==, MUSTERD_STATUS_AVAILABLE);
}

#define TEST(name, func) g_test_add ("/dispatch/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  TEST ("bounded", test_bounded);
  TEST ("latest-wins", test_latest_wins);
  TEST ("slow-user", test_slow_user);
  TEST ("retry", test_retry);
  TEST ("nothing-stale", test_nothing_stale);
  g_test_add ("/dispatch/refused", Fixture, GINT_TO_POINTER (MUSTERD_DELIVERY_REFUSED), set_up, test_refused,
              tear_down);
  g_test_add ("/dispatch/left-to-person", Fixture, GINT_TO_POINTER (MUSTERD_DELIVERY_LEFT_TO_PERSON), set_up,
              test_refused, tear_down);
  TEST ("deadline", test_deadline);
  TEST ("clock-set-back", test_clock_set_back);
  TEST ("needs", test_needs);
  TEST ("view", test_view);
  TEST ("pause", test_pause);
  TEST ("reopen", test_reopen);
  TEST ("users", test_users);
  TEST ("sync", test_sync);
  TEST ("own-claims", test_own_claims);
  return g_test_run ();
}
