/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A call out of bounds sends nothing but one warning, which names the function and the reason. */
#include "probe.h"

#include <string.h>

static const MusterClaim good = { .struct_size = sizeof good, .key = "k", .until = MUSTER_OPEN_ENDED };
static const char *long_id, *long_key, *long_set, *long_text, *long_greeting;

static void
put (MusterContext *ctx, MusterClaim claim)
{
  muster_context_claim_put (ctx, ALICE, "calendar", &claim);
}

#define BAD(name, ...)                                                                                                \
  static void bad_##name (MusterContext *ctx)                                                                         \
  {                                                                                                                   \
    MusterClaim c = good;                                                                                             \
    (void) c;                                                                                                         \
    __VA_ARGS__;                                                                                                      \
  }

BAD (no_user, muster_context_claim_put (ctx, NULL, "calendar", &c))
BAD (empty_user, muster_context_claim_put (ctx, "", "calendar", &c))
BAD (long_user, muster_context_claim_put (ctx, long_id, "calendar", &c))
BAD (user_not_utf8, muster_context_claim_put (ctx, "al\xffice", "calendar", &c))
BAD (user_control, muster_context_claim_put (ctx, "al\nice", "calendar", &c))
BAD (no_set, muster_context_claim_put (ctx, ALICE, NULL, &c))
BAD (long_set, muster_context_claim_put (ctx, ALICE, long_set, &c))
BAD (no_claim, muster_context_claim_put (ctx, ALICE, "calendar", NULL))
BAD (small_claim, c.struct_size = sizeof (MusterClaim) - 8; put (ctx, c))
BAD (zero_claim, c.struct_size = 0; put (ctx, c))
BAD (huge_claim, c.struct_size = 1 << 20; put (ctx, c))
BAD (odd_claim, c.struct_size = sizeof (MusterClaim) + 1; put (ctx, c))
BAD (no_key, c.key = NULL; put (ctx, c))
BAD (long_key, c.key = long_key; put (ctx, c))
BAD (kind, c.kind = 99; put (ctx, c))
BAD (negative_kind, c.kind = (MusterClaimKind) -1; put (ctx, c))
BAD (ends_first, c.from = 9; c.until = 9; put (ctx, c))
BAD (ends_before_now, c.until = 0; put (ctx, c))
BAD (claim_lease, c.lease = -1; put (ctx, c))
BAD (free_busy, c.free_busy = 6; put (ctx, c))
BAD (response, c.response = 6; put (ctx, c))
BAD (drop_key, muster_context_claim_drop (ctx, ALICE, ""))
BAD (window, muster_context_claims_replace (ctx, ALICE, "calendar", 5, 5, &c, 1))
BAD (no_claims, muster_context_claims_replace (ctx, ALICE, "calendar", 5, 6, NULL, 3))
BAD (device, muster_context_telephony (ctx, ALICE, NULL, MUSTER_TELEPHONY_IDLE, NULL, 0))
BAD (telephony, muster_context_telephony (ctx, ALICE, "d", 4, NULL, 0))
BAD (telephony_lease, muster_context_telephony (ctx, ALICE, "d", MUSTER_TELEPHONY_IDLE, NULL, -5))
BAD (label, muster_context_telephony (ctx, ALICE, "d", MUSTER_TELEPHONY_IDLE, long_text, 0))
BAD (client_none, muster_context_client (ctx, ALICE, "pc", MUSTER_CLIENT_NONE, 0, 0))
BAD (client_state, muster_context_client (ctx, ALICE, "pc", 5, 0, 0))
BAD (client_since, muster_context_client (ctx, ALICE, "pc", MUSTER_CLIENT_ACTIVE, -1, 0))
BAD (health, muster_context_health (ctx, 3, "x"))
BAD (user_state, muster_context_user_state (ctx, ALICE, 4, "x"))
BAD (note_topic, muster_context_note (ctx, long_set, "x", NULL))
BAD (note_subject, muster_context_note (ctx, "t", NULL, NULL))
BAD (action_url, muster_context_action_needed (ctx, NULL, "a", "t", "javascript:alert(1)", NULL))
BAD (action_relative, muster_context_action_needed (ctx, NULL, "a", "t", "/device", NULL))
BAD (action_password, muster_context_action_needed (ctx, NULL, "a", "t", "https://u:p@example.com/", NULL))
BAD (action_text, muster_context_action_needed (ctx, NULL, "a", NULL, NULL, NULL))
BAD (action_id, muster_context_action_done (ctx, NULL, NULL))
BAD (log_level, muster_context_log (ctx, 4, "x"))
BAD (keep_key, muster_context_keep (ctx, NULL, NULL, NULL, MUSTER_LAZY, NULL, NULL))
BAD (keep_durability, muster_context_keep (ctx, NULL, "k", NULL, 2, NULL, NULL))
BAD (keep_value, g_autoptr(GBytes) v = g_bytes_new (long_greeting, MUSTER_RECORD_MAX + 1);
     muster_context_keep (ctx, NULL, "k", v, MUSTER_LAZY, NULL, NULL))
BAD (secret_name, muster_context_secret_put (ctx, ".hidden", "s", NULL, NULL))
BAD (secret_path, muster_context_secret_put (ctx, "a/b", "s", NULL, NULL))
BAD (secret_empty, muster_context_secret_put (ctx, "a", "", NULL, NULL))
BAD (secret_bytes, muster_context_secret_put (ctx, "a", "\xff", NULL, NULL))
BAD (result, muster_context_delivery_complete (ctx, 1, 4, NULL, NULL))
BAD (detail_odd, const char *const d[] = { "a", NULL }; muster_context_delivery_complete (ctx, 1, 0, NULL, d))
BAD (detail_name, const char *const d[] = { "", "b", NULL }; muster_context_delivery_complete (ctx, 1, 0, NULL, d))
BAD (timer, muster_timer_free (muster_context_timer_add (ctx, 0, NULL, NULL)))
BAD (option_type, g_assert_cmpint (muster_context_get_integer (ctx, "time"), ==, 0))

static void
bad_too_many (MusterContext *ctx)
{
  g_autofree MusterClaim *claims = g_new0 (MusterClaim, MUSTER_REPLACE_MAX + 1);

  for (guint i = 0; i <= MUSTER_REPLACE_MAX; i++)
    claims[i] = good;
  muster_context_claims_replace (ctx, ALICE, "calendar", 0, G_MAXINT64, claims, MUSTER_REPLACE_MAX + 1);
}

static void
bad_one_of_three (MusterContext *ctx)
{
  MusterClaim claims[3] = { good, good, good };

  claims[1].kind = 77;
  muster_context_claims_replace (ctx, ALICE, "calendar", 0, G_MAXINT64, claims, 3);
}

static void
bad_stride (MusterContext *ctx)
{
  MusterClaim claims[2] = { good, good };

  claims[1].struct_size = 0;
  muster_context_claims_replace (ctx, ALICE, "calendar", 0, G_MAXINT64, claims, 2);
}

static void
bad_part (MusterContext *ctx)
{
  MusterReplace *replace = muster_context_replace_begin (ctx, ALICE, "calendar", 0, G_MAXINT64);
  MusterClaim claim = good;

  muster_replace_add (replace, &claim, 1);
  claim.lease = -1;
  muster_replace_add (replace, &claim, 1);
  claim.lease = 0;
  muster_replace_add (replace, &claim, 1);
  muster_replace_commit (replace);
}

typedef struct
{
  const char *name;
  void      (*call) (MusterContext *ctx);
  const char *warning;
} Refusal;

#define ROW(name, warning) { #name, bad_##name, warning }

static const Refusal refusals[] = {
  ROW (no_user, "muster_context_claim_put() refused: no user"),
  ROW (empty_user, "*: no user"),
  ROW (long_user, "*: user has more than 256 bytes"),
  ROW (user_not_utf8, "*: user is not UTF-8"),
  ROW (user_control, "*: control characters in user"),
  ROW (no_set, "*: no set"),
  ROW (long_set, "*: set has more than 64 bytes"),
  ROW (no_claim, "*: no claims*"),
  ROW (small_claim, "*: struct_size is *"),
  ROW (zero_claim, "*: struct_size is 0, expected sizeof (MusterClaim), *"),
  ROW (huge_claim, "*: struct_size is 1048576*"),
  ROW (odd_claim, "*: struct_size is *"),
  ROW (no_key, "*: no key"),
  ROW (long_key, "*: key has more than 512 bytes"),
  ROW (kind, "*: kind 99 out of range (0 to 5)"),
  ROW (negative_kind, "*: kind * out of range*"),
  ROW (ends_first, "*: 'until' (9) is not after 'from' (9)"),
  ROW (ends_before_now, "*: 'until' (0) is not after 'from' (0)"),
  ROW (claim_lease, "*: lease -1 is negative"),
  ROW (free_busy, "*: free_busy 6 out of range*"),
  ROW (response, "*: response 6 out of range*"),
  ROW (drop_key, "muster_context_claim_drop() refused: no key"),
  ROW (window, "muster_context_claims_replace() refused: 'until' (5) is not after 'from' (5)"),
  ROW (no_claims, "*: no claims, but a number of 3"),
  ROW (too_many, "*: more than 10000 claims at once; nothing was changed"),
  ROW (one_of_three, "*: claim 1: kind 77 out of range*"),
  ROW (stride, "*: claim 1: struct_size is 0, the first one's *"),
  ROW (part, "muster_replace_add() refused: lease -1 is negative"),
  ROW (device, "muster_context_telephony() refused: no device"),
  ROW (telephony, "*: state 4 out of range (0 to 3)"),
  ROW (telephony_lease, "*: lease -5 is negative"),
  ROW (label, "*: label has more than 1024 bytes"),
  ROW (client_none, "muster_context_client() refused: a client is never in state none*"),
  ROW (client_state, "*: state 5 out of range*"),
  ROW (client_since, "*: since -1 is negative"),
  ROW (health, "muster_context_health() refused: health 3 out of range*"),
  ROW (user_state, "muster_context_user_state() refused: state 4 out of range*"),
  ROW (note_topic, "muster_context_note() refused: topic has more than 64 bytes"),
  ROW (note_subject, "*: no subject"),
  ROW (action_url, "muster_context_action_needed() refused: url is no absolute http*"),
  ROW (action_relative, "*: url is no absolute http*"),
  ROW (action_password, "*: url is no absolute http*"),
  ROW (action_text, "*: no text*"),
  ROW (action_id, "muster_context_action_done() refused: no id"),
  ROW (log_level, "muster_context_log() refused: level 4 out of range*"),
  ROW (keep_key, "muster_context_keep() refused: no key"),
  ROW (keep_durability, "*: durability 2 out of range*"),
  ROW (keep_value, "*: the record has 4097 bytes, at most 4096 are kept"),
  ROW (secret_name, "muster_context_secret_put() refused: a secret's name is *"),
  ROW (secret_path, "*: a secret's name is *"),
  ROW (secret_empty, "*: no secret"),
  ROW (secret_bytes, "*: secret is not UTF-8"),
  ROW (result, "muster_context_delivery_complete() refused: result 4 out of range*"),
  ROW (detail_odd, "*: detail 'a' has no value"),
  ROW (detail_name, "*: no name in detail"),
  ROW (timer, "muster_context_timer_add() refused: no callback"),
  ROW (option_type, "muster_context_get_integer() refused: option 'time' is a duration"),
};

static void
test_refusal (gconstpointer data)
{
  const Refusal *row = data;
  g_autoptr(MusterTesting) testing = probe_start ();

  row->call (probe->ctx);
  muster_testing_settle (testing);
  g_assert_cmpuint (muster_testing_total (testing), ==, 1);
  g_autoptr(MusterMessage) warning = muster_testing_take (testing, MUSTER_VERB_LOG);
  g_assert_nonnull (warning);
  g_assert_cmpuint (warning->value, ==, MUSTER_LOG_WARNING);
  if (!g_pattern_match_simple (row->warning, warning->text))
    g_error ("%s: '%s' does not match '%s'", row->name, warning->text, row->warning);
}

static void
test_report_line (void)
{
  g_autoptr(MusterTesting) testing = probe_start ();
  MusterReport *report = muster_report_new (probe->ctx, 1);

  muster_report_add (report, 3, "x", "y");
  muster_report_add (report, MUSTER_REPORT_OK, NULL, "y");
  muster_report_done (report);
  g_autoptr(MusterMessage) result = muster_testing_take (testing, MUSTER_VERB_LOG);
  g_autoptr(MusterMessage) subject = muster_testing_take (testing, MUSTER_VERB_LOG);
  g_autoptr(MusterMessage) done = muster_testing_take (testing, MUSTER_VERB_REPORT_DONE);
  g_assert_cmpstr (result->text, ==, "muster_report_add() refused: result 3 out of range (0 to 2)");
  g_assert_cmpstr (subject->text, ==, "muster_report_add() refused: no subject");
  g_assert_cmpuint (done->serial, ==, 1);
  g_assert_cmpuint (muster_testing_total (testing), ==, 0);
}

/* What is out of bounds may be a secret that went to the wrong place. */
static void
test_never_repeats_a_secret (void)
{
  g_autoptr(MusterTesting) testing = probe_start ();

  muster_context_secret_put (probe->ctx, "hunter 2", "hunter 2", NULL, NULL);
  g_autoptr(MusterMessage) warning = muster_testing_take (testing, MUSTER_VERB_LOG);
  g_assert_null (strstr (warning->text, "hunter"));
}

static void
test_warnings_are_limited (void)
{
  g_autoptr(MusterTesting) testing = probe_start ();

  for (guint i = 0; i < 500; i++)
    muster_context_health (probe->ctx, 99, NULL);
  g_assert_cmpuint (muster_testing_total (testing), ==, 10);
  for (guint i = 0; i < 9; i++)
    muster_message_free (muster_testing_take (testing, MUSTER_VERB_LOG));
  g_autoptr(MusterMessage) last = muster_testing_take (testing, MUSTER_VERB_LOG);
  g_assert_true (g_str_has_suffix (last->text, "; more of this minute are only counted"));
}

int
main (int argc, char *argv[])
{
  g_autofree char *x = g_strnfill (2 * MUSTER_LONG_TEXT_MAX, 'x');

  g_test_init (&argc, &argv, NULL);
  long_id = x + strlen (x) - MUSTER_USER_ID_MAX - 1;
  long_key = x + strlen (x) - MUSTER_KEY_MAX - 1;
  long_set = x + strlen (x) - MUSTER_SET_MAX - 1;
  long_text = x + strlen (x) - MUSTER_TEXT_MAX - 1;
  long_greeting = x + strlen (x) - MUSTER_LONG_TEXT_MAX - 1;
  for (gsize i = 0; i < G_N_ELEMENTS (refusals); i++)
    {
      g_autofree char *path = g_strconcat ("/sdk/refusals/", refusals[i].name, NULL);

      g_test_add_data_func (path, &refusals[i], test_refusal);
    }
  g_test_add_func ("/sdk/refusals/report-line", test_report_line);
  g_test_add_func ("/sdk/refusals/never-repeats-a-secret", test_never_repeats_a_secret);
  g_test_add_func ("/sdk/refusals/warnings-are-limited", test_warnings_are_limited);
  return g_test_run ();
}
