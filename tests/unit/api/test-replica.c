/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "api/replica.h"

/* One step: "+id@revision", "-id", or "~id=account" (new data of the user, no new presence). */
static void
step (MusterdReplica *replica, const char *what, guint64 revision)
{
  g_autoptr(GPtrArray) changes = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_replica_change_free);
  g_auto(GStrv) words = g_strsplit (what, " ", -1);

  for (gsize i = 0; words[i] != NULL && words[i][0] != '\0'; i++)
    {
      MusterdReplicaChange *change = g_new0 (MusterdReplicaChange, 1);
      g_auto(GStrv) parts = g_strsplit_set (words[i] + 1, "@=", 2);
      const char *fields[MUSTERD_N_USER_FIELDS] = { NULL };

      change->id = g_strdup (parts[0]);
      change->removed = words[i][0] == '-';
      if (words[i][0] == '~' && parts[1] != NULL && *parts[1] != '\0')
        fields[MUSTERD_USER_UNIX_USER] = parts[1];
      if (!change->removed)
        change->user = musterd_user_new (parts[0], fields, NULL, NULL);
      if (words[i][0] == '+')
        {
          change->presence = musterd_presence_new (change->user);
          change->presence->revision = g_ascii_strtoull (parts[1], NULL, 10);
        }
      g_ptr_array_add (changes, change);
    }
  musterd_replica_apply (replica, changes, revision);
}

static char *
describe (MusterdReplica *replica, guint64 after, const char *const *only)
{
  g_autoptr(MusterdReplicaNews) news = musterd_replica_list (replica, NULL, after, only);
  g_autoptr(GString) text = g_string_new (news->complete ? "all" : "new");

  for (guint i = 0; i < news->items->len; i++)
    g_string_append_printf (text, " %s", ((MusterdReplicaItem *) news->items->pdata[i])->user->id);
  for (guint i = 0; i < news->removed->len; i++)
    g_string_append_printf (text, " -%s", ((MusterdAccess *) news->removed->pdata[i])->user->id);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

#define assert_news(replica, after, only, expected)                     \
  G_STMT_START                                                          \
  {                                                                     \
    g_autofree char *described = describe (replica, after, only);       \
    g_assert_cmpstr (described, ==, expected);                          \
  }                                                                     \
  G_STMT_END

static void
test_news (void)
{
  g_autoptr(MusterdReplica) replica = musterd_replica_new ();
  static const char *const only[] = { "c", "nobody", NULL };
  guint64 before;

  step (replica, "+b@3 +a@7 +c@5", 7);
  assert_news (replica, 0, NULL, "all a b c");
  assert_news (replica, 7, NULL, "new");
  /* From before this replica began: what happened since is not known one by one. */
  assert_news (replica, 6, NULL, "all a b c");
  assert_news (replica, 8, NULL, "all a b c");

  step (replica, "+c@8", 8);
  step (replica, "+a@9", 9);
  assert_news (replica, 7, NULL, "new c a");
  assert_news (replica, 8, NULL, "new a");
  assert_news (replica, 9, NULL, "new");

  /* Who is only known by data has not been seen, and is not missed. */
  step (replica, "~d=", 9);
  assert_news (replica, 9, NULL, "new");
  step (replica, "-d", 9);
  assert_news (replica, 9, NULL, "new");

  /* A removal is news to who has seen everything else. */
  before = musterd_replica_get_revision (replica);
  step (replica, "-b", 9);
  assert_news (replica, before, NULL, "new -b");
  g_assert_cmpuint (musterd_replica_get_revision (replica), >, before);
  before = musterd_replica_get_revision (replica);
  assert_news (replica, before, NULL, "new");

  /* One that comes back is not removed, once there is something to be seen of them. */
  step (replica, "~b=", 9);
  assert_news (replica, before - 1, NULL, "new -b");
  step (replica, "+b@10", 10);
  assert_news (replica, before, NULL, "new b");
  assert_news (replica, 9, NULL, "new b");

  before = musterd_replica_get_revision (replica);
  step (replica, "~a=", 10);
  assert_news (replica, before, NULL, "new a");

  assert_news (replica, 7, only, "new c");
  assert_news (replica, 9, only, "new");
  assert_news (replica, 0, only, "all c");
}

static void
test_removed_forgotten (void)
{
  g_autoptr(MusterdReplica) replica = musterd_replica_new ();
  g_autoptr(GString) adding = g_string_new (NULL), removing = g_string_new (NULL);

  for (guint i = 1; i <= MUSTERD_REPLICA_REMOVED_MAX + 10; i++)
    {
      g_string_append_printf (adding, "%s+u%u@%u", i > 1 ? " " : "", i, i);
      g_string_append_printf (removing, "%s-u%u", i > 1 ? " " : "", i);
    }
  step (replica, "+x@1", 1);
  step (replica, adding->str, MUSTERD_REPLICA_REMOVED_MAX + 10);
  step (replica, removing->str, MUSTERD_REPLICA_REMOVED_MAX + 10);
  g_assert_cmpuint (musterd_replica_get_n_users (replica), ==, 1);
  assert_news (replica, 1, NULL, "all x");
}

static void
test_accounts (void)
{
  g_autoptr(MusterdReplica) replica = musterd_replica_new ();

  step (replica, "~a=anna ~b=bert", 1);
  g_assert_cmpstr (musterd_replica_get_by_account (replica, "anna")->id, ==, "a");
  g_assert_null (musterd_replica_get_by_account (replica, "carl"));
  step (replica, "~b=anna", 2);
  g_assert_null (musterd_replica_get_by_account (replica, "anna"));
  g_assert_null (musterd_replica_get_by_account (replica, "bert"));
  step (replica, "-a", 3);
  g_assert_cmpstr (musterd_replica_get_by_account (replica, "anna")->id, ==, "b");
  step (replica, "~b=", 4);
  g_assert_null (musterd_replica_get_by_account (replica, "anna"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/replica/news", test_news);
  g_test_add_func ("/replica/removed-forgotten", test_removed_forgotten);
  g_test_add_func ("/replica/accounts", test_accounts);
  return g_test_run ();
}
