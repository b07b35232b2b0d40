/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plugin as a host sees it, against a server in this process. Time and secrets are the test's. */
#include "fake-exchange.h"

#include <string.h>

#include "muster-testing.h"

#define SECOND G_TIME_SPAN_SECOND
#define MINUTE G_TIME_SPAN_MINUTE
#define HOUR G_TIME_SPAN_HOUR
#define MOMENT MUSTER_TESTING_EPOCH /* 2026-03-02T09:00:00Z */

#define ALICE "alice@example.com"
#define BOB "bob@example.com"

#define ITEM(id, from, until)                                                                                          \
  "<t:CalendarItem><t:ItemId Id='" id "'/><t:Subject>Budget</t:Subject><t:Start>2026-03-" from                         \
  ":00Z</t:Start><t:End>2026-03-" until ":00Z</t:End></t:CalendarItem>"
#define ITEMS(items) "<m:RootFolder IncludesLastItemInRange='true'><t:Items>" items "</t:Items></m:RootFolder>"
#define PART(items) "<m:RootFolder IncludesLastItemInRange='false'><t:Items>" items "</t:Items></m:RootFolder>"
#define CREATED                                                                                                        \
  "<m:Notification><t:SubscriptionId>sub-1</t:SubscriptionId><t:MoreEvents>false</t:MoreEvents><t:CreatedEvent>"       \
  "<t:Watermark>AAC=</t:Watermark></t:CreatedEvent></m:Notification>"

extern const MusterPluginDescriptor *muster_plugin_1_query (void);

typedef struct
{
  FakeExchange  *exchange;
  MusterTesting *host;
} Fixture;

static void
set_option (Fixture *f, const char *name, const char *value)
{
  g_autoptr(GError) error = NULL;

  muster_testing_set_option (f->host, name, value, &error);
  g_assert_no_error (error);
}

static void
fixture_set_up (Fixture *f)
{
  f->exchange = fake_exchange_new ();
  f->host = muster_testing_new (muster_plugin_1_query (), "ews-pull:hq");
  g_autofree char *url = g_strdup_printf ("http://127.0.0.1:%u/EWS/Exchange.asmx", fake_exchange_port (f->exchange));
  set_option (f, "url", url);
  set_option (f, "auth", "basic");
  set_option (f, "username", "svc");
  set_option (f, "password", "secret:ews-hq");
  muster_testing_set_secret (f->host, "ews-hq", "right");
}

static void
fixture_tear_down (Fixture *f)
{
  muster_testing_free (f->host);
  fake_exchange_free (f->exchange);
}

static void
start (Fixture *f)
{
  g_autoptr(GError) error = NULL;

  muster_testing_start (f->host, &error);
  g_assert_no_error (error);
}

static void
hand_over (Fixture *f, const char *id, gboolean complete)
{
  const MusterUserData data = { .id = id, .zone = "Europe/Berlin", .days_ahead = 7 };
  g_autoptr(MusterUser) user = muster_testing_user_new (f->host, &data);

  muster_testing_users (f->host, &user, 1, NULL, 0, complete);
}

/* Until the replace of a set arrives; other replaces are thrown away. */
static MusterMessage *
wait_replace (Fixture *f, const char *user, const char *set)
{
  for (;;)
    {
      MusterMessage *message = muster_testing_wait (f->host, MUSTER_VERB_CLAIMS_REPLACE);
      if (g_str_equal (message->user, user) && g_str_equal (message->set, set))
        return message;
      muster_message_free (message);
    }
}

static void
expect_health (Fixture *f, MusterHealth health, const char *pattern)
{
  g_autoptr(MusterMessage) message = muster_testing_wait (f->host, MUSTER_VERB_HEALTH);

  g_assert_cmpint (message->value, ==, health);
  if (message->text == NULL || !g_pattern_match_simple (pattern, message->text))
    g_test_fail_printf ("'%s' does not match '%s'", message->text, pattern);
}

static void
expect_state (Fixture *f, const char *user, MusterUserState state, const char *pattern)
{
  g_autoptr(MusterMessage) message = muster_testing_wait (f->host, MUSTER_VERB_USER_STATE);

  g_assert_cmpstr (message->user, ==, user);
  g_assert_cmpint (message->value, ==, state);
  if (pattern != NULL && (message->text == NULL || !g_pattern_match_simple (pattern, message->text)))
    g_test_fail_printf ("'%s' does not match '%s'", message->text, pattern);
}

static void
wait_log (Fixture *f, const char *pattern)
{
  for (;;)
    {
      g_autoptr(MusterMessage) message = muster_testing_wait (f->host, MUSTER_VERB_LOG);
      if (g_pattern_match_simple (pattern, message->text))
        return;
    }
}

typedef struct
{
  Fixture *f;
  guint    n;
} Count;

static gboolean
has_count (G_GNUC_UNUSED MusterTesting *testing, gpointer user_data)
{
  Count *count = user_data;

  return fake_exchange_count (count->f->exchange) >= count->n;
}

static void
wait_requests (Fixture *f, guint n)
{
  Count count = { f, n };

  muster_testing_run_until (f->host, has_count, &count, "requests");
}

/* Lets time pass, as an answer on its way sets the next time, until so many requests are there, or that is said. */
static void
pass_until (Fixture *f, guint n_requests, MusterVerb verb)
{
  const gint64 watchdog = g_get_monotonic_time () + 60 * SECOND;

  while (fake_exchange_count (f->exchange) < n_requests && muster_testing_count (f->host, verb) == 0)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, watchdog);
      muster_testing_advance (f->host, SECOND);
      g_thread_yield ();
    }
}

/* All of a healthy mailbox: subscription, calendar, absence. */
static void
start_with_alice (Fixture *f)
{
  start (f);
  hand_over (f, ALICE, TRUE);
  G_GNUC_UNUSED g_autoptr(MusterMessage) calendar = wait_replace (f, ALICE, "calendar");
  G_GNUC_UNUSED g_autoptr(MusterMessage) absence = wait_replace (f, ALICE, "oof");
  muster_testing_settle (f->host);
}

static void
expect_log (Fixture *f, const char *wanted)
{
  g_autofree char *log = fake_exchange_take_log (f->exchange);

  g_assert_cmpstr (log, ==, wanted);
}

static void
test_read (void)
{
  Fixture f;

  fixture_set_up (&f);
  fake_exchange_set_answer (f.exchange, ALICE, "FindItem",
                            ITEMS (ITEM ("one", "02T10:00", "02T11:00") ITEM ("two", "03T10:00", "03T11:00")));
  fake_exchange_set_answer (f.exchange, ALICE, "GetUserOofSettings",
                            "<t:OofState>Enabled</t:OofState><t:InternalReply><t:Message>Away</t:Message>"
                            "</t:InternalReply>");
  start (&f);
  hand_over (&f, ALICE, TRUE);
  g_autoptr(MusterMessage) calendar = wait_replace (&f, ALICE, "calendar");
  g_assert_cmpuint (calendar->n_claims, ==, 2);
  g_assert_cmpint (calendar->from, ==, G_MININT64);
  g_assert_cmpint (calendar->until, ==, G_MAXINT64);
  g_assert_cmpstr (calendar->claims[0].key, ==, "one");
  g_assert_cmpint (calendar->claims[0].from, ==, MOMENT + HOUR);
  g_assert_cmpstr (calendar->claims[1].text, ==, "Budget");
  g_autoptr(MusterMessage) absence = wait_replace (&f, ALICE, "oof");
  g_assert_cmpuint (absence->n_claims, ==, 1);
  g_assert_cmpint (absence->claims[0].kind, ==, MUSTER_CLAIM_ABSENCE);
  g_assert_cmpstr (absence->claims[0].greeting_internal, ==, "Away");
  expect_state (&f, ALICE, MUSTER_USER_OK, NULL);
  expect_health (&f, MUSTER_HEALTH_ONLINE, "connected to Exchange 15.2.1544.4: 1 of 1 mailboxes can be read");
  /* The subscription comes before the reading, so that no change falls between them. */
  expect_log (&f, "Subscribe " ALICE ";FindItem " ALICE ";GetUserOofSettings " ALICE);
  fixture_tear_down (&f);
}

static void
test_change (void)
{
  Fixture f;

  fixture_set_up (&f);
  start_with_alice (&f);
  muster_testing_clear (f.host);
  expect_log (&f, "Subscribe " ALICE ";FindItem " ALICE ";GetUserOofSettings " ALICE);

  /* Nothing happens. */
  pass_until (&f, 5, MUSTER_VERB_CLAIMS_REPLACE);
  expect_log (&f, "GetEvents " ALICE ";GetEvents " ALICE);
  g_assert_cmpuint (muster_testing_count (f.host, MUSTER_VERB_CLAIMS_REPLACE), ==, 0);

  fake_exchange_set_answer (f.exchange, ALICE, "GetEvents", CREATED);
  fake_exchange_set_answer (f.exchange, ALICE, "FindItem", ITEMS (ITEM ("new", "02T12:00", "02T13:00")));
  pass_until (&f, G_MAXUINT, MUSTER_VERB_CLAIMS_REPLACE);
  g_autoptr(MusterMessage) calendar = wait_replace (&f, ALICE, "calendar");
  g_assert_cmpuint (calendar->n_claims, ==, 1);
  g_assert_cmpstr (calendar->claims[0].key, ==, "new");
  fixture_tear_down (&f);
}

static void
test_not_here (void)
{
  Fixture f;

  fixture_set_up (&f);
  fake_exchange_set_answer (f.exchange, BOB, "Subscribe", "ErrorNonExistentMailbox");
  start (&f);
  hand_over (&f, BOB, TRUE);
  expect_state (&f, BOB, MUSTER_USER_NOT_HERE, "*ErrorNonExistentMailbox*cloud*");
  fixture_tear_down (&f);
}

static void
test_one_fails (void)
{
  Fixture f;

  fixture_set_up (&f);
  fake_exchange_set_answer (f.exchange, BOB, "FindItem", "ErrorImpersonateUserDenied");
  start (&f);
  hand_over (&f, BOB, FALSE);
  hand_over (&f, ALICE, TRUE);
  expect_state (&f, BOB, MUSTER_USER_DEGRADED, "*" BOB "*ApplicationImpersonation*");
  g_autoptr(MusterMessage) calendar = wait_replace (&f, ALICE, "calendar");
  g_assert_cmpuint (calendar->n_claims, ==, 0);
  expect_health (&f, MUSTER_HEALTH_ONLINE, "*1 of 2 mailboxes can be read");

  /* Somebody gave the right; asked again slowly, it is seen. */
  fake_exchange_set_answer (f.exchange, BOB, "FindItem", NULL);
  muster_testing_advance (f.host, HOUR);
  G_GNUC_UNUSED g_autoptr(MusterMessage) of_bob = wait_replace (&f, BOB, "calendar");
  expect_state (&f, ALICE, MUSTER_USER_OK, NULL);
  expect_state (&f, BOB, MUSTER_USER_OK, NULL);
  fixture_tear_down (&f);
}

static void
test_sign_in (void)
{
  Fixture f;

  fixture_set_up (&f);
  muster_testing_set_secret (f.host, "ews-hq", "wrong");
  start (&f);
  hand_over (&f, ALICE, FALSE);
  hand_over (&f, BOB, TRUE);
  expect_health (&f, MUSTER_HEALTH_OFFLINE, "signing in at http://127.0.0.1:* as svc by basic: refused*Basic*");
  muster_testing_settle (f.host);
  g_assert_cmpuint (fake_exchange_count (f.exchange), ==, 1);
  /* The wrong password is not tried again within minutes, however many mailboxes wait. */
  muster_testing_advance (f.host, 4 * MINUTE);
  muster_testing_settle (f.host);
  g_assert_cmpuint (fake_exchange_count (f.exchange), ==, 1);
  g_assert_cmpuint (muster_testing_count (f.host, MUSTER_VERB_CLAIMS_REPLACE), ==, 0);

  /* The right one is seen without a restart. */
  muster_testing_set_secret (f.host, "ews-hq", "right");
  muster_testing_advance (f.host, 30 * SECOND);
  G_GNUC_UNUSED g_autoptr(MusterMessage) calendar = wait_replace (&f, ALICE, "calendar");
  expect_health (&f, MUSTER_HEALTH_ONLINE, "*2 of 2*");
  fixture_tear_down (&f);
}

static void
test_no_secret (void)
{
  Fixture f;

  fixture_set_up (&f);
  set_option (&f, "password", "secret:other");
  start (&f);
  hand_over (&f, ALICE, TRUE);
  expect_health (&f, MUSTER_HEALTH_OFFLINE, "nobody can sign in until secret 'other' can be read: *");
  muster_testing_set_secret (f.host, "other", "right");
  muster_testing_advance (f.host, MINUTE);
  expect_health (&f, MUSTER_HEALTH_ONLINE, "*1 of 1*");
  fixture_tear_down (&f);
}

static void
test_busy (void)
{
  Fixture f;

  fixture_set_up (&f);
  fake_exchange_set_answer (
      f.exchange, ALICE, "Subscribe",
      "!<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body><s:Fault><faultcode>a:ErrorServerBusy"
      "</faultcode><faultstring>Busy</faultstring><detail><ResponseCode>ErrorServerBusy</ResponseCode><MessageXml>"
      "<Value Name='BackOffMilliseconds'>90000</Value></MessageXml></detail></s:Fault></s:Body></s:Envelope>");
  start (&f);
  hand_over (&f, ALICE, TRUE);
  wait_requests (&f, 1);
  wait_log (&f, "the server is busy*");
  muster_testing_advance (f.host, 85 * SECOND);
  g_assert_cmpuint (fake_exchange_count (f.exchange), ==, 1);
  fake_exchange_set_answer (f.exchange, ALICE, "Subscribe", NULL);
  muster_testing_advance (f.host, 60 * SECOND);
  G_GNUC_UNUSED g_autoptr(MusterMessage) calendar = wait_replace (&f, ALICE, "calendar");
  fixture_tear_down (&f);
}

static void
test_lost_subscription (void)
{
  Fixture f;

  fixture_set_up (&f);
  start_with_alice (&f);
  muster_testing_clear (f.host);
  fake_exchange_set_answer (f.exchange, ALICE, "GetEvents", "ErrorSubscriptionNotFound");
  fake_exchange_set_answer (f.exchange, ALICE, "FindItem", ITEMS (ITEM ("gap", "02T12:00", "02T13:00")));
  muster_testing_advance (f.host, 3 * MINUTE);
  g_autoptr(MusterMessage) calendar = wait_replace (&f, ALICE, "calendar");
  g_assert_cmpstr (calendar->claims[0].key, ==, "gap");
  expect_log (&f, "Subscribe " ALICE ";FindItem " ALICE ";GetUserOofSettings " ALICE ";GetEvents " ALICE
                  ";Subscribe " ALICE ";FindItem " ALICE);
  fixture_tear_down (&f);
}

static void
test_server_down (void)
{
  Fixture f;

  fixture_set_up (&f);
  start_with_alice (&f);
  muster_testing_clear (f.host);
  fake_exchange_set_status (f.exchange, 503);
  muster_testing_advance (f.host, 3 * MINUTE);
  expect_health (&f, MUSTER_HEALTH_OFFLINE, "asking http://127.0.0.1:*: answered 503*");
  /* Claims stand, users are not told of one by one, and the server is left alone. */
  guint before = fake_exchange_count (f.exchange);
  muster_testing_settle (f.host);
  g_assert_cmpuint (fake_exchange_count (f.exchange), ==, before);
  g_assert_cmpuint (muster_testing_count (f.host, MUSTER_VERB_CLAIMS_REPLACE), ==, 0);
  g_assert_cmpuint (muster_testing_count (f.host, MUSTER_VERB_USER_STATE), ==, 0);

  fake_exchange_set_status (f.exchange, 0);
  muster_testing_advance (f.host, MINUTE);
  expect_health (&f, MUSTER_HEALTH_ONLINE, "*1 of 1*");
  fixture_tear_down (&f);
}

static void
test_restart (void)
{
  Fixture f;
  g_autoptr(GBytes) record = g_bytes_new_static ("alice@example.com\nsub-9\nAAZ=", 28);
  g_autoptr(GBytes) foreign = g_bytes_new_static ("somebody@example.com\nsub-8\nAAZ=", 31);

  fixture_set_up (&f);
  start (&f);
  muster_testing_kept (f.host, ALICE, "pull", record);
  muster_testing_kept (f.host, BOB, "pull", foreign);
  hand_over (&f, ALICE, FALSE);
  hand_over (&f, BOB, TRUE);
  expect_health (&f, MUSTER_HEALTH_ONLINE, "*2 of 2*");
  wait_requests (&f, 6);
  g_autofree char *log = fake_exchange_take_log (f.exchange);
  g_assert_null (strstr (log, "Subscribe " ALICE));
  g_assert_nonnull (strstr (log, "GetEvents " ALICE));
  g_assert_nonnull (strstr (log, "Subscribe " BOB));

  g_autoptr(MusterMessage) kept = muster_testing_wait (f.host, MUSTER_VERB_KEEP);
  g_assert_cmpstr (kept->user, ==, BOB);
  const char *const wanted = "bob@example.com\nsub-1\nAAA=";
  g_assert_cmpmem (g_bytes_get_data (kept->bytes, NULL), g_bytes_get_size (kept->bytes), wanted, strlen (wanted));
  fixture_tear_down (&f);
}

static void
test_overflow (void)
{
  Fixture f;

  /* It is never whole, so every part is halved down to hours; what began before its part is not said twice. */
  fixture_set_up (&f);
  fake_exchange_set_answer (f.exchange, ALICE, "FindItem", PART (ITEM ("one", "02T10:00", "02T11:00")));
  start (&f);
  hand_over (&f, ALICE, TRUE);
  g_autoptr(MusterMessage) calendar = wait_replace (&f, ALICE, "calendar");
  g_assert_cmpuint (calendar->n_claims, >=, 1);
  g_assert_cmpstr (calendar->claims[0].key, ==, "one");
  g_assert_cmpuint (fake_exchange_count (f.exchange), <, 1000);
  fixture_tear_down (&f);
}

static void
test_removed_and_off (void)
{
  Fixture f;
  const char *const removed[] = { ALICE };

  fixture_set_up (&f);
  start_with_alice (&f);
  muster_testing_clear (f.host);
  g_free (fake_exchange_take_log (f.exchange));
  muster_testing_users (f.host, NULL, 0, removed, 1, FALSE);
  wait_requests (&f, 4);
  expect_log (&f, "Unsubscribe " ALICE);

  const MusterUserData data = { .id = BOB };
  g_autoptr(MusterUser) user = muster_testing_user_new (f.host, &data);
  muster_testing_user_set (f.host, user, "calendar", "false");
  muster_testing_users (f.host, &user, 1, NULL, 0, FALSE);
  g_autoptr(MusterMessage) calendar = wait_replace (&f, BOB, "calendar");
  g_assert_cmpuint (calendar->n_claims, ==, 0);
  wait_requests (&f, 5);
  expect_log (&f, "GetUserOofSettings " BOB);
  fixture_tear_down (&f);
}

static void
test_sync (void)
{
  Fixture f;

  fixture_set_up (&f);
  start_with_alice (&f);
  muster_testing_clear (f.host);
  g_free (fake_exchange_take_log (f.exchange));
  muster_testing_sync (f.host, ALICE);
  wait_requests (&f, 5);
  expect_log (&f, "FindItem " ALICE ";GetUserOofSettings " ALICE);
  muster_testing_sync (f.host, BOB);
  muster_testing_settle (f.host);
  g_assert_cmpuint (fake_exchange_count (f.exchange), ==, 5);
  fixture_tear_down (&f);
}

static void
test_no_address (void)
{
  Fixture f;

  fixture_set_up (&f);
  start (&f);
  hand_over (&f, "alice", TRUE);
  expect_state (&f, "alice", MUSTER_USER_DEGRADED, "*no e-mail address*");
  muster_testing_settle (f.host);
  g_assert_cmpuint (fake_exchange_count (f.exchange), ==, 0);
  fixture_tear_down (&f);
}

static void
test_report (void)
{
  Fixture f;
  const MusterUserData data = { .id = ALICE };
  guint n_entries = 0;

  fixture_set_up (&f);
  start_with_alice (&f);
  fake_exchange_set_answer (f.exchange, ALICE, "FindItem",
                            ITEMS (ITEM ("past", "02T07:00", "02T08:00") ITEM ("d", "05T10:00", "05T11:00")
                                       ITEM ("c", "04T10:00", "04T11:00") ITEM ("b", "03T10:00", "03T11:00")
                                           ITEM ("a", "02T10:00", "02T11:00")));
  g_autoptr(MusterUser) user = muster_testing_user_new (f.host, &data);
  muster_testing_test (f.host, user);
  G_GNUC_UNUSED g_autoptr(MusterMessage) done = muster_testing_wait (f.host, MUSTER_VERB_REPORT_DONE);
  for (;;)
    {
      g_autoptr(MusterMessage) line = muster_testing_take (f.host, MUSTER_VERB_REPORT);
      if (line == NULL)
        break;
      g_assert_cmpint (line->value, ==, MUSTER_REPORT_OK);
      g_assert_null (strstr (line->text, "Budget"));
      if (g_str_equal (line->key, "next entry") && n_entries++ == 0)
        g_assert_cmpstr (line->text, ==, "2026-03-02 10:00 to 2026-03-02 11:00 UTC, busy");
    }
  g_assert_cmpuint (n_entries, ==, 3);
  fixture_tear_down (&f);
}

static void
test_stop_under_way (void)
{
  Fixture f;

  fixture_set_up (&f);
  start (&f);
  hand_over (&f, ALICE, FALSE);
  hand_over (&f, BOB, TRUE);
  wait_requests (&f, 1);
  muster_testing_stop (f.host);
  fixture_tear_down (&f);
}

static void
test_options (void)
{
  static const struct
  {
    const char *auth, *username, *password, *pattern;
  } cases[] = {
    { "ntlm", NULL, "secret:x", "*username is missing" },
    { "basic", "svc", NULL, "*password is missing*" },
    { "bearer", NULL, NULL, "*password is missing*" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(MusterTesting) host = muster_testing_new (muster_plugin_1_query (), "ews-pull");
      g_autoptr(GError) error = NULL;

      muster_testing_set_option (host, "url", "https://127.0.0.1/EWS/Exchange.asmx", NULL);
      muster_testing_set_option (host, "auth", cases[i].auth, NULL);
      if (cases[i].username != NULL)
        muster_testing_set_option (host, "username", cases[i].username, NULL);
      if (cases[i].password != NULL)
        muster_testing_set_option (host, "password", cases[i].password, NULL);
      g_assert_false (muster_testing_start (host, &error));
      g_assert_error (error, MUSTER_ERROR, MUSTER_ERROR_CONFIG);
      g_assert_true (g_pattern_match_simple (cases[i].pattern, error->message));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ews-pull/read", test_read);
  g_test_add_func ("/ews-pull/change", test_change);
  g_test_add_func ("/ews-pull/not-here", test_not_here);
  g_test_add_func ("/ews-pull/one-fails", test_one_fails);
  g_test_add_func ("/ews-pull/sign-in", test_sign_in);
  g_test_add_func ("/ews-pull/no-secret", test_no_secret);
  g_test_add_func ("/ews-pull/busy", test_busy);
  g_test_add_func ("/ews-pull/lost-subscription", test_lost_subscription);
  g_test_add_func ("/ews-pull/server-down", test_server_down);
  g_test_add_func ("/ews-pull/restart", test_restart);
  g_test_add_func ("/ews-pull/overflow", test_overflow);
  g_test_add_func ("/ews-pull/removed-and-off", test_removed_and_off);
  g_test_add_func ("/ews-pull/sync", test_sync);
  g_test_add_func ("/ews-pull/no-address", test_no_address);
  g_test_add_func ("/ews-pull/report", test_report);
  g_test_add_func ("/ews-pull/stop-under-way", test_stop_under_way);
  g_test_add_func ("/ews-pull/options", test_options);
  return g_test_run ();
}
