/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The vocabularies, users, settings and handles of claims, by tables. */
#include "model/error.h"
#include "model/facts.h"
#include "model/zone.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

/* Vocabularies: every name in the order of the values, as it stands on the wire. */

typedef const char *(*ToString) (int value);
typedef gboolean (*FromString) (const char *name, int *value);

#define VOCABULARY(Type, prefix)                                                                                       \
  static const char *prefix##_name (int value) { return musterd_##prefix##_to_string ((Type) value); }                 \
  static gboolean prefix##_value (const char *name, int *value)                                                        \
  {                                                                                                                    \
    Type typed = (Type) 77;                                                                                            \
    gboolean known = musterd_##prefix##_from_string (name, &typed);                                                    \
    *value = (int) typed;                                                                                              \
    return known;                                                                                                      \
  }

VOCABULARY (MusterdStatus, status)
VOCABULARY (MusterdClaimKind, claim_kind)
VOCABULARY (MusterdFreeBusy, free_busy)
VOCABULARY (MusterdResponse, response)
VOCABULARY (MusterdTelephony, telephony)
VOCABULARY (MusterdClientState, client_state)
VOCABULARY (MusterdForwardAction, forward_action)
VOCABULARY (MusterdForwardScope, forward_scope)
VOCABULARY (MusterdForwardTarget, forward_target)
VOCABULARY (MusterdReach, reach)
VOCABULARY (MusterdRelation, relation)
VOCABULARY (MusterdOutcome, outcome)
VOCABULARY (MusterdOrigin, origin)
VOCABULARY (MusterdUserField, user_field)

typedef struct
{
  const char *name;
  ToString to_string;
  FromString from_string;
  int count;
  const char *values; /* separated by spaces */
} Vocabulary;

static const Vocabulary vocabularies[] = {
  { "status", status_name, status_value, MUSTERD_N_STATUSES,
    "none available be-right-back busy do-not-disturb unavailable logged-off" },
  { "claim-kind", claim_kind_name, claim_kind_value, MUSTERD_N_CLAIM_KINDS,
    "dnd sharing call microphone absence appointment" },
  { "free-busy", free_busy_name, free_busy_value, MUSTERD_N_FREE_BUSY,
    "none free elsewhere tentative busy out-of-office" },
  { "response", response_name, response_value, MUSTERD_N_RESPONSES,
    "none organizer accepted tentative declined unanswered" },
  { "telephony", telephony_name, telephony_value, MUSTERD_N_TELEPHONY, "none idle ringing on-the-phone" },
  { "client-state", client_state_name, client_state_value, MUSTERD_N_CLIENT_STATES, "none active idle locked ended" },
  { "forward-action", forward_action_name, forward_action_value, MUSTERD_N_FORWARD_ACTIONS,
    "do-not-change off do-not-disturb forward" },
  { "forward-scope", forward_scope_name, forward_scope_value, MUSTERD_N_SCOPES, "all internal external" },
  { "forward-target", forward_target_name, forward_target_value, MUSTERD_N_TARGETS, "number home mobile voicemail" },
  { "reach", reach_name, reach_value, MUSTERD_N_REACH, "free on-the-phone busy away off" },
  { "relation", relation_name, relation_value, MUSTERD_N_RELATIONS,
    "blocked employee team-colleague assistant assistant-plus owner" },
  { "outcome", outcome_name, outcome_value, MUSTERD_N_OUTCOMES,
    "wins weaker-than overridden ignored not-yet no-effect" },
  { "origin", origin_name, origin_value, MUSTERD_N_ORIGINS, "default client idle choice claim" },
  { "user-field", user_field_name, user_field_value, MUSTERD_N_USER_FIELDS,
    "name email extension home mobile voicemail zone language location group unix-user" },
};

static void
test_vocabulary (gconstpointer data)
{
  const Vocabulary *words = data;
  g_auto(GStrv) names = g_strsplit (words->values, " ", -1);
  int value;

  g_assert_cmpint ((int) g_strv_length (names), ==, words->count);
  for (int i = 0; i < words->count; i++)
    {
      g_assert_cmpstr (words->to_string (i), ==, names[i]);
      g_assert_true (words->from_string (names[i], &value));
      g_assert_cmpint (value, ==, i);
    }
  g_assert_null (words->to_string (words->count));
  g_assert_null (words->to_string (-1));
  g_assert_false (words->from_string ("no-such-value", &value));
  g_assert_false (words->from_string ("", &value));
  g_assert_false (words->from_string (NULL, &value));
  g_assert_cmpint (value, ==, 77);
}

/* Users. */

#define LONG(n) "*long " #n /* stands for a string of n letters */

typedef struct
{
  const char *name, *id;
  MusterdUserField field;
  const char *value; /* of that field; nullable */
  const char *error; /* a part of the message; NULL: accepted */
} UserCase;

static const UserCase user_cases[] = {
  { "plain", "alice@example.com", MUSTERD_USER_NAME, "Alice Adams", NULL },
  { "short", "a", MUSTERD_USER_NAME, NULL, NULL },
  { "umlaut", "jürgen", MUSTERD_USER_NAME, "Jürgen", NULL },
  { "no-id", NULL, MUSTERD_USER_NAME, NULL, "id" },
  { "empty-id", "", MUSTERD_USER_NAME, NULL, "id" },
  { "space-in-id", "alice adams", MUSTERD_USER_NAME, NULL, "id" },
  { "no-break-space-in-id", "alice\u00a0adams", MUSTERD_USER_NAME, NULL, "id" },
  { "control-in-id", "alice\x01", MUSTERD_USER_NAME, NULL, "id" },
  { "newline-in-id", "alice\n", MUSTERD_USER_NAME, NULL, "id" },
  { "slash-in-id", "a/b", MUSTERD_USER_NAME, NULL, "id" },
  { "id-not-utf-8", "a\xff", MUSTERD_USER_NAME, NULL, "id" },
  { "longest-id", LONG (256), MUSTERD_USER_NAME, NULL, NULL },
  { "id-too-long", LONG (257), MUSTERD_USER_NAME, NULL, "id" },
  { "longest-name", "a", MUSTERD_USER_NAME, LONG (512), NULL },
  { "name-too-long", "a", MUSTERD_USER_NAME, LONG (513), "name" },
  { "name-not-utf-8", "a", MUSTERD_USER_NAME, "\xff\xfe", "name" },
  { "newline-in-name", "a", MUSTERD_USER_NAME, "A\nB", "name" },
  { "control-in-group", "a", MUSTERD_USER_GROUP, "x\x1b[2J", "group" },
  { "extension", "a", MUSTERD_USER_EXTENSION, "4711", NULL },
  { "mobile", "a", MUSTERD_USER_MOBILE, "+49 (170) 123-45/67.8", NULL },
  { "star-and-hash", "a", MUSTERD_USER_VOICEMAIL, "*99#", NULL },
  { "letters-in-home", "a", MUSTERD_USER_HOME, "call me", "home" },
  { "uri-as-mobile", "a", MUSTERD_USER_MOBILE, "tel:+49170", "mobile" },
  { "letters-in-voicemail", "a", MUSTERD_USER_VOICEMAIL, "9x", "voicemail" },
  { "letters-in-extension", "a", MUSTERD_USER_EXTENSION, "47;11", "extension" },
  { "zone", "a", MUSTERD_USER_ZONE, "Europe/Berlin", NULL },
  { "zone-unknown", "a", MUSTERD_USER_ZONE, "Europe/Bielefeld", "zone" },
  { "zone-that-climbs", "a", MUSTERD_USER_ZONE, "../../etc/passwd", "zone" },
  { "empty-is-not-set", "a", MUSTERD_USER_ZONE, "", NULL },
};

/* Either the string itself or as many letters as LONG() says. */
static char *
expand (const char *text)
{
  if (text == NULL || !g_str_has_prefix (text, "*long "))
    return g_strdup (text);
  return g_strnfill ((gsize) g_ascii_strtoull (text + strlen ("*long "), NULL, 10), 'x');
}

static void
test_user (gconstpointer data)
{
  const UserCase *c = data;
  const char *fields[MUSTERD_N_USER_FIELDS] = { NULL };
  g_autofree char *id = expand (c->id);
  g_autofree char *value = expand (c->value);
  g_autoptr(GError) error = NULL;
  g_autoptr(MusterdUser) user = NULL;

  fields[c->field] = value;
  user = musterd_user_new (id, fields, NULL, &error);
  if (c->error != NULL)
    {
      g_assert_null (user);
      g_assert_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID);
      g_assert_nonnull (strstr (error->message, c->error));
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
      return;
    }
  g_assert_no_error (error);
  g_assert_cmpstr (user->id, ==, id);
  g_assert_cmpstr (user->fields[c->field], ==, value != NULL && *value != '\0' ? value : NULL);
}

typedef struct
{
  const char *name, *attribute, *value;
  gboolean good;
} AttributeCase;

static const AttributeCase attribute_cases[] = {
  { "plugin-and-name", "teams.user-id", "8c1b", TRUE },
  { "empty-value", "teams.user-id", "", TRUE },
  { "no-plugin", "user-id", "1", FALSE },
  { "empty-plugin", ".user-id", "1", FALSE },
  { "empty-name", "teams.", "1", FALSE },
  { "upper-case", "Teams.id", "1", FALSE },
  { "control-in-value", "teams.id", "a\tb", FALSE },
  { "value-not-utf-8", "teams.id", "\xc3", FALSE },
  { "value-too-long", "teams.id", LONG (513), FALSE },
};

static void
test_attribute (gconstpointer data)
{
  const AttributeCase *c = data;
  const char *const fields[MUSTERD_N_USER_FIELDS] = { NULL };
  g_autoptr(GHashTable) attributes = g_hash_table_new (g_str_hash, g_str_equal);
  g_autofree char *value = expand (c->value);
  g_autoptr(GError) error = NULL;
  g_autoptr(MusterdUser) user = NULL;

  g_hash_table_insert (attributes, (gpointer) c->attribute, value);
  user = musterd_user_new ("alice", fields, attributes, &error);
  if (!c->good)
    {
      g_assert_null (user);
      g_assert_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID);
      return;
    }
  g_assert_no_error (error);
  g_assert_cmpstr (g_hash_table_lookup (user->attributes, c->attribute), ==, value);
}

static MusterdUser *
user_with_attributes (guint n)
{
  const char *fields[MUSTERD_N_USER_FIELDS] = { NULL };
  g_autoptr(GHashTable) attributes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < n; i++)
    g_hash_table_insert (attributes, g_strdup_printf ("plugin.a%u", i), (gpointer) "v");
  fields[MUSTERD_USER_HOME] = "1";
  fields[MUSTERD_USER_MOBILE] = "2";
  return musterd_user_new ("alice", fields, attributes, NULL);
}

static void
test_user_equal (void)
{
  static const char *const other_fields[MUSTERD_N_USER_FIELDS] = { [MUSTERD_USER_HOME] = "1" };
  g_autoptr(MusterdUser) one = user_with_attributes (2);
  g_autoptr(MusterdUser) same = user_with_attributes (2);
  g_autoptr(MusterdUser) fewer = user_with_attributes (1);
  g_autoptr(MusterdUser) none = user_with_attributes (0);
  g_autoptr(MusterdUser) most = user_with_attributes (MUSTERD_USER_ATTRIBUTES_MAX);
  g_autoptr(MusterdUser) other = musterd_user_new ("alice", other_fields, NULL, NULL);
  g_autoptr(MusterdUser) bob = musterd_user_new ("bob", other_fields, NULL, NULL);
  g_autoptr(MusterdUser) held = musterd_user_ref (one);

  g_assert_nonnull (most);
  g_assert_null (user_with_attributes (MUSTERD_USER_ATTRIBUTES_MAX + 1));
  g_assert_true (held == one);
  g_assert_true (musterd_user_equal (one, one));
  g_assert_true (musterd_user_equal (one, same));
  g_assert_false (musterd_user_equal (one, fewer));
  g_assert_false (musterd_user_equal (one, none));
  g_assert_false (musterd_user_equal (none, one));
  g_assert_false (musterd_user_equal (none, other));
  g_assert_false (musterd_user_equal (other, bob));

  g_assert_cmpstr (musterd_user_get_target (one, MUSTERD_TARGET_HOME), ==, "1");
  g_assert_cmpstr (musterd_user_get_target (one, MUSTERD_TARGET_MOBILE), ==, "2");
  g_assert_null (musterd_user_get_target (one, MUSTERD_TARGET_VOICEMAIL));
  g_assert_null (musterd_user_get_target (one, MUSTERD_TARGET_NUMBER));
}

/* Settings. */

typedef struct
{
  const char *name, *shown; /* id and role; what people see */
  MusterdStatus status;
  gboolean stays;
} DefaultTemplate;

static const DefaultTemplate default_templates[] = {
  { "available", "Available", MUSTERD_STATUS_AVAILABLE, FALSE },
  { "home-office", "Home office", MUSTERD_STATUS_AVAILABLE, FALSE },
  { "be-right-back", "Be Right Back", MUSTERD_STATUS_BE_RIGHT_BACK, FALSE },
  { "break", "Break", MUSTERD_STATUS_BE_RIGHT_BACK, FALSE },
  { "appointment", "Appointment", MUSTERD_STATUS_BUSY, FALSE },
  { "busy", "Busy", MUSTERD_STATUS_BUSY, FALSE },
  { "do-not-disturb", "Do not disturb", MUSTERD_STATUS_DO_NOT_DISTURB, FALSE },
  { "out-of-office", "Out of office", MUSTERD_STATUS_UNAVAILABLE, TRUE },
  { "on-holiday", "On holiday", MUSTERD_STATUS_UNAVAILABLE, TRUE },
  { "off-sick", "Off sick", MUSTERD_STATUS_UNAVAILABLE, TRUE },
  { "unavailable", "Unavailable", MUSTERD_STATUS_UNAVAILABLE, FALSE },
  { "logged-off", "Logged off", MUSTERD_STATUS_LOGGED_OFF, FALSE },
};

static void
test_default_template (gconstpointer data)
{
  const DefaultTemplate *want = data;
  g_autoptr(MusterdSettings) settings = musterd_settings_new_default ();
  const MusterdTemplate *tmpl = musterd_settings_find (settings, want->name);

  g_assert_nonnull (tmpl);
  g_assert_cmpstr (tmpl->id, ==, want->name);
  g_assert_cmpstr (tmpl->name, ==, want->shown);
  g_assert_cmpint (tmpl->status, ==, want->status);
  g_assert_cmpint (tmpl->stays, ==, want->stays);
  g_assert_cmpint (tmpl->forwarding.action, ==, MUSTERD_FORWARD_DO_NOT_CHANGE);
  g_assert_true (tmpl->active);
  g_assert_false (tmpl->own);
  g_assert_true (musterd_settings_find (settings, want->shown) == tmpl);
  g_assert_true (musterd_settings_find_id (settings, want->name) == tmpl);
}

static void
test_default_settings (void)
{
  g_autoptr(MusterdSettings) settings = musterd_settings_new_default ();
  const char *const roles[] = { settings->start_role, settings->end_role, settings->idle_role, settings->locked_role,
                                settings->standard_role };

  g_assert_cmpuint (settings->templates->len, ==, G_N_ELEMENTS (default_templates));
  for (guint i = 0; i < G_N_ELEMENTS (roles); i++)
    g_assert_nonnull (musterd_settings_find (settings, roles[i]));
  g_assert_cmpint (settings->base_without_client, ==, MUSTERD_STATUS_AVAILABLE);
  g_assert_cmpint (settings->choice_ends, ==, MUSTERD_CHOICE_ENDS_AUTO);
  g_assert_cmpint (settings->idle_after, ==, 10 * MUSTERD_MINUTE);
  g_assert_true (settings->on_lock);
  g_assert_false (settings->subject_as_text);
  g_assert_true (settings->count_tentative);
  g_assert_false (settings->count_unanswered);
  g_assert_true (settings->count_all_day);
  g_assert_false (settings->count_elsewhere);
}

static void
test_find (void)
{
  g_autoptr(MusterdSettings) settings = musterd_settings_new_default ();
  MusterdTemplate *own = musterd_template_new ("own-1", "Umbau Büro", "break", MUSTERD_STATUS_BUSY, NULL);
  MusterdTemplate *inactive = musterd_template_new ("own-2", "Busy", NULL, MUSTERD_STATUS_BUSY, NULL);

  own->own = inactive->own = TRUE;
  inactive->active = FALSE;
  g_ptr_array_insert (settings->templates, 0, own);
  g_ptr_array_insert (settings->templates, 0, inactive);

  /* Own before central, by role and by status. */
  g_assert_true (musterd_settings_find (settings, "break") == own);
  g_assert_true (musterd_settings_find_status (settings, MUSTERD_STATUS_BUSY) == own);
  /* By name without case, in any alphabet; roles are exact. */
  g_assert_true (musterd_settings_find (settings, "UMBAU BÜRO") == own);
  g_assert_cmpstr (musterd_settings_find (settings, "oN hOLIDAY")->id, ==, "on-holiday");
  g_assert_null (musterd_settings_find (settings, "ON-HOLIDAY"));
  /* Inactive ones are found by id alone. */
  g_assert_cmpstr (musterd_settings_find (settings, "busy")->id, ==, "busy");
  g_assert_true (musterd_settings_find_id (settings, "own-2") == inactive);
  g_assert_null (musterd_settings_find_id (settings, "Own-2"));
  g_assert_null (musterd_settings_find_id (settings, NULL));
  g_assert_null (musterd_settings_find (settings, "nothing of the kind"));
  g_assert_null (musterd_settings_find_status (settings, MUSTERD_STATUS_NONE));
}

/* Handles of claims. */

static void
claim_id (const char *source, const char *key, MusterdTime from, char id[13])
{
  g_autoptr(MusterdClaim) claim = musterd_claim_new (source, "calendar", key, MUSTERD_CLAIM_APPOINTMENT);

  claim->from = from;
  musterd_claim_get_id (claim, id);
}

static void
test_claim_id (void)
{
  static const struct
  {
    const char *source, *key;
  } others[] = { { "a", "bc" }, { "ab", "c" }, { "abc", "" }, { "", "abc" }, { "x", "key" }, { "src", "Key" } };
  g_autoptr(GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  char id[13], again[13];

  claim_id ("src", "key", 1, id);
  claim_id ("src", "key", 2, again);
  g_assert_cmpstr (id, ==, again);          /* of source and key alone */
  g_assert_cmpstr (id, ==, "8d0cd895ac7f"); /* and the same for ever: people keep links */
  g_assert_cmpuint (strlen (id), ==, 12);
  g_assert_cmpuint (strspn (id, "0123456789abcdef"), ==, 12);
  g_hash_table_add (seen, g_strdup (id));
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    {
      claim_id (others[i].source, others[i].key, 1, id);
      g_assert_true (g_hash_table_add (seen, g_strdup (id)));
    }
  for (guint i = 0; i < 20000; i++)
    {
      g_autofree char *key = g_strdup_printf ("AAMkAGI2-%u", i);

      claim_id ("ews:hq", key, 1, id);
      g_assert_true (g_hash_table_add (seen, g_strdup (id)));
    }
}

#define ADD(path, cases, func)                                                                                         \
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)                                                                     \
    {                                                                                                                  \
      const char *case_name = (cases)[i].name;                                                                         \
      g_autofree char *case_path = g_strconcat (path, "/", case_name, NULL);                                           \
                                                                                                                       \
      g_test_add_data_func (case_path, &(cases)[i], func);                                                             \
    }

/* Words of strangers in messages. */

typedef struct
{
  const char *name, *word, *shown;
} WordCase;

#define TEN "0123456789"
#define SIXTY TEN TEN TEN TEN TEN TEN

static const WordCase words[] = {
  { "empty", "", "" },
  { "short", "Bürø", "Bürø" },
  { "longest", SIXTY "0123", SIXTY "0123" },
  { "too-long", SIXTY "01234", SIXTY "0123…" },
  { "whole-characters", SIXTY "012ä", SIXTY "012…" },
  { "whole-emoji", SIXTY "01😀", SIXTY "01…" },
  { "control", "a\nb\tc\x7f" "d\xc2\x85" "e", "a b c d e" },
  { "not-utf8", "a\xff" "b\xc3", "a\xef\xbf\xbd" "b\xef\xbf\xbd" },
};

static void
test_word (gconstpointer data)
{
  const WordCase *c = data;
  g_autofree char *shown = musterd_error_word (c->word);

  g_assert_cmpstr (shown, ==, c->shown);
}

/* Zones: a name is the path of a file, and nobody waits at one that never opens. */
static void
test_zone_climbs (void)
{
  g_autofree char *dir = g_dir_make_tmp ("muster-zone-XXXXXX", NULL);
  g_autofree char *fifo = g_build_filename (dir, "fifo", NULL);
  g_autofree char *climbing = g_strconcat ("../../../../../../..", fifo, NULL);
  g_autofree char *colon = g_strconcat (":", fifo, NULL);

  g_assert_cmpint (mkfifo (fifo, 0600), ==, 0);
  g_assert_null (musterd_zone_get (fifo));
  g_assert_null (musterd_zone_get (colon));
  g_assert_null (musterd_zone_get (climbing));
  g_assert_cmpint (g_unlink (fifo), ==, 0);
  g_assert_cmpint (g_rmdir (dir), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/model/names", vocabularies, test_vocabulary);
  ADD ("/model/user", user_cases, test_user);
  ADD ("/model/user/attribute", attribute_cases, test_attribute);
  g_test_add_func ("/model/user/equal", test_user_equal);
  ADD ("/model/settings/template", default_templates, test_default_template);
  g_test_add_func ("/model/settings/defaults", test_default_settings);
  g_test_add_func ("/model/settings/find", test_find);
  g_test_add_func ("/model/claim/id", test_claim_id);
  ADD ("/model/error/word", words, test_word);
  g_test_add_func ("/model/zone/climbs", test_zone_climbs);
  return g_test_run ();
}
