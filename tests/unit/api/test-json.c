/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "api/json-check.h"
#include "api/json.h"
#include "model/intern.h"
#include "record.h"

#define T G_GINT64_CONSTANT (1795330212000000) /* 2026-11-22T06:50:12Z */

static MusterdUser *
make_user (void)
{
  const char *fields[MUSTERD_N_USER_FIELDS] = { [MUSTERD_USER_NAME] = "Alice \"A\"", [MUSTERD_USER_MOBILE] = "+49 1" };
  g_autoptr(GHashTable) attributes = g_hash_table_new (g_str_hash, g_str_equal);

  g_hash_table_insert (attributes, (char *) "micsync.host", (char *) "pc7");
  g_hash_table_insert (attributes, (char *) "ews.mailbox", (char *) "a@b");
  return musterd_user_new ("alice@example.com", fields, attributes, NULL);
}

static MusterdPresence *
make_presence (MusterdUser *user)
{
  MusterdPresence *presence = musterd_presence_new (user);

  presence->status = MUSTERD_STATUS_BUSY;
  presence->text = g_strdup ("Zoom\n\x1b[31m");
  presence->template_name = musterd_intern ("MicSync");
  presence->since = T;
  presence->until = T + 1500 * 1000;
  presence->telephony = MUSTERD_TELEPHONY_ON_THE_PHONE;
  presence->telephony_label = g_strdup ("Bob");
  presence->reach = MUSTERD_REACH_ON_THE_PHONE;
  presence->origin = MUSTERD_ORIGIN_CLAIM;
  presence->kind = MUSTERD_CLAIM_MICROPHONE;
  presence->source = musterd_intern ("micsync");
  presence->revision = 42;
  return presence;
}

/* `schema`: of docs/api/openapi.yaml; nullable: none of its own. */
static void
assert_holds (GString *json, const char *schema)
{
  g_autoptr(GError) error = NULL;

  musterd_json_check (json->str, json->len, &error);
  g_assert_no_error (error);
  if (schema != NULL)
    record_piece (schema, json->str);
}

static void
assert_text (GString *json, const char *schema, const char *expected)
{
  assert_holds (json, schema);
  g_assert_cmpstr (json->str, ==, expected);
}

static void
test_presence (void)
{
  g_autoptr(MusterdUser) user = make_user ();
  g_autoptr(MusterdPresence) presence = make_presence (user);
  g_autoptr(GString) json = g_string_new (NULL);

  musterd_json_presence (json, NULL, user, presence);
  assert_text (json, "Presence",
               "{\"user\":\"alice@example.com\",\"name\":\"Alice \\\"A\\\"\",\"status\":\"busy\","
               "\"text\":\"Zoom\\n\\u001b[31m\",\"template\":\"MicSync\",\"since\":\"2026-11-22T06:50:12Z\","
               "\"until\":\"2026-11-22T06:50:13.500Z\",\"next_free\":null,"
               "\"telephony\":{\"state\":\"on-the-phone\",\"label\":\"Bob\"},\"reach\":\"on-the-phone\","
               "\"kind\":\"microphone\",\"source\":\"micsync\",\"stale\":null,\"revision\":42}");
}

static void
test_employee (void)
{
  g_autoptr(MusterdUser) user = make_user ();
  g_autoptr(MusterdPresence) presence = make_presence (user);
  g_autoptr(MusterdPresence) view = musterd_presence_view (presence, MUSTERD_RELATION_EMPLOYEE);
  g_autoptr(GString) json = g_string_new (NULL);

  musterd_json_presence (json, NULL, user, view);
  assert_text (json, "Presence",
               "{\"user\":\"alice@example.com\",\"name\":\"Alice \\\"A\\\"\",\"status\":\"busy\","
               "\"text\":null,\"template\":null,\"since\":\"2026-11-22T06:50:12Z\","
               "\"until\":\"2026-11-22T06:50:13.500Z\",\"next_free\":null,"
               "\"telephony\":{\"state\":\"on-the-phone\",\"label\":null},\"reach\":\"on-the-phone\","
               "\"kind\":null,\"source\":null,\"stale\":null,\"revision\":42}");
}

static void
test_user (void)
{
  g_autoptr(MusterdUser) user = make_user ();
  g_autoptr(GString) json = g_string_new (NULL);

  musterd_json_user (json, NULL, user);
  assert_text (json, "User",
               "{\"id\":\"alice@example.com\",\"name\":\"Alice \\\"A\\\"\",\"email\":null,\"extension\":null,"
               "\"home\":null,\"mobile\":\"+49 1\",\"voicemail\":null,\"zone\":null,\"language\":null,"
               "\"location\":null,\"group\":null,\"unix-user\":null,"
               "\"attributes\":{\"ews.mailbox\":\"a@b\",\"micsync.host\":\"pc7\"}}");
}

static void
test_verdict (void)
{
  g_autoptr(MusterdClaim) claim = musterd_claim_new ("micsync", "", "zoom", MUSTERD_CLAIM_MICROPHONE);
  MusterdVerdict verdict = { claim, MUSTERD_OUTCOME_WEAKER_THAN, (char *) "teams/call", NULL, "MicSync", "Lunch", FALSE };
  g_autoptr(GString) json = g_string_new (NULL);
  g_autofree char *expected = NULL;
  char id[13];

  claim->from = claim->began = T;
  claim->until = MUSTERD_TIME_NEVER;
  claim->lease_until = T + MUSTERD_HOUR;
  musterd_claim_set_text (claim, "Zoom");
  musterd_claim_get_id (claim, id);
  musterd_json_verdict (json, NULL, &verdict, MUSTERD_RELATION_OWNER);
  expected = g_strdup_printf (
      "{\"source\":\"micsync\",\"set\":\"\",\"key\":\"zoom\",\"id\":\"%s\",\"kind\":\"microphone\","
      "\"from\":\"2026-11-22T06:50:12Z\",\"began\":\"2026-11-22T06:50:12Z\",\"until\":null,"
      "\"lease_until\":\"2026-11-22T07:50:12Z\",\"template\":\"MicSync\",\"role\":null,\"text\":\"Zoom\","
      "\"private\":false,\"all_day\":false,\"cancelled\":false,\"free_busy\":\"none\",\"response\":\"none\","
      "\"link\":null,\"outcome\":\"weaker-than\",\"ignored\":false,\"other\":\"teams/call\",\"reason\":null,\"rule\":\"Lunch\"}",
      id);
  assert_text (json, "Claim", expected);
}

typedef struct
{
  const char  *name;
  MusterdParts needs;
  const char  *desired;
} SinkCase;

static const SinkCase sinks[] = {
  { "nothing", 0, "{}" },
  { "lamp", MUSTERD_PART_STATUS | MUSTERD_PART_REACH, "{\"status\":\"busy\",\"reach\":\"on-the-phone\"}" },
  { "telephony", MUSTERD_PART_TELEPHONY, "{\"telephony\":{\"state\":\"on-the-phone\"}}" },
  { "pbx", MUSTERD_PART_FORWARDING,
    "{\"forwarding\":{\"action\":\"forward\",\"target\":\"+49 1\",\"target_kind\":\"mobile\",\"scope\":\"all\","
    "\"from\":\"Home office\"}}" },
  { "everything", MUSTERD_PART_GREETING * 2 - 1,
    "{\"status\":\"busy\",\"text\":\"Zoom\\n\\u001b[31m\",\"template\":\"MicSync\",\"role\":null,"
    "\"kind\":\"microphone\",\"telephony\":{\"state\":\"on-the-phone\",\"label\":\"Bob\"},"
    "\"reach\":\"on-the-phone\",\"since\":\"2026-11-22T06:50:12Z\",\"until\":\"2026-11-22T06:50:13.500Z\","
    "\"next_free\":null,\"forwarding\":{\"action\":\"forward\",\"target\":\"+49 1\","
    "\"target_kind\":\"mobile\",\"scope\":\"all\",\"from\":\"Home office\"},"
    "\"greeting\":{\"internal\":null,\"external\":null}}" },
};

static void
test_sink (gconstpointer data)
{
  const SinkCase *c = data;
  g_autoptr(MusterdUser) user = make_user ();
  g_autoptr(MusterdPresence) presence = make_presence (user);
  char *detail[] = { (char *) "http", (char *) "503", NULL };
  MusterdSinkWhy why = { .instance = (char *) "lamp", .desired = presence, .needs = c->needs, .pending = TRUE,
                         .answered = TRUE, .result = MUSTERD_DELIVERY_UNREACHABLE, .last_error = (char *) "no route",
                         .detail = detail, .next_try = T, .attempts = 3 };
  g_autoptr(GString) json = g_string_new (NULL);
  g_autofree char *expected = NULL;

  presence->forwarding.action = MUSTERD_FORWARD_TO;
  presence->forwarding.target = MUSTERD_TARGET_MOBILE;
  presence->forwarding.number = g_strdup ("+49 1");
  presence->forwarding.from = g_strdup ("Home office");
  musterd_json_sink (json, NULL, &why);
  expected = g_strdup_printf ("{\"instance\":\"lamp\",\"desired\":%s,\"applied\":null,\"result\":\"%s\","
                              "\"pending\":true,\"in_flight\":false,\"paused\":false,\"closed\":false,"
                              "\"detail\":{\"http\":\"503\"},\"last_error\":\"no route\","
                              "\"next_try\":\"2026-11-22T06:50:12Z\",\"attempts\":3}",
                              c->desired, musterd_delivery_result_to_string (MUSTERD_DELIVERY_UNREACHABLE));
  assert_text (json, "SinkSlot", expected);
}

typedef struct
{
  const char        *name;
  MusterdClientState state;
  MusterdTime        lease_until;
  gint64             lease, idle_after;
  const char        *json; /* from "state" on */
} ClientCase;

static const ClientCase client_cases[] = {
  { "active", MUSTERD_CLIENT_ACTIVE, T + MUSTERD_HOUR, MUSTERD_HOUR, MUSTERD_MINUTE,
    "\"active\",\"counts_as\":\"active\",\"since\":\"2026-11-22T06:50:12Z\",\"lease\":3600,"
    "\"until\":\"2026-11-22T07:50:12Z\",\"idle_after\":60" },
  { "idle", MUSTERD_CLIENT_IDLE, T + MUSTERD_HOUR, MUSTERD_HOUR, 0,
    "\"idle\",\"counts_as\":\"idle\",\"since\":\"2026-11-22T06:50:12Z\",\"lease\":3600,"
    "\"until\":\"2026-11-22T07:50:12Z\",\"idle_after\":0" },
  { "never-idle", MUSTERD_CLIENT_IDLE, T + MUSTERD_HOUR, MUSTERD_HOUR, MUSTERD_TIME_NEVER,
    "\"idle\",\"counts_as\":\"active\",\"since\":\"2026-11-22T06:50:12Z\",\"lease\":3600,"
    "\"until\":\"2026-11-22T07:50:12Z\",\"idle_after\":null" },
  { "lost", MUSTERD_CLIENT_LOCKED, MUSTERD_TIME_ALWAYS, 0, MUSTERD_MINUTE,
    "\"locked\",\"counts_as\":\"ended\",\"since\":\"2026-11-22T06:50:12Z\",\"lease\":0,\"until\":null,"
    "\"idle_after\":60" },
};

static void
test_client (gconstpointer data)
{
  const ClientCase *c = data;
  g_autoptr(MusterdSettings) settings = musterd_settings_new ();
  MusterdClient client = { .source = (char *) "clients", .id = (char *) "pc", .state = c->state, .since = T, .seen = T,
                           .lease = c->lease, .lease_until = c->lease_until };
  g_autoptr(GString) json = g_string_new (NULL);
  g_autofree char *expected = NULL;

  settings->idle_after = c->idle_after;
  musterd_json_client (json, NULL, "alice@example.com", &client, settings, T);
  expected = g_strdup_printf ("{\"id\":\"pc\",\"user\":\"alice@example.com\",\"source\":\"clients\","
                              "\"state\":%s,\"on_lock\":true}",
                              c->json);
  assert_text (json, "Client", expected);
}

/* Everything that may stand there does. */
static void
test_why (void)
{
  g_autoptr(MusterdUser) user = make_user ();
  g_autoptr(MusterdPresence) presence = make_presence (user);
  g_autoptr(MusterdSettings) settings = musterd_settings_new_default ();
  g_autoptr(GPtrArray) claims = g_ptr_array_new ();
  g_autoptr(GPtrArray) devices = g_ptr_array_new ();
  g_autoptr(GPtrArray) clients = g_ptr_array_new ();
  g_autoptr(GPtrArray) slots = g_ptr_array_new ();
  g_autoptr(MusterdClaim) claim = musterd_claim_new ("ews", "calendar", "a/b", MUSTERD_CLAIM_APPOINTMENT);
  MusterdVerdict verdict = { claim, MUSTERD_OUTCOME_NO_EFFECT, NULL, "free", NULL, NULL, FALSE };
  MusterdDevice device = { .source = (char *) "pbx", .id = (char *) "17", .state = MUSTERD_TELEPHONY_RINGING,
                           .label = (char *) "Bob", .since = T, .lease_until = T + MUSTERD_MINUTE };
  MusterdClient client = { .source = (char *) "activity", .id = (char *) "pc", .state = MUSTERD_CLIENT_LOCKED,
                           .since = T, .seen = T, .lease = MUSTERD_HOUR, .lease_until = T + MUSTERD_HOUR };
  MusterdChoice standing = { .status = MUSTERD_STATUS_BUSY, .text = (char *) "x", .made = T,
                             .until = MUSTERD_TIME_NEVER, .by = (char *) "root" };
  MusterdChoice timed = { .template_id = (char *) "gone", .status = MUSTERD_STATUS_BUSY, .made = T,
                          .until = T + MUSTERD_HOUR };
  MusterdSinkWhy slot = { .instance = (char *) "lamp", .next_try = MUSTERD_TIME_NEVER };
  char *sources[] = { (char *) "ews-stream:hq", (char *) "graph", NULL };
  g_autoptr(GPtrArray) refusals = g_ptr_array_new ();
  MusterdRefusal refusal = { (char *) "ews-stream:hq", (char *) "no mailbox", T, T + MUSTERD_DAY };
  MusterdCalendarOrder order = { sources, (char *) "graph", NULL, refusals };
  MusterdWhy why = { .presence = presence, .standing = &standing, .timed = &timed, .standing_ends = T + MUSTERD_DAY,
                     .client = MUSTERD_CLIENT_LOCKED, .claims = claims, .devices = devices, .clients = clients,
                     .now = T, .next_change = T + MUSTERD_MINUTE, .settings = settings };
  g_autoptr(GString) json = g_string_new (NULL);

  claim->from = claim->began = T;
  claim->until = T + MUSTERD_HOUR;
  claim->lease_until = MUSTERD_TIME_NEVER;
  claim->all_day = TRUE;
  claim->free_busy = MUSTERD_FREE_BUSY_FREE;
  musterd_claim_set_more (claim, "https://example.com/1", NULL, NULL);
  g_ptr_array_add (claims, &verdict);
  g_ptr_array_add (devices, &device);
  g_ptr_array_add (clients, &client);
  g_ptr_array_add (slots, &slot);
  g_ptr_array_add (refusals, &refusal);
  musterd_json_why (json, NULL, &why, slots, &order, MUSTERD_RELATION_OWNER);
  assert_holds (json, "Why");
  g_string_truncate (json, 0);
  musterd_json_why (json, NULL, &why, slots, NULL, MUSTERD_RELATION_OWNER);
  assert_holds (json, "Why");
}

static void
test_instance (void)
{
  g_autoptr(GPtrArray) actions = g_ptr_array_new ();
  g_autoptr(GPtrArray) notes = g_ptr_array_new ();
  g_autoptr(GPtrArray) troubles = g_ptr_array_new ();
  MusterdAction action = { (char *) "alice", (char *) "sign-in", (char *) "Sign in", (char *) "https://example.com/",
                           (char *) "17", T };
  MusterdNote note = { (char *) "program", (char *) "zoom", (char *) "unknown", T, T + MUSTERD_MINUTE, 3 };
  MusterdUserTrouble trouble = { (char *) "alice", (char *) "sign-in", (char *) "", T };
  MusterdInstanceInfo info = { .name = (char *) "teams", .plugin = (char *) "teams", .version = (char *) "1",
                               .summary = (char *) "Teams", .enabled = MUSTERD_ENABLED_NO,
                               .state = MUSTERD_INSTANCE_ONLINE, .text = (char *) "fine", .since = T,
                               .is_source = TRUE, .n_messages = G_MAXINT64, .actions = actions, .notes = notes,
                               .troubles = troubles };
  g_autoptr(GString) source = g_string_new (NULL);
  g_autoptr(GString) sink = g_string_new (NULL);

  g_ptr_array_add (actions, &action);
  g_ptr_array_add (notes, &note);
  g_ptr_array_add (troubles, &trouble);
  musterd_json_instance (source, NULL, &info);
  assert_holds (source, "Instance");
  info.is_sink = TRUE;
  musterd_json_instance (sink, NULL, &info);
  assert_holds (sink, "Instance");
}

static void
test_text (void)
{
  g_autoptr(GString) json = g_string_new (NULL);

  musterd_json_open (json, NULL, '[');
  musterd_json_string (json, NULL, "a\\b\t\x7f\xff");
  musterd_json_open (json, NULL, '{');
  musterd_json_close (json, '}');
  musterd_json_open (json, NULL, '[');
  musterd_json_close (json, ']');
  musterd_json_int (json, NULL, G_MININT64);
  musterd_json_uint (json, NULL, G_MAXUINT64);
  musterd_json_bool (json, NULL, FALSE);
  musterd_json_null (json, NULL);
  musterd_json_time (json, NULL, MUSTERD_TIME_NEVER);
  musterd_json_close (json, ']');
  assert_text (json, NULL,
               "[\"a\\\\b\\u0009\\u007f\xef\xbf\xbd\",{},[],-9223372036854775808,18446744073709551615,false,null,"
               "null]");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/json/text", test_text);
  g_test_add_func ("/json/presence", test_presence);
  g_test_add_func ("/json/employee", test_employee);
  g_test_add_func ("/json/user", test_user);
  g_test_add_func ("/json/verdict", test_verdict);
  for (gsize i = 0; i < G_N_ELEMENTS (sinks); i++)
    {
      g_autofree char *path = g_strconcat ("/json/sink/", sinks[i].name, NULL);

      g_test_add_data_func (path, &sinks[i], test_sink);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (client_cases); i++)
    {
      g_autofree char *path = g_strconcat ("/json/client/", client_cases[i].name, NULL);

      g_test_add_data_func (path, &client_cases[i], test_client);
    }
  g_test_add_func ("/json/why", test_why);
  g_test_add_func ("/json/instance", test_instance);
  return g_test_run ();
}
