/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "test-host"

#include "host/outbox.h"

typedef struct
{
  GSource       *source;
  MusterdOutbox *outbox;
} Fixture;

static GSourceFuncs no_funcs = { .dispatch = NULL };

static void
set_up (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  f->source = g_source_new (&no_funcs, sizeof (GSource));
  f->outbox = musterd_outbox_new (f->source);
}

static void
tear_down (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  musterd_outbox_free (f->outbox);
  g_source_unref (f->source);
}

static MusterdPerson *
person_new (const char *id, const char *name)
{
  const char *fields[MUSTERD_N_USER_FIELDS] = { [MUSTERD_USER_NAME] = name };
  g_autoptr(GError) error = NULL;
  g_autoptr(MusterdUser) user = musterd_user_new (id, fields, NULL, &error);

  g_assert_no_error (error);
  return musterd_person_new (user, NULL);
}

static void
change (Fixture *f, const char *id, const char *name)
{
  g_autoptr(MusterdPerson) person = person_new (id, name);

  musterd_outbox_change (f->outbox, person);
}

static void
apply (Fixture *f, const char *id, guint64 delivery)
{
  g_autoptr(MusterdPerson) person = person_new (id, NULL);
  g_autoptr(MusterdPresence) presence = musterd_presence_new (person->user);

  musterd_outbox_apply (f->outbox, person, presence, delivery);
}

static GPtrArray *
no_users (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_person_unref);
}

static MusterdWorkKind
take_kind (Fixture *f)
{
  g_auto(MusterdWork) work = { .kind = MUSTERD_WORK_NONE };

  musterd_outbox_take (f->outbox, &work);
  return work.kind;
}

/* Records, then users, then deliveries, in whatever order they came; answers before all of it. */
static void
test_order (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr(GPtrArray) users = no_users ();

  apply (f, "alice", 1);
  musterd_outbox_sync (f->outbox, NULL);
  g_assert_true (musterd_outbox_test (f->outbox, 1, NULL));
  musterd_outbox_drain (f->outbox);
  musterd_outbox_list (f->outbox, users);
  musterd_outbox_kept (f->outbox, g_ptr_array_new ());
  musterd_outbox_start (f->outbox);
  g_assert_true (musterd_outbox_answer (f->outbox, 1, g_strdup ("secret"), NULL));
  g_assert_cmpint (take_kind (f), ==, MUSTERD_WORK_ANSWER);
  g_assert_cmpint (take_kind (f), ==, MUSTERD_WORK_START);
  g_assert_cmpint (take_kind (f), ==, MUSTERD_WORK_KEPT);
  g_assert_cmpint (take_kind (f), ==, MUSTERD_WORK_USERS);
  g_assert_cmpint (take_kind (f), ==, MUSTERD_WORK_DRAIN);
  g_assert_cmpint (take_kind (f), ==, MUSTERD_WORK_TEST);
  g_assert_cmpint (take_kind (f), ==, MUSTERD_WORK_SYNC);
  g_assert_cmpint (take_kind (f), ==, MUSTERD_WORK_APPLY);
  g_assert_cmpint (take_kind (f), ==, MUSTERD_WORK_NONE);
}

static const char *
nth_name (GPtrArray *persons, guint i)
{
  return ((MusterdPerson *) g_ptr_array_index (persons, i))->user->fields[MUSTERD_USER_NAME];
}

static void
test_users (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr(GPtrArray) users = no_users ();
  g_auto(MusterdWork) first = { .kind = MUSTERD_WORK_NONE };
  g_auto(MusterdWork) second = { .kind = MUSTERD_WORK_NONE };

  /* Before the list is complete nobody is told of anybody. */
  change (f, "carol", "Carol");
  g_assert_cmpint (take_kind (f), ==, MUSTERD_WORK_NONE);
  g_ptr_array_add (users, person_new ("alice", "A"));
  g_ptr_array_add (users, person_new ("bob", "B"));
  musterd_outbox_list (f->outbox, users);
  change (f, "alice", "Alice");
  musterd_outbox_remove (f->outbox, "bob");
  musterd_outbox_remove (f->outbox, "carol");
  change (f, "carol", "Caroline");

  g_assert_true (musterd_outbox_take (f->outbox, &first));
  g_assert_cmpint (first.kind, ==, MUSTERD_WORK_USERS);
  g_assert_true (first.complete);
  g_assert_cmpuint (first.changed->len, ==, 2);
  g_assert_cmpstr (nth_name (first.changed, 0), ==, "Caroline");
  g_assert_cmpstr (nth_name (first.changed, 1), ==, "Alice");
  g_assert_cmpuint (first.removed->len, ==, 1);
  g_assert_cmpstr (g_ptr_array_index (first.removed, 0), ==, "bob");
  /* She was gone for a moment, and with her what the plugin had said of her. */
  g_assert_cmpint (take_kind (f), ==, MUSTERD_WORK_SYNC);
  g_assert_cmpint (take_kind (f), ==, MUSTERD_WORK_NONE);

  musterd_outbox_remove (f->outbox, "alice");
  g_assert_true (musterd_outbox_take (f->outbox, &second));
  g_assert_cmpuint (second.changed->len, ==, 0);
  g_assert_cmpuint (second.removed->len, ==, 1);
  g_assert_true (second.complete);
}

/* Long lists come in batches, of which the last one completes the list; later batches are all complete. */
static void
test_batches (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr(GPtrArray) users = no_users ();

  for (guint i = 0; i < 2 * MUSTERD_USERS_BATCH; i++)
    {
      g_autofree char *id = g_strdup_printf ("user%u", i);

      g_ptr_array_add (users, person_new (id, NULL));
    }
  musterd_outbox_list (f->outbox, users);
  for (guint round = 0; round < 2; round++)
    {
      for (guint i = 0; i < 2; i++)
        {
          g_auto(MusterdWork) work = { .kind = MUSTERD_WORK_NONE };

          g_assert_true (musterd_outbox_take (f->outbox, &work));
          g_assert_cmpint (work.kind, ==, MUSTERD_WORK_USERS);
          g_assert_cmpuint (work.changed->len, ==, MUSTERD_USERS_BATCH);
          g_assert_cmpint (work.complete, ==, round > 0 || i > 0);
        }
      g_assert_cmpint (take_kind (f), ==, MUSTERD_WORK_NONE);
      for (guint i = 0; i < users->len; i++)
        musterd_outbox_change (f->outbox, g_ptr_array_index (users, i));
    }
}

static void
test_empty_list (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr(GPtrArray) users = no_users ();
  g_auto(MusterdWork) work = { .kind = MUSTERD_WORK_NONE };

  musterd_outbox_list (f->outbox, users);
  g_assert_true (musterd_outbox_take (f->outbox, &work));
  g_assert_cmpint (work.kind, ==, MUSTERD_WORK_USERS);
  g_assert_true (work.complete);
  g_assert_cmpuint (work.changed->len, ==, 0);
  g_assert_cmpint (take_kind (f), ==, MUSTERD_WORK_NONE);
}

/* However often something is said, it waits once: what hangs costs no memory. */
static void
test_coalescing (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_auto(MusterdWork) work = { .kind = MUSTERD_WORK_NONE };

  for (guint i = 0; i < 10000; i++)
    {
      apply (f, i % 2 == 0 ? "alice" : "bob", i);
      musterd_outbox_sync (f->outbox, "alice");
    }
  g_assert_true (musterd_outbox_take (f->outbox, &work));
  g_assert_cmpint (work.kind, ==, MUSTERD_WORK_SYNC);
  g_assert_cmpstr (work.user_id, ==, "alice");
  musterd_work_clear (&work);
  g_assert_true (musterd_outbox_take (f->outbox, &work));
  g_assert_cmpint (work.kind, ==, MUSTERD_WORK_APPLY);
  g_assert_cmpstr (work.person->user->id, ==, "alice");
  g_assert_cmpuint (work.serial, ==, 9998);
  musterd_work_clear (&work);
  g_assert_true (musterd_outbox_take (f->outbox, &work));
  g_assert_cmpstr (work.person->user->id, ==, "bob");
  g_assert_cmpuint (work.serial, ==, 9999);
  g_assert_cmpint (take_kind (f), ==, MUSTERD_WORK_NONE);

  /* Many single syncs become one of all. */
  for (guint i = 0; i <= MUSTERD_SYNCS_MAX; i++)
    {
      g_autofree char *id = g_strdup_printf ("user%u", i);

      musterd_outbox_sync (f->outbox, id);
    }
  musterd_work_clear (&work);
  g_assert_true (musterd_outbox_take (f->outbox, &work));
  g_assert_cmpint (work.kind, ==, MUSTERD_WORK_SYNC);
  g_assert_null (work.user_id);
  g_assert_cmpint (take_kind (f), ==, MUSTERD_WORK_NONE);

  for (guint i = 0; i < MUSTERD_ASKED_MAX; i++)
    g_assert_true (musterd_outbox_action (f->outbox, NULL, "id", "answer"));
  g_assert_false (musterd_outbox_action (f->outbox, NULL, "id", "answer"));
  g_assert_false (musterd_outbox_test (f->outbox, 1, NULL));
  for (guint i = 0; i < MUSTERD_ANSWERS_MAX; i++)
    g_assert_true (musterd_outbox_answer (f->outbox, i, NULL, NULL));
  g_assert_false (musterd_outbox_answer (f->outbox, 1, NULL, NULL));
}

static void
test_take_back (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr(GArray) deliveries = NULL;

  apply (f, "alice", 7);
  apply (f, "bob", 8);
  deliveries = musterd_outbox_take_back (f->outbox);
  g_assert_cmpuint (deliveries->len, ==, 2);
  g_assert_cmpuint (g_array_index (deliveries, guint64, 0), ==, 7);
  g_assert_cmpuint (g_array_index (deliveries, guint64, 1), ==, 8);
  g_assert_cmpint (take_kind (f), ==, MUSTERD_WORK_NONE);
  apply (f, "alice", 9);
  g_assert_cmpint (take_kind (f), ==, MUSTERD_WORK_APPLY);
}

/* Once it is to stop, only answers pass. */
static void
test_stop (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr(GPtrArray) users = no_users ();
  g_auto(MusterdWork) work = { .kind = MUSTERD_WORK_NONE };

  g_ptr_array_add (users, person_new ("alice", NULL));
  musterd_outbox_start (f->outbox);
  musterd_outbox_kept (f->outbox, g_ptr_array_new ());
  musterd_outbox_list (f->outbox, users);
  apply (f, "alice", 1);
  musterd_outbox_stop (f->outbox, 4711);
  musterd_outbox_stop (f->outbox, 4712);
  musterd_outbox_start (f->outbox);
  musterd_outbox_sync (f->outbox, NULL);
  musterd_outbox_kept (f->outbox, g_ptr_array_new ());
  apply (f, "alice", 2);
  change (f, "alice", "A");
  g_assert_true (musterd_outbox_take (f->outbox, &work));
  g_assert_cmpint (work.kind, ==, MUSTERD_WORK_STOP);
  g_assert_cmpint (work.deadline, ==, 4711);
  apply (f, "alice", 3);
  g_assert_cmpint (take_kind (f), ==, MUSTERD_WORK_NONE);
  g_assert_true (musterd_outbox_answer (f->outbox, 1, NULL, NULL));
  g_assert_cmpint (take_kind (f), ==, MUSTERD_WORK_ANSWER);
  musterd_outbox_close (f->outbox);
  g_assert_true (musterd_outbox_answer (f->outbox, 1, NULL, NULL));
  g_assert_cmpint (take_kind (f), ==, MUSTERD_WORK_NONE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/host/outbox/order", Fixture, NULL, set_up, test_order, tear_down);
  g_test_add ("/host/outbox/users", Fixture, NULL, set_up, test_users, tear_down);
  g_test_add ("/host/outbox/batches", Fixture, NULL, set_up, test_batches, tear_down);
  g_test_add ("/host/outbox/empty-list", Fixture, NULL, set_up, test_empty_list, tear_down);
  g_test_add ("/host/outbox/coalescing", Fixture, NULL, set_up, test_coalescing, tear_down);
  g_test_add ("/host/outbox/take-back", Fixture, NULL, set_up, test_take_back, tear_down);
  g_test_add ("/host/outbox/stop", Fixture, NULL, set_up, test_stop, tear_down);
  return g_test_run ();
}
