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

/* What is said of who sees this user: "GROUP" (nullable), whether presence is in use, and whom they grant something. */
static void
regrade (MusterdReplica *replica, const char *id, const char *group, const char *settings, const char *viewer,
         guint64 revision)
{
  g_autoptr(GPtrArray) changes = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_replica_change_free);
  MusterdReplicaChange *change = g_new0 (MusterdReplicaChange, 1);
  const char *fields[MUSTERD_N_USER_FIELDS] = { [MUSTERD_USER_GROUP] = group };

  change->id = g_strdup (id);
  if (musterd_replica_get_user (replica, id) == NULL || group != NULL)
    {
      change->user = musterd_user_new (id, fields, NULL, NULL);
      change->presence = musterd_presence_new (change->user);
    }
  change->regraded = TRUE;
  change->settings = musterd_settings_new ();
  change->settings->in_use = !g_str_equal (settings, "unused");
  if (g_str_equal (settings, "grades"))
    change->settings->same_group = MUSTERD_RELATION_ASSISTANT;
  if (viewer != NULL)
    {
      MusterdGrant grant = { .own_word = TRUE, .level = MUSTERD_RELATION_BLOCKED };
      MusterdViewerKind kind = MUSTERD_VIEWER_USER;
      const char *name = NULL;

      g_assert_true (musterd_viewer_parse (viewer, &kind, &name, NULL));
      grant.kind = kind;
      grant.name = (char *) name;
      change->grants = musterd_grants_with (NULL, &grant);
    }
  g_ptr_array_add (changes, change);
  musterd_replica_apply (replica, changes, revision);
}

/* Who knows by this cursor what has changed, of the viewers a, b, c and an administrator. */
#define assert_know(replica, cursor, expected)                                                     \
  G_STMT_START                                                                                     \
  {                                                                                                \
    static const char *const viewers[] = { "a", "b", "c", NULL };                                  \
    char known[] = "----";                                                                         \
                                                                                                   \
    for (gsize v = 0; v < G_N_ELEMENTS (viewers); v++)                                             \
      if (musterd_replica_knows_since (replica, viewers[v], cursor))                               \
        known[v] = "abc*"[v];                                                                      \
    g_assert_cmpstr (known, ==, expected);                                                         \
  }                                                                                                \
  G_STMT_END

static void
test_viewers (void)
{
  g_autoptr(MusterdReplica) replica = musterd_replica_new ();
  guint64 cursor;

  step (replica, "+x@1", 1);
  regrade (replica, "a", NULL, "", NULL, 2);
  regrade (replica, "b", NULL, "", NULL, 3);
  regrade (replica, "c", NULL, "", NULL, 4);
  assert_know (replica, 4, "abc*");
  /* Who is new may see others than whoever had the account before. */
  assert_know (replica, 3, "ab-*");

  regrade (replica, "a", NULL, "", "b", 5);
  assert_know (replica, 4, "a-c*");
  assert_know (replica, 5, "abc*");
  g_assert_nonnull (musterd_replica_get_access (replica, "a")->grants);
  regrade (replica, "a", NULL, "", "b", 6); /* the same again */
  assert_know (replica, 5, "abc*");
  regrade (replica, "a", NULL, "", "group:g", 7); /* and b no more */
  assert_know (replica, 6, "a-c*"); /* nobody is in that group */
  assert_know (replica, 7, "abc*");
  regrade (replica, "a", NULL, "", NULL, 8);
  regrade (replica, "c", "g", "", NULL, 9);
  regrade (replica, "a", NULL, "", "group:g", 10);
  assert_know (replica, 9, "ab-*");
  assert_know (replica, 10, "abc*");
  regrade (replica, "c", NULL, "", NULL, 11);
  regrade (replica, "a", NULL, "", "group:g", 12);

  /* A viewer moves; whether that matters to owners, nobody looks. */
  cursor = musterd_replica_get_revision (replica);
  regrade (replica, "b", "g", "", NULL, cursor + 1);
  assert_know (replica, cursor, "a-c*");

  /* An owner moves where groups are not all alike, or their settings change. */
  cursor = musterd_replica_get_revision (replica);
  regrade (replica, "c", NULL, "grades", NULL, cursor + 1);
  assert_know (replica, cursor, "---*");
  cursor = musterd_replica_get_revision (replica);
  regrade (replica, "c", "h", "grades", NULL, cursor + 1);
  assert_know (replica, cursor, "---*");

  /* Presence that is not in use is seen by nobody, administrators included. */
  cursor = musterd_replica_get_revision (replica);
  regrade (replica, "x", NULL, "unused", NULL, cursor + 1);
  assert_know (replica, cursor, "----");
  assert_know (replica, cursor + 1, "abc*");
}

/* Settings that change nothing of who sees whom are no news. */
static void
test_no_news (void)
{
  g_autoptr(MusterdReplica) replica = musterd_replica_new ();

  step (replica, "+x@1", 1);
  regrade (replica, "a", "g", "", NULL, 2);
  regrade (replica, "a", NULL, "", NULL, 3);
  assert_news (replica, 2, NULL, "new");
  regrade (replica, "a", NULL, "", "b", 4);
  assert_news (replica, 3, NULL, "new a");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/replica/news", test_news);
  g_test_add_func ("/replica/removed-forgotten", test_removed_forgotten);
  g_test_add_func ("/replica/accounts", test_accounts);
  g_test_add_func ("/replica/viewers", test_viewers);
  g_test_add_func ("/replica/no-news", test_no_news);
  return g_test_run ();
}
