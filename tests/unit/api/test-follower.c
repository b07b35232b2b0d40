/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who catches up is told what is, in pieces, while it goes on. */
#include <string.h>

#include "api/follower.h"

typedef struct
{
  MusterdReplica  *replica;
  MusterdFollower *follower;
  GHashTable      *known;     /* what a reader of it would know: user → their status' text */
  guint            n_steps, n_empty, n_resets, n_removed;
  char            *synced;    /* nullable: the id of the last event, which was `synced` */
  GHashTable      *ever_seen; /* nullable: whom this reader may ever have been let see */
} Fixture;

static Fixture *reader;

const char *
musterd_interest_get_user (const MusterdInterest *interest)
{
  return (const char *) interest;
}

/* One event, as a reader takes it. */
static void
take_event (char **lines)
{
  const char *id = g_str_has_prefix (lines[0], "id: ") ? *lines++ + 4 : NULL;
  const char *event = lines[0] + strlen ("event: ");
  g_auto(GStrv) words = g_strsplit (lines[1], "\"", -1); /* data: {"user":"ID" … */

  g_assert_null (reader->synced); /* nothing comes after it, here */
  if (reader->ever_seen != NULL && (g_str_equal (event, "removed") || g_str_equal (event, "presence")))
    g_assert_true (g_hash_table_contains (reader->ever_seen, words[3]));
  if (g_str_equal (event, "reset"))
    {
      g_hash_table_remove_all (reader->known);
      reader->n_resets++;
    }
  else if (g_str_equal (event, "removed"))
    {
      g_hash_table_remove (reader->known, words[3]);
      reader->n_removed++;
    }
  else if (g_str_equal (event, "presence"))
    {
      const char *text = strstr (lines[1], "\"text\":\"");

      g_assert_nonnull (text);
      g_hash_table_insert (reader->known, g_strdup (words[3]), g_strndup (text + 8, strcspn (text + 8, "\"")));
    }
  else
    g_assert_cmpstr (event, ==, "synced");
  /* The only one that one may come back with. */
  g_assert_cmpint (id != NULL, ==, g_str_equal (event, "synced"));
  reader->synced = g_strdup (id);
}

void
musterd_stream_send (MusterdStream *stream G_GNUC_UNUSED, GBytes *const *pieces, gsize n_pieces)
{
  guint n_events = 0;
  g_auto(GStrv) events = NULL;

  g_assert_cmpuint (n_pieces, ==, 1);
  events = g_strsplit (g_bytes_get_data (pieces[0], NULL), "\n\n", -1);
  for (; events[n_events][0] != '\0'; n_events++)
    {
      g_auto(GStrv) lines = g_strsplit (events[n_events], "\n", -1);

      take_event (lines);
    }
  g_assert_cmpuint (n_events, <=, 200 + 2);
}

static void
step (Fixture *fixture)
{
  g_assert_true (fixture->follower->lagging);
  musterd_follower_step (fixture->follower, fixture->replica);
  fixture->n_steps++;
}

static void
apply (Fixture *fixture, MusterdReplicaChange *change)
{
  g_autoptr(GPtrArray) changes = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_replica_change_free);

  g_ptr_array_add (changes, change);
  musterd_replica_apply (fixture->replica, changes, 0);
  if (fixture->follower == NULL)
    return;
  /* As events do. */
  if (change->user != NULL && g_strcmp0 (change->id, fixture->follower->caller.user) == 0)
    fixture->follower->begun = FALSE;
  if (fixture->follower->lagging)
    musterd_follower_note (fixture->follower, fixture->replica, change);
}

static MusterdReplicaChange *
put_new (guint number, const char *text)
{
  const char *fields[MUSTERD_N_USER_FIELDS] = { NULL };
  MusterdReplicaChange *change = g_new0 (MusterdReplicaChange, 1);

  change->id = g_strdup_printf ("user%u", number);
  change->user = musterd_user_new (change->id, fields, NULL, NULL);
  change->presence = musterd_presence_new (change->user);
  change->presence->text = g_strdup (text);
  return change;
}

static void
put (Fixture *fixture, guint number, const char *text)
{
  apply (fixture, put_new (number, text));
}

static void
remove_user (Fixture *fixture, guint number)
{
  MusterdReplicaChange *change = g_new0 (MusterdReplicaChange, 1);

  change->id = g_strdup_printf ("user%u", number);
  change->removed = TRUE;
  apply (fixture, change);
}

/* As it is, by the other way of asking. */
static void
assert_all_known (Fixture *fixture, const char *const *only)
{
  g_autoptr(MusterdReplicaNews) news = musterd_replica_list (fixture->replica, NULL, 0, only);

  for (guint i = 0; i < news->items->len; i++)
    {
      const MusterdReplicaItem *item = news->items->pdata[i];

      g_assert_cmpstr (g_hash_table_lookup (fixture->known, item->user->id), ==, item->presence->text);
    }
  g_assert_cmpuint (g_hash_table_size (fixture->known), ==, news->items->len);
}

static void
finish (Fixture *fixture)
{
  g_autofree char *revision = NULL;

  while (fixture->follower->lagging)
    step (fixture);
  revision = g_strdup_printf ("%" G_GUINT64_FORMAT, musterd_replica_get_revision (fixture->replica));
  g_assert_cmpstr (fixture->synced, ==, revision);
}

/* Has fallen behind, and knows what is known. */
static void
lag (Fixture *fixture)
{
  fixture->follower->lagging = TRUE;
  fixture->follower->after = musterd_replica_get_revision (fixture->replica);
  fixture->n_steps = fixture->n_resets = fixture->n_removed = 0;
  g_clear_pointer (&fixture->synced, g_free);
}

#define N_USERS 1000

static void
set_up (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  g_autoptr(GPtrArray) changes = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_replica_change_free);

  reader = fixture;
  fixture->replica = musterd_replica_new ();
  for (guint i = 0; i < N_USERS; i++)
    g_ptr_array_add (changes, put_new (i, "first"));
  musterd_replica_apply (fixture->replica, changes, 5000);
  fixture->follower = musterd_follower_new (NULL, 0);
  fixture->follower->caller.admin = TRUE;
  fixture->known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
}

static void
tear_down (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  musterd_follower_free (fixture->follower);
  musterd_replica_free (fixture->replica);
  g_hash_table_unref (fixture->known);
  g_free (fixture->synced);
}

static void
test_from_the_beginning (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  remove_user (fixture, 999); /* was never known */
  step (fixture);
  g_assert_cmpuint (g_hash_table_size (fixture->known), ==, 200);
  put (fixture, 5, "told already");
  put (fixture, 500, "not told yet");
  remove_user (fixture, 6);
  remove_user (fixture, 600);
  remove_user (fixture, 7);
  put (fixture, 7, "again");
  put (fixture, 2000, "new");
  step (fixture);
  put (fixture, 5, "once more");
  remove_user (fixture, 7);
  put (fixture, 7, "and again");
  finish (fixture);
  assert_all_known (fixture, NULL);
  g_assert_cmpuint (fixture->n_resets, ==, 1);
  g_assert_cmpuint (fixture->n_removed, ==, 2);
}

static void
test_what_changed (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  finish (fixture);
  lag (fixture);
  put (fixture, 1, "changed");
  remove_user (fixture, 2);
  remove_user (fixture, 3);
  put (fixture, 3, "again");
  finish (fixture);
  assert_all_known (fixture, NULL);
  g_assert_cmpuint (fixture->n_steps, ==, 1);
  g_assert_cmpuint (fixture->n_resets, ==, 0);
  g_assert_cmpuint (fixture->n_removed, ==, 1);
}

/* Where everything has moved on, a step does not run through all that was. */
static void
test_holes (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  for (guint i = N_USERS; i < 20000; i++)
    put (fixture, i, "more");
  finish (fixture);
  lag (fixture);
  for (guint i = 0; i < 4000; i++)
    put (fixture, 7, "again and again");
  g_clear_pointer (&fixture->synced, g_free);
  step (fixture);
  g_assert_true (fixture->follower->lagging);
  finish (fixture);
  assert_all_known (fixture, NULL);
  g_assert_cmpuint (fixture->n_steps, >, 1);
}

/* More are gone than are remembered, while one who was told of them still catches up. */
static void
test_forgotten (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  step (fixture);
  for (guint i = 0; i < MUSTERD_REPLICA_REMOVED_MAX; i++)
    {
      put (fixture, N_USERS + i, "short");
      remove_user (fixture, N_USERS + i);
    }
  step (fixture);
  g_assert_cmpuint (fixture->n_resets, ==, 1);
  remove_user (fixture, 5);
  for (guint i = 0; i < MUSTERD_REPLICA_REMOVED_MAX; i++)
    {
      put (fixture, N_USERS + i, "short");
      remove_user (fixture, N_USERS + i);
    }
  finish (fixture);
  assert_all_known (fixture, NULL);
  g_assert_cmpuint (fixture->n_resets, ==, 2);
}

/* Some hundreds by name. */
static void
test_interests (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  g_autoptr(GPtrArray) only = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < 500; i++)
    g_ptr_array_add (only, g_strdup_printf ("user%u", 2 * i));
  fixture->follower->interests = g_ptr_array_new ();
  for (guint i = 0; i < only->len; i++)
    g_ptr_array_add (fixture->follower->interests, only->pdata[i]);
  g_ptr_array_add (only, NULL);
  step (fixture);
  g_assert_cmpuint (g_hash_table_size (fixture->known), ==, 200);
  put (fixture, 0, "told already");
  put (fixture, 1, "not asked for");
  remove_user (fixture, 2);
  remove_user (fixture, 3);
  put (fixture, 998, "not told yet");
  finish (fixture);
  assert_all_known (fixture, (const char *const *) only->pdata);
  g_assert_cmpuint (fixture->n_steps, ==, 3);
  g_assert_cmpuint (fixture->n_removed, ==, 1);
}

/* A viewer among owners who grant this and that. */

#define N_OWNERS 600
#define VIEWER "viewer"

static MusterdReplicaChange *
put_graded (const char *id, const char *text)
{
  static const char *const groups[] = { NULL, "a", "b" };
  const char *fields[MUSTERD_N_USER_FIELDS] = { [MUSTERD_USER_GROUP] = groups[g_test_rand_int_range (0, 3)] };
  MusterdReplicaChange *change = g_new0 (MusterdReplicaChange, 1);

  change->id = g_strdup (id);
  change->user = musterd_user_new (id, fields, NULL, NULL);
  change->presence = musterd_presence_new (change->user);
  change->presence->text = g_strdup (text);
  change->regraded = TRUE;
  change->settings = musterd_settings_new ();
  /* Whoever is seen is seen with their text. */
  change->settings->same_group = change->settings->same_location = change->settings->others
      = MUSTERD_RELATION_TEAM_COLLEAGUE;
  if (g_test_rand_int_range (0, 4) == 0)
    change->settings->same_group = MUSTERD_RELATION_BLOCKED;
  if (g_test_rand_int_range (0, 20) == 0)
    change->settings->in_use = FALSE;
  if (g_test_rand_int_range (0, 3) == 0)
    {
      gboolean to_group = g_test_rand_bit ();
      MusterdGrant grant = { (char *) (to_group ? "a" : VIEWER), to_group ? MUSTERD_VIEWER_GROUP : MUSTERD_VIEWER_USER,
                             g_test_rand_bit () ? MUSTERD_RELATION_BLOCKED : MUSTERD_RELATION_ASSISTANT, TRUE };

      change->grants = musterd_grants_with (NULL, &grant);
    }
  return change;
}

/* The same owner says something else of the viewer, and of nobody besides. */
static MusterdReplicaChange *
put_word (const char *id, const MusterdAccess *access)
{
  const MusterdGrant grant = { (char *) VIEWER, MUSTERD_VIEWER_USER,
                               g_test_rand_bit () ? MUSTERD_RELATION_BLOCKED : MUSTERD_RELATION_ASSISTANT, TRUE };
  MusterdReplicaChange *change = g_new0 (MusterdReplicaChange, 1);

  change->id = g_strdup (id);
  change->regraded = TRUE;
  change->settings = musterd_settings_ref (access->settings);
  change->grants = g_test_rand_bit () ? musterd_grants_with (access->grants, &grant)
                                      : musterd_grants_without (access->grants, &grant);
  return change;
}

static gboolean
is_seen (Fixture *fixture, const char *id)
{
  return musterd_caller_view (&fixture->follower->caller, fixture->replica,
                              musterd_replica_get_access (fixture->replica, id))
         != MUSTERD_RELATION_BLOCKED;
}

static void
note_seen (Fixture *fixture)
{
  g_autoptr(GPtrArray) users = musterd_replica_list_users (fixture->replica);

  for (guint i = 0; i < users->len; i++)
    if (is_seen (fixture, ((MusterdUser *) users->pdata[i])->id))
      g_hash_table_add (fixture->ever_seen, g_strdup (((MusterdUser *) users->pdata[i])->id));
}

/* What one knows in the end is who lets themself be seen then, as they are; and of nobody else was ever a word. */
static void
assert_seen_known (Fixture *fixture)
{
  g_autoptr(GPtrArray) users = musterd_replica_list_users (fixture->replica);
  guint n = 0;

  for (guint i = 0; i < users->len; i++)
    {
      const char *id = ((MusterdUser *) users->pdata[i])->id;

      if (!is_seen (fixture, id))
        continue;
      g_assert_cmpstr (g_hash_table_lookup (fixture->known, id), ==,
                       musterd_replica_get_presence (fixture->replica, id)->text);
      n++;
    }
  g_assert_cmpuint (g_hash_table_size (fixture->known), ==, n);
}

static void
something_happens (Fixture *fixture)
{
  const guint owner = (guint) g_test_rand_int_range (0, N_OWNERS);
  g_autofree char *id = g_strdup_printf ("user%u", owner);

  switch (g_test_rand_int_range (0, 12))
    {
    case 0:
      remove_user (fixture, owner);
      break;
    case 1:
      if (g_test_rand_int_range (0, 10) == 0)
        apply (fixture, put_graded (VIEWER, "me"));
      break;
    case 2:
      if (g_test_rand_int_range (0, 2) == 0 && musterd_replica_get_user (fixture->replica, id) != NULL)
        apply (fixture, put_word (id, musterd_replica_get_access (fixture->replica, id)));
      break;
    case 3:
      if (g_test_rand_int_range (0, 4) == 0)
        apply (fixture, put_graded (id, "graded anew"));
      break;
    default:
      if (musterd_replica_get_user (fixture->replica, id) != NULL)
        put (fixture, owner, id);
      break;
    }
  note_seen (fixture);
}

static void
test_relations (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  g_autoptr(GHashTable) ever_seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr(GPtrArray) changes = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_replica_change_free);
  guint n_resumed = 0;

  musterd_replica_free (fixture->replica);
  fixture->replica = musterd_replica_new ();
  for (guint i = 0; i < N_OWNERS; i++)
    {
      g_autofree char *id = g_strdup_printf ("user%u", i);

      g_ptr_array_add (changes, put_graded (id, "first"));
    }
  g_ptr_array_add (changes, put_graded (VIEWER, "me"));
  musterd_replica_apply (fixture->replica, changes, 5000);
  fixture->follower->caller = (MusterdCaller){ .scope = MUSTERD_SCOPE_USER, .user = g_strdup (VIEWER) };
  fixture->ever_seen = ever_seen;
  note_seen (fixture);
  for (guint round = 0; round < 100; round++)
    {
      while (fixture->follower->lagging)
        {
          for (gint n = g_test_rand_int_range (0, 4); n > 0 && round % 2 == 0; n--)
            something_happens (fixture);
          g_clear_pointer (&fixture->synced, g_free);
          step (fixture);
        }
      assert_seen_known (fixture);
      n_resumed += round > 0 && fixture->n_resets == 0;
      lag (fixture);
      for (gint n = g_test_rand_int_range (0, 20); n > 0; n--)
        something_happens (fixture);
    }
  /* Not by telling everything each time. */
  g_assert_cmpuint (n_resumed, >, 5);
  fixture->ever_seen = NULL;
}

/* An owner who changes their mind all the time does not make anybody begin anew who is catching up. */
static void
test_mind_changed (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  g_autoptr(GHashTable) ever_seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  guint n = 0;

  fixture->follower->caller = (MusterdCaller){ .scope = MUSTERD_SCOPE_USER, .user = g_strdup (VIEWER) };
  fixture->ever_seen = ever_seen;
  apply (fixture, put_graded (VIEWER, "me"));
  apply (fixture, put_graded ("user7", "first"));
  note_seen (fixture);
  while (fixture->follower->lagging)
    {
      for (guint i = 0; i < 3; i++)
        {
          apply (fixture, put_word ("user7", musterd_replica_get_access (fixture->replica, "user7")));
          note_seen (fixture);
        }
      step (fixture);
      g_assert_cmpuint (++n, <, 100);
    }
  g_assert_cmpuint (fixture->n_resets, <=, 1);
  assert_seen_known (fixture);
  fixture->ever_seen = NULL;
}

#define TEST(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  TEST ("/follower/from-the-beginning", test_from_the_beginning);
  TEST ("/follower/what-changed", test_what_changed);
  TEST ("/follower/holes", test_holes);
  TEST ("/follower/forgotten", test_forgotten);
  TEST ("/follower/interests", test_interests);
  TEST ("/follower/relations", test_relations);
  TEST ("/follower/mind-changed", test_mind_changed);
  return g_test_run ();
}
