/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "api/token-expiry.h"
#include "api/token-secret.h"
#include "api/tokens.h"
#include "model/error.h"

#define NOW (1000 * MUSTERD_SECOND)

typedef struct
{
  MusterdTokens *tokens;
  GString       *ended;
  guint          n;
} Fixture;

static void
on_ended (const char *id, gpointer data)
{
  g_string_append_printf (data, "%s ", id);
}

static void
setup (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  fixture->tokens = musterd_tokens_new ();
  fixture->ended = g_string_new (NULL);
  musterd_tokens_set_ended (fixture->tokens, on_ended, fixture->ended);
}

static void
teardown (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  musterd_tokens_free (fixture->tokens);
  g_string_free (fixture->ended, TRUE);
}

/* The secret, to be freed; NULL with `error`. */
static char *
add (Fixture *fixture, const char *id, MusterdTokenKind kind, const char *user, MusterdTime expires, GError **error)
{
  guint8 hash[MUSTERD_TOKEN_HASH_SIZE];
  char *secret = musterd_token_secret_new (kind, error);
  g_autoptr(MusterdToken) token = NULL;

  g_assert_nonnull (secret);
  g_assert_true (musterd_token_secret_hash (secret, kind, hash));
  token = musterd_token_new (id, hash, kind, user != NULL ? MUSTERD_SCOPE_USER : MUSTERD_SCOPE_ADMIN, user, NULL,
                             "root", NOW + fixture->n++, expires);
  if (!musterd_tokens_add (fixture->tokens, token, error))
    g_clear_pointer (&secret, musterd_token_secret_free);
  return secret;
}

static char *
put (Fixture *fixture, const char *id, const char *user, MusterdTime expires)
{
  g_autoptr(GError) error = NULL;
  char *secret = add (fixture, id, MUSTERD_TOKEN_BEARER, user, expires, &error);

  g_assert_no_error (error);
  g_assert_true (musterd_tokens_enable (fixture->tokens, id, TRUE));
  return secret;
}

static const char *
find (Fixture *fixture, const char *secret, MusterdTokenKind kind, MusterdTime now)
{
  const MusterdToken *token = musterd_tokens_find (fixture->tokens, secret, kind, now);

  return token != NULL ? token->id : NULL;
}

static char *
list (Fixture *fixture, const char *user, MusterdTime now)
{
  g_autoptr(GPtrArray) tokens = musterd_tokens_list (fixture->tokens, user, now);
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < tokens->len; i++)
    g_string_append_printf (text, "%s ", ((MusterdToken *) tokens->pdata[i])->id);
  return g_string_free (text, FALSE);
}

static void
test_secret (void)
{
  guint8 one[MUSTERD_TOKEN_HASH_SIZE], other[MUSTERD_TOKEN_HASH_SIZE];
  g_autofree char *first = musterd_token_secret_new (MUSTERD_TOKEN_BEARER, NULL);
  g_autofree char *second = musterd_token_secret_new (MUSTERD_TOKEN_BEARER, NULL);
  g_autofree char *link = musterd_token_secret_new (MUSTERD_TOKEN_LINK, NULL);
  g_autofree char *id = musterd_token_id_new (NULL);
  g_autofree char *longer = g_strconcat (first, "A", NULL);
  g_autofree char *shorter = g_strndup (first, strlen (first) - 1);

  g_assert_true (g_str_has_prefix (first, "muster_"));
  g_assert_cmpuint (strlen (first), ==, strlen ("muster_") + 43);
  g_assert_cmpuint (strspn (first, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"), ==,
                    strlen (first));
  g_assert_cmpstr (first, !=, second);
  g_assert_cmpuint (strlen (id), ==, 10);
  g_assert_true (musterd_token_secret_hash (first, MUSTERD_TOKEN_BEARER, one));
  g_assert_true (musterd_token_secret_hash (second, MUSTERD_TOKEN_BEARER, other));
  g_assert_cmpint (memcmp (one, other, sizeof one), !=, 0);
  g_assert_true (musterd_token_secret_hash (link, MUSTERD_TOKEN_LINK, other));
  g_assert_false (musterd_token_secret_hash (link, MUSTERD_TOKEN_BEARER, other));
  g_assert_false (musterd_token_secret_hash (first, MUSTERD_TOKEN_LINK, other));
  g_assert_false (musterd_token_secret_hash (longer, MUSTERD_TOKEN_BEARER, other));
  g_assert_false (musterd_token_secret_hash (shorter, MUSTERD_TOKEN_BEARER, other));
  g_assert_false (musterd_token_secret_hash ("", MUSTERD_TOKEN_BEARER, other));
}

/* The hash is SHA-256 of the whole text: what is in the file of a store stays good in every later version. */
static void
test_known_hash (void)
{
  static const char secret[] = "muster_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
  guint8 hash[MUSTERD_TOKEN_HASH_SIZE];
  g_autofree char *expected = g_compute_checksum_for_string (G_CHECKSUM_SHA256, secret, -1);
  g_autoptr(GString) text = g_string_new (NULL);

  g_assert_true (musterd_token_secret_hash (secret, MUSTERD_TOKEN_BEARER, hash));
  for (gsize i = 0; i < sizeof hash; i++)
    g_string_append_printf (text, "%02x", hash[i]);
  g_assert_cmpstr (text->str, ==, expected);
}

static void
test_find (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *secret = put (fixture, "a", "alice", NOW + MUSTERD_HOUR);
  g_autofree char *wrong = g_strdup (secret);
  gsize last = strlen (wrong) - 1;

  wrong[last] = wrong[last] == 'A' ? 'B' : 'A';
  g_assert_cmpstr (find (fixture, secret, MUSTERD_TOKEN_BEARER, NOW), ==, "a");
  g_assert_cmpuint (musterd_tokens_get_n_refused (fixture->tokens), ==, 0);
  g_assert_null (find (fixture, wrong, MUSTERD_TOKEN_BEARER, NOW));
  g_assert_null (find (fixture, secret, MUSTERD_TOKEN_LINK, NOW));
  g_assert_null (find (fixture, "", MUSTERD_TOKEN_BEARER, NOW));
  g_assert_cmpstr (find (fixture, secret, MUSTERD_TOKEN_BEARER, NOW + MUSTERD_HOUR - 1), ==, "a");
  g_assert_null (find (fixture, secret, MUSTERD_TOKEN_BEARER, NOW + MUSTERD_HOUR));
  g_assert_cmpuint (musterd_tokens_get_n_refused (fixture->tokens), ==, 4);
  musterd_tokens_remove (fixture->tokens, "a");
  musterd_tokens_remove (fixture->tokens, "a");
  g_assert_null (find (fixture, secret, MUSTERD_TOKEN_BEARER, NOW));
  g_assert_null (musterd_tokens_get (fixture->tokens, "a"));
  g_assert_cmpstr (fixture->ended->str, ==, "a ");
}

/* Until the store has it, and while it is being redeemed. */
static void
test_not_in_force (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *code = add (fixture, "l", MUSTERD_TOKEN_LINK, "alice", NOW + MUSTERD_HOUR, &error);
  g_autofree char *nothing = list (fixture, NULL, NOW);
  g_autofree char *something = NULL;

  g_assert_no_error (error);
  g_assert_cmpstr (nothing, ==, "");
  g_assert_null (musterd_tokens_get (fixture->tokens, "l"));
  g_assert_null (find (fixture, code, MUSTERD_TOKEN_LINK, NOW));
  g_assert_true (musterd_tokens_enable (fixture->tokens, "l", TRUE));
  g_assert_cmpstr (find (fixture, code, MUSTERD_TOKEN_LINK, NOW), ==, "l");
  something = list (fixture, "alice", NOW);
  g_assert_cmpstr (something, ==, "l ");
  g_assert_true (musterd_tokens_enable (fixture->tokens, "l", FALSE));
  g_assert_null (find (fixture, code, MUSTERD_TOKEN_LINK, NOW));
  musterd_tokens_remove_user (fixture->tokens, "alice");
  g_assert_false (musterd_tokens_enable (fixture->tokens, "l", TRUE));
  g_assert_cmpstr (fixture->ended->str, ==, ""); /* nothing is open with a link */
}

static void
test_same_twice (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *secret = put (fixture, "a", "alice", MUSTERD_TIME_NEVER);
  g_autoptr(GError) error = NULL;

  g_assert_null (add (fixture, "a", MUSTERD_TOKEN_BEARER, "bob", MUSTERD_TIME_NEVER, &error));
  g_assert_error (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFLICT);
  g_assert_cmpstr (find (fixture, secret, MUSTERD_TOKEN_BEARER, NOW), ==, "a");
}

static void
test_remove_user (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *a = put (fixture, "a", "alice", MUSTERD_TIME_NEVER);
  g_autofree char *c = put (fixture, "c", "alice", MUSTERD_TIME_NEVER);
  g_autofree char *rest = NULL;

  g_free (put (fixture, "b", "bob", MUSTERD_TIME_NEVER));
  g_free (put (fixture, "n", NULL, MUSTERD_TIME_NEVER));
  musterd_tokens_remove_user (fixture->tokens, "alice");
  musterd_tokens_remove_user (fixture->tokens, "alice");
  musterd_tokens_remove_user (fixture->tokens, "nobody");
  g_assert_cmpstr (fixture->ended->str, ==, "a c ");
  g_assert_null (find (fixture, a, MUSTERD_TOKEN_BEARER, NOW));
  g_assert_null (find (fixture, c, MUSTERD_TOKEN_BEARER, NOW));
  rest = list (fixture, NULL, NOW);
  g_assert_cmpstr (rest, ==, "n b ");
}

static void
test_expired (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *of_alice = NULL, *all = NULL;
  g_autofree char *e = put (fixture, "e", "alice", MUSTERD_TIME_NEVER);
  g_autoptr(GPtrArray) before = NULL, first = NULL, second = NULL, third = NULL;

  g_free (put (fixture, "a", "alice", NOW + 1));
  g_free (put (fixture, "b", "bob", NOW + 1));
  g_free (put (fixture, "c", "alice", NOW + 2));
  g_free (put (fixture, "n", NULL, NOW + 1));
  before = musterd_tokens_take_expired (fixture->tokens, NOW, 10);
  g_assert_cmpuint (before->len, ==, 0);
  g_assert_cmpint (musterd_tokens_get_next_expiry (fixture->tokens), ==, NOW + 1);
  /* Not in force any more, although it is still there. */
  of_alice = list (fixture, "alice", NOW + 1);
  g_assert_cmpstr (of_alice, ==, "c e ");
  all = list (fixture, NULL, NOW + 1);
  g_assert_cmpstr (all, ==, "c e ");
  first = musterd_tokens_take_expired (fixture->tokens, NOW + 1, 2);
  g_assert_cmpuint (first->len, ==, 2);
  second = musterd_tokens_take_expired (fixture->tokens, NOW + 1, 2);
  g_assert_cmpuint (second->len, ==, 1);
  g_assert_cmpint (musterd_tokens_get_next_expiry (fixture->tokens), ==, NOW + 2);
  third = musterd_tokens_take_expired (fixture->tokens, MUSTERD_TIME_NEVER - 1, 10);
  g_assert_cmpuint (third->len, ==, 1);
  g_assert_cmpstr (third->pdata[0], ==, "c");
  g_assert_cmpuint (strlen (fixture->ended->str), ==, strlen ("a b n c "));
  g_assert_true (g_str_has_suffix (fixture->ended->str, "c "));
  g_assert_cmpint (musterd_tokens_get_next_expiry (fixture->tokens), ==, MUSTERD_TIME_NEVER);
  g_assert_cmpstr (find (fixture, e, MUSTERD_TOKEN_BEARER, MUSTERD_TIME_NEVER - 1), ==, "e");
}

/* One that is made while the loop sleeps already, and ends before the one that it sleeps for. */
static gboolean
on_put_due (gpointer data)
{
  g_free (put (data, "soon", "alice", g_get_real_time () + 50 * 1000));
  return G_SOURCE_REMOVE;
}

static gboolean
on_watchdog (gpointer data G_GNUC_UNUSED)
{
  g_error ("%s: no token has ended", g_test_get_path ());
  return G_SOURCE_REMOVE;
}

static void
test_ends_by_itself (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr(GSource) expiry = musterd_token_expiry_source_new (fixture->tokens, NULL);
  g_autoptr(GSource) watchdog = g_timeout_source_new_seconds (30);
  g_autofree char *late = put (fixture, "late", "alice", g_get_real_time () + MUSTERD_HOUR);

  g_free (put (fixture, "past", "alice", g_get_real_time () - MUSTERD_HOUR));
  g_source_set_callback (watchdog, on_watchdog, NULL, NULL);
  g_source_attach (watchdog, NULL);
  g_source_attach (expiry, NULL);
  g_timeout_add (20, on_put_due, fixture);
  while (strlen (fixture->ended->str) < strlen ("past soon "))
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpstr (fixture->ended->str, ==, "past soon ");
  g_assert_cmpstr (find (fixture, late, MUSTERD_TOKEN_BEARER, g_get_real_time ()), ==, "late");
  g_source_destroy (expiry);
  g_source_destroy (watchdog);
}

static void
fill (Fixture *fixture, const char *user, guint n)
{
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *id = g_strdup_printf ("%s%u", user != NULL ? user : "-", i);

      g_free (put (fixture, id, user, MUSTERD_TIME_NEVER));
    }
}

static void
test_bounds (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr(GError) error = NULL;

  fill (fixture, "alice", MUSTERD_TOKENS_OF_USER_MAX);
  g_assert_null (add (fixture, "x", MUSTERD_TOKEN_LINK, "alice", MUSTERD_TIME_NEVER, &error));
  g_assert_error (error, MUSTERD_ERROR, MUSTERD_ERROR_LIMIT);
  g_clear_error (&error);
  fill (fixture, NULL, MUSTERD_TOKENS_OF_NOBODY_MAX);
  g_assert_null (add (fixture, "x", MUSTERD_TOKEN_BEARER, NULL, MUSTERD_TIME_NEVER, &error));
  g_assert_error (error, MUSTERD_ERROR, MUSTERD_ERROR_LIMIT);
  g_free (put (fixture, "x", "bob", MUSTERD_TIME_NEVER));
  musterd_tokens_remove (fixture->tokens, "alice7");
  g_free (put (fixture, "y", "alice", MUSTERD_TIME_NEVER));
}

static void
test_wrong_codes (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  for (guint i = 0; i < MUSTERD_WRONG_CODES_MAX; i++)
    g_assert_true (musterd_tokens_count_wrong_code (fixture->tokens, NOW + i));
  g_assert_false (musterd_tokens_count_wrong_code (fixture->tokens, NOW + MUSTERD_MINUTE - 1));
  g_assert_false (musterd_tokens_count_wrong_code (fixture->tokens, NOW + MUSTERD_MINUTE - 1));
  g_assert_true (musterd_tokens_count_wrong_code (fixture->tokens, NOW + MUSTERD_MINUTE));
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const char *path;
    void      (*test) (Fixture *fixture, gconstpointer data);
  } tests[] = {
    { "/api/tokens/find", test_find },
    { "/api/tokens/not-in-force", test_not_in_force },
    { "/api/tokens/same-twice", test_same_twice },
    { "/api/tokens/remove-user", test_remove_user },
    { "/api/tokens/expired", test_expired },
    { "/api/tokens/ends-by-itself", test_ends_by_itself },
    { "/api/tokens/bounds", test_bounds },
    { "/api/tokens/wrong-codes", test_wrong_codes },
  };

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/api/tokens/secret", test_secret);
  g_test_add_func ("/api/tokens/known-hash", test_known_hash);
  for (gsize i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, NULL, setup, tests[i].test, teardown);
  return g_test_run ();
}
