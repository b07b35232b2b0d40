/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every verb arrives at the host with what was said. */
#include "probe.h"

#include <string.h>

static const MusterClaim full = {
  .struct_size = sizeof full,
  .key = "AAMk1",
  .kind = MUSTER_CLAIM_APPOINTMENT,
  .from = 1000,
  .until = 2000,
  .lease = 5 * G_TIME_SPAN_MINUTE,
  .free_busy = MUSTER_FREE_BUSY_TENTATIVE,
  .response = MUSTER_RESPONSE_UNANSWERED,
  .template_role = "ms-teams",
  .text = "Bud\x07get\nround",
  .link = "https://mail.example.com/owa/?id=1",
  .greeting_internal = "Hello,\r\nback\ton Monday",
  .greeting_external = "Hello",
  .categories = "Red;Travel",
  .n_attendees = 12,
  .all_day = 2,
  .cancelled = TRUE,
  .is_private = TRUE,
};

static void
assert_full (const MusterClaim *c)
{
  g_assert_cmpuint (c->struct_size, ==, sizeof *c);
  g_assert_cmpstr (c->key, ==, "AAMk1");
  g_assert_cmpint (c->kind, ==, MUSTER_CLAIM_APPOINTMENT);
  g_assert_cmpint (c->from, ==, 1000);
  g_assert_cmpint (c->until, ==, 2000);
  g_assert_cmpint (c->lease, ==, 5 * G_TIME_SPAN_MINUTE);
  g_assert_cmpint (c->free_busy, ==, MUSTER_FREE_BUSY_TENTATIVE);
  g_assert_cmpint (c->response, ==, MUSTER_RESPONSE_UNANSWERED);
  g_assert_cmpstr (c->template_role, ==, "ms-teams");
  g_assert_cmpstr (c->text, ==, "Bud get round");
  g_assert_cmpstr (c->link, ==, "https://mail.example.com/owa/?id=1");
  g_assert_cmpstr (c->greeting_internal, ==, "Hello,\nback on Monday");
  g_assert_cmpstr (c->greeting_external, ==, "Hello");
  g_assert_cmpstr (c->categories, ==, "Red;Travel");
  g_assert_cmpuint (c->n_attendees, ==, 12);
  g_assert_cmpint (c->all_day, ==, TRUE);
  g_assert_cmpint (c->cancelled, ==, TRUE);
  g_assert_cmpint (c->is_private, ==, TRUE);
  /* A copy, not the plugin's own memory. */
  g_assert_true (c->key != full.key && c->text != full.text);
}

static MusterMessage *
only (MusterTesting *testing, MusterVerb verb)
{
  g_assert_cmpuint (muster_testing_total (testing), ==, 1);

  MusterMessage *message = muster_testing_take (testing, verb);
  g_assert_nonnull (message);
  g_assert_cmpuint (message->size, >=, sizeof *message);
  return message;
}

static void
test_claim_put (void)
{
  g_autoptr(MusterTesting) testing = probe_start ();

  muster_context_claim_put (probe->ctx, ALICE, "calendar", &full);
  g_autoptr(MusterMessage) message = only (testing, MUSTER_VERB_CLAIM_PUT);
  g_assert_cmpstr (message->user, ==, ALICE);
  g_assert_cmpstr (message->set, ==, "calendar");
  g_assert_cmpuint (message->n_claims, ==, 1);
  assert_full (message->claims);
}

static void
test_claim_drop (void)
{
  g_autoptr(MusterTesting) testing = probe_start ();

  muster_context_claim_drop (probe->ctx, ALICE, "k");
  g_autoptr(MusterMessage) message = only (testing, MUSTER_VERB_CLAIM_DROP);
  g_assert_cmpstr (message->user, ==, ALICE);
  g_assert_cmpstr (message->key, ==, "k");
}

/* A claim as a later API level may have it, with members that this library does not know. */
typedef struct
{
  MusterClaim claim;
  const char *later;
} LaterClaim;

static void
test_replace (void)
{
  g_autoptr(MusterTesting) testing = probe_start ();
  LaterClaim claims[2] = { { full, "x" }, { full, "y" } };

  claims[0].claim.struct_size = claims[1].claim.struct_size = sizeof (LaterClaim);
  claims[1].claim.key = "AAMk2";
  muster_context_claims_replace (probe->ctx, ALICE, "calendar", G_MININT64, G_MAXINT64, &claims[0].claim, 2);
  g_autoptr(MusterMessage) message = only (testing, MUSTER_VERB_CLAIMS_REPLACE);
  g_assert_cmpstr (message->user, ==, ALICE);
  g_assert_cmpstr (message->set, ==, "calendar");
  g_assert_cmpint (message->from, ==, G_MININT64);
  g_assert_cmpint (message->until, ==, G_MAXINT64);
  g_assert_cmpuint (message->n_claims, ==, 2);
  assert_full (&message->claims[0]);
  g_assert_cmpstr (message->claims[1].key, ==, "AAMk2");
  g_assert_cmpuint (message->claims[1].struct_size, ==, sizeof (MusterClaim));
}

static void
test_replace_empty (void)
{
  g_autoptr(MusterTesting) testing = probe_start ();

  muster_context_claims_replace (probe->ctx, ALICE, "oof", 5, 6, NULL, 0);
  g_autoptr(MusterMessage) message = only (testing, MUSTER_VERB_CLAIMS_REPLACE);
  g_assert_cmpuint (message->n_claims, ==, 0);
  g_assert_cmpint (message->from, ==, 5);
  g_assert_cmpint (message->until, ==, 6);
}

static void
test_replace_long (void)
{
  g_autoptr(MusterTesting) testing = probe_start ();
  MusterReplace *replace = muster_context_replace_begin (probe->ctx, ALICE, "calendar", 0, G_MAXINT64);
  MusterClaim claim = full;

  for (guint i = 0; i < MUSTER_REPLACE_MAX; i++)
    {
      g_autofree char *key = g_strdup_printf ("k%u", i);

      claim.key = key;
      muster_replace_add (replace, &claim, 1);
    }
  g_assert_cmpuint (muster_testing_total (testing), ==, 0);
  muster_replace_commit (replace);
  g_autoptr(MusterMessage) message = only (testing, MUSTER_VERB_CLAIMS_REPLACE);
  g_assert_cmpuint (message->n_claims, ==, MUSTER_REPLACE_MAX);
  g_assert_cmpstr (message->claims[9999].key, ==, "k9999");
}

static void
test_replace_abort (void)
{
  g_autoptr(MusterTesting) testing = probe_start ();
  MusterReplace *replace = muster_context_replace_begin (probe->ctx, ALICE, "calendar", 0, G_MAXINT64);

  muster_replace_add (replace, &full, 1);
  muster_replace_abort (replace);
  g_assert_cmpuint (muster_testing_total (testing), ==, 0);
}

static void
test_telephony (void)
{
  g_autoptr(MusterTesting) testing = probe_start ();

  muster_context_telephony (probe->ctx, ALICE, "desk", MUSTER_TELEPHONY_RINGING, "Bob\n(17)", 77);
  g_autoptr(MusterMessage) message = only (testing, MUSTER_VERB_TELEPHONY);
  g_assert_cmpstr (message->user, ==, ALICE);
  g_assert_cmpstr (message->key, ==, "desk");
  g_assert_cmpuint (message->value, ==, MUSTER_TELEPHONY_RINGING);
  g_assert_cmpstr (message->text, ==, "Bob (17)");
  g_assert_cmpint (message->from, ==, 77);
}

static void
test_client (void)
{
  g_autoptr(MusterTesting) testing = probe_start ();

  muster_context_client (probe->ctx, ALICE, "pc", MUSTER_CLIENT_LOCKED, 55, 66);
  g_autoptr(MusterMessage) message = only (testing, MUSTER_VERB_CLIENT);
  g_assert_cmpstr (message->user, ==, ALICE);
  g_assert_cmpstr (message->key, ==, "pc");
  g_assert_cmpuint (message->value, ==, MUSTER_CLIENT_LOCKED);
  g_assert_cmpint (message->from, ==, 55);
  g_assert_cmpint (message->until, ==, 66);
}

static void
test_health (void)
{
  g_autoptr(MusterTesting) testing = probe_start ();

  muster_context_health (probe->ctx, MUSTER_HEALTH_OFFLINE, "connecting: \xff\xfe");
  g_autoptr(MusterMessage) message = only (testing, MUSTER_VERB_HEALTH);
  g_assert_cmpuint (message->value, ==, MUSTER_HEALTH_OFFLINE);
  g_assert_true (g_utf8_validate (message->text, -1, NULL));
  g_assert_true (g_str_has_prefix (message->text, "connecting: "));
}

static void
test_user_state (void)
{
  g_autoptr(MusterTesting) testing = probe_start ();

  muster_context_user_state (probe->ctx, ALICE, MUSTER_USER_NOT_HERE, "no mailbox");
  g_autoptr(MusterMessage) message = only (testing, MUSTER_VERB_USER_STATE);
  g_assert_cmpstr (message->user, ==, ALICE);
  g_assert_cmpuint (message->value, ==, MUSTER_USER_NOT_HERE);
  g_assert_cmpstr (message->text, ==, "no mailbox");
}

static void
test_note (void)
{
  g_autoptr(MusterTesting) testing = probe_start ();

  muster_context_note (probe->ctx, "unknown-programs", "obs", NULL);
  g_autoptr(MusterMessage) message = only (testing, MUSTER_VERB_NOTE);
  g_assert_cmpstr (message->set, ==, "unknown-programs");
  g_assert_cmpstr (message->key, ==, "obs");
  g_assert_null (message->text);
}

static void
test_action (void)
{
  g_autoptr(MusterTesting) testing = probe_start ();

  muster_context_action_needed (probe->ctx, NULL, "sign-in", "sign in", "https://login.example.com/device", "AB12");
  g_autoptr(MusterMessage) needed = only (testing, MUSTER_VERB_ACTION_NEEDED);
  g_assert_null (needed->user);
  g_assert_cmpstr (needed->key, ==, "sign-in");
  g_assert_cmpstr (needed->text, ==, "sign in");
  g_assert_cmpstr (needed->url, ==, "https://login.example.com/device");
  g_assert_cmpstr (needed->code, ==, "AB12");

  muster_context_action_done (probe->ctx, ALICE, "sign-in");
  g_autoptr(MusterMessage) done = only (testing, MUSTER_VERB_ACTION_DONE);
  g_assert_cmpstr (done->user, ==, ALICE);
  g_assert_cmpstr (done->key, ==, "sign-in");
}

/* What strangers write is cut and mended: it must not cost a calendar. */
static void
test_words_of_strangers (void)
{
  g_autoptr(MusterTesting) testing = probe_start ();
  g_autofree char *long_text = g_strnfill (2 * MUSTER_LONG_TEXT_MAX, 'x');
  g_autofree char *page = g_strnfill (2 * MUSTER_GREETING_MAX, 'x');
  MusterClaim claim = full;

  claim.text = claim.link = claim.categories = long_text;
  claim.greeting_internal = page;
  claim.greeting_external = long_text;
  muster_context_claims_replace (probe->ctx, ALICE, "calendar", 0, G_MAXINT64, &claim, 1);
  g_autoptr(MusterMessage) cut = only (testing, MUSTER_VERB_CLAIMS_REPLACE);
  g_assert_cmpuint (strlen (cut->claims[0].text), <=, MUSTER_TEXT_MAX);
  g_assert_true (g_str_has_suffix (cut->claims[0].text, "x…"));
  g_assert_cmpuint (strlen (cut->claims[0].greeting_internal), ==, MUSTER_GREETING_MAX);
  g_assert_cmpstr (cut->claims[0].greeting_external, ==, long_text);
  g_assert_cmpuint (strlen (cut->claims[0].categories), <=, MUSTER_LONG_TEXT_MAX);
  g_assert_null (cut->claims[0].link);

  claim.text = claim.greeting_internal = "a\xc3\x28\nb";
  claim.link = "https://\xff";
  muster_context_claim_put (probe->ctx, ALICE, "calendar", &claim);
  g_autoptr(MusterMessage) mended = only (testing, MUSTER_VERB_CLAIM_PUT);
  g_assert_cmpstr (mended->claims[0].text, ==, "a\357\277\275( b");
  g_assert_cmpstr (mended->claims[0].greeting_internal, ==, "a\357\277\275(\nb");
  g_assert_null (mended->claims[0].link);
}

static void
test_log (void)
{
  g_autoptr(MusterTesting) testing = probe_start ();
  g_autofree char *long_text = g_strnfill (2 * MUSTER_LONG_TEXT_MAX, 'x');

  muster_context_log (probe->ctx, MUSTER_LOG_INFO, "a %d\tb", 5);
  g_autoptr(MusterMessage) message = only (testing, MUSTER_VERB_LOG);
  g_assert_cmpuint (message->value, ==, MUSTER_LOG_INFO);
  g_assert_cmpstr (message->text, ==, "a 5 b");

  muster_context_log (probe->ctx, MUSTER_LOG_DEBUG, "%s", long_text);
  g_autoptr(MusterMessage) cut = only (testing, MUSTER_VERB_LOG);
  g_assert_cmpuint (strlen (cut->text), <=, MUSTER_LONG_TEXT_MAX);
  g_assert_true (g_str_has_suffix (cut->text, "x…"));
}

static void
test_delivery (void)
{
  static const char *const detail[] = { "owner", "muster", "forwarded-to", "17\n", NULL };
  static const MusterUserData data = { .id = ALICE };
  static const MusterDesiredData wanted
      = { .status = MUSTER_STATUS_BUSY, .text = "Budget", .telephony = MUSTER_TELEPHONY_IDLE, .revision = 9 };
  g_autoptr(MusterTesting) testing = probe_start ();
  g_autoptr(MusterUser) user = muster_testing_user_new (testing, &data);
  const MusterDelivery delivery = muster_testing_apply (testing, user, &wanted);

  g_assert_cmpuint (probe->delivery, ==, delivery);
  g_assert_cmpint (muster_desired_get_status (probe->desired), ==, MUSTER_STATUS_BUSY);
  g_assert_cmpint (muster_desired_get_telephony (probe->desired), ==, MUSTER_TELEPHONY_IDLE);
  g_assert_cmpuint (muster_desired_get_revision (probe->desired), ==, 9);
  g_assert_null (muster_desired_get_text (probe->desired)); /* not in its needs */

  muster_context_delivery_complete (probe->ctx, delivery, MUSTER_DELIVERY_LEFT_TO_PERSON, "by hand", detail);
  g_autoptr(MusterMessage) message = only (testing, MUSTER_VERB_DELIVERY_COMPLETE);
  g_assert_cmpuint (message->serial, ==, delivery);
  g_assert_cmpuint (message->value, ==, MUSTER_DELIVERY_LEFT_TO_PERSON);
  g_assert_cmpstr (message->text, ==, "by hand");
  g_assert_cmpuint (g_strv_length (message->detail), ==, 4);
  g_assert_cmpstr (message->detail[2], ==, "forwarded-to");
  g_assert_cmpstr (message->detail[3], ==, "17 ");
}

static void
test_report (void)
{
  static const MusterUserData data = { .id = ALICE };
  g_autoptr(MusterTesting) testing = probe_start ();
  g_autoptr(MusterUser) user = muster_testing_user_new (testing, &data);
  const guint64 serial = muster_testing_test (testing, user);
  g_autoptr(MusterMessage) first = muster_testing_wait (testing, MUSTER_VERB_REPORT);
  g_autoptr(MusterMessage) second = muster_testing_wait (testing, MUSTER_VERB_REPORT);
  g_autoptr(MusterMessage) done = only (testing, MUSTER_VERB_REPORT_DONE);

  g_assert_cmpuint (first->serial, ==, serial);
  g_assert_cmpuint (first->value, ==, MUSTER_REPORT_OK);
  g_assert_cmpstr (first->key, ==, "reach");
  g_assert_cmpstr (first->text, ==, "1 hosts");
  g_assert_cmpuint (second->value, ==, MUSTER_REPORT_PROBLEM);
  g_assert_cmpstr (second->text, ==, "refused for " ALICE);
  g_assert_cmpuint (done->serial, ==, serial);
}

static void
test_ends (void)
{
  g_autoptr(MusterTesting) testing = probe_start ();

  muster_testing_drain (testing);
  G_GNUC_UNUSED g_autoptr(MusterMessage) drained = only (testing, MUSTER_VERB_DRAINED);
  muster_context_closed (probe->ctx);
  G_GNUC_UNUSED g_autoptr(MusterMessage) closed = only (testing, MUSTER_VERB_CLOSED);
  muster_testing_stop (testing);
  G_GNUC_UNUSED g_autoptr(MusterMessage) stopped = only (testing, MUSTER_VERB_STOPPED);
}

static void
test_operations (void)
{
  static const MusterUserData data = { .id = ALICE };
  static const char *const removed[] = { "bob@example.com" };
  g_autoptr(MusterTesting) testing = probe_start ();
  g_autoptr(MusterUser) user = muster_testing_user_new (testing, &data);
  g_autoptr(GBytes) value = g_bytes_new_static ("abc", 3);

  muster_testing_kept (testing, NULL, "watermark", value);
  muster_testing_users (testing, &user, 1, removed, 1, TRUE);
  muster_testing_sync (testing, NULL);
  muster_testing_sync (testing, ALICE);
  muster_testing_action_answer (testing, ALICE, "sign-in", "yes");
  g_ptr_array_add (probe->calls, NULL);
  g_autofree char *calls = g_strjoinv ("\n", (char **) probe->calls->pdata);
  g_assert_cmpstr (calls, ==,
                   "kept - watermark 3\n"
                   "users +" ALICE " -bob@example.com complete\n"
                   "sync all\n"
                   "sync " ALICE "\n"
                   "answer " ALICE " sign-in yes");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/verbs/claim-put", test_claim_put);
  g_test_add_func ("/sdk/verbs/claim-drop", test_claim_drop);
  g_test_add_func ("/sdk/verbs/replace", test_replace);
  g_test_add_func ("/sdk/verbs/replace-empty", test_replace_empty);
  g_test_add_func ("/sdk/verbs/replace-long", test_replace_long);
  g_test_add_func ("/sdk/verbs/replace-abort", test_replace_abort);
  g_test_add_func ("/sdk/verbs/telephony", test_telephony);
  g_test_add_func ("/sdk/verbs/client", test_client);
  g_test_add_func ("/sdk/verbs/health", test_health);
  g_test_add_func ("/sdk/verbs/user-state", test_user_state);
  g_test_add_func ("/sdk/verbs/note", test_note);
  g_test_add_func ("/sdk/verbs/action", test_action);
  g_test_add_func ("/sdk/verbs/log", test_log);
  g_test_add_func ("/sdk/verbs/words-of-strangers", test_words_of_strangers);
  g_test_add_func ("/sdk/verbs/delivery", test_delivery);
  g_test_add_func ("/sdk/verbs/report", test_report);
  g_test_add_func ("/sdk/verbs/ends", test_ends);
  g_test_add_func ("/sdk/verbs/operations", test_operations);
  return g_test_run ();
}
