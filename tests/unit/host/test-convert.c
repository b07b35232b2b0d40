/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "test-host"

#include "host/convert.h"

#include <string.h>

#define NOW (G_GINT64_CONSTANT (1772442000) * G_USEC_PER_SEC)

typedef struct
{
  const char *name;
  MusterClaim claim;
  gint64      from, lease; /* expected */
  const char *text;        /* expected; nullable */
  const char *error;       /* nullable */
} ClaimCase;

#define CLAIM(...) { .struct_size = sizeof (MusterClaim), .key = "k", .from = NOW, .until = NOW + 10, __VA_ARGS__ }

static const ClaimCase cases[] = {
  { "appointment", CLAIM (.kind = MUSTER_CLAIM_APPOINTMENT, .text = "Budget"), NOW, 0, "Budget", NULL },
  { "private", CLAIM (.kind = MUSTER_CLAIM_APPOINTMENT, .text = "Doctor", .is_private = TRUE), NOW, 0, NULL, NULL },
  { "lease-given", CLAIM (.kind = MUSTER_CLAIM_CALL, .lease = MUSTERD_MINUTE), NOW, MUSTERD_MINUTE, NULL, NULL },
  { "lease-default", CLAIM (.kind = MUSTER_CLAIM_DND), NOW, 12 * MUSTERD_HOUR, NULL, NULL },
  { "lease-too-long", CLAIM (.kind = MUSTER_CLAIM_MICROPHONE, .lease = MUSTERD_DAY), NOW, 12 * MUSTERD_HOUR, NULL,
    NULL },
  { "lease-unleased", CLAIM (.kind = MUSTER_CLAIM_ABSENCE, .lease = MUSTERD_MINUTE), NOW, 0, NULL, NULL },
  { "lease-negative", CLAIM (.kind = MUSTER_CLAIM_CALL, .lease = -1), 0, 0, NULL, "*lease -1 is negative" },
  { "now", { .struct_size = sizeof (MusterClaim), .key = "k", .kind = MUSTER_CLAIM_CALL, .from = MUSTER_NOW,
             .until = MUSTER_OPEN_ENDED },
    MUSTER_NOW, 12 * MUSTERD_HOUR, NULL, NULL },
  { "now-until-past", { .struct_size = sizeof (MusterClaim), .key = "k", .from = MUSTER_NOW, .until = NOW - 1 }, 0, 0,
    NULL, "claim \"k\": 'until' is not after 'from'" },
  { "ends-first", { .struct_size = sizeof (MusterClaim), .key = "k", .from = NOW, .until = NOW }, 0, 0, NULL,
    "*'until' is not after 'from'" },
  { "too-early", { .struct_size = sizeof (MusterClaim), .key = "k", .from = G_MININT64, .until = NOW }, 0, 0, NULL,
    "*'from' -9223372036854775808 out of range" },
  { "too-late", { .struct_size = sizeof (MusterClaim), .key = "k", .from = NOW, .until = G_MAXINT64 - 1 }, 0, 0, NULL,
    "*'until' 9223372036854775806 out of range" },
  { "kind", CLAIM (.kind = (MusterClaimKind) 6), 0, 0, NULL, "*kind 6 out of range (0 to 5)" },
  { "free-busy", CLAIM (.free_busy = (MusterFreeBusy) 6), 0, 0, NULL, "*free/busy 6 out of range*" },
  { "response", CLAIM (.response = (MusterResponse) 6), 0, 0, NULL, "*response 6 out of range*" },
  { "no-key", { .struct_size = sizeof (MusterClaim), .from = NOW, .until = NOW + 1 }, 0, 0, NULL, "*no key" },
  { "empty-key", { .struct_size = sizeof (MusterClaim), .key = "", .from = NOW, .until = NOW + 1 }, 0, 0, NULL,
    "*no key" },
  { "control-key", { .struct_size = sizeof (MusterClaim), .key = "a\nb", .from = NOW, .until = NOW + 1 }, 0, 0, NULL,
    "*control characters in key" },
  { "invalid-key", { .struct_size = sizeof (MusterClaim), .key = "\xff", .from = NOW, .until = NOW + 1 }, 0, 0, NULL,
    "claim \"\xef\xbf\xbd\": key is not UTF-8" },
  { "invalid-text", CLAIM (.text = "\xc3"), 0, 0, NULL, "*text is not UTF-8" },
};

static void
test_claim (gconstpointer data)
{
  const ClaimCase *c = data;
  g_autoptr(GError) error = NULL;
  g_autoptr(MusterdClaim) claim = musterd_convert_claim (&c->claim, "ews:hq", "calendar", NOW, &error);

  if (c->error != NULL)
    {
      g_assert_null (claim);
      g_assert_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID);
      g_assert_true (g_pattern_match_simple (c->error, error->message));
      return;
    }
  g_assert_no_error (error);
  g_assert_cmpstr (claim->source, ==, "ews:hq");
  g_assert_cmpstr (claim->set, ==, "calendar");
  g_assert_cmpint (claim->from, ==, c->from);
  g_assert_cmpint (claim->until, ==, c->claim.until);
  g_assert_cmpint (claim->lease, ==, c->lease);
  g_assert_cmpint (claim->lease_until, ==, c->lease == 0 ? MUSTERD_TIME_NEVER : NOW + c->lease);
  g_assert_cmpstr (claim->text, ==, c->text);
}

typedef struct
{
  const char *name;
  gsize       offset, max;
  const char *error; /* nullable: dropped or taken */
} LengthCase;

#define LENGTH(name, member, max, error) { name, G_STRUCT_OFFSET (MusterClaim, member), max, error }

static const LengthCase lengths[] = {
  LENGTH ("key", key, MUSTER_KEY_MAX, "*key has more than 512 bytes"),
  LENGTH ("role", template_role, MUSTER_TEXT_MAX, "*template role has more than 1024 bytes"),
  LENGTH ("text", text, MUSTER_TEXT_MAX, "*text has more than 1024 bytes"),
  LENGTH ("link", link, MUSTER_LONG_TEXT_MAX, "*link has more than 4096 bytes"),
  LENGTH ("greeting", greeting_internal, MUSTERD_CLAIM_GREETING_MAX, "*greeting has more than 4096 bytes"),
  LENGTH ("categories", categories, MUSTERD_CLAIM_CATEGORIES_MAX, "*categories has more than 4096 bytes"),
  LENGTH ("other-greeting", greeting_external, MUSTERD_CLAIM_GREETING_MAX, "*greeting has more than 4096 bytes"),
};

static void
test_length (gconstpointer data)
{
  const LengthCase *c = data;
  MusterClaim claim = CLAIM (.kind = MUSTER_CLAIM_APPOINTMENT);
  g_autofree char *text = g_strnfill (c->max + 1, 'x');
  g_autoptr(GError) error = NULL;
  g_autoptr(MusterdClaim) longest = NULL;

  G_STRUCT_MEMBER (const char *, &claim, c->offset) = text;
  g_assert_null (musterd_convert_claim (&claim, "s", NULL, NOW, &error));
  g_assert_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID);
  g_assert_true (g_pattern_match_simple (c->error, error->message));
  text[c->max] = '\0';
  longest = musterd_convert_claim (&claim, "s", NULL, NOW, NULL);
  g_assert_nonnull (longest);
  /* A link that is longer than what is kept of links goes, and the meeting stays. */
  if (g_str_equal (c->name, "link"))
    g_assert_true (longest->more == NULL || longest->more->link == NULL);
}

/* What calendar rules ask goes as far as the engine's door; of a private entry only the number. */
static void
test_asked (void)
{
  MusterClaim claim = CLAIM (.kind = MUSTER_CLAIM_APPOINTMENT, .categories = "Red;Travel", .n_attendees = G_MAXUINT32);
  g_autoptr(MusterdClaim) open = musterd_convert_claim (&claim, "s", NULL, NOW, NULL);
  g_autoptr(MusterdClaim) private = NULL, unasked = NULL;

  g_assert_cmpstr (open->rules->categories, ==, "Red;Travel");
  g_assert_cmpuint (open->rules->n_attendees, ==, G_MAXUINT32);
  g_assert_cmpuint (open->rules->met, ==, 0);
  claim.is_private = TRUE;
  private = musterd_convert_claim (&claim, "s", NULL, NOW, NULL);
  g_assert_null (private->rules->categories);
  g_assert_cmpuint (private->rules->n_attendees, ==, G_MAXUINT32);
  claim.n_attendees = 0;
  unasked = musterd_convert_claim (&claim, "s", NULL, NOW, NULL);
  g_assert_null (unasked->rules);
}

/* A plugin of a later level has longer structs. */
static void
test_stride (void)
{
  struct
  {
    MusterClaim claim;
    gint64      later;
  } claims[3];
  g_autoptr(GPtrArray) made = NULL;
  g_autoptr(GPtrArray) none = NULL;
  g_autoptr(GError) error = NULL;

  memset (claims, 0x5a, sizeof claims);
  for (guint i = 0; i < G_N_ELEMENTS (claims); i++)
    {
      claims[i].claim = (MusterClaim) CLAIM (.kind = MUSTER_CLAIM_APPOINTMENT);
      claims[i].claim.struct_size = sizeof claims[0];
      claims[i].claim.from = NOW + i;
    }
  made = musterd_convert_claims (&claims[0].claim, 3, "s", "", NOW, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (made->len, ==, 3);
  for (guint i = 0; i < made->len; i++)
    g_assert_cmpint (((MusterdClaim *) g_ptr_array_index (made, i))->from, ==, NOW + i);

  /* All or none. */
  claims[2].claim.kind = (MusterClaimKind) 99;
  none = musterd_convert_claims (&claims[0].claim, 3, "s", "", NOW, &error);
  g_assert_null (none);
  g_assert_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID);
  g_clear_error (&error);
  none = musterd_convert_claims (NULL, 0, "s", "", NOW, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (none->len, ==, 0);
}

static MusterdPresence *
presence_new (void)
{
  const char *fields[MUSTERD_N_USER_FIELDS] = { NULL };
  g_autoptr(MusterdUser) user = musterd_user_new ("alice@example.com", fields, NULL, NULL);
  MusterdPresence *presence = musterd_presence_new (user);

  presence->status = MUSTERD_STATUS_BUSY;
  presence->text = g_strdup ("Budget");
  presence->origin = MUSTERD_ORIGIN_CLAIM;
  presence->kind = MUSTERD_CLAIM_APPOINTMENT;
  presence->since = NOW;
  presence->forwarding.action = MUSTERD_FORWARD_TO;
  presence->forwarding.scope = MUSTERD_SCOPE_EXTERNAL;
  presence->forwarding.target = MUSTERD_TARGET_MOBILE;
  presence->forwarding.number = g_strdup ("+49170");
  presence->revision = 42;
  return presence;
}

static void
test_desired (void)
{
  g_autoptr(MusterdPresence) presence = presence_new ();
  g_autoptr(MusterDesired) all = musterd_convert_desired (presence, G_MAXUINT64);
  g_autoptr(MusterDesired) lamp = musterd_convert_desired (presence, MUSTER_NEEDS_STATUS);
  g_autoptr(MusterDesired) nobody = NULL;

  g_assert_cmpint (muster_desired_get_status (all), ==, MUSTER_STATUS_BUSY);
  g_assert_cmpstr (muster_desired_get_text (all), ==, "Budget");
  g_assert_cmpstr (muster_desired_get_kind (all), ==, "appointment");
  g_assert_cmpint (muster_desired_get_forward_action (all), ==, MUSTER_FORWARD_TO);
  g_assert_cmpint (muster_desired_get_forward_scope (all), ==, MUSTER_SCOPE_EXTERNAL);
  g_assert_cmpstr (muster_desired_get_forward_number (all), ==, "+49170");
  g_assert_cmpint (muster_desired_get_since (all), ==, NOW);
  g_assert_cmpuint (muster_desired_get_revision (all), ==, 42);

  /* A lamp learns no number and no meeting. */
  g_assert_cmpint (muster_desired_get_status (lamp), ==, MUSTER_STATUS_BUSY);
  g_assert_null (muster_desired_get_text (lamp));
  g_assert_null (muster_desired_get_forward_number (lamp));
  g_assert_null (muster_desired_get_kind (lamp));

  /* To a number that nobody has nothing is forwarded. */
  g_clear_pointer (&presence->forwarding.number, g_free);
  nobody = musterd_convert_desired (presence, G_MAXUINT64);
  g_assert_cmpint (muster_desired_get_forward_action (nobody), ==, MUSTER_FORWARD_DO_NOT_CHANGE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/host/convert/claim/", cases[i].name, NULL);

      g_test_add_data_func (path, &cases[i], test_claim);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (lengths); i++)
    {
      g_autofree char *path = g_strconcat ("/host/convert/length/", lengths[i].name, NULL);

      g_test_add_data_func (path, &lengths[i], test_length);
    }
  g_test_add_func ("/host/convert/asked", test_asked);
  g_test_add_func ("/host/convert/stride", test_stride);
  g_test_add_func ("/host/convert/desired", test_desired);
  return g_test_run ();
}
