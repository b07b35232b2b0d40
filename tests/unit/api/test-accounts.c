/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Accounts behind a directory service that hangs, fails, and changes its mind. */
#include "api/accounts.h"

#include <string.h>

#include "model/error.h"

#define WATCHDOG_SECONDS 60
#define CAROL 4242
#define OWNER 4000
#define FOREVER_MS (WATCHDOG_SECONDS * 1000)

/* The directory; under the mutex, but for the time. */
typedef struct
{
  MusterdAccounts *accounts;
  GSource         *watchdog;
  GMutex           mutex;
  GCond            cond;
  gboolean         hangs, fails, member;
  const char      *name; /* nullable */
  guint            n_begun, n_ended;
  gint64           now;
  guint            n_known;
  GString         *changed;
} Fixture;

static guint n_warnings;

static GLogWriterOutput
on_written (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  for (gsize i = 0; i < n_fields; i++)
    if (g_str_equal (fields[i].key, "MESSAGE") && strstr (fields[i].value, "see 'getent passwd 4242'") != NULL)
      {
        n_warnings++;
        return G_LOG_WRITER_HANDLED;
      }
  return g_log_writer_default (level, fields, n_fields, user_data);
}

static gboolean
on_watchdog (gpointer data)
{
  g_error ("%s: nothing happens any more", (const char *) data);
  return G_SOURCE_REMOVE;
}

static gboolean
look_up (uid_t uid G_GNUC_UNUSED, const char *group, char **name, gboolean *member, gpointer data, GError **error)
{
  Fixture *fixture = data;
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&fixture->mutex);

  g_assert_cmpstr (group, ==, "admins");
  fixture->n_begun++;
  g_cond_broadcast (&fixture->cond);
  while (fixture->hangs)
    g_cond_wait (&fixture->cond, &fixture->mutex);
  fixture->n_ended++;
  g_cond_broadcast (&fixture->cond);
  if (fixture->fails)
    {
      g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE, "no route");
      return FALSE;
    }
  *name = g_strdup (fixture->name);
  *member = fixture->member;
  return TRUE;
}

static gboolean
is_owner (uid_t uid, gpointer data G_GNUC_UNUSED)
{
  return uid == OWNER;
}

static gint64
get_time (gpointer data)
{
  return ((Fixture *) data)->now;
}

static void
on_known (gpointer data)
{
  ((Fixture *) data)->n_known++;
}

static void
on_changed (uid_t uid, gpointer data)
{
  g_string_append_printf (((Fixture *) data)->changed, "%u ", (guint) uid);
}

static void
open_accounts (Fixture *fixture, guint slow_ms, guint late_ms)
{
  const MusterdNss nss = { look_up, is_owner, get_time, fixture, slow_ms, late_ms };

  fixture->accounts = musterd_accounts_new (g_main_context_default (), "admins", &nss);
  musterd_accounts_set_changed (fixture->accounts, on_changed, fixture);
}

static void
setup (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  fixture->watchdog = g_timeout_source_new_seconds (WATCHDOG_SECONDS);
  g_source_set_callback (fixture->watchdog, on_watchdog, (gpointer) g_test_get_path (), NULL);
  g_source_attach (fixture->watchdog, NULL);
  g_mutex_init (&fixture->mutex);
  g_cond_init (&fixture->cond);
  fixture->name = "carol";
  fixture->now = G_TIME_SPAN_HOUR;
  fixture->changed = g_string_new (NULL);
}

static void
set_hangs (Fixture *fixture, gboolean hangs)
{
  g_mutex_lock (&fixture->mutex);
  fixture->hangs = hangs;
  g_cond_broadcast (&fixture->cond);
  g_mutex_unlock (&fixture->mutex);
}

static void
wait_begun (Fixture *fixture, guint n)
{
  g_mutex_lock (&fixture->mutex);
  while (fixture->n_begun < n)
    g_cond_wait (&fixture->cond, &fixture->mutex);
  g_mutex_unlock (&fixture->mutex);
}

static void
teardown (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_clear_pointer (&fixture->accounts, musterd_accounts_free);
  set_hangs (fixture, FALSE);
  g_mutex_lock (&fixture->mutex);
  while (fixture->n_ended < fixture->n_begun)
    g_cond_wait (&fixture->cond, &fixture->mutex);
  g_mutex_unlock (&fixture->mutex);
  g_cond_clear (&fixture->cond);
  g_mutex_clear (&fixture->mutex);
  g_string_free (fixture->changed, TRUE);
  g_source_destroy (fixture->watchdog);
  g_source_unref (fixture->watchdog);
}

static gboolean
await (Fixture *fixture, uid_t uid)
{
  return musterd_accounts_await (fixture->accounts, uid, on_known, fixture);
}

static void
await_known (Fixture *fixture, guint n)
{
  while (fixture->n_known < n)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (fixture->n_known, ==, n);
}

static void
assert_is (Fixture *fixture, uid_t uid, const char *name, gboolean admin)
{
  g_autoptr(GError) error = NULL;
  const MusterdAccount *account = musterd_accounts_get (fixture->accounts, uid, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (account->name, ==, name);
  g_assert_cmpint (account->admin, ==, admin);
}

static void
assert_unknown (Fixture *fixture, uid_t uid, const char *like)
{
  g_autoptr(GError) error = NULL;

  g_assert_null (musterd_accounts_get (fixture->accounts, uid, &error));
  g_assert_error (error, MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE);
  if (!g_pattern_match_simple (like, error->message))
    g_error ("'%s' is not like '%s'", error->message, like);
}

/* Carol is known, as of now. */
static void
learn (Fixture *fixture)
{
  g_assert_true (await (fixture, CAROL));
  await_known (fixture, 1);
  fixture->n_known = 0;
  assert_is (fixture, CAROL, "carol", fixture->member);
}

static void
test_fresh (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  open_accounts (fixture, FOREVER_MS, 2 * FOREVER_MS);
  fixture->member = TRUE;
  learn (fixture);
  fixture->now += MUSTERD_ACCOUNT_FRESH;
  g_assert_false (await (fixture, CAROL));
  g_assert_cmpuint (fixture->n_begun, ==, 1);
  /* Who has lost the right has lost it when the next answer comes, and that is waited for. */
  fixture->member = FALSE;
  fixture->now++;
  g_assert_true (await (fixture, CAROL));
  await_known (fixture, 1);
  assert_is (fixture, CAROL, "carol", FALSE);
  g_assert_cmpuint (fixture->n_begun, ==, 2);
}

static void
test_no_such_account (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  open_accounts (fixture, FOREVER_MS, 2 * FOREVER_MS);
  fixture->name = NULL;
  g_assert_true (await (fixture, CAROL));
  await_known (fixture, 1);
  assert_is (fixture, CAROL, NULL, FALSE);
}

/* One look-up at a time, however many ask. */
static void
test_together (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  open_accounts (fixture, FOREVER_MS, 2 * FOREVER_MS);
  set_hangs (fixture, TRUE);
  for (guint i = 0; i < 100; i++)
    g_assert_true (await (fixture, CAROL));
  wait_begun (fixture, 1);
  g_assert_cmpuint (fixture->n_known, ==, 0);
  set_hangs (fixture, FALSE);
  await_known (fixture, 100);
  g_assert_cmpuint (fixture->n_begun, ==, 1);
}

static void
test_late (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  open_accounts (fixture, 1, 2);
  set_hangs (fixture, TRUE);
  g_assert_true (await (fixture, CAROL));
  await_known (fixture, 1);
  g_assert_cmpuint (n_warnings, ==, 1);
  assert_unknown (fixture, CAROL, "*account 4242 did not end*getent passwd 4242*");
  /* Who comes now does not wait for what has been waited for in vain. */
  g_assert_false (await (fixture, CAROL));
  wait_begun (fixture, 1);
  set_hangs (fixture, FALSE);
  while (musterd_accounts_get (fixture->accounts, CAROL, NULL) == NULL)
    g_main_context_iteration (NULL, TRUE);
  assert_is (fixture, CAROL, "carol", FALSE);
  g_assert_cmpuint (fixture->n_begun, ==, 1);
}

/* What was known counts on while the directory hangs, and not for ever. */
static void
test_old (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  open_accounts (fixture, 1, FOREVER_MS);
  fixture->member = TRUE;
  learn (fixture);
  set_hangs (fixture, TRUE);
  fixture->now += MUSTERD_ACCOUNT_FRESH + 1;
  g_assert_true (await (fixture, CAROL));
  await_known (fixture, 1);
  assert_is (fixture, CAROL, "carol", TRUE);
  g_assert_false (await (fixture, CAROL));
  fixture->now += MUSTERD_ACCOUNT_AGE_MAX - MUSTERD_ACCOUNT_FRESH - 1;
  assert_is (fixture, CAROL, "carol", TRUE);
  fixture->now++;
  assert_unknown (fixture, CAROL, "*did not end*");
}

static void
test_failed (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  open_accounts (fixture, FOREVER_MS, 2 * FOREVER_MS);
  fixture->fails = TRUE;
  g_assert_true (await (fixture, CAROL));
  await_known (fixture, 1);
  assert_unknown (fixture, CAROL, "*account 4242 failed: no route*");
  /* Not again at once. */
  g_assert_false (await (fixture, CAROL));
  g_assert_cmpuint (fixture->n_begun, ==, 1);
  fixture->fails = FALSE;
  fixture->now += MUSTERD_ACCOUNT_FRESH + 1;
  g_assert_true (await (fixture, CAROL));
  await_known (fixture, 2);
  assert_is (fixture, CAROL, "carol", FALSE);
}

/* A failure does not take away what was known. */
static void
test_failed_later (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  open_accounts (fixture, FOREVER_MS, 2 * FOREVER_MS);
  fixture->member = TRUE;
  learn (fixture);
  fixture->fails = TRUE;
  fixture->now += MUSTERD_ACCOUNT_FRESH + 1;
  g_assert_true (await (fixture, CAROL));
  await_known (fixture, 1);
  assert_is (fixture, CAROL, "carol", TRUE);
}

static void
test_owner (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  open_accounts (fixture, 1, FOREVER_MS);
  set_hangs (fixture, TRUE);
  g_assert_true (await (fixture, OWNER));
  await_known (fixture, 1);
  assert_is (fixture, OWNER, NULL, TRUE);
  g_assert_false (await (fixture, OWNER));
  wait_begun (fixture, 1);
  fixture->name = "muster";
  set_hangs (fixture, FALSE);
  while (musterd_accounts_get (fixture->accounts, OWNER, NULL)->name == NULL)
    g_main_context_iteration (NULL, TRUE);
  assert_is (fixture, OWNER, "muster", TRUE);
}

static void
test_kept (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  open_accounts (fixture, FOREVER_MS, 2 * FOREVER_MS);
  fixture->member = TRUE;
  learn (fixture);
  fixture->now += MUSTERD_ACCOUNT_FRESH + 1;
  musterd_accounts_renew (fixture->accounts);
  g_assert_false (g_main_context_pending (NULL));
  g_assert_cmpuint (fixture->n_begun, ==, 1);

  musterd_accounts_keep (fixture->accounts, CAROL);
  fixture->member = FALSE;
  musterd_accounts_renew (fixture->accounts);
  while (fixture->changed->len == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpstr (fixture->changed->str, ==, "4242 ");
  assert_is (fixture, CAROL, "carol", FALSE);

  /* The same answer again is no change. */
  fixture->now += MUSTERD_ACCOUNT_FRESH + 1;
  g_assert_true (await (fixture, CAROL));
  await_known (fixture, 1);
  g_assert_cmpstr (fixture->changed->str, ==, "4242 ");

  musterd_accounts_let_go (fixture->accounts, CAROL);
  fixture->name = "caroline";
  fixture->now += MUSTERD_ACCOUNT_FRESH + 1;
  g_assert_true (await (fixture, CAROL));
  await_known (fixture, 2);
  g_assert_cmpstr (fixture->changed->str, ==, "4242 ");
}

/* Who follows is not believed for longer than who asks. */
static void
test_kept_too_long (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  open_accounts (fixture, FOREVER_MS, 2 * FOREVER_MS);
  learn (fixture);
  musterd_accounts_keep (fixture->accounts, CAROL);
  set_hangs (fixture, TRUE);
  fixture->now += MUSTERD_ACCOUNT_AGE_MAX;
  musterd_accounts_renew (fixture->accounts);
  g_assert_cmpstr (fixture->changed->str, ==, "");
  fixture->now++;
  musterd_accounts_renew (fixture->accounts);
  g_assert_cmpstr (fixture->changed->str, ==, "4242 ");
  musterd_accounts_renew (fixture->accounts);
  g_assert_cmpstr (fixture->changed->str, ==, "4242 ");
  wait_begun (fixture, 2);
}

static void
test_abandoned (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  open_accounts (fixture, FOREVER_MS, 2 * FOREVER_MS);
  set_hangs (fixture, TRUE);
  g_assert_true (await (fixture, CAROL));
  wait_begun (fixture, 1);
  musterd_accounts_abandon (fixture->accounts);
  g_assert_cmpuint (fixture->n_known, ==, 1);
  g_assert_false (await (fixture, CAROL));
  /* Does not wait, and what comes later comes to nobody. */
  g_clear_pointer (&fixture->accounts, musterd_accounts_free);
}

static void
test_many (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  guint n = 0;

  open_accounts (fixture, FOREVER_MS, 2 * FOREVER_MS);
  set_hangs (fixture, TRUE);
  for (; n < MUSTERD_ACCOUNTS_MAX; n++)
    g_assert_true (await (fixture, 10000 + n));
  g_assert_false (await (fixture, CAROL));
  assert_unknown (fixture, CAROL, "too many accounts*");
  g_assert_true (await (fixture, OWNER));
  set_hangs (fixture, FALSE);
  await_known (fixture, n + 1);
  g_assert_true (await (fixture, CAROL));
  await_known (fixture, n + 2);
  assert_is (fixture, CAROL, "carol", FALSE);
}

#define ADD(path, func) g_test_add (path, Fixture, NULL, setup, func, teardown)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_writer_func (on_written, NULL, NULL);
  ADD ("/accounts/fresh", test_fresh);
  ADD ("/accounts/no-such-account", test_no_such_account);
  ADD ("/accounts/together", test_together);
  ADD ("/accounts/late", test_late);
  ADD ("/accounts/old", test_old);
  ADD ("/accounts/failed", test_failed);
  ADD ("/accounts/failed-later", test_failed_later);
  ADD ("/accounts/owner", test_owner);
  ADD ("/accounts/kept", test_kept);
  ADD ("/accounts/kept-too-long", test_kept_too_long);
  ADD ("/accounts/abandoned", test_abandoned);
  ADD ("/accounts/many", test_many);
  return g_test_run ();
}
