/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an owner is to a viewer, row by row, and what is kept of it. */
#include "model/error.h"
#include "model/relation.h"

/* Alice is in the group Sales and the location Berlin, and grants; who looks is the viewer. */
#define SALES_BERLIN "group=Sales location=Berlin"
#define SALES "group=Sales location=Bonn"
#define BERLIN "group=Press location=Berlin"
#define ELSEWHERE "group=Press location=Bonn"
#define NOWHERE ""

typedef struct
{
  const char *name;
  const char *settings; /* "group=LEVEL location=LEVEL others=LEVEL may=EXTENSION unused" */
  const char *grants;   /* "VIEWER=LEVEL" of administrators; "own VIEWER=LEVEL" with '!' before it */
  const char *viewer;   /* of bob */
  const char *level, *by, *central; /* by nullable: no path */
} Row;

static const Row rows[] = {
  /* Defaults. */
  { "others", "", "", ELSEWHERE, "employee", "others", "employee" },
  { "nowhere", "others=blocked", "", NOWHERE, "blocked", "others", "blocked" },
  { "same-group", "group=assistant others=blocked", "", SALES, "assistant", "same-group", "assistant" },
  { "same-location", "location=team-colleague others=blocked", "", BERLIN, "team-colleague", "same-location",
    "team-colleague" },
  { "group-and-location", "group=team-colleague location=assistant", "", SALES_BERLIN, "assistant", "same-location",
    "assistant" },
  { "location-and-group", "group=assistant location=team-colleague", "", SALES_BERLIN, "assistant", "same-group",
    "assistant" },
  { "others-are-not-colleagues", "group=blocked location=blocked others=assistant", "", SALES_BERLIN, "blocked",
    "same-group", "blocked" },
  /* Administrators' entries: the most permissive wins. */
  { "by-user", "", "bob=assistant", ELSEWHERE, "assistant", "user", "assistant" },
  { "by-group", "", "group:Press=team-colleague", ELSEWHERE, "team-colleague", "group", "team-colleague" },
  { "by-location", "", "location:Bonn=assistant-plus", ELSEWHERE, "assistant-plus", "location", "assistant-plus" },
  { "not-this-user", "", "carol=assistant", ELSEWHERE, "employee", "others", "employee" },
  { "not-this-group", "", "group:Sales=assistant", ELSEWHERE, "employee", "others", "employee" },
  { "group-of-that-name", "", "group:Bonn=assistant", ELSEWHERE, "employee", "others", "employee" },
  { "no-restriction", "", "bob=blocked", ELSEWHERE, "employee", "others", "employee" },
  { "blocked-by-all", "others=blocked", "bob=blocked group:Press=blocked", ELSEWHERE, "blocked", "others", "blocked" },
  { "user-below-group", "", "bob=team-colleague group:Press=assistant", ELSEWHERE, "assistant", "group", "assistant" },
  { "default-above-entries", "group=assistant-plus", "bob=team-colleague location:Bonn=assistant", SALES,
    "assistant-plus", "same-group", "assistant-plus" },
  /* The owner's own word. */
  { "own-grants", "", "!bob=assistant-plus", ELSEWHERE, "assistant-plus", "own-user", "employee" },
  { "own-restricts", "group=assistant", "bob=assistant-plus !bob=blocked", SALES, "blocked", "own-user",
    "assistant-plus" },
  { "own-group", "", "!group:Press=team-colleague", ELSEWHERE, "team-colleague", "own-group", "employee" },
  { "own-location", "", "!location:Bonn=blocked", ELSEWHERE, "blocked", "own-location", "employee" },
  { "own-user-before-group", "", "!bob=employee !group:Press=assistant !location:Bonn=blocked", ELSEWHERE, "employee",
    "own-user", "employee" },
  { "own-group-before-location", "", "!group:Press=blocked !location:Bonn=assistant", ELSEWHERE, "blocked", "own-group",
    "employee" },
  { "own-of-somebody-else", "", "!carol=blocked", ELSEWHERE, "employee", "others", "employee" },
  /* How far it goes. */
  { "extend-more", "may=extend", "!bob=assistant", ELSEWHERE, "assistant", "own-user", "employee" },
  { "extend-less", "may=extend", "!bob=blocked", ELSEWHERE, "employee", "others", "employee" },
  { "extend-same", "may=extend", "!bob=employee", ELSEWHERE, "employee", "others", "employee" },
  { "extend-less-exact", "may=extend", "!bob=blocked !group:Press=assistant", ELSEWHERE, "employee", "others",
    "employee" },
  { "extend-below-entry", "may=extend", "bob=assistant !bob=team-colleague", ELSEWHERE, "assistant", "user",
    "assistant" },
  { "neither-more", "may=neither", "!bob=assistant", ELSEWHERE, "employee", "others", "employee" },
  { "neither-less", "may=neither", "bob=assistant !bob=blocked", ELSEWHERE, "assistant", "user", "assistant" },
  /* Not in use. */
  { "unused", "unused", "bob=assistant !bob=assistant-plus", ELSEWHERE, "blocked", NULL, "assistant" },
};

static MusterdUser *
make_user (const char *id, const char *where)
{
  const char *fields[MUSTERD_N_USER_FIELDS] = { NULL };
  g_auto(GStrv) words = g_strsplit (where, " ", -1);
  g_autoptr(GError) error = NULL;
  MusterdUser *user;

  for (gsize i = 0; words[i] != NULL; i++)
    if (g_str_has_prefix (words[i], "group="))
      fields[MUSTERD_USER_GROUP] = words[i] + 6;
    else if (g_str_has_prefix (words[i], "location="))
      fields[MUSTERD_USER_LOCATION] = words[i] + 9;
  user = musterd_user_new (id, fields, NULL, &error);
  g_assert_no_error (error);
  return user;
}

static MusterdRelation
read_level (const char *word)
{
  MusterdRelation level = MUSTERD_N_RELATIONS;

  g_assert_true (musterd_relation_from_string (word, &level));
  return level;
}

static MusterdSettings *
make_settings (const char *text)
{
  MusterdSettings *settings = musterd_settings_new ();
  g_auto(GStrv) words = g_strsplit (text, " ", -1);

  for (gsize i = 0; words[i] != NULL; i++)
    if (g_str_has_prefix (words[i], "group="))
      settings->same_group = read_level (words[i] + 6);
    else if (g_str_has_prefix (words[i], "location="))
      settings->same_location = read_level (words[i] + 9);
    else if (g_str_has_prefix (words[i], "others="))
      settings->others = read_level (words[i] + 7);
    else if (g_str_has_prefix (words[i], "may="))
      g_assert_true (musterd_extension_from_string (words[i] + 4, &settings->users_may));
    else if (g_str_equal (words[i], "unused"))
      settings->in_use = FALSE;
  return settings;
}

static MusterdGrants *
add_grants (MusterdGrants *grants, const char *text, gboolean remove)
{
  g_auto(GStrv) words = g_strsplit (text, " ", -1);

  for (gsize i = 0; words[i] != NULL && words[i][0] != '\0'; i++)
    {
      g_auto(GStrv) parts = g_strsplit (words[i] + (words[i][0] == '!'), "=", 2);
      MusterdGrant grant = { .own_word = words[i][0] == '!', .level = read_level (parts[1]) };
      g_autoptr(MusterdGrants) before = grants;
      g_autoptr(GError) error = NULL;
      MusterdViewerKind kind = MUSTERD_N_VIEWERS;
      const char *name = NULL;

      g_assert_true (musterd_viewer_parse (parts[0], &kind, &name, &error));
      g_assert_no_error (error);
      grant.kind = kind;
      grant.name = (char *) name;
      grants = remove ? musterd_grants_without (before, &grant) : musterd_grants_with (before, &grant);
    }
  return grants;
}

static void
access_set (MusterdAccess *access, const char *where, const char *settings, const char *grants)
{
  access->user = make_user ("alice", where);
  access->settings = make_settings (settings);
  access->grants = add_grants (NULL, grants, FALSE);
}

static void
test_row (gconstpointer data)
{
  const Row *row = data;
  MusterdAccess owner = { NULL };
  g_autoptr(MusterdUser) bob = make_user ("bob", row->viewer);
  MusterdViewer viewer = musterd_viewer_of_user (bob), self;
  MusterdRelationPaths paths;

  access_set (&owner, SALES_BERLIN, row->settings, row->grants);
  g_assert_cmpstr (musterd_relation_to_string (musterd_relation_resolve (&owner, &viewer, &paths)), ==, row->level);
  g_assert_cmpint (paths.level, ==, read_level (row->level));
  g_assert_cmpstr (musterd_relation_path_to_string (paths.by), ==, row->by);
  g_assert_cmpstr (musterd_relation_to_string (paths.central), ==, row->central);
  /* To themself everybody is the owner. */
  self = musterd_viewer_of_user (owner.user);
  g_assert_cmpint (musterd_relation_resolve (&owner, &self, &paths), ==, MUSTERD_RELATION_OWNER);
  musterd_access_clear (&owner);
}

/* Nothing of what one grants says anything of what they are granted. */
static void
test_directions (void)
{
  for (int level = MUSTERD_RELATION_BLOCKED; level < MUSTERD_RELATION_OWNER; level++)
    for (int side = 0; side < 2; side++)
      {
        g_autofree char *grants
            = g_strdup_printf ("%sbob=%s", side == 1 ? "!" : "", musterd_relation_to_string ((MusterdRelation) level));
        MusterdAccess alice = { NULL }, bob = { NULL };
        MusterdViewer to_bob, to_alice;
        MusterdRelationPaths paths;

        access_set (&alice, SALES, "others=blocked", grants);
        bob.user = make_user ("bob", NOWHERE);
        bob.settings = make_settings ("others=blocked");
        to_bob = musterd_viewer_of_user (bob.user);
        to_alice = musterd_viewer_of_user (alice.user);
        g_assert_cmpint (musterd_relation_resolve (&alice, &to_bob, &paths), ==, level);
        g_assert_cmpint (musterd_relation_resolve (&bob, &to_alice, &paths), ==, MUSTERD_RELATION_BLOCKED);
        musterd_access_clear (&alice);
        musterd_access_clear (&bob);
      }
}

typedef struct
{
  const char *name, *settings, *grants, *viewer; /* "bob" and where, or what a grant names */
  const char *level;
  const char *refusal; /* nullable: may */
} OwnWord;

static const OwnWord own_words[] = {
  { "anything", "", "", "bob", "blocked", NULL },
  { "more", "may=extend", "", "bob", "assistant", NULL },
  { "same", "may=extend", "", "bob", "employee", NULL },
  { "less", "may=extend", "", "bob", "blocked", "*'extend'*'employee'*" },
  { "less-than-entered", "may=extend", "bob=assistant", "bob", "team-colleague", "*'extend'*'assistant'*" },
  { "less-than-a-group", "may=extend group=assistant", "", "group:Sales", "team-colleague", "*'extend'*'assistant'*" },
  { "of-another-group", "may=extend group=assistant", "", "group:Press", "team-colleague", NULL },
  { "nothing", "may=neither", "", "bob", "assistant", "*'neither'*" },
};

static void
test_own_word (gconstpointer data)
{
  const OwnWord *c = data;
  MusterdAccess owner = { NULL };
  MusterdGrant grant = { NULL };
  MusterdViewerKind kind = MUSTERD_N_VIEWERS;
  const char *name = NULL;
  g_autoptr(GError) error = NULL;
  MusterdViewer viewer;

  access_set (&owner, SALES_BERLIN, c->settings, c->grants);
  g_assert_true (musterd_viewer_parse (c->viewer, &kind, &name, NULL));
  grant.kind = kind;
  grant.name = (char *) name;
  viewer = musterd_viewer_of_grant (&grant);
  g_assert_cmpint (musterd_relation_check_own_word (&owner, &viewer, read_level (c->level), &error), ==,
                   c->refusal == NULL);
  if (c->refusal != NULL)
    {
      g_assert_error (error, MUSTERD_ERROR, MUSTERD_ERROR_FORBIDDEN);
      g_assert_true (g_pattern_match_simple (c->refusal, error->message));
    }
  musterd_access_clear (&owner);
}

typedef struct
{
  const char *text;
  MusterdViewerKind kind;
  const char *name; /* NULL: refused */
  const char *shown;
} ViewerCase;

static void
test_viewers (void)
{
  static const ViewerCase cases[] = {
    { "bob@example.com", MUSTERD_VIEWER_USER, "bob@example.com", "bob@example.com" },
    { "user:bob", MUSTERD_VIEWER_USER, "bob", "bob" },
    { "user:group:x", MUSTERD_VIEWER_USER, "group:x", "user:group:x" },
    { "user:user:x", MUSTERD_VIEWER_USER, "user:x", "user:user:x" },
    { "group:Sales & Press", MUSTERD_VIEWER_GROUP, "Sales & Press", "group:Sales & Press" },
    { "location:Köln", MUSTERD_VIEWER_LOCATION, "Köln", "location:Köln" },
    { "Group:x", MUSTERD_VIEWER_USER, "Group:x", "Group:x" },
    { "", MUSTERD_VIEWER_USER, NULL, NULL },
    { "group:", MUSTERD_VIEWER_USER, NULL, NULL },
    { "group:a\nb", MUSTERD_VIEWER_USER, NULL, NULL },
    { "group:\xff", MUSTERD_VIEWER_USER, NULL, NULL },
  };
  g_autofree char *long_id = g_strnfill (MUSTERD_USER_MAX + 1, 'x');
  MusterdViewerKind kind = MUSTERD_N_VIEWERS;
  const char *name = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(GError) error = NULL;
      gboolean ok = musterd_viewer_parse (cases[i].text, &kind, &name, &error);

      g_assert_cmpint (ok, ==, cases[i].name != NULL);
      if (ok)
        {
          g_autofree char *shown = musterd_viewer_to_string (kind, name);
          g_autofree char *key = musterd_viewer_to_key (kind, name);

          g_assert_cmpint (kind, ==, cases[i].kind);
          g_assert_cmpstr (name, ==, cases[i].name);
          g_assert_cmpstr (shown, ==, cases[i].shown);
          /* What is kept, and what is shown, are read as what they were. */
          g_assert_true (musterd_viewer_parse (key, &kind, &name, NULL));
          g_assert_cmpint (kind, ==, cases[i].kind);
          g_assert_cmpstr (name, ==, cases[i].name);
          g_assert_true (musterd_viewer_parse (shown, &kind, &name, NULL));
          g_assert_cmpint (kind, ==, cases[i].kind);
        }
      else
        g_assert_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID);
    }
  g_assert_false (musterd_viewer_parse (long_id, &kind, &name, NULL));
}

static void
test_grants (void)
{
  g_autoptr(MusterdGrants) grants = add_grants (NULL, "location:B=employee bob=assistant !bob=blocked group:A=employee",
                                                FALSE);
  g_autoptr(MusterdGrants) same = NULL;

  g_assert_cmpuint (grants->n, ==, 4);
  grants = add_grants (g_steal_pointer (&grants), "bob=team-colleague", FALSE);
  g_assert_cmpuint (grants->n, ==, 4);
  g_assert_cmpint (musterd_grants_find (grants, MUSTERD_VIEWER_USER, "bob", FALSE)->level, ==,
                   MUSTERD_RELATION_TEAM_COLLEAGUE);
  g_assert_cmpint (musterd_grants_find (grants, MUSTERD_VIEWER_USER, "bob", TRUE)->level, ==,
                   MUSTERD_RELATION_BLOCKED);
  g_assert_null (musterd_grants_find (grants, MUSTERD_VIEWER_GROUP, "bob", TRUE));
  same = add_grants (musterd_grants_ref (grants), "carol=employee", TRUE);
  g_assert_cmpuint (same->n, ==, 4);
  grants = add_grants (g_steal_pointer (&grants), "!bob=employee group:A=employee location:B=employee", TRUE);
  g_assert_cmpuint (grants->n, ==, 1);
  grants = add_grants (g_steal_pointer (&grants), "bob=employee", TRUE);
  g_assert_null (grants);
}

/* What may have changed for whom: too much is a loss of time only, too little would be a leak. */
typedef struct
{
  const char *name;
  const char *where, *settings, *grants;             /* before, */
  const char *now_where, *now_settings, *now_grants; /* after */
  gboolean    is_like;
} Change;

static const Change changes[] = {
  { "nothing", SALES, "", "bob=assistant", SALES, "", "bob=assistant", TRUE },
  { "user-granted", SALES, "", "", SALES, "", "bob=assistant !carol=blocked", TRUE },
  { "group-granted", SALES, "", "", SALES, "", "group:A=assistant", TRUE },
  { "group-taken", SALES, "", "group:A=assistant", SALES, "", "", TRUE },
  { "group-changed", SALES, "", "!location:A=assistant", SALES, "", "!location:A=blocked", TRUE },
  { "moved-where-all-are-alike", SALES, "", "", BERLIN, "", "", TRUE },
  { "moved-where-not", SALES, "group=assistant", "", ELSEWHERE, "group=assistant", "", FALSE },
  { "default-raised", SALES, "", "", SALES, "others=assistant", "", FALSE },
  { "switched-off", SALES, "", "", SALES, "unused", "", FALSE },
  { "may-less-without-word", SALES, "", "bob=assistant", SALES, "may=neither", "bob=assistant", TRUE },
  { "may-less-with-word", SALES, "", "!bob=assistant", SALES, "may=neither", "!bob=assistant", FALSE },
};

static void
test_change (gconstpointer data)
{
  const Change *c = data;
  MusterdAccess before = { NULL }, after = { NULL };

  access_set (&before, c->where, c->settings, c->grants);
  access_set (&after, c->now_where, c->now_settings, c->now_grants);
  g_assert_cmpint (musterd_access_is_like (&before, &after), ==, c->is_like);
  musterd_access_clear (&before);
  musterd_access_clear (&after);
}

static void
on_difference (const MusterdGrant *grant, gpointer data)
{
  g_hash_table_add (data, g_strdup (grant->name));
}

static gboolean
is_named (GHashTable *named, const char *name)
{
  return name != NULL && g_hash_table_contains (named, name);
}

/* A claim of "like" holds for everybody that is not named: held against the rule itself. */
static void
test_like_holds (void)
{
  static const char *const places[] = { SALES_BERLIN, SALES, BERLIN, ELSEWHERE, NOWHERE };
  static const char *const settings[] = { "", "group=assistant", "others=blocked", "may=extend", "may=neither",
                                          "location=team-colleague group=team-colleague", "unused" };
  static const char *const grants[] = { "", "bob=assistant", "!bob=blocked", "group:Press=assistant", "!carol=blocked",
                                        "bob=team-colleague !carol=assistant", "!location:Bonn=blocked" };
  guint n_like = 0;

  for (guint i = 0; i < 5000; i++)
    {
      MusterdAccess before = { NULL }, after = { NULL };
      g_autoptr(GHashTable) named = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
#define ANY(table) table[g_test_rand_int_range (0, G_N_ELEMENTS (table))]
      const char *old_settings = ANY (settings), *old_place = ANY (places);

      access_set (&before, old_place, old_settings, ANY (grants));
      access_set (&after, g_test_rand_bit () ? old_place : ANY (places),
                  g_test_rand_bit () ? old_settings : ANY (settings), ANY (grants));
      musterd_grants_compare (before.grants, after.grants, on_difference, named);
      if (musterd_access_is_like (&before, &after))
        {
          n_like++;
          for (guint j = 0; j < 3 * G_N_ELEMENTS (places); j++)
            {
              static const char *const ids[] = { "bob", "carol", "dora" };
              g_autoptr(MusterdUser) user = make_user (ids[j % 3], places[j / 3]);
              MusterdViewer viewer = musterd_viewer_of_user (user);
              MusterdRelationPaths paths;

              /* No user, group and location of these have one name. */
              if (!g_hash_table_contains (named, user->id)
                  && !is_named (named, user->fields[MUSTERD_USER_GROUP])
                  && !is_named (named, user->fields[MUSTERD_USER_LOCATION]))
                g_assert_cmpint (musterd_relation_resolve (&before, &viewer, &paths), ==,
                                 musterd_relation_resolve (&after, &viewer, &paths));
            }
        }
      musterd_access_clear (&before);
      musterd_access_clear (&after);
    }
  g_assert_cmpuint (n_like, >, 100);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strconcat ("/relation/rule/", rows[i].name, NULL);

      g_test_add_data_func (path, &rows[i], test_row);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (own_words); i++)
    {
      g_autofree char *path = g_strconcat ("/relation/own-word/", own_words[i].name, NULL);

      g_test_add_data_func (path, &own_words[i], test_own_word);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (changes); i++)
    {
      g_autofree char *path = g_strconcat ("/relation/change/", changes[i].name, NULL);

      g_test_add_data_func (path, &changes[i], test_change);
    }
  g_test_add_func ("/relation/directions", test_directions);
  g_test_add_func ("/relation/viewers", test_viewers);
  g_test_add_func ("/relation/grants", test_grants);
  g_test_add_func ("/relation/like-holds", test_like_holds);
  return g_test_run ();
}
