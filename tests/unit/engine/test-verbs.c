/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What sources may say, and what the door makes of it. */
#include "fixture.h"

typedef struct
{
  const char *name;
  void      (*spoil) (MusterdClaim *claim);
  const char *message;
} SpoiltCase;

static void
spoil_kind (MusterdClaim *claim)
{
  claim->kind = 99;
}

static void
spoil_free_busy (MusterdClaim *claim)
{
  claim->free_busy = 99;
}

static void
spoil_span (MusterdClaim *claim)
{
  claim->until = claim->from;
}

static void
spoil_past_now (MusterdClaim *claim)
{
  claim->from = MUSTERD_CLAIM_NOW;
  claim->until = T0;
}

static void
spoil_key (MusterdClaim *claim)
{
  g_free (claim->key);
  claim->key = g_strdup ("");
}

static void
spoil_long_key (MusterdClaim *claim)
{
  g_free (claim->key);
  claim->key = g_strnfill (MUSTERD_CLAIM_KEY_MAX + 1, 'k');
}

static void
spoil_text (MusterdClaim *claim)
{
  musterd_claim_set_text (claim, "\xc3\x28");
}

static void
spoil_greeting (MusterdClaim *claim)
{
  g_autofree char *greeting = g_strnfill (MUSTERD_CLAIM_GREETING_MAX + 1, 'g');

  musterd_claim_set_more (claim, NULL, greeting, NULL);
}

static const SpoiltCase spoilt[] = {
  { "kind", spoil_kind, "*out of range*" },        { "free-busy", spoil_free_busy, "*out of range*" },
  { "span", spoil_span, "*not after its start*" }, { "past-now", spoil_past_now, "*not after its start*" },
  { "key", spoil_key, "*key is empty*" },          { "long-key", spoil_long_key, "*more than 512 bytes*" },
  { "text", spoil_text, "*text is not UTF-8*" },   { "greeting", spoil_greeting, "*greeting has more than*" },
};

static MusterdClaim *
meeting (const char *key)
{
  MusterdClaim *claim = musterd_claim_new ("ews", "calendar", key, MUSTERD_CLAIM_APPOINTMENT);

  claim->from = T0;
  claim->until = T0 + MUSTERD_HOUR;
  return claim;
}

static guint
n_claims (Fixture *fixture)
{
  g_autoptr(MusterdWhy) why = musterd_engine_why (fixture->engine, "alice", NULL);

  return why->claims->len;
}

static void
test_spoilt (Fixture *fixture, gconstpointer data)
{
  const SpoiltCase *c = data;
  g_autoptr(MusterdClaim) good = meeting ("good");
  g_autoptr(MusterdClaim) bad = meeting ("bad");
  MusterdClaim *both[] = { good, bad };
  g_autoptr(GError) error = NULL, again = NULL;

  c->spoil (bad);
  g_assert_false (musterd_engine_claim_put (fixture->engine, "alice", bad, &error));
  g_assert_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID);
  g_assert_true (g_pattern_match_simple (c->message, error->message));
  /* All or nothing. */
  g_assert_false (musterd_engine_claims_replace (fixture->engine, "ews", "alice", "calendar", MUSTERD_TIME_ALWAYS,
                                                 MUSTERD_TIME_NEVER, both, 2, &again));
  g_assert_cmpuint (n_claims (fixture), ==, 0);
}

static void
test_limits (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  g_autoptr(GPtrArray) claims = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_claim_unref);
  g_autoptr(GError) error = NULL;
  g_autoptr(MusterdClaim) other = musterd_claim_new ("notes", "", "one", MUSTERD_CLAIM_APPOINTMENT);

  for (guint i = 0; i <= MUSTERD_FACTS_CLAIMS_MAX; i++)
    {
      g_autofree char *key = g_strdup_printf ("m%u", i);

      g_ptr_array_add (claims, meeting (key));
    }
  g_assert_false (musterd_engine_claims_replace (fixture->engine, "ews", "alice", "calendar", MUSTERD_TIME_ALWAYS,
                                                 MUSTERD_TIME_NEVER, (MusterdClaim *const *) claims->pdata,
                                                 claims->len, &error));
  g_assert_error (error, MUSTERD_ERROR, MUSTERD_ERROR_LIMIT);
  g_assert_cmpuint (n_claims (fixture), ==, 0);
  g_clear_error (&error);

  g_assert_true (musterd_engine_claims_replace (fixture->engine, "ews", "alice", "calendar", MUSTERD_TIME_ALWAYS,
                                                MUSTERD_TIME_NEVER, (MusterdClaim *const *) claims->pdata,
                                                claims->len - 1, &error));
  g_assert_false (musterd_engine_claim_put (fixture->engine, "alice", g_ptr_array_index (claims, claims->len - 1),
                                            &error));
  g_assert_error (error, MUSTERD_ERROR, MUSTERD_ERROR_LIMIT);
  /* One source's flood takes no room from another. */
  other->from = T0;
  other->until = T0 + 1;
  g_assert_true (musterd_engine_claim_put (fixture->engine, "alice", other, NULL));

  /* Telephones and clients are bounded too, and a lost client makes room. */
  for (guint i = 0; i < MUSTERD_FACTS_DEVICES_MAX; i++)
    {
      g_autofree char *id = g_strdup_printf ("d%u", i);

      g_assert_true (musterd_engine_telephony (fixture->engine, "pbx", "alice", id, MUSTERD_TELEPHONY_IDLE, NULL, 0,
                                               NULL));
      if (i < MUSTERD_FACTS_CLIENTS_MAX)
        g_assert_true (musterd_engine_client (fixture->engine, "activity", "alice", id, MUSTERD_CLIENT_ACTIVE, 0,
                                              i == 0 ? MUSTERD_MINUTE : MUSTERD_HOUR, NULL));
    }
  g_clear_error (&error);
  g_assert_false (musterd_engine_telephony (fixture->engine, "pbx", "alice", "x", MUSTERD_TELEPHONY_IDLE, NULL, 0,
                                            &error));
  g_assert_error (error, MUSTERD_ERROR, MUSTERD_ERROR_LIMIT);
  g_clear_error (&error);
  g_assert_false (musterd_engine_client (fixture->engine, "activity", "alice", "x", MUSTERD_CLIENT_ACTIVE, 0, 0,
                                         &error));
  g_assert_error (error, MUSTERD_ERROR, MUSTERD_ERROR_LIMIT);
  musterd_clock_set (fixture->clock, T0 + 2 * MUSTERD_MINUTE);
  fixture_rest ();
  g_assert_true (musterd_engine_client (fixture->engine, "activity", "alice", "x", MUSTERD_CLIENT_ACTIVE, 0, 0, NULL));
}

static void
test_unknown_user (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  g_autoptr(MusterdClaim) claim = meeting ("m");
  g_autoptr(GError) error = NULL;

  g_assert_false (musterd_engine_claim_put (fixture->engine, "nobody", claim, &error));
  g_assert_error (error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND);
  g_assert_cmpstr (error->message, ==, "there is no user 'nobody'");
}

static void
test_ranges (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  g_autoptr(GError) error = NULL;

  g_assert_false (musterd_engine_client (fixture->engine, "a", "alice", "c", MUSTERD_CLIENT_NONE, 0, 0, &error));
  g_assert_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID);
  g_clear_error (&error);
  g_assert_false (musterd_engine_client (fixture->engine, "a", "alice", "c", (MusterdClientState) 77, 0, 0, &error));
  g_clear_error (&error);
  g_assert_false (musterd_engine_telephony (fixture->engine, "a", "alice", "c", (MusterdTelephony) 77, NULL, 0,
                                            &error));
  g_clear_error (&error);
  g_assert_false (musterd_engine_telephony (fixture->engine, "a", "alice", "", MUSTERD_TELEPHONY_IDLE, NULL, 0,
                                            &error));
  g_assert_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID);
  /* Ending what is not there, dropping what is not there: no harm. */
  g_assert_true (musterd_engine_client (fixture->engine, "a", "alice", "c", MUSTERD_CLIENT_ENDED, 0, 0, NULL));
  g_assert_true (musterd_engine_claim_drop (fixture->engine, "a", "alice", "none", NULL));
  g_assert_cmpint (musterd_engine_get_presence (fixture->engine, "alice")->origin, ==, MUSTERD_ORIGIN_DEFAULT);
}

/* Saying the same again is no news: nobody is told, nothing is looked at. */
static void
test_same_again (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr(MusterdClaim) claim = meeting ("m");

      fixture->n_told = 0;
      g_assert_true (musterd_engine_claims_replace (fixture->engine, "ews", "alice", "calendar", MUSTERD_TIME_ALWAYS,
                                                    MUSTERD_TIME_NEVER, &claim, 1, NULL));
      fixture_rest ();
      g_assert_cmpuint (fixture->n_told, ==, i == 0 ? 1 : 0);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (spoilt); i++)
    {
      g_autofree char *path = g_strconcat ("/engine/verbs/spoilt/", spoilt[i].name, NULL);

      g_test_add (path, Fixture, &spoilt[i], fixture_set_up, test_spoilt, fixture_tear_down);
    }
  FIXTURE_TEST ("/engine/verbs/limits", test_limits);
  FIXTURE_TEST ("/engine/verbs/unknown-user", test_unknown_user);
  FIXTURE_TEST ("/engine/verbs/ranges", test_ranges);
  FIXTURE_TEST ("/engine/verbs/same-again", test_same_again);
  return g_test_run ();
}
