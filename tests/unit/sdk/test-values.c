/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a plugin reads: options, users, desired values, names. */
#include "probe.h"

static void
test_options (void)
{
  g_autoptr(MusterTesting) testing = muster_testing_new (probe_descriptor (), "probe:test");
  g_autoptr(GError) error = NULL;

  g_assert_true (muster_testing_set_option (testing, "number", "9", NULL));
  g_assert_true (muster_testing_set_option (testing, "password", "secret:x", NULL));
  g_assert_true (muster_testing_set_option (testing, "programs", "TEAMS|true|9s", NULL));
  g_assert_false (muster_testing_set_option (testing, "number", "11", &error));
  g_assert_error (error, MUSTER_ERROR, MUSTER_ERROR_CONFIG);
  muster_testing_start (testing, NULL);

  MusterContext *ctx = probe->ctx;
  g_assert_cmpstr (muster_context_get_instance (ctx), ==, "probe:test");
  g_assert_false (muster_context_get_boolean (ctx, "fail"));
  g_assert_null (muster_context_get_string (ctx, "name"));
  g_assert_cmpint (muster_context_get_integer (ctx, "number"), ==, 9);
  g_assert_cmpstr (muster_context_get_string (ctx, "number"), ==, "9");
  g_assert_cmpint (muster_context_get_duration (ctx, "time"), ==, 5 * G_TIME_SPAN_MINUTE);
  g_assert_cmpstr (muster_context_get_string (ctx, "password"), ==, "secret:x");
  g_assert_null (muster_context_get_string (ctx, "no-such-option"));

  const char *const *words = muster_context_get_list (ctx, "words");
  g_assert_cmpuint (g_strv_length ((char **) words), ==, 2);
  g_assert_cmpstr (words[1], ==, "b;c");

  MusterTable *programs = muster_context_get_table (ctx, "programs");
  g_assert_cmpuint (muster_table_get_n_rows (programs), ==, 2);
  g_assert_cmpstr (muster_table_get_string (programs, 1, "program"), ==, "TEAMS");
  g_assert_true (muster_table_get_boolean (programs, 1, "active"));
  g_assert_cmpint (muster_table_get_integer (programs, 1, "hold"), ==, 9 * G_TIME_SPAN_SECOND);
  g_assert_cmpint (muster_table_get_integer (programs, 0, "hold"), ==, 2 * G_TIME_SPAN_SECOND);
  g_assert_cmpuint (muster_testing_total (testing), ==, 0);
}

static void
test_start_fails (void)
{
  g_autoptr(MusterTesting) testing = muster_testing_new (probe_descriptor (), "probe:test");
  g_autoptr(GError) error = NULL;

  g_assert_true (muster_testing_set_option (testing, "fail", "true", NULL));
  g_assert_false (muster_testing_start (testing, &error));
  g_assert_error (error, MUSTER_ERROR, MUSTER_ERROR_UNREACHABLE);
}

static void
test_user (void)
{
  g_autoptr(GHashTable) attributes = g_hash_table_new (g_str_hash, g_str_equal);
  const MusterUserData data = { .id = ALICE,
                                .name = "Alice",
                                .email = "a@example.com",
                                .zone = "Europe/Berlin",
                                .language = "de",
                                .numbers = { "17", NULL, "+49170", "99" },
                                .attributes = attributes };
  g_autoptr(MusterTesting) testing = probe_start ();

  g_hash_table_insert (attributes, (gpointer) "mailbox", (gpointer) "alice");
  g_autoptr(MusterUser) user = muster_testing_user_new (testing, &data);
  muster_testing_user_set (testing, user, "loud", "false");
  muster_testing_user_set (testing, user, "apps", "slack|false");

  g_assert_cmpstr (muster_user_get_id (user), ==, ALICE);
  g_assert_cmpstr (muster_user_get_name (user), ==, "Alice");
  g_assert_cmpstr (muster_user_get_email (user), ==, "a@example.com");
  g_assert_cmpstr (muster_user_get_zone (user), ==, "Europe/Berlin");
  g_assert_cmpstr (muster_user_get_language (user), ==, "de");
  g_assert_cmpstr (muster_user_get_number (user, MUSTER_NUMBER_EXTENSION), ==, "17");
  g_assert_null (muster_user_get_number (user, MUSTER_NUMBER_HOME));
  g_assert_cmpstr (muster_user_get_number (user, MUSTER_NUMBER_VOICEMAIL), ==, "99");
  g_assert_null (muster_user_get_number (user, 4));
  g_assert_cmpstr (muster_user_get_attribute (user, "mailbox"), ==, "alice");
  g_assert_null (muster_user_get_attribute (user, "nothing"));
  g_assert_cmpint (muster_user_get_duration (user, "ring"), ==, 20 * G_TIME_SPAN_SECOND);
  g_assert_cmpstr (muster_user_get_string (user, "ring"), ==, "20000000");
  g_assert_cmpint (muster_user_get_integer (user, "steps"), ==, 3);
  g_assert_cmpint (muster_user_get_integer (user, "ring"), ==, 0);
  g_assert_false (muster_user_get_boolean (user, "loud"));
  g_assert_cmpstr (muster_user_get_list (user, "colours")[1], ==, "green");
  g_assert_cmpuint (muster_table_get_n_rows (muster_user_get_table (user, "apps")), ==, 2);
  g_assert_null (muster_user_get_table (user, "ring"));
}

/* Each need, and what it brings; everything else stays away. */
static const struct
{
  MusterNeeds need;
  const char *seen;
} needs[] = {
  { 0, "0 - - - - 0 0 - 0 - 0 0 0 0 - -" },
  { MUSTER_NEEDS_STATUS, "4 - - - - 0 0 - 0 - 0 0 0 0 - -" },
  { MUSTER_NEEDS_TEXT, "0 t - - - 0 0 - 0 - 0 0 0 0 - -" },
  { MUSTER_NEEDS_TEMPLATE, "0 - n r - 0 0 - 0 - 0 0 0 0 - -" },
  { MUSTER_NEEDS_KIND, "0 - - - k 0 0 - 0 - 0 0 0 0 - -" },
  { MUSTER_NEEDS_FORWARDING, "0 - - - - 3 2 17 0 - 0 0 0 0 - -" },
  { MUSTER_NEEDS_TELEPHONY, "0 - - - - 0 0 - 3 - 0 0 0 0 - -" },
  { MUSTER_NEEDS_LABEL, "0 - - - - 0 0 - 0 l 0 0 0 0 - -" },
  { MUSTER_NEEDS_REACH, "0 - - - - 0 0 - 0 - 3 0 0 0 - -" },
  { MUSTER_NEEDS_TIMES, "0 - - - - 0 0 - 0 - 0 1 2 3 - -" },
  { MUSTER_NEEDS_GREETING, "0 - - - - 0 0 - 0 - 0 0 0 0 i e" },
};

static const char *
or_dash (const char *text)
{
  return text != NULL ? text : "-";
}

static void
test_desired (void)
{
  static const MusterDesiredData data = { .status = MUSTER_STATUS_DO_NOT_DISTURB,
                                          .text = "t",
                                          .template_name = "n",
                                          .template_role = "r",
                                          .kind = "k",
                                          .forward_action = MUSTER_FORWARD_TO,
                                          .forward_scope = MUSTER_SCOPE_EXTERNAL,
                                          .forward_number = "17",
                                          .telephony = MUSTER_TELEPHONY_ON_THE_PHONE,
                                          .telephony_label = "l",
                                          .reach = MUSTER_REACH_AWAY,
                                          .since = 1,
                                          .until = 2,
                                          .next_free = 3,
                                          .greetings = { "i", "e" },
                                          .revision = 4 };

  for (gsize i = 0; i < G_N_ELEMENTS (needs); i++)
    {
      g_autoptr(MusterDesired) d = muster_desired_new (&data, needs[i].need);
      g_autofree char *seen = g_strdup_printf (
          "%u %s %s %s %s %u %u %s %u %s %u %d %d %d %s %s", muster_desired_get_status (d),
          or_dash (muster_desired_get_text (d)), or_dash (muster_desired_get_template_name (d)),
          or_dash (muster_desired_get_template_role (d)), or_dash (muster_desired_get_kind (d)),
          muster_desired_get_forward_action (d), muster_desired_get_forward_scope (d),
          or_dash (muster_desired_get_forward_number (d)), muster_desired_get_telephony (d),
          or_dash (muster_desired_get_telephony_label (d)), muster_desired_get_reach (d),
          (int) muster_desired_get_since (d), (int) muster_desired_get_until (d),
          (int) muster_desired_get_next_free (d),
          or_dash (muster_desired_get_greeting (d, MUSTER_GREETING_INTERNAL)),
          or_dash (muster_desired_get_greeting (d, MUSTER_GREETING_EXTERNAL)));

      g_assert_cmpstr (seen, ==, needs[i].seen);
      g_assert_cmpuint (muster_desired_get_revision (d), ==, 4);
    }
}

static void
test_names (void)
{
  g_assert_cmpstr (muster_status_to_string (MUSTER_STATUS_DO_NOT_DISTURB), ==, "do-not-disturb");
  g_assert_cmpstr (muster_status_to_string (MUSTER_STATUS_LOGGED_OFF), ==, "logged-off");
  g_assert_null (muster_status_to_string (7));
  g_assert_cmpstr (muster_telephony_to_string (MUSTER_TELEPHONY_ON_THE_PHONE), ==, "on-the-phone");
  g_assert_null (muster_telephony_to_string (4));
  g_assert_cmpstr (muster_reach_to_string (MUSTER_REACH_OFF), ==, "off");
  g_assert_null (muster_reach_to_string (5));
  g_assert_cmpstr (muster_forward_action_to_string (MUSTER_FORWARD_TO), ==, "to");
  g_assert_null (muster_forward_action_to_string (4));
  g_assert_cmpstr (muster_forward_scope_to_string (MUSTER_SCOPE_EXTERNAL), ==, "external");
  g_assert_null (muster_forward_scope_to_string (3));
  g_assert_cmpstr (muster_option_type_to_string (MUSTER_OPTION_TABLE), ==, "table");
  g_assert_null (muster_option_type_to_string (10));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/values/options", test_options);
  g_test_add_func ("/sdk/values/start-fails", test_start_fails);
  g_test_add_func ("/sdk/values/user", test_user);
  g_test_add_func ("/sdk/values/desired", test_desired);
  g_test_add_func ("/sdk/values/names", test_names);
  return g_test_run ();
}
