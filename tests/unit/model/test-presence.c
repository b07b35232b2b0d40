/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Presences: what makes two equal, and which member passes to which viewer and which sink. */
#include "model/presence.h"

#include <string.h>

#include "model/intern.h"

typedef enum
{
  MEMBER_STATUS,
  MEMBER_TEXT,
  MEMBER_TEMPLATE_NAME,
  MEMBER_TEMPLATE_ROLE,
  MEMBER_SINCE,
  MEMBER_UNTIL,
  MEMBER_NEXT_FREE,
  MEMBER_STALE,
  MEMBER_TELEPHONY,
  MEMBER_LABEL,
  MEMBER_REACH,
  MEMBER_KIND,
  MEMBER_SOURCE,
  MEMBER_GREETING_INTERNAL,
  MEMBER_GREETING_EXTERNAL,
  MEMBER_ACTION,
  MEMBER_SCOPE,
  MEMBER_TARGET,
  MEMBER_NUMBER,
  MEMBER_FROM,
  N_MEMBERS
} Member;

static const char *const member_names[] = {
  "status",
  "text",
  "template-name",
  "template-role",
  "since",
  "until",
  "next-free",
  "stale",
  "telephony",
  "label",
  "reach",
  "kind",
  "source",
  "greeting-internal",
  "greeting-external",
  "forwarding-action",
  "forwarding-scope",
  "forwarding-target",
  "forwarding-number",
  "forwarding-from",
};
G_STATIC_ASSERT (G_N_ELEMENTS (member_names) == N_MEMBERS);

static MusterdUser *
user_new (const char *id)
{
  const char *const fields[MUSTERD_N_USER_FIELDS] = { NULL };
  g_autoptr(GError) error = NULL;
  MusterdUser *user = musterd_user_new (id, fields, NULL, &error);

  g_assert_no_error (error);
  return user;
}

/* Every member has a value that says something. */
static MusterdPresence *
full_presence (const char *user_id)
{
  g_autoptr(MusterdUser) user = user_new (user_id);
  MusterdPresence *presence = musterd_presence_new (user);

  presence->status = MUSTERD_STATUS_BUSY;
  presence->text = g_strdup ("Planning");
  presence->template_name = musterd_intern ("Appointment");
  presence->template_role = musterd_intern ("appointment");
  presence->since = 1;
  presence->until = 2;
  presence->next_free = 3;
  presence->stale = 4;
  presence->telephony = MUSTERD_TELEPHONY_RINGING;
  presence->telephony_label = g_strdup ("Bob");
  presence->reach = MUSTERD_REACH_BUSY;
  presence->origin = MUSTERD_ORIGIN_CLAIM;
  presence->kind = MUSTERD_CLAIM_APPOINTMENT;
  presence->source = musterd_intern ("ews:hq");
  presence->greeting_internal = g_strdup ("in");
  presence->greeting_external = g_strdup ("out");
  presence->forwarding.action = MUSTERD_FORWARD_TO;
  presence->forwarding.scope = MUSTERD_SCOPE_EXTERNAL;
  presence->forwarding.target = MUSTERD_TARGET_VOICEMAIL;
  presence->forwarding.number = g_strdup ("99");
  presence->forwarding.from = g_strdup ("Appointment (ews:hq)");
  presence->revision = 5;
  return presence;
}

static char **
text_member (MusterdPresence *presence, Member member)
{
  switch (member)
    {
    case MEMBER_TEXT:
      return &presence->text;
    case MEMBER_TEMPLATE_NAME:
      return &presence->template_name;
    case MEMBER_TEMPLATE_ROLE:
      return &presence->template_role;
    case MEMBER_LABEL:
      return &presence->telephony_label;
    case MEMBER_SOURCE:
      return &presence->source;
    case MEMBER_GREETING_INTERNAL:
      return &presence->greeting_internal;
    case MEMBER_GREETING_EXTERNAL:
      return &presence->greeting_external;
    case MEMBER_NUMBER:
      return &presence->forwarding.number;
    case MEMBER_FROM:
      return &presence->forwarding.from;
    default:
      return NULL;
    }
}

static void
change_member (MusterdPresence *presence, Member member)
{
  char **text = text_member (presence, member);

  if (text != NULL)
    {
      if (member == MEMBER_TEMPLATE_NAME || member == MEMBER_TEMPLATE_ROLE || member == MEMBER_SOURCE)
        {
          musterd_intern_release (*text);
          *text = musterd_intern ("changed");
        }
      else
        {
          g_free (*text);
          *text = g_strdup ("changed");
        }
      return;
    }
  switch (member)
    {
    case MEMBER_STATUS:
      presence->status = MUSTERD_STATUS_UNAVAILABLE;
      break;
    case MEMBER_SINCE:
      presence->since++;
      break;
    case MEMBER_UNTIL:
      presence->until++;
      break;
    case MEMBER_NEXT_FREE:
      presence->next_free++;
      break;
    case MEMBER_STALE:
      presence->stale++;
      break;
    case MEMBER_TELEPHONY:
      presence->telephony = MUSTERD_TELEPHONY_IDLE;
      break;
    case MEMBER_REACH:
      presence->reach = MUSTERD_REACH_AWAY;
      break;
    case MEMBER_KIND:
      presence->kind = MUSTERD_CLAIM_ABSENCE;
      break;
    case MEMBER_ACTION:
      presence->forwarding.action = MUSTERD_FORWARD_OFF;
      break;
    case MEMBER_SCOPE:
      presence->forwarding.scope = MUSTERD_SCOPE_INTERNAL;
      break;
    case MEMBER_TARGET:
      presence->forwarding.target = MUSTERD_TARGET_HOME;
      break;
    default:
      g_assert_not_reached ();
    }
}

static gboolean
member_is_said (MusterdPresence *presence, Member member)
{
  char **text = text_member (presence, member);

  if (text != NULL)
    return *text != NULL;
  switch (member)
    {
    case MEMBER_STATUS:
      return presence->status != MUSTERD_STATUS_NONE;
    case MEMBER_SINCE:
      return presence->since != 0;
    case MEMBER_UNTIL:
      return presence->until != MUSTERD_TIME_NEVER;
    case MEMBER_NEXT_FREE:
      return presence->next_free != MUSTERD_TIME_NEVER;
    case MEMBER_STALE:
      return presence->stale != MUSTERD_TIME_NEVER;
    case MEMBER_TELEPHONY:
      return presence->telephony != MUSTERD_TELEPHONY_NONE;
    case MEMBER_REACH:
      return presence->reach != MUSTERD_REACH_FREE;
    case MEMBER_KIND:
      return musterd_presence_get_kind (presence) != NULL;
    case MEMBER_ACTION:
      return presence->forwarding.action != MUSTERD_FORWARD_DO_NOT_CHANGE;
    case MEMBER_SCOPE:
      return presence->forwarding.scope != MUSTERD_SCOPE_ALL;
    case MEMBER_TARGET:
      return presence->forwarding.target != MUSTERD_TARGET_NUMBER;
    default:
      g_assert_not_reached ();
    }
}

static void
test_equal (gconstpointer data)
{
  Member member = (Member) GPOINTER_TO_UINT (data);
  g_autoptr(MusterdPresence) one = full_presence ("alice");
  g_autoptr(MusterdPresence) two = full_presence ("alice");

  two->revision = 6;
  g_assert_true (musterd_presence_equal (one, two)); /* the revision apart */
  change_member (two, member);
  g_assert_false (musterd_presence_equal (one, two));
  g_assert_false (musterd_presence_equal (two, one));
}

static void
test_equal_user (void)
{
  g_autoptr(MusterdPresence) alice = full_presence ("alice");
  g_autoptr(MusterdPresence) bob = full_presence ("bob");
  g_autoptr(MusterdPresence) again = full_presence ("alice");

  g_assert_true (musterd_presence_equal (alice, alice));
  g_assert_false (musterd_presence_equal (alice, bob));
  again->origin = MUSTERD_ORIGIN_CHOICE;
  g_assert_false (musterd_presence_equal (alice, again));
}

static void
test_new (void)
{
  g_autoptr(MusterdUser) user = user_new ("alice");
  g_autoptr(MusterdPresence) presence = musterd_presence_new (user);
  g_autoptr(MusterdPresence) held = musterd_presence_ref (presence);

  g_assert_true (held == presence);
  g_assert_true (presence->user == user);
  g_assert_cmpint (presence->until, ==, MUSTERD_TIME_NEVER);
  g_assert_cmpint (presence->next_free, ==, MUSTERD_TIME_NEVER);
  g_assert_cmpint (presence->stale, ==, MUSTERD_TIME_NEVER);
  g_assert_null (presence->text);
}

/* The kind on the wire. */

typedef struct
{
  const char *name;
  MusterdOrigin origin;
  MusterdClaimKind kind;
} KindCase;

static const KindCase kind_cases[] = {
  { "default", MUSTERD_ORIGIN_DEFAULT, 0 },
  { "client", MUSTERD_ORIGIN_CLIENT, 0 },
  { "idle", MUSTERD_ORIGIN_IDLE, 0 },
  { "choice", MUSTERD_ORIGIN_CHOICE, 0 },
  { "dnd", MUSTERD_ORIGIN_CLAIM, MUSTERD_CLAIM_DND },
  { "sharing", MUSTERD_ORIGIN_CLAIM, MUSTERD_CLAIM_SHARING },
  { "call", MUSTERD_ORIGIN_CLAIM, MUSTERD_CLAIM_CALL },
  { "microphone", MUSTERD_ORIGIN_CLAIM, MUSTERD_CLAIM_MICROPHONE },
  { "absence", MUSTERD_ORIGIN_CLAIM, MUSTERD_CLAIM_ABSENCE },
  { "appointment", MUSTERD_ORIGIN_CLAIM, MUSTERD_CLAIM_APPOINTMENT },
};

static void
test_kind (gconstpointer data)
{
  const KindCase *c = data;
  g_autoptr(MusterdPresence) presence = full_presence ("alice");

  presence->origin = c->origin;
  presence->kind = c->kind;
  g_assert_cmpstr (musterd_presence_get_kind (presence), ==, c->name);
}

/* Views: which members pass. */

#define BIT(member) (1u << (member))
#define ALL_MEMBERS (BIT (N_MEMBERS) - 1)
#define FORWARDING_MEMBERS                                                                                             \
  (BIT (MEMBER_ACTION) | BIT (MEMBER_SCOPE) | BIT (MEMBER_TARGET) | BIT (MEMBER_NUMBER) | BIT (MEMBER_FROM))
#define GREETING_MEMBERS (BIT (MEMBER_GREETING_INTERNAL) | BIT (MEMBER_GREETING_EXTERNAL))
#define WORD_MEMBERS                                                                                                   \
  (BIT (MEMBER_TEXT) | BIT (MEMBER_LABEL) | BIT (MEMBER_TEMPLATE_NAME) | BIT (MEMBER_TEMPLATE_ROLE)                    \
   | BIT (MEMBER_KIND) | BIT (MEMBER_SOURCE))
#define TIME_MEMBERS (BIT (MEMBER_SINCE) | BIT (MEMBER_UNTIL) | BIT (MEMBER_NEXT_FREE))

/* Every member that is not in `said` says nothing; those that are, say what the original does. */
static void
assert_members (MusterdPresence *presence, MusterdPresence *original, guint said)
{
  for (guint i = 0; i < N_MEMBERS; i++)
    {
      if (member_is_said (presence, (Member) i) != ((said & BIT (i)) != 0))
        g_error ("%s is %s", member_names[i], (said & BIT (i)) != 0 ? "hidden" : "shown");
      if ((said & BIT (i)) != 0 && text_member (presence, (Member) i) != NULL)
        g_assert_cmpstr (*text_member (presence, (Member) i), ==, *text_member (original, (Member) i));
    }
}

typedef struct
{
  const char *name;
  MusterdRelation relation;
  guint shown;
} ViewCase;

static const ViewCase view_cases[] = {
  { "employee", MUSTERD_RELATION_EMPLOYEE, ALL_MEMBERS & ~(WORD_MEMBERS | FORWARDING_MEMBERS | GREETING_MEMBERS) },
  { "team-colleague", MUSTERD_RELATION_TEAM_COLLEAGUE, ALL_MEMBERS & ~(FORWARDING_MEMBERS | GREETING_MEMBERS) },
  { "assistant", MUSTERD_RELATION_ASSISTANT, ALL_MEMBERS & ~(FORWARDING_MEMBERS | GREETING_MEMBERS) },
  { "assistant-plus", MUSTERD_RELATION_ASSISTANT_PLUS, ALL_MEMBERS & ~(FORWARDING_MEMBERS | GREETING_MEMBERS) },
  { "owner", MUSTERD_RELATION_OWNER, ALL_MEMBERS },
};

static void
test_view (gconstpointer data)
{
  const ViewCase *c = data;
  g_autoptr(MusterdPresence) presence = full_presence ("alice");
  g_autoptr(MusterdPresence) untouched = full_presence ("alice");
  g_autoptr(MusterdPresence) view = musterd_presence_view (presence, c->relation);

  g_assert_nonnull (view);
  assert_members (view, presence, c->shown);
  g_assert_true (view->user == presence->user);
  g_assert_cmpint (view->status, ==, presence->status);
  g_assert_cmpint (view->telephony, ==, presence->telephony);
  g_assert_cmpuint (view->revision, ==, presence->revision);
  if (c->shown == ALL_MEMBERS)
    g_assert_true (view == presence);
  g_assert_true (musterd_presence_equal (presence, untouched));
}

static void
test_view_blocked (void)
{
  g_autoptr(MusterdPresence) presence = full_presence ("alice");

  g_assert_null (musterd_presence_view (presence, MUSTERD_RELATION_BLOCKED));
}

/* Two presences that differ only in what an employee may not know look the same to one. */
static void
test_view_tells_nothing (void)
{
  g_autoptr(MusterdPresence) one = full_presence ("alice");
  g_autoptr(MusterdPresence) two = full_presence ("alice");
  g_autoptr(MusterdPresence) view_one = NULL, view_two = NULL;

  for (guint i = 0; i < N_MEMBERS; i++)
    if (((WORD_MEMBERS | FORWARDING_MEMBERS | GREETING_MEMBERS) & BIT (i)) != 0)
      change_member (two, (Member) i);
  two->origin = MUSTERD_ORIGIN_CHOICE;
  view_one = musterd_presence_view (one, MUSTERD_RELATION_EMPLOYEE);
  view_two = musterd_presence_view (two, MUSTERD_RELATION_EMPLOYEE);
  g_assert_true (musterd_presence_equal (view_one, view_two));
}

/* Sinks. */

typedef struct
{
  const char *name;
  MusterdRelation relation;
  guint parts; /* MusterdParts */
  guint shown;
} SinkCase;

#define ALL_PARTS 0x3ffu

static const SinkCase sink_cases[] = {
  { "nothing", MUSTERD_RELATION_OWNER, 0, 0 },
  { "status", MUSTERD_RELATION_OWNER, MUSTERD_PART_STATUS, BIT (MEMBER_STATUS) },
  { "text", MUSTERD_RELATION_OWNER, MUSTERD_PART_TEXT, BIT (MEMBER_TEXT) },
  { "template", MUSTERD_RELATION_OWNER, MUSTERD_PART_TEMPLATE,
    BIT (MEMBER_TEMPLATE_NAME) | BIT (MEMBER_TEMPLATE_ROLE) },
  { "kind", MUSTERD_RELATION_OWNER, MUSTERD_PART_KIND, BIT (MEMBER_KIND) | BIT (MEMBER_SOURCE) },
  { "forwarding", MUSTERD_RELATION_OWNER, MUSTERD_PART_FORWARDING, FORWARDING_MEMBERS },
  { "telephony", MUSTERD_RELATION_OWNER, MUSTERD_PART_TELEPHONY, BIT (MEMBER_TELEPHONY) },
  { "label", MUSTERD_RELATION_OWNER, MUSTERD_PART_LABEL, BIT (MEMBER_LABEL) },
  { "reach", MUSTERD_RELATION_OWNER, MUSTERD_PART_REACH, BIT (MEMBER_REACH) },
  { "times", MUSTERD_RELATION_OWNER, MUSTERD_PART_TIMES, TIME_MEMBERS },
  { "greeting", MUSTERD_RELATION_OWNER, MUSTERD_PART_GREETING, GREETING_MEMBERS },
  { "all-as-owner", MUSTERD_RELATION_OWNER, ALL_PARTS, ALL_MEMBERS & ~BIT (MEMBER_STALE) },
  { "all-as-colleague", MUSTERD_RELATION_TEAM_COLLEAGUE, ALL_PARTS, ALL_MEMBERS & ~BIT (MEMBER_STALE) },
  { "all-as-employee", MUSTERD_RELATION_EMPLOYEE, ALL_PARTS, ALL_MEMBERS & ~(WORD_MEMBERS | BIT (MEMBER_STALE)) },
};

static void
test_sink (gconstpointer data)
{
  const SinkCase *c = data;
  g_autoptr(MusterdPresence) presence = full_presence ("alice");
  g_autoptr(MusterdPresence) untouched = full_presence ("alice");
  g_autoptr(MusterdPresence) view = musterd_presence_for_sink (presence, c->relation, (MusterdParts) c->parts);

  assert_members (view, presence, c->shown);
  g_assert_true (musterd_presence_equal (presence, untouched));
}

/* What a sink does not need must not make it work: presences that differ only there are the same to it. */
static void
test_sink_is_not_woken (gconstpointer data)
{
  const SinkCase *c = data;
  g_autoptr(MusterdPresence) one = full_presence ("alice");
  g_autoptr(MusterdPresence) two = full_presence ("alice");
  g_autoptr(MusterdPresence) view_one = NULL, view_two = NULL;

  for (guint i = 0; i < N_MEMBERS; i++)
    if ((c->shown & BIT (i)) == 0)
      change_member (two, (Member) i);
  view_one = musterd_presence_for_sink (one, c->relation, (MusterdParts) c->parts);
  view_two = musterd_presence_for_sink (two, c->relation, (MusterdParts) c->parts);
  g_assert_true (musterd_presence_equal (view_one, view_two));
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
  g_test_add_func ("/model/presence/new", test_new);
  for (guint i = 0; i < N_MEMBERS; i++)
    {
      g_autofree char *path = g_strconcat ("/model/presence/equal/", member_names[i], NULL);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), test_equal);
    }
  g_test_add_func ("/model/presence/equal/user-and-origin", test_equal_user);
  ADD ("/model/presence/kind", kind_cases, test_kind);
  ADD ("/model/presence/view", view_cases, test_view);
  g_test_add_func ("/model/presence/view/blocked", test_view_blocked);
  g_test_add_func ("/model/presence/view/tells-nothing", test_view_tells_nothing);
  ADD ("/model/presence/sink", sink_cases, test_sink);
  ADD ("/model/presence/sink-is-not-woken", sink_cases, test_sink_is_not_woken);
  return g_test_run ();
}
