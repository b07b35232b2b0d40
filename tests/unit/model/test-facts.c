/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Facts: how a claim's `began` comes about, when a standing choice ends, and what the clients say together. */
#include "scene.h"

#include <string.h>

/* Began: a claim is put, and put again with the same key later. Times as in scene.h. */

typedef struct
{
  const char *name;
  const char *from, *until, *lease; /* of the first */
  const char *now;                  /* when the second is put */
  const char *new_from, *new_until, *new_lease;
  const char *began;
} BeganCase;

static const BeganCase began_cases[] = {
  { "extended-while-in-force", "9", "10", "never", "9:30", "9", "11", "never", "9" },
  { "retitled-while-in-force", "9", "10", "never", "9:30", "9", "10", "never", "9" },
  { "shortened-while-in-force", "9", "11", "never", "9:30", "9", "10", "never", "9" },
  { "start-moved-back-while-in-force", "9", "10", "never", "9:30", "8", "10", "never", "9" },
  { "start-moved-on-while-both-in-force", "9", "10", "never", "9:30", "9:15", "11", "never", "9" },
  { "moved-away-while-in-force", "9", "10", "never", "9:30", "14", "15", "never", "14" },
  { "moved-ahead-of-its-start-into-now", "14", "15", "never", "9:30", "9", "11", "never", "9" },
  { "moved-ahead-of-its-start", "14", "15", "never", "9:30", "12", "13", "never", "12" },
  { "changed-before-its-start", "14", "15", "never", "9:30", "14", "16", "never", "14" },
  { "ended-and-moved-into-now", "8", "9", "never", "9:30", "9:15", "11", "never", "9:15" },
  { "cut-to-an-end-in-the-past", "8", "10", "never", "9:30", "8:15", "9", "never", "8:15" },
  { "ends-exactly-now", "8", "9:30", "never", "9:30", "9", "11", "never", "9" },
  { "begins-exactly-now", "9:30", "11", "never", "9:30", "9:30", "12", "never", "9:30" },
  { "lease-renewed", "9", "never", "12", "9:30", "9", "never", "12:30", "9" },
  { "lease-renewed-with-a-new-start", "9", "never", "12", "9:30", "9:30", "never", "12:30", "9" },
  { "lease-had-run-out", "9", "never", "9:20", "9:30", "9:30", "never", "12:30", "9:30" },
};

static MusterdClaim *
claim_of (const char *key, const char *from, const char *until, const char *lease)
{
  MusterdClaim *claim = musterd_claim_new ("src", "", key, MUSTERD_CLAIM_CALL);

  claim->from = scene_time (from);
  claim->until = scene_time (until);
  claim->lease_until = scene_time (lease);
  return claim;
}

static void
test_began (gconstpointer data)
{
  const BeganCase *c = data;
  g_autoptr(Scene) scene = scene_new ("");
  g_autoptr(MusterdClaim) first = claim_of ("k", c->from, c->until, c->lease);
  g_autoptr(MusterdClaim) second = claim_of ("k", c->new_from, c->new_until, c->new_lease);
  g_autoptr(MusterdClaim) third = musterd_claim_copy (second);
  g_autoptr(MusterdClaim) none = NULL, old = NULL, older = NULL;
  MusterdTime now = scene_time (c->now);

  none = musterd_facts_put_claim (&scene->facts, first, scene_time ("0"));
  g_assert_null (none);
  g_assert_cmpint (first->began, ==, first->from);
  old = musterd_facts_put_claim (&scene->facts, second, now);
  g_assert_true (old == first);
  g_assert_cmpint (second->began, ==, scene_time (c->began));
  g_assert_cmpint (second->from, ==, scene_time (c->new_from));
  g_assert_cmpuint (scene->facts.claims->len, ==, 1);
  g_assert_true (musterd_facts_find_claim (&scene->facts, "src", "k") == second);

  /* The same once more changes nothing. */
  older = musterd_facts_put_claim (&scene->facts, third, now);
  g_assert_true (older == second);
  g_assert_true (musterd_claim_equal (second, third));
}

static void
test_order (void)
{
  static const char *const froms[] = { "11", "9", "10", "9", "10", "always" };
  static const char *const sorted[] = { "f", "b", "d", "c", "e", "a" };
  g_autoptr(Scene) scene = scene_new ("");

  for (guint i = 0; i < G_N_ELEMENTS (froms); i++)
    {
      char key[] = { (char) ('a' + i), '\0' };
      g_autoptr(MusterdClaim) claim = claim_of (key, froms[i], "never", "never");

      g_assert_null (musterd_facts_put_claim (&scene->facts, claim, scene_time ("8")));
    }
  for (guint i = 0; i < G_N_ELEMENTS (sorted); i++)
    g_assert_cmpstr (((MusterdClaim *) scene->facts.claims->pdata[i])->key, ==, sorted[i]);

  /* The same key of another source is another claim; both are found and removed by themselves. */
  {
    g_autoptr(MusterdClaim) other = musterd_claim_new ("another", "", "b", MUSTERD_CLAIM_DND);

    other->from = scene_time ("9");
    other->until = scene_time ("10");
    g_assert_null (musterd_facts_put_claim (&scene->facts, other, scene_time ("8")));
    g_assert_true (musterd_facts_find_claim (&scene->facts, "another", "b") == other);
    g_assert_true (scene->facts.claims->pdata[1] == other);
  }
  g_assert_true (musterd_facts_remove_claim (&scene->facts, "src", "b"));
  g_assert_null (musterd_facts_find_claim (&scene->facts, "src", "b"));
  g_assert_nonnull (musterd_facts_find_claim (&scene->facts, "another", "b"));
  g_assert_false (musterd_facts_remove_claim (&scene->facts, "src", "b"));
  g_assert_cmpuint (scene->facts.claims->len, ==, G_N_ELEMENTS (froms));
}

static void
test_ignored (void)
{
  g_autoptr(Scene) scene = scene_new ("appointment a from=9 until=10; appointment b from=9 until=10; ignore a from=9;"
                                       "ignore b from=10; ignore b from=9 source=other");
  MusterdClaim *a = musterd_facts_find_claim (&scene->facts, "src", "a");
  g_autoptr(MusterdClaim) longer = musterd_claim_copy (a);
  g_autoptr(MusterdClaim) moved = musterd_claim_copy (a);

  longer->until = scene_time ("12");
  musterd_claim_set_text (longer, "Another title");
  moved->from = scene_time ("9:30");
  g_assert_true (musterd_facts_is_ignored (&scene->facts, a));
  g_assert_true (musterd_facts_is_ignored (&scene->facts, longer));
  g_assert_false (musterd_facts_is_ignored (&scene->facts, moved));
  g_assert_false (musterd_facts_is_ignored (&scene->facts, musterd_facts_find_claim (&scene->facts, "src", "b")));
}

/* Claims in force. */

typedef struct
{
  const char *name, *from, *until, *lease, *now;
  gboolean in_force;
} ForceCase;

static const ForceCase force_cases[] = {
  { "before", "9", "10", "never", "8:59", FALSE },       { "at-from", "9", "10", "never", "9", TRUE },
  { "at-until", "9", "10", "never", "10", FALSE },       { "lease-earlier", "9", "12", "10", "10", FALSE },
  { "until-earlier", "9", "10", "12", "10", FALSE },     { "within-both", "9", "12", "10", "9:59", TRUE },
  { "for-ever", "always", "never", "never", "9", TRUE }, { "empty", "9", "9", "never", "9", FALSE },
  { "inverted", "10", "9", "never", "9:30", FALSE },
};

static void
test_in_force (gconstpointer data)
{
  const ForceCase *c = data;
  g_autoptr(MusterdClaim) claim = claim_of ("k", c->from, c->until, c->lease);

  g_assert_cmpint (musterd_claim_in_force (claim, scene_time (c->now)), ==, c->in_force);
}

/* The end of a standing choice. Moments are local: a choice made at `made` of the zone ends at `end` of the zone. */

typedef struct
{
  const char *name, *zone;
  const char *made, *end; /* ISO 8601 with offset; end NULL: never */
  const char *known;      /* scene.h: settings and clients; the choice is made by the test */
} EndCase;

#define DAY "choice status=busy; set choice-ends=day"

static const EndCase end_cases[] = {
  { "none", "Europe/Berlin", "2026-06-15T08:00:00+02", NULL, "" },
  { "day", "Europe/Berlin", "2026-06-15T08:00:00+02", "2026-06-16T00:00:00+02", DAY },
  { "last-microsecond-of-the-day", "Europe/Berlin", "2026-06-15T23:59:59.999999+02", "2026-06-16T00:00:00+02", DAY },
  { "at-midnight-a-whole-day", "Europe/Berlin", "2026-06-15T00:00:00+02", "2026-06-16T00:00:00+02", DAY },
  { "clocks-go-forward-that-day", "Europe/Berlin", "2026-03-29T01:30:00+01", "2026-03-30T00:00:00+02", DAY },
  { "clocks-have-gone-forward", "Europe/Berlin", "2026-03-29T03:00:00+02", "2026-03-30T00:00:00+02", DAY },
  { "the-day-before-they-go-forward", "Europe/Berlin", "2026-03-28T02:30:00+01", "2026-03-29T00:00:00+01", DAY },
  { "clocks-go-back-that-day", "Europe/Berlin", "2026-10-25T02:30:00+02", "2026-10-26T00:00:00+01", DAY },
  { "in-the-hour-that-comes-twice", "Europe/Berlin", "2026-10-25T02:30:00+01", "2026-10-26T00:00:00+01", DAY },
  { "the-day-before-they-go-back", "Europe/Berlin", "2026-10-24T23:30:00+02", "2026-10-25T00:00:00+02", DAY },
  { "end-of-the-year", "Asia/Tokyo", "2026-12-31T12:00:00+09", "2027-01-01T00:00:00+09", DAY },
  { "another-day-than-in-utc", "America/New_York", "2026-06-15T22:00:00-04", "2026-06-16T00:00:00-04", DAY },
  { "midnight-is-skipped", "America/Havana", "2026-03-07T12:00:00-05", "2026-03-08T01:00:00-04", DAY },
  { "midnight-comes-twice", "America/Havana", "2026-10-31T12:00:00-04", "2026-11-01T00:00:00-04", DAY },
  { "after-the-first-midnight-of-two", "America/Havana", "2026-11-01T00:30:00-04", "2026-11-02T00:00:00-05", DAY },
  { "day-with-client", "UTC", "2026-06-15T08:00:00Z", "2026-06-16T00:00:00Z", DAY "; client active" },
  { "auto-without-client", "UTC", "2026-06-15T08:00:00Z", "2026-06-16T00:00:00Z", "choice status=busy" },
  { "auto-with-client", "UTC", "2026-06-15T08:00:00Z", NULL, "choice status=busy; client active" },
  { "auto-with-lost-client", "UTC", "2026-06-15T08:00:00Z", NULL, "choice status=busy; client active lease=1" },
  { "auto-after-goodbye", "UTC", "2026-06-15T08:00:00Z", NULL, "choice status=busy; goodbye" },
  { "never", "UTC", "2026-06-15T08:00:00Z", NULL, "choice status=busy; set choice-ends=never" },
  { "after", "UTC", "2026-06-15T08:00:00Z", "2026-06-15T11:00:00Z", "choice status=busy; set choice-ends=3" },
  { "after-by-the-clock-of-the-world", "Europe/Berlin", "2026-03-29T01:30:00+01", "2026-03-29T04:30:00+02",
    "choice status=busy; set choice-ends=2" },
  { "template-that-stays", "UTC", "2026-06-15T08:00:00Z", NULL, "choice template=on-holiday; set choice-ends=3" },
  { "template-that-does-not-stay", "UTC", "2026-06-15T08:00:00Z", "2026-06-15T11:00:00Z",
    "choice template=break; set choice-ends=3" },
  { "inactive-template-that-stays", "UTC", "2026-06-15T08:00:00Z", NULL,
    "template on-holiday inactive; choice template=on-holiday; set choice-ends=day" },
  { "template-gone", "UTC", "2026-06-15T08:00:00Z", "2026-06-15T11:00:00Z", "choice template=gone; set choice-ends=3" },
};

static MusterdTime
iso_time (const char *text)
{
  g_autoptr(GTimeZone) utc = g_time_zone_new_utc ();
  g_autoptr(GDateTime) time = g_date_time_new_from_iso8601 (text, utc);

  g_assert_nonnull (time);
  return g_date_time_to_unix (time) * MUSTERD_SECOND + g_date_time_get_microsecond (time);
}

static void
test_choice_end (gconstpointer data)
{
  const EndCase *c = data;
  g_autofree char *story = g_strdup_printf ("zone %s; %s", c->zone, c->known);
  g_autoptr(Scene) scene = scene_new (story);

  if (scene->facts.standing != NULL)
    scene->facts.standing->made = iso_time (c->made);
  g_assert_cmpint (musterd_facts_choice_end (&scene->facts, scene->settings), ==,
                   c->end != NULL ? iso_time (c->end) : MUSTERD_TIME_NEVER);
}

static void
test_choice_end_far_away (void)
{
  g_autoptr(Scene) after = scene_new ("choice status=busy; set choice-ends=3");
  g_autoptr(Scene) day = scene_new (DAY);

  after->facts.standing->made = MUSTERD_TIME_NEVER - 1;
  g_assert_cmpint (musterd_facts_choice_end (&after->facts, after->settings), ==, MUSTERD_TIME_NEVER);
  day->facts.standing->made = MUSTERD_TIME_NEVER - 1;
  g_assert_cmpint (musterd_facts_choice_end (&day->facts, day->settings), ==, MUSTERD_TIME_NEVER);
}

/* Clients. */

typedef struct
{
  const char *name, *known, *now, *state;
} ClientCase;

static const ClientCase client_cases[] = {
  { "none", "", "9", "none" },
  { "active", "client active", "9", "active" },
  { "idle", "client idle", "9", "idle" },
  { "locked", "client locked", "9", "locked" },
  { "active-over-idle", "client idle id=1; client active id=2", "9", "active" },
  { "active-over-locked", "client locked id=1; client active id=2", "9", "active" },
  { "idle-over-locked", "client locked id=1; client idle id=2", "9", "idle" },
  { "idle-for-less", "client idle since=8:50", "8:59", "active" },
  { "idle-for-long-enough", "client idle since=8:50", "9", "idle" },
  { "idle-at-once", "set idle-after=0; client idle since=9", "9", "idle" },
  { "idle-for-less-over-locked", "client locked id=1; client idle id=2 since=8:55", "9", "active" },
  { "locked-at-once", "client locked since=9", "9", "locked" },
  { "locked-without-effect", "set on-lock=no; client locked since=8:55", "9", "active" },
  { "locked-and-idle-for-long-enough", "set on-lock=no; client locked since=8:50", "9", "idle" },
  { "lost-before-it-was-idle", "client idle since=8:50 lease=8:55", "8:56", "ended" },
  { "goodbye", "goodbye", "9", "ended" },
  { "lease-not-over", "client active lease=10", "9:59", "active" },
  { "lease-over", "client active lease=10", "10", "ended" },
  { "lost-active-and-live-locked", "client active id=1 lease=10; client locked id=2", "10", "locked" },
  { "all-lost", "client active id=1 lease=10; client locked id=2 lease=9", "10", "ended" },
  { "one-lost-after-goodbye-of-another", "client active lease=10; goodbye", "10", "ended" },
  { "live-in-spite-of-goodbye", "client active lease=10; goodbye", "9", "active" },
};

static void
test_client_state (gconstpointer data)
{
  const ClientCase *c = data;
  g_autoptr(Scene) scene = scene_new (c->known);
  MusterdClientState state = musterd_facts_client_state (&scene->facts, scene->settings, scene_time (c->now));

  g_assert_cmpstr (musterd_client_state_to_string (state), ==, c->state);
}

/* Copies. */

static void
test_copies (void)
{
  g_autoptr(Scene) scene =
      scene_new ("choice template=busy status=busy text=Deep made=9; timed status=available until=12;"
                 "appointment a from=9 until=10 role=x text=y internal=i external=e all-day");
  MusterdClaim *claim = musterd_facts_find_claim (&scene->facts, "src", "a");
  g_autoptr(MusterdClaim) copy = musterd_claim_copy (claim);
  g_autoptr(MusterdChoice) choice = musterd_choice_copy (scene->facts.standing);
  g_autoptr(MusterdChoice) none = musterd_choice_copy (NULL);

  g_assert_null (none);
  g_assert_cmpstr (choice->template_id, ==, "busy");
  g_assert_cmpstr (choice->text, ==, "Deep");
  g_assert_true (choice->text != scene->facts.standing->text);
  g_assert_cmpint (choice->made, ==, scene->facts.standing->made);
  g_assert_cmpint (choice->until, ==, MUSTERD_TIME_NEVER);

  g_assert_true (copy != claim);
  g_assert_true (musterd_claim_equal (copy, claim));
  copy->lease_until = scene_time ("12");
  g_assert_true (musterd_claim_equal (copy, claim)); /* the lease apart */
  musterd_claim_set_more (copy, NULL, "i", "other");
  g_assert_false (musterd_claim_equal (copy, claim));
  musterd_claim_set_more (copy, NULL, "i", "e");
  g_assert_true (musterd_claim_equal (copy, claim));
  musterd_claim_set_text (copy, NULL);
  g_assert_false (musterd_claim_equal (copy, claim));
  musterd_claim_set_text (copy, "");
  g_assert_null (copy->text);
}

#define ADD(path, cases, func)                                                                                         \
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)                                                                     \
    {                                                                                                                  \
      g_autofree char *case_path = g_strconcat (path, "/", (cases)[i].name, NULL);                                     \
                                                                                                                       \
      g_test_add_data_func (case_path, &(cases)[i], func);                                                             \
    }

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/model/facts/began", began_cases, test_began);
  g_test_add_func ("/model/facts/order", test_order);
  g_test_add_func ("/model/facts/ignored", test_ignored);
  ADD ("/model/claim/in-force", force_cases, test_in_force);
  ADD ("/model/facts/choice-end", end_cases, test_choice_end);
  g_test_add_func ("/model/facts/choice-end/far-away", test_choice_end_far_away);
  ADD ("/model/facts/client-state", client_cases, test_client_state);
  g_test_add_func ("/model/facts/copies", test_copies);
  return g_test_run ();
}
