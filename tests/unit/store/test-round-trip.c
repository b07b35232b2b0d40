/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <sys/stat.h>

#include "store-test.h"

/* One row: what is put is what is read after the store was closed and opened again. */
typedef void (*Fill) (MusterdBatch *batch);

typedef struct
{
  const char *name;
  Fill        fill;
  const char *expected; /* what the dump holds besides the two users */
} RoundTrip;

static void
put_users (MusterdBatch *batch)
{
  g_autoptr(MusterdUser) alice = test_user ("alice@example.com", NULL);
  g_autoptr(MusterdUser) bob = test_user ("bob@example.com", NULL);

  musterd_batch_put_user (batch, bob);
  musterd_batch_put_user (batch, alice);
}

static void
fill_choices (MusterdBatch *batch)
{
  MusterdChoice standing = { .template_id = (char *) "on-holiday",
                             .status = MUSTERD_STATUS_UNAVAILABLE,
                             .made = 1000,
                             .until = MUSTERD_TIME_NEVER };
  MusterdChoice timed = { .status = MUSTERD_STATUS_BUSY,
                          .text = (char *) "Grüße → 日本",
                          .made = 2000,
                          .until = 3000,
                          .by = (char *) "bob@example.com" };

  musterd_batch_put_choice (batch, "alice@example.com", &timed);
  musterd_batch_put_choice (batch, "alice@example.com", &standing);
}

static void
fill_choice_replaced (MusterdBatch *batch)
{
  test_choice (batch, "bob@example.com", 1, "first");
  test_choice (batch, "bob@example.com", 2, NULL);
}

static void
fill_choices_removed (MusterdBatch *batch)
{
  fill_choices (batch);
  musterd_batch_remove_choice (batch, "alice@example.com", TRUE);
}

static void
fill_ignores (MusterdBatch *batch)
{
  MusterdIgnore a = { (char *) "ews:hq", (char *) "k'1", -5 };
  MusterdIgnore b = { (char *) "ews:hq", (char *) "k2", 7 };
  MusterdIgnore c = { (char *) "graph", (char *) "k2", 9 };

  musterd_batch_put_ignore (batch, "alice@example.com", &a);
  musterd_batch_put_ignore (batch, "alice@example.com", &b);
  musterd_batch_put_ignore (batch, "alice@example.com", &c);
  musterd_batch_remove_ignore (batch, "alice@example.com", "ews:hq", "k2");
}

static void
fill_claims (MusterdBatch *batch)
{
  g_autoptr(MusterdClaim) plain = test_claim ("graph", "b", 10, 20);
  g_autoptr(MusterdClaim) full = musterd_claim_new ("ews:hq", "oof", "a", MUSTERD_CLAIM_ABSENCE);
  g_autoptr(MusterdClaim) open = musterd_claim_new ("micsync", "", "m", MUSTERD_CLAIM_MICROPHONE);
  g_autoptr(MusterdClaim) gone = test_claim ("graph", "gone", 1, 2);

  full->from = -100;
  full->until = 200;
  full->began = -50;
  full->free_busy = MUSTERD_FREE_BUSY_OUT_OF_OFFICE;
  full->response = MUSTERD_RESPONSE_ORGANIZER;
  full->all_day = full->is_private = 1;
  full->lease_until = MUSTERD_TIME_NEVER;
  musterd_claim_set_role (full, "out-of-office");
  musterd_claim_set_more (full, "https://example.com/1", "in", "out");
  musterd_claim_set_met (full, G_MAXUINT32, G_GUINT64_CONSTANT (1) << 63 | 1);
  open->from = open->began = 5;
  open->until = MUSTERD_TIME_NEVER;
  open->lease = 12 * MUSTERD_HOUR;
  open->lease_until = 5 + 12 * MUSTERD_HOUR;
  open->cancelled = 1;
  musterd_claim_set_text (open, "Zoom");
  musterd_batch_put_claim (batch, "bob@example.com", plain);
  musterd_batch_put_claim (batch, "bob@example.com", full);
  musterd_batch_put_claim (batch, "alice@example.com", open);
  musterd_batch_put_claim (batch, "bob@example.com", gone);
  musterd_batch_remove_claim (batch, "bob@example.com", "graph", "gone");
}

static void
fill_claim_of_nobody (MusterdBatch *batch)
{
  g_autoptr(MusterdClaim) claim = test_claim ("graph", "b", 10, 20);

  musterd_batch_put_claim (batch, "removed@example.com", claim);
  musterd_batch_remove_choice (batch, "removed@example.com", FALSE);
}

static void
fill_clients (MusterdBatch *batch)
{
  MusterdClient a = { .source = (char *) "api",
                      .id = (char *) "pc-1",
                      .state = MUSTERD_CLIENT_LOCKED,
                      .since = 1,
                      .seen = 2,
                      .lease = 3,
                      .lease_until = 4 };
  MusterdClient b = a;

  b.id = (char *) "pc-2";
  b.lease_until = MUSTERD_TIME_NEVER;
  musterd_batch_put_client (batch, "alice@example.com", &a);
  musterd_batch_put_client (batch, "alice@example.com", &b);
  musterd_batch_remove_client (batch, "alice@example.com", "api", "pc-1");
}

static void
fill_devices (MusterdBatch *batch)
{
  MusterdDevice a = { .source = (char *) "pbx",
                      .id = (char *) "200",
                      .state = MUSTERD_TELEPHONY_ON_THE_PHONE,
                      .label = (char *) "desk",
                      .since = 1,
                      .lease = 3,
                      .lease_until = 4 };
  MusterdDevice b = a;

  b.id = (char *) "201";
  b.label = NULL;
  musterd_batch_put_device (batch, "alice@example.com", &a);
  musterd_batch_put_device (batch, "alice@example.com", &b);
  musterd_batch_remove_device (batch, "alice@example.com", "pbx", "200");
}

static void
fill_shown (MusterdBatch *batch)
{
  musterd_batch_put_shown (batch, "alice@example.com", MUSTERD_STATUS_BUSY, "Appointment", 1, NULL);
  musterd_batch_put_shown (batch, "alice@example.com", MUSTERD_STATUS_UNAVAILABLE, NULL, 2, "activity");
}

static void
fill_dropped_source (MusterdBatch *batch)
{
  fill_claims (batch);
  fill_clients (batch);
  fill_devices (batch);
  musterd_batch_drop_source (batch, "graph");
  musterd_batch_drop_source (batch, "ews:hq");
  musterd_batch_drop_source (batch, "pbx");
  musterd_batch_drop_source (batch, "api");
}

static void
fill_removed_user (MusterdBatch *batch)
{
  g_autoptr(MusterdUser) alice = test_user ("alice@example.com", NULL);

  fill_choices (batch);
  fill_ignores (batch);
  fill_claims (batch);
  fill_clients (batch);
  fill_devices (batch);
  fill_shown (batch);
  musterd_batch_remove_user (batch, "bob@example.com");
  musterd_batch_remove_user (batch, "alice@example.com");
  musterd_batch_put_user (batch, alice);
  test_choice (batch, "alice@example.com", 1, "again");
}

static void
fill_grants (MusterdBatch *batch)
{
  const MusterdGrant grants[] = {
    { (char *) "bob@example.com", MUSTERD_VIEWER_USER, MUSTERD_RELATION_ASSISTANT, FALSE },
    { (char *) "bob@example.com", MUSTERD_VIEWER_USER, MUSTERD_RELATION_EMPLOYEE, TRUE },
    { (char *) "bob@example.com", MUSTERD_VIEWER_USER, MUSTERD_RELATION_BLOCKED, TRUE },
    { (char *) "Sales & Press", MUSTERD_VIEWER_GROUP, MUSTERD_RELATION_ASSISTANT_PLUS, FALSE },
    { (char *) "Köln", MUSTERD_VIEWER_LOCATION, MUSTERD_RELATION_TEAM_COLLEAGUE, TRUE },
    { (char *) "gone", MUSTERD_VIEWER_GROUP, MUSTERD_RELATION_EMPLOYEE, TRUE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (grants); i++)
    musterd_batch_put_grant (batch, "alice@example.com", &grants[i]);
  musterd_batch_remove_grant (batch, "alice@example.com", &grants[G_N_ELEMENTS (grants) - 1]);
}

static const RoundTrip round_trips[] = {
  { "choices", fill_choices,
    "choice alice@example.com on-holiday unavailable - 1000 never -\n"
    "choice alice@example.com - busy Grüße → 日本 2000 3000 bob@example.com\n" },
  { "choice-replaced", fill_choice_replaced, "choice bob@example.com - busy - 2 never -\n" },
  { "choices-removed", fill_choices_removed, "choice alice@example.com on-holiday unavailable - 1000 never -\n" },
  { "ignores", fill_ignores,
    "ignore alice@example.com ews:hq k'1 -5\n"
    "ignore alice@example.com graph k2 9\n" },
  { "claims", fill_claims,
    "claim bob@example.com ews:hq/oof/a absence out-of-office organizer 101 -100..200 -50 0..never out-of-office - "
    "https://example.com/1 in out\n"
    "  rules ffffffff 8000000000000001\n"
    "claim bob@example.com graph/calendar/b appointment busy none 000 10..20 10 0..never - - - - -\n"
    "claim alice@example.com micsync//m microphone none none 010 5..never 5 43200000000..43200000005 - Zoom - - -\n" },
  { "claim-of-nobody", fill_claim_of_nobody, "" },
  { "clients", fill_clients, "client alice@example.com api/pc-2 locked 1 2 3..never\n" },
  { "devices", fill_devices, "device alice@example.com pbx/201 on-the-phone - 1 3..4\n" },
  { "shown", fill_shown, "shown alice@example.com unavailable - 2 activity\n" },
  { "grants", fill_grants,
    "grant alice@example.com group:Sales & Press assistant-plus central\n"
    "grant alice@example.com location:Köln team-colleague own\n"
    "grant alice@example.com user:bob@example.com assistant central\n"
    "grant alice@example.com user:bob@example.com blocked own\n" },
  { "dropped-source", fill_dropped_source,
    "claim alice@example.com micsync//m microphone none none 010 5..never 5 43200000000..43200000005 - Zoom - - -\n" },
};

static void
test_round_trip (gconstpointer data)
{
  const RoundTrip *c = data;
  char *dir = test_dir_new ();
  g_autoptr(MusterdStore) store = test_open (dir);
  MusterdBatch *batch = musterd_batch_new ();
  g_autofree char *expected
      = g_strconcat ("user bob@example.com\nuser alice@example.com\n", c->expected, NULL);

  g_assert_true (musterd_batch_is_empty (batch));
  put_users (batch);
  c->fill (batch);
  g_assert_false (musterd_batch_is_empty (batch));
  test_write (store, batch, FALSE);

  g_autofree char *before = test_dump (store);

  g_assert_cmpstr (before, ==, expected);
  g_clear_pointer (&store, musterd_store_close);

  g_autofree char *after = test_dump_dir (dir);

  g_assert_cmpstr (after, ==, expected);
  g_assert_cmpuint (test_take_warnings (NULL), ==, 0);
  test_dir_remove (dir);
}

static void
test_user_round_trip (void)
{
  static const char *const fields[MUSTERD_N_USER_FIELDS]
      = { "Alice Ünal",    "alice@example.com", "200", "+49 30 1", "+49 170 1", "300",
          "Europe/Berlin", "de",                "HQ",  "sales",    "alice" };
  char *dir = test_dir_new ();
  g_autoptr(MusterdStore) store = test_open (dir);
  g_autoptr(GHashTable) attributes = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr(GError) error = NULL;
  g_autoptr(MusterdUser) first = NULL, second = NULL;
  MusterdBatch *batch = musterd_batch_new ();

  g_hash_table_insert (attributes, (char *) "pbx.line", (char *) "1");
  g_hash_table_insert (attributes, (char *) "teams.id", (char *) "x=y");
  first = musterd_user_new ("alice@example.com", fields, attributes, &error);
  g_assert_no_error (error);
  musterd_batch_put_user (batch, first);
  test_choice (batch, "alice@example.com", 7, NULL);
  test_write (store, batch, TRUE);
  g_clear_pointer (&store, musterd_store_close);

  g_autofree char *text = test_dump_dir (dir);

  g_assert_cmpstr (text, ==,
                   "user alice@example.com name=Alice Ünal email=alice@example.com extension=200 home=+49 30 1 "
                   "mobile=+49 170 1 voicemail=300 zone=Europe/Berlin language=de location=HQ group=sales "
                   "unix-user=alice pbx.line=1 teams.id=x=y\n"
                   "choice alice@example.com - busy - 7 never -\n");

  /* A change keeps what hangs on the user, and takes away what is no longer said. */
  g_hash_table_remove (attributes, "pbx.line");
  second = musterd_user_new ("alice@example.com", (const char *[MUSTERD_N_USER_FIELDS]){ "A" }, attributes, &error);
  g_assert_no_error (error);
  store = test_open (dir);
  batch = musterd_batch_new ();
  musterd_batch_put_user (batch, second);
  test_write (store, batch, TRUE);

  g_autofree char *changed = test_dump (store);

  g_assert_cmpstr (changed, ==,
                   "user alice@example.com name=A teams.id=x=y\nchoice alice@example.com - busy - 7 never -\n");
  g_clear_pointer (&store, musterd_store_close);
  test_dir_remove (dir);
}

static void
test_removed_user (void)
{
  char *dir = test_dir_new ();
  g_autoptr(MusterdStore) store = test_open (dir);
  g_autoptr(GBytes) value = g_bytes_new_static ("v", 1);
  MusterdBatch *batch = musterd_batch_new ();

  put_users (batch);
  musterd_batch_put_record (batch, "pbx", "alice@example.com", "saved", value);
  musterd_batch_put_record (batch, "pbx", NULL, "state", value);
  fill_removed_user (batch);
  test_write (store, batch, TRUE);
  g_clear_pointer (&store, musterd_store_close);

  g_autofree char *text = test_dump_dir (dir);
  g_autofree char *records = test_sql (dir, "SELECT group_concat (user || '/' || key) FROM records");
  g_autofree char *rows = test_sql (dir, "SELECT (SELECT count (*) FROM claims) + (SELECT count (*) FROM ignores)"
                                         " + (SELECT count (*) FROM clients) + (SELECT count (*) FROM devices)"
                                         " + (SELECT count (*) FROM shown) + (SELECT count (*) FROM user_attributes)");

  g_assert_cmpstr (text, ==, "user alice@example.com\nchoice alice@example.com - busy again 1 never -\n");
  g_assert_cmpstr (records, ==, "/state");
  g_assert_cmpstr (rows, ==, "0");
  test_dir_remove (dir);
}

/* What is in the file outlives this version: the numbers of the vocabularies may be added to, never changed. */
typedef struct
{
  const char *name;
  const char *(*to_string) (int value);
  const char *names; /* in the order of their numbers */
} Vocabulary;

#define NAMES(Type, prefix) \
  static const char *prefix##_name (int value) { return musterd_##prefix##_to_string ((Type) value); }
NAMES (MusterdStatus, status)
NAMES (MusterdClaimKind, claim_kind)
NAMES (MusterdFreeBusy, free_busy)
NAMES (MusterdResponse, response)
NAMES (MusterdTelephony, telephony)
NAMES (MusterdClientState, client_state)

static const Vocabulary vocabularies[] = {
  { "status", status_name, "none available be-right-back busy do-not-disturb unavailable logged-off" },
  { "claim-kind", claim_kind_name, "dnd sharing call microphone absence appointment" },
  { "free-busy", free_busy_name, "none free elsewhere tentative busy out-of-office" },
  { "response", response_name, "none organizer accepted tentative declined unanswered" },
  { "telephony", telephony_name, "none idle ringing on-the-phone" },
  { "client-state", client_state_name, "none active idle locked ended" },
};

static void
test_vocabulary (gconstpointer data)
{
  const Vocabulary *c = data;
  g_auto(GStrv) names = g_strsplit (c->names, " ", -1);

  for (int i = 0; names[i] != NULL; i++)
    g_assert_cmpstr (c->to_string (i), ==, names[i]);
}

static void
test_revision (void)
{
  static const guint64 steps[] = { 100, 50, 101 };
  char *dir = test_dir_new ();
  g_autoptr(MusterdStore) store = test_open (dir);

  g_assert_cmpuint (musterd_store_get_revision (store), ==, 0);
  for (gsize i = 0; i < G_N_ELEMENTS (steps); i++)
    {
      MusterdBatch *batch = musterd_batch_new ();

      musterd_batch_put_revision (batch, steps[i]);
      test_write (store, batch, i % 2 == 0);
    }
  g_assert_cmpuint (musterd_store_get_revision (store), ==, 0);
  g_clear_pointer (&store, musterd_store_close);
  store = test_open (dir);
  g_assert_cmpuint (musterd_store_get_revision (store), ==, 101);
  g_clear_pointer (&store, musterd_store_close);
  test_dir_remove (dir);
}

static guint
mode_of (const char *dir, const char *name)
{
  g_autofree char *path = test_path (dir, name);
  struct stat info;

  g_assert_cmpint (stat (path, &info), ==, 0);
  return info.st_mode & 07777;
}

static void
test_modes (gconstpointer data)
{
  char *top = test_dir_new ();
  mode_t before = umask ((mode_t) GPOINTER_TO_UINT (data));
  g_autofree char *dir = g_build_filename (top, "a", "state", NULL);
  g_autoptr(MusterdStore) store = NULL;

  if (GPOINTER_TO_UINT (data) == 0777)
    {
      /* Only the last directory is the store's own to repair. */
      g_autofree char *parent = test_path (top, "a");

      g_assert_cmpint (mkdir (parent, 0700), ==, 0);
      g_assert_cmpint (chmod (parent, 0700), ==, 0);
    }
  store = test_open (dir);
  g_assert_true (musterd_store_is_new (store));
  test_put_user (store, "alice@example.com");
  g_assert_cmpuint (mode_of (dir, "."), ==, 0700);
  g_assert_cmpuint (mode_of (dir, "muster.db"), ==, 0600);
  g_assert_cmpuint (mode_of (dir, "muster.db-wal"), ==, 0600);
  g_assert_cmpuint (mode_of (dir, "muster.db-shm"), ==, 0600);
  g_assert_cmpuint (mode_of (dir, "lock"), ==, 0600);
  g_clear_pointer (&store, musterd_store_close);
  store = test_open (dir);
  g_assert_false (musterd_store_is_new (store));
  g_clear_pointer (&store, musterd_store_close);
  umask (before);
  test_dir_remove (top);
}

/* A viewer who is removed takes along what was granted to them; who comes under their id has nothing of it. */
static void
test_removed_viewer (void)
{
  const MusterdGrant to_alice = { (char *) "alice@example.com", MUSTERD_VIEWER_USER, MUSTERD_RELATION_ASSISTANT, TRUE };
  char *dir = test_dir_new ();
  g_autoptr(MusterdStore) store = test_open (dir);
  MusterdBatch *batch = musterd_batch_new ();

  put_users (batch);
  fill_grants (batch);
  musterd_batch_put_grant (batch, "bob@example.com", &to_alice);
  musterd_batch_remove_user (batch, "bob@example.com");
  test_write (store, batch, TRUE);
  test_put_user (store, "bob@example.com");

  g_autofree char *text = test_dump (store);

  g_assert_cmpstr (text, ==,
                   "user alice@example.com\nuser bob@example.com\n"
                   "grant alice@example.com group:Sales & Press assistant-plus central\n"
                   "grant alice@example.com location:Köln team-colleague own\n");
  g_clear_pointer (&store, musterd_store_close);
  test_dir_remove (dir);
}

/* What nobody who is there grants is not written. */
static void
test_grant_of_nobody (void)
{
  const MusterdGrant grant = { (char *) "alice@example.com", MUSTERD_VIEWER_USER, MUSTERD_RELATION_ASSISTANT, TRUE };
  char *dir = test_dir_new ();
  g_autoptr(MusterdStore) store = test_open (dir);
  MusterdBatch *batch = musterd_batch_new ();
  TestAnswer answer = { 0 };

  musterd_batch_put_grant (batch, "nobody@example.com", &grant);
  musterd_store_write (store, batch, TRUE, on_test_answer, &answer);
  test_wait (&answer.done);
  g_assert_error (answer.error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND);
  test_answer_clear (&answer);
  g_clear_pointer (&store, musterd_store_close);
  test_dir_remove (dir);
}

int
main (int argc, char **argv)
{
  test_init (&argc, &argv);
  for (gsize i = 0; i < G_N_ELEMENTS (round_trips); i++)
    {
      g_autofree char *path = g_strconcat ("/store/round-trip/", round_trips[i].name, NULL);

      g_test_add_data_func (path, &round_trips[i], test_round_trip);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (vocabularies); i++)
    {
      g_autofree char *path = g_strconcat ("/store/vocabulary/", vocabularies[i].name, NULL);

      g_test_add_data_func (path, &vocabularies[i], test_vocabulary);
    }
  g_test_add_func ("/store/round-trip/user", test_user_round_trip);
  g_test_add_func ("/store/round-trip/removed-user", test_removed_user);
  g_test_add_func ("/store/round-trip/removed-viewer", test_removed_viewer);
  g_test_add_func ("/store/round-trip/grant-of-nobody", test_grant_of_nobody);
  g_test_add_func ("/store/revision", test_revision);
  g_test_add_data_func ("/store/modes/umask-000", GUINT_TO_POINTER (0), test_modes);
  g_test_add_data_func ("/store/modes/umask-022", GUINT_TO_POINTER (022), test_modes);
  g_test_add_data_func ("/store/modes/umask-777", GUINT_TO_POINTER (0777), test_modes);
  return g_test_run ();
}
