/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A hybrid company: two instances of a calendar source, and users whose mailbox is with the one or the other. */
#define G_LOG_DOMAIN "test-host"

#include "fixture.h"

#define BOTH "[mailbox:old]\nEnabled=optional\n[mailbox:new]\nEnabled=optional\n"
#define OLD "mailbox:old"
#define NEW "mailbox:new"
#define ALICE "alice@example.com"

static const char *const old_new[] = { OLD, NEW, NULL };
static const char *const new_old[] = { NEW, OLD, NULL };
static const char *const only_new[] = { NEW, NULL };

static void
set_order (Fixture *f, const char *const *sources)
{
  MusterdSettings *settings = musterd_settings_new_default ();

  if (sources != NULL)
    settings->calendar_sources = g_memdup2 (sources, (g_strv_length ((char **) sources) + 1) * sizeof *sources);
  fixture_set_settings (f, settings);
}

static void
begin (Fixture *f, const char *const *sources, const char *keyfile)
{
  fixture_install (f, "mailbox good");
  set_order (f, sources);
  fixture_add_user (f, ALICE, NULL);
  fixture_apply (f, keyfile);
  WAIT_FOR (f, fixture_count (f, OLD, "complete") == 1);
}

/* What the plugins were told, one after the other. */
static guint
told (Fixture *f, const char *instance, const char *what)
{
  g_autofree char *pattern = g_strdup_printf ("%s " ALICE "*", what);

  return fixture_count (f, instance, pattern);
}

static gboolean
is_busy (Fixture *f)
{
  musterd_engine_settle (f->engine);
  return musterd_engine_get_presence (f->engine, ALICE)->status == MUSTERD_STATUS_BUSY;
}

/* Turns the main loop until it is so, and at every turn somebody says that alice is busy. */
#define WAIT_BUSY(f, condition)                                               \
  do                                                                          \
    {                                                                         \
      fixture_begin_wait ((f), #condition);                                   \
      while (!(condition))                                                    \
        {                                                                     \
          g_assert_true (is_busy (f));                                        \
          fixture_turn (f);                                                   \
        }                                                                     \
      g_assert_true (is_busy (f));                                            \
    }                                                                         \
  while (FALSE)

static guint
n_claims (Fixture *f, const char *source)
{
  return fixture_n_claims (f, ALICE, source);
}

static guint
n_refused (Fixture *f)
{
  g_autoptr(MusterdInstanceInfo) info = fixture_info (f, OLD);

  return info->troubles->len;
}

static gboolean
holder_is (Fixture *f, const char *instance)
{
  MusterdCalendarOrder *order = musterd_host_explain_order (f->host, ALICE);
  const gboolean is = g_strcmp0 (order->holder, instance) == 0;

  musterd_calendar_order_free (order);
  return is;
}

static void
test_first_takes (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  begin (f, old_new, BOTH "[mailbox:other]\nEnabled=optional\n[good]\nEnabled=optional\n");
  WAIT_FOR (f, fixture_count (f, NEW, "complete") == 1 && fixture_count (f, "mailbox:other", "complete") == 1);
  WAIT_FOR (f, told (f, "good", "user") == 1);
  g_assert_cmpuint (told (f, OLD, "user"), ==, 1);
  g_assert_cmpuint (told (f, NEW, "user"), ==, 0);
  /* Not in the list, and a calendar source; the one of another sort is none of the list's business. */
  g_assert_cmpuint (told (f, "mailbox:other", "user"), ==, 0);

  fixture_tell (f, "mailbox:other", "calendar " ALICE " x");
  WAIT_FOR (f, fixture_count (f, "mailbox:other", "claims_replace refused:*") == 1);
  g_assert_cmpuint (n_claims (f, "mailbox:other"), ==, 0);
}

/* There and back, without a moment at which nobody knows of the meeting. */
static void
test_handed_over (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  begin (f, old_new, BOTH);
  fixture_tell (f, OLD, "calendar " ALICE " a");
  WAIT_FOR (f, n_claims (f, OLD) == 1 && is_busy (f));

  fixture_tell (f, OLD, "not-here " ALICE);
  WAIT_BUSY (f, told (f, OLD, "gone") == 1 && told (f, NEW, "user") == 1);
  g_assert_cmpuint (n_claims (f, OLD), ==, 1);
  fixture_tell (f, NEW, "calendar " ALICE " b");
  WAIT_BUSY (f, n_claims (f, NEW) == 1);
  g_assert_cmpuint (n_claims (f, OLD), ==, 0);

  g_autoptr(MusterdInstanceInfo) info = fixture_info (f, OLD);
  const MusterdUserTrouble *trouble = g_ptr_array_index (info->troubles, 0);

  g_assert_cmpuint (info->troubles->len, ==, 1);
  g_assert_cmpuint (info->n_users, ==, 0);
  g_assert_cmpstr (trouble->user, ==, ALICE);
  g_assert_cmpstr (trouble->state, ==, "not-here");
  g_assert_cmpstr (trouble->text, ==, "no such mailbox");
  g_assert_cmpint (trouble->since, ==, NINE);

  /* A day later the first is asked again; meanwhile the other one has the user. */
  fixture_move (f, 27 * MUSTERD_HOUR);
  fixture_tell (f, NEW, "calendar " ALICE " c");
  WAIT_FOR (f, told (f, OLD, "user") == 2 && is_busy (f));
  g_assert_cmpuint (told (f, NEW, "gone"), ==, 0);
  fixture_tell (f, OLD, "not-here " ALICE);
  WAIT_BUSY (f, told (f, OLD, "gone") == 2);
  g_assert_cmpuint (told (f, NEW, "gone"), ==, 0);

  fixture_move (f, 27 * MUSTERD_HOUR);
  fixture_tell (f, NEW, "calendar " ALICE " d");
  WAIT_FOR (f, told (f, OLD, "user") == 3 && is_busy (f));
  fixture_tell (f, OLD, "calendar " ALICE " e");
  WAIT_BUSY (f, told (f, NEW, "gone") == 1);
  g_assert_cmpuint (n_claims (f, OLD), ==, 1);
  g_assert_cmpuint (n_claims (f, NEW), ==, 0);
}

/* A restart of the daemon hands nobody around, be it in the middle or afterwards. */
static void
test_restart (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  begin (f, old_new, BOTH);
  fixture_tell (f, OLD, "calendar " ALICE " a");
  WAIT_FOR (f, n_claims (f, OLD) == 1);
  fixture_tell (f, OLD, "not-here " ALICE);
  WAIT_FOR (f, told (f, NEW, "user") == 1);

  fixture_restart (f);
  fixture_apply (f, BOTH);
  WAIT_BUSY (f, fixture_count (f, OLD, "complete") == 1 && fixture_count (f, NEW, "complete") == 1);
  g_assert_cmpuint (told (f, OLD, "user"), ==, 0);
  g_assert_cmpuint (told (f, NEW, "user"), ==, 1);
  fixture_tell (f, NEW, "calendar " ALICE " b");
  WAIT_BUSY (f, n_claims (f, NEW) == 1);
  g_assert_cmpuint (n_claims (f, OLD), ==, 0);

  fixture_restart (f);
  fixture_apply (f, BOTH);
  WAIT_BUSY (f, fixture_count (f, OLD, "complete") == 1 && fixture_count (f, NEW, "complete") == 1);
  g_assert_cmpuint (told (f, OLD, "user"), ==, 0);
  g_assert_cmpuint (told (f, NEW, "user"), ==, 1);
}

/* Nobody has the mailbox: what was known stands, and is said to be stale, until somebody takes it. */
static void
test_all_refused (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr(GError) error = NULL;

  begin (f, old_new, BOTH);
  fixture_tell (f, OLD, "calendar " ALICE " a");
  WAIT_FOR (f, n_claims (f, OLD) == 1);
  fixture_tell (f, OLD, "not-here " ALICE);
  WAIT_FOR (f, told (f, NEW, "user") == 1);
  fixture_tell (f, NEW, "not-here " ALICE);
  WAIT_BUSY (f, told (f, NEW, "gone") == 1);
  g_assert_cmpint (musterd_engine_get_presence (f->engine, ALICE)->stale, ==, NINE);
  g_assert_cmpuint (fixture_count (f, NEW, "*no source has the calendar*"), ==, 1);

  /* Forced, it is asked at once, from the first of the list. */
  g_assert_true (musterd_host_sync (f->host, OLD, ALICE, &error));
  g_assert_no_error (error);
  WAIT_BUSY (f, told (f, OLD, "user") == 2);
  g_assert_cmpint (musterd_engine_get_presence (f->engine, ALICE)->stale, ==, MUSTERD_TIME_NEVER);
  fixture_tell (f, OLD, "not-here " ALICE);
  WAIT_BUSY (f, told (f, OLD, "gone") == 2 && told (f, NEW, "user") == 2);
  fixture_tell (f, NEW, "calendar " ALICE " b");
  WAIT_BUSY (f, n_claims (f, NEW) == 1);
  g_assert_cmpuint (n_claims (f, OLD), ==, 0);

  /* The same for all at once. */
  g_assert_true (musterd_host_sync (f->host, OLD, NULL, &error));
  WAIT_BUSY (f, told (f, OLD, "user") == 3);
  /* And by a reload. */
  fixture_tell (f, OLD, "not-here " ALICE);
  WAIT_BUSY (f, told (f, OLD, "gone") == 3);
  fixture_apply (f, BOTH);
  WAIT_BUSY (f, told (f, OLD, "user") == 4);
}

static void
test_order_changes (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  begin (f, old_new, BOTH);
  fixture_tell (f, OLD, "calendar " ALICE " a");
  WAIT_FOR (f, n_claims (f, OLD) == 1 && is_busy (f));

  /* The one that is first now is asked; who has the user goes on until it has answered. */
  set_order (f, new_old);
  WAIT_BUSY (f, told (f, NEW, "user") == 1);
  g_assert_cmpuint (told (f, OLD, "gone"), ==, 0);
  fixture_tell (f, NEW, "calendar " ALICE " b");
  WAIT_BUSY (f, told (f, OLD, "gone") == 1);
  g_assert_cmpuint (n_claims (f, OLD), ==, 0);

  set_order (f, old_new);
  WAIT_BUSY (f, told (f, OLD, "user") == 2);
  fixture_tell (f, OLD, "calendar " ALICE " c");
  WAIT_BUSY (f, told (f, NEW, "gone") == 1);

  /* Struck from the list, it is told at once, and what it said stands until another one has spoken. */
  set_order (f, only_new);
  WAIT_BUSY (f, told (f, OLD, "gone") == 2 && told (f, NEW, "user") == 2);
  g_assert_cmpuint (n_claims (f, OLD), ==, 1);
  fixture_tell (f, NEW, "calendar " ALICE " d");
  WAIT_BUSY (f, n_claims (f, OLD) == 0);

  /* No list: everybody who selects the user has the user, refusals or not. */
  set_order (f, NULL);
  WAIT_BUSY (f, told (f, OLD, "user") == 3);
  g_assert_cmpuint (told (f, NEW, "gone"), ==, 1);
}

static void
test_instance_goes (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  begin (f, old_new, BOTH);
  fixture_tell (f, OLD, "calendar " ALICE " a");
  WAIT_FOR (f, n_claims (f, OLD) == 1);

  fixture_apply (f, "[mailbox:old]\nEnabled=no\n[mailbox:new]\nEnabled=optional\n");
  WAIT_FOR (f, told (f, NEW, "user") == 1);
  fixture_tell (f, NEW, "calendar " ALICE " b");
  WAIT_FOR (f, n_claims (f, NEW) == 1);
  fixture_apply (f, BOTH);
  WAIT_BUSY (f, told (f, OLD, "user") == 2);
  fixture_tell (f, OLD, "calendar " ALICE " c");
  WAIT_BUSY (f, told (f, NEW, "gone") == 1);

  fixture_apply (f, "[mailbox:new]\nEnabled=optional\n");
  WAIT_FOR (f, told (f, NEW, "user") == 2);
  WAIT_FOR (f, g_str_equal (fixture_state (f, OLD), "")); /* it stops meanwhile */

  /* One that does not select the user is passed over. */
  fixture_apply (f, "[mailbox:old]\nEnabled=optional\nUsers=location:Berlin\n[mailbox:new]\nEnabled=optional\n");
  WAIT_FOR (f, fixture_count (f, OLD, "complete") == 1);
  g_assert_cmpuint (told (f, OLD, "user"), ==, 0);
  fixture_add_user (f, ALICE, "location", "Berlin", NULL);
  WAIT_FOR (f, told (f, OLD, "user") == 1);
}

/* A source that is down keeps its users; and a claim of a kind that it does not name is refused. */
static void
test_down (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  static const char *const failing_first[] = { "start-fails:failing", OLD, NULL };

  fixture_install (f, "mailbox start-fails");
  set_order (f, failing_first);
  fixture_add_user (f, ALICE, NULL);
  fixture_apply (f, "[start-fails:failing]\nEnabled=optional\n[mailbox:old]\nEnabled=optional\n");
  WAIT_FOR (f, fixture_count (f, OLD, "complete") == 1);
  g_assert_cmpuint (told (f, OLD, "user"), ==, 0);

  set_order (f, old_new);
  WAIT_FOR (f, told (f, OLD, "user") == 1);
  fixture_tell (f, OLD, "microphone " ALICE);
  WAIT_FOR (f, fixture_count (f, OLD, "claim_put refused:*microphone*") == 1);
}

/* A plugin that is a calendar source and a sink has its users once: the order holds for both. */
static void
test_both_sides (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  static const char *const sources[] = { "good", OLD, NULL };

  begin (f, sources, "[mailbox:old]\nEnabled=optional\n[good]\nEnabled=optional\n");
  WAIT_FOR (f, told (f, "good", "apply") == 1);
  g_assert_cmpuint (told (f, OLD, "user"), ==, 0);
  fixture_tell (f, "good", "user-state " ALICE " not-here moved");
  WAIT_FOR (f, told (f, "good", "gone") == 1 && told (f, OLD, "user") == 1);

  g_autoptr(MusterdInstanceInfo) info = fixture_info (f, "good");

  g_assert_cmpuint (info->sink.n_slots, ==, 0);
  set_order (f, NULL);
  WAIT_FOR (f, told (f, "good", "apply") == 2);
}

static void
on_put (const GError *error, gpointer user_data)
{
  g_assert_no_error (error);
  *(gboolean *) user_data = TRUE;
}

/* Whoever refused a whole company is not asked for all of it at one moment. */
static void
test_asked_bit_by_bit (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  const char *fields[MUSTERD_N_USER_FIELDS] = { NULL };
  g_autoptr(GPtrArray) users = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_user_unref);
  gboolean done = FALSE;

  begin (f, old_new, BOTH);
  for (guint i = 0; i < 120; i++)
    {
      g_autofree char *id = g_strdup_printf ("u%u", i);

      g_ptr_array_add (users, musterd_user_new (id, fields, NULL, NULL));
    }
  musterd_engine_put_users (f->engine, (MusterdUser *const *) users->pdata, users->len, MUSTERD_PUT_ANY, on_put, &done);
  WAIT_FOR (f, done && fixture_count (f, OLD, "user u*") == 120);
  for (guint i = 0; i < 120; i++)
    {
      g_autofree char *command = g_strdup_printf ("not-here u%u", i);

      fixture_tell (f, OLD, command);
      WAIT_FOR (f, n_refused (f) == i + 1);
    }
  WAIT_FOR (f, fixture_count (f, OLD, "gone u*") == 120);

  fixture_move (f, 27 * MUSTERD_HOUR);
  WAIT_FOR (f, n_refused (f) == 20);
  fixture_move (f, MUSTERD_SECOND);
  WAIT_FOR (f, n_refused (f) == 0);
}

static void
test_explained (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  MusterdCalendarOrder *order;
  const MusterdRefusal *refusal;

  begin (f, old_new, BOTH);
  order = musterd_host_explain_order (f->host, ALICE);
  g_assert_cmpstr (order->sources[0], ==, OLD);
  g_assert_cmpstr (order->sources[1], ==, NEW);
  g_assert_null (order->holder);
  g_assert_cmpstr (order->asked, ==, OLD);
  musterd_calendar_order_free (order);

  fixture_tell (f, OLD, "not-here " ALICE);
  WAIT_FOR (f, told (f, NEW, "user") == 1);
  fixture_tell (f, NEW, "calendar " ALICE);
  WAIT_FOR (f, holder_is (f, NEW));
  order = musterd_host_explain_order (f->host, ALICE);
  g_assert_null (order->asked);
  g_assert_cmpuint (order->refusals->len, ==, 1);
  refusal = g_ptr_array_index (order->refusals, 0);
  g_assert_cmpstr (refusal->instance, ==, OLD);
  g_assert_cmpstr (refusal->text, ==, "no such mailbox");
  g_assert_cmpint (refusal->since, ==, NINE);
  g_assert_cmpint (refusal->again, >, NINE + 21 * MUSTERD_HOUR);
  g_assert_cmpint (refusal->again, <, NINE + 27 * MUSTERD_HOUR);
  musterd_calendar_order_free (order);

  set_order (f, NULL);
  g_assert_null (musterd_host_explain_order (f->host, ALICE));
}

static void
test_user_goes (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  begin (f, old_new, BOTH);
  fixture_tell (f, OLD, "not-here " ALICE);
  WAIT_FOR (f, told (f, NEW, "user") == 1);
  fixture_remove_user (f, ALICE);
  WAIT_FOR (f, told (f, NEW, "gone") == 1);

  g_autoptr(MusterdInstanceInfo) info = fixture_info (f, OLD);

  g_assert_cmpuint (info->troubles->len, ==, 0);
  /* Whoever comes under the same name is nobody's yet. */
  fixture_add_user (f, ALICE, NULL);
  WAIT_FOR (f, told (f, OLD, "user") == 2);
  g_assert_cmpuint (told (f, NEW, "user"), ==, 1);
}

int
main (int argc, char *argv[])
{
  fixture_init (&argc, &argv);
#define TEST(name, func) g_test_add ("/host/assign/" name, Fixture, NULL, fixture_set_up, func, fixture_tear_down)
  TEST ("first-takes", test_first_takes);
  TEST ("handed-over", test_handed_over);
  TEST ("restart", test_restart);
  TEST ("all-refused", test_all_refused);
  TEST ("order-changes", test_order_changes);
  TEST ("instance-goes", test_instance_goes);
  TEST ("down", test_down);
  TEST ("user-goes", test_user_goes);
  TEST ("both-sides", test_both_sides);
  TEST ("asked-bit-by-bit", test_asked_bit_by_bit);
  TEST ("explained", test_explained);
#undef TEST
  return g_test_run ();
}
