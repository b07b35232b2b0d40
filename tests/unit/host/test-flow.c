/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What flows between the core and the instances: messages, records, users, deliveries. */
#define G_LOG_DOMAIN "test-host"

#include "fixture.h"

/* From plugins: one that floods delays nobody. */

static guint64
n_messages (Fixture *f, const char *instance)
{
  g_autoptr(MusterdInstanceInfo) info = fixture_info (f, instance);

  return info->n_messages;
}

static guint
n_queued (Fixture *f, const char *instance)
{
  g_autoptr(MusterdInstanceInfo) info = fixture_info (f, instance);

  return info->n_queued;
}

static void
test_flood (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr(GError) error = NULL;
  guint most = 0;

  fixture_install (f, "floods good");
  fixture_add_user (f, "alice@example.com", NULL);
  fixture_add_user (f, "bob@example.com", NULL);
  fixture_apply (f, "[floods]\n[good]\n");
  WAIT_FOR (f, g_str_equal (fixture_state (f, "floods"), "online")
                   && g_str_equal (fixture_state (f, "good"), "online"));

  musterd_host_sync (f->host, "floods", "alice@example.com", &error);
  g_assert_no_error (error);
  WAIT_FOR (f, n_messages (f, "floods") > 1000);
  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *command = g_strdup_printf ("claim bob@example.com mic-%u zoom", i);

      fixture_tell (f, "good", command);
      WAIT_FOR (f, (most = MAX (most, n_queued (f, "floods")),
                    fixture_n_claims (f, "bob@example.com", "good") == i + 1));
    }
  /* Counted, not timed: all twenty round trips were over before the flood was. */
  g_assert_cmpuint (n_messages (f, "floods"), <, 200000);
  g_assert_cmpuint (most, <=, MUSTERD_QUEUE_MESSAGES + MUSTERD_QUEUE_TURN + 1);

  /* Nothing of it was lost either: health, the claims, and the note at the end. */
  WAIT_FOR (f, n_messages (f, "floods") >= 200002);
  g_assert_cmpuint (fixture_n_claims (f, "alice@example.com", "floods"), ==, 10);
}

static guint
n_in_flight (Fixture *f, const char *instance)
{
  g_autoptr(MusterdInstanceInfo) info = fixture_info (f, instance);

  return info->sink.n_in_flight;
}

/* A greeting as a mail server has it reaches a sink as text, while its absence lasts. */
static void
test_greeting (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  guint n_applied;

  fixture_install (f, "good");
  fixture_add_user (f, "alice@example.com", NULL);
  fixture_apply (f, "[good:mail]\n[good:phone]\n");
  WAIT_FOR (f, fixture_count (f, "good:phone", "apply alice*") == 1);
  fixture_tell (f, "good:mail", "absence alice@example.com");
  WAIT_FOR (f, fixture_n_claims (f, "alice@example.com", "good:mail") == 1);
  g_assert_cmpuint (fixture_count (f, "good:phone", "greeting *"), ==, 0);

  /* What is on its way when the clock is moved would be overdue, and tried again at a moment that never comes here. */
  WAIT_FOR (f, n_in_flight (f, "good:phone") == 0);
  fixture_move (f, G_TIME_SPAN_HOUR);
  WAIT_FOR (f, fixture_count (f, "good:phone", "greeting *") == 2);
  g_assert_cmpuint (fixture_count (f, "good:phone", "greeting alice@example.com internal=Back on Monday,/A."), ==, 1);
  g_assert_cmpuint (fixture_count (f, "good:phone", "greeting alice@example.com external=Write to the desk"), ==, 1);

  WAIT_FOR (f, n_in_flight (f, "good:phone") == 0);
  n_applied = fixture_count (f, "good:phone", "apply alice*");
  fixture_move (f, G_TIME_SPAN_HOUR);
  WAIT_FOR (f, fixture_count (f, "good:phone", "apply alice*") > n_applied);
  g_assert_cmpuint (fixture_count (f, "good:phone", "greeting *"), ==, 2);
}

/* To plugins: users. */

static void
test_users (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  fixture_install (f, "good");
  fixture_add_user (f, "alice@example.com", "location", "Berlin", "extension", "17", "good.mailbox", "A-1",
                    "other.mailbox", "secret", NULL);
  fixture_add_user (f, "bob@example.com", "location", "Bonn", NULL);
  fixture_apply (f, "[good]\nUsers=location:Berlin\ncolour=green\n");
  WAIT_FOR (f, fixture_count (f, "good", "users 1 0 complete") == 1);
  g_assert_cmpuint (fixture_count (f, "good", "user alice@example.com ext=17 attribute=A-1 colour=green"), ==, 1);
  g_assert_cmpuint (fixture_count (f, "good", "user bob*"), ==, 0);

  /* Moves in, changes, moves out, and is removed. */
  fixture_add_user (f, "bob@example.com", "location", "Berlin", NULL);
  WAIT_FOR (f, fixture_count (f, "good", "user bob@example.com ext=- attribute=- colour=green") == 1);
  fixture_add_user (f, "bob@example.com", "location", "Berlin", "extension", "18", NULL);
  WAIT_FOR (f, fixture_count (f, "good", "user bob@example.com ext=18 *") == 1);
  WAIT_FOR (f, fixture_count (f, "good", "apply bob*") >= 1);
  fixture_add_user (f, "bob@example.com", "location", "Bonn", NULL);
  WAIT_FOR (f, fixture_count (f, "good", "gone bob@example.com") == 1);
  fixture_add_user (f, "carol@example.com", "location", "Bonn", NULL);
  fixture_remove_user (f, "carol@example.com");
  fixture_remove_user (f, "alice@example.com");
  WAIT_FOR (f, fixture_count (f, "good", "gone alice@example.com") == 1);
  g_assert_cmpuint (fixture_count (f, "good", "*carol*"), ==, 0);

  g_autoptr(MusterdInstanceInfo) info = fixture_info (f, "good");

  g_assert_cmpuint (info->n_users, ==, 0);

  /* Of somebody whom it does not take it has nothing to say. */
  fixture_tell (f, "good", "claim bob@example.com mic zoom");
  WAIT_FOR (f, fixture_count (f, "good", "claim_put refused: bob@example.com is not among this instance's users (*)")
                   == 1);
  g_assert_cmpuint (fixture_n_claims (f, "bob@example.com", "good"), ==, 0);
}

static void
test_many_users (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr(GPtrArray) users = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_user_unref);
  g_autoptr(GError) error = NULL;

  for (guint i = 0; i < 1200; i++)
    {
      g_autofree char *id = g_strdup_printf ("user%u@example.com", i);
      const char *fields[MUSTERD_N_USER_FIELDS] = { NULL };

      g_ptr_array_add (users, musterd_user_new (id, fields, NULL, &error));
      g_assert_no_error (error);
    }
  musterd_engine_put_users (f->engine, (MusterdUser *const *) users->pdata, users->len, MUSTERD_PUT_NEW, NULL, NULL);
  WAIT_FOR (f, musterd_engine_get_n_users (f->engine) == 1200);

  fixture_install (f, "both");
  fixture_apply (f, "[both]\n");
  WAIT_FOR (f, fixture_count (f, "both", "users 200 0 1") == 1);
  g_assert_cmpuint (fixture_count (f, "both", "users 500 0 0"), ==, 2);
  WAIT_FOR (f, fixture_count (f, "both", "apply *") > 0);
}

static void
test_no_users (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  fixture_install (f, "good");
  fixture_apply (f, "[good]\n");
  WAIT_FOR (f, fixture_count (f, "good", "users 0 0 complete") == 1);
}

/* Records. */

static void
test_kept (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  fixture_install (f, "good");
  fixture_add_user (f, "alice@example.com", NULL);
  fixture_add_user (f, "bob@example.com", NULL);
  fixture_apply (f, "[good]\n");
  WAIT_FOR (f, g_str_equal (fixture_state (f, "good"), "online"));
  fixture_tell (f, "good", "keep alice@example.com token T1");
  fixture_tell (f, "good", "keep alice@example.com token T2");
  fixture_tell (f, "good", "keep - watermark 4711");
  fixture_tell (f, "good", "keep - old 1");
  fixture_tell (f, "good", "keep - old");
  fixture_tell (f, "good", "keep bob@example.com token B1");
  WAIT_FOR (f, fixture_count (f, "good", "kept: yes") == 6);
  fixture_tell (f, "good", "keep nobody@example.com token T");
  WAIT_FOR (f, fixture_count (f, "good", "kept: keeping a record: there is no user nobody@example.com") == 1);
  for (guint i = 0; i < 10; i++)
    {
      g_autofree char *command = g_strdup_printf ("keep alice@example.com key-%u v", i);

      fixture_tell (f, "good", command);
    }
  WAIT_FOR (f, fixture_count (f, "good", "kept: *") == 17);
  g_assert_cmpuint (fixture_count (f, "good", "kept: yes"), ==, 15);
  g_assert_cmpuint (fixture_count (f, "good", "kept: keeping a record: there are too many about this user already"),
                    ==, 1);
  /* Records of a user go with the user. */
  fixture_remove_user (f, "bob@example.com");

  fixture_restart (f);
  fixture_apply (f, "[good]\n");
  WAIT_FOR (f, fixture_count (f, "good", "apply *") == 1);
  g_assert_cmpuint (fixture_count (f, "good", "record *"), ==, 11);
  g_assert_cmpuint (fixture_count (f, "good", "record alice@example.com token=T2"), ==, 1);
  g_assert_cmpuint (fixture_count (f, "good", "record - watermark=4711"), ==, 1);
  g_assert_cmpuint (fixture_count (f, "good", "record - old*"), ==, 0);

  /* First the start, then what was kept, then the users, then the first delivery. */
  g_assert_cmpint (fixture_find (f, "good", "start *"), <, fixture_find (f, "good", "record *"));
  g_assert_cmpint (fixture_find (f, "good", "record - watermark*"), <, fixture_find (f, "good", "user *"));
  g_assert_cmpint (fixture_find (f, "good", "record alice*"), <, fixture_find (f, "good", "user *"));
  g_assert_cmpint (fixture_find (f, "good", "users 1 0 complete"), <, fixture_find (f, "good", "apply *"));

  /* The share is counted on after the restart. */
  fixture_tell (f, "good", "keep alice@example.com one-more v");
  WAIT_FOR (f, fixture_count (f, "good", "kept: *too many about this user*") == 1);
}

/* Deliveries. */

static void
test_completes_twice (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  fixture_install (f, "completes-twice");
  fixture_add_user (f, "alice@example.com", NULL);
  fixture_add_user (f, "bob@example.com", NULL);
  fixture_apply (f, "[completes-twice]\n");
  fixture_begin_wait (f, "four answers too many");
  for (guint64 n = 0; n < 4;)
    {
      g_autoptr(MusterdInstanceInfo) info = fixture_info (f, "completes-twice");

      n = info->n_refused;
      if (n < 4)
        fixture_turn (f);
      else
        {
          g_assert_cmpuint (info->n_refused, ==, 4);
          g_assert_cmpuint (info->sink.n_results[MUSTERD_DELIVERY_APPLIED], ==, 2);
          g_assert_cmpuint (info->sink.n_results[MUSTERD_DELIVERY_UNREACHABLE], ==, 0);
          g_assert_cmpuint (info->sink.n_in_flight, ==, 0);
        }
    }
  /* Said once. */
  g_assert_cmpuint (fixture_count (f, "completes-twice", "it completed a delivery twice or too late*"), ==, 1);
}

static void
test_never_completes (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  fixture_install (f, "never-completes");
  fixture_add_user (f, "alice@example.com", NULL);
  fixture_apply (f, "[never-completes]\n");
  WAIT_FOR (f, fixture_count (f, "never-completes", "apply") == 1);
  fixture_move (f, 9 * MUSTERD_SECOND);
  fixture_begin_wait (f, "a few turns");
  for (guint i = 0; i < 5; i++)
    fixture_turn (f);
  g_assert_cmpuint (fixture_count (f, "never-completes", "apply"), ==, 1);

  /* Its deadline, ten seconds, then a second or so. */
  fixture_move (f, MUSTERD_SECOND);
  fixture_begin_wait (f, "the deadline");
  for (guint n = 0; n == 0;)
    {
      g_autoptr(MusterdInstanceInfo) info = fixture_info (f, "never-completes");

      n = (guint) info->sink.n_results[MUSTERD_DELIVERY_UNREACHABLE];
      if (n == 0)
        fixture_turn (f);
    }
  fixture_move (f, 2 * MUSTERD_SECOND);
  WAIT_FOR (f, fixture_count (f, "never-completes", "apply") == 2);
}

/* Answers of a run that is over move nothing in the next one, in whosever name they come. */
static void
test_late_answers (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  fixture_install (f, "never-completes");
  fixture_add_user (f, "alice@example.com", NULL);
  fixture_apply (f, "[never-completes]\nlate=true\n");
  WAIT_FOR (f, fixture_count (f, "never-completes", "apply") == 1);
  fixture_apply (f, "[never-completes]\nlate=true\nUsers=domain:EXAMPLE.com\n");
  WAIT_FOR (f, fixture_count (f, "never-completes", "apply") == 2);

  g_autoptr(MusterdInstanceInfo) info = fixture_info (f, "never-completes");

  g_assert_cmpuint (info->sink.n_results[MUSTERD_DELIVERY_APPLIED], ==, 0);
  g_assert_cmpuint (info->sink.n_in_flight, ==, 1);
  g_assert_cmpuint (info->n_refused, ==, 1);
}

static MusterdSinkWhy *
sink_why (Fixture *f, const char *user, const char *instance, GPtrArray **whys)
{
  *whys = musterd_dispatch_explain (f->dispatch, user);
  for (guint i = 0; i < (*whys)->len; i++)
    if (g_str_equal (((MusterdSinkWhy *) g_ptr_array_index (*whys, i))->instance, instance))
      return g_ptr_array_index (*whys, i);
  return NULL;
}

static void
test_detail (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr(GPtrArray) whys = NULL;
  MusterdSinkWhy *why;

  fixture_install (f, "good");
  fixture_add_user (f, "alice@example.com", NULL);
  fixture_apply (f, "[good]\n");
  fixture_begin_wait (f, "a confirmed delivery");
  for (gboolean answered = FALSE; !answered;)
    {
      g_clear_pointer (&whys, g_ptr_array_unref);
      why = sink_why (f, "alice@example.com", "good", &whys);
      answered = why != NULL && why->answered;
      if (!answered)
        fixture_turn (f);
    }
  g_assert_cmpint (why->result, ==, MUSTERD_DELIVERY_APPLIED);
  g_assert_cmpstr (why->detail[0], ==, "owner");
  g_assert_cmpstr (why->detail[1], ==, "good");
  g_assert_cmpuint (g_strv_length (why->detail), ==, 4);
}

static void
choose_busy (Fixture *f, const char *user, const char *text)
{
  musterd_engine_choose (f->engine, user, NULL, MUSTERD_STATUS_BUSY, text, MUSTERD_TIME_NEVER, NULL, NULL, NULL);
}

typedef struct
{
  const char *name, *view, *line;
} ViewCase;

static const ViewCase view_cases[] = {
  { "default", "", "apply alice@example.com busy text=-" },
  { "employee", "View=employee\n", "apply alice@example.com busy text=-" },
  { "team-colleague", "View=team-colleague\n", "apply alice@example.com busy text=Budget" },
};

static void
test_view (Fixture *f, gconstpointer data)
{
  const ViewCase *c = data;
  g_autofree char *keyfile = g_strconcat ("[good]\n", c->view, NULL);

  fixture_install (f, "good");
  fixture_add_user (f, "alice@example.com", NULL);
  fixture_apply (f, keyfile);
  WAIT_FOR (f, fixture_count (f, "good", "apply alice@example.com available*") == 1);
  choose_busy (f, "alice@example.com", "Budget");
  WAIT_FOR (f, fixture_count (f, "good", "apply alice@example.com busy*") == 1);
  g_assert_cmpuint (fixture_count (f, "good", c->line), ==, 1);
}

/* The kill switch: nothing more is handed over, also not what waited already; and it survives a restart. */
static void
test_pause (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(MusterdInstanceInfo) info = NULL;

  fixture_install (f, "good");
  fixture_add_user (f, "alice@example.com", NULL);
  fixture_apply (f, "[good]\n");
  WAIT_FOR (f, fixture_count (f, "good", "apply *") == 1);
  g_assert_true (fixture_pause (f, "good", TRUE, &error));
  g_assert_no_error (error);
  choose_busy (f, "alice@example.com", NULL);
  WAIT_FOR (f, musterd_engine_get_presence (f->engine, "alice@example.com")->status == MUSTERD_STATUS_BUSY);
  fixture_begin_wait (f, "a few turns");
  for (guint i = 0; i < 5; i++)
    fixture_turn (f);
  g_assert_cmpuint (fixture_count (f, "good", "apply *"), ==, 1);

  fixture_restart (f);
  fixture_apply (f, "[good]\n");
  WAIT_FOR (f, fixture_count (f, "good", "users 1 0 complete") == 1);
  fixture_begin_wait (f, "the slot of a paused sink");
  for (guint n = 0; n == 0;)
    {
      g_clear_pointer (&info, musterd_instance_info_free);
      info = fixture_info (f, "good");
      n = info->sink.n_slots;
      if (n == 0)
        fixture_turn (f);
    }
  g_assert_true (info->paused);
  fixture_move (f, 5 * MUSTERD_SECOND);
  fixture_begin_wait (f, "a few turns");
  for (guint i = 0; i < 5; i++)
    fixture_turn (f);
  g_assert_cmpuint (fixture_count (f, "good", "apply *"), ==, 0);

  g_assert_true (fixture_pause (f, "good", FALSE, &error));
  g_assert_no_error (error);
  WAIT_FOR (f, fixture_count (f, "good", "apply alice@example.com busy*") == 1);
  fixture_restart (f);
  fixture_apply (f, "[good]\n");
  WAIT_FOR (f, fixture_count (f, "good", "apply alice@example.com busy*") == 1);
}

#define ADD(path, data, func) g_test_add (path, Fixture, data, fixture_set_up, func, fixture_tear_down)

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);
  ADD ("/host/flow/flood", NULL, test_flood);
  ADD ("/host/flow/greeting", NULL, test_greeting);
  ADD ("/host/flow/users", NULL, test_users);
  ADD ("/host/flow/many-users", NULL, test_many_users);
  ADD ("/host/flow/no-users", NULL, test_no_users);
  ADD ("/host/flow/kept", NULL, test_kept);
  ADD ("/host/flow/completes-twice", NULL, test_completes_twice);
  ADD ("/host/flow/never-completes", NULL, test_never_completes);
  ADD ("/host/flow/late-answers", NULL, test_late_answers);
  ADD ("/host/flow/detail", NULL, test_detail);
  for (gsize i = 0; i < G_N_ELEMENTS (view_cases); i++)
    {
      g_autofree char *path = g_strconcat ("/host/flow/view/", view_cases[i].name, NULL);

      ADD (path, &view_cases[i], test_view);
    }
  ADD ("/host/flow/pause", NULL, test_pause);
  return g_test_run ();
}
